package evidence

import (
	"cmp"
	"math"
	"slices"
)

// Area is what is known of an area's recent days. All slices are as long as there are days; NaN is a day that is not known.
type Area struct {
	Supplied []float64 // kWh
	Loss     []float64 // kWh supplied and not sold; NaN where meters were missing
	Meters   []Meter
}

// Meter is one meter of the area. A day's energy below 0 is a register that ran backwards.
type Meter struct {
	Num    int64
	Kind   string    // of customer
	Energy []float64 // kWh of the day
	Night  []float64 // kWh of it from 00:00 to 05:00
}

// Kind is a kind of clue.
type Kind string

// The kinds of clue, with the most points that each can give.
const (
	Drop     Kind = "drop"     // 30: used much less than before, the season taken out; half of it where the area's loss did not rise
	Follow   Kind = "follow"   // 45: the area's loss rose when the meter fell, and by as much
	Zero     Kind = "zero"     // 6: nothing on days on which the neighbours used as ever; half of it where the loss did not rise
	Negative Kind = "negative" // 20: the register ran backwards
	Night    Kind = "night"    // 10: the share of the night does not fit the days before, or the neighbours'
)

// Kinds are all of them, in the order in which they are shown.
var Kinds = []Kind{Drop, Follow, Zero, Negative, Night}

// Clue is one thing that speaks for a look: A and B are the figures that it rests on. Drop: kWh a day before and after, at the
// level of the days after. Follow: the correlation in percent, and kWh a day by which the loss rose. Zero: days without use of
// days looked at. Negative: days backwards of days known. Night: percent of the day before (or of the neighbours) and now.
type Clue struct {
	Kind   Kind    `json:"kind"`
	Points int     `json:"points"`
	A      float64 `json:"a"`
	B      float64 `json:"b"`
}

// Suspect is a meter with its clues.
type Suspect struct {
	Num   int64
	Score int // sum of the points, at most 100
	Since int // day from which it is different; -1 where none stands out
	Clues []Clue
}

const (
	leastBefore = 7  // days before a change, or nobody knows what is usual
	leastAfter  = 3  // days after it, or it is an outing
	recentDays  = 14 // that zero use is counted in
	leastPeers  = 5  // meters of a kind that make a median
	leastDrop   = 0.15
	leastSteady = 5.0 // how many standard errors a fall must be: the best of 30 places is looked for, so that two are nothing
)

// Weigh gives the meters of an area that have clues, the highest score first.
func Weigh(a Area) []Suspect {
	n := len(a.Supplied)
	if n == 0 {
		return nil
	}
	peers := peersOf(a, n)
	falls := make([]fall, len(a.Meters))
	for i := range a.Meters {
		m := &a.Meters[i]
		p := peers[m.Kind]
		if p == nil {
			p = peers[""]
		}
		falls[i] = fallOf(m, p)
	}
	pursue(falls, excessLoss(a))
	var out []Suspect
	for i := range falls {
		if s := falls[i].weigh(); s.Score > 0 {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(x, y Suspect) int { return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.Num, y.Num)) })
	return out
}

// fall is a meter with the day from which it lies lower; cut is -1 where there is none.
type fall struct {
	meter         *Meter
	peers         *group
	cut           int
	before, after float64   // at the common level
	lack          []float64 // kWh that it uses less, by day
	follows       float64   // correlation of the area's loss with it; 0 for none
	rise          float64   // kWh a day by which the loss rose with it
	judged        bool      // the loss is known well enough to say that it did not rise
}

func fallOf(m *Meter, p *group) fall {
	f := fall{meter: m, peers: p, cut: -1}
	flat := make([]float64, len(m.Energy)) // what it used, the common level taken out
	for t, e := range m.Energy {
		flat[t] = math.NaN()
		if p.level[t] > 0.05 {
			flat[t] = e / p.level[t]
		}
	}
	cut, before, after := change(flat)
	if cut < 0 || before <= 0 || 1-after/before < leastDrop {
		return f
	}
	f.cut, f.before, f.after, f.lack = cut, before, after, make([]float64, len(flat))
	for t := cut; t < len(flat); t++ {
		f.lack[t] = (before - after) * p.level[t]
	}
	return f
}

