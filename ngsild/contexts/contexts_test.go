package contexts

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/store/storetest"
)

const good = `{"@context":{"speed":"https://a.example/speed"}}`

// open gives a manager whose clock the test turns.
func open(t *testing.T, o Options) (*Manager, *atomic.Int64) {
	t.Helper()
	var clock atomic.Int64
	clock.Store(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	o.Now = func() time.Time { return time.Unix(0, clock.Load()) }
	o.Prefix = "/ngsi-ld/v1"
	m, err := Open(t.Context(), storetest.Open(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return m, &clock
}

func isUnavailable(err error) bool { return isKind(err, exchange.LdContextNotAvailable) }

// Many who ask at once are one fetch.
func TestOneFetchForAll(t *testing.T) {
	var asked atomic.Int64
	begun, go_ := make(chan struct{}), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			close(begun)
		}
		<-go_
		_, _ = w.Write([]byte(good))
	}))
	defer s.Close()
	m, _ := open(t, Options{})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			c, err := m.ByURL(nil, s.URL)
			if err != nil || c.Expand("speed") != "https://a.example/speed" {
				t.Error(c, err)
			}
		})
	}
	<-begun
	close(go_)
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

// What cannot be had is said at once, and tried anew a moment later.
func TestFailuresAreForgotten(t *testing.T) {
	var asked, fine atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if fine.Load() == 0 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = w.Write([]byte(good))
	}))
	defer s.Close()
	m, clock := open(t, Options{})
	for range 5 {
		if _, err := m.ByURL(nil, s.URL); !isUnavailable(err) {
			t.Fatal(err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("%d fetches", asked.Load())
	}
	fine.Store(1)
	clock.Add(int64(pardon) + 1)
	if _, err := m.ByURL(nil, s.URL); err != nil {
		t.Error(err)
	}
}

// An expired copy serves while a new one is fetched, and as long as none can be had. ETSI GS CIM 009 V1.9.1 6.3.16
func TestExpiredCopies(t *testing.T) {
	var answer atomic.Value
	answer.Store(good)
	renewed := make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		text, _ := answer.Load().(string)
		if text == "" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(text))
		renewed <- struct{}{}
	}))
	defer s.Close()
	m, clock := open(t, Options{})
	name := func() string {
		c, err := m.ByURL(nil, s.URL)
		if err != nil {
			t.Fatal(err)
		}
		return c.Expand("speed")
	}
	name()
	<-renewed
	answer.Store("")
	clock.Add(int64(2 * time.Minute))
	if got := name(); got != "https://a.example/speed" {
		t.Errorf("the copy is gone: %s", got)
	}
	<-renewed
	answer.Store(strings.ReplaceAll(good, "a.example", "b.example"))
	clock.Add(int64(2 * time.Minute))
	name()
	<-renewed
	for end := time.Now().Add(5 * time.Second); name() != "https://b.example/speed"; {
		if time.Now().After(end) {
			t.Fatal("the new one does not come")
		}
		time.Sleep(time.Millisecond)
	}
}

// Where contexts may not come from. Private networks are allowed unless the options say otherwise.
func TestGuard(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
			return
		}
		if r.URL.Path == "/round" {
			http.Redirect(w, r, "/round", http.StatusFound)
			return
		}
		if r.URL.Path == "/big" {
			_, _ = w.Write([]byte(`{"@context":{"a":"https://a.example/` + strings.Repeat("x", maxDoc) + `"}}`))
			return
		}
		_, _ = w.Write([]byte(good))
	}))
	defer s.Close()
	host, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    Options
		at   string
		fine bool
	}{
		{"plain", Options{}, s.URL, true},
		{"among the hosts", Options{Hosts: []string{host.Hostname()}}, s.URL, true},
		{"not among the hosts", Options{Hosts: []string{"contexts.example"}}, s.URL, false},
		{"private", Options{NoPrivate: true}, s.URL, false},
		{"a file", Options{}, "file:///etc/passwd", false},
		{"a redirect to a file", Options{}, s.URL + "/away", false},
		{"a redirect without end", Options{}, s.URL + "/round", false},
		{"too big", Options{}, s.URL + "/big", false},
		{"nobody there", Options{}, "http://127.0.0.1:1/c", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _ := open(t, c.o)
			if _, err := m.ByURL(nil, c.at); c.fine != (err == nil) || err != nil && !isUnavailable(err) {
				t.Error(err)
			}
		})
	}
}

