package warning

import (
	"context"
	"io"
	"net/url"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/keyset"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/systems/emergency/warning/reach"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
	"github.com/haihe-city/haihe/wire/gbt35965"
)

var title = lang.T("预警", "Warnings")

const pageSize = 50

// Routes are the pages and interfaces.
func (p *Part) Routes() []web.Route {
	const one = page.Warnings + "/{id}"
	return []web.Route{
		{Pattern: "GET " + page.Warnings, Grant: page.Grant, Page: p.pageList},
		{Pattern: "GET " + page.Warnings + "/new", Grant: GrantWrite, Page: p.pageNew},
		{Pattern: "POST " + page.Warnings + "/new", Grant: GrantWrite, Form: p.formNew},
		{Pattern: "GET " + page.Warnings + "/import", Grant: GrantWrite, Page: p.pageImport},
		{Pattern: "POST " + page.Warnings + "/import", Grant: GrantWrite, Form: p.formImport, MaxBody: 9 << 20},
		{Pattern: "GET " + one, Grant: page.Grant, Page: p.pageOne},
		{Pattern: "GET " + one + "/told", Grant: page.Grant, Page: p.pageTold},
		{Pattern: "GET " + one + "/edit", Grant: GrantWrite, Page: p.pageEdit},
		{Pattern: "POST " + one + "/edit", Grant: GrantWrite, Form: p.formEdit},
		{Pattern: "POST " + one + "/submit", Grant: GrantWrite, Form: p.verb(p.Submit)},
		{Pattern: "POST " + one + "/drop", Grant: GrantWrite, Form: p.verb(p.Drop)},
		{Pattern: "POST " + one + "/approve", Grant: GrantApprove, Form: p.verb(p.Approve)},
		{Pattern: "POST " + one + "/return", Grant: GrantApprove, Form: p.formReturn},
		{Pattern: "GET " + PublicPage, Grant: web.Public, Page: p.pagePublic},
		{Pattern: "GET " + PublicPage + "/{id}", Grant: web.Public, Page: p.pagePublicOne},
		{Pattern: "GET /api/emergency/warnings", Grant: page.Grant, API: p.apiList},
		{Pattern: "GET /api/emergency/warnings.csv", Grant: page.Grant, API: p.apiCSV},
		{Pattern: "GET /api/emergency/warnings/{id}", Grant: page.Grant, API: p.apiOne},
		{Pattern: "GET /api/emergency/warnings/{id}/{format}", Grant: web.Public, API: p.apiDocument},
		{Pattern: "POST /api/emergency/warnings/import", Grant: GrantWrite, API: p.apiImport, MaxBody: 9 << 20},
	}
}

// states names the states, in the order of a filter.
var states = []option{
	{Draft, lang.T("草稿", "Draft")}, {Submitted, lang.T("待审批", "Waits for approval")}, {Issued, lang.T("生效中", "In force")}, {Superseded, lang.T("已被更新", "Superseded")},
	{Cancelled, lang.T("已解除", "Cancelled")}, {Expired, lang.T("已失效", "Ended")}, {Lifting, lang.T("解除通知", "Cancellation")}, {Dropped, lang.T("已撤销", "Dropped")},
}

// StateName names a state.
func StateName(s string) lang.Text {
	for _, o := range states {
		if o.code == s {
			return o.name
		}
	}
	return lang.Same(s)
}

func stateTag(w *Warning) *ui.Tag {
	t := &ui.Tag{Text: StateName(w.State)}
	switch w.State {
	case Issued:
		t.Status = ui.StatusBehind
	case Submitted:
		t.Status = ui.StatusRisk
	case Cancelled, Expired, Lifting:
		t.Status = ui.StatusMet
	}
	return t
}

var msgTypes = map[string]lang.Text{Alert: lang.T("发布", "Alert"), Update: lang.T("更新", "Update"), Cancel: lang.T("解除", "Cancellation")}

// chosen is what a list is asked for.
type chosen struct{ state, event, colour, kind, after string }

