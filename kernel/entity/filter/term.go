package filter

import (
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// expr evaluates an expression on an entity.
func (s *Selection) expr(x query.Expr, e *ngsi.Entity) bool {
	switch x := x.(type) {
	case query.And:
		for _, y := range x {
			if !s.expr(y, e) {
				return false
			}
		}
		return true
	case query.Or:
		for _, y := range x {
			if s.expr(y, e) {
				return true
			}
		}
		return false
	case *query.Term:
		return s.linked(x, 0, e) != (x.Op == query.Absent)
	}
	return false
}

// linked follows the k-th link of a term, and evaluates the term where there is none left: one entity is enough.
func (s *Selection) linked(t *query.Term, k int, e *ngsi.Entity) bool {
	if k == len(t.Links) {
		return s.term(t, e, k > 0)
	}
	if s.Linked == nil {
		return false
	}
	link := &t.Links[k]
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Name != link.Attr || a.Kind != ngsi.Relationship && a.Kind != ngsi.ListRelationship || k == 0 && !s.looks(a) {
			continue
		}
		for it := each(a.Value); it.next(); {
			id, ok := objectOf(it.item).string()
			if !ok {
				continue
			}
			to := s.Linked(id)
			if to == nil || len(link.Types) > 0 && !slices.ContainsFunc(link.Types, func(w string) bool { return slices.Contains(to.Types, w) }) {
				continue
			}
			if s.linked(t, k+1, to) {
				return true
			}
		}
	}
	return false
}

// term evaluates a term on the entity that it is about.
func (s *Selection) term(t *query.Term, e *ngsi.Entity, far bool) bool {
	p := &t.Path
	if query.IsSystem(p.Attr) {
		return len(p.Sub)+len(p.Member) == 0 && member(t, e)
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Name == p.Attr && (far || s.looks(a)) && under(t, a, p.Sub) {
			return true
		}
	}
	return false
}

// member evaluates a term on a member of the entity.
func member(t *query.Term, e *ngsi.Entity) bool {
	switch t.Path.Attr {
	case "id":
		return texts(t, e.ID)
	case "type":
		return texts(t, e.Types...)
	case "scope":
		return len(e.Scope) > 0 && texts(t, e.Scope...)
	case "createdAt":
		return instant(t, e.CreatedAt)
	case "modifiedAt":
		return instant(t, e.ModifiedAt)
	case "expiresAt":
		return instant(t, e.ExpiresAt)
	}
	return false
}

// under evaluates a term on an instance: on itself, or on what lies below it by the names of sub. One sub-attribute is enough.
func under(t *query.Term, a *ngsi.Attr, sub []string) bool {
	if len(sub) == 0 {
		return value(t, a)
	}
	for i := range a.Attrs {
		if a.Attrs[i].Name == sub[0] && under(t, &a.Attrs[i], sub[1:]) {
			return true
		}
	}
	return len(sub) == 1 && len(t.Path.Member) == 0 && part(t, a, sub[0])
}

// part evaluates a term on a member of an attribute instance.
func part(t *query.Term, a *ngsi.Attr, name string) bool {
	switch name {
	case "observedAt":
		return instant(t, a.ObservedAt)
	case "createdAt":
		return instant(t, a.CreatedAt)
	case "modifiedAt":
		return instant(t, a.ModifiedAt)
	case "expiresAt":
		return instant(t, a.ExpiresAt)
	case "unitCode":
		return a.UnitCode != "" && texts(t, a.UnitCode)
	case "datasetId":
		return a.DatasetID != "" && texts(t, a.DatasetID)
	}
	for i := range a.Members {
		if m := &a.Members[i]; m.Name == name {
			return compare(t, raw(m.Value))
		}
	}
	return false
}

// value evaluates a term on the value of an attribute instance.
func value(t *query.Term, a *ngsi.Attr) bool {
	keys := t.Path.Member
	if t.Op <= query.Absent && len(keys) == 0 {
		return true
	}
	v := raw(a.Value)
	switch a.Kind {
	case ngsi.LanguageProperty:
		if len(keys) == 0 {
			return languages(t, v)
		}
		v = inLanguage(v, keys)
	case ngsi.Relationship, ngsi.ListRelationship:
		return len(keys) == 0 && objects(t, v)
	case ngsi.VocabProperty:
		return len(keys) == 0 && vocab(t, v)
	default:
		v = v.path(keys)
	}
	return v != nil && (t.Op <= query.Absent || compare(t, v))
}

