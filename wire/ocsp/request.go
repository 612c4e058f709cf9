package ocsp

import (
	"bytes"
	"math/big"

	"github.com/haihe-city/haihe/wire/der"
)

// Standard is the name that the clauses of errors belong to.
const Standard = "RFC 6960"

// Object identifiers. RFC 6960 annex B.1
const (
	OIDBasic     = "1.3.6.1.5.5.7.48.1.1"
	OIDNonce     = "1.3.6.1.5.5.7.48.1.2"
	OIDNoCheck   = "1.3.6.1.5.5.7.48.1.5" // id-pkix-ocsp-nocheck, in a responder's certificate
	OIDSigning   = "1.3.6.1.5.5.7.3.9"    // id-kp-OCSPSigning, the purpose of a delegated responder
	OIDSHA1      = "1.3.14.3.2.26"
	OIDSHA256    = "2.16.840.1.101.3.4.2.1"
	OIDSM3       = "1.2.156.10197.1.401"
	maxQuestions = 1000 // a request with more is refused before it costs anything
)

// CertID names a certificate by its issuer's name and key and its serial number. RFC 6960 4.1.1
type CertID struct {
	Hash     string // object identifier of the hash
	NameHash []byte // hash of the issuer's Name, DER
	KeyHash  []byte // hash of the bits of the issuer's subjectPublicKey
	Serial   *big.Int
}

// NewCertID names a certificate: issuer is the issuer's subject Name in DER, key the bits of its subjectPublicKey, sum the hash that the
// object identifier names.
func NewCertID(hash string, sum func([]byte) []byte, issuer, key []byte, serial *big.Int) CertID {
	return CertID{Hash: hash, NameHash: sum(issuer), KeyHash: sum(key), Serial: serial}
}

// Equal tells whether two names are the same.
func (c CertID) Equal(d CertID) bool {
	return c.Hash == d.Hash && bytes.Equal(c.NameHash, d.NameHash) && bytes.Equal(c.KeyHash, d.KeyHash) &&
		c.Serial != nil && d.Serial != nil && c.Serial.Cmp(d.Serial) == 0
}

func (c CertID) marshal() []byte {
	return der.Seq(der.Algorithm(c.Hash, der.Nothing()), der.Bytes(c.NameHash), der.Bytes(c.KeyHash), der.BigInt(c.Serial))
}

func readCertID(r *der.Reader) CertID {
	in := r.Enter(der.Sequence, "4.1.1")
	a := in.Enter(der.Sequence, "4.1.1")
	c := CertID{Hash: a.OID("4.1.1")}
	if a.More() {
		a.Any("4.1.1")
	}
	a.End("4.1.1")
	c.NameHash, c.KeyHash = in.Take(der.OctetString, "4.1.1").Body, in.Take(der.OctetString, "4.1.1").Body
	c.Serial = in.Big("4.1.1")
	in.End("4.1.1")
	return c
}

// Extension is one extension of a request or an answer.
type Extension struct {
	OID      string
	Critical bool
	Value    []byte // contents of the extnValue
}

func readExtensions(r *der.Reader) (out []Extension) {
	list := r.Enter(der.Sequence, "4.4")
	for list.More() {
		in := list.Enter(der.Sequence, "4.4")
		e := Extension{OID: in.OID("4.4")}
		if in.Tag() == der.Boolean {
			e.Critical = in.Bool(der.Boolean, "4.4")
		}
		e.Value = in.Take(der.OctetString, "4.4").Body
		in.End("4.4")
		for _, o := range out {
			if o.OID == e.OID {
				list.Fail("4.4", "扩展重复", "an extension stands there twice")
			}
		}
		out = append(out, e)
	}
	r.End("4.4")
	return out
}

