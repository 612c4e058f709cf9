package query

import (
	"slices"
	"strings"
)

// Types is a type selection (4.17): a disjunction of conjunctions of types.
type Types struct {
	any [][]string
	all bool
}

// SelectTypes makes the selection of entities that have one of the types (names).
func SelectTypes(names ...string) *Types {
	t := &Types{}
	for _, n := range names {
		t.any = append(t.any, []string{n})
	}
	return t
}

// ParseTypes reads a type selection; "*" selects every type. ETSI GS CIM 009 V1.9.1 4.17.
func ParseTypes(s string, names Names) (*Types, error) {
	r, err := read("type", s, names)
	if err != nil {
		return nil, err
	}
	if r.take("*") {
		return &Types{all: true}, r.end()
	}
	t, n := &Types{}, 0
	one := func() (string, error) {
		if n++; n > maxTerms {
			return "", r.fail("类型过多", "too many types")
		}
		name, err := r.name(",;|()")
		return r.names.of(name), err
	}
	t.any, err = r.disjunction(one, false)
	if err != nil {
		return nil, err
	}
	return t, r.end()
}

// disjunction reads items joined by | or a comma; an item may be a conjunction in parentheses, joined by semicolons. With bare a
// conjunction may stand without them.
func (r *reader) disjunction(item func() (string, error), bare bool) ([][]string, error) {
	var out [][]string
	for {
		group := r.take("(")
		var and []string
		for {
			s, err := item()
			if err != nil {
				return nil, err
			}
			if and = append(and, s); !(group || bare) || !r.take(";") {
				break
			}
		}
		if group && !r.take(")") {
			return nil, r.fail("应为 ; 或 )", "expected ; or )")
		}
		if out = append(out, and); !r.take("|") && !r.take(",") {
			return out, nil
		}
	}
}

// Only gives the names when the selection is a plain disjunction of types ("A,B", "A|B"); nil otherwise. It is for narrowing.
func (t *Types) Only() []string {
	if t == nil || t.all {
		return nil
	}
	var out []string
	for _, and := range t.any {
		if len(and) > 1 {
			return nil
		}
		out = append(out, and[0])
	}
	return out
}

// Some gives names of which every selected entity has at least one; nil where there are none to give. It is for narrowing too.
func (t *Types) Some() []string {
	if t == nil || t.all {
		return nil
	}
	var out []string
	for _, and := range t.any {
		out = append(out, and[0])
	}
	return out
}

// All tells whether the selection is "*".
func (t *Types) All() bool { return t != nil && t.all }

// Match tells whether an entity of these types is selected; nil selects all.
func (t *Types) Match(types []string) bool {
	if t == nil || t.all {
		return true
	}
	for _, and := range t.any {
		if covers(types, and) {
			return true
		}
	}
	return false
}

func covers(types, and []string) bool {
	for _, want := range and {
		if !slices.Contains(types, want) {
			return false
		}
	}
	return true
}

// String gives the selection with names.
func (t *Types) String() string {
	if t.all {
		return "*"
	}
	return printGroups(t.any)
}

func printGroups(any [][]string) string {
	parts := make([]string, len(any))
	for i, and := range any {
		if parts[i] = strings.Join(and, ";"); len(and) > 1 {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, "|")
}
