package entity

import (
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Binding is a number attribute that a system keeps in a series of its own. The entities of the type have it when they are read by Find,
// Search and EachMatch, without its being in their documents.
type Binding struct {
	Attr, UnitCode string
	// Last gives the newest value for the entity of a num; ok is false where there is none. It must not wait for a transaction.
	Last func(ctx context.Context, num int64) (v gauge.Value, ok bool, err error)
	// Range gives the values with from <= time < to, in order.
	Range func(ctx context.Context, num int64, from, to time.Time, fn func(gauge.Value) error) error
}

// FromSeries binds an attribute to a column of a series whose keys are the nums of the entities.
func FromSeries(attr string, t *series.Table, column int) Binding {
	c := gauge.Column{Table: t, Index: column}
	return Binding{Attr: attr, UnitCode: t.Family().Columns[column].Unit, Last: c.Last, Range: c.Range}
}

// Bind gives the entities of a type of the common context attributes from series; it takes the place of an earlier binding of the type.
func (s *Store) Bind(typ string, list []Binding) error {
	for _, b := range list {
		if err := ngsi.CheckName(b.Attr); err != nil {
			return errs.Wrap("bind series to "+typ, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bindings[typ] = slices.Clone(list)
	return nil
}

// Bindings lists what is bound to a type.
func (s *Store) Bindings(typ string) []Binding {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.bindings[typ]
}

// Bound lists the types that an attribute is bound to.
func (s *Store) Bound(attr string) (types []string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for t, list := range s.bindings {
		if slices.ContainsFunc(list, func(b Binding) bool { return b.Attr == attr }) {
			types = append(types, t)
		}
	}
	return types
}

// joinAll joins a list in place.
func (s *Store) joinAll(ctx context.Context, list []*Entity) (err error) {
	for i := range list {
		if list[i], err = s.join(ctx, list[i]); err != nil {
			return err
		}
	}
	return nil
}

// join gives e with the last values of what is bound to its types. An attribute that the document has stays.
func (s *Store) join(ctx context.Context, e *Entity) (*Entity, error) {
	if e.Tenant != "" {
		return e, nil
	}
	joined := e
	for _, t := range e.Types {
		for _, b := range s.Bindings(t) {
			if joined.Attr(b.Attr) != nil {
				continue
			}
			v, ok, err := b.Last(ctx, e.Num)
			if err != nil {
				return nil, errs.Wrap("read "+b.Attr, err)
			}
			if !ok {
				continue
			}
			if joined == e {
				joined = e.Clone()
			}
			a := Attr{Name: b.Attr, Value: v.Number, UnitCode: b.UnitCode, ObservedAt: v.ObservedAt, CreatedAt: e.CreatedAt, ModifiedAt: v.ModifiedAt}
			at, _ := slices.BinarySearchFunc(joined.Attrs, &a, func(x Attr, y *Attr) int { return order(&x, y) })
			joined.Attrs = slices.Insert(joined.Attrs, at, a)
			joined.ModifiedAt = latest(joined.ModifiedAt, v.ModifiedAt)
		}
	}
	return joined, nil
}
