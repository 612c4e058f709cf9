package pages

import (
	"context"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/early"
	"github.com/haihe-city/haihe/systems/safety/inspect"
	"github.com/haihe-city/haihe/systems/safety/live"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// GrantRead lets somebody see plants and what they report.
const GrantRead = "safety.read"

// Topic is the event stream of the city's pages; a district's is Topic, a hyphen and its code.
const Topic = "safety"

// Beside gives what another part of the room has to show on a plant's page, nothing where it has none.
type Beside func(r *web.Request, plant string) ([]ui.Block, error)

// Options are what the pages show.
type Options struct {
	Register  *register.Register
	Desk      *live.Desk
	Readings  *series.Table
	Watch     *rule.Watch
	Rules     *rule.Engine
	Alarms    *alarm.Board
	People    *identity.Service
	Clock     host.Clock
	Live      *web.Hub
	Decimals  int
	Inventory time.Duration // quantities and counts older than this are stale
	Changed   func(ctx context.Context) error
	SetState  func(ctx context.Context, by *identity.Principal, plant string, to register.State, reason string) error
	Contact   func(ctx context.Context, who *identity.Principal, id string) (name lang.Text, href string, ok bool) // nil: contacts are shown by their ids
}

// Part is the pages.
type Part struct {
	o      Options
	beside []Beside
	told   *live.Picture // what open pages were told last; of the job alone
}

// New makes the pages.
func New(o Options) *Part { return &Part{o: o} }

// Beside adds what another part shows on a plant's page, below the pages' own. It is called before anything is served.
func (p *Part) Beside(fn Beside) { p.beside = append(p.beside, fn) }

// source is what the room is called.
var source = lang.T("安全生产监控", "Work safety")

// tabs are the pages of the room's navigation, in the order of an officer's day.
func tabs() []ui.Tab {
	return []ui.Tab{
		{Text: lang.T("总览", "Overview"), Href: "/safety"},
		{Text: lang.T("地图", "Map"), Href: "/safety/map"},
		{Text: lang.T("企业", "Plants"), Href: "/safety/plants"},
		{Text: lang.T("各区", "Districts"), Href: "/safety/districts"},
		{Text: lang.T("监控率", "Monitored"), Href: "/safety/monitored"},
		{Text: lang.T("统计预警", "Early warning"), Href: early.Path},
		{Text: lang.T("执法检查", "Inspection"), Href: inspect.Path},
		{Text: lang.T("拒收报文", "Refused frames"), Href: "/safety/refused"},
		{Text: lang.T("台账与接口", "Register & API"), Href: "/safety/data"},
	}
}

// Page makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
func Page(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page {
	p := &ui.Page{Title: title, Nav: "safety", Crumbs: append([]ui.Link{{Text: lang.T("城市系统", "City systems"), Href: "/systems"}, {Text: source, Href: "/safety"}}, crumbs...)}
	p.Tabs = tabs()
	for i := range p.Tabs {
		p.Tabs[i].Current = p.Tabs[i].Href == tab
	}
	return p
}

// Routes are the pages and interfaces.
func (p *Part) Routes() []web.Route {
	const read, edit = GrantRead, register.GrantEdit
	return []web.Route{
		{Pattern: "GET /safety", Grant: read, Page: p.pageWall},
		{Pattern: "GET /safety/wall", Grant: read, Page: p.pageWide},
		{Pattern: "GET /safety/map", Grant: read, Page: p.pageMap},
		{Pattern: "GET /safety/plants", Grant: read, Page: p.pagePlants},
		{Pattern: "GET /safety/plants/{plant}", Grant: read, Page: p.pagePlant},
		{Pattern: "GET /safety/plants/{plant}/points/{point}", Grant: read, Page: p.pagePoint},
		{Pattern: "GET /safety/plants/{plant}/edit", Grant: edit, Page: p.pageEdit},
		{Pattern: "POST /safety/plants/{plant}/edit", Grant: edit, Form: p.formEdit},
		{Pattern: "POST /safety/plants/{plant}/state", Grant: edit, Form: p.formState},
		{Pattern: "GET /safety/plants/{plant}/points/{point}/edit", Grant: edit, Page: p.pageEditPoint},
		{Pattern: "POST /safety/plants/{plant}/points/{point}/edit", Grant: edit, Form: p.formEditPoint},
		{Pattern: "POST /safety/plants/{plant}/substances", Grant: edit, Form: p.formSubstance},
		{Pattern: "GET /safety/districts", Grant: read, Page: p.pageDistricts},
		{Pattern: "GET /safety/monitored", Grant: read, Page: p.pageMonitored},
		{Pattern: "GET /safety/data", Grant: read, Page: p.pageData},
		{Pattern: "GET /api/safety/plants", Grant: read, API: p.apiPlants},
		{Pattern: "GET /api/safety/plants.csv", Grant: read, API: p.apiPlantsSheet},
		{Pattern: "GET /api/safety/plants/{plant}", Grant: read, API: p.apiPlant},
		{Pattern: "GET /api/safety/plants/{plant}/points/{point}/readings.csv", Grant: read, API: p.apiReadings},
		{Pattern: "GET /api/safety/register/{kind}", Grant: read, API: p.apiRegister},
	}
}

// Topics are the event streams.
func Topics() []web.Topic {
	out := []web.Topic{{Name: Topic, Grant: GrantRead}}
	for _, d := range region.Districts {
		out = append(out, web.Topic{Name: topicOf(d.Code), Grant: GrantRead})
	}
	return out
}

func topicOf(district string) string {
	if district == "" {
		return Topic
	}
	return Topic + "-" + district
}

// scope is the district that somebody sees, "" for the whole city: that of their unit, where it is a district's.
func (p *Part) scope(who *identity.Principal) string {
	u, err := p.o.People.Unit(who.Unit)
	if err != nil {
		return ""
	}
	return u.District
}

// site gives the plant that a request names, where who asks may see it.
func (p *Part) site(r *web.Request) (*register.Site, error) {
	code := r.Path("plant")
	s, ok := p.o.Register.Site(code)
	if d := p.scope(r.Who); !ok || d != "" && d != s.District {
		return nil, errs.Say(errs.NotFound, "没有企业 %[1]s", "there is no plant %[1]s", code)
	}
	return s, nil
}

// sums are those of the plants that somebody sees.
func (p *Part) sums(pic *live.Picture, scope string) live.Sum {
	if scope == "" {
		return pic.City
	}
	return pic.District[scope]
}

// Search finds plants by code or name.
func (p *Part) Search(_ context.Context, who *identity.Principal, q string, limit int) ([]web.Hit, error) {
	if !who.Can(GrantRead) || strings.TrimSpace(q) == "" {
		return nil, nil
	}
	var out []web.Hit
	for _, s := range p.o.Register.Sites(register.Filter{Text: strings.TrimSpace(q), District: p.scope(who)}) {
		if len(out) == limit {
			break
		}
		out = append(out, web.Hit{Kind: s.Kind.Text(), Text: lang.Same(s.Name), Sub: lang.Same(s.Code), Href: register.PlantPage(s.Code)})
	}
	return out, nil
}
