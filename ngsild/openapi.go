package ngsild

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/ngsild/exchange"
)

// obj is a JSON object; encoding/json writes its members in order of their names, so the document is the same every time.
type obj map[string]any

// both writes a text in both languages, Chinese first.
func both(t lang.Text) string {
	if t.Zh == t.En {
		return t.Zh
	}
	return t.Zh + " / " + t.En
}

// groups are the tags of operations, by the beginning of their paths.
var groups = []struct {
	path, tag string
	text      lang.Text
}{
	{"/temporal/", "history", lang.T("时序演变", "Temporal evolution of entities")},
	{"/entityOperations/", "batch", lang.T("批量操作与查询", "Batches and queries by a body")},
	{"/entities", "entities", lang.T("实体", "Entities")},
	{"/types", "discovery", lang.T("类型与属性发现", "Discovery of types and attributes")},
	{"/attributes", "discovery", lang.Text{}},
	{"/subscriptions", "subscriptions", lang.T("订阅", "Subscriptions")},
	{"/jsonldContexts", "contexts", lang.T("@context 管理", "@contexts")},
	{"/info/", "source", lang.T("上下文源", "This context source")},
}

func tagOf(path string) string {
	for _, g := range groups {
		if strings.HasPrefix(path, g.path) {
			return g.tag
		}
	}
	return "other"
}

// document writes the OpenAPI document of operations.
func document(ops []exchange.Op) ([]byte, error) {
	paths := obj{}
	for i := range ops {
		op := &ops[i]
		at, ok := paths[op.Path].(obj)
		if !ok {
			at = obj{}
			paths[op.Path] = at
		}
		at[strings.ToLower(op.Method)] = operation(op)
	}
	var tags []obj
	for _, g := range groups {
		if !g.text.Empty() {
			tags = append(tags, obj{"name": g.tag, "description": both(g.text)})
		}
	}
	doc := obj{
		"openapi": "3.1.0",
		"info": obj{
			"title":       "海河城市上下文 NGSI-LD 接口 / Haihe city context, NGSI-LD",
			"version":     "1.9.1",
			"description": both(lang.T("遵循 ETSI GS CIM 009 V1.9.1。", "As ETSI GS CIM 009 V1.9.1 has it.")),
		},
		"servers":    []obj{{"url": Prefix}},
		"tags":       tags,
		"paths":      paths,
		"security":   []obj{{"token": []string{}}},
		"components": components(),
	}
	return json.MarshalIndent(doc, "", " ")
}

func operation(op *exchange.Op) obj {
	params := []any{ref("parameters", "tenant")}
	for part := range strings.SplitSeq(op.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			params = append(params, obj{"name": strings.TrimSuffix(name, "}"), "in": "path", "required": true, "schema": obj{"type": "string"}})
		}
	}
	for _, p := range op.Params {
		params = append(params, obj{"name": p.Name, "in": "query", "description": both(p.Doc), "schema": schema(p.Schema),
			"style": "form", "explode": false})
	}
	if op.Act != exchange.Host {
		params = append(params, ref("parameters", "link"))
	}
	o := obj{
		"operationId":        op.Name,
		"summary":            both(op.Title),
		"description":        op.ID + " · ETSI GS CIM 009 V1.9.1 " + op.Clause,
		"tags":               []string{tagOf(op.Path)},
		"parameters":         params,
		"responses":          responses(op),
		"x-haihe-operation":  op.ID,
		"x-haihe-permission": permission(op.Act),
	}
	if op.Body != exchange.None {
		o["requestBody"] = body(op)
	}
	return o
}

// permission is the word of what an operation does.
func permission(a exchange.Act) string {
	switch a {
	case exchange.Write:
		return "write"
	case exchange.Subscribe:
		return "subscribe"
	case exchange.Host:
		return "contexts"
	}
	return "read"
}

func ref(kind, name string) obj { return obj{"$ref": "#/components/" + kind + "/" + name} }

// schema makes the JSON schema of a parameter.
func schema(s string) obj {
	switch s {
	case "integer", "boolean":
		return obj{"type": s}
	case "uri":
		return obj{"type": "string", "format": "uri"}
	case "dateTime":
		return obj{"type": "string", "format": "date-time"}
	case "list":
		return obj{"type": "array", "items": obj{"type": "string"}}
	case "string", "":
		return obj{"type": "string"}
	}
	if choices, ok := strings.CutPrefix(s, "["); ok {
		return obj{"type": "array", "items": obj{"type": "string", "enum": strings.Split(strings.TrimSuffix(choices, "]"), "|")}}
	}
	return obj{"type": "string", "enum": strings.Split(s, "|")}
}

func body(op *exchange.Op) obj {
	shape := obj{"type": "object"}
	if op.Body == exchange.Array {
		shape = obj{"type": "array", "minItems": 1}
	}
	content := obj{"application/json": obj{"schema": shape}, "application/ld+json": obj{"schema": shape}}
	if op.Body == exchange.MergePatch {
		content["application/merge-patch+json"] = obj{"schema": shape}
	}
	return obj{"required": true, "content": content}
}

func responses(op *exchange.Op) obj {
	out := obj{}
	for _, status := range op.Answers {
		code := strconv.Itoa(status)
		switch {
		case status >= 400:
			out[code] = ref("responses", "problem")
		case status == http.StatusNoContent:
			out[code] = obj{"description": both(lang.T("成功，无内容", "Done; nothing to say"))}
		case status == http.StatusCreated && op.Body != exchange.Array:
			out[code] = obj{"description": both(lang.T("已创建", "Created")), "headers": obj{"Location": obj{"schema": obj{"type": "string"}}}}
		case status == http.StatusMultiStatus:
			out[code] = obj{"description": both(lang.T("部分成功", "Done in part")), "content": obj{"application/json": obj{"schema": obj{"type": "object"}}}}
		default:
			content := obj{"application/json": obj{}, "application/ld+json": obj{}}
			if op.GeoJSON {
				content["application/geo+json"] = obj{}
			}
			out[code] = obj{"description": both(lang.T("成功", "Done")), "content": content}
		}
	}
	return out
}

func components() obj {
	text := obj{"type": "string"}
	return obj{
		"securitySchemes": obj{"token": obj{"type": "http", "scheme": "bearer"}},
		"parameters": obj{
			"tenant": obj{"name": "NGSILD-Tenant", "in": "header", "schema": text,
				"description": both(lang.T("租户；缺省为全市公共上下文", "tenant; the city's common context where not said"))},
			"link": obj{"name": "Link", "in": "header", "schema": text,
				"description": `<URL>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`},
		},
		"responses": obj{"problem": obj{
			"description": both(lang.T("出错详情（RFC 9457）", "Problem details (RFC 9457)")),
			"content": obj{"application/json": obj{"schema": obj{"type": "object", "required": []string{"type", "title", "detail"},
				"properties": obj{"type": text, "title": text, "detail": text, "status": obj{"type": "integer"}}}}},
		}},
	}
}
