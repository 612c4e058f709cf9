package usage

import (
	"sort"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Point is a register at a time: microseconds UTC, 0.0001 kWh.
type Point struct {
	At      int64
	Value   int64
	Quality series.Quality
}

// Points are the registers of samples of grid.meter in order of time, without those that are void.
func Points(samples []series.Sample) []Point {
	out := make([]Point, 0, len(samples))
	for _, s := range samples {
		if s.Values[0] != series.Null && s.Quality&^series.Late != series.Invalid {
			out = append(out, Point{s.At, s.Values[0], s.Quality &^ series.Late})
		}
	}
	return out
}

// Sum is an energy in 0.0001 kWh. Known says that there is one, Whole that it covers its span from end to end by one register that
// never fell: otherwise it is too low.
type Sum struct {
	Energy       int64
	Known, Whole bool
	Estimated    bool // an end of the span was estimated or edited
}

// Between is what was drawn from one time to another; to may lie in the future. tolerance is how far a register may stand from an end.
func Between(p []Point, from, to, now int64, tolerance time.Duration) Sum {
	tol := int64(tolerance / time.Microsecond)
	first := sort.Search(len(p), func(i int) bool { return p[i].At >= from-tol })
	last := sort.Search(len(p), func(i int) bool { return p[i].At > to+tol }) - 1
	if last <= first {
		return Sum{}
	}
	s := Sum{Known: true, Whole: p[first].At <= from+tol && (p[last].At >= to-tol || to > now),
		Estimated: p[first].Quality != series.Measured || p[last].Quality != series.Measured}
	for i := first + 1; i <= last; i++ {
		if rise := p[i].Value - p[i-1].Value; rise >= 0 {
			s.Energy += rise
		} else { // the register began anew: another meter, or a roll-over
			s.Whole = false
		}
	}
	return s
}

// Quarter is one quarter hour of a day.
type Quarter struct {
	Energy  int64 // 0.0001 kWh
	Known   bool
	Quality series.Quality // the worse of the registers at its two ends
}

// Quarters cuts a day into its quarter hours. The quarter hour of slot i runs from its register to the next.
func Quarters(p []Point, d book.Day, tolerance time.Duration) (out [book.SlotsPerDay]Quarter) {
	var at [book.SlotsPerDay + 1]*Point
	first := sort.Search(len(p), func(i int) bool { return p[i].At >= d.Start()-book.SlotMicros })
	for i := first; i < len(p) && p[i].At < (d+1).Start()+book.SlotMicros; i++ {
		day, slot, ok := book.SlotAt(p[i].At, tolerance)
		switch {
		case ok && day == d:
			at[slot] = &p[i]
		case ok && day == d+1 && slot == 0:
			at[book.SlotsPerDay] = &p[i]
		}
	}
	for i := range out {
		a, b := at[i], at[i+1]
		if a == nil || b == nil || b.Value < a.Value {
			continue
		}
		out[i] = Quarter{b.Value - a.Value, true, a.Quality}
		if b.Quality != series.Measured {
			out[i].Quality = b.Quality
		}
	}
	return out
}

// Fewest is the number of customers below which no average of them is shown, and dominant the share of the whole, in percent, above
// which one of them stands out too far: an average over more, of which none draws more than that, tells of no single one.
const (
	Fewest   = 20
	dominant = 25
)

// Average is the mean of the energies of like customers, in 0.0001 kWh, to a tenth of a kWh; ok is false where it would tell too much.
func Average(energies []int64) (mean int64, ok bool) {
	var sum, most int64
	for _, e := range energies {
		sum += e
		most = max(most, e)
	}
	if len(energies) < Fewest || sum <= 0 || most*100 > sum*dominant {
		return 0, false
	}
	const tenth = 1000
	return (sum/int64(len(energies)) + tenth/2) / tenth * tenth, true
}
