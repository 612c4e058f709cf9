package entity

import (
	"cmp"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/census"
	"github.com/haihe-city/haihe/kernel/entity/index"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/kernel/entity/walk"
	"github.com/haihe-city/haihe/store"
)

const rowColumns = `INSERT INTO entity (num, id, type, owner, version, modified, cell, doc)`

var (
	// A row comes to be, or that of a deleted entity is taken up again.
	bulkFresh = store.NewBulk("entity.put.fresh", rowColumns, 8, `ON CONFLICT (num) DO UPDATE SET type = excluded.type, owner = excluded.owner,
		version = excluded.version, modified = excluded.modified, cell = excluded.cell, doc = excluded.doc WHERE entity.type = 0`)
	// The columns that indexes cover are written only when they change: SQLite would rewrite the indexes otherwise.
	bulkDoc = store.NewBulk("entity.put.doc", rowColumns, 8, `ON CONFLICT (num) DO UPDATE SET version = excluded.version,
		modified = excluded.modified, doc = excluded.doc WHERE entity.version < excluded.version AND entity.type <> 0`)
	bulkAll = store.NewBulk("entity.put.all", rowColumns, 8, `ON CONFLICT (num) DO UPDATE SET type = excluded.type, owner = excluded.owner,
		version = excluded.version, modified = excluded.modified, cell = excluded.cell, doc = excluded.doc
		WHERE entity.version < excluded.version AND entity.type <> 0`)
	// Where several instances share the data, the version that was read must be the one that is there.
	bulkDocShared = store.NewBulk("entity.put.doc", rowColumns, 8, `ON CONFLICT (num) DO UPDATE SET version = excluded.version,
		modified = excluded.modified, doc = excluded.doc WHERE entity.version = excluded.version - 1 AND entity.type <> 0`)
	bulkAllShared = store.NewBulk("entity.put.all", rowColumns, 8, `ON CONFLICT (num) DO UPDATE SET type = excluded.type, owner = excluded.owner,
		version = excluded.version, modified = excluded.modified, cell = excluded.cell, doc = excluded.doc
		WHERE entity.version = excluded.version - 1 AND entity.type <> 0`)

	bulkPast = store.NewBulk("entity.change.add", `INSERT INTO entity_change (num, seq, verb, at, version, owner, names, doc)`, 8, ``)
	bulkBorn = store.NewBulk("entity.gauge.add", `INSERT INTO entity_gauge (num, attr, dataset, key, since)`, 5, `ON CONFLICT DO NOTHING`)

	bulkType   = store.NewBulk("entity.type.add", `INSERT INTO entity_type (type, num)`, 2, `ON CONFLICT DO NOTHING`)
	bulkExpiry = store.NewBulk("entity.expiry.set", `INSERT INTO entity_expiry (num, at)`, 2, `ON CONFLICT (num) DO UPDATE SET at = excluded.at`)
)

// write writes the rows of items, and everything that is kept beside them. The order is that of the nums, so that instances that share
// the data cannot lock each other out.
func (b *batch) write(items []*item) error {
	items = slices.Clone(items)
	slices.SortFunc(items, func(x, y *item) int { return cmp.Compare(x.num, y.num) })
	var fresh, doc, all []any
	var beside beside
	for _, it := range items {
		if it.write {
			if err := b.row(it, &fresh, &doc, &all); err != nil {
				return err
			}
		}
		if err := b.account(it, &beside); err != nil {
			return err
		}
	}
	puts := [...]put{{bulkFresh, fresh}, {bulkDoc, doc}, {bulkAll, all}}
	if b.s.shared {
		puts[1].bulk, puts[2].bulk = bulkDocShared, bulkAllShared
	}
	for _, p := range puts {
		n, err := b.tx.ExecBulk(p.bulk, p.rows)
		if err != nil {
			return errs.Wrap("write entities", err)
		}
		if int(n) != len(p.rows)/8 { // another instance was faster
			return stale(items[0].key.ID)
		}
	}
	for _, p := range [...]put{{bulkPast, b.history}, {bulkBorn, b.born}, {bulkType, beside.types}, {bulkExpiry, beside.expiry}} {
		if _, err := b.tx.ExecBulk(p.bulk, p.rows); err != nil {
			return errs.Wrap("write entities", err)
		}
	}
	if err := beside.index.Write(b.tx); err != nil {
		return errs.Wrap("write entities", err)
	}
	if err := beside.count(b.tx); err != nil {
		return err
	}
	if len(b.keys) > 0 {
		if err := b.s.gauges.Append(b.tx, b.keys, b.values); err != nil {
			return err
		}
	}
	b.history, b.born, b.keys, b.values = b.history[:0], b.born[:0], b.keys[:0], b.values[:0]
	for _, it := range items {
		it.was, it.touched, it.write, it.doc = it.state, false, false, nil
	}
	return nil
}

