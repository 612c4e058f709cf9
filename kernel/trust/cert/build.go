package cert

import (
	"crypto"
	"encoding/asn1"
	"errors"
	"net/netip"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/pki"
)

// Usage is the key usage extension's bits. RFC 5280 4.2.1.3
type Usage uint16

// The usages.
const (
	DigitalSignature Usage = 1 << iota
	ContentCommitment
	KeyEncipherment
	DataEncipherment
	KeyAgreement
	CertSign
	CRLSign
)

// Purposes of the extended key usage. RFC 5280 4.2.1.12
var (
	ServerAuth      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}
	ClientAuth      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 2}
	EmailProtection = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}
	TimeStamping    = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
	OCSPSigning     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 9}
)

// Extensions that templates add by hand.
var (
	NoCheck          = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5} // RFC 6960 4.2.2.2.1
	OrganizationCode = asn1.ObjectIdentifier{1, 2, 156, 10260, 4, 1, 4}     // GB/T 20518 5.2.4: organisation code
)

var (
	oidSKI       = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidUsage     = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidSAN       = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidBasic     = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidCRLNumber = asn1.ObjectIdentifier{2, 5, 29, 20}
	oidReason    = asn1.ObjectIdentifier{2, 5, 29, 21}
	oidDelta     = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidIDP       = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidCRLDP     = asn1.ObjectIdentifier{2, 5, 29, 31}
	oidPolicies  = asn1.ObjectIdentifier{2, 5, 29, 32}
	oidAKI       = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidEKU       = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidFreshest  = asn1.ObjectIdentifier{2, 5, 29, 46}
	oidAIA       = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 1}
	oidOCSP      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1}
	oidIssuers   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 2}
	oidCPS       = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 2, 1}
	oidSM2SM3    = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}
	oidECDSA     = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

// Extension is one that a template adds. Value is its DER.
type Extension struct {
	ID       asn1.ObjectIdentifier
	Critical bool
	Value    []byte
}

// Place tells where what a checker needs lies: addresses, each empty where there is none.
type Place struct {
	OCSP, Issuer, CRL, Delta string
}

// Template is a certificate before it is signed.
type Template struct {
	Serial    []byte // big endian, at most 20 bytes, positive. RFC 5280 4.1.2.2
	Issuer    []byte // DER of the issuer's name, as its certificate has it
	Subject   []byte // DER of a name
	From, To  time.Time
	Public    []byte // SubjectPublicKeyInfo
	IssuerKey []byte // key id of the issuer; nil leaves the authority key identifier out, as roots do
	CA        bool
	PathLen   int // of a CA; -1: without bound
	Usage     Usage
	Purposes  []asn1.ObjectIdentifier
	Only      bool // the purposes are critical, as RFC 3161 2.3 asks of time stamps
	Policies  []asn1.ObjectIdentifier
	Statement string // address of the certification practice statement, with the first policy
	DNS       []string
	IP        []netip.Addr
	Place     Place
	Extra     []Extension
}

// Make signs a certificate. The signature's algorithm follows the key.
func Make(t *Template, key crypto.Signer) ([]byte, error) {
	if len(t.Serial) == 0 || len(t.Serial) > 20 || t.Serial[0] == 0 || len(t.Serial) == 20 && t.Serial[0] >= 0x80 {
		return nil, errors.New("a serial number is positive and of 20 bytes at most")
	}
	if !t.From.Before(t.To) {
		return nil, errors.New("a certificate ends after it begins")
	}
	a, err := pki.Of(key.Public())
	if err != nil {
		return nil, err
	}
	ext, err := t.extensions()
	if err != nil {
		return nil, err
	}
	tbs := seq(context(0, true, integer(2)), number(t.Serial), algorithm(a), t.Issuer, seq(moment(t.From), moment(t.To)), t.Subject, t.Public, context(3, true, ext))
	return signed(tbs, a, key)
}

// signed wraps what is to be signed with algorithm and signature. RFC 5280 4.1.1
func signed(tbs []byte, a pki.Algorithm, key crypto.Signer) ([]byte, error) {
	sig, err := pki.Sign(key, tbs)
	if err != nil {
		return nil, err
	}
	return seq(tbs, algorithm(a), bits(sig)), nil
}

