package dlt698

import "encoding/binary"

// SegmentKind is the place of a piece. DL/T 698.45-2017 6.2.2.6
type SegmentKind uint8

// The places.
const (
	FirstPiece  SegmentKind = 0
	LastPiece   SegmentKind = 1
	Confirm     SegmentKind = 2 // no data: the piece of that number arrived
	MiddlePiece SegmentKind = 3
)

// MaxAPDU bounds what an [Assembler] puts together.
const MaxAPDU = 1 << 16

// Segment is the user data of a frame whose control byte says Segmented.
type Segment struct {
	Kind  SegmentKind
	Seq   uint16 // 0 to 4095, the first piece is 0
	Piece []byte
}

// ParseSegment reads the user data of a segmented frame.
func ParseSegment(b []byte) (Segment, error) {
	if len(b) < 2 {
		return Segment{}, refuse(0, "6.2.2.6", "分帧格式域不完整", "the segment format is not complete")
	}
	n := binary.LittleEndian.Uint16(b)
	if n&0x3000 != 0 { // bits 12 and 13 are reserved
		return Segment{}, refuse(0, "6.2.2.6", "分帧格式域保留位不为 0", "reserved bits of the segment format are set")
	}
	s := Segment{Kind: SegmentKind(n >> 14), Seq: n & 0xFFF, Piece: b[2:]}
	if (s.Kind == Confirm) != (len(s.Piece) == 0) {
		return Segment{}, refuse(2, "6.2.2.6", "确认帧不带数据，数据帧应有数据", "a confirmation has no data, every other piece has")
	}
	return s, nil
}

// Append prints the segment after dst.
func (s Segment) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, s.Seq&0xFFF|uint16(s.Kind)<<14)
	return append(dst, s.Piece...)
}

// Split cuts an APDU into pieces of at most size bytes. An APDU that needs no cutting gives no pieces.
func Split(apdu []byte, size int) []Segment {
	if len(apdu) <= size || size <= 0 {
		return nil
	}
	var out []Segment
	for len(apdu) > 0 {
		n := min(size, len(apdu))
		s := Segment{Kind: MiddlePiece, Seq: uint16(len(out)) & 0xFFF, Piece: apdu[:n:n]}
		switch {
		case len(out) == 0:
			s.Kind = FirstPiece
		case n == len(apdu):
			s.Kind = LastPiece
		}
		out, apdu = append(out, s), apdu[n:]
	}
	return out
}

// Assembler puts the pieces of an APDU together. The zero value is ready.
type Assembler struct {
	apdu   []byte
	next   uint16
	active bool
}

// Add takes the next piece. done is true with the last one; apdu is valid until the next Add. A piece out of order is refused
// and what was gathered is dropped; a piece that was taken already (its confirmation was lost) is passed over.
func (a *Assembler) Add(s Segment) (apdu []byte, done bool, err error) {
	switch {
	case s.Kind == Confirm:
		return nil, false, refuse(0, "6.2.2.6", "确认帧不含 APDU 片段", "a confirmation holds no piece of an APDU")
	case s.Kind == FirstPiece:
		a.apdu, a.next, a.active = a.apdu[:0], s.Seq, true
	case !a.active:
		return nil, false, refuse(0, "6.2.2.6", "缺少起始帧", "the first piece is missing")
	case s.Seq == (a.next-1)&0xFFF:
		return nil, false, nil
	case s.Seq != a.next:
		a.active = false
		return nil, false, refuse(0, "6.2.2.6", "分帧序号不连续", "a piece is missing")
	}
	if len(a.apdu)+len(s.Piece) > MaxAPDU {
		a.active = false
		return nil, false, refuse(2, "6.2.2.6", "分帧总长超限", "the pieces are too long together")
	}
	a.apdu = append(a.apdu, s.Piece...)
	a.next = (s.Seq + 1) & 0xFFF
	if s.Kind == LastPiece {
		a.active = false
		return a.apdu, true, nil
	}
	return nil, false, nil
}
