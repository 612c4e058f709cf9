package reread

import (
	"context"
	"embed"
	"fmt"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/headend"
	"github.com/haihe-city/haihe/systems/grid/ledger"
)

//go:embed table/*.sql
var tables embed.FS

// Grant lets a person order meters to be read again.
const Grant = "grid.reread"

// Acts are the verbs that this part records.
var Acts = []journal.Word{{Verb: "reread", Title: lang.T("下达补抄", "Ordered meters to be read again")}}

// atOnce bounds the concentrators that one order asks at the same time.
const atOnce = 64

// meterLimit bounds the meters of one order.
const meterLimit = 200_000

// Options are what the part works with. Changed is called when an order has moved on.
type Options struct {
	DB       *store.DB
	Book     *book.Book
	Ledger   *ledger.Ledger
	Head     *headend.HeadEnd
	Clock    host.Clock
	Journal  *journal.Journal
	DueAfter time.Duration
	Changed  func()
}

// Part takes orders and carries them out, one after the other.
type Part struct {
	o     Options
	queue chan job
}

// New opens the part. Orders that a stop cut off are closed.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "grid.reread", tables); err != nil {
		return nil, err
	}
	err := o.DB.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(qLost); return err })
	return &Part{o: o, queue: make(chan job, 16)}, err
}

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job {
	return []host.Job{{Name: "rereads", Run: p.run}, {Name: "reread-results", Every: 24 * time.Hour, Run: func(ctx context.Context) error {
		return p.o.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qCut, store.Micros(p.o.Clock.Now().Add(-keptFor)))
			return err
		})
	}}}
}

type job struct {
	Order
	day  book.Day
	want map[string][]string // meters by concentrator
}

// Order takes an order to read the gaps of a day again and starts it. Meters is empty for every meter of the day that is
// not complete, in sel's bounds. The order is in the journal; how it ends is written beside it.
func (p *Part) Order(ctx context.Context, by *identity.Principal, d book.Day, meters []string, sel book.Select) (Order, error) {
	if !by.Can(Grant) {
		return Order{}, errs.Say(errs.Denied, "您没有下达补抄的权限", "you may not order meters to be read again")
	}
	if sel.District != "" && region.Index(sel.District) < 0 {
		return Order{}, errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码", "%q is no district code of this city", sel.District)
	}
	if book.DueSlots(d, p.o.Clock.Now(), p.o.DueAfter) == 0 {
		return Order{}, errs.Say(errs.Conflict, "%s 还没有应到的数据", "nothing of %s is due yet", d.String())
	}
	want, err := p.sorted(ctx, d, meters, sel)
	if err != nil {
		return Order{}, err
	}
	n := 0
	for _, m := range want {
		n += len(m)
	}
	if n == 0 {
		return Order{}, errs.Say(errs.Conflict, "%s 没有需要补抄的电表", "no meter of %s needs to be read again", d.String())
	}
	now := p.o.Clock.Now()
	r := Order{ID: store.NewID(now), At: now, By: by.ID, Day: d.String(), Meters: n, State: "running"}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qAdd, r.ID, store.Micros(now), by.ID, int64(d), n); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: Grant, Verb: "reread", Object: "grid.day:" + d.String(), Detail: map[string]any{"order": r.ID, "meters": n}})
	})
	if err != nil {
		return Order{}, errs.Wrap("order a re-read", err)
	}
	select {
	case p.queue <- job{r, d, want}:
		return r, nil
	default:
		r.Failed, r.State, r.Note = n, "interrupted", "queue full"
		if err := p.end(ctx, r); err != nil {
			return Order{}, err
		}
		return Order{}, errs.Say(errs.Busy, "补抄任务过多，请等前面的任务结束后再试", "too many re-reads are waiting, try again when they are done")
	}
}

