package ngsi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// AttrKind is the NGSI-LD kind of an attribute. Kinds that this version does not know are stored and given back as they are.
type AttrKind uint8

// The kinds of ETSI GS CIM 009 V1.9.1, 4.5. The numbers are stored: never change one.
const (
	Property AttrKind = iota
	Relationship
	GeoProperty
	LanguageProperty
	JSONProperty
	VocabProperty
	ListProperty
	ListRelationship
)

// kinds holds, by kind, the word of its "type" member and the member that bears its value (normalized form).
var kinds = [...]struct{ word, member string }{
	Property:         {"Property", "value"},
	Relationship:     {"Relationship", "object"},
	GeoProperty:      {"GeoProperty", "value"},
	LanguageProperty: {"LanguageProperty", "languageMap"},
	JSONProperty:     {"JsonProperty", "json"},
	VocabProperty:    {"VocabProperty", "vocab"},
	ListProperty:     {"ListProperty", "valueList"},
	ListRelationship: {"ListRelationship", "objectList"},
}

// Unsaid is the kind of an attribute in a fragment that does not betray it. It is never stored.
const Unsaid AttrKind = 255

// Null is the NGSI-LD Null, which takes away what it is the value of in merges and partial updates (5.5.4).
const Null = "urn:ngsi-ld:null"

// String gives the kind's word in NGSI-LD; "" for a kind of a later version.
func (k AttrKind) String() string {
	if int(k) < len(kinds) {
		return kinds[k].word
	}
	return ""
}

// Attr is one attribute instance. An entity may hold several of one name that differ in DatasetID (4.5.5).
type Attr struct {
	Name       string
	Kind       AttrKind
	Value      json.RawMessage // Property: any JSON; GeoProperty: GeoJSON geometry; Relationship: a URI string or an array of them
	ObservedAt time.Time       // kept to the microsecond
	UnitCode   string          // UN/CEFACT: KWH
	DatasetID  string          // a URI; "" is the default instance
	Attrs      []Attr          // properties of the property
	Members    []Member        // further members of NGSI-LD that the kernel carries and does not read
	ExpiresAt  time.Time       // 4.22; zero: never
	Gauge      int64           // key of the series that holds the value, 0: Value does; kernel/entity/gauge
	CreatedAt  time.Time       // set by the Store; attributes of the entity only, not of attributes
	ModifiedAt time.Time
}

// Member is a member of an attribute that the kernel carries without reading it: objectType, valueType, ngsildproof.
type Member struct {
	Name  string
	Value json.RawMessage
}

// TextAttr makes a Property that holds a text.
func TextAttr(name, v string) Attr {
	return Attr{Name: name, Value: appendString(nil, v)}
}

// NumberAttr makes a Property that holds a number; unitCode is its UN/CEFACT code, "" where it has none.
// A number that JSON cannot say (NaN, infinite) leaves the Value null, which Create refuses and Merge takes as a removal.
func NumberAttr(name string, v float64, unitCode string) Attr {
	a := Attr{Name: name, UnitCode: unitCode}
	if v-v == 0 {
		a.Value = appendFloat(nil, v)
	}
	return a
}

// BoolAttr makes a Property that holds true or false.
func BoolAttr(name string, v bool) Attr {
	return Attr{Name: name, Value: strconv.AppendBool(nil, v)}
}

// RelAttr makes a Relationship to one entity or to several.
func RelAttr(name string, ids ...string) Attr {
	a := Attr{Name: name, Kind: Relationship}
	if len(ids) == 1 {
		a.Value = appendString(nil, ids[0])
		return a
	}
	b := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, id)
	}
	a.Value = append(b, ']')
	return a
}

// PointAttr makes a GeoProperty at a place, in degrees WGS 84.
func PointAttr(name string, lon, lat float64) Attr {
	b := append([]byte(nil), pointHead...)
	b = append(appendFloat(b, lon), ',')
	b = append(appendFloat(b, lat), pointTail...)
	return Attr{Name: name, Kind: GeoProperty, Value: b}
}

