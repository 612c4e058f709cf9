package form

import (
	"encoding/json"

	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

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
				w.many = true
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
	many := w.many
	w.many = false
	if w.Format == Concise && !many && lang == "" && before == nil && w.alone(a, kind, t, null) {
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
		if m.Name == "objectType" || m.Name == "valueType" || m.Name == "entityTypeSealed" {
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
	switch {
	case a.Value[0] != '[':
		w.entity(list[0], pick, omit)
	case key == "":
		w.replaced(a.Value, list, pick, omit)
	default:
		for i, e := range list {
			w.raw("[,"[min(i, 1):][:1])
			w.entity(e, pick, omit)
		}
		w.raw("]")
	}
	w.level--
	return true
}

// replaced writes an array of URIs, each as the entity that it names, where that is among the linked ones.
func (w *writer) replaced(uris json.RawMessage, list []*ngsi.Entity, pick, omit *query.Projection) {
	w.raw("[")
	s := ngsi.Scan(uris)
	_ = s.Array(func() error {
		if w.b[len(w.b)-1] != '[' {
			w.raw(",")
		}
		uri, err := s.Text()
		for _, e := range list {
			if e.ID == uri {
				w.entity(e, pick, omit)
				return err
			}
		}
		w.string(uri)
		return err
	})
	w.raw("]")
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
