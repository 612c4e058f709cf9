package grid

import (
	"context"
	"fmt"
	"sync"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// rereadAtOnce bounds the concentrators that one order asks at the same time.
const rereadAtOnce = 64

// rereadLimit bounds the meters of one order.
const rereadLimit = 200_000

// orderReread takes an order to read the gaps of a day again and starts it. Meters is empty for every meter of the day that is
// not complete, in sel's bounds. The order is in the journal; how it ends is written beside it.
func (s *service) orderReread(ctx context.Context, by *identity.Principal, d book.Day, meters []string, sel book.Select) (Reread, error) {
	if !by.Can(grantReread) {
		return Reread{}, errs.Say(errs.Denied, "您没有下达补抄的权限", "you may not order meters to be read again")
	}
	if sel.District != "" && book.DistrictIndex(sel.District) < 0 {
		return Reread{}, noDistrict(sel.District)
	}
	if book.DueSlots(d, s.clock.Now(), s.conf.DueAfter) == 0 {
		return Reread{}, errs.Say(errs.Conflict, "%s 还没有应到的数据", "nothing of %s is due yet", d.String())
	}
	want, err := s.rereadMeters(ctx, d, meters, sel)
	if err != nil {
		return Reread{}, err
	}
	n := 0
	for _, m := range want {
		n += len(m)
	}
	if n == 0 {
		return Reread{}, errs.Say(errs.Conflict, "%s 没有需要补抄的电表", "no meter of %s needs to be read again", d.String())
	}
	now := s.clock.Now()
	r := Reread{ID: store.NewID(now), At: now, By: by.ID, Day: d.String(), Meters: n, State: "running"}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qRereadAdd, r.ID, store.Micros(now), by.ID, int64(d), n); err != nil {
			return err
		}
		return s.host.Journal.Append(tx, act(by, grantReread, "reread", "grid.day:"+d.String(), map[string]any{"order": r.ID, "meters": n}))
	})
	if err != nil {
		return Reread{}, errs.Wrap("order a re-read", err)
	}
	select {
	case s.rereads <- rereadJob{r, d, want}:
		return r, nil
	default:
		return Reread{}, s.endReread(ctx, r.ID, 0, n, "interrupted", "queue full",
			errs.Say(errs.Busy, "补抄任务过多，请等前面的任务结束后再试", "too many re-reads are waiting, try again when they are done"))
	}
}

type rereadJob struct {
	Reread
	day  book.Day
	want map[string][]string // by concentrator
}

// rereadMeters sorts the meters of an order by concentrator.
func (s *service) rereadMeters(ctx context.Context, d book.Day, meters []string, sel book.Select) (map[string][]string, error) {
	want := map[string][]string{}
	for _, address := range meters {
		_, m, ok := s.book.Find(address)
		if !ok {
			return nil, errs.Say(errs.NotFound, "档案中没有电表 %s", "meter %s is not in the archive", address)
		}
		want[m.Concentrator] = append(want[m.Concentrator], address)
	}
	if len(meters) > 0 {
		return want, nil
	}
	b, err := s.ledger.Day(ctx, d)
	if err != nil {
		return nil, err
	}
	if sel.State != "silent" {
		sel.State = "incomplete"
	}
	sel.Sort, sel.After, sel.Limit = "", book.Cursor{}, rereadLimit
	page, _, _ := b.List(d, book.DueSlots(d, s.clock.Now(), s.conf.DueAfter), sel)
	for _, m := range page {
		want[m.Concentrator] = append(want[m.Concentrator], m.Address)
	}
	return want, nil
}

// runRereads is the feed that carries orders out, one after the other.
func (s *service) runRereads(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case job := <-s.rereads:
			done, failed, note := s.carryOut(ctx, job)
			state := "done"
			if ctx.Err() != nil {
				state = "interrupted"
			}
			if err := s.endReread(context.WithoutCancel(ctx), job.ID, done, failed, state, note, nil); err != nil {
				return err
			}
			s.changed()
		}
	}
}

func (s *service) endReread(ctx context.Context, id string, done, failed int, state, note string, cause error) error {
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qRereadEnd, id, done, failed, state, note)
		return err
	})
	if cause != nil {
		return cause
	}
	return errs.Wrap("end a re-read", err)
}

// carryOut asks every concentrator for its part and counts the meters that answered.
func (s *service) carryOut(ctx context.Context, job rereadJob) (done, failed int, note string) {
	due := book.DueSlots(job.day, s.clock.Now(), s.conf.DueAfter)
	from, to := job.day.Start(), job.day.Start()+int64(due)*book.SlotMicros
	var mu sync.Mutex
	var wg sync.WaitGroup
	offline := 0
	gate := make(chan struct{}, rereadAtOnce)
	for concentrator, meters := range job.want {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			n, err := s.head.Read(ctx, concentrator, meters, from, to)
			mu.Lock()
			defer mu.Unlock()
			done, failed = done+n, failed+len(meters)-n
			if errs.Is(err, errs.Unavailable) {
				offline++
			}
		})
	}
	wg.Wait()
	if offline > 0 {
		note = fmt.Sprintf("offline concentrators: %d", offline)
	}
	return done, failed, note
}
