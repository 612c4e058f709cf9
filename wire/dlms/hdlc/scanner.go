package hdlc

import (
	"bytes"
	"errors"
)

// Item is what a [Scanner] found: a frame, or bytes that it refused. Raw is valid until the next Feed, the frame for good.
type Item struct {
	Offset  int64 // of the first byte, from the start of the stream
	Frame   Frame // where Refused is nil
	Raw     []byte
	Refused *Error // its offset counts from Offset
}

// Scanner finds frames in a byte stream. The zero value is ready. A refused beginning costs the bytes up to the next flag, so that a good frame
// behind a broken one is not lost.
type Scanner struct {
	buf  []byte
	at   int
	base int64
}

// Feed adds bytes that were received. Items given before are no longer valid.
func (s *Scanner) Feed(b []byte) {
	n := copy(s.buf, s.buf[s.at:])
	s.buf, s.base, s.at = append(s.buf[:n], b...), s.base+int64(s.at), 0
}

// Pending is the number of bytes held that are not part of an item yet.
func (s *Scanner) Pending() int { return len(s.buf) - s.at }

// Next gives the next item; ok is false where more bytes are needed.
func (s *Scanner) Next() (it Item, ok bool) {
	for s.at+1 < len(s.buf) && s.buf[s.at] == flag && s.buf[s.at+1] == flag { // flags fill the time between frames
		s.at++
	}
	if s.at == len(s.buf) {
		return it, false
	}
	rest := s.buf[s.at:]
	f, n, err := Parse(rest)
	if errors.Is(err, ErrShort) {
		return it, false
	}
	it = Item{Offset: s.base + int64(s.at), Frame: f}
	if err != nil {
		errors.As(err, &it.Refused)
		if n = bytes.IndexByte(rest[1:], flag) + 1; n == 0 {
			n = len(rest)
		}
	}
	it.Raw, s.at = rest[:n:n], s.at+n
	return it, true
}

// Abandon judges what is held although more bytes might come, after a silence: the frame that was awaited is given up. Call Next afterwards, since
// a whole frame may lie behind it.
func (s *Scanner) Abandon() (it Item, ok bool) {
	rest := s.buf[s.at:]
	if len(rest) == 0 || len(rest) == 1 && rest[0] == flag {
		return it, false
	}
	n := bytes.IndexByte(rest[1:], flag) + 1
	if n == 0 {
		n = len(rest)
	}
	it = Item{Offset: s.base + int64(s.at), Raw: rest[:n:n], Refused: refuse(n, "6.4.3.1", "帧不完整", "the frame is not complete")}
	s.at += n
	return it, true
}
