package subscription

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// rule is a subscription made ready for matching. It never changes.
type rule struct {
	sub       *Subscription
	triggers  mask
	selectors []filter.Selection
	exact     filter.Selection
	tests     bool // exact says something
	ids       []string
	types     []string      // any of them; nil: not known
	equal     *filter.Equal // that every match fulfils; nil: not known
}

// compile makes a rule; linked finds entities for conditions on linked ones.
func compile(s *Subscription, linked func(id string) *entity.Entity) (*rule, error) {
	r := &rule{sub: s, triggers: maskOf(s.Triggers), exact: s.Filter}
	r.tests = s.Filter.Q != nil || s.Filter.Geo != nil || s.Filter.Scope != nil
	r.exact.Linked = linked
	byID, byType := len(s.Entities) > 0, len(s.Entities) > 0
	for _, sel := range s.Entities {
		f := filter.Selection{IDs: sel.IDs}
		// 5.2.33: id takes precedence over idPattern.
		if sel.IDPattern != "" && len(sel.IDs) == 0 {
			p, err := filter.Pattern(sel.IDPattern)
			if err != nil {
				return nil, errs.Wrap("idPattern of subscription "+s.ID, err)
			}
			f.IDPattern = p
		}
		var only []string
		if sel.Types != "" && sel.Types != "*" {
			t, err := query.ParseTypes(sel.Types, func(name string) string { return name })
			if err != nil {
				return nil, errs.As(errs.Invalid, "types of subscription "+s.ID, err)
			}
			f.Types, only = t, t.Only()
		}
		r.selectors = append(r.selectors, f)
		byID, byType = byID && len(sel.IDs) > 0, byType && len(only) > 0
		r.ids, r.types = append(r.ids, sel.IDs...), append(r.types, only...)
	}
	if !byID {
		r.ids = nil
	}
	if !byType || byID {
		r.types = nil
	}
	if list := r.exact.Equals(); len(list) > 0 {
		r.equal = &list[0]
	}
	return r, nil
}

// place is a key of the index: subscriptions to a type ("": any) and a changed attribute ("": any).
type place struct{ tenant, typ, attr string }

// index leads from a change to the subscriptions that may want it. It belongs to the write lane.
type index struct {
	ids    map[entity.Key][]*sub
	places map[place][]*sub
	values map[place]map[string]*values // of a place without attribute: by the attribute that must equal something
	round  uint64                       // of the search under way; what sub.seen is compared with
}

// values are the subscriptions that want an attribute to equal a value: a text, a float64 or a bool.
type values struct {
	by  map[any][]*sub
	all []*sub
}

func (x *index) add(s *sub) {
	if x.ids == nil {
		x.ids, x.places, x.values = map[entity.Key][]*sub{}, map[place][]*sub{}, map[place]map[string]*values{}
	}
	x.each(s.rule, func(k entity.Key) { x.ids[k] = append(x.ids[k], s) }, func(p place) { x.places[p] = append(x.places[p], s) }, func(p place) {
		if x.values[p] == nil {
			x.values[p] = map[string]*values{}
		}
		q := s.rule.equal
		v := x.values[p][q.Attr]
		if v == nil {
			v = &values{by: map[any][]*sub{}}
			x.values[p][q.Attr] = v
		}
		v.by[q.Value], v.all = append(v.by[q.Value], s), append(v.all, s)
	})
}

// without takes s out of a list, whose order does not count.
func without(list []*sub, s *sub) []*sub {
	if i := slices.Index(list, s); i >= 0 {
		list[i] = list[len(list)-1]
		list[len(list)-1] = nil
		list = list[:len(list)-1]
	}
	return list
}

// drop takes s out of where its present rule put it.
func (x *index) drop(s *sub) {
	x.each(s.rule, func(k entity.Key) {
		if x.ids[k] = without(x.ids[k], s); len(x.ids[k]) == 0 {
			delete(x.ids, k)
		}
	}, func(p place) {
		if x.places[p] = without(x.places[p], s); len(x.places[p]) == 0 {
			delete(x.places, p)
		}
	}, func(p place) {
		q := s.rule.equal
		v := x.values[p][q.Attr]
		if v.by[q.Value] = without(v.by[q.Value], s); len(v.by[q.Value]) == 0 {
			delete(v.by, q.Value)
		}
		if v.all = without(v.all, s); len(v.all) > 0 {
			return
		}
		if delete(x.values[p], q.Attr); len(x.values[p]) == 0 {
			delete(x.values, p)
		}
	})
}

// each calls back with every key that a rule stands under: an id, or a value that an attribute of a type must equal, or a type and
// a watched attribute. Rules that no change can fire stand under none.
func (x *index) each(r *rule, id func(entity.Key), at, equals func(place)) {
	if r == nil || !r.sub.Active || r.sub.Interval > 0 {
		return
	}
	tenant := r.sub.Tenant
	if r.ids != nil {
		for _, v := range unique(r.ids) {
			id(entity.Key{Tenant: tenant, ID: v})
		}
		return
	}
	types, attrs := unique(r.types), unique(r.sub.Watched)
	if r.types == nil {
		types = []string{""}
	}
	if len(attrs) == 0 {
		attrs = []string{""}
	}
	for _, t := range types {
		if r.equal != nil {
			equals(place{tenant, t, ""})
			continue
		}
		for _, a := range attrs {
			at(place{tenant, t, a})
		}
	}
}

func unique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// scalar gives a value as the index holds it; ok is false where it is no single text, number or truth value that reads plainly.
func scalar(a *entity.Attr) (v any, ok bool) {
	raw := a.Value
	if a.Kind != entity.Property || len(raw) == 0 {
		return nil, false
	}
	switch c := raw[0]; {
	case c == '"':
		text := raw[1 : len(raw)-1]
		return string(text), bytes.IndexByte(text, '\\') < 0
	case c == '-' || c >= '0' && c <= '9':
		f, err := strconv.ParseFloat(string(raw), 64)
		return f, err == nil
	}
	switch string(raw) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return nil, false
}

// find calls fn once for each subscription that may want the change of an entity, whose touched attributes are given.
func (x *index) find(k entity.Key, e *entity.Entity, attrs []string, fn func(*sub)) {
	x.round++
	visit := func(list []*sub) {
		for _, s := range list {
			if s.seen != x.round {
				s.seen = x.round
				fn(s)
			}
		}
	}
	visit(x.ids[k])
	of := func(typ string) {
		visit(x.places[place{k.Tenant, typ, ""}])
		for _, a := range attrs {
			visit(x.places[place{k.Tenant, typ, a}])
		}
		for name, v := range x.values[place{k.Tenant, typ, ""}] {
			for i := range e.Attrs {
				a := &e.Attrs[i]
				if a.Name != name {
					continue
				}
				if key, ok := scalar(a); ok {
					visit(v.by[key])
				} else { // an array, a relationship, several languages: any value may be in it
					visit(v.all)
				}
			}
		}
	}
	of("")
	for _, t := range e.Types {
		of(t)
	}
}
