package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/store/storetest"
)

// Claim: what the program acknowledged survives kill -9 at any moment, and nothing is counted twice.
//
// Stations send readings over DL/T 698.45 without a pause while the program is killed at random moments and started again. A
// report that was confirmed must be there afterwards with its values; one that was not may be there or not, but once; the city's
// load, which sums all samples, must be that of each reading counted once. HAIHE_KILLS=50 is the long form of the story.
func TestKillSQLite(t *testing.T) { killStory(t) }

// The same on PostgreSQL, whose own server goes on while the program dies.
func TestKillPostgres(t *testing.T) {
	killStory(t, "--dsn", storetest.Postgres(t))
}

const (
	killStations = 8
	killMeters   = 5 // of each
)

func killStory(t *testing.T, engine ...string) {
	if testing.Short() {
		t.Skip("skipped: the story of the kills is left out with -short")
	}
	kills := killsWanted(t, 4)
	dir := t.TempDir()
	stations, archive := fleet(killStations, killMeters)
	port := freePort(t)
	config, file := filepath.Join(dir, "haihe.toml"), filepath.Join(dir, "archive.csv")
	for name, text := range map[string]string{config: fmt.Sprintf("[grid]\ndlt698_listen = %q\ndlt645_listen = \"\"\n[city]\nmqtt_listen = \"\"\n", port), file: string(archive)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	where := append([]string{"--data", filepath.Join(dir, "data")}, engine...)
	demo := append([]string{"demo", "--no-simulate", "--listen", "127.0.0.1:0", "--config", config}, where...)
	s := start(t, demo...) // sets the plan's clock and makes the accounts
	if code, _ := s.stop(); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, s.errout)
	}
	if o := run(t, append([]string{"import", file, "--system", "grid", "--kind", "archive"}, where...)...); o.code != exitDone {
		t.Fatalf("import of the archive: exit code %d\n%s%s", o.code, o.out, o.errout)
	}
	s = start(t, demo...)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer func() {
		cancel()
		wg.Wait()
	}()
	for _, st := range stations {
		st.pace(kills)
		wg.Go(func() { st.run(ctx, port) })
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d kills", seed, kills)
	moments := rand.New(rand.NewPCG(seed, 1))
	for k := range kills {
		before := acks(stations)
		awaitAcks(t, s, stations, before+1) // readings are under way
		time.Sleep(time.Duration(moments.IntN(700)) * time.Millisecond)
		s.kill()
		s = start(t, demo...)
		spotCheck(t, s, stations[k%len(stations)])
	}
	awaitAcks(t, s, stations, acks(stations)+1)
	cancel()
	wg.Wait()
	// A report that was cut off may still be on its way into the database. A stop in good order settles it.
	if code, _ := s.stop(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, s.errout)
	}
	s = start(t, demo...)
	judge(t, s, stations)
	if code, _ := s.stop(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, s.errout)
	}
	if o := run(t, append([]string{"journal", "verify"}, where...)...); o.code != exitDone {
		t.Errorf("journal: exit code %d\n%s%s", o.code, o.out, o.errout)
	}
}

func acks(stations []*station) (n int64) {
	for _, s := range stations {
		n += s.acks.Load()
	}
	return n
}

