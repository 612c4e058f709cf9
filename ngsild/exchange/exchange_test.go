package exchange

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
)

// fixed gives the core context for everything.
type fixed struct{}

func (fixed) ByURL(*http.Request, string) (*jsonld.Context, error) { return jsonld.Core(), nil }
func (fixed) ByValue(*http.Request, json.RawMessage) (*jsonld.Context, error) {
	return jsonld.Core(), nil
}
func (fixed) Served(*jsonld.Context) string { return "/x" }

func echo(x *Exchange) error {
	return x.Answer(200, []byte(`{"id":"`+x.Path("id")+`","attr":"`+x.Path("attr")+`","lang":"`+x.Param("lang")+`"}`))
}

func handler() http.Handler {
	ops := []Op{
		{ID: "O05", Name: "retrieve", Method: "GET", Path: "/entities/{id}", Clause: "5.7.1", Params: Params("lang options scopeQ id"), GeoJSON: true, Answers: []int{200}, Run: echo},
		{ID: "O06", Name: "delete", Method: "DELETE", Path: "/entities/{id}", Clause: "5.6.6", Act: Write, Answers: []int{204}, Run: func(x *Exchange) error { return x.NoContent() }},
		{ID: "O09", Name: "append", Method: "POST", Path: "/entities/{id}/attrs", Clause: "5.6.3", Act: Write, Body: Object, Answers: []int{204}, Run: echo},
		{ID: "O13", Name: "deleteAttr", Method: "DELETE", Path: "/entities/{id}/attrs/{attr}", Clause: "5.6.5", Act: Write, Answers: []int{204}, Run: echo},
		{ID: "O12", Name: "partial", Method: "PATCH", Path: "/entities/{id}/attrs/{attr}", Clause: "5.6.4", Act: Write, Body: MergePatch, Answers: []int{204}, Run: echo},
	}
	if err := Check(ops); err != nil {
		panic(err)
	}
	known := func(_ *http.Request, tenant string) (bool, error) { return tenant == "a", nil }
	return Mount(&Kit{Contexts: fixed{}, Known: known, MaxBody: 100}, "/ngsi-ld/v1", ops)
}

