package web

import (
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// journalFilter reads the filters of the journal's page and of its export. The last day counts whole.
func journalFilter(r *Request) (f journal.Filter, keep map[string]string, err error) {
	keep = map[string]string{}
	for _, k := range []string{"actor", "verb", "object", "unit", "from", "to"} {
		keep[k] = strings.TrimSpace(r.Query(k))
	}
	f = journal.Filter{Actor: keep["actor"], Verb: keep["verb"], Object: keep["object"], Unit: keep["unit"], After: r.Query("after")}
	if f.From, err = day(keep["from"]); err != nil {
		return f, keep, err
	}
	if f.To, err = day(keep["to"]); err != nil {
		return f, keep, err
	}
	if !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1)
	}
	if text := r.Query("limit"); text != "" {
		if f.Limit, err = strconv.Atoi(text); err != nil || f.Limit < 1 || f.Limit > 1000 {
			return f, keep, errs.Say(errs.Invalid, "limit 应为 1 至 1000", "limit runs from 1 to 1000")
		}
	}
	return f, keep, nil
}

func day(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, ui.Zone())
	if err != nil {
		return t, errs.Say(errs.Invalid, "日期“%s”有误，应形如 2015-11-20。", "%q is no date, write it like 2015-11-20.", s)
	}
	return t, nil
}

// pageJournal lists the record of acts, newest first.
func (s *Server) pageJournal(r *Request) (*ui.Page, error) {
	f, keep, err := journalFilter(r)
	if err != nil {
		return nil, err
	}
	list, next, err := s.o.Journal.List(r.Context(), f)
	if err != nil {
		return nil, err
	}
	export := url.Values{}
	for k, v := range keep {
		if v != "" {
			export.Set(k, v)
		}
	}
	link := func(format string) string { export.Set("format", format); return "/api/journal?" + export.Encode() }
	t := ui.Table{
		ID: "journal", Title: lang.T("日志", "Entries"), Path: "/admin/journal", Total: -1, Next: next, Paged: f.After != "", Query: keep,
		Search: &ui.Field{Name: "object", Label: lang.T("对象", "Object"), Value: keep["object"]},
		Filters: []ui.Field{
			{Name: "actor", Label: lang.T("行为人", "Actor"), Value: keep["actor"]}, {Name: "verb", Kind: "select", Label: lang.T("行为", "Act"), Value: keep["verb"], Options: s.verbOptions(keep["verb"])},
			{Name: "unit", Kind: "select", Label: lang.T("单位", "Unit"), Value: keep["unit"], Options: s.unitOptions(lang.T("全部单位", "All units"))},
			{Name: "from", Kind: "date", Label: lang.T("自", "From"), Value: keep["from"]}, {Name: "to", Kind: "date", Label: lang.T("至", "To"), Value: keep["to"]},
		},
		Exports: []ui.Link{{Text: lang.T("导出 CSV", "CSV"), Href: link("csv")}, {Text: lang.T("导出 JSONL", "JSONL"), Href: link("jsonl")}},
		Columns: []ui.Column{{Key: "seq", Text: lang.T("序号", "No.")}, {Key: "at", Text: lang.T("时间", "Time")}, {Key: "actor", Text: lang.T("行为人 · 单位", "Actor · unit")},
			{Key: "verb", Text: lang.T("行为 · 依据", "Act · authority")}, {Key: "object", Text: lang.T("对象", "Object")}, {Key: "hash", Text: lang.T("校验码", "Seal")}},
		Empty: lang.T("没有符合条件的记录", "No entry matches"),
	}
	grants := s.o.People.Matrix().Rows
	for _, x := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{
			{Text: lang.Same(strconv.FormatInt(x.Seq, 10)), Strong: true}, {Time: x.At}, {Text: s.o.People.ActorName(r.Context(), x.Actor), Sub: s.o.People.UnitName(x.Unit)},
			{Text: s.verbTitle(x.Verb), Sub: authorityTitle(grants, x.Authority)}, {Text: lang.Same(x.Object), Sub: lang.Same(clip(string(x.Detail), 120))}, {Text: lang.Same(x.Hash[:min(8, len(x.Hash))]), Href: "/api/seal/proof/" + strconv.FormatInt(x.Seq, 10)},
		}})
	}
	return &ui.Page{Title: lang.T("审计日志", "Journal"), Nav: "journal", Crumbs: adminCrumbs(lang.T("审计日志", "Journal")),
		Lead:    lang.T("每项公务行为一条，前后以校验码相连，不能更改或删除。", "One entry an act, chained by seals; none can be changed or deleted."),
		Actions: []ui.Action{{Text: lang.T("校验全链", "Verify the chain"), Href: "/admin/journal/verify", Post: true}, {Text: lang.T("检查点与存证", "Checkpoints and evidence"), Href: "/seal"}}, Body: []ui.Block{t}}, nil
}

// verbTitle is a verb in words; one that nobody declared stands for itself.
func (s *Server) verbTitle(verb string) lang.Text {
	for _, w := range s.o.Acts {
		if w.Verb == verb {
			return w.Title
		}
	}
	return lang.Same(verb)
}

// verbOptions are the verbs to choose from; one that is asked for by address and not declared is among them.
func (s *Server) verbOptions(chosen string) []ui.Option {
	out := []ui.Option{{Text: lang.T("全部行为", "All acts")}}
	known := chosen == ""
	for _, w := range s.o.Acts {
		known = known || w.Verb == chosen
		out = append(out, ui.Option{Value: w.Verb, Text: w.Title})
	}
	if !known {
		out = append(out, ui.Option{Value: chosen, Text: lang.Same(chosen)})
	}
	return out
}

