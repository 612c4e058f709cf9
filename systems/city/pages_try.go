package city

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// segment writes an id as one part of a path.
func segment(id string) string { return exchange.Segment(id) }

// indent writes JSON for a reader; what is none stays as it is.
func indent(b []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, b, "", "  ") != nil {
		return string(b)
	}
	return out.String()
}

// groups are the headings of the operations, by their ids.
var groups = []struct {
	title    lang.Text
	from, to string
}{
	{lang.T("实体", "Entities"), "O01", "O18"},
	{lang.T("类型与属性", "Types and attributes"), "O19", "O24"},
	{lang.T("订阅", "Subscriptions"), "O25", "O30"},
	{lang.T("历史", "History"), "O31", "O39"},
	{lang.Same("@context"), "O51", "O54"},
	{lang.T("上下文源", "Context source"), "O55", "O99"},
}

// pageOps lists the operations of the standard's interface, as the routes have them.
func (s *service) pageOps(r *web.Request) (*ui.Page, error) {
	p := s.page(lang.T("接口试用", "Try the API"), "/city/try", ui.Link{Text: lang.T("接口试用", "Try the API"), Href: "/city/try"})
	p.Lead = lang.T("以下为本系统实际提供的 NGSI-LD（ETSI GS CIM 009 V1.9.1）操作，以您的身份在此试用；程序请以接口令牌访问 "+prefix+"。",
		"These are the NGSI-LD operations (ETSI GS CIM 009 V1.9.1) as they are served. Here you try them in your own name; programs come to "+prefix+" with a token.")
	base := exchange.Base(r.HTTP)
	p.Body = append(p.Body, ui.Notice{ID: "openapi", Kind: "info", Text: lang.T("OpenAPI 文档位于 "+prefix+"/openapi.json，与本页出自同一份操作清单。", "The OpenAPI document is at "+prefix+"/openapi.json; it is made of the same list of operations as this page.")}, ui.Code{ID: "curl-first", Title: lang.T("命令行示例", "On the command line"), Text: "TOKEN=hh_…\ncurl -s '" + base + prefix + "/types' -H \"Authorization: Bearer $TOKEN\"\ncurl -s '" + base + prefix +
		"/entities?type=SmartMeter&limit=3' -H \"Authorization: Bearer $TOKEN\"\ncurl -si '" + base + prefix + "/entities' -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n" +
		"  -d '" + exampleEntity + "'"})
	for _, g := range groups {
		t := ui.Table{ID: "ops-" + g.from, Title: g.title, Total: -1, Columns: []ui.Column{
			{Key: "name", Text: lang.T("操作", "Operation")}, {Key: "path", Text: lang.T("方法与路径", "Method and path")}, {Key: "clause", Text: lang.T("条款", "Clause")}, {Key: "grant", Text: lang.T("所需权限", "Grant")}}}
		for i := range s.ops {
			op := &s.ops[i]
			if op.ID < g.from || op.ID > g.to {
				continue
			}
			t.Rows = append(t.Rows, ui.Row{ID: "op-" + op.ID, Cells: []ui.Cell{{Text: op.Title, Sub: lang.Same(op.Name), Href: "/city/try/" + op.ID, Strong: true},
				{Text: lang.Same(op.Method + " " + op.Path)}, {Text: lang.Same(op.Clause)}, {Text: lang.Same(grantOf(op.Act))}}})
		}
		if len(t.Rows) > 0 {
			p.Body = append(p.Body, t)
		}
	}
	return p, nil
}

// exampleEntity is small and true to the Smart Data Models.
const exampleEntity = `{"id":"urn:ngsi-ld:AirQualityObserved:tj-001","type":"AirQualityObserved","temperature":{"type":"Property","value":21.5,"unitCode":"CEL","observedAt":"2015-11-20T01:30:00Z"},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[117.2,39.13]}}}`