func TestRequests(t *testing.T) {
	h := handler()
	for _, c := range []struct {
		name, method, path, headers, body string
		status                            int
		want                              string // in the answer's headers or body
	}{
		{"an id", "GET", "/entities/urn:x:1", "", "", 200, `"id":"urn:x:1"`},
		{"an escaped id", "GET", "/entities/http:%2F%2Fa%2Fb", "", "", 200, `"id":"http://a/b"`},
		{"a slash at the end", "GET", "/entities/urn:x:1/", "", "", 200, `urn:x:1`},
		{"nothing there", "GET", "/nothing", "", "", 404, "errors/ResourceNotFound"},
		{"wrong method", "PUT", "/entities/urn:x:1", "", "", 405, "Allow: DELETE, GET, HEAD, OPTIONS"},
		{"options", "OPTIONS", "/entities/urn:x:1", "", "", 204, "Allow: DELETE, GET, HEAD, OPTIONS"},
		{"no id", "DELETE", "/entities//attrs/speed", "", "", 400, "errors/BadRequestData"},
		{"no attribute", "DELETE", "/entities/urn:x:1/attrs/", "", "", 405, "Allow: OPTIONS, POST"},
		{"no attribute inside", "PATCH", "/entities/urn:x:1/attrs//", "Content-Type: application/json", "{}", 405, "Allow"},
		{"attribute as IRI", "DELETE", "/entities/urn:x:1/attrs/https:%2F%2Fa%2Fb", "", "", 200, `"attr":"https://a/b"`},
		{"broken escape", "GET", "/entities/%zz", "", "", 0, ""},
		{"unknown parameter", "GET", "/entities/urn:x:1?foo=1", "", "", 400, "errors/InvalidRequest"},
		{"unknown option", "GET", "/entities/urn:x:1?options=foo", "", "", 400, "errors/InvalidRequest"},
		{"plus is a space", "GET", "/entities/urn:x:1?lang=a+b", "", "", 200, `"lang":"a b"`},
		{"repeated", "GET", "/entities/urn:x:1?lang=a&lang=b", "", "", 200, `"lang":"a,b"`},
		{"xml", "GET", "/entities/urn:x:1", "Accept: application/xml", "", 406, "availableRepresentations"},
		{"ld", "GET", "/entities/urn:x:1", "Accept: application/ld+json", "", 200, "Content-Type: application/ld+json"},
		{"json first", "GET", "/entities/urn:x:1", "Accept: application/ld+json, application/json", "", 200, "Content-Type: application/json"},
		{"weights", "GET", "/entities/urn:x:1", "Accept: application/json;q=0.1, application/ld+json;q=0.9", "", 200, "application/ld+json"},
		{"zero weight", "GET", "/entities/urn:x:1", "Accept: application/json;q=0, */*", "", 200, "Content-Type: application/ld+json"},
		{"geo", "GET", "/entities/urn:x:1", "Accept: application/geo+json", "", 200, "Content-Type: application/geo+json"},
		{"link in json", "GET", "/entities/urn:x:1", "", "", 200, `Link: <https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld>; rel="http://www.w3.org/ns/json-ld#context"`},
		{"no length", "POST", "/entities/urn:x:1/attrs", "Content-Type: application/json", "chunked", 411, ""},
		{"no type", "POST", "/entities/urn:x:1/attrs", "", "{}", 415, ""},
		{"text", "POST", "/entities/urn:x:1/attrs", "Content-Type: text/plain", "{}", 415, ""},
		{"merge-patch on POST", "POST", "/entities/urn:x:1/attrs", "Content-Type: application/merge-patch+json", "{}", 415, ""},
		{"merge-patch", "PATCH", "/entities/urn:x:1/attrs/a", "Content-Type: application/merge-patch+json", "{}", 200, ""},
		{"empty", "POST", "/entities/urn:x:1/attrs", "Content-Type: application/json", "", 400, "errors/InvalidRequest"},
		{"too large", "POST", "/entities/urn:x:1/attrs", "Content-Type: application/json", strings.Repeat("x", 101), 413, "about:blank"},
		{"tenant", "GET", "/entities/urn:x:1", "NGSILD-Tenant: a", "", 200, "NGSILD-Tenant: a"},
		{"no such tenant", "GET", "/entities/urn:x:1", "NGSILD-Tenant: b", "", 404, "NGSILD-Tenant: b"},
		{"tenant's name", "GET", "/entities/urn:x:1", "NGSILD-Tenant: ../x", "", 400, "errors/BadRequestData"},
		{"both contexts", "POST", "/entities/urn:x:1/attrs", "Content-Type: application/ld+json\nLink: <http://a>; rel=\"http://www.w3.org/ns/json-ld#context\"", "{}", 400, "errors/BadRequestData"},
		{"Chinese", "GET", "/nothing", "Accept-Language: zh-CN", "", 404, `"title":"未找到"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var body *strings.Reader
			if body = strings.NewReader(c.body); c.path == "/entities/%zz" {
				t.Skip("net/http refuses it first")
			}
			r := httptest.NewRequest(c.method, "/ngsi-ld/v1"+c.path, body)
			if c.body == "chunked" {
				r.ContentLength = -1
			}
			for line := range strings.SplitSeq(c.headers, "\n") {
				if k, v, ok := strings.Cut(line, ": "); ok {
					r.Header.Set(k, v)
				}
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status {
				t.Fatalf("status %d, want %d: %s", w.Code, c.status, w.Body)
			}
			var all strings.Builder
			for k, v := range w.Header() {
				all.WriteString(k + ": " + strings.Join(v, ", ") + "\n")
			}
			all.WriteString(w.Body.String())
			if !strings.Contains(all.String(), c.want) {
				t.Errorf("no %s in\n%s", c.want, all.String())
			}
			if (w.Code == 411 || w.Code == 415) && w.Body.Len() > 0 {
				t.Errorf("a body: %s", w.Body)
			}
		})
	}
}
