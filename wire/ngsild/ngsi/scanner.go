package ngsi

import (
	"encoding/json"
	"time"
)

// Scanner walks a JSON text strictly and hands out slices of it: what other forms of NGSI-LD are read with. A copy of a Scanner
// looks ahead.
type Scanner struct{ s scanner }

// SyntaxError says where a JSON text breaks RFC 8259 or I-JSON, or a bound of this package: Offset and What.
type SyntaxError = syntaxError

// Bounds on one entity that other packages hold to.
const (
	MaxNest  = maxNest  // of properties of properties
	MaxAttrs = maxAttrs // instances, properties of properties included
	MaxName  = maxName  // bytes of a name
)

// Scan begins to walk b.
func Scan(b []byte) Scanner { return Scanner{scanner{b: b, max: maxDepth + 2*maxNest + 2}} }

// Peek gives the next byte that is not white space; 0 at the end.
func (s *Scanner) Peek() byte { return s.s.peek() }

// Offset is where the next byte stands.
func (s *Scanner) Offset() int { return s.s.i }

// Object walks an object; member must read one value. A key that stands twice is refused.
func (s *Scanner) Object(member func(key string) error) error { return s.s.object(member) }

// Array walks an array; item must read one value.
func (s *Scanner) Array(item func() error) error { return s.s.array(item) }

// Text reads a string.
func (s *Scanner) Text() (string, error) { s.s.space(); return s.s.str() }

// Next reads one value of any kind and gives its bytes.
func (s *Scanner) Next() (json.RawMessage, error) { return next(&s.s) }

// End refuses anything after the value.
func (s *Scanner) End() error { return s.s.end() }

// Canonical gives the form of a value that documents give back, in bytes of its own; what is not JSON stays as it is.
func Canonical(raw json.RawMessage) json.RawMessage { return canonical(raw) }

// CheckGeometry holds a value to GeoJSON geometry (4.7): RFC 7946 3.1 without GeometryCollection.
func CheckGeometry(raw json.RawMessage) error { _, err := readGeometry(raw); return err }

// AppendString writes v as a JSON string; AppendTime writes a time as one (4.6.3).
func AppendString(b []byte, v string) []byte { return appendString(b, v) }

// AppendTime is described at AppendString.
func AppendTime(b []byte, t time.Time) []byte { return appendTime(b, t) }

// IsTerm tells whether s is a name of the grammar of 4.6.2 without prefix, within the bound on names.
func IsTerm(s string) bool { return isTerm(s) }

// KindOf finds the kind of a word: "Relationship".
func KindOf(word string) (AttrKind, bool) {
	for k := range kinds {
		if kinds[k].word == word {
			return AttrKind(k), true
		}
	}
	return Unsaid, false
}

// Member is the member that bears a kind's value in the normalized form: "object"; "value" for a kind of a later version.
func (k AttrKind) Member() string {
	if int(k) < len(kinds) {
		return kinds[k].member
	}
	return "value"
}

// Order sorts attributes by name, then dataset, as documents hold them.
func Order(attrs []Attr) { order(attrs) }

// nullTime stands for the NGSI-LD Null in place of a time.
var nullTime = time.Time{}.Add(1)

// NullTime stands for the NGSI-LD Null in place of a time in a fragment: it takes observedAt or expiresAt away. It is never stored.
func NullTime() time.Time { return nullTime }

// IsNullTime tells whether a time is NullTime.
func IsNullTime(t time.Time) bool { return t.Equal(nullTime) }
