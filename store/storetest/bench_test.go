package storetest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
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

// filled gives a database with 100,000 documents.
func filled(b *testing.B, db *store.DB) {
	table := fstest.MapFS{"0001_doc.sql": {Data: []byte(`CREATE TABLE bench_doc (num BIGINT NOT NULL PRIMARY KEY, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL, frame BYTEA NOT NULL)`)}}
	if err := db.Migrate(b.Context(), "bench", table); err != nil {
		b.Fatal(err)
	}
	insert := store.Q("bench.insert", `INSERT INTO bench_doc (num, id, doc, frame) VALUES ($1, $2, $3, $4)`)
	for from := 0; from < 100_000; from += 1000 {
		err := db.Write(b.Context(), func(tx *store.Tx) error {
			for n := from; n < from+1000; n++ {
				doc := fmt.Sprintf(`{"id":"urn:ngsi-ld:Meter:%d","name":"电表 %d","load":%d.25}`, n, n, n*7%1000)
				if _, err := tx.Exec(insert, n, fmt.Sprintf("urn:ngsi-ld:Meter:%d", n), doc, []byte(doc)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGet measures one row by key, a snapshot each, from every processor.
func BenchmarkGet(b *testing.B) {
	db := storetest.Open(b)
	filled(b, db)
	get := store.Q("bench.get", `SELECT doc FROM bench_doc WHERE num = $1`)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for n := int64(0); pb.Next(); n = (n*7919 + 1) % 100_000 {
			var doc string
			if err := db.Read(context.Background(), func(tx *store.Tx) error { return tx.Get(get, []any{n}, &doc) }); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkBackup measures a copy of 100,000 rows and putting it into an empty database.
func BenchmarkBackup(b *testing.B) {
	db := storetest.Open(b)
	filled(b, db)
	path := filepath.Join(b.TempDir(), "haihe.backup")
	b.Run("backup", func(b *testing.B) {
		for range b.N {
			_ = os.Remove(path)
			if err := db.Backup(b.Context(), path); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("restore", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			to := storetest.Open(b)
			b.StartTimer()
			if _, err := to.Restore(b.Context(), path); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
