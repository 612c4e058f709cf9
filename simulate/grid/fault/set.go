package fault

import (
	"math"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/grid/town"
)

// Plan says which faults are made.
type Plan struct {
	Shares Shares
	From   time.Time // faults begin on this day, China time
	Days   int       // or on one of the days after it: how many there are; 1
}

// Set is the faults of a city. It is safe for concurrent use.
type Set struct {
	city *town.City
	plan Plan
	sum  float64
}

// Episode is one fault of a meter or station.
type Episode struct {
	Kind       Kind
	Begin, End time.Time // End is not in it; zero where it stays
	Size       int64     // 0.0001 kWh, 0.1 V, seconds or per mille: see [Set.Of]
}

// New draws the faults of a city from its seed.
func New(c *town.City, p Plan) (*Set, error) {
	s := &Set{city: c, plan: p}
	for _, k := range ofMeters {
		s.sum += p.Shares[k]
	}
	for _, k := range Kinds() {
		if v := p.Shares[k]; !(v >= 0 && v <= 1) {
			return nil, errs.Say(errs.Invalid, "比例应在 0 与 1 之间", "a share lies between 0 and 1")
		}
	}
	switch {
	case s.sum > 1:
		return nil, errs.Say(errs.Invalid, "一只电表至多有一种故障：各类比例之和不能大于 1", "a meter has one fault at most: the shares add up to no more than 1")
	case (s.sum > 0 || p.Shares[Silent] > 0) && p.From.IsZero():
		return nil, errs.Say(errs.Invalid, "模拟故障需要起始时间", "faults need a beginning of the run")
	}
	s.plan.Days = max(1, p.Days)
	from := p.From.In(town.China())
	s.plan.From = time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, town.China())
	return s, nil
}

// Draws of this package; each has a number of its own in the hash.
const (
	drawKind = 300 + iota
	drawDay
	drawSlot
	drawLength
	drawSize
	drawSilent
)

func (s *Set) draw(d uint64, of uint64, n int64) int64 {
	return town.Below(town.Mix(s.city.Seed(), d, of), n)
}

// kind draws what strikes a meter; "" for most.
func (s *Set) kind(index uint64) Kind {
	if s.sum == 0 {
		return ""
	}
	u := float64(town.Mix(s.city.Seed(), drawKind, index)>>11) / (1 << 53)
	if u >= s.sum {
		return ""
	}
	for _, k := range ofMeters {
		if u -= s.plan.Shares[k]; u < 0 {
			return k
		}
	}
	return ""
}

// at is the moment of a quarter hour, between two of the day, on the day that the draw gives.
func (s *Set) at(of uint64, from, to int64) time.Time {
	day := s.draw(drawDay, of, int64(s.plan.Days))
	slot := from + s.draw(drawSlot, of, to-from+1)
	return s.plan.From.AddDate(0, 0, int(day)).Add(time.Duration(slot) * town.Slot)
}

// Of is the fault of a meter, ok is false where it has none. Its Size is: of Missing and Repeat how many quarter hours, of Clock seconds, of Spike
// and Negative the energy, of LowVoltage the volts that are lacking (0.1 V), of thefts the share in per mille, of Multiplier the factor.
func (s *Set) Of(m *town.Meter) (e Episode, ok bool) {
	i := m.Index()
	e.Kind = s.kind(i)
	length := func(n int64) { e.Size, e.End = n, e.Begin.Add(time.Duration(n)*town.Slot) }
	switch e.Kind {
	case Missing:
		e.Begin = s.at(i, 8, 70)
		length(4 + s.draw(drawLength, i, 13))
	case Clock:
		e.Begin = s.at(i, 0, 0)
		e.End, e.Size = e.Begin.AddDate(0, 0, 1), 60+s.draw(drawSize, i, 541)
	case Repeat: // in the evening, when something is switched on everywhere
		e.Begin = s.at(i, 72, 80)
		length(6 + s.draw(drawLength, i, 4))
	case Spike:
		e.Begin = s.at(i, 4, 90)
		e.End, e.Size = e.Begin.Add(town.Slot), 100_0000+s.draw(drawSize, i, 800_0000)
	case Negative:
		e.Begin = s.at(i, 4, 90)
		e.Size = min(s.city.Register(m, e.Begin)/2, 50_0000+s.draw(drawSize, i, 400_0000))
	case Stuck:
		e.Begin = s.at(i, 24, 36)
		length(48)
	case RollOver:
		e.Begin = s.at(i, 4, 90)
	case Reversed:
		e.Begin = s.at(i, 0, 0)
		e.End = e.Begin.AddDate(0, 0, 1)
	case Multiplier:
		e.Begin = s.at(i, 0, 0)
		e.End, e.Size = e.Begin.AddDate(0, 0, 1), 10
	case LowVoltage:
		e.Begin = s.at(i, 30, 80)
		e.End = e.Begin.Add(time.Duration(4+s.draw(drawLength, i, 12)) * town.Slot)
		e.Size = 400 + s.draw(drawSize, i, 200)
	case TheftDay, TheftNight:
		e.Begin = s.at(i, 0, 0)
		e.Size = 400 + s.draw(drawSize, i, 450)
	default:
		return e, false
	}
	return e, !e.Begin.Before(m.Installed)
}

