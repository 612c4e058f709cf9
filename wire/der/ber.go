package der

import (
	"github.com/haihe-city/haihe/lang"
)

// FromBER gives b in definite, shortest lengths, with strings in pieces put together: the forms of indefinite length in which
// programs stream signed and enveloped messages. The order of sets and the form of numbers are left as they are. What follows the
// first value is refused. X.690 8.1.3.6, 8.7.3
func FromBER(standard string, b []byte) ([]byte, error) {
	c := &converter{standard: standard, all: b}
	out, end := c.value(0, 0)
	if c.err == nil && end != len(b) {
		c.fail(end, "其后不应再有内容", "nothing may follow here")
	}
	if c.err != nil {
		return nil, c.err
	}
	return out, nil
}

type converter struct {
	standard string
	all      []byte
	err      *Error
}

func (c *converter) fail(at int, zh, en string) {
	if c.err == nil {
		c.err = &Error{Offset: at, Standard: c.standard, Clause: "X.690 8.1", Reason: lang.T(zh, en)}
	}
}

// head reads identifier and length at an offset: where the contents begin and end; end is -1 where the length is indefinite.
func (c *converter) head(at int) (tag byte, begin, end int) {
	b := c.all[at:]
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		c.fail(at, "内容不完整", "a value is cut off or of an unknown kind")
		return 0, 0, 0
	}
	tag, begin = b[0], at+2
	size := int(b[1])
	switch n := size & 0x7f; {
	case size == 0x80 && tag&0x20 != 0:
		return tag, begin, -1
	case size >= 0x80 && (n == 0 || n > 4 || len(b) < 2+n):
		c.fail(at, "长度编码无效", "the length is too long or cut off")
		return 0, 0, 0
	case size >= 0x80:
		size = 0
		for _, d := range b[2 : 2+n] {
			size = size<<8 | int(d)
		}
		begin += n
	}
	if size > len(c.all)-begin {
		c.fail(at, "长度超出所在范围", "the length reaches beyond the value around it")
		return 0, 0, 0
	}
	return tag, begin, begin + size
}

// value converts the value at an offset and tells where it ends.
func (c *converter) value(at, depth int) ([]byte, int) {
	if depth > deepest {
		c.fail(at, "嵌套过深", "values are nested too deeply")
	}
	if c.err != nil {
		return nil, at
	}
	tag, begin, end := c.head(at)
	if c.err != nil {
		return nil, at
	}
	if tag&0x20 == 0 {
		return Value(tag, c.all[begin:end]), end
	}
	parts, next := c.parts(begin, end, depth)
	if tag == OctetString|0x20 { // an octet string in pieces
		return Value(OctetString, bodies(parts)...), next
	}
	if len(parts) == 3 && parts[0][0] == ObjectID && parts[1][0] == Sequence && parts[2][0] == Inner(0) && allOctets(parts[2:]) {
		// The encryptedContent [0] IMPLICIT in pieces: put together it is primitive. RFC 5652 6.1
		inside := New(c.standard, parts[2]).Enter(Inner(0), "6.1")
		var whole []byte
		for inside.More() {
			whole = append(whole, inside.Take(OctetString, "6.1").Body...)
		}
		parts[2] = Value(Context(0), whole)
	}
	return Value(tag, parts...), next
}

func (c *converter) parts(begin, end, depth int) (parts [][]byte, next int) {
	at := begin
	for c.err == nil {
		if end < 0 {
			if len(c.all)-at < 2 {
				c.fail(at, "缺少结束标记", "the end-of-contents octets are missing")
				return nil, at
			}
			if c.all[at] == 0 && c.all[at+1] == 0 {
				return parts, at + 2
			}
		} else if at >= end {
			if at > end {
				c.fail(at, "长度超出所在范围", "the length reaches beyond the value around it")
			}
			return parts, at
		}
		var p []byte
		p, at = c.value(at, depth+1)
		parts = append(parts, p)
	}
	return nil, at
}

// allOctets tells whether a converted value holds nothing but octet strings, and at least one.
func allOctets(one [][]byte) bool {
	in := New("", bodies(one)[0])
	n := 0
	for ; in.More(); n++ {
		in.Take(OctetString, "")
	}
	return n > 0 && in.Err() == nil
}

// bodies gives the contents of values that this converter wrote.
func bodies(parts [][]byte) (out [][]byte) {
	for _, p := range parts {
		head := 2
		if p[1] >= 0x80 {
			head += int(p[1] & 0x7f)
		}
		out = append(out, p[head:])
	}
	return out
}
