package pages

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/live"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// stretch is a span of a point's curve.
type stretch struct {
	key        string
	span, step time.Duration
	text       lang.Text
}

// spans of a point's curve, each with the step that it is drawn by.
var spans = []stretch{
	{"1h", time.Hour, 30 * time.Second, lang.T("1 小时", "1 hour")},
	{"24h", 24 * time.Hour, 5 * time.Minute, lang.T("24 小时", "24 hours")},
	{"7d", 7 * 24 * time.Hour, 30 * time.Minute, lang.T("7 天", "7 days")},
	{"30d", 30 * 24 * time.Hour, 2 * time.Hour, lang.T("30 天", "30 days")},
}

// spanOf is the span that a request asks for, a day where it asks for none.
func spanOf(r *web.Request) stretch {
	for _, s := range spans {
		if s.key == r.Query("span") {
			return s
		}
	}
	return spans[1]
}

// seen finds the point that a request names.
func (p *Part) seen(r *web.Request, site *register.Site) (live.Seen, error) {
	for _, x := range p.o.Desk.Points(site) {
		if x.Name == r.Path("point") {
			return x, nil
		}
	}
	return live.Seen{}, errs.Say(errs.NotFound, "企业 %[1]s 没有测点 %[2]s", "plant %[1]s has no point %[2]s", site.Code, r.Path("point"))
}

// pagePoint is one point: its curve, its alarms, and the rules that watch it.
func (p *Part) pagePoint(r *web.Request) (*ui.Page, error) {
	site, err := p.site(r)
	if err != nil {
		return nil, err
	}
	x, err := p.seen(r, site)
	if err != nil {
		return nil, err
	}
	pick := spanOf(r)
	path := register.PointPage(site.Code, x.Name)
	out := Page(lang.T(x.Name+" "+x.Label().Zh, x.Name+" "+x.Label().En), "/safety/plants", ui.Link{Text: lang.T("企业", "Plants"), Href: "/safety/plants"}, ui.Link{Text: lang.Same(site.Name), Href: register.PlantPage(site.Code)}, ui.Link{Text: lang.Same(x.Name)})
	out.Actions = []ui.Action{{Text: lang.Same("CSV"), Href: "/api" + path + "/readings.csv?bom=1&span=" + pick.key}}
	if r.Who.Can(register.GrantEdit) {
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("修改", "Edit"), Href: path + "/edit"})
	}
	for _, s := range spans {
		out.Within = append(out.Within, ui.Tab{Text: s.text, Href: path + "?span=" + s.key, Current: s.key == pick.key})
	}
	line, err := p.trend(r.Context(), &x.Point, pick.span, pick.step)
	if err != nil {
		return nil, err
	}
	chart := ui.Chart{ID: "curve", Title: lang.T("曲线（每"+stepText(pick.step).Zh+"平均）", "Curve, mean of "+stepText(pick.step).En), Unit: lang.Same(ui.UCUM(x.UCUM)), From: p.o.Clock.Now().Truncate(pick.step).Add(pick.step - pick.span), Step: pick.step,
		Lines: append([]ui.Line{{Name: x.Label(), Style: "now", Points: line}}, limitLines(x.Limits, len(line))...)}
	alarms, err := p.pointAlarms(r, site, &x)
	if err != nil {
		return nil, err
	}
	rules, err := p.rules(r, site, &x.Point)
	if err != nil {
		return nil, err
	}
	out.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{{chart}, {p.pointFacts(&x), alarms}}}, rules}
	return out, nil
}

func stepText(d time.Duration) lang.Text {
	switch {
	case d >= time.Hour:
		return lang.T(fmt.Sprintf(" %d 小时", d/time.Hour), fmt.Sprintf("%d h", d/time.Hour))
	case d >= time.Minute:
		return lang.T(fmt.Sprintf(" %d 分钟", d/time.Minute), fmt.Sprintf("%d min", d/time.Minute))
	}
	return lang.T(fmt.Sprintf(" %d 秒", d/time.Second), fmt.Sprintf("%d s", d/time.Second))
}

