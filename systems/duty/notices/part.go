package notices

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/channel"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

// The places of this part.
const (
	Path         = "/duty/notices"
	pathMine     = "/duty/notices/mine"
	pathContacts = "/duty/notices/contacts"
	pathRecorded = "/duty/notices/recorded"
	pathAck      = "/duty/ack/"
)

// Part is the notices' part of the duty desk.
type Part struct {
	post   *notice.Post
	people *identity.Service
	push   channel.Browsers // nil where web push is off
	page   PageFunc
	wall   func() time.Time
	bad    guesses
}

// New makes the part.
func New(h *host.Host, page PageFunc) *Part {
	return &Part{post: h.Duty.Post, people: h.People, push: h.Duty.Push, page: page, wall: h.Wall, bad: guesses{by: map[string]int{}}}
}

// Grants are the permissions of notices with the roles that have them.
func Grants() []identity.Grant {
	officer, leader, operator, reader := identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader
	return []identity.Grant{
		{Name: notice.GrantRead, Title: lang.T("查看通知", "See notices"), Roles: []string{officer, leader, operator, reader}},
		{Name: notice.GrantAnswer, Title: lang.T("代记电话应答", "Take down answers given by telephone"), Roles: []string{officer, leader, operator}},
		{Name: notice.GrantContacts, Title: lang.T("查看和维护联系人", "See and keep the contacts"), Roles: []string{officer, leader}},
	}
}

// Routes are its pages and its interface.
func (p *Part) Routes() []web.Route {
	const read, keep = notice.GrantRead, notice.GrantContacts
	return append(p.pushRoutes(), []web.Route{
		{Pattern: "GET /duty/notices", Grant: read, Page: p.pageList},
		{Pattern: "GET /duty/notices/mine", Page: p.pageMine},
		{Pattern: "POST /duty/notices/answer", Form: p.formAnswer},
		{Pattern: "GET /duty/notices/contacts", Grant: keep, Page: p.pageContacts},
		{Pattern: "GET /duty/notices/contacts/{id}", Grant: keep, Page: p.pageContact},
		{Pattern: "POST /duty/notices/contacts", Grant: keep, Form: p.formSave},
		{Pattern: "POST /duty/notices/contacts/import", Grant: keep, Form: p.formImport, MaxBody: maxImport},
		{Pattern: "POST /duty/notices/contacts/{id}/erase", Grant: keep, Form: p.formErase},
		{Pattern: "GET /duty/notices/recorded", Grant: keep, Page: p.pageRecorded},
		{Pattern: "GET /duty/notices/{id}", Grant: read, Page: p.pageOne},
		{Pattern: "GET /duty/ack/{token}", Grant: web.Public, Page: p.pageAck},
		{Pattern: "POST /duty/ack/{token}", Grant: web.Public, Form: p.formAck, MaxBody: 4 << 10},
		{Pattern: "GET /api/duty/notices", Grant: read, API: p.apiList},
		{Pattern: "GET /api/duty/notices/{id}", Grant: read, API: p.apiOne},
		{Pattern: "GET /api/duty/contacts.csv", Grant: keep, API: p.apiContacts},
	}...)
}

// Mount gives the short address of an answer, which stands in messages, its page.
func (p *Part) Mount() web.Mount {
	return web.Mount{Prefix: "/ack", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.URL.Path[len("/ack"):]
		if r.Method != http.MethodGet && r.Method != http.MethodHead || len(token) < 2 || len(token) > 80 {
			http.NotFound(w, r)
			return
		}
		for _, c := range token[1:] {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				http.NotFound(w, r)
				return
			}
		}
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, "/zh"+pathAck+token[1:], http.StatusSeeOther)
	})}
}

// mostGuesses are the wrong links that one address may try in a minute. A link has 144 random bits, so this spares the database only.
const mostGuesses = 20

// guesses counts wrong links by address, forgotten each minute.
type guesses struct {
	mu     sync.Mutex
	minute int64
	by     map[string]int
}

// check refuses an address that has tried too many; wrong counts one more.
func (g *guesses) check(addr string, now time.Time, wrong bool) error {
	if h, _, err := net.SplitHostPort(addr); err == nil {
		addr = h
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if m := now.Unix() / 60; m != g.minute {
		g.minute = m
		clear(g.by)
	}
	if wrong {
		g.by[addr]++
	}
	if g.by[addr] > mostGuesses {
		return errs.Say(errs.Busy, "尝试次数过多，请一分钟后再试", "too many tries; try again in a minute")
	}
	return nil
}
