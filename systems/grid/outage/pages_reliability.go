package outage

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
	"github.com/haihe-city/haihe/systems/grid/outage/list"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var source = lang.T("智能电网", "Smart grid")

// readPeriod reads a year, a month or a day: 2015, 2015-11, 2015-11-23; this year where none is asked for.
func (p *Part) readPeriod(r *web.Request) (text string, span index.Period, err error) {
	now := p.o.Clock.Now().In(book.China)
	text = r.Query("period")
	if text == "" {
		text = now.Format("2006")
	}
	for _, k := range []struct {
		layout              string
		years, months, days int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {time.DateOnly, 0, 0, 1}} {
		from, err := time.ParseInLocation(k.layout, text, book.China)
		if err != nil {
			continue
		}
		if from.Before(list.Earliest) || from.After(now) {
			return "", span, errs.Say(errs.Invalid, "期间“%s”应在 1990 年以后且已经开始", "the period %q must lie after 1990 and have begun", text)
		}
		return text, index.Period{From: from.Unix(), To: from.AddDate(k.years, k.months, k.days).Unix()}, nil
	}
	return "", span, errs.Say(errs.Invalid, "期间“%s”无法识别，请填 2015、2015-11 或 2015-11-20", "the period %q is not known, give 2015, 2015-11 or 2015-11-20", text)
}

// chosen are the areas of a report that a request asks for: by kind, and feeders of one district.
func chosen(r *web.Request, rep *Report) ([]Area, error) {
	kind, district := r.Query("area"), r.Query("district")
	if !slices.Contains([]string{"", "city", "core", "district", "feeder"}, kind) {
		return nil, errs.Say(errs.Invalid, "范围“%s”无法识别，可用 city、core、district、feeder", "area %q is not known: city, core, district or feeder", kind)
	}
	if district != "" && region.Index(district) < 0 {
		return nil, errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码", "%q is no district code of this city", district)
	}
	out := []Area{}
	for _, a := range rep.Areas {
		switch {
		case kind == "" && district == "" && a.Kind == "feeder", kind != "" && a.Kind != kind:
		case district != "" && a.Code != district && a.District != district:
		default:
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Area) int {
		if a.Kind != "feeder" || b.Kind != "feeder" {
			return 0
		}
		return strings.Compare(a.Code, b.Code)
	})
	return out, nil
}

// pageReliability is the indices by area and period, and what is left of the year's budget.
func (p *Part) pageReliability(r *web.Request) (*ui.Page, error) {
	text, span, err := p.readPeriod(r)
	if err != nil {
		return nil, err
	}
	rep, err := p.Report(r.Context(), span)
	if err != nil {
		return nil, err
	}
	areas, err := chosen(r, rep)
	if err != nil {
		return nil, err
	}
	table, err := indexTable(r, areas, text)
	if err != nil {
		return nil, err
	}
	year, err := p.Report(r.Context(), Year(time.Unix(span.From, 0)))
	if err != nil {
		return nil, err
	}
	out := p.o.Page(lang.T("供电可靠性", "Supply reliability"), pathReliability, ui.Link{Text: lang.T("供电可靠性", "Reliability"), Href: pathReliability})
	out.Lead = lang.T("指标按用户秒精确计算：IEEE 1366（含与不含重大事件日）和 DL/T 836（RS-1 至 RS-4）。99.99% 即每户全年停电不超过 52.56 分钟（闰年 52.704 分钟）。", "Counted exactly, in customer-seconds: IEEE 1366 with and without major event days, DL/T 836 RS-1 to RS-4. 99.99 % is 52.56 minutes a customer and year (52.704 in a leap year).")
	out.Actions = []ui.Action{{Text: lang.T("核心区依据", "What the core's figure rests on"), Href: "/grid/reliability/core"}}
	if recorded, err := p.recorded(r.Context()); err != nil {
		return nil, err
	} else if !recorded {
		out.Body = append(out.Body, ui.Notice{ID: "unrecorded", Kind: "warn", Text: unrecorded, Link: &ui.Link{Text: lang.T("停电", "Outages"), Href: pathList}})
	}
	out.Body = append(out.Body, tiles(rep, text, p.o.Clock.Now()), budget(year), table)
	if r.Query("area") != "feeder" {
		out.Body = append(out.Body, parts(areas))
	}
	out.Body = append(out.Body, majorTable(rep))
	return out, nil
}

