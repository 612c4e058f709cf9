package exchange

import (
	"strings"

	"github.com/haihe-city/haihe/lang"
)

// Params gives the standard's parameters by their names, separated by spaces; "name=schema" overrides what a parameter takes:
//
//	Params("type q format=normalized|concise options=[sysAttrs|concise]")
//
// A name that is not in the catalog comes without text, which Check finds.
func Params(names string) []Param {
	out := make([]Param, 0, 8)
	for name := range strings.FieldsSeq(names) {
		name, schema, own := strings.Cut(name, "=")
		p := catalog[name]
		p.Name = name
		if own {
			p.Schema = schema
		}
		out = append(out, p)
	}
	return out
}

// The representations that entities can be asked for in (6.3.7), as schemas of format and options.
const (
	Formats = "normalized|concise|simplified|keyValues"
	Options = "[normalized|concise|simplified|keyValues|sysAttrs]"
)

func param(schema, zh, en string) Param { return Param{Schema: schema, Doc: lang.T(zh, en)} }

// catalog holds the parameters of clause 6, and pageAfter, which is ours.
var catalog = map[string]Param{
	"id":                 param("list", "实体标识，逗号分隔", "ids of entities, separated by commas"),
	"type":               param("string", "实体类型选择式（4.17），如 Vehicle,(A;B)；* 表示全部", "selection of entity types (4.17), such as Vehicle,(A;B); * selects all"),
	"idPattern":          param("string", "实体标识须匹配的正则表达式", "regular expression that ids match"),
	"attrs":              param("list", "属性名，逗号分隔；既作筛选又作投影（已弃用）", "names of attributes: filters and projects (deprecated)"),
	"pick":               param("string", "只返回所列成员（4.21）", "only these members are answered (4.21)"),
	"omit":               param("string", "不返回所列成员（4.21）", "these members are left out (4.21)"),
	"q":                  param("string", "条件查询式（4.9），如 speed>50;brandName==\"海河\"", "query (4.9), such as speed>50;brandName==\"Haihe\""),
	"csf":                param("string", "上下文源过滤式（4.9）；本地查询不受其影响", "context source filter (4.9); what is local is not affected"),
	"georel":             param("string", "地理关系（4.10），如 near;maxDistance==2000", "geo relation (4.10), such as near;maxDistance==2000"),
	"geometry":           param("string", "参照几何的类型", "type of the reference geometry"),
	"coordinates":        param("string", "参照几何的坐标（JSON 数组）", "coordinates of the reference geometry, a JSON array"),
	"geoproperty":        param("string", "查询所用的地理属性，默认 location", "the geo property that is queried, location where not said"),
	"geometryProperty":   param("string", "GeoJSON 中作为几何的属性，默认 location", "the property that is the geometry in GeoJSON, location where not said"),
	"scopeQ":             param("string", "范围查询式（4.19），如 /tianjin/#", "scope query (4.19), such as /tianjin/#"),
	"lang":               param("string", "首选语言（4.15），如 zh,en;q=0.5", "preferred languages (4.15), such as zh,en;q=0.5"),
	"datasetId":          param("list", "数据集标识，@none 为默认实例", "ids of datasets; @none is the default instance"),
	"deleteAll":          param("boolean", "删除该属性的全部实例", "delete all instances of the attribute"),
	"join":               param("flat|inline|@none", "关联实体的返回方式（4.5.23）", "how linked entities are answered (4.5.23)"),
	"joinLevel":          param("integer", "关联层数，默认 1", "depth of linked entities, 1 where not said"),
	"containedBy":        param("list", "已遇到的实体标识，用于避免循环", "ids met already, against cycles"),
	"expandValues":       param("list", "其值须按 @context 展开的属性", "attributes whose values are expanded by the @context"),
	"jsonKeys":           param("list", "其内部键不作展开的属性", "attributes whose inner keys are not expanded"),
	"orderBy":            param("string", "排序键（4.23），如 speed;desc", "keys to sort by (4.23), such as speed;desc"),
	"collation":          param("string", "排序规则（BCP 47）", "collation (BCP 47)"),
	"orderFrom":          param("string", "按距离排序的起点坐标", "coordinates that distances are measured from"),
	"orderGeometry":      param("string", "按距离排序的起点几何类型", "type of the geometry that distances are measured from"),
	"limit":              param("integer", "每页条数，默认 20，至多 1000", "elements a page, 20 where not said, at most 1000"),
	"offset":             param("integer", "从第几条起（5.5.9.2）", "how many to step over (5.5.9.2)"),
	"count":              param("boolean", "在 NGSILD-Results-Count 头中返回总数", "tell the total in the header NGSILD-Results-Count"),
	"pageAfter":          param("string", "翻页游标，取自 Link 头；翻页期间的写入不会造成重复或遗漏", "cursor of a page, from a Link header; such pages neither repeat nor miss under writes"),
	"format":             param(Formats, "表示形式（6.3.7）", "representation (6.3.7)"),
	"options":            param(Options, "选项", "options"),
	"local":              param("boolean", "仅限本地", "local scope only"),
	"observedAt":         param("dateTime", "未注明时采用的观测时间", "time of observation where none is given"),
	"drop":               param("list", "要删除的属性", "attributes to take away"),
	"keep":               param("list", "要保留的属性", "attributes to keep"),
	"details":            param("boolean", "是否返回详情", "whether details are answered"),
	"kind":               param("Hosted|Cached|ImplicitlyCreated", "@context 的种类", "kind of @contexts"),
	"reload":             param("boolean", "重新下载，而非删除", "download anew in place of deleting"),
	"entityMap":          param("boolean", "是否返回实体映射（尚未提供，false 有效）", "whether an entity map is asked for (not offered yet, false is fine)"),
	"splitEntities":      param("boolean", "实体是否分布于多处；本地查询不受其影响", "whether entities lie scattered; what is local is not affected"),
	"timerel":            param("before|after|between", "时间关系（4.11）", "relation of time (4.11)"),
	"timeAt":             param("dateTime", "时间", "time"),
	"endTimeAt":          param("dateTime", "结束时间", "end of the time"),
	"timeproperty":       param("observedAt|createdAt|modifiedAt|deletedAt", "所查询的时间成员", "the time that is queried"),
	"lastN":              param("integer", "每个属性最近的实例数", "instances an attribute, newest"),
	"aggrMethods":        param("list", "聚合方法（4.5.19）", "methods of aggregation (4.5.19)"),
	"aggrPeriodDuration": param("string", "聚合周期（ISO 8601）", "period of aggregation (ISO 8601)"),
}
