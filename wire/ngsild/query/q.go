package query

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// QOptions are the settings that q is read with.
type QOptions struct {
	Names        Names
	ExpandValues []string // attributes (names) whose values are expanded by Names: parameter expandValues
	JSONKeys     []string // attributes whose sub-paths are raw JSON keys (parameter jsonKeys): here all are, values are stored as they came
}

// qReader reads q.
type qReader struct {
	*reader
	o     QOptions
	terms int
	cost  int // of regular expressions
}

// ParseQ reads q, ETSI GS CIM 009 V1.9.1 4.9.
func ParseQ(q string, o QOptions) (Expr, error) {
	r, err := read("q", q, o.Names)
	if err != nil {
		return nil, err
	}
	p := &qReader{reader: r, o: o}
	x, err := p.or(0)
	if err != nil {
		return nil, err
	}
	return x, p.end()
}

// or reads terms joined by | and ;, of which the latter binds closer.
func (p *qReader) or(nest int) (Expr, error) {
	var list Or
	for {
		x, err := p.and(nest)
		if err != nil {
			return nil, err
		}
		if list = append(list, x); !p.take("|") {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return list, nil
}

func (p *qReader) and(nest int) (Expr, error) {
	var list And
	for {
		x, err := p.group(nest)
		if err != nil {
			return nil, err
		}
		if list = append(list, x); !p.take(";") {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return list, nil
}

// group reads QueryTermAssoc or QueryTerm.
func (p *qReader) group(nest int) (Expr, error) {
	if !p.take("(") {
		return p.term()
	}
	if nest >= maxNest {
		return nil, p.fail("括号嵌套过深", "groups are nested too deep")
	}
	x, err := p.or(nest + 1)
	if err == nil && !p.take(")") {
		return nil, p.fail("应为 ;、| 或 )", "expected ;, | or )")
	}
	return x, err
}

// term reads QueryTerm.
func (p *qReader) term() (Expr, error) {
	if p.terms++; p.terms > maxTerms {
		return nil, p.fail("条件过多", "too many conditions")
	}
	t := &Term{}
	absent := p.take("!")
	if err := p.attribute(t); err != nil {
		return nil, err
	}
	if absent {
		t.Op = Absent
		return t, nil
	}
	for _, op := range [...]Op{Eq, NotMatch, Ne, Ge, Gt, Le, Lt, Match} {
		if p.take(signs[op]) {
			t.Op = op
			break
		}
	}
	var err error
	switch t.Op {
	case Has:
		if c := p.peek(); c != 0 && c != ';' && c != '|' && c != ')' {
			return nil, p.fail("应为比较符、;、| 或结束", "expected an operator, ;, | or the end")
		}
	case Match, NotMatch:
		err = p.pattern(t)
	default:
		err = p.values(t)
	}
	return t, err
}

// attribute reads Attribute: LinkedEntityRelation around ValuePath.
func (p *qReader) attribute(t *Term) error {
	for {
		attr, err := p.name("=!<>~;|()[]{},")
		if len(t.Links) > 0 && (err != nil || p.peek() == ':') {
			return p.fail("应为属性名", "expected the name of an attribute")
		}
		if err != nil {
			return err
		}
		if !p.take("{") {
			t.Path.Attr = p.expand(attr)
			break
		}
		if len(t.Links) == maxLinks {
			return p.fail("关联层数过多", "too many linked entities")
		}
		types, err := p.hint()
		if err != nil {
			return err
		}
		t.Links = append(t.Links, Link{Attr: p.expand(attr), Types: types})
	}
	if err := p.path(&t.Path); err != nil {
		return err
	}
	for range t.Links {
		if !p.take("}") {
			return p.fail("应为 }", "expected }")
		}
	}
	return nil
}

// hint reads the types before a colon within braces; none where there is no colon.
func (p *qReader) hint() ([]string, error) {
	from := p.i
	var types []string
	for {
		name, err := p.plain()
		if err != nil {
			return nil, err
		}
		types = append(types, p.names.of(name))
		if len(types) > maxTerms {
			return nil, p.fail("类型过多", "too many types")
		}
		if p.take(",") {
			continue
		}
		if rest := p.s[p.i:]; p.peek() == ':' && !strings.HasPrefix(rest, "://") {
			p.i++
			return types, nil
		}
		p.i = from
		return nil, nil
	}
}

// path reads what follows the first name of DottedPath, and the trailing path in brackets.
func (r *reader) path(p *Path) error {
	for r.take(".") {
		if len(p.Sub) == maxSub {
			return r.fail("属性路径过深", "the path has too many names")
		}
		name, err := r.name(".=!<>~;|()[]{},")
		if err != nil {
			return err
		}
		p.Sub = append(p.Sub, r.expand(name))
	}
	if !r.take("[") {
		return nil
	}
	if r.take("*") {
		p.Any = true
	} else if err := r.member(p); err != nil {
		return err
	}
	if !r.take("]") {
		return r.fail("应为 ]", "expected ]")
	}
	return nil
}

// member reads the keys of a trailing path: names, and the further characters of JSON-LD keywords and of language tags.
func (r *reader) member(p *Path) error {
	for {
		r.space()
		at := r.i
		for r.i < len(r.s) {
			c, n := utf8.DecodeRuneInString(r.s[r.i:])
			if !nameChar(c) && c != '-' && c != '@' && c != ':' {
				break
			}
			r.i += n
		}
		if r.i == at || r.i-at > maxName || len(p.Member) == maxNest {
			return r.failAt(at, "应为成员名（至多 16 级），以点分隔", "expected names of members, separated by dots, at most 16")
		}
		if p.Member = append(p.Member, r.s[at:r.i]); !r.take(".") {
			return nil
		}
	}
}

// expands tells whether the values of a term are expanded.
func (p *qReader) expands(t *Term) bool {
	if t.Path.Attr == "type" || slices.Contains(p.o.ExpandValues, t.Path.Attr) {
		return true
	}
	return len(t.Path.Sub) > 0 && slices.Contains(p.o.ExpandValues, t.Path.Sub[len(t.Path.Sub)-1])
}
