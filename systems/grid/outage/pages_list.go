package outage

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/outage/join"
	"github.com/haihe-city/haihe/systems/grid/outage/list"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

// The places of this part.
const (
	pathList        = "/grid/outages"
	pathReliability = "/grid/reliability"
	pageSize        = 50
)

// Routes are the pages and interfaces.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /grid/outages", Grant: grantRead, Page: p.pageList},
		{Pattern: "GET /grid/outages/new", Grant: GrantEdit, Page: p.pageNew},
		{Pattern: "POST /grid/outages/new", Grant: GrantEdit, Form: p.formNew},
		{Pattern: "POST /grid/outages/switch", Grant: GrantEdit, Form: p.formSwitch},
		{Pattern: "GET /grid/outages/{id}", Grant: grantRead, Page: p.pageOne},
		{Pattern: "POST /grid/outages/{id}/edit", Grant: GrantEdit, Form: p.formEdit},
		{Pattern: "GET /grid/reliability", Grant: grantRead, Page: p.pageReliability},
		{Pattern: "GET /grid/reliability/core", Grant: grantRead, Page: p.pageEvidence},
		{Pattern: "GET /api/grid/outages", Grant: grantRead, API: p.apiList},
		{Pattern: "GET /api/grid/outages.csv", Grant: grantRead, API: p.apiSheet},
		{Pattern: "GET /api/grid/outages.parquet", Grant: grantRead, API: p.apiSheet},
		{Pattern: "GET /api/grid/outages/{id}", Grant: grantRead, API: p.apiOne},
		{Pattern: "GET /api/grid/reliability", Grant: grantRead, API: p.apiReliability},
		{Pattern: "GET /api/grid/reliability.csv", Grant: grantRead, API: p.apiReliabilitySheet},
		{Pattern: "GET /api/grid/reliability.parquet", Grant: grantRead, API: p.apiReliabilitySheet},
		{Pattern: "POST /api/grid/switches", Grant: GrantEdit, API: p.apiSwitch},
	}
}

// selection reads the filters of a list; every value is checked.
func selection(r *web.Request) (s Select, err error) {
	s = Select{District: r.Query("district"), Cause: r.Query("cause"), State: r.Query("state"), Source: r.Query("source"), Feeder: r.Query("feeder"), Sort: r.Query("sort"), After: r.Query("after"), Limit: pageSize}
	if s.District != "" && region.Index(s.District) < 0 {
		return s, errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码", "%q is no district code of this city", s.District)
	}
	if _, ok := list.CauseOf(s.Cause); s.Cause != "" && !ok {
		return s, errs.Say(errs.Invalid, "原因“%s”无法识别", "cause %q is not known", s.Cause)
	}
	if _, ok := sourceWords[s.Source]; s.Source != "" && !ok {
		return s, errs.Say(errs.Invalid, "来源“%s”无法识别", "source %q is not known", s.Source)
	}
	if !slices.Contains([]join.State{"", join.Open, join.Ended, join.Void}, join.State(s.State)) {
		return s, errs.Say(errs.Invalid, "状态“%s”无法识别，可用 open、ended、void", "state %q is not known: open, ended or void", s.State)
	}
	if s.From, err = queryDay(r, "from", 0); err == nil {
		s.To, err = queryDay(r, "to", 1)
	}
	return s, err
}

func queryDay(r *web.Request, name string, plus int) (time.Time, error) {
	text := r.Query(name)
	if text == "" {
		return time.Time{}, nil
	}
	d, ok := book.ParseDay(text)
	if !ok {
		return time.Time{}, errs.Say(errs.Invalid, "日期“%s”无法识别，请按 2015-11-20 的格式填写", "%q is no date, write it like 2015-11-20", text)
	}
	return d.Date().AddDate(0, 0, plus), nil
}

// keep gives the query parameters of a list that links keep.
func keep(r *web.Request, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if v := r.Query(n); v != "" {
			out[n] = v
		}
	}
	return out
}

func link(path string, q map[string]string, more ...string) string {
	v := url.Values{}
	for k, x := range q {
		v.Set(k, x)
	}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// pageList is the outages on map, timeline and list.
func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	sel, err := selection(r)
	if err != nil {
		return nil, err
	}
	page, total, next, err := find(r.Context(), p.o.DB, sel)
	if err != nil {
		return nil, err
	}
	t := p.table(r, sel, page, total, next)
	out := p.o.Page(lang.T("停电", "Outages"), pathList, ui.Link{Text: lang.T("停电", "Outages"), Href: pathList})
	out.Lead = lang.T("停电由电表停电事件、电压采样、线路开关和人工登记合并而成，逐户记录停电与恢复时间。", "Outages are joined from what meters, voltages, feeder switches and officers tell, with the times of every customer.")
	if r.Who.Can(GrantEdit) {
		out.Actions = []ui.Action{{Text: lang.T("登记停电", "Report an outage"), Href: "/grid/outages/new", Primary: true}}
	}
	m, err := p.outageMap(r.Context())
	if err != nil {
		return nil, err
	}
	line, err := p.timeline(r.Context())
	if err != nil {
		return nil, err
	}
	out.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{{m}, {line}}}, t}
	return out, nil
}

