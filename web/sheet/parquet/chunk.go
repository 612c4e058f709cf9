package parquet

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/bits"
	"strings"
	"time"
)

// The encodings that are used, by their numbers in parquet.thrift Encoding.
const (
	plain      = 0
	levels     = 3 // RLE
	dictionary = 8 // RLE_DICTIONARY
)

// dictLimit bounds the words of a dictionary; more than half as many words as values are not worth one.
const dictLimit = 1 << 15

// chunk holds a column of the row group that fills. Numbers, times and booleans lie in ints as they are or as their bits.
type chunk struct {
	there []bool // of each row
	ints  []int64
	words []string // each once
	seen  map[string]int64
}

func (c *chunk) reset() {
	c.there, c.ints, c.words = c.there[:0], c.ints[:0], c.words[:0]
	clear(c.seen)
}

// add takes a value that fits the column.
func (c *chunk) add(v any) {
	c.there = append(c.there, v != nil)
	switch v := v.(type) {
	case string:
		v = strings.ToValidUTF8(v, "\ufffd") // LogicalTypes.md, STRING: UTF-8
		at, ok := c.seen[v]
		if !ok {
			if c.seen == nil {
				c.seen = map[string]int64{}
			}
			at = int64(len(c.words))
			c.seen[v] = at
			c.words = append(c.words, v)
		}
		c.ints = append(c.ints, at)
	case int64:
		c.ints = append(c.ints, v)
	case float64:
		c.ints = append(c.ints, int64(math.Float64bits(v)))
	case time.Time:
		c.ints = append(c.ints, v.UnixMilli())
	case bool:
		n := int64(0)
		if v {
			n = 1
		}
		c.ints = append(c.ints, n)
	}
}

// chunk writes a column's pages: a dictionary where it pays, and one page of data.
func (w *Writer) chunk(c *chunk, k Kind) (p part, err error) {
	rows := len(c.there)
	p.nulls = int64(rows - len(c.ints))
	body := definition(c.there)
	byWord := k == String && len(c.words) <= dictLimit && 2*len(c.words) <= len(c.ints)
	if byWord {
		p.dict = w.at
		if err := w.page(&p, words(c.words), func(t *thrift) {
			t.in(7)
			t.i32(1, len(c.words))
			t.i32(2, plain)
			t.shut()
		}, 2); err != nil {
			return p, err
		}
		body = indices(body, c.ints, len(c.words))
	} else {
		body = c.plain(body, k)
	}
	encoding := plain
	if byWord {
		encoding = dictionary
	}
	p.data = w.at
	err = w.page(&p, body, func(t *thrift) {
		t.in(5)
		t.i32(1, rows)
		t.i32(2, encoding)
		t.i32(3, levels)
		t.i32(4, levels)
		t.shut()
	}, 0)
	if (k == Int || k == Time) && len(c.ints) > 0 {
		least, most := c.ints[0], c.ints[0]
		for _, v := range c.ints {
			least, most = min(least, v), max(most, v)
		}
		p.least, p.most = binary.LittleEndian.AppendUint64(nil, uint64(least)), binary.LittleEndian.AppendUint64(nil, uint64(most))
	}
	return p, err
}

// page writes a page with its header (parquet.thrift PageHeader) and counts its bytes.
func (w *Writer) page(p *part, body []byte, head func(*thrift), kind int) error {
	var packed bytes.Buffer
	w.zip.Reset(&packed)
	if _, err := w.zip.Write(body); err != nil {
		return err
	}
	if err := w.zip.Close(); err != nil {
		return err
	}
	var t thrift
	t.i32(1, kind)
	t.i32(2, len(body))
	t.i32(3, packed.Len())
	t.i32(4, int(int32(crc32.ChecksumIEEE(packed.Bytes())))) // README.md, Checksumming: of the page as it lies in the file
	head(&t)
	t.b = append(t.b, 0)
	p.plain += int64(len(t.b) + len(body))
	p.whole += int64(len(t.b) + packed.Len())
	if err := w.put(t.b); err != nil {
		return err
	}
	return w.put(packed.Bytes())
}

// definition is which rows have a value, in runs (Encodings.md, RLE with bit width 1, behind its length in bytes).
func definition(there []bool) []byte {
	b := make([]byte, 4)
	for i := 0; i < len(there); {
		j := i
		for j < len(there) && there[j] == there[i] {
			j++
		}
		b = binary.AppendUvarint(b, uint64(j-i)<<1)
		if there[i] {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
		i = j
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// words is a dictionary page: PLAIN byte arrays, each behind its length.
func words(list []string) (b []byte) {
	for _, s := range list {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	return b
}

// indices are places in a dictionary of n words: the bit width, then groups of eight packed from the lowest bit (Encodings.md,
// RLE_DICTIONARY).
func indices(b []byte, at []int64, n int) []byte {
	width := max(1, bits.Len(uint(n-1)))
	b = append(b, byte(width))
	groups := (len(at) + 7) / 8
	b = binary.AppendUvarint(b, uint64(groups)<<1|1)
	var hold uint64
	held := 0
	for i := range groups * 8 {
		if i < len(at) { // the last group is filled with zeros
			hold |= uint64(at[i]) << held
		}
		for held += width; held >= 8; held -= 8 {
			b = append(b, byte(hold))
			hold >>= 8
		}
	}
	return b
}

// plain are the values one after the other (Encodings.md, PLAIN).
func (c *chunk) plain(b []byte, k Kind) []byte {
	switch k {
	case String:
		for _, at := range c.ints {
			s := c.words[at]
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
		}
	case Bool: // a bit each, from the lowest
		from := len(b)
		b = append(b, make([]byte, (len(c.ints)+7)/8)...)
		for i, v := range c.ints {
			b[from+i/8] |= byte(v) << (i % 8)
		}
	default:
		for _, v := range c.ints {
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		}
	}
	return b
}
