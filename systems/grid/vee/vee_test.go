package vee

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/ledger"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
	"github.com/haihe-city/haihe/web/ui"
)

// hands is a clock that the test moves.
type hands struct{ now time.Time }

func (h *hands) Now() time.Time { return h.now }

// desk is the part on an empty database, with the ledger that it writes through.
type desk struct {
	*Part
	t     testing.TB
	clock *hands
	table *series.Table
	db    *store.DB
}

var (
	officer = identity.NewPrincipal("person:officer", "power", nil, GrantEdit, grantRead)
	reader  = identity.NewPrincipal("person:reader", "power", nil, grantRead)
)

func newDesk(t testing.TB, meters int) *desk {
	t.Helper()
	d := &desk{t: t, clock: &hands{time.Date(2015, 11, 20, 7, 30, 0, 0, book.China)}, db: storetest.Open(t)}
	ctx := context.Background()
	e, err := series.Open(ctx, d.db, d.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if d.table, err = e.Declare(ctx, ledger.Family); err != nil {
		t.Fatal(err)
	}
	b := book.New(3)
	for i := range meters {
		b.Put(book.Meter{Num: int64(i)*3 + 1, Address: address(i), District: region.Districts[i%16].Code, Feeder: "F-1", Concentrator: "200000000001", Category: book.Residential, Protocol: book.DLT698})
	}
	j, err := journal.Open(ctx, d.db, d.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	l := ledger.New(ledger.Options{DB: d.db, Readings: d.table, Book: b, Now: d.clock.Now, Ahead: time.Hour, Late: 12 * time.Hour, Tolerance: 2 * time.Minute,
		Stored: func() {}, Count: func(string, int) {}, Came: func(keys []int64, marks []book.Placed) {
			if d.Part != nil {
				d.Came(keys, marks)
			}
		}})
	if err := l.Recall(ctx); err != nil {
		t.Fatal(err)
	}
	days, err := calendar.New()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{DB: d.db, Readings: d.table, Book: b, Ledger: l, Clock: d.clock, Days: func() *calendar.Calendar { return days }, Journal: j, Tolerance: 2 * time.Minute, Hour: 6,
		Order: "linear,profile,proxy,average", Page: func(title lang.Text, _ string, _ ...ui.Link) *ui.Page { return &ui.Page{Title: title} }}
	if d.Part, err = New(ctx, o); err != nil {
		t.Fatal(err)
	}
	run, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = l.Run(run) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return d
}

func address(i int) string { return fmt.Sprintf("1%011d", i) }

func key(i int) int64 { return int64(i)*3 + 1 }

func (d *desk) take(rows ...book.Reading) {
	d.t.Helper()
	for len(rows) > 0 {
		n := min(len(rows), 20_000)
		if _, err := d.o.Ledger.Take(d.t.Context(), rows[:n]); err != nil {
			d.t.Fatal(err)
		}
		rows = rows[n:]
	}
}

// work passes what is due.
func (d *desk) work() {
	d.t.Helper()
	if err := d.Work(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// measured is a reading of meter i in a slot of a day; slots may lie beside the day.
func measured(i int, day book.Day, slot int, register int64) book.Reading {
	return book.Reading{Address: address(i), At: day.Start() + int64(slot)*book.SlotMicros, Energy: register, Power: 4000, Voltage: 2200}
}

// stands gives the state and register of a slot of meter 0.
func (d *desk) stands(day book.Day, slot int) (book.State, int64) {
	d.t.Helper()
	st, _ := d.o.Book.Standing(address(0), day, book.SlotsPerDay)
	v, err := d.standing(d.t.Context(), key(0), day, slot)
	if err != nil {
		d.t.Fatal(err)
	}
	return st.Slots.At(slot, book.SlotsPerDay), v.Register
}

// TestEstimates: gaps are bridged so that the energy adds up; a late reading takes the estimate's place, and what is estimated
// beside it is drawn anew; none of it counts as collected, and an estimate never covers a reading.
func TestEstimates(t *testing.T) {
	d := newDesk(t, 2)
	day := book.DayOf(d.clock.now.UnixMicro()) - 1
	register := func(k int) int64 { return 1_000_000 + int64(k)*1000 }
	missing := map[int]bool{}
	for _, gap := range [][2]int{{0, 2}, {10, 11}, {20, 28}, {40, 49}, {90, 96}} {
		for k := gap[0]; k < gap[1]; k++ {
			missing[k] = true
		}
	}
	var rows []book.Reading
	for k := -1; k <= book.SlotsPerDay; k++ { // the neighbours of the day as well
		if !missing[k] {
			rows = append(rows, measured(0, day, k, register(k)))
		}
	}
	d.take(rows...)
	if err := d.o.DB.Write(t.Context(), func(tx *store.Tx) error { return addPass(tx, day-1, system, d.clock.now) }); err != nil { // it knows the reading before midnight
		t.Fatal(err)
	}
	d.work()
	for k := range book.SlotsPerDay {
		state, r := d.stands(day, k)
		switch {
		case !missing[k]:
			if state != book.Late && state != book.Collected || r != register(k) {
				t.Errorf("slot %d: %s %d", k, state, r)
			}
		default:
			if state != book.Estimated || r != register(k) { // on a straight line the sum check holds to the last digit
				t.Errorf("slot %d: %s %d, want an estimate of %d", k, state, r, register(k))
			}
		}
	}
	city, _ := d.o.Book.Coverage(day, book.SlotsPerDay)
	if city.Complete != 0 || city.Estimated != 26 || city.Missing != 96 {
		t.Errorf("coverage: %+v", city)
	}
	list, err := passes(t.Context(), d.db, qPassList, 9)
	if err != nil || len(list) != 2 || list[0].Estimated != 26 || list[0].Balanced != 1 || list[0].Unended != 1 || list[0].Failed != 0 || list[0].State != "done" {
		t.Fatalf("%+v, %v", list, err)
	}
	d.work() // again: nothing is due
	if list, _ = passes(t.Context(), d.db, qPassList, 9); len(list) != 2 {
		t.Errorf("%d passes", len(list))
	}

	late := measured(0, day, 24, register(28)-500) // much of the gap's energy was taken before 6 o'clock
	d.take(late)
	if state, r := d.stands(day, 24); state != book.Late || r != late.Energy {
		t.Errorf("slot 24: %s %d", state, r)
	}
	d.clock.now = d.clock.now.Add(2 * time.Hour)
	d.work()
	for k, want := range map[int]int64{23: register(19) + (late.Energy-register(19))*4/5, 25: late.Energy + 125, 27: late.Energy + 375} {
		if state, r := d.stands(day, k); state != book.Estimated || r != want {
			t.Errorf("slot %d was not drawn anew: %s %d, want %d", k, state, r, want)
		}
	}
	est := measured(0, day, 50, 1)
	est.Quality = series.Estimated
	d.take(est)
	if state, r := d.stands(day, 50); state == book.Estimated || r != register(50) {
		t.Errorf("an estimate covers a reading: %s %d", state, r)
	}
}

// TestSilence: a meter that is silent for days is estimated from what is usual for it, marked as estimated for too long, and all
// of it is drawn anew when it speaks again, so that the quarter hours add up to what its register says.
func TestSilence(t *testing.T) {
	d := newDesk(t, 1)
	first := book.DayOf(d.clock.now.UnixMicro()) - 20
	start := d.clock.now.Add(-20 * 24 * time.Hour)
	rng := rand.New(rand.NewPCG(1, 1))
	read := []int64{5_000_000}
	for range 17 * book.SlotsPerDay {
		read = append(read, read[len(read)-1]+600+rng.Int64N(200))
	}
	register := func(day book.Day, slot int) int64 { return read[int(day-first)*book.SlotsPerDay+slot] }
	for n := range 16 {
		day := first + book.Day(n)
		d.clock.now = start.Add(time.Duration(n) * 24 * time.Hour).Add(24 * time.Hour)
		var rows []book.Reading
		for k := range book.SlotsPerDay {
			if n < 10 || n == 15 && k >= 20 {
				r := measured(0, day, k, register(day, k))
				if day > first || k > 0 {
					r.Power = 4 * (r.Energy - register(day, k-1))
				}
				rows = append(rows, r)
			}
		}
		d.take(rows...)
		d.work()
		found, err := findingsOf(t.Context(), d.db, key(0), day)
		if err != nil {
			t.Fatal(err)
		}
		prolonged := false
		for _, f := range found {
			prolonged = prolonged || f.Rule == rule.Prolonged
		}
		if want := n >= 13 && n < 15; prolonged != want {
			t.Errorf("day %d: prolonged %v, want %v: %+v", n, prolonged, want, found)
		}
		if v, err := d.standing(t.Context(), key(0), day, 50); err != nil || n >= 10 && n < 15 && v.Quality != series.Estimated {
			t.Errorf("day %d is not estimated: %+v, %v", n, v, err)
		}
	}
	sum, last := int64(0), register(first+9, 95)
	for n := 10; n <= 15; n++ {
		for k := range book.SlotsPerDay {
			_, r := d.stands(first+book.Day(n), k)
			if r < last {
				t.Fatalf("day %d slot %d: %d after %d", n, k, r, last)
			}
			sum += r - last
			last = r
		}
	}
	if want := register(first+15, 95) - register(first+9, 95); sum != want {
		t.Errorf("the quarter hours make %d, the registers %d", sum, want)
	}
}

// crowd reports a day of many meters, with gaps and faults in some of them.
func (d *desk) crowd(n int, day book.Day, base []int64) {
	rng := rand.New(rand.NewPCG(uint64(day), 9))
	var rows []book.Reading
	for i := range n {
		from, to := 200, 200
		if i%5 == 0 {
			from = rng.IntN(90)
			to = from + 1 + rng.IntN(40)
		}
		for k := range book.SlotsPerDay {
			e := 300 + int64(k%48)*20 + rng.Int64N(100)
			base[i] += e
			if i%97 == 5 && k == 33 {
				base[i] -= 700_000
			}
			if k >= from && k < to {
				continue
			}
			r := measured(i, day, k, base[i])
			r.Power = e * 4
			rows = append(rows, r)
		}
	}
	d.take(rows...)
}

// TestPassGoesOn: a pass that is broken off in the middle, by a program that dies, goes on where it was and ends as one that was
// not: the same findings, the same statistics, the same estimates, nothing counted twice.
func TestPassGoesOn(t *testing.T) {
	const n = 9000
	var ends [2]any
	for try := range 2 {
		d := newDesk(t, n)
		day := book.DayOf(d.clock.now.UnixMicro()) - 1
		base := make([]int64, n)
		for i := range base {
			base[i] = 20_000_000
		}
		d.crowd(n, day, base)
		if try == 1 {
			if err := d.due(t.Context(), day, d.clock.now); err != nil {
				t.Fatal(err)
			}
			w := newWorker(d.Part, day, 1)
			keys := make([]int64, 0, batchKeys)
			for i := range batchKeys {
				keys = append(keys, key(i))
			}
			for key(len(keys))>>blockBits == keys[len(keys)-1]>>blockBits {
				keys = append(keys, key(len(keys)))
			}
			if err := w.batch(t.Context(), keys); err != nil { // one batch is done, and the program dies
				t.Fatal(err)
			}
			again, err := New(t.Context(), d.o)
			if err != nil {
				t.Fatal(err)
			}
			d.Part = again
		}
		d.work()
		list, err := passes(t.Context(), d.db, qPassList, 9)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		p := list[0]
		if p.State != "done" || p.Meters != n || p.Total != n || p.Failed != 0 || p.Balanced+p.Unended+p.Torn != n || p.Estimated == 0 || p.Torn != 0 || p.Findings < n/5 {
			t.Errorf("try %d: %+v", try, p)
		}
		count, err := d.blocksOf(key(0), key(n))
		if err != nil {
			t.Fatal(err)
		}
		city, _ := d.o.Book.Coverage(day, book.SlotsPerDay)
		p.Num, p.Began, p.Ended = 0, time.Time{}, time.Time{}
		ends[try] = []any{p, count, city}
	}
	if !reflect.DeepEqual(ends[0], ends[1]) {
		t.Error("the broken pass ends otherwise")
	}
}

func (d *desk) blocksOf(first, last int64) ([]rule.Stat, error) {
	all, err := d.stats(d.t.Context(), first, last)
	var out []rule.Stat
	for k := first; k <= last; k++ {
		if b := all[k>>blockBits]; b != nil && b.have>>uint(k&63)&1 == 1 {
			out = append(out, *b.of(k))
		}
	}
	return out, err
}

// TestEdit: a person's value stands in a reading's place, whatever is sent again, until it is taken back; in a gap it is an
// estimate that no pass moves and a reading replaces. The value before is kept, the acts are in the journal.
func TestEdit(t *testing.T) {
	d := newDesk(t, 1)
	day := book.DayOf(d.clock.now.UnixMicro()) - 1
	var rows []book.Reading
	for k := range book.SlotsPerDay {
		if k < 40 || k >= 60 {
			rows = append(rows, measured(0, day, k, 1_000_000+int64(k)*1000))
		}
	}
	d.take(rows...)
	d.work()
	wish := Wish{Address: address(0), Day: day, Slot: 10, Register: 1_009_500, Power: series.Null, Reason: "与现场表码核对"}
	e, err := d.Edit(t.Context(), officer, wish)
	if err != nil {
		t.Fatal(err)
	}
	if e.Was.Register != 1_010_000 || e.Now.Quality&^series.Late != series.Substituted || e.Now.Power != 4000 || e.Now.Voltage != 2200 {
		t.Errorf("%+v", e)
	}
	before, _ := d.o.Book.Coverage(day, book.SlotsPerDay)
	d.take(rows[10]) // the concentrator sends the same again
	if state, r := d.stands(day, 10); r != 1_009_500 || state != book.Late {
		t.Errorf("what was edited was covered: %s %d", state, r)
	}
	if err := d.o.Ledger.Recall(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after, _ := d.o.Book.Coverage(day, book.SlotsPerDay); after != before {
		t.Errorf("the coverage was %+v and is %+v after a restart", before, after)
	}
	if _, err := d.Edit(t.Context(), officer, wish); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second edit of the slot: %v", err)
	}
	if _, err := d.Undo(t.Context(), officer, e.ID, "看错了表号"); err != nil {
		t.Fatal(err)
	}
	if _, r := d.stands(day, 10); r != 1_010_000 {
		t.Errorf("taken back: %d", r)
	}
	if _, err := d.Undo(t.Context(), officer, e.ID, "再撤一次"); !errs.Is(err, errs.Conflict) {
		t.Errorf("taken back twice: %v", err)
	}

	wish.Slot, wish.Register = 50, 1_045_000
	fill, err := d.Edit(t.Context(), officer, wish)
	if err != nil || fill.Now.Quality != series.Estimated {
		t.Fatal(fill, err)
	}
	d.clock.now = d.clock.now.Add(2 * time.Hour)
	d.work()
	for k, want := range map[int]int64{50: 1_045_000, 55: 1_045_000 + 15_000*5/10} {
		if _, r := d.stands(day, k); r != want {
			t.Errorf("slot %d is %d after the pass, want %d", k, r, want)
		}
	}
	d.take(measured(0, day, 50, 1_050_000)) // the reading comes after all
	if state, r := d.stands(day, 50); state != book.Late || r != 1_050_000 {
		t.Errorf("the reading did not take the place of what a person filled in: %s %d", state, r)
	}
	if _, err := d.Undo(t.Context(), officer, fill.ID, "读数已到"); err != nil {
		t.Fatal(err)
	}
	if _, r := d.stands(day, 50); r != 1_050_000 {
		t.Errorf("taking an edit back covers the reading: %d", r)
	}
	wish.Day, wish.Slot = day+1, 4 // nothing stands there
	none, err := d.Edit(t.Context(), officer, wish)
	if err != nil || none.Was.At != 0 {
		t.Fatal(none, err)
	}
	if _, err := d.Undo(t.Context(), officer, none.ID, "填错时段"); err != nil {
		t.Fatal(err)
	}
	if state, r := d.stands(day+1, 4); state != book.Missing || r != series.Null {
		t.Errorf("taken back: %s %d", state, r)
	}
	for i, c := range []struct {
		by   *identity.Principal
		edit func(w *Wish)
		kind errs.Kind
	}{
		{reader, func(*Wish) {}, errs.Denied},
		{officer, func(w *Wish) { w.Reason = " 短 " }, errs.Invalid},
		{officer, func(w *Wish) { w.Address = "9" }, errs.NotFound},
		{officer, func(w *Wish) { w.Slot = 96 }, errs.Invalid},
		{officer, func(w *Wish) { w.Register = -1 }, errs.Invalid},
		{officer, func(w *Wish) { w.Power = mostPower }, errs.Invalid},
		{officer, func(w *Wish) { w.Day += 2 }, errs.Conflict},
	} {
		w := wish
		c.edit(&w)
		if _, err := d.Edit(t.Context(), c.by, w); !errs.Is(err, c.kind) {
			t.Errorf("wish %d: %v", i, err)
		}
	}
	if _, err := d.Undo(t.Context(), reader, fill.ID, "没有权限"); !errs.Is(err, errs.Denied) {
		t.Error(err)
	}
	entries, _, err := d.o.Journal.List(t.Context(), journal.Filter{})
	if err != nil || len(entries) != 6 {
		t.Errorf("%d entries in the journal, %v", len(entries), err)
	}
	all, err := edits(t.Context(), d.db, qEditsOf, key(0), int64(day))
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, e := range all {
		if e.State != "undone" || e.UndoneBy != officer.ID || e.Slot == 10 && (e.Was.Register != 1_010_000 || e.UndoneWhy != "看错了表号") {
			t.Errorf("%+v", e)
		}
	}
}

// TestOrders: a day is passed when a person with the grant says so, and a day that is not over never.
func TestOrders(t *testing.T) {
	d := newDesk(t, 3)
	today := book.DayOf(d.clock.now.UnixMicro())
	if err := d.Order(t.Context(), reader, today-1); !errs.Is(err, errs.Denied) {
		t.Error(err)
	}
	if err := d.Order(t.Context(), officer, today); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	for i := range mostOrders + 1 {
		if err := d.Order(t.Context(), officer, today-3); (err != nil) != (i == mostOrders) {
			t.Errorf("order %d: %v", i, err)
		}
	}
	d.work()
	list, err := passes(t.Context(), d.db, qPassList, 20)
	if err != nil || len(list) != mostOrders+2 { // and the days since, up to yesterday
		t.Fatalf("%d passes, %v", len(list), err)
	}
	for _, p := range list {
		if p.State != "done" || p.Meters != 3 {
			t.Errorf("%+v", p)
		}
	}
}

// TestDaysLeftOut: where days were left out, by a program that stood still, they are caught up on; and a pass over a later day
// alone does not take the readings of the days between for a gap.
func TestDaysLeftOut(t *testing.T) {
	d := newDesk(t, 1)
	day := book.DayOf(d.clock.now.UnixMicro()) - 1
	for back := book.Day(5); ; back-- {
		var rows []book.Reading
		for k := range book.SlotsPerDay {
			rows = append(rows, measured(0, day-back, k, 9_000_000-int64(back)*96_000+int64(k)*1000))
		}
		d.take(rows...)
		if back == 0 {
			break
		}
	}
	for _, only := range []book.Day{day - 5, day - 2} {
		if err := d.Order(t.Context(), officer, only); err != nil {
			t.Fatal(err)
		}
	}
	d.clock.now = d.clock.now.Add(-3 * time.Hour) // before the hour: only what was ordered
	d.work()
	list, err := passes(t.Context(), d.db, qPassList, 9)
	if err != nil || len(list) != 2 || list[0].Estimated != 0 || list[0].Balanced != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	d.clock.now = d.clock.now.Add(3 * time.Hour)
	d.work()
	if list, err = passes(t.Context(), d.db, qPassList, 9); err != nil || len(list) != 4 || list[0].Day != day || list[1].Day != day-1 || list[0].Balanced != 1 || list[1].Balanced != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

// FuzzForms: what a person or a link writes is read exactly or refused.
func FuzzForms(f *testing.F) {
	for _, s := range []string{"503.25", "-0.0001", "5,03", "1~2~spike", "3~17~missing", "1.", "", "linear,average"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, ok := parse4(s); ok {
			if again, ok := parse4(text4(v)); !ok || again != v {
				t.Errorf("%q became %d, and then %d", s, v, again)
			}
		}
		if p, err := parsePlace(s); err == nil && s != "" {
			if again, err := parsePlace(found{p.meter, rule.Finding{Rule: p.rule, Severity: p.severity}}.place()); err != nil || again != p {
				t.Errorf("%q became %+v", s, again)
			}
		}
	})
}

// FuzzStatistics: a row of statistics is read and written again as it is, or refused.
func FuzzStatistics(f *testing.F) {
	b := block{}
	b.of(3).Register = 5
	b.of(63)
	f.Add(b.pack())
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		var b, c block
		if b.unpack(body) != nil {
			return
		}
		if err := c.unpack(b.pack()); err != nil || c != b {
			t.Errorf("read again: %v", err)
		}
	})
}

// TestDamagedStatistics: a row that is not what was written is refused in words.
func TestDamagedStatistics(t *testing.T) {
	b := block{num: 4}
	b.of(5).Register = 77
	body := b.pack()
	c := block{num: 4}
	if err := c.unpack(body); err != nil || c.of(5).Register != 77 {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{nil, body[:7], body[:len(body)-1], append(body, 0)} {
		if err := c.unpack(bad); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
}

// TestPaging: in both orders the pages of a day's findings have each of them once, and the counts by rule are theirs.
func TestPaging(t *testing.T) {
	const n = 400
	d := newDesk(t, n)
	day := book.DayOf(d.clock.now.UnixMicro()) - 1
	d.crowd(n, day, make([]int64, n))
	d.work()
	counts, err := tallies(t.Context(), d.db, day)
	if err != nil || counts[day][rule.Missing] != n/5 || counts[day][rule.Negative] == 0 {
		t.Fatalf("%v, %v", counts, err)
	}
	for _, worst := range []bool{true, false} {
		for _, c := range []query{{day: day}, {day: day, rule: rule.Missing}, {day: day, district: region.Districts[3].Code}, {day: day, severity: rule.Major}, {day: day - 1}} {
			first, err := parsePlace("")
			if err != nil {
				t.Fatal(err)
			}
			c.worst, c.limit, c.after = worst, 7, first
			seen, total, last := map[string]bool{}, int64(0), rule.Major
			for {
				page, all, err := findings(t.Context(), d.db, c)
				if err != nil {
					t.Fatal(err)
				}
				total = all
				for _, f := range page {
					m, _ := d.o.Book.ByNum(f.key)
					if seen[f.place()] || worst && f.Severity > last || c.rule != "" && f.Rule != c.rule || c.district != "" && m.District != c.district || f.Severity < c.severity {
						t.Fatalf("%+v in %+v", f, c)
					}
					seen[f.place()], last = true, f.Severity
				}
				if len(page) < c.limit {
					break
				}
				if c.after, err = parsePlace(page[len(page)-1].place()); err != nil {
					t.Fatal(err)
				}
			}
			if int64(len(seen)) != total || (total == 0) != (c.day != day) {
				t.Errorf("%+v: %d findings on its pages, %d counted", c, len(seen), total)
			}
		}
	}
	for i := range 3 {
		w := Wish{Address: address(1), Day: day, Slot: i, Register: 5, Power: series.Null, Reason: "核对表码"}
		if _, err := d.Edit(t.Context(), officer, w); err != nil {
			t.Fatal(err)
		}
	}
	before := "~"
	for i := range 3 {
		page, err := edits(t.Context(), d.db, qEdits, before, 1)
		if err != nil || len(page) != 1 || page[0].ID >= before {
			t.Fatalf("page %d of edits: %+v, %v", i, page, err)
		}
		before = page[0].ID
	}
}
