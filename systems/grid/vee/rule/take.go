package rule

import (
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Take moves s by the day that was checked last: what is usual, and where the register stands. A day that was taken before
// moves the register only; days with findings that touch energy leave what is usual alone.
func (k *Checker) Take(d *Day, s *Stat) {
	if d.Day < s.Taken {
		return
	}
	for i := Slots - 1; i >= 0; i-- { // also of a day that was taken: readings may have come since
		if d.Measured.Has(i) && d.Register[i] != series.Null && !k.bad.Has(i) {
			s.Register, s.LastDay, s.LastSlot = d.Register[i], d.Day, uint8(i)
			break
		}
	}
	s.Drawn = series.Null
	if d.Day == s.Taken {
		return
	}
	s.Taken = d.Day
	if d.Gaps().Count() > Slots/2 {
		s.Sparse = uint8(min(int(s.Sparse)+1, 255))
	} else {
		s.Sparse = 0
	}
	s.Print = k.print
	k.clock(d, s)
	if k.has(Negative, Multiplier, Reversed, Spike, Duplicate, Sum) {
		return
	}
	energy, ok := k.day()
	if !ok {
		return
	}
	if _, n := k.idle(d); n > int(s.Idle) {
		s.Idle = uint8(min(n, int(s.Idle)+8, 255)) // a house that stands empty once does not at once make it usual
	} else if s.Idle > 0 && d.Day%7 == 0 {
		s.Idle--
	}
	if a, b, slots := k.sums(d); slots.Count() >= sumSlots && min(a, b) >= sumFrom {
		approach(&s.Ratio, level(a)-level(b), s.Class[Workday].Days, octave/8)
	}
	if d.Holiday && d.Class != Spring {
		return // neither a weekend nor a workday: what is usual on those it does not move
	}
	peak, _, _ := k.third(func(i int) int64 { return k.energy[i] })
	s.Class[d.Class].take(energy, peak, &k.part)
}

// clock remembers where the middle reading stood beside its slot.
func (k *Checker) clock(d *Day, s *Stat) {
	k.sorted = k.sorted[:0]
	for i := range Slots {
		if d.Measured.Has(i) || d.Stray.Has(i) {
			k.sorted = append(k.sorted, int64(d.Offset[i]))
		}
	}
	if len(k.sorted) > 0 {
		s.Offset = int16(k.sorted[len(k.sorted)/2]) //nolint:gosec // seconds within half a slot
	}
}

// Energy gives the energy of the quarter hour that ends at a slot of the day that was checked last; series.Null where it is not
// known. Bad tells whether the reading there fits neither neighbour.
func (k *Checker) Energy(slot int) int64 { return k.energy[slot] }

// Rejected are the readings of the day that was checked last that fit neither neighbour, and bear no estimate.
func (k *Checker) Rejected() book.SlotSet { return k.bad }

// Why is the rule by which a reading was rejected.
func (k *Checker) Why(slot int) Rule {
	for _, f := range k.found {
		if f.Rule == Negative && f.Slots.Has(slot) {
			return Negative
		}
	}
	return Spike
}

// Bad tells whether the reading of a slot fits neither of its neighbours and bears no estimate.
func (k *Checker) Bad(slot int) bool { return k.bad.Has(slot) }
