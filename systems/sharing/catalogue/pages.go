package catalogue

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/mask"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/policy"
	"github.com/haihe-city/haihe/systems/sharing/source"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

const path = page.Catalogue

// Routes are the part's pages and its interface.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /sharing/resources", Grant: page.GrantRead, Page: p.pageList},
		{Pattern: "GET /sharing/resources/new", Grant: page.GrantOffer, Page: p.pageNew},
		{Pattern: "POST /sharing/resources", Grant: page.GrantOffer, Form: p.formSave},
		{Pattern: "GET /sharing/resources/{id}", Grant: page.GrantRead, Page: p.pageOne},
		{Pattern: "GET /sharing/resources/{id}/edit", Grant: page.GrantOffer, Page: p.pageEdit},
		{Pattern: "POST /sharing/resources/{id}/publish", Grant: page.GrantOffer, Form: p.formPublish},
		{Pattern: "POST /sharing/resources/{id}/withdraw", Grant: page.GrantOffer, Form: p.formWithdraw},
		{Pattern: "POST /sharing/systems", Grant: page.GrantOffer, Form: p.formSystem},
		{Pattern: "GET /api/sharing/resources", Grant: page.GrantRead, API: p.apiList},
		{Pattern: "GET /api/sharing/resources/{id}", Grant: page.GrantRead, API: p.apiOne},
		{Pattern: "GET /api/sharing/resources.csv", Grant: page.GrantRead, API: p.apiCSV},
		{Pattern: "GET /api/sharing/dcat.jsonld", Grant: page.GrantRead, API: p.apiDCAT},
	}
}

// StateTag is the look of a state.
func StateTag(s State) *ui.Tag {
	return &ui.Tag{Status: map[State]ui.Status{Published: ui.StatusMet, Draft: ui.StatusRisk, Withdrawn: ui.StatusNone}[s], Text: s.Text()}
}

