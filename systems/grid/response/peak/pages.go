package peak

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/keyset"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// Path is the list of alarms.
const Path = "/grid/peaks"

const pageSize = 100

var title = lang.T("尖峰告警", "Peak alarms")

// Routes are the pages and interfaces.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /grid/peaks", Grant: grantRead, Page: p.page},
		{Pattern: "GET /grid/peaks/{id}", Grant: grantRead, Page: p.pageOne},
		{Pattern: "POST /grid/peaks/{id}/ack", Grant: Grant, Form: p.formAck},
		{Pattern: "POST /grid/peaks/settings", Grant: Grant, Form: p.formSet},
		{Pattern: "GET /api/grid/peaks", Grant: grantRead, API: p.api},
		{Pattern: "GET /api/grid/peaks.csv", Grant: grantRead, API: p.apiCSV},
	}
}

var kinds = map[string]lang.Text{Before: lang.T("预测越限", "Forecast"), During: lang.T("实测越限", "Measured")}

func place(district string) lang.Text {
	if district == "" {
		return lang.T("全市", "The city")
	}
	return book.DistrictName(district)
}

func mw(kw int64) string { return ui.Num(float64(kw)/1000, 3) }

func stateTag(a Alarm) *ui.Tag {
	switch {
	case !a.Ended.IsZero():
		return &ui.Tag{Status: ui.StatusMet, Text: lang.T("已解除", "Over")}
	case !a.Acked.IsZero():
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("已确认", "Acknowledged")}
	}
	return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("未确认", "Not acknowledged")}
}

func says(a Alarm) lang.Text {
	return lang.T(fmt.Sprintf("%s：%s兆瓦，限值 %s 兆瓦", kinds[a.Kind].Zh, mw(a.Peak), mw(a.Limit)), fmt.Sprintf("%s: %s MW, the limit is %s MW", kinds[a.Kind].En, mw(a.Peak), mw(a.Limit)))
}

// Shown gives the alarms that stand as lines of an alarm list.
func (p *Part) Shown(ctx context.Context) (out []ui.Alarm, err error) {
	all, err := p.Open(ctx)
	for _, a := range all {
		level := 2
		if a.Kind == During {
			level = 1
		}
		line := ui.Alarm{Level: level, Place: place(a.District), Title: says(a), State: stateTag(a).Text, At: a.Began, Href: Path + "/" + a.ID}
		if now := p.o.Clock.Now(); now.After(a.Began) {
			line.For = now.Sub(a.Began)
		}
		out = append(out, line)
	}
	return out, err
}

// chosen reads what a list is asked for.
type chosen struct{ kind, district, state, after string }

func choose(r *web.Request) (c chosen, err error) {
	c = chosen{r.Query("kind"), r.Query("district"), r.Query("state"), r.Query("after")}
	if _, ok := kinds[c.kind]; c.kind != "" && !ok {
		return c, errs.Say(errs.Invalid, "告警类型“%s”无法识别，可用 before、during", "the kind %q is not known: before or during", c.kind)
	}
	switch c.state {
	case "", "open", "new", "ended":
	default:
		return c, errs.Say(errs.Invalid, "状态“%s”无法识别，可用 open、new、ended", "the state %q is not known: open, new or ended", c.state)
	}
	if c.district != "" && c.district != "city" && region.Index(c.district) < 0 {
		return c, errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码", "%q is no district code of this city", c.district)
	}
	return c, nil
}

func (c chosen) args() []any {
	district := c.district
	switch district {
	case "":
		district = "any"
	case "city":
		district = ""
	}
	return []any{c.kind, district, c.state}
}

func (p *Part) list(ctx context.Context, c chosen, limit int) (page []Alarm, total int64, next string, err error) {
	began, id, err := keyset.Read(c.after)
	if err != nil {
		return nil, 0, "", err
	}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		if err := tx.Get(qCount, c.args(), &total); err != nil {
			return err
		}
		page, err = read(tx, qList, append(c.args(), id, began, limit+1)...)
		return err
	})
	if err == nil && len(page) > limit {
		page = page[:limit]
		last := page[limit-1]
		next = keyset.Mark(store.Micros(last.Began), last.ID)
	}
	return page, total, next, err
}

func (p *Part) page(r *web.Request) (*ui.Page, error) { return p.show(r, lang.Text{}) }

