package ledger

import (
	"context"
	"math"
	"slices"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// lookUp reads what stands in the seats of the rows already. A slot that the book knows to be empty costs nothing, so the common
// new reading is not looked for; repeated and late ones are looked for together, a day at a time.
func (s *sorting) lookUp(ctx context.Context) error {
	type window struct {
		keys     []int64
		from, to int64
	}
	want := map[seat]bool{}
	days := map[book.Day]*window{}
	for _, r := range s.rows {
		if r.Slot >= 0 && s.l.o.Book.Empty(r.Placed) {
			continue
		}
		at := r.seat()
		if want[at] {
			continue
		}
		want[at] = true
		w := days[r.Day]
		if w == nil {
			w = &window{from: math.MaxInt64, to: math.MinInt64}
			days[r.Day] = w
		}
		w.keys, w.from, w.to = append(w.keys, at.key), min(w.from, at.at), max(w.to, at.at)
	}
	for _, w := range days {
		slices.Sort(w.keys)
		err := s.l.o.Readings.Scan(ctx, slices.Compact(w.keys), w.from-s.l.tolerance(), w.to+s.l.tolerance()+1, func(x series.Sample) error {
			at := seat{x.Key, x.At}
			if d, slot, fits := book.SlotAt(x.At, s.l.o.Tolerance); fits {
				at.at = d.Start() + int64(slot)*book.SlotMicros
			}
			h := held{x.At, x.Quality, x.Values[0], x.Values[1], x.Values[2]}
			if was, there := s.old[at]; want[at] && (!there || h.measured() || !was.measured()) {
				s.old[at] = h
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// decide goes through the rows in the order in which they came.
func (s *sorting) decide() {
	n := len(s.rows)
	s.batch = series.Batch{Keys: make([]int64, 0, n), Times: make([]int64, 0, n), Quality: make([]series.Quality, 0, n), Values: make([][]int64, len(Family.Columns))}
	for c := range s.batch.Values {
		s.batch.Values[c] = make([]int64, 0, n)
	}
	s.marks, s.changes = make([]book.Placed, 0, n), make([]change, 0, n)
	for _, r := range s.rows {
		at := r.seat()
		old, there := s.old[at]
		switch now, same := settle(r, old, there); {
		case same:
			r.of.taken.Duplicates++
			continue
		case there:
			r.of.taken.Corrected++
			r = now
		default:
			r.of.taken.Stored++
		}
		s.old[at] = held{r.Placed.At, r.Placed.Quality, r.Energy, r.Power, r.Voltage}
		s.batch.Add(r.key, r.Placed.At, r.Placed.Quality, r.Energy, r.Power, r.Voltage)
		s.marks = append(s.marks, r.Placed)
		s.changes = append(s.changes, change{Placed: r.Placed, power: r.Power, there: there, was: old.quality, wasPower: old.power})
	}
}

func (h held) measured() bool { return h.quality&^series.Late == series.Measured }

// settle lays a reading over what stands in its seat. The later of two readings wins, in the place of the earlier one, and keeps
// what only that one knew. An estimate never covers a reading, and nothing that comes covers what a person put in a reading's place.
func settle(r row, old held, there bool) (now row, same bool) {
	if !there {
		return r, false
	}
	if old.quality&^series.Late == series.Substituted {
		return r, true
	}
	measured := r.Reading.Quality == series.Measured
	if !measured && old.measured() {
		return r, true
	}
	r.Placed.At = old.at
	if measured != old.measured() {
		return r, false // a reading takes the place of an estimate
	}
	for _, pair := range []struct {
		now *int64
		was int64
	}{{&r.Energy, old.energy}, {&r.Power, old.power}, {&r.Voltage, old.voltage}} {
		if *pair.now == series.Null {
			*pair.now = pair.was
		}
	}
	if old.measured() && old.quality&series.Late == 0 {
		r.Placed.Quality &^= series.Late // the slot was there in time; what is late is the correction
	}
	return r, r.Energy == old.energy && r.Power == old.power && r.Voltage == old.voltage
}
