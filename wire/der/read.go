package der

import (
	"math/big"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// The identifier octets of the universal types that are used here. X.690 8.1.2
const (
	Boolean         byte = 0x01
	Integer         byte = 0x02
	BitString       byte = 0x03
	OctetString     byte = 0x04
	Null            byte = 0x05
	ObjectID        byte = 0x06
	Enumerated      byte = 0x0a
	UTF8String      byte = 0x0c
	PrintableString byte = 0x13
	TeletexString   byte = 0x14
	IA5String       byte = 0x16
	UTCTime         byte = 0x17
	GeneralizedTime byte = 0x18
	UniversalString byte = 0x1c
	BMPString       byte = 0x1e
	Sequence        byte = 0x30
	Set             byte = 0x31
)

// deepest is how many values may stand inside each other: certificates need about ten.
const deepest = 40

// Context is the identifier octet of a primitive [n] of the context class, n < 31.
func Context(n int) byte { return 0x80 | byte(n) }

// Inner is the identifier octet of a constructed [n] of the context class, n < 31.
func Inner(n int) byte { return 0xa0 | byte(n) }

// Error is a refusal: where, by which clause of which standard, and why.
type Error struct {
	Offset   int // bytes from the start of what was handed in
	Standard string
	Clause   string
	Reason   lang.Text
}

// Error gives offset, clause and the English reason.
func (e *Error) Error() string {
	return "offset " + strconv.Itoa(e.Offset) + ": " + e.Standard + " " + e.Clause + ": " + e.Reason.En
}

// Element is one value: its identifier octet, where it begins, the whole of it, and its contents.
type Element struct {
	Tag    byte
	Offset int
	Full   []byte
	Body   []byte
}

// state is what the readers of one input share.
type state struct {
	all      []byte
	standard string
	err      *Error
}

// Reader walks the values of one level.
type Reader struct {
	s       *state
	at, end int
	depth   int
}

// New begins to read b; standard is the name that the clauses of errors belong to.
func New(standard string, b []byte) *Reader {
	return &Reader{s: &state{all: b, standard: standard}, end: len(b)}
}

// Err gives the first thing that was wrong, an *Error, or nil.
func (r *Reader) Err() error {
	if r.s.err == nil {
		return nil
	}
	return r.s.err
}

// Fail refuses the input here, unless something was wrong before.
func (r *Reader) Fail(clause, zh, en string) { r.FailAt(r.at, clause, zh, en) }

// FailAt is Fail at an offset.
func (r *Reader) FailAt(offset int, clause, zh, en string) {
	if r.s.err == nil {
		r.s.err = &Error{Offset: offset, Standard: r.s.standard, Clause: clause, Reason: lang.T(zh, en)}
	}
	r.at = r.end
}

// More tells whether a value follows.
func (r *Reader) More() bool { return r.s.err == nil && r.at < r.end }

// Tag looks at the identifier octet of the next value; 0 where none follows.
func (r *Reader) Tag() byte {
	if !r.More() {
		return 0
	}
	return r.s.all[r.at]
}

// Offset is where the next value begins.
func (r *Reader) Offset() int { return r.at }

// End refuses whatever follows.
func (r *Reader) End(clause string) {
	if r.More() {
		r.Fail(clause, "其后不应再有内容", "nothing may follow here")
	}
}

// Any takes the next value, whatever it is.
func (r *Reader) Any(clause string) Element {
	if r.s.err != nil {
		return Element{}
	}
	b := r.s.all[r.at:r.end]
	if len(b) < 2 {
		r.Fail(clause, "内容不完整", "a value is missing or cut off")
		return Element{}
	}
	if b[0]&0x1f == 0x1f {
		r.Fail(clause, "标签号过大", "a tag number of 31 or more has no place here")
		return Element{}
	}
	head, size := 2, int(b[1])
	if size >= 0x80 {
		n := size & 0x7f
		if n == 0 || n > 4 || len(b) < 2+n {
			r.Fail(clause, "长度编码无效", "the length is indefinite, too long or cut off")
			return Element{}
		}
		size = 0
		for _, c := range b[2 : 2+n] {
			size = size<<8 | int(c)
		}
		if size < 0x80 || size>>(8*(n-1)) == 0 { // X.690 10.1: the shortest form
			r.Fail(clause, "长度编码不是最短形式", "the length is not in its shortest form")
			return Element{}
		}
		head += n
	}
	if size > len(b)-head {
		r.Fail(clause, "长度超出所在范围", "the length reaches beyond the value around it")
		return Element{}
	}
	e := Element{Tag: b[0], Offset: r.at, Full: b[: head+size : head+size], Body: b[head : head+size : head+size]}
	r.at += head + size
	return e
}

// Take takes the next value, which must be of this kind.
func (r *Reader) Take(tag byte, clause string) Element {
	if r.More() && r.s.all[r.at] != tag {
		r.Fail(clause, "类型不符", "another type is due here")
		return Element{}
	}
	return r.Any(clause)
}

// Enter takes the next value, which must be of this kind, and reads inside it.
func (r *Reader) Enter(tag byte, clause string) *Reader { return r.Inside(r.Take(tag, clause)) }

// Maybe enters the next value if it is of this kind.
func (r *Reader) Maybe(tag byte, clause string) (*Reader, bool) {
	if r.Tag() != tag {
		return nil, false
	}
	return r.Enter(tag, clause), true
}

// Inside reads within an element that this reader's input gave.
func (r *Reader) Inside(e Element) *Reader {
	in := &Reader{s: r.s, depth: r.depth + 1}
	if r.s.err != nil {
		return in
	}
	if in.depth > deepest {
		r.Fail("8.1.1", "嵌套过深", "values are nested too deeply")
		return in
	}
	in.end = e.Offset + len(e.Full)
	in.at = in.end - len(e.Body)
	return in
}

// Unwrap reads the DER value that an OCTET STRING (or the bits of a BIT STRING) of this input holds; errors keep their offsets.
func (r *Reader) Unwrap(e Element) *Reader { return r.Inside(e) }

// Big takes an INTEGER.
func (r *Reader) Big(clause string) *big.Int {
	e := r.Take(Integer, clause)
	if r.s.err == nil {
		r.shortest(e, clause)
	}
	return bigOf(e.Body)
}

func (r *Reader) shortest(e Element, clause string) {
	b := e.Body
	if len(b) == 0 || len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		r.FailAt(e.Offset, clause, "整数编码不是最短形式", "an integer is empty or not in its shortest form")
	}
}

