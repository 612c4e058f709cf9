package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/web/ui"
)

const password = "correct horse 河水"

// app is a whole server over a real database, with a small system of the test's own.
type app struct {
	*Server
	url  string
	hub  *Hub
	log  *bytes.Buffer
	mu   sync.Mutex
	seen []string // what Observe was told
	opts Options

	accounts []identity.Account
}

func (a *app) now() time.Time { return time.Date(2015, 11, 20, 9, 30, 0, 0, ui.Zone()) }

func testRoutes() []Route {
	page := func(title string) PageFunc {
		return func(r *Request) (*ui.Page, error) {
			return &ui.Page{Title: lang.T(title, title), Live: "plan", Body: []ui.Block{ui.Tiles{ID: "t", Items: []ui.Tile{{ID: "k", Name: lang.T("数", "n"), Value: "1"}}}, ui.Feed{ID: "feed"}, ui.Form{ID: "f", Action: "/room/do"}}}, nil
		}
	}
	fail := func(k errs.Kind) PageFunc {
		return func(*Request) (*ui.Page, error) { return nil, errs.As(k, "test", errors.New("cause")) }
	}
	routes := []Route{
		{Pattern: "GET /plan", Grant: "plan.read", Page: page("方案")},
		{Pattern: "GET /room", Page: page("房间")},
		{Pattern: "GET /room/secret", Grant: "plan.approve", Page: page("机密")},
		{Pattern: "POST /room/do", Form: func(r *Request) (*ui.Page, string, error) {
			switch r.Form("x") {
			case "bad":
				return &ui.Page{Title: lang.T("错", "bad"), Body: []ui.Block{ui.Form{Error: lang.T("错", "wrong")}}}, "", nil
			case "away":
				return nil, "//evil.example", nil
			}
			return nil, "/room?done=" + r.Form("x"), nil
		}},
		{Pattern: "GET /room/links", Page: func(*Request) (*ui.Page, error) {
			x := lang.Same("x")
			return &ui.Page{Title: x, Tabs: []ui.Tab{{Text: x, Href: "/room"}, {Text: x, Href: "/room/secret?a=1"}, {Text: x, Href: "/nowhere"}}, Actions: []ui.Action{{Text: x, Href: "/room/do", Post: true}},
				Body: []ui.Block{ui.Facts{Items: []ui.Fact{{Name: x, Value: x, Href: "/api/room/secret"}, {Name: x, Value: x, Href: "https://tj.example/room/secret"}, {Name: x, Value: x, Href: "/std/v1/x"}}}}}, nil
		}},
		{Pattern: "GET /room/panic", Page: func(*Request) (*ui.Page, error) { panic("boom 张三") }},
		{Pattern: "GET /api/room", API: func(r *Request) (any, error) { return map[string]string{"who": r.Who.Unit}, nil }},
		{Pattern: "POST /api/room", API: func(r *Request) (any, error) {
			b, err := io.ReadAll(r.HTTP.Body)
			return map[string]int{"n": len(b)}, err
		}, MaxBody: 10},
		{Pattern: "GET /api/room/secret", Grant: "plan.approve", API: func(*Request) (any, error) { return 1, nil }},
		{Pattern: "GET /api/room/panic", API: func(*Request) (any, error) { panic("boom") }},
		{Pattern: "GET /api/room/say", Grant: Public, API: func(*Request) (any, error) {
			return nil, errs.Say(errs.Conflict, "已被改动", "it was changed")
		}},
		{Pattern: "GET /api/room/stream", Grant: Public, API: func(*Request) (any, error) {
			return Reply{Type: "text/csv", Name: "表 1.csv", Body: Stream(func(w io.Writer, flush func()) error {
				_, err := io.WriteString(w, "a,b\n")
				flush()
				return err
			})}, nil
		}},
		{Pattern: "GET /api/room/half", Grant: Public, API: func(*Request) (any, error) {
			return Reply{Body: Stream(func(w io.Writer, flush func()) error {
				_, _ = io.WriteString(w, "half")
				flush()
				return errors.New("disk")
			})}, nil
		}},
	}
	for k := errs.Internal; k <= errs.Unavailable; k++ {
		routes = append(routes, Route{Pattern: "GET /fail/" + k.String(), Grant: Public, Page: fail(k)},
			Route{Pattern: "GET /api/fail/" + k.String(), Grant: Public, API: func(*Request) (any, error) { return nil, errs.As(k, "test", errors.New("cause")) }})
	}
	return routes
}

