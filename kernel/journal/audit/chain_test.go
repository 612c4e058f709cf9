package audit

import (
	"bytes"
	"context"
	"crypto"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	stamps "github.com/haihe-city/haihe/kernel/trust/tsp"
	"github.com/haihe-city/haihe/wire/note"
)

var signedAt = time.Date(2015, 11, 23, 1, 2, 3, 0, time.UTC)

// pair is a key with its certificate.
type pair struct {
	key  crypto.Signer
	cert *cert.Certificate
}

// city is a root, an authority below it, and what it certified: a log's signer and a time-stamp service. All of it has long expired today.
type city struct {
	t                        testing.TB
	alg                      pki.Algorithm
	root, authority, log, ts pair
	key                      note.Key
	serial                   int64
}

func newCity(t testing.TB, a pki.Algorithm) *city {
	t.Helper()
	c := &city{t: t, alg: a}
	from, to := signedAt.AddDate(-1, 0, 0), signedAt.AddDate(1, 0, 0)
	c.root.key = c.generate()
	c.root.cert = c.read(cert.MakeRoot(cert.Name{{Type: cert.Organization, Value: "Root " + string(a)}}, c.root.key, from, to))
	c.authority.key = c.generate()
	request, err := cert.MakeRequest(cert.Name{{Type: cert.Organization, Value: "Authority"}}, c.authority.key)
	if err != nil {
		t.Fatal(err)
	}
	c.authority.cert = c.read(cert.MakeAuthority(c.root.cert, c.root.key, request, from, to, cert.Place{}))
	c.log = c.issue(origin)
	c.ts = c.issue("clock", cert.TimeStamping)
	if c.key, err = KeyOf(origin, c.log.cert.RawSubjectPublicKeyInfo); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *city) generate() crypto.Signer {
	c.t.Helper()
	k, err := pki.Generate(c.alg)
	if err != nil {
		c.t.Fatal(err)
	}
	return k
}

func (c *city) read(der []byte, err error) *cert.Certificate {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	x, err := cert.Read(der)
	if err != nil {
		c.t.Fatal(err)
	}
	return x
}

func (c *city) issue(name string, purposes ...asn1.ObjectIdentifier) pair {
	c.t.Helper()
	k := c.generate()
	spki, err := pki.MarshalPublic(k.Public())
	if err != nil {
		c.t.Fatal(err)
	}
	return pair{k, c.read(cert.Make(&cert.Template{Serial: cert.NewSerial(), Issuer: c.authority.cert.RawSubject, Subject: cert.Name{{Type: cert.CommonName, Value: name}}.DER(),
		From: signedAt.AddDate(0, -6, 0), To: signedAt.AddDate(0, 6, 0), Public: spki, IssuerKey: c.authority.cert.SubjectKeyId,
		Usage: cert.DigitalSignature | cert.ContentCommitment, Purposes: purposes, Only: len(purposes) > 0}, c.authority.key))}
}

// list is a revocation list of an issuer, made two months after the signature, that names one certificate or none.
func (c *city) list(by pair, whom *cert.Certificate, at time.Time, why cert.Reason) []byte {
	c.t.Helper()
	l := &cert.List{Issuer: by.cert.RawSubject, IssuerKey: by.cert.SubjectKeyId, Number: 1, This: signedAt.AddDate(0, 2, 0), Next: signedAt.AddDate(0, 3, 0)}
	if whom != nil {
		l.Entries = []cert.Entry{{Serial: whom.SerialNumber.Bytes(), At: at, Reason: why}}
	}
	der, err := cert.MakeList(l, by.key)
	if err != nil {
		c.t.Fatal(err)
	}
	return der
}

