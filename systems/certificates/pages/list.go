package pages

import (
	"io"
	"net/url"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// filter reads what a list is asked for.
func (p *Pages) filter(r *web.Request) (f ca.Filter, query map[string]string, err error) {
	query = map[string]string{}
	for _, k := range []string{"kind", "state", "algorithm", "find", "ending", "sort"} {
		if v := r.Query(k); v != "" {
			query[k] = v
		}
	}
	f = ca.Filter{Kind: query["kind"], Algorithm: query["algorithm"], Find: query["find"], State: ca.StateOf(query["state"]), Sort: query["sort"], After: r.Query("after"), Limit: pageSize}
	if query["state"] != "" && f.State == 0 {
		return f, query, errs.Say(errs.Invalid, "筛选条件无法识别", "the filter is not known")
	}
	within, known := map[string]time.Duration{"": 0, "30": soon, "7": 7 * 24 * time.Hour}[query["ending"]]
	if !known {
		return f, query, errs.Say(errs.Invalid, "筛选条件无法识别", "the filter is not known")
	}
	if within > 0 {
		f.Before = p.o.Now().Add(within)
		if f.State == 0 {
			f.State = ca.Valid
		}
	}
	return f, query, nil
}

func (p *Pages) pageList(r *web.Request) (*ui.Page, error) {
	f, query, err := p.filter(r)
	if err != nil {
		return nil, err
	}
	list, next, err := p.o.Authority.List(r.Context(), f)
	if err != nil {
		return nil, err
	}
	if err := p.sawCertificates(r, "certificates", list...); err != nil {
		return nil, err
	}
	head := lang.T("证书", "Certificates")
	out := page(head, certificates, ui.Link{Text: head})
	sorted := f.Sort
	if sorted == "" {
		sorted = "-leaf"
	}
	t := ui.Table{ID: "certificates", Title: head, Total: -1, Next: next, Paged: f.After != "", Path: certificates, Query: query, Sort: sorted, Empty: lang.T("没有符合条件的证书。", "No certificate matches."),
		Columns: []ui.Column{{Key: "name", Text: lang.T("主体", "Subject")}, {Key: "kind", Text: lang.T("类别", "Kind")}, {Key: "use", Text: lang.T("用途", "Use")}, {Key: "algorithm", Text: lang.T("算法", "Algorithm")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "leaf", Text: lang.T("签发时间", "Issued"), Sortable: true}, {Key: "to", Text: lang.T("到期时间", "Ends"), Sortable: true}},
		Search:  &ui.Field{Name: "find", Kind: "search", Label: lang.T("序列号或主体编号", "Serial or subject number"), Value: f.Find},
		Filters: []ui.Field{
			{Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Value: f.Kind, Options: choice(lang.T("全部类别", "All kinds"), kindOptions(allKinds()...)...)},
			{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: query["state"], Options: choice(lang.T("全部状态", "All states"), stateOptions()...)},
			{Name: "algorithm", Kind: "select", Label: lang.T("算法", "Algorithm"), Value: f.Algorithm, Options: choice(lang.T("全部算法", "All algorithms"), ui.Option{Value: "sm2-sm3", Text: lang.Same("SM2")}, ui.Option{Value: "ecdsa-p256-sha256", Text: lang.Same("ECDSA")})},
			{Name: "ending", Kind: "select", Label: lang.T("到期", "End"), Value: query["ending"], Options: choice(lang.T("不限", "Any"), ui.Option{Value: "30", Text: lang.T("30 天内到期", "Within 30 days")}, ui.Option{Value: "7", Text: lang.T("7 天内到期", "Within 7 days")})},
		}}
	q := url.Values{"bom": {"1"}}
	for k, v := range query {
		q.Set(k, v)
	}
	t.Exports = []ui.Link{{Text: lang.Same("CSV"), Href: "/api/certificates/list.csv?" + q.Encode()}}
	for i := range list {
		c := &list[i]
		t.Rows = append(t.Rows, ui.Row{ID: "c-" + c.Serial, Cells: []ui.Cell{{Text: lang.Same(c.Name), Href: certificates + "/" + c.Serial, Strong: true}, {Text: ca.KindName(c.Kind)}, {Text: ca.UseName(c.Use)}, {Text: ca.AlgorithmName(c.Algorithm)}, {Tag: stateTag(c.State)}, {Time: c.From}, {Time: c.To}}})
	}
	out.Body = []ui.Block{t}
	return out, nil
}

// sawCertificates writes down whose names the answer shows.
func (p *Pages) sawCertificates(r *web.Request, where string, list ...ca.Certificate) error {
	return p.o.Register.Saw(r.Context(), r.Who, where, holders(list), 0)
}

// sawSubjects is the same for a list of subjects.
func (p *Pages) sawSubjects(r *web.Request, kind string, list []register.Subject) error {
	var people []string
	for i := range list {
		if register.Personal(kind) {
			people = append(people, list[i].ID)
		}
	}
	return p.o.Register.Saw(r.Context(), r.Who, "subjects", people, 0)
}

// subjectTable is the evidence's table without its rows.
func subjectTable(r *web.Request, kind string, total, part int64, next string) ui.Table {
	t := ui.Table{ID: "subjects", Title: ca.KindName(kind), Total: -1, Next: next, Paged: r.Query("after") != "", Path: subjects, Query: map[string]string{"kind": kind},
		Note:    lang.T("登记 "+ui.Grouped(total)+"，持有有效证书 "+ui.Grouped(part), ui.Grouped(total)+" registered, "+ui.Grouped(part)+" hold a valid certificate"),
		Empty:   lang.T("没有符合条件的主体。", "No subject matches."),
		Columns: []ui.Column{{Key: "name", Text: lang.T("名称", "Name")}, {Key: "org", Text: lang.T("单位", "Organization")}, {Key: "tail", Text: lang.T("证件号码后四位", "Last four of the paper's number")}, {Key: "certificate", Text: lang.T("证书", "Certificate")}},
		Search:  &ui.Field{Name: "find", Kind: "search", Label: lang.T("全名、统一社会信用代码或编号", "Whole name, credit code or number"), Value: r.Query("find")},
		Filters: []ui.Field{{Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Value: kind, Options: kindOptions(register.Kinds...)},
			{Name: "held", Kind: "select", Label: lang.T("证书", "Certificate"), Value: r.Query("held"), Options: choice(lang.T("全部", "All"), ui.Option{Value: "1", Text: lang.T("有", "With one")}, ui.Option{Value: "2", Text: lang.T("没有", "Without one")})}}}
	for _, k := range []string{"find", "held"} {
		if v := r.Query(k); v != "" {
			t.Query[k] = v
		}
	}
	return t
}

// holders are the people among the subjects of certificates, by internal number, each once.
func holders(list []ca.Certificate) (out []string) {
	for i := range list {
		if c := &list[i]; register.Personal(c.Kind) && !slices.Contains(out, c.Subject) {
			out = append(out, c.Subject)
		}
	}
	return out
}

// personal counts the certificates of people.
func personal(list []ca.Certificate) (n int) {
	for i := range list {
		if register.Personal(list[i].Kind) {
			n++
		}
	}
	return n
}

func stateOptions() (out []ui.Option) {
	for s := int64(ca.Valid); s <= ca.Expired; s++ {
		out = append(out, ui.Option{Value: ca.StateWord(s), Text: upper(ca.StateName(s))})
	}
	return out
}

// item is a certificate as interfaces give it.
type item struct {
	Serial    string    `json:"serial"`
	Kind      string    `json:"kind"`
	Use       string    `json:"use"`
	Subject   string    `json:"subject"`
	Name      string    `json:"name"`
	Algorithm string    `json:"algorithm"`
	State     string    `json:"state"`
	Reason    int       `json:"reason,omitempty"`
	Changed   time.Time `json:"changed"`
	From      time.Time `json:"notBefore"`
	To        time.Time `json:"notAfter"`
	Authority string    `json:"authority"`
	Leaf      int64     `json:"leaf"`
}

func itemOf(c *ca.Certificate) item {
	return item{Serial: c.Serial, Kind: c.Kind, Use: c.Use, Subject: c.Subject, Name: c.Name, Algorithm: c.Algorithm, State: ca.StateWord(c.State), Reason: int(c.Reason), Changed: c.Changed, From: c.From, To: c.To, Authority: c.Authority, Leaf: c.Leaf}
}

func (p *Pages) apiList(r *web.Request) (any, error) {
	f, _, err := p.filter(r)
	if err != nil {
		return nil, err
	}
	list, next, err := p.o.Authority.List(r.Context(), f)
	if err == nil {
		err = p.sawCertificates(r, "certificates", list...)
	}
	items := []item{}
	for i := range list {
		items = append(items, itemOf(&list[i]))
	}
	return struct {
		Items []item `json:"items"`
		Next  string `json:"next,omitempty"`
	}{items, next}, err
}

func (p *Pages) apiCSV(r *web.Request) (any, error) {
	f, _, err := p.filter(r)
	if err != nil {
		return nil, err
	}
	f.Limit, f.After = 500, ""
	ctx, who, forSheet := r.Context(), r.Who, r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: "certificates.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, forSheet)
		_ = out.Write("serial", "kind", "use", "subject", "name", "algorithm", "state", "not_before", "not_after", "changed", "authority") // errors are kept for Flush
		for {
			list, next, err := p.o.Authority.List(ctx, f)
			if err == nil {
				err = p.o.Register.Saw(ctx, who, "certificates.csv", nil, personal(list))
			}
			if err != nil {
				return err
			}
			for i := range list {
				c := &list[i]
				_ = out.Write(c.Serial, c.Kind, c.Use, c.Subject, c.Name, c.Algorithm, ca.StateWord(c.State), c.From.Format(time.RFC3339), c.To.Format(time.RFC3339), c.Changed.Format(time.RFC3339), c.Authority)
			}
			if f.After = next; next == "" {
				return out.Flush()
			}
		}
	}}, nil
}

