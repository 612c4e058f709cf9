package walk

import (
	"slices"
	"strings"

	"github.com/haihe-city/haihe/kernel/entity/census"
	"github.com/haihe-city/haihe/kernel/entity/cond"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/store"
)

// equal makes a source of an indexed attribute that equals one value.
func (w *Walk) equal(c *cond.Ready, keys map[string]int64) bool {
	key, ok := keys[c.Attr]
	if !ok || c.Op != cond.Eq || c.Texts != nil || c.Class == cond.Time {
		return false
	}
	table, value := indexed(c)
	d := direction(w.desc)
	q := store.Q("entity.equal."+table, `SELECT num FROM entity_`+table+` WHERE key = $1 AND value = $2 AND `+
		d.after("num", "$3")+` ORDER BY num`+d.order+` LIMIT $4`)
	w.source = func(n int) ([]Row, bool, error) {
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

// gather tries to find all candidates by a range, a prefix or the box; ok is false where there are none of these, or all
// find too many.
func (w *Walk) gather(keys map[string]int64) (ok bool, err error) {
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
	if w.f.near != nil {
		q, args := boxSQL(*w.f.near)
		if err := try(q, args...); ok || err != nil {
			return ok, err
		}
	}
	for i := range w.f.Conds {
		q, args := rangeSQL(&w.f.Conds[i], keys)
		if q.SQL == "" || w.f.Tenant != "" {
			continue
		}
		if err := try(q, args...); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// bound is how many nums may be gathered.
func (w *Walk) bound() (int, error) {
	n := int64(0)
	for _, t := range w.f.types {
		k, err := w.tx.Count(names.CountOf, names.CountKey(w.f.Tenant, t, w.f.Owner))
		if err != nil {
			return 0, err
		}
		n += k
	}
	if w.f.types == nil {
		var err error
		if n, err = w.tx.Count(names.CountOf, names.CountKey(w.f.Tenant, "", w.f.Owner)); err != nil {
			return 0, err
		}
	}
	return int(min(max(n/gatherShare, w.s.Least()), gatherMax)), nil
}

// stream is an index that has the nums of one type in order: of those that have it first, or further.
type stream struct {
	table string
	typ   int64
}

// maxStreams bounds the indexes that are walked as one; beyond it everything is.
const maxStreams = 64

// streams lists the indexes that together have every candidate; nil where everything has to be walked.
func (w *Walk) streams() ([]stream, error) {
	types, further := w.f.types, true
	if types == nil {
		var err error
		if types, err = w.known(); types == nil || err != nil {
			return nil, err
		}
		further = false // an entity's first type is among them
	}
	out := []stream{}
	for _, t := range types {
		name := names.In(w.f.Tenant, t)
		id, err := w.s.NameID(w.tx, name, false)
		if err != nil {
			return nil, err
		}
		if id == 0 { // nothing was ever called so
			continue
		}
		out = append(out, stream{"entity", id})
		if !further {
			continue
		}
		also, err := w.tx.Count(names.CountAlso, name)
		if err != nil {
			return nil, err
		}
		if also > 0 {
			out = append(out, stream{"entity_type", id})
		}
	}
	if len(out) > maxStreams {
		return nil, nil
	}
	return out, nil
}

// known lists the types of a tenant, where attributes are asked for those that have one; nil where there are too many.
func (w *Walk) known() ([]string, error) {
	types := []string{}
	var attrs []string
	if w.f.Select != nil {
		attrs = w.f.Select.Attrs
	}
	for _, a := range attrs {
		types = append(types, w.s.Bound(a)...)
	}
	err := w.tx.Counts(census.Counter, w.f.Tenant+names.Mark, func(key string, n int64) error {
		parts := strings.Split(key, names.Mark)
		if len(parts) != 4 || parts[1] == "" || parts[3] != "" || n <= 0 { // of a type, of any kind
			return nil
		}
		if attrs == nil && parts[2] == "" || slices.Contains(attrs, parts[2]) {
			types = append(types, parts[1])
		}
		return nil
	})
	slices.Sort(types)
	if types = slices.Compact(types); len(types) > maxStreams/2 {
		types = nil
	}
	return types, err
}

// along walks over types, an owner or everything, whichever is least.
func (w *Walk) along() error {
	d := direction(w.desc)
	tail := ` AND ` + d.after("num", "$2") + ` ORDER BY num` + d.order + ` LIMIT $3`
	var list []stream
	var err error
	if w.f.types != nil || w.f.Tenant != "" || w.f.Select != nil && w.f.Select.Attrs != nil {
		if list, err = w.streams(); err != nil {
			return err
		}
	}
	if w.f.Owner != "" {
		owned, err := w.tx.Count(names.CountOf, names.CountKey(w.f.Tenant, "", w.f.Owner))
		if err != nil {
			return err
		}
		ofType, err := w.bound()
		if err != nil {
			return err
		}
		if list == nil || owned < int64(ofType)*gatherShare {
			w.straight(store.Q("entity.walk.owner", Columns+`WHERE owner = $1`+tail), w.f.Owner)
			return nil
		}
	}
	switch {
	case list == nil:
		w.straight(store.Q("entity.walk.all", Columns+`WHERE type <> $1`+tail), int64(0))
	case len(list) == 1 && list[0].table == "entity":
		w.light(store.Q("entity.walk.light", `SELECT num, id, version FROM entity WHERE type = $1`+tail), list[0].typ)
	default:
		w.together(list, d)
	}
	return nil
}

// straight makes a source of one statement.
func (w *Walk) straight(q store.Stmt, arg any) {
	w.source = func(n int) ([]Row, bool, error) {
		rows, err := w.fetched(q, arg, w.fetch, n)
		if len(rows) > 0 {
			w.fetch = rows[len(rows)-1].Num
		}
		return rows, len(rows) == n, err
	}
}

// light makes a source of one statement that leaves the documents out: most of what is asked for is in memory.
func (w *Walk) light(q store.Stmt, arg any) {
	w.source = func(n int) (rows []Row, more bool, err error) {
		var missing []int64
		err = w.tx.Each(q, []any{arg, w.fetch, n}, func(scan func(...any) error) error {
			var r Row
			if err := scan(&r.Num, &r.ID, &r.Version); err != nil {
				return err
			}
			if r.held = w.s.Held(&r); r.held == nil {
				missing = append(missing, r.Num)
			}
			rows = append(rows, r)
			return nil
		})
		if err != nil || len(rows) == 0 {
			return nil, false, err
		}
		w.fetch = rows[len(rows)-1].Num
		read, err := w.byNum(missing)
		for i := range rows {
			if rows[i].held == nil && len(read) > 0 {
				rows[i], read = read[0], read[1:]
			}
		}
		return rows, len(rows) == n, err
	}
}

// together makes one source of several indexes.
func (w *Walk) together(list []stream, d span) {
	tail := ` WHERE type = $1 AND ` + d.after("num", "$2") + ` ORDER BY num` + d.order + ` LIMIT $3`
	w.source = func(n int) ([]Row, bool, error) {
		var nums []int64
		for _, s := range list {
			if err := w.nums(&nums, len(nums)+n, store.Q("entity.walk.both", `SELECT num FROM `+s.table+tail), s.typ, w.fetch, n); err != nil {
				return nil, false, err
			}
		}
		slices.Sort(nums)
		nums = slices.Compact(nums)
		if w.desc {
			slices.Reverse(nums)
		}
		nums = nums[:min(n, len(nums))] // beyond the first n of all, one of them may lack some
		if len(nums) == 0 {
			return nil, false, nil
		}
		w.fetch = nums[len(nums)-1]
		rows, err := w.byNum(nums)
		return rows, len(nums) == n, err
	}
}

// skip passes over n nums of indexes, without reading rows: from the end, where the count tells that it is nearer.
func (w *Walk) skip(list []stream, n int64) error {
	over := func() error {
		w.list(nil)
		w.more = false
		return nil
	}
	if len(list) == 0 {
		return over()
	}
	offset, order := n-1, ""
	if len(w.f.types) < 2 && w.fetch == First(false) {
		total, err := Total(w.s, w.tx, w.f)
		if err != nil {
			return err
		}
		if n >= total {
			return over()
		}
		if n > total/2 {
			offset, order = total-n, " DESC"
		}
	}
	sql, args := "", []any{w.fetch, offset}
	for i, s := range list {
		if i > 0 {
			sql += ` UNION `
		}
		args = append(args, s.typ)
		sql += `SELECT num FROM ` + s.table + ` WHERE type = $` + digits(len(args)) + ` AND num > $1`
	}
	if len(list) > 1 {
		sql = `SELECT num FROM (` + sql + `) AS x`
	}
	var nums []int64
	if err := w.nums(&nums, 1, store.Q("entity.skip", sql+` ORDER BY num`+order+` LIMIT 1 OFFSET $2`), args...); err != nil {
		return err
	}
	if len(nums) == 0 {
		return over()
	}
	w.last, w.fetch = nums[0], nums[0]
	return nil
}
