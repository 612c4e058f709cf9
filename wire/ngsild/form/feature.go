package form

import (
	"slices"

	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// AppendFeature writes an entity as a GeoJSON Feature (4.5.16); AppendCollection a FeatureCollection (4.5.17).
func AppendFeature(dst []byte, e *ngsi.Entity, o *Output) []byte {
	w := o.writer(dst)
	w.feature(e)
	w.context()
	w.raw("}")
	return w.b
}

// AppendCollection is described at AppendFeature.
func AppendCollection(dst []byte, list []*ngsi.Entity, o *Output) []byte {
	w := o.writer(dst)
	w.raw(`{"type":"FeatureCollection","features":[`)
	for i, e := range list {
		if i > 0 {
			w.raw(",")
		}
		w.feature(e)
		w.raw("}")
	}
	w.raw("]")
	w.context()
	w.raw("}")
	return w.b
}

// feature writes a Feature without its end: ETSI GS CIM 009 V1.9.1 4.5.16.2, 4.5.17.1, 5.2.29.
func (w *writer) feature(e *ngsi.Entity) {
	w.raw("{")
	if shown("id", w.Pick, w.Omit) {
		w.word("id")
		w.string(e.ID)
	}
	w.word("type")
	w.raw(`"Feature"`)
	w.word("geometry")
	if g := w.geometry(e); g != nil {
		w.b = append(w.b, g.Value...)
	} else {
		w.raw("null")
	}
	w.word("properties")
	w.raw("{")
	w.typesAndScope(e.Types, e.Scope, w.Pick, w.Omit)
	w.stamps(e.CreatedAt, e.ModifiedAt, e.ExpiresAt, w.Pick, w.Omit)
	w.at("deletedAt", w.DeletedAt)
	w.attrs(e.Attrs, w.Pick, w.Omit)
	w.raw("}")
}

// geometry finds the instance of the geometry property that stands for the entity (4.5.16.1): the default one, or that of the
// dataset asked for; nil where there is none or it was deleted.
func (w *writer) geometry(e *ngsi.Entity) *ngsi.Attr {
	name := w.Geometry
	if name == "" {
		name = "location"
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Name != name || a.Kind != ngsi.GeoProperty || isNullValue(a.Value) || len(a.Value) == 0 {
			continue
		}
		if w.Datasets == nil && a.DatasetID == "" || w.Datasets != nil && (slices.Contains(w.Datasets, a.DatasetID) || a.DatasetID == "" && w.wanted(a)) {
			return a
		}
	}
	return nil
}