// exampleOf is a body that an operation takes; "" where it takes none.
func exampleOf(op *exchange.Op) string {
	const reading = `{"temperature":{"value":22.5,"observedAt":"2015-11-20T02:00:00Z"}}`
	switch {
	case op.Body == exchange.None:
		return ""
	case op.ID == "O25":
		return `{"type":"Subscription","entities":[{"type":"AirQualityObserved"}],"watchedAttributes":["temperature"],"q":"temperature>30","notification":{"endpoint":{"uri":"http://receiver.example/notify","accept":"application/json"}}}`
	case op.ID == "O28":
		return `{"type":"Subscription","isActive":false}`
	case op.ID == "O51":
		return `{"@context":{"temperature":"https://example.org/vocab#temperature"}}`
	case op.ID == "O03" || op.ID == "O33":
		return `{"type":"Query","entities":[{"type":"AirQualityObserved"}],"q":"temperature>20"}`
	case op.ID == "O18":
		return `["urn:ngsi-ld:AirQualityObserved:tj-001"]`
	case op.Body == exchange.Array:
		return "[" + exampleEntity + "]"
	case op.ID == "O11" || op.ID == "O12" || op.ID == "O38":
		return `{"type":"Property","value":23.5,"observedAt":"2015-11-20T02:15:00Z"}`
	case op.ID == "O08" || op.ID == "O09" || op.ID == "O10":
		return reading
	case op.ID == "O31" || op.ID == "O36":
		return `{"id":"urn:ngsi-ld:AirQualityObserved:tj-001","type":"AirQualityObserved","temperature":[{"type":"Property","value":20.1,"observedAt":"2015-11-19T01:30:00Z"}]}`
	}
	return exampleEntity
}

func (s *service) opOf(id string) (*exchange.Op, error) {
	for i := range s.ops {
		if s.ops[i].ID == id {
			return &s.ops[i], nil
		}
	}
	return nil, errs.Say(errs.NotFound, "没有编号为 %s 的操作", "there is no operation %s", clip(id, 20))
}

// pathParams are the names in a path's braces.
func pathParams(path string) (out []string) {
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "{") {
			out = append(out, strings.Trim(part, "{}"))
		}
	}
	return out
}

// pageTry is the form of one operation. Fields may be filled in by the address.
func (s *service) pageTry(r *web.Request) (*ui.Page, error) {
	op, err := s.opOf(r.Path("op"))
	if err != nil {
		return nil, err
	}
	return s.tryPage(r, op, r.Query), nil
}

func (s *service) tryPage(r *web.Request, op *exchange.Op, value func(string) string) *ui.Page {
	p := s.page(op.Title, "/city/try", ui.Link{Text: lang.T("接口试用", "Try the API"), Href: "/city/try"}, ui.Link{Text: lang.Same(op.Name), Href: "/city/try/" + op.ID})
	p.Lead = lang.T(op.Method+" "+prefix+op.Path+"，条款 "+op.Clause, op.Method+" "+prefix+op.Path+", clause "+op.Clause)
	f := ui.Form{ID: "try", Title: lang.T("请求", "Request"), Action: "/city/try/" + op.ID, Submit: lang.T("发送", "Send"), Cancel: &ui.Link{Text: lang.T("全部操作", "All operations"), Href: "/city/try"}}
	for _, name := range pathParams(op.Path) {
		f.Fields = append(f.Fields, ui.Field{Name: name, Label: lang.Same(name), Value: value(name), Required: true})
	}
	f.Fields = append(f.Fields, ui.Field{Name: "tenant", Label: lang.T("租户", "Tenant"), Value: value("tenant"), Help: lang.T("留空为公共上下文", "empty: the common context")})
	for i, x := range ordered(op.Params) {
		if i == len(common) && len(op.Params) > 2*len(common) {
			f.Fields = append(f.Fields, ui.Field{Kind: "group", Label: lang.T("其他参数", "Further parameters")})
		}
		field := ui.Field{Name: "p." + x.Name, Label: lang.Same(x.Name), Value: value("p." + x.Name), Help: x.Doc}
		if x.Schema == "boolean" {
			field.Kind, field.Options = "select", []ui.Option{{Value: "", Text: lang.Same("—")}, {Value: "true", Text: lang.Same("true")}, {Value: "false", Text: lang.Same("false")}}
		}
		f.Fields = append(f.Fields, field)
	}
	if op.Method == http.MethodGet {
		f.Fields = append(f.Fields, ui.Field{Name: "accept", Kind: "select", Label: lang.Same("Accept"), Value: value("accept"), Options: accepts(op)})
	}
	if op.Body != exchange.None {
		body := value("body")
		if body == "" {
			body = indent([]byte(exampleOf(op)))
		}
		f.Fields = append(f.Fields, ui.Field{Name: "body", Kind: "textarea", Label: lang.T("请求体（JSON）", "Body (JSON)"), Value: body, Required: true,
			Help: lang.T("含 @context 成员时按 application/ld+json 发送", "with a member @context it is sent as application/ld+json")})
	}
	p.Body = []ui.Block{f}
	return p
}

// common are the parameters that most requests bear; they stand first.
var common = []string{"type", "id", "q", "attrs", "timerel", "timeAt", "lastN", "format", "limit"}

