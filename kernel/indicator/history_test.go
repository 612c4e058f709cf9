package indicator

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// TestRecord shows which measurements become rows: changes, at most one a minute, and one a day in any case.
func TestRecord(t *testing.T) {
	r := open(t, small())
	v := 0.0
	if err := r.Connect("coverage", fixed(&v), "/x"); err != nil {
		t.Fatal(err)
	}
	type step struct {
		wait  time.Duration
		value float64
		rows  int
	}
	for i, s := range []step{
		{0, 10, 1},                // the first
		{10 * time.Second, 11, 1}, // changed, but within the minute
		{10 * time.Second, 10, 1}, // and back: nothing to tell
		{time.Minute, 10, 1},      // unchanged
		{0, 12, 2},                // changed, a minute after the last row
		{30 * time.Second, 13, 2}, // waits
		{31 * time.Second, 13, 3}, // its minute has come
		{15 * time.Hour, 13, 4},   // another day, unchanged: one row all the same
		{30 * time.Second, 14, 4}, // waits
		{24 * time.Hour, 15, 6},   // the close of the day before, and the new one
	} {
		r.clock.add(s.wait)
		v = s.value
		r.Stale("coverage")
		r.count(t)
		points, err := r.History(t.Context(), "coverage", time.Time{}, time.Time{}, time.Time{})
		if err != nil || len(points) != s.rows {
			t.Fatalf("step %d: %d rows, want %d (%v)", i, len(points), s.rows, err)
		}
	}
	daily, err := r.Daily(t.Context(), "coverage", time.Time{}, time.Time{}, time.Time{})
	if err != nil || len(daily) != 3 || daily[0].Value != 13 || daily[1].Value != 14 || daily[2].Value != 15 {
		t.Errorf("closing figures %v %v", daily, err)
	}
}

// TestAsKnown is the property of the bitemporal history: what was known at a time never changes, whatever is learnt later.
func TestAsKnown(t *testing.T) {
	for seed := range uint64(4) {
		r := open(t, small())
		rng := rand.New(rand.NewPCG(seed, 42))
		v := 0.0
		if err := r.Connect("coverage", fixed(&v), "/x"); err != nil {
			t.Fatal(err)
		}
		type snapshot struct {
			known         time.Time
			target        string
			points, daily []Point
		}
		var seen []snapshot
		for range 60 {
			r.clock.add(time.Duration(rng.IntN(20*60)) * time.Minute)
			switch rng.IntN(3) {
			case 0:
				v = float64(rng.IntN(100))
				r.Stale("coverage")
				r.count(t)
			default: // a report for some day of the past, often one that has a figure already
				day := r.clock.now().AddDate(0, 0, -rng.IntN(6)*7)
				approveAt(t, r, "whole", float64(rng.IntN(30))*1e8, day)
			}
			for _, id := range []string{"coverage", "whole"} {
				now := r.clock.now()
				s := snapshot{known: now, target: id, points: history(t, r, id, now), daily: daily(t, r, id, now)}
				if latest := history(t, r, id, time.Time{}); !reflect.DeepEqual(latest, s.points) {
					t.Fatal("as known now is not the latest")
				}
				seen = append(seen, s)
			}
			r.clock.add(time.Microsecond) // two figures are never learnt at the same instant by this clock
		}
		for _, s := range seen {
			if got := history(t, r, s.target, s.known); !reflect.DeepEqual(got, s.points) {
				t.Fatalf("seed %d: %s as known at %v was %v and has become %v", seed, s.target, s.known, s.points, got)
			}
			if got := daily(t, r, s.target, s.known); !reflect.DeepEqual(got, s.daily) {
				t.Fatalf("seed %d: closing figures of %s as known at %v have changed", seed, s.target, s.known)
			}
		}
	}
}

