package vee

import (
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
)

// BenchmarkPass passes a day of meters (HAIHE_METERS, 20,000 where it is not set) whose days lie compacted in the series, as at
// night: two in a hundred have gaps, five in a thousand other faults. It reports meters/s, what 5.6 million would take at that
// rate, bytes of statistics a meter and the memory; -benchtime=1x.
func BenchmarkPass(b *testing.B) {
	n := 20_000
	if text := os.Getenv("HAIHE_METERS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	d := newDesk(b, n)
	day := book.DayOf(d.clock.now.UnixMicro()) - 1
	reg := make([]int64, n)
	for i := range reg {
		reg[i] = 10_000_000 + int64(i)*1000
	}
	for back := book.Day(1); ; back-- { // two days: the first one makes the statistics
		d.fillSeries(b, day-back, reg)
		if back == 0 {
			break
		}
	}
	if _, err := d.table.Compact(b.Context(), d.clock.now); err != nil {
		b.Fatal(err)
	}
	for _, x := range []struct {
		name string
		day  book.Day
	}{{"first", day - 1}, {"nightly", day}} {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				if err := d.db.Write(b.Context(), func(tx *store.Tx) error { return addPass(tx, x.day, system, d.clock.now) }); err != nil {
					b.Fatal(err)
				}
				at := time.Now()
				for {
					pass, ok, err := nextPass(b.Context(), d.db)
					if err != nil {
						b.Fatal(err)
					}
					if !ok {
						break
					}
					if err := d.pass(b.Context(), pass); err != nil {
						b.Fatal(err)
					}
				}
				rate := float64(n) / time.Since(at).Seconds()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				b.ReportMetric(rate, "meters/s")
				b.ReportMetric(5.6e6/rate, "s/5.6M")
				b.ReportMetric(float64(rule.StatBytes), "B/meter")
				b.ReportMetric(float64(m.HeapAlloc)/1e6, "heapMB")
				list, err := passes(b.Context(), d.db, qPassList, 1)
				if err != nil || list[0].Failed != 0 || list[0].Meters < int64(n) {
					b.Fatal(list, err)
				}
				b.Logf("%+v", list[0])
			}
		})
	}
}

// fillSeries writes a day of all meters straight into the series.
func (d *desk) fillSeries(b *testing.B, day book.Day, reg []int64) {
	rng := rand.New(rand.NewPCG(uint64(day), 3))
	var batch series.Batch
	flush := func() {
		for {
			err := d.db.Write(b.Context(), func(tx *store.Tx) error { return d.table.Append(tx, &batch) })
			if err == nil {
				break
			}
			time.Sleep(100 * time.Millisecond) // the engine puts away what came before
		}
		batch.Reset()
	}
	for i := range reg {
		scale := 100 + int64(i%37)*20
		from, to := 200, 200
		if i%50 == 7 {
			from = rng.IntN(90)
			to = from + 1 + rng.IntN(30)
		}
		for k := range rule.Slots {
			e := scale*int64(4+(k/8)%6)/4 + rng.Int64N(scale)
			if reg[i] += e; k >= from && k < to {
				continue
			}
			r := reg[i]
			if i%200 == 11 && k == 40 {
				r += 9_000_000
			}
			batch.Add(key(i), day.Start()+int64(k)*book.SlotMicros, series.Measured, r, e*4, 2200+rng.Int64N(60)-30)
		}
		if batch.Len() > 40_000 {
			flush()
		}
	}
	flush()
}
