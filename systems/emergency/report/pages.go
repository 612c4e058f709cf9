package report

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/systems/emergency/tie"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// Routes are the part's pages and its interface.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /emergency/incidents/{id}/report", Grant: page.Grant, Page: p.pageOne},
		{Pattern: "GET /api/emergency/incidents/{id}/report.md", Grant: page.Grant, API: p.apiMarkdown},
		{Pattern: "GET /api/emergency/incidents/{id}/timeline.csv", Grant: page.Grant, API: p.apiCSV},
	}
}

// Jobs are what the part does by itself: nothing.
func (p *Part) Jobs() []host.Job { return nil }

// pageOne is the report as a page to print.
func (p *Part) pageOne(r *web.Request) (*ui.Page, error) {
	x, err := p.Make(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	title := lang.T("处置总结报告", "After-action report")
	out := page.Of(title, page.Incidents, ui.Link{Text: lang.Same(x.Incident.Case.Number), Href: "/emergency/incidents/" + x.Incident.ID}, ui.Link{Text: title})
	out.Lead = lang.Same(x.Incident.Case.Title)
	api := "/api/emergency/incidents/" + x.Incident.ID
	out.Actions = []ui.Action{{Text: lang.T("下载 Markdown", "Markdown"), Href: api + "/report.md?lang=" + string(r.Lang)}, {Text: lang.T("下载 CSV", "CSV"), Href: api + "/timeline.csv?bom=1"}}
	if x.Incident.Drill {
		out.Body = append(out.Body, ui.Notice{ID: "drill", Kind: "warn", Text: lang.T("演练报告：所述均非真实事件。", "Report of a drill: nothing of it was real.")})
	}
	out.Body = append(out.Body, x.tiles(), p.orders(x), p.tasks(x), tie.Table("warnings", x.Warnings), x.alarms(), x.lines())
	return out, nil
}

func (r Report) tiles() ui.Tiles {
	t := ui.Tiles{ID: "times", Title: lang.T("用时", "Times")}
	for i, s := range Spans(r.Incident.Incident) {
		value, note := ui.None, lang.T("未发生", "not yet")
		if s.Done {
			value, note = s.clock(), lang.T("自接报起", "since the report came in")
		}
		t.Items = append(t.Items, ui.Tile{ID: "t-" + strconv.Itoa(i), Name: s.Name, Value: value, Unit: lang.T("时:分:秒", "h:m:s"), Note: note})
	}
	return t
}

// clock writes a length of time as h:mm:ss.
func (s Span) clock() string {
	n := int(s.Took.Round(time.Second).Seconds())
	two := func(v int) string { return string([]byte{byte('0' + v/10), byte('0' + v%10)}) }
	return strconv.Itoa(n/3600) + ":" + two(n/60%60) + ":" + two(n%60)
}

func (p *Part) orders(x Report) ui.Table {
	t := ui.Table{ID: "orders", Title: lang.T("指令与反馈", "Orders and receipts"), Total: int64(len(x.Orders)), Empty: lang.T("没有指令", "No order"), Columns: []ui.Column{{Text: lang.T("指令", "Order")}, {Text: lang.T("单位", "Unit")}, {Text: lang.T("状态", "State")}, {Text: lang.T("下达", "Sent")}, {Text: lang.T("签收", "Received")}, {Text: lang.T("到场", "On site")}, {Text: lang.T("完成", "Done")}}}
	for _, o := range x.Orders {
		t.Rows = append(t.Rows, ui.Row{ID: "o-" + o.ID, Cells: []ui.Cell{{Text: lang.Same(o.Words), Strong: true}, {Text: p.o.People.UnitName(o.Unit)}, {Text: o.State.Text()}, cell(o.Sent), cell(o.Received), cell(o.OnSite), cell(o.Done)}})
	}
	return t
}

func (p *Part) tasks(x Report) ui.Table {
	t := ui.Table{ID: "tasks", Title: lang.T("预案任务", "Tasks"), Total: int64(len(x.Tasks)), Empty: lang.T("没有启动预案", "No plan was activated"), Columns: []ui.Column{{Text: lang.T("任务", "What")}, {Text: lang.T("单位", "Unit")}, {Text: lang.T("时限", "Due")}, {Text: lang.T("办结", "Ended")}}}
	for _, d := range x.Tasks {
		t.Rows = append(t.Rows, ui.Row{ID: "d-" + d.ID, Cells: []ui.Cell{{Text: lang.Same(d.Words), Sub: lang.Same(d.Note), Strong: true}, {Text: p.o.People.UnitName(d.Unit)}, cell(d.Due), cell(d.Ended)}})
	}
	return t
}

func (r Report) alarms() ui.Table {
	t := ui.Table{ID: "alarms", Title: lang.T("告警", "Alarms"), Total: int64(len(r.Alarms)), Empty: lang.T("没有告警", "No alarm"), Columns: []ui.Column{{Text: lang.T("告警", "Alarm")}, {Text: lang.T("首次出现", "First")}, {Text: lang.T("消失", "Gone")}}}
	for _, a := range r.Alarms {
		t.Rows = append(t.Rows, ui.Row{ID: "a-" + a.ID, Cells: []ui.Cell{{Text: a.Title, Strong: true}, cell(a.First), cell(a.Gone)}})
	}
	return t
}

func (r Report) lines() ui.Table {
	t := ui.Table{ID: "lines", Title: lang.T("全程记录", "Timeline"), Note: lang.T("每行的哈希同时存于审计日志", "each line's hash stands in the journal as well"), Total: int64(len(r.Lines)), Columns: []ui.Column{{Text: lang.T("时间", "At")}, {Text: lang.T("何人", "Who")}, {Text: lang.T("何事", "What")}, {Text: lang.T("哈希", "Hash")}}}
	for _, l := range r.Lines {
		t.Rows = append(t.Rows, ui.Row{ID: "l-" + strconv.FormatInt(l.Seq, 10), Cells: []ui.Cell{{Time: l.At}, {Text: r.Names[l.Actor]}, {Text: incident.Say(l), Strong: true}, {Text: lang.Same(l.Hash[:min(12, len(l.Hash))])}}})
	}
	return t
}

func cell(t time.Time) ui.Cell {
	if t.IsZero() {
		return ui.Cell{Text: lang.Same(ui.None)}
	}
	return ui.Cell{Time: t}
}

func (p *Part) apiMarkdown(r *web.Request) (any, error) {
	x, err := p.Make(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	l := lang.Zh
	if r.Query("lang") == string(lang.En) {
		l = lang.En
	}
	return web.Reply{Type: "text/markdown; charset=utf-8", Name: x.Incident.Case.Number + ".md", Body: []byte(x.Markdown(l, p.o.People.UnitName))}, nil
}

func (p *Part) apiCSV(r *web.Request) (any, error) {
	x, err := p.Make(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: sheet.Type, Name: x.Incident.Case.Number + ".csv", Body: func(w io.Writer) error {
		out := sheet.New(w, r.Query("bom") == "1")
		_ = out.Write("seq", "at", "actor", "unit", "verb", "text", "fields", "hash") // errors are kept for Flush
		for _, l := range x.Lines {
			fields, err := json.Marshal(l.Fields)
			if err != nil {
				return err
			}
			_ = out.Write(strconv.FormatInt(l.Seq, 10), l.At.In(ui.Zone()).Format(time.RFC3339Nano), l.Actor, l.Unit, l.Verb, l.Text, string(fields), l.Hash)
		}
		return out.Flush()
	}}, nil
}
