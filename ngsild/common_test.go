package ngsild_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/ngsild"
	"github.com/haihe-city/haihe/ngsild/contexts"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/store/storetest"
)

// host serves contexts and counts what it is asked.
func host(t *testing.T) (url string, asked *atomic.Int64, answer *atomic.Value) {
	asked, answer = &atomic.Int64{}, &atomic.Value{}
	answer.Store(`{"@context":{"speed":"https://a.example/speed","Car":"https://a.example/Car"}}`)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		body, _ := answer.Load().(string)
		if body == "" || r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/plain") // a host that does not know better
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL, asked, answer
}

func linkTo(url string) string {
	return `Link: <` + url + `>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
}

// Rows C01, C08: contexts of requests. ETSI GS CIM 009 V1.9.1 6.3.5, 5.5.5 to 5.5.7
func TestContextOfRequests(t *testing.T) {
	url, asked, answer := host(t)
	link := linkTo(url + "/c.jsonld")
	car := `{"id":"urn:ngsi-ld:Car:1","type":"Car","speed":{"type":"Property","value":1}}`
	ld := func(context string) string { return strings.TrimSuffix(car, "}") + `,"@context":` + context + `}` }
	c := open(t)
	c.run(t, []step{
		{"Link", post, "/entities", asJSON + "\n" + link, car, 201, nil},
		{"compacted by the request's", get, "/entities/urn:ngsi-ld:Car:1", link, "", 200, []string{"/speed", `/type = "Car"`, "Link: " + url}},
		{"full names by the core's", get, "/entities/urn:ngsi-ld:Car:1", "", "", 200, []string{"/https:~1~1a.example~1speed", `/type = "https://a.example/Car"`}},
		{"types are expanded", get, "/entities?type=Car", link, "", 200, []string{"/~ = 1"}},
		{"by another context", get, "/entities?type=Car", "", "", 200, []string{"/~ = 0"}},
		{"a path too", patch, "/entities/urn:ngsi-ld:Car:1/attrs/speed", asJSON + "\n" + link, `{"value":2}`, 204, nil},
		{"by IRI", get, "/entities/urn:ngsi-ld:Car:1?pick=https://a.example/speed", link, "", 200, []string{"/speed/value = 2"}},
		{"JSON with @context", post, "/entities", "", ld(`"` + url + `/c.jsonld"`), 400, []string{badData}},
		{"JSON-LD with a Link", post, "/entities", asLD + "\n" + link, ld(`"` + url + `/c.jsonld"`), 400, []string{badData}},
		{"JSON-LD without @context", post, "/entities", asLD, car, 400, []string{badData}},
		{"JSON-LD", patch, "/entities/urn:ngsi-ld:Car:1", asLD, `{"speed":{"value":3},"@context":["` + url + `/c.jsonld"]}`, 204, nil},
		{"", get, "/entities/urn:ngsi-ld:Car:1", link, "", 200, []string{"/speed/value = 3"}},
		{"C08 core terms are protected", post, "/entities", asLD, `{"id":"urn:ngsi-ld:Car:3","type":"Car","location":{"type":"Point","coordinates":[1,2]},"@context":{"location":"https://a.example/elsewhere"}}`, 201, nil},
		{"", get, "/entities/urn:ngsi-ld:Car:3", "", "", 200, []string{`/location/type = "GeoProperty"`}},
		{"scoped contexts", post, "/entities", asLD, ld(`{"speed":{"@id":"https://a.example/s","@context":{"value":"https://a.example/v"}}}`), 400, []string{badData}},
		{"unavailable", post, "/entities", asLD, ld(`"` + url + `/missing"`), 504, []string{problem + `LdContextNotAvailable"`}},
		{"unavailable, by Link", get, "/entities/urn:ngsi-ld:Car:1", linkTo(url + "/missing"), "", 504, []string{problem + `LdContextNotAvailable"`}},
		{"no such core version", get, "/entities/urn:ngsi-ld:Car:1", linkTo("https://uri.etsi.invalid/ngsi-ld/v1/ngsi-ld-core-context-non-existing.jsonld"), "", 504, []string{problem + `LdContextNotAvailable"`}},
		{"an older core", get, "/entities/urn:ngsi-ld:Car:1", linkTo("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.jsonld"), "", 200, nil},
		{"not http", get, "/entities/urn:ngsi-ld:Car:1", linkTo("file:///etc/passwd"), "", 504, []string{problem + `LdContextNotAvailable"`}},
	})
	if n := asked.Load(); n > 4 { // c.jsonld once, missing twice at most
		t.Errorf("the host was asked %d times", n)
	}
	for _, rubbish := range []string{`this is { not json`, `{"note":"no context member here"}`, `<html></html>`} {
		answer.Store(rubbish)
		c.run(t, []step{{"rubbish", post, "/entities", asLD, ld(`"` + url + `/` + strings.Map(letters, rubbish) + `"`), 400, []string{badData}}})
	}
	answer.Store("")
	c.run(t, []step{{"the copy serves on", get, "/entities/urn:ngsi-ld:Car:1", link, "", 200, []string{"/speed"}}})
}

