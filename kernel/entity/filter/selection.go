package filter

import (
	"regexp"
	"slices"

	"github.com/haihe-city/haihe/kernel/entity/geo"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// Selection selects entities as NGSI-LD does; what is nil or empty selects everything. It decides; SQL only narrows by it.
// It may be used by several goroutines at once if Linked may.
type Selection struct {
	IDs       []string
	IDPattern *regexp.Regexp
	Types     *query.Types
	Attrs     []string // at least one of them is there
	Q         query.Expr
	Geo       *query.Geo
	Scope     *query.Scope
	Datasets  []string                     // instances that conditions look at ("@none": the default one); nil: all
	Linked    func(id string) *ngsi.Entity // for conditions on linked entities (4.9, Q06); nil where there is no such entity
}

// Pattern compiles an idPattern (POSIX extended, 5.7.2) with a bound on its size.
func Pattern(p string) (*regexp.Regexp, error) { return query.Pattern("idPattern", p) }

// Match tells whether an entity is selected.
func (s *Selection) Match(e *ngsi.Entity) bool {
	return s.head(e) &&
		(len(s.Attrs) == 0 || slices.ContainsFunc(s.Attrs, func(name string) bool { return has(e, name) })) &&
		(s.Q == nil || s.expr(s.Q, e)) &&
		(s.Geo == nil || s.geo(e))
}

// head tests what does not lie in attributes.
func (s *Selection) head(e *ngsi.Entity) bool {
	return (len(s.IDs) == 0 || slices.Contains(s.IDs, e.ID)) &&
		s.Types.Match(e.Types) &&
		s.Scope.Match(e.Scope) &&
		(s.IDPattern == nil || s.IDPattern.MatchString(e.ID))
}

// has tells whether an attribute is there; scope counts as one where it is given, other members of the entity do not.
func has(e *ngsi.Entity, name string) bool {
	if name == "scope" {
		return len(e.Scope) > 0
	}
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			return true
		}
	}
	return false
}

// looks tells whether conditions look at an instance.
func (s *Selection) looks(a *ngsi.Attr) bool {
	if s.Datasets == nil {
		return true
	}
	if a.DatasetID == "" {
		return slices.Contains(s.Datasets, "@none")
	}
	return slices.Contains(s.Datasets, a.DatasetID)
}

// geo tests the geo query: one instance of the GeoProperty is enough (5.7.2.4).
func (s *Selection) geo(e *ngsi.Entity) bool {
	ref := reference(s.Geo)
	if ref == nil {
		return false
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Name != s.Geo.Property || a.Kind != ngsi.GeoProperty || !s.looks(a) {
			continue
		}
		if shape, err := geo.ReadJSON(a.Value); err == nil && related(s.Geo, shape, ref) {
			return true
		}
	}
	return false
}

// reference gives the geometry of a geo query; it is read once.
func reference(g *query.Geo) *geo.Shape {
	ref, _ := g.Reference(func() any {
		shape, err := geo.Read(g.Geometry, g.Coordinates)
		if err != nil { // ParseGeo has checked it: only what was made by hand comes here
			return (*geo.Shape)(nil)
		}
		return shape
	}).(*geo.Shape)
	return ref
}

// related tests one geometry. ETSI GS CIM 009 V1.9.1 4.10: the entity's geometry is within, contains and so on the reference.
func related(g *query.Geo, shape, ref *geo.Shape) bool {
	switch g.Rel {
	case "near":
		if g.Max >= 0 {
			return geo.Near(shape, ref, g.Max)
		}
		return !geo.Near(shape, ref, g.Min) // disjoint with the buffer, whose border belongs to it
	case "within":
		return geo.Within(shape, ref)
	case "contains":
		return geo.Within(ref, shape)
	case "overlaps":
		return geo.Overlaps(shape, ref)
	case "intersects":
		return geo.Intersects(shape, ref)
	case "equals":
		return geo.Equals(shape, ref)
	case "disjoint":
		return !geo.Intersects(shape, ref)
	}
	return false
}

// Wants tells whether Match looks at an attribute, so that the others need not be decoded.
func (s *Selection) Wants(name string) bool {
	return s.Geo != nil && s.Geo.Property == name || slices.Contains(s.Attrs, name) || s.Q != nil && wants(s.Q, name)
}

func wants(x query.Expr, name string) bool {
	switch x := x.(type) {
	case query.And:
		for _, y := range x {
			if wants(y, name) {
				return true
			}
		}
	case query.Or:
		for _, y := range x {
			if wants(y, name) {
				return true
			}
		}
	case *query.Term:
		if len(x.Links) > 0 {
			return x.Links[0].Attr == name
		}
		return x.Path.Attr == name
	}
	return false
}

// Box is the rectangle that matches of s.Geo must meet, where there is one (ok), for narrowing; only where Geo.Property is location.
func (s *Selection) Box() (b ngsi.Box, ok bool) {
	if s.Geo == nil || s.Geo.Property != "location" || s.Geo.Rel == "disjoint" || s.Geo.Rel == "near" && s.Geo.Max < 0 {
		return b, false
	}
	ref := reference(s.Geo)
	if ref == nil {
		return b, false
	}
	if s.Geo.Rel == "near" {
		return ngsi.Box(geo.Widen(ref.Box(), s.Geo.Max)), true
	}
	return ngsi.Box(ref.Box()), true
}

// Equals lists conditions "attribute equals text or number" that every match fulfils (they stand in a conjunction at the top of
// Q), for narrowing by an index. An attribute equals a value where one of its instances does: itself, an element of its array, an
// object of a relationship, or a text in any language.
func (s *Selection) Equals() []Equal {
	switch x := s.Q.(type) {
	case query.And:
		var out []Equal
		for _, y := range x {
			if e, ok := equal(y); ok {
				out = append(out, e)
			}
		}
		return out
	default:
		if e, ok := equal(x); ok {
			return []Equal{e}
		}
	}
	return nil
}

// Equal is a condition of Equals.
type Equal struct {
	Attr  string
	Value any // string, float64 or bool
}

// equal gives a condition that an index can answer without losing a match: values that are compared in one way only.
func equal(x query.Expr) (Equal, bool) {
	t, ok := x.(*query.Term)
	if !ok || t.Op != query.Eq || t.Range || len(t.Values) != 1 || len(t.Links)+len(t.Path.Sub)+len(t.Path.Member) > 0 ||
		query.IsSystem(t.Path.Attr) {
		return Equal{}, false
	}
	switch v := &t.Values[0]; v.Kind {
	case query.Text, query.Word:
		if v.Name != "" && v.Name != v.Text || !v.Time.IsZero() {
			return Equal{}, false
		}
		return Equal{t.Path.Attr, v.Text}, true
	case query.Number:
		return Equal{t.Path.Attr, v.Number}, true
	case query.Bool:
		return Equal{t.Path.Attr, v.Bool}, true
	}
	return Equal{}, false
}
