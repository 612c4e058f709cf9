package book

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/series"
)

// TestListAsSorted: whatever the order, the page size and the filter, the pages put together are what sorting the whole would
// give, each meter once.
func TestListAsSorted(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	b := New(2)
	d, _ := ParseDay("2015-11-20")
	const n = 700
	for i := range n {
		b.Put(Meter{Num: int64(i + 1), Address: fmt.Sprintf("%012d", (i*7919)%n), District: region.Districts[i%16].Code, Concentrator: "200000000001", Category: Residential, Protocol: DLT698, Retired: i%50 == 3})
		for k := range r.IntN(6) {
			b.Mark([]Placed{{Place: int32(i), Day: d, Slot: k, At: d.Start() + int64(k)*SlotMicros, Quality: series.Measured}})
		}
	}
	for _, order := range append([]string{""}, Sorts...) {
		for _, limit := range []int{1, 7, 50, 1000} {
			for _, state := range []string{"", "complete", "incomplete", "silent"} {
				whole, total, next := b.List(d, 5, Select{Sort: order, State: state, Limit: n})
				if !next.First() || int64(len(whole)) != total {
					t.Fatalf("%q %q: %d of %d, next %v", order, state, len(whole), total, next)
				}
				less := func(x, y Standing) int {
					a := Cursor{true, b.key(order, x.Place, x.Gaps), x.Place}
					return a.compare(Cursor{true, b.key(order, y.Place, y.Gaps), y.Place})
				}
				if !slices.IsSortedFunc(whole, less) {
					t.Fatalf("%q %q is not sorted", order, state)
				}
				var got []Standing
				for sel := (Select{Sort: order, State: state, Limit: limit}); ; {
					page, _, next := b.List(d, 5, sel)
					got = append(got, page...)
					after, ok := ParseCursor(next.String())
					if !ok || after != next {
						t.Fatalf("cursor %v reads back as %v", next, after)
					}
					if sel.After = after; next.First() {
						break
					}
				}
				if !slices.EqualFunc(got, whole, func(x, y Standing) bool { return x.Place == y.Place }) {
					t.Fatalf("%q %q by %d: the pages are not the whole: %d and %d", order, state, limit, len(got), len(whole))
				}
			}
		}
	}
	for _, bad := range []string{"x", "-1", "1.", "1.x", ".", "4294967296", " 1"} {
		if _, ok := ParseCursor(bad); ok {
			t.Errorf("cursor %q was taken", bad)
		}
	}
}

func benchBook(b *testing.B, n int) (*Book, Day) {
	b.Helper()
	k := New(8)
	d, _ := ParseDay("2015-11-20")
	for i := range n {
		k.Put(Meter{Num: int64(i + 1), Address: fmt.Sprintf("%012d", i), District: region.Districts[i%16].Code, Feeder: fmt.Sprintf("F-%d", i/2000), Concentrator: fmt.Sprintf("%012d", i/400), Category: Residential, Protocol: DLT698})
	}
	marks := make([]Placed, n)
	for day := d - 7; day <= d; day++ {
		for i := range n {
			marks[i] = Placed{Place: int32(i), Day: day, At: day.Start(), Quality: series.Measured}
		}
		for s := range SlotsPerDay {
			for i := range n {
				if marks[i].Slot = s; (i+s)%9600 == 17 { // one meter in a hundred lacks a slot
					marks[i].Quality = series.Estimated
				} else {
					marks[i].Quality = series.Measured
				}
			}
			k.Mark(marks)
		}
	}
	return k, d
}

// BenchmarkCity measures what a page asks of the book, and what a meter costs in memory.
func BenchmarkCity(b *testing.B) {
	for _, n := range []int{20_000, 200_000, 1_000_000} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		k, d := benchBook(b, n)
		runtime.GC()
		runtime.ReadMemStats(&after)
		bytes := float64(after.HeapAlloc-before.HeapAlloc) / float64(n) // with eight days
		b.Run(fmt.Sprintf("coverage/%d", n), func(b *testing.B) {
			for b.Loop() {
				k.Coverage(d, 38)
			}
			b.ReportMetric(bytes, "B/meter")
		})
		for _, order := range []string{"", "-newest", "address"} {
			b.Run(fmt.Sprintf("list%s/%d", order, n), func(b *testing.B) {
				for b.Loop() {
					k.List(d, 38, Select{Sort: order, Limit: 50})
				}
			})
		}
		b.Run(fmt.Sprintf("concentrators/%d", n), func(b *testing.B) {
			for b.Loop() {
				k.Concentrators()
			}
		})
	}
}