// tiles are the core's and the city's figures.
func tiles(rep *Report, text string, now time.Time) ui.Tiles {
	t := ui.Tiles{ID: "reliability-tiles", Title: lang.T("关键指标", "Key figures")}
	for _, a := range rep.Areas[:areaDistricts] {
		f := a.ByRule[byIEEE]
		status := ui.StatusNone
		if f.Customers > 0 && f.Span > 0 {
			status = map[bool]ui.Status{true: ui.StatusMet, false: ui.StatusBehind}[f.Kept()]
		}
		t.Items = append(t.Items,
			ui.Tile{ID: "asai-" + a.Kind, Name: lang.T(a.Name.Zh+"供电可靠率", "Availability, "+strings.ToLower(a.Name.En)), Value: f.ASAI().Cut(100, 4), Unit: lang.Same("%"), Note: lang.T(text+"，目标 99.99%", text+", goal 99.99 %"), Gauge: &ui.Gauge{Part: used(f), Expected: -1, Status: status}, At: now, Source: source},
			ui.Tile{ID: "saidi-" + a.Kind, Name: lang.T(a.Name.Zh+"户均停电时间", "Minutes each, "+strings.ToLower(a.Name.En)), Value: minutes(f.SAIDI(), 2), Unit: lang.T("分钟", "min"), Note: lang.T("不含重大事件日 "+minutes(a.ByRule[byNormal].SAIDI(), 2), "without major event days "+minutes(a.ByRule[byNormal].SAIDI(), 2)), At: now, Source: source})
	}
	return t
}

// used is the share of the promise that is left to lose, for a gauge: full while nothing is used.
func used(f index.Figures) float64 {
	x := f.SAIDI().Float(index.BudgetParts) / float64(f.Span)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return max(0, min(1, 1-x))
}

// budget is the burn-down of the year: what the promise leaves a customer of the core by day, what was used, and where that leads.
func budget(rep *Report) ui.Panel {
	f := rep.Areas[areaCore].ByRule[byIEEE]
	days := int((rep.Period.To - rep.Period.From) / index.DaySeconds)
	first := index.Day(rep.Period.From)
	all := index.Budget(rep.Period.Seconds()).Float(1) / 60
	pace, left := make([]float64, days+1), make([]float64, days+1)
	forecast := make([]float64, days+1)
	passed := int((rep.Until - rep.Period.From + index.DaySeconds - 1) / index.DaySeconds)
	lost := 0.0
	for i := range days + 1 {
		pace[i], left[i], forecast[i] = all*(1-float64(i)/float64(days)), math.NaN(), math.NaN()
		if i <= passed && f.Customers > 0 {
			left[i] = all - lost
			if i < days {
				lost += float64(rep.Core[first+int64(i)]) / 60 / float64(f.Customers)
			}
		}
	}
	usedNow := f.SAIDI().Float(1) / 60
	end := math.NaN()
	if f.Span > 0 {
		end = usedNow * float64(rep.Period.Seconds()) / float64(f.Span) // at the pace of the year so far
		for i := min(passed, days); i <= days && passed < days; i++ {
			forecast[i] = all - usedNow - (end-usedNow)*float64(i-passed)/float64(days-passed)
		}
	}
	value := ui.Num(all-usedNow, 2)
	return ui.Panel{ID: "budget", Title: lang.T("核心区本年停电时间余额（每户）", "What is left of the year's budget (core, each customer)"), Value: value, Unit: lang.T("分钟", "min"), Body: []ui.Block{
		ui.Chart{ID: "budget-chart", Title: lang.T("余额燃尽图", "Burn-down of the budget"), Unit: lang.T("分钟", "min"), From: time.Unix(rep.Period.From, 0).In(book.China), Step: 24 * time.Hour, Lines: []ui.Line{
			{Name: lang.T("余额", "Left"), Style: "now", Points: left}, {Name: lang.T("均匀消耗", "Even pace"), Style: "past", Points: pace}, {Name: lang.T("按当前速度预测", "At the pace so far"), Style: "forecast", Points: forecast}}},
		ui.Facts{ID: "budget-facts", Items: []ui.Fact{
			{Name: lang.T("全年限额", "Allowed in the year"), Value: lang.T(fmt.Sprintf("%s 分钟（%s 小时的万分之一）", ui.Num(all, 3), ui.Grouped(rep.Period.Seconds()/3600)), fmt.Sprintf("%s minutes (a ten-thousandth of %s hours)", ui.Num(all, 3), ui.Grouped(rep.Period.Seconds()/3600)))},
			{Name: lang.T("已用", "Used"), Value: lang.T(ui.Num(usedNow, 3)+" 分钟", ui.Num(usedNow, 3)+" minutes")},
			{Name: lang.T("按当前速度年末将达", "By the year's end at this pace"), Value: lang.T(ui.Num(end, 2)+" 分钟", ui.Num(end, 2)+" minutes"), Tag: endTag(end, all)}}}}}
}

