package filter

import (
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// Order sorts by the keys (4.23); collation is a BCP 47 tag, "" sorts by bytes; from is the point (or geometry) that distances are
// measured to, as GeoJSON. Entities that are equal keep their order.
func Order(list []*ngsi.Entity, keys []query.OrderKey, collation string, from []byte) error {
	panic("not yet")
}
