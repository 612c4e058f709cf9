package entity

import (
	"github.com/haihe-city/haihe/kernel/entity/cond"
	"github.com/haihe-city/haihe/kernel/entity/walk"
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

// compile checks a Query.
func (q *Query) compile() (*walk.Filter, error) {
	f := &walk.Filter{Owner: q.Owner}
	f.Type(q.Type)
	if err := f.IDs(q.IDs); err != nil {
		return nil, err
	}
	if err := f.Within(q.Box); err != nil {
		return nil, err
	}
	for _, c := range q.Where {
		ready, err := c.Compile()
		if err != nil {
			return nil, err
		}
		f.Conds = append(f.Conds, ready)
	}
	return f, nil
}
