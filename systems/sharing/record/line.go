package record

import (
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/message"
)

// The sides of a call.
const (
	Asked  = "asked"  // this node asked
	Served = "served" // this node answered
)

// Record is one call as a node saw it.
type Record struct {
	Side            string
	Request         message.Request
	RequestSig      []byte
	RequestVersion  int64 // of the caller's statement in the registry
	Response        message.Response
	ResponseSig     []byte // nil where no answer came
	ResponseVersion int64  // of the provider's
	At, Answered    time.Time
	Bodies          [][]byte // request's and answer's, nil where they are not to be kept

	// Keep runs in the transaction of the lines; nil where there is nothing.
	Keep func(tx *store.Tx) error

	Leaf uint64 // of the request's line; the answer's is the next. Set by Log.Keep
}

const (
	markAsked  = "haihe-asked/1\n\x00\x00"
	markAnswer = "haihe-answer/1\n\x00"
)

func field(b, v []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(v))), v...)
}

func text(b []byte, v string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(v))), v...)
}

func numbers(b []byte, n ...int64) []byte {
	for _, x := range n {
		b = binary.BigEndian.AppendUint64(b, uint64(x))
	}
	return b
}

// asked gives the request's line.
func (r *Record) asked() []byte {
	q := &r.Request
	b := append(make([]byte, 0, 512), markAsked...)
	b = numbers(b, store.Micros(r.At), r.RequestVersion, q.Created)
	for _, s := range []string{q.Call, q.Caller, q.Provider, q.Person, q.Purpose, q.Resource, q.Type} {
		b = text(b, s)
	}
	key, _ := hex.DecodeString(q.KeyID) // a thumb of ours, or what a checked request bears
	return field(text(field(field(b, q.Digest[:]), key), q.Alg), r.RequestSig)
}

// answer gives the answer's line.
func (r *Record) answer(asked [merkle.Size]byte) []byte {
	a := &r.Response
	b := append(make([]byte, 0, 384), markAnswer...)
	b = numbers(b, store.Micros(r.Answered), r.ResponseVersion, a.Created, int64(a.Status))
	key, _ := hex.DecodeString(a.KeyID)
	return field(text(field(field(text(field(b, asked[:]), a.Type), a.Digest[:]), key), a.Alg), r.ResponseSig)
}

// cursor reads a line.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) take(n int) []byte {
	if c.bad || len(c.b) < n {
		c.bad = true
		return nil
	}
	out := c.b[:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) field() []byte {
	n := c.take(2)
	if n == nil {
		return nil
	}
	return c.take(int(binary.BigEndian.Uint16(n)))
}

func (c *cursor) number() int64 {
	n := c.take(8)
	if n == nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(n))
}

func (c *cursor) sum() (s [32]byte) {
	if b := c.field(); len(b) == len(s) {
		copy(s[:], b)
	} else {
		c.bad = true
	}
	return s
}

// Parse reads the two lines of a call. errs.Invalid where they are no lines, or the second does not answer the first.
func Parse(asked, answer []byte) (*Record, error) {
	r := &Record{}
	q, a := &r.Request, &r.Response
	c := &cursor{b: asked}
	mark := string(c.take(16))
	r.At, r.RequestVersion, q.Created = store.Time(c.number()), c.number(), c.number()
	for _, into := range []*string{&q.Call, &q.Caller, &q.Provider, &q.Person, &q.Purpose, &q.Resource, &q.Type} {
		*into = string(c.field())
	}
	q.Digest, q.KeyID, q.Alg, r.RequestSig = c.sum(), hex.EncodeToString(c.field()), string(c.field()), c.field()
	if c.bad || mark != markAsked || len(c.b) > 0 {
		return nil, errs.Say(errs.Invalid, "请求行格式不符", "the request's line is none")
	}
	c = &cursor{b: answer}
	mark = string(c.take(16))
	r.Answered, r.ResponseVersion, a.Created, a.Status = store.Time(c.number()), c.number(), c.number(), int(c.number())
	of := c.sum()
	a.Type, a.Digest, a.KeyID, a.Alg, r.ResponseSig = string(c.field()), c.sum(), hex.EncodeToString(c.field()), string(c.field()), c.field()
	if c.bad || mark != markAnswer || len(c.b) > 0 || of != merkle.LeafHash(asked) {
		return nil, errs.Say(errs.Invalid, "应答行格式不符，或不是对该请求的应答", "the answer's line is none, or answers another request")
	}
	a.Call, a.Asked, a.Of = q.Call, q.Digest, r.RequestSig
	return r, nil
}
