package ngsi

import (
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// TimeFormat is how times are written: RFC 3339 in UTC, no more digits than there are (ETSI GS CIM 009 4.6.3).
const TimeFormat = "2006-01-02T15:04:05.999999Z07:00"

func appendTime(b []byte, t time.Time) []byte {
	b = t.UTC().AppendFormat(append(b, '"'), TimeFormat)
	return append(b, '"')
}

// MarshalJSON writes e in NGSI-LD's normalized form (4.5.1 to 4.5.3), without createdAt and modifiedAt. Num, Owner and Version
// are the kernel's own and not part of the form.
func (e *Entity) MarshalJSON() ([]byte, error) { return e.Normalized(false), nil }

// Normalized writes the normalized form; sysAttrs adds createdAt and modifiedAt of the entity and of its attributes (4.8).
func (e *Entity) Normalized(sysAttrs bool) []byte {
	b := make([]byte, 0, 256+96*len(e.Attrs))
	b = e.appendHead(b)
	if sysAttrs && !e.CreatedAt.IsZero() {
		b = appendTime(append(b, `,"createdAt":`...), e.CreatedAt)
		b = appendTime(append(b, `,"modifiedAt":`...), e.ModifiedAt)
	}
	return append(appendAttrs(b, e.Attrs, sysAttrs), '}')
}

// appendHead writes what stands before the attributes.
func (e *Entity) appendHead(b []byte) []byte {
	b = appendString(append(b, `{"id":`...), e.ID)
	b = appendSome(append(b, `,"type":`...), e.Types)
	if len(e.Scope) > 0 {
		b = appendSome(append(b, `,"scope":`...), e.Scope)
	}
	if !e.ExpiresAt.IsZero() {
		b = appendTime(append(b, `,"expiresAt":`...), e.ExpiresAt)
	}
	return b
}

// appendSome writes one text as itself and several as an array.
func appendSome(b []byte, list []string) []byte {
	if len(list) == 1 {
		return appendString(b, list[0])
	}
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// instances gives the first attributes of one name.
func instances(attrs []Attr) []Attr {
	n := 1
	for n < len(attrs) && attrs[n].Name == attrs[0].Name {
		n++
	}
	return attrs[:n]
}

// appendAttrs writes each name with its instance, or with an array of them where there are several (4.5.5).
func appendAttrs(b []byte, attrs []Attr, sys bool) []byte {
	for len(attrs) > 0 {
		group := instances(attrs)
		attrs = attrs[len(group):]
		b = append(appendString(append(b, ','), group[0].Name), ':')
		if len(group) == 1 {
			b = group[0].append(b, sys)
			continue
		}
		for i := range group {
			b = append(b, "[,"[min(i, 1)])
			b = group[i].append(b, sys)
		}
		b = append(b, ']')
	}
	return b
}

func (a *Attr) append(b []byte, sys bool) []byte {
	word, member := "Property", "value" // a kind of a later version is shown as what every reader knows
	if int(a.Kind) < len(kinds) {
		word, member = kinds[a.Kind].word, kinds[a.Kind].member
	}
	b = append(append(append(b, `{"type":"`...), word...), `","`...)
	b = append(append(b, member...), `":`...)
	if len(a.Value) == 0 {
		b = append(b, "null"...)
	}
	b = append(b, a.Value...)
	if a.UnitCode != "" {
		b = appendString(append(b, `,"unitCode":`...), a.UnitCode)
	}
	if !a.ObservedAt.IsZero() {
		b = appendTime(append(b, `,"observedAt":`...), a.ObservedAt)
	}
	if a.DatasetID != "" {
		b = appendString(append(b, `,"datasetId":`...), a.DatasetID)
	}
	if !a.ExpiresAt.IsZero() {
		b = appendTime(append(b, `,"expiresAt":`...), a.ExpiresAt)
	}
	for _, m := range a.Members {
		b = append(append(appendString(append(b, ','), m.Name), ':'), m.Value...)
	}
	if sys && !a.CreatedAt.IsZero() {
		b = appendTime(append(b, `,"createdAt":`...), a.CreatedAt)
		b = appendTime(append(b, `,"modifiedAt":`...), a.ModifiedAt)
	}
	return append(appendAttrs(b, a.Attrs, sys), '}')
}

// KeyValues writes the simplified form (4.5.4), which models describe: values without their attributes' other members.
// Several instances of a name come as {"dataset": {"@none": default, datasetId: value}}.
func (e *Entity) KeyValues() []byte {
	b := e.appendHead(make([]byte, 0, 256+32*len(e.Attrs)))
	for attrs := e.Attrs; len(attrs) > 0; {
		group := instances(attrs)
		attrs = attrs[len(group):]
		b = append(appendString(append(b, ','), group[0].Name), ':')
		if len(group) == 1 {
			b = group[0].appendSimple(b)
			continue
		}
		for i := range group {
			b = append(b, [...]string{`{"dataset":{`, `,`}[min(i, 1)]...)
			dataset := group[i].DatasetID
			if dataset == "" {
				dataset = "@none"
			}
			b = group[i].appendSimple(append(appendString(b, dataset), ':'))
		}
		b = append(b, `}}`...)
	}
	return append(b, '}')
}

// appendSimple writes a value alone; the kinds whose value would not say what it is keep their member around it.
func (a *Attr) appendSimple(b []byte) []byte {
	if a.wrapped() {
		b = append(append(append(b, `{"`...), kinds[a.Kind].member...), `":`...)
		return append(append(b, a.Value...), '}')
	}
	return append(b, a.Value...)
}

// wrapped tells whether the simplified form keeps the member that names the kind (4.5.4).
func (a *Attr) wrapped() bool { return a.Kind >= LanguageProperty && int(a.Kind) < len(kinds) }

// UnmarshalJSON reads the normalized form strictly: what is twice, unknown or of the wrong kind is errs.Invalid. createdAt,
// modifiedAt and deletedAt are the broker's and are passed over (4.8); so is @context. Num, Owner and Version keep their values.
func (e *Entity) UnmarshalJSON(b []byte) error {
	s := scanner{b: b, max: maxDepth + 2*maxNest + 2}
	e.ID, e.Types, e.Scope, e.Attrs, e.ExpiresAt = "", nil, nil, nil, time.Time{}
	err := s.object(func(key string) (err error) {
		switch key {
		case "id":
			e.ID, err = s.str()
		case "type":
			e.Types, err = s.some()
		case "scope":
			e.Scope, err = s.some()
		case "expiresAt":
			e.ExpiresAt, err = s.time()
		case "@context", "createdAt", "modifiedAt", "deletedAt":
			_, err = s.skip()
		default:
			e.Attrs, err = s.instances(e.Attrs, key, 0)
		}
		return err
	})
	if err == nil {
		err = s.end()
	}
	if err != nil {
		if errs.Is(err, errs.Invalid) {
			return err
		}
		return errs.Say(errs.Invalid, "实体 JSON 不合规：%v", "the entity's JSON is not valid: %v", err)
	}
	order(e.Attrs)
	return nil
}

// some reads a text or an array of texts.
func (s *scanner) some() (list []string, err error) {
	if s.peek() != '[' {
		v, err := s.str()
		return []string{v}, err
	}
	err = s.array(func() error {
		s.space()
		v, err := s.str()
		list = append(list, v)
		return err
	})
	return list, err
}

// instances reads one attribute, or an array of instances of it.
func (s *scanner) instances(to []Attr, name string, nest int) ([]Attr, error) {
	one := func() error {
		a := Attr{Name: name}
		err := a.read(s, nest)
		to = append(to, a)
		return err
	}
	if s.peek() == '[' {
		return to, s.array(one)
	}
	return to, one()
}

// read reads an attribute in normalized form.
func (a *Attr) read(s *scanner, nest int) error {
	if nest > maxNest {
		return s.fail("attributes nested too deep")
	}
	if s.peek() != '{' {
		return errs.Say(errs.Invalid, "属性 %s 须为带 type 的对象", "attribute %s must be an object with a type", Clip(a.Name))
	}
	var kind, member string
	err := s.object(func(key string) (err error) {
		switch key {
		case "type":
			kind, err = s.str()
		case "value", "object", "languageMap", "json", "vocab", "valueList", "objectList":
			if member != "" {
				return s.fail("a second value")
			}
			member = key
			a.Value, err = next(s)
		case "unitCode":
			a.UnitCode, err = s.str()
		case "datasetId":
			a.DatasetID, err = s.str()
		case "observedAt":
			a.ObservedAt, err = s.time()
		case "expiresAt":
			a.ExpiresAt, err = s.time()
		case "createdAt", "modifiedAt", "deletedAt", "instanceId":
			_, err = s.skip()
		default:
			if carried[key] {
				var raw json.RawMessage
				raw, err = next(s)
				a.Members = append(a.Members, Member{key, raw})
				return err
			}
			a.Attrs, err = s.instances(a.Attrs, key, nest+1)
		}
		return err
	})
	if err != nil {
		return err
	}
	for k := range kinds {
		if kinds[k].word == kind && kinds[k].member == member {
			a.Kind = AttrKind(k)
			order(a.Attrs)
			return nil
		}
	}
	return errs.Say(errs.Invalid, "属性 %s 的 type %q 与其取值成员 %q 不相符", "attribute %s: the type %q does not go with the member %q", Clip(a.Name), Clip(kind), member)
}

// time reads an RFC 3339 time.
func (s *scanner) time() (time.Time, error) {
	at := s.i
	v, err := s.str()
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		s.i = at
		return time.Time{}, s.fail("not an RFC 3339 time")
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// Plain is the attribute's value in the simplified form, as the kinds of encoding/json, numbers as json.Number.
func (a *Attr) Plain() any {
	s := scanner{b: a.Value}
	v, err := s.plain()
	if err != nil {
		return nil
	}
	if a.wrapped() {
		return map[string]any{kinds[a.Kind].member: v}
	}
	return v
}

// plain reads the next value as the kinds of encoding/json, numbers as json.Number: what a schema is held against.
func (s *scanner) plain() (v any, err error) {
	switch s.peek() {
	case '{':
		m := map[string]any{}
		err = s.object(func(key string) (err error) {
			m[key], err = s.plain()
			return err
		})
		return m, err
	case '[':
		list := []any{}
		err = s.array(func() error {
			v, err := s.plain()
			list = append(list, v)
			return err
		})
		return list, err
	case '"':
		return s.str()
	}
	raw, err := s.skip()
	if err != nil {
		return nil, err
	}
	switch raw[0] {
	case 't', 'f':
		return raw[0] == 't', nil
	case 'n':
		return nil, nil
	}
	return json.Number(raw), nil
}
