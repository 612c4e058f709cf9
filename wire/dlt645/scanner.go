package dlt645

import (
	"errors"

	"github.com/haihe-city/haihe/wire/stream"
)

// Item is what a [Scanner] found: a frame, or bytes that it refused. Raw is valid until the next Feed, the frame for good.
type Item = stream.Item[Frame, *Error]

// Scanner finds frames in a byte stream and finds its way again after noise. The zero value is ready. The longest wait is for one
// frame of 212 bytes: the second 68H and the length are judged as soon as they are there.
type Scanner struct {
	in stream.Scanner[Frame, *Error]
}

var rules = stream.Rules[Frame, *Error]{
	Start: 0x68,
	Wake:  0xFE, // DL/T 645-2007 5.3.1
	Parse: func(b []byte, _ int) (f Frame, n int, short bool, why *Error) {
		f, n, err := parse(b)
		if err == nil {
			return f, n, false, nil
		}
		if errors.As(err, &why); errors.Is(err, ErrShort) {
			return f, 0, true, nil
		}
		return f, 0, false, why
	},
	NoStart: func() *Error { return refuse(0, "5.2.1", "帧起始符不是 68", "the frame does not start with 68") },
	Cut:     func(n int) *Error { return refuse(n, "5.2", "帧不完整", "the frame is not complete") },
}

// Feed adds bytes that were received. Items given before are no longer valid.
func (s *Scanner) Feed(b []byte) { s.in.Feed(b) }

// Pending is the number of bytes held that are not part of an item yet.
func (s *Scanner) Pending() int { return s.in.Pending() }

// Next gives the next item; ok is false where more bytes are needed.
func (s *Scanner) Next() (Item, bool) { return s.in.Next(&rules) }

// Abandon judges what is held although more bytes might come: after a silence, or at the end of the stream. The frame that
// was awaited is refused; call Next until it is done.
func (s *Scanner) Abandon() { s.in.Abandon(&rules) }
