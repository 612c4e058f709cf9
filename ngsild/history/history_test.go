package history_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/temporal"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/ngsild/history"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// fixed gives the core context for everything.
type fixed struct{}

func (fixed) ByURL(*http.Request, string) (*jsonld.Context, error) { return jsonld.Core(), nil }
func (fixed) ByValue(*http.Request, json.RawMessage) (*jsonld.Context, error) {
	return jsonld.Core(), nil
}
func (fixed) Served(*jsonld.Context) string { return "/x" }

type rig struct {
	*testing.T
	h http.Handler
	e *entity.Store
}

// handler serves the operations on a database.
func handler(t testing.TB, db *store.DB) http.Handler { h, _ := serve(t, db); return h }

func serve(t testing.TB, db *store.DB) (http.Handler, *entity.Store) {
	t.Helper()
	var n atomic.Int64
	now := func() time.Time { return time.Date(2026, 3, 1, 0, 0, int(n.Add(1)), 0, time.UTC) }
	e, err := entity.Open(t.Context(), db, now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := temporal.Open(t.Context(), e, now)
	if err != nil {
		t.Fatal(err)
	}
	ops := history.Ops(s, e)
	if err := exchange.Check(ops); err != nil {
		t.Fatal(err)
	}
	return exchange.Mount(&exchange.Kit{Contexts: fixed{}, Now: now}, "/ngsi-ld/v1", ops), e
}

func each(t *testing.T, test func(r rig)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, e := serve(t, db)
		test(rig{t, h, e})
	})
}