// pursue explains the excess loss by the meters that fell, one after the other: the one that fits what is left best is given its
// share of it, and what it lacks is taken off (matching pursuit). So somebody who went on a journey while a neighbour began to steal
// does not share the neighbour's clue.
func pursue(falls []fall, excess []float64) {
	left := slices.Clone(excess)
	for range most {
		best, bestR, bestSlope := -1, leastFollow, 0.0
		for i := range falls {
			f := &falls[i]
			if f.cut < 0 || f.follows > 0 {
				continue
			}
			r, slope, n := fit(f.lack, left)
			f.judged = f.judged || n >= leastBefore+leastAfter
			if r > bestR && slope > 0.6 && slope < mostSlope { // what was lost is what the meter lacks, and what others do that fell when it did
				best, bestR, bestSlope = i, r, min(1, slope)
			}
		}
		if best < 0 {
			return
		}
		f := &falls[best]
		f.follows, f.rise = bestR, bestSlope*median(f.lack[f.cut:], known)
		for t := range left {
			left[t] -= bestSlope * f.lack[t]
		}
	}
}

const (
	most        = 20  // meters that a loss is explained by
	leastFollow = 0.3 // correlation below which nothing follows
	mostSlope   = 4.0 // times what the meter lacks that the loss may rise: several fall in one week
)

// group is what meters of a kind have in common: the level of each day against their usual, and the night's share.
type group struct {
	level []float64
	night float64
}

// peersOf takes the median over meters of a kind; "" is all of them.
func peersOf(a Area, n int) map[string]*group {
	members := map[string][]*Meter{}
	for i := range a.Meters {
		m := &a.Meters[i]
		members[m.Kind] = append(members[m.Kind], m)
		if m.Kind != "" {
			members[""] = append(members[""], m)
		}
	}
	out := map[string]*group{}
	for kind, ms := range members {
		if len(ms) < leastPeers && kind != "" {
			continue
		}
		g := &group{level: make([]float64, n)}
		usual := make([]float64, len(ms))
		var nights []float64
		for k, m := range ms {
			usual[k] = median(m.Energy, func(x float64) bool { return x > 0 })
			if s := nightShare(m, 0, n); !math.IsNaN(s) {
				nights = append(nights, s)
			}
		}
		var day []float64
		for t := range n {
			day = day[:0]
			for k, m := range ms {
				if usual[k] > 0 && m.Energy[t] >= 0 {
					day = append(day, m.Energy[t]/usual[k])
				}
			}
			g.level[t] = median(day, known)
		}
		g.night = median(nights, known)
		out[kind] = g
	}
	return out
}

// excessLoss is the loss beyond what the area loses on a good day, as a share of its supply: what lines and transformers take
// grows with the load and is nobody's.
func excessLoss(a Area) []float64 {
	var rates []float64
	for t, l := range a.Loss {
		if a.Supplied[t] > 0 && known(l) {
			rates = append(rates, l/a.Supplied[t])
		}
	}
	usual := 0.0
	if len(rates) > 0 {
		slices.Sort(rates)
		usual = rates[len(rates)/5]
	}
	out := make([]float64, len(a.Loss))
	for t, l := range a.Loss {
		out[t] = l - usual*a.Supplied[t]
	}
	return out
}

// weigh puts the clues of a meter together.
func (f *fall) weigh() Suspect {
	m, n := f.meter, len(f.meter.Energy)
	s := Suspect{Num: m.Num, Since: f.cut}
	add := func(k Kind, points, a, b float64) {
		if pts := int(math.Round(points)); pts > 0 {
			s.Clues = append(s.Clues, Clue{k, pts, a, b})
			s.Score += pts
		}
	}
	weight := 1.0
	if f.judged && f.follows == 0 {
		weight = 0.5
	}
	if f.cut >= 0 {
		level := median(f.peers.level[f.cut:], known)
		points := 8 + 22*min(1, (1-f.after/f.before-leastDrop)/0.6)
		if f.after < 0.02*f.before { // most often somebody moved out; Zero tells the rest
			points = 18
		}
		add(Drop, weight*points, f.before*level, f.after*level)
	}
	if f.follows > 0 {
		add(Follow, 5+40*min(1, (f.follows-leastFollow)/0.6), 100*f.follows, f.rise)
	}
	if zeros, looked, used := idle(m, f.peers); used && zeros > 0 {
		add(Zero, weight*6*float64(zeros)/float64(looked), float64(zeros), float64(looked))
	}
	back, days := 0, 0
	for _, e := range m.Energy {
		if known(e) {
			days++
			if e < 0 {
				back++
			}
		}
	}
	if back > 0 {
		add(Negative, min(20, 8+4*float64(back)), float64(back), float64(days))
	}
	was, now := f.peers.night, nightShare(m, max(0, n-recentDays), n)
	if f.cut >= 0 {
		was, now = nightShare(m, 0, f.cut), nightShare(m, f.cut, n)
	}
	if known(was) && known(now) && was > 0.01 {
		if off := math.Abs(math.Log2(max(now, 0.005) / was)); off > 0.5 {
			points := 10.0
			if f.cut < 0 {
				points = 4 // others live otherwise: a hint at most
			}
			add(Night, points*min(1, (off-0.5)/1.5), 100*was, 100*now)
		}
	}
	s.Score = min(s.Score, 100)
	return s
}

