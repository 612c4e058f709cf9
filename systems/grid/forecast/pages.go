package forecast

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/forecast/model"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

const (
	path      = "/grid/forecast"
	shownDays = 14
)

var source = lang.T("智能电网", "Smart grid")

// Routes are the pages and interfaces.
func (p *Part) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /grid/forecast", Grant: grantRead, Page: p.page},
		{Pattern: "POST /grid/forecast/limit", Grant: GrantLimit, Form: p.formLimit},
		{Pattern: "GET /api/grid/forecast", Grant: grantRead, API: p.api},
		{Pattern: "GET /api/grid/forecast.csv", Grant: grantRead, API: p.apiSheet},
		{Pattern: "GET /api/grid/forecast.parquet", Grant: grantRead, API: p.apiSheet},
	}
}

// view is what the page and the interfaces show of a district.
type view struct {
	district string
	today    book.Day
	days     map[book.Day]Day // today's load as far as it has come included
	limits   map[string]float64
	effects  map[book.Day][]float64 // of demand response, today and tomorrow
}

func (p *Part) view(ctx context.Context, district string) (v view, err error) {
	v = view{district: district, today: book.DayOf(p.o.Clock.Now().UnixMicro())}
	if district != "" && region.Index(district) < 0 {
		return v, noDistrict(district)
	}
	if v.days, err = p.days(ctx, district, v.today-shownDays, v.today+1); err != nil {
		return v, err
	}
	for d := v.today - 1; d <= v.today; d++ { // what has come since the last round of work included
		so, err := p.o.Load(ctx, district, d)
		if err != nil {
			return v, err
		}
		x, ok := v.days[d]
		if !ok {
			x = Day{Day: d, Error: -1, Naive: -1}
		}
		x.Was = so
		v.days[d] = x
	}
	v.effects = map[book.Day][]float64{}
	for d := v.today; p.o.Effect != nil && d <= v.today+1; d++ {
		if v.effects[d], err = p.o.Effect(ctx, district, d); err != nil {
			return v, err
		}
	}
	v.limits, err = p.Limits(ctx)
	return v, err
}

func name(district string) lang.Text {
	if district == "" {
		return lang.T("全市", "The city")
	}
	return book.DistrictName(district)
}

// page is the forecast of a district, against what came, its errors, and its peaks.
func (p *Part) page(r *web.Request) (*ui.Page, error) {
	return p.show(r, r.Query("district"), lang.Text{})
}

func (p *Part) show(r *web.Request, district string, wrong lang.Text) (*ui.Page, error) {
	v, err := p.view(r.Context(), district)
	if err != nil {
		return nil, err
	}
	title := lang.T("负荷预测", "Load forecast")
	out := p.o.Page(title, path, ui.Link{Text: title, Href: path})
	out.Lead = lang.T("次日负荷按近期同类日的加权平均预测，并按最近一日的偏差修正；工作日、周六、周日及节假日分别统计。负荷为已到电表功率之和，缺数时偏低。",
		"Tomorrow is the weighted mean of recent days of its kind, corrected by how far the last day lay off; working days, Saturdays, Sundays and holidays apart. The load is the sum of what meters sent: too low where some are silent.")
	for _, x := range ui.Exports("/api/grid/forecast", map[string]string{"district": district}) {
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("导出 "+x.Text.Zh, "Export "+x.Text.En), Href: x.Href})
	}
	districts, err := p.districtMap(r.Context(), v.today)
	if err != nil {
		return nil, err
	}
	out.Body = []ui.Block{v.tiles(), ui.Columns{Wide: 0, Cols: [][]ui.Block{{v.chart()}, {v.alarms()}}}, districts, v.table()}
	if r.Who.Can(GrantLimit) {
		value := ""
		if mw, ok := v.limits[district]; ok {
			value = strconv.FormatFloat(mw, 'f', -1, 64)
		}
		out.Body = append(out.Body, ui.Form{ID: "limit", Title: lang.T(name(district).Zh+"负荷限值", "Limit of load: "+name(district).En), Action: path + "/limit", Submit: lang.T("保存", "Save"), Error: wrong, Fields: []ui.Field{
			{Name: "district", Kind: "hidden", Value: district}, {Name: "mw", Label: lang.T("限值（兆瓦）", "Limit (MW)"), Value: value, Help: lang.T("留空表示不设限值", "empty for none")}}})
	}
	return out, nil
}

func clock(step int) string { return fmt.Sprintf("%02d:%02d", step/4, step%4*15) }

