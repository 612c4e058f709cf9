package fault

import (
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

// Kind is a kind of fault, by its word in the truth file.
type Kind string

// The sixteen kinds. Dead and Held are two more that tests ask for by themselves: a meter that never answers, and one whose readings are kept
// back until they are asked for.
const (
	Missing    Kind = "missing"     // readings of some quarter hours are lost for good
	Clock      Kind = "drift"       // freeze times are wrong by one to ten minutes
	Repeat     Kind = "repeat"      // the meter repeats one reading under later times
	Spike      Kind = "spike"       // one register stands far above its neighbours
	Negative   Kind = "negative"    // the register steps back for good
	Stuck      Kind = "stuck"       // the register stands still while power flows
	RollOver   Kind = "rollover"    // the register begins at zero again at 100,000 kWh
	Reversed   Kind = "reversed"    // the current transformer is the wrong way round
	Multiplier Kind = "multiplier"  // the register counts ten times
	LowVoltage Kind = "low-voltage" // phase A lies below 198 V (GB/T 12325-2008: 220 V less 10 %)
	TheftDay   Kind = "theft-share" // a share of the current passes the meter by, day and night
	TheftNight Kind = "theft-night" // the same from 22:00 to 06:00 only
	Silent     Kind = "silent"      // a station reports nothing for hours, and its meters lose those readings
	Late       Kind = "late"        // a station's report of a slot comes one to eight slots later
	Duplicate  Kind = "duplicate"   // a report is sent twice
	Garbled    Kind = "garbled"     // a report is sent with a byte changed, and then rightly
	Outage     Kind = "outage"      // a feeder goes dark and comes back in two stages
	Dead       Kind = "dead"
	Held       Kind = "held"
)

// ofMeters are the kinds that strike single meters, in the order of the draw.
var ofMeters = [...]Kind{Missing, Clock, Repeat, Spike, Negative, Stuck, RollOver, Reversed, Multiplier, LowVoltage, TheftDay, TheftNight}

// Kinds are the sixteen that can be asked for, and dead, in the order of reports.
func Kinds() []Kind {
	return append(append([]Kind{}, ofMeters[:]...), Silent, Late, Duplicate, Garbled, Outage, Dead)
}

// Text names a kind.
func (k Kind) Text() lang.Text {
	switch k {
	case Missing:
		return lang.T("缺数", "readings lost")
	case Clock:
		return lang.T("时钟超差", "wrong clock")
	case Repeat:
		return lang.T("重复读数", "reading repeated")
	case Spike:
		return lang.T("突变", "spike")
	case Negative:
		return lang.T("示值倒走", "step back")
	case Stuck:
		return lang.T("示值停走", "stuck register")
	case RollOver:
		return lang.T("示值翻转", "roll-over")
	case Reversed:
		return lang.T("电流互感器反接", "reversed current transformer")
	case Multiplier:
		return lang.T("倍率错误", "wrong multiplier")
	case LowVoltage:
		return lang.T("低电压", "low voltage")
	case TheftDay:
		return lang.T("分流窃电", "theft of a share")
	case TheftNight:
		return lang.T("夜间窃电", "theft by night")
	case Silent:
		return lang.T("集中器失联", "silent concentrator")
	case Late:
		return lang.T("迟到上报", "late report")
	case Duplicate:
		return lang.T("重复上报", "report sent twice")
	case Garbled:
		return lang.T("报文误码", "garbled frame")
	case Outage:
		return lang.T("停电", "outage")
	case Held:
		return lang.T("暂不上报", "kept back")
	}
	return lang.T("电表无应答", "dead meter")
}

// Shares say how often each kind strikes, between 0 and 1: the kinds of single meters and Dead by meter; Silent by station and Outage by feeder
// (each once in the window); Late by station and slot; Duplicate and Garbled by report.
type Shares map[Kind]float64

// Parse reads "spike=0.001,theft-night=0.01"; "none" is no fault at all.
func Parse(text string) (Shares, error) {
	out := Shares{}
	if text == "none" || text == "" {
		return out, nil
	}
	known := map[Kind]bool{}
	for _, k := range Kinds() {
		known[k] = true
	}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		share, err := strconv.ParseFloat(value, 64)
		switch {
		case !known[Kind(name)]:
			return nil, errs.Say(errs.Invalid, "没有名为“%s”的故障；可选：%s", "there is no fault %q; there are %s", name, names())
		case !ok || err != nil || !(share >= 0 && share <= 1):
			return nil, errs.Say(errs.Invalid, "故障“%s”的比例应在 0 与 1 之间", "the share of %q lies between 0 and 1", name)
		}
		out[Kind(name)] = share
	}
	return out, nil
}

func names() string {
	var out []string
	for _, k := range Kinds() {
		out = append(out, string(k))
	}
	return strings.Join(out, ", ")
}
