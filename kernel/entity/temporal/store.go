package temporal

import (
	"context"
	"embed"
	"io/fs"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

// Tables are the package's migrations.
func Tables() fs.FS { return tables }

var (
	bulkInstance = store.NewBulk("temporal.instance.add", `INSERT INTO temporal_instance (num, attr, dataset, at, seq, doc)`, 6,
		`ON CONFLICT (num, attr, dataset, at) DO UPDATE SET doc = excluded.doc`)
	qInstanceFind = store.Q("temporal.instance.find", `SELECT dataset, at, doc FROM temporal_instance WHERE num = $1 AND attr = $2 AND seq = $3`)
	qInstanceDel  = store.Q("temporal.instance.del", `DELETE FROM temporal_instance WHERE num = $1 AND attr = $2 AND seq = $3`)
	qInstanceDrop = store.Q("temporal.instance.drop", `DELETE FROM temporal_instance WHERE num = $1`)
	qInstanceAttr = store.Q("temporal.instance.attr", `DELETE FROM temporal_instance WHERE num = $1 AND attr = $2`)
	qInstanceSet  = store.Q("temporal.instance.set", `DELETE FROM temporal_instance WHERE num = $1 AND attr = $2 AND dataset = $3`)
	// The courses of a num are stepped through one by one, whatever the number of their instances.
	qInstanceNext = store.Q("temporal.instance.next", `SELECT attr, dataset FROM temporal_instance
		WHERE num = $1 AND (attr > $2 OR (attr = $2 AND dataset > $3)) ORDER BY attr, dataset LIMIT 1`)
	qInstanceUp = store.Q("temporal.instance.up", `SELECT seq, doc FROM temporal_instance
		WHERE num = $1 AND attr = $2 AND dataset = $3 AND at >= $4 AND at < $5 ORDER BY at LIMIT $6`)
	qInstanceDown = store.Q("temporal.instance.down", `SELECT seq, doc FROM temporal_instance
		WHERE num = $1 AND attr = $2 AND dataset = $3 AND at >= $4 AND at < $5 ORDER BY at DESC LIMIT $6`)

	qEntityGet = store.Q("temporal.entity.get", `SELECT owner, created, modified, deleted, doc FROM temporal_entity WHERE num = $1`)
	bulkEntity = store.NewBulk("temporal.entity.set", `INSERT INTO temporal_entity (num, tenant, id, owner, created, modified, deleted, doc)`, 8,
		`ON CONFLICT (num) DO UPDATE SET owner = excluded.owner, modified = excluded.modified, deleted = excluded.deleted, doc = excluded.doc`)
	qEntityDel  = store.Q("temporal.entity.del", `DELETE FROM temporal_entity WHERE num = $1`)
	qEntityWalk = store.Q("temporal.entity.walk", `SELECT num, id, owner, created, modified, deleted, doc FROM temporal_entity
		WHERE tenant = $1 AND num > $2 ORDER BY num LIMIT $3`)
	qEntityType = store.Q("temporal.entity.type", `SELECT e.num, e.id, e.owner, e.created, e.modified, e.deleted, e.doc
		FROM temporal_type t JOIN temporal_entity e ON e.num = t.num WHERE t.type = $1 AND t.num > $2 ORDER BY t.num LIMIT $3`)
	qEntityByNum = store.Q("temporal.entity.num", `SELECT num, id, owner, created, modified, deleted, doc FROM temporal_entity WHERE num = $1`)
	qEntityIn    = store.Q("temporal.entity.in", `SELECT num, id, owner, created, modified, deleted, doc FROM temporal_entity WHERE num IN `+store.In(1, knownPiece))
	bulkType     = store.NewBulk("temporal.type.add", `INSERT INTO temporal_type (type, num)`, 2, `ON CONFLICT DO NOTHING`)
	qTypeDel     = store.Q("temporal.type.del", `DELETE FROM temporal_type WHERE type = $1 AND num = $2`)

	qForgottenSet = store.Q("temporal.forgotten.set", `INSERT INTO temporal_forgotten (key, upto) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET upto = excluded.upto`)
	qForgottenGet = store.Q("temporal.forgotten.get", `SELECT upto FROM temporal_forgotten WHERE key = $1`)
	qHiddenAdd    = store.Q("temporal.hidden.add", `INSERT INTO temporal_hidden (key, at) VALUES ($1, $2) ON CONFLICT DO NOTHING`)
	qHiddenGet    = store.Q("temporal.hidden.get", `SELECT at FROM temporal_hidden WHERE key = $1 ORDER BY at`)
)

// Options of OpenWith.
type Options struct {
	Forget bool // deleting an entity deletes its history too; else the history stays, with tombstones
}

// Store reads and amends the history of entities. It is safe for concurrent use.
type Store struct {
	e      *entity.Store
	db     *store.DB
	gauges *gauge.Gauges // nil: no attribute is a gauge
	opts   Options
}

// Open makes the history of a store of entities.
func Open(ctx context.Context, e *entity.Store, now func() time.Time) (*Store, error) {
	return OpenWith(ctx, e, Options{})
}

// OpenWith is Open with options. The clock is that of the entities.
func OpenWith(ctx context.Context, e *entity.Store, o Options) (*Store, error) {
	s := &Store{e: e, db: e.DB(), gauges: e.Gauges(), opts: o}
	if err := s.db.Migrate(ctx, "temporal", tables); err != nil {
		return nil, errs.Wrap("open histories", err)
	}
	e.Watch(s.deleted)
	return s, nil
}

// deleted keeps what entities were when they leave the current state.
func (s *Store) deleted(tx *store.Tx, changes []entity.Change) error {
	var gone []*known
	at := map[int64]int{}
	for i := range changes {
		c := &changes[i]
		if c.Verb != entity.Deleted || c.Before == nil {
			continue
		}
		if s.opts.Forget {
			if _, err := s.drop(tx, c.Num, c.Tenant); err != nil {
				return err
			}
			continue
		}
		b := c.Before
		k := &known{num: c.Num, key: entity.Key{Tenant: b.Tenant, ID: b.ID}, owner: b.Owner, created: b.CreatedAt, modified: c.At, deleted: c.At,
			types: b.Types, scope: b.Scope}
		if n, twice := at[c.Num]; twice { // it came and went again
			k.types = union(k.types, gone[n].types)
			gone[n] = k
			continue
		}
		at[c.Num] = len(gone)
		gone = append(gone, k)
	}
	for list := gone; len(list) > 0; { // types that a Record added stay
		part := list[:min(knownPiece, len(list))]
		list = list[len(part):]
		args := make([]any, knownPiece)
		for i := range args {
			args[i] = part[min(i, len(part)-1)].num
		}
		old, err := s.candidates(tx, "", qEntityIn, args...)
		if err != nil {
			return err
		}
		for _, c := range old {
			gone[at[c.num]].types = union(gone[at[c.num]].types, c.known.types)
		}
	}
	return s.keep(tx, gone...)
}

// knownPiece is how many entities are looked up with one statement.
const knownPiece = 64

// known is what temporal_entity holds of an entity.
type known struct {
	num                        int64
	key                        entity.Key
	owner                      string
	created, modified, deleted time.Time
	types, scope               []string
}

// known reads what is known of a num; errs.NotFound where nothing is.
func (s *Store) known(tx *store.Tx, num int64, k entity.Key) (*known, error) {
	var created, modified, deleted int64
	var doc []byte
	out := &known{num: num, key: k}
	if err := tx.Get(qEntityGet, []any{num}, &out.owner, &created, &modified, &deleted, &doc); err != nil {
		return nil, err
	}
	return out, s.fill(tx, out, created, modified, deleted, doc)
}

func (s *Store) fill(tx *store.Tx, k *known, created, modified, deleted int64, doc []byte) error {
	var e entity.Entity
	if err := s.e.DecodeDoc(tx, doc, &e); err != nil {
		return err
	}
	k.created, k.modified, k.deleted = store.Time(created), store.Time(modified), store.Time(deleted)
	k.types, k.scope = e.Types, e.Scope
	return nil
}

// keep writes what is known of entities, each once.
func (s *Store) keep(tx *store.Tx, list ...*known) error {
	var types, rows []any
	for _, k := range list {
		for _, t := range k.types {
			id, err := s.e.TypeID(tx, k.key.Tenant, t, true)
			if err != nil {
				return err
			}
			types = append(types, id, k.num)
		}
		doc, err := s.e.EncodeDoc(tx, &entity.Entity{Types: k.types, Scope: k.scope, CreatedAt: k.created})
		if err != nil {
			return err
		}
		rows = append(rows, k.num, k.key.Tenant, k.key.ID, k.owner, store.Micros(k.created), store.Micros(k.modified), store.Micros(k.deleted), doc)
	}
	if _, err := tx.ExecBulk(bulkType, types); err != nil {
		return errs.Wrap("keep history", err)
	}
	_, err := tx.ExecBulk(bulkEntity, rows)
	return errs.Wrap("keep history", err)
}

// union appends to a what b has besides.
func union(a, b []string) []string {
	out := append([]string(nil), a...)
	for _, t := range b {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
