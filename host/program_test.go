package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// room is a small system that works: one page, one interface, one import, one table.
func room(name string) host.System {
	return host.System{
		Name: name, Title: lang.T("样例系统", "Sample"), Sections: []string{"3.3"}, Owners: []string{"economy-it"},
		Tables: fstest.MapFS{"table/0001_things.sql": {Data: []byte("CREATE TABLE " + name + "_thing (id TEXT NOT NULL PRIMARY KEY);")}},
		Models: fstest.MapFS{"schema/Thing.json": {Data: []byte(`{"title":"` + name + `Thing","type":"object","properties":{"name":{"type":"string"}}}`)}},
		Grants: []identity.Grant{
			{Name: name + ".read", Title: lang.T("查看", "See"), Roles: []string{identity.RoleOfficer, identity.RoleReader}},
			{Name: name + ".import", Title: lang.T("导入", "Import"), Roles: []string{identity.RoleOfficer}},
		},
		Needs:   []string{"entity"},
		Imports: []intake.Kind{{Name: "lines", Title: lang.T("行文件", "Lines"), Extensions: []string{".txt"}, Grant: name + ".import"}},
		Open: func(context.Context, *host.Host) (*host.Opened, error) {
			return &host.Opened{
				Routes: []web.Route{
					{Pattern: "GET /" + name, Grant: name + ".read", Page: func(*web.Request) (*ui.Page, error) {
						return &ui.Page{Title: lang.T("样例", "Sample page"), Body: []ui.Block{ui.Prose{Text: lang.T("内容", "content")}}}, nil
					}},
					{Pattern: "GET /api/" + name + "/answer", Grant: name + ".read", API: func(*web.Request) (any, error) { return map[string]int{"answer": 42}, nil }},
				},
				Import: map[string]intake.Func{"lines": takeLines},
			}, nil
		},
	}
}

// takeLines takes one record a line; "bad" is refused, "boom" is a mistake in the program.
func takeLines(_ context.Context, run intake.Run) (res intake.Result, err error) {
	b, err := io.ReadAll(run.Body)
	if err != nil {
		return res, err
	}
	for i, line := range strings.Fields(string(b)) {
		res.Read++
		switch line {
		case "boom":
			panic("boom")
		case "bad":
			res.Refused++
			run.Report(intake.Line{Line: i + 1, Level: "error", Text: lang.T("不合格", "no good")})
		default:
			res.Taken++
		}
		run.Progress(int64(len(b)))
	}
	if run.DryRun {
		res.Counts = map[string]int64{"dry": 1}
	}
	return res, nil
}

func TestContract(t *testing.T) {
	hosttest.Check(t, func() host.System { return room("parking") })
}

