package rule

import (
	"time"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Slots is the number of readings of a day.
const Slots = book.SlotsPerDay

// Class is the kind of day that usual consumption depends on.
type Class uint8

// The classes. The Spring Festival is one of its own: what is closed then is open on every other day off.
const (
	Workday Class = iota
	Weekend       // and public holidays, which are judged mildly: see [Sort]
	Spring
	classes
)

// Sort is what a day is to the rules. On a public holiday consumption is held against every kind of day off that the meter has shown,
// and is low only below the lowest of them, once a Spring Festival was seen.
type Sort struct {
	Class   Class
	Holiday bool
}

// ByWeekday sorts a day that no calendar is at hand for.
func ByWeekday(d book.Day) Sort {
	if w := d.Date().Weekday(); w == time.Saturday || w == time.Sunday {
		return Sort{Class: Weekend}
	}
	return Sort{}
}

// Anchor is a register that a person put into a gap before the day; the slot is counted from the day's midnight and is negative.
type Anchor struct {
	Slot     int
	Register int64
}

// Day is one meter's day as it was read. Interval i is the quarter hour that ends at slot i, so that a day and the reading
// before it are all that its 96 intervals need.
type Day struct {
	Day book.Day
	Sort
	Solar    bool  // the customer has a solar plant: power may flow back by day
	Base     int64 // register of the newest measured reading before the day; Null for none
	BaseGap  int   // slots from that reading to slot 0: 1 is the quarter hour before
	Register [Slots]int64
	Power    [Slots]int64
	Voltage  [Slots]int64
	Offset   [Slots]int16 // seconds that the reading stands beside its slot, positive is late
	Measured book.SlotSet // a measured reading, or what a person put in its place
	Edited   book.SlotSet // of those, what a person put in its place
	Guessed  book.SlotSet // an estimate stands there
	Stray    book.SlotSet // a reading stands nearer to this slot than to others, but too far from it to count
	Twice    book.SlotSet // more than one reading for the slot
	Sure     book.SlotSet // a person said that the reading is right: no rule rejects it
	Anchors  []Anchor     // in order, between Base and the day
}

// Begin empties d for another day.
func (d *Day) Begin(day book.Day) {
	*d = Day{Day: day, Sort: ByWeekday(day), Base: series.Null}
	for i := range Slots {
		d.Register[i], d.Power[i], d.Voltage[i] = series.Null, series.Null, series.Null
	}
}

// Put takes a sample in: at and tolerance in microseconds. Samples outside the day are left out.
func (d *Day) Put(at, tolerance int64, q series.Quality, register, power, voltage int64) {
	beside := at - d.Day.Start()
	slot := (beside + book.SlotMicros/2) / book.SlotMicros
	if beside < -book.SlotMicros/2 || slot >= Slots {
		return
	}
	off := beside - slot*book.SlotMicros
	i := int(slot)
	src := q &^ series.Late
	switch {
	case src == series.Invalid:
	case off > tolerance || off < -tolerance:
		d.Stray.Add(i)
		if !d.Measured.Has(i) {
			d.Offset[i] = int16(off / 1e6)
		}
	case src == series.Estimated:
		if !d.Measured.Has(i) {
			d.Guessed.Add(i)
			d.Register[i], d.Power[i] = register, power
		}
	default:
		if d.Measured.Has(i) {
			d.Twice.Add(i)
		}
		d.Measured.Add(i)
		d.Guessed.Remove(i)
		if src == series.Substituted {
			d.Edited.Add(i)
		}
		d.Register[i], d.Power[i], d.Voltage[i], d.Offset[i] = register, power, voltage, int16(off/1e6)
	}
}

// Trust takes the estimate in a slot for a reading: a person put it there.
func (d *Day) Trust(slot int) {
	if d.Guessed.Has(slot) {
		d.Guessed.Remove(slot)
		d.Measured.Add(slot)
		d.Edited.Add(slot)
	}
}

// Restore takes a reading in that was rejected and is to be judged again.
func (d *Day) Restore(slot int, register, power, voltage int64) {
	d.Guessed.Remove(slot)
	d.Measured.Add(slot)
	d.Register[slot], d.Power[slot], d.Voltage[slot] = register, power, voltage
}

// Absent is what nothing came for: no reading in the slot nor beside it.
func (d *Day) Absent() book.SlotSet {
	return book.First(Slots).Minus(d.Measured).Minus(d.Stray)
}

// Gaps is what has no reading of its own, whether an estimate stands there or not.
func (d *Day) Gaps() book.SlotSet { return book.First(Slots).Minus(d.Measured) }

// Begin empties d for a day of the meter whose statistics are s: the newest reading before the day goes with it.
func Begin(d *Day, day book.Day, s *Stat) {
	d.Begin(day)
	if s.Register != series.Null && s.LastDay < day {
		d.Base, d.BaseGap = s.Register, int(day-s.LastDay)*Slots-int(s.LastSlot)
	}
}