func (v view) tiles() ui.Tiles {
	ours, naive, n := v.errors()
	peak := func(id string, text lang.Text, d book.Day) ui.Tile {
		t := ui.Tile{ID: id, Name: text, Value: ui.None, Unit: lang.Same("MW"), Source: source, At: v.days[d].Made}
		if step, mw := model.Peak(v.days[d].Said); step >= 0 {
			t.Value, t.Note = ui.Num(mw, 3), lang.Same(d.String()+" "+clock(step))
		}
		return t
	}
	e := ui.Tile{ID: "forecast-error", Name: lang.T("近 14 日预测误差", "Error, last 14 days"), Value: ui.None, Unit: lang.Same("%"), Source: source}
	if n > 0 {
		e.Value = ui.Num(ours, 2)
		e.Note = lang.T(fmt.Sprintf("上周同日法 %s%%，%d 天", ui.Num(naive, 2), n), fmt.Sprintf("same day last week %s %%, %d days", ui.Num(naive, 2), n))
	}
	return ui.Tiles{ID: "forecast-tiles", Title: lang.T("预测", "Forecast"), Items: []ui.Tile{peak("peak-tomorrow", lang.T("明日预测高峰", "Tomorrow's peak"), v.today+1), peak("peak-today", lang.T("今日预测高峰", "Today's peak, as forecast"), v.today), e}}
}

// errors are the mean errors of the days that have both.
func (v view) errors() (ours, naive float64, n int) {
	for _, x := range v.days {
		if x.Error >= 0 && x.Naive >= 0 {
			ours, naive, n = ours+x.Error, naive+x.Naive, n+1
		}
	}
	return ours / float64(max(1, n)), naive / float64(max(1, n)), n
}

// chart is yesterday, today and tomorrow.
func (v view) chart() ui.Chart {
	var said, was []float64
	for d := v.today - 1; d <= v.today+1; d++ {
		said, was = append(said, whole(v.days[d].Said)...), append(was, whole(v.days[d].Was)...)
	}
	chart := ui.Chart{ID: "forecast-chart", Title: lang.T(name(v.district).Zh+"昨日、今日、明日负荷", name(v.district).En+": yesterday, today, tomorrow"), Unit: lang.Same("MW"), From: (v.today - 1).Date(), Step: book.SlotLength,
		Lines: []ui.Line{{Name: lang.T("实际", "Load"), Style: "now", Points: was}, {Name: lang.T("预测", "Forecast"), Style: "forecast", Points: said}}}
	if lowered := v.lowered(); lowered != nil {
		chart.Lines = append(chart.Lines, ui.Line{Name: lang.T("预测（计入需求响应）", "Forecast, demand response taken off"), Style: "past", Points: lowered})
	}
	return chart
}

// lowered is the forecast less what events of demand response are to take off, where they do; nil where there is none.
func (v view) lowered() (out []float64) {
	some := false
	for d := v.today - 1; d <= v.today+1; d++ {
		said, cut := whole(v.days[d].Said), v.effects[d]
		for k := range said {
			x := math.NaN()
			if cut != nil && cut[k] > 0 {
				x = said[k] - cut[k]
				some = some || !math.IsNaN(x)
			}
			out = append(out, x)
		}
	}
	if !some {
		return nil
	}
	return out
}

// whole is a day's curve, of gaps where there is none.
func whole(curve []float64) []float64 {
	if curve != nil {
		return curve
	}
	out := make([]float64, book.SlotsPerDay)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// alarms are the peaks above the district's limit: forecast for today and tomorrow, and those that were.
func (v view) alarms() ui.Panel {
	list := ui.Alarms{ID: "peaks", Empty: lang.T("近 14 日及明日没有超过限值的高峰。", "No peak above the limit, in the last 14 days or tomorrow.")}
	limit, set := v.limits[v.district]
	if !set {
		list.Empty = lang.T("未设负荷限值，不作高峰提示。", "No limit is set, so no peaks are pointed out.")
	}
	add := func(d book.Day, curve []float64, level int, zh, en string) {
		step, mw := model.Peak(curve)
		if !set || step < 0 || mw <= limit {
			return
		}
		list.Items = append(list.Items, ui.Alarm{Level: level, Place: name(v.district), State: lang.T(zh, en), At: d.Date().Add(time.Duration(step) * book.SlotLength),
			Title: lang.T(fmt.Sprintf("%s高峰 %s 兆瓦，超过限值 %s 兆瓦", zh, ui.Num(mw, 3), ui.Num(limit, 3)), fmt.Sprintf("%s peak of %s MW, above the limit of %s MW", en, ui.Num(mw, 3), ui.Num(limit, 3)))})
	}
	add(v.today+1, v.days[v.today+1].Said, 2, "预测", "Forecast")
	add(v.today, v.days[v.today].Said, 2, "预测", "Forecast")
	for d := v.today; d > v.today-shownDays; d-- {
		add(d, v.days[d].Was, 3, "实际", "Actual")
	}
	return ui.Panel{ID: "peak-panel", Title: lang.T("高峰提示", "Peaks"), Body: []ui.Block{list}}
}

// table is the history of errors.
func (v view) table() ui.Table {
	options := []ui.Option{{Value: "", Text: name("")}}
	for _, d := range region.Districts {
		options = append(options, ui.Option{Value: d.Code, Text: d.Name})
	}
	t := ui.Table{ID: "errors", Title: lang.T("逐日预测误差（MAPE）", "Error by day (MAPE)"), Path: path, Query: map[string]string{}, Filters: []ui.Field{{Name: "district", Kind: "select", Label: lang.T("范围", "Area"), Value: v.district, Options: options}},
		Columns: []ui.Column{{Key: "day", Text: lang.T("日期", "Day")}, {Key: "said", Text: lang.T("预测高峰（兆瓦）", "Peak forecast (MW)"), Num: true}, {Key: "was", Text: lang.T("实际高峰（兆瓦）", "Peak (MW)"), Num: true}, {Key: "error", Text: lang.T("预测误差（%）", "Error (%)"), Num: true}, {Key: "naive", Text: lang.T("上周同日法（%）", "Same day last week (%)"), Num: true}},
		Empty:   lang.T("还没有预测。", "Nothing was forecast yet.")}
	if v.district != "" {
		t.Query["district"] = v.district
	}
	share := func(e float64) lang.Text {
		if e < 0 {
			return lang.Same(ui.None)
		}
		return lang.Same(ui.Num(e, 2))
	}
	peak := func(c []float64) lang.Text {
		step, mw := model.Peak(c)
		if step < 0 {
			return lang.Same(ui.None)
		}
		return lang.Same(ui.Num(mw, 3) + "  " + clock(step))
	}
	for d := v.today + 1; d > v.today-shownDays; d-- {
		x, ok := v.days[d]
		if !ok || x.Said == nil {
			continue
		}
		t.Rows = append(t.Rows, ui.Row{ID: "f-" + d.String(), Cells: []ui.Cell{{Text: lang.Same(d.String()), Strong: true}, {Text: peak(x.Said)}, {Text: peak(x.Was)}, {Text: share(x.Error)}, {Text: share(x.Naive)}}})
	}
	t.Total = int64(len(t.Rows))
	return t
}

// formLimit takes a limit.
func (p *Part) formLimit(r *web.Request) (*ui.Page, string, error) {
	district := r.Form("district")
	err := p.SetLimit(r.Context(), r.Who, district, r.Form("mw"))
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) && (district == "" || region.Index(district) >= 0) {
		page, err := p.show(r, district, msg)
		return page, "", err
	}
	return nil, path + "?district=" + district, err
}