// TestBrokenSystemDoesNotTakeTheOthersDown: whatever goes wrong in opening one, the other one answers.
func TestBrokenSystemDoesNotTakeTheOthersDown(t *testing.T) {
	for _, c := range []struct {
		name   string
		break_ func(s *host.System)
		reason string
	}{
		{"an error with words", func(s *host.System) {
			s.Open = func(context.Context, *host.Host) (*host.Opened, error) {
				return nil, errs.Say(errs.Unavailable, "端口被占", "the port is taken")
			}
		}, "the port is taken"},
		{"an error without words", func(s *host.System) {
			s.Open = func(context.Context, *host.Host) (*host.Opened, error) { return nil, errors.New("secret detail") }
		}, "an internal failure"},
		{"a panic", func(s *host.System) {
			s.Open = func(context.Context, *host.Host) (*host.Opened, error) { panic("secret panic") }
		}, "an internal failure"},
		{"nothing", func(s *host.System) {
			s.Open = func(context.Context, *host.Host) (*host.Opened, error) { return nil, nil }
		}, "an internal failure"},
		{"a migration that is no SQL", func(s *host.System) {
			s.Tables = fstest.MapFS{"table/0001_x.sql": {Data: []byte("CREATE TABEL tourism_x (id TEXT);")}}
		}, ""},
		{"a route of another system", func(s *host.System) {
			inner := s.Open
			s.Open = func(ctx context.Context, h *host.Host) (*host.Opened, error) {
				o, err := inner(ctx, h)
				o.Routes = append(o.Routes, web.Route{Pattern: "GET /parking/mine", Page: o.Routes[0].Page})
				return o, err
			}
		}, "an internal failure"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := room("tourism")
			closed := false
			c.break_(&bad)
			if open := bad.Open; open != nil {
				bad.Open = func(ctx context.Context, h *host.Host) (*host.Opened, error) {
					o, err := open(ctx, h)
					if o != nil {
						o.Close = func(context.Context) error { closed = true; return nil }
					}
					return o, err
				}
			}
			app := hosttest.OpenBroken(t, bad, room("parking"))
			if app.Broken()["tourism"] == nil || len(app.Broken()) != 1 {
				t.Fatalf("broken: %v", app.Broken())
			}
			app.Rows(t, []hosttest.Row{
				{Name: "its page", Method: "GET", Path: "/en/tourism", As: "officer", Status: 503, Has: []string{"could not be started", c.reason}, Lacks: []string{"secret"}},
				{Name: "a page below it", Method: "GET", Path: "/zh/tourism/anything/at/all", As: "officer", Status: 503, Has: []string{"未能启动"}},
				{Name: "its interface", Method: "GET", Path: "/api/tourism/answer", As: "officer", Status: 503, Lacks: []string{"secret"}},
				{Name: "the other's page", Method: "GET", Path: "/en/parking", As: "officer", Status: 200, Has: []string{"content"}},
				{Name: "the other's interface", Method: "GET", Path: "/api/parking/answer", As: "token", Status: 200, Has: []string{"42"}},
				{Name: "the list of systems", Method: "GET", Path: "/en/systems", As: "officer", Status: 200, Has: []string{"broken", "running"}, Lacks: []string{"secret"}},
				{Name: "ready", Method: "GET", Path: "/readyz", Status: 200, Has: []string{"degraded", `"broken"`}, Lacks: []string{"secret"}},
				{Name: "the broken one is not ready", Method: "GET", Path: "/readyz?system=tourism", Status: 503},
				{Name: "the other one is", Method: "GET", Path: "/readyz?system=parking", Status: 200},
				{Name: "no such system", Method: "GET", Path: "/readyz?system=nothing", Status: 404},
				{Name: "metrics", Method: "GET", Path: "/metrics", Status: 200, Has: []string{`haihe_host_system_up{system="parking"} 1`, `haihe_host_system_up{system="tourism"} 0`}},
			})
			if c.name == "a route of another system" && !closed {
				t.Error("what had been opened was not closed")
			}
		})
	}
}

func TestClosedInReverseAlsoAfterAFailedOpen(t *testing.T) {
	var mu sync.Mutex
	var order []string
	watched := func(name string) host.System {
		s := room(name)
		open := s.Open
		s.Open = func(ctx context.Context, h *host.Host) (*host.Opened, error) {
			o, err := open(ctx, h)
			o.Close = func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, name)
				if name == "tourism" {
					panic("a system that cannot even close")
				}
				return nil
			}
			return o, err
		}
		return s
	}
	app := hosttest.Open(t, watched("parking"), watched("tourism"), watched("food"))
	err := app.Close(t.Context())
	if err == nil || !strings.Contains(err.Error(), "cannot even close") {
		t.Errorf("closing says %v", err)
	}
	if want := []string{"food", "tourism", "parking"}; !slices.Equal(order, want) {
		t.Errorf("closed in the order %v, want %v", order, want)
	}
}

