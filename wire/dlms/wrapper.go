package dlms

import (
	"errors"

	"github.com/haihe-city/haihe/wire/stream"
)

// MaxAPDU is the greatest message in a wrapper: the length has 16 bits.
const MaxAPDU = 65535

// The wrapper ports that are agreed on. IEC 62056-47 annex
const (
	PublicClient  uint16 = 0x0010
	ManagerClient uint16 = 0x0001
	Management    uint16 = 0x0001 // the server's management logical device
)

// Frame is one message in the wrapper of TCP: version 1, from and to which port, length. IEC 62056-47 5.3.2
type Frame struct {
	Source, Destination uint16
	Data                []byte // an APDU
}

// Parse reads one frame at the start of b and gives the bytes taken. Data is a copy. ErrShort: b is a good beginning. limit bounds
// the data; 0: MaxAPDU.
func Parse(b []byte, limit int) (f Frame, n int, err error) {
	for i, want := range []byte{0, 1} {
		if len(b) > i && b[i] != want {
			return f, 0, refuse(i, "47: wrapper", "封装版本不是 1", "the wrapper's version is not 1")
		}
	}
	if len(b) < 8 {
		return f, 0, ErrShort
	}
	l := int(b[6])<<8 | int(b[7])
	if l == 0 || limit > 0 && l > limit {
		return f, 0, refuse(6, "47: wrapper", "封装长度为 0 或超出约定", "the wrapper's length is 0 or beyond what was agreed")
	}
	if len(b) < 8+l {
		return f, 0, ErrShort
	}
	f = Frame{Source: uint16(b[2])<<8 | uint16(b[3]), Destination: uint16(b[4])<<8 | uint16(b[5]), Data: append([]byte(nil), b[8:8+l]...)}
	return f, 8 + l, nil
}

// Append prints the frame after dst.
func (f Frame) Append(dst []byte) ([]byte, error) {
	if len(f.Data) == 0 || len(f.Data) > MaxAPDU {
		return dst, refuse(6, "47: wrapper", "报文为空或过长", "the message is empty or too long")
	}
	dst = appendUint(append(dst, 0, 1), uint64(f.Source)<<32|uint64(f.Destination)<<16|uint64(len(f.Data)), 6)
	return append(dst, f.Data...), nil
}

// Item is what a [Scanner] found: a frame, or bytes that it refused. Raw is valid until the next Feed, the frame for good.
type Item = stream.Item[Frame, *Error]

// Scanner finds wrapper frames in a byte stream. The zero value is ready; Limit bounds the frames' data.
type Scanner struct {
	Limit int
	in    stream.Scanner[Frame, *Error]
}

var rules = stream.Rules[Frame, *Error]{
	Start: 0,
	Wake:  0xFE, // nothing wakes a TCP peer; no frame begins with it
	Parse: func(b []byte, limit int) (f Frame, n int, short bool, why *Error) {
		f, n, err := Parse(b, limit)
		if err == nil {
			return f, n, false, nil
		}
		if errors.As(err, &why); errors.Is(err, ErrShort) {
			return f, 0, true, nil
		}
		return f, 0, false, why
	},
	NoStart: func() *Error {
		return refuse(0, "47: wrapper", "封装版本不是 1", "the wrapper's version is not 1")
	},
	Cut: func(n int) *Error { return refuse(n, "47: wrapper", "报文不完整", "the message is not complete") },
}

// Feed adds bytes that were received. Items given before are no longer valid.
func (s *Scanner) Feed(b []byte) { s.in.Feed(b) }

// Pending is the number of bytes held that are not part of an item yet.
func (s *Scanner) Pending() int { return s.in.Pending() }

// Next gives the next item; ok is false where more bytes are needed.
func (s *Scanner) Next() (Item, bool) {
	s.in.Limit = s.Limit
	return s.in.Next(&rules)
}

// Abandon judges what is held although more bytes might come: after a silence, or at the end of the stream.
func (s *Scanner) Abandon() { s.in.Abandon(&rules) }