func endTag(end, all float64) *ui.Tag {
	switch {
	case math.IsNaN(end):
		return nil
	case end > all:
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("将超限额", "over the budget")}
	}
	return &ui.Tag{Status: ui.StatusOn, Text: lang.T("在限额内", "within the budget")}
}

// orders are what a list of areas can be sorted by: a ratio that falls where the column's head is clicked first.
var orders = map[string]func(Area) index.Ratio{
	"customers": func(a Area) index.Ratio { return index.Ratio{Num: a.ByRule[byIEEE].Customers, Den: 1} },
	"saidi":     func(a Area) index.Ratio { return a.ByRule[byIEEE].SAIDI() },
	"saifi":     func(a Area) index.Ratio { return a.ByRule[byIEEE].SAIFI() },
	"caidi":     func(a Area) index.Ratio { return a.ByRule[byIEEE].CAIDI() },
	"normal":    func(a Area) index.Ratio { return a.ByRule[byNormal].SAIDI() },
	"maifi":     func(a Area) index.Ratio { return a.ByRule[byIEEE].MAIFI() },
	"cemi":      func(a Area) index.Ratio { return a.ByRule[byIEEE].CEMI() },
}

// sorted puts areas in the order that a request asks for; what has no figure comes last.
func sorted(areas []Area, by string) ([]Area, error) {
	if by == "" {
		return areas, nil
	}
	of, ok := orders[strings.TrimPrefix(by, "-")]
	if !ok {
		return nil, errs.Say(errs.Invalid, "排序“%s”无法识别", "the order %q is not known", by)
	}
	value := func(a Area) float64 {
		x := of(a)
		switch {
		case x.None():
			return math.Inf(1)
		case strings.HasPrefix(by, "-"):
			return -x.Float(1)
		}
		return x.Float(1)
	}
	areas = slices.Clone(areas)
	slices.SortStableFunc(areas, func(a, b Area) int { return cmp.Compare(value(a), value(b)) })
	return areas, nil
}