func (p *Part) show(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	c, err := choose(r)
	if err != nil {
		return nil, err
	}
	page, total, next, err := p.list(r.Context(), c, pageSize)
	if err != nil {
		return nil, err
	}
	set, err := p.settings(r.Context())
	if err != nil {
		return nil, err
	}
	out := p.o.Page(title, Path, ui.Link{Text: title, Href: Path})
	out.Lead = lang.T("预测负荷达到限值的一定比例时预警，实测负荷连续越限时告警；限值在“负荷预测”页设置。", "A warning where the forecast reaches a share of the limit, an alarm where the load lies above it. Limits are set on the forecast's page.")
	out.Actions = []ui.Action{{Text: lang.T("设置负荷限值", "Set limits"), Href: "/grid/forecast"}}
	out.Body = []ui.Block{p.table(c, page, total, next)}
	if r.Who.Can(Grant) {
		form := ui.Form{ID: "peak-settings", Title: lang.T("告警条件", "When alarms are raised"), Action: Path + "/settings", Submit: lang.T("保存", "Save"), Error: wrong}
		for _, x := range settings {
			form.Fields = append(form.Fields, ui.Field{Name: x.name, Kind: "number", Label: x.title, Value: strconv.FormatInt(*x.of(&set), 10), Required: true})
		}
		out.Body = append(out.Body, form)
	}
	return out, nil
}

func (p *Part) table(c chosen, page []Alarm, total int64, next string) ui.Table {
	q := url.Values{"bom": {"1"}}
	t := ui.Table{ID: "peaks", Title: title, Total: total, Next: next, Paged: c.after != "", Path: Path, Query: map[string]string{}, Empty: lang.T("没有尖峰告警。", "There is no peak alarm."),
		Columns: []ui.Column{{Key: "began", Text: lang.T("起始时段", "From")}, {Key: "until", Text: lang.T("至", "To")}, {Key: "kind", Text: lang.T("类型", "Kind")}, {Key: "place", Text: lang.T("范围", "Area")}, {Key: "peak", Text: lang.T("高峰（兆瓦）", "Peak (MW)"), Num: true}, {Key: "limit", Text: lang.T("限值（兆瓦）", "Limit (MW)"), Num: true}, {Key: "state", Text: lang.T("状态", "State")}},
		Filters: []ui.Field{
			{Name: "kind", Kind: "select", Label: lang.T("类型", "Kind"), Value: c.kind, Options: []ui.Option{{Text: lang.T("全部类型", "All kinds")}, {Value: Before, Text: kinds[Before]}, {Value: During, Text: kinds[During]}}},
			{Name: "district", Kind: "select", Label: lang.T("范围", "Area"), Value: c.district, Options: []ui.Option{{Text: lang.T("不限", "Any")}, {Value: "city", Text: place("")}}},
			{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: c.state, Options: []ui.Option{{Text: lang.T("全部状态", "All states")}, {Value: "open", Text: lang.T("未解除", "Standing")}, {Value: "new", Text: lang.T("未确认", "Not acknowledged")}, {Value: "ended", Text: lang.T("已解除", "Over")}}}}}
	for _, d := range region.Districts {
		t.Filters[1].Options = append(t.Filters[1].Options, ui.Option{Value: d.Code, Text: d.Name})
	}
	for k, v := range map[string]string{"kind": c.kind, "district": c.district, "state": c.state} {
		if v != "" {
			t.Query[k] = v
			q.Set(k, v)
		}
	}
	t.Exports = []ui.Link{{Text: lang.Same("CSV"), Href: "/api/grid/peaks.csv?" + q.Encode()}}
	for _, a := range page {
		t.Rows = append(t.Rows, ui.Row{ID: "p-" + a.ID, Cells: []ui.Cell{{Time: a.Began, Href: Path + "/" + a.ID, Strong: true}, {Time: a.Until}, {Text: kinds[a.Kind]}, {Text: place(a.District)}, {Text: lang.Same(mw(a.Peak))}, {Text: lang.Same(mw(a.Limit))}, {Tag: stateTag(a)}}})
	}
	return t
}

func (p *Part) pageOne(r *web.Request) (*ui.Page, error) { return p.one(r, lang.Text{}) }

