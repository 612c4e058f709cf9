package filter

import (
	"regexp"

	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// Selection selects entities as NGSI-LD does; what is nil or empty selects everything. It decides; SQL only narrows by it.
type Selection struct {
	IDs       []string
	IDPattern *regexp.Regexp
	Types     *query.Types
	Attrs     []string // at least one of them is there
	Q         query.Expr
	Geo       *query.Geo
	Scope     *query.Scope
	Datasets  []string                     // instances that conditions look at; nil: all
	Linked    func(id string) *ngsi.Entity // for conditions on linked entities (4.9, Q06)
}

// Pattern compiles an idPattern (POSIX extended, 5.7.2) with a bound on its size.
func Pattern(p string) (*regexp.Regexp, error) { panic("not yet") }

// Match tells whether an entity is selected.
func (s *Selection) Match(e *ngsi.Entity) bool { panic("not yet") }

// Wants tells whether Match looks at an attribute, so that the others need not be decoded; All tells that it may look at any.
func (s *Selection) Wants(name string) bool { panic("not yet") }

// Box is the rectangle that matches of s.Geo must meet, where there is one (ok), for narrowing; only where Geo.Property is location.
func (s *Selection) Box() (b ngsi.Box, ok bool) { panic("not yet") }

// Equals lists conditions "attribute equals text or number" that every match fulfils (they stand in a conjunction at the top of
// Q), for narrowing by an index.
func (s *Selection) Equals() []Equal { panic("not yet") }

// Equal is a condition of Equals.
type Equal struct {
	Attr  string
	Value any // string, float64 or bool
}

// Order sorts by the keys (4.23); collation is a BCP 47 tag, "" sorts by bytes; from is the point (or geometry) that distances are
// measured to, as GeoJSON. Entities that are equal keep their order.
func Order(list []*ngsi.Entity, keys []query.OrderKey, collation string, from []byte) error {
	panic("not yet")
}
