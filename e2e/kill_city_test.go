package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/store/storetest"
)

// Claim: what the NGSI-LD interface answered with 2xx survives kill -9 at any moment, with its history, once; and who subscribed to
// it is told at least once.
//
// Writers create entities, change a number again and again, replace whole documents and upsert batches, while the program is killed
// and started again. Every value that is written is new, so each can be looked for: an acknowledged one is the current value or an
// older one has been followed by one that was not answered; each is in the history exactly once. HAIHE_KILLS=50 is the long form.
func TestKillCitySQLite(t *testing.T) { killCity(t) }

// The same on PostgreSQL, whose own server goes on while the program dies.
func TestKillCityPostgres(t *testing.T) {
	killCity(t, "--store", "postgres", "--dsn", storetest.Postgres(t))
}

// cityWriter writes entities of its own, so that it knows what they must be.
type cityWriter struct {
	number int
	url    *atomic.Pointer[string]
	acks   *atomic.Int64
	next   int              // the value that comes next
	gauge  written          // of one entity's level, by PATCH
	whole  written          // of one entity's note, by PUT
	batch  [batchOf]written // of some entities' note, by batch upsert
	made   map[string]bool  // entities that were created: true where it was answered
}

const (
	cityWriters = 4
	batchOf     = 5
)

// written is what was written to one attribute, in order.
type written struct {
	value []int
	acked []bool
}

func (w *written) put(v int, ok bool) { w.value, w.acked = append(w.value, v), append(w.acked, ok) }

