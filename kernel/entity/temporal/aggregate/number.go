package aggregate

import (
	"math"
	"math/bits"
	"strconv"
)

// figures sums up numbers: all that the methods of 4.5.19 ask of them.
type figures struct {
	n        int64
	sum      wide    // of the whole numbers
	rest     float64 // of the others, and what was lost in adding them
	lost     float64
	min, max float64
	shift    float64 // the first value: differences from it keep the variance exact where values are far from zero
	diff     float64
	square   float64
	sumsq    float64
}

// wide is a sum of 128 bits.
type wide struct {
	hi int64
	lo uint64
}

func (w *wide) add(v int64) {
	lo, carry := bits.Add64(w.lo, uint64(v), 0)
	w.lo = lo
	w.hi += int64(carry) + v>>63
}

func (w *wide) float() float64 {
	if w.hi == 0 && w.lo>>63 == 0 || w.hi == -1 && w.lo>>63 == 1 {
		return float64(int64(w.lo))
	}
	return math.Ldexp(float64(w.hi), 64) + float64(w.lo)
}

// moments takes a value in besides its sum.
func (f *figures) moments(v float64) {
	if f.n == 0 {
		f.min, f.max, f.shift = v, v, v
	} else if v < f.min {
		f.min = v
	} else if v > f.max {
		f.max = v
	}
	f.n++
	d := v - f.shift
	f.diff += d
	f.square += d * d
	f.sumsq += v * v
}

// add takes a value in. The sum is compensated (Neumaier), so that a hundred thousand tenths are ten thousand.
func (f *figures) add(v float64) {
	if t := int64(v); float64(t) == v && t > -1<<53 && t < 1<<53 {
		f.sum.add(t)
	} else {
		s := f.rest + v
		if math.Abs(f.rest) >= math.Abs(v) {
			f.lost += (f.rest - s) + v
		} else {
			f.lost += (v - s) + f.rest
		}
		f.rest = s
	}
	f.moments(v)
}

func (f *figures) total() float64 { return f.sum.float() + f.rest + f.lost }

// of gives what a method asks for; scale divides (values of gauges are whole numbers of a millionth).
func (f *figures) of(m Method, scale float64) float64 {
	switch m {
	case avg:
		return f.total() / scale / float64(f.n)
	case sum:
		return f.total() / scale
	case least:
		return f.min / scale
	case most:
		return f.max / scale
	case sumsq:
		return f.sumsq / scale / scale
	case stddev: // of the whole population: one value has a deviation of nothing
		mean := f.diff / float64(f.n)
		return math.Sqrt(max(f.square/float64(f.n)-mean*mean, 0)) / scale
	}
	return float64(f.n)
}

// appendNumber writes a number as JSON: the shortest text that reads back the same.
func appendNumber(b []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) { // JSON cannot say it
		return append(b, "null"...)
	}
	if a := math.Abs(v); a == 0 || a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(b, v+0, 'f', -1, 64)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// distinct counts different whole numbers, which it holds in one table without pointers.
type distinct struct {
	slots []int64
	n     int
	zero  bool
}

func (d *distinct) add(v int64) {
	if v == 0 {
		d.zero = true
		return
	}
	if 2*d.n >= len(d.slots) {
		d.grow()
	}
	if d.put(v) {
		d.n++
	}
}

func (d *distinct) put(v int64) bool {
	mask := uint64(len(d.slots) - 1)
	for i := uint64(v) * 0x9e3779b97f4a7c15 >> 20 & mask; ; i = (i + 1) & mask {
		switch d.slots[i] {
		case 0:
			d.slots[i] = v
			return true
		case v:
			return false
		}
	}
}

func (d *distinct) grow() {
	old := d.slots
	d.slots = make([]int64, max(1024, 4*len(old)))
	for _, v := range old {
		if v != 0 {
			d.put(v)
		}
	}
}

func (d *distinct) count() int {
	if d.zero {
		return d.n + 1
	}
	return d.n
}

// millionths is the scale of the numbers of gauges.
const millionths = 1e6

// scaled gives figures of millionths as figures of ones.
func (f *figures) scaled() figures {
	return figures{n: f.n, rest: f.total() / millionths, min: f.min / millionths, max: f.max / millionths, shift: f.shift / millionths,
		diff: f.diff / millionths, square: f.square / millionths / millionths, sumsq: f.sumsq / millionths / millionths}
}

// join adds the figures of o.
func (f *figures) join(o *figures) {
	d := o.shift - f.shift // o's differences, seen from f's first value
	f.square += o.square + 2*d*o.diff + float64(o.n)*d*d
	f.diff += o.diff + float64(o.n)*d
	f.rest += o.total()
	f.sumsq += o.sumsq
	f.min, f.max = min(f.min, o.min), max(f.max, o.max)
	f.n += o.n
}
