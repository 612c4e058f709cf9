package grid

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	simulate "github.com/haihe-city/haihe/simulate/grid"
)

var (
	meters  = flag.Int("meters", 200_000, "meters of the city")
	data    = flag.String("data", "", "a data folder with the archive imported already")
	archive = flag.String("archive", "", "write the archive to this file and end")
	beside  = flag.Bool("beside", true, "measure PostgreSQL and VictoriaMetrics beside it")
)

// city is the simulated one: no gateways, since those are polled.
func city(b *testing.B, o simulate.Options) *simulate.City {
	o.Meters, o.Share645 = *meters, -1
	c, err := simulate.NewCity(o)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

const conf = `[server]
listen = "127.0.0.1:0"
level = "warn"
[store]
data = %q
[grid]
dlt698_listen = "127.0.0.1:%d"
dlt645_listen = ""
[city]
mqtt_listen = ""
`

// BenchmarkSlot runs everything once and prints the figures.
func BenchmarkSlot(b *testing.B) {
	debug.SetGCPercent(400) // the concentrators share the cores with the program: theirs to have cheap, they have memory enough
	if *archive != "" {
		writeArchive(b, *archive)
		return
	}
	fmt.Printf("\n%d meters, load of the machine %s\n", *meters, loadAverage())
	dir := b.TempDir()
	fresh := *data == ""
	if fresh {
		*data = filepath.Join(dir, "data")
	}
	port, config := freePort(b), filepath.Join(dir, "haihe.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, conf, *data, port), 0o600); err != nil {
		b.Fatal(err)
	}
	serve := func() *program {
		return launch(b, exec.Command(binary(b), "demo", "--no-simulate", "--config", config, "--data", *data, "--listen", "127.0.0.1:0"))
	}
	if fresh {
		serve().kill() // sets the plan's clock and makes the accounts
		takeArchive(b, dir, config)
	}
	p := serve()
	fmt.Printf("ready %.1f s after exec, %.1f s of processor time, %.0f MB resident\n", p.ready.Seconds(), p.processor().Seconds(), p.memory("VmRSS"))
	now := p.now(b)
	slot := now.Add(-16 * time.Minute).Truncate(15 * time.Minute) // due already
	shift := time.Until(now)
	before := p.coverage(b, slot).Collected // by a run before, of -data
	killed := make(chan struct{})
	var tally simulate.Stats
	o := simulate.Options{Feeds: simulate.Feeds{DLT698: fmt.Sprintf("127.0.0.1:%d", port)}, From: slot, To: slot, Clock: func() time.Time { return time.Now().Add(shift) }}
	o.Progress = func(s simulate.Stats) {
		select {
		case <-killed:
		default:
			if s.RowsAcked >= int64(*meters)/2 {
				close(killed)
			}
		}
		tally = s
	}
	c := city(b, o)
	idle := p.processor()
	begun := time.Now()
	done := make(chan error, 1)
	go func() { done <- c.Run(b.Context()) }()
	var down time.Duration
	busy, peak := time.Duration(0), 0.0
	select {
	case <-killed:
		at := time.Now()
		fmt.Printf("killed after %.1f s with %d readings acknowledged\n", at.Sub(begun).Seconds(), tally.RowsAcked)
		busy, peak = p.processor()-idle, p.memory("VmHWM")
		p.kill()
		p = serve()
		down, idle = time.Since(at), p.processor()
		fmt.Printf("ready again %.1f s after exec, %.1f s of processor time\n", p.ready.Seconds(), idle.Seconds())
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	case err := <-done:
		b.Fatalf("it was over before it could be killed: %v; take more meters", err)
	}
	took := time.Since(begun)
	busy, peak = busy+p.processor()-idle, max(peak, p.memory("VmHWM"))
	ingest := took - down
	fmt.Printf("Haihe: ingest %.1f s (%.1f s with the restart), %.0f readings/s, %.1f s of processor time, peak %.0f MB resident, load %s\n",
		ingest.Seconds(), took.Seconds(), float64(*meters)/ingest.Seconds(), busy.Seconds(), peak, loadAverage())
	if tally.RowsAcked != int64(*meters) || tally.Refused > 0 {
		b.Errorf("%d of %d readings acknowledged, %d answers not understood", tally.RowsAcked, *meters, tally.Refused)
	}
	judge(b, p, c, slot, before)
	p.kill()
	b.ReportMetric(float64(*meters)/ingest.Seconds(), "readings/s")
	b.ReportMetric(busy.Seconds(), "cpu-s")
	b.ReportMetric(peak, "MB")
	if *beside {
		plainRows(b, c, slot)
		victoria(b, c, slot)
	}
}

// takeArchive takes the archive in.
func takeArchive(b *testing.B, dir, config string) {
	b.Helper()
	file := filepath.Join(dir, "archive.csv")
	writeArchive(b, file)
	at := time.Now()
	cmd := exec.Command(binary(b), "import", file, "--system", "grid", "--kind", "archive", "--config", config)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("import: %v\n%s", err, out)
	}
	took := time.Since(at)
	fmt.Printf("archive: %.1f s, %.0f meters/s, %.1f s of processor time\n", took.Seconds(), float64(*meters)/took.Seconds(), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
}

func writeArchive(b *testing.B, path string) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := city(b, simulate.Options{}).WriteArchive(f); err != nil {
		b.Fatal(err)
	}
}

