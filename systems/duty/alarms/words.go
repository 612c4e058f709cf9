package alarms

import (
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// states are the states in the order in which a filter offers them.
var states = []alarm.State{alarm.Unacknowledged, alarm.Returned, alarm.Acknowledged}

func stateText(s alarm.State) lang.Text {
	switch s {
	case alarm.Unacknowledged:
		return lang.T("未确认", "Unacknowledged")
	case alarm.Acknowledged:
		return lang.T("已确认", "Acknowledged")
	case alarm.Returned:
		return lang.T("已恢复，未确认", "Gone, unanswered")
	}
	return lang.T("已关闭", "Closed")
}

// classes are the classes in the order in which a filter offers them.
var classes = []alarm.Class{alarm.Process, alarm.Silent, alarm.Quality, alarm.Early, alarm.Device, alarm.Reported}

func classText(c alarm.Class) lang.Text {
	switch c {
	case alarm.Silent:
		return lang.T("失联", "Silent")
	case alarm.Quality:
		return lang.T("数据异常", "Bad data")
	case alarm.Early:
		return lang.T("预警", "Early warning")
	case alarm.Device:
		return lang.T("设备", "Equipment")
	case alarm.Reported:
		return lang.T("人工上报", "Reported")
	}
	return lang.T("过程", "Process")
}

func holdText(a *alarm.Alarm) lang.Text {
	switch a.Hold {
	case alarm.Shelved:
		until := a.Until.In(ui.Zone()).Format("15:04")
		return lang.T("搁置至 "+until, "shelved until "+until)
	case alarm.ByDesign:
		return lang.T("设计抑制", "suppressed by design")
	case alarm.OutOfService:
		return lang.T("退出服务", "out of service")
	}
	return lang.Text{}
}

// lineText says what happened to an alarm.
func lineText(verb string) lang.Text {
	switch verb {
	case "came":
		return lang.T("触发", "came")
	case "gone":
		return lang.T("恢复", "went")
	case "acknowledge":
		return lang.T("确认", "acknowledged it")
	case "shelve":
		return lang.T("搁置", "shelved it")
	case "unshelve":
		return lang.T("取消搁置", "took it from the shelf")
	case "hold":
		return lang.T("退出列表", "took it out of the list")
	case "release":
		return lang.T("恢复列表", "returned it to the list")
	case "link":
		return lang.T("并入案件", "tied it to a case")
	}
	return lang.T("备注", "remarked")
}

// figures are an alarm's value and limit as people read them. Which side is wrong shows by where the value stands: over a limit while the
// condition stands means that it is an upper one.
func figures(a *alarm.Alarm) (value, limit string, below bool, unit string) {
	if a.Value != nil {
		value = figure(*a.Value)
	}
	if a.Limit != nil {
		limit = figure(*a.Limit)
	}
	if a.Value != nil && a.Limit != nil {
		below = *a.Value < *a.Limit
		if !a.Came {
			below = *a.Value > *a.Limit
		}
	}
	return value, limit, below, ui.UCUM(a.UCUM)
}

// figure writes a value with at most six digits that count.
func figure(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if whole, frac, ok := strings.Cut(s, "."); ok {
		keep := max(0, 6-len(strings.TrimPrefix(whole, "-")))
		if len(frac) > keep {
			s = strconv.FormatFloat(v, 'f', keep, 64)
		}
	}
	return strings.Replace(s, "-", "−", 1)
}
