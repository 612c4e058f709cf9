package rule

import (
	"cmp"
	"slices"
)

// Why says why a participant is not chosen.
type Why string

// The reasons, in the order in which they are looked at.
const (
	Chosen Why = ""
	Closed Why = "closed" // has left
	Area   Why = "area"   // a meter of theirs lies outside
	Notice Why = "notice" // would be told too late
	Events Why = "events" // has been called as often as the contract allows
	Hours  Why = "hours"  // the event is longer than what is left of the hours
	Enough Why = "enough" // the target is met without them
)

// Candidate is a participant as choosing sees them.
type Candidate struct {
	Code        string
	Capacity    int64 // kW
	Price       int64 // fen/kWh
	Reliability int64 // thousandths
	Notice      int64 // minutes
	EventsLeft  int64
	MinutesLeft int64
	Closed      bool
	Inside      bool // all meters lie in the event's area
}

// Ask is what an event needs: kW over so many minutes, beginning so many minutes from now.
type Ask struct{ Target, Minutes, Ahead int64 }

// Choice is what became of a candidate. Expected is the capacity weighted by reliability, kW.
type Choice struct {
	Candidate
	Why      Why
	Expected int64
}

// Newcomer is the reliability of a participant who has not taken part yet: four fifths of what the contract says.
const Newcomer = 800

// leastWeight and mostWeight bound the weight of a reliability: who delivers nothing is still asked last, who delivers more than the contract
// counts as the contract.
const (
	leastWeight = 100
	mostWeight  = 1000
)

func (c Candidate) weight() int64 { return max(leastWeight, min(mostWeight, c.Reliability)) }

// Choose takes participants, the cheapest expected kWh (price over reliability) first, of equals the more reliable, then the greater, then by
// code, until what is expected of them meets the target. It is greedy: the last one may carry the sum above the target. met is the
// sum in kW. The choices come in that order, those who cannot take part last.
func Choose(all []Candidate, ask Ask) (out []Choice, met int64) {
	for _, c := range all {
		x := Choice{Candidate: c, Expected: c.Capacity * c.weight() / mostWeight}
		switch {
		case c.Closed:
			x.Why = Closed
		case !c.Inside:
			x.Why = Area
		case c.Notice > ask.Ahead:
			x.Why = Notice
		case c.EventsLeft <= 0:
			x.Why = Events
		case c.MinutesLeft < ask.Minutes:
			x.Why = Hours
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b Choice) int {
		can := func(c Choice) int {
			if c.Why == Chosen {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(can(a), can(b)), cmp.Compare(a.Price*b.weight(), b.Price*a.weight()), cmp.Compare(b.weight(), a.weight()), cmp.Compare(b.Capacity, a.Capacity), cmp.Compare(a.Code, b.Code))
	})
	for i := range out {
		switch {
		case out[i].Why != Chosen:
		case met >= ask.Target:
			out[i].Why = Enough
		default:
			met += out[i].Expected
		}
	}
	return out, met
}
