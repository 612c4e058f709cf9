package ngsi

import "encoding/json"

// Class is what a value can be compared with.
type Class uint8

// The classes. Other stands for a value that is there and compares with nothing.
const (
	Other Class = iota
	Text
	Number
	Bool
)

// Scalar is one value that can be compared.
type Scalar struct {
	Class  Class
	Text   string
	Number float64
	Bool   bool
}

// Scalars calls fn with the attribute's values until fn returns false; a value that nothing compares with comes as Other.
func (a *Attr) Scalars(fn func(Scalar) bool) bool {
	if a.Kind == GeoProperty || a.Kind > ListRelationship || len(a.Value) == 0 {
		return fn(Scalar{})
	}
	more := true
	item := func(raw json.RawMessage) { more = more && fn(scalarOf(raw)) }
	s := scanner{b: a.Value}
	switch {
	case a.Value[0] == '[':
		n := 0
		_ = s.array(func() error {
			n++
			raw, err := next(&s)
			item(raw)
			return err
		})
		if n == 0 {
			item(nil)
		}
	case a.Value[0] == '{' && a.Kind == LanguageProperty:
		_ = s.object(func(string) error {
			raw, err := next(&s)
			item(raw)
			return err
		})
	case a.Value[0] == '{' && a.Kind == Property: // a typed value, JSON-LD 1.1 4.2.1
		var typed json.RawMessage
		_ = s.object(func(key string) error {
			raw, err := next(&s)
			if key == "@value" {
				typed = raw
			}
			return err
		})
		item(typed)
	default:
		item(a.Value)
	}
	return more
}

func next(s *scanner) (json.RawMessage, error) {
	s.space()
	return s.skip()
}

func scalarOf(raw json.RawMessage) Scalar {
	if len(raw) == 0 {
		return Scalar{}
	}
	switch raw[0] {
	case '"':
		if t, ok := text(raw); ok {
			return Scalar{Class: Text, Text: t}
		}
	case 't', 'f':
		return Scalar{Class: Bool, Bool: raw[0] == 't'}
	default:
		if n, ok := number(raw); ok {
			return Scalar{Class: Number, Number: n}
		}
	}
	return Scalar{}
}
