package vee

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
)

// broken are the days of a meter with one kind of trouble a meter: what is sent, and from which slots on another register counts.
func broken(i int, first book.Day, days int) (rows []book.Reading, seams map[int]bool) {
	rng, n := rand.New(rand.NewPCG(uint64(i), 5)), days*rule.Slots
	reg, skip, seams := make([]int64, n), make([]bool, n), map[int]bool{}
	base := int64(20_000_000) + int64(i)*1000
	if i%12 == 7 {
		base = 1_000_000_0000 - 400_000 // rolls over
	}
	for k := range reg {
		base += 300 + rng.Int64N(900)
		reg[k] = base % 1_000_000_0000
	}
	at := rule.Slots + 10 + rng.IntN(rule.Slots-30)
	switch i % 12 {
	case 0: // a gap within a day
		for k := at; k < at+1+rng.IntN(20); k++ {
			skip[k] = true
		}
	case 1: // a run of registers too high
		for k := at; k < at+1+rng.IntN(7); k++ {
			reg[k] += 9_000_000
		}
	case 2: // or too low
		for k := at; k < at+1+rng.IntN(7); k++ {
			reg[k] -= 9_000_000
		}
	case 3: // another meter
		seams[at] = true
		for k := at; k < n; k++ {
			reg[k] -= 11_000_000
		}
	case 4: // a meter that begins anew, after a gap
		for k, zero := at, reg[at-1]; k < n; k++ {
			reg[k] -= zero
			skip[k] = k < at+5
		}
		seams[at+5] = true
	case 5: // a day and more without any
		for k := at; k < at+rule.Slots+30; k++ {
			skip[k] = true
		}
	case 6: // nothing at the day's end and the next one's beginning
		for k := 2*rule.Slots - 9; k < 2*rule.Slots+9; k++ {
			skip[k] = true
		}
	case 8: // wrong at the last slots of a day
		for k := 2*rule.Slots - 2; k < 2*rule.Slots; k++ {
			reg[k] -= 5_000_000
		}
	case 9: // wrong beside a gap
		reg[at] += 4_000_000
		skip[at+1], skip[at-1] = true, true
	case 10: // one quarter hour of very much energy, which stays
		for k := at; k < n; k++ {
			reg[k] += 2_000_000
		}
	}
	for k := range reg {
		if !skip[k] {
			r := measured(i, first, k, reg[k])
			rows = append(rows, r)
		}
	}
	return rows, seams
}

// TestEveryMeterAddsUp: after the passes every quarter hour between the first and the last accepted reading of every meter has a register,
// none lies below the one before it except where the meter rolled over or another register began, and the quarter hours between any
// two accepted readings add up to their difference, to the last tenth of a watt-hour. No pass leaves a meter torn.
func TestEveryMeterAddsUp(t *testing.T) {
	const n, days = 240, 5
	d := newDesk(t, n)
	first := book.DayOf(d.clock.now.UnixMicro()) - days
	seams := make([]map[int]bool, n)
	rows := make([][]book.Reading, days)
	for i := range n {
		all, at := broken(i, first, days)
		seams[i] = at
		for _, r := range all {
			day := book.DayOf(r.At) - first
			rows[day] = append(rows[day], r)
		}
	}
	for day := range book.Day(days) { // each night its own day, as it comes
		d.clock.now = (first + day + 1).Date().Add(7 * time.Hour)
		d.take(rows[day]...)
		d.work()
	}
	list, err := passes(t.Context(), d.db, qPassList, 99)
	if err != nil || len(list) != days {
		t.Fatal(len(list), err)
	}
	for _, p := range list {
		if p.Torn != 0 || p.Failed != 0 || p.Meters != n {
			t.Errorf("%+v", p)
		}
	}
	rejected := 0
	for i := range n {
		prev, last, sum, since := int64(series.Null), int64(series.Null), int64(0), false
		for day := range book.Day(days) {
			samples, err := d.o.Ledger.Meter(t.Context(), key(i), first+day)
			if err != nil {
				t.Fatal(err)
			}
			at := map[int]series.Sample{}
			for _, x := range samples {
				if in, slot, ok := book.SlotAt(x.At, d.o.Tolerance); ok && in == first+day {
					at[slot] = x
				}
			}
			for slot := range rule.Slots {
				x, ok := at[slot]
				if !ok {
					t.Fatalf("meter %d (kind %d) has nothing on day %d at %d", i, i%12, day, slot)
				}
				r := x.Values[0]
				switch _, _, rolled := rule.Unroll(prev, r); {
				case seams[i][int(day)*rule.Slots+slot]:
					last, sum = series.Null, 0
				case prev == series.Null || r >= prev:
					if prev != series.Null {
						sum += r - prev
					}
				case rolled:
					sum += r + 1_000_000_0000 - prev
				default:
					t.Fatalf("meter %d (kind %d) falls from %d to %d on day %d at %d", i, i%12, prev, r, day, slot)
				}
				if prev = r; isReading(x.Quality) {
					want := r - last
					if want < 0 {
						want += 1_000_000_0000
					}
					if last != series.Null && sum != want {
						t.Fatalf("meter %d (kind %d): %d between readings that stand %d apart", i, i%12, sum, want)
					}
					last, sum, since = r, 0, true
				}
			}
		}
		if !since {
			t.Errorf("meter %d has no reading", i)
		}
	}
	all, err := edits(t.Context(), d.db, qEdits, "~", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if !e.byPass() || e.Was.Register == series.Null || e.Reason == "" {
			t.Errorf("%+v", e)
		}
		rejected++
	}
	if rejected < n/12*3 {
		t.Errorf("only %d readings were rejected", rejected)
	}
}