// table is a page of the list.
func (p *Part) table(r *web.Request, sel Select, page []Line, total int64, next string) ui.Table {
	day := func(name string, label lang.Text) ui.Field {
		return ui.Field{Name: name, Kind: "date", Label: label, Value: r.Query(name)}
	}
	t := ui.Table{ID: "outages", Title: lang.T("停电清单", "List of outages"), Total: total, Next: next, Paged: sel.After != "", Path: pathList, Sort: sel.Sort, Query: keep(r, "district", "cause", "state", "source", "feeder", "from", "to", "sort"),
		Columns: []ui.Column{{Key: "began", Text: lang.T("停电时间", "Began"), Num: true, Sortable: true}, {Key: "ended", Text: lang.T("恢复时间", "Restored"), Num: true}, {Key: "feeder", Text: lang.T("线路", "Feeder")}, {Key: "district", Text: lang.T("区", "District")},
			{Key: "cause", Text: lang.T("原因", "Cause")}, {Key: "source", Text: lang.T("来源", "Told by")}, {Key: "customers", Text: lang.T("影响用户", "Customers"), Num: true, Sortable: true}, {Key: "seconds", Text: lang.T("停电用户分钟", "Customer-minutes"), Num: true, Sortable: true}, {Key: "state", Text: lang.T("状态", "State")}},
		Search: &ui.Field{Name: "feeder", Label: lang.T("线路名称", "Feeder"), Placeholder: lang.T("线路名称", "Feeder"), Value: sel.Feeder},
		Filters: []ui.Field{{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: sel.District, Options: districtOptions()}, {Name: "cause", Kind: "select", Label: lang.T("原因", "Cause"), Value: sel.Cause, Options: causeOptions(lang.T("全部原因", "All causes"))},
			{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: sel.State, Options: []ui.Option{{Value: "", Text: lang.T("全部状态", "All states")}, {Value: "open", Text: lang.T("停电中", "Dark")}, {Value: "ended", Text: lang.T("已恢复", "Restored")}, {Value: "void", Text: lang.T("已作废", "Void")}}},
			day("from", lang.T("自", "From")), day("to", lang.T("至", "To"))},
		Empty: lang.T("没有符合条件的停电。", "No outage fits.")}
	t.Exports = ui.Exports("/api/grid/outages", t.Query)
	for _, l := range page {
		t.Rows = append(t.Rows, p.row(l))
	}
	return t
}

func (p *Part) row(l Line) ui.Row {
	seconds := l.Seconds
	if l.State == join.Open {
		seconds = p.sofar(l)
	}
	return ui.Row{ID: "o-" + l.ID, Cells: []ui.Cell{{Time: l.Began, Href: pathList + "/" + l.ID, Strong: true}, {Time: l.Ended}, {Text: lang.Same(l.Feeder), Sub: lang.Same(l.Code), Href: pathList + "/" + l.ID}, {Text: book.DistrictName(l.District)},
		{Text: causeWords[l.cause]}, {Text: sourceWords[l.Source]}, number(l.Customers), number(seconds / 60), {Tag: stateTag(l.State)}}}
}

// sofar is how long the customers of an outage that lasts have been in the dark by now; what is stored is of its last change.
func (p *Part) sofar(l Line) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o := p.scene.Get(l.ID); o != nil {
		return o.Seconds(p.now())
	}
	return l.Seconds
}

// outageMap colours the districts by who is in the dark now.
func (p *Part) outageMap(ctx context.Context) (ui.Panel, error) {
	rep, err := p.Report(ctx, Year(p.o.Clock.Now()))
	if err != nil {
		return ui.Panel{}, err
	}
	dark := map[string]int64{}
	p.seen.RLock()
	for num := range p.dark {
		if m, ok := p.o.Book.ByNum(num); ok {
			dark[m.District]++
		}
	}
	now := int64(len(p.dark))
	p.seen.RUnlock()
	m := ui.Map{ID: "outage-map", Title: lang.T("各区当前停电用户", "Customers in the dark now, by district"), Legend: []lang.Text{lang.Same("≥1%"), lang.Same("0.1%"), lang.Same("<0.1%"), lang.Same("0.01%"), lang.Same("0")}}
	for i, d := range region.Districts {
		a := rep.Areas[areaDistricts+i].ByRule[byIEEE]
		n := dark[d.Code]
		m.Areas = append(m.Areas, ui.Area{Code: d.Code, Value: float64(n), Class: darkClass(n, a.Customers), Text: lang.T(fmt.Sprintf("停电 %s 户", ui.Grouped(n)), ui.Grouped(n)+" dark"), Href: pathList + "?district=" + d.Code, Rows: []ui.Fact{
			{Name: lang.T("供电用户", "Customers"), Value: lang.Same(ui.Grouped(a.Customers))},
			{Name: lang.T("本年户均停电（分钟）", "Minutes each, this year"), Value: lang.Same(minutes(a.SAIDI(), 2))}}})
	}
	return ui.Panel{ID: "outage-map-panel", Title: lang.T("当前停电用户", "In the dark now"), Value: ui.Grouped(now), Unit: lang.T("户", "customers"), Body: []ui.Block{m}}, nil
}

