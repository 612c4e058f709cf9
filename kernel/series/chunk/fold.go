package chunk

import "math/bits"

// Folder sums one column of one day into periods.
type Folder struct {
	From, To, Period int64   // [From, To) and the period in microseconds
	Cells            []Point // the day's periods

	spans []span // of the times last cut
	n     int    // what they were cut from, where the times were even
	first int64
	step  int64

	times, vals []int64
	qual        []Quality
}

// span is a stretch of samples that fall into one period.
type span struct{ cell, lo, hi int }

// Begin readies the periods of a day.
func (f *Folder) Begin(day int64) {
	first := PeriodOf(DayStart(day), f.Period)
	count := int(PeriodOf(DayStart(day+1)-1, f.Period)-first) + 1
	if cap(f.Cells) < count {
		f.Cells = make([]Point, count)
	}
	f.Cells = f.Cells[:count]
	for i := range f.Cells {
		f.Cells[i] = Point{At: (first+int64(i))*f.Period - ZoneMicros}
	}
	f.n = 0
}

// Cut finds the spans of ascending times within [from, to). A division is needed only where the period changes.
func (f *Folder) Cut(times []int64) {
	f.spans, f.n = f.spans[:0], 0
	start := f.Cells[0].At
	for i := 0; i < len(times); {
		if times[i] < f.From {
			i++
			continue
		}
		if times[i] >= f.To {
			break
		}
		cell := int((times[i] - start) / f.Period)
		end := min(f.To, start+int64(cell+1)*f.Period)
		lo := i
		for i < len(times) && times[i] < end {
			i++
		}
		f.spans = append(f.spans, span{cell, lo, i})
	}
}

// Add sums the spans of a column. qual is nil where every sample is Measured.
func (f *Folder) Add(vals []int64, qual []Quality) {
	for _, s := range f.spans {
		p := &f.Cells[s.cell]
		sum, least, most, count := p.Sum, p.Min, p.Max, p.Count
		for i := s.lo; i < s.hi; i++ {
			v := vals[i]
			if v == Null || qual != nil && qual[i].Source() == Invalid {
				continue
			}
			if count == 0 {
				least, most = v, v
			}
			sum, least, most, count = sum+v, min(least, v), max(most, v), count+1
		}
		p.Sum, p.Min, p.Max, p.Count = sum, least, most, count
	}
}

// Block sums one column of the wanted keys of an opened block, without making samples of it: neighbours mostly share their
// times, which are then cut once; the other columns are passed over.
func (f *Folder) Block(c *Block, mask uint64, col int) error {
	if col >= c.cols {
		return nil // declared later: nothing but Nulls
	}
	for p := c.Present & mask; p != 0; p &= p - 1 {
		s, n := c.slice(bits.TrailingZeros64(p))
		flags, first, step := c.evenTimes(&s)
		if flags&flagEven == 0 || n != f.n || first != f.first || step != f.step {
			f.times = sized(f.times, n)
			c.times(&s, f.times, flags, first, step)
			if s.err != nil {
				return s.err
			}
			f.Cut(f.times)
			if flags&flagEven != 0 {
				f.n, f.first, f.step = n, first, step
			}
		}
		if len(f.spans) == 0 {
			continue
		}
		var qual []Quality
		if flags&flagMeasured == 0 {
			f.qual = sized(f.qual, n)
			s.quality(f.qual)
			qual = f.qual
		}
		for range col {
			s.skip(n)
		}
		f.vals = sized(f.vals, n)
		s.column(f.vals)
		if s.err != nil {
			return s.err
		}
		f.Add(f.vals, qual)
	}
	return nil
}

// Roll sums points that were rolled up: the four columns of a roll-up in r.
func (f *Folder) Roll(r *Run, col int) {
	if 4*col+3 >= len(r.Vals) {
		return
	}
	f.Cut(r.Times)
	sum, least, most, count := r.Vals[4*col], r.Vals[4*col+1], r.Vals[4*col+2], r.Vals[4*col+3]
	for _, s := range f.spans {
		for i := s.lo; i < s.hi; i++ {
			if count[i] > 0 { // Null in columns that were declared later
				f.Cells[s.cell].Join(&Point{Sum: sum[i], Min: least[i], Max: most[i], Count: count[i]})
			}
		}
	}
}

// Join adds the samples of o to p.
func (p *Point) Join(o *Point) {
	if p.Count == 0 {
		p.Min, p.Max = o.Min, o.Max
	}
	p.Sum, p.Count = p.Sum+o.Sum, p.Count+o.Count
	p.Min, p.Max = min(p.Min, o.Min), max(p.Max, o.Max)
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
