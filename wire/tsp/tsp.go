package tsp

import (
	"math/big"
	"time"

	"github.com/haihe-city/haihe/wire/der"
)

// Standard is the name that the clauses of errors belong to.
const Standard = "RFC 3161"

// TSTInfoType is the content type of what a token signs. RFC 3161 2.4.2
const TSTInfoType = "1.2.840.113549.1.9.16.1.4"

// Imprint is the digest of what is stamped. RFC 3161 2.4.1
type Imprint struct {
	Hash   string // object identifier
	Digest []byte
}

func (i Imprint) marshal() []byte {
	return der.Seq(der.Algorithm(i.Hash, der.Nothing()), der.Bytes(i.Digest))
}

func readImprint(r *der.Reader) (i Imprint) {
	in := r.Enter(der.Sequence, "2.4.1")
	a := in.Enter(der.Sequence, "2.4.1")
	i.Hash = a.OID("2.4.1")
	if a.Tag() == der.Null {
		a.Any("2.4.1")
	}
	a.End("2.4.1")
	i.Digest = in.Take(der.OctetString, "2.4.1").Body
	in.End("2.4.1")
	return i
}

// Request asks for a time stamp. RFC 3161 2.4.1
type Request struct {
	Imprint   Imprint
	Policy    string   // "" where any
	Nonce     *big.Int // nil where there is none
	CertReq   bool     // the token is to bring the authority's certificate along
	Extension string   // object identifier of an extension, none of which is understood; "" where there is none
}

// ParseRequest reads a request. Errors are *der.Error.
func ParseRequest(b []byte) (*Request, error) {
	r := der.New(Standard, b)
	in := r.Enter(der.Sequence, "2.4.1")
	r.End("2.4.1")
	if v := in.Small(der.Integer, 127, "2.4.1"); v != 1 {
		in.Fail("2.4.1", "请求版本无效", "the version of a request is 1")
	}
	q := &Request{Imprint: readImprint(in)}
	if in.Tag() == der.ObjectID {
		q.Policy = in.OID("2.4.1")
	}
	if in.Tag() == der.Integer {
		q.Nonce = in.Big("2.4.1")
	}
	if in.Tag() == der.Boolean {
		q.CertReq = in.Bool(der.Boolean, "2.4.1")
	}
	if list, ok := in.Maybe(der.Inner(0), "2.4.1"); ok {
		for list.More() {
			q.Extension = list.Enter(der.Sequence, "2.4.1").OID("2.4.1")
		}
	}
	in.End("2.4.1")
	if err := r.Err(); err != nil {
		return nil, err
	}
	return q, nil
}

// Marshal gives the request's bytes.
func (q *Request) Marshal() []byte {
	var policy, nonce, certReq []byte
	if q.Policy != "" {
		policy = der.OID(q.Policy)
	}
	if q.Nonce != nil {
		nonce = der.BigInt(q.Nonce)
	}
	if q.CertReq {
		certReq = der.Yes()
	}
	return der.Seq(der.Int(1), q.Imprint.marshal(), policy, nonce, certReq)
}

// Status is how a request went. RFC 3161 2.4.2
type Status int

// The states; 0 and 1 bring a token.
const (
	Granted         Status = 0
	GrantedWithMods Status = 1
	Rejection       Status = 2
	Waiting         Status = 3
)

// Failure says why a request was rejected: the number of a bit. RFC 3161 2.4.2
type Failure int

// The failures; NoFailure where there is none.
const (
	NoFailure           Failure = -1
	BadAlgorithm        Failure = 0
	BadRequest          Failure = 2
	BadDataFormat       Failure = 5
	TimeNotAvailable    Failure = 14
	UnacceptedPolicy    Failure = 15
	UnacceptedExtension Failure = 16
	AddInfoNotAvailable Failure = 17
	SystemFailure       Failure = 25
)

// Response is an answer. RFC 3161 2.4.2
type Response struct {
	Status  Status
	Text    []string
	Failure Failure
	Token   []byte // ContentInfo, DER; nil where the request was not granted
}

// Marshal gives the answer's bytes.
func (p *Response) Marshal() []byte {
	var text, failure [][]byte
	for _, t := range p.Text {
		text = append(text, der.Text(t))
	}
	if len(text) > 0 {
		text = [][]byte{der.Seq(text...)}
	}
	if p.Failure >= 0 {
		bits := make([]byte, p.Failure/8+1)
		bits[p.Failure/8] = 0x80 >> (p.Failure % 8)
		failure = [][]byte{der.Value(der.BitString, []byte{byte(7 - p.Failure%8)}, bits)}
	}
	return der.Seq(der.Seq(append(append([][]byte{der.Int(int64(p.Status))}, text...), failure...)...), p.Token)
}

