package query

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// Expr is a parsed q (4.9): And, Or or *Term.
type Expr interface {
	expr()
	String() string // reads back as the same tree, where names are terms
}

// And is fulfilled where all of its parts are, Or where one is. Both have at least two parts.
type And []Expr

// Or is described at And.
type Or []Expr

// Term is one condition on a path.
type Term struct {
	Links   []Link // relationships to follow first, outermost first
	Path    Path
	Op      Op
	Values  []Value        // Eq and Ne: one or more; of a Range two, the bounds; the other comparisons: one
	Range   bool           // Values are the bounds, both included
	Pattern *regexp.Regexp // of Match and NotMatch
}

// Link leads to the entities that a Relationship points to.
type Link struct {
	Attr  string
	Types []string // one of these types is enough; none: any type
}

// Path leads to values: an attribute, its sub-attributes, a place within a compound value, a language.
type Path struct {
	Attr   string   // name; "id", "type", "scope", "createdAt", "modifiedAt" of the entity
	Sub    []string // names of sub-attributes, or members such as "observedAt", "unitCode"
	Member []string // keys within the value: [a.b]; the language of a LanguageProperty
	Any    bool     // [*]
}

// Op is an operator.
type Op uint8

// The operators. Absent is Haihe's own: !name.
const (
	Has Op = iota
	Absent
	Eq
	Ne
	Gt
	Ge
	Lt
	Le
	Match
	NotMatch
)

var signs = [...]string{Eq: "==", Ne: "!=", Gt: ">", Ge: ">=", Lt: "<", Le: "<=", Match: "~=", NotMatch: "!~="}

// Kind is the data type of a Value.
type Kind uint8

// The kinds. A Word stands without quotes: a URI or a term.
const (
	Text Kind = iota
	Word
	Number
	Bool
	DateTime
	Date
	Time
)

// Value is a value of a condition.
type Value struct {
	Kind   Kind
	Text   string    // of texts and words what they say, of the others how they were written
	Number float64   // of numbers
	Bool   bool      // of booleans
	Time   time.Time // of the temporal kinds; of a Text that reads as a DateTime besides
	Name   string    // of texts and words: the name they expand to, where they are URIs or expandValues asks for it; else ""
	Expand bool      // expandValues asks for Name
}

func (And) expr()   {}
func (Or) expr()    {}
func (*Term) expr() {}

func (a And) String() string {
	parts := make([]string, len(a))
	for i, x := range a {
		if parts[i] = x.String(); !isTerm(x) {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, ";")
}

func (o Or) String() string {
	parts := make([]string, len(o))
	for i, x := range o {
		parts[i] = x.String()
		if _, or := x.(Or); or {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, "|")
}

func isTerm(x Expr) bool {
	_, ok := x.(*Term)
	return ok
}

func (t *Term) String() string {
	var b strings.Builder
	if t.Op == Absent {
		b.WriteByte('!')
	}
	for _, l := range t.Links {
		b.WriteString(l.Attr + "{")
		if len(l.Types) > 0 {
			b.WriteString(strings.Join(l.Types, ",") + ":")
		}
	}
	b.WriteString(t.Path.String() + strings.Repeat("}", len(t.Links)))
	if t.Op <= Absent {
		return b.String()
	}
	b.WriteString(signs[t.Op])
	if t.Pattern != nil {
		b.WriteString(quote(t.Pattern.String()))
	}
	for i, v := range t.Values {
		if i > 0 && t.Range {
			b.WriteString("..")
		} else if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(v.String())
	}
	return b.String()
}

// String gives the path as q and orderBy write it.
func (p Path) String() string {
	s := strings.Join(append([]string{p.Attr}, p.Sub...), ".")
	switch {
	case p.Any:
		return s + "[*]"
	case len(p.Member) > 0:
		return s + "[" + strings.Join(p.Member, ".") + "]"
	}
	return s
}

// String gives the value as q writes it.
func (v Value) String() string {
	if v.Kind == Text {
		return quote(v.Text)
	}
	return v.Text
}

func quote(s string) string {
	b := &strings.Builder{}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// Terms calls fn with every condition of an expression; nil has none.
func Terms(x Expr, fn func(*Term)) {
	switch x := x.(type) {
	case And:
		for _, y := range x {
			Terms(y, fn)
		}
	case Or:
		for _, y := range x {
			Terms(y, fn)
		}
	case *Term:
		fn(x)
	}
}

// Attrs lists the attributes of the entity itself that an expression names, each once; relationships that are followed count.
func Attrs(x Expr) []string {
	var out []string
	seen := map[string]bool{}
	Terms(x, func(t *Term) {
		name := t.Path.Attr
		if len(t.Links) > 0 {
			name = t.Links[0].Attr
		}
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	})
	return out
}

// Depth tells how many links an expression follows at most (5.7.2.4: not more than joinLevel).
func Depth(x Expr) int {
	n := 0
	Terms(x, func(t *Term) { n = max(n, len(t.Links)) })
	return n
}
