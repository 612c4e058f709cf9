package ngsi

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"
)

// The first byte of a document is the version of its layout. A change of layout takes a new number; the old one stays readable.
const (
	docVersion = 1
	docExpires = 2 // as 1, with the time when the entity expires after that of its creation
)

// What an attribute has besides name, kind and value.
const (
	hasObserved = 1 << iota
	hasUnit
	hasDataset
	hasAttrs
	hasMembers
	hasCreated
	hasModified
	hasMore // a second such byte follows
)

// What the second byte tells.
const (
	moreExpires = 1 << iota
	moreAll     = 1<<iota - 1
)

// DocError says where a stored document is broken.
type DocError struct {
	Offset int
	What   string
}

// Error gives the offset and the fault.
func (e *DocError) Error() string {
	return fmt.Sprintf("entity document, offset %d: %s", e.Offset, e.What)
}

// Encode writes the document of x: types, scope, attributes and the time of creation. number gives the number of a name, or 0
// for one that is to be written out. Identity, owner, version and last change of the entity are its row's and not repeated.
func Encode(x *Entity, number func(name string) (int64, error)) ([]byte, error) {
	e := encoder{name: number}
	return e.document(x)
}

// Decode reads a document into x; a broken one is a *DocError. name gives the name of a number. want, where not nil, tells which
// attributes are wanted; the others are stepped over.
func Decode(doc []byte, x *Entity, name func(int64) (string, bool), want func(string) bool) error {
	d := decoder{b: doc, name: name, want: want}
	return d.document(x)
}

// EncodeNames writes a list of names as documents hold them; DecodeNames reads it.
func EncodeNames(list []string, number func(string) (int64, error)) ([]byte, error) {
	e := encoder{name: number, b: []byte{}}
	for _, name := range list {
		if err := e.ref(name); err != nil {
			return nil, err
		}
	}
	return e.b, nil
}

// DecodeNames reads what EncodeNames wrote; a broken list is a *DocError.
func DecodeNames(b []byte, name func(int64) (string, bool)) (list []string, err error) {
	d := decoder{b: b, name: name}
	for d.i < len(d.b) {
		list = append(list, d.ref())
	}
	return list, d.err
}

// micros is t in microseconds since 1970, the zero time 0; fromMicros is the reverse.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// encoder writes documents.
type encoder struct {
	name func(string) (int64, error)
	base int64 // the entity's creation in microseconds; other times are stored as distances from it
	b    []byte
}

// document writes types, scope and attributes:
//
//	version, creation in microseconds, (version 2: expiry), count, name numbers of types, count, scope texts, count, attributes
//	attribute: name, kind byte, what-it-has byte (a second one where it says so), value, then what it has, in the order of the constants
//	value: as in value.go; of a gauge tagGauge and its key
//	name: its number, or 0 and a text; text: length and UTF-8
func (e *encoder) document(x *Entity) ([]byte, error) {
	e.base = micros(x.CreatedAt)
	expires := micros(x.ExpiresAt)
	if expires == 0 {
		e.b = binary.AppendVarint(append(e.b[:0], docVersion), e.base)
	} else {
		e.b = binary.AppendVarint(append(e.b[:0], docExpires), e.base)
		e.b = binary.AppendVarint(e.b, expires-e.base)
	}
	e.uint(len(x.Types))
	for _, t := range x.Types {
		if err := e.ref(t); err != nil {
			return nil, err
		}
	}
	e.uint(len(x.Scope))
	for _, s := range x.Scope {
		e.text(s)
	}
	if err := e.attrs(x.Attrs, true); err != nil {
		return nil, err
	}
	return slices.Clone(e.b), nil
}

func (e *encoder) uint(n int)    { e.b = binary.AppendUvarint(e.b, uint64(n)) }
func (e *encoder) text(s string) { e.uint(len(s)); e.b = append(e.b, s...) }

func (e *encoder) ref(name string) error {
	n, err := e.name(name)
	if err != nil {
		return err
	}
	e.b = binary.AppendUvarint(e.b, uint64(n))
	if n == 0 {
		e.text(name)
	}
	return nil
}

