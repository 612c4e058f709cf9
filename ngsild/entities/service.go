package entities

import (
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/ngsild/exchange"
)

// Service gives the operations on entities.
type Service struct {
	Store *entity.Store
	Owner string // unit of what nobody's unit creates; "city" where ""
	Now   func() time.Time
}

// Ops lists the operations O01 to O24.
func (s *Service) Ops() []exchange.Op {
	w, r := exchange.Write, exchange.Read
	change := []int{204, 207, 400, 404}
	batch := []int{204, 207, 400}
	op := func(id, name, zh, en, method, path, clause string, act exchange.Act, body exchange.Body, params string, answers []int, run func(x *exchange.Exchange) error) exchange.Op {
		return exchange.Op{ID: id, Name: name, Title: lang.T(zh, en), Method: method, Path: path, Clause: clause, Act: act, Body: body,
			Params: exchange.Params(params), Answers: answers, Run: run}
	}
	const one, attrs, attr = "/entities/{id}", "/entities/{id}/attrs", "/entities/{id}/attrs/{attr}"
	list := []exchange.Op{
		op("O01", "createEntity", "创建实体", "Create an entity", "POST", "/entities", "5.6.1, 6.4.3.1", w, exchange.Object, "local", []int{201, 400, 409}, s.create),
		op("O02", "queryEntities", "查询实体", "Query entities", "GET", "/entities", "5.7.2, 6.4.3.2", r, exchange.None, queryParams, []int{200, 400, 403}, s.query),
		op("O03", "queryEntitiesByBody", "以请求体查询实体", "Query entities by a body", "POST", "/entityOperations/query", "5.7.2, 5.2.23, 6.23.3.1", r, exchange.Object, bodyParams, []int{200, 400, 403}, s.queryBody),
		op("O04", "purgeEntities", "清除实体", "Purge entities", "DELETE", "/entities", "5.6.21, 6.4.3.3", w, exchange.None, purgeParams, []int{204, 400}, s.purge),
		op("O05", "retrieveEntity", "读取实体", "Retrieve an entity", "GET", one, "5.7.1, 6.5.3.1", r, exchange.None, retrieveParams, []int{200, 400, 404}, s.retrieve),
		op("O06", "deleteEntity", "删除实体", "Delete an entity", "DELETE", one, "5.6.6, 6.5.3.2", w, exchange.None, "type local", []int{204, 400, 404}, s.remove),
		op("O07", "replaceEntity", "替换实体", "Replace an entity", "PUT", one, "5.6.18, 6.5.3.3", w, exchange.Object, "type local", []int{204, 400, 404}, s.replace),
		op("O08", "mergeEntity", "合并实体", "Merge an entity", "PATCH", one, "5.6.17, 5.5.12, 6.5.3.4", w, exchange.MergePatch,
			"type local lang observedAt format=simplified|keyValues|normalized|concise options=[simplified|keyValues|normalized|concise]", []int{204, 400, 404}, s.merge),
		op("O09", "appendAttributes", "追加属性", "Append attributes", "POST", attrs, "5.6.3, 6.6.3.1", w, exchange.Object, "type local options=[noOverwrite]", change, s.append),
		op("O10", "updateAttributes", "更新属性", "Update attributes", "PATCH", attrs, "5.6.2, 6.6.3.2", w, exchange.MergePatch, "type local", change, s.update),
		op("O11", "partialAttributeUpdate", "部分更新属性", "Update parts of an attribute", "PATCH", attr, "5.6.4, 5.5.8, 6.7.3.1", w, exchange.MergePatch, "type local", []int{204, 400, 404}, s.partial),
		op("O12", "replaceAttribute", "替换属性", "Replace an attribute", "PUT", attr, "5.6.19, 6.7.3.3", w, exchange.Object, "type local", []int{204, 400, 404}, s.replaceAttr),
		op("O13", "deleteAttribute", "删除属性", "Delete an attribute", "DELETE", attr, "5.6.5, 6.7.3.2", w, exchange.None, "type local datasetId deleteAll", []int{204, 400, 404}, s.deleteAttr),
		op("O14", "batchCreate", "批量创建", "Create a batch", "POST", "/entityOperations/create", "5.6.7, 6.14.3.1", w, exchange.Array, "local", []int{201, 207, 400}, s.batchCreate),
		op("O15", "batchUpsert", "批量创建或更新", "Create or update a batch", "POST", "/entityOperations/upsert", "5.6.8, 6.15.3.1", w, exchange.Array, "local options=[replace|update]", []int{201, 204, 207, 400}, s.batchUpsert),
		op("O16", "batchUpdate", "批量更新", "Update a batch", "POST", "/entityOperations/update", "5.6.9, 6.16.3.1", w, exchange.Array, "local options=[noOverwrite|replace]", batch, s.batchUpdate),
		op("O17", "batchMerge", "批量合并", "Merge a batch", "POST", "/entityOperations/merge", "5.6.20, 6.31.3.1", w, exchange.Array, "local", batch, s.batchMerge),
		op("O18", "batchDelete", "批量删除", "Delete a batch", "POST", "/entityOperations/delete", "5.6.10, 6.17.3.1", w, exchange.Array, "local", batch, s.batchDelete),
		op("O19", "listTypes", "列出实体类型", "List entity types", "GET", "/types", "5.7.5, 5.7.6, 6.25.3.1", r, exchange.None, "details local count", []int{200, 400}, s.types),
		op("O21", "describeType", "描述实体类型", "Describe an entity type", "GET", "/types/{type}", "5.7.7, 6.26.3.1", r, exchange.None, "local", []int{200, 404}, s.describeType),
		op("O22", "listAttributes", "列出属性", "List attributes", "GET", "/attributes", "5.7.8, 5.7.9, 6.27.3.1", r, exchange.None, "details local count", []int{200, 400}, s.attributes),
		op("O24", "describeAttribute", "描述属性", "Describe an attribute", "GET", "/attributes/{attr}", "5.7.10, 6.28.3.1", r, exchange.None, "local", []int{200, 404}, s.describeAttr),
	}
	for i := range list {
		switch list[i].ID {
		case "O02", "O03", "O05":
			list[i].GeoJSON = true
		}
	}
	return list
}

// The parameters of what is read and purged. The standard's tables are the clauses' that the operations name.
const (
	selectParams   = "id type idPattern attrs q csf georel geometry coordinates geoproperty scopeQ expandValues jsonKeys local splitEntities "
	showParams     = "pick omit lang datasetId geometryProperty join joinLevel containedBy format options entityMap "
	pageParams     = "limit offset count pageAfter orderBy collation orderFrom orderGeometry"
	queryParams    = selectParams + showParams + pageParams
	bodyParams     = "limit offset count pageAfter format options local geometryProperty lang entityMap"
	purgeParams    = selectParams + "drop keep geometryProperty"
	retrieveParams = "type attrs local " + showParams
)

// owner is the unit that what a request creates belongs to.
func (s *Service) owner(x *exchange.Exchange) string {
	switch {
	case x.Who != nil && x.Who.Unit != "":
		return x.Who.Unit
	case s.Owner != "":
		return s.Owner
	}
	return "city"
}
