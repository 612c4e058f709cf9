package trust

import (
	"bytes"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/certificates/bulk"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/register"
	"github.com/haihe-city/haihe/systems/certificates/status"
)

var subjects = flag.Int("subjects", 400, "subjects to issue to")

var (
	officer = identity.NewPrincipal("person:wang", "economy-it", nil, register.GrantApply)
	leader  = identity.NewPrincipal("person:li", "economy-it", nil, register.GrantApprove)
)

type house struct {
	ca   *ca.Authority
	bulk *bulk.Bulk
	db   *store.DB
	http *httptest.Server
}

func open(t testing.TB) *house {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	db := storetest.Open(t)
	j, err := journal.Open(ctx, db, time.Now)
	must(err)
	v, err := trust.Open(ctx, trust.Options{DB: db, Journal: j, Now: time.Now, Seal: bytes.Repeat([]byte{7}, trust.SealSize)})
	must(err)
	logs, err := tiles.Open(ctx, db, time.Now)
	must(err)
	log, err := logs.Log(ctx, tiles.Options{Name: "certificates", Origin: "haihe.test/certificates"})
	must(err)
	h := &house{db: db}
	h.ca, err = ca.Open(ctx, ca.Options{DB: db, Journal: j, Vault: v, Log: log, Now: time.Now, Settings: ca.Settings{Address: "http://pki.example/pki", Province: "天津市", Locality: "天津市", Organization: "海河", PolicyArc: []int{2, 999, 1}}})
	must(err)
	must(h.ca.Demo(ctx))
	reg, err := register.New(ctx, register.Options{DB: db, Journal: j, Vault: v, Now: time.Now, Issue: h.ca.Issue})
	must(err)
	answers, err := status.New(ctx, status.Options{DB: db, Authority: h.ca, Now: time.Now, Shard: 100_000})
	must(err)
	h.http = httptest.NewServer(answers.Mounts()[0].Handler)
	t.Cleanup(h.http.Close)
	h.bulk, err = bulk.New(ctx, bulk.Options{DB: db, Journal: j, Now: time.Now, Wall: time.Now, Register: reg, Issue: h.ca.IssueAll})
	must(err)
	return h
}

// idNumber makes the n-th identity number, with its last character.
func idNumber(n int) string {
	s := fmt.Sprintf("1201011970%07d", n)
	sum := 0
	for i, w := range [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(s[i]-'0') * w
	}
	return s + string("10X98765432"[sum%11])
}

// listOf writes a list of n citizens from one on, with their requests.
func listOf(t testing.TB, from, n int, alg pki.Algorithm) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	out.WriteString("name,number,request\n")
	for i := from; i < from+n; i++ {
		k, err := pki.Generate(alg)
		if err != nil {
			t.Fatal(err)
		}
		csr, err := cert.MakeRequest(cert.Name{{Type: cert.CommonName, Value: "市民" + strconv.Itoa(i)}}, k)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString("市民" + strconv.Itoa(i) + "," + idNumber(i) + "," + base64.StdEncoding.EncodeToString(csr) + "\n")
	}
	return &out
}

// TestIssue takes a list in and issues from it, and does so again as a renewal.
func TestIssue(t *testing.T) {
	h := open(t)
	n := *subjects
	if testing.Short() {
		n = min(n, 100)
	}
	for _, renewal := range []bool{false, true} {
		began := time.Now()
		list := listOf(t, 0, n, pki.SM2)
		t.Logf("made %d requests in %.1f s (the holders' work)", n, time.Since(began).Seconds())
		load, issue := h.issue(t, list, renewal, n)
		counts, err := h.ca.Counts(t.Context())
		if err != nil || counts["citizen/sign/sm2-sm3/valid"] != int64(n) || counts["citizen/encrypt/sm2-sm3/valid"] != int64(n) {
			t.Fatalf("%v %v", counts, err)
		}
		size, err := h.db.Size(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rate := func(d time.Duration) float64 { return float64(n) / d.Seconds() }
		t.Logf("renewal %v: list taken in: %.1f s, %.0f subjects/s", renewal, load.Seconds(), rate(load))
		t.Logf("renewal %v: issued: %d certificates in %.1f s, %.0f subjects/s", renewal, 2*n, issue.Seconds(), rate(issue))
		t.Logf("renewal %v: both: %.0f subjects/s, 16 million in %.1f h (bar 6 h, 741 subjects/s); %.0f bytes of database a subject", renewal, rate(load+issue), 16e6/rate(load+issue)/3600, float64(size)/float64(n))
	}
}

// issue hands a list in, has it started by another, and works it off; it says how long taking it in and issuing took.
func (h *house) issue(t *testing.T, list io.Reader, renewal bool, n int) (load, issue time.Duration) {
	t.Helper()
	began := time.Now()
	job, err := h.bulk.Load(t.Context(), officer, ca.Citizen, "bench", renewal, list)
	if err != nil {
		t.Fatal(err)
	}
	load = time.Since(began)
	if err := h.bulk.Start(t.Context(), leader, job.ID); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	if err := h.bulk.Work(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	issue = time.Since(began)
	job, err = h.bulk.Job(t.Context(), job.ID)
	if err != nil || job.State != "done" || job.Issued != int64(n) {
		t.Fatalf("%+v %v", job, err)
	}
	return load, issue
}
