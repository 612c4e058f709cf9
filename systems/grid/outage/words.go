package outage

import (
	"fmt"
	"time"

	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
	"github.com/haihe-city/haihe/systems/grid/outage/join"
	"github.com/haihe-city/haihe/systems/grid/outage/list"
	"github.com/haihe-city/haihe/web/ui"
)

var causeWords = [...]lang.Text{
	index.Unknown:   lang.T("待查", "Not known yet"),
	index.Fault:     lang.T("故障停电", "Fault"),
	index.Planned:   lang.T("预安排停电", "Planned"),
	index.External:  lang.T("外部影响", "External"),
	index.Rationing: lang.T("系统电源不足限电", "Rationing"),
}

var sourceWords = map[string]lang.Text{
	"meter": lang.T("电表停电事件", "Meters"), "voltage": lang.T("电压采样", "Voltages"), "switch": lang.T("线路开关", "Switch"),
	"report": lang.T("人工登记", "Report"), "import": lang.T("清单导入", "Imported list"),
}

var fieldWords = map[string]lang.Text{
	"cause": lang.T("原因", "cause"), "began": lang.T("停电时间", "beginning"), "ended": lang.T("恢复时间", "end"), "note": lang.T("备注", "note"),
	"state": lang.T("状态", "state"), "customers": lang.T("影响用户", "customers"), "stages": lang.T("恢复分段", "stages"),
}

func stateTag(s join.State) *ui.Tag {
	switch s {
	case join.Open:
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("停电中", "Dark")}
	case join.Void:
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已作废", "Void")}
	}
	return &ui.Tag{Status: ui.StatusMet, Text: lang.T("已恢复", "Restored")}
}

// value writes a changed value as people read it.
func value(field, v string) lang.Text {
	switch field {
	case "cause":
		if c, ok := list.CauseOf(v); ok {
			return causeWords[c]
		}
	case "state":
		return stateTag(join.State(v)).Text
	}
	if v == "" {
		return lang.T("（空）", "(none)")
	}
	return lang.Same(v)
}

// minutes writes a ratio of seconds in minutes.
func minutes(r index.Ratio, digits int) string {
	if r.None() {
		return ui.None
	}
	return ui.Num(r.Float(1)/60, digits)
}

// lasting writes a length of time.
func lasting(seconds int64) lang.Text {
	h, m, s := seconds/3600, seconds/60%60, seconds%60
	switch {
	case h > 0:
		return lang.T(fmt.Sprintf("%d 小时 %d 分", h, m), fmt.Sprintf("%d h %d min", h, m))
	case m > 0:
		return lang.T(fmt.Sprintf("%d 分 %d 秒", m, s), fmt.Sprintf("%d min %d s", m, s))
	}
	return lang.T(fmt.Sprintf("%d 秒", s), fmt.Sprintf("%d s", s))
}

// number is a cell with a whole number.
func number(n int64) ui.Cell { return ui.Cell{Text: lang.Same(ui.Grouped(n))} }

func clock(unix int64) time.Time { return moment(unix) }

func districtOptions() []ui.Option {
	out := []ui.Option{{Value: "", Text: lang.T("全部区", "All districts")}}
	for _, d := range region.Districts {
		out = append(out, ui.Option{Value: d.Code, Text: d.Name})
	}
	return out
}

func causeOptions(all lang.Text) (out []ui.Option) {
	if !all.Empty() {
		out = append(out, ui.Option{Value: "", Text: all})
	}
	for i, w := range causeWords {
		out = append(out, ui.Option{Value: list.CauseNames[i], Text: w})
	}
	return out
}