func ordered(list []exchange.Param) []exchange.Param {
	rank := func(p exchange.Param) int {
		if i := slices.Index(common, p.Name); i >= 0 {
			return i
		}
		return len(common)
	}
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b exchange.Param) int { return rank(a) - rank(b) })
	return out
}

func accepts(op *exchange.Op) []ui.Option {
	out := []ui.Option{{Value: "application/json", Text: lang.Same("application/json")}, {Value: "application/ld+json", Text: lang.Same("application/ld+json")}}
	if op.GeoJSON {
		out = append(out, ui.Option{Value: "application/geo+json", Text: lang.Same("application/geo+json")})
	}
	return out
}

// trial is a request as the form says it.
type trial struct {
	target, tenant, body string
	header               http.Header
}

// trialOf reads the form of an operation.
func trialOf(r *web.Request, op *exchange.Op) trial {
	t := trial{target: op.Path, tenant: r.Form("tenant"), header: http.Header{}}
	for _, name := range pathParams(op.Path) {
		t.target = strings.Replace(t.target, "{"+name+"}", segment(r.Form(name)), 1)
	}
	v := url.Values{}
	for _, x := range op.Params {
		if given := r.Form("p." + x.Name); given != "" {
			v.Set(x.Name, given)
		}
	}
	if len(v) > 0 {
		t.target += "?" + v.Encode()
	}
	if a := r.Form("accept"); a != "" {
		t.header.Set("Accept", a)
	}
	if op.Body != exchange.None {
		t.body = r.Form("body")
		t.header.Set("Content-Type", "application/json")
		if strings.Contains(t.body, `"@context"`) && op.ID != "O51" {
			t.header.Set("Content-Type", "application/ld+json")
		}
		t.header.Set("Content-Length", strconv.Itoa(len(t.body)))
	}
	return t
}

// curl writes a trial as a line for the command line.
func (t *trial) curl(base, method string) string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	out := "curl -si -X " + method + " " + quote(base+prefix+t.target) + " \\\n  -H \"Authorization: Bearer $TOKEN\""
	for _, k := range slices.Sorted(maps.Keys(t.header)) {
		if k != "Content-Length" {
			out += " \\\n  -H " + quote(k+": "+t.header.Get(k))
		}
	}
	if t.tenant != "" {
		out += " \\\n  -H " + quote("NGSILD-Tenant: "+t.tenant)
	}
	if t.body != "" {
		out += " \\\n  -d " + quote(t.body)
	}
	return out
}

// shown bounds what a page shows of an answer, in bytes.
const shown = 200 << 10

// formTry sends what the form says, in the name of who reads the page, and shows the answer beside it.
func (s *service) formTry(r *web.Request) (*ui.Page, string, error) {
	op, err := s.opOf(r.Path("op"))
	if err != nil {
		return nil, "", err
	}
	t := trialOf(r, op)
	a, err := s.call(r.Context(), r.Who, r.Lang, op.Method, t.target, t.tenant, t.header.Clone(), t.body)
	if err != nil {
		return nil, "", err
	}
	p := s.tryPage(r, op, r.Form)
	status := ui.StatusMet
	if a.status >= 400 {
		status = ui.StatusBehind
	}
	facts := ui.Facts{ID: "answer-head", Title: lang.T("应答", "Answer"), Items: []ui.Fact{
		{Name: lang.T("状态码", "Status"), Tag: &ui.Tag{Status: status, Text: lang.Same(fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)))}}}}
	for _, k := range slices.Sorted(maps.Keys(a.header)) {
		facts.Items = append(facts.Items, ui.Fact{Name: lang.Same(k), Value: lang.Same(clip(strings.Join(a.header[k], ", "), 300))})
	}
	right := []ui.Block{facts}
	if a.body.Len() > 0 {
		text := a.body.Bytes()
		cut := len(text) > shown
		if !cut {
			right = append(right, ui.Code{ID: "answer", Title: lang.T("内容", "Body"), Text: indent(text)})
		} else {
			right = append(right, ui.Notice{Kind: "info", Text: lang.T("内容较长，仅显示开头部分。", "The answer is long: this is its beginning.")},
				ui.Code{ID: "answer", Title: lang.T("内容", "Body"), Text: strings.ToValidUTF8(string(text[:shown]), "")})
		}
	}
	right = append(right, ui.Code{ID: "curl", Title: lang.T("等效命令行", "The same on the command line"), Text: t.curl(exchange.Base(r.HTTP), op.Method)})
	p.Body = []ui.Block{ui.Columns{Wide: 1, Cols: [][]ui.Block{p.Body, right}}}
	return p, "", nil
}