// limitLines draws a point's limits beside its curve.
func limitLines(l rule.Limits, n int) (out []ui.Line) {
	for _, x := range []struct {
		name lang.Text
		v    *float64
	}{{lang.T("高高", "HH"), l.HighHigh}, {lang.T("高", "H"), l.High}, {lang.T("低", "L"), l.Low}, {lang.T("低低", "LL"), l.LowLow}} {
		if x.v == nil {
			continue
		}
		line := make([]float64, n)
		for i := range line {
			line[i] = *x.v
		}
		out = append(out, ui.Line{Name: lang.T(x.name.Zh+" "+strconv.FormatFloat(*x.v, 'f', -1, 64), x.name.En+" "+strconv.FormatFloat(*x.v, 'f', -1, 64)), Style: "forecast", Points: line})
	}
	return out
}

func (p *Part) pointFacts(x *live.Seen) ui.Facts {
	f := ui.Facts{ID: "point-facts", Title: lang.T("测点", "The point"), Items: []ui.Fact{{Name: lang.T("状态", "Standing"), Tag: pointTag(x)}, {Name: lang.T("类型", "Measures"), Value: x.Kind.Text()}}}
	if x.Heard && !math.IsNaN(x.Reading.Value) {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("当前值", "Value"), Value: lang.Same(figure(x.Reading.Value, x.UCUM))}, ui.Fact{Name: lang.T("数据时间", "As of"), Time: readAt(x)})
	}
	for _, y := range []struct {
		name lang.Text
		text string
	}{{lang.T("限值", "Limits"), limitText(x.Limits).Zh}, {lang.T("介质", "Medium"), x.Medium}, {lang.T("设备", "Equipment"), x.Equipment}, {lang.T("所属单元", "Hazard unit"), x.HazardUnit}, {lang.T("因子编码", "Code on the wire"), x.Factor}} {
		if y.text != "" {
			f.Items = append(f.Items, ui.Fact{Name: y.name, Value: lang.Same(y.text)})
		}
	}
	every := lang.T("不定期", "by event")
	if x.Every > 0 {
		every = lang.T("每"+stepText(x.Every).Zh, "every "+stepText(x.Every).En)
	}
	f.Items = append(f.Items, ui.Fact{Name: lang.T("上报周期", "Reports"), Value: every})
	if x.Key {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("关键监测点", "Key point"), Value: lang.T("是", "yes")})
	}
	return f
}

// pointAlarms are those of the plant that speak of this point.
func (p *Part) pointAlarms(r *web.Request, site *register.Site, x *live.Seen) (ui.Alarms, error) {
	list, _, err := p.o.Alarms.List(r.Context(), alarm.Filter{System: "safety", Group: site.URI, Text: x.URI, Limit: 12})
	out := ui.Alarms{ID: "point-alarms", Title: lang.T("告警", "Alarms"), Empty: lang.T("没有未关闭的告警。", "No open alarms.")}
	for _, a := range list {
		if a.Entity == x.URI {
			out.Items = append(out.Items, ui.Alarm{Level: level(a.Priority), Title: a.Title, Place: a.Advice, State: stateText(a.State), At: a.First, For: p.o.Clock.Now().Sub(a.First), Href: "/duty/alarms/" + a.ID})
		}
	}
	return out, err
}

// rules are those that watch a point.
func (p *Part) rules(r *web.Request, site *register.Site, x *register.Point) (ui.Table, error) {
	t := ui.Table{ID: "point-rules", Title: lang.T("监视该测点的规则", "Rules that watch this point"), Total: -1, Path: register.PointPage(site.Code, x.Name), Columns: []ui.Column{{Text: lang.T("规则", "Rule")}, {Text: lang.T("优先级", "Priority")}, {Text: lang.T("限值", "Limit"), Num: true}, {Text: lang.T("处置建议", "Advice")}},
		Empty: lang.T("没有规则监视该测点。", "No rule watches this point.")}
	all, err := p.o.Rules.Rules(r.Context())
	if err != nil {
		return t, err
	}
	watched := x.Rule(&site.Plant)
	for i := range all {
		a := &all[i]
		if a.State != rule.Live || a.Kind == rule.Expression || a.Kind == rule.Entity || !a.Watches("safety", &watched) {
			continue
		}
		limit := "—"
		if v, ok := a.LimitOf(&watched); ok && a.Kind == rule.Limit {
			limit = figure(v, x.UCUM)
		}
		t.Rows = append(t.Rows, ui.Row{ID: "r-" + a.ID, Cells: []ui.Cell{{Text: a.Title, Href: "/duty/rules/" + a.ID, Strong: true}, {Text: Priority(a.Priority)}, {Text: lang.Same(limit)}, {Text: a.Advice}}})
	}
	return t, nil
}
