package chunk

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"
)

// Run holds samples in columns, sorted by key and time, each pair once. A published run is never changed: readers keep
// slices of it without a lock. Vals may have fewer columns than the family has today; what is missing reads as Null.
type Run struct {
	Keys, Times []int64
	Qual        []Quality
	Vals        [][]int64
	Level       int // for the owner: how many merges it went through
}

// NewRun makes an empty run with room for size samples.
func NewRun(cols, size int) *Run {
	r := &Run{Keys: make([]int64, 0, size), Times: make([]int64, 0, size), Qual: make([]Quality, 0, size), Vals: make([][]int64, cols)}
	for c := range r.Vals {
		r.Vals[c] = make([]int64, 0, size)
	}
	return r
}

// Len is the number of samples.
func (r *Run) Len() int { return len(r.Keys) }

// Reset empties r and gives it cols columns.
func (r *Run) Reset(cols int) {
	r.Keys, r.Times, r.Qual = r.Keys[:0], r.Times[:0], r.Qual[:0]
	for len(r.Vals) < cols {
		r.Vals = append(r.Vals, nil)
	}
	r.Vals = r.Vals[:cols]
	for c := range r.Vals {
		r.Vals[c] = r.Vals[c][:0]
	}
}

// view sets r to the part [lo, hi) of src.
func (r *Run) view(src *Run, lo, hi int) {
	r.Keys, r.Times, r.Qual = src.Keys[lo:hi], src.Times[lo:hi], src.Qual[lo:hi]
	r.Vals = r.Vals[:0]
	for c := range src.Vals {
		r.Vals = append(r.Vals, src.Vals[c][lo:hi])
	}
}

// Part is a new view of r.
func (r *Run) Part(lo, hi int) *Run {
	v := &Run{Vals: make([][]int64, 0, len(r.Vals))}
	v.view(r, lo, hi)
	return v
}

// Only is a view of one column of r; without columns where r does not have it.
func (r *Run) Only(col int) *Run {
	v := &Run{Keys: r.Keys, Times: r.Times, Qual: r.Qual}
	if col < len(r.Vals) {
		v.Vals = r.Vals[col : col+1]
	}
	return v
}

// Add appends src, filling columns that it lacks with Null.
func (r *Run) Add(src *Run) {
	r.Keys, r.Times, r.Qual = append(r.Keys, src.Keys...), append(r.Times, src.Times...), append(r.Qual, src.Qual...)
	for c := range r.Vals {
		if c < len(src.Vals) {
			r.Vals[c] = append(r.Vals[c], src.Vals[c]...)
			continue
		}
		for range src.Keys {
			r.Vals[c] = append(r.Vals[c], Null)
		}
	}
}

// addOne appends sample i of src.
func (r *Run) addOne(src *Run, i int) {
	r.Keys, r.Times, r.Qual = append(r.Keys, src.Keys[i]), append(r.Times, src.Times[i]), append(r.Qual, src.Qual[i])
	for c := range r.Vals {
		v := int64(Null)
		if c < len(src.Vals) {
			v = src.Vals[c][i]
		}
		r.Vals[c] = append(r.Vals[c], v)
	}
}

// from is the first position whose key stands in block b or a later one.
func (r *Run) from(b int64) int {
	return sort.Search(len(r.Keys), func(i int) bool { return r.Keys[i]>>BlockBits >= b })
}

// Block is the part of r whose keys stand in block b; nil where there is none.
func (r *Run) Block(b int64) *Run {
	lo := r.from(b)
	if lo == len(r.Keys) || r.Keys[lo]>>BlockBits != b {
		return nil
	}
	return r.Part(lo, lo+r.End(lo, func(k int64) bool { return k>>BlockBits == b }))
}

// Key is the part of r that belongs to one key; nil where there is none.
func (r *Run) Key(k int64) *Run {
	lo, ok := slices.BinarySearch(r.Keys, k)
	if !ok {
		return nil
	}
	return r.Part(lo, lo+r.End(lo, func(x int64) bool { return x == k }))
}

// End counts the keys from lo on that are still in; it gallops, as most stretches are short.
func (r *Run) End(lo int, in func(int64) bool) int {
	rest := r.Keys[lo:]
	step := 1
	for step < len(rest) && in(rest[step]) {
		step *= 2
	}
	from := step / 2
	to := min(step, len(rest))
	return from + sort.Search(to-from, func(i int) bool { return !in(rest[from+i]) })
}

// Between is the part of a single key's run with from <= time < to.
func (r *Run) Between(from, to int64) (lo, hi int) {
	lo, _ = slices.BinarySearch(r.Times, from)
	hi, _ = slices.BinarySearch(r.Times, to)
	return lo, max(lo, hi)
}

