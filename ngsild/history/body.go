package history

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// selector is one EntitySelector of a query in a body (5.2.33).
type selector struct {
	ids     []string
	pattern *regexp.Regexp
	types   *query.Types
}

// reader reads an object member by member into parameters; the first mistake stays.
type reader struct {
	x    *exchange.Exchange
	at   string // before the names of members: "temporalQ."
	body map[string]json.RawMessage
	err  error
}

func (r *reader) bad(name, want string) {
	if r.err == nil {
		r.err = exchange.BadRequestData.Say("Query 的成员 %s 应为 %s", "the member %s of the Query must be %s", r.at+name, want)
	}
}

// take takes a member; false where it is not there, or is something else.
func (r *reader) take(name string, into any, want string) bool {
	v, ok := r.body[name]
	if !ok {
		return false
	}
	delete(r.body, name)
	if string(v) == "null" || json.Unmarshal(v, into) != nil {
		r.bad(name, want)
		return false
	}
	return true
}

// text makes a parameter of a string.
func (r *reader) text(names ...string) {
	for _, name := range names {
		var v string
		if !r.take(name, &v, "String") {
			continue
		}
		if v == "" {
			r.bad(name, "String (non-empty)")
		}
		r.x.SetParam(name, v)
	}
}

// list makes a parameter of an array of strings, or of a string in which they are separated by commas.
func (r *reader) list(names ...string) {
	for _, name := range names {
		raw, ok := r.body[name]
		if !ok {
			continue
		}
		var one string
		if json.Unmarshal(raw, &one) == nil && one != "" {
			delete(r.body, name)
			r.x.SetParam(name, one)
			continue
		}
		var many []string
		if r.take(name, &many, "String[]") && len(many) == 0 {
			r.bad(name, "String[] (non-empty)")
		}
		r.x.SetParam(name, strings.Join(many, ","))
	}
}

// flag makes a parameter of a boolean.
func (r *reader) flag(names ...string) {
	for _, name := range names {
		var v bool
		if r.take(name, &v, "Boolean") && v {
			r.x.SetParam(name, "true")
		}
	}
}

// inner reads a member that is an object, and nothing else than its members.
func (r *reader) inner(name, want string, fn func(*reader)) {
	var members map[string]json.RawMessage
	if !r.take(name, &members, want) {
		return
	}
	in := reader{x: r.x, at: r.at + name + ".", body: members}
	fn(&in)
	in.end()
	if r.err == nil {
		r.err = in.err
	}
}

// end refuses members that nobody took.
func (r *reader) end() {
	for name := range r.body {
		if name != "@context" && r.err == nil {
			r.err = exchange.BadRequestData.Say("Query 没有成员 %s", "a Query has no member %s", ngsi.Clip(r.at+name))
		}
	}
}

// readQuery reads a Query (ETSI GS CIM 009 V1.9.1 5.2.23) as if the URL had said it; the entity selectors are what parameters cannot say.
func readQuery(x *exchange.Exchange) ([]selector, error) {
	r := reader{x: x}
	if err := json.Unmarshal(x.Body, &r.body); err != nil {
		return nil, exchange.BadRequestData.Because(err, "请求体应为 Query 对象（5.2.23）", "the body must be a Query object (5.2.23)")
	}
	var typ string
	if !r.take("type", &typ, "Query") || typ != "Query" {
		r.bad("type", "Query")
	}
	sels := r.selectors()
	r.text("q", "csf", "scopeQ", "lang", "entityMapLifetime")
	r.list("attrs", "pick", "omit", "datasetId", "expandValues", "jsonKeys")
	r.flag("entityMap", "splitEntities")
	r.inner("geoQ", "GeoQuery", func(g *reader) {
		g.text("georel", "geometry", "geoproperty")
		raw := g.body["coordinates"]
		delete(g.body, "coordinates")
		text := ""
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		if text == "" || !x.Has("georel") || !x.Has("geometry") {
			r.bad("geoQ", "GeoQuery {georel, geometry, coordinates}")
		}
		x.SetParam("coordinates", text)
	})
	r.inner("temporalQ", "TemporalQuery", (*reader).times)
	r.inner("aggrParams", "AggregationParams", func(a *reader) { // 5.2.44
		a.list("aggrMethods")
		a.text("aggrPeriodDuration")
		if !x.Has("aggrMethods") {
			a.bad("aggrMethods", "String[]")
		}
		if !x.Has("format") && !x.Has("options") {
			x.SetParam("format", "aggregatedValues")
		}
	})
	r.inner("ordering", "OrderingParams", func(o *reader) {
		o.list("orderBy")
		o.text("collation")
	})
	r.end()
	return sels, r.err
}

// times reads a TemporalQuery (5.2.21).
func (r *reader) times() {
	r.text("type", "timerel", "timeAt", "endTimeAt", "timeproperty", "aggrPeriodDuration")
	r.x.SetParam("type", "")
	r.list("aggrMethods")
	if r.x.Has("aggrMethods") && !r.x.Has("format") && !r.x.Has("options") { // asked for by naming methods
		r.x.SetParam("format", "aggregatedValues")
	}
	if raw, ok := r.body["lastN"]; ok {
		delete(r.body, "lastN")
		r.x.SetParam("lastN", string(raw)) // lastN reads it
	}
}

// selectors reads entities (5.2.33): type is mandatory, id goes before idPattern.
func (r *reader) selectors() (out []selector) {
	var list []struct {
		ID        json.RawMessage `json:"id"`
		IDPattern string          `json:"idPattern"`
		Type      string          `json:"type"`
	}
	if !r.take("entities", &list, "EntitySelector[]") {
		return nil
	}
	if len(list) == 0 {
		r.bad("entities", "EntitySelector[] (non-empty)")
	}
	for _, l := range list {
		var s selector
		err := error(nil)
		if l.Type == "" {
			r.bad("entities", "EntitySelector {type}")
			return nil
		}
		s.types, err = query.ParseTypes(l.Type, r.x.Names)
		switch {
		case err != nil:
		case l.ID != nil:
			var one string
			if json.Unmarshal(l.ID, &one) == nil {
				s.ids = []string{one}
			} else if json.Unmarshal(l.ID, &s.ids) != nil || len(s.ids) == 0 {
				r.bad("entities.id", "URI | URI[]")
			}
			err = checkIDs(s.ids)
		case l.IDPattern != "":
			s.pattern, err = filter.Pattern(l.IDPattern)
		}
		if err != nil && r.err == nil {
			r.err = err
		}
		out = append(out, s)
	}
	return out
}
