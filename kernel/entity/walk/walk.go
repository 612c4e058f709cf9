package walk

import (
	"cmp"
	"math"
	"slices"

	"github.com/haihe-city/haihe/kernel/entity/cond"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Columns of a row, in the order of Row.
const Columns = `SELECT num, id, owner, version, modified, doc FROM entity `

const (
	maxBatch = 1000

	// Gathered at most: enough for a district, little enough to hold; a share of 1/gatherShare of what a walk would read is
	// denser than a walk's reading is dear.
	gatherMax = 250_000
	// GatherLeast may be gathered in any case.
	GatherLeast = 4096
	gatherShare = 8
)

// Row is an entity as its table holds it.
type Row struct {
	Num, Version, Modified int64
	ID, Owner              string // ID as names.In makes it
	Doc                    []byte // nil: deleted
	held                   *ngsi.Entity
}

// Scan reads a row of Columns.
func (r *Row) Scan(scan func(...any) error) error {
	return scan(&r.Num, &r.ID, &r.Owner, &r.Version, &r.Modified, &r.Doc)
}

// Source is what a walk asks of the store.
type Source interface {
	// NameID gives the number of a name, 0 where nothing was ever called so.
	NameID(tx *store.Tx, name string, make bool) (int64, error)
	// Keys gives the index keys of a type's attributes.
	Keys(typ string) map[string]int64
	// Decode makes the entity of a row as readers see it, nil where it has expired; want as in ngsi.Decode.
	Decode(tx *store.Tx, r *Row, want func(string) bool) (*ngsi.Entity, error)
	// Held gives the entity of a row (Num, Version and ID are filled) as it is in memory, as readers see it; nil where it is not there.
	Held(r *Row) *ngsi.Entity
	// Bound lists the types whose entities get an attribute from elsewhere when they are read.
	Bound(attr string) []string
	// Least is what may be gathered in any case.
	Least() int64
}

// span is one end of the walk in each direction.
type span struct{ op, order string }

func (d span) after(col, arg string) string { return col + " " + d.op + " " + arg }

func direction(desc bool) span {
	if desc {
		return span{"<", " DESC"}
	}
	return span{">", ""}
}

// First is the num that a walk begins behind.
func First(desc bool) int64 {
	if desc {
		return math.MaxInt64
	}
	return 0
}

// Walk steps through the matches of a filter.
type Walk struct {
	s     Source
	tx    *store.Tx
	f     *Filter
	desc  bool
	last  int64 // num of the last candidate that was looked at
	fetch int64 // num of the last candidate that was fetched
	size  int   // of the next batch
	read  int   // candidates looked at

	source func(n int) ([]Row, bool, error) // the next candidates in order; false: there are no more
	rows   []Row
	more   bool
}

// New begins behind a num. size is about how many matches are asked for.
func New(s Source, tx *store.Tx, f *Filter, from int64, desc bool, size int) *Walk {
	if !f.plain() {
		size = max(size, 32)
	}
	return &Walk{s: s, tx: tx, f: f, last: from, fetch: from, desc: desc, size: min(size, maxBatch), more: true}
}

// Last is the num of the last candidate that was looked at, Read the number of those.
func (w *Walk) Last() int64 { return w.last }

// Read is described at Last.
func (w *Walk) Read() int { return w.read }

// Next gives the next match, nil at the end. whole tells that all its attributes are wanted, not only those that decide.
func (w *Walk) Next(whole bool) (*ngsi.Entity, error) {
	if w.source == nil {
		if err := w.choose(); err != nil {
			return nil, err
		}
	}
	for {
		if len(w.rows) == 0 {
			if !w.more {
				return nil, nil
			}
			var err error
			if w.rows, w.more, err = w.source(w.size); err != nil {
				return nil, err
			}
			w.size = min(4*w.size, maxBatch)
			continue
		}
		r := &w.rows[0]
		w.rows = w.rows[1:]
		w.last = r.Num
		w.read++
		e, err := w.test(r, whole)
		if e != nil || err != nil {
			return e, err
		}
	}
}

// test decodes as much of a candidate as the evaluator asks for, and the rest of a match.
func (w *Walk) test(r *Row, whole bool) (*ngsi.Entity, error) {
	if r.held != nil && w.f.Matches(r.held) {
		return r.held, nil
	}
	if r.Doc == nil { // deleted, or held and no match
		return nil, nil
	}
	var want func(string) bool
	if !whole || !w.f.plain() {
		want = w.f.wants
	}
	e, err := w.s.Decode(w.tx, r, want)
	if e == nil || err != nil || !w.f.Matches(e) {
		return nil, err
	}
	if whole && want != nil {
		return w.s.Decode(w.tx, r, nil)
	}
	return e, nil
}

// Skip passes over the first n matches; along an index alone where that can be told.
func (w *Walk) Skip(n int64) error {
	if n <= 0 {
		return nil
	}
	if w.f.plain() && w.f.Owner == "" && w.source == nil && !w.desc {
		list, err := w.streams()
		if err != nil {
			return err
		}
		if list != nil {
			return w.skip(list, n)
		}
	}
	for ; n > 0; n-- {
		if e, err := w.Next(false); e == nil || err != nil {
			return err
		}
	}
	return nil
}

// Total counts the matches of f: from the maintained counts, or by a walk.
func Total(s Source, tx *store.Tx, f *Filter) (int64, error) {
	if f.plain() && len(f.types) == 1 {
		return tx.Count(names.CountOf, names.CountKey(f.Tenant, f.types[0], f.Owner))
	}
	if f.plain() && f.types == nil {
		return tx.Count(names.CountOf, names.CountKey(f.Tenant, "", f.Owner))
	}
	n := int64(0)
	w := New(s, tx, f, First(false), false, maxBatch)
	for {
		e, err := w.Next(false)
		if e == nil || err != nil {
			return n, err
		}
		n++
	}
}

// choose picks the source.
func (w *Walk) choose() error {
	if w.f.ids != nil {
		var nums []int64
		var ids []string
		for id := range w.f.ids {
			ids = append(ids, names.In(w.f.Tenant, id))
		}
		err := Pieces(ids, func(size int, args []any) error {
			return w.nums(&nums, math.MaxInt, store.Q("entity.by.id", `SELECT num FROM entity WHERE id IN `+store.In(1, size)), args...)
		})
		w.list(nums)
		return err
	}
	var keys map[string]int64
	if w.f.Tenant == "" && len(w.f.types) == 1 { // the indexes are those of the common context
		keys = w.s.Keys(w.f.types[0])
	}
	for _, list := range [][]cond.Ready{w.f.Conds, w.f.hints} {
		for i := range list {
			if w.equal(&list[i], keys) {
				return nil
			}
		}
	}
	if ok, err := w.gather(keys); ok || err != nil {
		return err
	}
	return w.along()
}

// fetched reads rows.
func (w *Walk) fetched(q store.Stmt, args ...any) (rows []Row, err error) {
	err = w.tx.Each(q, args, func(scan func(...any) error) error {
		var r Row
		err := r.Scan(scan)
		rows = append(rows, r)
		return err
	})
	return rows, err
}

// nums appends the first column of a statement to *to, limit at most.
func (w *Walk) nums(to *[]int64, limit int, q store.Stmt, args ...any) error {
	return w.tx.Each(q, args, func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		if len(*to) < limit {
			*to = append(*to, n)
		}
		return err
	})
}

