package series

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// The oracle is a plain map: whatever is done to the table, it must answer as the map does.

type place struct{ key, at int64 }

type truth struct {
	q    Quality
	vals [2]int64
}

var load = Family{Name: "load", Step: 15 * time.Minute, Columns: []Column{{"energy", "KWH", 3}, {"power", "KWT", 3}}}

// firstDay is 2015-11-20.
const firstDay = 16_759

var midday = time.UnixMicro(chunk.DayStart(firstDay) + 12*3_600_000_000).In(Zone)

type world struct {
	t      *testing.T
	rng    *rand.Rand
	db     *store.DB
	e      *Engine
	table  *Table
	now    time.Time
	limits Limits
	want   map[place]truth
}

func newWorld(t *testing.T, seed uint64, l Limits) *world {
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 99)), db: storetest.Open(t), now: midday, limits: l, want: map[place]truth{}}
	w.open()
	t.Cleanup(func() { _ = w.e.Close() })
	return w
}

// open starts the engine anew on what the database has: what a restart does.
func (w *world) open() {
	w.t.Helper()
	if w.e != nil {
		if err := w.e.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	var err error
	if w.e, err = OpenLimited(w.t.Context(), w.db, func() time.Time { return w.now }, w.limits); err != nil {
		w.t.Fatal(err)
	}
	if w.table, err = w.e.Declare(w.t.Context(), load); err != nil {
		w.t.Fatal(err)
	}
}

// batch makes random samples: several blocks, several days, quarter-hours and odd times, corrections among them.
func (w *world) batch() *Batch {
	b := &Batch{}
	days, keys := 1+w.rng.Int64N(4), 1+w.rng.Int64N(200)
	for range 1 + w.rng.IntN(250) {
		at := chunk.DayStart(firstDay+w.rng.Int64N(days)) + w.rng.Int64N(96)*900_000_000
		if w.rng.IntN(10) == 0 {
			at += w.rng.Int64N(900_000_000)
		}
		q := Quality(0)
		if w.rng.IntN(6) == 0 {
			q = Quality(w.rng.IntN(4)) | Late*Quality(w.rng.IntN(2))
		}
		v := [2]int64{w.rng.Int64N(1 << 30), w.rng.Int64N(5000)}
		if w.rng.IntN(12) == 0 {
			v[w.rng.IntN(2)] = Null
		}
		b.Add(w.rng.Int64N(keys)-20, at, q, v[:]...)
	}
	return b
}

func (w *world) note(b *Batch) {
	for i := range b.Keys {
		w.want[place{b.Keys[i], b.Times[i]}] = truth{b.Quality[i], [2]int64{b.Values[0][i], b.Values[1][i]}}
	}
}

// write appends until the stage has room: refusing early is right, losing is not.
func (w *world) write(fn func(tx *store.Tx) error) error {
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		err := w.db.Write(w.t.Context(), fn)
		if !errs.Is(err, errs.Busy) || time.Now().After(end) {
			return err
		}
	}
}

