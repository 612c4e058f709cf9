package status

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/wire/ocsp"
)

var officer = identity.NewPrincipal("person:wang", "economy-it", nil, ca.GrantManage, ca.GrantRevoke)

type world struct {
	*Service
	t  *testing.T
	ca *ca.Authority
	at time.Time
}

func open(t *testing.T, db *store.DB, shard int64) *world {
	t.Helper()
	w := &world{t: t, at: time.Now().UTC().Truncate(time.Second)} // OpenSSL judges by the machine's clock
	now := func() time.Time { return w.at }
	ctx := t.Context()
	must := func(err error) {
		if err != nil {
			t.Helper()
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
	w.ca, err = ca.Open(ctx, ca.Options{DB: db, Journal: j, Vault: v, Log: log, Now: now, Settings: ca.Settings{Address: "http://pki.test/pki", Province: "天津市", Organization: "海河", Shard: shard}})
	must(err)
	w.Service, err = New(ctx, Options{DB: db, Authority: w.ca, Now: now, Shard: shard})
	must(err)
	must(w.ca.Demo(ctx))
	return w
}

func (w *world) issue(kind, id string, alg pki.Algorithm) ca.Certificate {
	w.t.Helper()
	k, err := pki.Generate(alg)
	if err != nil {
		w.t.Fatal(err)
	}
	csr, err := cert.MakeRequest(nil, k)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := w.ca.Issue(w.t.Context(), ca.Order{Kind: kind, Subject: ca.Subject{ID: id, Name: id}, CSR: csr, By: officer})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) ask(c ca.Certificate, hash string, nonce []byte) *ocsp.Response {
	w.t.Helper()
	issuer, err := cert.Read(c.Chain[0])
	if err != nil {
		w.t.Fatal(err)
	}
	bits, err := keyBits(issuer.RawSubjectPublicKeyInfo)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, _ := hex.DecodeString(c.Serial)
	q := ocsp.Request{List: []ocsp.Question{{ID: ocsp.NewCertID(hash, hashes[hash], issuer.RawSubject, bits, new(big.Int).SetBytes(raw))}}, Nonce: nonce}
	out, _, _ := w.Answer(w.t.Context(), q.Marshal())
	p, err := ocsp.ParseResponse(out)
	if err != nil {
		w.t.Fatal(err)
	}
	if p.Outcome != ocsp.Successful {
		return p
	}
	own, err := cert.Read(p.Certificates[0])
	if err != nil {
		w.t.Fatal(err)
	}
	if err := pki.Verify(own.PublicKey, p.Signed, p.Signature); err != nil {
		w.t.Errorf("the answer's signature: %v", err)
	}
	if err := cert.SignedBy(own, issuer); err != nil {
		w.t.Errorf("the responder's certificate: %v", err)
	}
	if nonce != nil && !bytes.Equal(p.Nonce, nonce) {
		w.t.Errorf("nonce %x, asked with %x", p.Nonce, nonce)
	}
	return p
}

// TestAnswers: good, revoked at once although an answer is kept, on hold, lifted, unknown, and an authority of somebody else's.
func TestAnswers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db, 100)
		ctx := t.Context()
		for _, alg := range []pki.Algorithm{pki.SM2, pki.ECDSA} {
			c := w.issue(ca.Citizen, "c-"+string(alg), alg)
			is := func(want ocsp.Status, reason int) {
				t.Helper()
				for hash := range hashes {
					p := w.ask(c, hash, nil)
					if len(p.List) != 1 || p.List[0].Status != want || want == ocsp.Revoked && p.List[0].Reason != reason {
						t.Errorf("%s: %+v", alg, p)
					}
				}
				w.ask(c, ocsp.OIDSHA1, []byte("0123456789abcdef"))
			}
			is(ocsp.Good, 0)
			if err := w.ca.Suspend(ctx, officer, c.Serial); err != nil {
				t.Fatal(err)
			}
			is(ocsp.Revoked, int(cert.CertificateHold))
			if err := w.ca.Resume(ctx, officer, c.Serial); err != nil {
				t.Fatal(err)
			}
			is(ocsp.Good, 0)
			if err := w.ca.Revoke(ctx, officer, c.Serial, cert.KeyCompromise); err != nil {
				t.Fatal(err)
			}
			is(ocsp.Revoked, int(cert.KeyCompromise))
			c.Serial = "7f" + c.Serial[2:]
			is(ocsp.Unknown, 0)
			c.Chain = c.Chain[1:] // as if the root had issued it
			if p := w.ask(c, ocsp.OIDSHA1, nil); p.Outcome != ocsp.Unauthorized {
				t.Errorf("another authority's certificate: %+v", p)
			}
		}
		if out, _, _ := w.Answer(ctx, []byte{0x30, 0x03, 1, 2}); !bytes.Equal(out, ocsp.Failure(ocsp.MalformedRequest)) {
			t.Errorf("nonsense: %x", out)
		}
	})
}

