package history

import (
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/temporal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/ngsild/exchange"
)

// Service gives the operations on histories.
type Service struct {
	Histories *temporal.Store
	Owner     string // unit of what nobody's unit records; "city" where ""
	PageSize  int    // instances in one answer; 30 where 0
	Unit      string // of Content-Range: "date-time" where ""; see contentRange
}

// Ops lists the operations O31 to O39 with the settings that hold where nothing else is said.
func Ops(t *temporal.Store, _ *entity.Store) []exchange.Op { return (&Service{Histories: t}).Ops() }

// The parameters of what is read. The standard's tables are the clauses' that the operations name.
const (
	formats    = "format=normalized|concise|temporalValues|aggregatedValues options=[normalized|concise|temporalValues|aggregatedValues|sysAttrs] "
	timeParams = "timerel timeAt endTimeAt timeproperty lastN aggrMethods aggrPeriodDuration "
	showParams = "attrs pick omit lang datasetId local entityMap " + formats
	queryParam = "id type idPattern q csf georel geometry coordinates geoproperty scopeQ expandValues jsonKeys splitEntities orderBy collation " +
		"limit offset count pageAfter " + timeParams + showParams
	bodyParams = "limit offset count pageAfter local lang entityMap " + formats
)

// Ops lists the operations O31 to O39.
func (s *Service) Ops() []exchange.Op {
	w, r := exchange.Write, exchange.Read
	op := func(id, name, zh, en, method, path, clause string, act exchange.Act, body exchange.Body, params string, answers []int, run func(x *exchange.Exchange) error) exchange.Op {
		return exchange.Op{ID: id, Name: name, Title: lang.T(zh, en), Method: method, Path: path, Clause: clause, Act: act, Body: body,
			Params: exchange.Params(params), Answers: answers, Run: run}
	}
	const all = "/temporal/entities"
	const one, attrs = all + "/{id}", all + "/{id}/attrs"
	const attr, instance = attrs + "/{attr}", attrs + "/{attr}/{instance}"
	change := []int{204, 400, 404}
	return []exchange.Op{
		op("O31", "upsertTemporal", "创建或补充时态演化", "Create or add to a temporal evolution", "POST", all, "5.6.11, 6.18.3.1", w, exchange.Object, "local", []int{201, 204, 400}, s.upsert),
		op("O32", "queryTemporal", "查询时态演化", "Query temporal evolutions", "GET", all, "5.7.4, 6.18.3.2", r, exchange.None, queryParam, []int{200, 206, 400, 403}, s.query),
		op("O33", "queryTemporalByBody", "以请求体查询时态演化", "Query temporal evolutions by a body", "POST", "/temporal/entityOperations/query", "5.7.4, 5.2.23, 6.24.3.1", r, exchange.Object, bodyParams, []int{200, 206, 400, 403}, s.queryBody),
		op("O34", "retrieveTemporal", "读取时态演化", "Retrieve a temporal evolution", "GET", one, "5.7.3, 6.19.3.1", r, exchange.None, timeParams+showParams, []int{200, 206, 400, 404}, s.retrieve),
		op("O35", "deleteTemporal", "删除时态演化", "Delete a temporal evolution", "DELETE", one, "5.6.16, 6.19.3.2", w, exchange.None, "local", change, s.remove),
		op("O36", "appendAttrsTemporal", "追加属性实例", "Add instances of attributes", "POST", attrs, "5.6.12, 6.20.3.1", w, exchange.Object, "local", change, s.add),
		op("O37", "deleteAttrsTemporal", "删除属性的历史", "Delete the history of an attribute", "DELETE", attr, "5.6.13, 6.21.3.1", w, exchange.None, "datasetId deleteAll local", change, s.removeAttr),
		op("O38", "updateAttrInstanceTemporal", "修改属性实例", "Modify an instance of an attribute", "PATCH", instance, "5.6.14, 6.22.3.1", w, exchange.MergePatch, "local", change, s.modify),
		op("O39", "deleteAttrInstanceTemporal", "删除属性实例", "Delete an instance of an attribute", "DELETE", instance, "5.6.15, 6.22.3.2", w, exchange.None, "local", change, s.removeInstance),
	}
}

// owner is the unit that what a request records belongs to.
func (s *Service) owner(x *exchange.Exchange) string {
	switch {
	case x.Who != nil && x.Who.Unit != "":
		return x.Who.Unit
	case s.Owner != "":
		return s.Owner
	}
	return "city"
}

// pageSize is how many instances an answer may hold.
func (s *Service) pageSize() int {
	if s.PageSize > 0 {
		return s.PageSize
	}
	return 30
}
