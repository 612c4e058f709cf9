package series

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// city is a number of meters that report energy, power and voltage every quarter of an hour, in a random but fixed order.
type city struct {
	rng    *rand.Rand
	order  []int64
	energy []int64
	base   []int64
}

var metered = Family{Name: "metered", Step: 15 * time.Minute,
	Columns: []Column{{"energy", "KWH", 3}, {"power", "KWT", 3}, {"voltage", "VLT", 1}}}

func newCity(meters int) *city {
	c := &city{rng: rand.New(rand.NewPCG(1, 2)), order: make([]int64, meters), energy: make([]int64, meters), base: make([]int64, meters)}
	for i, k := range c.rng.Perm(meters) {
		c.order[i] = int64(k)
		c.energy[i], c.base[i] = c.rng.Int64N(50_000_000), 100+c.rng.Int64N(900)
	}
	return c
}

// tick gives the readings of one quarter-hour as batches of 5,000.
func (c *city) tick(at int64, slot int) []*Batch {
	var out []*Batch
	var b *Batch
	for i, k := range c.order {
		if i%5000 == 0 {
			b = &Batch{}
			out = append(out, b)
		}
		power := c.base[k] + c.rng.Int64N(60)
		if slot > 24 && slot < 32 || slot > 70 && slot < 88 {
			power *= 2
		}
		c.energy[k] += power / 4
		b.Add(k, at, Measured, c.energy[k], power, 2200+c.rng.Int64N(40))
	}
	return out
}

// BenchmarkCity runs a day of 50,000 meters once and reports what it measures on the way; -benchtime=1x. With the default limit
// a part is flushed while the day arrives; with room for all of it the compaction has the whole day to do.
func BenchmarkCity(b *testing.B) {
	b.Run("default", func(b *testing.B) { runCity(b, Limits{}) })
	b.Run("roomy", func(b *testing.B) { runCity(b, Limits{OpenSamples: 10_000_000}) })
}

func runCity(b *testing.B, l Limits) {
	const meters, slots = 50_000, 96
	db := storetest.Open(b)
	ctx := context.Background()
	day := chunk.DayStart(firstDay)
	e, err := OpenLimited(ctx, db, func() time.Time { return midday }, l)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	t, err := e.Declare(ctx, metered)
	if err != nil {
		b.Fatal(err)
	}
	c := newCity(meters)
	for b.Loop() {
		var spent time.Duration
		for s := range slots {
			batches := c.tick(day+int64(s)*900_000_000, s)
			at := time.Now()
			for _, x := range batches {
				for {
					err := db.Write(ctx, func(tx *store.Tx) error { return t.Append(tx, x) })
					if err == nil {
						break
					}
					time.Sleep(time.Millisecond)
				}
			}
			spent += time.Since(at)
		}
		b.ReportMetric(float64(meters*slots)/spent.Seconds(), "ingest/s")
		timed(b, "openDay-us", 200, func(i int) error {
			got, err := t.Range(ctx, int64(i*131%meters), day, day+chunk.DayMicros)
			if len(got) != slots {
				b.Fatal(len(got), "samples")
			}
			return err
		})
		timed(b, "openSum-us", 3, func(int) error { return sumDistrict(ctx, t, day) })
		at := time.Now()
		st, err := t.Compact(ctx, midday.Add(24*time.Hour))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(meters*slots)/time.Since(at).Seconds(), "compact/s")
		b.ReportMetric(float64(st.BytesAfter)/float64(st.Samples), "B/sample")
		timed(b, "day-us", 500, func(i int) error {
			got, err := t.Range(ctx, int64(i*131%meters), day, day+chunk.DayMicros)
			if len(got) != slots {
				b.Fatal(len(got), "samples")
			}
			return err
		})
		timed(b, "sum12500-us", 20, func(int) error { return sumDistrict(ctx, t, day) })
		timed(b, "late-us", 100, func(i int) error {
			x := &Batch{}
			x.Add(int64(i), day, Measured|Late, 1, 2, 3)
			return db.Write(ctx, func(tx *store.Tx) error { return t.Append(tx, x) })
		})
	}
}

func sumDistrict(ctx context.Context, t *Table, day int64) error {
	keys := make([]int64, 12_500)
	for i := range keys {
		keys[i] = 20_000 + int64(i)
	}
	_, err := t.Aggregate(ctx, keys, "power", day, day+chunk.DayMicros, time.Hour)
	return err
}

// timed reports the median of n calls in microseconds.
func timed(b *testing.B, name string, n int, fn func(i int) error) {
	var all []float64
	for i := range n {
		at := time.Now()
		if err := fn(i); err != nil {
			b.Fatal(err)
		}
		all = append(all, float64(time.Since(at).Microseconds()))
	}
	slices.Sort(all)
	b.ReportMetric(all[len(all)/2], name)
}
