package entity

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/kernel/entity/walk"
	"github.com/haihe-city/haihe/store"
)

// Search is a Query in NGSI-LD's terms.
type Search struct {
	Tenant string
	Select *filter.Selection
	After  string // cursor
	Offset int64  // from the beginning, where After is ""
	Limit  int    // 0..1000 (0 with Count only)
	Count  bool
}

// filter makes a selection ready.
func (s *Store) filter(tenant string, sel *filter.Selection) (*walk.Filter, error) {
	if err := names.CheckTenant(tenant); err != nil {
		return nil, err
	}
	f := &walk.Filter{Tenant: tenant}
	if sel == nil {
		sel = new(filter.Selection)
	}
	return f, f.Selected(sel)
}

// Search answers one page, ordered by num, all of it from one snapshot. What has expired is not there. The evaluator decides, SQL only
// narrows: by ids, types, indexed attributes and grid cells. The total of a query by one type is maintained, that of any other costs a
// walk over its candidates; an offset of a query by types alone is passed over along the index. The entities are shared and never to be
// written to.
func (s *Store) Search(ctx context.Context, q Search) (Page, error) {
	p := Page{Total: -1}
	if q.Offset < 0 || q.Limit < 0 || q.Limit > 1000 {
		return p, errs.Say(errs.Invalid, "每页条数须在 0 至 1000 之间，且起始位置不得为负", "ask for 0 to 1000 at a time, from an offset that is not negative")
	}
	f, err := s.filter(q.Tenant, q.Select)
	if err != nil {
		return p, err
	}
	from, skip := walk.First(false), q.Offset
	if q.After != "" {
		if from, err = walk.After(q.After); err != nil {
			return p, err
		}
		skip = 0
	}
	err = s.read(ctx, func(tx *store.Tx) (err error) {
		p.Entities = nil
		if f.Aged, err = s.aged(tx); err != nil {
			return err
		}
		if q.Limit > 0 {
			if p.Entities, err = page(walk.New(shared{s}, tx, f, from, false, q.Limit+1), skip, q.Limit+1); err != nil {
				return err
			}
		}
		if q.Count {
			p.Total, err = walk.Total(shared{s}, tx, f)
		}
		return err
	})
	if err == nil && len(p.Entities) > q.Limit {
		p.Entities = p.Entities[:q.Limit]
		p.Next = walk.Cursor(p.Entities[q.Limit-1].Num)
	}
	if err == nil {
		err = s.joinAll(ctx, p.Entities)
	}
	if err != nil {
		return Page{Total: -1}, errs.Wrap("search entities", err)
	}
	return p, nil
}

// page takes n matches after those that are skipped.
func page(w *walk.Walk, skip int64, n int) (list []*Entity, err error) {
	if err := w.Skip(skip); err != nil {
		return nil, err
	}
	for len(list) < n {
		e, err := w.Next(true)
		if e == nil || err != nil {
			return list, err
		}
		list = append(list, e)
	}
	return list, nil
}

// EachMatch streams every match, as Each does.
func (s *Store) EachMatch(ctx context.Context, tenant string, sel *filter.Selection, fn func(*Entity) error) error {
	f, err := s.filter(tenant, sel)
	if err != nil {
		return err
	}
	return s.each(ctx, shared{s}, f, walk.First(false), false, func(e *Entity) error {
		e, err := s.join(ctx, e)
		if err != nil {
			return err
		}
		return fn(e)
	})
}

// shared is the source of what is handed out shared: from memory where it is there, with what is bound to it where that decides.
type shared struct{ *Store }

// Decode is that of a Search.
func (s shared) Decode(tx *store.Tx, r *walk.Row, want func(string) bool) (*Entity, error) {
	if e := s.Held(r); e != nil {
		return s.bound(tx.Context(), e, want)
	}
	e, err := s.Store.Decode(tx, r, want)
	if err != nil {
		return nil, err
	}
	return s.bound(tx.Context(), e, want)
}

// Held gives an entity from memory, where it is there as the row has it, all of it is there still, and nothing is bound to it.
func (s shared) Held(r *walk.Row) *Entity {
	if s.shared {
		return nil
	}
	tenant, id := names.Apart(r.ID)
	e, held, _ := s.memory.Get(Key{tenant, id})
	if !held || e.Num != r.Num || e.Version != r.Version || expiry(e) != 0 {
		return nil
	}
	for _, t := range e.Types {
		if tenant == "" && len(s.Bindings(t)) > 0 {
			return nil
		}
	}
	return e
}

// bound joins what is bound where a condition looks at it.
func (s *Store) bound(ctx context.Context, e *Entity, want func(string) bool) (*Entity, error) {
	if e == nil || want == nil || e.Tenant != "" {
		return e, nil
	}
	for _, t := range e.Types {
		for _, b := range s.Bindings(t) {
			if want(b.Attr) {
				return s.join(ctx, e)
			}
		}
	}
	return e, nil
}

// Decode makes the entity of a row as readers see it, nil where it has expired; it is the caller's.
func (s *Store) Decode(tx *store.Tx, r *walk.Row, want func(string) bool) (*Entity, error) {
	e, err := s.entity(tx, r, want)
	if err != nil {
		return nil, err
	}
	return s.visible(e), nil
}

// Keys gives the index keys of a type's attributes.
func (s *Store) Keys(typ string) map[string]int64 { return s.index.Keys(typ) }

// Held gives nothing: what Query and Get give is the caller's.
func (s *Store) Held(*walk.Row) *Entity { return nil }

// Least is what a walk may gather in any case.
func (s *Store) Least() int64 { return s.least }
