package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/simulate/safety"
	"github.com/haihe-city/haihe/simulate/safety/fault"
	"github.com/haihe-city/haihe/simulate/safety/site"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/postgres"
	"github.com/haihe-city/haihe/store/sqlite"
	"github.com/haihe-city/haihe/store/storetest"
)

// works are simulated plants against a running program, with what they sent and what was acknowledged.
type works struct {
	t    *testing.T
	city *safety.City

	mu    sync.Mutex
	sent  map[reading]bool
	acked map[reading]bool
}

// reading is a plant's readings of one moment.
type reading struct {
	plant int
	at    int64 // Unix seconds
}

// plantsConfig keeps everything shut but the plants' own door.
func plantsConfig(t *testing.T, dir string) (path, port string) {
	t.Helper()
	path, port = filepath.Join(dir, "haihe.toml"), freePort(t)
	text := fmt.Sprintf("[grid]\ndlt698_listen = \"\"\ndlt645_listen = \"\"\nqgdw1376_listen = \"\"\ndlms_listen = \"\"\n[city]\nmqtt_listen = \"\"\n[safety.feeds]\nhj212_listen = %q\ngbt26875_listen = \"\"\nmqtt_listen = \"\"\n", port)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, port
}

// openWorks lays the plants out and gives the program their register.
func openWorks(t *testing.T, s *server, port string, o safety.Options) *works {
	t.Helper()
	w := &works{t: t, sent: map[reading]bool{}, acked: map[reading]bool{}}
	var health struct{ Time time.Time }
	if err := json.Unmarshal(s.get("/healthz"), &health); err != nil {
		t.Fatal(err)
	}
	shift := time.Until(health.Time)
	o.Feeds.HJ212, o.Clock, o.Sent = port, func() time.Time { return time.Now().Add(shift) }, w.heed
	var err error
	if w.city, err = safety.NewCity(o); err != nil {
		t.Fatal(err)
	}
	for _, kind := range safety.Files() {
		var b bytes.Buffer
		if err := w.city.WriteRegister(kind, &b); err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/import/safety/"+kind+"?file="+kind+".csv", &b)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.token)
		req.Header.Set("Content-Type", "application/octet-stream")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || bytes.Contains(said, []byte(`"stopped"`)) {
			t.Fatalf("import of %s: %s, %v\n%.2000s\n%s", kind, resp.Status, err, said, s.errout)
		}
	}
	return w
}

func (w *works) heed(s safety.Sending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := reading{s.Plant, s.At.Unix()}
	if s.Done {
		w.acked[r] = true
	} else {
		w.sent[r] = true
	}
}

// run lets the plants speak until end is called.
func (w *works) run() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.city.Run(ctx) }()
	var once sync.Once
	end = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				w.t.Error(err)
			}
		})
	}
	w.t.Cleanup(end)
	return end
}

func (w *works) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked)
}

