package cert

import (
	"crypto"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/smx509"

	"github.com/haihe-city/haihe/kernel/trust/pki"
)

// Certificate is one that was read.
type Certificate = smx509.Certificate

// Request is a request that was read (PKCS #10, RFC 2986), in either algorithm.
type Request = smx509.CertificateRequest

// MakeRequest signs a request for a certificate of that name. RFC 2986 4
func MakeRequest(subject Name, key crypto.Signer) ([]byte, error) {
	a, err := pki.Of(key.Public())
	if err != nil {
		return nil, err
	}
	pub, err := pki.MarshalPublic(key.Public())
	if err != nil {
		return nil, err
	}
	return signed(seq(integer(0), subject.DER(), pub, context(0, true)), a, key)
}

// ReadRequest reads a request, DER or PEM, and checks that whoever asks holds the private key.
func ReadRequest(b []byte) (*Request, error) {
	r, err := smx509.ParseCertificateRequest(bare(b))
	if err != nil {
		return nil, fmt.Errorf("no certificate request: %w", err)
	}
	if _, err := pki.Of(r.PublicKey); err != nil {
		return nil, err
	}
	if err := pki.Verify(r.PublicKey, r.RawTBSCertificateRequest, r.Signature); err != nil {
		return nil, fmt.Errorf("the request is not signed with its key: %w", err)
	}
	return r, nil
}

// Read reads a certificate, DER or PEM.
func Read(b []byte) (*Certificate, error) {
	c, err := smx509.ParseCertificate(bare(b))
	if err != nil {
		return nil, fmt.Errorf("no certificate: %w", err)
	}
	return c, nil
}

// bare takes PEM's armour off.
func bare(b []byte) []byte {
	if p, _ := pem.Decode(b); p != nil {
		return p.Bytes
	}
	return b
}

// Armour writes values as PEM one after the other. Kind: "CERTIFICATE", "CERTIFICATE REQUEST", "X509 CRL". RFC 7468
func Armour(kind string, ders ...[]byte) []byte {
	var out []byte
	for _, d := range ders {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: d})...)
	}
	return out
}

// Unarmour reads all values of PEM; bytes without armour are one value.
func Unarmour(b []byte) (out [][]byte) {
	for rest := b; ; {
		var p *pem.Block
		if p, rest = pem.Decode(rest); p == nil {
			break
		}
		out = append(out, p.Bytes)
	}
	if out == nil && len(b) > 0 {
		out = [][]byte{b}
	}
	return out
}

// SignedBy tells with nil that c bears the issuer's name and signature.
func SignedBy(c, issuer *Certificate) error {
	if string(c.RawIssuer) != string(issuer.RawSubject) {
		return errors.New("the certificate names another issuer")
	}
	return pki.Verify(issuer.PublicKey, c.RawTBSCertificate, c.Signature)
}

// Purposes gives the extended key usages of a certificate as object identifiers in dotted form, in its order. RFC 5280 4.2.1.12
func Purposes(c *Certificate) (out []string) {
	for _, x := range c.Extensions {
		if !x.Id.Equal(oidEKU) {
			continue
		}
		var list []asn1.ObjectIdentifier
		if _, err := asn1.Unmarshal(x.Value, &list); err != nil {
			return nil
		}
		for _, id := range list {
			out = append(out, id.String())
		}
	}
	return out
}