// Merger walks several runs key by key; later runs win over earlier ones at the same time. It keeps its scratch memory.
type Merger struct {
	pos     []int
	one     Run // a view of the only source of a key
	joined  Run // several sources behind each other
	ordered Run
	order   []int32
}

// Each calls fn for every key of srcs in ascending order with its samples, sorted, each time once, with cols columns. The
// run is valid during the call only. srcs are ordered from the oldest to the newest.
func (m *Merger) Each(srcs []*Run, cols int, fn func(key int64, s *Run) error) error {
	m.pos = append(m.pos[:0], make([]int, len(srcs))...)
	for {
		var key int64
		last, count := -1, 0
		for i, s := range srcs {
			if m.pos[i] == len(s.Keys) {
				continue
			}
			switch k := s.Keys[m.pos[i]]; {
			case last < 0 || k < key:
				key, last, count = k, i, 1
			case k == key:
				last, count = i, count+1
			}
		}
		if last < 0 {
			return nil
		}
		if err := fn(key, m.gather(srcs, key, last, count, cols)); err != nil {
			return err
		}
	}
}

// gather joins what the sources have of one key and moves their positions on.
func (m *Merger) gather(srcs []*Run, key int64, last, count, cols int) *Run {
	if count == 1 && len(srcs[last].Vals) == cols {
		s, lo := srcs[last], m.pos[last]
		hi := lo + s.End(lo, func(k int64) bool { return k == key })
		m.one.view(s, lo, hi)
		m.pos[last] = hi
		return &m.one
	}
	m.joined.Reset(cols)
	sorted := true
	for i, s := range srcs {
		lo := m.pos[i]
		if lo == len(s.Keys) || s.Keys[lo] != key {
			continue
		}
		hi := lo + s.End(lo, func(k int64) bool { return k == key })
		if n := len(m.joined.Times); n > 0 && m.joined.Times[n-1] >= s.Times[lo] {
			sorted = false
		}
		m.one.view(s, lo, hi)
		m.joined.Add(&m.one)
		m.pos[i] = hi
	}
	if sorted {
		return &m.joined
	}
	return m.sort(cols)
}

