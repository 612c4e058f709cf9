package join

import (
	"fmt"
	"testing"

	"github.com/haihe-city/haihe/systems/grid/book"
)

// BenchmarkFeeder is a feeder of two thousand meters that goes dark and comes back, told in frames of 45 meters.
func BenchmarkFeeder(b *testing.B) {
	const meters = 2000
	archive := book.New(2)
	for i := range meters {
		archive.Put(book.Meter{Num: int64(i + 1), Address: fmt.Sprintf("%012d", i), Feeder: "F", District: "120101"})
	}
	for b.Loop() {
		s := NewScene()
		for _, kind := range []Kind{Off, On} {
			for from := 0; from < meters; from += 45 {
				d := s.Draft(archive, func() string { return "o" })
				for m := from; m < min(from+45, meters); m++ {
					d.Work(Signal{Kind: kind, Meter: int64(m + 1), At: 1000 + 600*int64(kind)})
				}
				for _, o := range d.Result() {
					s.Put(o)
				}
			}
		}
	}
	b.ReportMetric(2*meters*float64(b.N)/b.Elapsed().Seconds(), "signals/s")
}
