package ngsi

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
)

// A value is stored as one tag and what the tag asks for. Numbers that have a short exact form are stored as integers with a
// scale and come back with the same digits; the others as their text. White space goes, member order stays.
const (
	tagNull    = 0x00
	tagFalse   = 0x01
	tagTrue    = 0x02
	tagInt     = 0x03 // zig-zag varint
	tagDecimal = 0x04 // digits after the point (one byte), zig-zag varint of all digits
	tagNumber  = 0x05 // any other number: its text
	tagString  = 0x06 // uvarint length, UTF-8
	tagURN     = 0x07 // as tagString, after urnHead
	tagArray   = 0x08 // uvarint count, values
	tagObject  = 0x09 // uvarint count, then key (uvarint length, UTF-8) and value
	tagPoint   = 0x0a // two values: longitude, latitude of a GeoJSON Point that has no other member
	tagGauge   = 0x0b // in place of an attribute's value: uvarint key of the series that holds it
	tagShort   = 0x40 // + length: a string below 64 bytes
)

// What the two common shapes begin with.
const (
	urnHead   = "urn:ngsi-ld:"
	pointHead = `{"type":"Point","coordinates":[`
	pointTail = `]}`
)

// appendValue appends the stored form of the next value of s.
func appendValue(b []byte, s *scanner) ([]byte, error) {
	switch c := s.peek(); c {
	case '{':
		return appendObject(b, s)
	case '[':
		n, at := 0, len(b)+1
		b = append(b, tagArray)
		err := s.array(func() (err error) {
			n++
			b, err = appendValue(b, s)
			return err
		})
		return insertCount(b, at, n), err
	case '"':
		v, err := s.str()
		return appendText(b, v), err
	case 't':
		return append(b, tagTrue), s.word("true")
	case 'f':
		return append(b, tagFalse), s.word("false")
	case 'n':
		return append(b, tagNull), s.word("null")
	default:
		raw, err := s.num()
		if err != nil {
			return b, err
		}
		return appendNumber(b, raw), nil
	}
}

// appendObject appends an object; a plain GeoJSON point takes its short form.
func appendObject(b []byte, s *scanner) ([]byte, error) {
	if p, next, ok := plainPoint(s); ok {
		b = append(b, tagPoint)
		b = appendNumber(appendNumber(b, p[0]), p[1])
		s.i = next
		return b, nil
	}
	n, at := 0, len(b)+1
	b = append(b, tagObject)
	err := s.object(func(key string) (err error) {
		n++
		b = binary.AppendUvarint(b, uint64(len(key)))
		b, err = appendValue(append(b, key...), s)
		return err
	})
	return insertCount(b, at, n), err
}

// plainPoint tells whether s stands before {"type":"Point","coordinates":[x,y]}, whatever the white space, and where it ends.
func plainPoint(s *scanner) (p [2][]byte, next int, ok bool) {
	t := *s
	n, good := 0, true
	err := t.object(func(key string) error {
		n++
		switch {
		case key == "type" && n == 1:
			v, err := t.str()
			good = good && v == "Point"
			return err
		case key == "coordinates" && n == 2:
			k := 0
			return t.array(func() error {
				t.space()
				raw, err := t.num()
				if err == nil && k < 2 {
					p[k] = raw
				}
				if k++; k > 2 {
					return t.fail("not a plain point")
				}
				return err
			})
		}
		return t.fail("not a plain point")
	})
	return p, t.i, err == nil && good && n == 2 && p[1] != nil
}

// insertCount puts a count that is known only afterwards before what it counts.
func insertCount(b []byte, at, n int) []byte {
	var head [binary.MaxVarintLen64]byte
	k := binary.PutUvarint(head[:], uint64(n))
	b = append(b, head[:k]...)
	copy(b[at+k:], b[at:len(b)-k])
	copy(b[at:], head[:k])
	return b
}

