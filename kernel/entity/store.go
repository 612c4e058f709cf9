package entity

import (
	"cmp"
	"context"
	"embed"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/census"
	"github.com/haihe-city/haihe/kernel/entity/combine"
	"github.com/haihe-city/haihe/kernel/entity/feed"
	"github.com/haihe-city/haihe/kernel/entity/gauge"
	"github.com/haihe-city/haihe/kernel/entity/index"
	"github.com/haihe-city/haihe/kernel/entity/memory"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/kernel/entity/past"
	"github.com/haihe-city/haihe/kernel/entity/schema"
	"github.com/haihe-city/haihe/kernel/entity/walk"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

// Tables are the package's migrations.
func Tables() fs.FS { return tables }

var (
	qGet = store.Q("entity.get", `SELECT num, id, owner, version, modified, doc FROM entity WHERE id = $1`)

	qTypeDel = store.Q("entity.type.del", `DELETE FROM entity_type WHERE type = $1 AND num = $2`)

	qOld = store.Q("entity.old", `SELECT num, id, owner, version, modified, doc FROM entity WHERE type <> 0 AND num > $1 ORDER BY num LIMIT $2`)

	qExpiryDel  = store.Q("entity.expiry.del", `DELETE FROM entity_expiry WHERE num = $1`)
	qExpiryNext = store.Q("entity.expiry.next", `SELECT at FROM entity_expiry ORDER BY at LIMIT 1`)
	qExpiryDue  = store.Q("entity.expiry.due", `SELECT e.id FROM entity_expiry x JOIN entity e ON e.num = x.num WHERE x.at <= $1 ORDER BY x.at LIMIT $2`)

	qGaugeFormer = store.Q("entity.gauge.former", `SELECT key FROM entity_gauge WHERE num = $1 AND attr = $2 AND dataset = $3
		ORDER BY since DESC, key DESC LIMIT 1`)

	qTenantAdd = store.Q("entity.tenant.add", `INSERT INTO entity_tenant (name, since) VALUES ($1, $2) ON CONFLICT DO NOTHING`)
	qTenants   = store.Q("entity.tenant.list", `SELECT name FROM entity_tenant ORDER BY name`)
)

// Sequences.
const (
	seqNum    = "entity"
	seqChange = "entity.change"
	seqGauge  = "entity.gauge"
)

// Options of OpenWith. The zero value works.
type Options struct {
	Gauges *gauge.Gauges // nil: no attribute becomes a gauge. Nor does one where several instances share the data: a series has one writer
	Memory int64         // bytes of decoded entities that are held; 64 MiB
	Queue  int           // calls of Do that may wait; 4096
}

// Store is the entity store. It is safe for concurrent use.
type Store struct {
	*past.Rows
	index   *index.Index
	db      *store.DB
	now     func() time.Time
	gauges  *gauge.Gauges // may be nil
	names   names.Names
	feed    feed.List[func([]Change)]
	watch   feed.List[func(*store.Tx, []Change) error]
	memory  *memory.Memory[Key, *Entity]
	combine *combine.Combiner[Task, Result]
	shared  bool         // other instances write too: memory knows nothing
	next    atomic.Int64 // when the next thing expires, in microseconds; never before

	mu       sync.RWMutex
	models   map[string]*schema.Model // by type
	tenants  map[string]bool          // that were written to
	bindings map[string][]Binding     // by type

	lane
	least int64 // gatherLeast, but in tests
}

// lane is what only the write lane touches.
type lane struct {
	cur    *batch // the last one
	open   open
	shapes census.Shapes
}

// Open migrates and opens, without gauges. now is the clock.
func Open(ctx context.Context, db *store.DB, now func() time.Time) (*Store, error) {
	return OpenWith(ctx, db, now, Options{})
}

// OpenWith is Open with options.
func OpenWith(ctx context.Context, db *store.DB, now func() time.Time, o Options) (*Store, error) {
	if err := db.Migrate(ctx, "entity", tables); err != nil {
		return nil, errs.Wrap("open entities", err)
	}
	s := &Store{db: db, now: now, gauges: o.Gauges, shared: db.Shared(), models: map[string]*schema.Model{},
		tenants: map[string]bool{}, bindings: map[string][]Binding{}, least: walk.GatherLeast}
	s.Rows, s.index = past.New(db, &s.names), index.New(db, &s.names)
	s.memory = memory.New[Key, *Entity](cmp.Or(o.Memory, 64<<20))
	s.combine = combine.New(perGroup, cmp.Or(o.Queue, 4096), s.group)
	err := db.Read(ctx, func(tx *store.Tx) error {
		if err := s.names.Load(tx); err != nil {
			return err
		}
		if err := s.loadTenants(tx); err != nil {
			return err
		}
		next, err := nextExpiry(tx)
		if err != nil {
			return err
		}
		s.next.Store(next)
		return s.index.Load(tx)
	})
	if err == nil {
		err = s.countOld(ctx)
	}
	if err != nil {
		return nil, errs.Wrap("open entities", err)
	}
	return s, nil
}

// stamp is the clock, to the microsecond that is stored.
func (s *Store) stamp() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
