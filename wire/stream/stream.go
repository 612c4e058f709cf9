// Package stream finds frames in a byte stream and finds its way again after noise (帧同步): what formats have in common whose
// frames begin with one start byte and tell their own length, as the meter protocols of the IEC 60870-5 FT 1.2 family do.
//
// A refused frame costs its first byte only: the search goes on at the next start byte, so that a good frame behind a broken
// one is not lost. What a frame is, and why one is refused, is the format's.
package stream

import "bytes"

// noise is how many refused bytes are gathered into one item while the stream goes on.
const noise = 4096

// Rules are a format: F its frames, E its refusals.
type Rules[F, E any] struct {
	Start byte // of a frame
	Wake  byte // sent before a frame to wake the receiver, no part of it
	// Parse judges the frame at the beginning of b: its length n, or that more bytes are needed (short), or why it is refused.
	// limit is the Scanner's.
	Parse func(b []byte, limit int) (f F, n int, short bool, why E)
	// NoStart refuses what does not begin with Start; Cut what ended in the middle of a frame, after n bytes.
	NoStart func() E
	Cut     func(n int) E
}

// Item is what a Scanner found: a frame, or bytes that it refused. Raw is valid until the next Feed, the frame for good.
type Item[F, E any] struct {
	Offset  int64 // of the first byte, from the start of the stream
	Frame   F     // where Refused is nil
	Raw     []byte
	Refused E // why; its offset counts from Offset
}

// Scanner holds what was received and not judged yet. The zero value is ready.
type Scanner[F, E any] struct {
	Limit int // handed to Rules.Parse: the greatest frame that was agreed on; 0 where nothing was
	buf   []byte
	at    int   // start of what is not yet judged
	base  int64 // stream offset of buf[0]
	bad   int   // bytes before at that were refused and not yet reported
	why   E
}

// Feed adds bytes that were received. Items given before are no longer valid.
func (s *Scanner[F, E]) Feed(b []byte) {
	if keep := s.at - s.bad; keep > 0 {
		n := copy(s.buf, s.buf[keep:])
		s.buf = s.buf[:n]
		s.base += int64(keep)
		s.at = s.bad
	}
	s.buf = append(s.buf, b...)
}

// Pending is the number of bytes held that are not part of an item yet.
func (s *Scanner[F, E]) Pending() int { return len(s.buf) - s.at + s.bad }

// Next gives the next item; ok is false where more bytes are needed. Bytes refused one after the other come as one item with
// the first reason.
func (s *Scanner[F, E]) Next(r *Rules[F, E]) (it Item[F, E], ok bool) {
	for s.at < len(s.buf) {
		rest := s.buf[s.at:]
		if rest[0] == r.Wake && s.bad == 0 {
			s.at++
			continue
		}
		if rest[0] != r.Start {
			n := bytes.IndexByte(rest, r.Start)
			if n < 0 {
				n = len(rest)
			}
			s.drop(n, r.NoStart())
			continue
		}
		f, n, short, why := r.Parse(rest, s.Limit)
		if short {
			break
		}
		if n == 0 {
			s.drop(1, why)
			continue
		}
		if s.bad > 0 {
			return s.report(), true
		}
		it = Item[F, E]{Offset: s.base + int64(s.at), Frame: f, Raw: rest[:n:n]}
		s.at += n
		return it, true
	}
	// noise is reported when the stream shows nothing but noise, or when it grows
	if s.bad > 0 && (s.at == len(s.buf) || s.bad > noise) {
		return s.report(), true
	}
	return it, false
}

// Abandon judges what is held although more bytes might come: after a silence, or at the end of the stream. The frame that
// was awaited is refused; call Next until it is done.
func (s *Scanner[F, E]) Abandon(r *Rules[F, E]) {
	if s.at < len(s.buf) {
		s.drop(1, r.Cut(len(s.buf)-s.at))
	}
}

func (s *Scanner[F, E]) drop(n int, why E) {
	if s.bad == 0 {
		s.why = why
	}
	s.bad += n
	s.at += n
}

func (s *Scanner[F, E]) report() Item[F, E] {
	from := s.at - s.bad
	it := Item[F, E]{Offset: s.base + int64(from), Raw: s.buf[from:s.at:s.at], Refused: s.why}
	var none E
	s.bad, s.why = 0, none
	return it
}