func (e *encoder) attrs(attrs []Attr, top bool) error {
	e.uint(len(attrs))
	for i := range attrs {
		if err := e.attr(&attrs[i], top); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) attr(a *Attr, top bool) error {
	if err := e.ref(a.Name); err != nil {
		return err
	}
	observed, created, modified := micros(a.ObservedAt), e.base, e.base
	if top {
		created, modified = micros(a.CreatedAt), micros(a.ModifiedAt)
	}
	has := flag(observed != 0, hasObserved) | flag(a.UnitCode != "", hasUnit) | flag(a.DatasetID != "", hasDataset) |
		flag(len(a.Attrs) > 0, hasAttrs) | flag(len(a.Members) > 0, hasMembers) |
		flag(created != e.base, hasCreated) | flag(modified != created, hasModified)
	e.b = append(e.b, byte(a.Kind), has)
	if expires := micros(a.ExpiresAt); expires != 0 {
		has |= hasMore
		e.b = append(e.b[:len(e.b)-1], has, moreExpires)
	}
	if a.Gauge != 0 {
		e.b = binary.AppendUvarint(append(e.b, tagGauge), uint64(a.Gauge))
	} else if err := e.value(a.Value); err != nil {
		return fmt.Errorf("attribute %s: %w", a.Name, err)
	}
	if has&hasObserved != 0 {
		e.b = binary.AppendVarint(e.b, observed-e.base)
	}
	if has&hasUnit != 0 {
		if err := e.ref(a.UnitCode); err != nil {
			return err
		}
	}
	if has&hasDataset != 0 {
		e.text(a.DatasetID)
	}
	if has&hasAttrs != 0 {
		if err := e.attrs(a.Attrs, false); err != nil {
			return err
		}
	}
	if has&hasMembers != 0 {
		e.uint(len(a.Members))
		for _, m := range a.Members {
			e.text(m.Name)
			if err := e.value(m.Value); err != nil {
				return fmt.Errorf("attribute %s, member %s: %w", a.Name, m.Name, err)
			}
		}
	}
	if has&hasCreated != 0 {
		e.b = binary.AppendVarint(e.b, created-e.base)
	}
	if has&hasModified != 0 {
		e.b = binary.AppendVarint(e.b, modified-created)
	}
	if has&hasMore != 0 {
		e.b = binary.AppendVarint(e.b, micros(a.ExpiresAt)-e.base)
	}
	return nil
}

func flag(is bool, bit byte) byte {
	if is {
		return bit
	}
	return 0
}

func (e *encoder) value(raw json.RawMessage) (err error) {
	s := scanner{b: raw}
	if e.b, err = appendValue(e.b, &s); err != nil {
		return err
	}
	return s.end()
}

// decoder reads documents strictly: what is cut short, left over, out of range or unknown is refused with its offset.
type decoder struct {
	b    []byte
	i    int
	err  error
	name func(int64) (string, bool)
	base int64
	want func(name string) bool // nil: every attribute; otherwise only those, the rest is stepped over
	out  []byte                 // the JSON of all values; each attribute's Value is a slice of it
}

// document reads what encoder.document wrote into x.
func (d *decoder) document(x *Entity) error {
	v := d.byte()
	if d.err == nil && v != docVersion && v != docExpires {
		d.fail(fmt.Sprintf("version %d is not known", v))
	}
	d.base = d.varint()
	x.CreatedAt, x.ExpiresAt = fromMicros(d.base), time.Time{}
	if v == docExpires {
		x.ExpiresAt = fromMicros(d.base + d.varint())
	}
	d.out = make([]byte, 0, 2*len(d.b)+64)
	x.Types = make([]string, d.count())
	for i := range x.Types {
		x.Types[i] = d.ref()
	}
	if n := d.count(); n > 0 {
		x.Scope = make([]string, n)
		for i := range x.Scope {
			x.Scope[i] = d.utf8(d.uvarint())
		}
	}
	x.Attrs = d.attrs(0)
	if d.err == nil && d.i != len(d.b) {
		d.fail("bytes after the document")
	}
	return d.err
}

func (d *decoder) attrs(nest int) []Attr {
	if nest > maxNest {
		d.fail("attributes nested too deep")
		return nil
	}
	n := d.count()
	if n > maxAttrs {
		d.fail("too many attributes")
		return nil
	}
	var out []Attr
	if d.want == nil || nest > 0 {
		out = make([]Attr, 0, n)
	}
	for ; n > 0 && d.err == nil; n-- {
		name := d.ref()
		if nest == 0 && d.want != nil && !d.want(name) {
			d.passAttr(nest)
			continue
		}
		out = append(out, d.attr(name, nest))
	}
	return out
}

func (d *decoder) attr(name string, nest int) Attr {
	a := Attr{Name: name, Kind: AttrKind(d.byte())}
	has, more := d.has()
	if a.Gauge = d.gauge(); a.Gauge == 0 {
		a.Value = d.json()
	}
	if has&hasObserved != 0 {
		a.ObservedAt = fromMicros(d.base + d.varint())
	}
	if has&hasUnit != 0 {
		a.UnitCode = d.ref()
	}
	if has&hasDataset != 0 {
		a.DatasetID = d.utf8(d.uvarint())
	}
	if has&hasAttrs != 0 {
		a.Attrs = d.attrs(nest + 1)
	}
	if has&hasMembers != 0 {
		a.Members = make([]Member, min(d.count(), maxMembers))
		for i := range a.Members {
			a.Members[i] = Member{Name: d.utf8(d.uvarint()), Value: d.json()}
		}
	}
	created := d.base
	if has&hasCreated != 0 {
		created += d.varint()
	}
	modified := created
	if has&hasModified != 0 {
		modified += d.varint()
	}
	if nest == 0 {
		a.CreatedAt, a.ModifiedAt = fromMicros(created), fromMicros(modified)
	}
	if more&moreExpires != 0 {
		a.ExpiresAt = fromMicros(d.base + d.varint())
	}
	return a
}

// gauge reads the key of a gauge where one stands in place of the value; 0 where a value does.
func (d *decoder) gauge() int64 {
	if d.i >= len(d.b) || d.b[d.i] != tagGauge {
		return 0
	}
	d.i++
	key := d.uvarint()
	if d.err == nil && (key == 0 || key > math.MaxInt64) {
		d.fail("not the key of a gauge")
	}
	return int64(key)
}

// passAttr steps over an attribute whose name was read; a broken one is found all the same, its texts are not looked at.
func (d *decoder) passAttr(nest int) {
	d.byte()
	has, more := d.has()
	if d.gauge() == 0 {
		d.passValue(1)
	}
	if has&hasObserved != 0 {
		d.varint()
	}
	if has&hasUnit != 0 {
		d.ref()
	}
	if has&hasDataset != 0 {
		d.bytes(d.uvarint())
	}
	if has&hasAttrs != 0 {
		if nest >= maxNest {
			d.fail("attributes nested too deep")
		}
		for n := d.count(); n > 0 && d.err == nil; n-- {
			d.ref()
			d.passAttr(nest + 1)
		}
	}
	if has&hasMembers != 0 {
		for n := d.count(); n > 0 && d.err == nil; n-- {
			d.bytes(d.uvarint())
			d.passValue(1)
		}
	}
	if has&hasCreated != 0 {
		d.varint()
	}
	if has&hasModified != 0 {
		d.varint()
	}
	if more&moreExpires != 0 {
		d.varint()
	}
}

// has reads what an attribute has.
func (d *decoder) has() (has, more byte) {
	if has = d.byte(); has&hasMore != 0 {
		if more = d.byte(); d.err == nil && (more == 0 || more > moreAll) {
			d.fail("an attribute has what this version does not know")
		}
	}
	return has, more
}

func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = &DocError{d.i, what}
		d.i = len(d.b)
	}
}

