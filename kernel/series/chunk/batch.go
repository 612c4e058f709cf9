package chunk

import (
	"encoding/binary"
	"hash/crc32"
)

// The body of a batch, version 1:
//
//	0xB1, CRC32C of all other bytes (4, little-endian)
//	columns (1), samples (uvarint), tick in microseconds (uvarint), first time (varint)
//	keys, ticks since the first time: one column each
//	qualities: runs of (quality, uvarint length) up to the number of samples
//	values: one column each
//
// Samples stand in the order of their arrival, which is what "later" means among them.
const (
	batchFormat = 0xB1
	blockFormat = 0xC1
	bodyHead    = 5 // format and checksum
	bodyLimit   = 64 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli) // read only

func checksum(body []byte) uint32 {
	return crc32.Update(crc32.Update(0, castagnoli, body[:1]), castagnoli, body[bodyHead:])
}

// seal writes the checksum into a body whose head was left free.
func seal(body []byte) []byte {
	binary.LittleEndian.PutUint32(body[1:], checksum(body))
	return body
}

// unseal checks format and checksum and gives a scanner behind them.
func unseal(body []byte, format byte) scanner {
	s := scanner{b: body}
	switch {
	case len(body) < bodyHead || len(body) > bodyLimit:
		s.fail("length")
	case body[0] != format:
		s.fail("format version")
	case binary.LittleEndian.Uint32(body[1:]) != checksum(body):
		s.pos = 1
		s.fail("checksum")
	default:
		s.pos = bodyHead
	}
	return s
}

// Batch encodes at least one and at most [MaxBatch] samples in the order of their arrival. The body is the caller's.
func (p *Encoder) Batch(b *Run) []byte {
	n := len(b.Keys)
	dst := make([]byte, bodyHead, 64+n*(3+2*len(b.Vals)))
	dst[0] = batchFormat
	dst = append(dst, byte(len(b.Vals)))
	dst = binary.AppendUvarint(dst, uint64(n))
	tick := max(1, spacing(b.Times))
	dst = binary.AppendUvarint(dst, uint64(tick))
	dst = binary.AppendVarint(dst, b.Times[0])
	dst = p.column(dst, b.Keys, true)
	p.ticks = p.ticks[:0]
	for _, at := range b.Times {
		p.ticks = append(p.ticks, at-b.Times[0])
	}
	if tick > 1 {
		divide(p.ticks, tick)
	}
	dst = p.column(dst, p.ticks, true)
	dst = appendQuality(dst, b.Qual)
	for _, vals := range b.Vals {
		dst = p.column(dst, vals, true)
	}
	return seal(dst)
}

// divide by tick; neighbours are mostly equal, and a division costs more than a comparison.
func divide(ticks []int64, tick int64) {
	var from, to int64
	for i, t := range ticks {
		if t != from {
			from, to = t, t/tick
		}
		ticks[i] = to
	}
}

func appendQuality(dst []byte, qual []Quality) []byte {
	for i := 0; i < len(qual); {
		j := i + 1
		for j < len(qual) && qual[j] == qual[i] {
			j++
		}
		dst = binary.AppendUvarint(append(dst, byte(qual[i])), uint64(j-i))
		i = j
	}
	return dst
}

// quality reads run lengths that fill dst exactly.
func (s *scanner) quality(dst []Quality) {
	for len(dst) > 0 {
		q := Quality(s.byte("quality"))
		n := s.count(len(dst), "quality run")
		if s.err != nil || n == 0 {
			s.fail("quality run")
			return
		}
		for i := range dst[:n] {
			dst[i] = q
		}
		dst = dst[n:]
	}
}

// samples reads a number of samples. Every column holds a width byte for 32 values, so a body of n bytes never holds more than
// 32 n samples: this keeps a forged count from asking for memory.
func (s *scanner) samples() int {
	n := s.count(32*(len(s.b)-s.pos), "sample count")
	if n == 0 {
		s.fail("sample count")
	}
	return n
}

// AddBatch decodes a batch body behind what r holds, into r's columns: what the body lacks becomes Null, what r lacks is
// passed over. After an error, a [FormatError], r is as before.
func (r *Run) AddBatch(body []byte) error {
	s := unseal(body, batchFormat)
	cols := int(s.byte("column count"))
	n := s.samples()
	tick, first := s.uvarint("tick"), s.varint("first time")
	if cols == 0 || cols > MaxColumns || n > MaxBatch || tick == 0 || tick > LastTime-FirstTime {
		s.fail("batch head")
	}
	if s.err != nil {
		return s.err
	}
	at := r.Len()
	r.grow(n)
	s.column(r.Keys[at:])
	s.column(r.Times[at:])
	s.quality(r.Qual[at:])
	for c := range max(cols, len(r.Vals)) {
		switch {
		case c >= len(r.Vals):
			s.skip(n) // a column that the caller did not ask for
		case c < cols:
			s.column(r.Vals[c][at:])
		default:
			fillNull(r.Vals[c][at:])
		}
	}
	if s.err == nil && s.pos != len(body) {
		s.fail("length")
	}
	for i, t := range r.Times[at:] {
		r.Times[at+i] = first + t*int64(tick)
		if s.err == nil && (r.Times[at+i] < FirstTime || r.Times[at+i] >= LastTime) {
			s.fail("time range")
		}
	}
	if s.err != nil {
		r.Cut(at)
	}
	return s.err
}

func fillNull(dst []int64) {
	for i := range dst {
		dst[i] = Null
	}
}

// grow makes room for n more samples whose content is to be set.
func (r *Run) grow(n int) {
	r.Keys, r.Times, r.Qual = extend(r.Keys, n), extend(r.Times, n), extend(r.Qual, n)
	for c := range r.Vals {
		r.Vals[c] = extend(r.Vals[c], n)
	}
}

// Cut leaves the first n samples.
func (r *Run) Cut(n int) {
	r.Keys, r.Times, r.Qual = r.Keys[:n], r.Times[:n], r.Qual[:n]
	for c := range r.Vals {
		r.Vals[c] = r.Vals[c][:n]
	}
}

func extend[T any](s []T, n int) []T {
	if len(s)+n <= cap(s) {
		return s[:len(s)+n]
	}
	return append(s, make([]T, n)...)
}
