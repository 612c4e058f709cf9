package history

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/kernel/entity/temporal"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// view is how an answer is asked for.
type view struct {
	ask  temporal.Ask
	out  *form.Output
	time form.TimeProperty
}

// view reads the parameters that retrieval and query have in common. ETSI GS CIM 009 V1.9.1 5.7.3.4, 6.19.3.1
func (s *Service) view(x *exchange.Exchange) (v view, err error) {
	if err := formatWords(x); err != nil {
		return v, err
	}
	if x.True("entityMap") {
		return v, exchange.OperationNotSupported.Say("尚未提供实体映射（entityMap）", "entity maps are not offered yet")
	}
	if v.out, err = x.Output(); err != nil {
		return v, err
	}
	if v.out.Pick.Depth() > 0 || v.out.Omit.Depth() > 0 {
		return v, errLinked()
	}
	for _, n := range v.out.Pick.Names() {
		if v.out.Omit.Has(n) {
			return v, exchange.BadRequestData.Say("%s 不能同时出现在 pick 与 omit 中", "%s cannot stand in both pick and omit", ngsi.Clip(n))
		}
	}
	if x.Has("timerel") || x.Has("timeAt") || x.Has("endTimeAt") || x.Has("timeproperty") {
		v.ask.Times, err = query.ParseTimes(x.Param("timerel"), x.Param("timeAt"), x.Param("endTimeAt"), x.Param("timeproperty"))
		if err != nil {
			return v, err
		}
		v.time = form.TimeProperty(v.ask.Times.Property)
	}
	if v.ask.LastN, err = lastN(x); err != nil {
		return v, err
	}
	if v.ask.Datasets, err = datasets(x); err != nil {
		return v, err
	}
	v.out.Datasets = nil // they are chosen already
	v.ask.PageSize = s.pageSize()
	v.ask.Tenant = x.Tenant
	if err := v.members(x); err != nil {
		return v, err
	}
	return v, v.aggregates(x)
}

// formatWords holds format and options to one representation, the first word of options (6.3.12).
func formatWords(x *exchange.Exchange) error {
	words := 0
	for _, o := range x.List("options") {
		if o == "temporalValues" || o == "aggregatedValues" {
			words++
		}
	}
	if words > 1 {
		return exchange.InvalidRequest.Say("options 只能含 temporalValues 与 aggregatedValues 之一", "options may hold one of temporalValues and aggregatedValues only")
	}
	return nil
}

// members reads attrs, pick and omit: what is not shown need not be read.
func (v *view) members(x *exchange.Exchange) error {
	if attrs := x.Param("attrs"); attrs != "" {
		if v.out.Pick != nil || v.out.Omit != nil {
			return exchange.BadRequestData.Say("attrs 不能与 pick 或 omit 同用", "attrs cannot go with pick or omit")
		}
		p, err := query.ParseProjection(attrs, x.Names)
		if err != nil {
			return err
		}
		if p.Depth() > 0 {
			return errLinked()
		}
		v.ask.Attrs = p.Names()
		return nil
	}
	pick, omit := v.out.Pick, v.out.Omit
	if pick != nil {
		own := slices.DeleteFunc(slices.Clone(pick.Names()), func(n string) bool { return slices.Contains(system, n) })
		if len(own) == len(pick.Names()) {
			v.ask.Attrs = own // nothing else would be left to show
		} else if len(own) > 0 {
			v.ask.Wants = nil // what is not picked is left out when the answer is written
		}
	} else if omit != nil {
		v.ask.Wants = func(name string) bool { return !omit.Has(name) }
	}
	return nil
}

// lastN reads lastN: a positive integer.
func lastN(x *exchange.Exchange) (int, error) {
	v := x.Param("lastN")
	if v == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(v, 10, 31)
	if err != nil || n < 1 {
		return 0, exchange.BadRequestData.Say("lastN 须为正整数，实为 %s", "lastN must be a positive whole number, it is %s", ngsi.Clip(v))
	}
	return int(n), nil
}

// aggregates reads aggrMethods and aggrPeriodDuration (4.5.19.1); both are checked whether or not they are used.
func (v *view) aggregates(x *exchange.Exchange) error {
	methods := x.List("aggrMethods")
	for _, m := range methods {
		if !slices.Contains(temporal.Methods(), m) {
			return exchange.BadRequestData.Say("参数 aggrMethods：没有聚合方法 %s，可用的有 %s", "aggrMethods: there is no method %s; there are %s",
				ngsi.Clip(m), strings.Join(temporal.Methods(), ", "))
		}
	}
	var period query.Period
	if p := x.Param("aggrPeriodDuration"); p != "" {
		var err error
		if period, err = query.ParsePeriod(p); err != nil {
			return err
		}
	}
	if v.out.Format != form.AggregatedValues {
		return nil
	}
	if len(methods) == 0 {
		return exchange.BadRequestData.Say("聚合表示须给出 aggrMethods", "the aggregated representation needs aggrMethods")
	}
	v.ask.Aggregate, v.ask.Period = methods, period
	return nil
}

