package ledger

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// batchLimit bounds the readings of one transaction, so that no commit holds the lane for long; queueLength the deliveries that
// wait; patience how long a delivery waits for a place in the queue. Every link has one delivery at a time, so that a city that
// reports at once waits its turn and does not connect again and again.
const (
	batchLimit  = 20_000
	queueLength = 1024
	patience    = 15 * time.Second
)

// earliest is the time before which no meter of the archive can have read: its clock has lost the time.
var earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, book.China).UnixMicro()

// delivery is what one frame brings, or what a person decided; done is answered after the commit.
type delivery struct {
	readings []book.Reading
	decision *decision
	taken    book.Taken
	done     chan error
}

// Take hands readings over and waits until they are safe: a sender is acknowledged after it returns. errs.Busy says that the
// intake does not keep up: the sender keeps its data and comes again.
func (l *Ledger) Take(ctx context.Context, readings []book.Reading) (book.Taken, error) {
	if len(readings) == 0 {
		return book.Taken{}, nil
	}
	d := &delivery{readings: readings, done: make(chan error, 1)}
	if err := l.deliver(ctx, d); err != nil {
		return book.Taken{}, err
	}
	return d.taken, nil
}

func (l *Ledger) deliver(ctx context.Context, d *delivery) error {
	select {
	case l.queue <- d:
	default:
		if err := l.wait(ctx, d); err != nil {
			return err
		}
	}
	select {
	case err := <-d.done:
		return err
	case <-ctx.Done():
		return ctx.Err() // it may still be stored: the sender was not told, and a repetition is recognised
	}
}

func (l *Ledger) wait(ctx context.Context, d *delivery) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case l.queue <- d:
		return nil
	case <-limit.C:
		return errs.Say(errs.Busy, "采集入口已满，请稍后重送", "the intake is full, send again later")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run writes what is delivered until ctx ends: one columnar batch for whatever has come while the last one was being written.
func (l *Ledger) Run(ctx context.Context) error {
	for {
		var first *delivery
		select {
		case first = <-l.queue:
		case <-ctx.Done():
			return l.refuseRest(ctx.Err())
		}
		group, n := []*delivery{first}, len(first.readings)
		var last *delivery // a decision waits until what came before it is written
	gather:
		for n < batchLimit {
			if d := group[len(group)-1]; d.decision != nil {
				group, last = group[:len(group)-1], d
				break
			}
			select {
			case d := <-l.queue:
				group, n = append(group, d), n+len(d.readings)
			default:
				break gather
			}
		}
		err := l.write(ctx, group)
		for _, d := range group {
			d.done <- err
		}
		if last != nil {
			last.done <- l.decide(ctx, last.decision)
		}
	}
}

func (l *Ledger) refuseRest(cause error) error {
	for {
		select {
		case d := <-l.queue:
			d.done <- errs.As(errs.Unavailable, "stop grid intake", cause)
		default:
			return nil
		}
	}
}

// write sorts the group's readings out, appends the new ones in one transaction, and moves the book after the commit.
func (l *Ledger) write(ctx context.Context, group []*delivery) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	s := newSorting(l)
	defer s.done()
	for _, d := range group {
		d.taken = book.Taken{}
		for _, r := range d.readings {
			s.place(r, d)
		}
	}
	if err := s.lookUp(ctx); err != nil {
		return errs.Wrap("look for earlier readings", err)
	}
	s.decide()
	if len(s.marks) == 0 {
		l.count(group)
		return nil
	}
	err := l.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := l.o.Readings.Append(tx, &s.batch); err != nil {
			return err
		}
		tx.OnCommit(func() { l.o.Book.Mark(s.marks) })
		return nil
	})
	if err != nil {
		return errs.Wrap("store readings", err)
	}
	l.sums.follow(l.o.Book, s.changes)
	l.count(group)
	l.changed(s.marks)
	l.o.Stored()
	if l.o.Came != nil {
		l.o.Came(s.batch.Keys, s.marks)
	}
	return nil
}

func (l *Ledger) count(group []*delivery) {
	var t book.Taken
	for _, d := range group {
		t.Stored += d.taken.Stored
		t.Corrected += d.taken.Corrected
		t.Duplicates += d.taken.Duplicates
		t.Unknown += d.taken.Unknown
		t.OffSlot += d.taken.OffSlot
		t.Wrong += d.taken.Wrong
	}
	for _, c := range []struct {
		name string
		n    int
	}{{"stored", t.Stored}, {"corrected", t.Corrected}, {"duplicate", t.Duplicates}, {"unknown", t.Unknown}, {"off-slot", t.OffSlot}, {"wrong-time", t.Wrong}} {
		if c.n > 0 {
			l.o.Count(c.name, c.n)
		}
	}
}

// sorting finds out what is new in a group of deliveries.
type sorting struct {
	l     *Ledger
	now   time.Time
	rows  []row
	old   map[seat]held // what stands in a seat: stored before, or placed by an earlier row of the group
	batch series.Batch
	marks []book.Placed

	changes []change // beside marks, for the sums
}

// row is one reading on its way.
type row struct {
	book.Reading
	book.Placed
	key int64
	of  *delivery
}

// seat is where one sample can be: a slot of a meter, or a moment beside all slots.
type seat struct{ key, at int64 }

func (r row) seat() seat {
	if r.Slot < 0 {
		return seat{r.key, r.Placed.At}
	}
	return seat{r.key, r.Day.Start() + int64(r.Slot)*book.SlotMicros}
}

// held is a sample in its seat.
type held struct {
	at                     int64
	quality                series.Quality // without Late
	energy, power, voltage int64
}

// newSorting begins a group, in the intake's turn, in the room that the last one needed.
func newSorting(l *Ledger) *sorting {
	if l.old == nil {
		l.old = map[seat]held{}
	}
	clear(l.old)
	return &sorting{l: l, now: l.o.Now(), old: l.old, rows: l.rows[:0]}
}

// done keeps the rows' room for the next group; what a transaction may still hold is not used again.
func (s *sorting) done() {
	clear(s.rows)
	s.l.rows = s.rows[:0]
}

// place finds where a reading belongs, or refuses it with the reason counted.
func (s *sorting) place(r book.Reading, d *delivery) {
	o := &s.l.o
	seat := r.Seat
	if seat.Num == 0 {
		seat, _, _ = o.Book.Seat(r.Address)
	}
	switch {
	case seat.Num == 0:
		d.taken.Unknown++
		return
	case r.At > s.now.Add(o.Ahead).UnixMicro() || r.At < earliest:
		d.taken.Wrong++
		return
	}
	p := book.Placed{Place: seat.Place, At: r.At, Quality: r.Quality, Slot: -1}
	if day, slot, fits := book.SlotAt(r.At, o.Tolerance); fits {
		p.Day, p.Slot = day, slot
	} else {
		p.Day = book.DayOf(r.At)
		d.taken.OffSlot++
	}
	if r.Quality == series.Measured && s.now.Sub(time.UnixMicro(r.At)) > o.Late {
		p.Quality |= series.Late
	}
	s.rows = append(s.rows, row{r, p, seat.Num, d})
}
