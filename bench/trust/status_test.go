package trust

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // RFC 6960 4.1.1: how questions name issuers
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/kernel/trust/sm"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/wire/ocsp"
	"github.com/haihe-city/haihe/wire/x509"
)

var questions = flag.Int("questions", 200, "questions of each kind to the status service")

// asked is an issuing authority as questions name it, with the serial numbers that it gave out.
type asked struct {
	name, key []byte
	serials   []*big.Int
}

// hashes that questions name issuers by: a certificate asked about with each is three questions. RFC 6960 4.3
var hashes = []struct {
	oid string
	sum func([]byte) []byte
}{
	{ocsp.OIDSHA1, func(b []byte) []byte { s := sha1.Sum(b); return s[:] }}, //nolint:gosec // a name, no proof
	{ocsp.OIDSHA256, func(b []byte) []byte { s := sha256.Sum256(b); return s[:] }},
	{ocsp.OIDSM3, func(b []byte) []byte { s := sm.Sum(b); return s[:] }},
}

// question is the i-th of all that can be asked.
func (a *asked) question(i int64, nonce []byte) []byte {
	h := hashes[int(i)/len(a.serials)%len(hashes)]
	q := ocsp.Request{List: []ocsp.Question{{ID: ocsp.NewCertID(h.oid, h.sum, a.name, a.key, a.serials[int(i)%len(a.serials)])}}, Nonce: nonce}
	return q.Marshal()
}

// authority issues to n citizens and gives their authority with all its certificates' numbers.
func (h *house) authority(t *testing.T, from, n int, alg pki.Algorithm) *asked {
	t.Helper()
	h.issue(t, listOf(t, from, n, alg), false, n)
	a := &asked{}
	for after := ""; ; {
		list, next, err := h.ca.List(t.Context(), ca.Filter{Kind: ca.Citizen, Algorithm: string(alg), Sort: "leaf", After: after, Limit: 5000})
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			raw, err := hex.DecodeString(list[i].Serial)
			if err != nil {
				t.Fatal(err)
			}
			a.serials = append(a.serials, new(big.Int).SetBytes(raw))
		}
		if after = next; after != "" {
			continue
		}
		x, ok := h.ca.Issuer(list[0].Authority)
		if !ok {
			t.Fatal("no authority")
		}
		c, err := x509.Parse(x.Chain[0])
		if err != nil {
			t.Fatal(err)
		}
		a.name, a.key = c.Subject.Raw, c.Key.Bits
		return a
	}
}

// TestStatus asks for the status of certificates over HTTP, in both algorithms.
func TestStatus(t *testing.T) {
	h := open(t)
	n := *questions
	if testing.Short() {
		n = min(n, 100)
	}
	const warm = 1000
	for i, alg := range []pki.Algorithm{pki.SM2, pki.ECDSA} {
		subjects := (n + warm) / len(hashes)
		if alg == pki.SM2 { // two certificates each
			subjects /= 2
		}
		a := h.authority(t, i*10_000_000/2, subjects+1, alg)
		for _, kind := range []struct {
			name string
			ask  func(i int64) []byte
		}{
			{"never asked about before", func(i int64) []byte { return a.question(i, nil) }},
			{"in memory", func(i int64) []byte { return a.question(i%warm, nil) }},
			{"with a nonce", func(i int64) []byte { return a.question(i, []byte(strconv.FormatInt(1e15+i, 10))) }},
		} {
			h.ask(t, warm, kind.ask) // connections, and the answers that the second kind asks for
			rate, p50, p99 := h.ask(t, n, func(i int64) []byte { return kind.ask(warm + i) })
			t.Logf("%s, %d certificates, %s: %.0f answers/s, median %.2f ms, 99 %% %.2f ms", alg, len(a.serials), kind.name, rate, p50, p99)
		}
	}
}

// askers are the connections that ask.
const askers = 32

// ask sends n questions and gives answers a second and the times to an answer in milliseconds.
func (h *house) ask(t *testing.T, n int, question func(int64) []byte) (rate, p50, p99 float64) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: askers}}
	defer client.CloseIdleConnections()
	var left atomic.Int64
	left.Store(int64(n))
	waits := make([][]time.Duration, askers)
	var wg sync.WaitGroup
	began := time.Now()
	for w := range askers {
		wg.Go(func() {
			for i := left.Add(-1); i >= 0; i = left.Add(-1) {
				at := time.Now()
				resp, err := client.Post(h.http.URL+"/pki/ocsp", "application/ocsp-request", bytes.NewReader(question(i)))
				if err != nil {
					t.Error(err)
					return
				}
				b, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				p, bad := ocsp.ParseResponse(b)
				if err != nil || i%100 == 0 && (bad != nil || p.Outcome != ocsp.Successful || p.List[0].Status != ocsp.Good) || len(b) < 100 {
					t.Errorf("%v %v", err, bad)
					return
				}
				waits[w] = append(waits[w], time.Since(at))
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	all := slices.Concat(waits...)
	if len(all) == 0 {
		return 0, 0, 0
	}
	slices.Sort(all)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return float64(n) / took.Seconds(), ms(all[len(all)/2]), ms(all[len(all)*99/100])
}
