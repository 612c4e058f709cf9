package ocsp

import (
	"bytes"
	"time"

	"github.com/haihe-city/haihe/wire/der"
)

// Outcome is how a request went as a whole. RFC 6960 4.2.1
type Outcome int

// The outcomes.
const (
	Successful       Outcome = 0
	MalformedRequest Outcome = 1
	InternalError    Outcome = 2
	TryLater         Outcome = 3
	SignRequired     Outcome = 5
	Unauthorized     Outcome = 6
)

// Status is what is known of a certificate. RFC 6960 2.2
type Status int

// The states: the numbers are those of the choice CertStatus.
const (
	Good Status = iota
	Revoked
	Unknown
)

// NoReason is the Reason of a revocation that names none.
const NoReason = -1

// Answer is one certificate's status. RFC 6960 4.2.1
type Answer struct {
	ID         CertID
	Status     Status
	RevokedAt  time.Time // where Revoked
	Reason     int       // CRLReason 0..10, or NoReason
	This, Next time.Time // the status is known to be right at This; newer word comes by Next, zero where any time
	Extensions []Extension
}

// Responder names who signs: by name or by key, one of the two.
type Responder struct {
	Name    []byte // Name in DER
	KeyHash []byte // SHA-1 of the bits of the subjectPublicKey
}

// Response is an answer. With an Outcome other than Successful nothing else is set.
type Response struct {
	Outcome    Outcome
	Responder  Responder
	Produced   time.Time
	List       []Answer
	Nonce      []byte // nil where there is none
	Extensions []Extension

	Signed       []byte   // the tbsResponseData, DER: what the signature is over
	Algorithm    []byte   // its AlgorithmIdentifier, DER
	Signature    []byte   // the signature's octets
	Certificates [][]byte // certificates that came along, DER
}

// Sign signs a message: its AlgorithmIdentifier in DER, and the signature.
type Sign func(message []byte) (algorithm, signature []byte, err error)

// Failure gives the bytes of an answer that carries an outcome only.
func Failure(o Outcome) []byte { return der.Seq(der.Value(der.Enumerated, []byte{byte(o)})) }

// Encode gives the bytes of a successful answer: Responder, Produced, List, Nonce, Extensions and Certificates are written, and signed.
func (p *Response) Encode(sign Sign) ([]byte, error) {
	who := der.Value(der.Inner(1), p.Responder.Name)
	if p.Responder.Name == nil {
		who = der.Value(der.Inner(2), der.Bytes(p.Responder.KeyHash))
	}
	var list [][]byte
	for i := range p.List {
		list = append(list, p.List[i].marshal())
	}
	tbs := der.Seq(who, der.Moment(der.GeneralizedTime, p.Produced), der.Seq(list...), marshalExtensions(1, p.Extensions, p.Nonce))
	algorithm, signature, err := sign(tbs)
	if err != nil {
		return nil, err
	}
	var certificates []byte
	if len(p.Certificates) > 0 {
		certificates = der.Value(der.Inner(0), der.Seq(p.Certificates...))
	}
	basic := der.Seq(tbs, algorithm, der.BitsOf(signature), certificates)
	return der.Seq(der.Value(der.Enumerated, []byte{byte(Successful)}),
		der.Value(der.Inner(0), der.Seq(der.OID(OIDBasic), der.Bytes(basic)))), nil
}

func (a *Answer) marshal() []byte {
	status := der.Value(der.Context(int(a.Status)))
	if a.Status == Revoked {
		var reason []byte
		if a.Reason >= 0 {
			reason = der.Value(der.Inner(0), der.Value(der.Enumerated, []byte{byte(a.Reason)}))
		}
		status = der.Value(der.Inner(1), der.Moment(der.GeneralizedTime, a.RevokedAt), reason)
	}
	var next []byte
	if !a.Next.IsZero() {
		next = der.Value(der.Inner(0), der.Moment(der.GeneralizedTime, a.Next))
	}
	return der.Seq(a.ID.marshal(), status, der.Moment(der.GeneralizedTime, a.This), next, marshalExtensions(1, a.Extensions, nil))
}

