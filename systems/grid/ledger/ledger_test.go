package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// desk is a ledger on an empty database, with a clock that the test moves.
type desk struct {
	*Ledger
	t     *testing.T
	now   time.Time
	table *series.Table
	mu    sync.Mutex
	count map[string]int
}

func newDesk(t *testing.T, meters int) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2015, 11, 20, 9, 30, 0, 0, book.China), count: map[string]int{}}
	db := storetest.Open(t)
	e, err := series.Open(t.Context(), db, func() time.Time { return d.now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if d.table, err = e.Declare(t.Context(), Family); err != nil {
		t.Fatal(err)
	}
	b := book.New(3)
	for i := range meters {
		b.Put(book.Meter{Num: int64(i + 1), Address: address(i), District: "120101", Feeder: "F-1", Concentrator: "200000000001", Category: book.Residential, Protocol: book.DLT698})
	}
	d.Ledger = New(Options{DB: db, Readings: d.table, Book: b, Now: func() time.Time { return d.now }, Ahead: time.Hour, Late: 12 * time.Hour, Tolerance: 2 * time.Minute,
		Stored: func() {}, Count: func(outcome string, n int) {
			d.mu.Lock()
			d.count[outcome] += n
			d.mu.Unlock()
		}})
	if err := d.Recall(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = d.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return d
}

func address(i int) string { return fmt.Sprintf("1%011d", i) }

func (d *desk) take(rows ...book.Reading) book.Taken {
	d.t.Helper()
	got, err := d.Take(d.t.Context(), rows)
	if err != nil {
		d.t.Fatal(err)
	}
	return got
}

// measured is a reading of meter 0 in a slot of a day.
func measured(day book.Day, slot int, register int64) book.Reading {
	return book.Reading{Address: address(0), At: day.Start() + int64(slot)*book.SlotMicros, Energy: register, Power: 1000, Voltage: 2200}
}

// stands gives the state, register and samples of a slot of meter 0.
func (d *desk) stands(day book.Day, slot int) (book.State, int64) {
	d.t.Helper()
	st, _ := d.o.Book.Standing(address(0), day, book.SlotsPerDay)
	all, err := d.Meter(d.t.Context(), 1, day)
	if err != nil {
		d.t.Fatal(err)
	}
	register, n := int64(series.Null), 0
	for _, x := range all {
		if _, i, ok := book.SlotAt(x.At, 2*time.Minute); ok && i == slot {
			register = x.Values[0]
			n++
		}
	}
	if n > 1 {
		d.t.Errorf("slot %d has %d samples", slot, n)
	}
	return st.Slots.At(slot, book.SlotsPerDay), register
}

// TestEstimatesNeverCover: a reading takes an estimate's place, an estimate never a reading's, in whatever order they come.
func TestEstimatesNeverCover(t *testing.T) {
	d := newDesk(t, 2)
	day := book.DayOf(d.now.UnixMicro()) - 1
	d.take(measured(day, 50, 7))
	// an estimate never covers a reading, also where both wait in one batch
	est := measured(day, 50, 1)
	est.Quality = series.Estimated
	fresh := measured(day+1, 3, 5)
	guess := fresh
	guess.Quality, guess.Energy = series.Estimated, 4
	if got := d.take(est, fresh, guess); got.Duplicates != 2 || got.Stored != 1 {
		t.Errorf("estimates over readings: %+v", got)
	}
	guess2, then := measured(day+1, 5, 8), measured(day+1, 5, 8)
	guess2.Quality = series.Estimated
	then.At += int64(40 * time.Second / time.Microsecond)
	d.take(guess2, then) // of the same value, and seconds beside
	if state, r := d.stands(day+1, 5); state != book.Collected || r != 8 {
		t.Errorf("a reading in the place of an estimate: %s %d", state, r)
	}
}

// TestTakeWaits: with the lane busy deliveries queue and are all answered, in a few transactions; when nothing runs any more they
// are refused and not lost in silence.
func TestTakeWaits(t *testing.T) {
	d := newDesk(t, 3000)
	day := book.DayOf(d.now.UnixMicro())
	var all sync.WaitGroup
	for i := range 3000 {
		all.Go(func() {
			r := measured(day, 1, int64(i))
			r.Address = address(i)
			if _, err := d.Take(t.Context(), []book.Reading{r}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if city, _ := d.o.Book.Coverage(day, 2); city.Collected != 3000 {
		t.Errorf("%+v", city)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stopped := New(d.o)
	if err := stopped.Run(ctx); err != nil {
		t.Error(err)
	}
	if _, err := stopped.Take(ctx, []book.Reading{measured(day, 2, 1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("a ledger that stands still: %v", err)
	}
	for range cap(stopped.queue) - 1 {
		stopped.queue <- &delivery{done: make(chan error, 1)}
	}
	if !stopped.Full() {
		t.Error("a full queue is not full")
	}
	if err := stopped.Run(ctx); err != nil || stopped.Full() {
		t.Error("the rest was not refused")
	}
}

// TestOldDays: a day that is not held is read back, kept for a moment, and read anew when something came for it.
func TestOldDays(t *testing.T) {
	d := newDesk(t, 2)
	day := book.DayOf(d.now.UnixMicro())
	d.take(measured(day-10, 7, 5))
	if d.o.Book.Holds(day - 10) {
		t.Fatal("an old day is held")
	}
	got := func() int {
		t.Helper()
		b, err := d.Day(t.Context(), day-10)
		if err != nil {
			t.Fatal(err)
		}
		st, _ := b.Standing(address(0), day-10, book.SlotsPerDay)
		return st.Slots.Measured.Count()
	}
	if n := got(); n != 1 {
		t.Errorf("%d slots", n)
	}
	a, _ := d.Day(t.Context(), day-10)
	b, _ := d.Day(t.Context(), day-10)
	if a != b {
		t.Error("an old day is read back for every question")
	}
	if again := d.take(measured(day-10, 7, 5)); again.Duplicates != 1 {
		t.Errorf("again: %+v", again)
	}
	d.take(measured(day-10, 8, 6))
	if n := got(); n != 2 {
		t.Errorf("%d slots after another came", n)
	}
	if st, _ := d.o.Book.Standing(address(0), day, 1); !st.Heard.IsZero() && st.Heard.UnixMicro() != (day-10).Start()+8*book.SlotMicros {
		t.Errorf("newest %v", st.Heard)
	}
}

// TestLoad: the load is the sum of the powers by slot and district; it follows each commit, whatever is corrected.
func TestLoad(t *testing.T) {
	d := newDesk(t, 4)
	d.o.Book.Put(book.Meter{Num: 4, Address: address(3), District: "120116", Feeder: "F-1", Concentrator: "200000000001", Category: book.Residential, Protocol: book.DLT698})
	day := book.DayOf(d.now.UnixMicro())
	report := func(slot int, power int64) {
		var rows []book.Reading
		for i := range 4 {
			r := measured(day, slot, 1)
			r.Address, r.Power = address(i), power
			rows = append(rows, r)
		}
		d.take(rows...)
	}
	want := func(district string, slot int, mw float64) {
		t.Helper()
		got, err := d.Load(t.Context(), district, day)
		if err != nil || len(got) != book.SlotsPerDay {
			t.Fatal(err, len(got))
		}
		if got[slot] != mw && !(math.IsNaN(mw) && math.IsNaN(got[slot])) {
			t.Errorf("load of %q in slot %d is %v, want %v", district, slot, got[slot], mw)
		}
	}
	report(3, 10_000_000) // 1 MW each
	want("", 3, 4)
	want("120101", 3, 3)
	want("120116", 3, 1)
	want("120117", 3, math.NaN())
	want("", 4, math.NaN())
	report(4, 5_000_000)
	want("", 4, 2)
	want("", 3, 4)
	report(3, 20_000_000)
	want("", 3, 8)
}

// TestSumsAsScanned: whatever comes, is corrected, decided on or moved, the sums that are carried on are those of a scan, also after
// a restart; old days are scanned.
func TestSumsAsScanned(t *testing.T) {
	d := newDesk(t, 24)
	r := rand.New(rand.NewPCG(11, 12))
	today := book.DayOf(d.now.UnixMicro())
	put := func(i int) {
		d.o.Book.Put(book.Meter{Num: int64(i + 1), Address: address(i), District: region.Districts[r.IntN(16)].Code, Feeder: "F-1", Concentrator: "200000000001", Category: book.Residential, Protocol: book.DLT698})
	}
	for i := range 24 {
		put(i)
	}
	check := func(l *Ledger, when string) {
		t.Helper()
		for day := today - 3; day <= today; day++ {
			if _, ok := l.sums.load(day, -1); !ok && day > today-2 {
				t.Errorf("%s: %v is not carried on", when, day)
			}
			for k := -1; k < len(region.Districts); k++ {
				sel := book.Select{}
				if k >= 0 {
					sel.District = region.Districts[k].Code
				}
				keys := append([]int64{}, l.o.Book.Keys(sel)...)
				points, err := l.o.Readings.Aggregate(t.Context(), keys, "power", day.Start(), (day + 1).Start(), book.SlotLength)
				if err != nil {
					t.Fatal(err)
				}
				scanned := map[int]float64{}
				for _, p := range points {
					if p.Count > 0 {
						scanned[int((p.At-day.Start())/book.SlotMicros)] = float64(p.Sum) / 1e4 / 1e3
					}
				}
				got, err := l.Load(t.Context(), sel.District, day)
				if err != nil {
					t.Fatal(err)
				}
				for i, mw := range got {
					want, there := scanned[i]
					if there != !math.IsNaN(mw) || there && mw != want {
						t.Fatalf("%s: load of %q in slot %d of %v is %v, a scan gives %v %v", when, sel.District, i, day, mw, want, there)
					}
				}
			}
		}
	}
	for round := range 12 {
		var rows []book.Reading
		for range 300 {
			x := measured(today-book.Day(r.IntN(2)), r.IntN(40), int64(r.IntN(1000)))
			x.Address, x.Power = address(r.IntN(24)), int64(r.IntN(90_000)-20_000)
			if r.IntN(9) == 0 {
				x.Power = series.Null
			}
			if r.IntN(7) == 0 {
				x.At += 5 * time.Minute.Microseconds() // beside every slot
			}
			if r.IntN(5) == 0 {
				x.Quality = series.Estimated
			}
			rows = append(rows, x)
		}
		d.take(rows...)
		check(d.Ledger, "after readings")
		key, at := int64(r.IntN(24)+1), today.Start()+int64(r.IntN(40))*book.SlotMicros
		if old, err := d.o.Readings.Range(t.Context(), key, at, at+1); err != nil {
			t.Fatal(err)
		} else if len(old) == 1 {
			q := []series.Quality{series.Substituted, series.Invalid}[round%2]
			if err := d.Decide(t.Context(), func(*store.Tx) ([]series.Sample, error) {
				return []series.Sample{{Key: key, At: at, Quality: q, Values: []int64{1, 777, 2200}}}, nil
			}); err != nil {
				t.Fatal(err)
			}
			check(d.Ledger, "after a decision")
		}
		if round%4 == 3 {
			put(r.IntN(24))
			if err := d.Moved(t.Context()); err != nil {
				t.Fatal(err)
			}
			check(d.Ledger, "after a meter moved")
		}
	}
	again := New(d.o)
	if err := again.Recall(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(again, "after a restart")
	put(5)
	if err := again.Moved(t.Context()); err != nil { // as an import into data that nobody serves: its intake does not run
		t.Fatal(err)
	}
	check(again, "after a meter moved without an intake")
}
