package seal

import (
	"bytes"
	"context"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/certificates/ca"
)

var officer = identity.NewPrincipal("person:wang", "economy-it", nil, Grant, ca.GrantRevoke)

type world struct {
	*Service
	a       *ca.Authority
	j       *journal.Journal
	at      time.Time
	stopped bool // the authority issues nothing
}

func open(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{at: time.Date(2016, 3, 1, 9, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.at }
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	j, err := journal.Open(ctx, db, now)
	must(err)
	v, err := trust.Open(ctx, trust.Options{DB: db, Journal: j, Now: now, Seal: bytes.Repeat([]byte{7}, trust.SealSize)})
	must(err)
	logs, err := tiles.Open(ctx, db, now)
	must(err)
	log, err := logs.Log(ctx, tiles.Options{Name: "certificates", Origin: "haihe.test/certificates"})
	must(err)
	w.a, err = ca.Open(ctx, ca.Options{DB: db, Journal: j, Vault: v, Log: log, Now: now, Settings: ca.Settings{Address: "http://pki.test/pki", Province: "天津市", Organization: "海河", PolicyArc: []int{2, 999, 1}, Shard: 100}})
	must(err)
	must(w.a.Demo(ctx))
	people, err := identity.Open(ctx, db, j, now, []identity.Unit{{ID: "economy-it", Name: lang.T("市工业和信息化局", "Bureau of industry")}}, Grants())
	must(err)
	w.j = j
	w.Service, err = Open(ctx, Options{DB: db, Journal: j, Vault: v, People: people, Now: now, Log: slog.New(slog.DiscardHandler), Policy: "2.999.1.20", PerMinute: 1000, Wall: time.Now, Status: w.a.Status, Roots: w.a.Roots,
		Issue: func(ctx context.Context, o ca.Order) (ca.Certificate, error) {
			if w.stopped {
				return ca.Certificate{}, errs.Say(errs.Unavailable, "停用", "stopped")
			}
			return w.a.Issue(ctx, o)
		}})
	must(err)
	return w
}

var text = []byte("津政办发〔2016〕59号\n")

func TestSealAndCheck(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := open(t, db), t.Context()
		for _, a := range []pki.Algorithm{pki.SM2, pki.ECDSA} {
			d, err := w.Seal(ctx, officer, "通知.pdf", text, a)
			if err != nil {
				t.Fatal(err)
			}
			good := func(what string, data, message []byte, then, now bool) {
				t.Helper()
				rep, err := w.Check(ctx, data, message)
				if err != nil || len(rep.Findings) != 1 {
					t.Fatalf("%s: %+v, %v", what, rep, err)
				}
				if f := rep.Findings[0]; f.Then != then || f.Now != now || !f.Stamped || f.Name != "市工业和信息化局" || !rep.Changed.Empty() {
					t.Errorf("%s: %+v", what, f)
				}
			}
			good("at once", text, d.Signature, true, true)
			if rep, err := w.Check(ctx, []byte("津政办发〔2017〕59号\n"), d.Signature); err != nil || rep.Changed.Empty() || len(rep.Findings) != 0 {
				t.Errorf("changed: %+v, %v", rep, err)
			}
			bad := bytes.Clone(d.Signature)
			bad[len(bad)/2] ^= 1
			if rep, err := w.Check(ctx, text, bad); err == nil && rep.Changed.Empty() && len(rep.Findings) == 1 && rep.Findings[0].Then && rep.Findings[0].Stamped && bytes.Equal(bad, d.Signature) {
				t.Error("a changed seal")
			}
			started := w.at
			w.at = started.AddDate(0, 1, 0)
			if err := w.a.Revoke(ctx, officer, d.Serial, cert.KeyCompromise); err != nil {
				t.Fatal(err)
			}
			good("revoked a month later", text, d.Signature, true, false)
			w.at = started.AddDate(8, 0, 0)
			good("eight years later", text, d.Signature, true, false)
			w.at = started.Add(time.Hour)
		}
		if rep, err := w.Check(ctx, text, nil); err != nil || len(rep.Findings) != 2 {
			t.Errorf("looked up by digest: %+v, %v", rep, err)
		}
		if rep, err := w.Check(ctx, []byte("never"), nil); err != nil || rep.Changed.Empty() {
			t.Errorf("never sealed: %+v, %v", rep, err)
		}
		if _, err := w.Seal(ctx, identity.NewPrincipal("person:li", "economy-it", nil), "a", text, pki.SM2); errs.KindOf(err) != errs.Denied {
			t.Errorf("without the grant: %v", err)
		}
		if rep, err := w.j.Verify(ctx, nil); err != nil || len(rep.Faults) > 0 {
			t.Errorf("journal: %+v, %v", rep, err)
		}
	})
}

func TestNoAuthority(t *testing.T) {
	w := open(t, storetest.Open(t))
	w.stopped = true
	if _, err := w.Seal(t.Context(), officer, "a", text, pki.SM2); errs.KindOf(err) != errs.Unavailable {
		t.Errorf("sealed without a certificate: %v", err)
	}
}

// TestStampService asks over HTTP as programs do, and has OpenSSL verify seal and stamp.
func TestStampService(t *testing.T) {
	w := open(t, storetest.Open(t))
	server := httptest.NewServer(w.Service)
	t.Cleanup(server.Close)
	for _, c := range []struct {
		kind, body string
		want       int
	}{{"text/plain", "x", 405}, {"application/timestamp-query", string(make([]byte, maxQuery+1)), 413}, {"application/timestamp-query", "x", 200}} {
		res, err := http.Post(server.URL+Prefix, c.kind, bytes.NewReader([]byte(c.body)))
		if err != nil || res.StatusCode != c.want {
			t.Errorf("%s: %v, %v", c.kind, res, err)
		}
		_ = res.Body.Close()
	}
	tool, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl here")
	}
	dir := t.TempDir()
	put := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) {
		t.Helper()
		c := exec.Command(tool, args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("openssl %v: %s", args, out)
		}
	}
	var roots []byte
	list, _ := w.a.Roots(t.Context())
	for _, r := range list {
		roots = append(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.DER})...)
	}
	put("roots.pem", roots)
	put("text", text)
	run("ts", "-query", "-data", "text", "-sha256", "-cert", "-out", "q")
	q, _ := os.ReadFile(filepath.Join(dir, "q"))
	res, err := http.Post(server.URL+Prefix, "application/timestamp-query", bytes.NewReader(q))
	if err != nil || res.Header.Get("Content-Type") != "application/timestamp-reply" {
		t.Fatalf("%v, %v", res, err)
	}
	reply, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	put("r", reply)
	run("ts", "-verify", "-queryfile", "q", "-in", "r", "-CAfile", "roots.pem", "-attime", "1456830000")
	d, err := w.Seal(t.Context(), officer, "text", text, pki.ECDSA)
	if err != nil {
		t.Fatal(err)
	}
	put("text.p7s", d.Signature)
	run("cms", "-verify", "-binary", "-inform", "DER", "-in", "text.p7s", "-content", "text", "-CAfile", "roots.pem", "-purpose", "any", "-attime", "1456830000", "-out", "out")
}
