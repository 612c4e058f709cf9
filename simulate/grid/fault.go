package grid

import (
	"cmp"
	"slices"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/town"
)

// Truth is one line of Options.Truth: a fault that was made.
type Truth = fault.Truth

// note writes what is wrong with some meters' readings of a slot.
func (w *world) note(kind fault.Kind, meters []*Meter, slot int64, wait time.Duration) {
	w.truth.Write(meters, fault.Episode{Kind: kind, Begin: slotTime(slot)}, wait)
}

// noteStanding writes the faults that are known from the beginning: of meters that never answer, whose clocks are wrong, or that the set of faults
// struck, and of silent stations.
func (w *world) noteStanding(u *unit, first int64) {
	if !w.opt.Faults.standing() {
		return
	}
	silence, silent := w.faults.Silence(u.number)
	for m := range u.meters() {
		one := []*Meter{m}
		switch {
		case w.dead(m):
			w.note(fault.Dead, one, first, 0)
		case w.stray(m) > 0:
			w.note(fault.Clock, one, first, w.stray(m))
		default:
			e, ok := w.faults.Of(m)
			unread := !u.Protocol.Reports() && !e.End.IsZero() && !e.End.After(w.opt.From) // a gateway is asked for today only
			if ok && !unread {
				w.truth.Write(one, e, w.faults.Drift(m, e.Begin))
			}
			if silent {
				w.truth.Write(one, silence, 0)
			}
		}
	}
}

// standing tells whether there are faults that are known from the beginning.
func (f Faults) standing() bool {
	more := f.Dead + f.Drift
	for _, v := range f.Shares {
		more += v
	}
	return more > 0
}

// Draws of faults; each has a number of its own in the hash.
const (
	drawDead = 100 + iota
	drawDrift
	drawDriftBy
	drawHeld
	drawDuplicate
	drawGarbled
	drawGarbledAt
	drawLate
	drawLateBy
)

func (c *City) dead(m *Meter) bool {
	return town.Chance(town.Mix(c.opt.Seed, drawDead, m.Index()), c.opt.Faults.Dead)
}

// stray is how far the meter's clock is ahead all the time: 0, or one to ten minutes.
func (c *City) stray(m *Meter) time.Duration {
	if !town.Chance(town.Mix(c.opt.Seed, drawDrift, m.Index()), c.opt.Faults.Drift) {
		return 0
	}
	return time.Duration(60+town.Below(town.Mix(c.opt.Seed, drawDriftBy, m.Index()), 541)) * time.Second
}

// lateBy is how many slots later a station reports a slot.
func (c *City) lateBy(station int, slot int64) int64 {
	if !town.Chance(town.Mix(c.opt.Seed, drawLate, uint64(station), uint64(slot)), c.opt.Faults.Late) {
		return 0
	}
	return 1 + town.Below(town.Mix(c.opt.Seed, drawLateBy, uint64(station), uint64(slot)), 8)
}

// held chooses the meters that are kept back: the HoldBack ones with the lowest draws among living DL/T 698.45 meters.
func (c *City) held() map[uint64]bool {
	if c.opt.HoldBack <= 0 {
		return nil
	}
	type draw struct{ h, index uint64 }
	var all []draw
	least := func() {
		slices.SortFunc(all, func(a, b draw) int { return cmp.Compare(a.h, b.h) })
		all = all[:min(c.opt.HoldBack, len(all))]
	}
	for m := range c.Each() {
		if m.Protocol.Reports() && !c.dead(&m) && c.stray(&m) == 0 {
			all = append(all, draw{town.Mix(c.opt.Seed, drawHeld, m.Index()), m.Index()})
		}
		if len(all) >= 2*c.opt.HoldBack+1000 { // no more than these are kept, however many meters there are
			least()
		}
	}
	least()
	out := map[uint64]bool{}
	for _, d := range all {
		out[d.index] = true
	}
	return out
}

// drift is how far a meter's clock is ahead of the true time.
func (w *world) drift(m *Meter, t time.Time) time.Duration {
	if d := w.stray(m); d != 0 {
		return d + w.relays.Shift(m.Address)
	}
	return w.faults.Drift(m, t) + w.relays.Shift(m.Address)
}

// without tells whether nothing is known of a meter at a quarter hour, whoever asks: it was not there yet, had no supply, or lost the reading.
func (w *world) without(m *Meter, t time.Time) bool {
	return t.Before(m.Installed) || w.Unlit(m, t) || w.faults.Lost(m, t)
}

// shown is what a meter shows at a quarter hour.
func (w *world) shown(m *Meter, t time.Time) (energy, power, voltage int64) {
	r := w.faults.Shown(m, t)
	for _, s := range w.relays.Spans(m.Address, t) { // cut off, nobody draws anything: the register stays
		r.Energy -= w.faults.Shown(m, s.To).Energy - w.faults.Shown(m, s.From).Energy
		if s.To.Equal(t) {
			r.Power = 0
		}
	}
	return r.Energy, r.Power, r.Voltage
}
