package grid

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	simulate "github.com/haihe-city/haihe/simulate/grid"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/sqlite"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/grid/ledger"
)

// BenchmarkKept measures what the readings of a month take on disk, and how fast one meter's come back: the newest value, asked for
// the first time and again, and the month. Registers, powers and voltages are the simulated city's.
func BenchmarkKept(b *testing.B) {
	const customers, days, asked = 2048, 30, 400
	c, err := simulate.NewCity(simulate.Options{Meters: customers, Share645: -1})
	if err != nil {
		b.Fatal(err)
	}
	list := c.Meters()
	first := time.Date(2015, 10, 12, 0, 0, 0, 0, simulate.China())
	now := first
	db := storetest.OpenWith(b, sqlite.Dialect(filepath.Join(b.TempDir(), "haihe.db")), store.Options{})
	open := func() (*series.Engine, *series.Table) {
		e, err := series.Open(b.Context(), db, func() time.Time { return now })
		if err != nil {
			b.Fatal(err)
		}
		t, err := e.Declare(b.Context(), ledger.Family)
		if err != nil {
			b.Fatal(err)
		}
		return e, t
	}
	e, t := open()
	var batch series.Batch
	for day := range days {
		for slot := range 96 {
			at := first.AddDate(0, 0, day).Add(time.Duration(slot) * simulate.Slot)
			batch.Reset()
			for i := range list {
				batch.Add(int64(i+1), at.UnixMicro(), series.Measured, c.Register(&list[i], at), c.Power(&list[i], at), c.Voltage(&list[i], at))
			}
			for {
				err := db.Write(b.Context(), func(tx *store.Tx) error { return t.Append(tx, &batch) })
				if err == nil {
					break
				}
				if !errs.Is(err, errs.Busy) {
					b.Fatal(err)
				}
				time.Sleep(time.Millisecond)
			}
		}
		now = first.AddDate(0, 0, day+1).Add(time.Hour)
		if _, err := t.Compact(b.Context(), now); err != nil {
			b.Fatal(err)
		}
	}
	st, err := t.Stats(b.Context())
	if err != nil || st.Samples != customers*days*96 {
		b.Fatalf("%+v %v", st, err)
	}
	fmt.Printf("\na month of %d meters: %.2f bytes a sample, %.2f a value, load %s\n", customers, float64(st.Bytes)/float64(st.Samples), float64(st.Bytes)/float64(3*st.Samples), loadAverage())
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	e, t = open() // as after a restart: nobody has asked yet
	defer e.Close()
	r := rand.New(rand.NewPCG(5, 6))
	ask := func(what string, fn func(key int64) error) {
		var all []time.Duration
		for range asked {
			key := int64(r.IntN(customers) + 1)
			at := time.Now()
			if err := fn(key); err != nil {
				b.Fatal(err)
			}
			all = append(all, time.Since(at))
		}
		slices.Sort(all)
		fmt.Printf("%s: median %.4f ms, 99 of 100 within %.3f ms\n", what, ms(all[asked/2]), ms(all[asked*99/100]))
	}
	last := func(key int64) error {
		x, ok, err := t.Last(b.Context(), key)
		if err == nil && (!ok || x.Values[0] != c.Register(&list[key-1], time.UnixMicro(x.At))) {
			err = fmt.Errorf("meter %d: %+v", key, x)
		}
		return err
	}
	ask("newest value, first asked", last)
	ask("newest value, again", last)
	ask("a meter's month of 2,880 samples", func(key int64) error {
		got, err := t.Range(b.Context(), key, first.UnixMicro(), first.AddDate(0, 0, days).UnixMicro())
		if err == nil && len(got) != days*96 {
			err = fmt.Errorf("%d samples", len(got))
		}
		return err
	})
	b.ReportMetric(float64(st.Bytes)/float64(3*st.Samples), "bytes/value")
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