// indexTable is the indices of areas by rule, a page of them.
func indexTable(r *web.Request, areas []Area, text string) (t ui.Table, err error) {
	from := 0
	if mark := r.Query("after"); mark != "" {
		if from, err = strconv.Atoi(mark); err != nil || from < 0 {
			return t, errs.Say(errs.Invalid, "翻页标记“%s”无效，请从第一页重新打开", "the page mark %q is not valid, open the list from its first page", mark)
		}
	}
	if areas, err = sorted(areas, r.Query("sort")); err != nil {
		return t, err
	}
	t = indexHead(r, text, int64(len(areas)))
	if t.Paged, from = from > 0, min(from, len(areas)); from+pageSize < len(areas) {
		t.Next = strconv.Itoa(from + pageSize)
	}
	for _, a := range areas[from:min(from+pageSize, len(areas))] {
		t.Rows = append(t.Rows, indexRow(r, a))
	}
	return t, nil
}

// indexHead is the table without its rows.
func indexHead(r *web.Request, text string, total int64) ui.Table {
	t := ui.Table{ID: "indices", Title: lang.T("分范围指标", "Indices by area"), Note: lang.T("户均停电单位为分钟；供电可靠率只舍不入", "minutes without supply each; availability is cut, never rounded up"), Total: total, Path: pathReliability, Sort: r.Query("sort"), Query: keep(r, "period", "area", "district", "sort"),
		Columns: []ui.Column{{Key: "area", Text: lang.T("范围", "Area")}, {Key: "customers", Text: lang.T("用户", "Customers"), Num: true, Sortable: true}, {Key: "saidi", Text: lang.Same("SAIDI"), Num: true, Sortable: true}, {Key: "saifi", Text: lang.Same("SAIFI"), Num: true, Sortable: true}, {Key: "caidi", Text: lang.Same("CAIDI"), Num: true, Sortable: true},
			{Key: "asai", Text: lang.Same("ASAI %"), Num: true}, {Key: "normal", Text: lang.T("SAIDI 不含重大事件日", "SAIDI without major days"), Num: true, Sortable: true}, {Key: "maifi", Text: lang.Same("MAIFI"), Num: true, Sortable: true}, {Key: "cemi", Text: lang.Same("CEMI-3 %"), Num: true, Sortable: true}},
		Search: &ui.Field{Name: "period", Kind: "text", Label: lang.T("期间：年、月或日", "Period: year, month or day"), Placeholder: lang.Same("2015-11"), Value: text},
		Filters: []ui.Field{{Name: "area", Kind: "select", Label: lang.T("范围", "Area"), Value: r.Query("area"), Options: []ui.Option{{Value: "", Text: lang.T("全市、核心区和各区", "City, core, districts")}, {Value: "feeder", Text: lang.T("线路", "Feeders")}, {Value: "district", Text: lang.T("各区", "Districts")}}},
			{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: r.Query("district"), Options: districtOptions()}},
		Empty: lang.T("没有符合条件的范围。", "No area fits.")}
	t.Exports = append(ui.Exports("/api/grid/reliability", t.Query), ui.Link{Text: lang.Same("JSON"), Href: link("/api/grid/reliability", t.Query)})
	return t
}

// indexRow is one area, and where it opens.
func indexRow(r *web.Request, a Area) ui.Row {
	f := a.ByRule[byIEEE]
	cell := func(s string) ui.Cell { return ui.Cell{Text: lang.Same(s)} }
	name := ui.Cell{Text: a.Name, Strong: true}
	switch a.Kind {
	case "district":
		name.Href = link(pathReliability, keep(r, "period"), "area", "feeder", "district", a.Code)
	case "feeder":
		name.Href = link(pathList, nil, "feeder", a.Code)
	case "core":
		name.Href = "/grid/reliability/core"
	}
	return ui.Row{ID: "a-" + a.Kind + a.Code, Cells: []ui.Cell{name, number(f.Customers), cell(minutes(f.SAIDI(), 3)), cell(f.SAIFI().Decimal(1, 4)), cell(minutes(f.CAIDI(), 2)), cell(f.ASAI().Cut(100, 4)),
		cell(minutes(a.ByRule[byNormal].SAIDI(), 3)), cell(f.MAIFI().Decimal(1, 4)), cell(f.CEMI().Decimal(100, 2))}}
}