// Silence is when a station reports nothing; ok is false for most. It lasts three to eight hours of one day.
func (s *Set) Silence(station int) (e Episode, ok bool) {
	of := uint64(station)
	if !town.Chance(town.Mix(s.city.Seed(), drawSilent, of), s.plan.Shares[Silent]) {
		return e, false
	}
	begin := s.at(1<<40+of, 8, 60)
	n := 12 + s.draw(drawLength, 1<<40+of, 21)
	return Episode{Silent, begin, begin.Add(time.Duration(n) * town.Slot), n}, true
}

// Lost tells whether a meter's reading of a quarter hour is lost for good: nobody has it, whoever asks.
func (s *Set) Lost(m *town.Meter, t time.Time) bool {
	if s.sum == 0 && s.plan.Shares[Silent] == 0 {
		return false
	}
	if e, ok := s.Of(m); ok && e.Kind == Missing && e.in(t) {
		return true
	}
	if s.plan.Shares[Silent] == 0 {
		return false
	}
	e, ok := s.Silence(s.city.StationOf(int(m.Index())))
	return ok && e.in(t)
}

func (e *Episode) in(t time.Time) bool {
	return !t.Before(e.Begin) && (e.End.IsZero() || t.Before(e.End))
}

// Drift is by how much a meter's clock is ahead at a time.
func (s *Set) Drift(m *town.Meter, t time.Time) time.Duration {
	if s.plan.Shares[Clock] == 0 || s.kind(m.Index()) != Clock {
		return 0
	}
	if e, ok := s.Of(m); ok && e.in(t) {
		return time.Duration(e.Size) * time.Second
	}
	return 0
}

// Reading is what a meter shows: 0.0001 kWh, 0.1 W and 0.1 V.
type Reading struct{ Energy, Power, Voltage int64 }

// clean is what a meter shows at which nothing is wrong.
func (s *Set) clean(m *town.Meter, t time.Time) Reading {
	now, before := s.city.Register(m, t), s.city.Register(m, t.Add(-town.Slot))
	return Reading{now, (now - before) * 4, s.city.Voltage(m, t)}
}

// capacity is where a meter of five digits begins at zero again, in 0.0001 kWh.
const capacity = 100_000_0000

// Shown is what a meter shows at the quarter hour at or before a time.
func (s *Set) Shown(m *town.Meter, t time.Time) Reading {
	r := s.clean(m, t)
	if s.sum == 0 || s.kind(m.Index()) == "" {
		return r
	}
	e, ok := s.Of(m)
	if !ok {
		return r
	}
	if e.Kind == RollOver { // it stood that high all its life
		r.Energy = (r.Energy - s.city.Register(m, e.Begin) + 10*capacity) % capacity
		return r
	}
	if t.Before(e.Begin) {
		return r
	}
	if e.Kind == TheftDay || e.Kind == TheftNight {
		passed := s.passed(m, e, t)
		r.Power = max(0, r.Power-4*(passed-s.passed(m, e, t.Add(-town.Slot))))
		r.Energy -= passed
		return r
	}
	counted := func() int64 { // by the customer, while the fault lasted
		until := t
		if until.After(e.End) {
			until = e.End
		}
		return s.city.Register(m, until) - s.city.Register(m, e.Begin)
	}
	switch e.Kind {
	case Spike:
		if e.in(t) {
			r.Energy += e.Size
		}
	case Negative:
		r.Energy -= e.Size
	case Stuck, Reversed:
		r.Energy -= counted()
		if e.Kind == Reversed && e.in(t) {
			r.Power = -r.Power
		}
	case Multiplier:
		r.Energy += (e.Size - 1) * counted()
	case Repeat:
		if e.in(t) {
			return s.clean(m, e.Begin)
		}
	case LowVoltage:
		if e.in(t) {
			r.Voltage -= e.Size
		}
	}
	return r
}

// passed is the energy that went past a meter until a time, in 0.0001 kWh.
func (s *Set) passed(m *town.Meter, e Episode, t time.Time) int64 {
	if !t.After(e.Begin) {
		return 0
	}
	if e.Kind == TheftDay {
		return part(s.city.Register(m, t)-s.city.Register(m, e.Begin), e.Size)
	}
	sum := int64(0) // night by night: 22:00 to 06:00 of the day after, and the first morning
	for night := e.Begin.Add(-2 * time.Hour); night.Before(t); night = night.AddDate(0, 0, 1) {
		from, to := night, night.Add(8*time.Hour)
		if from.Before(e.Begin) {
			from = e.Begin
		}
		if to.After(t) {
			to = t
		}
		sum += s.city.Register(m, to) - s.city.Register(m, from)
	}
	return part(sum, e.Size)
}

func part(n, mille int64) int64 { return int64(math.Round(float64(n) * float64(mille) / 1000)) }

// Used is what a customer really takes during a span, whatever the meter shows, in 0.0001 kWh.
func (s *Set) Used(m *town.Meter, from, to time.Time) int64 {
	return s.city.Register(m, to) - s.city.Register(m, from)
}
