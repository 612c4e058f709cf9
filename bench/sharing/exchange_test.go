package sharing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/node"
)

// body is an answer of about 600 bytes: a row of a register.
var body = []byte(`{"rows":[{"id":"91120000MA05","name":"` + string(bytes.Repeat([]byte("n"), 500)) + `"}]}`)

// station opens a node in a database of its own and serves it on loopback.
func station(b *testing.B, algorithm pki.Algorithm, together bool) (*node.Node, string) {
	db := storetest.Open(b)
	j, err := journal.Open(b.Context(), db, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	v, err := trust.Open(b.Context(), trust.Options{DB: db, Journal: j, Now: time.Now, Seal: make([]byte, trust.SealSize)})
	if err != nil {
		b.Fatal(err)
	}
	var served atomic.Int64
	n, err := node.Open(b.Context(), node.Options{DB: db, Journal: j, Vault: v, Now: time.Now, Log: slog.New(slog.DiscardHandler), Algorithm: algorithm, Batch: together,
		Serve: func(_ context.Context, c call.Call) call.Answer { // as a gate does: a look at who asks for what, and a count in the transaction of the lines
			if c.Member != "hedong" || c.Purpose != "service" || c.Resource != "register" {
				return call.Refuse(http.StatusForbidden, call.NoGrant, call.RefusalText(call.NoGrant))
			}
			return call.Answer{Status: http.StatusOK, Type: "application/json", Body: body, Rows: 1, Keep: func(*store.Tx) error { served.Add(1); return nil }}
		}})
	if err != nil {
		b.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/exchange/", n)
	mux.HandleFunc("POST /plain", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
	s := &http.Server{Handler: mux}
	go func() { _ = s.Serve(ln) }()
	b.Cleanup(func() {
		_ = s.Close()
		_ = n.Close(context.Background())
	})
	return n, "http://" + ln.Addr().String()
}

// exchange gives a city and a district that belongs to it.
func exchange(b *testing.B, algorithm pki.Algorithm, together bool) (city, district *node.Node, at string) {
	city, at = station(b, algorithm, together)
	district, far := station(b, algorithm, together)
	who := identity.System("bench")
	if err := city.Found(b.Context(), who, member.Entry{ID: "tianjin", Name: lang.T("天津市", "Tianjin"), Kind: member.City, Unit: "economy-it", Address: at}); err != nil {
		b.Fatal(err)
	}
	t, err := city.Invite(b.Context(), who, member.Entry{ID: "hedong", Name: lang.T("河东区", "Hedong"), Kind: member.District, Unit: "districts"})
	if err != nil {
		b.Fatal(err)
	}
	if err := district.Join(b.Context(), who, t.String(), far); err != nil {
		b.Fatal(err)
	}
	return city, district, at
}

var asked = call.Call{Resource: "register", Purpose: "service", Person: "person:01HQ0000000000000000000000", Params: map[string][]string{"where": {"id=91120000MA05"}, "fields": {"id,name"}}}

// BenchmarkExchange measures calls at full load, by algorithm and kind of signature, and a plain HTTP call beside it.
func BenchmarkExchange(b *testing.B) {
	for _, k := range []struct {
		algorithm pki.Algorithm
		together  bool
		callers   int
	}{{pki.SM2, false, 64}, {pki.ECDSA, false, 64}, {pki.SM2, true, 512}, {pki.ECDSA, true, 512}} {
		name := fmt.Sprintf("%s/single", k.algorithm)
		if k.together {
			name = fmt.Sprintf("%s/batch", k.algorithm)
		}
		b.Run(name, func(b *testing.B) {
			_, district, at := exchange(b, k.algorithm, k.together)
			before := used()
			plain := load(b, 2*time.Second, k.callers, plainCall(b, at))
			plainUsed := (used() - before) / (plain * 2) * 1e6
			before = used()
			rate := drive(b, k.callers, func(ctx context.Context) error {
				a, err := district.Call(ctx, "tianjin", asked)
				if err == nil && a.Status != http.StatusOK {
					err = fmt.Errorf("status %d", a.Status)
				}
				return err
			})
			b.ReportMetric((used()-before)/float64(b.N)*1e6, "cpu-us")
			b.ReportMetric(plainUsed, "plain-cpu-us")
			b.ReportMetric(plain, "plain-calls/s")
			b.ReportMetric(plain/rate, "plain/signed")
		})
	}
}

func plainCall(b *testing.B, at string) func(context.Context) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024}}
	b.Cleanup(client.CloseIdleConnections)
	sent, _ := json.Marshal(map[string]any{"params": asked.Params})
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, at+"/plain", bytes.NewReader(sent))
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
}

