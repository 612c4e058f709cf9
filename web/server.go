package web

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/static"
	"github.com/haihe-city/haihe/web/ui"
)

// Door is what stands between a server and who asks.
type Door struct {
	Secure  bool // cookies go over TLS only, also where TLS ends at a proxy
	Proxied bool // the caller's address is the last one of X-Forwarded-For
}

// Options is what a server is made of.
type Options struct {
	People     *identity.Service
	Journal    *journal.Journal
	Hub        *Hub             // nil takes one of its own
	Now        func() time.Time // the plan's clock
	Wall       func() time.Time // the machine's, for measuring and deadlines
	Log        *slog.Logger
	Version    string
	Home       string    // where "/" and the brand lead, below the language prefix; "" takes "/plan"
	Banner     lang.Text // said above every page
	Nav        []NavGroup
	Routes     []Route
	Mounts     []Mount
	Topics     []Topic
	Search     []SearchFunc
	Acts       []journal.Word // what the verbs of the journal mean
	Ways       []ui.Link      // other ways to sign in, said on the sign-in page
	PublicPlan bool           // the plan's pages, figures and stream are open to anybody who reads
	Citizens   Citizens       // what is there for citizens
	Door       Door           // what stands before it
	// Beside, where it is there, holds what lies beside the journal against it: how many lines, and what is wrong.
	Beside func(ctx context.Context) (lines int64, faults []lang.Text, err error)
	// Observe, where it is there, is told of every answer: pattern of the route ("" where none matched), method, status, time taken.
	Observe func(pattern, method string, status int, took time.Duration)
}

// Server answers everything that people and programs ask over HTTP.
type Server struct {
	o      Options
	files  *static.Handler
	mux    *http.ServeMux
	cross  *http.CrossOriginProtection
	topics map[string]Topic
	grants map[string]string // who may use a route, by its pattern in the mux
	live   sync.Map          // pattern of a page's route to the topic that its page named last
}

// New makes a server. A route that cannot be mounted is a mistake in the program and keeps it from starting.
func New(o Options) (*Server, error) {
	if o.Home == "" {
		o.Home = "/plan"
	}
	if o.Hub == nil {
		o.Hub = new(Hub)
	}
	if err := checkMounts(o.Mounts); err != nil {
		return nil, err
	}
	files, err := static.New()
	if err != nil {
		return nil, fmt.Errorf("read the static files: %w", err)
	}
	s := &Server{o: o, files: files, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(), topics: map[string]Topic{}, grants: map[string]string{}}
	var names []string
	for _, t := range o.Topics {
		s.topics[t.Name] = t
		names = append(names, t.Name)
	}
	o.Hub.Open(names, o.Wall, s.drawUpdate, func(topic string, err error) {
		o.Log.Error("an update could not be drawn", "topic", topic, "error", err)
	})
	for _, r := range append(s.ownRoutes(), o.Routes...) {
		if err := s.mount(r); err != nil {
			return nil, err
		}
	}
	s.mux.Handle("GET /assets/", s.files)
	s.mux.HandleFunc("GET /events/{topic...}", s.serveEvents)
	s.mux.HandleFunc("/", s.serveElsewhere)
	return s, nil
}

// Handler answers everything, with what every request needs around it.
func (s *Server) Handler() http.Handler { return s.guard(s.mux) }

// ownRoutes are the console's own pages.
func (s *Server) ownRoutes() []Route {
	out := []Route{
		{Pattern: "GET /login", Grant: Public, Page: s.pageLogin},
		{Pattern: "POST /login", Grant: Public, Form: s.formLogin},
		{Pattern: "POST /logout", Grant: Public, Form: s.formLogout},
		{Pattern: "GET /account/password", Grant: Anyone, Page: s.pagePassword},
		{Pattern: "POST /account/password", Grant: Anyone, Form: s.formPassword},
		{Pattern: "GET /account/sessions", Grant: Anyone, Page: s.pageSessions},
		{Pattern: "POST /account/sessions", Grant: Anyone, Form: s.formSessions},
		{Pattern: "GET /search", Page: s.pageSearch},
	}
	return append(append(out, s.ownPages()...), s.adminRoutes()...)
}

