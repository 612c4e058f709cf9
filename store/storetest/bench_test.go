package storetest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// BenchmarkWrite measures durable writes of documents of 1.2 KB with two indexes, by writers that each wait for their
// answer; SQLite, or PostgreSQL with HAIHE_TEST_ENGINE=postgres.
func BenchmarkWrite(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(writers, " writers"), func(b *testing.B) { benchWrite(b, writers) })
	}
}

func benchWrite(b *testing.B, writers int) {
	db := storetest.Open(b)
	table := fstest.MapFS{"0001_doc.sql": {Data: []byte(`CREATE TABLE bench_doc (num BIGINT NOT NULL PRIMARY KEY, id TEXT NOT NULL UNIQUE, place BIGINT NOT NULL, doc TEXT NOT NULL);
		CREATE INDEX bench_doc_place ON bench_doc (place);`)}}
	if err := db.Migrate(b.Context(), "bench", table); err != nil {
		b.Fatal(err)
	}
	insert := store.Q("bench.insert", `INSERT INTO bench_doc (num, id, place, doc) VALUES ($1, $2, $3, $4)`)
	doc := strings.Repeat("x", 1200)
	var left atomic.Int64
	left.Store(int64(b.N))
	waits := make([][]time.Duration, writers)
	before := db.Stats()
	b.ResetTimer()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				at := time.Now()
				err := db.Write(context.Background(), func(tx *store.Tx) error {
					n, err := tx.Next("bench")
					if err != nil {
						return err
					}
					if err := tx.Add("bench", "", 1); err != nil {
						return err
					}
					_, err = tx.Exec(insert, n, fmt.Sprintf("urn:ngsi-ld:Meter:%d", n*7919%1_000_003), n*104729%65536, doc)
					return err
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
	st := db.Stats()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
	b.ReportMetric(float64(st.Writes-before.Writes)/float64(st.Groups-before.Groups), "writes/group")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(all[len(all)-1].Microseconds())/1000, "worst-ms")
}
