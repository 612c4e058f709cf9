package form

import (
	"slices"
	"time"

	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

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
	Context   *jsonld.Context
	Format    Format
	SysAttrs  bool
	Lang      string            // reduces LanguageProperties (4.15), "" leaves them
	Datasets  []string          // instances wanted ("@none" is the default one); nil: all
	Pick      *query.Projection // nil: all
	Omit      *query.Projection
	Link      func(a *ngsi.Attr) []*ngsi.Entity // entities that a Relationship is joined with (4.5.23); nil: none
	JoinLevel int                               // how deep Link is asked; 0 is 1
	InBody    bool                              // write @context into the object
	Geometry  string                            // GeoJSON: name of the geometry property; "location" where ""
	Before    *ngsi.Entity                      // showChanges (5.8.6): what differs from it bears its previous value; nil: no
	DeletedAt time.Time                         // of an entity that is no more, and of its attributes that are Null
}

// writer writes one entity, or several alike.
type writer struct {
	*Output
	b      []byte
	level  int  // of linked entities
	many   bool // the next instance is one of several, so that the concise form needs its object
	ranges []langRange
}

func (o *Output) writer(dst []byte) *writer {
	w := &writer{Output: o, b: dst}
	if o.Lang != "" {
		w.ranges = parseLang(o.Lang)
	}
	return w
}

// Append writes an entity as a JSON object.
//
// An attribute whose Value is the NGSI-LD Null was deleted (5.8.6): it is written in the shape that its kind gives the Null, with
// SysAttrs also as deleted at o.DeletedAt, or at its ModifiedAt where that is not set.
func Append(dst []byte, e *ngsi.Entity, o *Output) []byte {
	w := o.writer(dst)
	w.entity(e, o.Pick, o.Omit)
	return w.b
}

// shown tells whether a member is to be written. An omit of linked entities' members leaves the relationship itself.
func shown(name string, pick, omit *query.Projection) bool {
	if pick != nil && !pick.Has(name) {
		return false
	}
	return !omit.Has(name) || omit.Under(name) != nil
}

// key writes the key of a further member; first tells whether it is the first of its object.
func (w *writer) key(name string) {
	if c := w.b[len(w.b)-1]; c != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(ngsi.AppendString(w.b, name), ':')
}

// word writes a member whose key needs no escapes.
func (w *writer) word(name string) {
	if c := w.b[len(w.b)-1]; c != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, '"', ':')
}

func (w *writer) raw(v string)    { w.b = append(w.b, v...) }
func (w *writer) string(v string) { w.b = ngsi.AppendString(w.b, v) }

// at writes a time, where there is one.
func (w *writer) at(name string, t time.Time) {
	if !t.IsZero() {
		w.word(name)
		w.b = ngsi.AppendTime(w.b, t)
	}
}

// entity writes an entity: ETSI GS CIM 009 V1.9.1 4.5.1, 4.5.4.
func (w *writer) entity(e *ngsi.Entity, pick, omit *query.Projection) {
	w.raw("{")
	if shown("id", pick, omit) {
		w.word("id")
		w.string(e.ID)
	}
	w.typesAndScope(e.Types, e.Scope, pick, omit)
	w.stamps(e.CreatedAt, e.ModifiedAt, e.ExpiresAt, pick, omit)
	if w.level == 0 {
		w.at("deletedAt", w.DeletedAt)
	}
	w.attrs(e.Attrs, pick, omit)
	w.context()
	w.raw("}")
}

// context writes the @context, where the body bears one.
func (w *writer) context() {
	if w.InBody && w.level == 0 {
		w.word("@context")
		w.b = append(w.b, w.Context.Value()...)
	}
}

func (w *writer) typesAndScope(types, scope []string, pick, omit *query.Projection) {
	if len(types) > 0 && shown("type", pick, omit) {
		w.word("type")
		w.names(types, len(types) > 1)
	}
	if len(scope) > 0 && shown("scope", pick, omit) {
		w.word("scope")
		w.b = appendTexts(w.b, scope, len(scope) > 1)
	}
}

// stamps writes the system attributes of an entity (6.3.11).
func (w *writer) stamps(created, modified, expires time.Time, pick, omit *query.Projection) {
	if !w.SysAttrs {
		return
	}
	if shown("createdAt", pick, omit) {
		w.at("createdAt", created)
	}
	if shown("modifiedAt", pick, omit) {
		w.at("modifiedAt", modified)
	}
	if shown("expiresAt", pick, omit) {
		w.at("expiresAt", expires)
	}
}

// names writes names as terms.
func (w *writer) names(list []string, many bool) {
	if !many {
		w.string(w.Context.Compact(list[0]))
		return
	}
	w.raw("[")
	for i, name := range list {
		if i > 0 {
			w.raw(",")
		}
		w.string(w.Context.Compact(name))
	}
	w.raw("]")
}

// wanted tells whether an instance is of the datasets that are asked for (4.5.5.1).
func (w *writer) wanted(a *ngsi.Attr) bool {
	if w.Datasets == nil {
		return true
	}
	if a.DatasetID == "" {
		return slices.Contains(w.Datasets, "@none")
	}
	return slices.Contains(w.Datasets, a.DatasetID)
}

// attrs writes the attributes of an entity, each name with its one instance or with all of them.
func (w *writer) attrs(attrs []ngsi.Attr, pick, omit *query.Projection) {
	var few [8]*ngsi.Attr
	for len(attrs) > 0 {
		name, n := attrs[0].Name, 0
		list := few[:0]
		for n < len(attrs) && attrs[n].Name == name {
			if w.wanted(&attrs[n]) {
				list = append(list, &attrs[n])
			}
			n++
		}
		attrs = attrs[n:]
		if len(list) == 0 || !shown(name, pick, omit) {
			continue
		}
		w.key(w.Context.Compact(name))
		w.group(list, pick.Under(name), omit.Under(name))
	}
}

// group writes the instances of one attribute of an entity.
func (w *writer) group(list []*ngsi.Attr, pick, omit *query.Projection) {
	switch {
	case len(list) == 1 && w.Format == Simplified && (list[0].DatasetID == "" || len(w.Datasets) == 1):
		w.simple(list[0], pick, omit)
	case w.Format == Simplified: // 4.5.4
		w.raw(`{"dataset":{`)
		for _, a := range list {
			dataset := a.DatasetID
			if dataset == "" {
				dataset = "@none"
			}
			w.key(dataset)
			w.simple(a, pick, omit)
		}
		w.raw("}}")
	case len(list) == 1:
		w.instance(list[0], nil, pick, omit)
	default:
		for i, a := range list {
			w.raw("[,"[min(i, 1):][:1])
			w.many = true
			w.instance(a, nil, pick, omit)
		}
		w.raw("]")
	}
}
