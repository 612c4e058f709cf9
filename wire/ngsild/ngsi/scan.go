package ngsi

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// syntaxError says where a JSON text breaks RFC 8259, or a bound of this package.
type syntaxError struct {
	Offset int
	What   string
}

// Error gives the offset and the fault.
func (e *syntaxError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.What) }

// scanner reads JSON strictly, as RFC 8259 and I-JSON (RFC 7493) have it: valid UTF-8, no lone surrogates, no member twice,
// depth bounded. It walks the bytes once and hands out slices of them, so nothing is made for what nobody asks for.
type scanner struct {
	b     []byte
	i     int
	depth int
	max   int // depth that is refused when passed; 0 takes maxDepth
}

func (s *scanner) fail(what string) error { return &syntaxError{s.i, what} }

// space skips white space.
func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// peek gives the next byte that is not white space; 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// end refuses anything after the value.
func (s *scanner) end() error {
	if s.peek() != 0 || s.i < len(s.b) {
		return s.fail("text after the value")
	}
	return nil
}

func (s *scanner) enter() error {
	s.i++
	if s.depth++; s.depth > cmp.Or(s.max, maxDepth) {
		return s.fail("nested too deep")
	}
	return nil
}

// list walks an object or an array up to its closing byte.
func (s *scanner) list(open, end byte, item func() error) error {
	if s.peek() != open {
		return s.fail("expected " + string(open))
	}
	if err := s.enter(); err != nil {
		return err
	}
	for first := true; ; first = false {
		c := s.peek()
		if c == end {
			s.i++
			s.depth--
			return nil
		}
		if !first {
			if c != ',' {
				return s.fail("expected , or " + string(end))
			}
			s.i++
			if s.peek() == end {
				return s.fail("a comma too many")
			}
		}
		if err := item(); err != nil {
			return err
		}
	}
}

// array walks an array; item must read one value.
func (s *scanner) array(item func() error) error { return s.list('[', ']', item) }

// object walks an object; member must read one value. A key that stands twice is refused.
func (s *scanner) object(member func(key string) error) error {
	var few [16]string
	keys := few[:0]
	var many map[string]bool
	return s.list('{', '}', func() error {
		s.space()
		key, err := s.str()
		if err != nil {
			return err
		}
		if many == nil {
			for _, k := range keys {
				if k == key {
					return s.fail("a member twice")
				}
			}
			if keys = append(keys, key); len(keys) > len(few) {
				many = make(map[string]bool, 2*len(keys))
				for _, k := range keys {
					many[k] = true
				}
			}
		} else if many[key] {
			return s.fail("a member twice")
		} else {
			many[key] = true
		}
		if s.peek() != ':' {
			return s.fail("expected :")
		}
		s.i++
		s.space()
		return member(key)
	})
}

// skip reads one value of any kind and gives its bytes.
func (s *scanner) skip() ([]byte, error) {
	c := s.peek()
	from := s.i
	var err error
	switch {
	case c == '{':
		err = s.object(func(string) error { _, err := s.skip(); return err })
	case c == '[':
		err = s.array(func() error { _, err := s.skip(); return err })
	case c == '"':
		_, err = s.quoted()
	case c == 't':
		err = s.word("true")
	case c == 'f':
		err = s.word("false")
	case c == 'n':
		err = s.word("null")
	default:
		_, err = s.num()
	}
	return s.b[from:s.i], err
}

func (s *scanner) word(w string) error {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return s.fail("expected a value")
	}
	s.i += len(w)
	return nil
}