// chosen are the resources that a reader's filters leave, in the order asked for.
func (p *Part) chosen(r *web.Request) ([]*Resource, error) {
	all, err := p.All(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	q := strings.ToLower(strings.TrimSpace(r.Query("q")))
	all = slices.DeleteFunc(all, func(x *Resource) bool {
		text := strings.ToLower(strings.Join([]string{x.ID, x.Code, x.Name.Zh, x.Name.En, x.Abstract.Zh, strings.Join(x.Keywords, " ")}, "\n"))
		return q != "" && !strings.Contains(text, q) || r.Query("unit") != "" && x.Unit != r.Query("unit") || r.Query("sharing") != "" && x.Sharing.Type != r.Query("sharing") || r.Query("state") != "" && string(x.State) != r.Query("state")
	})
	key, desc := strings.CutPrefix(r.Query("sort"), "-")
	by := map[string]func(a, b *Resource) int{
		"name": func(a, b *Resource) int { return strings.Compare(a.Name.In(r.Lang), b.Name.In(r.Lang)) },
		"unit": func(a, b *Resource) int {
			return strings.Compare(p.o.People.UnitName(a.Unit).In(r.Lang), p.o.People.UnitName(b.Unit).In(r.Lang))
		},
		"changed": func(a, b *Resource) int { return a.Changed.Compare(b.Changed) },
	}[key]
	if by != nil {
		slices.SortStableFunc(all, func(a, b *Resource) int {
			if desc {
				return by(b, a)
			}
			return by(a, b)
		})
	}
	return all, nil
}

func options(list []word, first lang.Text) (out []ui.Option) {
	if !first.Empty() {
		out = append(out, ui.Option{Text: first})
	}
	for _, w := range list {
		out = append(out, ui.Option{Value: w.Code, Text: w.Name})
	}
	return out
}

// pageSize is how many lines a page of a list has.
const pageSize = 50

func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	list, err := p.chosen(r)
	if err != nil {
		return nil, err
	}
	title := lang.T("信息资源目录", "Catalogue of resources")
	out := page.Of(title, page.Catalogue, r.Who.Can, ui.Link{Text: title})
	out.Lead = lang.T("各单位可供共享的信息资源，按《政务信息资源目录编制指南》编目。", "What units have to share, described as the national guide has it.")
	if r.Who.Can(page.GrantOffer) {
		out.Actions = []ui.Action{{Text: lang.T("编制资源目录", "Describe a resource"), Href: path + "/new", Primary: true}}
	}
	all := lang.T("全部", "all")
	states := []ui.Option{{Text: all}}
	for _, s := range []State{Published, Draft, Withdrawn} {
		states = append(states, ui.Option{Value: string(s), Text: s.Text()})
	}
	keep := map[string]string{"q": r.Query("q"), "unit": r.Query("unit"), "sharing": r.Query("sharing"), "state": r.Query("state")}
	t := ui.Table{ID: "resources", Title: title, Path: path, Query: keep, Sort: r.Query("sort"), Total: int64(len(list)), Empty: lang.T("没有符合条件的资源", "No resource is like that"),
		Exports: []ui.Link{{Text: lang.T("导出 CSV", "CSV"), Href: "/api/sharing/resources.csv?bom=1"}, {Text: lang.Same("DCAT"), Href: "/api/sharing/dcat.jsonld"}},
		Search:  &ui.Field{Name: "q", Kind: "search", Label: lang.T("名称、代码、关键字", "Name, code, keyword"), Value: keep["q"]},
		Filters: []ui.Field{{Name: "unit", Kind: "select", Label: lang.T("提供单位", "Unit"), Value: keep["unit"], Options: p.units(list, keep["unit"], all)},
			{Name: "sharing", Kind: "select", Label: lang.T("共享类型", "Sharing"), Value: keep["sharing"], Options: options(sharings, all)}, {Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: keep["state"], Options: states}},
		Columns: []ui.Column{{Key: "name", Text: lang.T("名称", "Name"), Sortable: true}, {Key: "unit", Text: lang.T("提供单位", "Unit"), Sortable: true}, {Key: "sharing", Text: lang.T("共享类型", "Sharing")}, {Key: "period", Text: lang.T("更新周期", "Updated")}, {Key: "fields", Text: lang.T("信息项", "Fields"), Num: true}, {Key: "changed", Text: lang.T("更新", "Changed"), Sortable: true}, {Key: "state", Text: lang.T("状态", "State")}}}
	if err := p.rows(&t, list, r.Query("after")); err != nil {
		return nil, err
	}
	out.Body = []ui.Block{t}
	return out, nil
}

// rows fills a page of the list, behind a cursor.
func (p *Part) rows(t *ui.Table, list []*Resource, after string) error {
	from := 0
	if after != "" {
		parts, err := store.Uncursor(after, 1)
		if err != nil {
			return err
		}
		from, _ = strconv.Atoi(parts[0]) // a cursor of ours holds a number
		t.Paged = true
	}
	to := min(max(from, 0)+pageSize, len(list))
	for _, x := range list[min(max(from, 0), to):to] {
		t.Rows = append(t.Rows, ui.Row{ID: "r-" + x.ID, Cells: []ui.Cell{{Text: x.Name, Sub: lang.Same(x.Code), Strong: true, Href: path + "/" + x.ID}, {Text: p.o.People.UnitName(x.Unit)}, {Text: SharingText(x.Sharing.Type)}, {Text: PeriodText(x.Period)}, {Text: lang.Same(ui.Grouped(int64(len(x.Fields))))}, {Time: x.Changed}, {Tag: StateTag(x.State)}}})
	}
	if to < len(list) {
		t.Next = store.Cursor(strconv.Itoa(to))
	}
	return nil
}

// units are the choices of a filter: the units that have resources.
func (p *Part) units(list []*Resource, now string, first lang.Text) []ui.Option {
	out := []ui.Option{{Text: first}}
	for _, u := range p.o.People.Units() {
		if u.ID == now || slices.ContainsFunc(list, func(x *Resource) bool { return x.Unit == u.ID }) {
			out = append(out, ui.Option{Value: u.ID, Text: u.Name})
		}
	}
	return out
}

