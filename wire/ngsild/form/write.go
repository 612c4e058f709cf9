package form

import (
	"encoding/json"
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
	level  int // of linked entities
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
			w.instance(a, nil, pick, omit)
		}
		w.raw("]")
	}
}

// subs writes sub-attributes: they are of every dataset, and nothing is taken from them.
func (w *writer) subs(attrs []ngsi.Attr) {
	for len(attrs) > 0 {
		n := 1
		for n < len(attrs) && attrs[n].Name == attrs[0].Name {
			n++
		}
		w.key(w.Context.Compact(attrs[0].Name))
		if n == 1 {
			w.instance(&attrs[0], subAttr, nil, nil)
		} else {
			for i := range attrs[:n] {
				w.raw("[,"[min(i, 1):][:1])
				w.instance(&attrs[i], subAttr, nil, nil)
			}
			w.raw("]")
		}
		attrs = attrs[n:]
	}
}

// subAttr marks an instance as that of a sub-attribute, which is not compared, joined or deleted on its own.
var subAttr = &Instance{}

// instance writes one instance, normalized or concise; t is what a temporal evolution has of it besides, or subAttr.
func (w *writer) instance(a *ngsi.Attr, t *Instance, pick, omit *query.Projection) {
	kind, value, lang := a.Kind, a.Value, ""
	null := isNullValue(value)
	if kind == ngsi.LanguageProperty && w.ranges != nil && !null {
		if text, tag, ok := pickLang(value, w.ranges); ok {
			kind, value, lang = ngsi.Property, text, tag
		}
	}
	if kind.String() == "" { // of a later version, or unsaid: shown as what every reader knows
		kind = ngsi.Property
	}
	var before *ngsi.Attr
	if t == nil && w.level == 0 {
		before = w.before(a)
	}
	if w.Format == Concise && lang == "" && before == nil && w.alone(a, kind, t, null) {
		if null {
			value = nullText
		}
		w.b = append(w.b, value...)
		return
	}
	w.raw("{")
	if w.Format != Concise || kind == ngsi.Property && value != nil && infer("value", value) != kind {
		w.word("type")
		w.raw(`"`)
		w.raw(kind.String())
		w.raw(`"`)
	}
	w.word(kind.Member())
	w.value(kind, value)
	if lang != "" {
		w.word("lang")
		w.string(lang)
	}
	if t != subAttr {
		w.linked(a, pick, omit)
	}
	if before != nil {
		w.previous(before)
	}
	w.said(a)
	w.times(a, t, null)
	w.subs(a.Attrs)
	w.raw("}")
}

// said writes the members of an instance that are neither value, time nor sub-attribute.
func (w *writer) said(a *ngsi.Attr) {
	if a.UnitCode != "" {
		w.word("unitCode")
		w.string(a.UnitCode)
	}
	if a.DatasetID != "" {
		w.word("datasetId")
		w.string(a.DatasetID)
	}
	for _, m := range a.Members {
		w.key(m.Name)
		if m.Name == "objectType" || m.Name == "valueType" {
			w.vocab(m.Value)
		} else {
			w.b = append(w.b, m.Value...)
		}
	}
}

// times writes the temporal properties of an instance (4.8).
func (w *writer) times(a *ngsi.Attr, t *Instance, null bool) {
	w.at("observedAt", a.ObservedAt)
	if w.SysAttrs {
		w.at("expiresAt", a.ExpiresAt)
		w.at("createdAt", a.CreatedAt)
		w.at("modifiedAt", a.ModifiedAt)
	}
	switch {
	case t == subAttr:
	case t != nil:
		w.at("deletedAt", t.DeletedAt)
		if t.InstanceID != "" {
			w.word("instanceId")
			w.string(t.InstanceID)
		}
	case null && w.SysAttrs && !w.DeletedAt.IsZero():
		w.at("deletedAt", w.DeletedAt)
	case null && w.SysAttrs:
		w.at("deletedAt", a.ModifiedAt)
	}
}

// alone tells whether the concise form of an instance is its bare value (4.5.2.3, 4.7.3): nothing else is to be said, and a reader
// takes the value for what it is.
func (w *writer) alone(a *ngsi.Attr, kind ngsi.AttrKind, t *Instance, null bool) bool {
	if a.UnitCode != "" || a.DatasetID != "" || len(a.Members) > 0 || len(a.Attrs) > 0 || !a.ObservedAt.IsZero() ||
		w.SysAttrs && !(a.CreatedAt.IsZero() && a.ExpiresAt.IsZero()) || t != nil && t != subAttr {
		return false
	}
	if null {
		return true
	}
	if kind != ngsi.Property && kind != ngsi.GeoProperty || len(a.Value) == 0 {
		return false
	}
	r := reader{s: ngsi.Scan(a.Value)}
	switch a.Value[0] {
	case '{':
		what := r.look()
		return what == isValue && kind == ngsi.Property || what == isGeometry && kind == ngsi.GeoProperty
	case '[':
		return !r.instancesAhead()
	}
	return true
}

