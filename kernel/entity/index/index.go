package index

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/kernel/entity/walk"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

var (
	qAll          = store.Q("entity.index.all", `SELECT key, type, attr, ready FROM entity_index`)
	qAdd          = store.Q("entity.index.add", `INSERT INTO entity_index (key, type, attr, ready) VALUES ($1, $2, $3, FALSE)`)
	qReady        = store.Q("entity.index.ready", `UPDATE entity_index SET ready = TRUE WHERE key = $1`)
	qDel          = store.Q("entity.index.del", `DELETE FROM entity_index WHERE key = $1`)
	qTextAdd      = store.Q("entity.text.add", `INSERT INTO entity_text (key, value, num) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`)
	qTextDel      = store.Q("entity.text.del", `DELETE FROM entity_text WHERE key = $1 AND value = $2 AND num = $3`)
	qTextSet      = store.Q("entity.text.set", `UPDATE entity_text SET value = $4 WHERE key = $1 AND value = $2 AND num = $3`)
	qTextDelKey   = store.Q("entity.text.del.key", `DELETE FROM entity_text WHERE key = $1`)
	qNumberAdd    = store.Q("entity.number.add", `INSERT INTO entity_number (key, value, num) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`)
	qNumberDel    = store.Q("entity.number.del", `DELETE FROM entity_number WHERE key = $1 AND value = $2 AND num = $3`)
	qNumberSet    = store.Q("entity.number.set", `UPDATE entity_number SET value = $4 WHERE key = $1 AND value = $2 AND num = $3`)
	qNumberDelKey = store.Q("entity.number.del.key", `DELETE FROM entity_number WHERE key = $1`)

	bulkText   = store.NewBulk("entity.text.add", `INSERT INTO entity_text (key, value, num)`, 3, `ON CONFLICT DO NOTHING`)
	bulkNumber = store.NewBulk("entity.number.add", `INSERT INTO entity_number (key, value, num)`, 3, `ON CONFLICT DO NOTHING`)
)

const (
	sequence   = "entity.index"
	fillAtOnce = 500 // entities of one transaction of a fill
)

// Index knows which attributes of which types are indexed, and keeps their values. It is safe for concurrent use.
type Index struct {
	db    *store.DB
	names *names.Names
	mu    sync.RWMutex
	marks map[string][]mark // by type; a list is never changed in place
}

// New makes the index of a database.
func New(db *store.DB, n *names.Names) *Index {
	return &Index{db: db, names: n, marks: map[string][]mark{}}
}

// mark is an indexed attribute of a type. Every entity of the type has its values in the index while the mark stands; a mark
// that is not ready is kept up by writes and not yet asked by queries.
type mark struct {
	key   int64
	attr  string
	ready bool
}

