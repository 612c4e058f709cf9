package entity

import (
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/cond"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// The conditions of a Query are those of package cond.
type (
	// Op is a comparison of a Cond.
	Op = cond.Op
	// Cond compares an attribute's value; the conditions of a Query are joined by and.
	Cond = cond.Cond
)

// The comparisons, as package cond describes them.
const (
	Eq       = cond.Eq
	Ne       = cond.Ne
	Lt       = cond.Lt
	Le       = cond.Le
	Gt       = cond.Gt
	Ge       = cond.Ge
	Has      = cond.Has
	Prefix   = cond.Prefix
	Contains = cond.Contains
)

// sieve is a Query made ready: the tree whose branches are joined by and.
type sieve struct {
	tenant     string
	typ, owner string
	sel        *filter.Selection // of a Search
	ids        map[string]bool   // nil: any
	conds      []cond.Ready
	box        *Box
}

// compile checks a Query.
func (q *Query) compile() (*sieve, error) {
	f := &sieve{typ: q.Type, owner: q.Owner, box: q.Box}
	if q.IDs != nil {
		if len(q.IDs) > 1000 {
			return nil, errs.Say(errs.Invalid, "一次至多查询 1000 个实体标识", "ask for at most 1000 ids at a time")
		}
		f.ids = map[string]bool{}
		for _, id := range q.IDs {
			if ngsi.IsURI(id) { // nothing else is an entity's
				f.ids[id] = true
			}
		}
	}
	if b := q.Box; b != nil {
		ok := b[0] >= -180 && b[2] <= 180 && b[1] >= -90 && b[3] <= 90 && b[0] <= b[2] && b[1] <= b[3]
		if !ok { // also where one is not a number
			return nil, errs.Say(errs.Invalid, "查询范围 %v 无效：依次为西、南、东、北，单位度", "the box %v is not valid: west, south, east, north, in degrees", *b)
		}
	}
	for _, c := range q.Where {
		ready, err := c.Compile()
		if err != nil {
			return nil, err
		}
		f.conds = append(f.conds, ready)
	}
	return f, nil
}

// plain tells whether type and owner alone decide, so that the maintained counts hold.
func (f *sieve) plain() bool {
	return f.ids == nil && f.box == nil && len(f.conds) == 0 && (f.sel == nil || f.sel.IDPattern == nil && f.sel.Attrs == nil &&
		f.sel.Q == nil && f.sel.Geo == nil && f.sel.Scope == nil && (f.sel.Types == nil || f.typ != "" || f.sel.Types.All()))
}

// wants tells which attributes matches looks at.
func (f *sieve) wants(name string) bool {
	return f.sel != nil && f.sel.Wants(name) || f.box != nil && name == locationAttr ||
		slices.ContainsFunc(f.conds, func(c cond.Ready) bool { return c.Attr == name })
}

// matches is the evaluator: it alone decides whether an entity is part of the answer.
func (f *sieve) matches(e *Entity) bool {
	if e.Tenant != f.tenant || f.typ != "" && !slices.Contains(e.Types, f.typ) || f.owner != "" && e.Owner != f.owner || f.ids != nil && !f.ids[e.ID] {
		return false
	}
	for i := range f.conds {
		if !f.conds[i].Matches(e) {
			return false
		}
	}
	if f.sel != nil && !f.plain() && !f.sel.Match(e) {
		return false
	}
	return f.box == nil || f.within(e)
}

// within tells whether an instance of the entity's location meets the box; of what is not a point its bounding rectangle does.
func (f *sieve) within(e *Entity) bool {
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Name != locationAttr {
			continue
		}
		if _, box, ok := a.Bounds(); ok && box.Meets(*f.box) {
			return true
		}
	}
	return false
}