func bigOf(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// Small takes an INTEGER (or what stands under tag as one) from 0 to limit.
func (r *Reader) Small(tag byte, limit int64, clause string) int {
	e := r.Take(tag, clause)
	if r.s.err != nil {
		return 0
	}
	r.shortest(e, clause)
	n := bigOf(e.Body)
	if n.Sign() < 0 || !n.IsInt64() || n.Int64() > limit {
		r.FailAt(e.Offset, clause, "数值超出范围", "a number is out of its range")
		return 0
	}
	return int(n.Int64())
}

// Bool takes a BOOLEAN, or what stands under tag as one. X.690 11.1
func (r *Reader) Bool(tag byte, clause string) bool {
	e := r.Take(tag, clause)
	if r.s.err == nil && (len(e.Body) != 1 || e.Body[0] != 0 && e.Body[0] != 0xff) {
		r.FailAt(e.Offset, clause, "布尔值编码无效", "a boolean is neither 00 nor FF")
	}
	return len(e.Body) == 1 && e.Body[0] == 0xff
}

// Bits takes a BIT STRING (or what stands under tag as one): its bytes and how many bits of the last are unused.
func (r *Reader) Bits(tag byte, clause string) ([]byte, int) {
	e := r.Take(tag, clause)
	if r.s.err != nil {
		return nil, 0
	}
	b := e.Body
	if len(b) == 0 || b[0] > 7 || b[0] > 0 && (len(b) == 1 || b[len(b)-1]&(1<<b[0]-1) != 0) {
		r.FailAt(e.Offset, clause, "位串编码无效", "a bit string has a wrong count of unused bits, or set ones among them")
		return nil, 0
	}
	return b[1:], int(b[0])
}

// Octets takes a BIT STRING of whole octets: a key, a signature.
func (r *Reader) Octets(clause string) []byte {
	at := r.at
	b, unused := r.Bits(BitString, clause)
	if unused != 0 {
		r.FailAt(at, clause, "位串应为整字节", "the bit string must be of whole octets")
	}
	return b
}

// OID takes an OBJECT IDENTIFIER, in its dotted form.
func (r *Reader) OID(clause string) string { return r.oid(r.Take(ObjectID, clause), clause) }

// OIDOf reads an element as an OBJECT IDENTIFIER.
func (r *Reader) OIDOf(e Element, clause string) string { return r.oid(e, clause) }

func (r *Reader) oid(e Element, clause string) string {
	if r.s.err != nil {
		return ""
	}
	b := e.Body
	if len(b) == 0 || len(b) > 128 || b[len(b)-1] >= 0x80 {
		r.FailAt(e.Offset, clause, "对象标识符无效", "an object identifier is empty, too long or cut off")
		return ""
	}
	out := make([]byte, 0, 3*len(b))
	arc, fresh := new(big.Int), true
	first := true
	for _, c := range b {
		if fresh && c == 0x80 {
			r.FailAt(e.Offset, clause, "对象标识符无效", "an arc of an object identifier is not in its shortest form")
			return ""
		}
		arc.Lsh(arc, 7).Or(arc, big.NewInt(int64(c&0x7f)))
		if fresh = c < 0x80; !fresh {
			continue
		}
		if first {
			root := min(arc.Uint64()/40, 2)
			if !arc.IsUint64() {
				root = 2
			}
			out = append(strconv.AppendUint(out, root, 10), '.')
			arc.Sub(arc, new(big.Int).SetUint64(40*root))
			first = false
		} else {
			out = append(out, '.')
		}
		out = arc.Append(out, 10)
		arc.SetInt64(0)
	}
	return string(out)
}

// Time takes a UTCTime or GeneralizedTime in the one form that certificates may use: in UTC, with seconds, without fractions.
// RFC 5280 4.1.2.5
func (r *Reader) Time(clause string) time.Time {
	return r.timeOf(r.Any(clause), clause)
}

func (r *Reader) timeOf(e Element, clause string) time.Time {
	if r.s.err != nil {
		return time.Time{}
	}
	layout := "20060102150405Z"
	s := string(e.Body)
	switch {
	case e.Tag == UTCTime && len(s) == 13 && s[0] >= '5':
		s = "19" + s
	case e.Tag == UTCTime && len(s) == 13:
		s = "20" + s
	case e.Tag == GeneralizedTime && len(s) == 15:
	default:
		r.FailAt(e.Offset, clause, "时间格式无效", "a time has another type or form than YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ")
		return time.Time{}
	}
	at, err := time.Parse(layout, s)
	if err != nil || at.Format(layout) != s {
		r.FailAt(e.Offset, clause, "时间无效", "no such date or time")
		return time.Time{}
	}
	return at
}

// Moment takes a GeneralizedTime (or what stands under tag as one) that may have a fraction of a second. RFC 3161 2.4.2
func (r *Reader) Moment(tag byte, clause string) time.Time {
	e := r.Take(tag, clause)
	if r.s.err != nil {
		return time.Time{}
	}
	s := string(e.Body)
	n := len(s)
	if n < 15 || s[n-1] != 'Z' || n > 15 && (s[14] != '.' || n == 16 || n > 26 || s[n-2] == '0') {
		r.FailAt(e.Offset, clause, "时间格式无效", "a time is not of the form YYYYMMDDHHMMSS[.s]Z")
		return time.Time{}
	}
	at, err := time.Parse("20060102150405Z", s[:14]+"Z")
	if err == nil && n > 15 {
		var d time.Duration
		d, err = time.ParseDuration("0" + s[14:n-1] + "s")
		at = at.Add(d)
	}
	if err != nil {
		r.FailAt(e.Offset, clause, "时间无效", "no such date or time")
	}
	return at
}
