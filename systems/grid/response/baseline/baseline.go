package baseline

import (
	"math"
	"slices"
)

// Unknown marks a step whose energy is not known.
const Unknown = math.MinInt64

// Method is a way of making a baseline.
type Method string

// The methods.
const (
	High5of10 Method = "high5of10"
	Mid4of6   Method = "mid4of6"
)

// Known tells whether it is one of the methods.
func (m Method) Known() bool { return m == High5of10 || m == Mid4of6 }

// MostLift is how far the same-day adjustment may go either way.
const MostLift = 0.2

// The adjustment looks at the hours from adjustFrom to adjustTo before the event: near enough to know the day, and before anybody who
// was told prepares for the event.
const (
	adjustFrom  = 4 // hours
	adjustTo    = 2
	adjustLeast = 0.5 // hours that must be known
)

// Window is the event: steps of the day, To not included.
type Window struct{ From, To int }

// Result is a baseline. Energy and Raw (before the adjustment) cover the day, Unknown where the days do not know; Used are the places
// of the days it rests on, newest first. Lift is 1 where the day itself is not known well enough.
type Result struct {
	Energy, Raw []int64
	Used        []int
	Lift        float64
}

// Of makes the baseline of an event. days are the similar days before it, newest first, without those of events and holidays; each
// step's energy in a unit of the caller's choice, as whole numbers. A day with an unknown step in the event's window is passed over. ok is false
// where too few days are left: 5 of high5of10, 6 of mid4of6.
func Of(m Method, days [][]int64, today []int64, w Window, perHour int) (r Result, ok bool) {
	take := 10
	if m == Mid4of6 {
		take = 6
	}
	type candidate struct {
		place int
		sum   int64
	}
	var list []candidate
	for i, d := range days {
		if sum, known := total(d, w); known && len(list) < take {
			list = append(list, candidate{i, sum})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { // of equals the newer day goes first
		switch {
		case a.sum > b.sum:
			return -1
		case a.sum < b.sum:
			return 1
		}
		return 0
	})
	switch {
	case m == High5of10 && len(list) >= 5:
		list = list[:5]
	case m == Mid4of6 && len(list) == 6:
		list = list[1:5]
	default:
		return Result{Lift: 1}, false
	}
	for _, c := range list {
		r.Used = append(r.Used, c.place)
	}
	slices.Sort(r.Used)
	r.Raw = mean(days, r.Used)
	r.Lift = lift(r.Raw, today, w, perHour)
	r.Energy = make([]int64, len(r.Raw))
	for i, v := range r.Raw {
		if r.Energy[i] = v; v != Unknown {
			r.Energy[i] = int64(math.Round(float64(v) * r.Lift))
		}
	}
	return r, true
}

func total(d []int64, w Window) (sum int64, known bool) {
	if w.From < 0 || w.To > len(d) || w.From >= w.To {
		return 0, false
	}
	for _, v := range d[w.From:w.To] {
		if v == Unknown {
			return 0, false
		}
		sum += v
	}
	return sum, true
}

// mean is the mean of days step by step, of those that know the step, rounded half away from zero.
func mean(days [][]int64, used []int) []int64 {
	out := make([]int64, len(days[used[0]]))
	for k := range out {
		sum, n := int64(0), int64(0)
		for _, i := range used {
			if k < len(days[i]) && days[i][k] != Unknown {
				sum, n = sum+days[i][k], n+1
			}
		}
		if out[k] = Unknown; n > 0 {
			out[k] = int64(math.Round(float64(sum) / float64(n)))
		}
	}
	return out
}

func lift(raw, today []int64, w Window, perHour int) float64 {
	var was, is float64
	n := 0
	for k := max(0, w.From-adjustFrom*perHour); k < w.From-adjustTo*perHour && k < len(raw) && k < len(today); k++ {
		if raw[k] != Unknown && today[k] != Unknown {
			was, is, n = was+float64(raw[k]), is+float64(today[k]), n+1
		}
	}
	if float64(n) < adjustLeast*float64(perHour) || was <= 0 {
		return 1
	}
	return max(1-MostLift, min(1+MostLift, is/was))
}
