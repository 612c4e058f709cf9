package host

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/passkeys"
	"github.com/haihe-city/haihe/web/ui"
)

// openConsole makes the one handler: the console with every route, and beside it what machines ask for.
func (p *Program) openConsole() error {
	s := p.o.Settings.Server
	var topics []web.Topic
	var search []web.SearchFunc
	var mounts []web.Mount
	var own []web.Own
	for _, r := range p.rooms {
		if r.opened == nil {
			continue
		}
		topics = append(topics, r.opened.Topics...)
		mounts = append(mounts, r.opened.Mounts...)
		if r.opened.Own != nil {
			own = append(own, *r.opened.Own)
		}
		if r.opened.Search != nil {
			search = append(search, r.opened.Search)
		}
	}
	home := "/systems"
	if p.runs("plan") {
		home = "/plan"
	}
	keys := passkeys.Pages{Book: p.Passkeys, People: p.People, Secure: s.secure()}
	routes, ways := p.routes(), keys.Ways()
	if p.gate = p.openGate(); p.gate != nil {
		keys.Beside = p.gate.Beside()
		routes, ways = append(routes, p.gate.Routes()...), append(ways, p.gate.Ways()...)
	}
	routes = append(routes, keys.Routes()...)
	console, err := web.New(web.Options{
		People: p.People, Journal: p.Journal, Hub: p.live, Now: p.o.Clock.Now, Wall: p.o.Wall, Log: p.o.Log.With("system", "web"),
		Version: p.o.Version, Home: home, Banner: p.o.Banner, Nav: p.nav(), Routes: routes, Ways: ways, Mounts: mounts, Topics: topics, Search: search, Acts: p.acts(),
		Citizens:   web.Citizens{Own: own, Register: s.Register && len(own) > 0, Forget: p.forget},
		PublicPlan: s.PublicPlan, Door: web.Door{Secure: s.secure(), Proxied: s.Proxied},
		Observe: p.observe(), Beside: p.verifyCases,
	})
	if err != nil {
		return errs.As(errs.Internal, "open the console", err)
	}
	mux, all := http.NewServeMux(), console.Handler()
	mux.HandleFunc("GET /healthz", p.serveAlive)
	mux.HandleFunc("GET /readyz", p.serveReady)
	mux.Handle("GET /metrics", p.metricsHandler())
	mux.Handle("/", all)
	p.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if console.Mounted(r.URL.Path) { // ServeMux would tidy the path, and "//" may stand in an id
			all.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
	return nil
}

// forget deletes what every system keeps of a person. A system that is broken cannot be asked: the account stays until it can.
func (p *Program) forget(tx *store.Tx, person string) error {
	for _, forget := range []web.ForgetFunc{p.Passkeys.Forget, p.Holders.Forget} {
		if err := forget(tx, person); err != nil {
			return errs.Wrap("forget how a person signs in", err)
		}
	}
	for _, r := range p.rooms {
		if r.broken != nil {
			return errs.Say(errs.Unavailable, "部分系统暂停服务，现在不能注销账户，请稍后再试", "a part of the platform is down, so the account cannot be closed now; try again later")
		}
		if r.opened.Own == nil {
			continue
		}
		if err := r.opened.Own.Forget(tx, person); err != nil {
			return errs.Wrap("forget a person in "+r.Name, err)
		}
	}
	return nil
}

// runs tells whether a system is there and not broken.
func (p *Program) runs(name string) bool {
	for _, r := range p.rooms {
		if r.Name == name {
			return r.opened != nil
		}
	}
	return false
}

// acts are the words of everything that the program's parts record.
func (p *Program) acts() []journal.Word {
	words := slices.Concat(identity.Acts(), indicator.Acts(), rule.Acts(), alarm.Acts(), notice.Acts(), casework.Acts(), trust.Acts())
	words = append(words,
		journal.Word{Verb: "backup", Title: lang.T("备份", "Backed up")},
		journal.Word{Verb: "import", Title: lang.T("导入数据", "Imported data")})
	for _, r := range p.rooms {
		words = append(words, r.Acts...)
	}
	return words
}

// observe counts every answer.
func (p *Program) observe() func(pattern, method string, status int, took time.Duration) {
	m := newMetrics(p.registry, "http")
	count := m.Counter("answers_total", "Answers over HTTP, by route, method and status.", "route", "method", "status")
	took := m.Histogram("answer_seconds", "How long an answer took.", "route")
	return func(pattern, method string, status int, d time.Duration) {
		count(1, pattern, method, strconv.Itoa(status))
		took(d.Seconds(), pattern)
	}
}

// nav is the navigation: the plan with its areas, the systems, and how the program runs.
func (p *Program) nav() []web.NavGroup {
	var out []web.NavGroup
	if p.runs("plan") {
		out = append(out, web.NavGroup{Text: lang.T("行动方案", "Action plan"), Items: p.navPlan()})
	}
	systems := web.NavGroup{Text: lang.T("城市系统", "City systems")}
	for _, r := range p.rooms {
		if r.Name == "plan" {
			continue
		}
		item := web.NavItem{NavItem: ui.NavItem{ID: r.Name, Href: "/" + r.Name, Icon: r.Icon, Text: r.Title}}
		if len(r.Grants) > 0 {
			item.Grant = r.Grants[0].Name // the first is the one to read with
		}
		if r.broken != nil {
			item.Badge = "!"
		}
		systems.Items = append(systems.Items, item)
	}
	systems.Items = append(systems.Items, web.NavItem{NavItem: ui.NavItem{ID: "systems", Href: "/systems", Icon: "grid", Text: lang.T("全部系统", "All systems")}})
	return append(out, systems, web.NavGroup{Text: lang.T("运行", "Operation"), Items: []web.NavItem{
		{NavItem: ui.NavItem{ID: "system", Href: "/system", Icon: "cog", Text: lang.T("系统运行", "Program")}, Grant: identity.GrantReadProgram},
	}})
}

// navPlan lists the plan's page and its areas, each with the number of targets that are behind.
func (p *Program) navPlan() []web.NavItem {
	items := []web.NavItem{{NavItem: ui.NavItem{ID: "plan", Href: "/plan", Icon: "gauge", Text: lang.T("总体进度", "Progress")}, Grant: "plan.read"}}
	for _, a := range p.o.Plan.Areas {
		items = append(items, web.NavItem{
			NavItem: ui.NavItem{ID: "plan-" + a.ID, Href: "/plan/" + a.ID, Text: a.Name, Sub: true}, Grant: "plan.read",
			Count: func(ctx context.Context) int { return p.behind(ctx, a.ID) },
		})
	}
	return items
}

// behind counts an area's targets that are behind; a page is not refused because they cannot be counted.
func (p *Program) behind(ctx context.Context, area string) (n int) {
	all, err := p.Indicators.All(ctx)
	if err != nil {
		return 0
	}
	for _, st := range all {
		if st.Area == area && st.State == indicator.Behind {
			n++
		}
	}
	return n
}
