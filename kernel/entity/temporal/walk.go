package temporal

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/store"
)

// candidate is an entity that may be part of an answer.
type candidate struct {
	num   int64
	key   entity.Key
	known *known // nil: not looked up yet
}

// walk steps through candidates in order of num: entities of the current state, and those that only the history knows, as one.
type walk struct {
	s     *Store
	ctx   context.Context
	q     *inquiry
	types []string // narrows; nil: any
	last  int64

	current, past stream
}

// stream is one of the two, read in pieces.
type stream struct {
	list  []candidate
	after int64
	done  bool
}

const walkPiece = 100

func (s *Store) walk(ctx context.Context, q *inquiry, after int64) *walk {
	w := &walk{s: s, ctx: ctx, q: q, last: after}
	w.current.after, w.past.after = after, after
	if q.Select != nil && q.Select.Types != nil {
		w.types = q.Select.Types.Only()
	}
	return w
}

// next gives the next candidate, nil at the end.
func (w *walk) next() (*candidate, error) {
	if err := w.fill(&w.current, w.readCurrent); err != nil {
		return nil, err
	}
	if err := w.fill(&w.past, w.readPast); err != nil {
		return nil, err
	}
	a, b := &w.current, &w.past
	switch {
	case len(a.list) == 0 && len(b.list) == 0:
		return nil, nil
	case len(b.list) == 0 || len(a.list) > 0 && a.list[0].num < b.list[0].num:
	case len(a.list) > 0 && a.list[0].num == b.list[0].num:
		a.list = a.list[1:] // the history's own knows more
		a = b
	default:
		a = b
	}
	c := a.list[0]
	a.list = a.list[1:]
	w.last = c.num
	return &c, nil
}

func (w *walk) fill(s *stream, read func(after int64) ([]candidate, bool, error)) error {
	for len(s.list) == 0 && !s.done {
		list, more, err := read(s.after)
		if err != nil {
			return err
		}
		s.list, s.done = list, !more
		if len(list) > 0 {
			s.after = list[len(list)-1].num
		}
	}
	return nil
}

// coarse is what of the selection does not depend on instances.
func (w *walk) coarse() *filter.Selection {
	if w.q.Select == nil {
		return nil
	}
	return &filter.Selection{IDs: w.q.Select.IDs, IDPattern: w.q.Select.IDPattern, Types: w.q.Select.Types}
}

func (w *walk) readCurrent(after int64) (list []candidate, more bool, err error) {
	p, err := w.s.e.Search(w.ctx, entity.Search{Tenant: w.q.Tenant, Select: w.coarse(), After: cursor(after), Limit: walkPiece})
	if err != nil {
		return nil, false, err
	}
	for _, e := range p.Entities {
		list = append(list, candidate{num: e.Num, key: entity.Key{Tenant: e.Tenant, ID: e.ID}})
	}
	return list, p.Next != "", nil
}

func cursor(num int64) string { return store.Cursor(strconv.FormatInt(num, 10)) }

func uncursor(token string) (int64, error) {
	parts, err := store.Uncursor(token, 1)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return 0, errs.Say(errs.Invalid, "翻页标记无效，请从第一页重新查询", "the page cursor is not valid; start again from the first page")
	}
	return n, nil
}

func (w *walk) readPast(after int64) (list []candidate, more bool, err error) {
	err = w.s.db.Read(w.ctx, func(tx *store.Tx) error {
		switch {
		case w.q.Select != nil && w.q.Select.IDs != nil:
			list, err = w.pastByID(tx, after)
		case w.types != nil:
			for _, t := range w.types {
				id, err := w.s.e.TypeID(tx, w.q.Tenant, t, false)
				if err != nil {
					return err
				}
				if id == 0 { // nothing was ever called so
					continue
				}
				part, err := w.pastRows(tx, qEntityType, id, after)
				if err != nil {
					return err
				}
				more = more || len(part) == walkPiece
				list = append(list, part...)
			}
		default:
			list, err = w.pastRows(tx, qEntityWalk, w.q.Tenant, after)
			more = len(list) == walkPiece
		}
		return err
	})
	slices.SortFunc(list, func(a, b candidate) int { return cmp.Compare(a.num, b.num) })
	list = slices.CompactFunc(list, func(a, b candidate) bool { return a.num == b.num })
	if more && len(list) > walkPiece { // beyond the first piece of all types, one of them may lack some
		list = list[:walkPiece]
	}
	return list, more, err
}

// pastRows reads a piece of temporal_entity.
func (w *walk) pastRows(tx *store.Tx, q store.Stmt, of any, after int64) ([]candidate, error) {
	return w.s.candidates(tx, w.q.Tenant, q, of, after, walkPiece)
}

