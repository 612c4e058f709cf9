package rule

import "github.com/haihe-city/haihe/kernel/series"

// Outcome says how the sum check of a meter's day ends once estimates stand in its gaps.
type Outcome uint8

// The outcomes.
const (
	Balanced Outcome = iota // the quarter hours between all accepted readings add up to the difference of the registers; where another register begins, on either side of it
	Unended                 // they do up to the last reading: nothing came at one end of the day, or at all
	Torn                    // a gap between two readings could not be drawn: between these nothing can be added up
	Failed                  // they do not: an error of ours
)

// Filled are the registers that estimates put into a day; series.Null where none does.
type Filled [Slots]int64

// Settle holds the quarter hours of a day, measured and estimated, against the difference of the registers that were read, to
// the last tenth of a watt-hour and to the last whole one. ended tells that the gap at the day's end was drawn up to a reading
// behind it. k has just checked the day.
func (k *Checker) Settle(d *Day, filled *Filled, ended bool) Outcome {
	prev, read := int64(series.Null), int64(series.Null)
	if d.BaseGap == 1 {
		prev, read = d.Base, d.Base
	}
	sum, hours, hole, out, last := int64(0), int64(0), false, Balanced, -1
	for i := range Slots {
		v, measured := filled[i], d.Measured.Has(i) && d.Register[i] != series.Null && !k.bad.Has(i)
		if measured {
			v = d.Register[i]
		}
		if v == series.Null {
			hole = true
			continue
		}
		if measured && k.seam.Has(i) { // another register begins: both sides add up by themselves
			prev, read, last, sum, hours, hole = v, v, i, 0, 0, false
			continue
		}
		if e, wh, ok := rise(prev, v); ok {
			sum, hours = sum+e, hours+wh
		} else if prev != series.Null {
			hole = true
		}
		prev = v
		if !measured {
			continue
		}
		e, wh, ok := rise(read, v)
		switch {
		case read == series.Null && hole:
			out = max(out, Unended)
		case read == series.Null:
		case !ok || hole:
			out = max(out, Torn)
		case e != sum || wh != hours:
			return Failed
		}
		read, last, sum, hours, hole = v, i, 0, 0, false
	}
	if last < Slots-1 && (!ended || last < 0 && read == series.Null) {
		out = max(out, Unended)
	}
	return out
}

// rise is the energy from one register to a later one, in tenths of a watt-hour and in whole ones; ok is false where it cannot
// be told.
func rise(a, b int64) (energy, hours int64, ok bool) {
	switch {
	case a == series.Null:
		return 0, 0, false
	case b >= a:
		return b - a, b/10 - a/10, tenfold(a, b) == 0 || a < scaleFrom
	case b >= a-slack:
		return 0, 0, true // a step back by rounding
	}
	e, c, ok := Unroll(a, b)
	return e, (b+c)/10 - a/10, ok
}
