package alarms

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// pageSize is how many alarms a page has: what a person looks through at once, and what a browser lays out without delay.
const pageSize = 100

// params are the query parameters of a list that links and forms keep.
var params = []string{"system", "area", "group", "class", "state", "priority", "q", "order", "fold", "from", "to"}

// selection reads the filters of a list; every value is checked.
func selection(v url.Values) (f alarm.Filter, err error) {
	f = alarm.Filter{System: v.Get("system"), Area: v.Get("area"), Group: v.Get("group"), Unit: v.Get("unit"), Text: strings.TrimSpace(v.Get("q")), Order: v.Get("order"), Cursor: v.Get("after"), Limit: pageSize}
	if s := alarm.State(v.Get("state")); s != "" {
		if s != alarm.Closed && !slices.Contains(states, s) {
			return f, errs.Say(errs.Invalid, "状态“%[1]s”无法识别", "state %[1]q is not known", string(s))
		}
		f.States = []alarm.State{s}
	}
	if c := alarm.Class(v.Get("class")); c != "" {
		if !slices.Contains(classes, c) {
			return f, errs.Say(errs.Invalid, "类别“%[1]s”无法识别", "class %[1]q is not known", string(c))
		}
		f.Classes = []alarm.Class{c}
	}
	if !slices.Contains([]string{"", "urgent", "newest", "oldest"}, f.Order) {
		return f, errs.Say(errs.Invalid, "排序“%[1]s”无法识别，可用 urgent、newest、oldest", "order %[1]q is not known: urgent, newest or oldest", f.Order)
	}
	if text := v.Get("priority"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < int(rule.Critical) || n > int(rule.Low) {
			return f, errs.Say(errs.Invalid, "级别应为 1 至 4", "the priority is 1 to 4")
		}
		f.Priority = rule.Priority(n)
	}
	if f.From, err = day(v.Get("from"), 0); err == nil {
		f.To, err = day(v.Get("to"), 1)
	}
	return f, err
}

// day reads a date of the city's zone, moved by days.
func day(text string, plus int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, ui.Zone())
	if err != nil {
		return t, errs.Say(errs.Invalid, "日期“%[1]s”无法识别，请按 2015-11-20 的格式填写", "%[1]q is no date, write it like 2015-11-20", text)
	}
	return t.AddDate(0, 0, plus), nil
}

// keep gives what links keep of a query.
func keep(v url.Values) map[string]string {
	out := map[string]string{}
	for _, k := range params {
		if x := v.Get(k); x != "" {
			out[k] = x
		}
	}
	return out
}

// link writes a path with what is kept, changed; an empty value removes.
func link(path string, kept map[string]string, change ...string) string {
	v := url.Values{}
	for k, x := range kept {
		v.Set(k, x)
	}
	for i := 0; i+1 < len(change); i += 2 {
		if change[i+1] == "" {
			v.Del(change[i])
		} else {
			v.Set(change[i], change[i+1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// fields are the inputs of the filter.
func (p *Part) fields(v url.Values, past bool) []ui.Field {
	pick := func(name string, label, all lang.Text, options ...ui.Option) ui.Field {
		return ui.Field{Name: name, Kind: "select", Label: label, Value: v.Get(name), Options: append([]ui.Option{{Text: all}}, options...)}
	}
	out := []ui.Field{{Name: "q", Kind: "search", Label: lang.T("告警、企业、测点", "Alarm, plant, point"), Value: v.Get("q")}}
	var systems, areas, kinds, levels, how []ui.Option
	for _, s := range append(p.duty.Watchers(), "city") {
		systems = append(systems, ui.Option{Value: s, Text: p.systemName(s)})
	}
	for _, d := range region.Districts {
		areas = append(areas, ui.Option{Value: d.Code, Text: d.Name})
	}
	for _, c := range classes {
		kinds = append(kinds, ui.Option{Value: string(c), Text: classText(c)})
	}
	for i := 1; i <= 3; i++ {
		t := ui.PriorityText(i)
		if i > 1 {
			t = lang.T(t.Zh+"及以上", t.En+" and above")
		}
		levels = append(levels, ui.Option{Value: strconv.Itoa(i), Text: t})
	}
	out = append(out, pick("system", lang.T("系统", "System"), lang.T("全部系统", "All systems"), systems...), pick("area", lang.T("区", "District"), lang.T("全部区", "All districts"), areas...),
		pick("class", lang.T("类别", "Class"), lang.T("全部类别", "All classes"), kinds...), pick("priority", lang.T("级别", "Priority"), lang.T("全部级别", "All priorities"), levels...))
	if past {
		return append(out, ui.Field{Name: "from", Kind: "date", Label: lang.T("自", "From"), Value: v.Get("from")}, ui.Field{Name: "to", Kind: "date", Label: lang.T("至", "To"), Value: v.Get("to")})
	}
	for _, s := range states {
		how = append(how, ui.Option{Value: string(s), Text: stateText(s)})
	}
	return append(out, pick("state", lang.T("状态", "State"), lang.T("全部状态", "All states"), how...),
		pick("order", lang.T("排序", "Order"), lang.T("最急在前", "Most urgent first"), ui.Option{Value: "newest", Text: lang.T("最新在前", "Newest first")}, ui.Option{Value: "oldest", Text: lang.T("最早在前", "Oldest first")}))
}
