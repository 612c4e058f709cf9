package entity

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/haihe-city/haihe/kernel/entity/cond"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// How candidates are found, in this order of preference:
//
//  1. ids: the entities named;
//  2. an indexed attribute that equals a value: its index is in order of num and is read in pieces;
//  3. an indexed attribute with a prefix or in a range, an id with a prefix, a box: the nums are gathered whole, provided that
//     there are not too many of them compared with what a walk would look at;
//  4. a walk over the type, the owner or everything, in order of num.
//
// Whatever is chosen, the candidates include every match, so the choice changes the time and never the answer.

const (
	columns  = `SELECT num, id, owner, version, modified, doc FROM entity `
	maxBatch = 1000

	// Gathered at most: enough for a district, little enough to hold; a share of 1/gatherShare of what a walk would read is
	// denser than a walk's reading is dear.
	gatherMax   = 250_000
	gatherLeast = 4096
	gatherShare = 8
)

// span is one end of the walk in each direction.
type span struct{ op, order string }

func (d span) after(col, arg string) string { return col + " " + d.op + " " + arg }

func direction(desc bool) span {
	if desc {
		return span{"<", " DESC"}
	}
	return span{">", ""}
}

// first is where a walk begins.
func first(desc bool) int64 {
	if desc {
		return math.MaxInt64
	}
	return 0
}

// walk steps through the matches of a filter.
type walk struct {
	s     *Store
	tx    *store.Tx
	f     *sieve
	desc  bool
	last  int64 // num of the last candidate that was looked at
	fetch int64 // num of the last candidate that was fetched
	size  int   // of the next batch
	read  int   // candidates looked at

	source func(n int) ([]row, bool, error) // the next candidates in order; false: there are no more
	rows   []row
	more   bool
}

func (s *Store) walk(tx *store.Tx, f *sieve, from int64, desc bool, size int) *walk {
	return &walk{s: s, tx: tx, f: f, last: from, fetch: from, desc: desc, size: min(max(size, 32), maxBatch), more: true}
}

// next gives the next match, nil at the end. whole tells that all its attributes are wanted, not only those that decide.
func (w *walk) next(whole bool) (*Entity, error) {
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
		w.last = r.num
		w.read++
		e, err := w.test(r, whole)
		if e != nil || err != nil {
			return e, err
		}
	}
}

// test decodes as much of a candidate as the evaluator asks for, and the rest of a match.
func (w *walk) test(r *row, whole bool) (*Entity, error) {
	if r.doc == nil { // deleted
		return nil, nil
	}
	var want func(string) bool
	if !whole || !w.f.plain() {
		want = w.f.wants
	}
	e, err := w.s.entity(w.tx, r, want)
	if err != nil || !w.f.matches(e) {
		return nil, err
	}
	if whole && want != nil {
		return w.s.entity(w.tx, r, nil)
	}
	return e, nil
}

// choose picks the source.
func (w *walk) choose() error {
	if w.f.ids != nil {
		var nums []int64
		var ids []string
		for id := range w.f.ids {
			if ngsi.IsURI(id) { // nothing else is an entity's
				ids = append(ids, inTenant(w.f.tenant, id))
			}
		}
		err := pieces(ids, func(size int, args []any) error {
			return w.nums(&nums, math.MaxInt, store.Q("entity.by.id", `SELECT num FROM entity WHERE id IN `+store.In(1, size)), args...)
		})
		w.list(nums)
		return err
	}
	typ, err := w.typeID()
	if err != nil {
		return err
	}
	if w.f.typ != "" && typ == 0 { // nothing was ever called so
		w.list(nil)
		return nil
	}
	var keys map[string]int64
	if w.f.tenant == "" {
		keys = w.s.keys(w.f.typ)
	}
	for i := range w.f.conds {
		if c := &w.f.conds[i]; w.equal(c, keys) {
			return nil
		}
	}
	if ok, err := w.gather(keys); ok || err != nil {
		return err
	}
	return w.along(typ)
}

func (w *walk) typeID() (int64, error) {
	if w.f.typ == "" {
		return 0, nil
	}
	return w.s.nameID(w.tx, inTenant(w.f.tenant, w.f.typ))
}

// fetched reads rows.
func (w *walk) fetched(q store.Stmt, args ...any) (rows []row, err error) {
	err = w.tx.Each(q, args, func(scan func(...any) error) error {
		var r row
		err := scan(&r.num, &r.id, &r.owner, &r.version, &r.modified, &r.doc)
		rows = append(rows, r)
		return err
	})
	return rows, err
}

