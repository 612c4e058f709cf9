package indicator

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Figure is one measurement.
type Figure struct {
	Value       float64   `json:"value"`
	At          time.Time `json:"asOf"`
	Part, Whole int64     // what was counted over what, 0 where it is not a share
	Note        lang.Text
}

// Measure computes a figure live. A zero At means now.
type Measure func(ctx context.Context) (Figure, error)

// Board measures.
type Board struct {
	db      *store.DB
	journal *journal.Journal
	now     func() time.Time
	plan    Plan
	slots   chan struct{} // bounds the measurements that run at once
	running sync.WaitGroup

	mu      sync.Mutex // guards what follows; never held while anything outside is called
	entries map[string]*entry
	onFail  func(target string, err error)

	watchMu  sync.Mutex // held while watchers are called, so that they hear of changes in order
	watchers map[int]func(before, after Status)
	watchNo  int
}

// entry is what the board holds of a target in memory; all of it but the connection can be read again from the tables.
type entry struct {
	target   Target
	measure  Measure
	evidence string

	live      *Figure // newest measurement, recorded or not
	report    *Figure // newest approved report
	reportID  string
	recorded  *Figure   // the live figure recorded last
	recordAt  time.Time // when that was
	pending   *Figure   // a changed figure that waits for its minute
	failed    string
	reason    lang.Text
	failedAt  time.Time
	stale     bool
	measuring bool

	days  []closing // closings of the last forecastBack days
	pace  *slope    // made of days, nil where they changed since
	first *float64  // first figure near the plan's start
	last  Status    // what watchers heard last
}

// measuresAtOnce bounds how many targets are counted at the same time: one slow system must not hold up the others, and all
// together must not take the machine.
const measuresAtOnce = 4

