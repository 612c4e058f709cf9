// Package overview shows what the sharing of data comes to (共享总览): the two targets with the rows that they are counted from, the calls of
// the day, the log's search for the security office, what another unit would see, and to a citizen what was shared about them.
//
// The sharing rate counts the registered main systems of which at least one published resource was served to another unit in the last 90
// days. A department counts as connected while its member's node answers, or while it called or was called through this node in the
// last 24 hours; of the plan's units all count but the two that stand for groups.
package overview

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/serve"
	"github.com/haihe-city/haihe/web"
)

// Options are what the part works with.
type Options struct {
	People     *identity.Service
	Catalogue  *catalogue.Part
	Gate       *serve.Part
	Links      call.Links // nil: no other member
	Live       *web.Hub
	Now        func() time.Time
	Indicators *indicator.Board
}

// Part is the overview.
type Part struct {
	o     Options
	moved atomic.Bool
}

// The targets.
const (
	SharingRate   = "sharing-rate"
	DistrictLinks = "district-links"
)

// groups are units of the plan that stand for several.
var groups = []string{"relevant-departments", "districts"}

// New opens the part.
func New(o Options) *Part { return &Part{o: o} }

// Grants are what people may do here, with the roles that bring it.
func Grants() []identity.Grant {
	return []identity.Grant{
		{Name: page.GrantLog, Title: lang.T("检索全部共享调用日志", "Search the log of all calls"), Roles: []string{identity.RoleSecurity}},
		{Name: page.GrantLink, Title: lang.T("核验身份后关联公民账户", "Tie a citizen's account to their records after an identity check"), Roles: []string{identity.RoleOfficer}},
		{Name: page.GrantOwn, Title: lang.T("查看与本人有关的共享", "See what was shared about oneself"), Roles: []string{identity.RoleCitizen}},
	}
}

// Moved tells the part that something happened that its pages and targets depend on.
func (p *Part) Moved() { p.moved.Store(true) }

// Jobs are what the part does by itself: it writes the counts down and shows what moved.
func (p *Part) Jobs() []host.Job {
	return []host.Job{{Name: "counts", Every: 2 * time.Second, Run: func(ctx context.Context) error {
		any, err := p.o.Gate.Flush(ctx)
		if err != nil {
			return err
		}
		if !p.moved.Swap(false) && !any {
			return nil
		}
		p.o.Indicators.Stale(SharingRate)
		p.o.Indicators.Stale(DistrictLinks)
		return p.publish(ctx)
	}}}
}

// Measures are the two targets.
func (p *Part) Measures() []host.Measure {
	return []host.Measure{
		{Target: SharingRate, Measure: p.rate, Evidence: page.Systems},
		{Target: DistrictLinks, Measure: p.linked, Evidence: page.Links},
	}
}

// Shared is a main system with what makes it count.
type Shared struct {
	catalogue.InfoSystem
	Resources []string // published ones
	Callers   []string // units that were served one of them
	Last      time.Time
}

// Counts tells whether it counts as shared.
func (s Shared) Counts() bool { return len(s.Callers) > 0 }

// Systems lists the registered systems with what counts for them.
func (p *Part) Systems(ctx context.Context) (out []Shared, err error) {
	list, err := p.o.Catalogue.Systems(ctx)
	if err != nil {
		return nil, err
	}
	resources, err := p.o.Catalogue.All(ctx, identity.System("sharing"))
	if err != nil {
		return nil, err
	}
	called, err := p.o.Gate.CalledSince(ctx, p.o.Now().Add(-serve.Since))
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		x := Shared{InfoSystem: s}
		for _, r := range resources {
			if r.System != s.ID || r.Unit != s.Unit || r.State != catalogue.Published {
				continue
			}
			x.Resources = append(x.Resources, r.ID)
			for _, c := range called {
				if c.Resource != r.ID || c.Unit == s.Unit {
					continue
				}
				if !slices.Contains(x.Callers, c.Unit) {
					x.Callers = append(x.Callers, c.Unit)
				}
				if c.Last.After(x.Last) {
					x.Last = c.Last
				}
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func (p *Part) rate(ctx context.Context) (indicator.Figure, error) {
	list, err := p.Systems(ctx)
	if err != nil {
		return indicator.Figure{}, err
	}
	var part, whole int64
	for _, s := range list {
		if !s.Main {
			continue
		}
		if whole++; s.Counts() {
			part++
		}
	}
	if whole == 0 {
		return indicator.Figure{}, errs.Say(errs.Unavailable, "尚未登记主要信息系统", "no main system is registered yet")
	}
	return indicator.Figure{Value: float64(part) / float64(whole) * 100, Part: part, Whole: whole}, nil
}

// Linked is a department with its connection.
type Linked struct {
	Unit   identity.Unit
	Member string    // its member's node, "" where it works on this one
	Live   bool      // counts
	Since  time.Time // of the node's present state; of a department on this node, its last call
}

// Departments lists the units that are to be connected, with their state.
func (p *Part) Departments(ctx context.Context) (out []Linked, err error) {
	var links []call.Link
	if p.o.Links != nil {
		if links, err = p.o.Links(ctx); err != nil {
			return nil, err
		}
	}
	called, err := p.o.Gate.CalledSince(ctx, p.o.Now().Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	resources, err := p.o.Catalogue.All(ctx, identity.System("sharing"))
	if err != nil {
		return nil, err
	}
	owner := map[string]string{}
	for _, r := range resources {
		owner[r.ID] = r.Unit
	}
	for _, u := range p.o.People.Units() {
		if slices.Contains(groups, u.ID) {
			continue
		}
		d := Linked{Unit: u}
		for _, l := range links {
			if l.Unit == u.ID && (d.Member == "" || l.Live) {
				d.Member, d.Live, d.Since = l.Member, l.Live, l.Since
			}
		}
		for _, c := range called {
			if d.Member == "" && (c.Unit == u.ID || owner[c.Resource] == u.ID) {
				if d.Live = true; c.Last.After(d.Since) {
					d.Since = c.Last
				}
			}
		}
		out = append(out, d)
	}
	return out, nil
}

func (p *Part) linked(ctx context.Context) (indicator.Figure, error) {
	list, err := p.Departments(ctx)
	if err != nil {
		return indicator.Figure{}, err
	}
	var part int64
	for _, d := range list {
		if d.Live {
			part++
		}
	}
	if len(list) == 0 {
		return indicator.Figure{}, errs.Say(errs.Unavailable, "没有登记的部门", "no department is registered")
	}
	return indicator.Figure{Value: float64(part) / float64(len(list)) * 100, Part: part, Whole: int64(len(list))}, nil
}

// Search finds resources for the console's search.
func (p *Part) Search(ctx context.Context, who *identity.Principal, q string, limit int) (out []web.Hit, err error) {
	if !who.Can(page.GrantRead) {
		return nil, nil
	}
	list, err := p.o.Catalogue.All(ctx, who)
	for _, r := range list {
		if len(out) < limit && strings.Contains(strings.ToLower(r.ID+"\n"+r.Code+"\n"+r.Name.Zh+"\n"+r.Name.En), strings.ToLower(q)) {
			out = append(out, web.Hit{Kind: lang.T("信息资源", "Resource"), Text: r.Name, Sub: lang.Same(r.Code), Href: page.Catalogue + "/" + r.ID})
		}
	}
	return out, err
}
