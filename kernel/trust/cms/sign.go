package cms

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/path"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/cms"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

// Digest and signature algorithms. RFC 5754 2.2, 3.3; GM/T 0006
const (
	oidSHA256      = "2.16.840.1.101.3.4.2.1"
	oidSM3         = "1.2.156.10197.1.401"
	oidECDSASHA256 = "1.2.840.10045.4.3.2"
	oidECPublicKey = "1.2.840.10045.2.1"
	oidSM2SM3      = "1.2.156.10197.1.501"
	oidSM2Sign     = "1.2.156.10197.1.301.1" // GM/T 0010 writes the signature algorithm so
	oidSM2         = "1.2.156.10197.1.301"
)

// By is one who signs.
type By struct {
	Key         crypto.Signer
	Certificate []byte   // DER, of that key
	Chain       [][]byte // certificates above it that go along, DER
}

// SignOptions say what a signed message looks like.
type SignOptions struct {
	ContentType string // data where ""
	Detached    bool
	GM          bool      // in the object identifiers of GM/T 0010; for SM2 keys only
	Time        time.Time // signing time as the signer says it; left out where zero
	CRLs        [][]byte
	Bare        bool // no certificates go along
	// Stamp gives a time-stamp token over a signature, DER; nil: none. RFC 3161 annex A
	Stamp func(signature []byte) ([]byte, error)
}

// Sign gives the message, DER.
func Sign(content []byte, by []By, o SignOptions) ([]byte, error) {
	if len(by) == 0 {
		return nil, errors.New("sign a message: nobody signs")
	}
	s := &cms.SignedData{GM: o.GM, ContentType: o.ContentType, CRLs: o.CRLs}
	if s.ContentType == "" {
		s.ContentType = cms.Data
		if o.GM {
			s.ContentType = cms.GMData
		}
	}
	if !o.Detached {
		s.Content = append([]byte{}, content...)
	}
	for _, b := range by {
		one, err := signOne(s.ContentType, content, b, o)
		if err != nil {
			return nil, fmt.Errorf("sign a message: %w", err)
		}
		s.Signers = append(s.Signers, one)
		for _, c := range append([][]byte{b.Certificate}, b.Chain...) {
			if !o.Bare && !contains(s.Certificates, c) {
				s.Certificates = append(s.Certificates, c)
			}
		}
	}
	return s.Marshal(), nil
}

func contains(list [][]byte, b []byte) bool {
	for _, x := range list {
		if bytes.Equal(x, b) {
			return true
		}
	}
	return false
}

func signOne(contentType string, content []byte, b By, o SignOptions) (s cms.Signer, err error) {
	c, err := x509.Parse(b.Certificate)
	if err != nil {
		return s, err
	}
	spki, err := pki.MarshalPublic(b.Key.Public())
	if err != nil || !bytes.Equal(spki, c.Key.Raw) {
		return s, errors.New("the certificate is not that of the key")
	}
	a, err := pki.Of(b.Key.Public())
	if err != nil {
		return s, err
	}
	hash := oidSHA256
	s.Digest, s.Algorithm = der.Algorithm(oidSHA256, nil), der.Algorithm(oidECDSASHA256, nil)
	if a == pki.SM2 {
		hash = oidSM3
		s.Digest, s.Algorithm = der.Algorithm(oidSM3, nil), der.Algorithm(oidSM2SM3, nil)
	}
	if o.GM {
		if a != pki.SM2 {
			return s, errors.New("GM/T 0010 is signed with SM2 keys")
		}
		s.Algorithm = der.Algorithm(oidSM2Sign, nil)
	}
	sum := path.HashOf(hash)
	s.Who = cms.Who{Issuer: c.Issuer.Raw, Serial: c.Serial}
	s.Signed = []cms.Attribute{
		{OID: cms.AttrContentType, Values: [][]byte{der.OID(contentType)}},
		{OID: cms.AttrDigest, Values: [][]byte{der.Bytes(sum(content))}},
		{OID: cms.AttrCertificateV2, Values: [][]byte{essCertificate(hash, sum(c.Raw), c)}},
	}
	if !o.Time.IsZero() {
		s.Signed = append(s.Signed, cms.Attribute{OID: cms.AttrSigningTime, Values: [][]byte{der.When(o.Time)}})
	}
	if s.Signature, err = pki.Sign(b.Key, cms.Attributes(der.Set, s.Signed)); err != nil || o.Stamp == nil {
		return s, err
	}
	token, err := o.Stamp(s.Signature)
	if err == nil {
		s.Unsigned = []cms.Attribute{{OID: cms.AttrTimeStamp, Values: [][]byte{token}}}
	}
	return s, err
}

// essCertificate gives a SigningCertificateV2 of one certificate. RFC 5035 3
func essCertificate(hash string, sum []byte, c *x509.Certificate) []byte {
	var algorithm []byte
	if hash != oidSHA256 { // the default, and left out
		algorithm = der.Algorithm(hash, nil)
	}
	issuer := der.Seq(der.Seq(der.Value(der.Inner(4), c.Issuer.Raw)), der.BigInt(c.Serial))
	return der.Seq(der.Seq(der.Seq(algorithm, der.Bytes(sum), issuer)))
}
