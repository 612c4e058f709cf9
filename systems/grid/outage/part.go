package outage

import (
	"context"
	"embed"
	"log/slog"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
	"github.com/haihe-city/haihe/systems/grid/outage/join"
)

//go:embed table/*.sql
var tables embed.FS

// The grants of this part: see, and report, correct and declare void.
const (
	grantRead = "grid.read"
	GrantEdit = "grid.outage"
)

// Target is the plan's target that this part measures.
const Target = "supply-reliability"

// Acts are the verbs that this part records.
var Acts = []journal.Word{
	{Verb: "report-outage", Title: lang.T("登记停电", "Reported an outage")},
	{Verb: "edit-outage", Title: lang.T("更正停电记录", "Corrected an outage")},
	{Verb: "void-outage", Title: lang.T("作废停电记录", "Declared an outage void")},
	{Verb: "switch-feeder", Title: lang.T("登记线路开关操作", "Recorded a feeder switch")},
}

// Options are what the part works with. Clock is the plan's.
type Options struct {
	DB       *store.DB
	Book     *book.Book
	Readings *series.Table // of the meters: their voltages are evidence
	Voltage  int           // which column of it is the voltage, in 0.1 V
	Clock    host.Clock
	Journal  *journal.Journal
	People   *identity.Service
	Stale    func(target string)
	Log      *slog.Logger
	Page     PageFunc // makes a page of the room
}

// Part is the outages of the city.
type Part struct {
	o Options

	mu    sync.Mutex // held while something is changed, commit and all
	scene *join.Scene

	seen    sync.RWMutex    // of what follows, held for moments
	dark    map[int64]int64 // customers in the dark now, and since when
	version int64           // counts the changes
	years   map[int]int64   // the version of the last change to a year's outages
	kept    figures
}

// New opens the part and reads back the outages of the last days.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "grid.outage", tables); err != nil {
		return nil, err
	}
	p := &Part{o: o, scene: join.NewScene(), dark: map[int64]int64{}, years: map[int]int64{}, kept: newFigures()}
	all, err := wholes(ctx, o.DB, qLater, store.Micros(o.Clock.Now().Add(-recent)))
	if err != nil {
		return nil, errs.Wrap("read the outages of the last days", err)
	}
	p.took(all)
	return p, nil
}

// recent is for how long after its end late news of an outage is waited for.
const recent = 48 * time.Hour

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job {
	return []host.Job{{Name: "outages", Every: time.Hour, Run: func(context.Context) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.scene.Forget(p.now() - int64(recent/time.Second))
		return nil
	}}}
}

// second is a second in the microseconds of the store.
const second = int64(time.Second / time.Microsecond)

func (p *Part) now() int64 { return p.o.Clock.Now().Unix() }

// took moves the part on after a commit.
func (p *Part) took(changed []*join.Outage) {
	now := p.o.Clock.Now()
	p.seen.Lock()
	defer p.seen.Unlock()
	p.version++
	for _, o := range changed {
		if old := p.scene.Get(o.ID); old != nil {
			p.mark(old, now)
			for _, d := range old.Dark {
				if p.dark[d.Customer] == d.From {
					delete(p.dark, d.Customer)
				}
			}
		}
		p.scene.Put(o)
		p.mark(o, now)
		for _, d := range o.Dark {
			switch {
			case d.To == 0 && o.State == join.Open:
				p.dark[d.Customer] = d.From
			case p.dark[d.Customer] == d.From:
				delete(p.dark, d.Customer)
			}
		}
	}
	p.o.Stale(Target)
}

// mark notes that the years of an outage have changed.
func (p *Part) mark(o *join.Outage, now time.Time) {
	last := now
	if o.Ended != 0 {
		last = moment(o.Ended)
	}
	for y := moment(o.Began).In(book.China).Year(); y <= last.In(book.China).Year(); y++ {
		p.years[y] = p.version
	}
}

// Take works signals in and returns after the commit. Signals of customers whom the archive does not know are passed over.
func (p *Part) Take(ctx context.Context, signals []join.Signal) error {
	if len(signals) == 0 {
		return nil
	}
	_, err := p.take(ctx, signals, nil)
	return err
}

// take works signals in; with is written in the same transaction.
func (p *Part) take(ctx context.Context, signals []join.Signal, with func(tx *store.Tx, changed []*join.Outage) error) ([]*join.Outage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.scene.Draft(p.o.Book, func() string { return store.NewID(p.o.Clock.Now()) })
	for _, s := range signals {
		d.Work(s)
	}
	changed := d.Result()
	return changed, errs.Wrap("store outages", p.store(ctx, changed, with))
}

// store writes outages and moves the part on. p.mu is held.
func (p *Part) store(ctx context.Context, changed []*join.Outage, with func(tx *store.Tx, changed []*join.Outage) error) error {
	if len(changed) == 0 && with == nil {
		return nil
	}
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for _, o := range changed {
			if err := put(tx, o, p.now()); err != nil {
				return err
			}
		}
		if with != nil {
			return with(tx, changed)
		}
		return nil
	})
	if err == nil {
		p.took(changed)
	}
	return err
}

// noVoltage is the voltage below which a meter counts as without supply: a tenth of 220 V, in 0.1 V.
const noVoltage = 220

// Observe takes the voltages of quarter hours that were stored. It costs a look at a map for each, and a commit only where one of
// them says something new. What fails is for the log: the readings themselves are safe.
func (p *Part) Observe(ctx context.Context, readings []book.Reading) {
	var signals []join.Signal
	p.seen.RLock()
	for i := range readings {
		r := &readings[i]
		if r.Voltage == series.Null || r.Quality&^series.Late != series.Measured {
			continue
		}
		num := r.Seat.Num
		if num == 0 {
			seat, _, _ := p.o.Book.Seat(r.Address)
			num = seat.Num
		}
		since, dark := p.dark[num]
		switch at := r.At / second; {
		case r.Voltage >= noVoltage && dark && at > since:
			signals = append(signals, join.Signal{Kind: join.Lit, Meter: num, At: at})
		case r.Voltage < noVoltage && !dark:
			signals = append(signals, join.Signal{Kind: join.Dim, Meter: num, At: at})
		}
	}
	p.seen.RUnlock()
	if err := p.Take(ctx, signals); err != nil && ctx.Err() == nil {
		p.o.Log.Warn("voltages not taken for outages", "error", err.Error())
	}
}

// spells are the customers in the dark during a span, as the indices count them.
func (p *Part) spells(ctx context.Context, span index.Period) ([]index.Spell, error) {
	all, err := wholes(ctx, p.o.DB, qIn, span.From*second, span.To*second)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, o := range all {
		n += len(o.Dark)
	}
	now, out := p.now(), make([]index.Spell, 0, n)
	for _, o := range all {
		for _, d := range o.Dark {
			out = append(out, index.Spell{Customer: d.Customer, From: d.From, To: d.Until(now), Cause: o.Cause})
		}
	}
	return out, nil
}
