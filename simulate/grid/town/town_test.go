package town

import (
	"io"
	"runtime"
	"testing"
	"time"
)

// TestComputed: a meter that is computed alone is the one of the whole list, and stands behind the station that says so.
func TestComputed(t *testing.T) {
	c, err := New(Layout{Meters: 5_000, PerConcentrator: 37, Districts: Tianjin(), Seed: 9, Share645: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	all := c.Meters()
	if len(all) != 5_000 || c.Len() != 5_000 {
		t.Fatalf("%d meters", len(all))
	}
	for _, n := range []int{0, 36, 37, 1234, 4_999} {
		s := c.Stations()[c.StationOf(n)]
		if m := c.Meter(n); m != all[n] || m.Index() != uint64(n) || m.Concentrator != s.Address || n < s.From || n >= s.To {
			t.Errorf("meter %d: %+v behind %+v", n, m, s)
		}
	}
	for _, l := range []Layout{{Districts: Tianjin()}, {Meters: 1, Districts: []District{{"12010x", 1}}}, {Meters: 1, Districts: Tianjin(), Outages: 1}, {Meters: 1, Districts: Tianjin(), Share645: 2}} {
		if _, err := New(l); err == nil {
			t.Errorf("%+v is taken", l)
		}
	}
}

// BenchmarkCity lays out a million meters and writes their archive: bytes a meter that stay, and time for a meter.
func BenchmarkCity(b *testing.B) {
	const meters = 1_000_000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		c, err := New(Layout{Meters: meters, PerConcentrator: 400, Districts: Tianjin(), Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		if err := c.WriteArchive(io.Discard); err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/meters, "B/meter")
		runtime.KeepAlive(c)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/meters, "ns/meter")
}

// BenchmarkReading computes a reading of a meter that nothing is kept of.
func BenchmarkReading(b *testing.B) {
	c, err := New(Layout{Meters: 1_000_000, PerConcentrator: 400, Districts: Tianjin(), Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	at := time.Date(2015, 11, 20, 9, 30, 0, 0, China())
	n := 0
	for b.Loop() {
		m := c.Of(n/400%100, n/400%100*400+n%100)
		if c.Register(&m, at) < 0 {
			b.Fatal("a register below zero")
		}
		n++
	}
}