// darkClass is the colour of a district: 4 nobody, 0 one in a hundred and more.
func darkClass(dark, customers int64) int {
	switch {
	case customers == 0:
		return -1
	case dark == 0:
		return 4
	case dark*10_000 < customers:
		return 3
	case dark*1_000 < customers:
		return 2
	case dark*100 < customers:
		return 1
	}
	return 0
}

// timelineDays is how far back the timeline reaches.
const timelineDays = 7

// timeline is the outages of the last days beside each other: what lasted how long, and what goes on.
func (p *Part) timeline(ctx context.Context) (ui.Spans, error) {
	now := p.o.Clock.Now()
	t := ui.Spans{ID: "outage-timeline", Title: lang.T(fmt.Sprintf("近 %d 天停电时间线", timelineDays), fmt.Sprintf("Outages of the last %d days", timelineDays)), From: now.AddDate(0, 0, -timelineDays), To: now,
		Empty: lang.T(fmt.Sprintf("近 %d 天没有停电。", timelineDays), fmt.Sprintf("No outage in the last %d days.", timelineDays)), More: &ui.Link{Text: lang.T("指标", "Indices"), Href: pathReliability}}
	newest, _, _, err := find(ctx, p.o.DB, Select{Limit: 12})
	for _, l := range newest {
		if l.State == join.Void || l.State != join.Open && l.Ended.Before(t.From) {
			continue
		}
		x := ui.Stretch{Name: lang.Same(l.Feeder), Sub: lang.T(fmt.Sprintf("影响 %s 户", ui.Grouped(l.Customers)), ui.Grouped(l.Customers)+" customers"), Href: pathList + "/" + l.ID, From: l.Began, To: l.Ended}
		if l.Feeder == "" {
			x.Name = book.DistrictName(l.District)
		}
		t.Items = append(t.Items, x)
	}
	return t, err
}

// apiList answers a page of the list.
func (p *Part) apiList(r *web.Request) (any, error) {
	sel, err := selection(r)
	if err != nil {
		return nil, err
	}
	if text := r.Query("limit"); text != "" {
		if sel.Limit, err = strconv.Atoi(text); err != nil || sel.Limit < 1 || sel.Limit > 10_000 {
			return nil, errs.Say(errs.Invalid, "limit 应为 1 至 10000", "limit runs from 1 to 10000")
		}
	}
	page, total, next, err := find(r.Context(), p.o.DB, sel)
	return struct {
		Total   int64  `json:"total"`
		Outages []Line `json:"outages"`
		Next    string `json:"next,omitempty"`
	}{total, page, next}, err
}

var outageSheet = []sheet.Column{sheet.Text("id", ""), sheet.Text("code", "编号 / number"), sheet.At("began", "停电起始 / began"), sheet.At("ended", "恢复 / ended"), sheet.Text("feeder", "馈线 / feeder"), sheet.Text("district", "区划代码 / district code"), sheet.Text("cause", "原因 / cause"), sheet.Text("source", "来源 / source"), sheet.Text("state", "状态 / state"),
	sheet.Whole("customers", "", "停电用户 / customers"), sheet.Whole("customer_seconds", "s", "用户停电时间 / customer time lost"), sheet.Text("note", "说明 / note")}

// apiSheet streams every outage that the filters take.
func (p *Part) apiSheet(r *web.Request) (any, error) {
	sel, err := selection(r)
	if err != nil {
		return nil, err
	}
	sel.Limit, sel.After = 1000, ""
	page, _, next, err := find(r.Context(), p.o.DB, sel)
	if err != nil {
		return nil, err
	}
	f := sheet.Of(r.HTTP.URL.Path, r.Query("bom") == "1")
	return web.Reply{Type: f.Type(), Name: f.File("outages"), Body: web.Stream(func(w io.Writer, flush func()) error {
		return f.Write(w, outageSheet, func(out *sheet.Rows) error {
			for {
				for _, l := range page {
					out.Add(l.ID, l.Code, l.Began, l.Ended, l.Feeder, l.District, l.Cause, l.Source, string(l.State), l.Customers, l.Seconds, l.Note)
				}
				err := out.Flush()
				flush()
				if err != nil || next == "" {
					return err
				}
				sel.After = next
				if page, _, next, err = find(r.Context(), p.o.DB, sel); err != nil {
					return err
				}
			}
		})
	})}, nil
}
