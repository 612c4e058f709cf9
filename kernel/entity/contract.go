package entity

import (
	"context"

	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/store"
)

// Key names an entity: the tenant ("" is the city's common context) and the id.
type Key struct{ Tenant, ID string }

// Edit is given an entity as it stands (nil where there is none; never to be written to: Clone it) and returns it as it shall be:
// nil deletes, the same pointer leaves everything. An attribute instance whose ModifiedAt is zero counts as written now (also where
// it says the same as before); its CreatedAt, where zero, becomes now. It runs on the write lane, together with others' edits in one
// transaction: it must be quick, must not block, and may be run again.
type Edit func(old *Entity) (*Entity, error)

// Task is one edit of a batch.
type Task struct {
	Key
	Owner string // unit of an entity that comes to be
	Edit  Edit
}

// Result is what became of a task. Before and After are shared and never to be written to.
type Result struct {
	Before, After *Entity
	Err           error
}

// Do runs one edit. It waits for the flush; concurrent calls share a transaction and its statements. errs.Busy at once where too
// many wait.
func (s *Store) Do(ctx context.Context, t Task) (Result, error) { panic("not yet") }

// DoAll runs many edits, each of which stands or fails alone, in order, in one transaction a thousand; edits of one entity see
// those before them. The error is that of the transaction: then nothing stands.
func (s *Store) DoAll(ctx context.Context, tasks []Task) ([]Result, error) { panic("not yet") }

// Find reads one entity, with the values of its gauges and bound series.
func (s *Store) Find(ctx context.Context, k Key) (*Entity, error) { panic("not yet") }

// FindAll reads those of the keys that are there, in the order given.
func (s *Store) FindAll(ctx context.Context, keys []Key) ([]*Entity, error) { panic("not yet") }

// Search is a Query in NGSI-LD's terms.
type Search struct {
	Tenant string
	Select *filter.Selection
	After  string // cursor
	Offset int64  // from the beginning, where After is ""
	Limit  int    // 0..1000 (0 with Count only)
	Count  bool
}

// Search answers one page, ordered by num. What has expired is not there.
func (s *Store) Search(ctx context.Context, q Search) (Page, error) { panic("not yet") }

// EachMatch streams every match, as Each does.
func (s *Store) EachMatch(ctx context.Context, tenant string, sel *filter.Selection, fn func(*Entity) error) error {
	panic("not yet")
}

// TypeInfo is one type with the attributes that its entities have (5.7.5 to 5.7.10), from maintained counts.
type TypeInfo struct {
	Type  string
	Count int64
	Attrs []AttrInfo // by name
}

// AttrInfo is one attribute: how many entities have it, of which kinds it is, which types have it.
type AttrInfo struct {
	Name  string
	Count int64
	Kinds []AttrKind
	Types []string
}

// Types lists the types of a tenant's entities, by name.
func (s *Store) Types(ctx context.Context, tenant string) ([]TypeInfo, error) { panic("not yet") }

// AttrNames lists the attributes of a tenant's entities, by name.
func (s *Store) AttrNames(ctx context.Context, tenant string) ([]AttrInfo, error) { panic("not yet") }

// Tenants lists the tenants that were ever written to; Known tells whether one was.
func (s *Store) Tenants(ctx context.Context) ([]string, error) { panic("not yet") }

// Known is described at Tenants.
func (s *Store) Known(ctx context.Context, tenant string) (bool, error) { panic("not yet") }

// Watch calls fn inside each writer's transaction with the changes that it made, before the commit: what fn writes to tx stands or
// falls with them; an error of fn refuses the changes. There may be several; each must be quick.
func (s *Store) Watch(fn func(tx *store.Tx, changes []Change) error) (stop func()) { panic("not yet") }