// sorted gives the meters of an order by concentrator, each once.
func (p *Part) sorted(ctx context.Context, d book.Day, meters []string, sel book.Select) (map[string][]string, error) {
	want, seen := map[string][]string{}, map[string]bool{}
	for _, address := range meters {
		_, m, ok := p.o.Book.Find(address)
		if !ok {
			return nil, errs.Say(errs.NotFound, "档案中没有电表 %s", "meter %s is not in the archive", address)
		}
		if !seen[address] {
			seen[address] = true
			want[m.Concentrator] = append(want[m.Concentrator], address)
		}
	}
	if len(meters) > 0 {
		return want, nil
	}
	b, err := p.o.Ledger.Day(ctx, d)
	if err != nil {
		return nil, err
	}
	if sel.State != "silent" {
		sel.State = "incomplete"
	}
	sel.Sort, sel.After, sel.Limit = "", book.Cursor{}, meterLimit
	page, _, _ := b.List(d, book.DueSlots(d, p.o.Clock.Now(), p.o.DueAfter), sel)
	for _, m := range page {
		want[m.Concentrator] = append(want[m.Concentrator], m.Address)
	}
	return want, nil
}

// run is the feed that carries orders out, one after the other.
func (p *Part) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case j := <-p.queue:
			r, err := p.carryOut(ctx, j)
			if err != nil && ctx.Err() == nil {
				return err
			}
			if r.State = "done"; ctx.Err() != nil {
				r.State = "interrupted"
			}
			if err := p.end(context.WithoutCancel(ctx), r); err != nil {
				return err
			}
			p.o.Changed()
		}
	}
}

func (p *Part) end(ctx context.Context, r Order) error {
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qEnd, r.ID, r.Done, r.Failed, r.State, r.Note)
		return err
	})
	return errs.Wrap("end a re-read", err)
}

// carryOut asks every concentrator for its part, counts the meters that answered, and writes down what came of each.
func (p *Part) carryOut(ctx context.Context, j job) (Order, error) {
	due := book.DueSlots(j.day, p.o.Clock.Now(), p.o.DueAfter)
	from, to := j.day.Start(), j.day.Start()+int64(due)*book.SlotMicros
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failure error
	r, offline := j.Order, 0
	gate := make(chan struct{}, atOnce)
	for concentrator, meters := range j.want {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			before, err := p.gaps(ctx, j.day, due, meters)
			n, asked := 0, err
			if err == nil {
				n, asked = p.o.Head.Read(ctx, concentrator, meters, from, to)
			}
			mu.Lock()
			defer mu.Unlock()
			r.Done, r.Failed = r.Done+n, r.Failed+len(meters)-n
			if asked != nil && n == 0 {
				offline++
			}
			if err == nil && ctx.Err() == nil {
				err = p.note(ctx, r, j.day, due, concentrator, meters, before, asked != nil && n == 0)
			}
			if err != nil && failure == nil {
				failure = err
			}
			p.o.Changed()
		})
	}
	wg.Wait()
	if offline > 0 {
		r.Note = fmt.Sprintf("offline: %d", offline)
	}
	return r, failure
}

// gaps counts the due slots of a day that each meter lacks.
func (p *Part) gaps(ctx context.Context, d book.Day, due int, meters []string) ([]int, error) {
	b, err := p.o.Ledger.Day(ctx, d)
	if err != nil {
		return nil, errs.Wrap("read what is missing", err)
	}
	out := make([]int, len(meters))
	for i, address := range meters {
		if m, ok := b.Standing(address, d, due); ok {
			out[i] = m.Gaps
		}
	}
	return out, nil
}

// note writes down what came of the meters of a concentrator, and how far the order is.
func (p *Part) note(ctx context.Context, r Order, d book.Day, due int, concentrator string, meters []string, before []int, offline bool) error {
	after, err := p.gaps(ctx, d, due, meters)
	if err != nil {
		return err
	}
	now := store.Micros(p.o.Clock.Now())
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for i, address := range meters {
			if _, err := tx.Exec(qMeter, r.ID, address, concentrator, now, before[i], after[i], stateOf(before[i], after[i], offline)); err != nil {
				return err
			}
		}
		_, err := tx.Exec(qSoFar, r.ID, r.Done, r.Failed)
		return err
	})
}

// stateOf is the result of a meter that lacked `before` slots and lacks `after`.
func stateOf(before, after int, offline bool) string {
	switch {
	case after == 0:
		return Whole
	case after < before:
		return Partial
	case offline:
		return Offline
	}
	return Nothing
}

func noOrder(id string) error {
	return errs.Say(errs.NotFound, "没有补抄单 %s", "there is no re-read %s", id)
}
