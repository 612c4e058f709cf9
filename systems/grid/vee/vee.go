package vee

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/ledger"
	"github.com/haihe-city/haihe/systems/grid/vee/late"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
	"github.com/haihe-city/haihe/web/ui"
)

// The grants of this part: see, and order passes and edit readings.
const (
	grantRead = "grid.read"
	GrantEdit = "grid.vee"
)

// Acts are the verbs that this part records.
var Acts = []journal.Word{
	{Verb: "check-day", Title: lang.T("下达数据校核", "Ordered a day's readings to be checked")},
	{Verb: "edit-reading", Title: lang.T("编辑读数", "Edited a reading")},
	{Verb: "undo-edit", Title: lang.T("撤销编辑", "Took an edit of a reading back")},
}

// system is who asks for the nightly passes.
const system = "system:grid"

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

// Options are what the part works with. Clock is the plan's.
type Options struct {
	DB        *store.DB
	Readings  *series.Table // of ledger.Family
	Book      *book.Book
	Ledger    *ledger.Ledger
	Clock     host.Clock
	Days      func() *calendar.Calendar
	Journal   *journal.Journal
	People    *identity.Service
	Page      PageFunc
	Tolerance time.Duration // how far a reading may stand from its quarter hour
	Hour      int           // of the day from which yesterday is passed: what is late has mostly come by then
	Order     string        // of the methods of estimation: rule.ParseOrder
	Prolonged int           // days in a row that may be mostly estimated
}

// Part is validation, estimation and editing.
type Part struct {
	o     Options
	order []rule.Method
	wake  chan struct{}

	late   *late.List
	passed atomic.Int32 // newest day that was passed
	lately time.Time    // when late was worked off
}

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "grid.vee", tables); err != nil {
		return nil, err
	}
	order, err := rule.ParseOrder(o.Order)
	if err != nil {
		return nil, err
	}
	p := &Part{o: o, order: order, wake: make(chan struct{}, 1), lately: o.Clock.Now()}
	if p.late, err = late.Open(ctx, o.DB); err != nil {
		return nil, err
	}
	var passed book.Day
	err = o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(qPassLast, nil, &passed) })
	p.passed.Store(int32(passed))
	return p, errs.Wrap("read the passes", err)
}

// tick is how often the part looks for what there is to do; lateEvery how often late readings are worked off.
const (
	tick      = time.Minute
	lateEvery = time.Hour
)

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job { return []host.Job{{Name: "vee", Run: p.run}} }

// run passes yesterday once a day, what people order when they order it, and hourly the meters of late readings.
func (p *Part) run(ctx context.Context) error {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		if err := p.Work(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-t.C:
		}
	}
}

// Work does what is to be done now: what was broken off or ordered, yesterday's pass once it is due, late readings.
func (p *Part) Work(ctx context.Context) error {
	if err := p.late.Keep(ctx); err != nil {
		return err
	}
	now := p.o.Clock.Now()
	yesterday := book.DayOf(now.UnixMicro()) - 1
	if now.In(book.China).Hour() >= p.o.Hour && p.o.Book.Size() > 0 {
		if err := p.due(ctx, yesterday, now); err != nil {
			return err
		}
	}
	for {
		pass, ok, err := nextPass(ctx, p.o.DB)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := p.pass(ctx, pass); err != nil {
			return err
		}
	}
	if now.Sub(p.lately) < lateEvery {
		return nil
	}
	p.lately = now
	return p.passLate(ctx)
}

// mostMissed is how many days are caught up on after the program stood still.
const mostMissed = 7