// list makes a source of nums that were gathered whole.
func (w *Walk) list(nums []int64) {
	slices.Sort(nums)
	nums = slices.Compact(nums)
	if w.desc {
		slices.Reverse(nums)
	}
	nums = slices.DeleteFunc(nums, func(n int64) bool { return !w.behind(n) })
	w.source = func(n int) ([]Row, bool, error) {
		k := min(n, len(nums))
		rows, err := w.byNum(nums[:k])
		nums = nums[k:]
		return rows, len(nums) > 0, err
	}
}

// behind tells whether a num is still to come.
func (w *Walk) behind(n int64) bool { return !w.desc && n > w.last || w.desc && n < w.last }

// byNum fetches rows by their nums, in order.
func (w *Walk) byNum(nums []int64) ([]Row, error) {
	var out []Row
	err := Pieces(nums, func(size int, args []any) error {
		rows, err := w.fetched(store.Q("entity.by.num", Columns+"WHERE num IN "+store.In(1, size)), args...)
		out = append(out, rows...)
		return err
	})
	slices.SortFunc(out, func(a, b Row) int {
		if w.desc {
			a, b = b, a
		}
		return cmp.Compare(a.Num, b.Num)
	})
	return out, err
}

// Pieces hands a list out in pieces of few lengths, since each length is a statement of its own; the last value is repeated
// to fill the last piece.
func Pieces[T any](list []T, fn func(size int, args []any) error) error {
	for len(list) > 0 {
		size := 1
		for size < len(list) && size < 1024 {
			size *= 4
		}
		k := min(size, len(list))
		args := make([]any, size)
		for i := range args {
			args[i] = list[min(i, k-1)]
		}
		if err := fn(size, args); err != nil {
			return err
		}
		list = list[k:]
	}
	return nil
}