// send makes a request below /temporal and holds the answer to a status.
func (r rig) send(status int, method, path, body string) *httptest.ResponseRecorder {
	r.Helper()
	req := httptest.NewRequest(method, "/ngsi-ld/v1/temporal"+path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	r.h.ServeHTTP(w, req)
	if w.Code != status {
		r.Errorf("%s %s: %d instead of %d: %s", method, path, w.Code, status, w.Body)
	}
	return w
}

var ours = regexp.MustCompile(`"instanceId":"[^"]*",?`)

// get reads an answer without instance ids.
func (r rig) get(status int, path string) string {
	r.Helper()
	return strings.ReplaceAll(ours.ReplaceAllString(r.send(status, "GET", path, "").Body.String(), ""), ",}", "}")
}

func (r rig) want(got, want string) {
	r.Helper()
	var a, b any
	if json.Unmarshal([]byte(got), &a) == nil && json.Unmarshal([]byte(want), &b) == nil {
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		got, want = string(x), string(y)
	}
	if got != want {
		r.Errorf("\n got %s\nwant %s", got, want)
	}
}

const vehicle = `{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle",
	"speed":[{"type":"Property","value":120,"observedAt":"2020-08-01T12:03:00Z"},{"type":"Property","value":80,"observedAt":"2020-08-01T12:05:00Z"},
		{"type":"Property","value":100,"observedAt":"2020-08-01T12:07:00Z"}],
	"fuelLevel":[{"type":"Property","value":67,"observedAt":"2020-08-01T12:03:00Z"},{"type":"Property","value":53,"observedAt":"2020-08-01T13:05:00Z"},
		{"type":"Property","value":40,"observedAt":"2020-08-01T14:07:00Z"}]}`

const one = "/entities/urn:ngsi-ld:Vehicle:1"

// ETSI GS CIM 009 V1.9.1 6.18.3.1, 6.19.3.1, 6.19.3.2, 6.20, 6.21, 6.22
func TestProvision(t *testing.T) {
	each(t, func(r rig) {
		w := r.send(201, "POST", "/entities", vehicle)
		if got := w.Header().Get("Location"); got != "/ngsi-ld/v1/temporal/entities/urn:ngsi-ld:Vehicle:1" || w.Body.Len() > 0 {
			r.Errorf("Location %q, body %q", got, w.Body)
		}
		r.want(r.get(200, one), vehicle)
		r.send(204, "POST", "/entities", `{"id":"urn:ngsi-ld:Vehicle:1","type":["Vehicle","Truck"],"speed":[{"type":"Property","value":"urn:ngsi-ld:null","observedAt":"2020-08-01T15:00:00Z"}]}`)
		r.want(r.get(200, one+"?attrs=speed&timerel=after&timeAt=2020-08-01T12:07:00Z"), `{"id":"urn:ngsi-ld:Vehicle:1","type":["Vehicle","Truck"],"speed":[
			{"type":"Property","value":100,"observedAt":"2020-08-01T12:07:00Z"},{"type":"Property","value":"urn:ngsi-ld:null","observedAt":"2020-08-01T15:00:00Z","deletedAt":"2020-08-01T15:00:00Z"}]}`)
		r.send(204, "POST", one+"/attrs", `{"heading":[{"type":"Property","value":1,"observedAt":"2020-08-01T12:00:00Z","datasetId":"urn:x:d"}]}`)
		r.want(r.get(200, one+"?pick=heading"), `{"heading":[{"type":"Property","value":1,"observedAt":"2020-08-01T12:00:00Z","datasetId":"urn:x:d"}]}`)

		var body struct{ Speed []struct{ InstanceID string } }
		if err := json.Unmarshal(r.send(200, "GET", one, "").Body.Bytes(), &body); err != nil || len(body.Speed) != 4 {
			r.Fatalf("%v: %+v", err, body)
		}
		first := one + "/attrs/speed/" + body.Speed[0].InstanceID
		r.send(204, "PATCH", first, `{"type":"Property","value":129,"observedAt":"2020-08-01T12:03:00Z"}`)
		r.send(204, "PATCH", first, `{"speed":[{"type":"Property","value":130,"observedAt":"2020-08-01T12:03:00Z"}]}`)
		r.send(204, "DELETE", one+"/attrs/speed/"+body.Speed[1].InstanceID, "")
		r.want(r.get(200, one+"?attrs=speed&timerel=before&timeAt=2020-08-01T13:00:00Z&format=temporalValues"), `{"id":"urn:ngsi-ld:Vehicle:1","type":["Vehicle","Truck"],
			"speed":{"type":"Property","values":[[130,"2020-08-01T12:03:00Z"],[100,"2020-08-01T12:07:00Z"]]}}`)
		r.send(404, "DELETE", one+"/attrs/speed/"+body.Speed[1].InstanceID, "")
		r.send(204, "DELETE", one+"/attrs/heading?datasetId=urn:x:d", "")
		r.send(404, "DELETE", one+"/attrs/heading?deleteAll=true", "")
		r.send(204, "DELETE", one+"/attrs/fuelLevel", "")
		r.send(204, "DELETE", one, "")
		r.send(404, "DELETE", one, "")
		r.send(404, "GET", one, "")
	})
}

func TestProvisionFaults(t *testing.T) {
	each(t, func(r rig) {
		r.send(201, "POST", "/entities", vehicle)
		for _, c := range []struct {
			method, path, body string
			status             int
			kind               string
		}{
			{"POST", "/entities", `{"id":`, 400, "InvalidRequest"},
			{"POST", "/entities", `{"type":"Vehicle"}`, 400, "BadRequestData"},
			{"POST", "/entities", `{"id":"invalid","type":"Vehicle"}`, 400, "BadRequestData"},
			{"POST", "/entities", `{"id":"urn:x:2","type":"Vehicle","expiresAt":"urn:ngsi-ld:null","speed":[{"type":"Property","value":1}]}`, 400, "BadRequestData"},
			{"POST", "/entities", `{"id":"urn:x:2","type":"Vehicle","speed":[{"type":"Property","value":1,"observedAt":"2020-08-01T12:03:00+03:00"}]}`, 400, "BadRequestData"},
			{"POST", "/entities", `{"id":"urn:x:2","type":"Vehicle","scope":[{"type":"Property","value":"/a b"}]}`, 400, "BadRequestData"},
			{"POST", "/entities/invalid/attrs", `{"a":[{"type":"Property","value":1}]}`, 400, "BadRequestData"},
			{"POST", "/entities/urn:x:none/attrs", `{"a":[{"type":"Property","value":1}]}`, 404, "ResourceNotFound"},
			{"POST", one + "/attrs", `{}`, 400, "BadRequestData"},
			{"POST", one + "/attrs", `{"id":"urn:x:other","a":[{"type":"Property","value":1}]}`, 400, "BadRequestData"},
			{"POST", one + "/attrs", `{"a":[{"type":"Property"}]}`, 400, "BadRequestData"},
			{"DELETE", "/entities/invalid", "", 400, "BadRequestData"},
			{"DELETE", one + "/attrs/inv(alid", "", 400, "BadRequestData"},
			{"DELETE", one + "/attrs/%252e%252e", "", 400, "BadRequestData"},
			{"DELETE", one + "/attrs/speed?datasetId=invalid", "", 400, "BadRequestData"},
			{"DELETE", one + "/attrs/speed/invalid", "", 400, "BadRequestData"},
			{"DELETE", one + "/attrs/speed/urn:x:y", "", 404, "ResourceNotFound"},
			{"PATCH", one + "/attrs/speed/urn:x:y", `{"type":"Property","value":1}`, 404, "ResourceNotFound"},
			{"PATCH", one + "/attrs/speed/urn:x:y", `[]`, 400, "InvalidRequest"},
			{"PATCH", one + "/attrs/speed/urn:x:y", `{"type":"Property"}`, 400, "BadRequestData"},
			{"PATCH", "/entities/urn:x:none/attrs/speed/urn:x:y", `{"type":"Property","value":1}`, 404, "ResourceNotFound"},
		} {
			w := r.send(c.status, c.method, c.path, c.body)
			if !strings.Contains(w.Body.String(), "errors/"+c.kind) {
				r.Errorf("%s %s %s: %s", c.method, c.path, c.body, w.Body)
			}
		}
		r.want(r.get(200, one), vehicle)
	})
}

// ETSI GS CIM 009 V1.9.1 5.7.3, 6.3.7, 6.3.12
func TestRetrieve(t *testing.T) {
	each(t, func(r rig) {
		r.send(201, "POST", "/entities", vehicle)
		head := `{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle",`
		for _, c := range []struct{ query, want string }{
			{"?attrs=fuelLevel&lastN=1", head + `"fuelLevel":[{"type":"Property","value":40,"observedAt":"2020-08-01T14:07:00Z"}]}`},
			{"?pick=id,speed&lastN=1", `{"id":"urn:ngsi-ld:Vehicle:1","speed":[{"type":"Property","value":100,"observedAt":"2020-08-01T12:07:00Z"}]}`},
			{"?omit=type,speed&lastN=1", `{"id":"urn:ngsi-ld:Vehicle:1","fuelLevel":[{"type":"Property","value":40,"observedAt":"2020-08-01T14:07:00Z"}]}`},
			{"?pick=id", `{"id":"urn:ngsi-ld:Vehicle:1"}`},
			{"?options=temporalValues&attrs=speed", head + `"speed":{"type":"Property","values":[[120,"2020-08-01T12:03:00Z"],[80,"2020-08-01T12:05:00Z"],[100,"2020-08-01T12:07:00Z"]]}}`},
			{"?options=aggregatedValues&aggrMethods=avg&aggrPeriodDuration=PT1H", head + `
				"speed":{"type":"Property","avg":[[100,"2020-08-01T12:03:00Z","2020-08-01T13:03:00Z"]]},
				"fuelLevel":{"type":"Property","avg":[[67,"2020-08-01T12:03:00Z","2020-08-01T13:03:00Z"],[53,"2020-08-01T13:03:00Z","2020-08-01T14:03:00Z"],[40,"2020-08-01T14:03:00Z","2020-08-01T15:03:00Z"]]}}`},
			{"?format=aggregatedValues&aggrMethods=min,max&aggrPeriodDuration=P1D&attrs=speed", head + `
				"speed":{"type":"Property","min":[[80,"2020-08-01T12:03:00Z","2020-08-02T12:03:00Z"]],"max":[[120,"2020-08-01T12:03:00Z","2020-08-02T12:03:00Z"]]}}`},
			{"?format=temporalValues&options=aggregatedValues&aggrMethods=sum&attrs=speed&lastN=1", head + `"speed":{"type":"Property","values":[[100,"2020-08-01T12:07:00Z"]]}}`},
			{"?timerel=after&timeAt=2030-01-01T00:00:00Z", `{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle"}`},
			{"?timeproperty=deletedAt", `{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle"}`},
		} {
			r.want(r.get(200, one+c.query), c.want)
		}
		if got := r.get(200, one+"?options=sysAttrs&attrs=speed&lastN=1"); !strings.Contains(got, `"createdAt":"2026-03-01T`) {
			r.Errorf("sysAttrs: %s", got)
		}
		for _, c := range []struct {
			query  string
			status int
			kind   string
		}{
			{"?attrs=unknown", 404, "ResourceNotFound"},
			{"?pick=unknown", 404, "ResourceNotFound"},
			{"?omit=id,type,fuelLevel,speed", 404, "ResourceNotFound"},
			{"?pick=speed&omit=speed", 400, "BadRequestData"},
			{"?pick=speed&attrs=speed", 400, "BadRequestData"},
			{"?omit=speed&attrs=fuelLevel", 400, "BadRequestData"},
			{"?pick=owner{name}", 400, "BadRequestData"},
			{"?timerel=after", 400, "BadRequestData"},
			{"?timerel=between&timeAt=2020-08-01T12:00:00Z", 400, "BadRequestData"},
			{"?timeAt=2020-08-01T12:00:00Z", 400, "BadRequestData"},
			{"?timerel=after&timeAt=2020-08-01", 400, "BadRequestData"},
			{"?lastN=0", 400, "BadRequestData"},
			{"?lastN=1.5", 400, "BadRequestData"},
			{"?datasetId=x", 400, "BadRequestData"},
			{"?format=invalid", 400, "InvalidRequest"},
			{"?options=temporalValues,invalid", 400, "InvalidRequest"},
			{"?options=temporalValues,aggregatedValues", 400, "InvalidRequest"},
			{"?format=aggregatedValues", 400, "BadRequestData"},
			{"?format=aggregatedValues&aggrMethods=median", 400, "BadRequestData"},
			{"?format=aggregatedValues&aggrMethods=avg&aggrPeriodDuration=1H", 400, "BadRequestData"},
		} {
			if w := r.send(c.status, "GET", one+c.query, ""); !strings.Contains(w.Body.String(), "errors/"+c.kind) {
				r.Errorf("%s: %s", c.query, w.Body)
			}
		}
		r.send(204, "POST", one+"/attrs", `{"brand":[{"type":"Property","value":"Haihe","observedAt":"2020-08-01T12:03:00Z"}]}`)
		if w := r.send(400, "GET", one+"?format=aggregatedValues&aggrMethods=avg&attrs=brand", ""); !strings.Contains(w.Body.String(), "errors/InvalidRequest") {
			r.Errorf("not eligible: %s", w.Body)
		}
	})
}

// ETSI GS CIM 009 V1.9.1 6.3.10
func TestContentRange(t *testing.T) {
	each(t, func(r rig) {
		var speed, fuel []string
		for i := range 20 {
			for _, x := range []struct {
				list *[]string
				day  string
			}{{&speed, "01"}, {&fuel, "02"}} {
				*x.list = append(*x.list, `{"type":"Property","value":`+strconv.Itoa(i)+`,"observedAt":"2020-01-`+x.day+`T00:`+strconv.Itoa(10+i)+`:00Z"}`)
			}
		}
		r.send(201, "POST", "/entities", `{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":[`+strings.Join(speed, ",")+`],"fuelLevel":[`+strings.Join(fuel, ",")+`]}`)
		const t19, t21 = "2019-01-01T01:01:00Z", "2021-01-01T01:01:00Z"
		const first, middle, back, last = "2020-01-01T00:10:00Z", "2020-01-02T00:19:00Z", "2020-01-01T00:20:00Z", "2020-01-02T00:29:00Z"
		for _, c := range []struct{ query, want string }{
			{"", first + "-" + middle + "/*"},
			{"?timerel=before&timeAt=" + t21, first + "-" + middle + "/*"},
			{"?timerel=after&timeAt=" + t19, t19 + "-" + middle + "/*"},
			{"?timerel=between&timeAt=" + t19 + "&endTimeAt=" + t21, t19 + "-" + middle + "/*"},
			{"?lastN=20", last + "-" + back + "/20"},
			{"?lastN=20&timerel=before&timeAt=" + t21, t21 + "-" + back + "/20"},
			{"?lastN=20&timerel=after&timeAt=" + t19, last + "-" + back + "/20"},
			{"?lastN=20&timerel=between&timeAt=" + t19 + "&endTimeAt=" + t21, t21 + "-" + back + "/20"},
			{"?options=temporalValues&timerel=after&timeAt=" + t19, t19 + "-" + middle + "/*"},
		} {
			w := r.send(206, "GET", one+c.query, "")
			r.want(w.Header().Get("Content-Range"), "date-time "+c.want)
		}
		if w := r.send(200, "GET", one+"?lastN=15", ""); w.Header().Get("Content-Range") != "" {
			r.Errorf("Content-Range %q where nothing is cut", w.Header().Get("Content-Range"))
		}
		if w := r.send(206, "GET", "/entities?type=Vehicle&timerel=after&timeAt="+t19, ""); w.Header().Get("Content-Range") == "" {
			r.Error("no Content-Range on a query")
		}
		r.send(206, "POST", "/entityOperations/query", `{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"before","timeAt":"2021-01-01T00:00:00Z"}}`)
		r.send(200, "GET", one+"?format=aggregatedValues&aggrMethods=avg", "")
	})
}

// ETSI GS CIM 009 V1.9.1 5.7.4, 6.18.3.2, 6.24.3.1
func TestQuery(t *testing.T) {
	each(t, func(r rig) {
		for _, id := range []string{"b", "a", "c"} {
			r.send(201, "POST", "/entities", `{"id":"urn:x:`+id+`","type":"Vehicle","speed":[{"type":"Property","value":3`+strconv.Itoa(int(id[0]-'a'))+`,"observedAt":"2026-03-01T12:00:00Z"}],
				"scope":[{"type":"Property","value":"/A/`+strings.ToUpper(id)+`","observedAt":"2026-02-01T12:00:00Z"}]}`)
		}
		if _, err := r.e.Do(r.Context(), entity.Task{Key: entity.Key{ID: "urn:x:live"}, Owner: "city", Edit: func(*ngsi.Entity) (*ngsi.Entity, error) {
			return &ngsi.Entity{Types: []string{"Shop"}, Attrs: []ngsi.Attr{ngsi.TextAttr("name", "Binhai")}}, nil
		}}); err != nil {
			r.Fatal(err)
		}
		ids := func(body string) string {
			var list []struct{ ID string }
			if err := json.Unmarshal([]byte(body), &list); err != nil {
				r.Fatalf("%v: %s", err, body)
			}
			out := ""
			for _, e := range list {
				out += strings.TrimPrefix(e.ID, "urn:x:") + " "
			}
			return strings.TrimSpace(out)
		}
		const window = "timerel=between&timeAt=2026-03-01T00:00:00Z&endTimeAt=2026-03-02T00:00:00Z&"
		for _, c := range []struct{ query, want string }{
			{window + "type=Vehicle", "b a c"},
			{window + "type=Vehicle&q=speed>30", "b c"},
			{window + "type=Vehicle&q=speed==30", "a"},
			{window + "attrs=speed", "b a c"},
			{window + "attrs=other", ""},
			{window + "local=true", "b a c"},
			{window + "type=*", "b a c"},
			{window + "type=Vehicle&id=urn:x:a,urn:x:c", "a c"},
			{window + "type=Vehicle&idPattern=urn:x:[ab]", "b a"},
			{window + "type=Vehicle&scopeQ=/A/B", "b"},
			{window + "type=Vehicle&scopeQ=/A/%23", "b a c"},
			{window + "type=Vehicle&orderBy=id", "a b c"},
			{window + "type=Vehicle&orderBy=id;desc", "c b a"},
			{window + "type=Vehicle&limit=2", "b a"},
			{window + "type=Vehicle&limit=2&offset=2", "c"},
			{window + "type=Vehicle&datasetId=urn:x:none", ""},
			{window + "type=Shop", ""},
			{"timerel=after&timeAt=2026-01-01T00:00:00Z&timeproperty=createdAt&type=Shop", "live"},
			{"timerel=after&timeAt=2026-01-01T00:00:00Z&timeproperty=modifiedAt&attrs=name", "live"},
		} {
			if got := ids(r.get(200, "/entities?"+c.query)); got != c.want {
				r.Errorf("%s: %q instead of %q", c.query, got, c.want)
			}
		}
		r.want(r.get(200, "/entities?"+window+"type=Vehicle&pick=speed&limit=1&format=temporalValues"), `[{"speed":{"type":"Property","values":[[31,"2026-03-01T12:00:00Z"]]}}]`)
		r.want(r.get(200, "/entities?"+window+"type=Vehicle&pick=id&limit=1"), `[{"id":"urn:x:b"}]`)

		// Pages: Link, cursor and count.
		w := r.send(200, "GET", "/entities?"+window+"type=Vehicle&limit=2&count=true", "")
		if header(w.Header(), "NGSILD-Results-Count") != "3" {
			r.Errorf("count %q", header(w.Header(), "NGSILD-Results-Count"))
		}
		next := regexp.MustCompile(`<([^>]*)>; rel="next"`).FindStringSubmatch(strings.Join(w.Header()["Link"], ","))
		if next == nil {
			r.Fatalf("no next page: %v", w.Header())
		}
		if got := ids(r.get(200, strings.TrimPrefix(next[1], "/ngsi-ld/v1/temporal"))); got != "c" {
			r.Errorf("the next page: %s", got)
		}
		w = r.send(200, "GET", "/entities?"+window+"type=Vehicle&limit=0&count=true", "")
		if w.Body.String() != "[]" || header(w.Header(), "NGSILD-Results-Count") != "3" {
			r.Errorf("count alone: %s", w.Body)
		}
		for _, c := range []struct{ query, kind string }{
			{"type=Vehicle", "BadRequestData"}, // no temporal query
			{window, "BadRequestData"},         // too wide
			{window + "id=urn:x:a", "BadRequestData"},
			{window + "attrs=createdAt", "BadRequestData"},
			{window + "type=Vehicle&id=not a uri", "BadRequestData"},
			{window + "type=Vehicle&pick=owner{name}", "BadRequestData"},
			{window + `type=Vehicle&q=owner{name}=="x"`, "BadRequestData"},
			{window + "type=Vehicle&csf=))bad((", "BadRequestData"},
			{window + "type=Vehicle&orderBy=name", "BadRequestData"},
			{window + "type=Vehicle&orderBy=id,name", "BadRequestData"},
			{window + "type=Vehicle&limit=0", "BadRequestData"},
			{window + "type=Vehicle&foo=1", "InvalidRequest"},
			{"timerel=during&timeAt=2026-03-01T00:00:00Z&type=Vehicle", "BadRequestData"},
		} {
			if w := r.send(400, "GET", "/entities?"+escape(c.query), ""); !strings.Contains(w.Body.String(), "errors/"+c.kind) {
				r.Errorf("%s: %s", c.query, w.Body)
			}
		}
	})
}

// escape escapes what a test writes plainly.
func escape(q string) string {
	return strings.NewReplacer(" ", "%20", `"`, url.QueryEscape(`"`), "{", "%7B", "}", "%7D").Replace(q)
}

// ETSI GS CIM 009 V1.9.1 5.2.21, 5.2.23, 5.2.44
func TestQueryBody(t *testing.T) {
	each(t, func(r rig) {
		r.send(201, "POST", "/entities", vehicle)
		const times = `"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z"}`
		for _, c := range []struct{ body, want string }{
			{`{"type":"Query","entities":[{"type":"Vehicle"}],` + times + `}`, `"value":120`},
			{`{"type":"Query","entities":[{"type":"Bus"},{"type":"Vehicle"}],` + times + `,"pick":["speed"]}`, `[{"speed":[`},
			{`{"type":"Query","entities":[{"type":"Vehicle","id":"urn:x:other"}],` + times + `}`, `[]`},
			{`{"type":"Query","entities":[{"type":"Vehicle"}],"q":"speed>110",` + times + `}`, `"value":120`},
			{`{"type":"Query","entities":[{"type":"Vehicle"}],"q":"speed>130",` + times + `}`, `[]`},
			{`{"type":"Query","entities":[{"type":"Vehicle"}],"attrs":["speed"],"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z","lastN":1}}`, `"value":100`},
			{`{"type":"Query","entities":[{"type":"Vehicle"}],"aggrParams":{"aggrMethods":["avg"],"aggrPeriodDuration":"PT0S"},` + times + `}`, `"avg":[[100,"2020-08-01T12:00:00Z"`},
			{`{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z","aggrMethods":"avg,max"}}`, `"max":[[120,"2020-08-01T12:00:00Z"`},
			{`{"type":"Query","entities":[{"type":"Vehicle"}],"geoQ":{"georel":"near;maxDistance==10","geometry":"Point","coordinates":[1,2]},` + times + `}`, `[]`},
		} {
			if w := r.send(200, "POST", "/entityOperations/query", c.body); !strings.Contains(w.Body.String(), c.want) {
				r.Errorf("%s: %s", c.body, w.Body)
			}
		}
		for _, body := range []string{
			`{"type":"Query","entities":[{"type":"Vehicle"}]}`,
			`{"type":"Subscription","entities":[{"type":"Vehicle"}],` + times + `}`,
			`{"type":"Query",` + times + `}`,
			`{"type":"Query","entities":[],` + times + `}`,
			`{"type":"Query","entities":[{"id":"urn:x:a"}],` + times + `}`,
			`{"type":"Query","entities":[{"type":"Vehicle"}],"foo":1,` + times + `}`,
			`{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z","lastN":0}}`,
			`{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z","lastN":1.5}}`,
			`{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"between","timeAt":"2020-08-01T12:00:00Z"}}`,
			`{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"during","timeAt":"2020-08-01T12:00:00Z"}}`,
			`{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z","timeproperty":"foo"}}`,
			`{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z","aggrPeriodDuration":"1H"}}`,
			`{"type":"Query","entities":[{"type":"Vehicle"}],"aggrParams":{"aggrMethods":["median"]},` + times + `}`,
			`{"type":"Query","entities":[{"type":"Vehicle"}],"aggrParams":{"aggrPeriodDuration":"PT1H"},` + times + `}`,
		} {
			if w := r.send(400, "POST", "/entityOperations/query", body); !strings.Contains(w.Body.String(), "errors/BadRequestData") {
				r.Errorf("%s: %s", body, w.Body)
			}
		}
	})
}

// FuzzBodies sends bodies of any kind: none is a failure of ours.
func FuzzBodies(f *testing.F) {
	for _, s := range []string{vehicle, `{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z","lastN":1}}`,
		`{"id":"urn:x:1","type":"V","scope":[{"type":"Property","value":["/A","/B"],"observedAt":"2020-08-01T12:00:00Z"}]}`, `{"speed":{"type":"Property","value":1}}`,
		`{"type":"Query","entities":[{"type":"V","idPattern":"a+"}],"geoQ":{"georel":"near;maxDistance==1","geometry":"Point","coordinates":"[1,2]"},"aggrParams":{"aggrMethods":["avg"]}}`,
		`{"a":[{"type":"Relationship","object":"urn:ngsi-ld:null"}]}`, `[]`, `null`, `{"scope":[]}`, `{"scope":[[]]}`} {
		f.Add(s)
	}
	h := handler(f, storetest.Open(f))
	f.Fuzz(func(t *testing.T, body string) {
		for _, p := range []string{"POST /entities", "POST /entityOperations/query", "POST " + one + "/attrs", "PATCH " + one + "/attrs/speed/urn:ngsi-ld:instance:1-r0"} {
			method, path, _ := strings.Cut(p, " ")
			req := httptest.NewRequest(method, "/ngsi-ld/v1/temporal"+path, strings.NewReader(body))
			req.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, req); w.Code >= 500 {
				t.Errorf("%s %s: %d %s", p, body, w.Code, w.Body)
			}
		}
	})
}

// header reads a header under the very name that the standard gives it, which is not net/http's way of writing it.
func header(h http.Header, name string) string { return strings.Join(h[name], ", ") }