// authorityTitle is a grant in words, or that somebody acted for themselves.
func authorityTitle(grants []identity.MatrixRow, authority string) lang.Text {
	if authority == "self" {
		return lang.T("本人", "on their own behalf")
	}
	for _, g := range grants {
		if g.Grant == authority {
			return g.Title
		}
	}
	return lang.Same(authority)
}

// clip cuts a text for a cell.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// formVerify walks the chain and says what it found.
func (s *Server) formVerify(r *Request) (*ui.Page, string, error) {
	rep, err := s.o.Journal.Verify(r.Context(), nil)
	if err != nil {
		return nil, "", err
	}
	title := lang.T("校验结果", "What the check found")
	p := &ui.Page{Title: title, Nav: "journal", Crumbs: adminCrumbs(title, ui.Link{Text: lang.T("审计日志", "Journal"), Href: "/admin/journal"}), Body: []ui.Block{
		ui.Notice{Kind: "good", Text: lang.T("链式校验通过。", "The chain holds.")},
		ui.Facts{ID: "head", Title: lang.T("链头", "Head of the chain"), Items: []ui.Fact{{Name: lang.T("记录数", "Entries"), Value: lang.Same(ui.Grouped(rep.Entries))},
			{Name: lang.T("末条序号", "Newest"), Value: lang.Same(strconv.FormatInt(rep.Seq, 10))}, {Name: lang.T("末条校验码", "Its seal"), Value: lang.Same(rep.Head)}}},
		ui.Prose{Text: lang.T("请将末条序号与校验码另行留存，日后可据此核对。", "Note the newest number and its seal elsewhere: they can be checked against later.")},
	}}
	if len(rep.Faults) > 0 {
		t := ui.Table{ID: "faults", Title: lang.T("异常", "Faults"), Total: int64(len(rep.Faults)), Columns: []ui.Column{{Key: "seq", Text: lang.T("序号", "No.")}, {Key: "what", Text: lang.T("异常", "What")}}}
		for _, f := range rep.Faults {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: lang.Same(strconv.FormatInt(f.Seq, 10)), Strong: true}, {Text: f.Text()}}})
		}
		p.Body[0] = ui.Notice{Kind: "bad", Text: lang.T("链已断裂：记录在程序之外被改动。请立即报告。", "The chain is broken: entries were changed beside the program. Report it at once.")}
		p.Body = append(p.Body, t)
	}
	beside, err := s.beside(r)
	p.Body = append(p.Body, beside...)
	return p, "", err
}

// beside says what lies beside the journal and was held against it: the timelines of the cases.
func (s *Server) beside(r *Request) ([]ui.Block, error) {
	if s.o.Beside == nil {
		return nil, nil
	}
	lines, faults, err := s.o.Beside(r.Context())
	if err != nil {
		return nil, err
	}
	if len(faults) == 0 {
		return []ui.Block{ui.Notice{Kind: "good", Text: lang.T("案卷校验通过，共核对 "+ui.Grouped(lines)+" 行。", "The timelines of the cases hold: "+ui.Grouped(lines)+" lines were checked.")}}, nil
	}
	t := ui.Table{ID: "case-faults", Title: lang.T("案卷异常", "Faults in the timelines"), Total: int64(len(faults)), Columns: []ui.Column{{Key: "what", Text: lang.T("异常", "What")}}}
	for _, f := range faults {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: f}}})
	}
	return []ui.Block{ui.Notice{Kind: "bad", Text: lang.T("案卷在程序之外被改动。请立即报告。", "Timelines of cases were changed beside the program. Report it at once.")}, t}, nil
}

// apiJournal gives the entries as JSON, page by page, or whole as CSV or JSON lines.
func (s *Server) apiJournal(r *Request) (any, error) {
	f, _, err := journalFilter(r)
	if err != nil {
		return nil, err
	}
	switch r.Query("format") {
	case "jsonl":
		return Reply{Type: "application/x-ndjson", Name: "journal.jsonl", Body: func(w io.Writer) error {
			_, err := s.o.Journal.Export(r.Context(), w, f)
			return err
		}}, nil
	case "csv":
		return Reply{Type: sheet.Type, Name: "journal.csv", Body: func(w io.Writer) error { return s.journalCSV(r, w, f) }}, nil
	case "", "json":
		list, next, err := s.o.Journal.List(r.Context(), f)
		return map[string]any{"entries": append([]journal.Entry{}, list...), "next": next}, err // an empty list is written as one
	}
	return nil, errs.Say(errs.Invalid, "format 只能是 json、jsonl 或 csv。", "format must be json, jsonl or csv.")
}

func (s *Server) journalCSV(r *Request, w io.Writer, f journal.Filter) error {
	out := sheet.New(w, true)
	_ = out.Write("seq", "at", "actor", "unit", "authority", "verb", "object", "detail", "hash") // errors are kept for Flush
	f.After, f.Limit = "", 1000
	for {
		list, next, err := s.o.Journal.List(r.Context(), f)
		if err != nil {
			return err
		}
		for _, x := range list {
			_ = out.Write(strconv.FormatInt(x.Seq, 10), x.At.Format(time.RFC3339Nano), x.Actor, x.Unit, x.Authority, x.Verb, x.Object, string(x.Detail), x.Hash)
		}
		if err := out.Flush(); err != nil || next == "" {
			return err
		}
		f.After = next
	}
}