// Open migrates and opens.
func Open(ctx context.Context, db *store.DB, j *journal.Journal, now func() time.Time, p Plan) (*Board, error) {
	if err := p.Check(); err != nil {
		return nil, errs.Wrap("open indicator", err)
	}
	if err := db.Migrate(ctx, "indicator", tables); err != nil {
		return nil, errs.Wrap("open indicator", err)
	}
	b := &Board{db: db, journal: j, now: now, plan: p, slots: make(chan struct{}, measuresAtOnce),
		entries: map[string]*entry{}, watchers: map[int]func(before, after Status){}}
	for _, t := range p.Targets {
		b.entries[t.ID] = &entry{target: t}
	}
	err := db.Read(ctx, func(tx *store.Tx) error {
		for _, t := range p.Targets {
			if err := b.load(tx, b.entries[t.ID]); err != nil {
				return errs.Wrap("load target "+t.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, errs.Wrap("open indicator", err)
	}
	for _, e := range b.entries {
		e.last = b.status(e, now())
	}
	return b, nil
}

// load reads what the tables hold of a target; b.mu is held, or nobody else knows e yet.
func (b *Board) load(tx *store.Tx, e *entry) error {
	id := e.target.ID
	p, err := getPoint(tx, qLatest, id, SourceLive)
	switch {
	case err == nil:
		e.recorded, e.recordAt = p.figure(), p.Known
		if e.live == nil {
			e.live = p.figure()
		}
	case !errs.Is(err, errs.NotFound):
		return err
	}
	p, err = getPoint(tx, qLatest, id, SourceReport)
	switch {
	case err == nil:
		e.report, e.reportID = p.figure(), p.Report
	case !errs.Is(err, errs.NotFound):
		return err
	}
	var first float64
	err = tx.Get(qFirst, []any{id, store.Micros(b.plan.Start.Add(-baselineBefore)), store.Micros(b.plan.Start.Add(baselineAfter))}, &first)
	switch {
	case err == nil:
		e.first = &first
	case !errs.Is(err, errs.NotFound):
		return err
	}
	today := chinaDay(b.now())
	e.days, e.pace = nil, nil
	return tx.Each(qDaily, []any{id, today - forecastBack, today, endless}, func(scan func(dest ...any) error) error {
		p, err := scanPoint(scan)
		if err == nil {
			e.days = addClosing(e.days, chinaDay(p.At), p.Value)
		}
		return err
	})
}

// Plan gives the plan's data.
func (b *Board) Plan() Plan { return b.plan }

// Failing sets what hears of measurements that fail, once each time the reason changes; nil error: it works again. The board
// itself keeps no log.
func (b *Board) Failing(fn func(target string, err error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.onFail = fn
}

// Connect says that a system is there that measures a target, and where its rows are to be seen (a path below the language
// prefix). The target is measured as soon as Run comes round.
func (b *Board) Connect(target string, m Measure, evidence string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, err := b.entry(target)
	if err != nil {
		return err
	}
	if e.measure != nil {
		return errs.Say(errs.Conflict, "目标“%s”已有系统在测量", "target %s is measured by a system already", target)
	}
	e.measure, e.evidence, e.stale = m, evidence, true
	return nil
}

// Disconnect takes a connection back; the target's history stays.
func (b *Board) Disconnect(target string) {
	b.mu.Lock()
	if e, err := b.entry(target); err == nil {
		e.measure, e.evidence, e.stale, e.failed, e.reason = nil, "", false, "", lang.Text{}
	}
	b.mu.Unlock()
	b.notify(target)
}

// entry finds a target; b.mu is held.
func (b *Board) entry(id string) (*entry, error) {
	e, ok := b.entries[id]
	if !ok {
		return nil, errs.Say(errs.NotFound, "方案中没有编号为“%s”的目标", "the plan has no target %q", id)
	}
	return e, nil
}

// Stale marks a target for recomputation; many marks cost one. It never blocks for long and may be called from anywhere.
func (b *Board) Stale(target string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.entries[target]; ok {
		e.stale = true
	}
}

// All says how the targets stand, in the plan's order.
func (b *Board) All(context.Context) ([]Status, error) {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Status, 0, len(b.plan.Targets))
	for _, t := range b.plan.Targets {
		out = append(out, b.status(b.entries[t.ID], now))
	}
	return out, nil
}

// Get says how one target stands (errs.NotFound).
func (b *Board) Get(_ context.Context, id string) (Status, error) {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	e, err := b.entry(id)
	if err != nil {
		return Status{}, err
	}
	return b.status(e, now), nil
}

// status judges a target at now; b.mu is held. Of a measurement and a report the one for the later time holds.
func (b *Board) status(e *entry, now time.Time) Status {
	s := Status{Target: e.target, Connected: e.measure != nil, Evidence: e.evidence, Failed: e.failed, Reason: e.reason, FailedAt: e.failedAt}
	if s.Connected && e.live != nil {
		f := *e.live
		s.Figure, s.Source = &f, SourceLive
	}
	if e.report != nil && (s.Figure == nil || e.report.At.After(s.Figure.At)) {
		f := *e.report
		s.Figure, s.Source, s.Report = &f, SourceReport, e.reportID
	}
	s.Baseline, s.BaselineFrom = baselineOf(e.target, e.first)
	s.DuePace = duePace(b.plan.Start, e.target, s.Baseline, now)
	if s.Figure != nil && !s.Reached(s.Figure.Value) {
		today := chinaDay(now)
		if e.pace == nil || e.pace.day != today {
			perDay, ok := pace(e.days, today)
			e.pace = &slope{day: today, perDay: perDay, ok: ok}
		}
		if e.pace.ok {
			s.Forecast = forecast(s.Figure.Value, s.Value, e.pace.perDay, s.Figure.At, now)
		}
	}
	s.State = judge(s, now)
	return s
}

// Watch calls fn after a figure or a state changed, with the status before and after, in order, one call at a time. fn must
// be quick and must not call Watch or stop. stop ends it.
func (b *Board) Watch(fn func(before, after Status)) (stop func()) {
	b.watchMu.Lock()
	defer b.watchMu.Unlock()
	b.watchNo++
	no := b.watchNo
	b.watchers[no] = fn
	return func() {
		b.watchMu.Lock()
		defer b.watchMu.Unlock()
		delete(b.watchers, no)
	}
}

// notify tells the watchers where a target stands otherwise than they heard last.
func (b *Board) notify(target string) {
	b.watchMu.Lock()
	defer b.watchMu.Unlock()
	now := b.now()
	b.mu.Lock()
	e, err := b.entry(target)
	if err != nil {
		b.mu.Unlock()
		return
	}
	before, after := e.last, b.status(e, now)
	changed := differs(before, after)
	if changed {
		e.last = after
	}
	b.mu.Unlock()
	if !changed {
		return
	}
	var order []int
	for no := range b.watchers {
		order = append(order, no)
	}
	slices.Sort(order)
	for _, no := range order {
		if err := b.guard(target, func() error { b.watchers[no](before, after); return nil }); err != nil {
			b.fail(target, err)
		}
	}
}

// differs tells whether a change is worth a word: time alone moves the due pace and the age of a figure all the while.
func differs(a, b Status) bool {
	if a.State != b.State || a.Failed != b.Failed || a.Connected != b.Connected || (a.Figure == nil) != (b.Figure == nil) {
		return true
	}
	return a.Figure != nil && (a.Figure.Value != b.Figure.Value || a.Figure.Part != b.Figure.Part || a.Figure.Whole != b.Figure.Whole || a.Report != b.Report)
}

// sound refuses what is no figure.
func sound(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