// parts is the same by the rules of DL/T 836.1-2016.
func parts(areas []Area) ui.Table {
	t := ui.Table{ID: "rs", Title: lang.T("DL/T 836 指标", "Indices of DL/T 836"), Total: -1, Note: lang.T("RS-2 不计外部影响，RS-3 不计系统电源不足限电，RS-4 不计短时停电；AIHC 单位为分钟", "RS-2 without external influence, RS-3 without rationing, RS-4 without short ones; AIHC in minutes"), Columns: []ui.Column{{Key: "area", Text: lang.T("范围", "Area")}}}
	for _, k := range []string{"RS-1 %", "RS-2 %", "RS-3 %", "RS-4 %", "AIHC-1", "AIHC-2", "AIHC-3"} {
		t.Columns = append(t.Columns, ui.Column{Key: k, Text: lang.Same(k), Num: true})
	}
	t.Columns = append(t.Columns, ui.Column{Key: "fault", Text: lang.T("故障 AIHC", "AIHC by faults"), Num: true}, ui.Column{Key: "plan", Text: lang.T("预安排 AIHC", "AIHC by plan"), Num: true}, ui.Column{Key: "aitc", Text: lang.Same("AITC-1"), Num: true})
	for _, a := range areas[:min(len(areas), areaDistricts+len(region.Districts))] {
		cells := []ui.Cell{{Text: a.Name, Strong: true}}
		for _, i := range []int{byRS1, byRS2, byRS3, byRS4} {
			cells = append(cells, ui.Cell{Text: lang.Same(a.ByRule[i].ASAI().Cut(100, 4))})
		}
		for _, i := range []int{byRS1, byRS2, byRS3, byFault, byPlan} {
			cells = append(cells, ui.Cell{Text: lang.Same(minutes(a.ByRule[i].SAIDI(), 3))})
		}
		t.Rows = append(t.Rows, ui.Row{ID: "r-" + a.Kind + a.Code, Cells: append(cells, ui.Cell{Text: lang.Same(a.ByRule[byRS1].SAIFI().Decimal(1, 4))})})
	}
	return t
}

// majorTable says which days were major event days, and by which threshold.
func majorTable(rep *Report) ui.Table {
	th := rep.Threshold
	t := ui.Table{ID: "major", Title: lang.T("重大事件日", "Major event days"), Total: -1, Columns: []ui.Column{{Key: "day", Text: lang.T("日期", "Day")}, {Key: "saidi", Text: lang.T("当日 SAIDI（分钟）", "SAIDI of the day, minutes"), Num: true}}, Empty: lang.T("本期没有重大事件日。", "None in this period.")}
	t.Note = lang.T(fmt.Sprintf("门槛 %s 分钟，取自前五年中 %d 个停电日（α=%s，β=%s）", ui.Num(th.Minutes, 3), th.Days, ui.Num(th.Alpha, 4), ui.Num(th.Beta, 4)), fmt.Sprintf("threshold %s minutes, from %d days of the five years before (alpha %s, beta %s)", ui.Num(th.Minutes, 3), th.Days, ui.Num(th.Alpha, 4), ui.Num(th.Beta, 4)))
	if math.IsInf(th.Minutes, 1) {
		t.Note = lang.T("前五年停电日不足两天，无法确定门槛，没有一天按重大事件日剔除", "fewer than two days with outages in the five years before: there is no threshold, and no day is left out")
	}
	var days []int64
	for d := range rep.Major {
		days = append(days, d)
	}
	slices.Sort(days)
	for _, d := range days {
		day := book.Day(d).String()
		t.Rows = append(t.Rows, ui.Row{ID: "md-" + day, Cells: []ui.Cell{{Text: lang.Same(day), Href: link(pathList, nil, "from", day, "to", day)}, {Text: lang.Same(minutes(index.Ratio{Num: rep.Daily[d], Den: rep.Areas[areaCity].ByRule[byIEEE].Customers}, 2))}}})
	}
	return t
}