func history(t *testing.T, r *rig, id string, known time.Time) []Point {
	t.Helper()
	p, err := r.History(t.Context(), id, time.Time{}, time.Time{}, known)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func daily(t *testing.T, r *rig, id string, known time.Time) []Point {
	t.Helper()
	p, err := r.Daily(t.Context(), id, time.Time{}, time.Time{}, known)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestThin shows that old days keep their closing figure, that recent ones keep everything, and that reports are never thinned.
func TestThin(t *testing.T) {
	r := open(t, small())
	r.clock.set(china(2015, 6, 1, 0, 30))
	approveAt(t, r, "whole", 1e8, r.clock.now())
	approveAt(t, r, "whole", 2e8, r.clock.now())
	for day := range int64(60) {
		for k := range 4 {
			f := Figure{Value: float64(day*10) + float64(k), At: r.clock.now()}
			if err := r.record(t.Context(), "coverage", f); err != nil {
				t.Fatal(err)
			}
			r.clock.add(6 * time.Hour)
		}
	}
	r.clock.add(-time.Hour)
	before := daily(t, r, "coverage", time.Time{})
	old := china(2015, 6, 10, 23, 0)
	asKnown := daily(t, r, "coverage", old)
	if err := r.thin(t.Context(), chinaDay(r.clock.now())); err != nil {
		t.Fatal(err)
	}
	after := daily(t, r, "coverage", time.Time{})
	if !reflect.DeepEqual(before, after) || len(after) != 60 {
		t.Errorf("thinning changed the closing figures: %d, %d", len(before), len(after))
	}
	if got := daily(t, r, "coverage", old); !reflect.DeepEqual(got, asKnown) {
		t.Error("thinning changed the closing figures as known at the end of an old day")
	}
	perDay := map[int64]int{}
	for _, p := range history(t, r, "coverage", time.Time{}) {
		perDay[chinaDay(p.At)]++
	}
	today := chinaDay(r.clock.now())
	for d, n := range perDay {
		if want := map[bool]int{true: 1, false: 4}[d < today-FineDays]; n != want {
			t.Errorf("day %d of %d has %d figures, want %d", d, today, n, want)
		}
	}
	var rows int64
	err := r.db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Get(store.Q("test.rows", `SELECT COUNT(*) FROM indicator_figure WHERE target = $1`), []any{"whole"}, &rows)
	})
	if err != nil || rows != 2 {
		t.Errorf("%d figures of reports are left, want 2 (%v)", rows, err)
	}
}

func TestHistoryPage(t *testing.T) {
	r := open(t, small())
	for i := range 25 {
		// Several figures for the same time: the cursor must not lose any.
		if err := r.record(t.Context(), "coverage", Figure{Value: float64(i), At: china(2015, 11, 1+i/5, 0, 0)}); err != nil {
			t.Fatal(err)
		}
		r.clock.add(time.Minute)
	}
	var got []float64
	after := ""
	for pages := 0; ; pages++ {
		page, next, err := r.HistoryPage(t.Context(), "coverage", time.Time{}, time.Time{}, time.Time{}, after, 4)
		if err != nil || pages > 10 {
			t.Fatal(pages, err)
		}
		for _, p := range page {
			got = append(got, p.Value)
		}
		if after = next; next == "" {
			break
		}
	}
	if len(got) != 25 {
		t.Fatalf("%d figures over the pages: %v", len(got), got)
	}
	for i, v := range got {
		if v != float64(24-i) {
			t.Fatalf("out of order: %v", got)
		}
	}
	if _, _, err := r.HistoryPage(t.Context(), "coverage", time.Time{}, time.Time{}, time.Time{}, "rubbish", 4); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if _, err := r.History(t.Context(), "none", time.Time{}, time.Time{}, time.Time{}); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	from, to := china(2015, 11, 2, 0, 0), china(2015, 11, 4, 0, 0)
	p, err := r.History(t.Context(), "coverage", from, to, time.Time{})
	if err != nil || len(p) != 10 || !p[0].At.Equal(from) {
		t.Errorf("from <= at < to: %d %v", len(p), err)
	}
}

// TestRestart shows that baseline, pace and closings come back from the tables.
func TestRestart(t *testing.T) {
	r := open(t, small())
	r.clock.set(china(2014, 5, 1, 12, 0))
	v := 20.0
	if err := r.Connect("coverage", fixed(&v), "/x"); err != nil {
		t.Fatal(err)
	}
	for range 60 {
		r.Stale("coverage")
		r.count(t)
		r.clock.add(24 * time.Hour)
		v += 0.1
	}
	want := r.get(t, "coverage")
	if want.Baseline != 20 || want.BaselineFrom != FromFirst || want.Forecast.IsZero() {
		t.Fatalf("baseline %v from %s, forecast %v", want.Baseline, want.BaselineFrom, want.Forecast)
	}
	r.again(t)
	if err := r.Connect("coverage", func(context.Context) (Figure, error) { return Figure{}, errs.Say(errs.Unavailable, "停", "down") }, "/x"); err != nil {
		t.Fatal(err)
	}
	got := r.get(t, "coverage")
	if got.Baseline != want.Baseline || !got.Forecast.Equal(want.Forecast) || got.Figure.Value != want.Figure.Value || got.State != want.State {
		t.Errorf("after a restart %+v, before %+v", got, want)
	}
}