// algorithm is the AlgorithmIdentifier: parameters are left out for both. RFC 5758 3.2, GM/T 0006
func algorithm(a pki.Algorithm) []byte {
	if a == pki.SM2 {
		return seq(oid(oidSM2SM3))
	}
	return seq(oid(oidECDSA))
}

// extensions writes the extensions' SEQUENCE. Basic constraints and key usage are critical. RFC 5280 4.2.1.3, 4.2.1.9
func (t *Template) extensions() ([]byte, error) {
	pub, err := pki.ParsePublic(t.Public)
	if err != nil {
		return nil, err
	}
	id, err := pki.KeyID(pub)
	if err != nil {
		return nil, err
	}
	var list [][]byte
	add := func(id asn1.ObjectIdentifier, critical bool, value []byte) {
		list = append(list, extension(id, critical, value))
	}
	if t.IssuerKey != nil {
		add(oidAKI, false, seq(context(0, false, t.IssuerKey)))
	}
	add(oidSKI, false, tlv(tagOctets, id))
	add(oidUsage, true, t.Usage.der())
	if t.CA {
		inner := yes()
		if t.PathLen >= 0 {
			inner = append(inner, integer(int64(t.PathLen))...)
		}
		add(oidBasic, true, seq(inner))
	} else {
		add(oidBasic, true, seq())
	}
	if len(t.Policies) > 0 {
		add(oidPolicies, false, t.policies())
	}
	if len(t.Purposes) > 0 {
		var p [][]byte
		for _, x := range t.Purposes {
			p = append(p, oid(x))
		}
		add(oidEKU, t.Only, seq(p...))
	}
	if names := t.alternatives(); len(names) > 0 {
		add(oidSAN, false, seq(names...))
	}
	if t.Place.CRL != "" {
		add(oidCRLDP, false, point(t.Place.CRL))
	}
	if t.Place.Delta != "" {
		add(oidFreshest, false, point(t.Place.Delta))
	}
	if t.Place.OCSP != "" || t.Place.Issuer != "" {
		add(oidAIA, false, t.access())
	}
	for _, x := range t.Extra {
		add(x.ID, x.Critical, x.Value)
	}
	return seq(list...), nil
}

func extension(id asn1.ObjectIdentifier, critical bool, value []byte) []byte {
	if critical {
		return seq(oid(id), yes(), tlv(tagOctets, value))
	}
	return seq(oid(id), tlv(tagOctets, value))
}

// der is the BIT STRING with its unused bits cut, named bit 0 first.
func (u Usage) der() []byte {
	var b byte
	last := 0
	for i := range 7 {
		if u&(1<<i) != 0 {
			b |= 0x80 >> i
			last = i
		}
	}
	return tlv(tagBits, []byte{byte(7 - last), b})
}

func (t *Template) policies() []byte {
	var list [][]byte
	for i, p := range t.Policies {
		if i == 0 && t.Statement != "" {
			list = append(list, seq(oid(p), seq(seq(oid(oidCPS), tlv(tagIA5, []byte(t.Statement))))))
			continue
		}
		list = append(list, seq(oid(p)))
	}
	return seq(list...)
}

// alternatives are the subject's other names. RFC 5280 4.2.1.6
func (t *Template) alternatives() (names [][]byte) {
	for _, d := range t.DNS {
		names = append(names, context(2, false, []byte(d)))
	}
	for _, a := range t.IP {
		names = append(names, context(7, false, a.Unmap().AsSlice()))
	}
	return names
}

// point is a list of one distribution point with one address. RFC 5280 4.2.1.13
func point(url string) []byte {
	return seq(seq(context(0, true, context(0, true, context(6, false, []byte(url))))))
}

// access is the authority information access. RFC 5280 4.2.2.1
func (t *Template) access() []byte {
	var list [][]byte
	if t.Place.OCSP != "" {
		list = append(list, seq(oid(oidOCSP), context(6, false, []byte(t.Place.OCSP))))
	}
	if t.Place.Issuer != "" {
		list = append(list, seq(oid(oidIssuers), context(6, false, []byte(t.Place.Issuer))))
	}
	return seq(list...)
}
