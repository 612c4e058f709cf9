package path

import (
	"crypto"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/ocsp"
	"github.com/haihe-city/haihe/wire/x509"
)

// answer is a response before it is signed: what a case changes of one that says good.
type answer struct {
	ocsp.Response
	issuer *x509.Certificate // whose name and key the question names
	serial *big.Int
	hash   string
	with   string // key of the signer
	one    ocsp.Answer
}

// answered makes a response about c, of the key and name of the certificate who, which goes along where alone is not set.
func (f *forge) answered(c, issuer, who *x509.Certificate, key string, changes ...func(*answer)) *ocsp.Response {
	f.t.Helper()
	a := &answer{issuer: issuer, serial: c.Serial, hash: ocsp.OIDSHA1, with: key}
	a.one = ocsp.Answer{Status: ocsp.Good, Reason: ocsp.NoReason, This: noon.Add(-time.Hour), Next: noon.Add(time.Hour)}
	a.Responder, a.Produced, a.Certificates = ocsp.Responder{Name: who.Subject.Raw}, noon.Add(-time.Hour), [][]byte{who.Raw}
	for _, change := range changes {
		change(a)
	}
	a.one.ID = ocsp.NewCertID(a.hash, HashOf(a.hash), a.issuer.Subject.Raw, a.issuer.Key.Bits, a.serial)
	a.List = append(a.List, a.one)
	b, err := a.Encode(func(m []byte) ([]byte, []byte, error) {
		sig, err := pki.Sign(f.key(a.with), m)
		return der.Algorithm(f.algorithm(), nil), sig, err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	p, err := ocsp.ParseResponse(b)
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// TestAnswers: which OCSP answers settle a status, in both algorithms. RFC 6960 3.2, 4.2.2
func TestAnswers(t *testing.T) {
	for _, alg := range []pki.Algorithm{pki.ECDSA, pki.SM2} {
		f := newForge(t)
		f.alg = alg
		answersOf(t, f)
	}
}

func answersOf(t *testing.T, f *forge) {
	root, other := f.ca("root", "root"), f.ca("other", "other")
	e := f.leaf("e", "root")
	mayAnswer := purposes(ocsp.OIDSigning)
	unchecked := add(ocsp.OIDNoCheck, false, der.Nothing())
	del := f.leaf("del", "root", mayAnswer, unchecked)
	listed := f.leaf("listed", "root", mayAnswer)
	foreign := f.leaf("foreign", "other", mayAnswer, unchecked)
	mute := f.leaf("mute", "root", unchecked)
	encrypts := f.leaf("enc", "root", mayAnswer, unchecked, usage(x509.KeyEncipherment))
	old := f.leaf("old", "root", mayAnswer, unchecked, valid(noon.AddDate(-1, 0, 0), noon.Add(-time.Hour)))
	strange := f.leaf("strange", "root", mayAnswer, unchecked, add("2.999.77", true, der.Int(1)))
	long := f.leaf("e", "root", func(d *draft) { d.serial = new(big.Int).Lsh(big.NewInt(1), 150) })
	by := func(c *x509.Certificate, changes ...func(*answer)) *ocsp.Response {
		return f.answered(e, root, c, c.Subject.First("2.5.4.3"), changes...)
	}
	revoke := func(a *answer) { a.one.Status, a.one.RevokedAt, a.one.Reason = ocsp.Revoked, noon.AddDate(0, 0, -3), 1 }
	for _, r := range []struct {
		name  string
		want  Code
		leaf  *x509.Certificate
		one   *ocsp.Response
		more  []*ocsp.Response
		lists []*x509.CRL
	}{
		{name: "the issuer says good", one: by(root)},
		{name: "the issuer says revoked", want: Revoked, one: by(root, revoke)},
		{name: "the issuer does not know", want: NoStatus, one: by(root, func(a *answer) { a.one.Status = ocsp.Unknown })},
		{name: "on hold", want: Revoked, one: by(root, revoke, func(a *answer) { a.one.Reason = x509.OnHold })},
		{name: "without its certificate", one: by(root, func(a *answer) { a.Certificates = nil })},
		{name: "named by its key", one: by(root, func(a *answer) { a.Responder = ocsp.Responder{KeyHash: sum(crypto.SHA1, root.Key.Bits)} })},
		{name: "named by another key", want: NoStatus, one: by(root, func(a *answer) { a.Responder = ocsp.Responder{KeyHash: sum(crypto.SHA1, other.Key.Bits)} })},
		{name: "named by another name", want: NoStatus, one: by(root, func(a *answer) { a.Responder.Name = other.Subject.Raw })},
		{name: "SHA-256", one: by(root, func(a *answer) { a.hash = ocsp.OIDSHA256 })},
		{name: "SM3", one: by(root, func(a *answer) { a.hash = ocsp.OIDSM3 })},
		{name: "signed with another key", want: NoStatus, one: by(root, func(a *answer) { a.with = "stranger" })},
		{name: "about another serial number", want: NoStatus, one: by(root, func(a *answer) { a.serial = big.NewInt(9999) })},
		{name: "about another issuer", want: NoStatus, one: by(root, func(a *answer) { a.issuer = other })},
		{name: "a long serial number", leaf: long, one: f.answered(long, root, root, "root")},
		{name: "of tomorrow", want: NoStatus, one: by(root, func(a *answer) { a.one.This, a.one.Next = noon.Add(time.Hour), noon.Add(2*time.Hour) })},
		{name: "past", want: NoStatus, one: by(root, func(a *answer) { a.one.Next = noon.Add(-time.Second) })},
		{name: "to this second", one: by(root, func(a *answer) { a.one.Next = noon })},
		{name: "without a next one, of today", one: by(root, func(a *answer) { a.one.Next = time.Time{} })},
		{name: "without a next one, of last week", want: NoStatus, one: by(root, func(a *answer) { a.one.This, a.one.Next = noon.AddDate(0, 0, -7), time.Time{} })},
		{name: "a delegate", one: by(del)},
		{name: "a delegate says revoked", want: Revoked, one: by(del, revoke)},
		{name: "a delegate without its certificate", want: NoStatus, one: by(del, func(a *answer) { a.Certificates = nil })},
		{name: "a delegate of another issuer", want: NoStatus, one: by(foreign)},
		{name: "not meant for answers", want: NoStatus, one: by(mute)},
		{name: "its key usage is another", want: NoStatus, one: by(encrypts)},
		{name: "a delegate that has expired", want: NoStatus, one: by(old)},
		{name: "a delegate with an unknown critical extension", want: NoStatus, one: by(strange)},
		{name: "another's delegate of the same name", want: NoStatus, one: f.answered(e, root, f.leaf("del", "root", mayAnswer, unchecked, func(d *draft) { d.by = "other" }), "del")},
		{name: "the first does not know, the second does", one: by(root, func(a *answer) { a.one.Status = ocsp.Unknown }), more: all(by(del))},
		{name: "the first is forged, the second revokes", want: Revoked, one: by(root, func(a *answer) { a.with = "stranger" }), more: all(by(del, revoke))},
		{name: "answers go before lists", one: by(root), lists: all(f.crl("root", 2, lists(e, 1)))},
		{name: "where no answer settles it lists do", want: Revoked, one: by(mute), lists: all(f.crl("root", 2, lists(e, 1)))},
		{name: "a delegate that is on no list", one: by(listed), lists: all(f.crl("root", 2))},
		{name: "a delegate that a list revokes", want: Revoked, one: by(listed), lists: all(f.crl("root", 2, lists(listed, 1), lists(e, 1)))},
		{name: "a delegate that a list revokes, the certificate is on none", one: by(listed, revoke), lists: all(f.crl("root", 2, lists(listed, 1)))},
	} {
		if r.leaf == nil {
			r.leaf = e
		}
		_, err := Verify(r.leaf, Options{Time: noon, Anchors: all(root, other), Answers: append(all(r.one), r.more...), Lists: r.lists, Revocation: Required})
		if codeOf(err) != r.want {
			t.Errorf("%s, %s: %v, want %q", f.alg, r.name, err, r.want)
		}
	}
	late := by(root, revoke, func(a *answer) {
		a.one.RevokedAt, a.one.This, a.one.Next = noon.Add(time.Hour), noon.Add(2*time.Hour), noon.Add(3*time.Hour)
	})
	if res, err := Verify(e, Options{Time: noon, Anchors: all(root), Answers: all(late), Revocation: Required, Later: true}); err != nil || len(res.Marks) != 1 || res.Marks[0].Index != 1 {
		t.Errorf("revoked later: %+v %v", res, err)
	}
}

// TestAnswersOpenSSL: answers that `openssl ocsp` makes from a register of its own, signed by the issuer and by a delegate; SM2 too, with the
// signer id that it takes for answers.
func TestAnswersOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl here")
	}
	for _, alg := range []pki.Algorithm{pki.ECDSA, pki.SM2} {
		f := newForge(t)
		f.alg = alg
		ages := valid(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC)) // it takes the machine's clock
		root := f.ca("root", "root", ages)
		e, gone, lost := f.leaf("e", "root", ages), f.leaf("gone", "root", ages), f.leaf("lost", "root", ages)
		del := f.leaf("del", "root", ages, purposes(ocsp.OIDSigning), add(ocsp.OIDNoCheck, false, der.Nothing()))
		dir := t.TempDir()
		put := func(name, kind string, b []byte) {
			if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for name, c := range map[string]*x509.Certificate{"root": root, "e": e, "gone": gone, "lost": lost, "del": del} {
			put(name+".pem", "CERTIFICATE", c.Raw)
		}
		for _, name := range []string{"root", "del"} {
			k, err := pki.MarshalPrivate(f.key(name))
			if err != nil {
				t.Fatal(err)
			}
			put(name+".key", "PRIVATE KEY", k)
		}
		index := fmt.Sprintf("V\t490101000000Z\t\t%02X\tunknown\t/CN=e\nR\t490101000000Z\t160301000000Z,keyCompromise\t%02X\tunknown\t/CN=gone\n", e.Serial, gone.Serial)
		if err := os.WriteFile(filepath.Join(dir, "index"), []byte(index), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, signer := range []string{"root", "del"} {
			for want, c := range map[Code]*x509.Certificate{"": e, Revoked: gone, NoStatus: lost} {
				args := []string{"ocsp", "-index", "index", "-CA", "root.pem", "-rsigner", signer + ".pem", "-rkey", signer + ".key", "-issuer", "root.pem", "-cert", c.Subject.First("2.5.4.3") + ".pem", "-respout", "answer", "-ndays", "2", "-noverify"}
				if alg == pki.SM2 {
					args = append(args, "-rmd", "sm3", "-rsigopt", "distid:1234567812345678")
				}
				run := exec.Command(openssl, args...) //nolint:gosec // a test's own words
				run.Dir = dir
				if out, err := run.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v %s", alg, err, out)
				}
				b, err := os.ReadFile(filepath.Join(dir, "answer"))
				if err != nil {
					t.Fatal(err)
				}
				p, err := ocsp.ParseResponse(b)
				if err != nil || len(p.List) != 1 {
					t.Fatalf("%s: %+v %v", alg, p, err)
				}
				_, err = Verify(c, Options{Time: p.List[0].This, Anchors: all(root), Answers: all(p), Revocation: Required})
				if codeOf(err) != want {
					t.Errorf("%s by %s: %v, want %q", alg, signer, err, want)
				}
			}
		}
	}
}

// TestListsOpenSSL: a chain and list that OpenSSL makes in SM2, from requests to revocation.
func TestListsOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl here")
	}
	dir := t.TempDir()
	const id = "distid:1234567812345678"
	config := "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\nnew_certs_dir=.\nserial=serial\ndefault_md=sm3\ndefault_crl_days=9\ndefault_days=99\npolicy=p\n[p]\ncommonName=supplied\n" +
		"[end]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n[req]\ndistinguished_name=n\n[n]\n"
	for name, text := range map[string]string{"index": "", "number": "01", "serial": "1000", "config": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", "ca.key"},
		{"req", "-config", "config", "-new", "-x509", "-key", "ca.key", "-sm3", "-sigopt", id, "-subj", "/CN=root", "-days", "300", "-out", "ca.pem", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-addext", "basicConstraints=critical,CA:TRUE"},
		{"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", "e.key"},
		{"req", "-config", "config", "-new", "-key", "e.key", "-sm3", "-sigopt", id, "-subj", "/CN=e", "-out", "e.csr"},
		{"ca", "-batch", "-config", "config", "-extensions", "end", "-keyfile", "ca.key", "-cert", "ca.pem", "-sigopt", id, "-vfyopt", id, "-in", "e.csr", "-out", "e.pem", "-notext"},
		{"ca", "-config", "config", "-gencrl", "-keyfile", "ca.key", "-cert", "ca.pem", "-sigopt", id, "-out", "before.pem"},
		{"ca", "-config", "config", "-keyfile", "ca.key", "-cert", "ca.pem", "-revoke", "e.pem"},
		{"ca", "-config", "config", "-gencrl", "-keyfile", "ca.key", "-cert", "ca.pem", "-sigopt", id, "-out", "after.pem"},
	} {
		run := exec.Command(openssl, args...) //nolint:gosec // a test's own words
		run.Dir = dir
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v %s", args, err, out)
		}
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		p, _ := pem.Decode(b)
		return p.Bytes
	}
	root, err := x509.Parse(read("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := x509.Parse(read("e.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Code{"before.pem": "", "after.pem": Revoked} {
		l, err := x509.ParseCRL(read(name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(e, Options{Time: l.This, Anchors: all(root), Lists: all(l), Revocation: Required}); codeOf(err) != want {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
