package grid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/journal"
	simulate "github.com/haihe-city/haihe/simulate/grid"
)

// truth is what a simulation says that it has done wrong.
type truth struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (w *truth) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.Write(p)
}

// of are the faults of a kind.
func (w *truth) of(t *testing.T, kind string) (out []simulate.Truth) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range bytes.Lines(w.all.Bytes()) {
		var x simulate.Truth
		if err := json.Unmarshal(line, &x); err != nil {
			t.Fatal(err)
		}
		if string(x.Kind) == kind {
			out = append(out, x)
		}
	}
	return out
}

// meters are those with a fault of a kind, each once, in order.
func (w *truth) meters(t *testing.T, kind string) (out []string) {
	t.Helper()
	for _, x := range w.of(t, kind) {
		out = append(out, x.Meter)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// simulation runs a city against the room until the test ends, and returns when all that is due was reported.
func (r *room) simulation(o simulate.Options) *simulate.City {
	r.t.Helper()
	caught := make(chan struct{})
	var once sync.Once
	o.Progress = func(s simulate.Stats) {
		if s.Connected == s.Stations && s.Behind == 0 {
			once.Do(func() { close(caught) })
		}
	}
	o.Feeds.DLT698, o.Feeds.DLT645, o.Clock = r.Listening()["grid/dlt698"], r.Listening()["grid/dlt645"], r.Clock.Now
	o.Feeds.QGDW1376, o.Feeds.DLMS = r.Listening()["grid/qgdw1376"], r.Listening()["grid/dlms"]
	city, err := simulate.NewCity(o)
	if err != nil {
		r.t.Fatal(err)
	}
	var b bytes.Buffer
	if err := city.WriteArchive(&b); err != nil {
		r.t.Fatal(err)
	}
	if got := r.importFile("archive", "archive.csv", b.Bytes(), false); got.Stopped != nil || got.Taken != int64(len(city.Meters())) {
		r.t.Fatalf("archive: %+v", got.Result)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := city.Run(ctx); err != nil {
			r.t.Error(err)
		}
	})
	r.t.Cleanup(func() {
		stop()
		running.Wait()
	})
	select {
	case <-caught:
	case <-time.After(2 * time.Minute):
		r.t.Fatal("the simulated city does not catch up")
	}
	return city
}

// target is a target of the plan as the interface gives it.
type target struct {
	Value    *float64
	State    string
	Evidence string
	Part     int64
	Whole    int64
}

// TestHeldBack: 1,234 of 20,000 meters are kept back. The coverage is exact, the list has exactly those, and reading them again
// makes it whole.
func TestHeldBack(t *testing.T) {
	const meters, back, due = 20_000, 1234, 6
	r := open(t, nil)
	r.Clock.Set(slot(due).Add(5 * time.Minute)) // six slots are due
	var held truth
	r.simulation(simulate.Options{Meters: meters, Share645: -1, HoldBack: back, Truth: &held, From: slot(0)})
	c := r.coverage("")
	if c.Due != due || c.City.Meters != meters || c.City.Complete != meters-back || c.City.Rate != 93.83 || c.City.Missing != back*due || c.City.Collected != (meters-back)*due {
		t.Errorf("coverage: %+v", c.City)
	}
	var sum int64
	for _, d := range c.Districts {
		sum += d.Complete
	}
	if sum != c.City.Complete || len(c.Districts) != 16 {
		t.Errorf("the districts add up to %d", sum)
	}
	want := held.meters(t, "held")
	if len(want) != back {
		t.Fatalf("the simulation holds %d back", len(want))
	}
	listed := r.missing("")
	slices.Sort(listed)
	if !slices.Equal(listed, want) {
		t.Errorf("the interface lists %d, not exactly those %d", len(listed), back)
	}
	shown := r.pageRows("/zh/grid/missing", "m-")
	slices.Sort(shown)
	if !slices.Equal(shown, want) {
		t.Errorf("the pages list %d, not exactly those %d", len(shown), back)
	}
	csv := r.As("reader").Get("/api/grid/meters.csv?state=incomplete").Body
	if n := strings.Count(csv, "\n"); n != back+1 {
		t.Errorf("the export has %d lines", n)
	}
	for p, words := range map[string]string{"/zh": "在运 20,000 只，到齐 18,766 只，缺数 1,234 只，覆盖率 93.830%", "/en": "20,000 meters in service, 18,766 complete, 1,234 with gaps, coverage 93.830 %"} {
		if !strings.Contains(r.As("reader").Get(p+"/grid/missing").Body, words) {
			t.Errorf("%s/grid/missing does not say %q", p, words)
		}
	}
	var goal target
	measured := func(value float64) func() bool {
		return func() bool {
			r.get("/api/plan/targets/collection-coverage", &goal)
			return goal.Value != nil && *goal.Value == value
		}
	}
	r.until("the plan's figure to follow", measured(93.83))
	if !strings.Contains(goal.Evidence, "/grid/missing") {
		t.Errorf("evidence %q", goal.Evidence)
	}

	o := r.order(map[string]any{})
	if o.State != "done" || o.Meters != back || o.Done != back || o.Failed != 0 {
		t.Errorf("order: %+v", o)
	}
	c = r.coverage("")
	if c.City.Rate != 100 || c.City.Missing != 0 || c.City.Complete != meters {
		t.Errorf("after reading again: %+v", c.City)
	}
	if left := r.missing(""); len(left) != 0 {
		t.Errorf("%d still listed", len(left))
	}
	r.until("the plan's figure to follow", measured(100))
	acts, _, err := r.Journal.List(t.Context(), journal.Filter{Verb: "reread"})
	if err != nil || len(acts) != 1 || acts[0].Object != "grid.day:2015-11-20" || acts[0].Authority != "grid.reread" || acts[0].Actor != o.By || !strings.Contains(string(acts[0].Detail), `"meters":1234`) {
		t.Errorf("journal: %v %+v", err, acts)
	}
	if n := len(r.samples()); n != meters*(due+1)-back { // of those kept back only what is due was asked for
		t.Errorf("%d samples stored", n)
	}
}

// TestRestart: what is known of every slot, the newest readings and the figures are the same after a restart, and a day older
// than what is held in memory is read back.
func TestRestart(t *testing.T) {
	r := open(t, nil)
	var made truth
	r.simulation(simulate.Options{Meters: 600, PerConcentrator: 50, Share645: -1, Truth: &made, From: slot(-96),
		Faults: simulate.Faults{Dead: 0.02, Drift: 0.02, Duplicate: 0.05, Garbled: 0.05, Late: 0.05}})
	same := func(when string, was, is any) {
		t.Helper()
		a, _ := json.Marshal(was)
		b, _ := json.Marshal(is)
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs after the restart:\n%.300s\n%.300s", when, a, b)
		}
	}
	look := func(r *room) (c [3]coverage, m [2]meters, csv string) {
		for i, day := range []string{"2015-11-20", "2015-11-19", "2015-11-18"} {
			c[i] = r.coverage(day)
		}
		r.get("/api/grid/meters?limit=1000", &m[0])
		r.get("/api/grid/missing?limit=1000&day=2015-11-19", &m[1])
		return c, m, r.As("reader").Get("/api/grid/meters.csv").Body
	}
	c, m, csv := look(r)
	if c[1].City.Late == 0 || c[0].City.Missing == 0 || len(m[0].Meters) != 600 {
		t.Fatalf("the simulation made nothing to look at: %+v", c[0].City)
	}
	r = r.reopen()
	c2, m2, csv2 := look(r)
	same("the coverage", c, c2)
	same("the lists", m, m2)
	same("the export", csv, csv2)

	// twelve days on both days are older than what is held; a meter's newest reading is still known
	r.Clock.Set(hosttest.Start.AddDate(0, 0, 12))
	r = r.reopen()
	c2, _, _ = look(r)
	same("an old day", c[1], c2[1])
	var now meters
	r.get("/api/grid/meters?limit=1000", &now)
	for i := range now.Meters {
		if now.Meters[i].Newest != m[0].Meters[i].Newest {
			t.Fatalf("meter %s was heard %q, after the restart %q", now.Meters[i].Address, m[0].Meters[i].Newest, now.Meters[i].Newest)
		}
	}
	// and a reading that comes for such a day changes it
	dead := made.meters(t, "dead")[0]
	before := r.coverage("2015-11-19").City
	var at meters
	r.get("/api/grid/meters?q="+dead, &at)
	s := r.online(at.Meters[0].Concentrator)
	s.send(row(dead, slot(-96+3), 1))
	if after := r.coverage("2015-11-19").City; after.Late != before.Late+1 || after.Missing != before.Missing-1 {
		t.Errorf("an old day before %+v and after %+v a late reading", before, after)
	}
}
