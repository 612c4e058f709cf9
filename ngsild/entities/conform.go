package entities

import (
	"slices"
	"time"

	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// conform gives an entity as a client of an earlier version of NGSI-LD (1.minor) understands it: kinds that came later become
// Properties and Relationships, members that came later are left out. The same pointer comes back where nothing has to change.
// ETSI GS CIM 009 V1.9.1 4.3.6.8
func conform(e *ngsi.Entity, minor int) *ngsi.Entity {
	out := e.Clone()
	changed := false
	if minor < 9 && !e.ExpiresAt.IsZero() {
		out.ExpiresAt, changed = time.Time{}, true
	}
	if minor < 4 && len(e.Scope) > 0 {
		out.Scope, changed = nil, true
	}
	if minor < 3 {
		if len(e.Types) > 1 {
			out.Types, changed = e.Types[:1], true
		}
		out.Attrs = slices.DeleteFunc(out.Attrs, func(a ngsi.Attr) bool { return a.DatasetID != "" && e.Attr(a.Name) != nil })
		changed = changed || len(out.Attrs) < len(e.Attrs)
	}
	for i := range out.Attrs {
		a, other := earlier(out.Attrs[i], minor)
		if other {
			out.Attrs[i], changed = a, true
		}
	}
	if !changed {
		return e
	}
	return out
}

// earlier is conform for an attribute.
func earlier(a ngsi.Attr, minor int) (ngsi.Attr, bool) {
	changed := false
	switch a.Kind {
	case ngsi.LanguageProperty:
		if minor < 4 {
			a.Kind, changed = ngsi.Property, true
		}
	case ngsi.JSONProperty, ngsi.VocabProperty, ngsi.ListProperty:
		if minor < 8 {
			a.Kind, changed = ngsi.Property, true
		}
	case ngsi.ListRelationship:
		if minor < 8 {
			a.Kind, changed = ngsi.Relationship, true
		}
	}
	if minor < 9 && !a.ExpiresAt.IsZero() {
		a.ExpiresAt, changed = time.Time{}, true
	}
	if minor < 3 && (!a.ObservedAt.IsZero() || a.UnitCode != "" || a.DatasetID != "") {
		a.ObservedAt, a.UnitCode, a.DatasetID, changed = time.Time{}, "", "", true
	}
	late := func(m ngsi.Member) bool {
		return minor < 9 && (m.Name == "valueType" || m.Name == "ngsildproof") || minor < 8 && m.Name == "objectType"
	}
	if slices.ContainsFunc(a.Members, late) {
		a.Members, changed = slices.DeleteFunc(slices.Clone(a.Members), late), true
	}
	for i := range a.Attrs {
		sub, other := earlier(a.Attrs[i], minor)
		if !other {
			continue
		}
		a.Attrs, changed = slices.Clone(a.Attrs), true
		a.Attrs[i] = sub
	}
	return a, changed
}
