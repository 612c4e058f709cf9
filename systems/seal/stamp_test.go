package seal

import (
	"bytes"
	"context"
	"crypto"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/journal/audit"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	stamps "github.com/haihe-city/haihe/kernel/trust/tsp"
)

// clock is a foreign time-stamp service with a root of its own. It is gone until it is switched on.
type clock struct {
	*httptest.Server
	root []byte
	on   atomic.Bool
}

func newClock(t *testing.T, now func() time.Time) *clock {
	t.Helper()
	generate := func() (crypto.Signer, []byte) {
		k, err := pki.Generate(pki.ECDSA)
		if err != nil {
			t.Fatal(err)
		}
		spki, err := pki.MarshalPublic(k.Public())
		if err != nil {
			t.Fatal(err)
		}
		return k, spki
	}
	top, _ := generate()
	key, spki := generate()
	c := &clock{}
	var err error
	if c.root, err = cert.MakeRoot(cert.Name{{Type: cert.CommonName, Value: "clock root"}}, top, now().AddDate(-1, 0, 0), now().AddDate(9, 0, 0)); err != nil {
		t.Fatal(err)
	}
	root, err := cert.Read(c.root)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := cert.Make(&cert.Template{Serial: cert.NewSerial(), Issuer: root.RawSubject, Subject: cert.Name{{Type: cert.CommonName, Value: "clock"}}.DER(), From: now().AddDate(0, -1, 0), To: now().AddDate(1, 0, 0),
		Public: spki, IssuerKey: root.SubjectKeyId, Usage: cert.DigitalSignature, Purposes: []asn1.ObjectIdentifier{cert.TimeStamping}, Only: true}, top)
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	a := stamps.Authority{Key: key, Certificate: leaf, Policy: "2.999.1.7", Now: now, Serial: func(context.Context) (*big.Int, error) { return big.NewInt(n.Add(1)), nil }}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !c.on.Load() {
			http.Error(w, "gone", http.StatusBadGateway)
			return
		}
		answer, _, err := a.Answer(r.Context(), body)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(answer)
	}))
	t.Cleanup(c.Close)
	return c
}

// stamped: a source that is gone stops nothing and stands on the page; then a stamp comes, the next after an hour or on another day; and what
// is exported and handed out is checked with roots alone.
func stamped(t *testing.T, app *hosttest.App, s *service, source *clock) {
	sign := func() uint64 {
		t.Helper()
		record(t, app, 3)
		if err := s.fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		c, err := s.current().Log.Latest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c.Size
	}
	root := certify(t, app, s)
	sign()
	if s.stamp(t.Context()) == nil {
		t.Fatal("a source that is gone gave a time stamp")
	}
	size := sign()
	if a := app.As("audit").Get("/zh/seal"); a.Status != 200 || !strings.Contains(a.Body, "未能取得时间戳") || s.health(t.Context()) != nil {
		t.Errorf("the page does not say that no time stamp comes: %d", a.Status)
	}
	source.on.Store(true)
	for _, r := range []struct {
		name   string
		wait   time.Duration
		grow   bool
		stamps bool
	}{{"the source is back", time.Minute, false, true}, {"not due yet", 30 * time.Minute, true, false}, {"an hour is over", 31 * time.Minute, true, true},
		{"nothing new", 2 * time.Hour, false, false}, {"shortly before midnight", 10*time.Hour + 50*time.Minute, true, true}, {"the next day", 40 * time.Minute, true, true}} {
		app.Clock.Advance(r.wait)
		if r.grow {
			size = sign()
		}
		if err := s.stamp(t.Context()); err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		c, _, err := s.current().Log.LastStamp(t.Context())
		if err != nil || (c.Size == size) != (r.stamps || !r.grow) {
			t.Fatalf("%s: stamped up to %d of %d, %v", r.name, c.Size, size, err)
		}
	}
	if a := app.As("audit").Get("/en/seal"); a.Status != 200 || strings.Contains(a.Body, "No time stamp could be had") {
		t.Errorf("the page still complains: %d", a.Status)
	}

	files := fstest.MapFS{}
	if _, err := s.current().Export(t.Context(), func(name string, data []byte) error {
		files[name] = &fstest.MapFile{Data: bytes.Clone(data)}
		return nil
	}, func(int64) {}); err != nil {
		t.Fatal(err)
	}
	var keys audit.Keys
	for _, der := range [][]byte{root, source.root} {
		if err := keys.Trust(der); err != nil {
			t.Fatal(err)
		}
	}
	r, err := audit.Dir(files, &keys, nil, nil)
	if err != nil || len(r.Findings) > 0 || r.Stamped != size || !strings.Contains(r.StampedBy, "clock") || r.Signed[0].How != audit.ByStamp {
		t.Errorf("%+v %v, %v", r.Findings, r.Signed, err)
	}
	keys.Bring("evidence", []byte(app.Nobody().Get("/log/journal/evidence").Body))
	p, err := audit.Proof([]byte(app.As("audit").Get("/api/seal/proof/2").Body), &keys)
	if err != nil || p.Entry.Seq != 2 || p.Signed[0].How != audit.ByStamp {
		t.Errorf("%+v, %v", p, err)
	}
}

// certify gives the log's P-256 key a certificate of a root, and keeps it beside the log as an authority does.
func certify(t *testing.T, app *hosttest.App, s *service) []byte {
	t.Helper()
	key, err := pki.Generate(pki.ECDSA)
	if err != nil {
		t.Fatal(err)
	}
	at := app.Clock.Now()
	der, err := cert.MakeRoot(cert.Name{{Type: cert.CommonName, Value: "root"}}, key, at.AddDate(-1, 0, 0), at.AddDate(9, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	root, err := cert.Read(der)
	if err != nil {
		t.Fatal(err)
	}
	log := s.current().Log
	leaf, err := cert.Make(&cert.Template{Serial: cert.NewSerial(), Issuer: root.RawSubject, Subject: cert.Name{{Type: cert.CommonName, Value: log.Origin()}}.DER(), From: at.AddDate(0, 0, -1), To: at.AddDate(1, 0, 0),
		Public: log.Keys()[1].Public, IssuerKey: root.SubjectKeyId, Usage: cert.DigitalSignature}, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.logs.Put(t.Context(), logName, tiles.Along{Kind: tiles.Certificate, Name: "log", Data: leaf}); err != nil {
		t.Fatal(err)
	}
	return der
}