// used is the processor time of this process so far, in seconds: what a call costs whatever else the machine does meanwhile. The server of
// PostgreSQL is not in it.
func used() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// load calls from so many callers for a time, and gives the rate.
func load(b *testing.B, d time.Duration, callers int, do func(context.Context) error) float64 {
	var n atomic.Int64
	end := time.Now().Add(d)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for time.Now().Before(end) {
				if err := do(b.Context()); err != nil {
					b.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / d.Seconds()
}

// drive makes b.N calls from so many callers, reports their rate and waiting times, and gives the rate.
func drive(b *testing.B, callers int, do func(context.Context) error) float64 {
	var left atomic.Int64
	left.Store(int64(b.N))
	waits := make([][]time.Duration, callers)
	var wg sync.WaitGroup
	b.ResetTimer()
	for i := range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				at := time.Now()
				if err := do(b.Context()); err != nil {
					b.Error(err)
					return
				}
				waits[i] = append(waits[i], time.Since(at))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	report(b, slices.Concat(waits...))
	rate := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "calls/s")
	return rate
}

func report(b *testing.B, all []time.Duration) {
	slices.Sort(all)
	if len(all) == 0 {
		return
	}
	for _, q := range []struct {
		of   int
		name string
	}{{50, "p50-ms"}, {99, "p99-ms"}} {
		b.ReportMetric(float64(all[min(len(all)-1, len(all)*q.of/100)].Microseconds())/1000, q.name)
	}
	b.ReportMetric(float64(all[len(all)-1].Microseconds())/1000, "worst-ms")
}

// BenchmarkPaced measures the time that a call takes at a steady rate, beside a plain HTTP call at the same rate: the added latency is
// the difference.
func BenchmarkPaced(b *testing.B) {
	for _, k := range []struct {
		algorithm pki.Algorithm
		together  bool
		rate      int
	}{{pki.SM2, false, 500}, {pki.SM2, false, 1000}, {pki.SM2, true, 2000}, {pki.SM2, true, 4000}} {
		b.Run(fmt.Sprintf("%s/batch=%t/%d", k.algorithm, k.together, k.rate), func(b *testing.B) {
			_, district, at := exchange(b, k.algorithm, k.together)
			plain := paced(b, 3*k.rate, k.rate, plainCall(b, at))
			slices.Sort(plain)
			b.ResetTimer()
			waits := paced(b, b.N, k.rate, func(ctx context.Context) error {
				_, err := district.Call(ctx, "tianjin", asked)
				return err
			})
			b.StopTimer()
			report(b, waits)
			b.ReportMetric(float64(plain[len(plain)*99/100].Microseconds())/1000, "plain-p99-ms")
		})
	}
}

// paced begins a call at each moment of the rate, whether the ones before it are back or not, and counts the time from that moment on.
func paced(b *testing.B, n, rate int, do func(context.Context) error) []time.Duration {
	waits := make([]time.Duration, n)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range n {
		at := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		if d := time.Until(at); d > 0 {
			time.Sleep(d)
		}
		wg.Go(func() {
			if err := do(b.Context()); err != nil {
				b.Error(err)
			}
			waits[i] = time.Since(at)
		})
	}
	wg.Wait()
	return waits
}
