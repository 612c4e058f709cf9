package filter

import "encoding/json"

// raw is one JSON value, well-formed (the store has checked it). What is read from it is read in place.
type raw []byte

// end finds where the value that begins at i ends.
func (v raw) end(i int) int {
	depth := 0
	for i < len(v) {
		switch v[i] {
		case '"':
			for i++; i < len(v) && v[i] != '"'; i++ {
				if v[i] == '\\' {
					i++
				}
			}
			if i++; depth == 0 {
				return min(i, len(v))
			}
			continue
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth <= 0 {
				return i + 1 + depth
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return len(v)
}

func (v raw) space(i int) int {
	for i < len(v) && (v[i] == ' ' || v[i] == '\t' || v[i] == '\r' || v[i] == '\n') {
		i++
	}
	return i
}

// items walks over the elements of an array, or the members of an object.
type items struct {
	v         raw
	i         int
	single    bool
	object    bool
	key, item raw // key with its quotes
}

// each walks over the elements of an array; any other value is its own only element.
func each(v []byte) items {
	w := raw(v)
	i := w.space(0)
	if i < len(w) && w[i] == '[' {
		return items{v: w, i: i + 1}
	}
	return items{v: w, i: i, single: true}
}

// members walks over the members of an object; any other value has none.
func (v raw) members() items {
	i := v.space(0)
	if i < len(v) && v[i] == '{' {
		return items{v: v, i: i + 1, object: true}
	}
	return items{v: v, i: len(v)}
}

// next goes to the next item.
func (it *items) next() bool {
	v := it.v
	if it.single {
		if it.i >= len(v) {
			return false
		}
		it.item, it.i = v[it.i:v.end(it.i)], len(v)
		return true
	}
	i := v.space(it.i)
	if i < len(v) && v[i] == ',' {
		i = v.space(i + 1)
	}
	if i >= len(v) || v[i] == ']' || v[i] == '}' {
		return false
	}
	if it.object {
		end := v.end(i)
		it.key = v[i:end]
		if i = v.space(end); i >= len(v) || v[i] != ':' {
			return false
		}
		i = v.space(i + 1)
	}
	end := v.end(i)
	if end == i {
		return false
	}
	it.item, it.i = v[i:end], end
	return true
}

// get finds a member of an object; nil where there is none.
func (v raw) get(key string) raw {
	for it := v.members(); it.next(); {
		if it.key.equals(key) {
			return it.item
		}
	}
	return nil
}

// path follows keys, as a MemberExpression of ECMA 262 in dot notation does; nil where the value is not defined.
func (v raw) path(keys []string) raw {
	for _, k := range keys {
		if v = v.get(k); v == nil {
			return nil
		}
	}
	return v
}

// typed takes the value out of a typed one (JSON-LD 1.1 4.2.1), and tells whether it was one.
func (v raw) typed() (raw, bool) {
	if i := v.space(0); i < len(v) && v[i] == '{' {
		if w := v.get("@value"); w != nil {
			return w, true
		}
	}
	return v, false
}

// objectOf takes the URI out of an element of an objectList, which may be wrapped: {"object": "urn:..."}.
func objectOf(v raw) raw {
	if o := v.get("object"); o != nil {
		return o
	}
	return v
}

// plain gives what stands between the quotes of a text; bare tells that nothing in it is escaped.
func (v raw) plain() (s []byte, bare, ok bool) {
	i := v.space(0)
	if i >= len(v) || v[i] != '"' {
		return nil, false, false
	}
	end := v.end(i)
	if end-i < 2 {
		return nil, false, false
	}
	s = v[i+1 : end-1]
	for _, c := range s {
		if c == '\\' {
			return s, false, true
		}
	}
	return s, true, true
}

// text gives the characters of a text. It allocates only where something is escaped.
func (v raw) text() ([]byte, bool) {
	s, bare, ok := v.plain()
	if bare || !ok {
		return s, ok
	}
	var out string
	if json.Unmarshal(v, &out) != nil {
		return nil, false
	}
	return []byte(out), true
}

func (v raw) string() (string, bool) {
	s, ok := v.text()
	return string(s), ok
}

// equals tells whether v is the text s.
func (v raw) equals(s string) bool {
	if t, bare, ok := v.plain(); ok && bare {
		return string(t) == s
	}
	t, ok := v.text()
	return ok && string(t) == s
}
