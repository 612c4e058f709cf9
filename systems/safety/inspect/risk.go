package inspect

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/hazard"
)

// Grade of risk, in the four colours that the work safety commission of the State Council ordered in 2016 (安委办〔2016〕11号).
type Grade int

// The grades, the gravest first.
const (
	Red Grade = iota + 1
	Orange
	Yellow
	Blue
)

// Text is the grade for people.
func (g Grade) Text() lang.Text {
	switch g {
	case Red:
		return lang.T("重大风险（红）", "Major risk (red)")
	case Orange:
		return lang.T("较大风险（橙）", "High risk (orange)")
	case Yellow:
		return lang.T("一般风险（黄）", "Moderate risk (yellow)")
	}
	return lang.T("低风险（蓝）", "Low risk (blue)")
}

// Often is how many inspections a year a grade asks for where the plan says nothing else: monthly, quarterly, half-yearly, yearly.
func (g Grade) Often() int { return [...]int{0, 12, 4, 2, 1}[g] }

// Known is what the risk of a plant is computed from. Alarms and warnings are of the last 90 days.
type Known struct {
	Hazard   hazard.Level
	Since    int // days since the last inspection; -1: none
	Alarms   int // process alarms
	Warnings int // early warnings that nobody judged false
	Major    int // major hazards that are open
	General  int // general ones
}

// Points is one reason of a risk.
type Points struct {
	Why    lang.Text
	Points int
}

// Rate gives a plant's risk in points, at most 100, with its reasons, and its grade.
func Rate(k Known) (sum int, why []Points, g Grade) {
	add := func(zh, en string, n int) {
		if n > 0 {
			sum, why = sum+n, append(why, Points{lang.T(zh, en), n})
		}
	}
	add("重大危险源等级", "Class of major hazard", [...]int{0, 40, 30, 20, 10}[k.Hazard])
	switch {
	case k.Since < 0:
		add("尚未检查", "Never inspected", 20)
	case k.Since > 365:
		add("超过一年未检查", "Not inspected for a year", 20)
	case k.Since > 180:
		add("超过半年未检查", "Not inspected for half a year", 10)
	}
	add("近 90 天过程告警", "Process alarms in 90 days", min(20, k.Alarms))
	add("近 90 天统计预警", "Early warnings in 90 days", min(10, 2*k.Warnings))
	add("未闭合重大隐患", "Open major hazards", min(20, 20*k.Major))
	add("未闭合一般隐患", "Open general hazards", min(10, 2*k.General))
	sum = min(sum, 100)
	switch {
	case sum >= 60 || k.Major > 0:
		return sum, why, Red
	case sum >= 40:
		return sum, why, Orange
	case sum >= 20:
		return sum, why, Yellow
	}
	return sum, why, Blue
}

// Spread lays so many visits of each plant evenly on working days, and the plants evenly among each other: the answer has a day for each visit, plant by plant. Without working days it has none.
func Spread(visits []int, days []calendar.Date) [][]calendar.Date {
	out := make([][]calendar.Date, len(visits))
	if len(days) == 0 {
		return out
	}
	for i, n := range visits {
		n = min(n, len(days)) // never twice on one day
		gap := float64(len(days)) / float64(max(1, n))
		first := gap * (float64(i) + 0.5) / float64(len(visits))
		for k := range n {
			out[i] = append(out[i], days[min(len(days)-1, int(first+gap*float64(k)))])
		}
	}
	return out
}

// Ticket is a candidate's number in a draw: hex SHA-256 of the seed, a blank and the candidate.
func Ticket(seed, candidate string) string {
	sum := sha256.Sum256([]byte(seed + " " + candidate))
	return hex.EncodeToString(sum[:])
}

// Draw takes the n candidates with the least tickets, in the order of these. The order of the candidates and their repetition do not matter.
func Draw(seed string, candidates []string, n int) []string {
	all := slices.Clone(candidates)
	slices.Sort(all)
	all = slices.Compact(all)
	ticket := make(map[string]string, len(all))
	for _, c := range all {
		ticket[c] = Ticket(seed, c)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(ticket[a], ticket[b]), cmp.Compare(a, b)) })
	return all[:min(max(n, 0), len(all))]
}

// DrawFor takes n inspectors for one plant.
func DrawFor(seed, plant string, inspectors []string, n int) []string {
	tagged := make([]string, len(inspectors))
	for i, id := range inspectors {
		tagged[i] = plant + " " + id
	}
	out := Draw(seed, tagged, n)
	for i, t := range out {
		out[i] = strings.TrimPrefix(t, plant+" ")
	}
	return out
}

// Digest is what the journal keeps of the candidates: hex SHA-256 of their sorted codes, each with a line feed.
func Digest(candidates []string) string {
	all := slices.Clone(candidates)
	slices.Sort(all)
	sum := sha256.New()
	for _, c := range slices.Compact(all) {
		sum.Write([]byte(c + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))
}
