package cms

import (
	"math/big"

	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

// Standard is the name that the clauses of errors belong to.
const Standard = "RFC 5652"

// Content types. RFC 5652 3 to 6, RFC 5083 2.1; those of GM/T 0010 6
const (
	Data            = "1.2.840.113549.1.7.1"
	SignedType      = "1.2.840.113549.1.7.2"
	EnvelopedType   = "1.2.840.113549.1.7.3"
	AuthEnveloped   = "1.2.840.113549.1.9.16.1.23"
	GMData          = "1.2.156.10197.6.1.4.2.1"
	GMSignedType    = "1.2.156.10197.6.1.4.2.2"
	GMEnvelopedType = "1.2.156.10197.6.1.4.2.3"
)

// Attributes. RFC 5652 11, RFC 5035 3, RFC 3161 annex A
const (
	AttrContentType   = "1.2.840.113549.1.9.3"
	AttrDigest        = "1.2.840.113549.1.9.4"
	AttrSigningTime   = "1.2.840.113549.1.9.5"
	AttrCertificate   = "1.2.840.113549.1.9.16.2.12" // signingCertificate, SHA-1
	AttrCertificateV2 = "1.2.840.113549.1.9.16.2.47"
	AttrTimeStamp     = "1.2.840.113549.1.9.16.2.14"
)

// Attribute is a signed or unsigned attribute.
type Attribute struct {
	OID    string
	Values [][]byte // DER
}

// Recipient and signer are named by issuer and serial number, or by key identifier. RFC 5652 5.3
type Who struct {
	Issuer []byte // Name, DER; nil where KeyID names it
	Serial *big.Int
	KeyID  []byte
}

// Is tells whether a certificate is the one that is named.
func (w Who) Is(c *x509.Certificate) bool {
	if w.Issuer == nil {
		return w.KeyID != nil && string(w.KeyID) == string(c.Known.SubjectKey)
	}
	n, err := x509.ParseName(w.Issuer)
	return err == nil && n.Equal(c.Issuer) && w.Serial.Cmp(c.Serial) == 0
}

// Signer is one SignerInfo. RFC 5652 5.3
type Signer struct {
	Who       Who
	Digest    []byte      // AlgorithmIdentifier, DER
	Signed    []Attribute // nil where there are none: the content itself is signed
	SignedDER []byte      // as read: the attributes as the SET that the signature is over
	Algorithm []byte      // AlgorithmIdentifier, DER
	Signature []byte
	Unsigned  []Attribute
}

// Attr finds the single value of a signed attribute.
func (s *Signer) Attr(oid string) []byte { return single(s.Signed, oid) }

func single(list []Attribute, oid string) (value []byte) {
	for _, a := range list {
		if a.OID == oid {
			if value != nil || len(a.Values) != 1 {
				return nil
			}
			value = a.Values[0]
		}
	}
	return value
}

// SignedData is a signed message. RFC 5652 5.1
type SignedData struct {
	GM           bool // in the object identifiers of GM/T 0010
	ContentType  string
	Content      []byte // nil where detached
	Certificates [][]byte
	CRLs         [][]byte
	Signers      []Signer
}

// ParseSigned reads a signed message. Errors are *der.Error.
func ParseSigned(b []byte) (*SignedData, error) {
	r, in, oid, err := open(b)
	if err != nil {
		return nil, err
	}
	s := &SignedData{GM: oid == GMSignedType}
	if oid != SignedType && oid != GMSignedType {
		in.Fail("5.1", "不是签名消息", "the message is not signed data")
	}
	body := in.Enter(der.Sequence, "5.1")
	in.End("3")
	body.Small(der.Integer, 5, "5.1")
	body.Take(der.Set, "5.1")
	content := body.Enter(der.Sequence, "5.2")
	s.ContentType = content.OID("5.2")
	if c, ok := content.Maybe(der.Inner(0), "5.2"); ok {
		e := c.Any("5.2")
		s.Content = append([]byte{}, e.Body...)
		if e.Tag != der.OctetString {
			s.Content = e.Full // PKCS #7 1.5 allowed any type
		}
		c.End("5.2")
	}
	content.End("5.2")
	if list, ok := body.Maybe(der.Inner(0), "10.2.3"); ok {
		for list.More() {
			if e := list.Any("10.2.2"); e.Tag == der.Sequence {
				s.Certificates = append(s.Certificates, e.Full)
			}
		}
	}
	if list, ok := body.Maybe(der.Inner(1), "10.2.1"); ok {
		for list.More() {
			if e := list.Any("10.2.1"); e.Tag == der.Sequence {
				s.CRLs = append(s.CRLs, e.Full)
			}
		}
	}
	for list := body.Enter(der.Set, "5.1"); list.More(); {
		s.Signers = append(s.Signers, readSigner(list.Enter(der.Sequence, "5.3")))
	}
	body.End("5.1")
	if err := r.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// open turns a message into DER and gives its content type with a reader of what it holds.
func open(b []byte) (r, in *der.Reader, oid string, err error) {
	b, err = der.FromBER(Standard, b)
	if err != nil {
		return nil, nil, "", err
	}
	r = der.New(Standard, b)
	whole := r.Enter(der.Sequence, "3")
	r.End("3")
	oid = whole.OID("3")
	in = whole.Enter(der.Inner(0), "3")
	whole.End("3")
	return r, in, oid, nil
}

func readSigner(r *der.Reader) (s Signer) {
	r.Small(der.Integer, 3, "5.3")
	s.Who = readWho(r)
	s.Digest = r.Take(der.Sequence, "10.1.1").Full
	if e := (der.Element{}); r.Tag() == der.Inner(0) {
		e = r.Any("5.3")
		s.SignedDER = append([]byte{der.Set}, e.Full[1:]...) // the signature is over a SET OF: RFC 5652 5.4
		s.Signed = readAttributes(r.Inside(e))
	}
	s.Algorithm = r.Take(der.Sequence, "10.1.2").Full
	s.Signature = r.Take(der.OctetString, "5.3").Body
	if a, ok := r.Maybe(der.Inner(1), "5.3"); ok {
		s.Unsigned = readAttributes(a)
	}
	r.End("5.3")
	return s
}

func readWho(r *der.Reader) (w Who) {
	if r.Tag() == der.Context(0) {
		w.KeyID = r.Any("5.3").Body
		return w
	}
	in := r.Enter(der.Sequence, "10.2.4")
	w.Issuer, w.Serial = in.Take(der.Sequence, "10.2.4").Full, in.Big("10.2.4")
	in.End("10.2.4")
	return w
}

func (w Who) marshal() []byte {
	if w.Issuer == nil {
		return der.Value(der.Context(0), w.KeyID)
	}
	return der.Seq(w.Issuer, der.BigInt(w.Serial))
}

func readAttributes(list *der.Reader) []Attribute {
	out := []Attribute{}
	for list.More() {
		in := list.Enter(der.Sequence, "5.3")
		a := Attribute{OID: in.OID("5.3")}
		for values := in.Enter(der.Set, "5.3"); values.More(); {
			a.Values = append(a.Values, values.Any("5.3").Full)
		}
		in.End("5.3")
		out = append(out, a)
	}
	return out
}

// Attributes gives a SET OF attributes under tag: [der.Set] for what is signed.
func Attributes(tag byte, list []Attribute) []byte {
	var parts [][]byte
	for _, a := range list {
		parts = append(parts, der.Seq(der.OID(a.OID), der.SetOf(der.Set, a.Values...)))
	}
	return der.SetOf(tag, parts...)
}

// Marshal gives the message, DER.
func (s *SignedData) Marshal() []byte {
	version := int64(1)
	if s.ContentType != Data && s.ContentType != GMData {
		version = 3
	}
	var digests, signers [][]byte
	seen := map[string]bool{}
	for i := range s.Signers {
		one := &s.Signers[i]
		if !seen[string(one.Digest)] {
			seen[string(one.Digest)] = true
			digests = append(digests, one.Digest)
		}
		v := int64(1)
		if one.Who.Issuer == nil {
			v, version = 3, 3
		}
		signed, unsigned := []byte{}, []byte{}
		if one.Signed != nil {
			signed = Attributes(der.Inner(0), one.Signed)
		}
		if len(one.Unsigned) > 0 {
			unsigned = Attributes(der.Inner(1), one.Unsigned)
		}
		signers = append(signers, der.Seq(der.Int(v), one.Who.marshal(), one.Digest, signed, one.Algorithm, der.Bytes(one.Signature), unsigned))
	}
	var content, certificates, lists []byte
	if s.Content != nil {
		content = der.Value(der.Inner(0), der.Bytes(s.Content))
	}
	if len(s.Certificates) > 0 {
		certificates = der.SetOf(der.Inner(0), s.Certificates...)
	}
	if len(s.CRLs) > 0 {
		lists = der.SetOf(der.Inner(1), s.CRLs...)
	}
	oid := SignedType
	if s.GM {
		oid = GMSignedType
	}
	return wrap(oid, der.Seq(der.Int(version), der.SetOf(der.Set, digests...), der.Seq(der.OID(s.ContentType), content), certificates, lists, der.SetOf(der.Set, signers...)))
}

func wrap(oid string, body []byte) []byte {
	return der.Seq(der.OID(oid), der.Value(der.Inner(0), body))
}