// sign signs a checkpoint at a time, with the log's key unless another is given.
func (c *city) sign(p note.Checkpoint, at time.Time, keys ...pair) note.Note {
	c.t.Helper()
	n := note.Note{Text: p.Text()}
	for _, by := range append(keys, c.log)[:1] {
		k, err := KeyOf(p.Origin, by.cert.RawSubjectPublicKeyInfo)
		if err != nil {
			c.t.Fatal(err)
		}
		sig, err := pki.Sign(by.key, k.Message(n.Text, uint64(at.Unix())))
		if err != nil {
			c.t.Fatal(err)
		}
		n.Signatures = append(n.Signatures, k.Signature(uint64(at.Unix()), sig))
	}
	return n
}

// stamp time-stamps a checkpoint.
func (c *city) stamp(n note.Note, at time.Time) []byte {
	c.t.Helper()
	hash := "2.16.840.1.101.3.4.2.1"
	if c.alg == pki.SM2 {
		hash = "1.2.156.10197.1.401"
	}
	a := stamps.Authority{Key: c.ts.key, Certificate: c.ts.cert.Raw, Policy: "2.999.1.7", Now: func() time.Time { return at },
		Serial: func(context.Context) (*big.Int, error) { c.serial++; return big.NewInt(c.serial), nil }}
	token, _, err := a.Stamp(context.Background(), hash, Stamped(n, origin))
	if err != nil {
		c.t.Fatal(err)
	}
	return token
}

// keys are what an auditor has: the root, and what came along.
func (c *city) keys(along ...[]byte) *Keys {
	c.t.Helper()
	k := &Keys{}
	if err := k.Trust(cert.Armour("CERTIFICATE", c.root.cert.Raw)); err != nil {
		c.t.Fatal(err)
	}
	k.Bring("chain.pem", cert.Armour("CERTIFICATE", c.authority.cert.Raw, c.log.cert.Raw))
	for _, b := range along {
		k.Bring("along", b)
	}
	return k
}

