package ngsi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/wire/ngsild/iri"
)

// Bounds on one entity.
const (
	maxDepth   = 32   // of a value's arrays and objects
	maxNest    = 8    // of properties of properties
	maxAttrs   = 1000 // instances, properties of properties included
	maxMembers = 8    // members of an attribute that are carried unread
	maxName    = 256  // bytes of a name
	maxUnit    = 64   // bytes of a unit code, and of an owner's id
	maxTypes   = 16
	maxScopes  = 16
)

// reserved are the members of an entity whose names no attribute may bear; reservedSub those of an attribute besides.
// ETSI GS CIM 009 V1.9.1 4.5.1 to 4.5.3, 4.8, 5.2.4 to 5.2.6.
var (
	reserved    = words("id type scope @context @id @type createdAt modifiedAt deletedAt expiresAt")
	reservedSub = words("value object languageMap json vocab valueList objectList observedAt unitCode datasetId instanceId " +
		"objectType valueType previousValue previousObject previousLanguageMap previousJson previousVocab previousValueList " +
		"previousObjectList entity entityList ngsildproof")
	carried = words("objectType valueType ngsildproof") // what Members may hold
	sealing = words("entityIdSealed entityTypeSealed")  // what those of a proof may hold besides
)

// Proof is the name of the attribute that holds the proof of an entity. As a member of an attribute it proves that attribute.
// 4.5.2.2, annex C.11.
const Proof = "ngsildproof"

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// isTerm tells whether s is a term: a letter, then letters, digits and underscores (ETSI GS CIM 009 4.6.2).
func isTerm(s string) bool {
	for i, r := range s {
		if r|0x20 >= 'a' && r|0x20 <= 'z' {
			continue
		}
		if !unicode.IsLetter(r) && (i == 0 || !unicode.IsNumber(r) && r != '_') {
			return false
		}
	}
	return s != "" && len(s) <= maxName && utf8.ValidString(s)
}

// IsURI tells whether s is an identifier: an absolute URI or IRI of at most 512 bytes; see package iri.
func IsURI(s string) bool { return iri.Is(s) }

// CheckName holds the name of a type or an attribute to 4.6.2: a term, or the full name that a term expands to, a URI.
func CheckName(name string) error {
	if isTerm(name) || IsURI(name) && len(name) <= maxName {
		return nil
	}
	return errs.Say(errs.Invalid, "名称 %q 不合规：须以字母开头，只含字母、数字和下划线，或为完整 URI，且不超过 %d 字节",
		"%q is not a valid name: begin with a letter, then letters, digits and underscores, or give a full URI, at most %d bytes", Clip(name), maxName)
}

func checkID(id string) error {
	if IsURI(id) {
		return nil
	}
	return errs.Say(errs.Invalid, "实体标识 %q 不是合规的 URI（例：urn:ngsi-ld:Meter:0001，不超过 %d 字节）",
		"%q is not a URI and cannot be an entity's id (example: urn:ngsi-ld:Meter:0001, at most %d bytes)", Clip(id), iri.Max)
}

// Clip shortens what a message repeats.
func Clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// Check holds an entity to the rules of NGSI-LD and to the bounds of this package (errs.Invalid, errs.TooLarge), and brings its
// attributes into order.
func (e *Entity) Check() error {
	if err := checkID(e.ID); err != nil {
		return err
	}
	if e.Owner == "" || len(e.Owner) > maxUnit || !utf8.ValidString(e.Owner) || strings.ContainsFunc(e.Owner, unicode.IsControl) {
		return errs.Say(errs.Invalid, "实体 %s 未指明有效的责任单位（owner）", "entity %s does not name a valid owner unit", Clip(e.ID))
	}
	if len(e.Types) == 0 || len(e.Types) > maxTypes {
		return errs.Say(errs.Invalid, "实体 %s 须有 1 至 %d 个类型", "entity %s must have 1 to %d types", Clip(e.ID), maxTypes)
	}
	for i, t := range e.Types {
		if err := CheckName(t); err != nil {
			return err
		}
		for _, u := range e.Types[:i] {
			if t == u {
				return errs.Say(errs.Invalid, "实体 %s 的类型 %s 重复", "entity %s has the type %s twice", Clip(e.ID), t)
			}
		}
	}
	if err := checkScope(e.Scope); err != nil {
		return err
	}
	n := 0
	return checkAttrs(e.Attrs, "", 0, &n)
}

