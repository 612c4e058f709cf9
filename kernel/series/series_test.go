package series

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
)

const quarter = 900_000_000

// one appends a single sample.
func (w *world) one(key, at int64, q Quality, energy, power int64) {
	w.t.Helper()
	b := &Batch{}
	b.Add(key, at, q, energy, power)
	w.append(b)
}

func TestDeclare(t *testing.T) {
	w := newWorld(t, 1, Limits{})
	w.one(7, chunk.DayStart(firstDay), Measured, 1, 2)
	declare := func(change func(*Family)) error {
		f := load
		f.Columns = slices.Clone(load.Columns)
		change(&f)
		_, err := w.e.Declare(t.Context(), f)
		return err
	}
	for _, c := range []struct {
		name   string
		kind   errs.Kind
		change func(*Family)
	}{
		{"other unit", errs.Conflict, func(f *Family) { f.Columns[0].Unit = "MWH" }},
		{"other decimals", errs.Conflict, func(f *Family) { f.Columns[1].Decimals = 1 }},
		{"other name", errs.Conflict, func(f *Family) { f.Columns[1].Name = "load" }},
		{"one less", errs.Conflict, func(f *Family) { f.Columns = f.Columns[:1] }},
		{"no name", errs.Invalid, func(f *Family) { f.Name = "" }},
		{"a name twice", errs.Invalid, func(f *Family) { f.Columns[1].Name = "energy" }},
		{"no columns", errs.Invalid, func(f *Family) { f.Columns = nil }},
		{"a roll-up that does not divide the day", errs.Invalid, func(f *Family) { f.RollUp = 7 * time.Hour }},
	} {
		err := declare(c.change)
		msg, said := errs.MsgOf(err)
		if !errs.Is(err, c.kind) || !said || msg.Zh == "" || msg.En == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	grown := load
	grown.Columns = append(slices.Clone(load.Columns), Column{"voltage", "VLT", 1})
	wide, err := w.e.Declare(t.Context(), grown)
	if err != nil {
		t.Fatal(err)
	}
	// The old handle goes on; what it writes has no voltage.
	w.one(7, chunk.DayStart(firstDay)+quarter, Measured, 3, 4)
	if _, err := wide.Compact(t.Context(), midday.Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	b := &Batch{}
	b.Add(7, chunk.DayStart(firstDay)+2*quarter, Measured, 5, 6, 2301)
	if err := w.write(func(tx *store.Tx) error { return wide.Append(tx, b) }); err != nil {
		t.Fatal(err)
	}
	got, err := wide.Range(t.Context(), 7, 0, chunk.LastTime)
	if err != nil || len(got) != 3 || got[0].Values[2] != Null || got[1].Values[2] != Null || got[2].Values[2] != 2301 {
		t.Fatalf("%+v, %v", got, err)
	}
	points, err := wide.Aggregate(t.Context(), nil, "voltage", 0, chunk.LastTime, 24*time.Hour)
	if err != nil || len(points) != 1 || points[0].Sum != 2301 || points[0].Count != 1 {
		t.Fatalf("%+v, %v", points, err)
	}
	old, err := w.table.Range(t.Context(), 7, 0, chunk.LastTime)
	if err != nil || len(old) != 3 || len(old[2].Values) != 2 {
		t.Fatalf("%+v, %v", old, err)
	}
	last, ok, err := wide.Last(t.Context(), 7)
	if err != nil || !ok || last.Values[2] != 2301 {
		t.Fatalf("%+v, %v", last, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	w := newWorld(t, 1, Limits{})
	at := chunk.DayStart(firstDay)
	for _, c := range []struct {
		name string
		kind errs.Kind
		b    *Batch
	}{
		{"too few columns", errs.Invalid, &Batch{Keys: []int64{1}, Times: []int64{at}, Quality: []Quality{0}, Values: [][]int64{{1}}}},
		{"a short column", errs.Invalid, &Batch{Keys: []int64{1}, Times: []int64{at}, Quality: []Quality{0}, Values: [][]int64{{1}, {}}}},
		{"no times", errs.Invalid, &Batch{Keys: []int64{1}, Quality: []Quality{0}, Values: [][]int64{{1}, {1}}}},
		{"year 2300", errs.Invalid, &Batch{Keys: []int64{1}, Times: []int64{chunk.LastTime}, Quality: []Quality{0}, Values: [][]int64{{1}, {1}}}},
		{"too many", errs.TooLarge, &Batch{Keys: make([]int64, MaxBatch+1)}},
	} {
		if err := w.write(func(tx *store.Tx) error { return w.table.Append(tx, c.b) }); !errs.Is(err, c.kind) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := w.write(func(tx *store.Tx) error { return w.table.Append(tx, &Batch{}) }); err != nil {
		t.Errorf("an empty batch: %v", err)
	}
	if _, err := w.table.Aggregate(t.Context(), nil, "voltage", 0, 1, time.Hour); !errs.Is(err, errs.Invalid) {
		t.Errorf("an unknown column: %v", err)
	}
	if _, err := w.table.Aggregate(t.Context(), nil, "power", 0, 1, time.Millisecond); !errs.Is(err, errs.Invalid) {
		t.Errorf("a period of a millisecond: %v", err)
	}
}

// TestRetention: after KeepRaw a day answers from its roll-up, later than that it is not counted twice, and without RollUp it
// is gone.
func TestRetention(t *testing.T) {
	w := newWorld(t, 5, Limits{})
	short := load
	short.KeepRaw, short.RollUp = 48*time.Hour, time.Hour
	if _, err := w.e.Declare(t.Context(), short); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		w.append(w.batch())
	}
	start := chunk.DayStart(firstDay)
	to := start + 8*chunk.DayMicros
	want := map[time.Duration][]Point{}
	for _, p := range []time.Duration{time.Hour, 3 * time.Hour, 24 * time.Hour} {
		want[p] = w.sum(w.inside(nil, start, to), 1, p)
	}
	keys := []int64{-3, 0, 5, 64, 70}
	some := w.sum(w.inside(keys, start, to), 0, time.Hour)
	check := func(when string) {
		t.Helper()
		for p, points := range want {
			got, err := w.table.Aggregate(t.Context(), nil, "power", start, to, p)
			if err != nil || !slices.Equal(got, points) {
				t.Fatalf("%s, per %s: %v\n got %v\nwant %v", when, p, err, got, points)
			}
		}
		if got, err := w.table.Aggregate(t.Context(), keys, "energy", start, to, time.Hour); err != nil || !slices.Equal(got, some) {
			t.Fatalf("%s, some keys: %v\n got %v\nwant %v", when, err, got, some)
		}
	}
	check("open")
	w.now = midday.Add(4 * 24 * time.Hour) // two days are past their limit, two are not
	if err := w.e.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("rolled up")
	if st, err := w.table.DayStats(t.Context(), midday); err != nil || st.Rows != 0 || st.RollUpRows == 0 {
		t.Fatalf("%+v, %v", st, err)
	}
	if _, err := w.table.Aggregate(t.Context(), nil, "power", start, to, 90*time.Minute); !errs.Is(err, errs.Invalid) {
		t.Fatalf("a period that is no multiple of the roll-up: %v", err)
	}
	// Some of the samples once more: they are summed already, and their part must not stand for the whole.
	again := &Batch{}
	for i, p := range w.inside(nil, start, start+chunk.DayMicros) {
		if i%3 == 0 {
			continue
		}
		was := w.want[p]
		again.Add(p.key, p.at, was.q, was.vals[:]...)
	}
	w.append(again)
	check("sent again")
	w.open()
	if _, err := w.e.Declare(t.Context(), short); err != nil {
		t.Fatal(err)
	}
	if err := w.e.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("sent again and kept")
	if days, err := w.table.Days(t.Context()); err != nil || len(days) != 4 || days[0] != midday.Add(-12*time.Hour) {
		t.Fatalf("days %v, %v", days, err)
	}

	short.RollUp = 0
	if _, err := w.e.Declare(t.Context(), short); err != nil {
		t.Fatal(err)
	}
	w.now = midday.Add(20 * 24 * time.Hour)
	if err := w.e.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := w.table.Aggregate(t.Context(), nil, "power", start+2*chunk.DayMicros, to, time.Hour)
	if err != nil || len(got) != 0 {
		t.Fatalf("dropped days answer %v, %v", got, err)
	}
	if st, err := w.table.Stats(t.Context()); err != nil || st.Rows != 0 || st.Batches != 0 || st.OpenSamples != 0 || st.RollUpRows == 0 {
		t.Fatalf("%+v, %v", st, err)
	}
}

// TestUpkeep: a finished day comes to one row a block, its blobs go, and what it holds stays the same.
func TestUpkeep(t *testing.T) {
	w := newWorld(t, 6, Limits{OpenSamples: 400})
	for range 40 {
		w.append(w.batch())
	}
	w.now = midday.Add(6 * 24 * time.Hour)
	if err := w.e.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	st, err := w.table.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[[2]int64]bool{}
	for p := range w.want {
		blocks[[2]int64{chunk.DayOf(p.at), p.key >> chunk.BlockBits}] = true
	}
	if st.Batches != 0 || st.OpenSamples != 0 || st.Rows != int64(len(blocks)) || st.Samples != int64(len(w.want)) || st.Bytes == 0 {
		t.Fatalf("%+v; want %d rows, %d samples", st, len(blocks), len(w.want))
	}
	// A late sample waits for the next compaction of its day, and is there meanwhile and afterwards.
	at := chunk.DayStart(firstDay) + 7
	w.one(3, at, Measured|Late, 77, 88)
	w.check()
	w.now = w.now.Add(time.Hour)
	if err := w.e.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st, err = w.table.Stats(t.Context()); err != nil || st.Batches != 1 {
		t.Fatalf("a day was rewritten within the hour for one late sample: %+v, %v", st, err)
	}
	w.now = w.now.Add(lateGrace)
	if err := w.e.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st, err = w.table.Stats(t.Context()); err != nil || st.Batches != 0 || st.Rows != int64(len(blocks)) || st.Samples != int64(len(w.want)) {
		t.Fatalf("%+v, %v", st, err)
	}
	got, err := w.table.Range(t.Context(), 3, at, at+1)
	if err != nil {
		t.Fatal(err)
	}
	w.compare("late", got, []place{{3, at}})
	cs, err := w.table.Compact(t.Context(), w.now)
	if err != nil || cs != (CompactStats{}) {
		t.Fatalf("a second compaction did something: %+v, %v", cs, err)
	}
}

// TestManySmall: hundreds of small batches with corrections stay readable while their runs are merged in the background.
func TestManySmall(t *testing.T) {
	w := newWorld(t, 10, Limits{})
	for i := range 400 {
		b := &Batch{}
		for range 1 + w.rng.IntN(6) {
			b.Add(w.rng.Int64N(30), chunk.DayStart(firstDay)+w.rng.Int64N(8)*quarter, Measured, w.rng.Int64N(1000), 1)
		}
		w.append(b)
		if i%20 == 0 {
			w.check()
		}
	}
	w.now = midday
	for range 20 {
		w.check()
	}
	st, err := w.table.Stats(t.Context())
	if err != nil || st.Batches != 400 {
		t.Fatalf("%+v, %v", st, err)
	}
	w.e.work.Wait() // the worker has nothing left to do
	w.table.f.mu.Lock()
	defer w.table.f.mu.Unlock()
	for d, o := range w.table.f.days {
		if len(o.runs) >= 3*fanIn {
			t.Errorf("%s has %d runs", chunk.DayName(d), len(o.runs))
		}
	}
}

// TestStopped: whichever step of a flush and compaction fails, nothing is lost and the next one finishes the work.
func TestStopped(t *testing.T) {
	for n := range int64(12) {
		w := newWorld(t, 20+uint64(n), Limits{})
		for range 3 {
			w.append(w.batch(), w.batch())
			_, err := w.table.Compact(stopped(t.Context(), n), midday.Add(48*time.Hour))
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			w.append(w.batch())
			for range 3 {
				w.check()
			}
		}
		w.open()
		if _, err := w.table.Compact(t.Context(), midday.Add(6*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		st, err := w.table.Stats(t.Context())
		if err != nil || st.Samples != int64(len(w.want)) || st.Batches != 0 || st.OpenSamples != 0 {
			t.Fatalf("after step %d: %+v, want %d samples, %v", n, st, len(w.want), err)
		}
		got, err := w.table.Aggregate(t.Context(), nil, "power", 0, chunk.LastTime, time.Hour)
		if want := w.sum(w.inside(nil, 0, chunk.LastTime), 1, time.Hour); err != nil || !slices.Equal(got, want) {
			t.Fatalf("after step %d: %v", n, err)
		}
	}
}

// TestSecondWriter: two engines on one database are refused before either loses what the other wrote.
func TestSecondWriter(t *testing.T) {
	w := newWorld(t, 11, Limits{})
	w.append(w.batch())
	second, err := Open(t.Context(), w.db, func() time.Time { return w.now })
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	table, err := second.Declare(t.Context(), load)
	if err != nil {
		t.Fatal(err)
	}
	b := w.batch()
	if err := w.write(func(tx *store.Tx) error { return table.Append(tx, b) }); err != nil {
		t.Fatal(err)
	}
	w.note(b)
	w.append(w.batch())
	before := midday.Add(6 * 24 * time.Hour)
	if _, err := w.table.Compact(t.Context(), before); !errs.Is(err, errs.Conflict) {
		t.Fatalf("a second writer: %v", err)
	}
	if _, err := table.Compact(t.Context(), before); err != nil { // its own are the last it knows of
		t.Fatal(err)
	}
	w.open()
	for range 20 {
		w.check()
	}
	if _, err := w.table.Compact(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		w.check()
	}
}

// TestDamagedRow: damage on disk is told, not read.
func TestDamagedRow(t *testing.T) {
	w := newWorld(t, 7, Limits{})
	start := chunk.DayStart(firstDay)
	w.one(1, start, Measured, 10, 20)
	w.one(1, start+chunk.DayMicros, Measured, 30, 40)
	if _, err := w.table.Compact(t.Context(), midday.Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	damage := store.Q("test.damage", `UPDATE series_chunk SET body = $1 WHERE day = $2`)
	err := w.write(func(tx *store.Tx) error {
		_, err := tx.Exec(damage, []byte("\xc1 not what was written"), int64(firstDay))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.table.Range(t.Context(), 1, start, start+1)
	told(t, err)
	_, err = w.table.Aggregate(t.Context(), nil, "power", start, start+1, time.Hour)
	told(t, err)
	if got, err := w.table.Range(t.Context(), 1, start+chunk.DayMicros, chunk.LastTime); err != nil || len(got) != 1 {
		t.Fatalf("the next day: %v, %v", got, err)
	}
	blob := store.Q("test.damage.blob", `UPDATE series_blob SET body = $1`)
	err = w.write(func(tx *store.Tx) error { _, err := tx.Exec(blob, []byte("\xb1 neither")); return err })
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), w.db, func() time.Time { return w.now })
	told(t, err)
}

func told(t *testing.T, err error) {
	t.Helper()
	var f *chunk.FormatError
	msg, ok := errs.MsgOf(err)
	if !errs.Is(err, errs.Unavailable) || !errors.As(err, &f) || !ok || !strings.Contains(msg.Zh, "损坏") {
		t.Fatalf("damage is told as: %v", err)
	}
}

// TestTogether: writers, readers and the upkeep at once. Each key's samples carry a running number, so a reader can tell
// whether one is missing or an older one came back.
func TestTogether(t *testing.T) {
	w := newWorld(t, 8, Limits{OpenSamples: 3000})
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	const keys = 40
	start := chunk.DayStart(firstDay)
	var acked [keys]atomic.Int64
	var wg sync.WaitGroup
	fail := func(format string, args ...any) { t.Errorf(format, args...); cancel() }
	for k := range int64(keys) {
		wg.Go(func() {
			for n := int64(1); ctx.Err() == nil; n++ {
				b := &Batch{}
				// Sample 0 is corrected each time, and one is added.
				b.Add(k, start, Measured, n, n)
				b.Add(k, start+n*1_000_000, Measured, n, n)
				err := w.db.Write(ctx, func(tx *store.Tx) error { return w.table.Append(tx, b) })
				switch {
				case err == nil:
					acked[k].Store(n)
				case errs.Is(err, errs.Busy):
					n--
					time.Sleep(time.Millisecond)
				case ctx.Err() == nil:
					fail("append: %v", err)
				}
			}
		})
	}
	reader := func(read func(k, n int64) error) {
		rng := rand.New(rand.NewPCG(9, 9))
		for ctx.Err() == nil {
			k := rng.Int64N(keys)
			if err := read(k, acked[k].Load()); err != nil && ctx.Err() == nil {
				fail("read: %v", err)
			}
		}
	}
	wg.Go(func() {
		reader(func(k, n int64) error {
			got, err := w.table.Range(ctx, k, start, start+chunk.DayMicros)
			if err == nil && n > 0 && (int64(len(got)) < n+1 || got[0].Values[0] < n) {
				fail("key %d: %d samples and correction %d after %d were answered", k, len(got), got[0].Values[0], n)
			}
			return err
		})
	})
	wg.Go(func() {
		reader(func(k, n int64) error {
			p, err := w.table.Aggregate(ctx, []int64{k}, "power", start, start+chunk.DayMicros, 24*time.Hour)
			if err == nil && n > 0 && (len(p) != 1 || p[0].Count < n+1) {
				fail("key %d: sum of %v after %d were answered", k, p, n)
			}
			return err
		})
	})
	wg.Go(func() {
		reader(func(k, n int64) error {
			s, ok, err := w.table.Last(ctx, k)
			if err == nil && n > 0 && (!ok || s.Values[0] < n) {
				fail("key %d: last is %v after %d were answered", k, s, n)
			}
			return err
		})
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			if _, err := w.table.Compact(ctx, midday.Add(24*time.Hour)); err != nil && ctx.Err() == nil {
				fail("compact: %v", err)
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	wg.Wait()
	// A writer whose answer was cut off may have been written: at least what was answered is there, once.
	w.open()
	for k := range int64(keys) {
		got, err := w.table.Range(t.Context(), k, start, start+chunk.DayMicros)
		if n := acked[k].Load(); err != nil || int64(len(got)) < n+1 || int64(len(got)) > n+2 {
			t.Errorf("key %d: %d samples after %d were answered, %v", k, len(got)-1, n, err)
		}
	}
}
