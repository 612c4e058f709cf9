package form

import (
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// Split takes the @context member out of a body (an object); nil where it bears none. The body is not changed; readers below pass
// @context over.
func Split(body []byte) (context json.RawMessage, err error) { panic("not yet") }

// Elements cuts a JSON array of entities into its elements (batch operations).
func Elements(body []byte) ([]json.RawMessage, error) { panic("not yet") }

// Input says what a body may be. Normalized, concise and simplified input may be mixed in one body (4.5.2 to 4.5.4).
type Input struct {
	Context    *jsonld.Context
	Fragment   bool // id and type may be missing; NGSI-LD Null is a value (ngsi.IsNull): merge, update, partial update
	Temporal   bool // an attribute is an array of instances that need not differ in datasetId (4.5.6)
	Simplified bool // format=simplified / keyValues of Merge: objects are values, not attributes
}

// Entity reads an entity or a fragment of one. Names in it are stored names (jsonld.Expand). Faults are *Error: JSON pointer of the
// place, what is wrong (Chinese and English), clause.
func Entity(body []byte, in Input) (*ngsi.Entity, error) { panic("not yet") }

// Attr reads the body of an operation on one attribute (O11, O12), whose name is given: one instance, or an array of instances.
// An attribute whose kind the body does not betray has Kind ngsi.Unsaid; one without value has Value nil.
func Attr(body []byte, name string, in Input) ([]ngsi.Attr, error) { panic("not yet") }

// Format is a representation.
type Format uint8

// The representations.
const (
	Normalized Format = iota
	Concise
	Simplified
	TemporalValues // of temporal evolutions only, as is the next
	AggregatedValues
)

// Output says how entities are written.
type Output struct {
	Context  *jsonld.Context
	Format   Format
	SysAttrs bool
	Lang     string            // reduces LanguageProperties (4.15), "" leaves them
	Datasets []string          // instances wanted ("@none" is the default one); nil: all
	Pick     *query.Projection // nil: all
	Omit     *query.Projection
	Link     func(a *ngsi.Attr) []*ngsi.Entity // entities that a Relationship is joined with (4.5.23); nil: none
	InBody   bool                              // write @context into the object
	Geometry string                            // GeoJSON: name of the geometry property; "location" where ""
}

// Append writes an entity as a JSON object.
func Append(dst []byte, e *ngsi.Entity, o *Output) []byte { panic("not yet") }

// AppendFeature writes an entity as a GeoJSON Feature (4.5.16); AppendCollection a FeatureCollection (4.5.17).
func AppendFeature(dst []byte, e *ngsi.Entity, o *Output) []byte { panic("not yet") }

// AppendCollection is described at AppendFeature.
func AppendCollection(dst []byte, list []*ngsi.Entity, o *Output) []byte { panic("not yet") }

// Evolution is the temporal evolution of an entity (4.5.6 to 4.5.9): every attribute with its instances.
type Evolution struct {
	ID                               string
	Types, Scope                     []string
	CreatedAt, ModifiedAt, DeletedAt time.Time
	Attrs                            []Course // ordered by name, then dataset
}

// Course is the course of one attribute and dataset: instances, or aggregates.
type Course struct {
	Name, Dataset string
	Kind          ngsi.AttrKind
	Instances     []Instance
	Aggregates    map[string][]Aggregate // by method: avg, max...
}

// Instance is one instance of an attribute. Attr.CreatedAt and ModifiedAt are the instance's.
type Instance struct {
	ngsi.Attr
	InstanceID string    // a URI
	DeletedAt  time.Time // set for a tombstone, whose Value is nil
}

// Aggregate is one value of an aggregate method over [From, To).
type Aggregate struct {
	Value    json.RawMessage
	From, To time.Time
}

// TimeProperty is the timeproperty that pairs of TemporalValues bear; "" is observedAt.
type TimeProperty string

// AppendEvolution writes a temporal evolution in o.Format (Normalized, Concise, TemporalValues, AggregatedValues).
func AppendEvolution(dst []byte, v *Evolution, t TimeProperty, o *Output) []byte { panic("not yet") }
