package query

import "time"

// Names expands a term to the name that is stored; jsonld.(*Context).Expand is one.
type Names func(term string) string

// Every Parse function answers a mistake with *Error: parameter, byte offset, what was expected (clause in the comment).

// Expr is a parsed q (4.9).
type Expr interface{ expr() }

// QOptions are the settings that q is read with.
type QOptions struct {
	Names        Names
	ExpandValues []string // attributes (names) whose values are expanded by Names: parameter expandValues
	JSONKeys     []string // attributes whose sub-paths are raw JSON keys: parameter jsonKeys
}

// ParseQ reads q.
func ParseQ(q string, o QOptions) (Expr, error) { panic("not yet") }

// Types is a type selection (4.17).
type Types struct{}

// ParseTypes reads a type selection; "*" selects every type.
func ParseTypes(s string, names Names) (*Types, error) { panic("not yet") }

// Only gives the names when the selection is a plain disjunction of types ("A,B", "A|B"); nil otherwise. It is for narrowing.
func (t *Types) Only() []string { panic("not yet") }

// All tells whether the selection is "*".
func (t *Types) All() bool { panic("not yet") }

// Scope is a scope query (4.19).
type Scope struct{}

// ParseScope reads scopeQ.
func ParseScope(s string) (*Scope, error) { panic("not yet") }

// Projection is what pick or omit names (4.21), nested for linked entities.
type Projection struct{}

// ParseProjection reads pick or omit. id, type, scope and the sysAttrs stand for themselves.
func ParseProjection(s string, names Names) (*Projection, error) { panic("not yet") }

// Has tells whether a member (name, or "id", "type", "scope", "createdAt"...) is named; Under gives the projection of the linked
// entities of a relationship, nil where none is given. Both work on nil (Has is false).
func (p *Projection) Has(name string) bool { panic("not yet") }

// Under is described at Has.
func (p *Projection) Under(name string) *Projection { panic("not yet") }

// Names lists the members that are named, at this level.
func (p *Projection) Names() []string { panic("not yet") }

// OrderKey is one key of orderBy (4.23).
type OrderKey struct {
	Path     Path
	Desc     bool
	Distance bool // by distance to OrderGeometry
}

// Path leads to values: an attribute, its sub-attributes, a place within a compound value, a language.
type Path struct {
	Attr   string   // name; "id", "type", "scope", "createdAt", "modifiedAt" of the entity
	Sub    []string // names of sub-attributes, or members such as "observedAt", "unitCode"
	Member []string // keys within the value: [a.b]
	Any    bool     // [*]
}

// ParseOrder reads orderBy.
func ParseOrder(s string, names Names) ([]OrderKey, error) { panic("not yet") }

// Geo is a geo query (4.10).
type Geo struct {
	Rel         string  // near, within, contains, overlaps, intersects, equals, disjoint
	Min, Max    float64 // metres, for near; negative where not given
	Geometry    string  // Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon
	Coordinates []byte  // JSON, checked
	Property    string  // name; "location" where not given
}

// ParseGeo reads the parameters of a geo query.
func ParseGeo(georel, geometry, coordinates, property string, names Names) (*Geo, error) {
	panic("not yet")
}

// Times is a temporal query (4.11).
type Times struct {
	Rel      string // before, after, between; "" where no interval is asked for
	At, End  time.Time
	Property string // observedAt, createdAt, modifiedAt, deletedAt
}

// ParseTimes reads the parameters of a temporal query.
func ParseTimes(timerel, timeAt, endTimeAt, timeproperty string) (*Times, error) { panic("not yet") }

// Has tells whether t lies in the interval: before is exclusive, after inclusive, between half open.
func (t *Times) Has(at time.Time) bool { panic("not yet") }

// Period is an ISO 8601 duration (4.5.19): calendar months and years beside exact time.
type Period struct {
	Years, Months, Days int
	Exact               time.Duration
}

// ParsePeriod reads aggrPeriodDuration. PT0S stands for the whole range.
func ParsePeriod(s string) (Period, error) { panic("not yet") }
