package dlms

import (
	"math"
	"unicode/utf8"
)

// Tag is the type of a [Data]. IEC 62056-6-2 4.1.6
type Tag uint8

// The types of data.
const (
	TagNull          Tag = 0
	TagArray         Tag = 1
	TagStructure     Tag = 2
	TagBoolean       Tag = 3
	TagBitString     Tag = 4
	TagInt32         Tag = 5
	TagUint32        Tag = 6
	TagOctets        Tag = 9
	TagVisibleString Tag = 10
	TagUTF8String    Tag = 12
	TagBCD           Tag = 13
	TagInt8          Tag = 15
	TagInt16         Tag = 16
	TagUint8         Tag = 17
	TagUint16        Tag = 18
	TagCompact       Tag = 19
	TagInt64         Tag = 20
	TagUint64        Tag = 21
	TagEnum          Tag = 22
	TagFloat32       Tag = 23
	TagFloat64       Tag = 24
	TagDateTime      Tag = 25
	TagDate          Tag = 26
	TagTime          Tag = 27
	TagDontCare      Tag = 255
)

// Data is a value of the object model. Which field holds it depends on Tag.
type Data struct {
	Tag   Tag
	Num   int64  // booleans (0 or 1), whole numbers, enums; a Uint64 as its bits; floats as their bits
	Bytes []byte // strings, bit strings, and times as they stand on the wire
	Bits  int    // of a bit string
	Items []Data // of an array, a structure, or a compact array with all its items as they would stand in an array
	Kind  *Shape // of the items of a compact array
}

// Shape is the type of the items of a compact array.
type Shape struct {
	Tag   Tag
	Count int     // of an array
	Of    []Shape // of an array one, of a structure one for each part
}

// widths are the bytes of each number and time.
var widths = map[Tag]int{
	TagBoolean: 1, TagInt32: 4, TagUint32: 4, TagBCD: 1, TagInt8: 1, TagInt16: 2, TagUint8: 1, TagUint16: 2, TagInt64: 8, TagUint64: 8,
	TagEnum: 1, TagFloat32: 4, TagFloat64: 8, TagDateTime: 12, TagDate: 5, TagTime: 4,
}

// signed are the numbers whose highest bit is the sign.
var signed = map[Tag]bool{TagInt8: true, TagInt16: true, TagInt32: true, TagInt64: true, TagBCD: true}

// maxDepth bounds how deep data stand in data; maxItems how many there may be in all.
const (
	maxDepth = 16
	maxItems = 1 << 17
)

// ParseData reads one value at the start of b and gives the bytes taken.
func ParseData(b []byte) (Data, int, error) {
	r := &reader{b: b}
	d := r.data()
	return d, r.at, r.err
}

func (r *reader) data() Data {
	left := maxItems
	return r.value(Tag(r.byte()), 0, &left)
}

// value reads what follows a tag.
func (r *reader) value(tag Tag, depth int, left *int) Data {
	d, at := Data{Tag: tag}, r.at-1
	if *left--; depth > maxDepth || *left < 0 {
		r.fail(at, "5-3: A-XDR", "数据嵌套过深或项数过多", "the data stand too deep or are too many")
	}
	if r.err != nil {
		return d
	}
	switch tag {
	case TagNull, TagDontCare:
	case TagArray, TagStructure:
		n := r.length()
		d.Items = make([]Data, 0, min(n, 64))
		for range n {
			if d.Items = append(d.Items, r.value(Tag(r.byte()), depth+1, left)); r.err != nil {
				break
			}
		}
	case TagBitString:
		d.Bits, d.Bytes = r.bits()
	case TagOctets, TagVisibleString:
		d.Bytes = r.octets()
	case TagUTF8String:
		if d.Bytes = r.octets(); !utf8.Valid(d.Bytes) {
			r.fail(at, "5-3: A-XDR", "不是 UTF-8 文本", "the text is not UTF-8")
		}
	case TagCompact:
		r.compact(&d, depth, left)
	case TagDateTime, TagDate, TagTime:
		d.Bytes = append([]byte{}, r.bytes(widths[tag])...)
	default:
		w := widths[tag]
		if w == 0 {
			r.fail(at, "6-2: 4.1.6", "数据类型无效", "there is no such type of data")
			return d
		}
		v := r.uint(w)
		switch {
		case tag == TagBoolean:
			d.Num = int64(min(v, 1))
		case signed[tag]:
			d.Num = int64(v<<(64-8*w)) >> (64 - 8*w)
		default:
			d.Num = int64(v)
		}
	}
	return d
}

// bits reads a bit string: the number of bits, then the bytes that hold them.
func (r *reader) bits() (n int, b []byte) {
	at := r.at
	first := uint64(r.byte())
	if first >= 0x80 {
		w := int(first & 0x7F)
		if w == 0 || w > 4 {
			r.fail(at, "5-3: A-XDR", "长度编码无效", "the length is not valid")
			return 0, nil
		}
		first = r.uint(w)
	}
	if first > 8*uint64(len(r.b)) {
		r.fail(at, "5-3: A-XDR", "长度超出数据", "the length is beyond the data")
		return 0, nil
	}
	return int(first), append([]byte{}, r.bytes(int(first+7)/8)...)
}

