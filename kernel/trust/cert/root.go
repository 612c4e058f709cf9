package cert

import (
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/pki"
)

// AnyPolicy is the policy of authorities: those below it state their own. RFC 5280 4.2.1.4
var AnyPolicy = asn1.ObjectIdentifier{2, 5, 29, 32, 0}

// NewSerial gives 128 random bits as a positive number without leading zeros. RFC 5280 4.1.2.2
func NewSerial() []byte {
	b := make([]byte, 16)
	for b[0] == 0 {
		rand.Read(b) // never fails: the program ends first
	}
	return b
}

// MakeRoot makes a self-signed root certificate.
func MakeRoot(name Name, key crypto.Signer, from, to time.Time) ([]byte, error) {
	pub, err := pki.MarshalPublic(key.Public())
	if err != nil {
		return nil, err
	}
	return Make(&Template{Serial: NewSerial(), Issuer: name.DER(), Subject: name.DER(), From: from, To: to, Public: pub, CA: true, PathLen: 1, Usage: CertSign | CRLSign}, key)
}

// MakeAuthority has the root sign an issuing authority's request: it may issue to end subjects only. The name is the request's. place tells
// where the root's certificate and revocation list lie.
func MakeAuthority(root *Certificate, key crypto.Signer, request []byte, from, to time.Time, place Place) ([]byte, error) {
	r, err := ReadRequest(request)
	if err != nil {
		return nil, err
	}
	if to.After(root.NotAfter) {
		return nil, errors.New("an authority's certificate ends before its root's")
	}
	mine, err := pki.Of(key.Public())
	if err != nil {
		return nil, err
	}
	if theirs, err := pki.Of(r.PublicKey); err != nil || mine != theirs {
		return nil, errors.New("a chain is of one algorithm: the root's is " + string(mine))
	}
	pub, err := pki.MarshalPublic(r.PublicKey)
	if err != nil {
		return nil, err
	}
	return Make(&Template{Serial: NewSerial(), Issuer: root.RawSubject, Subject: r.RawSubject, From: from, To: to, Public: pub, IssuerKey: root.SubjectKeyId,
		CA: true, PathLen: 0, Usage: CertSign | CRLSign, Policies: []asn1.ObjectIdentifier{AnyPolicy}, Place: place}, key)
}