// newApp opens a server; change may alter its options.
func newApp(t *testing.T, change func(*Options)) *app {
	t.Helper()
	a := &app{hub: new(Hub), log: &bytes.Buffer{}}
	db := storetest.Open(t)
	ctx := context.Background()
	j, err := journal.Open(ctx, db, a.now)
	if err != nil {
		t.Fatal(err)
	}
	units := []identity.Unit{{ID: "economy-it", Name: lang.T("市经济和信息化委", "Economy and IT"), Coordinator: true}, {ID: "power", Name: lang.T("市电力公司", "Electric Power")}}
	grants := []identity.Grant{
		{Name: "plan.read", Title: lang.T("查阅", "Read"), Roles: []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleReader}},
		{Name: "plan.approve", Title: lang.T("审批", "Approve"), Roles: []string{identity.RoleLeader}},
	}
	people, err := identity.Open(ctx, db, j, a.now, units, grants)
	if err != nil {
		t.Fatal(err)
	}
	if a.accounts, err = people.Demo(ctx, password); err != nil { // once: a second time would end the sessions
		t.Fatal(err)
	}
	a.opts = Options{
		People: people, Journal: j, Hub: a.hub, Now: a.now, Wall: time.Now, Log: slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Routes: testRoutes(), Topics: []Topic{{Name: "plan", Grant: "plan.read"}, {Name: "secret", Grant: "plan.approve"}}, Version: "test",
		Search: []SearchFunc{
			func(_ context.Context, who *identity.Principal, q string, _ int) ([]Hit, error) {
				return []Hit{{Kind: lang.T("电表", "Meter"), Text: lang.Same(q), Href: "/room"}}, nil
			},
			func(context.Context, *identity.Principal, string, int) ([]Hit, error) { panic("boom") },
		},
		Observe: func(pattern, method string, status int, _ time.Duration) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.seen = append(a.seen, method+" "+pattern)
		},
	}
	if change != nil {
		change(&a.opts)
	}
	if a.Server, err = New(a.opts); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(a.Handler())
	t.Cleanup(func() { a.hub.Close(); srv.Close() })
	a.url = srv.URL
	return a
}

// account gives the login of a demo account with a role.
func (a *app) account(t *testing.T, role string) string {
	t.Helper()
	for _, x := range a.accounts {
		for _, r := range x.Roles {
			if r == role {
				return x.Login
			}
		}
	}
	t.Fatalf("no demo account with role %s", role)
	return ""
}

// client is a browser without script: it keeps cookies and does not follow redirects.
type client struct {
	t *testing.T
	a *app
	c *http.Client
}

func (a *app) client(t *testing.T) *client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t, a, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	*http.Response
	body string
}

func (c *client) do(method, path string, body io.Reader, head ...string) answer {
	c.t.Helper()
	req, err := http.NewRequest(method, c.a.url+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	res, err := c.c.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{res, string(b)}
}

func (c *client) get(path string, head ...string) answer {
	c.t.Helper()
	return c.do("GET", path, nil, head...)
}

// token reads the form token from a page.
func (c *client) token(path string) string {
	c.t.Helper()
	return tokenIn(c.get(path).body)
}

func tokenIn(body string) string {
	_, rest, _ := strings.Cut(body, `name="csrf" value="`)
	tok, _, _ := strings.Cut(rest, `"`)
	return tok
}

func (c *client) post(path string, form url.Values, head ...string) answer {
	c.t.Helper()
	return c.do("POST", path, strings.NewReader(form.Encode()), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, head...)...)
}

func (c *client) login(role string) *client {
	c.t.Helper()
	r := c.post("/zh/login", url.Values{"csrf": {c.token("/zh/login")}, "login": {c.a.account(c.t, role)}, "password": {password}})
	if r.StatusCode != http.StatusSeeOther {
		c.t.Fatalf("login as %s: %d %s", role, r.StatusCode, r.body)
	}
	return c
}

