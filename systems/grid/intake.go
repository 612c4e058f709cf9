package grid

import (
	"context"
	"github.com/haihe-city/haihe/systems/grid/book"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
)

// delivery is what one frame or file brings; done is answered after the commit.
type delivery struct {
	readings []book.Reading
	taken    book.Taken
	done     chan error
}

// intake gathers what the connections bring and commits it in common: one columnar batch for whatever has come while the last
// one was being written. A connection acknowledges to its sender only after its delivery was answered.
type intake struct {
	svc   *service
	queue chan *delivery
}

// batchLimit bounds the readings of one transaction, so that no commit holds the lane for long.
const batchLimit = 20_000

func newIntake(svc *service) *intake { return &intake{svc: svc, queue: make(chan *delivery, 1024)} }

// take hands a delivery over and waits until it is safe. A full queue is refused at once: the sender keeps its data and comes again.
func (in *intake) take(ctx context.Context, readings []book.Reading) (book.Taken, error) {
	d := &delivery{readings: readings, done: make(chan error, 1)}
	select {
	case in.queue <- d:
	default:
		return book.Taken{}, errs.Say(errs.Busy, "采集入口已满，请稍后重送", "the intake is full, send again later")
	}
	select {
	case err := <-d.done:
		return d.taken, err
	case <-ctx.Done():
		return book.Taken{}, ctx.Err() // it may still be stored: the sender was not told, and a repetition is recognised
	}
}

// run is the feed that writes. It ends with ctx, after answering what it holds.
func (in *intake) run(ctx context.Context) error {
	for {
		var first *delivery
		select {
		case first = <-in.queue:
		case <-ctx.Done():
			return in.refuseRest(ctx.Err())
		}
		group, n := []*delivery{first}, len(first.readings)
		for n < batchLimit {
			select {
			case d := <-in.queue:
				group, n = append(group, d), n+len(d.readings)
				continue
			default:
			}
			break
		}
		err := in.write(ctx, group)
		for _, d := range group {
			d.done <- err
		}
	}
}

func (in *intake) refuseRest(cause error) error {
	for {
		select {
		case d := <-in.queue:
			d.done <- errs.As(errs.Unavailable, "stop grid intake", cause)
		default:
			return nil
		}
	}
}

// write sorts the group's readings out, appends the new ones in one transaction, and moves the book after the commit.
func (in *intake) write(ctx context.Context, group []*delivery) error {
	s := in.svc
	now := s.clock.Now()
	var b series.Batch
	var marks []book.Placed
	seen := map[seenKey]book.Reading{}
	for _, d := range group {
		d.taken = book.Taken{}
		for _, r := range d.readings {
			p, ok := s.place(r, now, &d.taken)
			if !ok {
				continue
			}
			key := s.book.Num(p.Place)
			r, again, err := s.known(ctx, key, r, p, seen)
			if err != nil {
				return err
			}
			seen[seenKey{key, r.At}] = r
			switch again {
			case sameAgain:
				d.taken.Duplicates++
				continue
			case otherValue:
				d.taken.Corrected++
			default:
				d.taken.Stored++
			}
			b.Add(key, r.At, p.Quality, r.Energy, r.Power, r.Voltage)
			marks = append(marks, p)
		}
	}
	s.measureIntake(group)
	if len(marks) == 0 {
		return nil
	}
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		if err := s.readings.Append(tx, &b); err != nil {
			return err
		}
		tx.OnCommit(func() { s.book.Mark(marks) })
		return nil
	})
	if err == nil {
		s.changed()
	}
	return errs.Wrap("store readings", err)
}

type seenKey struct{ key, at int64 }

type repetition int

const (
	notSeen repetition = iota
	sameAgain
	otherValue
)

// known tells whether a sample of this meter and time is there already, and gives the reading with what the earlier one knew and
// this one does not say. Only slots that the book has marked can be known, and samples beside the slots, which are few; so the
// common new reading costs no look-up.
func (s *service) known(ctx context.Context, key int64, r book.Reading, p book.Placed, seen map[seenKey]book.Reading) (book.Reading, repetition, error) {
	if old, twice := seen[seenKey{key, r.At}]; twice {
		r, again := over(r, old)
		return r, again, nil // within one group the qualities are alike: feeds measure, the estimator estimates
	}
	if p.Slot >= 0 && s.book.Holds(p.Day) && !s.book.Measured(p) {
		return r, notSeen, nil
	}
	got, err := s.readings.Range(ctx, key, r.At, r.At+1)
	if err != nil || len(got) == 0 {
		return r, notSeen, errs.Wrap("look for an earlier reading", err)
	}
	v := got[0].Values
	switch was := got[0].Quality &^ series.Late; {
	case r.Quality != series.Measured && was == series.Measured:
		return r, sameAgain, nil // an estimate never covers a reading
	case r.Quality == series.Measured && was != series.Measured:
		return r, otherValue, nil // a reading takes the place of an estimate
	}
	r, again := over(r, book.Reading{Energy: v[0], Power: v[1], Voltage: v[2]})
	return r, again, nil
}

// over lays a reading over an earlier one of the same meter and time.
func over(r, old book.Reading) (book.Reading, repetition) {
	for _, pair := range []struct{ now, was *int64 }{{&r.Energy, &old.Energy}, {&r.Power, &old.Power}, {&r.Voltage, &old.Voltage}} {
		if *pair.now == series.Null {
			*pair.now = *pair.was
		}
	}
	if r.Energy == old.Energy && r.Power == old.Power && r.Voltage == old.Voltage {
		return r, sameAgain
	}
	return r, otherValue
}

// place finds where a reading belongs; ok is false where it is refused, with the reason counted.
func (s *service) place(r book.Reading, now time.Time, t *book.Taken) (p book.Placed, ok bool) {
	place, _, known := s.book.Find(r.Address)
	if !known {
		t.Unknown++
		return p, false
	}
	if r.At > now.Add(s.conf.AheadLimit).UnixMicro() {
		t.Future++
		return p, false
	}
	p = book.Placed{Place: place, At: r.At, Quality: r.Quality, Slot: -1}
	if d, slot, fits := book.SlotAt(r.At, s.conf.SlotTolerance); fits {
		p.Day, p.Slot = d, slot
	} else {
		p.Day = book.DayOf(r.At)
		t.OffSlot++
	}
	if r.Quality == series.Measured && now.Sub(time.UnixMicro(r.At)) > s.conf.LateAfter {
		p.Quality |= series.Late
	}
	return p, true
}