// ParseResponse reads an answer. Errors are *der.Error.
func ParseResponse(b []byte) (*Response, error) {
	r := der.New(Standard, b)
	in := r.Enter(der.Sequence, "2.4.2")
	r.End("2.4.2")
	info := in.Enter(der.Sequence, "2.4.2")
	p := &Response{Status: Status(info.Small(der.Integer, 5, "2.4.2")), Failure: NoFailure}
	if list, ok := info.Maybe(der.Sequence, "2.4.2"); ok {
		for list.More() {
			p.Text = append(p.Text, string(list.Take(der.UTF8String, "2.4.2").Body))
		}
	}
	if info.Tag() == der.BitString {
		b, _ := info.Bits(der.BitString, "2.4.2")
		for i := range 8 * len(b) {
			if b[i/8]&(0x80>>(i%8)) != 0 {
				p.Failure = Failure(i)
				break
			}
		}
	}
	info.End("2.4.2")
	if in.More() {
		p.Token = in.Take(der.Sequence, "2.4.2").Full
	}
	in.End("2.4.2")
	if granted := p.Status <= GrantedWithMods; granted != (p.Token != nil) {
		in.Fail("2.4.2", "状态与时间戳不符", "a token must be there when the request was granted, and only then")
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

// Info is a TSTInfo: what a token says. RFC 3161 2.4.2
type Info struct {
	Policy   string
	Imprint  Imprint
	Serial   *big.Int
	Time     time.Time     // to the millisecond as it is written here
	Accuracy time.Duration // 0 where not stated
	Ordering bool
	Nonce    *big.Int // nil where there is none
	TSA      []byte   // GeneralName, DER; nil where there is none
}

// Marshal gives the TSTInfo's bytes.
func (i *Info) Marshal() []byte {
	var accuracy, ordering, nonce, tsa []byte
	if i.Accuracy > 0 {
		var parts [][]byte
		if s := int64(i.Accuracy / time.Second); s > 0 {
			parts = append(parts, der.Int(s))
		}
		for n, unit := range []time.Duration{time.Millisecond, time.Microsecond} {
			if v := int64(i.Accuracy / unit % 1000); v > 0 {
				parts = append(parts, der.Value(der.Context(n), der.Digits(big.NewInt(v))))
			}
		}
		accuracy = der.Seq(parts...)
	}
	if i.Ordering {
		ordering = der.Yes()
	}
	if i.Nonce != nil {
		nonce = der.BigInt(i.Nonce)
	}
	if i.TSA != nil {
		tsa = der.Value(der.Inner(0), i.TSA)
	}
	return der.Seq(der.Int(1), der.OID(i.Policy), i.Imprint.marshal(), der.BigInt(i.Serial), der.Instant(i.Time), accuracy, ordering, nonce, tsa)
}

// ParseInfo reads a TSTInfo. Errors are *der.Error.
func ParseInfo(b []byte) (*Info, error) {
	r := der.New(Standard, b)
	in := r.Enter(der.Sequence, "2.4.2")
	r.End("2.4.2")
	if v := in.Small(der.Integer, 127, "2.4.2"); v != 1 {
		in.Fail("2.4.2", "版本无效", "the version of a TSTInfo is 1")
	}
	i := &Info{Policy: in.OID("2.4.2"), Imprint: readImprint(in), Serial: in.Big("2.4.2"), Time: in.Moment(der.GeneralizedTime, "2.4.2")}
	if a, ok := in.Maybe(der.Sequence, "2.4.2"); ok {
		if a.Tag() == der.Integer {
			i.Accuracy = time.Duration(a.Small(der.Integer, 1<<31, "2.4.2")) * time.Second
		}
		for n, unit := range []time.Duration{time.Millisecond, time.Microsecond} {
			if a.Tag() == der.Context(n) {
				i.Accuracy += time.Duration(a.Small(der.Context(n), 999, "2.4.2")) * unit
			}
		}
		a.End("2.4.2")
	}
	if in.Tag() == der.Boolean {
		i.Ordering = in.Bool(der.Boolean, "2.4.2")
	}
	if in.Tag() == der.Integer {
		i.Nonce = in.Big("2.4.2")
	}
	if t, ok := in.Maybe(der.Inner(0), "2.4.2"); ok {
		i.TSA = t.Any("2.4.2").Full
		t.End("2.4.2")
	}
	if in.Tag() == der.Inner(1) {
		in.Any("2.4.2")
	}
	in.End("2.4.2")
	if err := r.Err(); err != nil {
		return nil, err
	}
	return i, nil
}