func TestAnswers(t *testing.T) {
	a := newApp(t, nil)
	officer := a.client(t).login(identity.RoleOfficer)
	nobody := a.client(t)
	for _, row := range []struct {
		name, path string
		c          *client
		head       []string
		status     int
		to         string // Location
		has        string
	}{
		{"start in Chinese", "/", nobody, nil, 302, "/zh/plan", ""},
		{"start in English", "/", nobody, []string{"Accept-Language", "en-GB,en;q=0.9,zh;q=0.1"}, 302, "/en/plan", ""},
		{"a language we do not speak", "/", nobody, []string{"Accept-Language", "fr"}, 302, "/zh/plan", ""},
		{"a path without language", "/room?x=1", nobody, nil, 302, "/zh/room?x=1", ""},
		{"language root", "/en", nobody, nil, 302, "/en/plan", ""},
		{"nobody is sent to sign in", "/zh/room?a=1&b=2", nobody, nil, 303, "/zh/login?next=%2Froom%3Fa%3D1%26b%3D2", ""},
		{"no such page", "/zh/none", officer, nil, 404, "", "没有找到"},
		{"no such page in English", "/en/none", officer, nil, 404, "", "Not found"},
		{"outside both languages", "/none", nobody, nil, 404, "", ""},
		{"a page", "/zh/room", officer, nil, 200, "", "房间"},
		{"not allowed", "/zh/room/secret", officer, nil, 403, "", "没有权限"},
		{"panic", "/zh/room/panic", officer, nil, 500, "", "请求编号"},
		{"api for nobody", "/api/room", nobody, nil, 401, "", "urn:haihe:problem:unauthenticated"},
		{"api by cookie", "/api/room", officer, nil, 200, "", `"who":`},
		{"api not allowed", "/api/room/secret", officer, nil, 403, "", "problem:denied"},
		{"api panic", "/api/room/panic", officer, nil, 500, "", "problem:internal"},
		{"no such api", "/api/none", officer, nil, 404, "", "problem:not-found"},
		{"search", "/zh/search?q=123", officer, nil, 200, "", "电表"},
		{"search with a system that fails", "/zh/search?q=1", officer, nil, 200, "", "部分系统未能应答"},
		{"empty search", "/en/search", officer, nil, 200, "", "Enter a target"},
		{"stream of a topic not allowed", "/events/secret", officer, nil, 403, "", ""},
		{"no such stream", "/events/none", officer, nil, 404, "", ""},
		{"stream for nobody", "/events/plan", nobody, nil, 401, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := row.c.get(row.path, row.head...)
			if r.StatusCode != row.status || r.Header.Get("Location") != row.to || !strings.Contains(r.body, row.has) {
				t.Errorf("GET %s: %d, Location %q, want %d %q with %q in\n%.400s", row.path, r.StatusCode, r.Header.Get("Location"), row.status, row.to, row.has, r.body)
			}
			for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Request-Id", "X-Frame-Options"} {
				if r.Header.Get(h) == "" {
					t.Errorf("no %s", h)
				}
			}
		})
	}
	if strings.Contains(a.log.String(), "a=1&b=2") {
		t.Error("a query stands in the log")
	}
}

// TestClosedLinks holds a page to showing its reader no way to what would be refused.
func TestClosedLinks(t *testing.T) {
	a := newApp(t, func(o *Options) {
		o.Mounts = []Mount{{Prefix: "/std", Handler: http.NotFoundHandler()}}
		o.Nav = []NavGroup{{Text: lang.Same("x"), Items: []NavItem{{NavItem: ui.NavItem{Href: "/room/secret?nav", Text: lang.Same("x")}}}}}
	})
	shut := []string{`href="/en/room/secret?a=1"`, `href="/api/room/secret"`, `href="/en/room/secret?nav"`}
	for role, closed := range map[string]bool{identity.RoleReader: true, identity.RoleLeader: false} {
		body := a.client(t).login(role).get("/en/room/links").body
		for _, open := range []string{`href="/en/room"`, `href="/en/nowhere"`, `action="/en/room/do"`, `href="https://tj.example/room/secret"`, `href="/std/v1/x"`} {
			if !strings.Contains(body, open) {
				t.Errorf("%s: %s has gone", role, open)
			}
		}
		for _, s := range shut {
			if strings.Contains(body, s) == closed {
				t.Errorf("%s: %s shown: %v", role, s, closed)
			}
		}
	}
}

