package chunk

import (
	"encoding/binary"
	"math/bits"
)

// The body of a block: one day of up to 64 neighbouring keys, version 1:
//
//	0xC1, CRC32C of all other bytes (4, little-endian)
//	columns (1), day (varint), block (varint), tick in microseconds (uvarint)
//	present: 8 bytes, bit i is key 64*block+i
//	for each present key, ascending: samples (uvarint), bytes of its slice (uvarint)
//	the slices
//
// A slice:
//
//	flags (1): bit 0: times are even; bit 1: all samples are Measured
//	even times: first tick (uvarint), step (uvarint); else first tick and one column of the differences less one
//	qualities unless bit 1: runs as in a batch
//	values: one column each
//
// Day and block are inside so that a row that was put in a wrong place is refused. One key's day is decoded without its
// neighbours; a sum reads one column and passes over the others by their widths.
const (
	flagEven     = 1
	flagMeasured = 2
)

// Writer encodes blocks; it keeps its memory.
type Writer struct {
	enc          Encoder
	slices, head []byte
	day, block   int64
	tick         int64
	cols         int
	present      uint64

	Series, Samples int // of the block written last
}

// begin starts a block. tick divides the offset of every sample from the day's start.
func (w *Writer) begin(day, block int64, cols int, tick int64) {
	w.slices, w.head = w.slices[:0], w.head[:0]
	w.day, w.block, w.cols, w.tick = day, block, cols, max(1, tick)
	w.present, w.Series, w.Samples = 0, 0, 0
}

// add appends the samples of one key, which is greater than those before and in the block.
func (w *Writer) add(key int64, r *Run) {
	n := r.Len()
	at := len(w.slices)
	w.present |= 1 << uint(key&(BlockKeys-1))
	w.Series, w.Samples = w.Series+1, w.Samples+n
	w.enc.ticks = w.enc.ticks[:0]
	start := DayStart(w.day)
	even := true
	for i, t := range r.Times {
		w.enc.ticks = append(w.enc.ticks, t-start)
		even = even && (i < 2 || t-r.Times[i-1] == r.Times[1]-r.Times[0])
	}
	measured := true
	for _, q := range r.Qual {
		measured = measured && q == Measured
	}
	var flags byte
	if even {
		flags |= flagEven
	}
	if measured {
		flags |= flagMeasured
	}
	w.slices = append(w.slices, flags)
	w.slices = w.appendTimes(w.slices, even)
	if !measured {
		w.slices = appendQuality(w.slices, r.Qual)
	}
	for c := range w.cols {
		w.slices = w.enc.column(w.slices, r.Vals[c], false)
	}
	w.head = binary.AppendUvarint(w.head, uint64(n))
	w.head = binary.AppendUvarint(w.head, uint64(len(w.slices)-at))
}

func (w *Writer) appendTimes(dst []byte, even bool) []byte {
	dst = binary.AppendUvarint(dst, uint64(w.enc.ticks[0]/w.tick))
	if even {
		if len(w.enc.ticks) == 1 {
			return append(dst, 0)
		}
		return binary.AppendUvarint(dst, uint64((w.enc.ticks[1]-w.enc.ticks[0])/w.tick))
	}
	for i := len(w.enc.ticks) - 1; i > 0; i-- {
		w.enc.ticks[i] = (w.enc.ticks[i]-w.enc.ticks[i-1])/w.tick - 1
	}
	return w.enc.column(dst, w.enc.ticks[1:], false)
}

// body finishes the block. The result is a copy.
func (w *Writer) body() []byte {
	dst := make([]byte, bodyHead, bodyHead+32+len(w.head)+len(w.slices))
	dst[0] = blockFormat
	dst = append(dst, byte(w.cols))
	dst = binary.AppendVarint(dst, w.day)
	dst = binary.AppendVarint(dst, w.block)
	dst = binary.AppendUvarint(dst, uint64(w.tick))
	dst = binary.LittleEndian.AppendUint64(dst, w.present)
	dst = append(dst, w.head...)
	return seal(append(dst, w.slices...))
}

// Encode writes one block from sources of its day, the oldest first; of two samples of one key and time the later source's
// stays. The body is the caller's.
func (w *Writer) Encode(m *Merger, day, block int64, srcs []*Run, cols int) ([]byte, error) {
	w.begin(day, block, cols, tickOf(day, srcs))
	err := m.Each(srcs, cols, func(key int64, r *Run) error { w.add(key, r); return nil })
	if err != nil {
		return nil, err
	}
	return w.body(), nil
}

// tickOf is the greatest unit that divides all offsets from the day's start.
func tickOf(day int64, srcs []*Run) int64 {
	var g, last int64
	start := DayStart(day)
	for _, s := range srcs {
		for _, t := range s.Times {
			d := t - start
			if d == last || g == 1 || g > 0 && d%g == 0 {
				last = d
				continue
			}
			last = d
			for a := d; a != 0; {
				g, a = a, g%a
			}
		}
	}
	return g
}

// Block is an opened body: checked as a whole, decoded by key.
type Block struct {
	b       []byte
	cols    int
	day     int64
	tick    int64
	block   int64
	Present uint64 // bit i: key 64*block+i has samples
	counts  [BlockKeys]int32
	offsets [BlockKeys + 1]int32 // of slot i's slice; the end of the last one behind it
}

