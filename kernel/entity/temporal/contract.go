package temporal

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// Store reads and amends the history of entities.
type Store struct{}

// Open makes the history of a store of entities.
func Open(ctx context.Context, e *entity.Store, now func() time.Time) (*Store, error) {
	panic("not yet")
}

// Ask is a temporal query (5.7.3, 5.7.4).
type Ask struct {
	Tenant    string
	Select    *filter.Selection // values of instances are tested (T08)
	Times     *query.Times
	LastN     int // instances a course, newest; 0: all
	PageSize  int // instances a request altogether in time (6.3.10); 0: unbounded
	Attrs     []string
	Datasets  []string
	Aggregate []string // methods; with Period
	Period    query.Period
	After     string // cursor over entities
	Limit     int
	Offset    int64
	Count     bool
}

// Page is a page of evolutions.
type Page struct {
	Evolutions []*form.Evolution
	Next       string
	Total      int64     // -1 where not asked
	From, To   time.Time // of the instances in it, where Cut
	Cut        bool      // instances were left out for PageSize: answer 206 with Content-Range
}

// Query answers a temporal query.
func (s *Store) Query(ctx context.Context, a Ask) (Page, error) { panic("not yet") }

// Get answers for one entity; errs.NotFound where it has no history.
func (s *Store) Get(ctx context.Context, k entity.Key, a Ask) (Page, error) { panic("not yet") }

// Record adds instances to the history of an entity (O31, O36), which need not exist in the current state; created tells that it
// had no history.
func (s *Store) Record(ctx context.Context, k entity.Key, owner string, types, scope []string, instances []ngsi.Attr) (created bool, err error) {
	panic("not yet")
}

// Delete removes the whole history (O35), DeleteAttr that of an attribute (O37; all: every dataset), DeleteInstance one instance (O39),
// Modify changes one (O38). errs.NotFound where there is none.
func (s *Store) Delete(ctx context.Context, k entity.Key) error { panic("not yet") }

// DeleteAttr is described at Delete.
func (s *Store) DeleteAttr(ctx context.Context, k entity.Key, attr, dataset string, all bool) error {
	panic("not yet")
}

// DeleteInstance is described at Delete.
func (s *Store) DeleteInstance(ctx context.Context, k entity.Key, attr, instance string) error {
	panic("not yet")
}

// Modify is described at Delete.
func (s *Store) Modify(ctx context.Context, k entity.Key, attr, instance string, to ngsi.Attr) error {
	panic("not yet")
}
