package early

import (
	"context"
	"embed"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web/ui"
)

//go:embed table/*.sql
var tables embed.FS

// The grants of this part: see, and teach and judge.
const (
	grantRead = "safety.read"
	GrantEdit = "safety.early"
)

// Acts are the words of what this part records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "learn-early", Title: lang.T("训练统计预警模型", "Taught an early warning")},
		{Verb: "judge-early", Title: lang.T("评定统计预警", "Judged an early warning")},
		{Verb: "set-early", Title: lang.T("修改统计预警设置", "Changed how a plant's early warning works")},
	}
}

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

// Options are what the part works with.
type Options struct {
	DB       *store.DB
	Series   *series.Engine
	Readings *series.Table // of the points: one column
	Register *register.Register
	Alarms   *alarm.Board
	Journal  *journal.Journal
	People   *identity.Service
	Now      func() time.Time
	Page     PageFunc
	Scope    func(who *identity.Principal) string // the district that somebody sees, "" for the whole city; nil: everybody sees all
	Interval time.Duration                        // of the slots
	Window   time.Duration                        // that the schedule learns from
	Renew    time.Duration                        // after which the schedule learns anew; 0: never
}

// Part is the early warning of all plants. Its methods may be called from anywhere at once.
type Part struct {
	o      Options
	step   int64 // the interval, µs
	scale  float64
	scores *series.Table

	mu      sync.Mutex
	watches map[string]*watch // by the plant's code; those that have a model
	seats   map[int64]seat    // by key of a point's series
	set     map[string]Setting
	batch   series.Batch // scores that no commit has taken yet
	news    []news       // warnings that no commit has taken yet
	states  map[string]register.State
	seen    int64 // version of the register that states were read from
}

// seat is the place of a point in its plant's rows.
type seat struct {
	w      *watch
	column int
}

// The statistics of the series safety.early, in the model's order.
var statisticNames = [...]string{"t2", "q", "slow_t2", "slow_q"}

// decimals of the kept scores.
const decimals = 3

// New opens the part with what was learnt before.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "safety.early", tables); err != nil {
		return nil, errs.Wrap("migrate early warning", err)
	}
	p := &Part{o: o, step: o.Interval.Microseconds(), scale: 1, watches: map[string]*watch{}, seats: map[int64]seat{}, set: map[string]Setting{}, states: map[string]register.State{}, seen: -1}
	for range o.Readings.Family().Columns[0].Decimals {
		p.scale /= 10
	}
	columns := make([]series.Column, len(statisticNames))
	for i, n := range statisticNames {
		columns[i] = series.Column{Name: n, Decimals: decimals}
	}
	var err error
	if p.scores, err = o.Series.Declare(ctx, series.Family{Name: "safety.early", Columns: columns, KeepRaw: 400 * 24 * time.Hour, RollUp: time.Hour}); err != nil {
		return nil, err
	}
	return p, errs.Wrap("read early warning", p.load(ctx))
}

// load reads settings, the newest model of each plant, and the warnings that stand.
func (p *Part) load(ctx context.Context) error {
	set, versions, standing, err := p.readAll(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set = set
	for _, v := range versions {
		p.adopt(v)
	}
	for _, w := range standing {
		if at := p.watches[w.Plant]; at != nil {
			at.state.Stand(true)
			at.warning = w
		}
	}
	return nil
}

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job {
	return []host.Job{
		{Name: "early", Every: 2 * time.Second, Run: p.Tick},
		{Name: "early-learn", Every: time.Minute, Run: p.LearnDue},
	}
}