func awaitAcks(t *testing.T, s *server, stations []*station, want int64) {
	t.Helper()
	limit := time.Now().Add(startLimit)
	for acks(stations) < want {
		told := true
		for _, st := range stations {
			told = told && st.told.Load()
			st.mu.Lock()
			err := st.err
			st.mu.Unlock()
			if err != nil {
				t.Fatal(err)
			}
		}
		if told && acks(stations) < want {
			t.Fatal("the stations have sent everything that they had: pace them, or give them more")
		}
		if time.Now().After(limit) {
			t.Fatalf("no report was confirmed within %v of a start\n%s", startLimit, s.errout)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// slotAnswer is a quarter hour of a meter's day, as the interface gives it.
type slotAnswer struct {
	Time    time.Time   `json:"time"`
	State   string      `json:"state"`
	Energy  json.Number `json:"energyKWh"`
	Power   json.Number `json:"powerKW"`
	Voltage json.Number `json:"voltageV"`
}

func dayOf(slot int64) string { return time.Unix(slot*900, 0).In(china).Format(time.DateOnly) }

// readDay gives the measured slots of a meter's day.
func readDay(t *testing.T, s *server, meter int, day string) map[int64]slotAnswer {
	t.Helper()
	var answer struct {
		Slots []slotAnswer `json:"slots"`
	}
	body := s.get("/api/grid/meters/" + meterAddress(meter) + "/day?day=" + day)
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Slots) != 96 {
		t.Fatalf("%d slots, %v: %.300s", len(answer.Slots), err, body)
	}
	have := map[int64]slotAnswer{}
	for _, a := range answer.Slots {
		if a.State == "collected" || a.State == "late" {
			have[a.Time.Unix()/900] = a
		}
	}
	return have
}

// right tells whether an answer is what the meter showed.
func (a slotAnswer) right(meter int) bool {
	energy, power, voltage := meterValues(meter, a.Time)
	same := func(n json.Number, v int64, scale float64) bool {
		f, err := n.Float64()
		return err == nil && int64(math.Round(f*scale)) == v
	}
	return same(a.Energy, energy, 1e4) && same(a.Power, power, 1e4) && same(a.Voltage, voltage, 10)
}

// spotCheck looks, right after a start, for the newest reports that a station had confirmed.
func spotCheck(t *testing.T, s *server, st *station) {
	t.Helper()
	st.mu.Lock()
	var newest int64
	for slot := range st.acked {
		newest = max(newest, slot)
	}
	want := map[int64]bool{}
	for slot := range st.acked {
		if dayOf(slot) == dayOf(newest) {
			want[slot] = true
		}
	}
	st.mu.Unlock()
	if newest == 0 {
		return
	}
	have := readDay(t, s, st.meters[0], dayOf(newest))
	for slot := range want {
		if a, ok := have[slot]; !ok || !a.right(st.meters[0]) {
			t.Errorf("station %d: slot %s was confirmed before the kill and is now %+v (there: %v)", st.number, time.Unix(slot*900, 0).In(china), a, ok)
		}
	}
}

// judge compares everything that is there with everything that was sent and confirmed.
func judge(t *testing.T, s *server, stations []*station) {
	t.Helper()
	var confirmed, there, unsure, dials int
	power := map[int64]int64{} // slot -> what the meters that are there show together, 0.0001 kW
	days := map[string]bool{}
	for _, st := range stations {
		if st.err != nil {
			t.Error(st.err)
		}
		confirmed, dials = confirmed+len(st.acked), dials+st.dials
		touched := map[string]bool{}
		for slot := range st.sent {
			touched[dayOf(slot)], days[dayOf(slot)] = true, true
		}
		for day := range touched {
			for _, m := range st.meters {
				have := readDay(t, s, m, day)
				for slot, a := range have {
					there++
					_, p, _ := meterValues(m, a.Time)
					power[slot] += p
					switch {
					case !st.sent[slot]:
						t.Errorf("meter %s: slot %s was never sent and is there", meterAddress(m), a.Time)
					case !a.right(m):
						t.Errorf("meter %s: slot %s has other values than were sent: %+v", meterAddress(m), a.Time, a)
					case !st.acked[slot]:
						unsure++
					}
				}
				for slot := range st.acked {
					if _, ok := have[slot]; !ok && dayOf(slot) == day {
						t.Errorf("meter %s: slot %s was confirmed and is missing", meterAddress(m), time.Unix(slot*900, 0).In(china))
					}
				}
			}
		}
	}
	t.Logf("%d reports confirmed over %d connections, %d readings there, %d of them of reports that were cut off", confirmed, dials, there, unsure)
	if there < confirmed*killMeters {
		t.Errorf("%d readings are there, %d were confirmed", there, confirmed*killMeters)
	}
	for day := range days {
		judgeDay(t, s, day, power)
	}
	if body := s.get("/api/grid/refused"); !strings.Contains(string(body), `"refused"`) || strings.Contains(string(body), meterAddress(0)) {
		t.Errorf("refused: %.500s", body)
	}
}

// judgeDay holds the counts and sums of a day to each reading counted once.
func judgeDay(t *testing.T, s *server, day string, power map[int64]int64) {
	t.Helper()
	var load struct {
		Load []*float64 `json:"load"`
	}
	body := s.get("/api/grid/load?day=" + day)
	if err := json.Unmarshal(body, &load); err != nil || len(load.Load) != 96 {
		t.Fatalf("load of %s: %v: %.300s", day, err, body)
	}
	from, err := time.ParseInLocation(time.DateOnly, day, china)
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i, mw := range load.Load {
		want, have := float64(power[from.Unix()/900+int64(i)])/1e7, 0.0
		if mw != nil {
			have = *mw
		}
		if math.Abs(have-want) > 1e-9 {
			if wrong++; wrong <= 3 {
				t.Errorf("%s slot %d: the load is %v MW, each reading counted once makes %v", day, i, have, want)
			}
		}
	}
}