func (d *decoder) byte() byte {
	if d.i >= len(d.b) {
		d.fail("cut short")
		return 0
	}
	d.i++
	return d.b[d.i-1]
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b[d.i:])
	if n <= 0 {
		d.fail("not a number")
		return 0
	}
	d.i += n
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b[d.i:])
	if n <= 0 {
		d.fail("not a number")
		return 0
	}
	d.i += n
	return v
}

// count reads how many items follow; each takes a byte at least, which bounds what a broken count can ask for.
func (d *decoder) count() uint64 {
	n := d.uvarint()
	if n > uint64(len(d.b)-d.i) {
		d.fail("more items than bytes")
		return 0
	}
	return n
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.b)-d.i) {
		d.fail("cut short")
		return nil
	}
	d.i += int(n)
	return d.b[d.i-int(n) : d.i]
}

func (d *decoder) utf8(n uint64) string {
	b := d.bytes(n)
	if !utf8.Valid(b) {
		d.fail("not UTF-8")
		return ""
	}
	return string(b)
}

func (d *decoder) ref() string {
	n := d.uvarint()
	if n == 0 {
		return d.utf8(d.uvarint())
	}
	if d.err != nil {
		return ""
	}
	name, ok := d.name(int64(n))
	if !ok {
		d.fail(fmt.Sprintf("name %d is not known", n))
	}
	return name
}