func letters(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r
	}
	return -1
}

// Rows O51 to O54. ETSI GS CIM 009 V1.9.1 5.13
func TestContexts(t *testing.T) {
	url, _, answer := host(t)
	c := open(t)
	status, h, body := c.do(t, step{method: post, path: "/jsonldContexts", headers: asJSON, body: `{"@context":{"tempo":"https://a.example/tempo"},"more":1}`})
	if status != 201 {
		t.Fatal(status, clip(body))
	}
	own := strings.TrimPrefix(h.Get("Location"), ngsild.Prefix)
	cached := "/jsonldContexts/" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace(url+"/c.jsonld")
	core := "/jsonldContexts/https:%2F%2Furi.etsi.org%2Fngsi-ld%2Fv1%2Fngsi-ld-core-context-v1.9.jsonld"
	a := "NGSILD-Tenant: heping"
	c.run(t, []step{
		{"O53 serve", get, own, "", "", 200, []string{`/@context/tempo = "https://a.example/tempo"`, "!/more"}},
		{"O53 as JSON-LD", get, own, "Accept: application/ld+json", "", 200, []string{"Content-Type: application/ld+json"}},
		{"it is used by its URL", post, "/entities", asJSON + "\n" + linkTo(c.url+own), `{"id":"urn:ngsi-ld:Car:1","type":"Car","tempo":1}`, 201, nil},
		{"", get, "/entities/urn:ngsi-ld:Car:1", "", "", 200, []string{"/https:~1~1a.example~1tempo"}},
		{"O53 details", get, own + "?details=true", "", "", 200, []string{`/kind = "Hosted"`, "/localId", "/createdAt", "/numberOfHits = 1", "/URL"}},
		{"O53 not there", get, "/jsonldContexts/nothing?details=true", "", "", 404, []string{none}},
		{"O52 list", get, "/jsonldContexts?kind=Hosted", "", "", 200, []string{"/~ = 1", strings.TrimPrefix(own, "/")}},
		{"O52 kind", get, "/jsonldContexts?kind=other", "", "", 400, []string{badData}},
		{"O52 details", get, "/jsonldContexts?details=other", "", "", 400, []string{badData}},
		{"O52 the core's", get, "/jsonldContexts?kind=Cached&details=true", "", "", 200, []string{`/0/kind = "Cached"`, "/0/URL"}},
		{"O51 not a context", post, "/jsonldContexts", "", `{"@context":7}`, 400, []string{badData}},
		{"O51 an array with a number", post, "/jsonldContexts", "", `{"@context":["https://a.example/x",7]}`, 400, []string{badData}},
		{"O51 none", post, "/jsonldContexts", "", `{"A":"b"}`, 400, []string{badReq}},
		{"O51 not JSON", post, "/jsonldContexts", "", `{"A":"b"`, 400, []string{badReq}},
		{"other tenants do not see it", get, own, a, "", 404, []string{none}},
		{"nor delete it", del, own, a, "", 404, []string{none}},
		{"O54 reload what is hosted", del, own + "?reload=true", "", "", 400, []string{badData}},
		{"O54 reload what is not there", del, "/jsonldContexts/nothing?reload=true", "", "", 400, []string{badData}},
		{"O54 reload", del, own + "?reload=xxx", "", "", 400, []string{badData}},
		{"O54 the core's", del, core, "", "", 400, []string{badData}},
		{"O54 reload the core's", del, core + "?reload=true", "", "", 204, nil},
		{"O53 the core's", get, core + "?details=true", "", "", 200, []string{`/kind = "Cached"`}},
		{"O54 delete", del, own, "", "", 204, nil},
		{"O54 not there", del, own, "", "", 404, []string{none}},
		{"cached", get, "/entities?type=Car", linkTo(url + "/c.jsonld"), "", 200, nil},
		{"O53 cached is not served", get, cached, "", "", 422, []string{problem + `OperationNotSupported"`}},
		{"O53 cached, details", get, cached + "?details=true", "", "", 200, []string{`/kind = "Cached"`, `/URL = "` + url + `/c.jsonld"`, "/expiresAt", "/numberOfHits = 1"}},
		{"O54 reload", del, cached + "?reload=true", "", "", 204, nil},
	})
	answer.Store(`{"@context":{"speed":"https://b.example/speed","Car":"https://b.example/Car"}}`)
	c.run(t, []step{
		{"", del, cached + "?reload=true", "", "", 204, nil},
		{"the new one counts", post, "/entities", asJSON + "\n" + linkTo(url+"/c.jsonld"), `{"id":"urn:ngsi-ld:Car:2","type":"Car"}`, 201, nil},
		{"", get, "/entities/urn:ngsi-ld:Car:2", "", "", 200, []string{`/type = "https://b.example/Car"`}},
	})
	answer.Store(``)
	c.run(t, []step{
		{"O54 reload fails", del, cached + "?reload=true", "", "", 504, []string{problem + `LdContextNotAvailable"`}},
		{"and the copy stays", get, cached + "?details=true", "", "", 200, []string{`/kind = "Cached"`}},
		{"O54 delete", del, cached, "", "", 204, nil},
		{"", get, cached + "?details=true", "", "", 404, []string{none}},
	})
}

