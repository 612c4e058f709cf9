package dlt645

import (
	"bytes"
	"errors"
)

// Item is what a [Scanner] found: a frame, or bytes that it refused. Raw is valid until the next Feed, the frame for good.
type Item struct {
	Offset  int64  // of the first byte, from the start of the stream
	Frame   Frame  // where Err is nil
	Raw     []byte // the bytes of the frame, or those refused
	Refused *Error // why; its offset counts from Offset
}

// Scanner finds frames in a byte stream and finds its way again after noise. The zero value is ready.
//
// A refused frame costs its first byte only: the search goes on at the next 68H, so that a good frame behind a broken one is
// not lost. The longest wait is for one frame of 212 bytes: the second 68H and the length are judged as soon as they are there. Bytes refused one after the other come as one item with the first reason.
type Scanner struct {
	buf  []byte
	at   int   // start of what is not yet judged
	base int64 // stream offset of buf[0]
	bad  int   // bytes before at that were refused and not yet reported
	why  *Error
}

// Feed adds bytes that were received. Items given before are no longer valid.
func (s *Scanner) Feed(b []byte) {
	if keep := s.at - s.bad; keep > 0 {
		n := copy(s.buf, s.buf[keep:])
		s.buf = s.buf[:n]
		s.base += int64(keep)
		s.at = s.bad
	}
	s.buf = append(s.buf, b...)
}

// Pending is the number of bytes held that are not part of an item yet.
func (s *Scanner) Pending() int { return len(s.buf) - s.at + s.bad }

// Next gives the next item; ok is false where more bytes are needed.
func (s *Scanner) Next() (it Item, ok bool) {
	for s.at < len(s.buf) {
		rest := s.buf[s.at:]
		if rest[0] == 0xFE && s.bad == 0 { // DL/T 645-2007 5.3.1: FEH wakes the receiver; it is no part of a frame
			s.at++
			continue
		}
		if rest[0] != 0x68 {
			n := bytes.IndexByte(rest, 0x68)
			if n < 0 {
				n = len(rest)
			}
			s.drop(n, refuse(0, "5.2.1", "帧起始符不是 68", "the frame does not start with 68"))
			continue
		}
		f, n, err := parse(rest)
		if errors.Is(err, ErrShort) {
			break
		}
		if err != nil {
			var e *Error
			errors.As(err, &e)
			s.drop(1, e)
			continue
		}
		if s.bad > 0 {
			return s.report(), true
		}
		it = Item{Offset: s.base + int64(s.at), Frame: f, Raw: rest[:n:n]}
		s.at += n
		return it, true
	}
	// noise is reported when the stream shows nothing but noise, or when it grows
	if s.bad > 0 && (s.at == len(s.buf) || s.bad > 4096) {
		return s.report(), true
	}
	return Item{}, false
}

// Abandon judges what is held although more bytes might come: after a silence, or at the end of the stream. The frame that
// was awaited is refused; call Next until it is done.
func (s *Scanner) Abandon() {
	if s.at < len(s.buf) {
		s.drop(1, refuse(len(s.buf)-s.at, "5.2", "帧不完整", "the frame is not complete"))
	}
}

func (s *Scanner) drop(n int, why *Error) {
	if s.bad == 0 {
		s.why = why
	}
	s.bad += n
	s.at += n
}

func (s *Scanner) report() Item {
	from := s.at - s.bad
	it := Item{Offset: s.base + int64(from), Raw: s.buf[from:s.at:s.at], Refused: s.why}
	s.bad, s.why = 0, nil
	return it
}
