package pages

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/live"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pagePlant is one plant: what stands there, each point with its value, limits, age and trend, its alarms, its hazard, and who answers for it.
func (p *Part) pagePlant(r *web.Request) (*ui.Page, error) {
	site, err := p.site(r)
	if err != nil {
		return nil, err
	}
	out := Page(lang.Same(site.Name), "/safety/plants", ui.Link{Text: lang.T("企业", "Plants"), Href: "/safety/plants"}, ui.Link{Text: lang.Same(site.Name)})
	out.Lead = lang.T(site.Kind.Text().Zh+" · "+region.Name(site.District).Zh+" · "+site.Code, site.Kind.Text().En+" · "+region.Name(site.District).En+" · "+site.Code)
	if r.Who.Can(register.GrantEdit) {
		out.Actions = []ui.Action{{Text: lang.T("修改台账", "Edit"), Href: register.PlantPage(site.Code) + "/edit"}}
	}
	pic := p.o.Desk.Last(drawnFor)
	s, ok := pic.Plant(site.Code)
	if !ok {
		s = live.Standing{Site: site}
	}
	points, err := p.pointTable(r.Context(), site)
	if err != nil {
		return nil, err
	}
	alarms, err := p.alarms(r.Context(), alarm.Filter{System: "safety", Group: site.URI}, "plant-alarms")
	if err != nil {
		return nil, err
	}
	facts := p.facts(r.Context(), r.Who, &s)
	out.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{{facts}, {alarms}}}, points}
	out.Body = append(out.Body, p.hazards(site)...)
	for _, beside := range p.beside {
		blocks, err := beside(r, site.Code)
		if err != nil {
			return nil, err
		}
		out.Body = append(out.Body, blocks...)
	}
	return out, nil
}

// facts are the plant's register, with where it stands.
func (p *Part) facts(ctx context.Context, who *identity.Principal, s *live.Standing) ui.Facts {
	f := ui.Facts{ID: "plant-facts", Title: lang.T("企业概况", "The plant"), Items: []ui.Fact{
		{Name: lang.T("状态", "Standing"), Tag: tag(s)},
		{Name: lang.T("生产状态", "Running"), Value: s.State.Text()},
		{Name: lang.T("关键监测点", "Key points"), Value: lang.T(fmt.Sprintf("%d 个，在报 %d 个", s.Keys, s.Heard), fmt.Sprintf("%d, %d of them reporting", s.Keys, s.Heard))},
		{Name: lang.T("责任单位", "Answers for it"), Value: p.o.People.UnitName(s.Plant.Unit)},
		{Name: lang.T("接入方式", "Feed"), Value: s.Feed.Text()},
		{Name: lang.T("最新数据", "Newest reading"), Time: s.Newest},
	}}
	if s.Held > 0 {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("不列出的告警", "Alarms kept out"), Value: lang.T(fmt.Sprintf("%d 条（搁置、抑制或退出）", s.Held), fmt.Sprintf("%d (shelved, suppressed, out of service)", s.Held)), Href: "/duty/alarms/shelved"})
	}
	if m := p.missing(s); !s.Monitored && !m.Empty() {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("缺数", "Missing"), Value: m})
	}
	for _, id := range s.Contacts {
		x := ui.Fact{Name: lang.T("联系人", "Contact"), Value: lang.Same(id)}
		if p.o.Contact != nil {
			if name, href, ok := p.o.Contact(ctx, who, id); ok {
				x.Value, x.Href = name, href
			}
		}
		f.Items = append(f.Items, x)
	}
	return f
}

// level of an alarm on a page, by its priority.
func level(p rule.Priority) int { return min(3, max(1, int(p))) }

// alarms are the open alarms of a plant or of a point.
func (p *Part) alarms(ctx context.Context, f alarm.Filter, id string) (ui.Alarms, error) {
	f.Limit = 12
	list, next, err := p.o.Alarms.List(ctx, f)
	if err != nil {
		return ui.Alarms{}, err
	}
	out := ui.Alarms{ID: id, Title: lang.T("告警", "Alarms"), Empty: lang.T("没有未关闭的告警。", "No open alarms.")}
	if next != "" {
		out.More = &ui.Link{Text: lang.T("全部", "All"), Href: "/duty/alarms?system=safety&group=" + f.Group}
	}
	for _, a := range list {
		out.Items = append(out.Items, ui.Alarm{Level: level(a.Priority), Title: lang.T(a.Name+" "+a.Title.Zh, a.Name+" "+a.Title.En), Place: a.Advice, State: stateText(a.State), At: a.First, For: p.o.Clock.Now().Sub(a.First), Href: "/duty/alarms/" + a.ID})
	}
	return out, nil
}

func stateText(s alarm.State) lang.Text {
	switch s {
	case alarm.Unacknowledged:
		return lang.T("未确认", "unacknowledged")
	case alarm.Acknowledged:
		return lang.T("已确认", "acknowledged")
	case alarm.Returned:
		return lang.T("已恢复，未确认", "returned, unacknowledged")
	}
	return lang.T("已关闭", "closed")
}

// The trend of a point on its plant's page.
const (
	trendSpan = 24 * time.Hour
	trendStep = 30 * time.Minute
)