// api answers a district's forecasts and loads of the recent days.
func (p *Part) api(r *web.Request) (any, error) {
	v, err := p.view(r.Context(), r.Query("district"))
	if err != nil {
		return nil, err
	}
	type day struct {
		Day      string     `json:"day"`
		Made     time.Time  `json:"madeAt,omitzero"`
		Forecast []*float64 `json:"forecastMW,omitempty"`
		Load     []*float64 `json:"loadMW,omitempty"`
		Error    *float64   `json:"errorPercent,omitempty"`
		Naive    *float64   `json:"sameDayLastWeekPercent,omitempty"`
	}
	out := struct {
		District string `json:"district,omitempty"`
		Days     []day  `json:"days"`
	}{v.district, []day{}}
	for d := v.today - shownDays + 1; d <= v.today+1; d++ {
		x, ok := v.days[d]
		if !ok {
			continue
		}
		line := day{Day: d.String(), Made: x.Made, Forecast: values(x.Said), Load: values(x.Was)}
		if x.Error >= 0 {
			line.Error = &x.Error
		}
		if x.Naive >= 0 {
			line.Naive = &x.Naive
		}
		out.Days = append(out.Days, line)
	}
	return out, nil
}

// values writes what is not known as null.
func values(curve []float64) (out []*float64) {
	for i := range curve {
		if math.IsNaN(curve[i]) {
			out = append(out, nil)
		} else {
			out = append(out, &curve[i])
		}
	}
	return out
}

var forecastSheet = []sheet.Column{sheet.Text("district", "区划代码，空为全市 / district code, empty for the city"), sheet.At("at", "时点 / quarter hour"), sheet.Number("forecast_mw", 4, "MW", "预测 / forecast"), sheet.Number("load_mw", 4, "MW", "实际 / load")}

// apiSheet is the same, a line a quarter hour.
func (p *Part) apiSheet(r *web.Request) (any, error) {
	v, err := p.view(r.Context(), r.Query("district"))
	if err != nil {
		return nil, err
	}
	f := sheet.Of(r.HTTP.URL.Path, r.Query("bom") == "1")
	return web.Reply{Type: f.Type(), Name: f.File("forecast"), Body: func(w io.Writer) error {
		return f.Write(w, forecastSheet, func(out *sheet.Rows) error {
			for d := v.today - shownDays + 1; d <= v.today+1; d++ {
				said, was := whole(v.days[d].Said), whole(v.days[d].Was)
				for i := range said {
					out.Add(v.district, d.Date().Add(time.Duration(i)*book.SlotLength), cell(said[i]), cell(was[i]))
				}
			}
			return out.Flush()
		})
	}}, nil
}

// cell is none where nothing is known.
func cell(x float64) any {
	if math.IsNaN(x) {
		return nil
	}
	return x
}