func appendText(b []byte, v string) []byte {
	if len(v) > len(urnHead) && v[:len(urnHead)] == urnHead {
		v = v[len(urnHead):]
		b = append(b, tagURN)
		return append(binary.AppendUvarint(b, uint64(len(v))), v...)
	}
	if len(v) < tagShort {
		return append(append(b, tagShort|byte(len(v))), v...)
	}
	b = append(b, tagString)
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// appendNumber appends a JSON number that the scanner has read.
func appendNumber(b []byte, raw []byte) []byte {
	point := -1
	var digits [20]byte
	d := digits[:0]
	for i, c := range raw {
		switch {
		case c == '.':
			point = len(raw) - 1 - i
		case c == 'e' || c == 'E' || len(d) == 19:
			return appendNumberText(b, raw)
		default:
			d = append(d, c)
		}
	}
	v, err := strconv.ParseInt(string(d), 10, 64)
	if err != nil || (v == 0 && raw[0] == '-') { // minus zero keeps its sign
		return appendNumberText(b, raw)
	}
	if point < 0 {
		return binary.AppendVarint(append(b, tagInt), v)
	}
	return binary.AppendVarint(append(b, tagDecimal, byte(point)), v)
}

func appendNumberText(b, raw []byte) []byte {
	b = append(b, tagNumber)
	return append(binary.AppendUvarint(b, uint64(len(raw))), raw...)
}

// appendDecimal writes v with scale digits after the point.
func appendDecimal(b []byte, v int64, scale int) []byte {
	if v < 0 {
		b = append(b, '-')
	}
	u := uint64(v)
	if v < 0 {
		u = -u
	}
	var digits [24]byte
	d := strconv.AppendUint(digits[:0], u, 10)
	for len(d) <= scale {
		d = append(d, 0)
		copy(d[1:], d)
		d[0] = '0'
	}
	b = append(b, d[:len(d)-scale]...)
	b = append(b, '.')
	return append(b, d[len(d)-scale:]...)
}

// value reads one stored value and appends it to d.out as JSON.
func (d *decoder) value(depth int) {
	tag := d.byte()
	switch {
	case d.err != nil:
	case depth > maxDepth:
		d.fail("nested too deep")
	case tag >= tagShort && tag < 2*tagShort:
		d.out = appendString(d.out, d.utf8(uint64(tag-tagShort)))
	case tag == tagNull:
		d.out = append(d.out, "null"...)
	case tag == tagFalse:
		d.out = append(d.out, "false"...)
	case tag == tagTrue:
		d.out = append(d.out, "true"...)
	case tag == tagString:
		d.out = appendString(d.out, d.utf8(d.uvarint()))
	case tag == tagURN:
		d.out = appendString(d.out, urnHead+d.utf8(d.uvarint()))
	case tag == tagArray || tag == tagObject:
		d.many(tag == tagObject, depth)
	case tag == tagPoint:
		d.out = append(d.out, pointHead...)
		d.numeral()
		d.out = append(d.out, ',')
		d.numeral()
		d.out = append(d.out, pointTail...)
	default:
		d.i--
		d.numeral()
	}
}

// numeral reads a stored number.
func (d *decoder) numeral() {
	switch tag := d.byte(); tag {
	case tagInt:
		d.out = strconv.AppendInt(d.out, d.varint(), 10)
	case tagDecimal:
		scale := d.byte()
		if scale < 1 || scale > 19 {
			d.fail("scale out of range")
			return
		}
		d.out = appendDecimal(d.out, d.varint(), int(scale))
	case tagNumber:
		raw := d.bytes(d.uvarint())
		s := scanner{b: raw}
		if _, err := s.num(); err != nil || s.i != len(raw) {
			d.fail("not a number")
			return
		}
		d.out = append(d.out, raw...)
	default:
		d.fail("unknown tag")
	}
}

// many reads the items of an array, or the members of an object.
func (d *decoder) many(object bool, depth int) {
	open, end := byte('['), byte(']')
	if object {
		open, end = '{', '}'
	}
	d.out = append(d.out, open)
	var few [16]string
	keys := few[:0]
	var seen map[string]bool // instead of keys, once they are many
	for i, n := uint64(0), d.count(); i < n && d.err == nil; i++ {
		if i > 0 {
			d.out = append(d.out, ',')
		}
		if object {
			key := d.utf8(d.uvarint())
			if seen[key] || slices.Contains(keys, key) {
				d.fail("a member twice")
			}
			if seen == nil && len(keys) == len(few) {
				seen = make(map[string]bool, 4*len(few))
				for _, k := range keys {
					seen[k] = true
				}
				keys = keys[:0]
			}
			if seen != nil {
				seen[key] = true
			} else {
				keys = append(keys, key)
			}
			d.out = append(appendString(d.out, key), ':')
		}
		d.value(depth + 1)
	}
	d.out = append(d.out, end)
}

// json reads one stored value as JSON of its own.
func (d *decoder) json() json.RawMessage {
	from := len(d.out)
	d.value(1)
	return json.RawMessage(d.out[from:len(d.out):len(d.out)])
}

// passValue steps over one stored value.
func (d *decoder) passValue(depth int) {
	tag := d.byte()
	switch {
	case d.err != nil:
	case depth > maxDepth:
		d.fail("nested too deep")
	case tag >= tagShort && tag < 2*tagShort:
		d.bytes(uint64(tag - tagShort))
	case tag <= tagTrue:
	case tag == tagInt:
		d.varint()
	case tag == tagDecimal:
		d.byte()
		d.varint()
	case tag == tagNumber || tag == tagString || tag == tagURN:
		d.bytes(d.uvarint())
	case tag == tagPoint:
		d.passValue(depth + 1)
		d.passValue(depth + 1)
	case tag == tagArray || tag == tagObject:
		for n := d.count(); n > 0 && d.err == nil; n-- {
			if tag == tagObject {
				d.bytes(d.uvarint())
			}
			d.passValue(depth + 1)
		}
	default:
		d.fail("unknown tag")
	}
}
