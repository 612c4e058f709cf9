package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of every grammar here; a breach is an *Error.
const (
	maxText   = 32 << 10 // bytes of a text, coordinates apart
	maxTerms  = 256      // terms of a tree
	maxValues = 1024     // values of one list
	maxNest   = 16       // of groups
	maxLinks  = 10       // of linked entities, in q and in projections
	maxSub    = 9        // names of sub-attributes, one more than entities are nested
	maxName   = 256      // bytes of a name
)

// reader walks over the text of one parameter.
type reader struct {
	param string
	s     string
	i     int
	names Names
}

// read begins with a text; it must be UTF-8 within bounds.
func read(param, s string, names Names) (*reader, error) {
	r := &reader{param: param, s: s, names: names}
	switch {
	case len(s) > maxText:
		return nil, r.fail("内容过长", "the text is too long")
	case !utf8.ValidString(s):
		return nil, r.fail("应为 UTF-8 文本", "expected UTF-8")
	}
	r.space()
	if r.i == len(s) {
		return nil, r.fail("不能为空", "must not be empty")
	}
	return r, nil
}

func (r *reader) fail(zh, en string) error { return r.failAt(r.i, zh, en) }

func (r *reader) failAt(at int, zh, en string) error {
	return &Error{Param: r.param, At: at, Zh: zh, En: en}
}

func (r *reader) space() {
	for r.i < len(r.s) && r.s[r.i] == ' ' {
		r.i++
	}
}

// peek gives the next byte after spaces, 0 at the end.
func (r *reader) peek() byte {
	if r.space(); r.i < len(r.s) {
		return r.s[r.i]
	}
	return 0
}

// take steps over lit where it comes next.
func (r *reader) take(lit string) bool {
	if r.space(); strings.HasPrefix(r.s[r.i:], lit) {
		r.i += len(lit)
		return true
	}
	return false
}

// end fails where something is left.
func (r *reader) end() error {
	if r.peek() != 0 || r.i < len(r.s) {
		return r.fail("此处应结束", "expected the end")
	}
	return nil
}

// nameChar is TermChar of ETSI GS CIM 009 V1.9.1 4.9: Unicode numbers and letters, and the underscore.
func nameChar(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.IsNumber(c) }

// isName holds a text to the production AttrName.
func isName(s string) bool {
	for i, c := range s {
		if i == 0 && !unicode.IsLetter(c) || !nameChar(c) {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// plain reads AttrName, or EntityType: a letter, then letters, numbers and underscores.
func (r *reader) plain() (string, error) {
	r.space()
	at := r.i
	for r.i < len(r.s) {
		c, n := utf8.DecodeRuneInString(r.s[r.i:])
		if r.i == at && !unicode.IsLetter(c) || !nameChar(c) {
			break
		}
		r.i += n
	}
	switch {
	case r.i == at:
		return "", r.fail("应为名称（以字母开头，只含字母、数字和下划线）", "expected a name: a letter, then letters, numbers and underscores")
	case r.i-at > maxName:
		return "", r.failAt(at, "名称过长", "the name is too long")
	}
	return r.s[at:r.i], nil
}

// name reads a name: a term, a term with a prefix (4.6.2), or a full URI, which ends before any of the characters in stop.
func (r *reader) name(stop string) (string, error) {
	word, err := r.plain()
	if err != nil {
		return "", err
	}
	at, rest := r.i-len(word), r.s[r.i:]
	switch {
	case strings.HasPrefix(rest, "://") || word == "urn" && strings.HasPrefix(rest, ":"):
		r.i = len(r.s)
		if n := strings.IndexAny(rest, stop+` <>"{}|\^`+"`"); n >= 0 {
			r.i -= len(rest) - n
		}
	case strings.HasPrefix(rest, ":"):
		r.i++
		if _, err := r.plain(); err != nil {
			return "", err
		}
	}
	if r.i-at > maxName {
		return "", r.failAt(at, "名称过长", "the name is too long")
	}
	return r.s[at:r.i], nil
}

// own are the members of entities and attributes that stand for themselves in paths and projections: no context expands them.
var own = map[string]bool{
	"id": true, "type": true, "scope": true, "createdAt": true, "modifiedAt": true, "deletedAt": true, "expiresAt": true,
	"observedAt": true, "unitCode": true, "datasetId": true, "objectType": true, "valueType": true,
}

// IsSystem tells whether a name is a member that every entity has rather than an attribute of its own (5.7.2.4: such names
// alone make a query too wide).
func IsSystem(name string) bool { return own[name] }

// expand gives the name of a term.
func (r *reader) expand(term string) string {
	if own[term] {
		return term
	}
	return r.names.of(term)
}
