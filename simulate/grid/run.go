package grid

import (
	"context"
	"iter"
	"net"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/town"
)

// The rhythm of the simulation, in wall time.
const (
	tick        = 50 * time.Millisecond // how often the clock is looked at
	wakeSpread  = 3 * time.Second       // stations begin a slot spread over this time
	dialLimit   = 10 * time.Second
	answerLimit = 20 * time.Second // for a login or a report to be answered
	writeLimit  = 20 * time.Second
	firstRetry  = 500 * time.Millisecond
	lastRetry   = 30 * time.Second
	progressGap = 200 * time.Millisecond
)

// world is one run.
type world struct {
	*City
	heldBack map[uint64]bool
	faults   *fault.Set
	truth    *fault.Ledger
	units    []*unit
	left     atomic.Int64 // reporting stations that have not reached To
	done     chan struct{}
	moments  []time.Time // at which concentrators have news of their meters' supply
	count    counters
}

type counters struct {
	connected, reports, acked, rows, rowsAcked, resent, rereads, answers645, refused atomic.Int64
}

// unit is a station at run time.
type unit struct {
	world *world
	town.Station
	number int
	next   int64 // slot (Unix/900) to report next; the unit's own, as is todo
	todo   backlog
	past   int64        // of the slots before the first: the one after the last of them
	owed   atomic.Int64 // how many of them are still to be reported
	news   []news       // of its meters' supply, that is to be told
	due    atomic.Int64 // the newest slot that may be reported
	taken  atomic.Int64 // the newest slot that was reported, or put off by a fault
	conn   atomic.Pointer[net.Conn]
}

// Run simulates until ctx ends or, where Options.To is set, until its slot is acknowledged by the server for every
// concentrator. It gives an error only for options that are wrong: a server that is away is tried again and again.
func Run(ctx context.Context, o Options) error {
	c, err := NewCity(o)
	if err != nil {
		return err
	}
	return c.Run(ctx)
}

// Run is like the function Run, for a city that is laid out already.
func (c *City) Run(ctx context.Context) error {
	if c.opt.Clock == nil {
		return errs.Say(errs.Invalid, "模拟需要时钟", "the simulation needs a clock")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &world{City: c, heldBack: c.held(), faults: c.faults, truth: fault.NewLedger(c.opt.Truth), done: make(chan struct{})}
	w.open()
	var running sync.WaitGroup
	for _, u := range w.units {
		running.Go(func() { u.run(ctx) })
	}
	running.Go(func() { w.keepTime(ctx) })
	select {
	case <-ctx.Done():
	case <-w.done:
	}
	cancel()
	w.wakeAll()
	running.Wait()
	if c.opt.Progress != nil {
		c.opt.Progress(w.stats())
	}
	return nil
}

// open makes the units and notes the faults that are known beforehand.
func (w *world) open() {
	now := slotOf(w.opt.Clock())
	first := now + 1
	if !w.opt.From.IsZero() {
		first = slotOf(w.opt.From.Add(Slot - time.Second))
	}
	for i, s := range w.Stations() {
		if w.opt.Feeds.of(s.Protocol) == "" {
			continue
		}
		u := &unit{world: w, Station: s, number: i, next: first, past: first}
		if s.Protocol.Reports() {
			u.owed.Store(int64(w.opt.Back) * 96)
		}
		u.due.Store(w.cap(now))
		u.taken.Store(first - 1)
		w.units = append(w.units, u)
		w.noteStanding(u, first-u.owed.Load())
		if s.Protocol.Reports() {
			w.left.Add(1)
		}
	}
	w.layNews()
}

// cap holds a slot to To.
func (w *world) cap(slot int64) int64 {
	if !w.opt.To.IsZero() {
		slot = min(slot, slotOf(w.opt.To))
	}
	return slot
}

// keepTime looks at the clock, lets the stations begin each slot one after the other, and tells of the progress.
func (w *world) keepTime(ctx context.Context) {
	t := time.NewTicker(tick)
	defer t.Stop()
	order := slices.Clone(w.units)
	sort.SliceStable(order, func(a, b int) bool {
		return town.Mix(w.opt.Seed, 10, uint64(order[a].number)) < town.Mix(w.opt.Seed, 10, uint64(order[b].number))
	})
	seen, next, waiting, quiet := slotOf(w.opt.Clock()), 0, 0, 0
	step := max(1, len(order)*int(tick)/int(wakeSpread))
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		w.wakeForNews()
		if now := slotOf(w.opt.Clock()); now > seen {
			seen, waiting = now, len(order)
		}
		for range min(step, waiting) {
			u := order[next%len(order)]
			u.due.Store(w.cap(seen))
			u.wake()
			next, waiting = next+1, waiting-1
		}
		if quiet++; w.opt.Progress != nil && quiet >= int(progressGap/tick) {
			quiet = 0
			w.opt.Progress(w.stats())
		}
	}
}

