package tsp

import (
	"context"
	"crypto"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/path"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/tsp"
	"github.com/haihe-city/haihe/wire/x509"
)

var (
	begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	text  = []byte("津政办发〔2016〕59号\n")
)

func name(cn string) []byte {
	return der.Seq(der.SetOf(der.Set, der.Seq(der.OID("2.5.4.3"), der.Text(cn))))
}

// world is an authority below a root.
type world struct {
	Authority
	root   *x509.Certificate
	signer crypto.Signer // the root's
}

func build(t testing.TB, a pki.Algorithm, purposes []asn1.ObjectIdentifier, only bool) *world {
	t.Helper()
	w := &world{}
	root, err := pki.Generate(a)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := pki.Generate(a)
	id, _ := pki.KeyID(root.Public())
	spki := func(k crypto.Signer) []byte { b, _ := pki.MarshalPublic(k.Public()); return b }
	top, err := cert.Make(&cert.Template{Serial: []byte{1}, Issuer: name("root"), Subject: name("root"), From: begin, To: begin.AddDate(20, 0, 0), Public: spki(root),
		IssuerKey: id, CA: true, PathLen: -1, Usage: cert.CertSign | cert.CRLSign}, root)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := cert.Make(&cert.Template{Serial: []byte{2}, Issuer: name("root"), Subject: name("tsa"), From: begin, To: begin.AddDate(1, 0, 0), Public: spki(key),
		IssuerKey: id, Usage: cert.DigitalSignature, Purposes: purposes, Only: only}, root)
	if err != nil {
		t.Fatal(err)
	}
	w.root, _ = x509.Parse(top)
	w.signer = root
	n := int64(0)
	w.Authority = Authority{Key: key, Certificate: leaf, Chain: [][]byte{top}, Policy: "1.2.156.1", Accuracy: time.Second,
		Now: func() time.Time { return begin.AddDate(0, 6, 0) }, Serial: func(context.Context) (*big.Int, error) { n++; return big.NewInt(n), nil }}
	return w
}

func (w *world) trust() path.Options { return path.Options{Anchors: []*x509.Certificate{w.root}} }

