package entity

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/kernel/entity/walk"
	"github.com/haihe-city/haihe/store"
)

// Query selects entities. Order is by Num (creation).
type Query struct {
	Type  string // one of the entity's types
	IDs   []string
	Owner string
	Where []Cond
	Box   *Box   // where the attribute location lies
	After string // cursor
	Limit int    // 1..1000, 20 where 0
	Count bool   // fill Page.Total
	Desc  bool
}

// Page is a page of a query's answer.
type Page struct {
	Entities []*Entity
	Next     string // cursor, "" at the end
	Total    int64  // exact; -1 where not asked
}

// Query answers q, all of it from one snapshot. The evaluator decides; SQL only narrows. The total of a query by type and
// owner alone is maintained; of any other one it costs a walk over the candidates.
func (s *Store) Query(ctx context.Context, q Query) (Page, error) {
	p := Page{Total: -1}
	f, err := q.compile()
	if err != nil {
		return p, err
	}
	limit, err := walk.Limit(q.Limit)
	if err != nil {
		return p, err
	}
	from, err := start(q)
	if err != nil {
		return p, err
	}
	err = s.read(ctx, func(tx *store.Tx) (err error) {
		p.Entities = nil
		if f.Aged, err = s.aged(tx); err != nil {
			return err
		}
		w := walk.New(s, tx, f, from, q.Desc, limit+1)
		for len(p.Entities) <= limit {
			e, err := w.Next(true)
			if err != nil {
				return err
			}
			if e == nil {
				break
			}
			p.Entities = append(p.Entities, e)
		}
		if q.Count {
			p.Total, err = walk.Total(s, tx, f)
		}
		return err
	})
	if err != nil {
		return Page{Total: -1}, errs.Wrap("query entities", err)
	}
	if len(p.Entities) > limit {
		p.Entities = p.Entities[:limit]
		p.Next = walk.Cursor(p.Entities[limit-1].Num)
	}
	return p, nil
}

// start is the num that a query begins behind.
func start(q Query) (int64, error) {
	if q.After != "" {
		return walk.After(q.After)
	}
	return walk.First(q.Desc), nil
}

// Each streams every match in order without paging; q.After is where it begins, q.Limit and q.Count do not count. It reads
// batch by batch, so fn may take its time and may write: what exists throughout is seen once, what comes or goes meanwhile
// is seen or not.
func (s *Store) Each(ctx context.Context, q Query, fn func(*Entity) error) error {
	f, err := q.compile()
	if err != nil {
		return err
	}
	from, err := start(q)
	if err != nil {
		return err
	}
	return s.each(ctx, s, f, from, q.Desc, fn)
}

func (s *Store) each(ctx context.Context, source walk.Source, f *walk.Filter, from int64, desc bool, fn func(*Entity) error) error {
	for {
		var found []*Entity
		end := false
		err := s.read(ctx, func(tx *store.Tx) error {
			found = nil
			w := walk.New(source, tx, f, from, desc, eachBatch)
			for len(found) < eachBatch && w.Read() < eachReads {
				e, err := w.Next(true)
				if err != nil {
					return err
				}
				if e == nil {
					end = true
					break
				}
				found = append(found, e)
			}
			from = w.Last()
			return nil
		})
		if err != nil {
			return errs.Wrap("read entities", err)
		}
		for _, e := range found {
			if err := fn(e); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
	}
}

// Each gives its snapshot up after so many matches, or after so many candidates.
const (
	eachBatch = 500
	eachReads = 20000
)

// Count is the maintained number of entities of a type ("" owner: all owners; "" type: all types).
func (s *Store) Count(ctx context.Context, typ, owner string) (n int64, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		n, err = tx.Count(names.CountOf, names.CountKey("", typ, owner))
		return err
	})
	return n, errs.Wrap("count entities", err)
}