// A context that was fetched once serves after a restart without its host.
func TestContextsWithoutNetwork(t *testing.T) {
	url, _, answer := host(t)
	db := storetest.Open(t)
	link := linkTo(url + "/c.jsonld")
	openOn(t, db).run(t, []step{{"", post, "/entities", asJSON + "\n" + link, `{"id":"urn:ngsi-ld:Car:1","type":"Car"}`, 201, nil}})
	answer.Store("")
	openOn(t, db).run(t, []step{{"", get, "/entities/urn:ngsi-ld:Car:1", link, "", 200, []string{`/type = "Car"`}}})
}

// Rows C02, C03, C06: preconditions and problems. ETSI GS CIM 009 V1.9.1 6.3.2 to 6.3.4, 6.3.20
func TestPreconditions(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	open(t).run(t, []step{
		{"415", post, "/entities", "Content-Type: text/plain", vehicle, 415, []string{"!/type"}},
		{"charset is fine", post, "/entities", "Content-Type: application/json; charset=utf-8", vehicle, 201, nil},
		{"406", get, v1, "Accept: application/xml", "", 406, []string{"/availableRepresentations"}},
		{"406 GeoJSON of types", get, "/types", "Accept: application/geo+json", "", 406, nil},
		{"405", post, v1, "", vehicle, 405, []string{"Allow: DELETE, GET, HEAD, OPTIONS, PATCH, PUT"}},
		{"OPTIONS", "OPTIONS", "/entities", "", "", 204, []string{"Allow: DELETE, GET, HEAD, OPTIONS, POST"}},
		{"HEAD", "HEAD", v1, "", "", 200, []string{"Content-Type: application/json"}},
		{"404", get, "/snapshots", "", "", 404, []string{none}},
		{"413", post, "/entities", asJSON, `{"id":"` + strings.Repeat("x", 9<<20) + `"}`, 413, []string{"about:blank"}},
		{"merge patch", patch, v1, asPatch, `{"speed":{"value":1}}`, 204, nil},
		{"merge patch on POST", post, "/entities", asPatch, vehicle, 415, nil},
		{"deep nesting", post, "/entities", "", `{"id":"urn:x:1","type":"A","v":{"type":"Property","value":` + deep + `}}`, 400, []string{badData}},
		{"deep nesting of attributes", post, "/entities", "", `{"id":"urn:x:1","type":"A","v":` + deep + `}`, 400, nil},
		{"hostile regular expression", get, "/entities?type=A&idPattern=" + q("(((((a{1,1000}){1,1000}){1,1000})"), "", "", 400, []string{badData}},
		{"unknown parameter", post, "/entities?additional=1", "", vehicle, 400, []string{badReq}},
		{"Via is tolerated", get, v1, "Via: 1.1 other", "", 200, nil},
		{"local", get, v1 + "?local=true", "", "", 200, nil},
		{"not a boolean", get, v1 + "?local=yes", "", "", 400, []string{badData}},
		{"entity maps are not offered", get, "/entities?type=A&entityMap=true", "", "", 422, []string{problem + `OperationNotSupported"`}},
		{"Chinese", get, "/entities/urn:x:9", "Accept-Language: zh-CN", "", 404, []string{`/title = "未找到"`, `/detail = "实体 urn:x:9 不存在"`}},
		{"English", get, "/entities/urn:x:9", "Accept-Language: en", "", 404, []string{`/title = "Resource not found"`}},
		{"O58", get, "/info/sourceIdentity", "NGSILD-Tenant: nobody", "", 200, []string{`/type = "ContextSourceIdentity"`, `/contextSourceAlias = "haihe-nobody"`, "/contextSourceUptime", "/contextSourceTimeAt"}},
		{"", patch, v1, "", `{"kind":{"type":"VocabProperty","vocab":"monument"}}`, 204, nil},
		{"D22 an earlier version", get, v1, "Prefer: ngsi-ld=1.5", "", 203, []string{`/kind/type = "Property"`, `/kind/value = "monument"`, "Preference-Applied: ngsi-ld=1.5"}},
		{"D22 this version", get, v1, "Prefer: respond-async, NGSI-LD=\"1.9\"", "", 200, []string{`/kind/type = "VocabProperty"`, "Preference-Applied: ngsi-ld=1.9"}},
		{"what was refused changed nothing", get, "/entities?local=true", "", "", 200, []string{"/~ = 1"}},
	})
}

