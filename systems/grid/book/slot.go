package book

import (
	"math/bits"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
)

// A day has 96 slots of a quarter hour; slot 0 is midnight in China.
const (
	SlotsPerDay = 96
	SlotLength  = 15 * time.Minute
	SlotMicros  = int64(SlotLength / time.Microsecond)
	dayMicros   = int64(24 * time.Hour / time.Microsecond)
)

// China is the zone of every meter's clock and of the plan's days. China has had no summer time since 1991.
var China = time.FixedZone("CST", 8*3600)

// day is a calendar day in China, counted from 1970-01-01.
type Day int32

// DayOf is the day of a moment, microseconds UTC.
func DayOf(us int64) Day {
	return Day((us + 8*int64(time.Hour/time.Microsecond)) / dayMicros)
}

// Start is the day's midnight in China, in microseconds UTC.
func (d Day) Start() int64 { return int64(d)*dayMicros - 8*int64(time.Hour/time.Microsecond) }

// Date is the day's midnight in China.
func (d Day) Date() time.Time { return time.UnixMicro(d.Start()).In(China) }

// String writes the day as 2015-11-20.
func (d Day) String() string { return d.Date().Format("2006-01-02") }

// ParseDay reads a day written as 2015-11-20; ok is false for anything else, and for years that no meter has seen.
func ParseDay(s string) (Day, bool) {
	t, err := time.ParseInLocation("2006-01-02", s, China)
	if err != nil || t.Year() < 1990 || t.Year() > 2200 {
		return 0, false
	}
	return DayOf(t.UnixMicro()), true
}

// SlotAt finds the slot that a sample belongs to; ok is false where it stands further than tolerance from every slot, or before 1970.
func SlotAt(us int64, tolerance time.Duration) (d Day, slot int, ok bool) {
	tol := int64(tolerance / time.Microsecond)
	rounded := (us + SlotMicros/2) / SlotMicros * SlotMicros
	if off := us - rounded; us < 0 || off > tol || off < -tol {
		return 0, 0, false
	}
	d = DayOf(rounded)
	return d, int((rounded - d.Start()) / SlotMicros), true
}

// SlotSet is a set of the slots of one day.
type SlotSet [2]uint64

// Has tells whether slot i is in the set.
func (s SlotSet) Has(i int) bool { return s[i>>6]>>(uint(i)&63)&1 == 1 }

// Add puts slot i in.
func (s *SlotSet) Add(i int) { s[i>>6] |= 1 << (uint(i) & 63) }

// Remove takes slot i out.
func (s *SlotSet) Remove(i int) { s[i>>6] &^= 1 << (uint(i) & 63) }

// Count is how many slots are in.
func (s SlotSet) Count() int { return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) }

// Or is what is in either set.
func (s SlotSet) Or(o SlotSet) SlotSet { return SlotSet{s[0] | o[0], s[1] | o[1]} }

// And is what is in both sets.
func (s SlotSet) And(o SlotSet) SlotSet { return SlotSet{s[0] & o[0], s[1] & o[1]} }

// Minus is what is in s and not in o.
func (s SlotSet) Minus(o SlotSet) SlotSet { return SlotSet{s[0] &^ o[0], s[1] &^ o[1]} }

// Empty tells whether no slot is in.
func (s SlotSet) Empty() bool { return s[0]|s[1] == 0 }

// First is the set of slots 0..n-1.
func First(n int) SlotSet {
	switch {
	case n <= 0:
		return SlotSet{}
	case n < 64:
		return SlotSet{1<<uint(n) - 1, 0}
	case n < SlotsPerDay:
		return SlotSet{^uint64(0), 1<<uint(n-64) - 1}
	}
	return SlotSet{^uint64(0), 1<<(SlotsPerDay-64) - 1}
}

// Slots are what is known of one meter's day.
type Slots struct {
	Measured  SlotSet // a measured reading came, in time or late; a person may have put another value in its place
	Late      SlotSet // of those, arrived after the limit
	Estimated SlotSet // an estimate stands in its place
}

// Mark takes note of a sample in slot i. What was measured is never covered by an estimate; a substitute stands where a reading
// had come, an invalid sample where a value was taken back.
func (s *Slots) Mark(i int, q series.Quality) {
	switch q &^ series.Late {
	case series.Measured, series.Substituted:
		s.Measured.Add(i)
		s.Estimated.Remove(i)
		if q&series.Late != 0 {
			s.Late.Add(i)
		} else {
			s.Late.Remove(i)
		}
	case series.Estimated:
		if !s.Measured.Has(i) {
			s.Estimated.Add(i)
		}
	case series.Invalid:
		s.Estimated.Remove(i)
	}
}

// State is what is known of one meter's quarter hour.
type State string

// The states of a slot, in the words of the plan's collection coverage.
const (
	Collected State = "collected"
	Late      State = "late"
	Estimated State = "estimated"
	Missing   State = "missing"
	Future    State = "future" // not due yet
)

// At tells how slot i stands when the first `due` slots are due.
func (s Slots) At(i, due int) State {
	switch {
	case s.Late.Has(i):
		return Late
	case s.Measured.Has(i):
		return Collected
	case s.Estimated.Has(i):
		return Estimated
	case i < due:
		return Missing
	}
	return Future
}

// DueSlots is how many slots of d are due at now: a slot is due once `after` has passed since its time.
func DueSlots(d Day, now time.Time, after time.Duration) int {
	us := now.UnixMicro() - int64(after/time.Microsecond) - d.Start()
	if us < 0 {
		return 0
	}
	return int(min(us/SlotMicros+1, SlotsPerDay))
}
