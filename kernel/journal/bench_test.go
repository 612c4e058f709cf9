package journal

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// BenchmarkAppend records acts by writers that each wait until theirs is on the disk; SQLite, or PostgreSQL with
// HAIHE_TEST_ENGINE=postgres. Writers at the same time share one transaction, and the chain is one order all the same.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprint(writers, " writers"), func(b *testing.B) {
			db := storetest.Open(b)
			j, err := Open(b.Context(), db, time.Now)
			if err != nil {
				b.Fatal(err)
			}
			var left atomic.Int64
			left.Store(int64(b.N))
			waits := make([][]time.Duration, writers)
			b.ResetTimer()
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						at := time.Now()
						err := db.Write(context.Background(), func(tx *store.Tx) error {
							return j.Append(tx, Act{Actor: "person:01HAIHE", Unit: "power", Authority: "plan.approve", Verb: "approve", Object: "target:sharing-rate", Detail: map[string]any{"writer": w}})
						})
						if err != nil {
							b.Error(err)
							return
						}
						waits[w] = append(waits[w], time.Since(at))
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			all := slices.Concat(waits...)
			slices.Sort(all)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
			if len(all) > 0 {
				b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
			}
			r, err := j.Verify(b.Context(), nil)
			if err != nil || len(r.Faults) > 0 || r.Entries != int64(b.N) {
				b.Fatalf("%+v, %v", r, err)
			}
		})
	}
}
