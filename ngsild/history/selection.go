package history

import (
	"slices"

	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// maxIDs bounds the ids that one query names.
const maxIDs = 1000

// system are the members that do not narrow a query (5.7.4.4: "at least one non-system Attribute").
var system = []string{"id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt"}

// selection reads the parameters that select. ETSI GS CIM 009 V1.9.1 5.7.4.4
func selection(x *exchange.Exchange, attrs []string, sels []selector) (*filter.Selection, error) {
	sel := &filter.Selection{}
	narrow := x.True("local") || slices.ContainsFunc(attrs, func(a string) bool { return !slices.Contains(system, a) })
	var err error
	if v := x.Param("type"); v != "" {
		if sel.Types, err = query.ParseTypes(v, x.Names); err != nil {
			return nil, err
		}
		narrow = true
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
	asked, err := conditions(x, sel)
	if err != nil {
		return nil, err
	}
	if len(sels) > 0 {
		if err := narrowed(sel, sels); err != nil {
			return nil, err
		}
		narrow = true
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

// names reads a list of attributes as stored names.
func names(x *exchange.Exchange, param string) []string {
	list := x.List(param)
	for i := range list {
		list[i] = x.Ctx.Expand(list[i])
	}
	return list
}

// conditions reads q, geo query, scope query and context source filter; narrow tells that one of them narrows. Linked entities cannot be
// looked through (5.7.4.4).
func conditions(x *exchange.Exchange, sel *filter.Selection) (narrow bool, err error) {
	if v := x.Param("q"); v != "" {
		sel.Q, err = query.ParseQ(v, query.QOptions{Names: x.Names, ExpandValues: names(x, "expandValues"), JSONKeys: names(x, "jsonKeys")})
		if err != nil {
			return false, err
		}
		linked := false
		eachTerm(sel.Q, func(t *query.Term) {
			linked = linked || len(t.Links) > 0
			narrow = narrow || !slices.Contains(system, t.Path.Attr)
		})
		if linked {
			return false, errLinked()
		}
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
	return narrow, nil
}

func errLinked() error {
	return exchange.BadRequestData.Say("时态查询不能涉及关联实体", "a temporal query cannot go through linked entities")
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

// datasets reads datasetId.
func datasets(x *exchange.Exchange) ([]string, error) {
	list := x.List("datasetId")
	for _, id := range list {
		if id != "@none" && !ngsi.IsURI(id) {
			return nil, exchange.BadRequestData.Say("datasetId %q 不是合规的 URI，也不是 @none", "the datasetId %q is neither a URI nor @none", ngsi.Clip(id))
		}
	}
	return list, nil
}

// narrowed brings the entity selectors of a body into a selection.
func narrowed(sel *filter.Selection, sels []selector) error {
	if len(sels) == 1 {
		sel.IDs, sel.IDPattern, sel.Types = sels[0].ids, sels[0].pattern, sels[0].types
		return nil
	}
	var types []string
	for i := range sels {
		s := &sels[i]
		only := s.types.Only()
		if s.ids != nil || s.pattern != nil || only == nil {
			return exchange.TooComplexQuery.Say("时态查询的多个 entities 选择器只能各指明类型；请分次查询", "several selectors of a temporal query may name types only; ask one by one")
		}
		types = append(types, only...)
	}
	sel.Types = query.SelectTypes(types...)
	return nil
}