// due orders the passes up to yesterday that were not ordered yet.
func (p *Part) due(ctx context.Context, yesterday book.Day, now time.Time) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		var top book.Day
		if err := tx.Get(qPassTop, nil, &top); err != nil {
			return err
		}
		if top == 0 {
			top = yesterday - 1
		}
		for day := max(top+1, yesterday-mostMissed+1); day <= yesterday; day++ {
			if err := addPass(tx, day, system, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func addPass(tx *store.Tx, day book.Day, by string, now time.Time) error {
	num, err := tx.Next("grid_vee_pass")
	if err != nil {
		return err
	}
	_, err = tx.Exec(qPassAdd, num, int64(day), by, store.Micros(now))
	return err
}

// mostOrders bounds the passes that wait.
const mostOrders = 8

// Order has a day passed, again where it was passed before.
func (p *Part) Order(ctx context.Context, by *identity.Principal, day book.Day) error {
	if !by.Can(GrantEdit) {
		return errs.Say(errs.Denied, "您没有下达数据校核的权限", "you may not order readings to be checked")
	}
	now := p.o.Clock.Now()
	if day >= book.DayOf(now.UnixMicro()) {
		return errs.Say(errs.Conflict, "%s 尚未结束，只能校核已结束的日子", "%s is not over yet: only days that are over can be checked", day.String())
	}
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		var n int64
		if err := tx.Get(qPassOpen, nil, &n); err != nil {
			return err
		}
		if n >= mostOrders {
			return errs.Say(errs.Busy, "等候的校核已有 %d 项，请稍后再下达", "%d checks are waiting already, try again later", n)
		}
		if err := addPass(tx, day, by.ID, now); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantEdit, Verb: "check-day", Object: "grid.day:" + day.String()})
	})
	if err != nil {
		return err
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return nil
}

// sort tells what kind of day a day is to the rules.
func sort(c *calendar.Calendar) func(book.Day) rule.Sort {
	return func(d book.Day) rule.Sort {
		switch x := c.Day(calendar.Date(d)); {
		case x.Kind == calendar.Holiday && x.Name == calendar.SpringFestival:
			return rule.Sort{Class: rule.Spring, Holiday: true}
		case x.Kind == calendar.Holiday:
			return rule.Sort{Class: rule.Weekend, Holiday: true}
		case x.Kind == calendar.Weekend:
			return rule.Sort{Class: rule.Weekend}
		}
		return rule.Sort{}
	}
}

// Pass is a pass over the meters of a day. Of the meters passed, Balanced, Unended, Torn and Failed say how the sum check ended
// after estimation: see rule.Outcome.
type Pass struct {
	Num       int64     `json:"num"`
	Day       book.Day  `json:"-"`
	By        string    `json:"by"`
	Began     time.Time `json:"began"`
	Ended     time.Time `json:"ended,omitzero"`
	State     string    `json:"state"` // waiting, running, done
	Total     int64     `json:"total"`
	Meters    int64     `json:"meters"`
	Findings  int64     `json:"findings"`
	Estimated int64     `json:"estimatedSlots"`
	Balanced  int64     `json:"balanced"`
	Unended   int64     `json:"unended"`
	Torn      int64     `json:"torn"`
	Failed    int64     `json:"failed"`
}

func (p *Pass) scan(scan func(...any) error) error {
	var began, ended int64
	if err := scan(&p.Num, &p.Day, &p.By, &began, &ended, &p.State, &p.Total, &p.Meters, &p.Findings, &p.Estimated, &p.Balanced, &p.Unended, &p.Torn, &p.Failed); err != nil {
		return err
	}
	if p.Began = store.Time(began); ended > 0 {
		p.Ended = store.Time(ended)
	}
	return nil
}

func nextPass(ctx context.Context, db *store.DB) (p Pass, ok bool, err error) {
	list, err := passes(ctx, db, qPassNext)
	if err != nil || len(list) == 0 {
		return p, false, err
	}
	return list[0], true, nil
}

// passes reads passes.
func passes(ctx context.Context, db *store.DB, q store.Stmt, args ...any) (out []Pass, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(q, args, func(scan func(...any) error) error {
			var p Pass
			if err := p.scan(scan); err != nil {
				return err
			}
			out = append(out, p)
			return nil
		})
	})
	return out, errs.Wrap("read the passes", err)
}
