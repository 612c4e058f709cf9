package entity

import (
	"context"
	"slices"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/walk"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// mark is an indexed attribute of a type. Every entity of the type has its values in the index while the mark stands; a mark
// that is not ready is kept up by writes and not yet asked by queries.
type mark struct {
	key   int64
	attr  string
	ready bool
}

func (s *Store) loadMarks(tx *store.Tx) error {
	type stored struct {
		key, typ, attr int64
		ready          bool
	}
	var rows []stored
	err := tx.Each(qIndexAll, nil, func(scan func(...any) error) error {
		var r stored
		err := scan(&r.key, &r.typ, &r.attr, &r.ready)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return err
	}
	name := s.names.Of(tx)
	for _, r := range rows {
		typ, ok := name(r.typ)
		attr, also := name(r.attr)
		if ok && also {
			s.marks[typ] = append(s.marks[typ], mark{r.key, attr, r.ready})
		}
	}
	return nil
}

// Keys gives the index keys of a type's attributes that queries may ask.
func (s *Store) Keys(typ string) map[string]int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var keys map[string]int64
	for _, m := range s.marks[typ] {
		if m.ready {
			if keys == nil {
				keys = map[string]int64{}
			}
			keys[m.attr] = m.key
		}
	}
	return keys
}

// entry is one row of an index.
type entry struct {
	key    int64
	number bool
	text   string
	value  float64
}

// entries lists the rows that an entity has in the indexes of its types.
func (s *Store) entries(e *Entity, only int64) (out []entry) {
	if e == nil || e.Tenant != "" { // the models are those of the common context
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, t := range e.Types {
		for _, m := range s.marks[t] {
			if only != 0 && m.key != only {
				continue
			}
			for i := range e.Attrs {
				if e.Attrs[i].Name != m.attr {
					continue
				}
				e.Attrs[i].Scalars(func(v ngsi.Scalar) bool {
					r := entry{key: m.key}
					switch v.Class {
					case ngsi.Text:
						r.text = walk.IndexText(v.Text)
					case ngsi.Bool:
						r.text = strconv.FormatBool(v.Bool)
					case ngsi.Number:
						r.number, r.value = true, v.Number+0
					default:
						return true
					}
					if !slices.Contains(out, r) {
						out = append(out, r)
					}
					return true
				})
			}
		}
	}
	return out
}

// accountIndex brings the indexes from what an item was to what it is.
func (b *batch) accountIndex(it *item, to *beside) error {
	before, after := b.s.entries(it.was.e, 0), b.s.entries(it.e, 0)
	var fresh []entry
	for _, r := range after {
		if !slices.Contains(before, r) {
			fresh = append(fresh, r)
		}
	}
	for _, r := range before {
		if slices.Contains(after, r) {
			continue
		}
		// A value that takes the place of another is one statement rather than two: on PostgreSQL each is a round trip.
		i := slices.IndexFunc(fresh, func(f entry) bool { return f.key == r.key && f.number == r.number })
		if i < 0 {
			if err := r.write(b.tx, qTextDel, qNumberDel, it.num); err != nil {
				return err
			}
			continue
		}
		if err := r.write(b.tx, qTextSet, qNumberSet, it.num, fresh[i].arg()); err != nil {
			return err
		}
		fresh = slices.Delete(fresh, i, i+1)
	}
	for _, r := range fresh {
		if r.number {
			to.numbers = append(to.numbers, r.key, r.value, it.num)
		} else {
			to.texts = append(to.texts, r.key, r.text, it.num)
		}
	}
	return nil
}

// marked tells whether an attribute is indexed for a type of e: then its value has to be in the document.
func (s *Store) marked(e *Entity, attr string) bool {
	if e.Tenant != "" {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, t := range e.Types {
		for _, m := range s.marks[t] {
			if m.attr == attr {
				return true
			}
		}
	}
	return false
}

func (r *entry) arg() any {
	if r.number {
		return r.value
	}
	return r.text
}

func (r *entry) write(tx *store.Tx, text, number store.Stmt, num int64, more ...any) error {
	if r.number {
		text = number
	}
	_, err := tx.Exec(text, append([]any{r.key, r.arg(), num}, more...)...)
	return err
}

// setMarks brings the indexes of a type to the attributes given: drops those that are marked no more, fills those that are new.
func (s *Store) setMarks(ctx context.Context, typ string, attrs []string) error {
	var dropped, fresh []int64
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		dropped, fresh = nil, nil
		id, err := s.names.Intern(tx, typ, true)
		if err != nil {
			return err
		}
		s.mu.RLock()
		marks := slices.Clone(s.marks[typ])
		s.mu.RUnlock()
		marks = slices.DeleteFunc(marks, func(m mark) bool {
			gone := !slices.Contains(attrs, m.attr)
			if gone {
				dropped = append(dropped, m.key)
			} else if !m.ready {
				fresh = append(fresh, m.key)
			}
			return gone
		})
		for _, a := range attrs {
			if slices.ContainsFunc(marks, func(m mark) bool { return m.attr == a }) {
				continue
			}
			m, err := s.addMark(tx, id, a)
			if err != nil {
				return err
			}
			marks, fresh = append(marks, m), append(fresh, m.key)
		}
		for _, key := range dropped {
			for _, q := range []store.Stmt{qIndexDel, qTextDelKey, qNumberDelKey} {
				if _, err := tx.Exec(q, key); err != nil {
					return err
				}
			}
		}
		tx.OnCommit(func() { s.putMarks(typ, marks) })
		return nil
	})
	if err != nil || len(fresh) == 0 {
		return err
	}
	for _, key := range fresh {
		if err := s.fill(ctx, typ, key); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) addMark(tx *store.Tx, typ int64, attr string) (mark, error) {
	key, err := tx.Next(seqIndex)
	if err != nil {
		return mark{}, err
	}
	name, err := s.names.Intern(tx, attr, true)
	if err != nil {
		return mark{}, err
	}
	_, err = tx.Exec(qIndexAdd, key, typ, name)
	return mark{key: key, attr: attr}, err
}

func (s *Store) putMarks(typ string, marks []mark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks[typ] = marks
}

// fill enters the entities that were there before a mark, piece by piece beside other writers, and makes the mark ready.
func (s *Store) fill(ctx context.Context, typ string, key int64) error {
	f := new(walk.Filter)
	f.Type(typ)
	for from, more := walk.First(false), true; more; {
		err := s.db.Write(ctx, func(tx *store.Tx) error {
			w := walk.New(s, tx, f, from, false, eachBatch)
			for range eachBatch {
				e, err := w.Next(true)
				if err != nil {
					return err
				}
				if more = e != nil; !more {
					break
				}
				for _, r := range s.entries(e, key) {
					if err := r.write(tx, qTextAdd, qNumberAdd, e.Num); err != nil {
						return err
					}
				}
			}
			from = w.Last()
			return nil
		})
		if err != nil {
			return errs.Wrap("index "+typ, err)
		}
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qIndexReady, key)
		tx.OnCommit(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			marks := slices.Clone(s.marks[typ])
			for i := range marks {
				if marks[i].key == key {
					marks[i].ready = true
				}
			}
			s.marks[typ] = marks
		})
		return err
	})
}
