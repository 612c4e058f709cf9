package entities

import (
	"errors"
	"net/http"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// Bounds of a query that has to be collected before it can be answered.
const (
	maxSorted = 100_000 // entities that are sorted
	maxTested = 500_000 // candidates that are tested besides
)

// view is what of entities is shown: output, and how linked ones are joined.
type view struct {
	*form.Output
	join
	attrs   []string // of the deprecated parameter
	altered bool     // entities were amended for an earlier version
}

// view reads the parameters that shape the answer. links is how deep q looks.
// ETSI GS CIM 009 V1.9.1 5.7.1.4, 5.7.2.4
func (s *Service) view(x *exchange.Exchange, links int) (v view, err error) {
	if v.Output, err = x.Output(); err != nil {
		return v, err
	}
	if x.Has("geometryProperty") && x.Accept != exchange.GeoJSON {
		return v, exchange.BadRequestData.Say("geometryProperty 只能用于 application/geo+json", "geometryProperty goes only with application/geo+json")
	}
	if x.True("entityMap") {
		return v, exchange.OperationNotSupported.Say("尚不提供实体映射（entityMap）", "entity maps (entityMap) are not offered yet")
	}
	if v.join, err = joining(x, max(links, v.Pick.Depth(), v.Omit.Depth())); err != nil {
		return v, err
	}
	if v.Pick != nil && v.Omit != nil {
		for _, n := range v.Pick.Names() {
			if v.Omit.Has(n) && v.Pick.Under(n) == nil && v.Omit.Under(n) == nil {
				return v, exchange.BadRequestData.Say("%s 同时出现在 pick 和 omit 中", "%s is in pick and in omit", x.Ctx.Compact(n))
			}
		}
	}
	if a := x.Param("attrs"); a != "" {
		if v.Pick != nil || v.Omit != nil {
			return v, exchange.BadRequestData.Say("attrs 不能与 pick、omit 同用", "attrs cannot go with pick or omit")
		}
		if v.attrs, err = attrList(x, a); err != nil {
			return v, err
		}
		whole := "id,type,scope," + a
		if v.SysAttrs {
			whole += ",createdAt,modifiedAt,expiresAt"
		}
		v.Pick, err = query.ParseProjection(whole, x.Names)
	}
	return v, err
}

// retrieve is O05.
func (s *Service) retrieve(x *exchange.Exchange) error {
	k, err := key(x)
	if err != nil {
		return err
	}
	types, err := wanted(x)
	if err != nil {
		return err
	}
	v, err := s.view(x, 0)
	if err != nil {
		return err
	}
	e, err := s.Store.Find(x.R.Context(), k)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if err := there(e, k.ID, types); err != nil {
		return err
	}
	if !shows(e, &v) {
		return exchange.ResourceNotFound.Say("实体 %s 没有所要求的成员", "the entity %s has none of the members asked for", k.ID)
	}
	b := x.Buffer()
	if err := s.write(x, b, &v, []*ngsi.Entity{e}, true); err != nil {
		x.Release(b)
		return err
	}
	return x.Send(v.status(), b)
}

// status is 203 where entities were amended for an earlier version (6.5.3.1, 6.4.3.2).
func (v *view) status() int {
	if v.altered {
		return http.StatusNonAuthoritativeInfo
	}
	return http.StatusOK
}

// shows tells whether something of an entity is left to be shown: an attribute of attrs, a member of pick, a member that omit leaves.
func shows(e *ngsi.Entity, v *view) bool {
	if v.attrs != nil {
		return slices.ContainsFunc(e.Attrs, func(a ngsi.Attr) bool { return slices.Contains(v.attrs, a.Name) })
	}
	if v.Pick == nil && v.Omit == nil {
		return true
	}
	left := func(name string) bool {
		return (v.Pick == nil || v.Pick.Has(name)) && (!v.Omit.Has(name) || v.Omit.Under(name) != nil)
	}
	return left("id") || left("type") || len(e.Scope) > 0 && left("scope") ||
		v.SysAttrs && (left("createdAt") || left("modifiedAt")) ||
		slices.ContainsFunc(e.Attrs, func(a ngsi.Attr) bool { return left(a.Name) })
}

// query is O02.
func (s *Service) query(x *exchange.Exchange) error { return s.answerQuery(x, nil) }

// answerQuery answers a query whose parameters x holds.
func (s *Service) answerQuery(x *exchange.Exchange, sels []selector) error {
	p, err := x.Paging()
	if err != nil {
		return err
	}
	if sels != nil {
		x.SetParam("type", "*") // what the selectors say takes its place
	}
	sel, err := s.selection(x)
	if err != nil {
		return err
	}
	narrowed(sel, sels)
	if sels != nil {
		x.SetParam("type", "")
	}
	by, err := ordering(x)
	if err != nil {
		return err
	}
	v, err := s.view(x, sel.links)
	if err != nil {
		return err
	}
	var page entity.Page
	if by != nil || sel.slow() {
		if p.After != "" { // there are no cursors in what is collected: offset leads on
			return exchange.BadRequestData.Say("排序查询以及涉及关联实体或多个选择器的查询须以 offset 翻页", "page by offset where a query sorts, looks through linked entities or has several selectors")
		}
		page, err = s.collect(x, sel, by, p)
	} else {
		page, err = s.Store.Search(x.R.Context(), entity.Search{Tenant: x.Tenant, Select: &sel.Selection, After: p.After, Offset: p.Offset, Limit: p.Limit, Count: p.Count})
	}
	if err != nil {
		return err
	}
	x.Page(page.Next, p.Offset, p.Limit, len(page.Entities), page.Total)
	if v.attrs == nil && (v.Pick != nil || v.Omit != nil) { // 4.21: what nothing is left of is left out
		page.Entities = slices.DeleteFunc(page.Entities, func(e *ngsi.Entity) bool { return !shows(e, &v) })
	}
	b := x.Buffer()
	if err := s.write(x, b, &v, page.Entities, false); err != nil {
		x.Release(b)
		return err
	}
	return x.Send(v.status(), b)
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

// collect answers a query that the store alone does not: sorted ones, and those with conditions that are tested besides.
func (s *Service) collect(x *exchange.Exchange, sel *selection, by *order, p exchange.Paging) (page entity.Page, err error) {
	page.Total = -1
	var list []*ngsi.Entity
	found, tested := int64(0), 0
	need := p.Offset + int64(p.Limit) + 1
	err = s.Store.EachMatch(x.R.Context(), x.Tenant, &sel.Selection, func(e *entity.Entity) error {
		if tested++; tested > maxTested {
			return exchange.TooComplexQuery.Say("查询须逐一检验的实体超过 %d 个，请缩小范围", "the query has to test more than %d entities one by one; make it narrower", maxTested)
		}
		if sel.also != nil && !sel.also(e) || sel.linked != nil && !sel.linked.Match(e) {
			return nil
		}
		if found++; by == nil && (found <= p.Offset || found > need) {
			if found > need && !p.Count {
				return errEnough
			}
			return nil
		}
		if list = append(list, e); len(list) > maxSorted {
			return exchange.TooManyResults.Say("须排序的实体超过 %d 个，请缩小范围", "more than %d entities would have to be sorted; make the query narrower", maxSorted)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return page, err
	}
	if by != nil {
		if err := filter.Order(list, by.keys, by.collation, by.from); err != nil {
			return page, err
		}
		list = list[min(p.Offset, int64(len(list))):]
	}
	if len(list) > p.Limit {
		list, page.Next = list[:p.Limit], "+"
	}
	if page.Entities = list; p.Count {
		page.Total = found
	}
	return page, nil
}

// write writes entities: one or an array of them, with the linked ones that are asked for.
func (s *Service) write(x *exchange.Exchange, b *[]byte, v *view, list []*ngsi.Entity, one bool) error {
	var more []extra
	if x.Minor < exchange.Native {
		list = slices.Clone(list)
		for i, e := range list {
			list[i] = conform(e, x.Minor)
			v.altered = v.altered || list[i] != e
		}
	}
	if v.level > 0 {
		var err error
		if list, more, err = s.link(x, v, list); err != nil {
			return err
		}
	}
	switch {
	case x.Accept == exchange.GeoJSON && one && len(more) == 0:
		*b = form.AppendFeature(*b, list[0], v.Output)
	case x.Accept == exchange.GeoJSON:
		for _, m := range more {
			list = append(list, m.e)
		}
		*b = form.AppendCollection(*b, list, v.Output)
	case one && len(more) == 0:
		*b = form.Append(*b, list[0], v.Output)
	default:
		out := append(*b, '[')
		for i, e := range list {
			out = form.Append(comma(out, i), e, v.Output)
		}
		for _, m := range more {
			o := *v.Output
			o.Pick, o.Omit = m.pick, m.omit
			out = form.Append(comma(out, 1), m.e, &o)
		}
		*b = append(out, ']')
	}
	return nil
}
