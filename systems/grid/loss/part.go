package loss

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
	"github.com/haihe-city/haihe/web/ui"
)

//go:embed table/*.sql
var tables embed.FS

// The grants of this part: see losses; see which meters are worth a look, record what was found and set limits; import supplies.
const (
	grantRead    = "grid.read"
	GrantInspect = "grid.inspect"
	grantImport  = "grid.import"
)

// Acts are the verbs that this part records.
var Acts = []journal.Word{
	{Verb: "record-inspection", Title: lang.T("登记用电检查结果", "Recorded what an inspection found")},
	{Verb: "set-loss-limits", Title: lang.T("设置线损限值", "Set the limits of line losses")},
}

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

// Options are what the part works with. Clock is the plan's.
type Options struct {
	DB       *store.DB
	Book     *book.Book
	Readings *series.Table // of the meters; the first column is the register, in 0.0001 kWh
	Clock    host.Clock
	Journal  *journal.Journal
	People   *identity.Service
	Log      *slog.Logger
	Page     PageFunc
}

// Part is the losses of the city.
type Part struct {
	o    Options
	mu   sync.Mutex // held while days are summed
	wake chan struct{}
}

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "grid.loss", tables); err != nil {
		return nil, err
	}
	return &Part{o: o, wake: make(chan struct{}, 1)}, nil
}

// Jobs are what the part does by itself: it sums days when supplies came, and every hour those that something was missing in.
func (p *Part) Jobs() []host.Job {
	return []host.Job{{Name: "losses", Run: p.run}}
}

func (p *Part) run(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := p.Work(ctx); err != nil && ctx.Err() == nil {
			p.o.Log.Warn("losses not summed", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-p.wake:
		}
	}
}

// nudge has the work begin now.
func (p *Part) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *Part) act(tx *store.Tx, who *identity.Principal, verb, object string, detail map[string]any) error {
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: GrantInspect, Verb: verb, Object: object, Detail: detail})
}

// The kinds of area.
const (
	kindTransformer = "transformer" // the area of a concentrator
	kindFeeder      = "feeder"
)

// members finds the meters of areas, by area, in the order of their keys: one walk over the archive for all that are asked for.
func (p *Part) members(want map[string]bool) map[string][]book.Meter {
	out := map[string][]book.Meter{}
	p.o.Book.Each(func(m book.Meter) {
		if want[m.Concentrator] {
			out[m.Concentrator] = append(out[m.Concentrator], m)
		}
		if want[m.Feeder] {
			out[m.Feeder] = append(out[m.Feeder], m)
		}
	})
	return out
}

// Results are what an inspection can find.
var Results = []struct {
	Name string
	Text lang.Text
}{
	{"normal", lang.T("用电正常", "Use is as it should be")},
	{"vacant", lang.T("房屋空置或停业", "Empty or closed")},
	{"changed", lang.T("用电方式改变（如换热泵、装光伏）", "Use has changed: heating, solar panels")},
	{"meter", lang.T("电能表故障，已换表", "Meter broken, exchanged")},
	{"wiring", lang.T("接线错误，已更正", "Wiring wrong, put right")},
	{"bypass", lang.T("现场发现绕越计量，已移交处理", "A bypass found on site, handed over")},
}

func resultText(name string) lang.Text {
	for _, x := range Results {
		if x.Name == name {
			return x.Text
		}
	}
	return lang.Same(name)
}

// maxNote bounds the note of a finding, in bytes.
const maxNote = 1000

// Record takes what an inspector found at a meter.
func (p *Part) Record(ctx context.Context, who *identity.Principal, address, result, note string) error {
	if !who.Can(GrantInspect) {
		return errs.Say(errs.Denied, "您没有登记用电检查结果的权限", "you may not record inspections")
	}
	_, m, ok := p.o.Book.Find(address)
	if !ok {
		return errs.Say(errs.NotFound, "档案中没有电表 %s", "the archive has no meter %s", address)
	}
	if resultText(result) == lang.Same(result) {
		return errs.Say(errs.Invalid, "请选择检查结果", "choose what was found")
	}
	if note == "" || len(note) > maxNote {
		return errs.Say(errs.Invalid, "请填写现场情况，不超过 %d 字节", "say what was seen on site, in at most %d bytes", maxNote)
	}
	now := p.o.Clock.Now()
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qFindingAdd, store.NewID(now), m.Num, store.Micros(now), who.ID, result, note); err != nil {
			return err
		}
		return p.act(tx, who, "record-inspection", book.MeterID(address), map[string]any{"result": result})
	})
}
