package fault

import (
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

// Kind is a kind of fault, by its word in the truth file.
type Kind string

// The kinds.
const (
	Leak    Kind = "leak"    // a tank's level falls, the gas detector beside it rises past both of its limits
	Drift   Kind = "drift"   // a sensor runs away slowly, past its high limit in the end
	Stuck   Kind = "stuck"   // a sensor repeats one value
	Chatter Kind = "chatter" // a sensor crosses its high limit to and fro at every reading
	Silence Kind = "silence" // the plant's line is cut; what was measured is sent when it is back
	Flood   Kind = "flood"   // points of many plants pass their limits within one period
	Bad     Kind = "bad"     // a sensor's values are marked as bad by their source
	Garbled Kind = "garbled" // a frame is sent with a wrong CRC, and then rightly
	Process Kind = "process" // points no longer move with the rest of the plant, each within its limits
	Fire    Kind = "fire"    // a fire panel reports a fire alarm
)

// all in the order of reports and draws.
var all = [...]Kind{Leak, Drift, Stuck, Chatter, Silence, Flood, Bad, Garbled, Process, Fire}

// Kinds are all that there are, in the order of reports.
func Kinds() []Kind { return append([]Kind{}, all[:]...) }

// Text names a kind.
func (k Kind) Text() lang.Text {
	switch k {
	case Leak:
		return lang.T("泄漏", "leak")
	case Drift:
		return lang.T("传感器漂移", "drift of a sensor")
	case Stuck:
		return lang.T("传感器卡滞", "stuck sensor")
	case Chatter:
		return lang.T("限值附近抖动", "chatter around a limit")
	case Silence:
		return lang.T("企业失联", "silent plant")
	case Flood:
		return lang.T("告警泛滥", "flood of alarms")
	case Bad:
		return lang.T("数据质量差", "bad quality")
	case Garbled:
		return lang.T("报文误码", "garbled frame")
	case Process:
		return lang.T("限值内工艺异常", "process fault within limits")
	}
	return lang.T("火灾报警", "fire alarm")
}

// Counts say how many faults of each kind are made in a run. A flood strikes many plants, any other kind one plant each.
type Counts map[Kind]int

// Parse reads "leak=3,silence=2"; "none" is no fault at all.
func Parse(text string) (Counts, error) {
	out := Counts{}
	if text == "none" || text == "" {
		return out, nil
	}
	known := map[Kind]bool{}
	for _, k := range all {
		known[k] = true
	}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.Atoi(value)
		switch {
		case !known[Kind(name)]:
			return nil, errs.Say(errs.Invalid, "没有名为“%s”的异常；可选：%s", "there is no fault %q; there are %s", name, names())
		case !ok || err != nil || n < 0:
			return nil, errs.Say(errs.Invalid, "异常“%s”的数量应为非负整数", "the number of %q is to be 0 or more", name)
		}
		out[Kind(name)] = n
	}
	return out, nil
}

func names() string {
	var out []string
	for _, k := range all {
		out = append(out, string(k))
	}
	return strings.Join(out, ", ")
}
