// Package entity is the city context (contract sketch). Names and shapes are NGSI-LD's (ETSI GS CIM 009).
package entity

import (
	"context"
	"encoding/json"
	"io/fs"
	"time"

	"github.com/haihe-city/haihe/store"
)

// AttrKind is the NGSI-LD kind of an attribute.
type AttrKind uint8

// The kinds; more of NGSI-LD's follow with its HTTP binding.
const (
	Property AttrKind = iota
	Relationship
	GeoProperty
	LanguageProperty
	JSONProperty
	VocabProperty
	ListProperty
)

// Attr is one attribute instance.
type Attr struct {
	Name       string
	Kind       AttrKind
	Value      json.RawMessage // Property: any JSON; GeoProperty: GeoJSON geometry; Relationship: a URI string or an array of them
	ObservedAt time.Time
	UnitCode   string
	DatasetID  string
	Attrs      []Attr // properties of the property
}

// Entity is a thing of the city.
type Entity struct {
	Num        int64  // the integer row id, given by Create; the key of its series
	ID         string // a URI: urn:ngsi-ld:Type:...
	Types      []string
	Scope      []string
	Owner      string // unit id
	Attrs      []Attr // ordered by name, then dataset
	Version    int64  // 1 after Create, +1 a change
	CreatedAt  time.Time
	ModifiedAt time.Time
}

// Attr finds the default instance of a name; nil where there is none.
func (e *Entity) Attr(name string) *Attr { panic("contract") }

// Text, Number and Point read an attribute's value; ok is false where it is absent or of another kind.
func (e *Entity) Text(name string) (string, bool)               { panic("contract") }
func (e *Entity) Number(name string) (float64, bool)            { panic("contract") }
func (e *Entity) Object(name string) (string, bool)             { panic("contract") } // first object of a Relationship
func (e *Entity) Point(name string) (lon, lat float64, ok bool) { panic("contract") }

// Text, Number, Bool, Rel and Point make attributes.
func TextAttr(name, v string) Attr                            { panic("contract") }
func NumberAttr(name string, v float64, unitCode string) Attr { panic("contract") }
func RelAttr(name string, ids ...string) Attr                 { panic("contract") }
func PointAttr(name string, lon, lat float64) Attr            { panic("contract") }

// Model is a type that a system owns: a JSON Schema and the attributes that are indexed ("x-index": true in the schema).
// Store is the entity store.
type Store struct{ contractOnly struct{} }

// Open migrates and opens.
func Open(ctx context.Context, db *store.DB, now func() time.Time) (*Store, error) { panic("contract") }

// Register declares the models of an owner (a system's name): every *.json in schemas is the JSON Schema of one entity type in
// its key-values form ("title" is the type). Writes to a type that is registered are checked against it.
func (s *Store) Register(owner string, schemas fs.FS) error { panic("contract") }

// Create adds an entity (errs.Conflict where the id exists) and fills Num, Version, CreatedAt, ModifiedAt.
func (s *Store) Create(tx *store.Tx, e *Entity) error { panic("contract") }

// Merge replaces the attributes given (same name and dataset), keeps the others; an attribute with a null Value is removed.
func (s *Store) Merge(tx *store.Tx, id string, attrs ...Attr) (*Entity, error) { panic("contract") }

// Replace sets the whole content; e.Version, where not 0, must be the stored one (errs.Conflict).
func (s *Store) Replace(tx *store.Tx, e *Entity) error { panic("contract") }

// Delete removes the entity; its history keeps a tombstone.
func (s *Store) Delete(tx *store.Tx, id string) error { panic("contract") }

// GetTx reads inside a transaction; Get in its own.
func (s *Store) GetTx(tx *store.Tx, id string) (*Entity, error)      { panic("contract") }
func (s *Store) Get(ctx context.Context, id string) (*Entity, error) { panic("contract") }

// Op is a comparison of a Cond.
type Op string

// The comparisons.
const (
	Eq       Op = "=="
	Ne       Op = "!="
	Lt       Op = "<"
	Le       Op = "<="
	Gt       Op = ">"
	Ge       Op = ">="
	Has      Op = "exists"
	Prefix   Op = "^="
	Contains Op = "~"
)

// Cond compares an attribute's value (text, number, bool, or the object of a relationship); conditions of a Query are joined by and.
type Cond struct {
	Attr  string
	Op    Op
	Value any
}

// Box is west, south, east, north in degrees, WGS 84.
type Box [4]float64

// Query selects entities. Order is by Num (creation).
type Query struct {
	Type  string
	IDs   []string
	Owner string
	Where []Cond
	Box   *Box
	After string // cursor
	Limit int    // 1..1000, 20 where 0
	Count bool   // fill Page.Total
	Desc  bool
}

// Page is a page of a query's answer.
type Page struct {
	Entities []*Entity
	Next     string // cursor, "" at the end
	Total    int64  // exact; -1 where not asked
}

// Query answers q. The evaluator decides; SQL only narrows.
func (s *Store) Query(ctx context.Context, q Query) (Page, error) { panic("contract") }

// Each streams every match in order without paging.
func (s *Store) Each(ctx context.Context, q Query, fn func(*Entity) error) error { panic("contract") }

// Count is the maintained number of entities of a type ("" owner: all owners).
func (s *Store) Count(ctx context.Context, typ, owner string) (int64, error) { panic("contract") }

// Change is one change of an entity, as its history and the feed show it.
type Change struct {
	Seq    int64
	ID     string
	Num    int64
	Type   string
	Owner  string
	Verb   string // create, merge, replace, delete
	At     time.Time
	Attrs  []string // names touched
	Entity *Entity  // after the change; nil for delete
}

// History lists an entity's changes, newest first.
func (s *Store) History(ctx context.Context, id, after string, limit int) ([]Change, string, error) {
	panic("contract")
}

// Subscribe calls fn with the changes of each commit, in order, after the commit. fn must hand over and return; stop ends it.
func (s *Store) Subscribe(fn func([]Change)) (stop func()) { panic("contract") }