// TestLists: complete and delta lists of the parts; what is lifted from hold leaves by the delta.
func TestLists(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db, 3)
		ctx := t.Context()
		var all []ca.Certificate
		for i := range 4 { // the responder's is number 1, so that the third citizen is in the second part
			all = append(all, w.issue(ca.Citizen, "c"+string(rune('a'+i)), pki.ECDSA))
		}
		if all[0].Shard != 0 || all[3].Shard != 1 {
			t.Fatalf("parts %d and %d", all[0].Shard, all[3].Shard)
		}
		authority := all[0].Authority
		entries := func(delta int64) map[string]cert.Reason {
			t.Helper()
			l, err := w.List(ctx, authority, 0, delta)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]cert.Reason{}
			list, err := entriesOf(l.DER)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				out[hex.EncodeToString(e.Serial)] = e.Reason
			}
			return out
		}
		do := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		do(w.ca.Suspend(ctx, officer, all[0].Serial))
		if got := entries(0); len(got) != 1 || got[all[0].Serial] != cert.CertificateHold {
			t.Errorf("the complete list: %v", got)
		}
		do(w.ca.Resume(ctx, officer, all[0].Serial))
		do(w.ca.Revoke(ctx, officer, all[1].Serial, cert.KeyCompromise))
		do(w.ca.Revoke(ctx, officer, all[3].Serial, cert.KeyCompromise))
		do(w.Tend(ctx))
		if got := entries(1); len(got) != 2 || got[all[0].Serial] != cert.RemoveFromCRL || got[all[1].Serial] != cert.KeyCompromise {
			t.Errorf("the delta: %v", got)
		}
		w.at = w.at.Add(21 * time.Hour)
		do(w.Tend(ctx))
		if got := entries(0); len(got) != 1 || got[all[1].Serial] != cert.KeyCompromise {
			t.Errorf("the next complete list: %v", got)
		}
		if _, err := w.List(ctx, authority, 7, 0); err == nil {
			t.Error("a part that no certificate is in has a list")
		}
	})
}

