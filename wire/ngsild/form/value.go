package form

import (
	"bytes"
	"encoding/json"

	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// value holds a value to its kind and keeps it in the form that is stored: canonical, names expanded, a geometry as an object, the
// objects of a list bare, and any NGSI-LD Null as the one text.
func (r *reader) value(a *ngsi.Attr, member string, raw json.RawMessage) (err error) {
	if string(raw) == "null" {
		return r.fault("4.5.0", "%s 不得为 null", "%s cannot be null", member)
	}
	if isNull(a.Kind, raw) {
		if !r.in.Fragment && !r.in.Temporal {
			return r.fault("5.5.4", "此处不得为 NGSI-LD Null", "the NGSI-LD Null may not stand here")
		}
		a.Value = nullText
		return nil
	}
	switch a.Kind {
	case ngsi.Relationship: // 4.5.3
		a.Value, err = r.uris(raw, false)
	case ngsi.ListRelationship: // 4.5.22
		a.Value, err = r.uris(raw, true)
	case ngsi.GeoProperty: // 4.7
		a.Value, err = r.geometry(raw)
	case ngsi.LanguageProperty: // 4.5.18
		a.Value, err = r.languages(raw)
	case ngsi.VocabProperty: // 4.5.20
		a.Value, err = r.vocab(raw)
	case ngsi.JSONProperty: // 4.5.24
		a.Value, err = r.json(raw)
	case ngsi.ListProperty: // 4.5.21
		if raw[0] != '[' {
			return r.fault("4.5.21", "valueList 须为数组", "the valueList must be an array")
		}
		a.Value, err = r.compound(raw)
	default:
		a.Value, err = r.compound(raw)
	}
	return err
}

// isNull tells whether a value is the NGSI-LD Null in the shape that its kind gives it (4.5.0).
func isNull(kind ngsi.AttrKind, raw json.RawMessage) bool {
	if kind == ngsi.ListProperty || kind == ngsi.ListRelationship {
		if inner, ok := only(raw); ok {
			if object, ok := wrapped(ngsi.Scan(inner), "object"); ok {
				inner = object
			}
			raw = inner
		}
	}
	if raw[0] == '{' && kind != ngsi.LanguageProperty {
		return false
	}
	return ngsi.IsNull(raw)
}

// only gives the element of an array that has one.
func only(raw json.RawMessage) (inner json.RawMessage, ok bool) {
	s := ngsi.Scan(raw)
	if s.Peek() != '[' {
		return nil, false
	}
	n := 0
	err := s.Array(func() (err error) {
		n++
		inner, err = s.Next()
		return err
	})
	return inner, err == nil && n == 1
}

// keep gives the canonical form of a value in memory of its own.
func (r *reader) keep(raw json.RawMessage) json.RawMessage {
	if c := raw[0]; c == '{' || c == '[' || c == '"' && bytes.IndexByte(raw, '\\') >= 0 {
		return ngsi.Canonical(raw)
	}
	from := len(r.arena)
	r.arena = append(r.arena, raw...)
	return json.RawMessage(r.arena[from:len(r.arena):len(r.arena)])
}

// compound keeps the value of a Property; an NGSI-LD Null in it has a meaning in a merge only (5.5.4).
func (r *reader) compound(raw json.RawMessage) (json.RawMessage, error) {
	if !r.in.Merge && (raw[0] == '{' || raw[0] == '[') && bytes.Contains(raw, nullText) {
		s := ngsi.Scan(raw)
		if err := r.refuseNulls(&s); err != nil {
			return nil, err
		}
	}
	return r.keep(raw), nil
}

// refuseNulls refuses a Null under a key, at any depth.
func (r *reader) refuseNulls(s *ngsi.Scanner) error {
	switch s.Peek() {
	case '{':
		return s.Object(func(key string) error {
			return r.within(key, func() error {
				if t := *s; t.Peek() == '"' {
					if v, _ := t.Text(); v == ngsi.Null {
						return r.fault("5.5.4", "复合值中不得有 NGSI-LD Null（合并操作除外）", "the NGSI-LD Null may stand within a value in merges only")
					}
				}
				return r.refuseNulls(s)
			})
		})
	case '[':
		return s.Array(func() error { return r.refuseNulls(s) })
	}
	_, err := s.Next()
	return err
}

// uris keeps the objects of a Relationship (4.5.3: one, or an array) or of a ListRelationship (4.5.22: an array, whose items may be
// objects with the one key "object").
func (r *reader) uris(raw json.RawMessage, list bool) (json.RawMessage, error) {
	in := reader{in: r.in, s: ngsi.Scan(raw), path: r.path}
	if list && in.s.Peek() != '[' {
		return nil, r.fault("4.5.22", "objectList 须为数组", "the objectList must be an array")
	}
	many := in.s.Peek() == '['
	var out []string
	item := func() error {
		if list {
			if inner, ok := wrapped(in.s, "object"); ok {
				if _, err := in.s.Next(); err != nil {
					return err
				}
				one := reader{s: ngsi.Scan(inner), path: append(in.path, step{key: "object"})}
				v, err := one.uri()
				out = append(out, v)
				return err
			}
		}
		v, err := in.uri()
		out = append(out, v)
		return err
	}
	err := error(nil)
	if many {
		err = in.each(item)
	} else {
		err = item()
	}
	if err == nil && len(out) == 0 {
		err = r.fault("4.5.3", "关系没有对象", "the relationship has no object")
	}
	if err != nil {
		return nil, err
	}
	return appendTexts(nil, out, many), nil
}

// uri reads a URI.
func (r *reader) uri() (string, error) {
	if r.s.Peek() != '"' {
		return "", r.fault("4.5.3", "关系的对象须为 URI", "the object of a relationship must be a URI")
	}
	v, err := r.s.Text()
	if err == nil && (!ngsi.IsURI(v) || v == ngsi.Null) {
		err = r.fault("4.5.3", "关系的对象 %q 不是合规的 URI", "the object of a relationship, %q, is not a URI", ngsi.Clip(v))
	}
	return v, err
}

// geometry keeps a GeoJSON geometry; a string that holds one counts as it (4.7.2).
func (r *reader) geometry(raw json.RawMessage) (json.RawMessage, error) {
	if raw[0] == '"' {
		s := ngsi.Scan(raw)
		text, err := s.Text()
		if err != nil {
			return nil, err
		}
		raw = json.RawMessage(text)
		if err := valid(raw); err != nil {
			return nil, r.fault("4.7.2", "不是合规的 GeoJSON 几何（%v）", "not a valid GeoJSON geometry (%v)", err)
		}
	}
	if err := ngsi.CheckGeometry(raw); err != nil {
		return nil, r.fault("4.7", "不是合规的 GeoJSON 几何（%v）", "not a valid GeoJSON geometry (%v)", err)
	}
	return ngsi.Canonical(raw), nil
}

// languages keeps a language map (4.6.5): language tags, or @none, with a text or an array of texts each.
func (r *reader) languages(raw json.RawMessage) (json.RawMessage, error) {
	in := reader{in: r.in, s: ngsi.Scan(raw), path: r.path}
	if raw[0] != '{' {
		return nil, r.fault("4.5.18", "languageMap 须为对象", "the languageMap must be an object")
	}
	err := in.s.Object(func(key string) error {
		return in.within(key, func() error {
			if key != "@none" && !isLanguage(key) {
				return in.fault("4.6.5", "%q 不是语言标签（RFC 5646）", "%q is not a language tag (RFC 5646)", ngsi.Clip(key))
			}
			return in.texts(func(v string) error {
				if v == ngsi.Null && !r.in.Merge {
					return in.fault("5.5.4", "此处不得为 NGSI-LD Null", "the NGSI-LD Null may not stand here")
				}
				return nil
			})
		})
	})
	if err != nil {
		return nil, err
	}
	return ngsi.Canonical(raw), nil
}

// isLanguage tells whether s has the form of a language tag: parts of one to eight letters and digits, the first of letters
// (RFC 5646 2.1).
func isLanguage(s string) bool {
	n, first := 0, true
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		switch {
		case c == '-' && n > 0:
			n, first = 0, false
		case letter || c >= '0' && c <= '9' && !first:
			if n++; n > 8 {
				return false
			}
		default:
			return false
		}
	}
	return n > 0
}