// num reads a number and gives its bytes.
func (s *scanner) num() ([]byte, error) {
	from := s.i
	at := func() byte {
		if s.i < len(s.b) {
			return s.b[s.i]
		}
		return 0
	}
	digits := func() bool {
		n := s.i
		for c := at(); c >= '0' && c <= '9'; c = at() {
			s.i++
		}
		return s.i > n
	}
	if at() == '-' {
		s.i++
	}
	if at() == '0' {
		s.i++
	} else if !digits() {
		return nil, s.fail("expected a value")
	}
	if at() == '.' {
		s.i++
		if !digits() {
			return nil, s.fail("expected a digit")
		}
	}
	if c := at(); c == 'e' || c == 'E' {
		s.i++
		if c := at(); c == '+' || c == '-' {
			s.i++
		}
		if !digits() {
			return nil, s.fail("expected a digit")
		}
	}
	return s.b[from:s.i], nil
}

// quoted walks a string; plain tells whether the bytes between the quotes are the text itself.
func (s *scanner) quoted() (plain bool, err error) {
	if s.i >= len(s.b) || s.b[s.i] != '"' {
		return false, s.fail("expected a string")
	}
	s.i++
	plain = true
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return plain, nil
		case c == '\\':
			plain = false
			if _, err := s.escape(); err != nil {
				return false, err
			}
		case c < ' ':
			return false, s.fail("a control character in a string")
		case c < utf8.RuneSelf:
			s.i++
		default:
			r, n := utf8.DecodeRune(s.b[s.i:])
			if r == utf8.RuneError && n == 1 {
				return false, s.fail("not UTF-8")
			}
			s.i += n
		}
	}
	return false, s.fail("a string without end")
}

// escape reads one escape sequence, a surrogate pair as one.
func (s *scanner) escape() (rune, error) {
	if s.i+1 >= len(s.b) {
		return 0, s.fail("a string without end")
	}
	c := s.b[s.i+1]
	if c != 'u' {
		const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
		for k := range len(from) {
			if from[k] == c {
				s.i += 2
				return rune(to[k]), nil
			}
		}
		return 0, s.fail("an unknown escape")
	}
	r, ok := s.hex(s.i + 2)
	if !ok {
		return 0, s.fail("a broken \\u escape")
	}
	if !utf16.IsSurrogate(r) {
		s.i += 6
		return r, nil
	}
	if low, ok := s.hex(s.i + 8); ok && s.b[s.i+6] == '\\' && s.b[s.i+7] == 'u' {
		if p := utf16.DecodeRune(r, low); p != utf8.RuneError {
			s.i += 12
			return p, nil
		}
	}
	return 0, s.fail("half a surrogate pair")
}

func (s *scanner) hex(at int) (r rune, ok bool) {
	if at+4 > len(s.b) {
		return 0, false
	}
	for _, c := range s.b[at : at+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// str reads a string and gives its text.
func (s *scanner) str() (string, error) {
	from := s.i
	plain, err := s.quoted()
	if err != nil {
		return "", err
	}
	if !plain {
		return string(unescape(s.b[from+1 : s.i-1])), nil
	}
	text := s.b[from+1 : s.i-1]
	if len(text) <= longestFrequent {
		if word, ok := frequent[string(text)]; ok {
			return word, nil
		}
	}
	return string(text), nil
}

// frequent are the texts that most documents consist of besides their data; they are not made anew each time.
var frequent = func() map[string]string {
	m := map[string]string{Null: Null}
	for _, k := range kinds {
		m[k.word], m[k.member] = k.word, k.member
	}
	for _, list := range []map[string]bool{reserved, reservedSub} {
		for w := range list {
			m[w] = w
		}
	}
	for _, w := range strings.Fields("Point LineString Polygon coordinates location name description status address category temperature") {
		m[w] = w
	}
	return m
}()

// longestFrequent bounds what is looked for in frequent, in bytes.
const longestFrequent = 20

// unescape gives the text of a string's inside that quoted has accepted.
func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	s := scanner{b: b}
	for s.i < len(b) {
		if b[s.i] != '\\' {
			out = append(out, b[s.i])
			s.i++
			continue
		}
		r, err := s.escape()
		if err != nil {
			return out
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// appendString writes v as a JSON string; bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, v string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(v); {
		c := v[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(v[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		default:
			b = append(b, c)
		}
		i++
	}
	return append(b, '"')
}
