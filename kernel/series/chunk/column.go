package chunk

import (
	"encoding/binary"
	"fmt"
)

// A column of n values:
//
//	form   one byte; bit 7: a bitmap of n bits follows (1 = Null) and only the m others are stored
//	head   varints: the least value, or the first value and what the form needs
//	widths one byte (0 to 64) for each mini-block of 32 residuals
//	bits   the residuals, each mini-block at its width
//
// Every form is exact for all of int64: differences wrap and wrap back.
const (
	formBase      = 0 // value - least value: noise around a level
	formDelta     = 1 // zig-zag of the difference: wandering values
	formDeltaBase = 2 // difference - least difference: registers that only count up
	formSecond    = 3 // zig-zag of the difference of differences: times, even growth
	formNulls     = 0x80
)

// FormatError says that a body is not what this package wrote: where, and which rule of the layout it breaks.
type FormatError struct {
	Offset int    // bytes from the start of the body
	Rule   string // the part of the layout: "checksum", "column width"
}

// Error gives the rule and the offset.
func (e *FormatError) Error() string {
	return fmt.Sprintf("series body: %s broken at byte %d", e.Rule, e.Offset)
}

// Encoder encodes columns; it keeps scratch memory from one to the next.
type Encoder struct {
	vals, d1, d2, ticks []int64
	w                   [4][]byte // the widths of each form on trial
}

// minWidths gives the widths of v-least per mini-block and their cost in bytes.
func minWidths(w []byte, vals []int64) (widths []byte, least int64, cost int) {
	if len(vals) == 0 {
		return w[:0], 0, 0
	}
	w, least = w[:0], vals[0]
	for _, v := range vals {
		least = min(least, v)
	}
	for i := 0; i < len(vals); i += mini {
		part := vals[i:min(i+mini, len(vals))]
		most := part[0]
		for _, v := range part {
			most = max(most, v)
		}
		b := width(uint64(most) - uint64(least))
		w, cost = append(w, b), cost+packedLen(len(part), b)
	}
	return w, least, cost
}

// zigWidths is the same for zig-zag residuals.
func zigWidths(w []byte, vals []int64) (widths []byte, cost int) {
	w = w[:0]
	for i := 0; i < len(vals); i += mini {
		part := vals[i:min(i+mini, len(vals))]
		var or uint64
		for _, v := range part {
			or |= zig(v)
		}
		b := width(or)
		w, cost = append(w, b), cost+packedLen(len(part), b)
	}
	return w, cost
}

func diffs(dst, vals []int64) []int64 {
	dst = dst[:0]
	for i := 1; i < len(vals); i++ {
		dst = append(dst, vals[i]-vals[i-1])
	}
	return dst
}

// column appends vals in the cheapest form. Batches on the write lane try two forms only (quick); chunks try all four.
func (p *Encoder) column(dst []byte, vals []int64, quick bool) []byte {
	at := len(dst)
	dst = append(dst, 0)
	dst, vals = p.nulls(dst, vals)
	if len(vals) == 0 {
		return dst
	}
	var least, leastDelta int64
	var cost [4]int
	p.w[formBase], least, cost[formBase] = minWidths(p.w[formBase], vals)
	p.d1 = diffs(p.d1, vals)
	p.w[formDelta], cost[formDelta] = zigWidths(p.w[formDelta], p.d1)
	form := byte(formBase)
	if cost[formDelta] < cost[formBase] {
		form = formDelta
	}
	if !quick && len(vals) > 2 {
		p.w[formDeltaBase], leastDelta, cost[formDeltaBase] = minWidths(p.w[formDeltaBase], p.d1)
		p.d2 = diffs(p.d2, p.d1)
		p.w[formSecond], cost[formSecond] = zigWidths(p.w[formSecond], p.d2)
		for _, f := range [2]byte{formDeltaBase, formSecond} {
			if cost[f]+1 < cost[form] { // one byte more of head
				form = f
			}
		}
	}
	dst[at] |= form
	dst = binary.AppendVarint(dst, head(form, vals[0], least))
	switch form {
	case formBase:
		return lifted(append(dst, p.w[form]...), vals, p.w[form], least)
	case formDelta:
		return zigged(append(dst, p.w[form]...), p.d1, p.w[form])
	case formDeltaBase:
		dst = binary.AppendVarint(dst, leastDelta)
		return lifted(append(dst, p.w[form]...), p.d1, p.w[form], leastDelta)
	default:
		dst = binary.AppendVarint(dst, p.d1[0])
		return zigged(append(dst, p.w[form]...), p.d2, p.w[form])
	}
}

func head(form byte, first, least int64) int64 {
	if form == formBase {
		return least
	}
	return first
}

// nulls writes the bitmap where there are Nulls and returns the values that remain.
func (p *Encoder) nulls(dst []byte, vals []int64) (out []byte, rest []int64) {
	first := 0
	for first < len(vals) && vals[first] != Null {
		first++
	}
	if first == len(vals) {
		return dst, vals
	}
	dst[len(dst)-1] |= formNulls
	at := len(dst)
	dst = append(dst, make([]byte, (len(vals)+7)/8)...)
	p.vals = append(p.vals[:0], vals[:first]...)
	for i := first; i < len(vals); i++ {
		if vals[i] == Null {
			dst[at+i/8] |= 1 << (i % 8)
		} else {
			p.vals = append(p.vals, vals[i])
		}
	}
	return dst, p.vals
}