// pointTable is every point with what is known of it.
func (p *Part) pointTable(ctx context.Context, site *register.Site) (ui.Table, error) {
	t := ui.Table{ID: "points", Title: lang.T("监测点", "Points"), Total: int64(len(site.Points)), Path: register.PlantPage(site.Code), Columns: []ui.Column{
		{Text: lang.T("测点", "Point")}, {Text: lang.T("当前值", "Value"), Num: true}, {Text: lang.T("限值", "Limits")}, {Text: lang.T("状态", "State")}, {Text: lang.T("数据时间", "As of"), Num: true}, {Text: lang.T("24 小时", "24 hours")}},
		Empty: lang.T("还没有监测点，请导入。", "No points yet; import them."), Exports: []ui.Link{{Text: lang.Same("CSV"), Href: "/api/safety/register/points.csv?plant=" + site.Code + "&bom=1"}}}
	for _, x := range p.o.Desk.Points(site) {
		trend, err := p.trend(ctx, &x.Point, trendSpan, trendStep)
		if err != nil {
			return t, err
		}
		sub := x.Kind.Text()
		if x.Key {
			sub = lang.T(sub.Zh+" · 关键", sub.En+" · key")
		}
		value := ui.Cell{Text: lang.Same("—")}
		if x.Heard && !math.IsNaN(x.Reading.Value) {
			value = ui.Cell{Text: lang.Same(figure(x.Reading.Value, x.UCUM)), Strong: true}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "x-" + x.Name, Cells: []ui.Cell{
			{Text: lang.Same(x.Name), Sub: lang.T(x.Label().Zh+" · "+sub.Zh, x.Label().En+" · "+sub.En), Href: register.PointPage(site.Code, x.Name), Strong: true},
			value, bar(&x), {Tag: pointTag(&x)}, {Time: readAt(&x)}, {Spark: trend}}})
	}
	return t, nil
}

func readAt(x *live.Seen) time.Time {
	if !x.Heard {
		return time.Time{}
	}
	return time.UnixMicro(x.Reading.At)
}

func figure(v float64, ucum string) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if u := ui.UCUM(ucum); u != "" {
		return text + " " + u
	}
	return text
}

// span is where a point's bar begins and ends: its outermost limits, with a fifth of room beyond them.
func span(l rule.Limits) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range []*float64{l.LowLow, l.Low, l.High, l.HighHigh} {
		if v != nil {
			lo, hi = math.Min(lo, *v), math.Max(hi, *v)
		}
	}
	if math.IsInf(lo, 0) {
		return 0, 0, false
	}
	if l.Low == nil && l.LowLow == nil {
		lo = math.Min(0, lo)
	}
	if room := (hi - lo) / 5; room > 0 {
		return lo - room, hi + room, true
	}
	return lo - 1, hi + 1, true
}

// beyond says which of its limits a value has reached: "HH", "H", "L", "LL" or "".
func beyond(l rule.Limits, v float64) string {
	switch {
	case l.HighHigh != nil && v >= *l.HighHigh:
		return "HH"
	case l.LowLow != nil && v <= *l.LowLow:
		return "LL"
	case l.High != nil && v >= *l.High:
		return "H"
	case l.Low != nil && v <= *l.Low:
		return "L"
	}
	return ""
}

// bar shows where a value lies between the point's limits, with a tick at the high one.
func bar(x *live.Seen) ui.Cell {
	c := ui.Cell{Text: limitText(x.Limits)}
	lo, hi, ok := span(x.Limits)
	if !ok || !x.Heard || x.Reading.Quality == rule.Faulty {
		return c
	}
	g := &ui.Gauge{Part: math.Max(0, math.Min(1, (x.Reading.Value-lo)/(hi-lo))), Expected: -1, Status: ui.StatusOn}
	if x.Limits.High != nil {
		g.Expected = (*x.Limits.High - lo) / (hi - lo)
	}
	switch beyond(x.Limits, x.Reading.Value) {
	case "HH", "LL":
		g.Status = ui.StatusBehind
	case "H", "L":
		g.Status = ui.StatusRisk
	}
	c.Gauge = g
	return c
}

func limitText(l rule.Limits) lang.Text {
	text := ""
	for _, x := range []struct {
		name string
		v    *float64
	}{{"LL", l.LowLow}, {"L", l.Low}, {"H", l.High}, {"HH", l.HighHigh}} {
		if x.v != nil {
			text += x.name + " " + strconv.FormatFloat(*x.v, 'f', -1, 64) + "  "
		}
	}
	return lang.Same(text)
}

// pointTag says how a point stands.
func pointTag(x *live.Seen) *ui.Tag {
	switch {
	case !x.Heard:
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("从未上报", "Never reported")}
	case x.Silent:
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("无数据", "Silent")}
	case x.Reading.Quality == rule.Faulty:
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("数据异常", "Marked bad")}
	case x.Every > 0 && !x.Fresh:
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("时间不符", "Out of time")}
	}
	switch beyond(x.Limits, x.Reading.Value) {
	case "HH":
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("高高", "Very high")}
	case "LL":
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("低低", "Very low")}
	case "H":
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("高", "High")}
	case "L":
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("低", "Low")}
	}
	if x.Reading.Quality == rule.Uncertain {
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("存疑", "Uncertain")}
	}
	return &ui.Tag{Status: ui.StatusMet, Text: lang.T("正常", "Well")}
}

// trend is a point's mean by steps up to now; NaN where nothing came.
func (p *Part) trend(ctx context.Context, x *register.Point, span, step time.Duration) ([]float64, error) {
	to := p.o.Clock.Now().Truncate(step).Add(step)
	from := to.Add(-span)
	list, err := p.o.Readings.Aggregate(ctx, []int64{x.Num}, "value", from.UnixMicro(), to.UnixMicro(), step)
	if err != nil {
		return nil, err
	}
	out := make([]float64, int(span/step))
	for i := range out {
		out[i] = math.NaN()
	}
	for _, a := range list {
		if i := int((a.At - from.UnixMicro()) / step.Microseconds()); i >= 0 && i < len(out) && a.Count > 0 {
			out[i] = float64(a.Sum) / float64(a.Count) / math.Pow10(p.o.Decimals)
		}
	}
	return out, nil
}
