package form

import (
	"encoding/json"
	"strings"

	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// maxInstances bounds the attribute instances of one temporal body; ngsi.MaxAttrs bounds those of others.
const maxInstances = 200_000

// nonReified are core terms that no attribute may be named by: ETSI GS CIM 009 V1.9.1 4.5.1, 5.2.2, 5.2.5, 5.2.6.
var nonReified = words("id type scope createdAt modifiedAt deletedAt expiresAt observedAt unitCode datasetId instanceId lang objectType valueType " +
	"ngsildproof entity entityList entityIdSealed entityTypeSealed previousValue previousObject previousLanguageMap previousJson " +
	"previousVocab previousValueList previousObjectList")

// geometries are the types that make an object a GeoJSON geometry (4.7.1).
var geometries = words("Point MultiPoint LineString MultiLineString Polygon MultiPolygon")

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// courses orders attributes by name and dataset, as the courses of an evolution stand.
func courses(a, b ngsi.Attr) int {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	return strings.Compare(a.DatasetID, b.DatasetID)
}

// shape is what an object is that stands where an attribute does.
type shape uint8

const (
	isValue    shape = iota // the value of a concise Property
	isInstance              // a normalized or concise instance
	isGeometry              // the value of a concise GeoProperty
)

// look tells what the object is that the scanner stands before, by its keys (4.5.2.3, 4.7.3).
func (r *reader) look() shape {
	s := r.s
	what, typed, coordinates := isValue, "", false
	_ = s.Object(func(key string) error {
		switch key {
		case "value", "object", "languageMap", "json", "vocab", "valueList", "objectList":
			what = isInstance
			return errStop
		case "observedAt", "unitCode", "datasetId", "expiresAt", "objectType", "valueType", "instanceId", "ngsildproof":
			what = isInstance
		case "coordinates":
			coordinates = true
		case "@value": // a typed value of JSON-LD
			what, typed = isValue, ""
			return errStop
		case "type", "@type":
			if s.Peek() == '"' {
				var err error
				if typed, err = s.Text(); err != nil || key == "type" && !geometries[typed] {
					what = isInstance // of an unknown kind, perhaps: 4.5.2.3
					return errStop
				}
				return nil
			}
		}
		raw, err := s.Next()
		if r.in.Fragment && what == isValue && betrays(raw) {
			what = isInstance
		}
		return err
	})
	if what == isValue && typed != "" {
		if coordinates && geometries[typed] {
			return isGeometry
		}
		return isInstance
	}
	return what
}

// betrays tells whether a value is a normalized attribute, so that what it stands in is one with a sub-attribute.
func betrays(raw json.RawMessage) (yes bool) {
	if len(raw) == 0 || raw[0] != '{' {
		return false
	}
	s := ngsi.Scan(raw)
	_ = s.Object(func(key string) error {
		if key == "type" && s.Peek() == '"' {
			word, err := s.Text()
			_, yes = ngsi.KindOf(word)
			if err == nil {
				err = errStop
			}
			return err
		}
		_, err := s.Next()
		return err
	})
	return yes
}

// attribute reads what stands under an attribute's name: an instance, an array of them, or a value.
func (r *reader) attribute(to []ngsi.Attr, name string, nest int) ([]ngsi.Attr, error) {
	if nest > ngsi.MaxNest {
		return to, r.fault("4.5.2", "属性嵌套过深，至多 %d 层", "attributes are nested too deep, at most %d levels", ngsi.MaxNest)
	}
	one := func() error {
		if r.n++; r.n > ngsi.MaxAttrs && !r.in.Temporal || r.n > maxInstances {
			return r.fault("4.5.1", "实体的属性过多", "the entity has too many attributes")
		}
		a := ngsi.Attr{Name: name}
		err := r.instance(&a, nest)
		to = append(to, a)
		return err
	}
	switch c := r.s.Peek(); {
	case r.in.Simplified:
		return r.simplified(to, name)
	case c == '{' && r.look() == isInstance:
		return to, one()
	case c == '[' && r.instancesAhead():
		return to, r.each(func() error {
			if r.s.Peek() != '{' {
				return r.fault("4.5.5", "须为属性实例", "an instance of the attribute is expected")
			}
			return one()
		})
	}
	a := ngsi.Attr{Name: name}
	err := r.bare(&a)
	r.n++
	return append(to, a), err
}

// instancesAhead tells whether the array that the reader stands before holds instances, by its first element.
func (r *reader) instancesAhead() bool {
	ahead := reader{in: r.in, s: r.s}
	found := false
	_ = ahead.s.Array(func() error {
		found = ahead.s.Peek() == '{' && ahead.look() == isInstance
		return errStop
	})
	return found
}

// bare reads a value that stands alone: a concise Property or GeoProperty, or the Null (4.5.2.3, 4.7.3, 5.5.4).
func (r *reader) bare(a *ngsi.Attr) error {
	kind := ngsi.Property
	if r.s.Peek() == '{' && r.look() == isGeometry {
		kind = ngsi.GeoProperty
	}
	raw, err := r.s.Next()
	if err != nil {
		return err
	}
	if ngsi.IsNull(raw) {
		if !r.in.Fragment {
			return r.fault("5.5.4", "此处不得为 NGSI-LD Null", "the NGSI-LD Null may not stand here")
		}
		a.Kind, a.Value = ngsi.Unsaid, nullText
		return nil
	}
	a.Kind = kind
	return r.value(a, kind.Member(), raw)
}

// nullText is the NGSI-LD Null as a value.
var nullText = json.RawMessage(`"` + ngsi.Null + `"`)

// simplified reads a value of the simplified form (4.5.4). Its kind is that of what it changes, unless it shows one.
func (r *reader) simplified(to []ngsi.Attr, name string) ([]ngsi.Attr, error) {
	if inner, ok := wrapped(r.s, "dataset"); ok {
		raw, err := r.s.Next()
		if err != nil || len(inner) == 0 || inner[0] != '{' {
			return to, r.fault("4.5.4", "dataset 须为对象：%s", "dataset must be an object: %s", ngsi.Clip(string(raw)))
		}
		at := r.path
		sub := reader{in: r.in, s: ngsi.Scan(inner), path: append(at, step{key: "dataset"}), n: r.n}
		err = sub.s.Object(func(key string) error {
			return sub.within(key, func() error {
				a := ngsi.Attr{Name: name}
				err := sub.single(&a)
				if err == nil {
					err = sub.dataset(&a, key)
				}
				to = append(to, a)
				return err
			})
		})
		r.n = sub.n
		return to, err
	}
	a := ngsi.Attr{Name: name}
	err := r.single(&a)
	return append(to, a), err
}

// single reads one value of the simplified form.
func (r *reader) single(a *ngsi.Attr) error {
	if r.n++; r.n > ngsi.MaxAttrs {
		return r.fault("4.5.1", "实体的属性过多", "the entity has too many attributes")
	}
	for kind := ngsi.LanguageProperty; kind <= ngsi.VocabProperty; kind++ {
		if inner, ok := wrapped(r.s, kind.Member()); ok {
			if _, err := r.s.Next(); err != nil {
				return err
			}
			a.Kind = kind
			return r.within(kind.Member(), func() error { return r.value(a, kind.Member(), inner) })
		}
	}
	err := r.bare(a)
	if err == nil && r.in.Fragment && a.Kind == ngsi.Property {
		a.Kind = ngsi.Unsaid
	}
	return err
}

// wrapped gives what stands under the only key of an object, where it is this one.
func wrapped(s ngsi.Scanner, key string) (inner json.RawMessage, ok bool) {
	if s.Peek() != '{' {
		return nil, false
	}
	err := s.Object(func(k string) error {
		if k != key {
			return errStop
		}
		var err error
		inner, err = s.Next()
		return err
	})
	return inner, err == nil && inner != nil
}

// said is what the members of an instance have said so far.
type said struct {
	kind   ngsi.AttrKind
	member string // that bears the value
	raw    json.RawMessage
	unit   bool
}

// instance reads the object of one instance, normalized or concise.
func (r *reader) instance(a *ngsi.Attr, nest int) error {
	got := said{kind: ngsi.Unsaid}
	err := r.s.Object(func(key string) error {
		return r.within(key, func() error { return r.part(a, &got, key, nest) })
	})
	if err != nil {
		return err
	}
	return r.settle(a, &got)
}

// part reads one member of an instance: ETSI GS CIM 009 V1.9.1 5.2.5, 5.2.6, 5.2.32, 5.2.35 to 5.2.38.
func (r *reader) part(a *ngsi.Attr, got *said, key string, nest int) (err error) {
	switch key {
	case "type", "@type":
		var word string
		if word, err = r.text(); err != nil {
			return err
		}
		kind, ok := ngsi.KindOf(word)
		if !ok {
			if kind, ok = ngsi.KindOf(r.in.Context.Expand(word)); !ok {
				return r.fault("4.5.2", `%q 不是属性的种类；自带 type 的对象作为值时须写作 {"value": …}`,
					`%q is not a kind of attribute; write an object with a type of its own as {"value": ...}`, ngsi.Clip(word))
			}
		}
		got.kind = kind
	case "value", "object", "languageMap", "json", "vocab", "valueList", "objectList":
		if got.member != "" {
			return r.fault("4.5.2", "与 %s 不得并存", "it cannot stand beside %s", got.member)
		}
		got.member = key
		got.raw, err = r.s.Next()
	case "observedAt":
		a.ObservedAt, err = r.time()
	case "expiresAt":
		a.ExpiresAt, err = r.time()
	case "unitCode":
		got.unit = true
		a.UnitCode, err = r.text()
	case "datasetId":
		var v string
		if v, err = r.text(); err == nil {
			err = r.dataset(a, v)
		}
	case "createdAt", "modifiedAt", "deletedAt", "instanceId", "lang": // output only: passed over, 5.2.2
		_, err = r.s.Next()
	case "objectType", "valueType", "ngsildproof":
		err = r.carried(a, key)
	default:
		if key == "@context" && len(r.path) == 1 { // of a body that is one attribute
			_, err = r.s.Next()
			return err
		}
		if a.Name == ngsi.Proof && (key == "entityIdSealed" || key == "entityTypeSealed") {
			return r.sealed(a, key)
		}
		err = r.sub(a, key, nest)
	}
	return err
}

// dataset sets the dataset of an instance; @none is the default one (4.5.5.1).
func (r *reader) dataset(a *ngsi.Attr, v string) error {
	if v == "@none" {
		return nil
	}
	if v == ngsi.Null || !ngsi.IsURI(v) {
		return r.fault("4.5.5", "datasetId %q 不是合规的 URI", "the datasetId %q is not a URI", ngsi.Clip(v))
	}
	a.DatasetID = v
	return nil
}

// carried reads a member that is kept as it is, but for names in it, which are expanded.
func (r *reader) carried(a *ngsi.Attr, key string) error {
	var value json.RawMessage
	if key == "ngsildproof" {
		if c := r.s.Peek(); c != '{' && c != '"' {
			return r.fault("4.5.2", "ngsildproof 须为对象", "ngsildproof must be an object")
		}
		raw, err := r.s.Next()
		if err != nil {
			return err
		}
		value = ngsi.Canonical(raw)
	} else {
		many := r.s.Peek() == '['
		var list []string
		err := r.texts(func(v string) error {
			if v != ngsi.Null {
				v = r.in.Context.Expand(v)
			} else if !r.in.Fragment {
				return r.fault("5.5.4", "此处不得为 NGSI-LD Null", "the NGSI-LD Null may not stand here")
			}
			list = append(list, v)
			return nil
		})
		if err != nil {
			return err
		}
		if many && key == "valueType" || len(list) == 0 {
			return r.fault("4.5.2", "须为一个名称", "one name is expected")
		}
		value = appendTexts(nil, list, many)
	}
	a.Members = append(a.Members, ngsi.Member{Name: key, Value: value})
	return nil
}

// sealed reads what a proof says about the entity that it seals (4.5.2.2, annex C.11): its id, or its type, whose name is expanded.
func (r *reader) sealed(a *ngsi.Attr, key string) error {
	v, err := r.text()
	if err != nil {
		return err
	}
	if key == "entityTypeSealed" {
		v = r.in.Context.Expand(v)
	}
	a.Members = append(a.Members, ngsi.Member{Name: key, Value: appendTexts(nil, []string{v}, false)})
	return nil
}

// sub reads a sub-attribute.
func (r *reader) sub(a *ngsi.Attr, key string, nest int) error {
	name, err := r.name(key)
	if err != nil {
		return err
	}
	from := len(a.Attrs)
	if a.Attrs, err = r.attribute(a.Attrs, name, nest+1); err != nil {
		return err
	}
	for i := range a.Attrs[from:] {
		if s := &a.Attrs[from+i]; s.Kind == ngsi.Unsaid && s.Value == nil {
			return r.fault("4.5.2", "子属性没有值", "the sub-attribute has no value")
		}
	}
	return nil
}

// settle finds the kind of an instance and reads its value.
func (r *reader) settle(a *ngsi.Attr, got *said) error {
	if a.Attrs != nil {
		ngsi.Order(a.Attrs)
		if in := r.in; in.Temporal { // sub-attributes have no course of their own
			r.in.Temporal = false
			err := r.unique(a.Attrs)
			r.in = in
			if err != nil {
				return err
			}
		} else if err := r.unique(a.Attrs); err != nil {
			return err
		}
	}
	a.Kind = got.kind
	if got.member == "" {
		if r.in.Fragment {
			return nil
		}
		if a.Kind == ngsi.Unsaid {
			return r.fault("4.5.2", "属性没有值", "the attribute has no value")
		}
		return r.fault("4.5.2", "%s 须有成员 %s", "a %s must have the member %s", a.Kind, a.Kind.Member())
	}
	if a.Kind == ngsi.Unsaid {
		a.Kind = infer(got.member, got.raw)
	}
	if a.Kind.Member() != got.member {
		return r.fault("4.5.2", "%s 不得有成员 %s", "a %s cannot have the member %s", a.Kind, got.member)
	}
	if got.unit && a.Kind != ngsi.Property && a.Kind != ngsi.ListProperty && a.Kind != ngsi.GeoProperty {
		return r.fault("4.5.3", "%s 不得有 unitCode", "a %s cannot have a unitCode", a.Kind)
	}
	return r.within(got.member, func() error { return r.value(a, got.member, got.raw) })
}

// infer gives the kind that a member betrays (4.5.2.3, 4.7.3).
func infer(member string, raw json.RawMessage) ngsi.AttrKind {
	if member == "value" {
		if len(raw) > 0 && raw[0] == '{' {
			r := reader{s: ngsi.Scan(raw)}
			if r.look() == isGeometry && ngsi.CheckGeometry(raw) == nil {
				return ngsi.GeoProperty
			}
		}
		return ngsi.Property
	}
	for k := ngsi.Relationship; k <= ngsi.ListRelationship; k++ {
		if k.Member() == member {
			return k
		}
	}
	return ngsi.Property
}