// The OpenAPI document says what the routes do.
func TestOpenAPI(t *testing.T) {
	c := open(t)
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			ID        string                      `json:"operationId"`
			Summary   string                      `json:"summary"`
			Responses map[string]json.RawMessage  `json:"responses"`
			Params    []struct{ Name, In string } `json:"parameters"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(c.face.OpenAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, methods := range doc.Paths {
		n += len(methods)
	}
	if doc.OpenAPI != "3.1.0" || n != len(c.face.Ops()) {
		t.Fatalf("%d of %d operations are described", n, len(c.face.Ops()))
	}
	ids := strings.NewReplacer("{id}", "urn:x:1", "{attr}", "a", "{type}", "A", "{contextId}", "x")
	for _, op := range c.face.Ops() {
		d, ok := doc.Paths[op.Path][strings.ToLower(op.Method)]
		if !ok || d.ID != op.Name || d.Summary == "" || len(d.Responses) != len(op.Answers) {
			t.Errorf("%s %s is not described rightly", op.ID, op.Name)
		}
		status, _, _ := c.do(t, step{method: op.Method, path: ids.Replace(op.Path) + "?noSuchParameter=1", headers: asJSON, body: "{}"})
		if status != http.StatusBadRequest {
			t.Errorf("%s %s: an unknown parameter is answered with %d", op.ID, op.Name, status)
		}
		for _, p := range d.Params {
			if p.In == "query" && p.Name == "" {
				t.Errorf("%s: a parameter without a name", op.ID)
			}
		}
	}
}

// Who may not is refused before anything is read or changed.
func TestRefused(t *testing.T) {
	db := storetest.Open(t)
	e, err := entity.Open(t.Context(), db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	m, err := contexts.Open(t.Context(), db, contexts.Options{Now: time.Now, Prefix: ngsild.Prefix})
	if err != nil {
		t.Fatal(err)
	}
	f, err := ngsild.New(ngsild.Options{Entities: e, Contexts: m, Now: time.Now, Allow: readOnly})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(f.Handler)
	t.Cleanup(s.Close)
	(&city{s.URL + ngsild.Prefix, f, e}).run(t, []step{
		{"reading", get, "/types", "", "", 200, nil},
		{"writing", post, "/entities", "", vehicle, 403, []string{`/type = "about:blank"`, "/title", "/detail"}},
		{"hosting", post, "/jsonldContexts", "", `{"@context":{}}`, 401, []string{"WWW-Authenticate: Bearer"}},
	})
}

func readOnly(_ *identity.Principal, _ string, op *exchange.Op) error {
	switch op.Act {
	case exchange.Read:
		return nil
	case exchange.Host:
		return errs.Say(errs.Unauthenticated, "请先登录", "sign in first")
	}
	return errs.Say(errs.Denied, "无权写入", "you may not write")
}
