package early

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/systems/safety/early/model"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// BenchmarkCity scores one slot of 4,052 plants with 30 points each, six readings a point and slot, as they come at 10 s. An operation is one slot of the whole city.
func BenchmarkCity(b *testing.B) {
	const plants, points = 4052, 30
	now := begin
	r := rand.New(rand.NewPCG(1, 1))
	rows := make([][]float64, 1440)
	for i := range rows {
		rows[i] = make([]float64, points)
		for j := range rows[i] {
			rows[i][j] = r.NormFloat64()
		}
	}
	m, err := model.Train(rows, model.Default())
	if err != nil {
		b.Fatal(err)
	}
	kept := m.Bytes()
	p := &Part{o: Options{Now: func() time.Time { return now }}, step: time.Minute.Microseconds(), watches: map[string]*watch{}, seats: map[int64]seat{}, set: map[string]Setting{}, states: map[string]register.State{}}
	before := heap()
	for i := range plants {
		own, err := model.Parse(kept)
		if err != nil {
			b.Fatal(err)
		}
		v := Version{Plant: strconv.Itoa(i), Key: int64(i), model: own}
		for j := range points {
			v.Points = append(v.Points, PointOf{Num: int64(i*points + j), Name: strconv.Itoa(j)})
		}
		p.adopt(v)
		p.states[v.Plant] = register.Running
	}
	memory := heap() - before
	readings := make([]rule.Reading, plants*points)
	var observed, scored time.Duration
	for b.Loop() {
		for range 6 {
			for i := range readings {
				readings[i] = rule.Reading{Key: int64(i), At: now.UnixMicro(), Value: r.NormFloat64() / 3}
			}
			began := time.Now()
			p.Observe(readings)
			observed += time.Since(began)
			now = now.Add(10 * time.Second)
		}
		began := time.Now()
		for _, w := range p.watches {
			p.close(w, (w.slot+1)*p.step)
		}
		scored += time.Since(began)
		p.batch.Reset()
	}
	b.ReportMetric(float64(observed.Nanoseconds())/float64(b.N*6*len(readings)), "ns/reading")
	b.ReportMetric(float64(scored.Nanoseconds())/float64(b.N*plants), "ns/plant-slot")
	b.ReportMetric(float64(memory)/plants, "B/plant")
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