// checkAttrs holds attributes of one level to the rules, and brings them into order. path is where they stand; n counts all
// of the entity.
func checkAttrs(attrs []Attr, path string, nest int, n *int) error {
	order(attrs)
	for i := range attrs {
		a := &attrs[i]
		if i > 0 && a.Name == attrs[i-1].Name && a.DatasetID == attrs[i-1].DatasetID {
			return errs.Say(errs.Invalid, "属性 %s 重复（datasetId %q）：同名属性须以不同的 datasetId 区分",
				"attribute %s is there twice (datasetId %q): instances of one name need different datasetIds", join(path, a.Name), a.DatasetID)
		}
		if err := a.check(path, nest, n); err != nil {
			return err
		}
	}
	return nil
}

// geographic are the attributes of an entity that are what 4.7.1 says.
var geographic = words("location observationSpace operationSpace")

// rdfLangString is the type of the values of a LanguageProperty, as JSON.
const rdfLangString = `"http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"`

// checkScope holds scopes to ETSI GS CIM 009 4.18: levels after slashes.
func checkScope(scopes []string) error {
	if len(scopes) > maxScopes {
		return errs.Say(errs.Invalid, "范围（scope）过多，至多 %d 个", "too many scopes, at most %d", maxScopes)
	}
	for _, s := range scopes {
		ok := len(s) <= maxName
		for _, level := range strings.Split(strings.TrimPrefix(s, "/"), "/") {
			ok = ok && level != "" && utf8.ValidString(level) && !strings.ContainsAny(level, "+#,;()\"") && !strings.ContainsFunc(level, unicode.IsControl)
		}
		if !ok {
			return errs.Say(errs.Invalid, "范围（scope）%q 不合规：应形如 /tianjin/heping", "%q is not a valid scope: write it like /tianjin/heping", Clip(s))
		}
	}
	return nil
}

// check holds one attribute to the rules of its kind.
func (a *Attr) check(path string, nest int, n *int) error {
	if *n++; *n > maxAttrs {
		return errs.Say(errs.TooLarge, "实体的属性过多，至多 %d 个", "the entity has too many attributes, at most %d", maxAttrs)
	}
	if nest > maxNest {
		return errs.Say(errs.Invalid, "属性 %s 嵌套过深，至多 %d 层", "attribute %s is nested too deep, at most %d levels", path, maxNest)
	}
	if err := CheckName(a.Name); err != nil {
		return err
	}
	if path = join(path, a.Name); reserved[a.Name] || nest > 0 && reservedSub[a.Name] {
		return errs.Say(errs.Invalid, "属性名 %s 为 NGSI-LD 保留字，请改用其他名称", "%s is reserved by NGSI-LD and cannot name an attribute; use another name", path)
	}
	if a.DatasetID != "" && !IsURI(a.DatasetID) {
		return errs.Say(errs.Invalid, "属性 %s 的 datasetId %q 不是合规的 URI", "attribute %s: the datasetId %q is not a URI", path, Clip(a.DatasetID))
	}
	if len(a.UnitCode) > maxUnit || !utf8.ValidString(a.UnitCode) {
		return errs.Say(errs.Invalid, "属性 %s 的 unitCode 无效", "attribute %s: the unitCode is not valid", path)
	}
	if a.Empty() || a.Gauge != 0 && a.Kind != Property {
		return errs.Say(errs.Invalid, "属性 %s 没有值", "attribute %s has no value", path)
	}
	if geographic[path] && a.Kind != GeoProperty && a.Kind != Unsaid {
		return errs.Say(errs.Invalid, "属性 %s 须为 GeoProperty", "attribute %s must be a GeoProperty", path)
	}
	if err := a.checkValue(); err != nil {
		return a.invalid(path, err)
	}
	if a.Name == Proof && (a.Kind != Property || len(a.Value) == 0 || a.Value[0] != '{') {
		return errs.Say(errs.Invalid, "属性 %s 须为 Property，其值须为对象", "attribute %s must be a Property whose value is an object", path)
	}
	if len(a.Members) > maxMembers {
		return errs.Say(errs.Invalid, "属性 %s 的附加成员过多", "attribute %s has too many further members", path)
	}
	for _, m := range a.Members {
		s := scanner{b: m.Value}
		if _, err := s.skip(); err != nil || s.end() != nil || !carried[m.Name] && (a.Name != Proof || !sealing[m.Name]) {
			return errs.Say(errs.Invalid, "属性 %s 的成员 %s 无效", "attribute %s: the member %s is not valid", path, Clip(m.Name))
		}
		if v := string(m.Value); m.Name == "valueType" && a.Kind == LanguageProperty && v != `"langString"` && v != rdfLangString { // 5.2.32
			return errs.Say(errs.Invalid, "属性 %s 的 valueType 只能为 langString", "attribute %s: the valueType can only be langString", path)
		}
	}
	return checkAttrs(a.Attrs, path, nest+1, n)
}

