package alarms

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

// The places of this part.
const (
	pathList    = "/duty/alarms"
	pathShelved = "/duty/alarms/shelved"
	pathHolds   = "/duty/alarms/holds"
	pathPast    = "/duty/alarms/past"
	pathAck     = "/duty/alarms/acknowledge"
	pathShelve  = "/duty/alarms/shelve"
	pathReturn  = "/duty/alarms/unshelve"
	pathCase    = "/duty/cases/"
)

// Topic is the event stream of the list.
const Topic = "duty"

// Part is the alarms' part of the duty desk.
type Part struct {
	duty   *host.Duty
	board  *alarm.Board
	people *identity.Service
	clock  host.Clock
	hub    *web.Hub
	page   PageFunc

	change atomic.Int64  // number of the newest change that pages were told of
	wake   chan struct{} // something changed
	stop   func()
}

// New makes the part and lets it follow the board until Close.
func New(h *host.Host, page PageFunc) *Part {
	p := &Part{duty: h.Duty, board: h.Duty.Alarms, people: h.People, clock: h.Clock, hub: h.Live, page: page, wake: make(chan struct{}, 1)}
	p.stop = p.board.Follow(p.heard)
	return p
}

// Close ends what New began.
func (p *Part) Close() { p.stop() }

// Routes are its pages and its interface.
func (p *Part) Routes() []web.Route {
	const read, ack, hold = alarm.GrantRead, alarm.GrantAck, alarm.GrantHold
	return []web.Route{
		{Pattern: "GET /duty", Grant: read, Page: p.pageList},
		{Pattern: "GET /duty/alarms", Grant: read, Page: p.pageList},
		{Pattern: "GET /duty/alarms/shelved", Grant: read, Page: p.pageShelved},
		{Pattern: "GET /duty/alarms/past", Grant: read, Page: p.pagePast},
		{Pattern: "GET /duty/alarms/holds", Grant: read, Page: p.pageHolds},
		{Pattern: "GET /duty/alarms/holds/{id}", Grant: read, Page: p.pageHold},
		{Pattern: "GET /duty/alarms/{id}", Grant: read, Page: p.pageOne},
		{Pattern: "POST /duty/alarms/acknowledge", Grant: ack, Form: p.formAcknowledge},
		{Pattern: "POST /duty/alarms/shelve", Grant: ack, Form: p.formShelve},
		{Pattern: "POST /duty/alarms/unshelve", Grant: ack, Form: p.formUnshelve},
		{Pattern: "POST /duty/alarms/{id}/remark", Grant: ack, Form: p.formRemark},
		{Pattern: "POST /duty/alarms/holds", Grant: hold, Form: p.formAsk},
		{Pattern: "POST /duty/alarms/holds/{id}/approve", Grant: hold, Form: p.formApprove},
		{Pattern: "POST /duty/alarms/holds/{id}/return", Grant: hold, Form: p.formReturn},
		{Pattern: "GET /api/duty/alarms", Grant: read, API: p.apiList},
		{Pattern: "GET /api/duty/alarms.csv", Grant: read, API: p.apiSheet},
		{Pattern: "GET /api/duty/stream/{of}", Grant: read, API: p.apiStream},
		{Pattern: "GET /api/duty/alarms/{id}", Grant: read, API: p.apiOne},
		{Pattern: "POST /api/duty/alarms/acknowledge", Grant: ack, API: p.apiAcknowledge},
		{Pattern: "POST /api/duty/alarms/shelve", Grant: ack, API: p.apiShelve},
		{Pattern: "POST /api/duty/alarms/unshelve", Grant: ack, API: p.apiUnshelve},
	}
}

// heard takes a change in from the board; it must be quick.
func (p *Part) heard(list []alarm.Alarm) {
	for i := range list {
		if n := list[i].Change; n > p.change.Load() {
			p.change.Store(n)
		}
	}
	select {
	case p.wake <- struct{}{}:
	default: // Live will look anyway
	}
}

// Live tells open pages that something changed, until ctx ends. The hub joins what comes faster than twice a second.
func (p *Part) Live(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
			if p.hub.Watched(Topic) {
				p.hub.Publish(Topic, ui.Update{Block: p.pulse()})
			}
		}
	}
}

func (p *Part) pulse() ui.AlarmPulse { return ui.AlarmPulse{ID: "duty-pulse", Change: p.change.Load()} }

// nameOf names a plant or a device of a system: as the system says, or by the end of its URI.
func (p *Part) nameOf(system, uri string) lang.Text {
	if w, ok := p.duty.Watched(system); ok && w.Name != nil {
		if name, ok := w.Name(uri); ok {
			return name
		}
	}
	return lang.Same(uri[strings.LastIndexByte(uri, ':')+1:])
}

// pageOf is the page of a plant or a device; "" where its system has none.
func (p *Part) pageOf(system, uri string) string {
	if w, ok := p.duty.Watched(system); ok && w.Page != nil && uri != "" {
		return w.Page(uri)
	}
	return ""
}

// placeOf says where an alarm stands: plant and district.
func (p *Part) placeOf(a *alarm.Alarm) lang.Text {
	var zh, en []string
	for _, t := range []lang.Text{p.nameOf(a.System, a.Group), region.Name(a.Area)} {
		if !t.Empty() {
			zh, en = append(zh, t.Zh), append(en, t.En)
		}
	}
	return lang.T(strings.Join(zh, " · "), strings.Join(en, " · "))
}

// systems are those that alarms may come from, with their names.
func (p *Part) systemName(name string) lang.Text {
	if w, ok := p.duty.Watched(name); ok && !w.Title.Empty() {
		return w.Title
	}
	if name == "city" {
		return lang.T("城市数据", "City data")
	}
	return lang.Same(name)
}

// row is an alarm as a line of the list. names remembers who is who within one page.
func (p *Part) row(ctx context.Context, a *alarm.Alarm, names map[string]lang.Text) ui.AlarmRow {
	r := ui.AlarmRow{ID: a.ID, Href: pathList + "/" + a.ID, Priority: int(a.Priority), Class: string(a.Class), Title: a.Title, Place: p.placeOf(a), PlaceHref: p.pageOf(a.System, a.Group), Point: a.Name,
		State: string(a.State), StateText: stateText(a.State), Hold: holdText(a), First: a.First, Gone: a.Gone, Count: a.Count, Chatter: a.Chatter}
	if a.Class != alarm.Process {
		r.ClassText = classText(a.Class)
	}
	r.Value, r.Limit, r.Below, r.Unit = figures(a)
	if a.Case != "" {
		r.CaseHref = pathCase + a.Case
	}
	if a.Acker != "" && !a.AckedAt.IsZero() {
		name, ok := names[a.Acker]
		if !ok {
			name = p.people.ActorName(ctx, a.Acker)
			names[a.Acker] = name
		}
		at := a.AckedAt.In(ui.Zone()).Format("15:04")
		r.Who = lang.T(name.Zh+" "+at, name.En+" "+at)
	}
	return r
}

// rows are alarms as lines.
func (p *Part) rows(ctx context.Context, list []alarm.Alarm) []ui.AlarmRow {
	names := map[string]lang.Text{}
	out := make([]ui.AlarmRow, len(list))
	for i := range list {
		out[i] = p.row(ctx, &list[i], names)
	}
	return out
}

func (p *Part) now() time.Time { return p.clock.Now() }
