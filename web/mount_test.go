package web

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/web/account"
)

// echo answers with the path as it came, the principal, and as many bytes as asked for.
func echo(who WhoFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := who(r)
		switch {
		case errs.Is(err, errs.Unauthenticated):
			w.WriteHeader(http.StatusUnauthorized)
			return
		case err != nil:
			w.WriteHeader(http.StatusForbidden)
			return
		case r.URL.RawQuery == "panic":
			panic("boom")
		}
		w.Header().Set("Content-Type", "application/ld+json")
		_, _ = io.WriteString(w, r.Method+" "+r.URL.EscapedPath()+" "+p.ID+" ")
		if r.URL.RawQuery == "long" {
			for range 100 {
				_, _ = io.WriteString(w, strings.Repeat("天津", 200))
			}
		}
	})
}

func mounted(t *testing.T) *app {
	t.Helper()
	return newApp(t, func(o *Options) {
		o.Mounts = []Mount{{Prefix: "/ngsi-ld/v1", Handler: echo(Who(o.People, o.Door.Secure))}}
	})
}

// TestMountPaths: every path below the prefix reaches the handler as it was sent, and no other.
func TestMountPaths(t *testing.T) {
	a := mounted(t)
	for _, c := range []struct{ path, want string }{
		{"/ngsi-ld/v1", "GET /ngsi-ld/v1 "},
		{"/ngsi-ld/v1/", "GET /ngsi-ld/v1/ "},
		{"/ngsi-ld/v1/entities/urn:ngsi-ld:x", "GET /ngsi-ld/v1/entities/urn:ngsi-ld:x "},
		{"/ngsi-ld/v1/entities/http:%2F%2Fa%2Fb", "GET /ngsi-ld/v1/entities/http:%2F%2Fa%2Fb "},
		{"/ngsi-ld/v1/entities/http://a/../b", "GET /ngsi-ld/v1/entities/http://a/../b "},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path, r.URL.RawPath = "", ""
		u, err := r.URL.Parse("http://x" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(c.path, "..") { // Parse resolves; a client may send it all the same
			u.Path = c.path
		}
		r.URL = u
		a.Handler().ServeHTTP(w, r)
		if w.Code != 200 || !strings.HasPrefix(w.Body.String(), c.want) {
			t.Errorf("%s: %d %q", c.path, w.Code, w.Body)
		}
		if w.Header().Get("X-Request-Id") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", c.path, w.Header())
		}
	}
	for _, path := range []string{"/ngsi-ld/v1x", "/ngsi-ld", "/zh/ngsi-ld/v1"} {
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code == 200 {
			t.Errorf("%s reached the mount", path)
		}
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/ngsi-ld/v1/x?panic", nil))
	if w.Code != 500 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/problem+json") {
		t.Errorf("a panic: %d %v", w.Code, w.Header())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen[0] != "GET /ngsi-ld/v1/" {
		t.Errorf("seen as %q", a.seen[0])
	}
}

// TestMountWho: a token is its program, a session its person, and a session that changes something needs the form token.
func TestMountWho(t *testing.T) {
	a := mounted(t)
	ctx := context.Background()
	token, err := a.opts.People.IssueToken(ctx, identity.System("identity"), "meters", "power", []string{identity.RoleOfficer}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, err := a.opts.People.Login(ctx, a.account(t, identity.RoleReader), password, "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	csrf := account.Mask(a.opts.People.CSRF(cookie))
	for _, c := range []struct {
		name, method string
		head         map[string]string
		status       int
		who          string
	}{
		{"nobody", "GET", nil, 200, ""},
		{"nobody writes", "POST", nil, 200, ""}, // the handler decides
		{"a token", "POST", map[string]string{"Authorization": "Bearer " + token}, 200, "token:"},
		{"a token in small letters", "GET", map[string]string{"Authorization": "bearer " + token}, 200, "token:"},
		{"a wrong token", "GET", map[string]string{"Authorization": "Bearer hh_x"}, 401, ""},
		{"another scheme", "GET", map[string]string{"Authorization": "Basic eDp5"}, 401, ""},
		{"a wrong token beside a session", "GET", map[string]string{"Authorization": "Bearer x", "Cookie": "haihe=" + cookie}, 401, ""},
		{"a session", "GET", map[string]string{"Cookie": "haihe=" + cookie}, 200, "person:"},
		{"a session that is none", "GET", map[string]string{"Cookie": "haihe=x"}, 401, ""},
		{"another cookie", "GET", map[string]string{"Cookie": "theme=dark"}, 200, ""},
		{"a session writes", "POST", map[string]string{"Cookie": "haihe=" + cookie, "X-CSRF-Token": csrf}, 200, "person:"},
		{"a session writes without token", "POST", map[string]string{"Cookie": "haihe=" + cookie}, 403, ""},
		{"a session deletes with a wrong token", "DELETE", map[string]string{"Cookie": "haihe=" + cookie, "X-CSRF-Token": csrf[2:]}, 403, ""},
		{"a session writes from another site", "PATCH", map[string]string{"Cookie": "haihe=" + cookie, "X-CSRF-Token": csrf, "Sec-Fetch-Site": "cross-site"}, 403, ""},
	} {
		r := httptest.NewRequest(c.method, "/ngsi-ld/v1/x", nil)
		for k, v := range c.head {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		body := strings.TrimPrefix(w.Body.String(), c.method+" /ngsi-ld/v1/x ")
		if w.Code != c.status || !strings.HasPrefix(body, c.who) || c.status == 200 && c.who == "" && strings.TrimSpace(body) != "" {
			t.Errorf("%s: %d %q", c.name, w.Code, w.Body)
		}
	}
}

// TestMountPack: small answers go as they are, long ones are packed for who takes that, whole either way.
func TestMountPack(t *testing.T) {
	a := mounted(t)
	for _, c := range []struct {
		path   string
		accept string
		packed bool
		bytes  int
	}{
		{"/ngsi-ld/v1/x", "gzip", false, 19}, {"/ngsi-ld/v1/x?long", "gzip", true, 19 + 100*1200}, {"/ngsi-ld/v1/x?long", "", false, 19 + 100*1200},
	} {
		r := httptest.NewRequest("GET", c.path, nil)
		r.Header.Set("Accept-Encoding", c.accept)
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		body := io.Reader(w.Body)
		if packed := w.Header().Get("Content-Encoding") == "gzip"; packed != c.packed || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s for %q: %v", c.path, c.accept, w.Header())
		} else if packed {
			var err error
			if body, err = gzip.NewReader(w.Body); err != nil {
				t.Fatal(err)
			}
		}
		b, err := io.ReadAll(body)
		if err != nil || len(b) != c.bytes {
			t.Errorf("%s for %q: %d bytes, %v", c.path, c.accept, len(b), err)
		}
	}
}

// TestMountRefused: what cannot be mounted keeps the program from starting.
func TestMountRefused(t *testing.T) {
	h := http.NotFoundHandler()
	for _, ms := range [][]Mount{
		{{"ngsi", h}}, {{"/ngsi/", h}}, {{"/", h}}, {{"/ngsi", nil}}, {{"/api/x", h}}, {{"/zh", h}}, {{"/metrics", h}}, {{"/a", h}, {"/a/b", h}}, {{"/a", h}, {"/a", h}},
	} {
		if err := checkMounts(ms); err == nil {
			t.Errorf("%v was mounted", ms)
		}
	}
	if err := checkMounts([]Mount{{"/a/b", h}, {"/a/bc", h}}); err != nil {
		t.Error(err)
	}
}

// TestTLSOnly: over TLS the browser is told to stay with it; without TLS it is told nothing. RFC 6797 7.2
func TestTLSOnly(t *testing.T) {
	a := mounted(t)
	for _, path := range []string{"/zh/login", "/ngsi-ld/v1/x"} {
		r := httptest.NewRequest("GET", path, nil)
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		if w.Header().Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS without TLS", path)
		}
		r.TLS = &tls.ConnectionState{}
		w = httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		if w.Header().Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: no HSTS over TLS", path)
		}
	}
}

// blank is an answer that goes nowhere, on a connection that knows deadlines.
type blank struct{ h http.Header }

func (b *blank) Header() http.Header              { return b.h }
func (b *blank) Write(p []byte) (int, error)      { return len(p), nil }
func (b *blank) WriteHeader(int)                  {}
func (b *blank) SetReadDeadline(time.Time) error  { return nil }
func (b *blank) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkGuard is what the guard adds to a request of a mount, without the deadlines of a true connection.
func BenchmarkGuard(b *testing.B) {
	answer := []byte(`{"id":"urn:ngsi-ld:Meter:1"}`)
	s := &Server{o: Options{Wall: time.Now, Log: slog.New(slog.DiscardHandler), Mounts: []Mount{{Prefix: "/ngsi-ld/v1", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = w.Write(answer)
	})}}}}
	h := s.guard(http.NotFoundHandler())
	r := httptest.NewRequest("GET", "/ngsi-ld/v1/entities/urn:ngsi-ld:Meter:1", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(&blank{h: http.Header{}}, r)
	}
}
