package entity_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// thing is an entity of about 600 bytes as JSON.
func thing(n int) *entity.Entity {
	return &entity.Entity{ID: fmt.Sprintf("urn:ngsi-ld:AirQualityObserved:%07d", n), Types: []string{"AirQualityObserved"}, Attrs: []entity.Attr{
		entity.TextAttr("name", fmt.Sprintf("station %d", n)), entity.TextAttr("address", "天津市和平区南京路"),
		entity.PointAttr("location", 117.2+float64(n%1000)/10000, 39.1), entity.NumberAttr("pm25", 35.5, "GQ"), entity.NumberAttr("pm10", 70, "GQ"),
		entity.NumberAttr("no2", 41.25, "GQ"), entity.NumberAttr("temperature", 12.5, "CEL"), entity.RelAttr("refDevice", "urn:ngsi-ld:Device:1"),
		entity.TextAttr("status", "ok"),
	}}
}

func things(from, n int) []entity.Task {
	out := make([]entity.Task, n)
	for i := range out {
		out[i] = put("", thing(from+i))
	}
	return out
}

// engines runs a benchmark on both.
func engines(b *testing.B, fn func(b *testing.B, s *entity.Store)) {
	for _, e := range []storetest.Engine{storetest.SQLite(), storetest.Server()} {
		b.Run(e.Dialect("").Name, func(b *testing.B) {
			db := storetest.OpenWith(b, e.Dialect(e.Fresh(b)), store.Options{})
			fn(b, gauged(b, db, time.Now, entity.Options{}))
		})
	}
}

// crowd runs fn on 64 goroutines, b.N times in all, and reports the rate and the 99th percentile.
func crowd(b *testing.B, callers int, fn func(r *rand.Rand) error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	times := make([][]time.Duration, callers)
	done := make(chan error)
	b.ResetTimer()
	for g := range callers {
		go func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			var err error
			for left.Add(-1) >= 0 && err == nil {
				at := time.Now()
				err = fn(r)
				times[g] = append(times[g], time.Since(at))
			}
			done <- err
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
	b.StopTimer()
	all := slices.Concat(times...)
	slices.Sort(all)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
}

const population = 10_000

func populate(b *testing.B, s *entity.Store) {
	b.Helper()
	for from := 0; from < population; from += 1000 {
		if _, err := s.DoAll(b.Context(), things(from, 1000)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWhole changes a text and a number of one entity, at 64 callers.
func BenchmarkWhole(b *testing.B) {
	engines(b, func(b *testing.B, s *entity.Store) {
		populate(b, s)
		crowd(b, 64, func(r *rand.Rand) error {
			_, err := s.Do(context.Background(), set(entity.Key{ID: thing(r.IntN(population)).ID},
				entity.TextAttr("status", fmt.Sprint(r.Int64())), entity.PointAttr("location", 117+r.Float64(), 39)))
			return err
		})
	})
}

// BenchmarkNumber updates one number of one entity, at 64 callers.
func BenchmarkNumber(b *testing.B) {
	engines(b, func(b *testing.B, s *entity.Store) {
		populate(b, s)
		for range 2 { // they become gauges
			for from := 0; from < population; from += 1000 {
				var tasks []entity.Task
				for i := range 1000 {
					tasks = append(tasks, set(entity.Key{ID: thing(from + i).ID}, entity.NumberAttr("pm25", float64(i), "GQ")))
				}
				if _, err := s.DoAll(b.Context(), tasks); err != nil {
					b.Fatal(err)
				}
			}
		}
		crowd(b, 64, func(r *rand.Rand) error {
			a := entity.Attr{Name: "pm25", Value: json.RawMessage(fmt.Sprint(r.IntN(1000))), UnitCode: "GQ"}
			_, err := s.Do(context.Background(), set(entity.Key{ID: thing(r.IntN(population)).ID}, a))
			return err
		})
	})
}

// BenchmarkBatchCreate adds entities a thousand at a time.
func BenchmarkBatchCreate(b *testing.B) {
	engines(b, func(b *testing.B, s *entity.Store) {
		b.ResetTimer()
		for n := 0; n < b.N; n += 1000 {
			if _, err := s.DoAll(b.Context(), things(n, min(1000, b.N-n))); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	})
}

// BenchmarkFind reads one entity that is in memory, and one page of 20.
func BenchmarkFind(b *testing.B) {
	engines(b, func(b *testing.B, s *entity.Store) {
		populate(b, s)
		b.Run("one", func(b *testing.B) {
			crowd(b, 16, func(r *rand.Rand) error {
				_, err := s.Find(context.Background(), entity.Key{ID: thing(r.IntN(1000)).ID})
				return err
			})
		})
		b.Run("page", func(b *testing.B) {
			sel := typed("AirQualityObserved")
			crowd(b, 16, func(r *rand.Rand) error {
				_, err := s.Search(context.Background(), entity.Search{Select: sel, Limit: 20})
				return err
			})
		})
	})
}