// change finds the day from which a series lies lower by the most standard errors, and the medians on both sides; -1 where no fall
// stands out of the noise.
func change(x []float64) (cut int, before, after float64) {
	n := len(x)
	count, sum, square := make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	for t, v := range x {
		count[t+1], sum[t+1], square[t+1] = count[t], sum[t], square[t]
		if known(v) {
			count[t+1]++
			sum[t+1] += v
			square[t+1] += v * v
		}
	}
	stats := func(from, to int) (k, mean, variance float64) {
		k = count[to] - count[from]
		mean = (sum[to] - sum[from]) / k
		return k, mean, max(0, (square[to]-square[from])/k-mean*mean)
	}
	cut = -1
	best := leastSteady
	for c := leastBefore; c <= n-leastAfter; c++ {
		if count[c] < leastBefore || count[n]-count[c] < leastAfter {
			continue
		}
		kb, mb, vb := stats(0, c)
		ka, ma, va := stats(c, n)
		// days after are few: their variance is taken to be no less than that of the days before, as far as the level goes
		va = max(va, vb*min(1, ma/mb*ma/mb))
		if se := math.Sqrt(vb/kb+va/ka) + 0.002*mb; (mb-ma)/se > best {
			cut, best = c, (mb-ma)/se
		}
	}
	if cut < 0 {
		return -1, 0, 0
	}
	return cut, median(x[:cut], known), median(x[cut:], known)
}

// idle counts the recent days on which a meter that had used before used nothing, while the others used as ever.
func idle(m *Meter, p *group) (zeros, looked int, used bool) {
	const nothing = 0.01 // kWh
	n, before := len(m.Energy), 0
	from := max(0, n-recentDays)
	for t, e := range m.Energy {
		switch {
		case !known(e):
		case t < from:
			if e > nothing {
				before++
			}
		case p.level[t] > 0.5:
			looked++
			if math.Abs(e) <= nothing {
				zeros++
			} else {
				before++
			}
		}
	}
	return zeros, looked, before >= leastBefore
}

// nightShare is the night's share of the days from <= t < to; NaN where too few are known.
func nightShare(m *Meter, from, to int) float64 {
	night, all, n := 0.0, 0.0, 0
	for t := from; t < to; t++ {
		if known(m.Night[t]) && m.Energy[t] > 0 && m.Night[t] >= 0 {
			night += m.Night[t]
			all += m.Energy[t]
			n++
		}
	}
	if n < leastAfter || all <= 0 {
		return math.NaN()
	}
	return night / all
}

func known(x float64) bool { return !math.IsNaN(x) }

// median is that of the values that take takes; NaN where there are none.
func median(x []float64, take func(float64) bool) float64 {
	var y []float64
	for _, v := range x {
		if known(v) && take(v) {
			y = append(y, v)
		}
	}
	if len(y) == 0 {
		return math.NaN()
	}
	slices.Sort(y)
	return (y[(len(y)-1)/2] + y[len(y)/2]) / 2
}

// fit is the correlation of y with x over the n days on which both are known, and the slope of y over x; 0 where x never changes.
func fit(x, y []float64) (r, slope float64, n int) {
	var sx, sy, sxx, syy, sxy float64
	for t := range x {
		if !known(x[t]) || !known(y[t]) {
			continue
		}
		n++
		sx, sy = sx+x[t], sy+y[t]
		sxx, syy, sxy = sxx+x[t]*x[t], syy+y[t]*y[t], sxy+x[t]*y[t]
	}
	k := float64(n)
	vx, vy, c := sxx-sx*sx/k, syy-sy*sy/k, sxy-sx*sy/k
	if n < leastBefore+leastAfter || vx <= 0 || vy <= 0 {
		return 0, 0, n
	}
	return c / math.Sqrt(vx*vy), c / vx, n
}