func (p *Part) pageOne(r *web.Request) (*ui.Page, error) {
	x, err := p.Seen(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	out := page.Of(x.Name, page.Catalogue, r.Who.Can, ui.Link{Text: lang.T("信息资源目录", "Catalogue of resources"), Href: path}, ui.Link{Text: x.Name})
	out.Lead = x.Abstract
	own := r.Who.Unit == x.Unit && r.Who.Can(page.GrantOffer)
	switch {
	case own && x.State != Published:
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("发布", "Publish"), Href: path + "/" + x.ID + "/publish", Post: true, Primary: true})
	case !own && r.Who.Unit != x.Unit && x.State == Published && x.Sharing.Type == policy.Conditional && r.Who.Can(page.GrantApply):
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("申请共享", "Apply"), Href: path + "/" + x.ID + "/apply", Primary: true})
	}
	if own {
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("修改", "Change"), Href: path + "/" + x.ID + "/edit"})
	}
	out.Actions = append(out.Actions, ui.Action{Text: lang.T("测试授权", "Try a grant"), Href: page.Grants + "/try?resource=" + x.ID})
	out.Body = []ui.Block{p.facts(x), fieldTable(x)}
	history, err := p.history(r, x)
	if err != nil {
		return nil, err
	}
	out.Body = append(out.Body, history)
	if own && x.State == Published {
		out.Body = append(out.Body, ui.Form{ID: "withdraw", Title: lang.T("撤回资源", "Withdraw the resource"), Action: path + "/" + x.ID + "/withdraw", Submit: lang.T("撤回", "Withdraw"), Fields: []ui.Field{{Name: "reason", Kind: "textarea", Label: lang.T("理由", "Reason"), Required: true, Help: lang.T("撤回后，所有单位立即不能调用", "from then on nobody calls it")}}})
	}
	return out, nil
}

func (p *Part) facts(x *Resource) ui.Facts {
	or := func(s string) lang.Text {
		if s == "" {
			return lang.Same(ui.None)
		}
		return lang.Same(s)
	}
	yes := lang.T("否", "no")
	if x.Sharing.Open {
		yes = lang.T("是", "yes")
	}
	return ui.Facts{ID: "facts", Title: lang.T("目录信息", "Description"), Items: []ui.Fact{
		{Name: lang.T("状态", "State"), Tag: StateTag(x.State)}, {Name: lang.T("信息资源代码", "Code"), Value: lang.Same(x.Code)}, {Name: lang.T("提供单位", "Unit"), Value: p.o.People.UnitName(x.Unit)},
		{Name: lang.T("信息系统", "System"), Value: or(x.System)}, {Name: lang.T("分类", "Category"), Value: nameOf(categories, x.Category)}, {Name: lang.T("格式", "Format"), Value: nameOf(formats, x.Format)},
		{Name: lang.T("更新周期", "Updated"), Value: PeriodText(x.Period)}, {Name: lang.T("共享类型", "Sharing"), Value: SharingText(x.Sharing.Type)}, {Name: lang.T("共享条件", "Condition"), Value: or(x.Sharing.Condition)},
		{Name: lang.T("依据", "Basis"), Value: or(x.Sharing.Basis)}, {Name: lang.T("向社会开放", "Open to the public"), Value: yes}, {Name: lang.T("关键字", "Keywords"), Value: or(strings.Join(x.Keywords, "、"))},
		{Name: lang.T("数据来源", "Source"), Value: source.KindText(x.Source.Kind)}, {Name: lang.T("版本", "Version"), Value: lang.Same(strconv.FormatInt(x.Version, 10))}, {Name: lang.T("更新时间", "Changed"), Time: x.Changed},
		{Name: lang.T("调用地址", "Address"), Value: lang.Same("/api/sharing/call/" + x.ID)}}}
}