// inLanguage finds the entry of a languageMap; tags compare without regard to case (BCP 47 2.1.1).
func inLanguage(v raw, keys []string) raw {
	if len(keys) > 1 {
		return nil
	}
	for it := v.members(); it.next(); {
		if key := it.key; len(key) == len(keys[0])+2 && strings.EqualFold(string(key[1:len(key)-1]), keys[0]) {
			return it.item
		}
	}
	return nil
}

// languages evaluates a term on all entries of a languageMap: one must fulfil it; of the denials every one, and there must be one.
func languages(t *query.Term, v raw) bool {
	all := t.Op == query.Ne || t.Op == query.NotMatch
	n := 0
	for it := v.members(); it.next(); n++ {
		if compare(t, it.item) != all {
			return !all
		}
	}
	return all && n > 0
}

// objects evaluates a term on the objects of a relationship: only == and != apply to them.
func objects(t *query.Term, v raw) bool {
	if t.Op != query.Eq && t.Op != query.Ne {
		return false
	}
	if !t.Range {
		for it := each(v); it.next(); {
			o := objectOf(it.item)
			for i := range t.Values {
				if w := &t.Values[i]; w.Kind <= query.Word && (o.equals(w.Text) || w.Expand && o.equals(w.Name)) {
					return t.Op == query.Eq
				}
			}
		}
	}
	return t.Op == query.Ne
}

// vocab evaluates a term on the names of a VocabProperty.
func vocab(t *query.Term, v raw) bool {
	if t.Op != query.Eq && t.Op != query.Ne {
		return false
	}
	if !t.Range {
		for it := each(v); it.next(); {
			for i := range t.Values {
				if w := &t.Values[i]; w.Name != "" && it.item.equals(w.Name) {
					return t.Op == query.Eq
				}
			}
		}
	}
	return t.Op == query.Ne
}

// instant evaluates a term on a time; the zero time is not there.
func instant(t *query.Term, at time.Time) bool {
	if at.IsZero() {
		return false
	}
	switch t.Op {
	case query.Has, query.Absent:
		return true
	case query.Eq, query.Ne:
		if t.Range {
			in := isTime(&t.Values[0]) && isTime(&t.Values[1]) && !at.Before(t.Values[0].Time) && !at.After(t.Values[1].Time)
			return in == (t.Op == query.Eq)
		}
		for i := range t.Values {
			if v := &t.Values[i]; isTime(v) && at.Equal(v.Time) {
				return t.Op == query.Eq
			}
		}
		return t.Op == query.Ne
	case query.Match, query.NotMatch:
		return false
	}
	return isTime(&t.Values[0]) && ordered(t.Op, at.Compare(t.Values[0].Time))
}

// isTime tells whether a value is a DateTime, with or without quotes.
func isTime(v *query.Value) bool {
	return v.Kind == query.DateTime || v.Kind == query.Text && !v.Time.IsZero()
}

// ordered tells whether a comparison fulfils an ordering.
func ordered(op query.Op, c int) bool {
	switch op {
	case query.Gt:
		return c > 0
	case query.Ge:
		return c >= 0
	case query.Lt:
		return c < 0
	case query.Le:
		return c <= 0
	}
	return false
}

// texts evaluates a term on a member that is a text, or several.
func texts(t *query.Term, list ...string) bool {
	switch t.Op {
	case query.Has, query.Absent:
		return true
	case query.Eq, query.Ne:
		if t.Range {
			in := len(list) == 1 && t.Values[0].Kind == query.Text && list[0] >= t.Values[0].Text && list[0] <= t.Values[1].Text
			return in == (t.Op == query.Eq)
		}
		for _, s := range list {
			for i := range t.Values {
				if v := &t.Values[i]; v.Kind <= query.Word && (s == v.Text || v.Name != "" && s == v.Name) {
					return t.Op == query.Eq
				}
			}
		}
		return t.Op == query.Ne
	case query.Match, query.NotMatch:
		return len(list) == 1 && t.Pattern.MatchString(list[0]) == (t.Op == query.Match)
	}
	v := &t.Values[0]
	return len(list) == 1 && v.Kind == query.Text && ordered(t.Op, strings.Compare(list[0], v.Text))
}