// retrieve is O34.
func (s *Service) retrieve(x *exchange.Exchange) error {
	k, err := key(x)
	if err != nil {
		return err
	}
	v, err := s.view(x)
	if err != nil {
		return err
	}
	page, err := s.Histories.Get(x.R.Context(), k, v.ask)
	if err != nil {
		return fault(err)
	}
	e := page.Evolutions[0]
	if !shows(e, v.out) {
		return exchange.ResourceNotFound.Say("实体 %s 没有所要求的成员", "entity %s has none of the members that are asked for", ngsi.Clip(k.ID))
	}
	b := x.Buffer()
	*b = form.AppendEvolution(*b, e, v.time, v.out)
	return x.Send(s.status(x, &v, &page), b)
}

// fault makes an InvalidRequest of an attribute that is not eligible for a method (5.7.4.4).
func fault(err error) error {
	if temporal.Ineligible(err) {
		return exchange.InvalidRequest.Because(err, "所要求的属性有不适用所列聚合方法的", "an attribute that is asked for is not eligible for a method of aggregation")
	}
	return err
}

// shows tells whether anything is left of an evolution after pick and omit (4.21).
func shows(e *form.Evolution, o *form.Output) bool {
	if o.Pick == nil && o.Omit == nil {
		return true
	}
	shown := func(name string) bool { return (o.Pick == nil || o.Pick.Has(name)) && !o.Omit.Has(name) }
	return shown("id") || shown("type") || len(e.Scope) > 0 && shown("scope") ||
		slices.ContainsFunc(e.Attrs, func(c form.Course) bool { return shown(c.Name) })
}

// query is O32.
func (s *Service) query(x *exchange.Exchange) error { return s.answer(x, nil) }

// queryBody is O33.
func (s *Service) queryBody(x *exchange.Exchange) error {
	sels, err := readQuery(x)
	if err != nil {
		return err
	}
	return s.answer(x, sels)
}

// answer answers a query. ETSI GS CIM 009 V1.9.1 5.7.4.4
func (s *Service) answer(x *exchange.Exchange, sels []selector) error {
	v, err := s.view(x)
	if err != nil {
		return err
	}
	if v.ask.Times == nil || v.ask.Times.Rel == "" {
		return exchange.BadRequestData.Say("时态查询须给出 timerel 与 timeAt", "a temporal query needs timerel and timeAt")
	}
	if v.ask.Select, err = selection(x, v.ask.Attrs, sels); err != nil {
		return err
	}
	if v.ask.Order, err = ordering(x); err != nil {
		return err
	}
	p, err := x.Paging()
	if err != nil {
		return err
	}
	v.ask.After, v.ask.Offset, v.ask.Limit, v.ask.Count = p.After, p.Offset, p.Limit, p.Count
	page, err := s.Histories.Query(x.R.Context(), v.ask)
	if err != nil {
		return fault(err)
	}
	next := page.Next
	if x.Op.ID == "O33" || v.ask.Order != "" { // a cursor goes with the order of creation, and with a URL
		next = ""
	}
	x.Page(next, p.Offset, p.Limit, len(page.Evolutions), page.Total)
	b := x.Buffer()
	*b = append(*b, '[')
	for i, e := range page.Evolutions {
		if i > 0 {
			*b = append(*b, ',')
		}
		*b = form.AppendEvolution(*b, e, v.time, v.out)
	}
	*b = append(*b, ']')
	return x.Send(s.status(x, &v, &page), b)
}

// ordering reads orderBy: histories are ordered by id only.
func ordering(x *exchange.Exchange) (string, error) {
	o := x.Param("orderBy")
	if o == "" {
		return "", nil
	}
	keys, err := query.ParseOrder(o, x.Names)
	if err != nil {
		return "", err
	}
	k := keys[0]
	if len(keys) > 1 || k.Path.Attr != "id" || len(k.Path.Sub)+len(k.Path.Member) > 0 || k.Distance {
		return "", exchange.BadRequestData.Say("时态查询只能按 id 排序", "a temporal query is ordered by id only")
	}
	if k.Desc {
		return "-id", nil
	}
	return "id", nil
}

// status tells a part of the instances from all of them, and writes Content-Range (6.3.10).
func (s *Service) status(x *exchange.Exchange, v *view, page *temporal.Page) int {
	if !page.Cut {
		return http.StatusOK
	}
	x.W.Header().Set("Content-Range", s.contentRange(v, page))
	return http.StatusPartialContent
}

// contentRange says which part of time an answer holds. ETSI GS CIM 009 V1.9.1 6.3.10 calls the unit DateTime; brokers and the public
// conformance suite write the token date-time, which is what clients read.
func (s *Service) contentRange(v *view, page *temporal.Page) string {
	start, end, size := page.From, page.To, "*"
	t := v.ask.Times
	rel := ""
	if t != nil {
		rel = t.Rel
	}
	if v.ask.LastN > 0 { // backwards
		start, end, size = page.To, page.From, strconv.Itoa(v.ask.LastN)
		switch rel {
		case "before":
			start = t.At
		case "between":
			start = t.End
		}
	} else if rel == "after" || rel == "between" {
		start = t.At
	}
	unit := s.Unit
	if unit == "" {
		unit = "date-time"
	}
	return unit + " " + instant(start) + "-" + instant(end) + "/" + size
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999Z") }
