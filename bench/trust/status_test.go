package trust

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // RFC 6960 4.1.1: how questions name issuers
	"encoding/asn1"
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

	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/wire/ocsp"
)

var questions = flag.Int("questions", 200, "questions of each kind to the status service")

// asked is an issuing authority as questions name it.
type asked struct{ name, key []byte }

func (a asked) question(serial int64, nonce []byte) []byte {
	sum := func(b []byte) []byte { s := sha1.Sum(b); return s[:] } //nolint:gosec // as above
	q := ocsp.Request{List: []ocsp.Question{{ID: ocsp.NewCertID(ocsp.OIDSHA1, sum, a.name, a.key, big.NewInt(serial))}}, Nonce: nonce}
	return q.Marshal()
}

// TestStatus asks for the status of certificates over HTTP, in both algorithms.
func TestStatus(t *testing.T) {
	h := open(t)
	n := *questions
	if testing.Short() {
		n = min(n, 100)
	}
	for _, alg := range []pki.Algorithm{pki.SM2, pki.ECDSA} {
		k, err := pki.Generate(alg)
		if err != nil {
			t.Fatal(err)
		}
		csr, err := cert.MakeRequest(nil, k)
		if err != nil {
			t.Fatal(err)
		}
		c, err := h.ca.Issue(t.Context(), ca.Order{Kind: ca.Citizen, Subject: ca.Subject{ID: "bench-" + string(alg), Name: "市民"}, CSR: csr, By: officer})
		if err != nil {
			t.Fatal(err)
		}
		issuer, err := cert.Read(c.Chain[0])
		if err != nil {
			t.Fatal(err)
		}
		var info struct {
			Algorithm asn1.RawValue
			Key       asn1.BitString
		}
		if _, err := asn1.Unmarshal(issuer.RawSubjectPublicKeyInfo, &info); err != nil {
			t.Fatal(err)
		}
		a := asked{issuer.RawSubject, info.Key.Bytes}
		const apart = 1 << 40 // what is asked about anew has a number of its own each time
		for _, kind := range []struct {
			name string
			ask  func(i int64) []byte
		}{
			{"in memory (1,000 certificates)", func(i int64) []byte { return a.question(1+i%1000, nil) }},
			{"not asked about before (numbers never given out)", func(i int64) []byte { return a.question(apart+i, nil) }},
			{"with a nonce", func(i int64) []byte { return a.question(1+i%1000, []byte(strconv.FormatInt(1e15+i, 10))) }},
		} {
			h.ask(t, 1000, kind.ask) // connections and, for the first kind, answers
			rate, p50, p99 := h.ask(t, n, func(i int64) []byte { return kind.ask(i + 1_000_000) })
			t.Logf("%s, %s: %.0f answers/s, median %.2f ms, 99 %% %.2f ms", alg, kind.name, rate, p50, p99)
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
				if err != nil || i%100 == 0 && (bad != nil || p.Outcome != ocsp.Successful) || len(b) < 100 {
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