// marshalExtensions gives the [n] EXPLICIT Extensions, nothing where there are none.
func marshalExtensions(n int, list []Extension, nonce []byte) []byte {
	var parts [][]byte
	if nonce != nil {
		parts = append(parts, der.Seq(der.OID(OIDNonce), der.Bytes(der.Bytes(nonce))))
	}
	for _, e := range list {
		critical := []byte{}
		if e.Critical {
			critical = der.Yes()
		}
		parts = append(parts, der.Seq(der.OID(e.OID), critical, der.Bytes(e.Value)))
	}
	if len(parts) == 0 {
		return nil
	}
	return der.Value(der.Inner(n), der.Seq(parts...))
}

// takeNonce takes the nonce out of a list. RFC 6960 4.4.1 wraps it in an OCTET STRING; a client of RFC 2560 may send it bare.
func takeNonce(list []Extension) (nonce []byte, rest []Extension) {
	for _, e := range list {
		if e.OID != OIDNonce {
			rest = append(rest, e)
			continue
		}
		r := der.New(Standard, e.Value)
		inner := r.Take(der.OctetString, "4.4.1")
		r.End("4.4.1")
		if nonce = inner.Body; r.Err() != nil {
			nonce = e.Value
		}
		if nonce == nil {
			nonce = []byte{}
		}
	}
	return nonce, rest
}

// Question asks for one certificate's status.
type Question struct {
	ID         CertID
	Extensions []Extension
}

// Request is what a client asks. RFC 6960 4.1.1
type Request struct {
	Requestor  []byte // GeneralName in DER, or nil
	List       []Question
	Nonce      []byte // nil where there is none
	Extensions []Extension
	Signed     bool // the client signed its request; the signature is not read: answers are the same to all
}

// ParseRequest reads a request. Errors are *der.Error.
func ParseRequest(b []byte) (*Request, error) {
	r := der.New(Standard, b)
	whole := r.Enter(der.Sequence, "4.1.1")
	r.End("4.1.1")
	tbs := whole.Enter(der.Sequence, "4.1.1")
	if v, ok := tbs.Maybe(der.Inner(0), "4.1.1"); ok {
		v.Small(der.Integer, 0, "4.1.1")
		v.End("4.1.1")
	}
	q := &Request{}
	if n, ok := tbs.Maybe(der.Inner(1), "4.1.1"); ok {
		q.Requestor = n.Any("4.1.1").Full
		n.End("4.1.1")
	}
	list := tbs.Enter(der.Sequence, "4.1.1")
	for list.More() {
		in := list.Enter(der.Sequence, "4.1.1")
		one := Question{ID: readCertID(in)}
		if e, ok := in.Maybe(der.Inner(0), "4.1.1"); ok {
			one.Extensions = readExtensions(e)
		}
		in.End("4.1.1")
		q.List = append(q.List, one)
		if len(q.List) > maxQuestions {
			list.Fail("4.1.1", "一次查询的证书过多", "too many certificates in one request")
		}
	}
	if e, ok := tbs.Maybe(der.Inner(2), "4.1.1"); ok {
		q.Nonce, q.Extensions = takeNonce(readExtensions(e))
	}
	tbs.End("4.1.1")
	if whole.Tag() == der.Inner(0) {
		whole.Any("4.1.2")
		q.Signed = true
	}
	whole.End("4.1.1")
	if len(q.List) == 0 {
		r.Fail("4.1.1", "请求中没有证书", "the request asks for no certificate")
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return q, nil
}

// Marshal gives the request's bytes, unsigned.
func (q *Request) Marshal() []byte {
	var list [][]byte
	for _, one := range q.List {
		list = append(list, der.Seq(one.ID.marshal(), marshalExtensions(0, one.Extensions, nil)))
	}
	var requestor []byte
	if q.Requestor != nil {
		requestor = der.Value(der.Inner(1), q.Requestor)
	}
	return der.Seq(der.Seq(requestor, der.Seq(list...), marshalExtensions(2, q.Extensions, q.Nonce)))
}
