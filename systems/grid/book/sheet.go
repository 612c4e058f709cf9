package book

import (
	"math/bits"

	"github.com/haihe-city/haihe/kernel/series"
)

// bits96 is a set of the slots of one day in twelve bytes.
type bits96 [3]uint32

func (b bits96) set() SlotSet {
	return SlotSet{uint64(b[0]) | uint64(b[1])<<32, uint64(b[2])}
}

func packed(s SlotSet) bits96 { return bits96{uint32(s[0]), uint32(s[0] >> 32), uint32(s[1])} }

func (b bits96) empty() bool { return b[0]|b[1]|b[2] == 0 }

// missing is how many of want are not there.
func (b bits96) missing(want bits96) int {
	return bits.OnesCount32(want[0]&^b[0]) + bits.OnesCount32(want[1]&^b[1]) + bits.OnesCount32(want[2]&^b[2])
}

// odd are the slots of a meter's day that came late or were estimated. Most meters have none.
type odd struct{ late, estimated bits96 }

// sheet is what is known of one day, by the places of the meters.
//
// A day that readings come for costs 12 bytes a meter. Once it is over nearly every meter has the same slots, all of them: then it is
// sealed, and only the meters that differ are kept, each with what it has. Late and estimated slots lie beside both, for
// the meters that have such, and by place once those are many.
type sheet struct {
	open   []bits96 // measured slots by place; those beyond its end have none. Not used once sealed
	sealed bool
	usual  bits96           // of a sealed day: what every meter below n has that differs does not name
	n      int              // of a sealed day: meters that it was sealed with
	differ map[int32]bits96 // of a sealed day
	odds   map[int32]odd
	many   []odd   // in place of odds
	counts *counts // of open; nil or old: to be counted anew
}

// Bounds, as shares of the meters: a day is sealed where fewer differ, and opened again, or its odds laid out, where more do.
const (
	sealBelow = 8 // an eighth
	openAbove = 4 // a quarter
)

// newSheet makes an open sheet. It takes no room for the meters before the first of them has a slot.
func newSheet(moved int) *sheet { return &sheet{odds: map[int32]odd{}, counts: &counts{moved: moved}} }

// measured gives the slots that were measured.
func (s *sheet) measured(place int32) bits96 {
	switch {
	case s == nil:
		return bits96{}
	case !s.sealed && int(place) < len(s.open):
		return s.open[place]
	case !s.sealed:
		return bits96{}
	}
	if b, ok := s.differ[place]; ok {
		return b
	}
	if int(place) < s.n {
		return s.usual
	}
	return bits96{}
}

func (s *sheet) oddOf(place int32) odd {
	switch {
	case s == nil:
		return odd{}
	case s.many == nil:
		return s.odds[place]
	case int(place) < len(s.many):
		return s.many[place]
	}
	return odd{}
}

// slots gives what is known of a meter.
func (s *sheet) slots(place int32) Slots {
	o := s.oddOf(place)
	return Slots{Measured: s.measured(place).set(), Late: o.late.set(), Estimated: o.estimated.set()}
}

// mark takes note of a sample; meters is how many there are.
func (s *sheet) mark(place int32, slot int, q series.Quality, meters int) {
	was := s.oddOf(place)
	before := s.measured(place)
	if q == series.Measured && was.late.empty() && was.estimated.empty() { // the common reading
		after := before
		after[slot>>5] |= 1 << (uint(slot) & 31)
		s.setMeasured(place, before, after, meters)
		return
	}
	x := Slots{Measured: before.set(), Late: was.late.set(), Estimated: was.estimated.set()}
	x.Mark(slot, q)
	s.setMeasured(place, before, packed(x.Measured), meters)
	if now := (odd{packed(x.Late), packed(x.Estimated)}); now != was {
		s.setOdd(place, now, meters)
	}
}

func (s *sheet) setMeasured(place int32, before, after bits96, meters int) {
	switch {
	case before == after:
	case !s.sealed:
		s.open = grown(s.open, place, meters)
		s.open[place] = after
	case after == s.usual && int(place) < s.n:
		delete(s.differ, place)
	default:
		if s.differ[place] = after; openAbove*len(s.differ) > meters+64 {
			s.unseal(meters)
		}
	}
}

func (s *sheet) setOdd(place int32, now odd, meters int) {
	switch {
	case s.many != nil:
		s.many = grown(s.many, place, meters)
		s.many[place] = now
	case now == odd{}:
		delete(s.odds, place)
	default:
		if s.odds[place] = now; openAbove*len(s.odds) > meters+64 {
			s.many = make([]odd, meters)
			for p, o := range s.odds {
				s.many[p] = o
			}
			s.odds = nil
		}
	}
}

// grown makes room for a place of a meter that came after the sheet.
func grown[T any](of []T, place int32, meters int) []T {
	if int(place) < len(of) {
		return of
	}
	all := make([]T, max(meters, int(place)+1))
	copy(all, of)
	return all
}

// seal keeps what differs only, where that is little.
func (s *sheet) seal() {
	if s.sealed {
		return
	}
	whole, differ := packed(First(SlotsPerDay)), 0
	for _, b := range s.open {
		if b != whole {
			differ++
		}
	}
	if sealBelow*differ >= len(s.open) {
		return
	}
	s.usual, s.n, s.differ = whole, len(s.open), make(map[int32]bits96, differ)
	for i, b := range s.open {
		if b != whole {
			s.differ[int32(i)] = b
		}
	}
	s.sealed, s.open, s.counts = true, nil, nil
}

func (s *sheet) unseal(meters int) {
	s.open = make([]bits96, max(meters, s.n))
	for i := range s.n {
		s.open[i] = s.usual
	}
	for p, b := range s.differ {
		s.open[p] = b
	}
	s.sealed, s.differ = false, nil
}
