package loss

import (
	"fmt"
	"slices"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/loss/evidence"
	"github.com/haihe-city/haihe/web/ui"
)

var source = lang.T("智能电网", "Smart grid")

var kindWords = map[string]lang.Text{kindTransformer: lang.T("台区", "Transformer area"), kindFeeder: lang.T("馈线", "Feeder")}

// The standings of an area's day.
const (
	standHigh     = "high"
	standNegative = "negative"
	standNormal   = "normal"
	standUnjudged = "unjudged"
)

var standings = []struct {
	name   string
	text   lang.Text
	status ui.Status
}{
	{standHigh, lang.T("高损", "High"), ui.StatusBehind},
	{standNegative, lang.T("负损", "Negative"), ui.StatusRisk},
	{standNormal, lang.T("正常", "Normal"), ui.StatusMet},
	{standUnjudged, lang.T("数据不足，未判", "Too little data"), ui.StatusNone},
}

// standing is how an area's day lies to the limits.
func (a AreaDay) standing(l Limits) string {
	switch {
	case !a.Judged(l):
		return standUnjudged
	case a.Rate > l.High:
		return standHigh
	case a.Rate < l.Low:
		return standNegative
	}
	return standNormal
}

func tag(standing string) *ui.Tag {
	i := slices.IndexFunc(standings, func(s struct {
		name   string
		text   lang.Text
		status ui.Status
	}) bool {
		return s.name == standing
	})
	return &ui.Tag{Status: standings[i].status, Text: standings[i].text}
}

// rate writes millionths as percent.
func rate(a AreaDay) string {
	if !a.Summed || a.Supplied == 0 {
		return ui.None
	}
	return ui.Num(float64(a.Rate)/percent, 2)
}

// coverage says what a sum lacks, in words: nothing of it is hidden.
func coverage(a AreaDay) lang.Text {
	if !a.Summed {
		return lang.T("待计算", "not summed yet")
	}
	counted := a.Meters - a.Missing - a.Wrong
	zh, en := fmt.Sprintf("%d/%d 只", counted, a.Meters), fmt.Sprintf("%d of %d meters", counted, a.Meters)
	for _, x := range []struct {
		n      int64
		zh, en string
	}{{a.Estimated, "含估算 %d", "%d estimated"}, {a.Missing, "缺数 %d", "%d missing"}, {a.Wrong, "倒走 %d", "%d backwards"}} {
		if x.n > 0 {
			zh, en = zh+"，"+fmt.Sprintf(x.zh, x.n), en+", "+fmt.Sprintf(x.en, x.n)
		}
	}
	if a.Parts < book.SlotsPerDay {
		zh, en = zh+fmt.Sprintf("；供电量 %d/96 点", a.Parts), en+fmt.Sprintf("; supply %d of 96 quarter hours", a.Parts)
	}
	return lang.T(zh, en)
}

// clueText says a clue in words, with the figures that it rests on.
func clueText(c evidence.Clue) lang.Text {
	n := func(v float64) string { return ui.Num(v, 1) }
	switch c.Kind {
	case evidence.Drop:
		return lang.T(fmt.Sprintf("与自身历史相比，日用电由 %s 降至 %s 千瓦时（已扣除同类用户共同的季节和周末变化）", n(c.A), n(c.B)),
			fmt.Sprintf("Against its own past, use fell from %s to %s kWh a day; what meters of its kind have in common is taken out", n(c.A), n(c.B)))
	case evidence.Follow:
		return lang.T(fmt.Sprintf("用电下降的同时，台区损失日增约 %s 千瓦时，两者相关 %s%%", n(c.B), ui.Num(c.A, 0)),
			fmt.Sprintf("As it fell, the area's loss rose by about %s kWh a day; correlation %s %%", n(c.B), ui.Num(c.A, 0)))
	case evidence.Zero:
		return lang.T(fmt.Sprintf("近 %s 天中有 %s 天零用电，同期邻户用电如常", ui.Num(c.B, 0), ui.Num(c.A, 0)), fmt.Sprintf("No use on %s of the last %s days, while the neighbours used as ever", ui.Num(c.A, 0), ui.Num(c.B, 0)))
	case evidence.Negative:
		return lang.T(fmt.Sprintf("%s 天中有 %s 天示数倒走", ui.Num(c.B, 0), ui.Num(c.A, 0)), fmt.Sprintf("The register ran backwards on %s of %s days", ui.Num(c.A, 0), ui.Num(c.B, 0)))
	}
	return lang.T(fmt.Sprintf("夜间（0 至 5 时）用电占比为 %s%%，对照为 %s%%", n(c.B), n(c.A)), fmt.Sprintf("The night (0 to 5 h) takes %s %% of the day, against %s %%", n(c.B), n(c.A)))
}

var clueNames = map[evidence.Kind]lang.Text{
	evidence.Drop: lang.T("用电下降", "Fall"), evidence.Follow: lang.T("与台区损失同步", "Loss follows"), evidence.Zero: lang.T("零用电", "No use"),
	evidence.Negative: lang.T("示数倒走", "Backwards"), evidence.Night: lang.T("夜间占比异常", "Nights"),
}

// advice is what somebody on site should look at, by clue; what else explains it is said with it.
func advice(c evidence.Clue) lang.Text {
	switch c.Kind {
	case evidence.Drop:
		return lang.T("核对户内用电设备与用电性质是否变化；检查表前导线有无分接、封印是否完好。搬迁、换热泵、停业同样会使用电下降。", "Compare the equipment with what was there before; look for branches before the meter, and at the seals. Moving out, a heat pump or a closed shop lower use as well.")
	case evidence.Follow:
		return lang.T("用钳形表比对进线电流与电表电流；核对户变关系。同一时期其他用户或供电计量变化也会造成此现象。", "Compare the current of the service line with the meter's; check that the meter belongs to this area. Another customer, or a change of the supply's metering, can give the same picture.")
	case evidence.Zero:
		return lang.T("查看房屋是否空置；若有人居住，检查电表是否停走、表前是否短接。", "See whether anybody lives there; if so, see whether the meter stands still or is bridged.")
	case evidence.Negative:
		return lang.T("检查接线相序与互感器极性；核实有无光伏等上网电源。", "Check the phases and the polarity of transformers; see whether there is generation.")
	}
	return lang.T("在夜间比对进线电流与电表电流；核实夜间用电设备。", "Compare both currents at night; see what runs at night.")
}