// sort orders m.joined by time; of equal times the last one stays.
func (m *Merger) sort(cols int) *Run {
	t := m.joined.Times
	m.order = m.order[:0]
	for i := range t {
		m.order = append(m.order, int32(i))
	}
	slices.SortFunc(m.order, func(a, b int32) int {
		if c := cmp.Compare(t[a], t[b]); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
	m.ordered.Reset(cols)
	for i, at := range m.order {
		if i+1 < len(m.order) && t[m.order[i+1]] == t[at] {
			continue
		}
		m.ordered.addOne(&m.joined, int(at))
	}
	return &m.ordered
}

// Merge makes one run of several, the oldest first.
func Merge(srcs []*Run, cols int) *Run {
	size := 0
	for _, s := range srcs {
		size += s.Len()
	}
	var m Merger
	out := NewRun(cols, size)
	_ = m.Each(srcs, cols, func(_ int64, s *Run) error { out.Add(s); return nil }) // add does not fail
	return out
}

// Sorter orders the samples of arriving batches by day, key and time.
type Sorter struct {
	order  []uint64
	sorted []int32
}

// Split cuts raw samples, in the order of their commits, into one sorted run a day. Of two samples of one key and time the
// later stays. The runs own their memory.
func (s *Sorter) Split(raw *Run) map[int64]*Run {
	order := s.sort(raw)
	kept := order[:0]
	for i, at := range order {
		if i+1 < len(order) && raw.Keys[order[i+1]] == raw.Keys[at] && raw.Times[order[i+1]] == raw.Times[at] {
			continue
		}
		kept = append(kept, at)
	}
	days := map[int64][]int32{}
	if first, last := DayOf(slices.Min(raw.Times)), DayOf(slices.Max(raw.Times)); first == last {
		days[first] = kept
	} else {
		for _, at := range kept {
			d := DayOf(raw.Times[at])
			days[d] = append(days[d], at)
		}
	}
	out := make(map[int64]*Run, len(days))
	for d, order := range days {
		out[d] = raw.pick(order)
	}
	return out
}

// pick copies the samples at the given positions, column by column.
func (r *Run) pick(order []int32) *Run {
	out := NewRun(len(r.Vals), len(order))
	for _, at := range order {
		out.Keys = append(out.Keys, r.Keys[at])
	}
	for _, at := range order {
		out.Times = append(out.Times, r.Times[at])
	}
	for _, at := range order {
		out.Qual = append(out.Qual, r.Qual[at])
	}
	for c, v := range r.Vals {
		for _, at := range order {
			out.Vals[c] = append(out.Vals[c], v[at])
		}
	}
	return out
}

// sort gives the positions of raw by key, time and arrival. Key, time and position mostly fit one word of 64 bits, which
// sorts three times as fast as a comparison of columns.
func (s *Sorter) sort(raw *Run) []int32 {
	n := raw.Len()
	s.sorted = slices.Grow(s.sorted[:0], n)[:n]
	for i := range s.sorted {
		s.sorted[i] = int32(i)
	}
	k0, k1, t0, t1, ascending := bounds(raw)
	if ascending {
		return s.sorted
	}
	tick := max(1, spacing(raw.Times))
	kb, tb, ib := bits.Len64(uint64(k1)-uint64(k0)), bits.Len64(uint64(t1-t0)/uint64(tick)), bits.Len(uint(n))
	if kb+tb+ib > 64 {
		slices.SortFunc(s.sorted, func(a, b int32) int {
			if c := cmp.Compare(raw.Keys[a], raw.Keys[b]); c != 0 {
				return c
			}
			if c := cmp.Compare(raw.Times[a], raw.Times[b]); c != 0 {
				return c
			}
			return cmp.Compare(a, b)
		})
		return s.sorted
	}
	s.order = slices.Grow(s.order[:0], n)[:n]
	for i := range s.order {
		t := uint64(raw.Times[i]-t0) / uint64(tick)
		s.order[i] = (uint64(raw.Keys[i])-uint64(k0))<<(tb+ib) | t<<ib | uint64(i)
	}
	slices.Sort(s.order)
	for i, o := range s.order {
		s.sorted[i] = int32(o & (1<<ib - 1))
	}
	return s.sorted
}

// bounds gives the least and greatest key and time, and whether raw is in order already, each pair once.
func bounds(raw *Run) (k0, k1, t0, t1 int64, ascending bool) {
	k0, k1, t0, t1, ascending = raw.Keys[0], raw.Keys[0], raw.Times[0], raw.Times[0], true
	for i := 1; i < raw.Len(); i++ {
		k, t := raw.Keys[i], raw.Times[i]
		if p := raw.Keys[i-1]; k < p || k == p && t <= raw.Times[i-1] {
			ascending = false
		}
		k0, k1, t0, t1 = min(k0, k), max(k1, k), min(t0, t), max(t1, t)
	}
	return k0, k1, t0, t1, ascending
}

// spacing is the greatest common divisor of the distances between times; 0 where all are equal.
func spacing(times []int64) int64 {
	var g, last int64
	for i := 1; i < len(times); i++ {
		d := times[i] - times[0]
		if d == last || d == 0 || g == 1 {
			continue
		}
		last = d
		for a := max(d, -d); a != 0; {
			g, a = a, g%a
		}
	}
	return g
}

// Blocks lists the blocks of a run, ascending.
func (r *Run) Blocks() (out []int64) {
	for at := 0; at < r.Len(); {
		b := r.Keys[at] >> BlockBits
		out = append(out, b)
		at += r.End(at, func(k int64) bool { return k>>BlockBits == b })
	}
	return out
}

// EachBlock calls fn for every block that srcs have samples of, ascending, with their parts.
func EachBlock(srcs []*Run, fn func(block int64, parts []*Run) error) error {
	pos := make([]int, len(srcs))
	for {
		var block int64
		found := false
		for i, s := range srcs {
			if pos[i] < s.Len() {
				if b := s.Keys[pos[i]] >> BlockBits; !found || b < block {
					block, found = b, true
				}
			}
		}
		if !found {
			return nil
		}
		var parts []*Run
		for i, s := range srcs {
			if pos[i] < s.Len() && s.Keys[pos[i]]>>BlockBits == block {
				hi := pos[i] + s.End(pos[i], func(k int64) bool { return k>>BlockBits == block })
				parts = append(parts, s.Part(pos[i], hi))
				pos[i] = hi
			}
		}
		if err := fn(block, parts); err != nil {
			return err
		}
	}
}

// Keep leaves, of the samples from at on, those that keep tells to.
func (r *Run) Keep(at int, keep func(i int) bool) {
	to := at
	for i := at; i < r.Len(); i++ {
		if !keep(i) {
			continue
		}
		if to != i {
			r.Keys[to], r.Times[to], r.Qual[to] = r.Keys[i], r.Times[i], r.Qual[i]
			for c := range r.Vals {
				r.Vals[c][to] = r.Vals[c][i]
			}
		}
		to++
	}
	r.Cut(to)
}
