package inspect

import (
	"context"
	"embed"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/hazard"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web/ui"
)

//go:embed table/*.sql
var tables embed.FS

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

// Options are what the part works with.
type Options struct {
	DB       *store.DB
	Register *register.Register
	Cases    *casework.Service
	Alarms   *alarm.Board
	Journal  *journal.Journal
	People   *identity.Service
	Calendar *calendar.Book
	Now      func() time.Time
	Page     PageFunc
	Scope    func(who *identity.Principal) string                               // the district that somebody sees, "" for the whole city
	Warnings func(ctx context.Context, since time.Time) (map[string]int, error) // early warnings by plant that nobody judged false
}

// Part is the inspection of plants.
type Part struct{ o Options }

// self does what the program does by itself.
var self = identity.System("safety")

// New opens the part and issues the checklist that the room brings along, where there is none.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "safety.inspect", tables); err != nil {
		return nil, errs.Wrap("migrate inspections", err)
	}
	p := &Part{o: o}
	list, err := p.Checklists(ctx)
	if err == nil && len(list) == 0 {
		_, err = p.PutChecklist(ctx, self, "general", "危险化学品企业通用检查表（平台默认，以监管部门检查表为准）", first)
	}
	return p, errs.Wrap("issue the first checklist", err)
}

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job {
	return []host.Job{{Name: "rectification", Every: 10 * time.Minute, Run: p.Escalate}}
}

func (p *Part) today() calendar.Date { return calendar.DateOf(p.o.Now()) }

// need refuses who lacks a grant.
func need(who *identity.Principal, grant string) error {
	if who.Can(grant) {
		return nil
	}
	return errs.Say(errs.Denied, "您没有办理检查事项的权限", "you may not do this of inspections")
}

// site gives a plant, where who asks may see it.
func (p *Part) site(who *identity.Principal, code string) (*register.Site, error) {
	s, ok := p.o.Register.Site(code)
	if d := p.o.Scope(who); !ok || d != "" && d != s.District {
		return nil, errs.Say(errs.NotFound, "没有企业 %[1]s", "there is no plant %[1]s", code)
	}
	return s, nil
}

// Ranked is a plant with its risk.
type Ranked struct {
	Site   *register.Site
	Points int
	Why    []Points
	Grade  Grade
	Last   time.Time // of its last inspection, zero for none
}

// lookBack is how far alarms and warnings count for the risk.
const lookBack = 90 * 24 * time.Hour

// Rank computes the risk of the plants that a filter picks, in the register's order.
func (p *Part) Rank(ctx context.Context, f register.Filter) ([]Ranked, error) {
	now := p.o.Now()
	last, err := p.lastDone(ctx)
	if err != nil {
		return nil, err
	}
	alarms, err := p.alarmCounts(ctx, now.Add(-lookBack))
	if err != nil {
		return nil, err
	}
	warnings, err := p.o.Warnings(ctx, now.Add(-lookBack))
	if err != nil {
		return nil, err
	}
	open, err := p.findings(ctx, self, casework.Filter{Open: true})
	if err != nil {
		return nil, err
	}
	known := map[string]*Known{}
	for _, c := range open {
		code := register.CodeOf(c.Group)
		if known[code] == nil {
			known[code] = &Known{}
		}
		if c.Fields[fieldGrade] == Major {
			known[code].Major++
		} else {
			known[code].General++
		}
	}
	var out []Ranked
	for _, s := range p.o.Register.Sites(f) {
		k := Known{Since: -1}
		if x := known[s.Code]; x != nil {
			k.Major, k.General = x.Major, x.General
		}
		r := Ranked{Site: s, Last: last[s.Code]}
		if !r.Last.IsZero() {
			k.Since = int(now.Sub(r.Last).Hours() / 24)
		}
		k.Hazard, k.Alarms, k.Warnings = levelOf(s), alarms[s.URI], warnings[s.Code]
		r.Points, r.Why, r.Grade = Rate(k)
		out = append(out, r)
	}
	return out, nil
}

// levelOf is the gravest class of a plant's hazard units.
func levelOf(s *register.Site) (gravest hazard.Level) {
	for _, u := range s.Units {
		list := make([]hazard.Input, len(u.Substances))
		for i, x := range u.Substances {
			list[i] = hazard.Input{Name: x.Name, CAS: x.CAS, Class: x.Class, Tons: x.Tons, At: x.At}
		}
		v := hazard.Of(list, hazard.People{Count: s.Exposed, At: s.ExposedAt}, time.Time{})
		if v.Level != hazard.None && (gravest == hazard.None || v.Level < gravest) {
			gravest = v.Level
		}
	}
	return gravest
}

func (p *Part) lastDone(ctx context.Context) (out map[string]time.Time, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = map[string]time.Time{}
		return tx.Each(qTaskLast, nil, func(scan func(...any) error) error {
			var plant string
			var done int64
			err := scan(&plant, &done)
			out[plant] = store.Time(done)
			return err
		})
	})
	return out, err
}

// alarmCounts counts process alarms by plant, at most the newest twenty thousand closed ones.
func (p *Part) alarmCounts(ctx context.Context, since time.Time) (map[string]int, error) {
	out := map[string]int{}
	for _, states := range [][]alarm.State{nil, {alarm.Closed}} {
		f := alarm.Filter{System: "safety", Classes: []alarm.Class{alarm.Process}, States: states, From: since, Order: "newest", Limit: 1000}
		for range 20 {
			list, next, err := p.o.Alarms.List(ctx, f)
			if err != nil {
				return nil, err
			}
			for _, a := range list {
				out[a.Group]++
			}
			if f.Cursor = next; next == "" {
				break
			}
		}
	}
	return out, nil
}

// findings gives every rectification that a filter picks.
func (p *Part) findings(ctx context.Context, who *identity.Principal, f casework.Filter) (out []casework.Case, err error) {
	f.Kinds, f.Order, f.Limit = []string{KindName}, "newest", 1000
	for {
		list, next, err := p.o.Cases.List(ctx, who, f)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		if f.Cursor = next; next == "" {
			return out, nil
		}
	}
}
