package dlms

import (
	"errors"
	"strconv"

	"github.com/haihe-city/haihe/lang"
)

// Standard is the name that the clauses of an [Error] belong to: parts 46, 47, 5-3 and 6-2 are told apart by what stands before the colon.
const Standard = "IEC 62056"

// ErrShort says that the bytes so far are a good beginning and more are needed.
var ErrShort = errors.New("dlms: more bytes are needed")

// ErrUnsupported marks (errors.Is) what is well formed and recognised, but not spoken here.
var ErrUnsupported = errors.New("dlms: not supported")

// Error is a refusal: where, by which clause, and why.
type Error struct {
	Offset int    // bytes from the start of what was handed in
	Clause string // of IEC 62056, the part before a colon: "5-3: GET"
	Reason lang.Text
	cause  error
}

// Error gives offset, clause and the English reason.
func (e *Error) Error() string {
	return "dlms: offset " + strconv.Itoa(e.Offset) + ": " + Standard + "-" + e.Clause + ": " + e.Reason.En
}

// Unwrap gives ErrUnsupported where that is the case.
func (e *Error) Unwrap() error { return e.cause }

func refuse(offset int, clause, zh, en string) *Error {
	return &Error{Offset: offset, Clause: clause, Reason: lang.T(zh, en)}
}

func unsupported(offset int, clause, zh, en string) *Error {
	return &Error{Offset: offset, Clause: clause, Reason: lang.T(zh, en), cause: ErrUnsupported}
}

// reader takes data from the front; the first error stays.
type reader struct {
	b   []byte
	at  int // offset of b[0]
	err error
}

func (r *reader) fail(offset int, clause, zh, en string) {
	if r.err == nil {
		r.err = refuse(offset, clause, zh, en)
	}
}

// take gives n bytes; zeros after an error, so that nothing needs to ask each time.
func (r *reader) take(n int) []byte {
	if r.err == nil && len(r.b) >= n {
		out := r.b[:n:n]
		r.b, r.at = r.b[n:], r.at+n
		return out
	}
	r.fail(r.at+len(r.b), "5-3: A-XDR", "数据不完整", "the data are not complete")
	return make([]byte, min(n, 8)) // no fixed field is longer
}

func (r *reader) byte() uint8 { return r.take(1)[0] }

func (r *reader) uint(n int) (v uint64) {
	for _, x := range r.take(n) {
		v = v<<8 | uint64(x)
	}
	return v
}

// length reads a length or a number of items: below 128 itself, otherwise the number of bytes that hold it. It is never more than
// the bytes that follow could hold, so that nobody makes room for what cannot come.
func (r *reader) length() int {
	at := r.at
	n := uint64(r.byte())
	if n >= 0x80 {
		w := int(n & 0x7F)
		if w == 0 || w > 8 {
			r.fail(at, "5-3: A-XDR", "长度编码无效", "the length is not valid")
			return 0
		}
		n = r.uint(w)
	}
	if n > uint64(len(r.b)) {
		r.fail(at, "5-3: A-XDR", "长度超出数据", "the length is beyond the data")
		return 0
	}
	return int(n)
}

// octets reads a length and as many bytes, as a copy.
func (r *reader) octets() []byte { return append([]byte{}, r.bytes(r.length())...) }

func (r *reader) bytes(n int) []byte {
	if r.err != nil || len(r.b) < n {
		r.fail(r.at+len(r.b), "5-3: A-XDR", "数据不完整", "the data are not complete")
		return nil
	}
	out := r.b[:n:n]
	r.b, r.at = r.b[n:], r.at+n
	return out
}

// flag reads a boolean: 0 is false, anything else true.
func (r *reader) flag() bool { return r.byte() != 0 }

// present reads whether an optional part follows: 0 or 1.
func (r *reader) present() bool {
	at := r.at
	x := r.byte()
	if x > 1 {
		r.fail(at, "5-3: A-XDR", "可选项标志应为 00 或 01", "the mark of an optional part is 00 or 01")
	}
	return x == 1
}

// AppendLength prints a length in its shortest form.
func AppendLength(dst []byte, n uint64) []byte {
	if n < 0x80 {
		return append(dst, byte(n))
	}
	w := 1
	for n>>(8*w) != 0 && w < 8 {
		w++
	}
	return appendUint(append(dst, 0x80|byte(w)), n, w)
}

func appendUint(dst []byte, v uint64, n int) []byte {
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, byte(v>>(8*i)))
	}
	return dst
}

func appendOctets(dst, b []byte) []byte { return append(AppendLength(dst, uint64(len(b))), b...) }

func appendFlag(dst []byte, on bool) []byte {
	if on {
		return append(dst, 1)
	}
	return append(dst, 0)
}