// ParseResponse reads an answer; that its signature fits is for the caller to verify. Errors are *der.Error.
func ParseResponse(b []byte) (*Response, error) {
	r := der.New(Standard, b)
	whole := r.Enter(der.Sequence, "4.2.1")
	r.End("4.2.1")
	p := &Response{Outcome: Outcome(whole.Small(der.Enumerated, 6, "4.2.1"))}
	if p.Outcome == 4 {
		whole.Fail("4.2.1", "未定义的结果", "outcome 4 is not in use")
	}
	if p.Outcome == Successful || whole.More() {
		wrapped := whole.Enter(der.Inner(0), "4.2.1")
		bytes := wrapped.Enter(der.Sequence, "4.2.1")
		wrapped.End("4.2.1")
		if oid := bytes.OID("4.2.1"); oid != OIDBasic && r.Err() == nil {
			bytes.Fail("4.2.1", "不支持的应答类型", "the answer is of a type other than id-pkix-ocsp-basic")
		}
		octets := bytes.Unwrap(bytes.Take(der.OctetString, "4.2.1"))
		bytes.End("4.2.1")
		p.readBasic(octets.Enter(der.Sequence, "4.2.1"))
		octets.End("4.2.1")
	}
	whole.End("4.2.1")
	if err := r.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Response) readBasic(r *der.Reader) {
	tbs := r.Take(der.Sequence, "4.2.1")
	p.Signed = tbs.Full
	p.readData(r.Inside(tbs))
	p.Algorithm = r.Take(der.Sequence, "4.2.1").Full
	p.Signature = r.Octets("4.2.1")
	if c, ok := r.Maybe(der.Inner(0), "4.2.1"); ok {
		list := c.Enter(der.Sequence, "4.2.1")
		c.End("4.2.1")
		for list.More() {
			p.Certificates = append(p.Certificates, list.Take(der.Sequence, "4.2.1").Full)
		}
	}
	r.End("4.2.1")
}

func (p *Response) readData(r *der.Reader) {
	if v, ok := r.Maybe(der.Inner(0), "4.2.1"); ok {
		v.Small(der.Integer, 0, "4.2.1")
		v.End("4.2.1")
	}
	switch r.Tag() {
	case der.Inner(1):
		in := r.Enter(der.Inner(1), "4.2.1")
		p.Responder.Name = in.Take(der.Sequence, "4.2.1").Full
		in.End("4.2.1")
	default:
		in := r.Enter(der.Inner(2), "4.2.1")
		p.Responder.KeyHash = in.Take(der.OctetString, "4.2.1").Body
		in.End("4.2.1")
	}
	p.Produced = r.Moment(der.GeneralizedTime, "4.2.1")
	list := r.Enter(der.Sequence, "4.2.1")
	for list.More() {
		p.List = append(p.List, readAnswer(list.Enter(der.Sequence, "4.2.1")))
	}
	if e, ok := r.Maybe(der.Inner(1), "4.2.1"); ok {
		p.Nonce, p.Extensions = takeNonce(readExtensions(e))
	}
	r.End("4.2.1")
}

func readAnswer(r *der.Reader) Answer {
	a := Answer{ID: readCertID(r), Reason: NoReason}
	switch r.Tag() {
	case der.Context(0), der.Context(2):
		a.Status = Status(r.Tag() & 3)
		if e := r.Any("4.2.1"); len(e.Body) > 0 {
			r.FailAt(e.Offset, "4.2.1", "状态不应带内容", "good and unknown hold nothing")
		}
	default:
		a.Status = Revoked
		in := r.Enter(der.Inner(1), "4.2.1")
		a.RevokedAt = in.Moment(der.GeneralizedTime, "4.2.1")
		if why, ok := in.Maybe(der.Inner(0), "4.2.1"); ok {
			a.Reason = why.Small(der.Enumerated, 10, "4.2.1")
			why.End("4.2.1")
		}
		in.End("4.2.1")
	}
	a.This = r.Moment(der.GeneralizedTime, "4.2.1")
	if n, ok := r.Maybe(der.Inner(0), "4.2.1"); ok {
		a.Next = n.Moment(der.GeneralizedTime, "4.2.1")
		n.End("4.2.1")
	}
	if e, ok := r.Maybe(der.Inner(1), "4.2.1"); ok {
		a.Extensions = readExtensions(e)
	}
	r.End("4.2.1")
	return a
}

// Find gives the answer for a certificate.
func (p *Response) Find(id CertID) (Answer, bool) {
	for _, a := range p.List {
		if a.ID.Equal(id) {
			return a, true
		}
	}
	return Answer{}, false
}

// SameNonce tells whether the answer belongs to the question as far as nonces go: an answer without one is allowed, since answers may
// be made beforehand (RFC 6960 2.5); another one is not.
func (p *Response) SameNonce(q *Request) bool {
	return p.Nonce == nil || bytes.Equal(p.Nonce, q.Nonce)
}
