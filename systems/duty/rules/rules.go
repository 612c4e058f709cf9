// Package rules is the part of the duty desk that shows the rules of alarms and lets people write, try and start them.
//
// A rule is written by one person as a version, tried on data of the past, and let go live by another (ISA-18.2-2016 clause 10: alarms are
// changed under management). An earlier version comes back the same way. What can be watched, and its past, the systems offer
// (host.Watched); the rules themselves are kernel/rule's.
package rules

import (
	"context"
	"sync"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

const path = "/duty/rules"

// Part is the rules' part of the duty desk.
type Part struct {
	duty   *host.Duty
	engine *rule.Engine
	people *identity.Service
	clock  host.Clock
	page   PageFunc
	queue  chan order

	mu     sync.Mutex
	trials map[string]progress // by rule and version; the last of each
}

// New makes the part.
func New(h *host.Host, page PageFunc) *Part {
	return &Part{duty: h.Duty, engine: h.Duty.Rules, people: h.People, clock: h.Clock, page: page, queue: make(chan order, 16), trials: map[string]progress{}}
}

// Routes are its pages and its interface.
func (p *Part) Routes() []web.Route {
	const read, edit, live = rule.GrantRead, rule.GrantEdit, rule.GrantLive
	return []web.Route{
		{Pattern: "GET /duty/rules", Grant: read, Page: p.pageList},
		{Pattern: "GET /duty/rules/new", Grant: edit, Page: p.pageNew},
		{Pattern: "POST /duty/rules", Grant: edit, Form: p.formSave},
		{Pattern: "GET /duty/rules/{id}", Grant: read, Page: p.pageOne},
		{Pattern: "GET /duty/rules/{id}/edit", Grant: edit, Page: p.pageEdit},
		{Pattern: "POST /duty/rules/{id}/try", Grant: edit, Form: p.formTry},
		{Pattern: "POST /duty/rules/{id}/live", Grant: live, Form: p.formLive},
		{Pattern: "POST /duty/rules/{id}/retire", Grant: live, Form: p.formRetire},
		{Pattern: "GET /api/duty/rules", Grant: read, API: p.apiList},
	}
}

// nameOf names a point or a plant as the system that knows it says; the URI itself where none does.
func (p *Part) nameOf(uri string) lang.Text {
	for _, s := range p.duty.Watchers() {
		if w, _ := p.duty.Watched(s); w.Name != nil {
			if name, ok := w.Name(uri); ok {
				return name
			}
		}
	}
	return lang.Same(uri)
}

// newest gives the version that is asked for, or the newest, of all versions of a rule.
func (p *Part) versions(ctx context.Context, id string, version int64) (all []rule.Rule, one rule.Rule, err error) {
	all, err = p.engine.Versions(ctx, id)
	if err != nil {
		return nil, one, err
	}
	if version == 0 {
		return all, all[0], nil
	}
	for _, r := range all {
		if r.Version == version {
			return all, r, nil
		}
	}
	return nil, one, errs.Say(errs.NotFound, "没有规则 %[1]s 的第 %[2]d 版", "rule %[1]s has no version %[2]d", id, version)
}
