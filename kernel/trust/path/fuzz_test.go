package path

import (
	"math/big"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/ocsp"
	"github.com/haihe-city/haihe/wire/x509"
)

func named(cn string) []byte {
	return der.Seq(der.SetOf(der.Set, der.Seq(der.OID("2.5.4.3"), der.Text(cn))))
}

// made signs a CA certificate with a P-256 key of the issuer.
func made(t testing.TB, subject, issuer string, serial int64, key, by keyed) *x509.Certificate {
	t.Helper()
	a := der.Algorithm("1.2.840.10045.4.3.2", nil)
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ca := der.Seq(der.OID(x509.OIDBasic), der.Yes(), der.Bytes(der.Seq(der.Yes())))
	tbs := der.Seq(der.Value(der.Inner(0), der.Int(2)), der.BigInt(big.NewInt(serial)), a, named(issuer), der.Seq(der.When(begin), der.When(begin.AddDate(9, 0, 0))), named(subject), key.public, der.Value(der.Inner(3), der.Seq(ca)))
	c, err := x509.Parse(der.Seq(tbs, a, der.BitsOf(by.private(tbs))))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// keyed is a key of a test.
type keyed struct {
	public  []byte
	private func([]byte) []byte
}

func newKey(t testing.TB) keyed {
	t.Helper()
	k, err := pki.Generate(pki.ECDSA)
	if err != nil {
		t.Fatal(err)
	}
	public, _ := pki.MarshalPublic(k.Public())
	return keyed{public, func(m []byte) []byte { s, _ := pki.Sign(k, m); return s }}
}

// TestExplosion: CAs of one name that all certify one another make more chains than could ever be tried. Few of them stay below the bound
// of signature checks, since each signature is checked once, and must be stopped all the same; many do not.
func TestExplosion(t *testing.T) {
	for _, size := range []int{14, 30} {
		root, inside := newKey(t), make([]keyed, size)
		for i := range inside {
			inside[i] = newKey(t)
		}
		o := Options{Time: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Anchors: []*x509.Certificate{made(t, "root", "root", 1, root, root)}}
		for i := range inside {
			for j := range inside {
				if i != j {
					o.Others = append(o.Others, made(t, "loop", "loop", int64(10+size*i+j), inside[i], inside[j]))
				}
			}
		}
		leaf := made(t, "leaf", "loop", 2, newKey(t), inside[0])
		if _, err := Verify(leaf, o); codeOf(err) != Bounds {
			t.Errorf("%d: %v", size, err)
		}
		o.Others = append([]*x509.Certificate{made(t, "loop", "root", 3, inside[0], root)}, o.Others...)
		if res, err := Verify(leaf, o); err != nil || len(res.Chain) != 3 {
			t.Errorf("%d, the one good path: %v", size, err)
		}
	}
}

// FuzzVerify: a hostile certificate, list or OCSP answer makes nothing panic.
func FuzzVerify(f *testing.F) {
	root := newKey(f)
	anchor := made(f, "root", "root", 1, root, root)
	leaf := made(f, "leaf", "root", 2, newKey(f), root)
	f.Add(leaf.Raw)
	maker := newForge(f)
	top := maker.ca("root", "root")
	f.Add(maker.crl("root", 5, scope(flag(4)), lists(leaf, 1, issuedBy("root"))).Raw)
	f.Add(maker.leaf("e", "root", alt("dns:a.example", "uri:http://a.example"), policies(p1), points(parts(relative("OU=p"), reasons(forKey), asker("x")))).Raw)
	f.Add(ocsp.Failure(ocsp.TryLater))
	if b, err := (&ocsp.Response{Responder: ocsp.Responder{Name: top.Subject.Raw}, Produced: noon, Certificates: [][]byte{top.Raw}, List: []ocsp.Answer{{This: noon, ID: ocsp.NewCertID(ocsp.OIDSHA1, HashOf(ocsp.OIDSHA1), anchor.Subject.Raw, anchor.Key.Bits, leaf.Serial)}}}).Encode(func(m []byte) ([]byte, []byte, error) {
		return der.Algorithm(oidECDSA, nil), root.private(m), nil
	}); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		o := Options{Time: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Anchors: []*x509.Certificate{anchor}, Revocation: Required, Host: "a.example", Purpose: "1.3.6.1.5.5.7.3.1"}
		if l, err := x509.ParseCRL(b); err == nil {
			o.Lists = append(o.Lists, l)
			_, _ = Verify(leaf, o)
		}
		if p, err := ocsp.ParseResponse(b); err == nil {
			o.Answers = append(o.Answers, p)
			_, _ = Verify(leaf, o)
		}
		if c, err := x509.Parse(b); err == nil {
			_, _ = Verify(c, o)
			o.Anchors, o.Others = []*x509.Certificate{c}, []*x509.Certificate{c, leaf}
			_, _ = Verify(leaf, o)
		}
	})
}