func choose(r *web.Request) (c chosen, err error) {
	c = chosen{r.Query("state"), r.Query("event"), r.Query("colour"), r.Query("kind"), r.Query("after")}
	if c.state != "" && !known(states, c.state) || c.kind != "" && c.kind != "actual" && c.kind != "exercise" {
		return c, errs.Say(errs.Invalid, "筛选条件无法识别", "the filter is not known")
	}
	return c, nil
}

func (c chosen) args() []any {
	exercise := map[string]int64{"": -1, "actual": 0, "exercise": 1}[c.kind]
	return []any{c.state, c.event, c.colour, exercise}
}

func (p *Part) list(ctx context.Context, c chosen, limit int) (out []Warning, total int64, next string, err error) {
	made, id, err := keyset.Read(c.after)
	if err != nil {
		return nil, 0, "", err
	}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		if err := tx.Get(qCount, c.args(), &total); err != nil {
			return err
		}
		out, err = read(tx, qList, append(c.args(), id, made, limit+1)...)
		return err
	})
	if err == nil && len(out) > limit {
		out = out[:limit]
		last := out[limit-1]
		next = keyset.Mark(store.Micros(last.Made), last.ID)
	}
	return out, total, next, err
}

func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	c, err := choose(r)
	if err != nil {
		return nil, err
	}
	list, total, next, err := p.list(r.Context(), c, pageSize)
	if err != nil {
		return nil, err
	}
	out := page.Of(title, page.Warnings, ui.Link{Text: title, Href: page.Warnings})
	out.Lead = lang.T("预警由一人拟制、另一人审批后发布，同时生成 CAP 1.2 和 GB/T 35965.1 文件，并通知影响区域内的责任人。", "A warning is written by one person and issued by another. It goes out as CAP 1.2 and as GB/T 35965.1, and to those responsible in its area.")
	if r.Who.Can(GrantWrite) {
		out.Actions = []ui.Action{{Text: lang.T("拟制预警", "Write a warning"), Href: page.Warnings + "/new", Primary: true}, {Text: lang.T("接入外部预警", "Take an alert in"), Href: page.Warnings + "/import"}}
	}
	out.Actions = append(out.Actions, ui.Action{Text: lang.T("公众预警页", "Public page"), Href: PublicPage})
	out.Body = []ui.Block{table(c, list, total, next)}
	return out, nil
}

func options(all lang.Text, list []option) []ui.Option {
	out := []ui.Option{{Text: all}}
	for _, o := range list {
		out = append(out, ui.Option{Value: o.code, Text: o.name})
	}
	return out
}

func events() (out []option) {
	for _, e := range gbt35965.Events {
		out = append(out, option{e.Code, e.Name})
	}
	return out
}

func levels() (out []option) {
	for _, c := range colours {
		out = append(out, option{c.code, c.name})
	}
	return out
}

func table(c chosen, list []Warning, total int64, next string) ui.Table {
	t := ui.Table{ID: "warnings", Title: title, Total: total, Next: next, Paged: c.after != "", Path: page.Warnings, Query: map[string]string{}, Empty: lang.T("没有预警。", "There is no warning."),
		Columns: []ui.Column{{Key: "headline", Text: lang.T("标题", "Headline")}, {Key: "event", Text: lang.T("事件", "Event")}, {Key: "colour", Text: lang.T("级别", "Level")}, {Key: "area", Text: lang.T("影响区域", "Area")}, {Key: "type", Text: lang.T("类型", "Kind")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "issued", Text: lang.T("发布时间", "Issued")}, {Key: "expires", Text: lang.T("失效时间", "Ends")}},
		Filters: []ui.Field{
			{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: c.state, Options: options(lang.T("全部状态", "All states"), states)},
			{Name: "event", Kind: "select", Label: lang.T("事件", "Event"), Value: c.event, Options: options(lang.T("全部事件", "All events"), events())},
			{Name: "colour", Kind: "select", Label: lang.T("级别", "Level"), Value: c.colour, Options: options(lang.T("全部级别", "All levels"), levels())},
			{Name: "kind", Kind: "select", Label: lang.T("性质", "Actual or exercise"), Value: c.kind, Options: options(lang.T("全部", "All"), []option{{"actual", lang.T("实际", "Actual")}, {"exercise", lang.T("演练", "Exercise")}})},
		}}
	q := url.Values{"bom": {"1"}}
	for k, v := range map[string]string{"state": c.state, "event": c.event, "colour": c.colour, "kind": c.kind} {
		if v != "" {
			t.Query[k] = v
			q.Set(k, v)
		}
	}
	t.Exports = []ui.Link{{Text: lang.Same("CSV"), Href: "/api/emergency/warnings.csv?" + q.Encode()}}
	for i := range list {
		w := &list[i]
		t.Rows = append(t.Rows, ui.Row{ID: "w-" + w.ID, Cells: []ui.Cell{{Text: w.marked(w.Headline), Href: page.Warnings + "/" + w.ID, Strong: true}, {Text: EventName(w.Event)}, {Text: ColourName(w.Colour)}, {Text: w.where()}, {Text: msgTypes[w.MsgType]}, {Tag: stateTag(w)}, {Time: w.Issued}, {Time: w.Expires}}})
	}
	return t
}

