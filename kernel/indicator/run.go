package indicator

import (
	"context"
	"fmt"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// How often: what is stale twice a second, everything once a minute; one measurement may take half a minute.
const (
	everyStale   = 500 * time.Millisecond
	everyAll     = time.Minute
	measureLimit = 30 * time.Second
	recordEvery  = time.Minute

	// FineDays is for how many days every recorded live figure is kept; of older days the closing figure remains.
	FineDays = 35
)

// Run recomputes what is stale at most twice a second, and every target once a minute, until ctx ends; the host runs it as a
// job. Before it returns it records what still waits.
func (b *Board) Run(ctx context.Context) error {
	fast, slow := time.NewTicker(everyStale), time.NewTicker(everyAll)
	defer fast.Stop()
	defer slow.Stop()
	thinned := int64(0)
	for {
		select {
		case <-ctx.Done():
			b.running.Wait()
			return b.flush(context.WithoutCancel(ctx), true)
		case <-fast.C:
			b.dispatch(ctx, false)
		case <-slow.C:
			b.dispatch(ctx, true)
			if err := b.flush(ctx, false); err != nil {
				b.fail("", err)
			}
			for _, t := range b.plan.Targets {
				b.notify(t.ID) // the state may change by time alone
			}
			if today := chinaDay(b.now()); today != thinned {
				if err := b.thin(ctx, today); err != nil {
					b.fail("", err)
				} else {
					thinned = today
				}
			}
		}
	}
}

// dispatch starts the measurement of what is stale, or of everything, each in its own goroutine; what still runs is left alone
// and stays marked.
func (b *Board) dispatch(ctx context.Context, all bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.plan.Targets {
		e := b.entries[t.ID]
		if e.measure == nil || e.measuring || !e.stale && !all {
			continue
		}
		e.stale, e.measuring = false, true
		b.running.Add(1)
		go func() {
			defer b.running.Done()
			b.slots <- struct{}{}
			defer func() { <-b.slots }()
			b.measure(ctx, t.ID)
		}()
	}
}

// measure counts one target and takes the figure in.
func (b *Board) measure(ctx context.Context, id string) {
	b.mu.Lock()
	e := b.entries[id]
	m := e.measure
	b.mu.Unlock()
	if m == nil { // disconnected meanwhile
		b.mu.Lock()
		e.measuring = false
		b.mu.Unlock()
		return
	}
	limited, cancel := context.WithTimeout(ctx, measureLimit)
	var f Figure
	err := b.guard(id, func() (err error) { f, err = m(limited); return err })
	cancel()
	if err == nil && !sound(f.Value) {
		err = fmt.Errorf("the measurement gave %v, which is no figure", f.Value)
	}
	now := b.now()
	if f.At.IsZero() || f.At.After(now) {
		f.At = now
	}
	b.mu.Lock()
	e.measuring = false
	if e.measure == nil || ctx.Err() != nil { // a measurement that the stop cut off says nothing about the system
		b.mu.Unlock()
		return
	}
	var due []Figure
	if err == nil {
		due = e.take(f, now)
	}
	changed := e.setFailed(err, now)
	b.mu.Unlock()
	if changed {
		b.fail(id, err)
	}
	for _, f := range due {
		if err := b.record(ctx, id, f); err != nil {
			b.fail(id, err)
		}
	}
	b.notify(id)
}

// take makes f the newest measurement and gives what is to be recorded now: what waits from an earlier day, and f itself when
// it changed and its minute has come. The board's mu is held.
func (e *entry) take(f Figure, now time.Time) (due []Figure) {
	e.live = &f
	e.days, e.pace = addClosing(e.days, chinaDay(f.At), f.Value), nil
	if old := chinaDay(now) - forecastBack; e.days[0].day < old {
		e.days = e.days[1:]
	}
	if e.pending != nil && chinaDay(e.pending.At) != chinaDay(f.At) {
		due = append(due, *e.pending) // the close of that day
	}
	e.pending = nil
	r := e.recorded
	if r != nil && r.Value == f.Value && r.Part == f.Part && r.Whole == f.Whole && chinaDay(r.At) == chinaDay(f.At) {
		return due
	}
	// A clock that was turned back must not stop the recording.
	if since := now.Sub(e.recordAt); r != nil && since >= 0 && since < recordEvery && chinaDay(r.At) == chinaDay(f.At) {
		e.pending = &f
		return due
	}
	return append(due, f)
}

// setFailed notes the outcome of a measurement and tells whether it is another than before. The board's mu is held.
func (e *entry) setFailed(err error, now time.Time) (changed bool) {
	if err == nil {
		changed = e.failed != ""
		e.failed, e.reason, e.failedAt = "", lang.Text{}, time.Time{}
		return changed
	}
	changed = e.failed != err.Error()
	e.failed, e.failedAt = err.Error(), now
	e.reason = lang.T("测量程序出错，详见运行日志", "the measurement failed; the log says why")
	if msg, ok := errs.MsgOf(err); ok {
		e.reason = msg
	}
	return changed
}

// record keeps a live figure. Where that fails the figure waits for the next minute.
func (b *Board) record(ctx context.Context, id string, f Figure) error {
	now := b.now()
	err := b.db.Write(ctx, func(tx *store.Tx) error { return putFigure(tx, id, f, now, SourceLive, "") })
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[id]
	if err != nil {
		if e.pending == nil {
			e.pending = &f
		}
		return errs.Wrap("record figure of "+id, err)
	}
	e.recorded, e.recordAt = &f, now
	near := f.At.Sub(b.plan.Start)
	if e.first == nil && near >= -baselineBefore && near < baselineAfter {
		e.first = &f.Value
	}
	return nil
}

// flush records the figures that wait and whose minute has come; all of them where the program stops.
func (b *Board) flush(ctx context.Context, all bool) error {
	now := b.now()
	due := map[string]Figure{}
	b.mu.Lock()
	for id, e := range b.entries {
		if e.pending != nil && (all || now.Sub(e.recordAt) >= recordEvery || now.Before(e.recordAt)) {
			due[id] = *e.pending
			e.pending = nil
		}
	}
	b.mu.Unlock()
	var first error
	for id, f := range due {
		if err := b.record(ctx, id, f); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// thin leaves one live figure a day of the days before the last FineDays, target by target so that each write is short.
func (b *Board) thin(ctx context.Context, today int64) error {
	for _, t := range b.plan.Targets {
		err := b.db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qThin, t.ID, today-FineDays)
			return err
		})
		if err != nil {
			return errs.Wrap("thin figures of "+t.ID, err)
		}
	}
	return nil
}

// guard runs what others wrote; a panic becomes an error.
func (b *Board) guard(id string, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while measuring %s: %v", id, p)
		}
	}()
	return fn()
}

// fail tells whoever asked to hear of failures.
func (b *Board) fail(target string, err error) {
	b.mu.Lock()
	fn := b.onFail
	b.mu.Unlock()
	if fn != nil {
		fn(target, err)
	}
}
