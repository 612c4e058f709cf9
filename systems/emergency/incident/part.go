package incident

import (
	"context"
	"github.com/haihe-city/haihe/systems/emergency/incident/door"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// The grants of this part: take reports in; lead an incident of one's unit; lead those of all units; end it; see what is personal.
const (
	grantRead     = "emergency.read"
	GrantIntake   = "emergency.intake"
	GrantHandle   = "emergency.handle"
	GrantDirect   = "emergency.direct"
	GrantClose    = "emergency.close"
	GrantPersonal = "emergency.personal"
)

// Grants are what people may do here, with the roles that bring it.
func Grants() []identity.Grant {
	shift := []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator}
	return []identity.Grant{
		{Name: GrantIntake, Title: lang.T("接报、合并来报", "Take reports in and join them"), Roles: shift},
		{Name: GrantHandle, Title: lang.T("核实、定级、处置、移交突发事件", "Verify incidents, judge their level, lead and hand over the response"), Roles: shift},
		{Name: GrantDirect, Title: lang.T("指挥全市突发事件（不限本单位）", "Lead incidents of all units, as the city's command"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
		{Name: GrantClose, Title: lang.T("办结突发事件", "Close incidents"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
		{Name: GrantPersonal, Title: lang.T("查看报告人和伤亡人员信息", "See callers and who was hurt"), Roles: shift},
	}
}

// Acts are the verbs that this part records beside those of casework.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "take-report", Title: lang.T("登记来报", "Took a report in")},
		{Verb: "join-report", Title: lang.T("来报并入事件", "Joined a report to an incident")},
		{Verb: "dismiss-report", Title: lang.T("来报不予受理", "Dismissed a report")},
		{Verb: "read-report", Title: lang.T("查看来报人和伤亡人员信息", "Read what is personal in a report")},
		{Verb: "amend-incident", Title: lang.T("更正事件信息", "Amended an incident")},
		{Verb: "merge-incident", Title: lang.T("并入另一事件", "Merged an incident into another")},
		{Verb: "split-incident", Title: lang.T("分出事件", "Split an incident")},
	}
}

// Mover moves what hangs on one incident to another, in the transaction in which the first becomes part of the second.
type Mover func(tx *store.Tx, from, to string) error

// Section adds blocks to the page of an incident: its orders, its tasks, the warnings about it.
type Section func(r *web.Request, x Whole) ([]ui.Block, error)

// Options are what the part works with.
type Options struct {
	DB       *store.DB
	Entities *entity.Store // the city context, where plants lie
	Cases    *casework.Service
	Alarms   *alarm.Board
	Journal  *journal.Journal
	People   *identity.Service
	Clock    host.Clock
	Live     *web.Hub
}

// Part is the incidents of the city.
type Part struct {
	o        Options
	movers   []Mover
	sections []Section
	changed  atomic.Bool   // since the pages were last told
	nudge    chan struct{} // an alarm came
	door     *door.Door
	stops    []func()
}

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "emergency.incident", tables); err != nil {
		return nil, errs.Wrap("open the incidents", err)
	}
	p := &Part{o: o, nudge: make(chan struct{}, 1), door: door.New(o.Clock.Now)}
	p.stops = append(p.stops,
		o.Cases.Follow(func(list []casework.Case) {
			for _, c := range list {
				if c.Kind == KindName {
					p.changed.Store(true)
				}
			}
		}),
		o.Alarms.Follow(func(list []alarm.Alarm) {
			for i := range list {
				if critical(&list[i]) {
					select {
					case p.nudge <- struct{}{}:
					default: // somebody is on the way
					}
					return
				}
			}
		}))
	return p, nil
}

// Close ends what the part follows.
func (p *Part) Close() {
	for _, stop := range p.stops {
		stop()
	}
}

// With tells the part what hangs on incidents: how it is moved, and how it is shown. It is called while the room opens.
func (p *Part) With(m Mover, s Section) {
	if m != nil {
		p.movers = append(p.movers, m)
	}
	if s != nil {
		p.sections = append(p.sections, s)
	}
}

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job {
	return []host.Job{
		{Name: "incident-alarms", Run: p.watchAlarms},
		{Name: "incident-pages", Every: time.Second, Run: p.tell},
	}
}

// Touch tells the pages that something about an incident has changed.
func (p *Part) Touch() { p.changed.Store(true) }

// Get gives an incident with its case, where who may see it.
func (p *Part) Get(ctx context.Context, who *identity.Principal, id string) (Whole, error) {
	c, err := p.o.Cases.Get(ctx, who, id)
	if err != nil {
		return Whole{}, err
	}
	list, err := read(ctx, p.o.DB, func(tx *store.Tx) ([]Incident, error) { return incidents(tx, qGet, id) })
	if err != nil {
		return Whole{}, errs.Wrap("read an incident", err)
	}
	if len(list) == 0 || c.Kind != KindName {
		return Whole{}, missing()
	}
	return Whole{list[0], c}, nil
}

func missing() error {
	return errs.Say(errs.NotFound, "没有这起事件", "there is no such incident")
}

// Open gives the incidents that are not over, the gravest first, then the newest.
func (p *Part) Open(ctx context.Context, who *identity.Principal) ([]Whole, error) {
	list, err := read(ctx, p.o.DB, func(tx *store.Tx) ([]Incident, error) { return incidents(tx, qOpen) })
	if err != nil {
		return nil, errs.Wrap("read the incidents", err)
	}
	return p.whole(ctx, who, list)
}

// most is how many incidents one list reads.
const most = 2000

// Between gives those that were opened within a span, oldest first, at most 2,000.
func (p *Part) Between(ctx context.Context, who *identity.Principal, from, to time.Time) ([]Whole, error) {
	list, err := read(ctx, p.o.DB, func(tx *store.Tx) ([]Incident, error) {
		return incidents(tx, qBetween, micros(from), micros(to), int64(most))
	})
	if err != nil {
		return nil, errs.Wrap("read the incidents", err)
	}
	return p.whole(ctx, who, list)
}

func (p *Part) whole(ctx context.Context, who *identity.Principal, list []Incident) (out []Whole, err error) {
	for _, x := range list {
		c, err := p.o.Cases.Get(ctx, who, x.ID)
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
			continue // of a unit that who does not see
		}
		if err != nil {
			return nil, err
		}
		out = append(out, Whole{x, c})
	}
	return out, nil
}
