package stamp

import (
	"context"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	trusttsp "github.com/haihe-city/haihe/kernel/trust/tsp"
)

// authority is a time-stamp service of the kernel's own kind, behind HTTP.
func authority(t *testing.T, a pki.Algorithm) (url string, ca []byte) {
	t.Helper()
	key, err := pki.Generate(a)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := pki.MarshalPublic(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	name := cert.Name{{Type: cert.CommonName, Value: "Time"}}.DER()
	root, err := pki.Generate(a)
	if err != nil {
		t.Fatal(err)
	}
	rootPub, _ := pki.MarshalPublic(root.Public())
	now := time.Now()
	rootDER, err := cert.Make(&cert.Template{Serial: []byte{1}, Issuer: name, Subject: name, From: now.Add(-time.Hour), To: now.Add(time.Hour), Public: rootPub, CA: true, PathLen: 0, Usage: cert.CertSign}, root)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := pki.KeyID(root.Public())
	leaf, err := cert.Make(&cert.Template{Serial: []byte{2}, Issuer: name, Subject: cert.Name{{Type: cert.CommonName, Value: "Stamps"}}.DER(), From: now.Add(-time.Hour), To: now.Add(time.Hour), Public: pub,
		IssuerKey: id, PathLen: -1, Usage: cert.DigitalSignature, Purposes: []asn1.ObjectIdentifier{cert.TimeStamping}, Only: true}, root)
	if err != nil {
		t.Fatal(err)
	}
	var serial atomic.Int64
	tsa := &trusttsp.Authority{Key: key, Certificate: leaf, Chain: [][]byte{rootDER}, Policy: "1.2.3.4", Now: time.Now,
		Serial: func(context.Context) (*big.Int, error) { return big.NewInt(serial.Add(1)), nil }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		answer, _, err := tsa.Answer(r.Context(), b)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		_, _ = w.Write(answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, cert.Armour("CERTIFICATE", rootDER)
}

func TestStampAndVerify(t *testing.T) {
	for _, a := range []pki.Algorithm{pki.ECDSA, pki.SM2} {
		url, ca := authority(t, a)
		anchors, err := trusttsp.Anchors(ca)
		if err != nil {
			t.Fatal(err)
		}
		s := Service(url, http.DefaultClient, anchors, time.Now)
		token, err := s.Ask(t.Context(), []byte("checkpoint"))
		if err != nil {
			t.Fatal(err)
		}
		at, by, err := Verifier(anchors, time.Now)(token, []byte("checkpoint"))
		if err != nil || time.Since(at) > time.Minute || by == "" {
			t.Errorf("%v %q %v", at, by, err)
		}
		if _, _, err := Verifier(anchors, time.Now)(token, []byte("another")); err == nil {
			t.Error("a token over something else passed")
		}
		_, foreign := authority(t, a)
		others, _ := trusttsp.Anchors(foreign)
		if _, err := Service(url, http.DefaultClient, others, time.Now).Ask(t.Context(), []byte("x")); err == nil {
			t.Error("a token of another authority was kept")
		}
	}
}

func TestServiceGone(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	if _, err := Service(gone.URL, http.DefaultClient, nil, time.Now).Ask(t.Context(), []byte("x")); err == nil {
		t.Error("a page that is none gave a token")
	}
	gone.Close()
	if _, err := Service(gone.URL, http.DefaultClient, nil, time.Now).Ask(t.Context(), []byte("x")); err == nil {
		t.Error("nobody gave a token")
	}
	if _, err := trusttsp.Anchors([]byte("")); err == nil {
		t.Error("no certificates passed")
	}
}