func TestKinds(t *testing.T) {
	a := newApp(t, func(o *Options) { o.PublicPlan = true })
	want := map[errs.Kind]int{errs.Internal: 500, errs.Invalid: 400, errs.NotFound: 404, errs.Conflict: 409, errs.Denied: 403, errs.Busy: 503, errs.TooLarge: 413, errs.Unavailable: 503}
	c := a.client(t)
	for k, status := range want {
		r := c.get("/en/fail/" + k.String())
		if r.StatusCode != status || !strings.Contains(r.body, outcomes[k].title.En) || strings.Contains(r.body, "cause") {
			t.Errorf("page of %v: %d", k, r.StatusCode)
		}
		r = c.get("/api/fail/"+k.String(), "Accept-Language", "en")
		var p problem
		if err := json.Unmarshal([]byte(r.body), &p); err != nil || p.Status != status || r.StatusCode != status || p.Title != outcomes[k].title.En || p.Details.Zh == "" || p.Details.En == "" {
			t.Errorf("problem of %v: %v %+v", k, err, p)
		}
		if ct := r.Header.Get("Content-Type"); ct != "application/problem+json" {
			t.Errorf("problem of %v is %s", k, ct)
		}
	}
	if r := c.get("/zh/fail/unauthenticated"); r.StatusCode != 303 {
		t.Errorf("unauthenticated: %d", r.StatusCode)
	}
	if r := c.get("/api/room/say"); !strings.Contains(r.body, `"detail":"已被改动"`) || !strings.Contains(r.body, "it was changed") {
		t.Errorf("a message is lost: %s", r.body)
	}
}

func TestPublicPlan(t *testing.T) {
	open := newApp(t, func(o *Options) { o.PublicPlan = true }).client(t)
	if r := open.get("/zh/plan"); r.StatusCode != 200 || !strings.Contains(r.body, "登录") {
		t.Errorf("the plan: %d", r.StatusCode)
	}
	if r := open.get("/zh/room"); r.StatusCode != 303 {
		t.Errorf("a room: %d", r.StatusCode)
	}
	closed := newApp(t, nil).client(t)
	if r := closed.get("/zh/plan"); r.StatusCode != 303 {
		t.Errorf("the plan where it is not public: %d", r.StatusCode)
	}
}

func TestSignIn(t *testing.T) {
	a := newApp(t, nil)
	c := a.client(t)
	login := a.account(t, identity.RoleOfficer)
	for _, next := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "javascript:alert(1)", "/api/room", "/a\r\nSet-Cookie: x"} {
		r := c.post("/zh/login", url.Values{"csrf": {c.token("/zh/login")}, "login": {login}, "password": {password}, "next": {next}})
		if r.StatusCode != 303 || r.Header.Get("Location") != "/zh/plan" {
			t.Errorf("next %q: %d %s", next, r.StatusCode, r.Header.Get("Location"))
		}
	}
	c = a.client(t)
	tok := c.token("/en/login?next=/room")
	r := c.post("/en/login", url.Values{"csrf": {tok}, "login": {login}, "password": {"wrong password"}, "next": {"/room"}})
	if r.StatusCode != 422 || strings.Contains(r.body, "wrong password") || !strings.Contains(r.body, `value="/room"`) {
		t.Errorf("a wrong password: %d %s", r.StatusCode, r.body)
	}
	r = c.post("/en/login", url.Values{"csrf": {tok}, "login": {login}, "password": {password}, "next": {"/room?x=1"}})
	if r.StatusCode != 303 || r.Header.Get("Location") != "/en/room?x=1" {
		t.Fatalf("sign-in: %d %s", r.StatusCode, r.Header.Get("Location"))
	}
	for _, k := range r.Cookies() {
		if k.Name == sessionCookie && (!k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Secure) {
			t.Errorf("cookie %v", k)
		}
	}
	if r := c.get("/en/room"); r.StatusCode != 200 {
		t.Errorf("signed in: %d", r.StatusCode)
	}
	r = c.post("/en/logout", url.Values{"csrf": {c.token("/en/room")}})
	if r.StatusCode != 303 {
		t.Errorf("sign-out: %d", r.StatusCode)
	}
	if r := c.get("/en/room"); r.StatusCode != 303 {
		t.Errorf("signed out: %d", r.StatusCode)
	}
}