// nums appends the first column of a statement to *to, limit at most.
func (w *walk) nums(to *[]int64, limit int, q store.Stmt, args ...any) error {
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
func (w *walk) list(nums []int64) {
	slices.Sort(nums)
	nums = slices.Compact(nums)
	if w.desc {
		slices.Reverse(nums)
	}
	nums = slices.DeleteFunc(nums, func(n int64) bool { return !w.behind(n) })
	w.source = func(n int) ([]row, bool, error) {
		k := min(n, len(nums))
		rows, err := w.byNum(nums[:k])
		nums = nums[k:]
		return rows, len(nums) > 0, err
	}
}

// behind tells whether a num is still to come.
func (w *walk) behind(n int64) bool { return !w.desc && n > w.last || w.desc && n < w.last }

// byNum fetches rows by their nums, in order.
func (w *walk) byNum(nums []int64) ([]row, error) {
	var out []row
	err := pieces(nums, func(size int, args []any) error {
		rows, err := w.fetched(store.Q("entity.by.num", columns+"WHERE num IN "+store.In(1, size)), args...)
		out = append(out, rows...)
		return err
	})
	slices.SortFunc(out, func(a, b row) int {
		if w.desc {
			a, b = b, a
		}
		return cmp.Compare(a.num, b.num)
	})
	return out, err
}

// pieces hands a list out in pieces of few lengths, since each length is a statement of its own; the last value is repeated
// to fill the last piece.
func pieces[T any](list []T, fn func(size int, args []any) error) error {
	for len(list) > 0 {
		size := 16
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

// equal makes a source of an indexed attribute that equals one value.
func (w *walk) equal(c *cond.Ready, keys map[string]int64) bool {
	key, ok := keys[c.Attr]
	if !ok || c.Op != Eq || c.Texts != nil || c.Class == cond.Time {
		return false
	}
	table, value := indexed(c)
	d := direction(w.desc)
	q := store.Q("entity.equal."+table, `SELECT num FROM entity_`+table+` WHERE key = $1 AND value = $2 AND `+
		d.after("num", "$3")+` ORDER BY num`+d.order+` LIMIT $4`)
	w.source = func(n int) ([]row, bool, error) {
		var nums []int64
		if err := w.nums(&nums, n, q, key, value, w.fetch, n); err != nil || len(nums) == 0 {
			return nil, false, err
		}
		w.fetch = nums[len(nums)-1]
		rows, err := w.byNum(nums)
		return rows, len(nums) == n, err
	}
	return true
}

// indexed gives the index table of a condition and its value as the index holds it.
func indexed(c *cond.Ready) (table string, value any) {
	switch c.Class {
	case ngsi.Number:
		return "number", c.Number + 0 // minus zero is zero
	case ngsi.Bool:
		return "text", boolText(c.Bool)
	}
	return "text", indexText(c.Text)
}

// gather tries to find all candidates by a range, a prefix or the box; ok is false where there are none of these, or all
// find too many.
func (w *walk) gather(keys map[string]int64) (ok bool, err error) {
	limit := 0
	try := func(q store.Stmt, args ...any) error {
		if limit == 0 {
			if limit, err = w.bound(); err != nil {
				return err
			}
		}
		var nums []int64
		q.SQL += ` LIMIT $` + digits(len(args)+1)
		if err := w.nums(&nums, limit+1, q, append(args, limit+1)...); err != nil {
			return err
		}
		if ok = len(nums) <= limit; ok {
			w.list(nums)
		}
		return nil
	}
	if w.f.box != nil {
		q, args := boxSQL(*w.f.box)
		if err := try(q, args...); ok || err != nil {
			return ok, err
		}
	}
	for i := range w.f.conds {
		c := &w.f.conds[i]
		q, args := rangeSQL(c, keys)
		if q.SQL == "" {
			continue
		}
		if err := try(q, args...); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// bound is how many nums may be gathered.
func (w *walk) bound() (int, error) {
	n, err := w.tx.Count(countOf, countKey(w.f.tenant, w.f.typ, w.f.owner))
	return int(min(max(n/gatherShare, w.s.least), gatherMax)), err
}

// boxSQL narrows to the cells of a box and to what is not in one cell; a statement a range, so that each uses the index.
func boxSQL(b Box) (store.Stmt, []any) {
	sql, args := `SELECT num FROM entity WHERE cell = $1`, []any{int64(spreadCell)}
	for _, r := range cellRanges(b) {
		n := len(args)
		sql += ` UNION ALL SELECT num FROM entity WHERE cell >= $` + digits(n+1) + ` AND cell <= $` + digits(n+2)
		args = append(args, r[0], r[1])
	}
	return store.Q("entity.box", sql), args
}

// rangeSQL narrows to a range of an index or of ids; without SQL where the condition has none. Bounds are inclusive where
// the index cuts texts short: a cut text may be equal where the whole one is greater.
func rangeSQL(c *cond.Ready, keys map[string]int64) (q store.Stmt, args []any) {
	if c.Class == cond.Time || c.Op == Ne || c.Op == Has || c.Op == Contains {
		return q, nil
	}
	table, value := indexed(c)
	col := "value"
	switch key, ok := keys[c.Attr]; {
	case c.Attr == "id" && c.Class == ngsi.Text:
		q, args, col, value = store.Q("entity.range.id", `SELECT num FROM entity WHERE id <> $1`), []any{""}, "id", cutZero(c.Text)
	case ok:
		q, args = store.Q("entity.range."+table, `SELECT num FROM entity_`+table+` WHERE key = $1`), []any{key}
	default:
		return q, nil
	}
	put := func(op string, v any) {
		args = append(args, v)
		q.SQL += ` AND ` + col + ` ` + op + ` $` + digits(len(args))
	}
	switch {
	case c.Texts != nil:
		if len(c.Texts) > 64 {
			return store.Stmt{}, nil
		}
		q.SQL += ` AND ` + col + ` IN ` + store.In(2, len(c.Texts))
		for _, t := range c.Texts {
			if t = cutZero(t); col == "value" {
				t = indexText(t)
			}
			args = append(args, t)
		}
	case c.Op == Eq:
		put("=", value)
	case c.Op == Lt || c.Op == Le:
		put("<=", value)
	case c.Op == Gt || c.Op == Ge:
		put(">=", value)
	default: // Prefix
		put(">=", value)
		if to, ok := successor(value.(string)); ok {
			put("<", to)
		}
	}
	return q, args
}

// successor is the least text that is greater than every text that begins with p.
func successor(p string) (string, bool) {
	for r := []rune(p); len(r) > 0; r = r[:len(r)-1] {
		end := len(r) - 1
		if r[end]++; r[end] == 0xd800 {
			r[end] = 0xe000
		}
		if r[end] <= utf8.MaxRune {
			return string(r), true
		}
	}
	return "", false
}

// along walks over a type, an owner or everything, whichever is least.
func (w *walk) along(typ int64) error {
	d := direction(w.desc)
	tail := ` AND ` + d.after("num", "$2") + ` ORDER BY num` + d.order + ` LIMIT $3`
	q, arg := store.Q("entity.walk.type", columns+`WHERE type = $1`+tail), any(typ)
	if typ == 0 {
		q = store.Q("entity.walk.all", columns+`WHERE type <> $1`+tail)
	}
	ofType, err := w.tx.Count(countOf, countKey(w.f.tenant, w.f.typ, ""))
	if err != nil {
		return err
	}
	if w.f.owner != "" {
		n, err := w.tx.Count(countOf, countKey(w.f.tenant, "", w.f.owner))
		if err != nil {
			return err
		}
		if n < ofType {
			q, arg, typ = store.Q("entity.walk.owner", columns+`WHERE owner = $1`+tail), any(w.f.owner), 0
		}
	}
	if typ != 0 {
		also, err := w.tx.Count(countAlso, inTenant(w.f.tenant, w.f.typ))
		if err != nil {
			return err
		}
		if also > 0 {
			w.both(typ, d)
			return nil
		}
	}
	w.source = func(n int) ([]row, bool, error) {
		rows, err := w.fetched(q, arg, w.fetch, n)
		if len(rows) > 0 {
			w.fetch = rows[len(rows)-1].num
		}
		return rows, len(rows) == n, err
	}
	return nil
}

// both walks over the entities that have a type as their first one, and those that have it as a further one, as one.
func (w *walk) both(typ int64, d span) {
	tail := ` WHERE type = $1 AND ` + d.after("num", "$2") + ` ORDER BY num` + d.order + ` LIMIT $3`
	w.source = func(n int) ([]row, bool, error) {
		var nums []int64
		for _, table := range []string{"entity", "entity_type"} {
			if err := w.nums(&nums, 2*n, store.Q("entity.walk.both", `SELECT num FROM `+table+tail), typ, w.fetch, n); err != nil {
				return nil, false, err
			}
		}
		slices.Sort(nums)
		nums = slices.Compact(nums)
		if w.desc {
			slices.Reverse(nums)
		}
		nums = nums[:min(n, len(nums))] // beyond the first n of both, one of them may lack some
		if len(nums) == 0 {
			return nil, false, nil
		}
		w.fetch = nums[len(nums)-1]
		rows, err := w.byNum(nums)
		return rows, len(nums) == n, err
	}
}