// list is a revocation list of the root, made at a time, with the authority's certificate in it where reason is not -2.
func (w *world) list(t *testing.T, made, revoked time.Time, reason int) *x509.CRL {
	t.Helper()
	a := der.Algorithm("1.2.840.10045.4.3.2", nil)
	if w.root.Algorithm.OID != "1.2.840.10045.4.3.2" {
		a = der.Algorithm("1.2.156.10197.1.501", nil)
	}
	var entries []byte
	if reason > -2 {
		var x []byte
		if reason >= 0 {
			x = der.Seq(der.Seq(der.OID(x509.OIDReason), der.Bytes(der.Value(der.Enumerated, []byte{byte(reason)}))))
		}
		entries = der.Seq(der.Seq(der.Int(2), der.When(revoked), x))
	}
	tbs := der.Seq(der.Int(1), a, name("root"), der.When(made), der.When(made.AddDate(0, 1, 0)), entries)
	sig, err := pki.Sign(w.signer, tbs)
	if err != nil {
		t.Fatal(err)
	}
	l, err := x509.ParseCRL(der.Seq(tbs, a, der.BitsOf(sig)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var stamping = []asn1.ObjectIdentifier{cert.TimeStamping}

func TestStampYearsLater(t *testing.T) {
	for _, a := range []pki.Algorithm{pki.ECDSA, pki.SM2} {
		w := build(t, a, stamping, true)
		token, info, err := w.Stamp(t.Context(), "1.2.156.10197.1.401", text)
		if err != nil {
			t.Fatal(err)
		}
		today := begin.AddDate(10, 0, 0)
		s, err := Verify(token, text, today, w.trust()) // nine years after the certificate expired
		if err != nil || !s.Info.Time.Equal(info.Time) || s.Info.Accuracy != time.Second {
			t.Fatalf("%s: %+v, %v", a, s, err)
		}
		before, after := info.Time.AddDate(0, -1, 0), info.Time.AddDate(0, 1, 0)
		for _, c := range []struct {
			name    string
			revoked time.Time
			reason  int
			good    bool
		}{
			{"not revoked", after, -2, true}, {"superseded after", after, 4, true}, {"ceased after", after, 5, true}, {"unspecified after", after, 0, true},
			{"compromised after", after, 1, false}, {"without reason after", after, -1, false}, {"superseded before", before, 4, false},
		} {
			o := w.trust()
			o.Revocation, o.Lists = path.Required, []*x509.CRL{w.list(t, after.AddDate(0, 1, 0), c.revoked, c.reason)}
			if _, err := Verify(token, text, today, o); (err == nil) != c.good {
				t.Errorf("%s, %s: %v", a, c.name, err)
			}
		}
		if _, err := Verify(token, []byte("another"), today, w.trust()); errs.KindOf(err) != errs.Conflict {
			t.Errorf("another text: %v", err)
		}
		if _, err := Verify(token, text, begin, w.trust()); err == nil {
			t.Error("a token of the future")
		}
		if _, err := Verify(token, text, today, build(t, a, stamping, true).trust()); err == nil {
			t.Error("another root")
		}
		token[len(token)-5] ^= 1
		if _, err := Verify(token, text, today, w.trust()); err == nil {
			t.Error("a changed token")
		}
	}
}

func TestWrongCertificates(t *testing.T) {
	for _, w := range []*world{build(t, pki.ECDSA, stamping, false), build(t, pki.ECDSA, append(stamping, cert.ClientAuth), true), build(t, pki.ECDSA, nil, false)} {
		token, _, err := w.Stamp(t.Context(), "2.16.840.1.101.3.4.2.1", text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(token, text, begin.AddDate(2, 0, 0), w.trust()); err == nil {
			t.Error("a token of a certificate that is not for time stamps only")
		}
	}
}

func TestRejected(t *testing.T) {
	w := build(t, pki.ECDSA, stamping, true)
	good := tsp.Request{Imprint: tsp.Imprint{Hash: "2.16.840.1.101.3.4.2.1", Digest: make([]byte, 32)}, Nonce: big.NewInt(77), CertReq: true}
	for _, c := range []struct {
		name   string
		change func(*tsp.Request)
		want   tsp.Failure
	}{
		{"good", func(*tsp.Request) {}, tsp.NoFailure},
		{"SHA-1", func(q *tsp.Request) { q.Imprint = tsp.Imprint{Hash: "1.3.14.3.2.26", Digest: make([]byte, 20)} }, tsp.BadAlgorithm},
		{"short digest", func(q *tsp.Request) { q.Imprint.Digest = make([]byte, 31) }, tsp.BadDataFormat},
		{"another policy", func(q *tsp.Request) { q.Policy = "1.2.3" }, tsp.UnacceptedPolicy},
	} {
		q := good
		c.change(&q)
		b, info, err := w.Answer(t.Context(), q.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		p, err := tsp.ParseResponse(b)
		if err != nil || p.Failure != c.want || (info != nil) != (c.want == tsp.NoFailure) {
			t.Errorf("%s: %+v, %v", c.name, p, err)
		}
		token, err := Check(&good, b)
		if (err == nil) != (c.want == tsp.NoFailure) {
			t.Errorf("%s: %x, %v", c.name, token, err)
		}
		other := good
		other.Nonce = big.NewInt(78)
		if _, err := Check(&other, b); err == nil {
			t.Errorf("%s: another nonce", c.name)
		}
	}
	if b, info, err := w.Answer(t.Context(), []byte("no request")); err != nil || info != nil {
		t.Errorf("%x, %v", b, err)
	}
}

// TestOpenSSL: openssl ts asks us and verifies our answer; we verify what openssl ts makes.
func TestOpenSSL(t *testing.T) {
	tool, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl here")
	}
	w, dir := build(t, pki.ECDSA, stamping, true), t.TempDir()
	put := func(file string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	get := func(file string) []byte { b, _ := os.ReadFile(filepath.Join(dir, file)); return b }
	run := func(args ...string) {
		t.Helper()
		c := exec.Command(tool, args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("openssl %s: %s", strings.Join(args, " "), out)
		}
	}
	key, _ := pki.MarshalPrivate(w.Key)
	put("root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.root.Raw}))
	put("tsa.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.Certificate}))
	put("tsa.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	put("text", text)
	for _, args := range [][]string{{"-cert"}, {"-no_nonce"}, {"-cert", "-tspolicy", "1.2.156.1"}} {
		run(append([]string{"ts", "-query", "-data", "text", "-sha256", "-out", "q.tsq"}, args...)...)
		b, info, err := w.Answer(t.Context(), get("q.tsq"))
		if err != nil || info == nil {
			t.Fatalf("%v: %v", args, err)
		}
		put("q.tsr", b)
		run("ts", "-verify", "-queryfile", "q.tsq", "-in", "q.tsr", "-CAfile", "root.pem", "-untrusted", "tsa.pem", "-attime", "1790000000")
		run("ts", "-reply", "-in", "q.tsr", "-text")
	}
	put("ts.cnf", []byte("[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ncrypto_device=builtin\nsigner_cert=tsa.pem\ncerts=root.pem\nsigner_key=tsa.key\nsigner_digest=sha256\n"+
		"default_policy=1.2.156.1\ndigests=sha256\naccuracy=secs:1,millisecs:500\nordering=yes\ntsa_name=yes\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n"))
	put("serial", []byte("01\n"))
	run("ts", "-query", "-data", "text", "-sha256", "-cert", "-out", "q.tsq")
	run("ts", "-reply", "-config", "ts.cnf", "-queryfile", "q.tsq", "-out", "theirs.tsr")
	q, err := tsp.ParseRequest(get("q.tsq"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := Check(q, get("theirs.tsr"))
	if err != nil {
		t.Fatal(err)
	}
	// OpenSSL stamps with the machine's clock.
	if s, err := Verify(token, text, time.Now(), w.trust()); time.Now().After(begin) && time.Now().Before(begin.AddDate(1, 0, 0)) {
		if err != nil || !s.Info.Ordering || s.Info.Accuracy != 1500*time.Millisecond {
			t.Errorf("OpenSSL's token: %+v, %v", s, err)
		}
	}
}
