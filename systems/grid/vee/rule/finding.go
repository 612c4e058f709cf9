package rule

import (
	"fmt"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Rule names what was looked for.
type Rule string

// The rules.
const (
	High       Rule = "high"
	Low        Rule = "low"
	Spike      Rule = "spike"
	Negative   Rule = "negative"
	Zero       Rule = "zero"
	Missing    Rule = "missing"
	Duplicate  Rule = "duplicate"
	RollOver   Rule = "rollover"
	Drift      Rule = "drift"
	Reversed   Rule = "reversed"
	Sum        Rule = "sum"
	Prolonged  Rule = "prolonged"
	Multiplier Rule = "multiplier"
)

// Rules are all of them with their words, in the order in which they are shown.
var Rules = []struct {
	Rule
	Text lang.Text
}{
	{High, lang.T("电量偏高", "High")},
	{Low, lang.T("电量偏低", "Low")},
	{Spike, lang.T("突变", "Spike")},
	{Negative, lang.T("示数倒走", "Register falls")},
	{Zero, lang.T("长时零电量", "Zero")},
	{Missing, lang.T("缺数", "Missing")},
	{Duplicate, lang.T("重复数据", "Duplicate")},
	{RollOver, lang.T("示数翻转", "Roll-over")},
	{Drift, lang.T("时钟偏差", "Clock drift")},
	{Reversed, lang.T("电流互感器反接", "Reversed current transformer")},
	{Sum, lang.T("电量核对不符", "Sum check")},
	{Prolonged, lang.T("连续估算", "Prolonged estimation")},
	{Multiplier, lang.T("单位或倍率跳变", "Unit or multiplier")},
}

// Known tells whether it is one of Rules.
func (r Rule) Known() bool { return r.Text() != lang.Text{} }

// Text names a rule; the zero Text for none of Rules.
func (r Rule) Text() lang.Text {
	for _, k := range Rules {
		if k.Rule == r {
			return k.Text
		}
	}
	return lang.Text{}
}

// Severity is how soon somebody should look.
type Severity uint8

// The severities.
const (
	Note  Severity = 1 + iota // no fault: worth knowing
	Minor                     // look when there is time
	Major                     // a bill may be wrong
)

// Text names a severity.
func (s Severity) Text() lang.Text {
	switch s {
	case Note:
		return lang.T("提示", "Note")
	case Minor:
		return lang.T("一般", "Minor")
	case Major:
		return lang.T("严重", "Major")
	}
	return lang.Text{}
}

// Finding is what one rule found in one meter's day: the slots, and up to three figures that it rests on. What the figures are
// depends on the rule; Text says them.
type Finding struct {
	Rule     Rule
	Severity Severity
	Slots    book.SlotSet // empty where it is the day as a whole
	A, B, C  int64
}

// The kinds of spike and of duplicate, in figure C and A.
const (
	spikeRegister = iota
	spikeEnergy
	spikePower
)

const (
	twiceSlot = iota
	twiceValue
	twiceDay
)

// kwh writes an energy or a power of 0.0001.
func kwh(v int64) string { return fmt.Sprintf("%.4g", float64(v)/1e4) }

func register(v int64) string { return fmt.Sprintf("%.2f", float64(v)/1e4) }

func times(a, b int64) string { return fmt.Sprintf("%.1f", float64(a)/float64(max(b, 1))) }

// Text says in words what was found and on which figures.
func (f Finding) Text() lang.Text {
	switch f.Rule {
	case High, Low:
		return lang.T(fmt.Sprintf("日电量 %s kWh，同类日通常为 %s kWh（%s 倍）", kwh(f.A), kwh(f.B), times(f.A, f.B)),
			fmt.Sprintf("%s kWh in the day, %s kWh is usual for such a day (%s times)", kwh(f.A), kwh(f.B), times(f.A, f.B)))
	case Spike:
		return spikeText(f)
	case Negative:
		switch f.C {
		case fellReplaced:
			return lang.T(fmt.Sprintf("示数由 %s 降至 %s kWh 并由此续走，疑已换表", register(f.A), register(f.B)), fmt.Sprintf("the register falls from %s to %s kWh and goes on from there: the meter may have been replaced", register(f.A), register(f.B)))
		case fellAnew:
			return lang.T(fmt.Sprintf("示数由 %s 归至 %s kWh 并由此续走，疑为换新表或清零", register(f.A), register(f.B)), fmt.Sprintf("the register begins anew: from %s to %s kWh, and on from there", register(f.A), register(f.B)))
		}
		return lang.T(fmt.Sprintf("示数由 %s 降至 %s kWh，且不是翻转", register(f.A), register(f.B)), fmt.Sprintf("the register falls from %s to %s kWh and did not roll over", register(f.A), register(f.B)))
	case Zero:
		return lang.T(fmt.Sprintf("连续 %d 个时段无用电，平常此间约用 %s kWh", f.A, kwh(f.B)), fmt.Sprintf("%d quarter hours without consumption, where %s kWh is usual", f.A, kwh(f.B)))
	case Missing:
		return lang.T(fmt.Sprintf("缺 %d 个时段，最长连续 %d 个", f.A, f.B), fmt.Sprintf("%d slots missing, %d in a row at most", f.A, f.B))
	case Duplicate:
		switch f.A {
		case twiceSlot:
			return lang.T(fmt.Sprintf("%d 个时段各有不止一条读数", f.B), fmt.Sprintf("%d slots have more than one reading", f.B))
		case twiceValue:
			return lang.T(fmt.Sprintf("%d 条读数与前一时段逐位相同，而功率不为零", f.B), fmt.Sprintf("%d readings repeat the one before digit by digit while power flows", f.B))
		}
		return lang.T("全天各时段的电量、功率与前一日逐位相同", "every energy and power of the day repeats the day before digit by digit")
	case RollOver:
		return lang.T(fmt.Sprintf("示数由 %s 翻转至 %s kWh（满码 %s），已按翻转续算", register(f.A), register(f.B), register(f.C)),
			fmt.Sprintf("the register rolls over from %s to %s kWh (capacity %s) and is counted on", register(f.A), register(f.B), register(f.C)))
	case Drift:
		return lang.T(fmt.Sprintf("%d 条读数偏离整刻，中位 %d 秒，当日变化 %d 秒", f.C, f.A, f.B), fmt.Sprintf("%d readings stand beside their quarter hour, %d s in the middle, moving %d s in the day", f.C, f.A, f.B))
	case Reversed:
		return lang.T(fmt.Sprintf("%d 个时段功率为负（其中夜间 %d 个），最低 %s kW", f.A, f.B, kwh(f.C)), fmt.Sprintf("power is negative in %d slots, %d of them at night, %s kW at the lowest", f.A, f.B, kwh(f.C)))
	case Sum:
		return lang.T(fmt.Sprintf("示数差 %s kWh，各时段功率折算 %s kWh", kwh(f.A), kwh(f.B)), fmt.Sprintf("the register rises by %s kWh, the powers of its intervals make %s kWh", kwh(f.A), kwh(f.B)))
	case Prolonged:
		return lang.T(fmt.Sprintf("连续 %d 日半数以上时段靠估算（限 %d 日）", f.A, f.B), fmt.Sprintf("mostly estimated for %d days in a row (limit %d)", f.A, f.B))
	case Multiplier:
		return lang.T(fmt.Sprintf("由 %s 变为 %s，恰约 10 的 %d 次方倍", kwh(f.B), kwh(f.C), f.A), fmt.Sprintf("from %s to %s, close to ten to the power of %d", kwh(f.B), kwh(f.C), f.A))
	}
	return lang.Text{}
}

func spikeText(f Finding) lang.Text {
	switch f.C {
	case spikeRegister:
		return lang.T(fmt.Sprintf("示数 %s kWh 偏离前后读数（%s kWh）后又回落", register(f.A), register(f.B)), fmt.Sprintf("register %s kWh leaves the readings beside it (%s kWh) and returns", register(f.A), register(f.B)))
	case spikeEnergy:
		return lang.T(fmt.Sprintf("单个时段电量 %s kWh，当日其余时段至多 %s kWh", kwh(f.A), kwh(f.B)), fmt.Sprintf("%s kWh in one quarter hour, %s kWh at most in the others", kwh(f.A), kwh(f.B)))
	}
	return lang.T(fmt.Sprintf("瞬时功率 %s kW，与该时段电量不符，其余至多 %s kW", kwh(f.A), kwh(f.B)), fmt.Sprintf("power of %s kW that the register does not bear out, %s kW at most elsewhere", kwh(f.A), kwh(f.B)))
}
