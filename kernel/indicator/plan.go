package indicator

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// China is the time zone of the plan: its days, months and years begin at midnight in Tianjin.
var China = time.FixedZone("Asia/Shanghai", 8*60*60)

// Target is one figure that the plan promises.
type Target struct {
	ID, Area, Section string
	Name              lang.Text
	Op                string  // ">=" or ">"
	Value             float64 // the goal, in Unit
	Unit              string  // "%", "CNY/year", "bit/s", "bytes", or the thing counted: "meters"
	Due               int     // by the end of this year
	Owners            []string
	System            string
	Reported          bool     // submitted by the owner; otherwise measured
	Measure           string   // what is counted, over what
	Counted           string   // the same in Chinese
	Quote             string   // the plan's own words, Chinese
	Base              *float64 // what it was when the plan began, where the plan says so
}

// Reached tells whether v fulfils the promise.
func (t Target) Reached(v float64) bool {
	if t.Op == ">" {
		return v > t.Value
	}
	return v >= t.Value
}

// DueEnd is the last second of the year by whose end the target must hold, China time.
func (t Target) DueEnd() time.Time { return time.Date(t.Due, 12, 31, 23, 59, 59, 0, China) }

// What says in both languages what is counted, over what.
func (t Target) What() lang.Text { return lang.T(t.Counted, t.Measure) }

// Area is a field of the plan with its targets.
type Area struct {
	ID      string
	Name    lang.Text
	Section string
	Lead    string // the unit that leads
}

// System is a system that the plan names.
type System struct {
	ID      string
	Name    lang.Text
	Section string
	Job     string // its essential job, English
	Formats []string
	Scale   string
}

// Milestone is what a year of the plan asks, and the targets that it asks it of (none: all that are due that year).
type Milestone struct {
	Year    int
	Text    lang.Text
	Targets []string
}

// Sum is an identity of the plan's arithmetic: Whole = sum of Parts.
type Sum struct {
	Whole string
	Parts []string
}

// Plan is the data of an action plan.
type Plan struct {
	Name         lang.Text
	Start, End   time.Time // the day the plan was issued; the last second of its last day
	Areas        []Area
	Targets      []Target
	Systems      []System
	Milestones   []Milestone
	Sums         []Sum
	Coordinators []string // units that coordinate all targets
}

// Target finds a target by its id.
func (p *Plan) Target(id string) (Target, bool) {
	i := slices.IndexFunc(p.Targets, func(t Target) bool { return t.ID == id })
	if i < 0 {
		return Target{}, false
	}
	return p.Targets[i], true
}

// System finds a system by its id.
func (p *Plan) System(id string) (System, bool) {
	i := slices.IndexFunc(p.Systems, func(s System) bool { return s.ID == id })
	if i < 0 {
		return System{}, false
	}
	return p.Systems[i], true
}

// Check finds what is wrong with a plan's data; it is a mistake of who wrote the data, not of who uses the program.
func (p *Plan) Check() error {
	var faults []error
	say := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !p.Start.Before(p.End) {
		say("the plan ends before it starts")
	}
	seen := map[string]bool{}
	for _, t := range p.Targets {
		if t.ID == "" || seen[t.ID] {
			say("target %q: the id is missing or there twice", t.ID)
		}
		seen[t.ID] = true
		p.checkTarget(t, say)
	}
	for _, s := range p.Sums {
		p.checkSum(s, say)
	}
	return errors.Join(faults...)
}

func (p *Plan) checkTarget(t Target, say func(string, ...any)) {
	if t.Name.Zh == "" || t.Name.En == "" {
		say("target %s: a name in both languages is needed", t.ID)
	}
	if t.Op != ">=" && t.Op != ">" {
		say("target %s: op %q is neither >= nor >", t.ID, t.Op)
	}
	if !(t.Value > 0) || math.IsInf(t.Value, 0) {
		say("target %s: the goal %v is no positive number", t.ID, t.Value)
	}
	if t.DueEnd().Before(p.Start) || t.DueEnd().After(p.End) {
		say("target %s: due %d lies outside the plan", t.ID, t.Due)
	}
	if len(t.Owners) == 0 {
		say("target %s: nobody is responsible", t.ID)
	}
	if !slices.ContainsFunc(p.Areas, func(a Area) bool { return a.ID == t.Area }) {
		say("target %s: no area %q", t.ID, t.Area)
	}
	if _, ok := p.System(t.System); !ok {
		say("target %s: no system %q", t.ID, t.System)
	}
	if t.Base != nil && *t.Base >= t.Value {
		say("target %s: the baseline %v is not below the goal %v", t.ID, *t.Base, t.Value)
	}
}

// checkSum holds the goals to the plan's arithmetic: a plan whose goals do not add up is misread.
func (p *Plan) checkSum(s Sum, say func(string, ...any)) {
	whole, ok := p.Target(s.Whole)
	if !ok || len(s.Parts) == 0 {
		say("sum of %q: no such target, or no parts", s.Whole)
		return
	}
	total := 0.0
	for _, id := range s.Parts {
		part, ok := p.Target(id)
		if !ok || part.Unit != whole.Unit {
			say("sum of %s: no part %q in %s", s.Whole, id, whole.Unit)
			return
		}
		total += part.Value
	}
	if !same(total, whole.Value) {
		say("sum of %s: the parts' goals make %v, the goal is %v", s.Whole, total, whole.Value)
	}
}

// same tells whether two sums agree but for the rounding of binary fractions.
func same(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b), 1) }