// put is rows for a statement.
type put struct {
	bulk *store.Bulk
	rows []any
}

// row adds an entity's row to the statement that it needs.
func (b *batch) row(it *item, fresh, doc, all *[]any) error {
	e, was := it.e, it.was.e
	id := names.In(it.key.Tenant, it.key.ID)
	if e == nil { // also where it came and went in one transaction: the id keeps its number
		version, at := int64(0), store.Micros(b.s.stamp())
		if was == nil {
			*fresh = append(*fresh, it.num, id, int64(0), "", version, at, nil, nil)
			return nil
		}
		*all = append(*all, it.num, id, int64(0), "", was.Version+1, at, nil, nil)
		return nil
	}
	typ, err := b.s.names.Intern(b.tx, names.In(e.Tenant, e.Types[0]), true)
	if err != nil {
		return err
	}
	to, cell := all, cellArg(e)
	switch {
	case was == nil:
		to = fresh
	case cell == cellArg(was) && e.Owner == was.Owner && e.Types[0] == was.Types[0]:
		to = doc
	}
	*to = append(*to, it.num, id, typ, e.Owner, e.Version, store.Micros(e.ModifiedAt), cell, it.doc)
	return nil
}

// cellArg is the cell column of e.
func cellArg(e *Entity) any {
	if c, ok := walk.CellOf(e); ok {
		return c
	}
	return nil
}

// beside is what is written beside the rows.
type beside struct {
	types, expiry []any
	index         index.Rows
	shapes        map[*census.Shape]int64
}

// account brings counts, further types, indexed values and expiry from what an item was to what it is.
func (b *batch) account(it *item, to *beside) error {
	old, e := it.was.e, it.e
	if old == e {
		return nil
	}
	if x, y := b.s.shapes.Of(old), b.s.shapes.Of(e); x != y {
		if to.shapes == nil {
			to.shapes = map[*census.Shape]int64{}
		}
		to.shapes[x]--
		to.shapes[y]++
		if err := b.accountTypes(it, to); err != nil {
			return err
		}
	}
	if err := b.s.index.Account(b.tx, it.num, old, e, &to.index); err != nil {
		return err
	}
	was, at := expiry(old), expiry(e)
	switch {
	case was == at:
	case at == 0:
		if _, err := b.tx.Exec(qExpiryDel, it.num); err != nil {
			return err
		}
	default:
		to.expiry = append(to.expiry, it.num, at)
		b.s.expires(at)
	}
	return nil
}

// accountTypes keeps the second and further types of an entity.
func (b *batch) accountTypes(it *item, to *beside) error {
	also := func(e *Entity) []string {
		if e == nil || len(e.Types) < 2 {
			return nil
		}
		return e.Types[1:]
	}
	before, after := also(it.was.e), also(it.e)
	for _, t := range before {
		if !slices.Contains(after, t) {
			id, err := b.s.names.Intern(b.tx, names.In(it.key.Tenant, t), true)
			if err != nil {
				return err
			}
			if _, err := b.tx.Exec(qTypeDel, id, it.num); err != nil {
				return err
			}
		}
	}
	for _, t := range after {
		if !slices.Contains(before, t) {
			id, err := b.s.names.Intern(b.tx, names.In(it.key.Tenant, t), true)
			if err != nil {
				return err
			}
			to.types = append(to.types, id, it.num)
		}
	}
	return nil
}

// count writes the counts' differences.
func (b *beside) count(tx *store.Tx) error {
	for sh, delta := range b.shapes {
		if sh == nil || delta == 0 {
			continue
		}
		for _, c := range sh.Counts {
			if err := tx.Add(c.Counter, c.Key, delta); err != nil {
				return err
			}
		}
	}
	return nil
}
