package ngsild

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// watchers are the subscriptions of BenchmarkNotices: nine of ten watch one lamp, every tenth watches all lamps of a zone that are
// brighter than 90.
type watchers struct {
	lamps, zones int
}

// want is one notice that is due, or was delivered: to which subscription, with which level.
type want struct {
	subscription string
	level        float64
}

// receiver takes notifications and counts each pair of subscription and level.
type receiver struct {
	mu     sync.Mutex
	got    map[want]int
	last   map[string]float64 // newest level by subscription and lamp, to see the order
	bad    []string
	lag    []time.Duration
	total  int
	sentAt func(level float64) time.Time
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var n struct {
		SubscriptionID string
		Data           []struct {
			ID    string
			Level struct{ Value float64 }
		}
	}
	now := time.Now()
	err := json.NewDecoder(req.Body).Decode(&n)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || len(n.Data) == 0 {
		r.bad = append(r.bad, fmt.Sprintf("a notification without data: %v", err))
	}
	for _, d := range n.Data {
		r.got[want{n.SubscriptionID, d.Level.Value}]++
		r.total++
		if at := r.sentAt(d.Level.Value); !at.IsZero() {
			r.lag = append(r.lag, now.Sub(at))
		}
		key := n.SubscriptionID + " " + d.ID
		if d.Level.Value < r.last[key] {
			r.bad = append(r.bad, fmt.Sprintf("%s: %v came after %v", key, d.Level.Value, r.last[key]))
		}
		r.last[key] = d.Level.Value
	}
}

// BenchmarkNotices has 10,000 subscriptions and 2,000 changes a second for a minute. The generator knows which notices are due; the
// receiver counts; in the end each must have come exactly once, and those of a subscription in order.
func BenchmarkNotices(b *testing.B) {
	subs, rate, spell := watchers{lamps: 9000, zones: 1000}, 2000.0, time.Minute
	if testing.Short() {
		subs, rate, spell = watchers{lamps: 900, zones: 100}, 500, 5*time.Second
	}
	t := &table{}
	for _, c := range append(cities(b), others(b)...) {
		t.order = append(t.order, c.name)
		notices(b, t, c, subs, rate, spell)
	}
	t.print(b)
}

