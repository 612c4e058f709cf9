package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/identity/holder"
	"github.com/haihe-city/haihe/kernel/identity/passkey"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/certlogin"
)

// Options is what a program is made of.
type Options struct {
	Systems  []System
	Plan     indicator.Plan
	Units    []identity.Unit
	DB       *store.DB
	Clock    Clock            // the plan's time
	Wall     func() time.Time // the time of the machine, for measuring and for waiting
	Log      *slog.Logger
	Settings Settings
	Version  string
	Banner   lang.Text   // said above every page
	Seal     []byte      // 32 bytes that private keys are sealed under
	Token    trust.Token // a device that holds keys; nil where there is none
	Scratch  string      // folder of files that are being taken in; "" takes the machine's
}

// Program is the city's program with its kernels and systems, opened.
type Program struct {
	People     *identity.Service
	Passkeys   *passkey.Book
	Holders    *holder.Book // whose certificate signs in as whom
	Journal    *journal.Journal
	Entities   *entity.Store
	Series     *series.Engine
	Indicators *indicator.Board
	Calendar   *calendar.Book
	Trust      *trust.Vault
	Duty       Duty
	Handler    http.Handler // everything that the program answers over HTTP

	o        Options
	registry *prometheus.Registry
	work     *supervisor
	live     *web.Hub
	rooms    []*room
	imports  *intake.Desk
	gate     *certlogin.Gate // nil where nobody signs in with certificates
	draining atomic.Bool
	started  time.Time
}

// room is one system with what came of opening it.
type room struct {
	System
	opened *Opened
	broken error // why it could not be opened; nil where it runs
	closed sync.Once
}

// Open checks the declarations, opens the kernels and every system in the order of the list, and makes the handler. A
// system that fails is marked broken; a kernel that fails ends it all, and what was opened is closed again.
func Open(ctx context.Context, o Options) (p *Program, err error) {
	if faults := Check(o.Systems, o.Plan, o.Units); len(faults) > 0 {
		return nil, errs.As(errs.Internal, "check the systems", errors.New(strings.Join(faults, "; ")))
	}
	if o.Scratch == "" {
		o.Scratch = os.TempDir()
	}
	p = &Program{o: o, registry: prometheus.NewRegistry(), started: o.Wall()}
	p.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), storeCollector{o.DB})
	p.work = newSupervisor(o.Log, o.Wall, newMetrics(p.registry, "host"))
	opened := p // a return of nil and an error empties p before the deferred call
	defer func() {
		if err == nil {
			return
		}
		opened.closeRooms(context.WithoutCancel(ctx))
		if opened.Series != nil {
			err = errors.Join(err, opened.Series.Close())
		}
	}()
	if err := p.openKernels(ctx); err != nil {
		return nil, err
	}
	p.live = new(web.Hub)
	for i := range o.Systems {
		p.rooms = append(p.rooms, p.openRoom(ctx, o.Systems[i]))
	}
	p.imports = p.openIntake()
	return p, p.openConsole()
}

// openKernels opens what all systems share, lowest first.
func (p *Program) openKernels(ctx context.Context) (err error) {
	o, now := p.o, p.o.Clock.Now
	var grants []identity.Grant
	for _, s := range o.Systems {
		grants = append(grants, s.Grants...)
	}
	if err := o.DB.Migrate(ctx, "host", tables); err != nil {
		return errs.Wrap("migrate the host", err)
	}
	if p.Journal, err = journal.Open(ctx, o.DB, now); err != nil {
		return errs.Wrap("open the journal", err)
	}
	if err := p.openTrust(ctx); err != nil {
		return err
	}
	if p.People, err = identity.Open(ctx, o.DB, p.Journal, now, o.Units, grants); err != nil {
		return errs.Wrap("open the people", err)
	}
	if p.Holders, err = holder.Open(ctx, o.DB, p.Journal, o.Wall); err != nil {
		return err
	}
	if p.Passkeys, err = passkey.Open(ctx, o.DB, p.Journal, p.People, o.Wall); err != nil {
		return err
	}
	if p.Series, err = series.Open(ctx, o.DB, now); err != nil { // before the entities, whose gauges lie there
		return errs.Wrap("open the series", err)
	}
	gauges, err := gauge.Open(ctx, p.Series)
	if err != nil {
		return errs.Wrap("open the gauges", err)
	}
	if p.Entities, err = entity.OpenWith(ctx, o.DB, now, entity.Options{Gauges: gauges}); err != nil {
		return errs.Wrap("open the entities", err)
	}
	if p.Indicators, err = indicator.Open(ctx, o.DB, p.Journal, now, o.Plan); err != nil {
		return errs.Wrap("open the indicators", err)
	}
	if err := p.openDuty(ctx); err != nil {
		return err
	}
	if p.Calendar, err = calendar.Open(ctx, o.DB, p.Journal, now); err != nil {
		return errs.Wrap("open the calendar", err)
	}
	return p.openCases(ctx)
}

