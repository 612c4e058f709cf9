package entities

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// Bounds of a query.
const (
	maxIDs   = 1000 // ids that one query names
	maxLevel = 10   // of linked entities
)

// selection is what a query selects: what the store can walk by, and what is tested besides.
type selection struct {
	filter.Selection
	also   func(e *ngsi.Entity) bool // nil: nothing
	links  int                       // linked entities that q looks through
	linked *filter.Selection         // conditions on linked entities, tested outside of the store's snapshot
}

// slow tells whether the store alone does not answer.
func (s *selection) slow() bool { return s.also != nil || s.linked != nil }

// system are the members that do not narrow a query (5.7.2.4 b, c: "at least one non-system Attribute").
var system = []string{"id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt"}

// selection reads the parameters that select.
// ETSI GS CIM 009 V1.9.1 5.7.2.4
func (s *Service) selection(x *exchange.Exchange) (sel *selection, err error) {
	sel = &selection{}
	narrow := x.True("local")
	if v := x.Param("type"); v != "" {
		if sel.Types, err = query.ParseTypes(v, x.Names); err != nil {
			return nil, err
		}
		narrow = true
		if sel.Types.All() && x.Param("local") == "false" { // 6.4.3.2: "*" implies the local scope
			return nil, exchange.BadRequestData.Say("type=* 仅限本地，不能与 local=false 同用", "type=* is local and cannot go with local=false")
		}
	}
	if sel.IDs = x.List("id"); sel.IDs != nil {
		if err := checkIDs(sel.IDs); err != nil {
			return nil, err
		}
	}
	if v := x.Param("idPattern"); v != "" {
		if sel.IDPattern, err = filter.Pattern(v); err != nil {
			return nil, err
		}
	}
	if v := x.Param("attrs"); v != "" {
		if sel.Attrs, err = attrList(x, v); err != nil {
			return nil, err
		}
		narrow = narrow || slices.ContainsFunc(sel.Attrs, func(a string) bool { return !slices.Contains(system, a) })
	}
	asked, err := s.conditions(x, sel)
	if err != nil {
		return nil, err
	}
	if !narrow && !asked {
		return nil, exchange.BadRequestData.Say("查询范围过宽：须给出 type、attrs、q 或地理条件之一，或 local=true", "the query is too wide: give type, attrs, q or a geo query, or local=true")
	}
	return sel, nil
}

func checkIDs(ids []string) error {
	if len(ids) > maxIDs {
		return exchange.TooComplexQuery.Say("一次至多查询 %d 个标识", "a query names at most %d ids", maxIDs)
	}
	for _, id := range ids {
		if !ngsi.IsURI(id) {
			return exchange.BadRequestData.Say("实体标识 %q 不是合规的 URI", "%q is not a URI and cannot be an entity's id", ngsi.Clip(id))
		}
	}
	return nil
}

// attrList reads attrs: plain names.
func attrList(x *exchange.Exchange, v string) ([]string, error) {
	p, err := query.ParseProjection(v, x.Names)
	if err != nil {
		return nil, err
	}
	if p.Depth() > 0 {
		return nil, exchange.BadRequestData.Say("attrs 不能选取关联实体的属性", "attrs cannot name what linked entities have")
	}
	for _, n := range p.Names() {
		if n == "id" || n == "type" || n == "scope" {
			return nil, exchange.BadRequestData.Say("attrs 只能列出属性，不能含 %s", "attrs names attributes only, not %s", n)
		}
	}
	return p.Names(), nil
}

// conditions reads q, the geo query, the scope query and the context source filter; narrow tells that q or the geo query is one that
// does not let everything through.
func (s *Service) conditions(x *exchange.Exchange, sel *selection) (narrow bool, err error) {
	o := query.QOptions{Names: x.Names, ExpandValues: names(x, "expandValues"), JSONKeys: names(x, "jsonKeys")}
	if v := x.Param("q"); v != "" {
		if sel.Q, err = query.ParseQ(v, o); err != nil {
			return false, err
		}
		eachTerm(sel.Q, func(t *query.Term) {
			sel.links = max(sel.links, len(t.Links))
			narrow = narrow || len(t.Links) > 0 || !slices.Contains(system, t.Path.Attr)
		})
	}
	if v := x.Param("csf"); v != "" { // what is local does not depend on it; it must be right all the same
		if _, err := query.ParseQ(v, query.QOptions{Names: x.Names}); err != nil {
			return false, err
		}
	}
	if x.Has("georel") || x.Has("geometry") || x.Has("coordinates") {
		sel.Geo, err = query.ParseGeo(x.Param("georel"), x.Param("geometry"), x.Param("coordinates"), x.Param("geoproperty"), x.Names)
		if err != nil {
			return false, err
		}
		narrow = true
	}
	if v := x.Param("scopeQ"); v != "" {
		if sel.Scope, err = query.ParseScope(v); err != nil {
			return false, err
		}
	}
	if d := x.List("datasetId"); d != nil {
		for _, id := range d {
			if id != "@none" && !ngsi.IsURI(id) {
				return false, exchange.BadRequestData.Say("datasetId %q 不是合规的 URI，也不是 @none", "the datasetId %q is neither a URI nor @none", ngsi.Clip(id))
			}
		}
	}
	if sel.links > 0 { // looks at other entities: not within the store's walk
		whole := sel.Selection
		whole.Linked = func(id string) *ngsi.Entity {
			e, err := s.Store.Find(x.R.Context(), entity.Key{Tenant: x.Tenant, ID: id})
			if err != nil {
				return nil
			}
			return e
		}
		sel.linked, sel.Q = &whole, nil
	}
	return narrow, nil
}