// A context that refers to itself, or to others without end, is refused in bounded time.
func TestRecursion(t *testing.T) {
	var asked atomic.Int64
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		next := s.URL + "/self"
		if r.URL.Path != "/self" {
			next = s.URL + "/" + strings.Repeat("x", int(n))
		}
		_, _ = w.Write([]byte(`{"@context":["` + next + `"]}`))
	}))
	defer s.Close()
	m, _ := open(t, Options{})
	for _, path := range []string{"/self", "/other"} {
		if c, err := m.ByURL(nil, s.URL+path); err == nil {
			t.Errorf("%s was compiled: %s", path, c.Value())
		}
	}
	if asked.Load() > 100 {
		t.Errorf("%d fetches", asked.Load())
	}
}

// A context of an answer that has no URL is kept and served at one; the same one always at the same.
func TestServed(t *testing.T) {
	m, _ := open(t, Options{})
	c, err := m.ByValue(nil, json.RawMessage(`{"a":"https://a.example/a"}`))
	if err != nil {
		t.Fatal(err)
	}
	at := m.Served(c)
	if !strings.HasPrefix(at, "/ngsi-ld/v1/jsonldContexts/") || m.Served(c) != at {
		t.Fatal(at)
	}
	again, err := m.ByURL(nil, "http://elsewhere.example"+at)
	if err != nil || again.Expand("a") != "https://a.example/a" {
		t.Errorf("%v", err)
	}
}

// What another instance removes or reloads is seen here a little later.
func TestOtherInstances(t *testing.T) {
	m, clock := open(t, Options{})
	if err := put(t.Context(), m.db, row{id: "urn:c", kind: Hosted, created: 1, doc: []byte(good)}, 10); err != nil {
		t.Fatal(err)
	}
	name := func() string {
		c, err := m.ByURL(nil, "http://127.0.0.1:1/ngsi-ld/v1/jsonldContexts/urn:c")
		if err != nil {
			return err.Error()
		}
		return c.Expand("speed")
	}
	until := func(want string) {
		t.Helper()
		clock.Add(int64(2 * recheck))
		for end := time.Now().Add(5 * time.Second); !strings.Contains(name(), want); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s, want %s", name(), want)
			}
		}
	}
	until("a.example")
	if err := put(t.Context(), m.db, row{id: "urn:c", kind: Hosted, created: 2, doc: []byte(strings.ReplaceAll(good, "a.example", "b.example"))}, 10); err != nil {
		t.Fatal(err)
	}
	until("b.example")
	if err := del(t.Context(), m.db, "urn:c"); err != nil {
		t.Fatal(err)
	}
	until("LdContextNotAvailable")
}

// Of cached documents only the newest are kept; hosted ones stay.
func TestPrune(t *testing.T) {
	m, _ := open(t, Options{})
	for i := range 5 {
		id := string(rune('a' + i))
		kind := Cached
		if i == 0 {
			kind = Hosted
		}
		if err := put(t.Context(), m.db, row{id: id, kind: kind, url: id, created: int64(i + 1), doc: []byte(good)}, 2); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := list(t.Context(), m.db)
	if err != nil || len(rows) != 3 || rows[0].id != "a" || rows[1].id != "d" {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestLife(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, value string
		want        time.Duration
	}{
		{"Cache-Control", "max-age=60", time.Minute},
		{"Cache-Control", "max-age=60, s-maxage=120", 2 * time.Minute},
		{"Cache-Control", "s-maxage=120, max-age=60", 2 * time.Minute},
		{"Cache-Control", "public, no-cache", 0},
		{"Cache-Control", "max-age=999999999", longest},
		{"Cache-Control", "max-age=x", heuristic},
		{"Expires", now.Add(time.Hour).Format(http.TimeFormat), time.Hour},
		{"Expires", now.Add(-time.Hour).Format(http.TimeFormat), 0},
		{"X", "", heuristic},
	} {
		if got := life(http.Header{c.name: {c.value}}, now); got != c.want {
			t.Errorf("%s: %s lives %v, want %v", c.name, c.value, got, c.want)
		}
	}
}

func TestUnavailableSaysWhy(t *testing.T) {
	cause := errors.New("no route")
	if err := unavailable("http://a.example", cause); !errors.Is(err, cause) || !strings.Contains(err.Error(), "a.example") {
		t.Error(err)
	}
}