func TestJobsAndFeedsRunAndStop(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	note := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		seen[what]++
	}
	s := room("parking")
	open := s.Open
	s.Open = func(ctx context.Context, h *host.Host) (*host.Opened, error) {
		o, err := open(ctx, h)
		o.Jobs = []host.Job{{Name: "sweep", Every: time.Millisecond, Run: func(context.Context) error { note("sweep"); return nil }}}
		o.Feeds = []host.Feed{{Name: "gate", Addr: "127.0.0.1:1", Run: func(ctx context.Context) error { note("gate"); <-ctx.Done(); note("gate ended"); return ctx.Err() }}}
		return o, err
	}
	app := hosttest.Open(t, s)
	for {
		mu.Lock()
		ready := seen["sweep"] > 2 && seen["gate"] == 1
		mu.Unlock()
		if ready {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if got := app.Listening()["parking/gate"]; got != "127.0.0.1:1" {
		t.Errorf("the feed listens at %q", got)
	}
	app.Rows(t, []hosttest.Row{
		{Name: "how the program runs", Method: "GET", Path: "/en/system", As: "system", Status: 200, Has: []string{"parking/sweep", "parking/gate", "127.0.0.1:1"}},
		{Name: "not for everybody", Method: "GET", Path: "/en/system", As: "officer", Status: 403},
	})
	app.Stop()
	mu.Lock()
	defer mu.Unlock()
	if seen["gate ended"] != 1 {
		t.Error("the feed was not told to end")
	}
}

func TestImportOverHTTP(t *testing.T) {
	app := hosttest.Open(t, room("parking"))
	c := app.As("officer")
	post := func(path, body string) (status int, events []intake.Event, raw string) {
		got := c.Do(http.MethodPost, path, "application/octet-stream", body)
		for line := range strings.Lines(got.Body) {
			var e intake.Event
			if json.Unmarshal([]byte(line), &e) == nil {
				events = append(events, e)
			}
		}
		return got.Status, events, got.Body
	}
	last := func(events []intake.Event) intake.Event {
		if len(events) == 0 {
			return intake.Event{}
		}
		return events[len(events)-1]
	}

	status, events, raw := post("/api/import/parking/lines?file=a.txt", "one\nbad\ntwo\n")
	if r := last(events).Result; status != 200 || r == nil || r.Read != 3 || r.Taken != 2 || r.Refused != 1 || r.Counts != nil {
		t.Errorf("status %d: %s", status, raw)
	}
	if !slices.ContainsFunc(events, func(e intake.Event) bool {
		return e.Line != nil && e.Line.Line == 2 && e.Line.Text.Zh == "不合格"
	}) {
		t.Errorf("the bad line is not reported: %s", raw)
	}
	if _, events, raw = post("/api/import/parking/lines?file=a.txt&dryRun=1", "one"); last(events).Result == nil || last(events).Result.Counts["dry"] != 1 {
		t.Errorf("the dry run was none: %s", raw)
	}
	if status, _, raw = post("/api/import/parking/lines?file=a.exe", "one"); status < 400 || !strings.Contains(raw, ".txt") {
		t.Errorf("another kind of file: status %d: %s", status, raw)
	}
	if status, _, raw = post("/api/import/parking/lines", "one"); status < 400 {
		t.Errorf("no name: status %d: %s", status, raw)
	}
	if _, events, raw = post("/api/import/parking/lines?file=a.txt", "boom"); last(events).Type != "error" || last(events).Text == nil || strings.Contains(raw, "goroutine") {
		t.Errorf("a panic: %s", raw)
	}
	if _, events, raw = post("/api/import/parking/lines?file=a.txt", strings.Repeat("bad\n", 10_005)); last(events).Omitted != 5 || last(events).Result.Refused != 10_005 {
		t.Errorf("a long report is not bounded: %.300s", raw)
	}
	app.Rows(t, []hosttest.Row{
		{Name: "who may not", Method: "POST", Path: "/api/import/parking/lines?file=a.txt", As: "reader", Body: "one", Status: 403},
		{Name: "nobody", Method: "POST", Path: "/api/import/parking/lines?file=a.txt", Body: "one", Status: 401},
		{Name: "what is taken", Method: "GET", Path: "/api/import", As: "reader", Status: 200, Has: []string{`"lines"`, "行文件"}},
	})
}

func TestClockKeepsItsShift(t *testing.T) {
	db := storetest.Open(t)
	wall := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	start := time.Date(2015, 11, 20, 1, 30, 0, 0, time.UTC)
	now := func() time.Time { return wall }
	open := func(start time.Time) (host.Clock, bool) {
		c, differs, err := host.OpenClock(t.Context(), db, start, now)
		if err != nil {
			t.Fatal(err)
		}
		return c, differs
	}
	c, differs := open(start)
	if !c.Now().Equal(start) || differs {
		t.Fatalf("the clock begins at %s", c.Now())
	}
	wall = wall.Add(36 * time.Hour)
	before := c.Now()
	if c, differs = open(start); c.Now().Before(before) || !c.Now().Equal(start.Add(36*time.Hour)) || differs {
		t.Errorf("after a restart the clock stands at %s, it was %s", c.Now(), before)
	}
	if c, differs = open(time.Time{}); !c.Now().Equal(before) || !differs {
		t.Errorf("asked for real time on data of 2015: %s, %t", c.Now(), differs)
	}
}

func TestDeclarationsAreChecked(t *testing.T) {
	plan := indicator.Plan{Targets: []indicator.Target{{ID: "coverage", System: "grid"}}}
	units := []identity.Unit{{ID: "economy-it"}}
	for _, c := range []struct {
		want string
		mend func(s *host.System)
	}{
		{"lower-case word", func(s *host.System) { s.Name = "Parking" }},
		{"kept for the program", func(s *host.System) { s.Name = "api" }},
		{"title needs both", func(s *host.System) { s.Title.En = "" }},
		{"no Open", func(s *host.System) { s.Open = nil }},
		{"is to be parking.<verb>", func(s *host.System) { s.Grants[0].Name = "grid.read" }},
		{"has no default role", func(s *host.System) { s.Grants[0].Roles = nil }},
		{"which is none", func(s *host.System) { s.Grants[0].Roles = []string{"king"} }},
		{"there twice", func(s *host.System) { s.Grants[1] = s.Grants[0] }},
		{"which the system does not declare", func(s *host.System) { s.Imports[0].Grant = "parking.other" }},
		{"lower case with its dot", func(s *host.System) { s.Imports[0].Extensions = []string{"TXT"} }},
		{"no kernel service", func(s *host.System) { s.Needs = []string{"magic"} }},
		{"no target of the plan", func(s *host.System) { s.Indicators = []string{"nothing"} }},
		{`measured by system "grid"`, func(s *host.System) { s.Indicators = []string{"coverage"} }},
		{"is no unit", func(s *host.System) { s.Owners = []string{"nobody"} }},
		{"is to be called parking_", func(s *host.System) {
			s.Tables = fstest.MapFS{"table/0001_x.sql": {Data: []byte("create table if not exists grid_meter (id TEXT)")}}
		}},
		{"no JSON Schema with a title", func(s *host.System) { s.Models = fstest.MapFS{"schema/x.json": {Data: []byte("{}")}} }},
		{"pointer to a struct", func(s *host.System) { s.Config = 1 }},
		{"needs the tags toml and doc", func(s *host.System) { s.Config = &struct{ Port int }{} }},
		{"both languages", func(s *host.System) {
			s.Config = &struct {
				Port int `toml:"port" doc:"port"`
			}{}
		}},
	} {
		s := room("parking")
		c.mend(&s)
		faults := strings.Join(host.Check([]host.System{s}, plan, units), "\n")
		if !strings.Contains(faults, c.want) {
			t.Errorf("want %q, got %q", c.want, faults)
		}
	}
	if faults := host.Check([]host.System{room("parking")}, plan, units); len(faults) > 0 {
		t.Errorf("a good system is refused: %q", faults)
	}
	if faults := host.Check([]host.System{room("parking"), room("parking")}, plan, units); len(faults) == 0 {
		t.Error("two systems of one name are not refused")
	}
}

func TestMetricsAreNotForEverybody(t *testing.T) {
	app := hosttest.Open(t, room("parking"))
	app.Rows(t, []hosttest.Row{
		{Name: "from this machine", Method: "GET", Path: "/metrics", Status: 200, Has: []string{"haihe_store_commit_seconds_bucket", "haihe_store_statements_total", "go_goroutines"}},
		{Name: "alive", Method: "GET", Path: "/healthz", Status: 200, Has: []string{`"ok"`, "2015-11-20"}},
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, app.URL+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", "203.0.113.9")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("through a proxy: status %d", resp.StatusCode)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestBackupOverHTTP(t *testing.T) {
	app := hosttest.Open(t, room("parking"))
	got := app.As("system").Get("/api/backup")
	if got.Status != 200 || !strings.HasPrefix(got.Body, "\x1f\x8b") || !strings.Contains(got.Header.Get("Content-Disposition"), ".backup") {
		t.Errorf("status %d, %s", got.Status, got.Header)
	}
	if got := app.As("officer").Get("/api/backup"); got.Status != 403 {
		t.Errorf("an officer gets a backup: %d", got.Status)
	}
	err := app.DB.Read(t.Context(), func(*store.Tx) error { return nil })
	if err != nil {
		t.Error(err)
	}
}
