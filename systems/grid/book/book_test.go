package book

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/series"
)

func testBook(t *testing.T, n int) *Book {
	t.Helper()
	b := New(3)
	for i := range n {
		b.Put(Meter{Num: int64(i + 1), Address: fmt.Sprintf("%012d", i), District: region.Districts[i%16].Code, Concentrator: fmt.Sprintf("%012d", 900+i%4), Category: Residential, Protocol: DLT698})
	}
	return b
}

// TestHeldBack is the promise of the collection coverage: exact to the single missing meter.
func TestHeldBack(t *testing.T) {
	const n, back = 6000, 1234
	b := testBook(t, n)
	d, _ := ParseDay("2015-11-20")
	var all, rest []Placed
	for i := range n {
		for s := range 38 {
			p := Placed{Place: int32(i), Day: d, Slot: s, At: d.Start() + int64(s)*SlotMicros, Quality: series.Measured}
			if i%4 == 1 && s == i%38 && len(rest) < back {
				rest = append(rest, p)
				continue
			}
			all = append(all, p)
		}
	}
	if len(rest) != back {
		t.Fatalf("the test holds back %d meters, wants %d", len(rest), back)
	}
	b.Mark(all)
	city, by := b.Coverage(d, 38)
	if city.Meters != n || city.Meters-city.Complete != back || city.Missing != back {
		t.Fatalf("coverage %+v, want %d incomplete", city, back)
	}
	var sum Cover
	for _, c := range by {
		sum.Meters += c.Meters
		sum.Complete += c.Complete
	}
	if sum.Meters != city.Meters || sum.Complete != city.Complete {
		t.Errorf("Districts add up to %+v, city is %+v", sum, city)
	}
	listed := map[int32]bool{}
	for sel := (Select{State: "incomplete", Limit: 100}); ; {
		page, total, next := b.List(d, 38, sel)
		if total != back {
			t.Fatalf("total %d, want %d", total, back)
		}
		for _, m := range page {
			if listed[m.Place] {
				t.Fatalf("meter %s is listed twice", m.Address)
			}
			listed[m.Place] = true
		}
		if sel.After = next; next.First() {
			break
		}
	}
	for _, p := range rest {
		if !listed[p.Place] {
			t.Fatalf("meter %d is missing and not listed", p.Place)
		}
	}
	if len(listed) != back {
		t.Fatalf("%d listed, want %d", len(listed), back)
	}
	b.Mark(rest)
	if city, _ = b.Coverage(d, 38); city.Rate() != 100 {
		t.Errorf("after re-reading the coverage is %v", city.Rate())
	}
}

func TestBookKeepsItsDays(t *testing.T) {
	b := testBook(t, 10)
	d, _ := ParseDay("2015-11-20")
	for k := range 6 {
		b.Mark([]Placed{{Place: 1, Day: d + Day(k), Slot: 1, Quality: series.Measured, At: 1}})
	}
	if len(b.days) != 3 || !b.Holds(d+5) || b.Holds(d+2) {
		t.Errorf("%d days held, newest %v", len(b.days), b.Holds(d+5))
	}
	b.Mark([]Placed{{Place: 1, Day: d, Slot: 1, Quality: series.Measured, At: 1}}) // an old day does not push out a new one
	if !b.Holds(d + 3) {
		t.Error("a late sample of an old day pushed out a newer day")
	}
	b.Put(Meter{Num: 11, Address: "000000000099", District: "120101", Concentrator: "000000000901"})
	if b.Mark([]Placed{{Place: 10, Day: d + 5, Slot: 2, Quality: series.Measured, At: 1}}); b.days[d+5].slots(10).Measured != (SlotSet{4}) {
		t.Error("a new meter has no place in the days held")
	}
	b.Put(Meter{Num: 11, Address: "000000000099", District: "120101", Concentrator: "000000000902"})
	if n := len(b.served("000000000901")); n != 3 {
		t.Errorf("%d meters behind 901 after one moved away, want 3", n)
	}
	if _, total, _ := b.List(d+5, 0, Select{Concentrator: "000000000902", Limit: 10}); total != 3 {
		t.Errorf("%d meters behind 902, want 3", total)
	}
}