// ask asks the interface.
func (p *program) ask(b *testing.B, path string, into any) time.Duration {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, p.base+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	at := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		b.Fatalf("%s: %s", path, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		b.Fatal(err)
	}
	return time.Since(at)
}

func (p *program) now(b *testing.B) time.Time {
	var health struct{ Time time.Time }
	p.ask(b, "/healthz", &health)
	return health.Time
}

func dayOf(slot time.Time) string { return slot.In(simulate.China()).Format("2006-01-02") }

// cover is what came of a day, of all slots that are due.
type cover struct {
	Meters, Collected, Late, Estimated int64
	took                               time.Duration
}

func (p *program) coverage(b *testing.B, slot time.Time) cover {
	b.Helper()
	var x struct{ City cover }
	took := p.ask(b, "/api/grid/coverage?day="+dayOf(slot), &x)
	x.City.took = took
	return x.City
}

// judge holds what the program says to what was sent.
func judge(b *testing.B, p *program, c *simulate.City, slot time.Time, before int64) {
	b.Helper()
	day := dayOf(slot)
	x := p.coverage(b, slot)
	if x.Meters != int64(*meters) || x.Collected != before+int64(*meters) || x.Late+x.Estimated != 0 {
		b.Errorf("coverage %+v, want %d meters with one slot more each than %d", x, *meters, before)
	}
	fmt.Printf("coverage %.0f ms when first asked", x.took.Seconds()*1000)
	var more []time.Duration
	for range 5 {
		more = append(more, p.coverage(b, slot).took)
	}
	slices.Sort(more)
	fmt.Printf(" and %.1f ms then", more[2].Seconds()*1000)
	list := c.Meters()
	loads := map[string]int64{}
	for i := range list {
		power := c.Power(&list[i], slot)
		loads[list[i].District] += power
		loads[""] += power
	}
	local := slot.In(simulate.China())
	quarter := local.Hour()*4 + local.Minute()/15
	for district, want := range loads {
		var got struct{ Load []*float64 }
		path := "/api/grid/load?day=" + day
		if district != "" {
			path += "&district=" + district
		}
		took := p.ask(b, path, &got)
		if mw := float64(want) / 1e4 / 1e3; got.Load[quarter] == nil || math.Abs(*got.Load[quarter]-mw) > 1e-9*mw {
			b.Errorf("load of %q is %v, want %v: a reading is missing, or counted twice", district, got.Load[quarter], mw)
		}
		if district == "" {
			fmt.Printf(", load of the city %.0f ms", took.Seconds()*1000)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	var one time.Duration
	for range 300 {
		m := &list[r.IntN(len(list))]
		var got struct {
			Slots []struct {
				State  string
				Energy *float64 `json:"energyKWh"`
			}
		}
		one += p.ask(b, "/api/grid/meters/"+m.Address+"/day?day="+day, &got)
		x := got.Slots[quarter]
		if want := float64(c.Register(m, slot)) / 1e4; x.State != "collected" || x.Energy == nil || math.Abs(*x.Energy-want) > 1e-6 {
			b.Errorf("meter %s is %+v, want %v", m.Address, x, want)
		}
	}
	fmt.Printf(", a meter's day %.1f ms\n", one.Seconds()*1000/300)
}

func loadAverage() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	return strings.Join(strings.Fields(string(raw))[:3], " ")
}