// mount binds a route in both languages, or below /api/.
func (s *Server) mount(r Route) (err error) {
	defer func() { // ServeMux says by a panic that two patterns quarrel
		if v := recover(); v != nil {
			err = fmt.Errorf("route %q: %v", r.Pattern, v)
		}
	}()
	method, path, ok := strings.Cut(r.Pattern, " ")
	if !ok || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("route %q: a pattern is a method, a space and a path", r.Pattern)
	}
	if r.MaxBody == 0 {
		r.MaxBody = 1 << 20
	}
	r.Grant = s.open(r, path)
	api := strings.HasPrefix(path, "/api/")
	switch {
	case r.API != nil && api && r.Page == nil && r.Form == nil:
		s.grants[r.Pattern] = r.Grant
		s.mux.HandleFunc(r.Pattern, func(w http.ResponseWriter, q *http.Request) { s.serveAPI(w, q, r) })
	case r.API == nil && !api && (r.Page != nil) != (r.Form != nil):
		for _, l := range []lang.Lang{lang.Zh, lang.En} {
			s.grants[method+" /"+string(l)+path] = r.Grant
			s.mux.HandleFunc(method+" /"+string(l)+path, func(w http.ResponseWriter, q *http.Request) { s.servePage(w, q, l, r) })
		}
	default:
		return fmt.Errorf("route %q: an API function stands below /api/, a page or form function elsewhere, and one of them only", r.Pattern)
	}
	return nil
}

// planGrant is what reading the plan needs, where it is not open to anybody.
const planGrant = "plan.read"

// open gives a route's grant, which is Public for what the plan lets anybody read.
func (s *Server) open(r Route, path string) string {
	if !s.o.PublicPlan || !strings.HasPrefix(r.Pattern, "GET ") || r.Grant != "" && r.Grant != planGrant {
		return r.Grant
	}
	path = strings.TrimPrefix(path, "/api")
	if path == "/plan" || strings.HasPrefix(path, "/plan/") {
		return Public
	}
	return r.Grant
}

// allowed tells whether who has a grant.
func allowed(who *identity.Principal, grant string) bool {
	switch grant {
	case Public:
		return true
	case Anyone:
		return !who.Anonymous() && !who.MustChange
	case "":
		return !who.Anonymous() && !who.MustChange && !who.Has(identity.RoleCitizen)
	}
	return who.Can(grant)
}

// may tells of an address on a page whether this reader may use the route behind it. Who is not signed in, or has a one-time password, may go anywhere: the
// sign-in or the new password stands before it; what is no route is for the answer to say.
func (s *Server) may(r *Request) ui.May {
	return func(method, href string) bool {
		u, err := url.Parse(href)
		if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") || r.Who.Anonymous() || r.Who.MustChange {
			return true
		}
		if !strings.HasPrefix(u.Path, "/api/") && !s.Mounted(u.Path) {
			u.Path, u.RawPath = "/"+string(r.Lang)+u.Path, "/"+string(r.Lang)+u.EscapedPath()
		}
		_, pattern := s.mux.Handler(&http.Request{Method: method, URL: u})
		grant, known := s.grants[pattern]
		return !known || allowed(r.Who, grant)
	}
}

// drawUpdate draws an update once a language. Nothing on it depends on who reads.
func (s *Server) drawUpdate(u ui.Update) (texts [2]string, err error) {
	for i, l := range []lang.Lang{lang.Zh, lang.En} {
		var b bytes.Buffer
		if err := ui.RenderUpdate(context.Background(), &b, ui.Shell{Lang: l, Static: s.files.Prefix(), Mounted: s.Mounted, Now: s.o.Now()}, u); err != nil {
			return texts, err
		}
		texts[i] = b.String()
	}
	return texts, nil
}