func killCity(t *testing.T, engine ...string) {
	if testing.Short() {
		t.Skip("skipped: the story of the kills is left out with -short")
	}
	dir, kills := t.TempDir(), killsWanted(t, 4)
	config := filepath.Join(dir, "haihe.toml")
	if err := os.WriteFile(config, []byte(quiet+"anonymous = \"write\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	told := newReceiver()
	defer told.Close()
	serve := append([]string{"serve", "--listen", "127.0.0.1:0", "--config", config, "--data", filepath.Join(dir, "data")}, engine...)
	s := start(t, serve...)
	var url atomic.Pointer[string]
	var acks atomic.Int64
	url.Store(&s.url)
	for _, attr := range []string{"level", "note", "made"} {
		sub := fmt.Sprintf(`{"type":"Subscription","entities":[{"type":"KillLamp"}],"watchedAttributes":[%q],"notification":{"attributes":[%q],"format":"simplified","endpoint":{"uri":%q}}}`, attr, attr, told.URL)
		if status, body := cityAsk(t.Context(), s.url, "POST", "/subscriptions", sub); status != http.StatusCreated {
			t.Fatalf("%d %s", status, body)
		}
	}
	writers := make([]*cityWriter, cityWriters)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer func() { cancel(); wg.Wait() }()
	for i := range writers {
		writers[i] = &cityWriter{number: i, url: &url, acks: &acks, made: map[string]bool{}}
		wg.Go(func() { writers[i].run(ctx) })
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d kills", seed, kills)
	moments := rand.New(rand.NewPCG(seed, 2))
	more := func() { // writes are under way
		for want, limit := acks.Load()+20, time.Now().Add(startLimit); acks.Load() < want; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("nothing was written within %v of a start\n%s", startLimit, s.errout)
			}
		}
	}
	for range kills {
		more()
		time.Sleep(time.Duration(moments.IntN(500)) * time.Millisecond)
		s.kill()
		s = start(t, serve...)
		url.Store(&s.url)
	}
	more()
	cancel()
	wg.Wait()
	s.kill() // once more, in silence: the last answers must be there too
	s = start(t, serve...)
	judgeCity(t, s, writers, told)
	if strings.Contains(s.errout.String(), "panic") {
		t.Errorf("a panic\n%s", s.errout)
	}
}

// cityAsk makes one request and gives its status, 0 where no answer came.
func cityAsk(ctx context.Context, url, method, path, body string) (int, string) {
	req, err := http.NewRequestWithContext(ctx, method, url+"/ngsi-ld/v1"+path, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

func (w *cityWriter) id(name string) string { return fmt.Sprintf("urn:kill:%d:%s", w.number, name) }

// run writes until ctx ends. A write without an answer may be there or not.
func (w *cityWriter) run(ctx context.Context) {
	ask := func(method, path, body string) bool {
		// Not ctx: what the story's end cuts off would be unsure, and so prove less.
		status, _ := cityAsk(context.WithoutCancel(ctx), *w.url.Load(), method, path, body)
		if status/100 == 2 {
			w.acks.Add(1)
			return true
		}
		time.Sleep(10 * time.Millisecond)
		return false
	}
	lamp := func(id, attr string) string {
		return fmt.Sprintf(`{"id":%q,"type":"KillLamp",%q:{"type":"Property","value":%d}}`, id, attr, w.next)
	}
	for round := 0; ctx.Err() == nil; round++ {
		w.next++
		id := w.id(fmt.Sprintf("made-%d", w.next))
		w.made[id] = ask("POST", "/entities", lamp(id, "made"))
		for range 4 {
			w.next++
			v := w.next
			if !slices.Contains(w.gauge.acked, true) {
				w.gauge.put(v, ask("POST", "/entityOperations/upsert", "["+lamp(w.id("gauge"), "level")+"]"))
				continue
			}
			w.gauge.put(v, ask("PATCH", "/entities/"+w.id("gauge")+"/attrs/level", fmt.Sprintf(`{"type":"Property","value":%d}`, v)))
		}
		w.next++
		if !slices.Contains(w.whole.acked, true) {
			w.whole.put(w.next, ask("POST", "/entityOperations/upsert", "["+lamp(w.id("whole"), "note")+"]"))
		} else {
			w.whole.put(w.next, ask("PUT", "/entities/"+w.id("whole"), lamp(w.id("whole"), "note")))
		}
		var list []string
		first := w.next + 1
		for i := range batchOf {
			w.next++
			list = append(list, lamp(w.id(fmt.Sprintf("batch-%d", i)), "note"))
		}
		ok := ask("POST", "/entityOperations/upsert", "["+strings.Join(list, ",")+"]")
		for i := range batchOf {
			w.batch[i].put(first+i, ok)
		}
	}
}

// receiver takes notifications and counts the values in them.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]int // entity, attribute and value -> times
}

func newReceiver() *receiver {
	r := &receiver{seen: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var n struct{ Data []map[string]any }
		if err := json.NewDecoder(q.Body).Decode(&n); err != nil {
			w.WriteHeader(http.StatusInternalServerError) // cut off by a kill: it comes again
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range n.Data {
			for _, attr := range []string{"level", "note", "made"} {
				if v, ok := e[attr].(float64); ok {
					r.seen[fmt.Sprintf("%v %s %d", e["id"], attr, int(v))]++
				}
			}
		}
	}))
	return r
}

func (r *receiver) times(id, attr string, v int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[fmt.Sprintf("%s %s %d", id, attr, v)]
}

// judgeCity holds what is there to what was written and answered.
func judgeCity(t *testing.T, s *server, writers []*cityWriter, told *receiver) {
	t.Helper()
	var acked, extra, again int
	var due []func() (string, bool) // notifications that must come
	must := func(id, attr string, v int) {
		due = append(due, func() (string, bool) { return fmt.Sprintf("%s %s %d", id, attr, v), told.times(id, attr, v) > 0 })
	}
	there := 0
	for _, w := range writers {
		for id, ok := range w.made {
			status, body := cityAsk(t.Context(), s.url, "GET", "/entities/"+id, "")
			if ok && status != http.StatusOK {
				t.Errorf("%s was created and is gone: %d %s", id, status, body)
			}
			if status == http.StatusOK {
				there++
				v := 0
				if _, err := fmt.Sscanf(id[strings.LastIndexByte(id, '-')+1:], "%d", &v); err != nil {
					t.Fatal(err)
				}
				must(id, "made", v)
			}
		}
		for id, of := range w.all() {
			attr := "note"
			if strings.HasSuffix(id, "gauge") {
				attr = "level"
			}
			past := cityPast(t, s, id, attr)
			if len(past) > 0 {
				there++
			}
			times := map[int]int{}
			for _, v := range past {
				if times[v]++; times[v] == 2 {
					t.Errorf("%s: %s %d is in the history twice", id, attr, v)
				}
				must(id, attr, v)
			}
			for i, v := range of.value {
				switch {
				case of.acked[i] && times[v] == 0:
					t.Errorf("%s: %s %d was answered and is not in the history", id, attr, v)
				case of.acked[i]:
					acked++
				case times[v] > 0:
					extra++
				}
				delete(times, v)
			}
			if len(times) > 0 || !slices.IsSorted(past) {
				t.Errorf("%s: the history has what was never written, or has it in another order: %v", id, times)
			}
			if status, body := cityAsk(t.Context(), s.url, "GET", "/entities/"+id+"?format=simplified", ""); len(past) > 0 && (status != http.StatusOK || !strings.Contains(body, fmt.Sprintf("%q:%d", attr, past[len(past)-1]))) {
				t.Errorf("%s: the newest in its history is %d, and it is %s", id, past[len(past)-1], body)
			}
		}
	}
	limit := time.Now().Add(startLimit)
	for _, f := range due {
		what, ok := f()
		for ; !ok && time.Now().Before(limit); what, ok = f() {
			time.Sleep(20 * time.Millisecond)
		}
		if !ok {
			t.Errorf("%s is there and nobody was told", what)
		}
	}
	told.mu.Lock()
	for what, n := range told.seen {
		if again += n - 1; n > 5 {
			t.Errorf("%s was told %d times", what, n)
		}
	}
	told.mu.Unlock()
	cityCounts(t, s, there)
	t.Logf("%d values answered, %d there of writes that were cut off, %d entities, %d notifications due, %d told again", acked, extra, there, len(due), again)
}

// all gives what the writer wrote to by id.
func (w *cityWriter) all() map[string]*written {
	m := map[string]*written{w.id("gauge"): &w.gauge, w.id("whole"): &w.whole}
	for i := range w.batch {
		m[w.id(fmt.Sprintf("batch-%d", i))] = &w.batch[i]
	}
	return m
}

// cityPast reads all values of an attribute, oldest first, page by page.
func cityPast(t *testing.T, s *server, id, attr string) (list []int) {
	t.Helper()
	seen := map[string]bool{}
	for from := "2000-01-01T00:00:00Z"; ; {
		status, body := cityAsk(t.Context(), s.url, "GET", "/temporal/entities/"+id+"?attrs="+attr+"&options=sysAttrs&timeproperty=modifiedAt&timerel=after&timeAt="+from, "")
		if status == http.StatusNotFound {
			return list
		}
		var e map[string]json.RawMessage
		var instances []struct {
			Value      int
			InstanceID string
			ModifiedAt string
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil || status/100 != 2 {
			t.Fatalf("%s: %d %.300s", id, status, body)
		}
		if len(e[attr]) > 0 && json.Unmarshal(e[attr], &instances) != nil {
			var one = instances[:0:0]
			one = append(one, struct {
				Value      int
				InstanceID string
				ModifiedAt string
			}{})
			if err := json.Unmarshal(e[attr], &one[0]); err != nil {
				t.Fatalf("%s: %.300s", id, body)
			}
			instances = one
		}
		for _, i := range instances {
			if seen[i.InstanceID] {
				continue
			}
			seen[i.InstanceID] = true
			list, from = append(list, i.Value), i.ModifiedAt
		}
		if status == http.StatusOK {
			return list
		}
	}
}

// cityCounts holds the counts that are kept to a recount by pages.
func cityCounts(t *testing.T, s *server, there int) {
	t.Helper()
	var kind struct {
		EntityCount int
		Details     []struct {
			ID string `json:"id"`
		} `json:"attributeDetails"`
	}
	_, body := cityAsk(t.Context(), s.url, "GET", "/types/KillLamp", "")
	if err := json.Unmarshal([]byte(body), &kind); err != nil || kind.EntityCount != there {
		t.Errorf("%d entities are there, and the type says %s", there, body)
	}
	for _, attr := range []string{"level", "note", "made"} {
		var list []json.RawMessage
		n, offset := 0, 0
		for {
			_, page := cityAsk(t.Context(), s.url, "GET", fmt.Sprintf("/entities?type=KillLamp&attrs=%s&limit=1000&offset=%d", attr, offset), "")
			if err := json.Unmarshal([]byte(page), &list); err != nil {
				t.Fatalf("%.300s", page)
			}
			n, offset = n+len(list), offset+1000
			if len(list) < 1000 {
				break
			}
		}
		var kept struct{ AttributeCount int }
		_, body := cityAsk(t.Context(), s.url, "GET", "/attributes/"+attr, "")
		if err := json.Unmarshal([]byte(body), &kept); err != nil || kept.AttributeCount != n {
			t.Errorf("%d entities have %s, and the attribute says %s", n, attr, body)
		}
	}
}