// TestRejected: a rejected reading is kept with its rule; the same reading sent again is rejected again, without a second account; a
// person takes it back and it stands from then on; what a person puts there no pass moves.
func TestRejected(t *testing.T) {
	d := newDesk(t, 1)
	day := book.DayOf(d.clock.now.UnixMicro()) - 1
	var rows []book.Reading
	for k := range book.SlotsPerDay {
		r := measured(0, day, k, 20_000_000+int64(k)*1000)
		if k == 30 {
			r.Energy += 9_000_000
			r.At += 3_000_000 // three seconds late
		}
		rows = append(rows, r)
	}
	d.take(rows...)
	d.work()
	if _, r := d.stands(day, 30); r != 20_030_000 {
		t.Fatalf("%d stands in the wrong reading's place", r)
	}
	list := func() []Edit {
		out, err := edits(t.Context(), d.db, qEdits, "~", 9)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	kept := list()
	if len(kept) != 1 || kept[0].Was.Register != 29_030_000 || kept[0].Was.At != rows[30].At || kept[0].State != "stands" {
		t.Fatalf("%+v", kept)
	}
	d.take(rows[30])
	d.clock.now = d.clock.now.Add(2 * time.Hour)
	d.work()
	if _, r := d.stands(day, 30); r != 20_030_000 || len(list()) != 1 {
		t.Errorf("sent again: %d, %d accounts", r, len(list()))
	}
	if _, err := d.Edit(t.Context(), officer, Wish{Address: address(0), Day: day, Slot: 30, Register: 20_030_400, Power: series.Null, Reason: "与现场表码核对"}); err != nil {
		t.Fatal(err)
	}
	d.clock.now = d.clock.now.Add(2 * time.Hour)
	d.work()
	if _, r := d.stands(day, 30); r != 20_030_400 {
		t.Errorf("a person's value was moved to %d", r)
	}
	if _, err := d.Undo(t.Context(), officer, list()[0].ID, "看错了表号"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Undo(t.Context(), officer, kept[0].ID, "确为实际读数"); err != nil {
		t.Fatal(err)
	}
	d.clock.now = d.clock.now.Add(2 * time.Hour)
	d.work()
	if _, r := d.stands(day, 30); r != 29_030_000 {
		t.Errorf("what a person let stand was rejected again: %d", r)
	}
}

// TestLateOverRestart: which meters' days wait for another pass is known after a restart.
func TestLateOverRestart(t *testing.T) {
	d := newDesk(t, 1)
	day := book.DayOf(d.clock.now.UnixMicro()) - 1
	var rows []book.Reading
	for k := range book.SlotsPerDay {
		rows = append(rows, measured(0, day, k, 20_000_000+int64(k)*1000))
	}
	d.take(rows[:40]...)
	d.take(rows[50:]...)
	d.work()
	odd := measured(0, day, 45, 20_041_000)
	d.take(odd)
	d.work() // not due yet: written down
	again, err := New(t.Context(), d.o)
	if err != nil {
		t.Fatal(err)
	}
	d.Part = again
	d.clock.now = d.clock.now.Add(2 * time.Hour)
	d.work()
	if _, r := d.stands(day, 44); r > odd.Energy {
		t.Errorf("the estimate before a late reading of %d stayed at %d", odd.Energy, r)
	}
	third, err := New(t.Context(), d.o)
	if err != nil {
		t.Fatal(err)
	}
	if left := third.late.Take(); len(left[day]) != 0 {
		t.Errorf("%d wait still", len(left[day]))
	}
}

// TestSort: the kinds of day by the calendar.
func TestSort(t *testing.T) {
	c, err := calendar.New()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]rule.Sort{"2015-02-19": {Class: rule.Spring, Holiday: true}, "2015-10-01": {Class: rule.Weekend, Holiday: true}, "2015-10-10": {}, "2015-11-21": {Class: rule.Weekend}, "2015-11-20": {}} {
		d, _ := book.ParseDay(text)
		if got := sort(c)(d); got != want {
			t.Errorf("%s is %+v", text, got)
		}
	}
}
