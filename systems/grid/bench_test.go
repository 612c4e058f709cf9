package grid_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"

	simulate "github.com/haihe-city/haihe/simulate/grid"
)

// BenchmarkMorning measures a morning's readings over TCP, from the frame to the acknowledged commit: 38 slots of every meter.
// The concentrators run in the same process and cost their share. HAIHE_METERS chooses another size.
func BenchmarkMorning(b *testing.B) {
	meters := 20_000
	if s := os.Getenv("HAIHE_METERS"); s != "" {
		if _, err := fmt.Sscan(s, &meters); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		b.StopTimer()
		r := open(b, nil)
		r.Clock.Set(slot(37))
		b.StartTimer()
		r.simulation(simulate.Options{Meters: meters, Share645: -1, From: slot(0)})
		b.StopTimer()
		if n := r.metric(`readings_total{outcome="stored"}`); n != float64(38*meters) {
			b.Errorf("%v readings stored", n)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/float64(meters), "heapB/meter")
		b.StartTimer()
	}
	b.ReportMetric(float64(38*meters*b.N)/b.Elapsed().Seconds(), "readings/s")
}

// BenchmarkArchive measures an import of the city's archive; HAIHE_METERS chooses its size.
func BenchmarkArchive(b *testing.B) {
	meters := 20_000
	if s := os.Getenv("HAIHE_METERS"); s != "" {
		if _, err := fmt.Sscan(s, &meters); err != nil {
			b.Fatal(err)
		}
	}
	city, err := simulate.NewCity(simulate.Options{Meters: meters})
	if err != nil {
		b.Fatal(err)
	}
	var file bytes.Buffer
	if err := city.WriteArchive(&file); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		r := open(b, nil)
		b.StartTimer()
		if got := r.importFile("archive", "city.csv", file.Bytes(), false); got.Counts["new"] != int64(meters) {
			b.Fatalf("%+v", got.Result)
		}
	}
	b.ReportMetric(float64(meters*b.N)/b.Elapsed().Seconds(), "meters/s")
}
