package hosttest

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/plans/tianjin"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// Start is where the clock of an App stands at first: a working morning while the plan runs.
var Start = time.Date(2015, 11, 20, 9, 30, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))

// Clock is a clock that only the test moves.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Set moves the clock.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }

// App is a running program on an empty database.
type App struct {
	*host.Program
	DB    *store.DB
	Clock *Clock
	URL   string // http://127.0.0.1:PORT, https where the settings name a certificate

	t        testing.TB
	accounts map[string]identity.Account
	cookies  map[string]string
	web      *http.Client
	stop     func()
}

// Open runs systems; the test's end stops them. A system that is broken fails the test.
func Open(t testing.TB, systems ...host.System) *App {
	t.Helper()
	a := OpenBroken(t, systems...)
	for name, err := range a.Broken() {
		t.Fatalf("system %s is broken: %v", name, err)
	}
	return a
}

// Reopen stops the program and runs systems on the same database and clock, as after a restart.
func (a *App) Reopen(systems ...host.System) *App {
	a.t.Helper()
	a.Stop()
	b := open(a.t, a.DB, a.Clock, host.Defaults(), systems...)
	for name, err := range b.Broken() {
		a.t.Fatalf("system %s is broken: %v", name, err)
	}
	return b
}

// OpenBroken is Open for tests in which a system may be broken.
func OpenBroken(t testing.TB, systems ...host.System) *App {
	t.Helper()
	return open(t, storetest.Open(t), &Clock{at: Start}, host.Defaults(), systems...)
}

// OpenSet is Open with settings of the program's own that set changes.
func OpenSet(t testing.TB, set func(*host.Settings), systems ...host.System) *App {
	t.Helper()
	conf := host.Defaults()
	set(&conf)
	a := open(t, storetest.Open(t), &Clock{at: Start}, conf, systems...)
	for name, err := range a.Broken() {
		t.Fatalf("system %s is broken: %v", name, err)
	}
	return a
}

func open(t testing.TB, db *store.DB, clock *Clock, conf host.Settings, systems ...host.System) *App {
	t.Helper()
	plan, units, err := tianjin.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range systems {
		freePorts(s.Config)
	}
	conf.Server.StopWithin = 10 * time.Second
	a := &App{DB: db, Clock: clock, t: t, accounts: map[string]identity.Account{}, cookies: map[string]string{}}
	a.Program, err = host.Open(t.Context(), host.Options{
		Systems: systems, Plan: plan, Units: units, DB: a.DB, Clock: a.Clock, Wall: time.Now, Log: logger(t), Settings: conf,
		Version: "test", Seal: make([]byte, trust.SealSize), Scratch: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a.URL, a.web = "http://"+ln.Addr().String(), &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, //nolint:gosec // where the settings name a certificate, it is the test's own
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if conf.Server.Certificate != "" {
		a.URL = "https://" + ln.Addr().String()
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, ln) }()
	a.stop = sync.OnceFunc(func() {
		a.web.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(a.stop)
	a.signUp()
	return a
}

// freePorts lets every listener of a system take a free port: a setting whose key ends in "listen" and that holds an address.
// Tests of several packages run at once, and beside a program that somebody uses.
func freePorts(conf any) {
	if v := reflect.ValueOf(conf); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		freeFields(v.Elem())
	}
}

func freeFields(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case f.Kind() == reflect.Struct:
			freeFields(f)
		case f.Kind() == reflect.String && f.CanSet() && f.String() != "" && strings.HasSuffix(v.Type().Field(i).Tag.Get("toml"), "listen"):
			f.SetString("127.0.0.1:0")
		}
	}
}

// Stop ends the program before the test does.
func (a *App) Stop() { a.stop() }

// signUp makes the accounts of the demo, one or more of every role.
func (a *App) signUp() {
	a.t.Helper()
	list, err := a.People.Demo(a.t.Context(), "Haihe-2015-demo!")
	if err != nil {
		a.t.Fatal(err)
	}
	for _, acc := range list {
		a.accounts[acc.Login] = acc
	}
}

// logger writes the program's log into the test's, which shows it only where the test fails.
func logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(&testWriter{t: t}, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

type testWriter struct {
	t  testing.TB
	mu sync.Mutex
}

func (w *testWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.t.Context().Err() != nil { // after its end a test must not be written to
		return len(p), nil
	}
	w.t.Log(strings.TrimRight(string(p), "\n"))
	return len(p), nil
}
