package path

import (
	"bytes"
	"crypto"
	"slices"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/haihe-city/haihe/wire/ocsp"
	"github.com/haihe-city/haihe/wire/x509"
)

// lasting is how long an answer that names no next one is taken. RFC 6960 4.2.2.1 leaves it to the client
const lasting = 24 * time.Hour

// answers looks for an OCSP answer that settles the status. RFC 6960 3.2
func (t *status) answers() (known bool, refusal *Refusal) {
	issuer := t.path[len(t.path)-1]
	for _, p := range t.v.o.Answers {
		for _, a := range p.List {
			if a.Status == ocsp.Unknown || !names(a.ID, issuer, t.c) || !t.v.current(a) || !t.responder(p) {
				continue
			}
			if a.Status == ocsp.Revoked {
				return true, t.revoked(&x509.Entry{At: a.RevokedAt, Reason: a.Reason})
			}
			return true, nil
		}
	}
	return false, nil
}

// names tells whether an answer's CertID is the certificate's.
func names(id ocsp.CertID, issuer, c *x509.Certificate) bool {
	h := HashOf(id.Hash)
	return h != nil && id.Equal(ocsp.NewCertID(id.Hash, h, issuer.Subject.Raw, issuer.Key.Bits, c.Serial))
}

// HashOf gives the hash that an object identifier names, nil for one that is not known: SHA-1, SHA-2 and SM3.
func HashOf(oid string) func([]byte) []byte {
	if oid == ocsp.OIDSM3 {
		return func(b []byte) []byte { s := sm3.Sum(b); return s[:] }
	}
	h := hashes[oid]
	if h == crypto.Hash(0) {
		return nil
	}
	return func(b []byte) []byte { return sum(h, b) }
}

func (v *verifier) current(a ocsp.Answer) bool {
	if !v.o.Later && a.This.After(v.o.Time) {
		return false
	}
	if a.Next.IsZero() {
		return v.o.Later && a.This.After(v.o.Time) || !a.This.Before(v.o.Time.Add(-lasting))
	}
	return !a.Next.Before(v.o.Time)
}

// responder verifies who signed an answer: the certificate's issuer, or one whom it issued a certificate for signing answers.
// RFC 6960 4.2.2.2
func (t *status) responder(p *ocsp.Response) bool {
	algorithm, err := x509.ParseAlgorithm(p.Algorithm)
	if err != nil {
		return false
	}
	issuer := t.path[len(t.path)-1]
	if isResponder(p.Responder, issuer) && t.v.check(t.issuer, algorithm, p.Signed, p.Signature) == nil {
		return true
	}
	for _, raw := range p.Certificates {
		c, err := x509.Parse(raw)
		if err != nil || !isResponder(p.Responder, c) || !c.Issuer.Equal(issuer.Subject) || len(c.Known.Unknown) > 0 ||
			!slices.Contains(c.Known.Purposes, ocsp.OIDSigning) || t.v.inTime(c) != nil && !t.v.o.Later {
			continue
		}
		if c.Known.HasUsage && c.Known.Usage&(x509.DigitalSignature|x509.NonRepudiation) == 0 {
			continue
		}
		if t.v.check(t.issuer, c.Algorithm, c.Signed, c.Signature) == nil &&
			t.v.check(working{c.Key, c.Key.Algorithm.Params}, algorithm, p.Signed, p.Signature) == nil && t.standing(c) {
			return true
		}
	}
	return false
}

// standing tells whether a responder's certificate is not revoked itself: by its own word that it need not be checked, or by a list.
// RFC 6960 4.2.2.2.1
func (t *status) standing(c *x509.Certificate) bool {
	if _, ok := c.Extension(ocsp.OIDNoCheck); ok {
		return true
	}
	o := t.v.o
	o.Answers, o.Revocation = nil, IfKnown
	inner := &verifier{o: o, left: t.v.left, steps: t.v.steps, known: map[pair]error{}, lists: t.v.lists, signers: t.v.signers, depth: t.v.depth + 1}
	_, refusal := (&status{v: inner, path: t.path, c: c, issuer: t.issuer}).look()
	t.v.left, t.v.steps = inner.left, inner.steps
	return refusal == nil
}

func isResponder(r ocsp.Responder, c *x509.Certificate) bool {
	if r.Name != nil {
		n, err := x509.ParseName(r.Name)
		return err == nil && n.Equal(c.Subject)
	}
	return bytes.Equal(r.KeyHash, sum(crypto.SHA1, c.Key.Bits))
}