// where says the area in a few words.
func (w *Warning) where() lang.Text {
	var out lang.Text
	add := func(t lang.Text) {
		if !out.Empty() {
			out.Zh, out.En = out.Zh+"、", out.En+", "
		}
		out.Zh, out.En = out.Zh+t.Zh, out.En+t.En
	}
	for _, d := range w.Districts {
		add(reach.Name(d))
	}
	if len(w.Polygons)+len(w.Circles) > 0 {
		reached, _ := w.Reached() // checked before it was stored
		names := lang.Text{}
		for i, d := range reached {
			if i > 0 {
				names.Zh, names.En = names.Zh+"、", names.En+", "
			}
			n := reach.Name(d)
			names.Zh, names.En = names.Zh+n.Zh, names.En+n.En
		}
		add(lang.T("划定区域（涉及 "+names.Zh+"）", "drawn area (touches "+names.En+")"))
	}
	return out
}

func (p *Part) apiList(r *web.Request) (any, error) {
	c, err := choose(r)
	if err != nil {
		return nil, err
	}
	list, total, next, err := p.list(r.Context(), c, pageSize)
	items := []item{}
	for i := range list {
		items = append(items, p.item(&list[i]))
	}
	return struct {
		Items []item `json:"items"`
		Total int64  `json:"total"`
		Next  string `json:"next,omitempty"`
	}{items, total, next}, err
}

func (p *Part) apiOne(r *web.Request) (any, error) {
	w, err := p.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	return p.item(w), nil
}

// apiDocument gives what was issued, as the addresses below Base do, for links within the pages.
func (p *Part) apiDocument(r *web.Request) (any, error) {
	capDoc, gbDoc, err := p.Documents(r.Context(), r.Path("id"))
	switch format := r.Path("format"); {
	case err != nil:
		return nil, err
	case format == "cap":
		return web.Reply{Type: "application/cap+xml; charset=utf-8", Body: []byte(capDoc)}, nil
	case format == "gb35965":
		return web.Reply{Type: "application/xml; charset=utf-8", Body: []byte(gbDoc)}, nil
	}
	return nil, errs.Say(errs.NotFound, "没有这种格式", "there is no such format")
}

func (p *Part) apiCSV(r *web.Request) (any, error) {
	c, err := choose(r)
	if err != nil {
		return nil, err
	}
	ctx, forSheet := r.Context(), r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: "warnings.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, forSheet)
		_ = out.Write("id", "identifier", "status", "type", "state", "event", "colour", "headline_zh", "headline_en", "area", "issued", "expires", "ended") // errors are kept for Flush
		text := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.In(gbt35965.China).Format(time.RFC3339)
		}
		for {
			list, _, next, err := p.list(ctx, c, 500)
			if err != nil {
				return err
			}
			for i := range list {
				x, v := p.item(&list[i]), &list[i]
				_ = out.Write(v.ID, v.Identifier, x.Status, v.MsgType, v.State, v.Event, v.Colour, v.Headline.Zh, v.Headline.En, v.where().Zh, text(v.Issued), text(v.Expires), text(v.Ended))
			}
			if c.after = next; next == "" {
				return out.Flush()
			}
		}
	}}, nil
}
