package walk

import (
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/cond"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// maxIDs bounds the ids of one question.
const maxIDs = 1000

// Filter is a question made ready: the tree whose branches are joined by and.
type Filter struct {
	Tenant string
	Owner  string       // "": any
	Conds  []cond.Ready // of a system's query
	Box    *ngsi.Box    // that the location meets
	Select *filter.Selection
	Aged   bool // some candidates may have expired, so that nothing can be told without looking at them

	types []string        // every match has at least one of them; nil: any
	exact bool            // and an entity that has one matches, as far as types go
	ids   map[string]bool // nil: any
	hints []cond.Ready    // that every match fulfils, for narrowing alone
	near  *ngsi.Box       // that every match's location meets, for narrowing alone
}

// Type narrows to one type; "" to none.
func (f *Filter) Type(typ string) {
	if f.exact = true; typ != "" {
		f.types = []string{typ}
	}
}

// IDs narrows to entities by their ids; nil to none.
func (f *Filter) IDs(list []string) error {
	if list == nil {
		return nil
	}
	if len(list) > maxIDs {
		return errs.Say(errs.Invalid, "一次至多查询 %d 个实体标识", "ask for at most %d ids at a time", maxIDs)
	}
	f.ids = make(map[string]bool, len(list))
	for _, id := range list {
		if ngsi.IsURI(id) { // nothing else is an entity's
			f.ids[id] = true
		}
	}
	return nil
}

// Within narrows to those whose location meets a box; nil to none.
func (f *Filter) Within(b *ngsi.Box) error {
	if b != nil && !fair(b) {
		return errs.Say(errs.Invalid, "查询范围 %v 无效：依次为西、南、东、北，单位度", "the box %v is not valid: west, south, east, north, in degrees", *b)
	}
	f.Box, f.near = b, b
	return nil
}

// fair tells whether a box is one; also false where one of its sides is not a number.
func fair(b *ngsi.Box) bool {
	return b[0] >= -180 && b[2] <= 180 && b[1] >= -90 && b[3] <= 90 && b[0] <= b[2] && b[1] <= b[3]
}

// Selected takes a selection of NGSI-LD.
func (f *Filter) Selected(s *filter.Selection) error {
	f.Select, f.exact = s, true
	if err := f.IDs(s.IDs); err != nil {
		return err
	}
	if s.Types != nil && !s.Types.All() {
		f.types = slices.Clone(s.Types.Only())
		if f.exact = f.types != nil; !f.exact {
			f.types = slices.Clone(s.Types.Some())
		}
		slices.Sort(f.types)
		f.types = slices.Compact(f.types)
	}
	for _, q := range s.Equals() {
		if c, err := (cond.Cond{Attr: q.Attr, Op: cond.Eq, Value: q.Value}).Compile(); err == nil {
			f.hints = append(f.hints, c)
		}
	}
	if b, ok := s.Box(); ok && fair(&b) {
		f.near = &b
	}
	return nil
}

// plain tells whether tenant, types and owner alone decide, so that indexes alone can answer.
func (f *Filter) plain() bool {
	s := f.Select
	return !f.Aged && f.exact && f.ids == nil && f.Box == nil && len(f.Conds) == 0 &&
		(s == nil || s.IDPattern == nil && s.Attrs == nil && s.Q == nil && s.Geo == nil && s.Scope == nil)
}

// wants tells which attributes matches looks at.
func (f *Filter) wants(name string) bool {
	return f.Select != nil && f.Select.Wants(name) || f.Box != nil && name == locationAttr ||
		slices.ContainsFunc(f.Conds, func(c cond.Ready) bool { return c.Attr == name })
}

// Matches is the evaluator: it alone decides whether an entity is part of the answer.
func (f *Filter) Matches(e *ngsi.Entity) bool {
	if e.Tenant != f.Tenant || f.Owner != "" && e.Owner != f.Owner || f.ids != nil && !f.ids[e.ID] ||
		f.exact && f.types != nil && !slices.ContainsFunc(f.types, func(t string) bool { return slices.Contains(e.Types, t) }) {
		return false
	}
	for i := range f.Conds {
		if !f.Conds[i].Matches(e) {
			return false
		}
	}
	return (f.Select == nil || f.Select.Match(e)) && (f.Box == nil || within(e, *f.Box))
}

// within tells whether an instance of the entity's location meets a box; of what is not a point its bounding rectangle does.
func within(e *ngsi.Entity, b ngsi.Box) bool {
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Name != locationAttr {
			continue
		}
		if _, box, ok := a.Bounds(); ok && box.Meets(b) {
			return true
		}
	}
	return false
}
