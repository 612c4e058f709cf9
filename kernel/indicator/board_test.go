package indicator

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// clock is a clock that a test sets.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}
func (c *clock) set(t time.Time) { c.mu.Lock(); defer c.mu.Unlock(); c.t = t }

func china(y int, m time.Month, d, h, min int) time.Time {
	return time.Date(y, m, d, h, min, 0, 0, China)
}

// small is a plan of a few targets with the arithmetic 10 + 20 = 30.
func small() Plan {
	row := func(id string, value float64, more func(*Target)) Target {
		t := Target{ID: id, Area: "all", Section: "1.3", Name: lang.T("目标"+id, "Target "+id), Op: ">=", Value: value, Unit: "%",
			Due: 2016, Owners: []string{"power", "economy"}, System: "grid", Measure: "m", Counted: "数", Quote: "文"}
		if more != nil {
			more(&t)
		}
		return t
	}
	money := func(t *Target) { t.Unit, t.Reported, t.System = "CNY/year", true, "enterprises" }
	return Plan{
		Name: lang.T("方案", "Plan"), Start: china(2014, 4, 9, 0, 0), End: time.Date(2016, 12, 31, 23, 59, 59, 0, China),
		Areas:        []Area{{ID: "all", Name: lang.T("总体", "All")}},
		Systems:      []System{{ID: "grid", Name: lang.T("电网", "Grid")}, {ID: "enterprises", Name: lang.T("企业", "Firms")}},
		Coordinators: []string{"economy"},
		Targets: []Target{
			row("coverage", 100, nil),
			row("share", 10, func(t *Target) { t.Op = ">" }),
			row("early", 100, func(t *Target) { t.Due = 2014 }),
			row("whole", 30e8, money), row("a", 10e8, money), row("b", 20e8, money),
		},
		Sums: []Sum{{Whole: "whole", Parts: []string{"a", "b"}}},
	}
}

// rig is a board on an empty database with a clock at 20 November 2015.
type rig struct {
	*Board
	db      *store.DB
	journal *journal.Journal
	clock   *clock
	plan    Plan
}

func open(t *testing.T, p Plan) *rig {
	t.Helper()
	return openOn(t, storetest.Dialect(t), p)
}

func openOn(t *testing.T, d store.Dialect, p Plan) *rig {
	t.Helper()
	c := &clock{t: china(2015, 11, 20, 9, 30)}
	db := storetest.OpenWith(t, d, store.Options{})
	j, err := journal.Open(t.Context(), db, c.now)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(t.Context(), db, j, c.now, p)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{b, db, j, c, p}
}

// again opens the board anew on the same data, as after a restart.
func (r *rig) again(t *testing.T) {
	t.Helper()
	b, err := Open(t.Context(), r.db, r.journal, r.clock.now, r.plan)
	if err != nil {
		t.Fatal(err)
	}
	r.Board = b
}

// count measures what is stale and waits for it.
func (r *rig) count(t *testing.T) {
	t.Helper()
	r.dispatch(t.Context(), false)
	r.running.Wait()
}