func (w *world) append(batches ...*Batch) {
	w.t.Helper()
	err := w.write(func(tx *store.Tx) error {
		for _, b := range batches {
			if err := w.table.Append(tx, b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range batches {
		w.note(b)
	}
}

// inside lists the oracle's samples of some keys within a range, by key and time.
func (w *world) inside(keys []int64, from, to int64) (out []place) {
	for p := range w.want {
		if p.at >= from && p.at < to && (keys == nil || slices.Contains(keys, p.key)) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at))
	})
	return out
}

func (w *world) window() (from, to int64) {
	start := chunk.DayStart(firstDay)
	if w.rng.IntN(3) == 0 {
		return 0, chunk.LastTime
	}
	from = start + w.rng.Int64N(4*96)*900_000_000
	return from, from + w.rng.Int64N(3*96)*900_000_000
}

func (w *world) compare(what string, got []Sample, want []place) {
	w.t.Helper()
	if len(got) != len(want) {
		w.t.Fatalf("%s: %d samples, want %d", what, len(got), len(want))
	}
	for i, s := range got {
		tr := w.want[want[i]]
		if s.Key != want[i].key || s.At != want[i].at || s.Quality != tr.q || !slices.Equal(s.Values, tr.vals[:]) {
			w.t.Fatalf("%s: sample %d is %+v, want %+v %+v", what, i, s, want[i], tr)
		}
	}
}

func (w *world) check() {
	w.t.Helper()
	ctx := w.t.Context()
	key := w.rng.Int64N(200) - 20
	from, to := w.window()
	got, err := w.table.Range(ctx, key, from, to)
	if err != nil {
		w.t.Fatal(err)
	}
	w.compare("range", got, w.inside([]int64{key}, from, to))

	var keys []int64
	if w.rng.IntN(2) == 0 {
		keys = []int64{}
		for range w.rng.IntN(40) {
			keys = append(keys, w.rng.Int64N(220)-20)
		}
	}
	got = nil
	err = w.table.Scan(ctx, keys, from, to, func(s Sample) error {
		s.Values = slices.Clone(s.Values)
		got = append(got, s)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.compare("scan", got, w.inside(keys, from, to))

	period := []time.Duration{15 * time.Minute, time.Hour, 7 * time.Hour, 24 * time.Hour, 48 * time.Hour}[w.rng.IntN(5)]
	col := w.rng.IntN(2)
	points, err := w.table.Aggregate(ctx, keys, load.Columns[col].Name, from, to, period)
	if err != nil {
		w.t.Fatal(err)
	}
	if want := w.sum(w.inside(keys, from, to), col, period); !slices.Equal(points, want) {
		w.t.Fatalf("sum per %s:\n got %v\nwant %v", period, points, want)
	}

	last, ok, err := w.table.Last(ctx, key)
	if err != nil {
		w.t.Fatal(err)
	}
	all := w.inside([]int64{key}, 0, chunk.LastTime)
	if ok != (len(all) > 0) {
		w.t.Fatalf("last of %d: there is one: %v, want %v", key, ok, len(all) > 0)
	}
	if ok {
		w.compare("last", []Sample{last}, all[len(all)-1:])
	}
}

func (w *world) sum(places []place, col int, period time.Duration) []Point {
	cells := map[int64]*Point{}
	for _, p := range places {
		tr := w.want[p]
		if tr.q.Source() == Invalid || tr.vals[col] == Null {
			continue
		}
		local := p.at + 8*3_600_000_000
		at := p.at - local%period.Microseconds()
		c := cells[at]
		if c == nil {
			c = &Point{At: at, Min: tr.vals[col], Max: tr.vals[col]}
			cells[at] = c
		}
		c.Sum, c.Count = c.Sum+tr.vals[col], c.Count+1
		c.Min, c.Max = min(c.Min, tr.vals[col]), max(c.Max, tr.vals[col])
	}
	var out []Point
	for _, at := range slices.Sorted(maps.Keys(cells)) {
		out = append(out, *cells[at])
	}
	return out
}

var errUndo = errors.New("undo")

func (w *world) step() {
	switch n := w.rng.IntN(100); {
	case n < 55:
		w.append(w.batch())
	case n < 65:
		w.append(w.batch(), w.batch())
	case n < 70: // rolled back: must leave nothing
		b := w.batch()
		err := w.write(func(tx *store.Tx) error {
			if err := w.table.Append(tx, b); err != nil {
				return err
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			w.t.Fatal(err)
		}
	case n < 80:
		before := time.UnixMicro(chunk.DayStart(firstDay + w.rng.Int64N(6)))
		if _, err := w.table.Compact(w.t.Context(), before); err != nil {
			w.t.Fatal(err)
		}
	case n < 86:
		w.now = w.now.Add(time.Duration(w.rng.IntN(10)) * time.Hour)
		if err := w.e.Maintain(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	case n < 94:
		w.open()
	default: // a compaction that is stopped at some point
		before := time.UnixMicro(chunk.DayStart(firstDay + 5))
		if _, err := w.table.Compact(stopped(w.t.Context(), w.rng.Int64N(12)), before); err != nil && !errors.Is(err, context.Canceled) {
			w.t.Fatal(err)
		}
	}
}

// stopAfter is a context that ends when it has been asked n times, so that each step of the upkeep is the one that fails.
type stopAfter struct {
	context.Context
	left atomic.Int64
}

func stopped(ctx context.Context, n int64) context.Context {
	c := &stopAfter{Context: ctx}
	c.left.Store(n)
	return c
}

func (c *stopAfter) Done() <-chan struct{} { return nil }

func (c *stopAfter) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestAgainstMap(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			l := Limits{OpenSamples: []int64{0, 300, 2000}[seed%3]}
			if seed%3 == 2 {
				l.OpenBatches = 5
			}
			w := newWorld(t, seed, l)
			for range 150 {
				w.step()
				w.check()
			}
			w.open()
			for range 50 {
				w.check()
			}
			if err := w.e.Maintain(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}