func TestSecureCookies(t *testing.T) {
	a := newApp(t, func(o *Options) { o.Door.Secure = true })
	r := a.client(t).get("/zh/login")
	k := r.Cookies()
	if len(k) != 1 || k[0].Name != "__Host-"+formCookie || !k[0].Secure || k[0].Path != "/" || k[0].Domain != "" {
		t.Errorf("cookies %v", k)
	}
}

func TestForms(t *testing.T) {
	a := newApp(t, nil)
	c := a.client(t).login(identity.RoleOfficer)
	other := a.client(t).login(identity.RoleLeader)
	good, foreign := c.token("/zh/room"), other.token("/zh/room")
	if again := c.token("/zh/room"); again == good || good == "" {
		t.Error("the form token looks alike on two pages")
	}
	for _, row := range []struct {
		name, token, x string
		head           []string
		status         int
		to             string
	}{
		{"good", good, "1", nil, 303, "/zh/room?done=1"},
		{"no token", "", "1", nil, 403, ""},
		{"another's token", foreign, "1", nil, 403, ""},
		{"a broken token", good[:20], "1", nil, 403, ""},
		{"from another site", good, "1", []string{"Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"errors on the form", good, "bad", nil, 422, ""},
		{"away to another site", good, "away", nil, 303, "/zh/plan"},
		{"too large", good, strings.Repeat("x", 2<<20), nil, 413, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := c.post("/zh/room/do", url.Values{"csrf": {row.token}, "x": {row.x}}, row.head...)
			if r.StatusCode != row.status || r.Header.Get("Location") != row.to {
				t.Errorf("%d %q, want %d %q: %.300s", r.StatusCode, r.Header.Get("Location"), row.status, row.to, r.body)
			}
		})
	}
}

func TestAPI(t *testing.T) {
	a := newApp(t, nil)
	c := a.client(t).login(identity.RoleOfficer)
	if r := c.do("POST", "/api/room", strings.NewReader("x")); r.StatusCode != 403 {
		t.Errorf("a write by cookie without a token: %d", r.StatusCode)
	}
	if r := c.do("POST", "/api/room", strings.NewReader("x"), "X-CSRF-Token", c.token("/zh/room")); r.StatusCode != 200 {
		t.Errorf("a write by cookie with its token: %d %s", r.StatusCode, r.body)
	}
	ctx := context.Background()
	_, sec, err := a.opts.People.Login(ctx, a.account(t, identity.RoleSecurity), password, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := a.opts.People.IssueToken(ctx, sec, "test", "power", []string{identity.RoleReader}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	n := a.client(t)
	bearer := []string{"Authorization", "Bearer " + secret}
	if r := n.get("/api/room", bearer...); r.StatusCode != 200 || !strings.Contains(r.body, `"power"`) {
		t.Errorf("by token: %d %s", r.StatusCode, r.body)
	}
	r := n.do("POST", "/api/room", strings.NewReader("12345"), bearer...)
	if r.StatusCode != 200 || strings.TrimSpace(r.body) != `{"n":5}` {
		t.Errorf("a write by token: %d %s", r.StatusCode, r.body)
	}
	if r := n.do("POST", "/api/room", strings.NewReader("12345678901"), bearer...); r.StatusCode != 413 {
		t.Errorf("too large: %d %s", r.StatusCode, r.body)
	}
	if r := n.get("/zh/room", bearer...); r.StatusCode != 303 {
		t.Errorf("a token opened a page: %d", r.StatusCode)
	}
	if r := n.get("/api/room", "Authorization", "Bearer nonsense"); r.StatusCode != 401 || r.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("a bad token: %d", r.StatusCode)
	}
	tag := n.get("/api/room", bearer...).Header.Get("ETag")
	if r := n.get("/api/room", append(bearer, "If-None-Match", tag)...); r.StatusCode != 304 || tag == "" {
		t.Errorf("the same again: %d", r.StatusCode)
	}
	r = n.get("/api/room/stream")
	if r.body != "a,b\n" || !strings.Contains(r.Header.Get("Content-Disposition"), "filename*=utf-8''") {
		t.Errorf("a stream: %q %q", r.body, r.Header.Get("Content-Disposition"))
	}
	if res, err := http.Get(a.url + "/api/room/half"); err == nil {
		if b, err := io.ReadAll(res.Body); err == nil {
			t.Errorf("half an answer looks whole: %q", b)
		}
		res.Body.Close()
	}
}

// TestMethods: a path that is there for another method says so, with the methods that it takes.
func TestMethods(t *testing.T) {
	a := newApp(t, nil)
	n := a.client(t)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"DELETE", "/api/room", 405, "GET, HEAD, POST"},
		{"POST", "/api/room/say", 405, "GET, HEAD"},
		{"OPTIONS", "/api/room/say", 204, "GET, HEAD"},
		{"BREW", "/api/room/say", 405, "GET, HEAD"},
		{"POST", "/api/none", 404, ""},
		{"OPTIONS", "/api/none", 404, ""},
		{"PUT", "/zh/login", 405, "GET, HEAD, POST"},
		{"GET", "/zh/logout", 405, "POST"},
		{"POST", "/zh/none", 404, ""},
		{"POST", "/assets/haihe.js", 405, "GET, HEAD"},
	} {
		r := n.do(c.method, c.path, nil)
		if r.StatusCode != c.status || r.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q; want %d, %q", c.method, c.path, r.StatusCode, r.Header.Get("Allow"), c.status, c.allow)
		}
		if c.status == 405 && strings.HasPrefix(c.path, "/api/") && !strings.Contains(r.body, `"status":405`) {
			t.Errorf("%s %s: %s", c.method, c.path, r.body)
		}
	}
}

