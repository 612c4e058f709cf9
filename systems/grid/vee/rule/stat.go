package rule

import (
	"encoding/binary"
	"math/bits"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// octave is a doubling in the scale of statistics.
const octave = 256

// level puts an energy on a scale of octaves: a straight line between powers of two, so that it is exact to invert and costs a
// few instructions. It lies up to 0.09 octaves beside the logarithm, far inside every limit that is held against it.
func level(v int64) int16 {
	u := uint64(max(v, 0)) + 1
	n := bits.Len64(u) - 1
	return int16(n<<8 | int(u<<8>>n&255)) //nolint:gosec // at most 63 octaves
}

// tallest is the highest level that an energy is read from: what is above it (2^48: 28 TWh in a quarter hour) no meter has counted.
const tallest = 48 * octave

// amount is the energy of a level; those below zero and above [tallest] stand for the bounds.
func amount(l int16) int64 {
	l = min(max(l, 0), tallest)
	return int64(256+uint64(l&255))<<(l>>8)>>8 - 1
}

// The parts of a day whose usual energy is kept: two hours each.
const (
	parts     = 12
	partSlots = Slots / parts
)

// Usual is what a meter does. Two-hour parts rather than 96 slots: a tenth of the bytes, and steadier, since a household's single
// quarter hours repeat badly. It stands for what a meter does on one class of day; all levels.
type Usual struct {
	Days   uint8        // taken in, 255 at most
	Energy int16        // of the day
	Spread int16        // mean distance of a day's level from Energy
	Peak   int16        // the greatest energy of a quarter hour
	Part   [parts]int16 // mean energy of a quarter hour in each two hours
}

// Stat is what is remembered of a meter from day to day. It is updated by one day after the other and takes [StatBytes].
type Stat struct {
	Taken    book.Day // newest day taken in; 0 for none
	Register int64    // newest measured register, of LastDay and LastSlot; Null for none
	LastDay  book.Day
	LastSlot uint8
	Drawn    int64  // register at the end of Taken by estimation; Null where it was measured or could not be estimated, or Ended
	Sparse   uint8  // days in a row with less than half of their readings
	Idle     uint8  // longest stretch without consumption that is usual, in slots
	Offset   int16  // seconds that Taken's readings stood beside their slots, the middle one
	Print    uint32 // of Taken's values: a day that is delivered twice under two dates is known by it
	Ratio    int16  // usual level of the registers' energy against the powers', octaves
	Class    [classes]Usual
}

// Ended stands in Stat.Drawn where the gap at the end of the day was drawn up to a reading of the next day.
const Ended = -1

// NewStat knows nothing yet.
func NewStat() Stat { return Stat{Register: series.Null, Drawn: series.Null} }

// StatBytes is what a meter's statistics take, in memory of a pass and on disk.
const StatBytes = headBytes + int(classes)*usualBytes

// ShortStatBytes is what they took before the Spring Festival was a class of its own; such statistics are read too.
const ShortStatBytes = headBytes + 2*usualBytes

const (
	headBytes  = 4 + 8 + 4 + 1 + 8 + 1 + 1 + 2 + 4 + 2
	usualBytes = 1 + 6 + 2*parts
)

// Append writes s in StatBytes.
func (s *Stat) Append(dst []byte) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint32(dst, uint32(s.Taken))
	dst = le.AppendUint64(dst, uint64(s.Register))
	dst = le.AppendUint32(dst, uint32(s.LastDay))
	dst = append(dst, s.LastSlot)
	dst = le.AppendUint64(dst, uint64(s.Drawn))
	dst = append(dst, s.Sparse, s.Idle)
	dst = le.AppendUint16(dst, uint16(s.Offset))
	dst = le.AppendUint32(dst, s.Print)
	dst = le.AppendUint16(dst, uint16(s.Ratio))
	for c := range s.Class {
		u := &s.Class[c]
		dst = append(dst, u.Days)
		for _, v := range [...]int16{u.Energy, u.Spread, u.Peak} {
			dst = le.AppendUint16(dst, uint16(v))
		}
		for _, v := range u.Part {
			dst = le.AppendUint16(dst, uint16(v))
		}
	}
	return dst
}

