package subscription

import (
	"slices"

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
	types     []string // any of them; nil: not known
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
	return r, nil
}

// place is a key of the index: subscriptions to a type ("": any) and a changed attribute ("": any).
type place struct{ tenant, typ, attr string }

// index leads from a change to the subscriptions that may want it. It belongs to the write lane.
type index struct {
	ids    map[entity.Key][]*sub
	places map[place][]*sub
	round  uint64 // of the search under way; what sub.seen is compared with
}

func (x *index) add(s *sub) {
	if x.ids == nil {
		x.ids, x.places = map[entity.Key][]*sub{}, map[place][]*sub{}
	}
	x.each(s.rule, func(k entity.Key) { x.ids[k] = append(x.ids[k], s) }, func(p place) { x.places[p] = append(x.places[p], s) })
}

// drop takes s out of where its present rule put it.
func (x *index) drop(s *sub) {
	without := func(list []*sub) []*sub {
		if i := slices.Index(list, s); i >= 0 {
			list[i] = list[len(list)-1]
			list[len(list)-1] = nil
			list = list[:len(list)-1]
		}
		return list
	}
	x.each(s.rule, func(k entity.Key) {
		if x.ids[k] = without(x.ids[k]); len(x.ids[k]) == 0 {
			delete(x.ids, k)
		}
	}, func(p place) {
		if x.places[p] = without(x.places[p]); len(x.places[p]) == 0 {
			delete(x.places, p)
		}
	})
}

// each calls back with every key that a rule stands under. Rules that no change can fire stand under none.
func (x *index) each(r *rule, id func(entity.Key), at func(place)) {
	if r == nil || !r.sub.Active || r.sub.Interval > 0 {
		return
	}
	tenant := r.sub.Tenant
	if r.ids != nil {
		for i, v := range r.ids {
			if !slices.Contains(r.ids[:i], v) {
				id(entity.Key{Tenant: tenant, ID: v})
			}
		}
		return
	}
	types, attrs := r.types, r.sub.Watched
	if types == nil {
		types = []string{""}
	}
	if len(attrs) == 0 {
		attrs = []string{""}
	}
	for i, t := range types {
		if slices.Contains(types[:i], t) {
			continue
		}
		for j, a := range attrs {
			if !slices.Contains(attrs[:j], a) {
				at(place{tenant, t, a})
			}
		}
	}
}

// find calls fn once for each subscription that may want the change of an entity whose types and touched attributes are given.
func (x *index) find(k entity.Key, types, attrs []string, fn func(*sub)) {
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
	}
	of("")
	for _, t := range types {
		of(t)
	}
}
