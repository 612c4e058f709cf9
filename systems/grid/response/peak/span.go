package peak

import "math"

// Rule says when a peak begins and ends: after On steps in a row above Limit, and after Off steps in a row at or below Limit less
// Band (a share of it). Steps that are not known break no row.
type Rule struct {
	Limit, Band float64
	On, Off     int
}

// Span is a peak: its first step, the first step after it (-1 while it lasts), the last step above the limit, and the highest.
type Span struct {
	Began, Ended, Last, PeakAt int
	Peak                       float64
}

// Spans finds the peaks of a curve. Steps from due on are still filling: they are too low, and therefore may begin a peak and not end one.
func Spans(load []float64, due int, r Rule) (out []Span) {
	var now *Span
	high, low, from := 0, 0, 0
	for i, v := range load {
		if math.IsNaN(v) {
			continue
		}
		if now == nil {
			if v <= r.Limit {
				if high > 0 && i >= due {
					continue
				}
				high = 0
				continue
			}
			if high++; high == 1 {
				from = i
			}
			if high < r.On {
				continue
			}
			out = append(out, Span{Began: from, Ended: -1, Last: i})
			now, low = &out[len(out)-1], 0
			for k := from; k <= i; k++ {
				now.see(k, load[k])
			}
			continue
		}
		now.see(i, v)
		switch {
		case v > r.Limit:
			now.Last, low = i, 0
		case v > r.Limit*(1-r.Band):
			low = 0
		case i < due:
			if low++; low == 1 {
				from = i
			}
			if low >= r.Off {
				now.Ended, now, high = from, nil, 0
			}
		}
	}
	return out
}

func (s *Span) see(i int, v float64) {
	if !math.IsNaN(v) && v > s.Peak {
		s.Peak, s.PeakAt = v, i
	}
}