// lifted packs the distances from least.
func lifted(dst []byte, vals []int64, widths []byte, least int64) []byte {
	var tmp [mini]uint64
	for i, w := range widths {
		part := vals[i*mini : min(i*mini+mini, len(vals))]
		for j, v := range part {
			tmp[j] = uint64(v) - uint64(least)
		}
		dst = pack(dst, tmp[:len(part)], w)
	}
	return dst
}

// zigged packs the zig-zag of vals.
func zigged(dst []byte, vals []int64, widths []byte) []byte {
	var tmp [mini]uint64
	for i, w := range widths {
		part := vals[i*mini : min(i*mini+mini, len(vals))]
		for j, v := range part {
			tmp[j] = zig(v)
		}
		dst = pack(dst, tmp[:len(part)], w)
	}
	return dst
}

// scanner reads a body. The first breach is kept; after it everything reads as zero, so that callers check err once.
type scanner struct {
	b   []byte
	pos int
	err error
}

func (s *scanner) fail(rule string) {
	if s.err == nil {
		s.err = &FormatError{Offset: s.pos, Rule: rule}
	}
	s.pos = len(s.b)
}

func (s *scanner) take(n int, rule string) []byte {
	if n < 0 || n > len(s.b)-s.pos {
		s.fail(rule)
		return nil
	}
	out := s.b[s.pos : s.pos+n]
	s.pos += n
	return out
}

func (s *scanner) byte(rule string) byte {
	if s.pos >= len(s.b) {
		s.fail(rule)
		return 0
	}
	s.pos++
	return s.b[s.pos-1]
}

func (s *scanner) uvarint(rule string) uint64 {
	v, n := binary.Uvarint(s.b[s.pos:])
	if n <= 0 {
		s.fail(rule)
		return 0
	}
	s.pos += n
	return v
}

func (s *scanner) varint(rule string) int64 { return zag(s.uvarint(rule)) }

// count reads a number that may not pass limit.
func (s *scanner) count(limit int, rule string) int {
	v := s.uvarint(rule)
	if v > uint64(limit) {
		s.fail(rule)
		return 0
	}
	return int(v)
}

// layout reads a column of n values up to its residuals: form, bitmap (nil without Nulls), head and widths.
func (s *scanner) layout(n int) (form byte, nulls []byte, m int, h [2]int64, widths []byte) {
	form, m = s.byte("column form"), n
	if form&formNulls != 0 {
		nulls = s.take((n+7)/8, "null bitmap")
		for i := range nulls {
			for b := nulls[i]; b != 0; b &= b - 1 {
				m--
			}
		}
		if nulls != nil && n%8 != 0 && nulls[n/8]>>(n%8) != 0 {
			s.fail("null bitmap") // a bit past the last value
		}
	}
	form &^= formNulls
	if m <= 0 || s.err != nil {
		return form, nulls, 0, h, nil
	}
	h[0] = s.varint("column head")
	left := m
	switch form {
	case formBase:
	case formDelta:
		left = m - 1
	case formDeltaBase, formSecond:
		left = m - int(form) + 1
		h[1] = s.varint("column head")
	default:
		s.fail("column form")
	}
	if left < 0 {
		s.fail("column form")
		return form, nulls, 0, h, nil
	}
	widths = s.take((left+mini-1)/mini, "column widths")
	return form, nulls, m, h, widths
}

// skip passes over a column of n values.
func (s *scanner) skip(n int) {
	form, _, m, _, widths := s.layout(n)
	left := m - lead(form)
	for _, w := range widths {
		if w > 64 {
			s.fail("column width")
			return
		}
		s.take(packedLen(min(mini, left), w), "column bits")
		left -= mini
	}
}

// lead is the number of values that a form keeps in its head.
func lead(form byte) int {
	switch form {
	case formBase:
		return 0
	case formSecond:
		return 2
	}
	return 1
}

// column reads a column of len(dst) values.
func (s *scanner) column(dst []int64) {
	form, nulls, m, h, widths := s.layout(len(dst))
	if s.err != nil {
		return
	}
	skip := min(lead(form), m)
	vals := dst[skip:m]
	for _, w := range widths {
		if w > 64 {
			s.fail("column width")
			return
		}
		part := vals[:min(mini, len(vals))]
		src := s.take(packedLen(len(part), w), "column bits")
		if s.err != nil {
			return
		}
		// The slice is opened again to the end of the body: unpack loads whole words where it may.
		unpack(part, s.b[s.pos-len(src):], w)
		vals = vals[len(part):]
	}
	restore(dst[:m], form, h)
	if nulls != nil {
		spread(dst, nulls, m)
	}
}

// restore turns residuals back into values, in place.
func restore(v []int64, form byte, h [2]int64) {
	if len(v) == 0 {
		return
	}
	acc := h[0]
	switch form {
	case formBase:
		for i := range v {
			v[i] += acc
		}
		return
	case formDelta:
		v[0] = acc
		for i := 1; i < len(v); i++ {
			acc += zag(uint64(v[i]))
			v[i] = acc
		}
	case formDeltaBase:
		v[0] = acc
		for i := 1; i < len(v); i++ {
			acc += v[i] + h[1]
			v[i] = acc
		}
	default:
		v[0] = acc
		step := h[1]
		for i := 1; i < len(v); i++ {
			if i > 1 {
				step += zag(uint64(v[i]))
			}
			acc += step
			v[i] = acc
		}
	}
}

// spread moves m stored values to their places among the Nulls, from the back.
func spread(dst []int64, nulls []byte, m int) {
	for i := len(dst) - 1; i >= 0; i-- {
		if nulls[i/8]&(1<<(i%8)) != 0 {
			dst[i] = Null
			continue
		}
		m--
		dst[i] = dst[m]
	}
}