func TestGzip(t *testing.T) {
	a := newApp(t, nil)
	req, _ := http.NewRequest("GET", a.url+"/zh/login", nil)
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := (&http.Transport{DisableCompression: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil || !bytes.Contains(b, []byte("</html>")) || res.Header.Get("Vary") == "" {
		t.Errorf("%v, %d bytes", err, len(b))
	}
}

func TestStatic(t *testing.T) {
	a := newApp(t, nil)
	c := a.client(t)
	page := c.get("/zh/login").body
	_, rest, _ := strings.Cut(page, `<link rel="stylesheet" href="`)
	href, _, _ := strings.Cut(rest, `"`)
	r := c.get(href)
	if r.StatusCode != 200 || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/css") {
		t.Errorf("%s: %d %v", href, r.StatusCode, r.Header)
	}
	if r := c.get(href, "If-None-Match", r.Header.Get("ETag")); r.StatusCode != 304 {
		t.Errorf("again: %d", r.StatusCode)
	}
	old := strings.Replace(href, href[8:20], "000000000000", 1)
	if r := c.get(old); r.StatusCode != 200 || strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("under an older hash: %d %v", r.StatusCode, r.Header)
	}
	if r := c.get("/assets/x/../../server.go"); r.StatusCode == 200 {
		t.Error("a file outside was given")
	}
}

func TestLanguageSwitch(t *testing.T) {
	a := newApp(t, nil)
	c := a.client(t).login(identity.RoleOfficer)
	r := c.get("/zh/room?b=2&a=1")
	if !strings.Contains(r.body, `href="/en/room?b=2&amp;a=1"`) || !strings.Contains(r.body, `<html lang="zh-CN"`) {
		t.Error("the switch does not keep path and query")
	}
}

func TestMount(t *testing.T) {
	page := func(*Request) (*ui.Page, error) { return nil, nil }
	api := func(*Request) (any, error) { return nil, nil }
	for _, bad := range []Route{{Pattern: "/x", Page: page}, {Pattern: "GET /x"}, {Pattern: "GET /api/x", Page: page}, {Pattern: "GET /x", API: api}, {Pattern: "GET /login", Page: page}, {Pattern: "GET /{", Page: page}} {
		s := newApp(t, nil)
		o := s.opts
		o.Hub = nil
		o.Routes = []Route{bad}
		if _, err := New(o); err == nil {
			t.Errorf("route %q was mounted", bad.Pattern)
		}
	}
}

