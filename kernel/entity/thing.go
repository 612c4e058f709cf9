package entity

import "github.com/haihe-city/haihe/wire/ngsild/ngsi"

// The things that the store keeps are those of package ngsi, which says what they are; here they are by the names that
// everybody uses.
type (
	// Entity is a thing of the city.
	Entity = ngsi.Entity
	// Attr is one attribute instance of an entity.
	Attr = ngsi.Attr
	// Member is a member of an attribute that the kernel carries without reading it.
	Member = ngsi.Member
	// AttrKind is the NGSI-LD kind of an attribute.
	AttrKind = ngsi.AttrKind
	// Box is west, south, east, north in degrees, WGS 84.
	Box = ngsi.Box
)

// The kinds of attributes.
const (
	Property         = ngsi.Property
	Relationship     = ngsi.Relationship
	GeoProperty      = ngsi.GeoProperty
	LanguageProperty = ngsi.LanguageProperty
	JSONProperty     = ngsi.JSONProperty
	VocabProperty    = ngsi.VocabProperty
	ListProperty     = ngsi.ListProperty
	ListRelationship = ngsi.ListRelationship
)

// TextAttr makes a Property that holds a text.
func TextAttr(name, v string) Attr { return ngsi.TextAttr(name, v) }

// NumberAttr makes a Property that holds a number; unitCode is its UN/CEFACT code, "" where it has none.
func NumberAttr(name string, v float64, unitCode string) Attr {
	return ngsi.NumberAttr(name, v, unitCode)
}

// BoolAttr makes a Property that holds true or false.
func BoolAttr(name string, v bool) Attr { return ngsi.BoolAttr(name, v) }

// RelAttr makes a Relationship to one entity or to several.
func RelAttr(name string, ids ...string) Attr { return ngsi.RelAttr(name, ids...) }

// PointAttr makes a GeoProperty at a place, in degrees WGS 84.
func PointAttr(name string, lon, lat float64) Attr { return ngsi.PointAttr(name, lon, lat) }
