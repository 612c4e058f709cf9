package model

import (
	"math"
	"slices"
)

// State is a model at work on rows as they come. It belongs to one goroutine.
type State struct {
	m      *Model
	joined []float64 // the newest row and the earlier ones, standardised
	gaps   []int     // places of the newest row that are missing
	slow   []float64 // their exponentially weighted mean
	raw    [statistics]float64
	seen   int
	above  int // rows in succession above the limit
	below  int // rows in succession below Clear
	on     bool
}

// Score is what a row says.
type Score struct {
	Ready bool                // false until enough rows have come
	Over  [statistics]float64 // each statistic over its limit
	Index float64             // the greatest of them
	Which int                 // whose it is
	Alarm bool                // after the debounce
	Came  bool                // the alarm came with this row
	Went  bool                // it ended with this row
}

// Part is one point's share of a distance.
type Part struct {
	Input int // column of the rows
	Share float64
	Sigma float64 // how far the point itself lies from its mean, in deviations: of the slow mean where that gave the index
}

// Start begins with nothing seen.
func (m *Model) Start() *State {
	n := len(m.Used) * (m.Config.Lags + 1)
	return &State{m: m, joined: make([]float64, n), slow: make([]float64, n)}
}

// Forget drops what was seen, after a gap, so that rows are not joined across it. An alarm that stands keeps standing.
func (s *State) Forget() {
	clear(s.joined)
	clear(s.slow)
	s.seen, s.above, s.below = 0, 0, 0
}

// Standing tells whether the alarm stands; Stand sets it, after a restart.
func (s *State) Standing() bool { return s.on }

// Stand sets whether the alarm stands.
func (s *State) Stand(on bool) { s.on = on }

func (s *State) full() bool { return s.seen > s.m.Config.Lags }

// take pushes a row, or a gap, and tells whether the joined rows are whole.
func (s *State) take(row []float64) bool {
	if row == nil {
		s.Forget()
		return false
	}
	s.push(row)
	return s.full()
}

// push standardises a row and joins it to the earlier ones.
func (s *State) push(row []float64) {
	k := len(s.m.Used)
	s.gaps = s.gaps[:0]
	copy(s.joined[k:], s.joined[:len(s.joined)-k])
	for i, j := range s.m.Used {
		x := (row[j] - s.m.Mean[i]) / s.m.Scale[i]
		if math.IsNaN(x) {
			s.gaps, x = append(s.gaps, i), 0
		}
		s.joined[i] = math.Max(-reach, math.Min(reach, x))
	}
	s.seen++
	s.guess()
	if w := s.m.Config.Smooth; w > 0 && s.full() {
		for i, x := range s.joined {
			s.slow[i] += w * (x - s.slow[i])
		}
	}
}

// guess fills what is missing with what lies nearest to the model given the rest: the distance over all directions is made least, one place
// after the other. A point that is lost thus says nothing, and does not look like one that left its fellows.
func (s *State) guess() {
	sweeps := min(len(s.gaps), 5)
	for range sweeps {
		for _, j := range s.gaps {
			slope, bend := 0.0, 0.0
			for i, b := range s.m.Basis {
				v := float64(b[j]) / s.m.Var[i]
				slope, bend = slope+v*dot(b, s.joined), bend+v*float64(b[j])
			}
			if bend > 0 {
				s.joined[j] -= slope / bend
			}
		}
	}
}

// reach bounds a standardised value: beyond it nothing is learnt about the distance, and sums stay finite.
const reach = 1e4

func (s *State) measure() {
	s.raw[T2], s.raw[Q] = s.distances(s.joined)
	if s.m.Config.Smooth > 0 {
		s.raw[SlowT2], s.raw[SlowQ] = s.distances(s.slow)
	}
}

func (s *State) distances(x []float64) (t2, q float64) {
	m, whole := s.m, 0.0
	for _, v := range x {
		whole += v * v
	}
	for i, b := range m.Basis {
		if i >= m.Comps && !m.Config.Weigh {
			break
		}
		t := dot(b, x)
		switch {
		case i < m.Comps:
			t2 += t * t / m.Var[i]
			whole -= t * t
		default:
			q += t * t / m.Var[i]
		}
	}
	if !m.Config.Weigh {
		q = math.Max(0, whole)
	}
	return t2, q
}

func dot(a []float32, b []float64) (sum float64) {
	b = b[:len(a)]
	for i, v := range a {
		sum += float64(v) * b[i]
	}
	return sum
}

// Step takes the next row.
func (s *State) Step(row []float64) (out Score) {
	s.push(row)
	if !s.full() {
		return Score{Alarm: s.on}
	}
	s.measure()
	out.Ready = true
	for k, l := range s.m.Limits {
		if l <= 0 {
			continue
		}
		if out.Over[k] = s.raw[k] / l; out.Over[k] > out.Index {
			out.Index, out.Which = out.Over[k], k
		}
	}
	c := s.m.Config
	switch {
	case out.Index > 1:
		s.above, s.below = s.above+1, 0
	case out.Index < c.Clear:
		s.above, s.below = 0, s.below+1
	default:
		s.above, s.below = 0, 0
	}
	out.Came, out.Went = !s.on && s.above >= c.On, s.on && s.below >= c.Off
	s.on = s.on != (out.Came || out.Went)
	out.Alarm = s.on
	return out
}

// Parts says which points the distance of the last row is made of, the greatest first, at most limit. For a statistic of the components these are the
// complete decomposition contributions, for Q the squared residuals (Alcala and Qin 2009), summed over the lags.
func (s *State) Parts(which, limit int) []Part {
	x := s.joined
	if which == SlowT2 || which == SlowQ {
		x = s.slow
	}
	m, k := s.m, len(s.m.Used)
	part := make([]float64, len(x))
	for i, b := range m.Basis {
		inside := i < m.Comps
		if inside != (which == T2 || which == SlowT2) {
			continue
		}
		weight := dot(b, x)
		if inside || m.Config.Weigh {
			weight /= math.Sqrt(m.Var[i])
		}
		for j, v := range b {
			part[j] += weight * float64(v)
		}
	}
	sum, by := 0.0, make([]Part, k)
	for j, v := range part {
		by[j%k].Share += v * v
		sum += v * v
	}
	for i := range by {
		by[i].Input, by[i].Sigma = m.Used[i], x[i]
		if sum > 0 {
			by[i].Share /= sum
		}
	}
	slices.SortStableFunc(by, func(a, b Part) int {
		switch {
		case a.Share > b.Share:
			return -1
		case a.Share < b.Share:
			return 1
		}
		return 0
	})
	return by[:min(limit, len(by))]
}