// At gives a copy of a that was observed at t; In one of a dataset.
func (a Attr) At(t time.Time) Attr { a.ObservedAt = t; return a }

// In gives a copy of a that belongs to a dataset.
func (a Attr) In(dataset string) Attr { a.DatasetID = dataset; return a }

// appendFloat writes v in the shortest form that reads back the same, without an exponent where that is short.
func appendFloat(b []byte, v float64) []byte {
	if a := max(v, -v); a == 0 || (a >= 1e-6 && a < 1e15) {
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// text reads a JSON string.
func text(raw json.RawMessage) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	s := scanner{b: raw}
	v, err := s.str()
	return v, err == nil
}

// number reads a JSON number.
func number(raw json.RawMessage) (float64, bool) {
	if len(raw) == 0 || (raw[0] != '-' && (raw[0] < '0' || raw[0] > '9')) {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	return v, err == nil
}

// isNull tells whether raw says nothing: absent, or JSON null.
func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null"
}

// Same tells whether two instances say the same, both canonical, and keep it in the same place (Gauge); when they were written
// does not count.
func (a *Attr) Same(b *Attr) bool {
	if a.Name != b.Name || a.Kind != b.Kind || a.UnitCode != b.UnitCode || a.DatasetID != b.DatasetID ||
		!a.ObservedAt.Equal(b.ObservedAt) || !a.ExpiresAt.Equal(b.ExpiresAt) || a.Gauge != b.Gauge || string(a.Value) != string(b.Value) ||
		len(a.Attrs) != len(b.Attrs) || len(a.Members) != len(b.Members) {
		return false
	}
	for i := range a.Attrs {
		if !a.Attrs[i].Same(&b.Attrs[i]) {
			return false
		}
	}
	for i := range a.Members {
		if a.Members[i].Name != b.Members[i].Name || string(a.Members[i].Value) != string(b.Members[i].Value) {
			return false
		}
	}
	return true
}

// Empty tells whether a has no value, or null: what takes an attribute away in a merge.
func (a *Attr) Empty() bool { return isNull(a.Value) && a.Gauge == 0 }

const nullText = `"` + Null + `"`

// IsNull tells whether a value is the NGSI-LD Null, or the language map that stands for it (ETSI GS CIM 009 V1.9.1 4.5.0, 5.5.4).
func IsNull(raw json.RawMessage) bool {
	plain := bytes.IndexByte(raw, '\\') < 0 // nothing is escaped: what is meant is what stands there
	if len(raw) == 0 || raw[0] != '{' {
		t, ok := "", false
		if !plain {
			t, ok = text(raw)
		}
		return plain && string(raw) == nullText || ok && t == Null
	}
	if plain && !bytes.Contains(raw, []byte(nullText)) {
		return false
	}
	var only map[string]string
	return json.Unmarshal(raw, &only) == nil && len(only) == 1 && only["@none"] == Null
}

// Canonize brings the values of a to the form that documents give back, so that equal values are equal bytes. It does not
// write to what a shares with others.
func (a *Attr) Canonize() {
	a.Value = canonical(a.Value)
	a.ObservedAt, a.ExpiresAt = fromMicros(micros(a.ObservedAt)), fromMicros(micros(a.ExpiresAt))
	a.Members = slices.Clone(a.Members)
	for i := range a.Members {
		a.Members[i].Value = canonical(a.Members[i].Value)
	}
	a.Attrs = slices.Clone(a.Attrs)
	for i := range a.Attrs {
		a.Attrs[i].Canonize()
	}
}

// canonical gives the form of a value that documents give back; what is not JSON stays as it is.
func canonical(raw json.RawMessage) json.RawMessage {
	s := scanner{b: raw}
	b, err := appendValue(nil, &s)
	if err != nil {
		return raw
	}
	d := decoder{b: b}
	out := d.json()
	if d.err != nil {
		return raw
	}
	return out
}
