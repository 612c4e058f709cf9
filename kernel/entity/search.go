package entity

import (
	"context"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/filter"
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

// maxIDs bounds the ids of one question.
const maxIDs = 1000

// sieve makes a selection ready.
func (q *Search) sieve() (*sieve, error) {
	f := &sieve{tenant: q.Tenant, sel: q.Select}
	if q.Select == nil {
		f.sel = &filter.Selection{}
	}
	if q.Offset < 0 || q.Limit < 0 || q.Limit > 1000 {
		return nil, errs.Say(errs.Invalid, "每页条数须在 0 至 1000 之间，且起始位置不得为负", "ask for 0 to 1000 at a time, from an offset that is not negative")
	}
	if err := checkTenant(q.Tenant); err != nil {
		return nil, err
	}
	if f.sel.IDs != nil {
		if len(f.sel.IDs) > maxIDs {
			return nil, errs.Say(errs.Invalid, "一次至多查询 %d 个实体标识", "ask for at most %d ids at a time", maxIDs)
		}
		f.ids = map[string]bool{}
		for _, id := range f.sel.IDs {
			f.ids[id] = true
		}
	}
	if f.sel.Types != nil {
		if only := f.sel.Types.Only(); len(only) == 1 {
			f.typ = only[0]
		}
	}
	return f, nil
}

// Search answers one page, ordered by num. What has expired is not there.
func (s *Store) Search(ctx context.Context, q Search) (Page, error) {
	p := Page{Total: -1}
	f, err := q.sieve()
	if err != nil {
		return p, err
	}
	from := first(false)
	if q.After != "" {
		if from, err = uncursor(q.After); err != nil {
			return p, err
		}
	}
	var skip int64
	err = s.read(ctx, func(tx *store.Tx) error {
		p.Entities, skip = nil, q.Offset
		if q.After != "" {
			skip = 0
		}
		w := s.walk(tx, f, from, false, q.Limit+1)
		for q.Limit > 0 && len(p.Entities) <= q.Limit {
			e, err := w.next(skip == 0)
			if err != nil {
				return err
			}
			if e == nil {
				break
			}
			if skip > 0 {
				skip--
				continue
			}
			p.Entities = append(p.Entities, e)
		}
		if q.Count {
			p.Total, err = s.total(tx, f)
		}
		return err
	})
	if err != nil {
		return Page{Total: -1}, errs.Wrap("search entities", err)
	}
	if len(p.Entities) > q.Limit {
		p.Entities = p.Entities[:q.Limit]
		p.Next = store.Cursor(strconv.FormatInt(p.Entities[q.Limit-1].Num, 10))
	}
	return p, nil
}

// EachMatch streams every match, as Each does.
func (s *Store) EachMatch(ctx context.Context, tenant string, sel *filter.Selection, fn func(*Entity) error) error {
	f, err := (&Search{Tenant: tenant, Select: sel}).sieve()
	if err != nil {
		return err
	}
	return s.each(ctx, f, first(false), false, fn)
}