// isNullValue tells whether a stored value is the Null.
func isNullValue(v json.RawMessage) bool {
	return len(v) > 0 && (v[0] == '"' || v[0] == '{') && ngsi.IsNull(v)
}

// value writes the value of an instance in the normalized and the concise form.
func (w *writer) value(kind ngsi.AttrKind, v json.RawMessage) {
	switch {
	case len(v) == 0:
		w.raw("null")
	case isNullValue(v):
		w.null(kind)
	case kind == ngsi.VocabProperty:
		w.vocab(v)
	case kind == ngsi.ListRelationship && w.Format == Normalized: // 4.5.22.2
		w.raw("[")
		s := ngsi.Scan(v)
		_ = s.Array(func() error {
			uri, err := s.Next()
			if w.b[len(w.b)-1] != '[' {
				w.raw(",")
			}
			w.raw(`{"object":`)
			w.b = append(w.b, uri...)
			w.raw("}")
			return err
		})
		w.raw("]")
	default:
		w.b = append(w.b, v...)
	}
}

// null writes the NGSI-LD Null in the shape that a kind gives it (4.5.0).
func (w *writer) null(kind ngsi.AttrKind) {
	switch kind {
	case ngsi.LanguageProperty:
		w.raw(`{"@none":"` + ngsi.Null + `"}`)
	case ngsi.ListProperty, ngsi.ListRelationship:
		w.raw(`["` + ngsi.Null + `"]`)
	default:
		w.b = append(w.b, nullText...)
	}
}

// vocab writes one name or an array of names as terms.
func (w *writer) vocab(v json.RawMessage) {
	s := ngsi.Scan(v)
	one := func() error {
		if s.Peek() != '"' {
			raw, err := s.Next()
			w.b = append(w.b, raw...)
			return err
		}
		name, err := s.Text()
		w.string(w.Context.Compact(name))
		return err
	}
	if s.Peek() != '[' {
		_ = one()
		return
	}
	w.raw("[")
	_ = s.Array(func() error {
		if w.b[len(w.b)-1] != '[' {
			w.raw(",")
		}
		return one()
	})
	w.raw("]")
}

// simple writes an instance in the simplified form (4.5.4).
func (w *writer) simple(a *ngsi.Attr, pick, omit *query.Projection) {
	switch {
	case len(a.Value) == 0:
		w.raw("null")
	case isNullValue(a.Value):
		w.b = append(w.b, nullText...)
	case a.Kind == ngsi.LanguageProperty && w.ranges != nil:
		text, _, ok := pickLang(a.Value, w.ranges)
		if !ok {
			text = a.Value
		}
		w.b = append(w.b, text...)
	case a.Kind == ngsi.LanguageProperty || a.Kind == ngsi.JSONProperty:
		w.raw(`{"` + a.Kind.Member() + `":`)
		w.b = append(w.b, a.Value...)
		w.raw("}")
	case a.Kind == ngsi.VocabProperty:
		w.raw(`{"vocab":`)
		w.vocab(a.Value)
		w.raw("}")
	case (a.Kind == ngsi.Relationship || a.Kind == ngsi.ListRelationship) && w.join(a, pick, omit, ""):
	default:
		w.b = append(w.b, a.Value...)
	}
}

// linked writes the entities that a relationship is joined with, inline (4.5.23.2).
func (w *writer) linked(a *ngsi.Attr, pick, omit *query.Projection) {
	switch a.Kind {
	case ngsi.Relationship:
		w.join(a, pick, omit, "entity")
	case ngsi.ListRelationship:
		w.join(a, pick, omit, "entityList")
	}
}

// join writes linked entities under a key, or in place of a value where that is ""; it tells whether there are any.
func (w *writer) join(a *ngsi.Attr, pick, omit *query.Projection, key string) bool {
	if w.Link == nil || w.level >= max(w.JoinLevel, 1) {
		return false
	}
	list := w.Link(a)
	if len(list) == 0 {
		return false
	}
	if key != "" {
		w.word(key)
	}
	w.level++
	if a.Kind == ngsi.Relationship && a.Value[0] != '[' {
		w.entity(list[0], pick, omit)
	} else {
		for i, e := range list {
			w.raw("[,"[min(i, 1):][:1])
			w.entity(e, pick, omit)
		}
		w.raw("]")
	}
	w.level--
	return true
}

// before finds what an instance was before, where it differs.
func (w *writer) before(a *ngsi.Attr) *ngsi.Attr {
	if w.Before == nil {
		return nil
	}
	for i := range w.Before.Attrs {
		b := &w.Before.Attrs[i]
		if b.Name == a.Name && b.DatasetID == a.DatasetID {
			if b.Kind == a.Kind && string(b.Value) == string(a.Value) {
				return nil
			}
			return b
		}
	}
	return nil
}

// previous writes what an instance was: previousValue, previousObject and so on.
func (w *writer) previous(b *ngsi.Attr) {
	m := b.Kind.Member()
	w.raw(`,"previous`)
	w.b = append(w.b, m[0]-'a'+'A')
	w.raw(m[1:])
	w.raw(`":`)
	w.value(b.Kind, b.Value)
}
