package dlt698

import (
	"errors"

	"github.com/haihe-city/haihe/wire/stream"
)

// Item is what a [Scanner] found: a frame, or bytes that it refused. Raw is valid until the next Feed, the frame for good.
type Item = stream.Item[Frame, *Error]

// Scanner finds frames in a byte stream and finds its way again after noise. The zero value is ready.
type Scanner struct {
	Limit int // greatest frame in bytes; 0: MaxFrame. A greater length is refused at its head, so that noise cannot stall the stream
	in    stream.Scanner[Frame, *Error]
}

var rules = stream.Rules[Frame, *Error]{
	Start:   0x68,
	Wake:    0xFE, // of a serial line
	Parse:   parseLimited,
	NoStart: func() *Error { return refuse(0, "6.2.2.1", "起始字符不是 68", "the start character is not 68") },
	Cut:     func(n int) *Error { return refuse(n, "6.2.2.2", "帧不完整", "the frame is not complete") },
}

func parseLimited(b []byte, limit int) (f Frame, n int, short bool, why *Error) {
	f, n, err := Parse(b)
	if err == nil {
		return f, n, false, nil
	}
	if !errors.Is(err, ErrShort) {
		errors.As(err, &why)
		return f, 0, false, why
	}
	if limit > 0 {
		if _, _, total, herr := parseHead(b); herr == nil && total > limit {
			return f, 0, false, refuse(1, "6.2.2.2", "帧长超过协商的最大值", "the frame is longer than agreed")
		}
	}
	return f, 0, true, nil
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

// Abandon judges what is held although more bytes might come: after a silence, or at the end of the stream. The frame that
// was awaited is refused; call Next until it is done.
func (s *Scanner) Abandon() { s.in.Abandon(&rules) }