// ReadStat reads what Append wrote. Every text of StatBytes, or of ShortStatBytes, is a Stat; whether it is a sensible one, the next days show.
func ReadStat(b []byte) (s Stat, err error) {
	if len(b) != StatBytes && len(b) != ShortStatBytes {
		return s, errs.Say(errs.Unavailable, "电表统计数据长度为 %d 字节，应为 %d 字节", "a meter's statistics have %d bytes instead of %d", len(b), StatBytes)
	}
	le := binary.LittleEndian
	s.Taken, s.Register = book.Day(le.Uint32(b)), int64(le.Uint64(b[4:]))
	s.LastDay, s.LastSlot, s.Drawn = book.Day(le.Uint32(b[12:])), b[16]%Slots, int64(le.Uint64(b[17:]))
	s.Sparse, s.Idle, s.Offset = b[25], b[26], int16(le.Uint16(b[27:]))
	s.Print, s.Ratio = le.Uint32(b[29:]), int16(le.Uint16(b[33:]))
	b = b[35:]
	for c := 0; len(b) > 0; c++ {
		u := &s.Class[c]
		u.Days = b[0]
		u.Energy, u.Spread, u.Peak = int16(le.Uint16(b[1:])), int16(le.Uint16(b[3:])), int16(le.Uint16(b[5:]))
		b = b[7:]
		for i := range u.Part {
			u.Part[i], b = int16(le.Uint16(b)), b[2:]
		}
	}
	return s, nil
}

// settled is after how many days of a class its usual values are good enough to judge by.
func (u *Usual) settled(c Class) bool {
	if c == Workday {
		return u.Days >= 5
	}
	return u.Days >= 3
}

// slot is the usual energy of a quarter hour, drawn through the middles of the two-hour parts.
func (u *Usual) slot(i int) int64 {
	at := 2*i + 1 - partSlots // twice the distance from the middle of part 0
	p := at / (2 * partSlots)
	if at < 0 {
		p = -1
	}
	rest := int64(at - p*2*partSlots)
	a, b := amount(u.Part[(p+parts)%parts]), amount(u.Part[(p+1)%parts])
	return a + (b-a)*rest/(2*partSlots)
}

// Expect is the usual energy of a quarter hour on a class of day; ok is false before enough days were seen of any class.
func (s *Stat) Expect(c Class, slot int) (energy int64, ok bool) {
	for _, c := range [...]Class{c, Weekend, Workday} {
		if u := &s.Class[c]; u.Days > 0 {
			return u.slot(slot), true
		}
	}
	return 0, false
}

// shape is the usual curve that a day is drawn after; nil where none is settled.
func (s *Stat) shape(so Sort) *Usual {
	for _, c := range [...]Class{so.Class, Weekend} {
		if u := &s.Class[c]; u.settled(c) && (c == so.Class || so.Holiday) {
			return u
		}
	}
	return nil
}

// basis is what a day is held against: the least and the most that is usual. Either is nil where too few days were seen. On a public
// holiday the most is that of any class, and the least is known only once a Spring Festival was seen.
func (s *Stat) basis(so Sort) (least, most *Usual) {
	if !so.Holiday {
		if u := &s.Class[so.Class]; u.settled(so.Class) {
			return u, u
		}
		return nil, nil
	}
	for c := range classes {
		u := &s.Class[c]
		if !u.settled(c) {
			continue
		}
		if most == nil || u.Energy > most.Energy {
			most = u
		}
		if c != Workday && s.Class[Spring].settled(Spring) && (least == nil || u.Energy < least.Energy) {
			least = u
		}
	}
	return least, most
}

// approach moves an average towards v: quickly while days are few, by a tenth afterwards, and never by more than a few spreads,
// so that one wild day does not move what is usual.
func approach(avg *int16, v int16, days uint8, clip int32) {
	d := int32(v) - int32(*avg)
	if days >= 5 {
		d = max(-clip, min(clip, d))
	}
	*avg += int16(d / int32(min(days, 9)+1)) //nolint:gosec // between two int16
}

// take lets the first days in as they are and clips later ones: whoever moves house becomes usual within a fortnight, a day of
// ten times never does. It moves the usual values by a day.
func (u *Usual) take(energy, peak int64, part *[parts]int64) {
	l := level(energy)
	dist := int16(max(int32(l)-int32(u.Energy), int32(u.Energy)-int32(l)))
	clip := max(3*int32(u.Spread), octave/4)
	if u.Days > 0 {
		approach(&u.Spread, min(dist, 3*max(u.Spread, octave/4)), u.Days-1, octave)
	}
	approach(&u.Energy, l, u.Days, clip)
	approach(&u.Peak, level(peak), u.Days, octave)
	for i, v := range part {
		if v < 0 && u.Part[i] == 0 {
			v = energy / Slots // not seen yet: the mean will do until it is
		}
		if v >= 0 {
			approach(&u.Part[i], level(v), u.Days, octave)
		}
	}
	if u.Days < 255 {
		u.Days++
	}
}
