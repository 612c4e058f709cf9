package entities

import (
	"encoding/json"
	"strings"

	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// reader reads the members of a Query (5.2.23); the first mistake stays.
type reader struct {
	x    *exchange.Exchange
	body map[string]json.RawMessage
	seen map[string]bool
	err  error
}

// bad keeps a mistake.
func (r *reader) bad(name, want string) error {
	if r.err == nil {
		r.err = exchange.BadRequestData.Say("Query 的成员 %s 应为 %s", "the member %s of the Query must be %s", name, want)
	}
	return r.err
}

// member takes a member; false where it is not there.
func (r *reader) member(name string, into any, want string) bool {
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[name] = true
	v, ok := r.body[name]
	if !ok {
		return false
	}
	if string(v) == "null" || json.Unmarshal(v, into) != nil {
		_ = r.bad(name, want)
		return false
	}
	return true
}

func (r *reader) param(name, value string) {
	if value != "" {
		r.x.SetParam(name, value)
	}
}

func (r *reader) text(name string) (v string) {
	if r.member(name, &v, "String") && v == "" {
		_ = r.bad(name, "String (non-empty)")
	}
	return v
}

// list reads an array of strings that is not empty; one string is taken for an array of one.
func (r *reader) list(name string) string {
	var one string
	if v, ok := r.body[name]; ok && json.Unmarshal(v, &one) == nil && one != "" {
		r.member(name, &one, "String[]")
		return one
	}
	var v []string
	if r.member(name, &v, "String[]") && len(v) == 0 {
		_ = r.bad(name, "String[] (non-empty)")
	}
	return strings.Join(v, ",")
}

func (r *reader) number(name string) {
	var v json.Number
	if raw, ok := r.body[name]; ok && len(raw) > 0 && raw[0] == '"' {
		_ = r.bad(name, "Number")
	}
	if r.member(name, &v, "Number") {
		r.x.SetParam(name, v.String())
	}
}

func (r *reader) flag(name string) {
	var v bool
	if r.member(name, &v, "Boolean") && v {
		r.x.SetParam(name, "true")
	}
}

// coordinates gives coordinates as the text of a JSON array; they may come as such a text (4.7.1).
func coordinates(v json.RawMessage, text bool) (string, bool) {
	var s string
	if text && json.Unmarshal(v, &s) == nil {
		return s, true
	}
	return string(v), len(v) > 0 && v[0] == '['
}

// geo reads geoQ (5.2.13).
func (r *reader) geo() {
	var g struct {
		Georel      *string         `json:"georel"`
		Geometry    *string         `json:"geometry"`
		Coordinates json.RawMessage `json:"coordinates"`
		Geoproperty string          `json:"geoproperty"`
	}
	if !r.member("geoQ", &g, "GeoQuery") {
		return
	}
	c, ok := coordinates(g.Coordinates, true)
	if g.Georel == nil || g.Geometry == nil || !ok {
		_ = r.bad("geoQ", "GeoQuery {georel, geometry, coordinates}")
		return
	}
	r.param("georel", *g.Georel)
	r.param("geometry", *g.Geometry)
	r.param("coordinates", c)
	r.param("geoproperty", g.Geoproperty)
}

// order reads ordering (5.2.43).
func (r *reader) order() {
	var o struct {
		OrderBy     []string        `json:"orderBy"`
		Collation   string          `json:"collation"`
		Coordinates json.RawMessage `json:"coordinates"`
		Geometry    string          `json:"geometry"`
	}
	if !r.member("ordering", &o, "OrderingParams") {
		return
	}
	if len(o.OrderBy) == 0 {
		_ = r.bad("ordering.orderBy", "String[] (non-empty)")
	}
	r.param("orderBy", strings.Join(o.OrderBy, ","))
	r.param("collation", o.Collation)
	r.param("orderGeometry", o.Geometry)
	if o.Coordinates != nil {
		c, ok := coordinates(o.Coordinates, false)
		if !ok {
			_ = r.bad("ordering.coordinates", "JSON Array")
		}
		r.param("orderFrom", c)
	}
}

// selectors reads entities (5.2.33): type is mandatory, id goes before idPattern.
func (r *reader) selectors() (out []selector) {
	var list []struct {
		ID        json.RawMessage `json:"id"`
		IDPattern string          `json:"idPattern"`
		Type      string          `json:"type"`
	}
	if !r.member("entities", &list, "EntitySelector[]") {
		return nil
	}
	if len(list) == 0 {
		_ = r.bad("entities", "EntitySelector[] (non-empty)")
	}
	for _, l := range list {
		var s selector
		var err error
		if l.Type == "" {
			_ = r.bad("entities", "EntitySelector {type}")
			return nil
		}
		if s.types, err = query.ParseTypes(l.Type, r.x.Names); err != nil {
			r.fail(err)
			return nil
		}
		switch {
		case l.ID != nil:
			var one string
			if json.Unmarshal(l.ID, &one) == nil {
				s.ids = []string{one}
			} else if json.Unmarshal(l.ID, &s.ids) != nil || len(s.ids) == 0 {
				_ = r.bad("entities.id", "URI | URI[]")
				return nil
			}
			if err := checkIDs(s.ids); err != nil {
				r.fail(err)
			}
		case l.IDPattern != "":
			if s.pattern, err = filter.Pattern(l.IDPattern); err != nil {
				r.fail(err)
			}
		}
		out = append(out, s)
	}
	return out
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// narrowed brings entity selectors into a selection: one selects as parameters would, several of types alone make one selection of
// types, and others are tested besides.
func narrowed(sel *selection, sels []selector) {
	switch {
	case len(sels) == 0:
		return
	case len(sels) == 1:
		sel.IDs, sel.IDPattern, sel.Types = sels[0].ids, sels[0].pattern, sels[0].types
		return
	}
	var types []string
	plain, narrow := true, true
	for _, s := range sels {
		plain = plain && s.ids == nil && s.pattern == nil
		only := s.types.Only()
		narrow = narrow && only != nil
		types = append(types, only...)
	}
	if narrow {
		sel.Types = query.SelectTypes(types...)
	}
	if plain && narrow {
		return
	}
	sel.also = func(e *ngsi.Entity) bool {
		for i := range sels {
			if sels[i].match(e) {
				return true
			}
		}
		return false
	}
}
