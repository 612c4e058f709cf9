package book

import (
	"fmt"
	"testing"

	"github.com/haihe-city/haihe/kernel/series"
)

func testBook(t *testing.T, n int) *Book {
	t.Helper()
	b := New(3)
	for i := range n {
		b.Put(Meter{Num: int64(i + 1), Address: fmt.Sprintf("%012d", i), District: Districts[i%16].Code, Concentrator: fmt.Sprintf("%012d", 900+i%4), Category: Residential, Protocol: DLT698})
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
	if len(b.days[d+5]) != 11 {
		t.Error("a new meter has no place in the days held")
	}
	b.Put(Meter{Num: 11, Address: "000000000099", District: "120101", Concentrator: "000000000902"})
	if n := len(b.behind["000000000901"]); n != 3 {
		t.Errorf("%d meters behind 901 after one moved away, want 3", n)
	}
	if _, total, _ := b.List(d+5, 0, Select{Concentrator: "000000000902", Limit: 10}); total != 3 {
		t.Errorf("%d meters behind 902, want 3", total)
	}
}