func TestAdministrators(t *testing.T) {
	a := newApp(t, nil)
	for _, row := range []struct {
		role string
		may  []string
	}{
		{identity.RoleSecurity, []string{"/admin/people", "/admin/people/new", "/admin/tokens", "/admin/grants"}},
		{identity.RoleAudit, []string{"/admin/people", "/admin/tokens", "/admin/grants", "/admin/journal"}},
		{identity.RoleSystem, nil}, {identity.RoleOfficer, nil},
	} {
		c := a.client(t).login(row.role)
		for _, p := range []string{"/admin/people", "/admin/people/new", "/admin/tokens", "/admin/grants", "/admin/journal"} {
			want := 403
			for _, m := range row.may {
				if m == p {
					want = 200
				}
			}
			for _, l := range []string{"/zh", "/en"} {
				r := c.get(l + p)
				if r.StatusCode != want {
					t.Errorf("%s at %s: %d, want %d", row.role, p, r.StatusCode, want)
				}
				if _, err := html.Parse(strings.NewReader(r.body)); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func TestPeople(t *testing.T) {
	a := newApp(t, nil)
	c := a.client(t).login(identity.RoleSecurity)
	form := url.Values{"csrf": {c.token("/zh/admin/people/new")}, "login": {"li.na"}, "zh": {"李娜"}, "en": {"Li Na"}, "unit": {"power"}, "role-" + identity.RoleOfficer: {"1"}}
	if r := c.post("/zh/admin/people", url.Values{"csrf": form["csrf"], "login": {"x y"}}); r.StatusCode != 422 {
		t.Errorf("a bad account: %d", r.StatusCode)
	}
	r := c.post("/zh/admin/people", form)
	if r.StatusCode != 200 || !strings.Contains(r.body, "一次性口令") {
		t.Fatalf("new account: %d %.600s", r.StatusCode, r.body)
	}
	_, rest, _ := strings.Cut(r.body, "<dt>一次性口令</dt>")
	_, rest, _ = strings.Cut(rest, "<dd>")
	once, _, _ := strings.Cut(rest, "</dd>")
	once = strings.TrimSpace(once)

	n := a.client(t)
	r = n.post("/zh/login", url.Values{"csrf": {n.token("/zh/login")}, "login": {"li.na"}, "password": {once}, "next": {"/room"}})
	if r.StatusCode != 303 || !strings.HasPrefix(r.Header.Get("Location"), "/zh/account/password") {
		t.Fatalf("a one-time password %q: %d %s", once, r.StatusCode, r.Header.Get("Location"))
	}
	if r := n.get("/zh/room"); r.StatusCode != 403 {
		t.Errorf("with a one-time password: %d", r.StatusCode)
	}
	p := "/zh/account/password?next=/room"
	if r := n.post(p, url.Values{"csrf": {n.token(p)}, "old": {once}, "fresh": {"a new river 2015"}, "again": {"another"}}); r.StatusCode != 422 {
		t.Errorf("two that differ: %d", r.StatusCode)
	}
	r = n.post(p, url.Values{"csrf": {n.token(p)}, "next": {"/room"}, "old": {once}, "fresh": {"a new river 2015"}, "again": {"a new river 2015"}})
	if r.StatusCode != 303 || r.Header.Get("Location") != "/zh/room" {
		t.Fatalf("the change: %d %s %.400s", r.StatusCode, r.Header.Get("Location"), r.body)
	}
	if r := n.get("/zh/room"); r.StatusCode != 200 {
		t.Errorf("after the change: %d", r.StatusCode)
	}
	if r := n.get("/zh/account/sessions"); r.StatusCode != 200 || !strings.Contains(r.body, "本次登录") {
		t.Errorf("sessions: %d", r.StatusCode)
	}

	list := c.get("/zh/admin/people?q=li.na").body
	_, rest, _ = strings.Cut(list, `href="/zh/admin/people/`)
	for !strings.Contains(rest[:200], "li.na") {
		_, rest, _ = strings.Cut(rest, `href="/zh/admin/people/`)
	}
	id, _, _ := strings.Cut(rest, `"`)
	page := "/zh/admin/people/" + id
	tok := url.Values{"csrf": {c.token(page)}}
	tok.Set("role-"+identity.RoleLeader, "1")
	if r := c.post(page+"/roles", tok); r.StatusCode != 303 {
		t.Errorf("roles: %d %.300s", r.StatusCode, r.body)
	}
	tok.Set("role-"+identity.RoleAudit, "1")
	if r := c.post(page+"/roles", tok); r.StatusCode != 422 {
		t.Errorf("an administrator beside a business role: %d", r.StatusCode)
	}
	if r := n.get("/zh/room/secret"); r.StatusCode != 200 && r.StatusCode != 303 {
		t.Errorf("with the new role: %d", r.StatusCode)
	}
	if r := c.post(page, url.Values{"csrf": tok["csrf"], "zh": {"李娜"}, "en": {"Li N."}, "unit": {"power"}}); r.StatusCode != 303 {
		t.Errorf("edit: %d %.300s", r.StatusCode, r.body)
	}
	if r := c.post(page+"/password", tok); r.StatusCode != 200 {
		t.Errorf("reset: %d", r.StatusCode)
	}
	if r := c.post(page+"/disabled", url.Values{"csrf": tok["csrf"], "disabled": {"1"}}); r.StatusCode != 303 {
		t.Errorf("disable: %d", r.StatusCode)
	}
	if r := n.get("/zh/room"); r.StatusCode != 303 {
		t.Errorf("a disabled account: %d", r.StatusCode)
	}
}

func TestTokensAndJournal(t *testing.T) {
	a := newApp(t, nil)
	c := a.client(t).login(identity.RoleSecurity)
	form := url.Values{"csrf": {c.token("/zh/admin/tokens")}, "name": {"采集前置"}, "unit": {"power"}, "until": {"2016-01-31"}, "role-" + identity.RoleReader: {"1"}}
	r := c.post("/zh/admin/tokens", form)
	_, rest, _ := strings.Cut(r.body, "<dt>令牌</dt>")
	_, rest, _ = strings.Cut(rest, "<dd>")
	secret, _, _ := strings.Cut(rest, "</dd>")
	secret = strings.TrimSpace(secret)
	n := a.client(t)
	if r := n.get("/api/room", "Authorization", "Bearer "+secret); r.StatusCode != 200 {
		t.Fatalf("the token %q: %d", secret, r.StatusCode)
	}
	list := c.get("/zh/admin/tokens").body
	_, rest, _ = strings.Cut(list, `name="id" value="`)
	id, _, _ := strings.Cut(rest, `"`)
	if r := c.post("/zh/admin/tokens/revoke", url.Values{"csrf": form["csrf"], "id": {id}}); r.StatusCode != 303 {
		t.Errorf("revoke: %d %.300s", r.StatusCode, r.body)
	}
	if r := n.get("/api/room", "Authorization", "Bearer "+secret); r.StatusCode != 401 {
		t.Errorf("a revoked token: %d", r.StatusCode)
	}

	au := a.client(t).login(identity.RoleAudit)
	if r := au.get("/zh/admin/journal?from=2015-11-20&to=2015-11-20&verb=login"); r.StatusCode != 200 || !strings.Contains(r.body, "login") {
		t.Errorf("journal: %d", r.StatusCode)
	}
	if r := au.get("/zh/admin/journal?from=yesterday"); r.StatusCode != 400 {
		t.Errorf("a bad day: %d", r.StatusCode)
	}
	if r := au.get("/api/journal?format=csv"); r.StatusCode != 200 || !strings.HasPrefix(r.body, "\ufeffseq,at,") {
		t.Errorf("csv: %d %.80q", r.StatusCode, r.body)
	}
	if r := au.get("/api/journal?format=jsonl"); r.StatusCode != 200 || !json.Valid([]byte(strings.SplitN(r.body, "\n", 2)[0])) {
		t.Errorf("jsonl: %d %.80q", r.StatusCode, r.body)
	}
	if r := au.get("/api/journal"); r.StatusCode != 200 || !strings.Contains(r.body, `"entries":[`) {
		t.Errorf("json: %d %.80q", r.StatusCode, r.body)
	}
	if r := au.post("/zh/admin/journal/verify", url.Values{"csrf": {au.token("/zh/admin/journal")}}); r.StatusCode != 200 || !strings.Contains(r.body, "链式校验通过") {
		t.Errorf("verify: %d %.300s", r.StatusCode, r.body)
	}
}
