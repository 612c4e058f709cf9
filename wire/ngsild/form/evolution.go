package form

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Evolution is the temporal evolution of an entity (4.5.6 to 4.5.9): every attribute with its instances.
type Evolution struct {
	ID                               string
	Types, Scope                     []string // Scope is written as it is where no course is named scope (4.5.6)
	CreatedAt, ModifiedAt, DeletedAt time.Time
	Attrs                            []Course // ordered by name, then dataset
}

// Course is the course of one attribute and dataset: instances, or aggregates. That of the scope is a course of the name scope
// whose values are arrays of scopes.
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

// of gives the time of an instance; what does not have it takes the next best.
func (t TimeProperty) of(i *Instance) time.Time {
	order := [...]time.Time{i.ObservedAt, i.DeletedAt, i.ModifiedAt, i.CreatedAt}
	switch t {
	case "createdAt":
		order[0], order[3] = i.CreatedAt, i.ObservedAt
	case "modifiedAt":
		order[0], order[2] = i.ModifiedAt, i.ObservedAt
	case "deletedAt":
		order[0], order[1] = i.DeletedAt, i.ObservedAt
	}
	for _, at := range order {
		if !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

// AppendEvolution writes a temporal evolution in o.Format (Normalized, Concise, TemporalValues, AggregatedValues).
func AppendEvolution(dst []byte, v *Evolution, t TimeProperty, o *Output) []byte {
	w := o.writer(dst)
	w.raw("{")
	if shown("id", o.Pick, o.Omit) {
		w.word("id")
		w.string(v.ID)
	}
	scope := v.Scope
	if slices.ContainsFunc(v.Attrs, func(c Course) bool { return c.Name == "scope" }) {
		scope = nil
	}
	w.typesAndScope(v.Types, scope, o.Pick, o.Omit)
	w.stamps(v.CreatedAt, v.ModifiedAt, time.Time{}, o.Pick, o.Omit)
	if shown("deletedAt", o.Pick, o.Omit) {
		w.at("deletedAt", v.DeletedAt)
	}
	for list := v.Attrs; len(list) > 0; {
		n := 1
		for n < len(list) && list[n].Name == list[0].Name {
			n++
		}
		if shown(list[0].Name, o.Pick, o.Omit) {
			w.key(w.Context.Compact(list[0].Name))
			w.courses(list[:n], t)
		}
		list = list[n:]
	}
	w.context()
	w.raw("}")
	return w.b
}

// courses writes the courses of one name.
func (w *writer) courses(list []Course, t TimeProperty) {
	if w.Format != TemporalValues && w.Format != AggregatedValues { // 4.5.7, 4.5.8
		w.raw("[")
		var in Instance // one for all, since there may be a hundred thousand
		for i := range list {
			for k := range list[i].Instances {
				if w.b[len(w.b)-1] != '[' {
					w.raw(",")
				}
				in = list[i].Instances[k]
				in.Attr.Kind, in.Attr.DatasetID, in.Attr.Value = list[i].Kind, list[i].Dataset, list[i].valueOf(&in)
				w.instance(&in.Attr, &in, nil, nil)
			}
		}
		w.raw("]")
		return
	}
	for i := range list {
		if len(list) > 1 {
			w.raw("[,"[min(i, 1):][:1])
		}
		w.course(&list[i], t)
	}
	if len(list) > 1 {
		w.raw("]")
	}
}

// valueOf gives the value of an instance; a tombstone's is the Null, the scope's an empty array.
func (c *Course) valueOf(i *Instance) json.RawMessage {
	switch {
	case i.Value != nil:
		return i.Value
	case c.Name == "scope":
		return json.RawMessage("[]")
	}
	return nullText
}

// plurals are the members that bear the pairs of a kind (4.5.9).
var plurals = map[ngsi.AttrKind]string{
	ngsi.Property: "values", ngsi.GeoProperty: "values", ngsi.LanguageProperty: "languageMaps", ngsi.JSONProperty: "jsons", ngsi.VocabProperty: "vocabs",
	ngsi.ListProperty: "valueLists", ngsi.Relationship: "objects", ngsi.ListRelationship: "objectLists",
}

// course writes a course as pairs of value and time (4.5.9), or as its aggregates (4.5.19.0).
func (w *writer) course(c *Course, t TimeProperty) {
	kind := c.Kind
	if kind.String() == "" {
		kind = ngsi.Property
	}
	reduced := kind == ngsi.LanguageProperty && w.ranges != nil
	if reduced {
		kind = ngsi.Property
	}
	w.raw("{")
	w.word("type")
	w.string(kind.String())
	if c.Dataset != "" {
		w.word("datasetId")
		w.string(c.Dataset)
	}
	if w.Format == AggregatedValues {
		for _, method := range slices.Sorted(maps.Keys(c.Aggregates)) {
			w.key(method)
			w.aggregates(c.Aggregates[method])
		}
		w.raw("}")
		return
	}
	w.word(plurals[kind])
	w.raw("[")
	for i := range c.Instances {
		if i > 0 {
			w.raw(",")
		}
		w.raw("[")
		in := &c.Instances[i]
		w.paired(c.Kind, c.valueOf(in))
		w.raw(",")
		w.b = ngsi.AppendTime(w.b, t.of(in))
		w.raw("]")
	}
	w.raw("]}")
}

// paired writes the first half of a pair: a language map, JSON or names under their member, everything else bare (4.5.9).
func (w *writer) paired(kind ngsi.AttrKind, v json.RawMessage) {
	switch kind {
	case ngsi.LanguageProperty:
		if w.ranges != nil && !isNullValue(v) {
			if text, _, ok := pickLang(v, w.ranges); ok {
				w.b = append(w.b, text...)
				return
			}
		}
		fallthrough
	case ngsi.JSONProperty, ngsi.VocabProperty:
		w.raw(`{"` + kind.Member() + `":`)
		w.value(kind, v)
		w.raw("}")
	default:
		w.value(kind, v)
	}
}

// aggregates writes the values of one method, each with the period that it stands for.
func (w *writer) aggregates(list []Aggregate) {
	w.raw("[")
	for i, a := range list {
		if i > 0 {
			w.raw(",")
		}
		w.raw("[")
		if len(a.Value) == 0 {
			w.raw("null")
		}
		w.b = append(w.b, a.Value...)
		w.raw(",")
		w.b = ngsi.AppendTime(w.b, a.From)
		w.raw(",")
		w.b = ngsi.AppendTime(w.b, a.To)
		w.raw("]")
	}
	w.raw("]")
}