// pageSubjects is the evidence of the targets: who is registered, and who has no certificate.
func (p *Pages) pageSubjects(r *web.Request) (*ui.Page, error) {
	kind, held := r.Query("kind"), map[string]int64{"1": 1, "2": 2}[r.Query("held")]
	if kind == "" {
		kind = ca.Citizen
	}
	list, total, next, err := p.o.Register.Subjects(r.Context(), kind, r.Query("find"), held, r.Query("after"), pageSize)
	if err != nil {
		return nil, err
	}
	if err := p.sawSubjects(r, kind, list); err != nil {
		return nil, err
	}
	part, _, err := p.share(r.Context(), kind)
	if err != nil {
		return nil, err
	}
	head := lang.T("主体", "Subjects")
	out := page(head, subjects, ui.Link{Text: head})
	t := subjectTable(r, kind, total, part, next)
	for _, s := range list {
		cell, err := p.held(r, &s)
		if err != nil {
			return nil, err
		}
		t.Rows = append(t.Rows, ui.Row{ID: "s-" + s.ID, Cells: []ui.Cell{{Text: lang.Same(s.Name), Sub: lang.Same(s.ID), Strong: true}, {Text: lang.Same(s.Organization)}, {Text: lang.Same(s.Tail)}, cell}})
	}
	out.Body = []ui.Block{t}
	return out, nil
}

// held shows a subject's signing certificate: the standing one, else the newest.
func (p *Pages) held(r *web.Request, s *register.Subject) (ui.Cell, error) {
	cell := ui.Cell{Text: lang.T("没有", "None")}
	had, err := p.o.Authority.Of(r.Context(), s.Kind, s.ID)
	for i := range had {
		if had[i].Use == ca.Sign && (cell.Tag == nil || had[i].State < ca.Revoked) {
			cell = ui.Cell{Tag: stateTag(had[i].State), Text: lang.T("查看", "See it"), Href: certificates + "/" + had[i].Serial}
		}
	}
	return cell, err
}
