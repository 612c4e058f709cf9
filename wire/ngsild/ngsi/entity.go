package ngsi

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Entity is a thing of the city.
type Entity struct {
	Num        int64  // the integer row id, given by Create; the key of its series. It stays with the ID for ever
	ID         string // a URI: urn:ngsi-ld:Type:...
	Tenant     string // "" is the city's common context (4.14)
	Types      []string
	Scope      []string // "/tianjin/heping"; 4.18
	Owner      string   // unit id
	Attrs      []Attr   // ordered by name, then dataset; the default instance first
	Version    int64    // 1 after Create, +1 a change
	CreatedAt  time.Time
	ModifiedAt time.Time
	ExpiresAt  time.Time // 4.22; zero: never
}

// Type is the first of the entity's types.
func (e *Entity) Type() string {
	if len(e.Types) == 0 {
		return ""
	}
	return e.Types[0]
}

// Attr finds the default instance of a name; nil where there is none.
func (e *Entity) Attr(name string) *Attr {
	for i := range e.Attrs {
		if e.Attrs[i].Name == name && e.Attrs[i].DatasetID == "" {
			return &e.Attrs[i]
		}
	}
	return nil
}

// Set puts a in place of the instance of its name and dataset, or adds it. It changes e only; Replace stores it.
func (e *Entity) Set(a Attr) {
	for i := range e.Attrs {
		if e.Attrs[i].Name == a.Name && e.Attrs[i].DatasetID == a.DatasetID {
			e.Attrs[i] = a
			return
		}
	}
	e.Attrs = append(e.Attrs, a)
}

// Text reads a text; ok is false where the attribute is absent or of another kind.
func (e *Entity) Text(name string) (string, bool) {
	if a := e.Attr(name); a != nil && (a.Kind == Property || a.Kind == VocabProperty) {
		return text(a.Value)
	}
	return "", false
}

// Number reads a number; ok is false where the attribute is absent or of another kind.
func (e *Entity) Number(name string) (float64, bool) {
	if a := e.Attr(name); a != nil && a.Kind == Property {
		return number(a.Value)
	}
	return 0, false
}

// Bool reads true or false; ok is false where the attribute is absent or of another kind.
func (e *Entity) Bool(name string) (v, ok bool) {
	if a := e.Attr(name); a != nil && a.Kind == Property {
		switch string(a.Value) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	}
	return false, false
}

// Object reads the first object of a Relationship; ok is false where the attribute is absent or of another kind.
func (e *Entity) Object(name string) (string, bool) {
	if o := e.Objects(name); len(o) > 0 {
		return o[0], true
	}
	return "", false
}

// Objects reads every object of a Relationship's default instance.
func (e *Entity) Objects(name string) []string {
	a := e.Attr(name)
	if a == nil || a.Kind != Relationship {
		return nil
	}
	if s, ok := text(a.Value); ok {
		return []string{s}
	}
	var out []string
	s := scanner{b: a.Value}
	_ = s.array(func() error {
		v, err := s.str()
		out = append(out, v)
		return err
	})
	return out
}

// Point reads a place in degrees WGS 84; ok is false where the attribute is absent or is not a GeoProperty that holds a Point.
func (e *Entity) Point(name string) (lon, lat float64, ok bool) {
	a := e.Attr(name)
	if a == nil || a.Kind != GeoProperty {
		return 0, 0, false
	}
	g, err := readGeometry(a.Value)
	if err != nil || g.kind != "Point" {
		return 0, 0, false
	}
	return g.box[0], g.box[1], true
}

// Clone gives a copy whose own slices may be changed; raw values are shared and never written to.
func (e *Entity) Clone() *Entity {
	c := *e
	c.Types = slices.Clone(e.Types)
	c.Scope = slices.Clone(e.Scope)
	c.Attrs = slices.Clone(e.Attrs)
	return &c
}

// order sorts attributes by name, then dataset, as documents hold them.
func order(attrs []Attr) {
	by := func(a, b Attr) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.DatasetID, b.DatasetID))
	}
	if !slices.IsSortedFunc(attrs, by) {
		slices.SortStableFunc(attrs, by)
	}
}