func (r *rig) get(t *testing.T, id string) Status {
	t.Helper()
	s, err := r.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fixed measures a value.
func fixed(v *float64) Measure {
	return func(context.Context) (Figure, error) { return Figure{Value: *v}, nil }
}

func TestNotConnected(t *testing.T) {
	r := open(t, small())
	all, err := r.All(t.Context())
	if err != nil || len(all) != 6 {
		t.Fatal(len(all), err)
	}
	for _, s := range all {
		if s.State != NotConnected || s.Figure != nil || !s.Forecast.IsZero() {
			t.Errorf("%s has the state %s and the figure %v with nothing measured", s.ID, s.State, s.Figure)
		}
	}
	if _, err := r.Get(t.Context(), "none"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if err := r.Connect("none", nil, "/x"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}

func TestMeasure(t *testing.T) {
	r := open(t, small())
	v := 97.42
	if err := r.Connect("coverage", fixed(&v), "/grid/missing"); err != nil {
		t.Fatal(err)
	}
	if err := r.Connect("coverage", fixed(&v), "/x"); !errs.Is(err, errs.Conflict) {
		t.Error("connected twice:", err)
	}
	if s := r.get(t, "coverage"); s.State != NotConnected || !s.Connected {
		t.Errorf("before the first figure: %s, connected %v", s.State, s.Connected)
	}
	r.count(t)
	s := r.get(t, "coverage")
	if s.State != OnPace || s.Figure.Value != 97.42 || !s.Figure.At.Equal(r.clock.now()) || s.Evidence != "/grid/missing" || s.Source != SourceLive {
		t.Errorf("%+v, figure %+v", s, s.Figure)
	}
	r.again(t)
	if s := r.get(t, "coverage"); s.Figure != nil || s.State != NotConnected {
		t.Error("after a restart, before its system is there, the target shows a figure")
	}
	if err := r.Connect("coverage", func(context.Context) (Figure, error) { return Figure{}, errors.New("no") }, "/x"); err != nil {
		t.Fatal(err)
	}
	r.clock.add(time.Hour)
	r.count(t)
	s = r.get(t, "coverage")
	if s.Figure == nil || s.Figure.Value != 97.42 || !s.Figure.At.Equal(china(2015, 11, 20, 9, 30)) || s.Failed == "" {
		t.Errorf("a failing measurement keeps the last figure, its time and the reason: %+v %+v", s, s.Figure)
	}
}

func TestFailure(t *testing.T) {
	r := open(t, small())
	var heard []string
	r.Failing(func(id string, err error) {
		if err == nil {
			heard = append(heard, id+" works")
			return
		}
		heard = append(heard, id+" "+err.Error())
	})
	mode := "panic"
	err := r.Connect("coverage", func(context.Context) (Figure, error) {
		switch mode {
		case "panic":
			panic("boom")
		case "nan":
			return Figure{Value: math.NaN()}, nil
		case "say":
			return Figure{}, errs.Say(errs.Unavailable, "前置机离线", "the head-end is down")
		}
		return Figure{Value: 50}, nil
	}, "/x")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ mode, failed, zh string }{
		{"panic", "boom", "测量程序出错，详见运行日志"}, {"panic", "boom", "测量程序出错，详见运行日志"},
		{"nan", "NaN", "测量程序出错，详见运行日志"}, {"say", "head-end", "前置机离线"}, {"good", "", ""}, {"good", "", ""},
	} {
		mode = c.mode
		r.Stale("coverage")
		r.count(t)
		s := r.get(t, "coverage")
		if (c.failed == "") != (s.Failed == "") || !strings.Contains(s.Failed, c.failed) || s.Reason.Zh != c.zh {
			t.Errorf("%s: failed %q, reason %q", c.mode, s.Failed, s.Reason.Zh)
		}
	}
	if len(heard) != 4 || heard[3] != "coverage works" {
		t.Errorf("a failure is told once each time it changes, and its end: %q", heard)
	}
	points, err := r.History(t.Context(), "coverage", time.Time{}, time.Time{}, time.Time{})
	if err != nil || len(points) != 1 || points[0].Value != 50 {
		t.Errorf("only the real figure is in the history: %v %v", points, err)
	}
}

func TestWatch(t *testing.T) {
	r := open(t, small())
	var heard []string
	stop := r.Watch(func(before, after Status) {
		heard = append(heard, string(before.State)+">"+string(after.State))
		if _, err := r.All(t.Context()); err != nil { // a watcher may ask the board
			t.Error(err)
		}
	})
	v := 10.0
	if err := r.Connect("coverage", fixed(&v), "/x"); err != nil {
		t.Fatal(err)
	}
	for _, x := range []float64{10, 10, 99, 100} {
		v = x
		r.Stale("coverage")
		r.Stale("coverage")
		r.count(t)
	}
	r.Disconnect("coverage")
	stop()
	v = 3
	if err := r.Connect("coverage", fixed(&v), "/x"); err != nil {
		t.Fatal(err)
	}
	r.count(t)
	want := "not-connected>behind behind>on-pace on-pace>met met>not-connected"
	if got := strings.Join(heard, " "); got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
}

// TestRun holds the loop to its promises with time that the test owns: stale marks coalesce, a slow measurement holds up
// nobody, and what waits is recorded at the end.
func TestRun(t *testing.T) {
	d := storetest.Dialect(t)
	synctest.Test(t, func(t *testing.T) {
		r := openOn(t, d, small())
		r.now = time.Now // the bubble's
		var n, slow atomic.Int32
		v := 0.0
		ctx, cancel := context.WithCancel(t.Context())
		if err := r.Connect("coverage", func(context.Context) (Figure, error) { n.Add(1); v += 0.5; return Figure{Value: v}, nil }, "/x"); err != nil {
			t.Fatal(err)
		}
		if err := r.Connect("share", func(ctx context.Context) (Figure, error) { slow.Add(1); <-ctx.Done(); return Figure{}, ctx.Err() }, "/x"); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		time.Sleep(600 * time.Millisecond)
		for range 100 {
			r.Stale("coverage")
		}
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if n.Load() != 2 {
			t.Errorf("%d measurements for a connection and a hundred marks in one period, want 2", n.Load())
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if n.Load() != 2 || slow.Load() != 1 {
			t.Errorf("measured without a mark: %d, %d", n.Load(), slow.Load())
		}
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if n.Load() != 3 || slow.Load() != 2 {
			t.Errorf("after a minute everything is measured once more: %d, %d", n.Load(), slow.Load())
		}
		if s := r.get(t, "share"); s.Failed == "" || s.Figure != nil {
			t.Error("a measurement that never ends is said to have failed after half a minute")
		}
		r.Stale("coverage")
		time.Sleep(time.Second)
		synctest.Wait()
		points, err := r.History(t.Context(), "coverage", time.Time{}, time.Time{}, time.Time{})
		if err != nil || len(points) != 2 || points[1].Value != 2 {
			t.Errorf("recorded at most once a minute: %v %v", points, err)
		}
		r.Stale("coverage")
		time.Sleep(time.Second)
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		points, err = r.History(context.Background(), "coverage", time.Time{}, time.Time{}, time.Time{})
		if err != nil || len(points) != 3 || points[2].Value != 2.5 {
			t.Errorf("what waited is recorded at the end: %v %v", points, err)
		}
	})
}