func notices(b *testing.B, t *table, c candidate, subs watchers, rate float64, spell time.Duration) {
	fill(b, c, &ledger{}, scale{lamps: subs.lamps})
	changes := int(rate*spell.Seconds()) + 1000
	sent := make([]time.Time, changes+1)
	var mu sync.Mutex
	r := &receiver{got: map[want]int{}, last: map[string]float64{}, sentAt: func(level float64) time.Time {
		mu.Lock()
		defer mu.Unlock()
		if n := int(level); n > 0 && n < len(sent) {
			return sent[n]
		}
		return time.Time{}
	}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{Handler: r}
	go func() { _ = srv.Serve(ln) }()
	defer srv.Close()
	at := time.Now()
	subscribe(b, c, subs, "http://"+ln.Addr().String()+"/")
	t.add(c.name, "subscriptions made", "1/s", false, float64(subs.lamps+subs.zones)/time.Since(at).Seconds())

	due := map[want]int{}
	got, unsent := paced(b, c.base, rate, 256, spell, func(k *client, _, n int) (int, error) {
		// level: the whole part numbers the change, so that each is unlike any other; brightness stands in another attribute
		lamp, bright := n%subs.lamps, n%97
		mu.Lock()
		sent[n+1] = time.Now()
		mu.Unlock()
		body := fmt.Appendf(nil, `{"level":{"type":"Property","value":%d},"power":{"type":"Property","value":%d}}`, n+1, bright)
		status, err := k.do("PATCH", "/entities/"+lampID(lamp)+"/attrs", body)
		if err == nil && status/100 == 2 {
			mu.Lock()
			due[want{lampSub(lamp), float64(n + 1)}]++
			if bright > 90 {
				for z := lamp % 100; z < subs.zones; z += 100 {
					due[want{zoneSub(z), float64(n + 1)}]++
				}
			}
			mu.Unlock()
		}
		return status, err
	})
	quiet := settle(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	missing, twice, wrong := 0, 0, 0
	for w, n := range due {
		switch g := r.got[w]; {
		case g < n:
			missing++
		case g > n:
			twice++
		}
	}
	for w := range r.got {
		if due[w] == 0 {
			wrong++
		}
	}
	if missing+twice+wrong+len(r.bad) > 0 {
		c.fault(b)("%s: of %d notices due %d are missing, %d came more than once; %d that came were not due; %d faults of order or form: %.300q",
			c.name, len(due), missing, twice, wrong, len(r.bad), strings.Join(r.bad[:min(3, len(r.bad))], "; "))
	}
	lag := join(b, []tally{{each: r.lag}}, []error{nil}, time.Second)
	t.add(c.name, "changes taken", "1/s", false, got.rate())
	t.add(c.name, "changes refused or not sent", "1/s", true, (float64(got.refused)+float64(unsent))/got.took.Seconds())
	t.add(c.name, "change answered within, 99 %", "ms", true, got.quantile(0.99))
	t.add(c.name, "notices due", "", false, float64(len(due)))
	t.add(c.name, "notices missing, doubled or not due", "", true, float64(missing+twice+wrong))
	t.add(c.name, "change to notice, 50 %", "ms", true, lag.quantile(0.5))
	t.add(c.name, "change to notice, 99 %", "ms", true, lag.quantile(0.99))
	t.add(c.name, "last notice after the last change", "s", true, max(0, quiet.Seconds()))
}

// settle waits until nothing has come for five seconds and tells how long after its call the last one came.
func settle(r *receiver) time.Duration {
	begun, last, seen := time.Now(), time.Duration(0), -1
	for time.Since(begun)-last < 5*time.Second && time.Since(begun) < 3*time.Minute {
		r.mu.Lock()
		total := r.total
		r.mu.Unlock()
		if total != seen {
			seen, last = total, time.Since(begun)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return last
}

func lampSub(n int) string { return fmt.Sprintf("urn:ngsi-ld:Subscription:lamp:%d", n) }
func zoneSub(n int) string { return fmt.Sprintf("urn:ngsi-ld:Subscription:zone:%d", n) }

// subscribe makes the subscriptions, by eight connections.
func subscribe(b *testing.B, c candidate, subs watchers, uri string) {
	b.Helper()
	var wg sync.WaitGroup
	fails := make([]error, 8)
	for w, k := range connections(b, c.base, 8) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer k.close()
			for n := w; n < subs.lamps+subs.zones && fails[w] == nil; n += 8 {
				fails[w] = subscribeOne(k, subs, n, uri)
			}
		}()
	}
	wg.Wait()
	for _, err := range fails {
		if err != nil {
			b.Fatalf("%s: %v", c.name, err)
		}
	}
}

func subscribeOne(k *client, subs watchers, n int, uri string) error {
	id, entities, q := lampSub(n), fmt.Sprintf(`{"type":"Lamp","id":"%s"}`, lampID(n)), ""
	if z := n - subs.lamps; z >= 0 {
		id, entities, q = zoneSub(z), `{"type":"Lamp"}`, fmt.Sprintf(`"q":"zone==%d;power>90",`, z%100)
	}
	status, err := k.do("POST", "/subscriptions", fmt.Appendf(nil, `{"id":"%s","type":"Subscription","entities":[%s],%s"watchedAttributes":["level"],`+
		`"notification":{"attributes":["level"],"endpoint":{"uri":"%s","accept":"application/json"}}}`, id, entities, q, uri))
	if err == nil && status != 201 {
		err = fmt.Errorf("subscription %s: %d %.300s", id, status, k.body)
	}
	return err
}