func (p *Part) one(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	a, err := p.get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	path := Path + "/" + a.ID
	head := lang.T(place(a.District).Zh+kinds[a.Kind].Zh, place(a.District).En+": "+kinds[a.Kind].En)
	out := p.o.Page(head, Path, ui.Link{Text: title, Href: Path}, ui.Link{Text: head, Href: path})
	facts := ui.Facts{ID: "peak", Title: lang.T("告警", "Alarm"), Items: []ui.Fact{
		{Name: lang.T("状态", "State"), Tag: stateTag(a)}, {Name: lang.T("起始时段", "From"), Time: a.Began}, {Name: lang.T("末一越限时段止", "Above until"), Time: a.Until}, {Name: lang.T("发出时间", "Raised"), Time: a.Raised},
		{Name: lang.T("高峰（兆瓦）", "Peak (MW)"), Value: lang.Same(mw(a.Peak))}, {Name: lang.T("高峰时段", "Peak at"), Time: a.PeakAt}, {Name: lang.T("限值（兆瓦）", "Limit (MW)"), Value: lang.Same(mw(a.Limit)), Href: "/grid/forecast?district=" + a.District}}}
	if !a.Ended.IsZero() {
		facts.Items = append(facts.Items, ui.Fact{Name: lang.T("解除时间", "Over at"), Time: a.Ended})
	}
	if !a.Acked.IsZero() {
		facts.Items = append(facts.Items, ui.Fact{Name: lang.T("确认人", "Acknowledged by"), Value: p.o.People.ActorName(r.Context(), a.AckedBy)}, ui.Fact{Name: lang.T("确认时间", "Acknowledged at"), Time: a.Acked}, ui.Fact{Name: lang.T("说明", "Note"), Value: lang.Same(a.Note)})
	}
	out.Body = []ui.Block{facts}
	chart, err := p.chart(r.Context(), a)
	if err != nil {
		return nil, err
	}
	out.Body = append(out.Body, chart)
	if a.Acked.IsZero() && r.Who.Can(Grant) {
		out.Body = append(out.Body, ui.Form{ID: "ack", Title: lang.T("确认告警", "Acknowledge"), Action: path + "/ack", Submit: lang.T("确认", "Acknowledge"), Error: wrong, Fields: []ui.Field{{Name: "note", Label: lang.T("处置说明", "What is done about it")}}})
	}
	return out, nil
}

// chart is the day of the alarm: load, forecast, limit.
func (p *Part) chart(ctx context.Context, a Alarm) (ui.Chart, error) {
	d := book.DayOf(a.Began.UnixMicro())
	load, err := p.o.Load(ctx, a.District, d)
	if err != nil {
		return ui.Chart{}, err
	}
	said, err := p.o.Said(ctx, a.District, d)
	if err != nil {
		return ui.Chart{}, err
	}
	limit := make([]float64, book.SlotsPerDay)
	for i := range limit {
		limit[i] = float64(a.Limit) / 1000
	}
	c := ui.Chart{ID: "peak-chart", Title: lang.T("当日负荷与限值", "Load of the day, and the limit"), Unit: lang.Same("MW"), From: d.Date(), Step: book.SlotLength, Lines: []ui.Line{{Name: lang.T("实际", "Load"), Style: "now", Points: load}}}
	if len(said) == book.SlotsPerDay {
		c.Lines = append(c.Lines, ui.Line{Name: lang.T("预测", "Forecast"), Style: "forecast", Points: said})
	}
	c.Lines = append(c.Lines, ui.Line{Name: lang.T("限值", "Limit"), Style: "past", Points: limit})
	return c, nil
}

func (p *Part) formAck(r *web.Request) (*ui.Page, string, error) {
	id := r.Path("id")
	err := p.Acknowledge(r.Context(), r.Who, id, r.Form("note"))
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict)) {
		page, err := p.one(r, msg)
		return page, "", err
	}
	return nil, Path + "/" + id, err
}

func (p *Part) formSet(r *web.Request) (*ui.Page, string, error) {
	var s Settings
	var err error
	for _, x := range settings {
		if *x.of(&s), err = strconv.ParseInt(r.Form(x.name), 10, 64); err != nil {
			err = errs.Say(errs.Invalid, "请填写整数", "give whole numbers")
			break
		}
	}
	if err == nil {
		err = p.Set(r.Context(), r.Who, s)
	}
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		page, err := p.show(r, msg)
		return page, "", err
	}
	return nil, Path, err
}

// api answers a page of alarms.
func (p *Part) api(r *web.Request) (any, error) {
	c, err := choose(r)
	if err != nil {
		return nil, err
	}
	page, total, next, err := p.list(r.Context(), c, pageSize)
	if page == nil {
		page = []Alarm{}
	}
	return struct {
		Items []Alarm `json:"items"`
		Total int64   `json:"total"`
		Next  string  `json:"next,omitempty"`
	}{page, total, next}, err
}

// apiCSV is the whole list.
func (p *Part) apiCSV(r *web.Request) (any, error) {
	c, err := choose(r)
	if err != nil {
		return nil, err
	}
	ctx, forSheet := r.Context(), r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: "peaks.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, forSheet)
		_ = out.Write("id", "kind", "district", "from", "until", "raised", "ended", "peak_kw", "peak_at", "limit_kw", "acknowledged") // errors are kept for Flush
		text := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.In(book.China).Format(time.RFC3339)
		}
		for {
			page, _, next, err := p.list(ctx, c, 1000)
			if err != nil {
				return err
			}
			for _, a := range page {
				_ = out.Write(a.ID, a.Kind, a.District, text(a.Began), text(a.Until), text(a.Raised), text(a.Ended), strconv.FormatInt(a.Peak, 10), text(a.PeakAt), strconv.FormatInt(a.Limit, 10), text(a.Acked))
			}
			if c.after = next; next == "" {
				return out.Flush()
			}
		}
	}}, nil
}