// openRoom opens one system; whatever goes wrong, a panic included, is kept as the reason why it is broken.
func (p *Program) openRoom(ctx context.Context, s System) *room {
	r := &room{System: s}
	log := p.o.Log.With("system", s.Name)
	r.broken = guard(func() error { return p.openSystem(ctx, r, log) })
	up := newMetrics(p.registry, "host").Gauge("system_up", "1 where the system runs, 0 where it is broken.", "system")
	if r.broken == nil {
		up(1, s.Name)
		return r
	}
	up(0, s.Name)
	log.Error("a system could not be opened; the others go on", "error", r.broken)
	if r.opened != nil && r.opened.Close != nil {
		if err := guard(func() error { return r.opened.Close(ctx) }); err != nil {
			log.Error("a broken system could not be closed", "error", err)
		}
	}
	for _, target := range s.Indicators { // what it had connected before it failed
		p.Indicators.Disconnect(target)
	}
	r.opened = nil
	return r
}

func (p *Program) openSystem(ctx context.Context, r *room, log *slog.Logger) (err error) {
	if r.Tables != nil {
		if err := p.o.DB.Migrate(ctx, r.Name, r.Tables); err != nil {
			return errs.Wrap("migrate "+r.Name, err)
		}
	}
	if r.Models != nil {
		if err := p.Entities.Register(r.Name, r.Models); err != nil {
			return errs.Wrap("register the models of "+r.Name, err)
		}
	}
	h := &Host{
		Log: log, Clock: p.o.Clock, DB: p.o.DB, Entities: p.Entities, Series: p.Series, Journal: p.Journal, People: p.People,
		Indicators: p.Indicators, Calendar: p.Calendar, Trust: p.Trust, Duty: &p.Duty, Live: p.live, Metrics: newMetrics(p.registry, r.Name), Who: web.Who(p.People, p.o.Settings.Server.secure()), Wall: p.o.Wall,
	}
	if r.opened, err = r.System.Open(ctx, h); err != nil {
		return errs.Wrap("open "+r.Name, err)
	}
	if faults := CheckOpened(&r.System, r.opened); len(faults) > 0 {
		return errs.As(errs.Internal, "check what "+r.Name+" opened", errors.New(strings.Join(faults, "; ")))
	}
	p.Duty.offer(r.Name, r.Title, r.opened.Watched)
	for _, m := range r.opened.Measures {
		if err := p.Indicators.Connect(m.Target, m.Measure, m.Evidence); err != nil {
			return errs.Wrap("connect target "+m.Target, err)
		}
	}
	return nil
}

// Start begins the jobs and feeds: the kernels' own first.
func (p *Program) Start() {
	p.work.start(&worker{system: "indicator", kind: "job", name: "measure", run: p.Indicators.Run})
	p.work.start(&worker{system: "entity", kind: "job", name: "collect", every: time.Second, run: func(ctx context.Context) error {
		_, err := p.Entities.Collect(ctx)
		return err
	}})
	p.startDuty()
	p.startTrust()
	p.work.start(&worker{system: "calendar", kind: "job", name: "refresh", every: time.Minute, run: p.Calendar.Refresh}) // another instance may have entered a notice
	p.work.start(&worker{system: "series", kind: "job", name: "maintain", every: time.Minute, run: p.Series.Maintain})
	for _, r := range p.rooms {
		if r.opened == nil {
			continue
		}
		for _, f := range r.opened.Feeds {
			p.work.start(&worker{system: r.Name, kind: "feed", name: f.Name, run: f.Run})
		}
		for _, j := range r.opened.Jobs {
			p.work.start(&worker{system: r.Name, kind: "job", name: j.Name, every: j.Every, run: j.Run})
		}
	}
}

// Close stops the work and closes the systems in reverse, all before ctx ends. The database is its opener's to close.
func (p *Program) Close(ctx context.Context) error {
	p.draining.Store(true)
	var faults []error
	if late := p.work.stop(ctx); len(late) > 0 {
		faults = append(faults, errs.Say(errs.Unavailable, "未能按时停止：%s", "did not stop in time: %s", strings.Join(late, ", ")))
	}
	faults = append(faults, p.closeRooms(ctx)...)
	faults = append(faults, p.Trust.Close(ctx))
	return errors.Join(append(faults, p.Series.Close())...)
}

func (p *Program) closeRooms(ctx context.Context) (faults []error) {
	for _, r := range slices.Backward(p.rooms) {
		if r.opened == nil || r.opened.Close == nil {
			continue
		}
		r.closed.Do(func() {
			if err := guard(func() error { return r.opened.Close(ctx) }); err != nil {
				faults = append(faults, errs.Wrap("close "+r.Name, err))
			}
		})
	}
	return faults
}

// Broken lists the systems that could not be opened, with the reason.
func (p *Program) Broken() map[string]error {
	out := map[string]error{}
	for _, r := range p.rooms {
		if r.broken != nil {
			out[r.Name] = r.broken
		}
	}
	return out
}

// String names the program in a log.
func (p *Program) String() string {
	return fmt.Sprintf("haihe %s (%d systems)", p.o.Version, len(p.rooms))
}
