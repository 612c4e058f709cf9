package pages

import (
	"fmt"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/hazard"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web/ui"
)

// value is a unit's hazard value as of now.
func (p *Part) value(site *register.Site, u register.HazardUnit) hazard.Value {
	list := make([]hazard.Input, len(u.Substances))
	for i, s := range u.Substances {
		list[i] = hazard.Input{Name: s.Name, CAS: s.CAS, Class: s.Class, Tons: s.Tons, At: s.At}
	}
	return hazard.Of(list, hazard.People{Count: site.Exposed, At: site.ExposedAt}, p.o.Clock.Now().Add(-p.o.Inventory))
}

// short writes a figure of a hazard value: four significant digits are more than any stock-taking gives.
func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// hazards explains each unit's hazard value, every term of it.
func (p *Part) hazards(site *register.Site) (out []ui.Block) {
	for _, u := range site.Units {
		v := p.value(site, u)
		t := ui.Table{ID: "hazard-" + u.Code, Title: lang.T(fmt.Sprintf("%s %s（%s）重大危险源分级", u.Code, u.Name, u.Kind.Text().Zh), fmt.Sprintf("%s %s (%s): hazard value", u.Code, u.Name, u.Kind.Text().En)), Total: -1, Path: register.PlantPage(site.Code),
			Note: lang.Same("GB 18218-2018"), Columns: []ui.Column{{Text: lang.T("危险化学品", "Substance")}, {Text: lang.T("数量 q（t）", "Quantity q (t)"), Num: true}, {Text: lang.T("临界量 Q（t）", "Threshold Q (t)"), Num: true}, {Text: lang.Same("q/Q"), Num: true}, {Text: lang.Same("β"), Num: true}, {Text: lang.Same("β·q/Q"), Num: true}, {Text: lang.T("数据日期", "As of"), Num: true}},
			Empty: lang.T("还没有登记危险化学品。", "No substances are registered yet.")}
		for i, x := range v.Terms {
			t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("t-%s-%d", u.Code, i), Cells: termCells(x)})
		}
		out = append(out, t, p.sum(site, u, v))
	}
	return out
}

func termCells(x hazard.Term) []ui.Cell {
	name := ui.Cell{Text: lang.Same(x.Name), Strong: true}
	if !x.Lacks.Empty() {
		name.Tag = &ui.Tag{Status: ui.StatusRisk, Text: x.Lacks}
	} else if x.Known.Zh != x.Name {
		name.Sub = x.Known
	}
	dash := ui.Cell{Text: lang.Same("—")}
	q, beta, ratio, weighted := dash, dash, dash, dash
	if x.Q > 0 {
		q, ratio = ui.Cell{Text: lang.Same(short(x.Q)), Sub: x.QFrom}, ui.Cell{Text: lang.Same(short(x.Ratio))}
	}
	if x.Beta > 0 {
		beta = ui.Cell{Text: lang.Same(short(x.Beta)), Sub: x.BetaFrom}
	}
	if x.Q > 0 && x.Beta > 0 {
		weighted = ui.Cell{Text: lang.Same(short(x.Weighted))}
	}
	return []ui.Cell{name, {Text: lang.Same(short(x.Tons))}, q, ratio, beta, weighted, asOf(x.At, x.Stale)}
}

func asOf(at time.Time, stale bool) ui.Cell {
	c := ui.Cell{Text: lang.T("未填写", "not given")}
	if !at.IsZero() {
		c.Text = lang.Same(at.Format(time.DateOnly))
	}
	if stale {
		c.Tag = &ui.Tag{Status: ui.StatusRisk, Text: lang.T("过期", "stale")}
	}
	return c
}

// sum is the end of the reckoning, step by step.
func (p *Part) sum(site *register.Site, u register.HazardUnit, v hazard.Value) ui.Facts {
	least := lang.Text{}
	if !v.Whole {
		least = lang.T("（至少）", " (at least)")
	}
	f := ui.Facts{ID: "sum-" + u.Code, Items: []ui.Fact{
		{Name: lang.T("辨识指标 S = Σ q/Q", "S = Σ q/Q"), Value: lang.T(short(v.S)+least.Zh, short(v.S)+least.En)},
		{Name: lang.T("是否构成重大危险源", "A major hazard"), Value: lang.T("S < 1，不构成", "S < 1: no")},
	}}
	if v.Major {
		f.Items[1].Value = lang.T("S ≥ 1，构成", "S ≥ 1: yes")
	}
	people := lang.T(fmt.Sprintf("%s（厂界外 500 米内 %d 人，表5）", short(v.Alpha), v.Exposed), fmt.Sprintf("%s (%d people within 500 m, table 5)", short(v.Alpha), v.Exposed))
	if !v.Counted {
		people = lang.T(short(v.Alpha)+"（未登记人数，按最大值）", short(v.Alpha)+" (nobody has counted the people: the greatest is taken)")
	}
	f.Items = append(f.Items, ui.Fact{Name: lang.T("暴露人员系数 α", "α of exposed people"), Value: people},
		ui.Fact{Name: lang.T("分级指标 R = α·Σ β·q/Q", "R = α·Σ β·q/Q"), Value: lang.T(fmt.Sprintf("%s × %s = %s%s", short(v.Alpha), short(v.Sum), short(v.R), least.Zh), fmt.Sprintf("%s × %s = %s%s", short(v.Alpha), short(v.Sum), short(v.R), least.En))})
	status := map[hazard.Level]ui.Status{hazard.I: ui.StatusBehind, hazard.II: ui.StatusRisk, hazard.III: ui.StatusOn, hazard.IV: ui.StatusOn}[v.Level]
	f.Items = append(f.Items, ui.Fact{Name: lang.T("级别（表6）", "Class (table 6)"), Tag: &ui.Tag{Status: status, Text: v.Level.Text()}})
	if v.Stale {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("数据时效", "Age of the data"), Tag: &ui.Tag{Status: ui.StatusRisk, Text: lang.T("有数据过期，请核实后重新登记", "some data is stale: have it confirmed")}})
	}
	return f
}
