package early

import "math"

// slot gathers the readings of one interval.
type slot struct {
	sum []float64
	n   []int32
	all int
}

func newSlot(columns int) slot { return slot{sum: make([]float64, columns), n: make([]int32, columns)} }

func (s *slot) add(column int, v float64) {
	s.sum[column] += v
	s.n[column]++
	s.all++
}

func (s *slot) empty() bool { return s.all == 0 }

func (s *slot) reset() {
	clear(s.sum)
	clear(s.n)
	s.all = 0
}

// holdSlots is for how many slots a silent point keeps its last value.
const holdSlots = 3

// filler makes rows of slots: means, and for a while the last value of what is silent.
type filler struct {
	last []float64
	age  []int
}

func newFiller(columns int) filler {
	f := filler{last: make([]float64, columns), age: make([]int, columns)}
	for i := range f.last {
		f.last[i] = math.NaN()
	}
	return f
}

// row writes the row of a slot and counts what is missing in it: NaN.
func (f *filler) row(s *slot, out []float64) (missing int) {
	for i := range out {
		if f.age[i]++; s.n[i] > 0 {
			f.last[i], f.age[i] = s.sum[i]/float64(s.n[i]), 0
		}
		if out[i] = f.last[i]; f.age[i] > holdSlots {
			out[i] = math.NaN()
		}
		if math.IsNaN(out[i]) {
			missing++
		}
	}
	return missing
}
