package hj212

import (
	"errors"

	"github.com/haihe-city/haihe/wire/stream"
)

// Found is what a [Scanner] found: a frame, or bytes that it refused. Raw is valid until the next
// Feed, the frame for good.
type Found = stream.Item[Frame, *Error]

// Scanner finds frames in a byte stream and finds its way again after noise. The zero value is ready. The longest wait is for one packet of 1036
// bytes; a line that ends too early is refused as soon as it does.
type Scanner struct {
	in stream.Scanner[Frame, *Error]
}

var rules = stream.Rules[Frame, *Error]{
	Start: '#',
	Wake:  '\n', // loggers that end a packet with two line ends
	Parse: func(b []byte, _ int) (f Frame, n int, short bool, why *Error) {
		f, n, err := Parse(b)
		if err == nil {
			return f, n, false, nil
		}
		if errors.As(err, &why) {
			return f, 0, false, why
		}
		return f, 0, true, nil
	},
	NoStart: func() *Error {
		return refuse(0, "6.3.1", Unknown, "包头不是 ##", "the packet does not start with ##")
	},
	Cut: func(n int) *Error {
		return refuse(n, "6.3.1", Unknown, "报文不完整", "the packet is not complete")
	},
}

// Feed adds bytes that were received. Items given before are no longer valid.
func (s *Scanner) Feed(b []byte) { s.in.Feed(b) }

// Pending is the number of bytes held that are not part of an item yet.
func (s *Scanner) Pending() int { return s.in.Pending() }

// Next gives the next item; ok is false where more bytes are needed.
func (s *Scanner) Next() (Found, bool) { return s.in.Next(&rules) }

// Abandon judges what is held although more bytes might come: after a silence, or at the end of the stream. Call Next until it is done.
func (s *Scanner) Abandon() { s.in.Abandon(&rules) }

// Glimpse reads QN, ST, CN, PW and MN out of bytes that were refused, as far as they are there, so that the sender can be told. Nothing else may
// come of it: what it gives was found wrong.
func Glimpse(raw []byte) (f Frame) {
	for _, part := range splitFields(raw) {
		at := 0
		for at < len(part) && part[at] != '=' {
			at++
		}
		if at < len(part) {
			g := f
			if _, why := g.field(part[:at], part[at+1:], 0); why == nil {
				f = g
			}
		}
	}
	return f
}

// splitFields cuts what stands before the data area at its semicolons.
func splitFields(raw []byte) (out []string) {
	s := string(raw[:min(len(raw), 256)])
	if len(s) > 6 && s[:2] == "##" {
		s = s[6:]
	}
	for from, i := 0, 0; i <= len(s); i++ {
		if i == len(s) || s[i] == ';' || s[i] == '&' {
			out = append(out, s[from:i])
			from = i + 1
			if i < len(s) && s[i] == '&' {
				break
			}
		}
	}
	return out
}
