package town

import (
	"math"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// The ways in which current passes a meter by.
const (
	theftBypass = "theft-bypass" // a shunt: the register sees a share of the current
	theftNight  = "theft-night"  // the shunt is closed from 22:00 to 06:00 only
	theftWhole  = "theft-whole"  // nothing goes through the meter
)

// Theft says how many customers of a simulated city take current past their meters, and from when. Others are away from then on: they
// use nothing, and steal nothing, but look like it.
type Theft struct {
	Share float64   // of the meters
	Away  float64   // of the meters
	From  time.Time // the first of them begins
	Over  int       // days over which they begin; 1
}

// Thefts is what was stolen in a city. It is safe for concurrent use.
type Thefts struct {
	city  *City
	byNum map[uint64]stolen
}

// Stolen is a theft: its kind is theft-bypass, theft-night or theft-whole.
type Stolen struct {
	Kind, Meter string
	From        time.Time
}

// stolen is one customer's way.
type stolen struct {
	kind  string
	from  time.Time
	share float64 // of the energy that passes the meter by
	away  bool
}

// Draws of thefts, apart from those of faults.
const (
	drawTheft = 200 + iota
	drawTheftKind
	drawTheftShare
	drawTheftDay
	drawAway
	drawWear
)

// Thefts draws who steals.
func (c *City) Thefts(o Theft) (*Thefts, error) {
	if o.Share < 0 || o.Away < 0 || o.Share+o.Away > 1 || o.From.IsZero() {
		return nil, errs.Say(errs.Invalid, "窃电比例应在 0 与 1 之间，并给出起始时间", "the share of thefts lies between 0 and 1, and they begin at some time")
	}
	t := &Thefts{c, map[uint64]stolen{}}
	for each := range c.Each() {
		m := &each
		h := Mix(c.lay.Seed, drawTheft, m.index)
		thief := Chance(h, o.Share)
		if !thief && !Chance(Mix(c.lay.Seed, drawAway, m.index), o.Away) {
			continue
		}
		day := Below(Mix(c.lay.Seed, drawTheftDay, m.index), int64(max(1, o.Over)))
		s := stolen{kind: theftBypass, from: o.From.In(China()).AddDate(0, 0, int(day)), away: !thief, share: 0.4 + float64(Below(Mix(c.lay.Seed, drawTheftShare, m.index), 45))/100}
		switch Below(Mix(c.lay.Seed, drawTheftKind, m.index), 10) {
		case 0, 1:
			s.kind = theftNight
		case 2:
			s.kind, s.share = theftWhole, 1
		}
		t.byNum[m.index] = s
	}
	return t, nil
}

// Truth lists the thefts by meter; those who are away are none.
func (t *Thefts) Truth() (out []Stolen) {
	for m := range t.city.Each() {
		if s, ok := t.byNum[m.index]; ok && !s.away {
			out = append(out, Stolen{Kind: s.kind, Meter: m.Address, From: s.from})
		}
	}
	return out
}

// passed is the energy that a customer did not take through the meter until at, in 0.0001 kWh.
func (t *Thefts) passed(m *Meter, s stolen, at time.Time) int64 {
	if !at.After(s.from) {
		return 0
	}
	if s.kind != theftNight || s.away {
		return int64(math.Round(float64(t.city.Register(m, at)-t.city.Register(m, s.from)) * s.share))
	}
	sum := int64(0) // night by night: 22:00 to 06:00 of the day after, and the first morning
	for night := time.Date(s.from.Year(), s.from.Month(), s.from.Day()-1, 22, 0, 0, 0, China()); night.Before(at); night = night.AddDate(0, 0, 1) {
		from, to := night, night.Add(8*time.Hour)
		if from.Before(s.from) {
			from = s.from
		}
		if to.After(at) {
			to = at
		}
		if to.After(from) {
			sum += t.city.Register(m, to) - t.city.Register(m, from)
		}
	}
	return int64(math.Round(float64(sum) * s.share))
}

// Shown is what a meter's register shows at the quarter hour at or before at.
func (t *Thefts) Shown(m *Meter, at time.Time) int64 {
	n := t.city.Register(m, at)
	s, ok := t.byNum[m.index]
	if !ok {
		return n
	}
	if s.away {
		s.share = 1
	}
	return n - t.passed(m, s, at)
}

// Used is what a customer really takes during a span, in 0.0001 kWh.
func (t *Thefts) Used(m *Meter, from, to time.Time) int64 {
	if s, ok := t.byNum[m.index]; ok && s.away {
		return t.Shown(m, to) - t.Shown(m, from)
	}
	return t.city.Register(m, to) - t.city.Register(m, from)
}

// Supplied is what is fed into the area of some meters during a span: what they really take, and the wear of lines and transformer,
// three percent and a draw of a tenth of a percent to either side.
func (t *Thefts) Supplied(meters []*Meter, from, to time.Time) int64 {
	sum, index := int64(0), uint64(math.MaxUint64)
	for _, m := range meters {
		sum += t.Used(m, from, to)
		index = min(index, m.index)
	}
	return sum + Wear(t.city.lay.Seed, index, from, sum)
}

// Wear is what lines and transformer lose while an energy is taken from an area: three percent of what is fed in, and a draw of a tenth of a percent to
// either side. first is the number of the area's first meter.
func Wear(seed, first uint64, from time.Time, taken int64) int64 {
	return taken * (300 + Below(Mix(seed, drawWear, first, uint64(from.Unix())), 21) - 10) / 9_700
}