// judge opens what a stopped program left and holds it to what was sent: what was acknowledged is there, nothing twice, nothing wrong.
func (w *works) judge(d store.Dialect) {
	w.t.Helper()
	db := storetest.OpenWith(w.t, d, store.Options{})
	engine, err := series.Open(w.t.Context(), db, time.Now)
	if err != nil {
		w.t.Fatal(err)
	}
	defer engine.Close()
	table, err := engine.Declare(w.t.Context(), series.Family{Name: "safety.point", Columns: []series.Column{{Name: "value", Decimals: 4}}, KeepRaw: 92 * 24 * time.Hour, RollUp: 10 * time.Minute})
	if err != nil {
		w.t.Fatal(err)
	}
	there, total := map[reading]int{}, 0
	keys := w.keys(db)
	var before series.Sample
	err = table.Scan(w.t.Context(), nil, 0, 1<<62, func(s series.Sample) error {
		k, ok := keys[s.Key]
		if !ok || s.Key == before.Key && s.At == before.At {
			w.t.Errorf("key %d has a reading at %s that nobody sent, or twice", s.Key, time.UnixMicro(s.At))
			return nil
		}
		before = series.Sample{Key: s.Key, At: s.At}
		r := reading{k.plant, s.At / 1e6}
		there[r]++
		total++
		x := &w.city.Plant(k.plant).Points()[k.point]
		v, q := w.city.Faults().Shown(k.plant, x, k.point, time.UnixMicro(s.At))
		if got := float64(s.Values[0]) / 1e4; q == fault.Good && (got-v > 1e-4 || v-got > 1e-4) || !w.sent[r] {
			w.t.Errorf("%s of plant %d at %s is %v, was sent as %v", x.Tag, k.plant, time.UnixMicro(s.At), got, v)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for r := range w.acked {
		if there[r] != 30 {
			w.t.Errorf("plant %d: %d of 30 readings of %s are there, and were acknowledged", r.plant, there[r], time.Unix(r.at, 0))
		}
	}
	w.t.Logf("%d frames sent, %d acknowledged, %d readings there", len(w.sent), len(w.acked), total)
}

// key is a point of a plant, by their numbers.
type key struct{ plant, point int }

// keys tells which series is whose.
func (w *works) keys(db *store.DB) map[int64]key {
	w.t.Helper()
	byName, out := map[string]key{}, map[int64]key{}
	for i := range w.city.Len() {
		p := w.city.Plant(i)
		for j, x := range p.Points() {
			byName[p.MN+x.Tag] = key{i, j}
		}
	}
	err := db.Read(w.t.Context(), func(tx *store.Tx) error {
		return tx.Each(store.Q("e2e.points", `SELECT num, plant, name FROM safety_point`), nil, func(scan func(...any) error) error {
			var num int64
			var plant, name string
			err := scan(&num, &plant, &name)
			out[num] = byName[plant+name]
			return err
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// alarmTold is an alarm as the interface gives it.
type alarmTold struct {
	ID, Class, State string
	Priority         int
	Count            int64
	First, Gone      time.Time
	Place            struct{ Point, Group string }
}

// alarms gives all open alarms, the most urgent first.
func (s *server) alarms(query string) (out []alarmTold) {
	s.t.Helper()
	for after := ""; ; {
		var page struct {
			Alarms []alarmTold
			Next   string
		}
		if err := json.Unmarshal(s.get("/api/duty/alarms?limit=1000&"+query+"&after="+after), &page); err != nil {
			s.t.Fatal(err)
		}
		out = append(out, page.Alarms...)
		if after = page.Next; after == "" {
			return out
		}
	}
}

// monitored is the plan's live figure of chemical plants.
func (s *server) monitored() int {
	s.t.Helper()
	var x struct {
		Value *float64
		Part  int
	}
	if err := json.Unmarshal(s.get("/api/plan/targets/monitored-chemical"), &x); err != nil {
		s.t.Fatal(err)
	}
	if x.Value == nil {
		return -1
	}
	return int(*x.Value)
}

func await(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// Claim: a plant whose line is cut is told as silent and as nothing else, the plan's figure falls by exactly one, and when it is back both
// are well again and nothing is missing. A point that chatters is one alarm.
func TestCutPlant(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: the story of the cut plant is left out with -short")
	}
	dir := t.TempDir()
	config, port := plantsConfig(t, dir)
	s := start(t, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--config", config, "--data", filepath.Join(dir, "data"))
	w := openWorks(t, s, port, safety.Options{Layout: site.Layout{Plants: 12}, Every: time.Second, Over: 80 * time.Second, Cut: 30 * time.Second, Faults: fault.Counts{fault.Silence: 1, fault.Chatter: 1}})
	end := w.run()
	var cut, flutter fault.Episode
	for _, e := range w.city.Faults().Episodes() {
		if e.Kind == fault.Silence {
			cut = e
		} else {
			flutter = e
		}
	}
	group := "urn:ngsi-ld:HazardousPlant:" + w.city.Plant(cut.Plant).MN
	full := 0
	for i := range w.city.Len() {
		if w.city.Plant(i).Sector == site.Chemical {
			full++
		}
	}
	await(t, "every chemical plant is monitored", 30*time.Second, func() bool { return s.monitored() == full })
	silent := func() (n int) {
		for _, a := range s.alarms("class=silence") {
			if a.Place.Group != group {
				t.Errorf("%s is told as silent", a.Place.Group)
			}
			if a.Gone.IsZero() {
				n++
			}
		}
		return n
	}
	await(t, "the cut plant is told as silent", 90*time.Second, func() bool { return silent() > 0 })
	await(t, "the figure falls by one", 20*time.Second, func() bool { return s.monitored() == full-1 })
	for _, a := range s.alarms("class=process") {
		if a.Place.Group == group {
			t.Errorf("the cut plant is told by a process alarm: %+v", a)
		}
	}
	await(t, "nobody is silent any more", 90*time.Second, func() bool { return silent() == 0 })
	await(t, "the figure is whole again", 20*time.Second, func() bool { return s.monitored() == full })
	fluttering := 0
	for _, a := range append(s.alarms("class=process"), s.alarms("class=process&state=closed")...) {
		if p := w.city.Plant(flutter.Plant); a.Place.Group == "urn:ngsi-ld:HazardousPlant:"+p.MN && a.Place.Point == p.Points()[flutter.Points[0]].Tag {
			fluttering++
		} else {
			t.Errorf("an alarm that nothing explains: %+v", a)
		}
	}
	if fluttering != 1 {
		t.Errorf("a point that chatters makes %d alarms", fluttering)
	}
	end()
	if code, _ := s.stop(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, s.errout)
	}
	w.judge(sqlite.Dialect(filepath.Join(dir, "data", "haihe.db")))
	for at := w.city.Faults().Next(cut.Plant, cut.Begin); at.Before(cut.End); at = at.Add(time.Second) {
		if !w.acked[reading{cut.Plant, at.Unix()}] {
			t.Errorf("the gap was not filled at %s", at)
		}
	}
}

// Claim: a thousand alarms in ten seconds are all there, and the gravest stand on top.
func TestFloodOfAlarms(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: the story of the flood is left out with -short")
	}
	dir := t.TempDir()
	config, port := plantsConfig(t, dir)
	s := start(t, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--config", config, "--data", filepath.Join(dir, "data"))
	w := openWorks(t, s, port, safety.Options{Layout: site.Layout{Plants: 120}, Every: 2 * time.Second, Over: 20 * time.Second, Faults: fault.Counts{fault.Flood: 1}})
	want := map[string]bool{}
	var begin time.Time
	for _, e := range w.city.Faults().Episodes() {
		p := w.city.Plant(e.Plant)
		begin = e.Begin
		for _, i := range e.Points {
			want[p.MN+" "+p.Points()[i].Tag] = true
		}
	}
	if len(want) != 1000 {
		t.Fatalf("a flood of %d", len(want))
	}
	defer w.run()()
	var list []alarmTold
	missing := func() int {
		have := map[string]bool{}
		list = s.alarms("class=process&order=urgent")
		for _, a := range list {
			have[a.Place.Group[len("urn:ngsi-ld:HazardousPlant:"):]+" "+a.Place.Point] = true
		}
		n := 0
		for k := range want {
			if !have[k] {
				n++
			}
		}
		return n
	}
	await(t, "all alarms are there", time.Minute, func() bool { return missing() == 0 })
	grave := 0
	for i, a := range list {
		if i > 0 && list[i-1].Priority > a.Priority {
			t.Fatalf("alarm %d is graver than the one above it", i)
		}
		if a.Priority == 1 {
			grave++
		}
		if late := a.First.Sub(begin); late > 12*time.Second {
			t.Errorf("%s came %v after the flood began", a.Place.Point, late)
		}
	}
	if grave == 0 {
		t.Error("no alarm of the highest priority")
	}
	t.Logf("%d alarms, %d of the highest priority on top", len(list), grave)
	if code, _ := s.stop(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, s.errout)
	}
}

// Claim: what was acknowledged to a plant survives kill -9 with the alarms that it meant, and neither is there twice.
func TestKillPlantsSQLite(t *testing.T) {
	killPlants(t, func(dir string) store.Dialect { return sqlite.Dialect(filepath.Join(dir, "data", "haihe.db")) })
}

// The same on PostgreSQL, whose own server goes on while the program dies.
func TestKillPlantsPostgres(t *testing.T) {
	dsn := storetest.Postgres(t)
	killPlants(t, func(string) store.Dialect { return postgres.Dialect(dsn) }, "--dsn", dsn)
}

func killPlants(t *testing.T, dialect func(dir string) store.Dialect, engine ...string) {
	if testing.Short() {
		t.Skip("skipped: the story of the kills is left out with -short")
	}
	kills := killsWanted(t, 3)
	dir := t.TempDir()
	config, port := plantsConfig(t, dir)
	demo := append([]string{"demo", "--no-simulate", "--listen", "127.0.0.1:0", "--config", config, "--data", filepath.Join(dir, "data")}, engine...)
	s := start(t, demo...)
	w := openWorks(t, s, port, safety.Options{Layout: site.Layout{Plants: 40}, Every: time.Second, Over: 40 * time.Second, Faults: fault.Counts{fault.Chatter: 30}})
	end := w.run()
	seed := rand.Uint64()
	t.Logf("seed %d, %d kills", seed, kills)
	moments := rand.New(rand.NewPCG(seed, 1))
	more := func(n int) {
		want := w.count() + n
		await(t, "plants are answered again", startLimit, func() bool { return w.count() >= want })
	}
	for range kills {
		more(100)
		time.Sleep(time.Duration(moments.IntN(2000)) * time.Millisecond)
		s.kill()
		s = start(t, demo...)
	}
	last := time.Time{}
	for _, e := range w.city.Faults().Episodes() {
		if e.Begin.After(last) {
			last = e.Begin
		}
	}
	all := func() bool { // every plant has told of its first crossing, and nobody owes anything
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, e := range w.city.Faults().Episodes() {
			if !w.acked[reading{e.Plant, w.city.Faults().Next(e.Plant, last.Add(2*time.Second)).Unix()}] {
				return false
			}
		}
		return true
	}
	await(t, "every crossing was acknowledged", 2*time.Minute, all)
	end()
	found := map[string]int{}
	for _, a := range append(s.alarms("class=process"), s.alarms("class=process&state=closed")...) {
		found[a.Place.Group+" "+a.Place.Point]++
	}
	for _, e := range w.city.Faults().Episodes() {
		p := w.city.Plant(e.Plant)
		k := "urn:ngsi-ld:HazardousPlant:" + p.MN + " " + p.Points()[e.Points[0]].Tag
		if found[k] != 1 {
			t.Errorf("%d alarms of %s, whose crossing was acknowledged", found[k], k)
		}
		delete(found, k)
	}
	for k := range found {
		t.Errorf("an alarm of %s, where nothing crossed", k)
	}
	if code, _ := s.stop(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, s.errout)
	}
	if o := run(t, append([]string{"journal", "verify", "--data", filepath.Join(dir, "data")}, engine...)...); o.code != exitDone {
		t.Errorf("journal: exit code %d\n%s%s", o.code, o.out, o.errout)
	}
	w.judge(dialect(dir)) // it keeps the data open
}