// compact reads a compact array: the type of the items once, then their values without tags.
func (r *reader) compact(d *Data, depth int, left *int) {
	s := r.shape(depth + 1)
	at := r.at
	body := &reader{b: r.bytes(r.length()), at: r.at, err: r.err}
	body.at -= len(body.b)
	d.Kind, d.Items = &s, []Data{}
	for len(body.b) > 0 && body.err == nil {
		before := len(body.b)
		d.Items = append(d.Items, body.shaped(&s, depth+1, left))
		if len(body.b) == before { // an item of no bytes would never end
			body.fail(at, "5-3: A-XDR", "紧凑数组的元素为空", "the items of the compact array are empty")
		}
	}
	if r.err == nil {
		r.err = body.err
	}
}

func (r *reader) shape(depth int) Shape {
	s := Shape{Tag: Tag(r.byte())}
	if depth > maxDepth {
		r.fail(r.at, "5-3: A-XDR", "数据嵌套过深或项数过多", "the data stand too deep or are too many")
	}
	if r.err != nil {
		return s
	}
	switch s.Tag {
	case TagArray:
		s.Count = int(r.uint(2))
		s.Of = []Shape{r.shape(depth + 1)}
	case TagStructure:
		n := r.length()
		for range n {
			if s.Of = append(s.Of, r.shape(depth+1)); r.err != nil {
				break
			}
		}
	case TagCompact:
		r.fail(r.at-1, "5-3: A-XDR", "紧凑数组不能嵌套", "a compact array does not stand in another")
	}
	return s
}

// shaped reads an item of a compact array.
func (r *reader) shaped(s *Shape, depth int, left *int) Data {
	if s.Tag != TagArray && s.Tag != TagStructure {
		return r.value(s.Tag, depth, left)
	}
	d := Data{Tag: s.Tag}
	if *left--; depth > maxDepth || *left < 0 {
		r.fail(r.at, "5-3: A-XDR", "数据嵌套过深或项数过多", "the data stand too deep or are too many")
	}
	n := len(s.Of)
	if s.Tag == TagArray {
		n = s.Count
	}
	for i := range n {
		if r.err != nil {
			break
		}
		d.Items = append(d.Items, r.shaped(&s.Of[i%len(s.Of)], depth+1, left))
	}
	return d
}

// Append prints the value after dst, tag first.
func (d Data) Append(dst []byte) []byte { return d.body(append(dst, byte(d.Tag))) }

// body prints what follows the tag.
func (d Data) body(dst []byte) []byte {
	switch d.Tag {
	case TagNull, TagDontCare:
	case TagArray, TagStructure:
		dst = AppendLength(dst, uint64(len(d.Items)))
		for _, it := range d.Items {
			dst = it.Append(dst)
		}
	case TagBitString:
		dst = append(AppendLength(dst, uint64(d.Bits)), d.Bytes...)
	case TagOctets, TagVisibleString, TagUTF8String:
		dst = appendOctets(dst, d.Bytes)
	case TagCompact:
		var body []byte
		for _, it := range d.Items {
			body = it.shaped(body, d.Kind)
		}
		dst = appendOctets(d.Kind.append(dst), body)
	case TagDateTime, TagDate, TagTime:
		dst = append(dst, d.Bytes...)
	case TagBoolean:
		dst = append(dst, byte(-d.Num)) // FF for true, as most meters have it
	default:
		dst = appendUint(dst, uint64(d.Num), widths[d.Tag])
	}
	return dst
}

func (s *Shape) append(dst []byte) []byte {
	dst = append(dst, byte(s.Tag))
	switch s.Tag {
	case TagArray:
		dst = appendUint(dst, uint64(s.Count), 2)
	case TagStructure:
		dst = AppendLength(dst, uint64(len(s.Of)))
	}
	for i := range s.Of {
		dst = s.Of[i].append(dst)
	}
	return dst
}

func (d Data) shaped(dst []byte, s *Shape) []byte {
	if s.Tag != TagArray && s.Tag != TagStructure {
		return d.body(dst)
	}
	for i, it := range d.Items {
		dst = it.shaped(dst, &s.Of[i%len(s.Of)])
	}
	return dst
}

// Int gives a whole number or enum; ok is false where it is none, or a Uint64 beyond int64.
func (d Data) Int() (v int64, ok bool) {
	switch d.Tag {
	case TagInt8, TagInt16, TagInt32, TagInt64, TagUint8, TagUint16, TagUint32, TagEnum, TagBCD:
		return d.Num, true
	case TagUint64:
		return d.Num, d.Num >= 0
	}
	return 0, false
}

// Float gives any number.
func (d Data) Float() (v float64, ok bool) {
	switch d.Tag {
	case TagFloat32:
		return float64(math.Float32frombits(uint32(d.Num))), true
	case TagFloat64:
		return math.Float64frombits(uint64(d.Num)), true
	case TagUint64:
		return float64(uint64(d.Num)), true
	}
	n, ok := d.Int()
	return float64(n), ok
}

// Of makes a whole number, boolean or enum.
func Of(tag Tag, v int64) Data { return Data{Tag: tag, Num: v} }

// Octets makes an octet string.
func Octets(b []byte) Data { return Data{Tag: TagOctets, Bytes: b} }

// Struct makes a structure.
func Struct(items ...Data) Data { return Data{Tag: TagStructure, Items: items} }

// Array makes an array.
func Array(items ...Data) Data { return Data{Tag: TagArray, Items: items} }