func (s *Store) candidates(tx *store.Tx, tenant string, q store.Stmt, args ...any) ([]candidate, error) {
	type stored struct {
		k                          known
		created, modified, deleted int64
		doc                        []byte
	}
	var rows []stored
	err := tx.Each(q, args, func(scan func(...any) error) error {
		var r stored
		err := scan(&r.k.num, &r.k.key.ID, &r.k.owner, &r.created, &r.modified, &r.deleted, &r.doc)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return nil, errs.Wrap("find histories", err)
	}
	out := make([]candidate, len(rows))
	for i := range rows {
		k := &rows[i].k
		k.key.Tenant = tenant
		if err := s.fill(tx, k, rows[i].created, rows[i].modified, rows[i].deleted, rows[i].doc); err != nil {
			return nil, err
		}
		out[i] = candidate{num: k.num, key: k.key, known: k}
	}
	return out, nil
}

func (w *walk) pastByID(tx *store.Tx, after int64) (list []candidate, err error) {
	for _, id := range w.q.Select.IDs {
		num, _, err := w.s.e.NumOf(tx, entity.Key{Tenant: w.q.Tenant, ID: id})
		if err != nil {
			return nil, err
		}
		if num <= after {
			continue
		}
		part, err := w.s.candidates(tx, w.q.Tenant, qEntityByNum, num)
		if err != nil {
			return nil, err
		}
		list = append(list, part...)
	}
	return list, nil
}

// Query answers a temporal query: entities that match, in order of num, with the instances in the span.
func (s *Store) Query(ctx context.Context, a Ask) (Page, error) {
	p := Page{Total: -1}
	q, err := a.ready()
	if err != nil {
		return p, err
	}
	after := int64(0)
	if a.After != "" {
		if after, err = uncursor(a.After); err != nil {
			return p, err
		}
		q.Offset = 0
	}
	if a.Order != "" {
		return s.ordered(ctx, q)
	}
	list, total, err := s.collect(ctx, q, after)
	if err != nil {
		return p, errs.Wrap("query histories", err)
	}
	if len(list) > q.Limit {
		list = list[:q.Limit]
		if q.Limit > 0 {
			p.Next = cursor(list[q.Limit-1].num)
		}
	}
	if q.Count {
		if p.Total = total; after > 0 { // those before the cursor count too
			_, p.Total, err = s.collect(ctx, q, 0)
			if err != nil {
				return p, errs.Wrap("count histories", err)
			}
		}
	}
	return p, errs.Wrap("query histories", q.page(&p, list))
}

// collect gathers the matches of a page and one more; total counts all of them where that is asked for.
func (s *Store) collect(ctx context.Context, q *inquiry, after int64) (list []*found, total int64, err error) {
	w := s.walk(ctx, q, after)
	brief := *q // to tell whether an entity matches, one instance does
	if !q.tests() {
		brief.methods, brief.PageSize, brief.LastN = nil, 1, 0
	}
	for {
		if len(list) > q.Limit && !q.Count {
			return list, total, nil
		}
		c, err := w.next()
		if c == nil || err != nil {
			return list, total, err
		}
		how := q
		if total < q.Offset || len(list) > q.Limit {
			how = &brief
		}
		f, err := s.read(ctx, how, c, false)
		if err != nil {
			return list, total, err
		}
		if f == nil {
			continue
		}
		if total++; total > q.Offset && len(list) <= q.Limit {
			list = append(list, f)
		}
	}
}

// ordered answers in order of ids (T11): the ids of all matches are gathered first.
func (s *Store) ordered(ctx context.Context, q *inquiry) (Page, error) {
	p := Page{Total: -1}
	all := *q
	if !q.tests() {
		all.methods, all.PageSize, all.LastN = nil, 1, 0
	}
	var matches []candidate
	for w := s.walk(ctx, q, 0); ; {
		c, err := w.next()
		if err != nil {
			return p, err
		}
		if c == nil {
			break
		}
		f, err := s.read(ctx, &all, c, false)
		if err != nil {
			return p, err
		}
		if f != nil {
			matches = append(matches, *c)
		}
	}
	slices.SortFunc(matches, func(a, b candidate) int {
		if q.Order == "-id" {
			a, b = b, a
		}
		return cmp.Compare(a.key.ID, b.key.ID)
	})
	if q.Count {
		p.Total = int64(len(matches))
	}
	matches = matches[min(int64(len(matches)), q.Offset):]
	var list []*found
	for i := range matches[:min(len(matches), q.Limit)] {
		f, err := s.read(ctx, q, &matches[i], false)
		if err != nil {
			return p, err
		}
		if f != nil {
			list = append(list, f)
		}
	}
	return p, q.page(&p, list)
}
