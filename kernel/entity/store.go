package entity

import (
	"context"
	"embed"
	"io/fs"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

// Tables are the package's migrations.
func Tables() fs.FS { return tables }

var (
	qNameByName = store.Q("entity.name.id", `SELECT id FROM entity_name WHERE name = $1`)
	qNameByID   = store.Q("entity.name.name", `SELECT name FROM entity_name WHERE id = $1`)
	qNameAll    = store.Q("entity.name.all", `SELECT id, name FROM entity_name`)
	qNameAdd    = store.Q("entity.name.add", `INSERT INTO entity_name (id, name) VALUES ($1, $2)`)

	// A deleted entity's row is taken up again under its old number; a living one's is left alone, and no row comes back.
	qCreate = store.Q("entity.create", `INSERT INTO entity (num, id, type, owner, version, modified, cell, doc)
		VALUES ($1, $2, $3, $4, 1, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET type = excluded.type, owner = excluded.owner, version = 1,
			modified = excluded.modified, cell = excluded.cell, doc = excluded.doc
		WHERE entity.type = 0 RETURNING num`)
	qGet = store.Q("entity.get", `SELECT num, id, owner, version, modified, doc FROM entity WHERE id = $1`)
	// The columns that indexes cover are written only when they change: SQLite would rewrite the indexes otherwise.
	qSetDoc = store.Q("entity.set.doc", `UPDATE entity SET version = $3, modified = $4, doc = $5 WHERE num = $1 AND version = $2`)
	qSetAll = store.Q("entity.set.all", `UPDATE entity SET version = $3, modified = $4, doc = $5, type = $6, owner = $7, cell = $8
		WHERE num = $1 AND version = $2`)

	qTypeAdd = store.Q("entity.type.add", `INSERT INTO entity_type (type, num) VALUES ($1, $2)`)
	qTypeDel = store.Q("entity.type.del", `DELETE FROM entity_type WHERE type = $1 AND num = $2`)

	qIndexAll      = store.Q("entity.index.all", `SELECT key, type, attr, ready FROM entity_index`)
	qIndexAdd      = store.Q("entity.index.add", `INSERT INTO entity_index (key, type, attr, ready) VALUES ($1, $2, $3, FALSE)`)
	qIndexReady    = store.Q("entity.index.ready", `UPDATE entity_index SET ready = TRUE WHERE key = $1`)
	qIndexDel      = store.Q("entity.index.del", `DELETE FROM entity_index WHERE key = $1`)
	qTextAdd       = store.Q("entity.text.add", `INSERT INTO entity_text (key, value, num) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`)
	qTextDel       = store.Q("entity.text.del", `DELETE FROM entity_text WHERE key = $1 AND value = $2 AND num = $3`)
	qTextSet       = store.Q("entity.text.set", `UPDATE entity_text SET value = $4 WHERE key = $1 AND value = $2 AND num = $3`)
	qTextDelKey    = store.Q("entity.text.del.key", `DELETE FROM entity_text WHERE key = $1`)
	qNumberAdd     = store.Q("entity.number.add", `INSERT INTO entity_number (key, value, num) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`)
	qNumberDel     = store.Q("entity.number.del", `DELETE FROM entity_number WHERE key = $1 AND value = $2 AND num = $3`)
	qNumberSet     = store.Q("entity.number.set", `UPDATE entity_number SET value = $4 WHERE key = $1 AND value = $2 AND num = $3`)
	qNumberDelKey  = store.Q("entity.number.del.key", `DELETE FROM entity_number WHERE key = $1`)
	qChangeAdd     = store.Q("entity.change.add", `INSERT INTO entity_change (num, seq, verb, at, version, owner, names, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	qChangeHistory = store.Q("entity.change.list", `SELECT seq, verb, at, version, owner, names, doc FROM entity_change
		WHERE num = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`)
	qNumOf = store.Q("entity.num", `SELECT num FROM entity WHERE id = $1`)

	qTenantAdd = store.Q("entity.tenant.add", `INSERT INTO entity_tenant (name, since) VALUES ($1, $2) ON CONFLICT DO NOTHING`)
	qTenants   = store.Q("entity.tenant.list", `SELECT name FROM entity_tenant ORDER BY name`)
)

// Sequences and maintained counts.
const (
	seqNum    = "entity"
	seqChange = "entity.change"
	seqName   = "entity.name"
	seqIndex  = "entity.index"
	countOf   = "entity"       // key: see countKeys
	countAlso = "entity.types" // key: type; entities that have it as a second or further type
)

// Store is the entity store. It is safe for concurrent use.
type Store struct {
	db    *store.DB
	now   func() time.Time
	names names
	feed  feed
	watch watch

	mu      sync.RWMutex
	models  map[string]*model // by type
	tenants map[string]bool   // that were written to
	marks   map[string][]mark // indexed attributes by type
	cur     *pending          // the transaction that is writing

	least int64 // gatherLeast, but in tests
}

// pending is what a transaction has done and not committed yet. There is one write lane, so one is enough: when another
// transaction writes, the one before has been handed to its commit or was rolled back.
type pending struct {
	tx      *store.Tx
	names   map[string]int64
	changes []Change
	refused error // by a watcher
}

// Open migrates and opens. now is the clock.
func Open(ctx context.Context, db *store.DB, now func() time.Time) (*Store, error) {
	if err := db.Migrate(ctx, "entity", tables); err != nil {
		return nil, errs.Wrap("open entities", err)
	}
	s := &Store{db: db, now: now, models: map[string]*model{}, tenants: map[string]bool{}, marks: map[string][]mark{}, least: gatherLeast}
	err := db.Read(ctx, func(tx *store.Tx) error {
		if err := s.names.load(tx); err != nil {
			return err
		}
		if err := tx.Each(qTenants, nil, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			s.tenants[name] = true
			return err
		}); err != nil {
			return err
		}
		return s.loadMarks(tx)
	})
	if err != nil {
		return nil, errs.Wrap("open entities", err)
	}
	return s, nil
}

// pendingOf gives what tx has done so far; the first call of a transaction registers what happens after its commit.
func (s *Store) pendingOf(tx *store.Tx) *pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cur != nil && s.cur.tx == tx {
		return s.cur
	}
	p := &pending{tx: tx}
	s.cur = p
	tx.OnCommit(func() {
		s.mu.Lock()
		if s.cur == p {
			s.cur = nil
		}
		s.mu.Unlock()
		s.names.add(p.names)
		s.feed.publish(p.changes)
	})
	return p
}

// stamp is the clock, to the microsecond that is stored.
func (s *Store) stamp() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
