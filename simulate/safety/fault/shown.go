package fault

import (
	"slices"
	"time"

	"github.com/haihe-city/haihe/simulate/safety/site"
)

// Shown is what a point shows at a time, and whether its source says that it is bad. i is the point's number in its plant.
func (s *Set) Shown(plant int, x *site.Point, i int, t time.Time) (v float64, q Quality) {
	p := s.sites.Plant(plant)
	for _, n := range s.of[plant] {
		e := &s.list[n]
		if !slices.Contains(e.Points, i) {
			continue
		}
		if e.in(t) {
			return s.struck(e, p, x, t)
		}
		if since := t.Sub(e.End); e.Kind == Leak && since >= 0 && since < mend { // it is stopped, and goes back to what it was
			v, clean := s.leaking(p, x, e, e.End), p.Clean(x, t)
			return x.Rounded(v + (clean-v)*float64(since)/float64(mend)), Good
		}
	}
	return p.Clean(x, t), Good
}

// mend is how long it takes until a leak is no longer to be seen.
const mend = 3 * time.Minute

// struck is what a point shows while a fault lasts.
func (s *Set) struck(e *Episode, p *site.Plant, x *site.Point, t time.Time) (v float64, q Quality) {
	v = p.Clean(x, t)
	into := float64(t.Sub(e.Begin)) / float64(e.End.Sub(e.Begin))
	switch e.Kind {
	case Leak:
		v = s.leaking(p, x, e, t)
	case Drift:
		v += into * 1.3 * (*x.Limits.High - x.Middle())
	case Stuck:
		v = p.Clean(x, e.Begin)
	case Chatter:
		side := .06 * x.Span()
		if (t.Unix()/int64(s.plan.Every/time.Second))%2 == 0 {
			side = -side
		}
		v = *x.Limits.High + side
	case Flood:
		v = *x.Limits.High + .2*(*x.Limits.HighHigh-*x.Limits.High)
		if hash := s.hash(drawPoint, e.Plant); hash%5 == 0 { // one plant in five: past the second limit
			v = *x.Limits.HighHigh + .1*x.Span()
		}
	case Bad:
		return x.Range[1], Ill
	case Process:
		v = p.Apart(x, t)
	case Fire:
		v = 1
	}
	return x.Rounded(v), Good
}

// leaking is what the level and the gas detector of a leaking tank show.
func (s *Set) leaking(p *site.Plant, x *site.Point, e *Episode, t time.Time) float64 {
	v, into := p.Clean(x, t), t.Sub(e.Begin)
	if x.Kind == site.Level { // towards below the low low limit
		return v - min(1, float64(into)/float64(e.End.Sub(e.Begin)))*(v-.8**x.Limits.LowLow)
	}
	// past the second limit within a minute and a half, and there it stays
	return v + min(1, float64(into)/float64(90*time.Second))*1.2**x.Limits.HighHigh
}