func (w *world) wakeAll() {
	for _, u := range w.units {
		u.wake()
	}
}

func (w *world) stats() Stats {
	s := Stats{
		Stations: int64(len(w.units)), Connected: w.count.connected.Load(), Reports: w.count.reports.Load(),
		Acknowledged: w.count.acked.Load(), Rows: w.count.rows.Load(), RowsAcked: w.count.rowsAcked.Load(),
		Resent: w.count.resent.Load(), Rereads: w.count.rereads.Load(), Answers645: w.count.answers645.Load(),
		Refused: w.count.refused.Load(), Faults: w.truth.Lines(),
	}
	for _, u := range w.units {
		if u.Protocol.Reports() {
			s.Behind += max(0, u.due.Load()-u.taken.Load()) + u.owed.Load()
		}
	}
	return s
}

// wake ends the unit's wait for the server, so that it looks at what is due.
func (u *unit) wake() {
	if c := u.conn.Load(); c != nil {
		_ = (*c).SetReadDeadline(time.Unix(1, 0))
	}
}

// run connects, serves the dialogue, and connects again after a break: at once first, then ever more slowly.
func (u *unit) run(ctx context.Context) {
	addr := u.world.opt.Feeds.of(u.Protocol)
	retry := firstRetry
	var dialer net.Dialer
	for ctx.Err() == nil {
		dctx, cancel := context.WithTimeout(ctx, dialLimit)
		conn, err := dialer.DialContext(dctx, "tcp", addr)
		cancel()
		if err == nil {
			u.world.count.connected.Add(1)
			u.conn.Store(&conn)
			if u.serve(ctx, conn) {
				retry = firstRetry
			}
			u.conn.Store(nil)
			_ = conn.Close()
			u.world.count.connected.Add(-1)
		}
		pause(ctx, retry+time.Duration(town.Below(town.Mix(uint64(u.number), uint64(retry)), int64(retry)/4+1)))
		retry = min(2*retry, lastRetry)
	}
}

// serve speaks until the connection breaks; good says that the server took part.
func (u *unit) serve(ctx context.Context, conn net.Conn) (good bool) {
	switch u.Protocol {
	case DLT645:
		return (&gateway{unit: u, conn: conn}).serve(ctx)
	case QGDW1376:
		return (&terminal{unit: u, conn: conn}).serve(ctx)
	case DLMS:
		if u.number&1 == 1 { // every other one stands behind a transparent gateway
			return (&line{unit: u, conn: conn}).serve(ctx)
		}
		return (&cosem{unit: u, conn: conn}).serve(ctx)
	}
	return (&concentrator{unit: u, conn: conn}).serve(ctx)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func slotOf(t time.Time) int64 { return t.Unix() / 900 }

func slotTime(slot int64) time.Time { return time.Unix(slot*900, 0).In(China()) }

// meters goes through the meters of a station, computed one after the other.
func (u *unit) meters() iter.Seq[*Meter] {
	return func(yield func(*Meter) bool) {
		for n := u.From; n < u.To; n++ {
			if m := u.world.Of(u.number, n); !yield(&m) {
				return
			}
		}
	}
}