// Load reads the marks.
func (x *Index) Load(tx *store.Tx) error {
	type stored struct {
		key, typ, attr int64
		ready          bool
	}
	var rows []stored
	err := tx.Each(qAll, nil, func(scan func(...any) error) error {
		var r stored
		err := scan(&r.key, &r.typ, &r.attr, &r.ready)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return err
	}
	name := x.names.Of(tx)
	for _, r := range rows {
		typ, ok := name(r.typ)
		attr, also := name(r.attr)
		if ok && also {
			x.marks[typ] = append(x.marks[typ], mark{r.key, attr, r.ready})
		}
	}
	return nil
}

// Keys gives the index keys of a type's attributes that queries may ask.
func (x *Index) Keys(typ string) map[string]int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var keys map[string]int64
	for _, m := range x.marks[typ] {
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
func (x *Index) entries(e *ngsi.Entity, only int64) (out []entry) {
	if e == nil || e.Tenant != "" { // the models are those of the common context
		return nil
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, t := range e.Types {
		for _, m := range x.marks[t] {
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

// Rows are rows that the indexes are to get, as store.Bulk takes them.
type Rows struct{ texts, numbers []any }

// Write writes them.
func (r *Rows) Write(tx *store.Tx) error {
	if _, err := tx.ExecBulk(bulkText, r.texts); err != nil {
		return err
	}
	_, err := tx.ExecBulk(bulkNumber, r.numbers)
	return err
}

// Account brings the indexes from what the entity of a num was to what it is (nil: not there). What is new is left in to.
func (x *Index) Account(tx *store.Tx, num int64, old, e *ngsi.Entity, to *Rows) error {
	before, after := x.entries(old, 0), x.entries(e, 0)
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
			if err := r.write(tx, qTextDel, qNumberDel, num); err != nil {
				return err
			}
			continue
		}
		if err := r.write(tx, qTextSet, qNumberSet, num, fresh[i].arg()); err != nil {
			return err
		}
		fresh = slices.Delete(fresh, i, i+1)
	}
	for _, r := range fresh {
		if r.number {
			to.numbers = append(to.numbers, r.key, r.value, num)
		} else {
			to.texts = append(to.texts, r.key, r.text, num)
		}
	}
	return nil
}

// Marked tells whether an attribute is indexed for a type of e: then its value has to be in the document.
func (x *Index) Marked(e *ngsi.Entity, attr string) bool {
	if e.Tenant != "" {
		return false
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, t := range e.Types {
		for _, m := range x.marks[t] {
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

// Set brings the indexes of a type to the attributes given: drops those that are marked no more, fills those that are new.
func (x *Index) Set(ctx context.Context, s walk.Source, typ string, attrs []string) error {
	var dropped, fresh []int64
	err := x.db.Write(ctx, func(tx *store.Tx) error {
		dropped, fresh = nil, nil
		id, err := x.names.Intern(tx, typ, true)
		if err != nil {
			return err
		}
		x.mu.RLock()
		marks := slices.Clone(x.marks[typ])
		x.mu.RUnlock()
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
			m, err := x.addMark(tx, id, a)
			if err != nil {
				return err
			}
			marks, fresh = append(marks, m), append(fresh, m.key)
		}
		for _, key := range dropped {
			for _, q := range []store.Stmt{qDel, qTextDelKey, qNumberDelKey} {
				if _, err := tx.Exec(q, key); err != nil {
					return err
				}
			}
		}
		tx.OnCommit(func() { x.putMarks(typ, marks) })
		return nil
	})
	if err != nil || len(fresh) == 0 {
		return err
	}
	for _, key := range fresh {
		if err := x.fill(ctx, s, typ, key); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) addMark(tx *store.Tx, typ int64, attr string) (mark, error) {
	key, err := tx.Next(sequence)
	if err != nil {
		return mark{}, err
	}
	name, err := x.names.Intern(tx, attr, true)
	if err != nil {
		return mark{}, err
	}
	_, err = tx.Exec(qAdd, key, typ, name)
	return mark{key: key, attr: attr}, err
}

func (x *Index) putMarks(typ string, marks []mark) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.marks[typ] = marks
}

// fill enters the entities that were there before a mark, piece by piece beside other writers, and makes the mark ready.
func (x *Index) fill(ctx context.Context, s walk.Source, typ string, key int64) error {
	f := new(walk.Filter)
	f.Type(typ)
	for from, more := walk.First(false), true; more; {
		err := x.db.Write(ctx, func(tx *store.Tx) error {
			w := walk.New(s, tx, f, from, false, fillAtOnce)
			for range fillAtOnce {
				e, err := w.Next(true)
				if err != nil {
					return err
				}
				if more = e != nil; !more {
					break
				}
				for _, r := range x.entries(e, key) {
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
	return x.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qReady, key)
		tx.OnCommit(func() {
			x.mu.Lock()
			defer x.mu.Unlock()
			marks := slices.Clone(x.marks[typ])
			for i := range marks {
				if marks[i].key == key {
					marks[i].ready = true
				}
			}
			x.marks[typ] = marks
		})
		return err
	})
}