func fieldTable(x *Resource) ui.Table {
	t := ui.Table{ID: "fields", Title: lang.T("信息项", "Fields"), Path: path + "/" + x.ID, Total: int64(len(x.Fields)), Columns: []ui.Column{{Key: "name", Text: lang.T("名称", "Name")}, {Key: "id", Text: lang.T("标识", "Id")}, {Key: "kind", Text: lang.T("类型", "Kind")}, {Key: "personal", Text: lang.T("个人信息", "Personal")}}}
	for _, f := range x.Fields {
		personal := ui.Cell{Text: f.Personal.Text()}
		if f.Personal != mask.None {
			personal = ui.Cell{Tag: &ui.Tag{Status: ui.StatusRisk, Text: f.Personal.Text()}}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "f-" + f.Name, Cells: []ui.Cell{{Text: f.Title, Strong: true}, {Text: lang.Same(f.Name)}, {Text: KindText(f.Kind)}, personal}})
	}
	return t
}

func (p *Part) history(r *web.Request, x *Resource) (ui.Timeline, error) {
	t := ui.Timeline{ID: "versions", Title: lang.T("版本", "Versions")}
	list, err := p.History(r.Context(), x.ID)
	if err != nil {
		return t, err
	}
	for _, e := range list {
		what := lang.Same(e.Verb)
		for _, w := range Acts() {
			if w.Verb == e.Verb {
				what = w.Title
			}
		}
		v := strconv.FormatInt(e.Version, 10)
		ev := ui.Event{At: e.At, What: lang.T(what.Zh+"（第 "+v+" 版）"+e.Note, what.En+" (version "+v+") "+e.Note), Who: p.o.People.ActorName(r.Context(), e.Actor)}
		if e.Verb == "withdraw-resource" {
			ev.Kind = "bad"
		}
		t.Items = append(t.Items, ev)
	}
	return t, nil
}

func (p *Part) apiList(r *web.Request) (any, error) {
	list, err := p.chosen(r)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, x := range list {
		out = append(out, shown(x))
	}
	return map[string]any{"resources": out}, nil
}

// shown is a resource as the interface gives it: without where its rows lie, which is its owner's business.
func shown(x *Resource) map[string]any {
	return map[string]any{"id": x.ID, "code": x.Code, "name": x.Name, "abstract": x.Abstract, "unit": x.Unit, "system": x.System, "category": x.Category, "keywords": x.Keywords, "format": x.Format, "period": x.Period,
		"related": x.Related, "sharing": x.Sharing, "fields": withoutFrom(x.Fields), "state": x.State, "version": x.Version, "changed": x.Changed, "call": "/api/sharing/call/" + x.ID}
}

func withoutFrom(list []Field) []Field {
	list = slices.Clone(list)
	for i := range list {
		list[i].From = ""
	}
	return list
}

func (p *Part) apiOne(r *web.Request) (any, error) {
	x, err := p.Seen(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	return shown(x), nil
}

// apiCSV gives the reader's own unit's resources as they can be imported again, and of the others what everybody sees.
func (p *Part) apiCSV(r *web.Request) (any, error) {
	list, err := p.chosen(r)
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: sheet.Type, Name: "catalogue.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, r.Query("bom") == "1")
		_ = out.Write(slices.Clone(columns)...) // errors are kept for Flush
		for _, x := range list {
			y := *x
			if y.Unit != r.Who.Unit {
				y.Source, y.Fields = source.Spec{}, withoutFrom(x.Fields)
			}
			_ = out.Write(y.line()...)
		}
		return out.Flush()
	}}, nil
}

func (p *Part) apiDCAT(r *web.Request) (any, error) {
	list, err := p.All(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	scheme := "http://"
	if r.HTTP.TLS != nil {
		scheme = "https://"
	}
	return web.Reply{Type: "application/ld+json", Body: dcat(list, scheme+r.HTTP.Host, p.o.People.UnitName)}, nil
}

// again shows a form's mistake; ok is false where the error is none of the reader's.
func again(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict))
}