// TestChain is the years after: what was signed before its certificate ended or was revoked holds, and says so; what was signed after does not,
// and says where. All certificates and lists have long lapsed today.
func TestChain(t *testing.T) {
	day := func(n int) time.Time { return signedAt.AddDate(0, 0, n) }
	for _, a := range []pki.Algorithm{pki.SM2, pki.ECDSA} {
		c := newCity(t, a)
		leaf := merkle.LeafHash([]byte("record"))
		n := c.sign(note.Checkpoint{Origin: origin, Size: 1, Root: leaf}, signedAt)
		token := c.stamp(n, signedAt.Add(time.Hour))
		proof := []byte(note.Proof{Extra: []byte("record"), Note: n}.String())
		of := func(at time.Time, why cert.Reason) []byte { return c.list(c.authority, c.log.cert, at, why) }
		stranger, err := KeyOf(origin, c.log.cert.RawSubjectPublicKeyInfo)
		if err != nil {
			t.Fatal(err)
		}
		other := newCity(t, a)
		forged := other.list(pair{other.authority.key, c.authority.cert}, c.log.cert, day(-1), cert.KeyCompromise)
		for _, r := range []struct {
			name  string
			along [][]byte
			how   string
			gone  bool   // it says that the certificate was revoked since
			says  string // of the refusal
		}{
			{"stamped, expired since", [][]byte{token}, ByStamp, false, ""},
			{"stamped, a list that names nobody", [][]byte{token, c.list(c.authority, nil, signedAt, 0)}, ByStamp, false, ""},
			{"stamped, revoked later as superseded", [][]byte{token, of(day(1), cert.Superseded)}, ByStamp, true, ""},
			{"stamped, revoked later for compromise", [][]byte{token, of(day(1), cert.KeyCompromise)}, ByStamp, true, ""},
			{"stamped, revoked before", [][]byte{token, of(day(-1), cert.Superseded)}, "", false, "revoked at 2015-11-22"},
			{"stamped, revoked before the stamp and after the stated time", [][]byte{token, of(signedAt.Add(time.Minute), cert.KeyCompromise)}, "", false, "revoked at 2015-11-23"},
			{"stamped, the authority revoked later", [][]byte{token, c.list(c.root, c.authority.cert, day(1), cert.CACompromise)}, ByStamp, true, ""},
			{"stamped, the authority revoked before", [][]byte{token, c.list(c.root, c.authority.cert, day(-1), cert.CessationOfOperation)}, "", false, "revoked at 2015-11-22"},
			{"stamped by a service that was revoked for compromise", [][]byte{token, c.list(c.authority, c.ts.cert, day(1), cert.KeyCompromise)}, "", false, "void"},
			{"a forged list", [][]byte{token, forged}, "", false, "does not bear its issuer's signature"},
			{"not stamped, revoked later as superseded", [][]byte{of(day(1), cert.Superseded)}, ByItself, true, ""},
			{"not stamped, revoked later for compromise", [][]byte{of(day(1), cert.KeyCompromise)}, "", false, "no time stamp"},
			{"not stamped, revoked before", [][]byte{of(day(-1), cert.Superseded)}, "", false, "revoked at 2015-11-22"},
			{"not stamped", nil, ByItself, false, ""},
			{"rubbish along", [][]byte{[]byte("rubbish")}, "", false, "cannot be read"},
		} {
			if !stranger.Timed() && r.how == ByItself { // a P-256 signature states no time: nothing shows when it was made
				r.how, r.says = "", "nothing says when"
			}
			p, err := Proof(proof, c.keys(r.along...))
			switch {
			case r.how == "" && err == nil:
				t.Errorf("%s, %s: it holds", a, r.name)
			case r.how == "" && !strings.Contains(err.Error(), r.says) && stranger.Timed():
				t.Errorf("%s, %s: %v", a, r.name, err)
			case r.how != "" && err != nil:
				t.Errorf("%s, %s: %v", a, r.name, err)
			case r.how != "":
				s := p.Signed[0]
				if s.How != r.how || s.Revoked.IsZero() == r.gone || len(p.Notes) > 0 != r.gone || !strings.Contains(s.By, origin) || !s.Until.Equal(signedAt.AddDate(0, 6, 0)) {
					t.Errorf("%s, %s: %+v, %v", a, r.name, s, p.Notes)
				}
			}
		}
	}
}

// TestStrangers: a certificate of the same name below another root, a certificate of another name, one whose chain is not whole.
func TestStrangers(t *testing.T) {
	c, other := newCity(t, pki.SM2), newCity(t, pki.SM2)
	cp := note.Checkpoint{Origin: origin, Size: 1, Root: merkle.LeafHash([]byte("record"))}
	proof := func(n note.Note) []byte { return []byte(note.Proof{Extra: []byte("record"), Note: n}.String()) }
	if _, err := Proof(proof(other.sign(cp, signedAt)), c.keys(cert.Armour("CERTIFICATE", other.authority.cert.Raw, other.log.cert.Raw))); err == nil {
		t.Error("a chain to another root")
	}
	clerk := c.issue("clerk")
	if _, err := Proof(proof(c.sign(cp, signedAt, clerk)), c.keys(clerk.cert.Raw)); err == nil {
		t.Error("a certificate of another name")
	}
	k := &Keys{}
	if err := k.Trust(c.root.cert.Raw); err != nil {
		t.Fatal(err)
	}
	k.Bring("leaf", c.log.cert.Raw)
	if _, err := Proof(proof(c.sign(cp, signedAt)), k); err == nil {
		t.Error("without the authority between")
	}
	for _, at := range []time.Time{signedAt.AddDate(0, -7, 0), signedAt.AddDate(0, 7, 0)} {
		if _, err := Proof(proof(c.sign(cp, at)), c.keys()); err == nil || !strings.Contains(err.Error(), "valid") {
			t.Errorf("signed at %v: %v", at, err)
		}
	}
	if new(Keys).Trust([]byte("x")) == nil || new(Keys).Trust(nil) == nil {
		t.Error("rubbish is no root")
	}
}

