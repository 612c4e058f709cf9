package safety

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
	simulate "github.com/haihe-city/haihe/simulate/safety"
	"github.com/haihe-city/haihe/simulate/safety/fault"
	"github.com/haihe-city/haihe/simulate/safety/site"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/sqlite"
	"github.com/haihe-city/haihe/store/storetest"
)

var (
	minutes = flag.Float64("minutes", 1, "how long the plants report; the bar is 30")
	plants  = flag.Int("plants", site.City, "plants of the size run")
)

// sizeRun is one size run.
type sizeRun struct {
	*testing.B
	p    *program
	city *simulate.City
	ears *ears

	mu      sync.Mutex
	every   time.Duration
	of      map[int][]fault.Episode
	crossed map[point]time.Time // when the frame was sent in which a point first stands beyond a limit
	tallies []tally             // by plant
}

// tally is what became of a plant's frames.
type tally struct {
	sent, acked int
	first, last time.Time // acknowledged
	begin, end  time.Time // sent
}

// BenchmarkPlants runs everything once and prints the figures.
func BenchmarkPlants(b *testing.B) {
	dir := b.TempDir()
	p := launch(b, dir)
	r := &sizeRun{B: b, p: p, every: 10 * time.Second, of: map[int][]fault.Episode{}, crossed: map[point]time.Time{}, ears: &ears{p: p, browser: p.visit(b), told: map[point]heard{}}}
	over := time.Duration(*minutes * float64(time.Minute))
	r.lay(over)
	fmt.Printf("\n%d plants, %d points, %.1f min, load of the machine %s\n", r.city.Len(), 30*r.city.Len(), *minutes, loadAverage())
	r.takeRegister()
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	var hearing sync.WaitGroup
	hearing.Go(func() { r.ears.stream(ctx) })
	hearing.Go(func() { r.ears.page(ctx) })
	running, halt := context.WithTimeout(ctx, over)
	defer halt()
	idle, begun := p.processor(), time.Now()
	if err := r.city.Run(running); err != nil {
		b.Fatal(err)
	}
	took, busy, peak := time.Since(begun), p.processor()-idle, p.memory("VmHWM")
	time.Sleep(3 * time.Second) // what was acknowledged last may still be on its way to the ears
	stop()
	hearing.Wait()
	fmt.Printf("%.1f s, %.1f s of processor time (%.0f %% of a core), peak %.0f MB resident, load %s\n", took.Seconds(), busy.Seconds(), 100*busy.Seconds()/took.Seconds(), peak, loadAverage())
	r.latencies()
	p.stop(b)
	if s := p.errout.String(); s != "" {
		fmt.Printf("the program said: %.1000s\n", s)
	}
	r.count(filepath.Join(dir, "data", "haihe.db"))
	b.ReportMetric(busy.Seconds(), "cpu-s")
	b.ReportMetric(peak, "MB")
}

// lay lays out the plants: their points all report every ten seconds, and one plant in ten comes to a limit at some time.
func (r *sizeRun) lay(over time.Duration) {
	listening := r.p.listening(r.B)
	var health struct{ Time time.Time }
	r.p.ask(r.B, "/healthz", &health)
	shift := time.Until(health.Time)
	some := max(1, *plants/20)
	o := simulate.Options{Layout: site.Layout{Plants: *plants, ShareModbus: .01, ShareMQTT: .02}, Every: r.every, Over: over,
		Feeds:  simulate.Feeds{HJ212: listening["safety/hj212"], MQTT: listening["safety/mqtt"], Polled: "127.0.0.1:0"},
		Faults: fault.Counts{fault.Leak: some, fault.Drift: some, fault.Flood: 1, fault.Chatter: 3, fault.Bad: 5, fault.Garbled: 20},
		Clock:  func() time.Time { return time.Now().Add(shift) }, Sent: r.heed}
	last := time.Now()
	o.Tell = func(s simulate.Stats) {
		if time.Since(last) >= time.Minute {
			last = time.Now()
			fmt.Printf("  sent %d, acknowledged %d, behind %d, resent %d, polls %d; %.0f s of processor time, %.0f MB, load %s\n", s.Readings, s.Received, s.Behind, s.Resent, s.Polls,
				r.p.processor().Seconds(), r.p.memory("VmRSS"), loadAverage())
		}
	}
	var err error
	if r.city, err = simulate.NewCity(o); err == nil {
		err = r.city.Listen()
	}
	if err != nil {
		r.Fatal(err)
	}
	r.tallies = make([]tally, r.city.Len())
	for _, e := range r.city.Faults().Episodes() {
		if e.Kind == fault.Leak || e.Kind == fault.Drift || e.Kind == fault.Flood || e.Kind == fault.Chatter {
			r.of[e.Plant] = append(r.of[e.Plant], e)
		}
	}
}