// eachTerm calls fn with every condition of q.
func eachTerm(q query.Expr, fn func(*query.Term)) {
	switch q := q.(type) {
	case query.And:
		for _, p := range q {
			eachTerm(p, fn)
		}
	case query.Or:
		for _, p := range q {
			eachTerm(p, fn)
		}
	case *query.Term:
		fn(q)
	}
}

// selector is one EntitySelector of a query in a body (5.2.33).
type selector struct {
	ids     []string
	pattern *regexp.Regexp
	types   *query.Types
}

func (s *selector) match(e *ngsi.Entity) bool {
	return s.types.Match(e.Types) && (s.ids == nil || slices.Contains(s.ids, e.ID)) && (s.pattern == nil || s.pattern.MatchString(e.ID))
}

// order is how the answer is to be sorted (4.23).
type order struct {
	keys      []query.OrderKey
	collation string
	from      []byte // GeoJSON
}

// ordering reads the parameters that sort; nil where there are none.
// ETSI GS CIM 009 V1.9.1 4.23, 5.7.2.4
func ordering(x *exchange.Exchange) (*order, error) {
	v := x.Param("orderBy")
	if v == "" {
		return nil, nil
	}
	o := &order{collation: x.Param("collation")}
	var err error
	if o.keys, err = query.ParseOrder(v, x.Names); err != nil {
		return nil, err
	}
	if from := x.Param("orderFrom"); from != "" {
		geometry := x.Param("orderGeometry")
		if geometry == "" {
			geometry = "Point"
		}
		g, err := query.ParseGeo("equals", geometry, from, "", nil)
		if err != nil {
			return nil, exchange.BadRequestData.Because(err, "orderFrom 或 orderGeometry 不是合规的几何", "orderFrom and orderGeometry are not a valid geometry")
		}
		o.from = append(append(strconv.AppendQuote([]byte(`{"type":`), g.Geometry), `,"coordinates":`...), g.Coordinates...)
		o.from = append(o.from, '}')
	}
	if o.from == nil && slices.ContainsFunc(o.keys, func(k query.OrderKey) bool { return k.Distance }) {
		return nil, exchange.BadRequestData.Say("按距离排序须给出 orderFrom", "to sort by distance, give orderFrom")
	}
	return o, nil
}

// join is how linked entities are answered (4.5.23).
type join struct {
	inline, flat bool
	level        int
	past         []string // containedBy
}

// joining reads join, joinLevel and containedBy, and holds projections and q to them.
// ETSI GS CIM 009 V1.9.1 5.7.1.4, 5.7.2.4
func joining(x *exchange.Exchange, deep int) (j join, err error) {
	switch x.Param("join") {
	case "inline":
		j.inline = true
	case "flat":
		j.flat = true
	}
	if v := x.Param("joinLevel"); v != "" {
		if j.level, err = strconv.Atoi(v); err != nil || j.level < 1 || j.level > maxLevel {
			return j, exchange.BadRequestData.Say("joinLevel 须为 1 至 %d 的整数", "joinLevel must be a whole number from 1 to %d", maxLevel)
		}
	}
	if j.inline || j.flat {
		j.level = max(j.level, 1)
	} else {
		j.level = 0
	}
	if j.past = x.List("containedBy"); j.past != nil {
		if err := checkIDs(j.past); err != nil {
			return j, err
		}
	}
	if deep > j.level {
		return j, exchange.BadRequestData.Say("查询或投影涉及 %d 层关联实体，而 join 与 joinLevel 只允许 %d 层", "query or projection go through %d levels of linked entities, join and joinLevel allow %d", deep, j.level)
	}
	return j, nil
}

// queryBody is O03: what the body says is read as if the URL said it.
// ETSI GS CIM 009 V1.9.1 5.2.23, 6.23.3.1
func (s *Service) queryBody(x *exchange.Exchange) error {
	sels, err := s.readQuery(x)
	if err != nil {
		return err
	}
	return s.answerQuery(x, sels)
}

// readQuery reads a Query into parameters; the entity selectors are what parameters cannot say where they are several.
func (s *Service) readQuery(x *exchange.Exchange) ([]selector, error) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(x.Body, &body); err != nil {
		return nil, exchange.BadRequestData.Because(err, "请求体应为 Query 对象（5.2.23）", "the body must be a Query object (5.2.23)")
	}
	r := reader{x: x, body: body}
	if r.text("type") != "Query" {
		return nil, r.bad("type", "Query")
	}
	delete(body, "@context")
	for _, name := range []string{"q", "csf", "scopeQ", "lang", "expandValues", "jsonKeys", "join"} {
		r.param(name, r.text(name))
	}
	for _, name := range []string{"attrs", "pick", "omit", "datasetId", "containedBy"} {
		r.param(name, r.list(name))
	}
	r.number("joinLevel")
	r.flag("entityMap")
	r.flag("splitEntities")
	r.text("entityMapLifetime")
	r.geo()
	r.order()
	sels := r.selectors()
	for name := range body {
		if !r.seen[name] {
			return nil, exchange.BadRequestData.Say("Query 没有成员 %s", "a Query has no member %s", ngsi.Clip(name))
		}
	}
	return sels, r.err
}