// TestOpenSSL has OpenSSL ask over HTTP and judge the answers and lists.
func TestOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("no openssl here")
	}
	w := open(t, storetest.Open(t), 100)
	srv := httptest.NewServer(w.handler())
	defer srv.Close()
	dir := t.TempDir()
	put := func(name string, b []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(context.Background(), "openssl", args...).CombinedOutput()
		if err != nil {
			t.Errorf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	c, gone := w.issue(ca.Enterprise, "e1", pki.ECDSA), w.issue(ca.Enterprise, "e2", pki.ECDSA)
	if err := w.ca.Revoke(t.Context(), officer, gone.Serial, cert.KeyCompromise); err != nil {
		t.Fatal(err)
	}
	root, authority := put("root.pem", cert.Armour("CERTIFICATE", c.Chain[1])), put("ca.pem", cert.Armour("CERTIFICATE", c.Chain[0]))
	leaf, bad := put("leaf.pem", cert.Armour("CERTIFICATE", c.DER)), put("bad.pem", cert.Armour("CERTIFICATE", gone.DER))
	if out := run("ocsp", "-url", srv.URL+Prefix+"/ocsp", "-CAfile", root, "-issuer", authority, "-cert", leaf, "-cert", bad); !strings.Contains(out, "Response verify OK") || !strings.Contains(out, "leaf.pem: good") || !strings.Contains(out, "bad.pem: revoked") {
		t.Errorf("openssl ocsp: %s", out)
	}
	get := func(path string) []byte {
		t.Helper()
		resp, err := srv.Client().Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", path, resp.StatusCode, err)
		}
		return b
	}
	part := Prefix + "/crl/" + c.Authority + "-0"
	full, delta := put("full.crl", get(part+".crl")), put("delta.crl", get(part+"-delta.crl"))
	for _, f := range []string{full, delta} {
		if out := run("crl", "-inform", "DER", "-in", f, "-CAfile", authority, "-noout", "-text"); !strings.Contains(out, "verify OK") {
			t.Errorf("openssl crl: %s", out)
		}
	}
	pem := put("full.pem", cert.Armour("X509 CRL", get(part+".crl")))
	run("verify", "-crl_check", "-extended_crl", "-x509_strict", "-CRLfile", pem, "-CAfile", root, "-untrusted", authority, leaf)
	if out, err := exec.CommandContext(t.Context(), "openssl", "verify", "-crl_check", "-extended_crl", "-CRLfile", pem, "-CAfile", root, "-untrusted", authority, bad).CombinedOutput(); err == nil || !strings.Contains(string(out), "certificate revoked") {
		t.Errorf("a revoked certificate: %v %s", err, out)
	}
	sm := w.issue(ca.Citizen, "c1", pki.SM2)
	smList := get(Prefix + "/crl/" + sm.Authority + "-0.crl")
	l, err := cert.ReadList(smList)
	if err != nil {
		t.Fatal(err)
	}
	issuer, _ := cert.Read(sm.Chain[0])
	if err := l.SignedBy(issuer); err != nil {
		t.Errorf("the SM2 list: %v", err)
	}
	// The commands crl and ocsp (3.0) take no signer id: of SM2 the signature is judged by pkeyutl, over the bytes that are signed.
	sm2 := func(key *cert.Certificate, signed, signature []byte) {
		t.Helper()
		run("pkeyutl", "-verify", "-pubin", "-inkey", put("pub.pem", cert.Armour("PUBLIC KEY", key.RawSubjectPublicKeyInfo)), "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-in", put("signed", signed), "-sigfile", put("signature", signature))
	}
	sm2(issuer, l.Signed, l.Signature)
	for _, nonce := range [][]byte{nil, []byte("0123456789abcdef")} {
		p := w.ask(sm, ocsp.OIDSHA1, nonce)
		sm2(mustRead(t, p.Certificates[0]), p.Signed, p.Signature)
	}
	// What the command reads of an SM2 answer is right all the same.
	if out := run("ocsp", "-noverify", "-url", srv.URL+Prefix+"/ocsp", "-issuer", put("smca.pem", cert.Armour("CERTIFICATE", sm.Chain[0])), "-cert", put("sm.pem", cert.Armour("CERTIFICATE", sm.DER))); !strings.Contains(out, "sm.pem: good") {
		t.Errorf("openssl ocsp of an SM2 answer: %s", out)
	}
	if got := get(Prefix + "/ca/" + sm.Authority + ".cer"); !bytes.Equal(got, sm.Chain[0]) {
		t.Error("the authority's certificate is another one")
	}
	if l, err := cert.ReadList(get(Prefix + "/crl/" + hex.EncodeToString(mustRead(t, c.Chain[1]).SubjectKeyId) + ".crl")); err != nil || l.SignedBy(mustRead(t, c.Chain[1])) != nil {
		t.Errorf("the root's list: %v", err)
	}
	checkGet(t, w, srv, c)
}

func mustRead(t *testing.T, der []byte) *cert.Certificate {
	t.Helper()
	c, err := cert.Read(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// checkGet asks in the path, where base64 may hold slashes.
func checkGet(t *testing.T, w *world, srv *httptest.Server, c ca.Certificate) {
	t.Helper()
	issuer := mustRead(t, c.Chain[0])
	bits, _ := keyBits(issuer.RawSubjectPublicKeyInfo)
	for i := range 64 {
		q := ocsp.Request{List: []ocsp.Question{{ID: ocsp.NewCertID(ocsp.OIDSHA1, hashes[ocsp.OIDSHA1], issuer.RawSubject, bits, big.NewInt(int64(i)<<40+1))}}}
		text := base64.StdEncoding.EncodeToString(q.Marshal())
		for _, p := range []string{text, url.PathEscape(text)} {
			resp, err := srv.Client().Get(srv.URL + Prefix + "/ocsp/" + p)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") == "" {
				t.Fatalf("GET: %d %v", resp.StatusCode, err)
			}
			if p, err := ocsp.ParseResponse(b); err != nil || p.Outcome != ocsp.Successful || p.List[0].Status != ocsp.Unknown {
				t.Fatalf("%v %+v", err, p)
			}
		}
	}
}