// takeRegister gives the program its register.
func (r *sizeRun) takeRegister() {
	begun, busy := time.Now(), r.p.processor()
	for _, kind := range simulate.Files() {
		var body bytes.Buffer
		if err := r.city.WriteRegister(kind, &body); err != nil {
			r.Fatal(err)
		}
		resp, err := r.p.do(http.MethodPost, "/api/import/safety/"+kind+"?file="+kind+".csv", &body)
		if err != nil {
			r.Fatal(err)
		}
		said, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || bytes.Contains(said, []byte(`"stopped"`)) {
			r.Fatalf("import of %s: %v\n%.2000s", kind, err, said)
		}
	}
	fmt.Printf("register imported in %.1f s, %.1f s of processor time\n", time.Since(begun).Seconds(), (r.p.processor() - busy).Seconds())
}

// heed is told of every frame. It notes when a frame is sent in which a point first stands beyond a limit.
func (r *sizeRun) heed(s simulate.Sending) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	t := &r.tallies[s.Plant]
	switch {
	case s.Done:
		if t.acked++; t.first.IsZero() {
			t.first = s.At
		}
		t.last = s.At
		return
	case s.Again:
		return
	}
	if t.sent++; t.begin.IsZero() {
		t.begin = s.At
	}
	t.end = s.At
	for _, e := range r.of[s.Plant] {
		plant := r.city.Plant(s.Plant)
		points := plant.Points()
		for _, i := range e.Points {
			at := point{plant.MN, points[i].Tag}
			if _, ok := r.crossed[at]; !ok && r.beyond(s.Plant, &points[i], i, s.At) {
				r.crossed[at] = now
			}
		}
	}
}

func (r *sizeRun) beyond(plant int, x *site.Point, i int, at time.Time) bool {
	v, q := r.city.Faults().Shown(plant, x, i, at)
	return q == fault.Good && (x.Limits.High != nil && v > *x.Limits.High || x.Limits.Low != nil && v < *x.Limits.Low)
}

// latencies prints how long alarms took, and fails where one is missing or a bar is not reached.
func (r *sizeRun) latencies() {
	e := r.ears
	var told, shown figures
	missing := 0
	for at, sent := range r.crossed {
		h, ok := e.told[at]
		if !ok {
			if missing++; missing <= 5 {
				r.Errorf("no alarm of %s at %s", at.tag, at.plant)
			}
			continue
		}
		told = append(told, h.at.Sub(sent))
		for _, g := range e.shown {
			if g.change >= h.change {
				shown = append(shown, g.at.Sub(h.at))
				break
			}
		}
	}
	fmt.Printf("reading to alarm on the stream: %v\nalarm to an open page drawn anew: %v\n%d process alarms told, %d points crossed, %d missing, %d pages drawn\n", told, shown, e.alarms, len(r.crossed), missing, len(e.shown))
	if missing > 0 || len(shown) < len(told) || e.broken != nil || e.reloads > 0 {
		r.Errorf("%d alarms missing, %d of %d on the page, %d reloads, %v", missing, len(shown), len(told), e.reloads, e.broken)
	}
	if n := len(told); n > 0 && told[min(n-1, n*99/100)] > time.Second {
		r.Errorf("reading to alarm is over its bar of a second")
	}
	if n := len(shown); n > 0 && shown[min(n-1, n*99/100)] > 2*time.Second {
		r.Errorf("alarm to page is over its bar of two seconds")
	}
}

