package query

import (
	"slices"
	"strings"
)

// Scope is a scope query (4.19): a disjunction of conjunctions of scopes with wildcards.
type Scope struct {
	any [][]string // each begins with a slash; + stands for a level, # at the end for every level below
}

// ParseScope reads scopeQ. ETSI GS CIM 009 V1.9.1 4.19.
//
// Wider than the grammar: the slash at the beginning may be missing (as in example 5 of the clause), a conjunction need not
// stand in parentheses, and /# may end each of its scopes.
func ParseScope(s string) (*Scope, error) {
	r, err := read("scopeQ", s, nil)
	if err != nil {
		return nil, err
	}
	q, n := &Scope{}, 0
	one := func() (string, error) {
		if n++; n > maxTerms {
			return "", r.fail("范围过多", "too many scopes")
		}
		return r.scope()
	}
	if q.any, err = r.disjunction(one, true); err != nil {
		return nil, err
	}
	return q, r.end()
}

// scope reads ScopeQ, or /#.
func (r *reader) scope() (string, error) {
	r.take("/")
	out := ""
	for {
		switch {
		case r.take("#"):
			return out + "/#", nil
		case r.take("+"):
			out += "/+"
		default:
			level, err := r.plain()
			if err != nil {
				return "", r.fail("应为范围的一级：名称、+ 或末尾的 #", "expected a level of a scope: a name, +, or # at the end")
			}
			out += "/" + level
		}
		if len(out) > maxName {
			return "", r.fail("范围过长", "the scope is too long")
		}
		if !r.take("/") {
			return out, nil
		}
	}
}

// Match tells whether an entity of these scopes is selected; nil selects all, and an entity without scope only by nil.
func (q *Scope) Match(scopes []string) bool {
	if q == nil {
		return true
	}
	for _, and := range q.any {
		if !slices.ContainsFunc(and, func(want string) bool { return !scopeAny(scopes, want) }) {
			return true
		}
	}
	return false
}

func scopeAny(scopes []string, want string) bool {
	for _, s := range scopes {
		if scopeMatch(strings.TrimPrefix(s, "/"), want[1:]) {
			return true
		}
	}
	return false
}

// scopeMatch compares level by level, both without the slash at the beginning.
func scopeMatch(s, want string) bool {
	for {
		if want == "#" {
			return s != ""
		}
		level, rest, more := strings.Cut(s, "/")
		w, wrest, wmore := strings.Cut(want, "/")
		if level == "" || w != "+" && w != level {
			return false
		}
		if !more || !wmore {
			return more == wmore || !more && wrest == "#" // /a/# selects /a as well
		}
		s, want = rest, wrest
	}
}

// String gives the query as it is written.
func (q *Scope) String() string { return printGroups(q.any) }