// invalid says what is wrong with an attribute's value.
func (a *Attr) invalid(path string, cause error) error {
	var err error
	switch a.Kind {
	case Relationship, ListRelationship:
		err = errs.Say(errs.Invalid, "属性 %s：关系须指向实体标识（URI）或其数组（%v）", "attribute %s: a relationship points to an entity's id (a URI) or to an array of them (%v)", path, cause)
	case GeoProperty:
		err = errs.Say(errs.Invalid, "属性 %s：不是合规的 GeoJSON 几何（%v）", "attribute %s: not a valid GeoJSON geometry (%v)", path, cause)
	default:
		err = errs.Say(errs.Invalid, "属性 %s：值不合规（%v）", "attribute %s: the value is not valid (%v)", path, cause)
	}
	return err
}

// checkValue holds a value to JSON and to its kind; that of a gauge may lie in its series.
func (a *Attr) checkValue() error {
	if a.Gauge != 0 && len(a.Value) == 0 {
		return nil
	}
	s := scanner{b: a.Value}
	if _, err := s.skip(); err != nil {
		return err
	}
	if err := s.end(); err != nil {
		return err
	}
	return a.checkKind()
}

// checkKind holds a well-formed value to its kind; kinds of later versions take any.
func (a *Attr) checkKind() error {
	s := scanner{b: a.Value}
	uri := func() error {
		s.space()
		at := s.i
		v, err := s.str()
		if err == nil && !IsURI(v) {
			s.i = at
			return s.fail("not a URI")
		}
		return err
	}
	some := func(item func() error) error {
		n := 0
		err := s.array(func() error { n++; return item() })
		if err == nil && n == 0 {
			return s.fail("an empty array")
		}
		return err
	}
	word := func() error { s.space(); _, err := s.str(); return err }
	switch a.Kind {
	case Relationship: // 4.5.3
		if s.peek() == '[' {
			return some(uri)
		}
		return uri()
	case ListRelationship: // 4.5.22
		return some(uri)
	case GeoProperty: // 4.7
		_, err := readGeometry(a.Value)
		return err
	case LanguageProperty: // 4.5.18
		return s.object(func(string) error {
			if s.peek() == '[' {
				return s.array(word)
			}
			return word()
		})
	case VocabProperty: // 4.5.20
		if s.peek() == '[' {
			return some(word)
		}
		return word()
	case ListProperty: // 4.5.21
		return s.array(func() error { _, err := s.skip(); return err })
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