// TestSheetAsSlots: whatever comes in whatever order, and however often a day is sealed and opened again, a sheet says of every
// meter what its Slots would say that were marked alone, and the coverage is the sum of them.
func TestSheetAsSlots(t *testing.T) {
	qualities := []series.Quality{series.Measured, series.Measured, series.Measured, series.Measured | series.Late, series.Estimated, series.Substituted, series.Invalid}
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		n := 30 + r.IntN(400)
		b := New(9)
		d, _ := ParseDay("2015-11-20")
		put := func(i, moved int) {
			b.Put(Meter{Num: int64(3*i + 1), Address: fmt.Sprintf("%012d", i), District: append(region.Districts, region.District{})[(i+moved)%17].Code, Concentrator: "1", Category: Residential, Protocol: DLT698, Retired: (i+moved)%31 == 5})
		}
		for i := range n {
			put(i, 0)
		}
		var want []Slots
		fill := func(share int) {
			var marks []Placed
			for i := len(want); i < b.Len(); i++ {
				want = append(want, Slots{})
			}
			for i := range want {
				for s := range SlotsPerDay {
					if r.IntN(1000) < share {
						marks = append(marks, Placed{Place: int32(i), Day: d, Slot: s, Quality: series.Measured, At: d.Start()})
						want[i].Mark(s, series.Measured)
					}
				}
			}
			b.Mark(marks)
		}
		fill([]int{0, 500, 1000}[seed%3])
		oddly := []int{5, 50, 3000}[r.IntN(3)]
		for round := range 4 {
			switch round {
			case 1:
				b.Open(d + 2) // the day is over
			case 2:
				for i := range r.IntN(60) {
					put(n+i, 0)
				}
				fill(0)
			case 3: // meters move, and go out of service and come back
				for range r.IntN(40) {
					put(r.IntN(len(want)), r.IntN(40))
				}
			}
			for range oddly {
				p := Placed{Place: int32(r.IntN(len(want))), Day: d, Slot: r.IntN(SlotsPerDay), Quality: qualities[r.IntN(len(qualities))], At: d.Start()}
				b.Mark([]Placed{p})
				want[p.Place].Mark(p.Slot, p.Quality)
			}
			due := r.IntN(SlotsPerDay + 1)
			var sum Cover
			by := make([]Cover, len(region.Districts)+1)
			for i, w := range want {
				if got := b.days[d].slots(int32(i)); got != w {
					t.Fatalf("seed %d round %d: meter %d stands as %+v, want %+v (sealed %v)", seed, round, i, got, w, b.days[d].sealed)
				}
				if !b.retired(i) {
					sum.add(w, First(due), 1)
					by[(b.Region(int32(i))+len(by))%len(by)].add(w, First(due), 1)
				}
				p := Placed{Place: int32(i), Day: d, Slot: i % SlotsPerDay}
				if b.Empty(p) != (!w.Measured.Has(p.Slot) && !w.Estimated.Has(p.Slot)) {
					t.Fatalf("seed %d round %d: Empty of meter %d is wrong", seed, round, i)
				}
			}
			if city, districts := b.Coverage(d, due); city != sum || !slices.Equal(districts, by[:len(region.Districts)]) {
				t.Fatalf("seed %d round %d: coverage %+v, want %+v (sealed %v)", seed, round, city, sum, b.days[d].sealed)
			}
		}
	}
}

// TestMeterComesBack: what is packed reads back as it was, and a meter is found by either of its keys.
func TestMeterComesBack(t *testing.T) {
	b := New(1)
	var want []Meter
	for i := range 5000 {
		m := Meter{Num: int64(i)*977 + 1, Address: fmt.Sprintf("%012d", (i*7_919_000_017)%1_000_000_000_000), District: region.Districts[i%16].Code, Feeder: fmt.Sprintf("F-%d", i/300), Concentrator: fmt.Sprintf("%012d", i/40),
			Category: Categories[i%4].Category, Protocol: []Protocol{DLT698, DLT645}[i%2], Retired: i%9 == 0}
		if i%3 > 0 {
			m.Installed = time.Date(1960+i%90, time.Month(i%12+1), i%28+1, 0, 0, 0, 0, China)
		}
		want = append(want, m)
		b.Put(m)
	}
	b.Put(Meter{Num: 7, Address: "NMI1234567"}) // of no archive
	if b.Len() != len(want) {
		t.Fatalf("%d meters", b.Len())
	}
	for i, m := range want {
		place, got, ok := b.Find(m.Address)
		byNum, found := b.ByNum(m.Num)
		if !ok || !found || int(place) != i || got != m || byNum != m {
			t.Fatalf("meter %d reads back as %+v and %+v, want %+v", i, got, byNum, m)
		}
	}
	for _, absent := range []string{"", "1", "99999999999x", "999999999999"} {
		if _, _, ok := b.Find(absent); ok {
			t.Errorf("%q was found", absent)
		}
	}
}