// Open reads head and directory of a body of the given day and block.
func (c *Block) Open(body []byte, day, block int64) error {
	s := unseal(body, blockFormat)
	c.b, c.cols = body, int(s.byte("column count"))
	c.day, c.block = s.varint("day"), s.varint("block")
	tick := s.uvarint("tick")
	present := s.take(8, "present keys")
	if s.err == nil && (c.cols == 0 || c.cols > 4*MaxColumns || tick == 0 || tick > DayMicros) {
		s.fail("block head")
	}
	if s.err == nil && (c.day != day || c.block != block) {
		s.fail("place of the block")
	}
	if s.err != nil {
		return s.err
	}
	c.tick, c.Present = int64(tick), binary.LittleEndian.Uint64(present)
	var sizes [BlockKeys]int
	for p := c.Present; p != 0; p &= p - 1 {
		i := bits.TrailingZeros64(p)
		c.counts[i] = int32(s.samples())
		sizes[i] = s.count(len(body), "slice length")
	}
	at := s.pos
	for i := range sizes {
		if c.Present&(1<<i) == 0 {
			sizes[i], c.counts[i] = 0, 0
		}
		c.offsets[i] = int32(at)
		at += sizes[i]
		if int(c.counts[i]) > 32*sizes[i] {
			s.fail("sample count")
		}
	}
	c.offsets[BlockKeys] = int32(at)
	if s.err == nil && at != len(body) {
		s.fail("length")
	}
	return s.err
}

// slice gives a scanner over one key's slice, and its number of samples.
func (c *Block) slice(slot int) (s scanner, n int) {
	return scanner{b: c.b[:c.offsets[slot+1]], pos: int(c.offsets[slot])}, int(c.counts[slot])
}

// evenTimes reads flags and, where times are even, first time and step.
func (c *Block) evenTimes(s *scanner) (flags byte, first, step int64) {
	flags = s.byte("slice flags")
	if flags&^(flagEven|flagMeasured) != 0 {
		s.fail("slice flags")
	}
	limit := int(DayMicros / c.tick)
	first = DayStart(c.day) + int64(s.count(limit, "first tick"))*c.tick
	if flags&flagEven != 0 {
		step = int64(s.count(limit, "step")) * c.tick
	}
	return flags, first, step
}

// times fills dst with the times of a slice whose flags were read.
func (c *Block) times(s *scanner, dst []int64, flags byte, first, step int64) {
	dst[0] = first
	if flags&flagEven != 0 {
		for i := 1; i < len(dst); i++ {
			dst[i] = dst[i-1] + step
		}
		if n := int64(len(dst)) - 1; n > 0 && (step == 0 || step > (DayStart(c.day+1)-first)/n) {
			s.fail("step")
		}
	} else {
		s.column(dst[1:])
		for i := 1; i < len(dst) && s.err == nil; i++ {
			if d := dst[i]; d < 0 || d >= DayMicros/c.tick {
				s.fail("time order")
				return
			}
			dst[i] = dst[i-1] + (dst[i]+1)*c.tick
			if dst[i] >= DayStart(c.day+1) {
				s.fail("time range")
			}
		}
	}
	// The last one stands for all: they ascend.
	if s.err == nil && dst[len(dst)-1] >= DayStart(c.day+1) {
		s.fail("time range")
	}
}

// Add decodes one key (slot is its place in the block) behind r, which has all the chunk's columns or, with only >= 0, that single one.
func (c *Block) Add(r *Run, slot, only int) error {
	s, n := c.slice(slot)
	at := r.Len()
	r.grow(n)
	key := c.block<<BlockBits | int64(slot)
	for i := range r.Keys[at:] {
		r.Keys[at+i] = key
	}
	flags, first, step := c.evenTimes(&s)
	c.times(&s, r.Times[at:], flags, first, step)
	if flags&flagMeasured == 0 {
		s.quality(r.Qual[at:])
	} else {
		clear(r.Qual[at:])
	}
	for col := range c.cols {
		switch {
		case only == col:
			s.column(r.Vals[0][at:])
		case only < 0 && col < len(r.Vals):
			s.column(r.Vals[col][at:])
		default:
			s.skip(n)
		}
	}
	for col := range r.Vals {
		if only >= c.cols || only < 0 && col >= c.cols {
			fillNull(r.Vals[col][at:]) // a column that was declared later
		}
	}
	if s.err == nil && s.pos != len(s.b) {
		s.fail("slice length")
	}
	if s.err != nil {
		r.Cut(at)
	}
	return s.err
}

// Decode gives the wanted keys (bits of mask) of the opened block as a sorted run with cols columns: all, or the one with
// only >= 0.
func (c *Block) Decode(mask uint64, cols, only int) (*Run, error) {
	size := 0
	for p := c.Present & mask; p != 0; p &= p - 1 {
		size += int(c.counts[bits.TrailingZeros64(p)])
	}
	out := NewRun(cols, size)
	for p := c.Present & mask; p != 0; p &= p - 1 {
		if err := c.Add(out, bits.TrailingZeros64(p), only); err != nil {
			return nil, err
		}
	}
	return out, nil
}
