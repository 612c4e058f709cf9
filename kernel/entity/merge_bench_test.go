package entity_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/store"
)

// BenchmarkMerge changes two attributes, one of them indexed, of random ones of 20,000 meters, 32 in a transaction as under 64
// writers, and tells what that writes to disk.
func BenchmarkMerge(b *testing.B) {
	s, db := open(b)
	if err := s.Register("grid", schemas("meter.json", meterSchema, "common.json", commonSchema)); err != nil {
		b.Fatal(err)
	}
	for k := range 20 {
		var list []*entity.Entity
		for i := range 1000 {
			list = append(list, meter(1000*k+i, entity.TextAttr("status", "online"), entity.PointAttr("location", 117+float64(i)/1000, 39)))
		}
		create(b, s, db, list...)
	}
	n, before := 0, written()
	for b.Loop() {
		write(b, db, func(tx *store.Tx) error {
			for range 32 {
				n++
				_, err := s.Merge(tx, meter(n*7919%20000).ID, entity.TextAttr("status", []string{"online", "silent"}[(n/20000+1)%2]), entity.NumberAttr("load", float64(n), ""))
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "merges/s")
	b.ReportMetric(float64(written()-before)/float64(n), "disk-bytes/merge")
}

// written is what this process has written to disk, 0 where the system does not tell.
func written() (n int64) {
	text, _ := os.ReadFile("/proc/self/io")
	if _, rest, ok := strings.Cut(string(text), "\nwrite_bytes: "); ok {
		_, _ = fmt.Sscan(rest, &n)
	}
	return n
}