// TestBeforeCertificate: a key that signed before it was certified. Its checkpoint is held against the later ones; alone it does not count.
func TestBeforeCertificate(t *testing.T) {
	c := newCity(t, pki.SM2)
	f := c.folder(12, 5)
	early := c.sign(note.Checkpoint{Origin: origin, Size: 3, Root: merkle.Root([][32]byte{merkle.LeafHash(bytes.Repeat([]byte{0}, 40)), merkle.LeafHash(bytes.Repeat([]byte{1}, 41)), merkle.LeafHash(bytes.Repeat([]byte{2}, 42))})}, signedAt.AddDate(0, -7, 0))
	f["checkpoints/3"] = &fstest.MapFile{Data: []byte(early.String())}
	r, err := Dir(f, c.trust(), nil, nil)
	if err != nil || len(r.Findings) > 0 || len(r.Notes) != 1 || r.Checkpoints != 3 {
		t.Errorf("%+v %v, %v", r.Findings, r.Notes, err)
	}
	f["checkpoints/3"] = &fstest.MapFile{Data: []byte(c.sign(note.Checkpoint{Origin: origin, Size: 3, Root: [32]byte{1}}, signedAt.AddDate(0, -7, 0)).String())}
	if r, err = Dir(f, c.trust(), nil, nil); err != nil || len(r.Findings) != 1 || r.Findings[0].What != Forked {
		t.Errorf("%+v, %v", r.Findings, err)
	}
	f["checkpoint"] = f["checkpoints/3"]
	if r, err = Dir(f, c.trust(), nil, nil); err != nil || !strings.Contains(r.Findings[0].File, "checkpoint") || r.Findings[0].What != Void {
		t.Errorf("%+v, %v", r.Findings, err)
	}
}

// folder is a log of n records with everything along: certificates, lists, a time stamp over each checkpoint.
func (c *city) folder(n int, before ...int) fstest.MapFS {
	c.t.Helper()
	var hashes [][32]byte
	var bundle []byte
	f := fstest.MapFS{}
	put := func(name string, b []byte) { f[name] = &fstest.MapFile{Data: bytes.Clone(b)} }
	var tile []byte
	for i := range n {
		data := bytes.Repeat([]byte{byte(i)}, 40+i)
		h := merkle.LeafHash(data)
		hashes, tile = append(hashes, h), append(tile, h[:]...)
		var err error
		if bundle, err = note.AppendEntry(bundle, data); err != nil {
			c.t.Fatal(err)
		}
	}
	put(merkle.Tile{W: n}.Path(), tile)
	put(merkle.Tile{W: n, Entries: true}.Path(), bundle)
	for _, size := range append(before, n) {
		at := signedAt.Add(time.Duration(size) * time.Minute)
		signed := c.sign(note.Checkpoint{Origin: origin, Size: uint64(size), Root: merkle.Root(hashes[:size])}, at)
		name := "checkpoints/" + number(uint64(size))
		if size == n {
			name = "checkpoint"
		}
		put(name, []byte(signed.String()))
		put("stamps/"+number(uint64(size))+".tst", c.stamp(signed, at.Add(time.Minute)))
	}
	put("certificates/root.cer", c.root.cert.Raw)
	put("certificates/authority.cer", c.authority.cert.Raw)
	put("certificates/log.cer", c.log.cert.Raw)
	put("lists/authority.crl", c.list(c.authority, c.ts.cert, signedAt.AddDate(0, 1, 0), cert.Superseded))
	put("lists/root.crl", c.list(c.root, nil, signedAt, 0))
	return f
}

// trust is the root alone.
func (c *city) trust() *Keys {
	c.t.Helper()
	k := &Keys{}
	if err := k.Trust(c.root.cert.Raw); err != nil {
		c.t.Fatal(err)
	}
	return k
}