// count opens what the program left and holds every reading to what was sent.
func (r *sizeRun) count(path string) {
	db := storetest.OpenWith(r.B, sqlite.Dialect(path), store.Options{})
	engine, err := series.Open(r.Context(), db, time.Now)
	if err != nil {
		r.Fatal(err)
	}
	table, err := engine.Declare(r.Context(), series.Family{Name: "safety.point", Columns: []series.Column{{Name: "value", Decimals: 4}}, KeepRaw: 92 * 24 * time.Hour, RollUp: 10 * time.Minute})
	if err != nil {
		r.Fatal(err)
	}
	type place struct{ plant, point int }
	numbers, places := map[string]int{}, map[int64]place{}
	for i := range r.city.Len() {
		numbers[r.city.Plant(i).MN] = i
	}
	err = db.Read(r.Context(), func(tx *store.Tx) error {
		return tx.Each(store.Q("bench.points", `SELECT num, plant, name FROM safety_point`), nil, func(scan func(...any) error) error {
			var num int64
			var plant, name string
			if err := scan(&num, &plant, &name); err != nil {
				return err
			}
			for j, x := range r.city.Plant(numbers[plant]).Points() {
				if x.Tag == name {
					places[num] = place{numbers[plant], j}
				}
			}
			return nil
		})
	})
	if err != nil {
		r.Fatal(err)
	}
	have := make([][30]int, r.city.Len())
	wrong, total, polled, twice := 0, 0, 0, 0
	var before series.Sample
	points, whose := []site.Point(nil), -1
	err = table.Scan(r.Context(), nil, 0, 1<<62, func(s series.Sample) error {
		at, ok := places[s.Key]
		if !ok {
			wrong++
			return nil
		}
		if s.Key == before.Key && s.At == before.At {
			twice++
		}
		before = series.Sample{Key: s.Key, At: s.At}
		have[at.plant][at.point]++
		total++
		if r.city.Plant(at.plant).Protocol == site.Modbus {
			polled++
			return nil
		}
		if whose != at.plant {
			points, whose = r.city.Plant(at.plant).Points(), at.plant
		}
		v, q := r.city.Faults().Shown(at.plant, &points[at.point], at.point, time.UnixMicro(s.At))
		if got := float64(s.Values[0]) / 1e4; q == fault.Good && (got-v > 1e-4 || v-got > 1e-4) {
			if wrong++; wrong <= 5 {
				r.Errorf("%s of plant %d at %s is %v, was sent as %v", points[at.point].Tag, at.plant, time.UnixMicro(s.At), got, v)
			}
		}
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
	r.weigh(have, total, polled, wrong, twice)
}

// weigh compares what is there with what was acknowledged.
func (r *sizeRun) weigh(have [][30]int, total, polled, wrong, twice int) {
	sent, acked, lost, gaps, silent := 0, 0, 0, 0, 0
	for i := range r.tallies {
		t := &r.tallies[i]
		if r.city.Plant(i).Protocol == site.Modbus {
			for _, n := range have[i] {
				if n < int(*minutes*6)-2 {
					silent++
				}
			}
			continue
		}
		sent, acked = sent+30*t.sent, acked+30*t.acked
		if t.acked > 0 && int(t.last.Sub(t.first)/r.every)+1 != t.acked {
			gaps++
		}
		for _, n := range have[i] {
			if n < t.acked || n > t.sent {
				lost += max(t.acked-n, n-t.sent)
			}
		}
	}
	fmt.Printf("readings: %d sent, %d acknowledged, %d in the series (%d of them polled), %d lost or too many, %d wrong, %d twice; %d plants with a gap, %d polled points short\n",
		sent, acked, total, polled, lost, wrong, twice, gaps, silent)
	if lost+wrong+twice+gaps+silent > 0 || sent-acked > 30*r.city.Len()/20 {
		r.Errorf("not every reading is there, once")
	}
}