// vocab keeps a text or an array of texts as names.
func (r *reader) vocab(raw json.RawMessage) (json.RawMessage, error) {
	in := reader{in: r.in, s: ngsi.Scan(raw), path: r.path}
	many := raw[0] == '['
	var list []string
	err := in.texts(func(v string) error {
		if v == "" || v == ngsi.Null {
			return in.fault("4.5.20", "词汇值不合规", "the vocab is not valid")
		}
		list = append(list, r.in.Context.Expand(v))
		return nil
	})
	if err == nil && len(list) == 0 {
		err = r.fault("4.5.20", "词汇值为空", "the vocab is empty")
	}
	if err != nil {
		return nil, err
	}
	return appendTexts(nil, list, many), nil
}

// json keeps a JSON object or an array of objects as it is.
func (r *reader) json(raw json.RawMessage) (json.RawMessage, error) {
	bad := raw[0] != '{'
	if raw[0] == '[' {
		bad = false
		s := ngsi.Scan(raw)
		_ = s.Array(func() error {
			bad = bad || s.Peek() != '{'
			_, err := s.Next()
			return err
		})
	}
	if bad {
		return nil, r.fault("4.5.24", "json 须为对象或对象的数组", "the json must be an object or an array of objects")
	}
	return ngsi.Canonical(raw), nil
}

// appendTexts writes texts as JSON: an array where there are many, also of one.
func appendTexts(b []byte, list []string, many bool) []byte {
	if !many {
		return ngsi.AppendString(b, list[0])
	}
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = ngsi.AppendString(b, v)
	}
	return append(b, ']')
}
