package subscribe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/ngsild/subscribe"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

const cityURL = "https://example.org/city.jsonld"

// library holds @contexts.
type library struct{}

func (library) load(url string) (json.RawMessage, error) {
	switch url {
	case cityURL:
		return json.RawMessage(`{"@context":{"Building":"https://example.org/Building","name":"https://example.org/name",
			"level":"https://example.org/level","locatedAt":{"@id":"https://example.org/locatedAt","@type":"@id"},
			"street":{"@id":"https://example.org/street","@container":"@language"},"kind":{"@id":"https://example.org/kind","@type":"@vocab"}}}`), nil
	case "https://example.org/other.jsonld":
		return json.RawMessage(`{"@context":{"Haus":"https://example.org/Building","stand":"https://example.org/level"}}`), nil
	}
	return nil, exchange.LdContextNotAvailable.Say("无法取得 %s", "%s cannot be had", url)
}

func (l library) ByURL(_ *http.Request, url string) (*jsonld.Context, error) {
	return l.ByValue(nil, json.RawMessage(`"`+url+`"`))
}

func (l library) ByValue(_ *http.Request, v json.RawMessage) (*jsonld.Context, error) {
	return jsonld.Compile(v, l.load)
}

func (library) Served(c *jsonld.Context) string {
	if url := c.URL(); url != "" {
		return url
	}
	return "/ngsi-ld/v1/jsonldContexts/1"
}

// hit is a notification that a receiver got.
type hit struct {
	header http.Header
	body   map[string]any
	raw    string
}

// receiver takes notifications.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	hits   []hit
	answer func(w http.ResponseWriter, r *http.Request, n int)
}

func newReceiver(t testing.TB) *receiver {
	rc := &receiver{}
	rc.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		h := hit{header: r.Header, raw: string(b)}
		_ = json.Unmarshal(b, &h.body)
		rc.mu.Lock()
		rc.hits = append(rc.hits, h)
		n, answer := len(rc.hits), rc.answer
		rc.mu.Unlock()
		if answer != nil {
			answer(w, r, n)
		}
	}))
	t.Cleanup(rc.Close)
	return rc
}

func (rc *receiver) all() []hit {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return append([]hit(nil), rc.hits...)
}

// rig is the whole way: HTTP face, engine, entities.
type rig struct {
	t    testing.TB
	db   *store.DB
	ents *entity.Store
	s    *subscribe.Service
	g    *subscription.Engine
	face http.Handler
	o    subscribe.Options
}

func newRig(t testing.TB, change func(o *subscribe.Options)) *rig {
	r := &rig{t: t, db: storetest.Open(t)}
	var err error
	if r.ents, err = entity.Open(t.Context(), r.db, time.Now); err != nil {
		t.Fatal(err)
	}
	r.o = subscribe.Options{Entities: r.ents, Contexts: library{}, Now: time.Now, Owner: func(*exchange.Exchange) string { return "unit" }}
	if change != nil {
		change(&r.o)
	}
	r.open()
	return r
}

func (r *rig) open() {
	r.s = subscribe.New(r.o)
	var err error
	r.g, err = subscription.Open(r.t.Context(), r.db, r.ents, subscription.Options{Now: time.Now, Parse: r.s.Parse, Deliver: r.s.Deliver,
		First: 5 * time.Millisecond, Timeout: 5 * time.Second})
	if err != nil {
		r.t.Fatal(err)
	}
	ops := r.s.Ops(r.g)
	if err := exchange.Check(ops); err != nil {
		r.t.Fatal(err)
	}
	r.face = exchange.Mount(&exchange.Kit{Contexts: library{}, Now: time.Now}, "/ngsi-ld/v1", ops)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.g.Run(ctx) }()
	r.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
		r.g.Close()
		r.s.Close()
	})
}

// ask sends a request; body "" has none, one that holds @context is JSON-LD. link is a context's URL.
func (r *rig) ask(method, path, body, link string) (int, string, http.Header) {
	r.t.Helper()
	q := httptest.NewRequest(method, "http://city.example/ngsi-ld/v1"+path, strings.NewReader(body))
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
		if strings.Contains(body, `"@context"`) {
			q.Header.Set("Content-Type", "application/ld+json")
		}
	}
	if link != "" {
		q.Header.Set("Link", `<`+link+`>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`)
	}
	w := httptest.NewRecorder()
	r.face.ServeHTTP(w, q)
	return w.Code, w.Body.String(), w.Header()
}

func (r *rig) want(status int, method, path, body, link string) (string, http.Header) {
	r.t.Helper()
	code, got, h := r.ask(method, path, body, link)
	if code != status {
		r.t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, code, got, status)
	}
	return got, h
}

// subscribe makes a subscription to Buildings that notifies uri; the further members are put in.
func (r *rig) subscribe(id, uri, more, notification, endpoint string) {
	r.t.Helper()
	r.want(201, "POST", "/subscriptions", fmt.Sprintf(`{"id":%q,"type":"Subscription","entities":[{"type":"Building"}]%s,
		"notification":{%s"endpoint":{"uri":%q%s}},"@context":[%q]}`, id, more, notification, uri, endpoint, cityURL), "")
}

// put stores an entity as it stands in JSON, in the city's context; "" deletes it.
func (r *rig) put(tenant, id, body string) {
	r.t.Helper()
	c, err := library{}.ByURL(nil, cityURL)
	if err != nil {
		r.t.Fatal(err)
	}
	var e *ngsi.Entity
	if body != "" {
		if e, err = form.Entity([]byte(`{"id":"`+id+`",`+body+`}`), form.Input{Context: c}); err != nil {
			r.t.Fatal(err)
		}
	}
	_, err = r.ents.Do(r.t.Context(), entity.Task{Key: entity.Key{Tenant: tenant, ID: id}, Owner: "unit", Edit: func(old *entity.Entity) (*entity.Entity, error) {
		if e == nil {
			return nil, nil
		}
		n := e.Clone()
		if old != nil { // what says the same is not written again
			n.Version = old.Version
			for i := range n.Attrs {
				for _, b := range old.Attrs {
					if a := &n.Attrs[i]; a.Name == b.Name && a.DatasetID == b.DatasetID {
						a.CreatedAt = b.CreatedAt
						if a.Canonize(); a.Same(&b) {
							*a = b
						}
					}
				}
			}
		}
		return n, nil
	}})
	if err != nil {
		r.t.Fatal(err)
	}
}

func within(t testing.TB, what string, fn func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if fn() {
			return
		}
	}
	t.Fatalf("timed out: %s", what)
}

// like compares JSON with what is wanted; times, which nobody knows before, are wanted as "TIME".
func like(t testing.TB, what, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%s: %v in %s", what, err, got)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%s: %v in %s", what, err, want)
	}
	if !reflect.DeepEqual(timeless(g), w) {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func timeless(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if s, ok := x.(string); ok {
				if _, err := time.Parse(time.RFC3339Nano, s); err == nil && k != "expiresAt" && k != "observedAt" {
					v[k] = "TIME"
					continue
				}
			}
			v[k] = timeless(x)
		}
	case []any:
		for i := range v {
			v[i] = timeless(v[i])
		}
	}
	return v
}

func TestLifecycle(t *testing.T) {
	r := newRig(t, nil)
	body := `{"id":"urn:s:1","type":"Subscription","timeInterval":500,"entities":[{"type":"Building","id":"urn:e:1"}],"status":"expired","__context":"x",
		"notification":{"format":"keyValues","timesSent":42,"endpoint":{"uri":"http://localhost:1/notify","accept":"application/json"}},"@context":["` + cityURL + `"]}`
	_, h := r.want(201, "POST", "/subscriptions", body, "")
	if h.Get("Location") != "/ngsi-ld/v1/subscriptions/urn:s:1" {
		t.Errorf("Location %q", h.Get("Location"))
	}
	got, _ := r.want(409, "POST", "/subscriptions", body, "")
	if !strings.Contains(got, "AlreadyExists") {
		t.Errorf("twice: %s", got)
	}
	const rest = `"type":"Subscription","timeInterval":500,"notificationTrigger":["attributeCreated","attributeUpdated"],"status":"active","jsonldContext":"` + cityURL + `",
		"notification":{"format":"keyValues","endpoint":{"uri":"http://localhost:1/notify","accept":"application/json"}}}`
	got, _ = r.want(200, "GET", "/subscriptions/urn:s:1", "", cityURL)
	like(t, "in its context", got, `{"id":"urn:s:1","entities":[{"type":"Building","id":"urn:e:1"}],`+rest)
	got, _ = r.want(200, "GET", "/subscriptions/urn:s:1", "", "https://example.org/other.jsonld")
	like(t, "in another context", got, `{"id":"urn:s:1","entities":[{"type":"Haus","id":"urn:e:1"}],`+rest)
	got, _ = r.want(200, "GET", "/subscriptions/urn:s:1", "", "")
	like(t, "without a context", got, `{"id":"urn:s:1","entities":[{"type":"https://example.org/Building","id":"urn:e:1"}],`+rest)

	// A name is made where none is given, and the terms of a body without @context are those of the Link header.
	_, h = r.want(201, "POST", "/subscriptions", `{"type":"Subscription","entities":[{"type":"(Haus;Hof)|Turm"},{"type":"(Haus|Turm)"}],"watchedAttributes":["stand"],"q":"stand>3;Hof==\"a b\"",
		"geoQ":{"georel":"near;maxDistance==2000","geometry":"Point","coordinates":[117.2,39.1],"geoproperty":"stand"},"scopeQ":"/tj/#","isActive":false,"throttling":0.5,
		"notification":{"attributes":["stand"],"endpoint":{"uri":"http://localhost:1/"}}}`, "https://example.org/other.jsonld")
	where := strings.TrimPrefix(h.Get("Location"), "/ngsi-ld/v1")
	got, _ = r.want(200, "GET", where+"?options=sysAttrs", "", cityURL)
	for _, s := range []string{`"type":"(Building;Hof)|Turm"`, `"(Building|Turm)"`, `["level"]`, `level>3;Hof==\"a b\"`, `"geoproperty":"level"`, `"attributes":["level"]`, `"status":"paused"`, `"createdAt"`, `"modifiedAt"`} {
		if !strings.Contains(got, s) {
			t.Errorf("no %s in %s", s, got)
		}
	}
	got, _ = r.want(200, "GET", where, "", "https://example.org/other.jsonld")
	for _, s := range []string{`"(Haus;Hof)|Turm"`, `"stand>3;Hof==\"a b\""`} {
		if !strings.Contains(got, s) {
			t.Errorf("not as it was given: no %s in %s", s, got)
		}
	}

	// Pages.
	got, h = r.want(200, "GET", "/subscriptions?limit=1&offset=0&count=true", "", "")
	if countOf(h) != "2" || !strings.Contains(strings.Join(h["Link"], " "), `rel="next"`) || strings.Count(got, `"type":"Subscription"`) != 1 {
		t.Errorf("page: %v %s", h, got)
	}
	if got, h = r.want(200, "GET", "/subscriptions?limit=1&offset=1", "", ""); !strings.Contains(strings.Join(h["Link"], " "), `rel="prev"`) || strings.Contains(strings.Join(h["Link"], " "), `rel="next"`) {
		t.Errorf("last page: %v %s", h, got)
	}

	r.want(204, "DELETE", "/subscriptions/urn:s:1", "", "")
	for _, method := range []string{"GET", "DELETE"} {
		r.want(404, method, "/subscriptions/urn:s:1", "", "")
		r.want(400, method, "/subscriptions/nonsense", "", "")
	}
	r.want(404, "PATCH", "/subscriptions/urn:s:1", `{"isActive":true}`, "")
	r.want(400, "PATCH", "/subscriptions/nonsense", `{"isActive":true}`, "")
}

func TestRefused(t *testing.T) {
	r := newRig(t, nil)
	base := func(more string) string {
		return `{"type":"Subscription","entities":[{"type":"Building"}]` + more + `,"notification":{"endpoint":{"uri":"http://localhost:1/"}}}`
	}
	note := func(more string) string {
		return `{"type":"Subscription","entities":[{"type":"Building"}],"notification":{` + more + `"endpoint":{"uri":"http://localhost:1/"}}}`
	}
	end := func(endpoint string) string {
		return `{"type":"Subscription","entities":[{"type":"Building"}],"notification":{"endpoint":` + endpoint + `}}`
	}
	for _, c := range []struct{ body, want string }{
		{`{`, "InvalidRequest"},
		{`{"type":"Subscription",,}`, "InvalidRequest"},
		{`{}`, "type"},
		{`[]`, "InvalidRequest"},
		{`{"type":"Entity"}`, "type"},
		{`{"type":"Subscription"}`, "notification"},
		{`{"type":"Subscription","notification":{"endpoint":{"uri":"http://a/"}}}`, "entities"},
		{base(`,"id":"nonsense"`), "id"},
		{base(`,"id":""`), "id"},
		{base(`,"type":"Subscription"`), "type"}, // twice
		{base(`,"watchedAttributes":[]`), "watchedAttributes"},
		{base(`,"watchedAttributes":"a"`), "watchedAttributes"},
		{base(`,"notificationTrigger":["entityChanged"]`), "entityChanged"},
		{base(`,"timeInterval":10,"throttling":5`), "throttling"},
		{base(`,"timeInterval":10,"watchedAttributes":["a"]`), "watchedAttributes"},
		{base(`,"timeInterval":0`), "timeInterval"},
		{base(`,"timeInterval":1e-9`), "timeInterval"}, {base(`,"timeInterval":0.999`), "timeInterval"},
		{base(`,"throttling":-30`), "throttling"},
		{base(`,"throttling":"5"`), "throttling"},
		{base(`,"throttling":1e99`), "throttling"},
		{base(`,"q":"(("`), "q"},
		{base(`,"csf":"(("`), "BadRequestData"},
		{base(`,"scopeQ":"//"`), "BadRequestData"},
		{base(`,"geoQ":{"georel":"near","geometry":"Point"}`), "coordinates"},
		{base(`,"geoQ":{"georel":"beside","geometry":"Point","coordinates":[1,2]}`), "BadRequestData"},
		{base(`,"datasetId":["none"]`), "datasetId"},
		{base(`,"isActive":"true"`), "isActive"},
		{base(`,"expiresAt":"2000-01-01T00:00:00Z"`), "expiresAt"},
		{base(`,"expiresAt":"tomorrow"`), "expiresAt"},
		{base(`,"ngsildConformance":"new"`), "ngsildConformance"},
		{base(`,"jsonldContext":"unknownContext"`), "jsonldContext"},
		{base(`,"description":"urn:ngsi-ld:null"`), "description"},
		{`{"type":"Subscription","entities":[],"notification":{"endpoint":{"uri":"http://a/"}}}`, "entities"},
		{`{"type":"Subscription","entities":[{"id":"urn:e:1"}],"notification":{"endpoint":{"uri":"http://a/"}}}`, "entities[0].type"},
		{`{"type":"Subscription","entities":[{"type":"A","id":"x y"}],"notification":{"endpoint":{"uri":"http://a/"}}}`, "entities[0].id"},
		{`{"type":"Subscription","entities":[{"type":"A","idPattern":"("}],"notification":{"endpoint":{"uri":"http://a/"}}}`, "idPattern"},
		{`{"type":"Subscription","entities":[{"type":"A;(B"}],"notification":{"endpoint":{"uri":"http://a/"}}}`, "type"},
		{`{"type":"Subscription","entities":[{"type":"*"}],"localOnly":false,"notification":{"endpoint":{"uri":"http://a/"}}}`, "localOnly"},
		{note(`"format":"xml",`), "format"},
		{note(`"format":"keyValues","showChanges":true,`), "showChanges"},
		{note(`"format":"simplified","showChanges":true,`), "showChanges"},
		{note(`"attributes":[],`), "attributes"},
		{note(`"attributes":["id"],`), "attributes"},
		{note(`"pick":[],`), "pick"},
		{note(`"omit":[],`), "omit"},
		{note(`"pick":["id"],"omit":["id"],`), "omit"},
		{note(`"pick":["id"],"attributes":["a"],`), "attributes"},
		{note(`"join":"deep",`), "join"},
		{note(`"joinLevel":0,`), "joinLevel"},
		{note(`"joinLevel":1.5,`), "joinLevel"},
		{note(`"sysAttrs":1,`), "sysAttrs"},
		{`{"type":"Subscription","entities":[{"type":"A"}],"notification":{}}`, "endpoint"},
		{end(`{}`), "uri"},
		{end(`"http://a/"`), "endpoint"},
		{end(`{"uri":"ftp://a/"}`), "uri"},
		{end(`{"uri":"http:///x"}`), "uri"},
		{end(`{"uri":"http://a/","accept":"text/html"}`), "accept"},
		{end(`{"uri":"http://a/","timeout":0}`), "timeout"},
		{end(`{"uri":"http://a/","receiverInfo":[{"key":"K","value":42}]}`), "receiverInfo[0].value"},
		{end(`{"uri":"http://a/","receiverInfo":[{"key":"K"}]}`), "receiverInfo[0]"},
		{end(`{"uri":"http://a/","receiverInfo":[{"key":"K:","value":"v"}]}`), "receiverInfo"},
		{end(`{"uri":"http://a/","receiverInfo":[{"key":"Host","value":"v"}]}`), "receiverInfo"},
		{end(`{"uri":"http://a/","receiverInfo":[{"key":"K","value":"a\nb"}]}`), "receiverInfo"},
		{end(`{"uri":"http://a/","notifierInfo":[{"key":5,"value":"v"}]}`), "notifierInfo[0].key"},
		{end(`{"uri":"mqtt://a"}`), "BadRequestData"},
		{end(`{"uri":"mqtt://a/b/+"}`), "BadRequestData"},
		{end(`{"uri":"mqtt://a/b","notifierInfo":[{"key":"MQTT-QoS","value":"3"}]}`), "MQTT-QoS"},
		{end(`{"uri":"mqtt://a/b","notifierInfo":[{"key":"MQTT-Version","value":"4"}]}`), "MQTT-Version"},
		{end(`{"uri":"mqtt://a/b","accept":"application/geo+json"}`), "uri"},
	} {
		code, got, _ := r.ask("POST", "/subscriptions", c.body, "")
		if code != 400 || !strings.Contains(got, c.want) {
			t.Errorf("%s\n%d %s, want 400 with %q", c.body, code, got, c.want)
		}
	}
	if code, got, _ := r.ask("POST", "/subscriptions", base(`,"jsonldContext":"https://example.org/gone.jsonld"`), ""); code != 504 || !strings.Contains(got, "LdContextNotAvailable") {
		t.Errorf("a context that cannot be had: %d %s", code, got)
	}
	if got, _ := r.want(200, "GET", "/subscriptions", "", ""); got != "[]" {
		t.Errorf("something refused was kept: %s", got)
	}
}

func TestPatch(t *testing.T) {
	r := newRig(t, nil)
	r.subscribe("urn:s:1", "http://localhost:1/", `,"throttling":5,"description":"old","watchedAttributes":["name"]`, `"attributes":["name"],`, "")
	patch := func(status int, body, link string) {
		t.Helper()
		r.want(status, "PATCH", "/subscriptions/urn:s:1", body, link)
	}
	patch(204, `{"isActive":false}`, "")
	if got, _ := r.want(200, "GET", "/subscriptions/urn:s:1", "", ""); !strings.Contains(got, `"status":"paused"`) {
		t.Errorf("paused: %s", got)
	}
	patch(204, `{"type":"Subscription","isActive":true,"expiresAt":"2999-01-01T00:00:00Z","throttling":"urn:ngsi-ld:null","description":null}`, "")
	// Terms of a fragment are its own context's; the others stay what they were.
	patch(204, `{"entities":[{"type":"Haus"}],"q":"stand>1"}`, "https://example.org/other.jsonld")
	got, _ := r.want(200, "GET", "/subscriptions/urn:s:1", "", cityURL)
	like(t, "patched", got, `{"id":"urn:s:1","type":"Subscription","entities":[{"type":"Building"}],"watchedAttributes":["name"],"q":"level>1",
		"notificationTrigger":["attributeCreated","attributeUpdated"],"status":"active","isActive":true,"expiresAt":"2999-01-01T00:00:00Z","jsonldContext":"`+cityURL+`",
		"notification":{"attributes":["name"],"endpoint":{"uri":"http://localhost:1/"}}}`)
	for _, body := range []string{
		`{"notification":{"format":"keyValues"}}`, `{"notification":{"format":"keyValues","endpoint":null}}`, `{"notification":null}`,
		`{"entities":null,"watchedAttributes":null}`, `{"expiresAt":"2000-01-01T00:00:00Z"}`, `{"type":"Entity"}`, `{"id":"urn:s:2"}`,
		`{"throttling":1,"timeInterval":3,"watchedAttributes":null}`, `{"q":"(("}`, `[]`, `{`,
	} {
		patch(400, body, "")
	}
	patch(504, `{"jsonldContext":"https://example.org/gone.jsonld"}`, "")
	patch(204, `{"jsonldContext":"https://example.org/other.jsonld"}`, "")
	if got, _ := r.want(200, "GET", "/subscriptions/urn:s:1", "", ""); !strings.Contains(got, `"jsonldContext":"https://example.org/other.jsonld"`) {
		t.Errorf("jsonldContext: %s", got)
	}
	got, _ = r.want(200, "GET", "/subscriptions/urn:s:1", "", cityURL)
	for _, s := range []string{`"type":"Building"`, `["name"]`, `"q":"level>1"`} {
		if !strings.Contains(got, s) {
			t.Errorf("another jsonldContext changed what terms stood for: %s", got)
		}
	}
}

// TestPatchTogether: two that change different members at once both succeed.
func TestPatchTogether(t *testing.T) {
	r := newRig(t, nil)
	r.subscribe("urn:s:1", "http://localhost:1/", "", "", "")
	var wg sync.WaitGroup
	for i, body := range []string{`{"description":"new"}`, `{"throttling":5}`, `{"isActive":false}`, `{"lang":"zh"}`} {
		wg.Go(func() {
			if code, got, _ := r.ask("PATCH", "/subscriptions/urn:s:1", body, ""); code != 204 {
				t.Errorf("%d: %d %s", i, code, got)
			}
		})
	}
	wg.Wait()
	got, _ := r.want(200, "GET", "/subscriptions/urn:s:1", "", "")
	for _, s := range []string{`"description":"new"`, `"throttling":5`, `"isActive":false`, `"lang":"zh"`} {
		if !strings.Contains(got, s) {
			t.Errorf("%s is lost: %s", s, got)
		}
	}
}

const tower = `"type":"Building","name":[{"type":"Property","value":"Eiffel Tower"},{"type":"Property","value":"Tour","datasetId":"urn:d:fr"}],
	"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[2.3,48.8]}},"street":{"type":"LanguageProperty","languageMap":{"fr":"Quai","nl":"Kaai"}},
	"locatedAt":{"type":"Relationship","object":"urn:c:paris"}`

// TestNotifications: what each kind of subscription gets when the level of a building comes to be or changes, an attribute goes, and the
// whole building goes. ETSI GS CIM 009 V1.9.1 5.8.6
func TestNotifications(t *testing.T) {
	const common = `"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[2.3,48.8]}},"street":{"type":"LanguageProperty","languageMap":{"fr":"Quai","nl":"Kaai"}},
		"locatedAt":{"type":"Relationship","object":"urn:c:paris"}`
	const names = `"name":[{"type":"Property","value":"Eiffel Tower"},{"type":"Property","value":"Tour","datasetId":"urn:d:fr"}]`
	const level = `,"level":{"type":"Property","value":%s}`
	full := func(v string) string { return tower + fmt.Sprintf(level, v) }
	gone := strings.Replace(tower, `"street":{"type":"LanguageProperty","languageMap":{"fr":"Quai","nl":"Kaai"}},`, "", 1) + fmt.Sprintf(level, "4")
	const head = `{"id":"urn:e:1","type":"Building",`
	update := []string{full("4"), full("5")}
	dropped := []string{full("4"), gone}
	for _, c := range []struct {
		name, more, notification, endpoint string
		steps                              []string // states; the last one is the change that is looked at
		data                               string
	}{
		{"normalized", "", "", "", update, head + common + `,` + names + `,"level":{"type":"Property","value":5}}`},
		{"concise", "", `"format":"concise","pick":["id","name","level"],`, "", update, `{"id":"urn:e:1","name":[{"value":"Eiffel Tower"},{"value":"Tour","datasetId":"urn:d:fr"}],"level":5}`},
		{"simplified", "", `"format":"simplified","omit":["name","location"],`, "", update, head + `"street":{"languageMap":{"fr":"Quai","nl":"Kaai"}},"locatedAt":"urn:c:paris","level":5}`},
		{"language", `,"lang":"nl"`, `"format":"keyValues","attributes":["street"],`, "", update, head + `"street":"Kaai"}`},
		{"dataset", `,"datasetId":["urn:d:fr"]`, ``, "", update, head + `"name":{"type":"Property","value":"Tour","datasetId":"urn:d:fr"}}`},
		{"changes", "", `"showChanges":true,"attributes":["level","street"],`, "", update, head + `"street":{"type":"LanguageProperty","languageMap":{"fr":"Quai","nl":"Kaai"}},"level":{"type":"Property","value":5,"previousValue":4}}`},
		{"system", "", `"sysAttrs":true,"pick":["id","type","level","createdAt","modifiedAt"],`, "", update, head + `"createdAt":"TIME","modifiedAt":"TIME","level":{"type":"Property","value":5,"createdAt":"TIME","modifiedAt":"TIME"}}`},
		{"attribute gone", `,"notificationTrigger":["attributeDeleted"],"watchedAttributes":["street"]`, `"attributes":["street"],`, "", dropped, head + `"street":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}}}`},
		{"attribute gone, simplified", `,"notificationTrigger":["entityUpdated"]`, `"format":"keyValues","attributes":["street","level"],`, "", dropped, head + `"street":"urn:ngsi-ld:null","level":4}`},
		{"attribute gone, changes", `,"notificationTrigger":["attributeDeleted"]`, `"showChanges":true,"attributes":["street"],`, "", dropped, head + `"street":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"},"previousLanguageMap":{"fr":"Quai","nl":"Kaai"}}}`},
		{"attribute gone, system", `,"notificationTrigger":["attributeDeleted"]`, `"sysAttrs":true,"pick":["street"],`, "", dropped, `{"street":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"},"createdAt":"TIME","modifiedAt":"TIME","deletedAt":"TIME"}}`},
		{"entity gone", `,"notificationTrigger":["entityDeleted"]`, "", "", []string{full("4"), ""}, head + `"deletedAt":"TIME"}`},
		{"entity gone, system", `,"notificationTrigger":["entityDeleted"]`, `"sysAttrs":true,"format":"keyValues",`, "", []string{full("4"), ""}, head + `"createdAt":"TIME","modifiedAt":"TIME","deletedAt":"TIME"}`},
		{"entity gone, attribute watched", `,"notificationTrigger":["attributeDeleted"],"watchedAttributes":["locatedAt"]`, "", "", []string{full("4"), ""}, head + `"deletedAt":"TIME","locatedAt":{"type":"Relationship","object":"urn:ngsi-ld:null"}}`},
		{"entity gone, changes", `,"notificationTrigger":["entityDeleted"]`, `"showChanges":true,"attributes":["level","locatedAt"],`, "", []string{full("4"), ""}, head + `"deletedAt":"TIME","level":{"type":"Property","value":"urn:ngsi-ld:null","previousValue":4},"locatedAt":{"type":"Relationship","object":"urn:ngsi-ld:null","previousObject":"urn:c:paris"}}`},
		{"flat", "", `"join":"flat","attributes":["locatedAt"],`, "", update, head + `"locatedAt":{"type":"Relationship","object":"urn:c:paris"}},{"id":"urn:c:paris","type":"City","name":{"type":"Property","value":"Paris"}}`},
		{"inline", "", `"join":"inline","format":"simplified","attributes":["locatedAt"],`, "", update, head + `"locatedAt":{"id":"urn:c:paris","type":"City","name":"Paris"}}`},
		{"query", `,"q":"level>4"`, `"attributes":["level"],`, "", update, head + `"level":{"type":"Property","value":5}}`},
		{"linked query", `,"q":"locatedAt{name}==\"Paris\";level==5"`, `"attributes":["level"],`, "", update, head + `"level":{"type":"Property","value":5}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, rc := newRig(t, nil), newReceiver(t)
			r.put("", "urn:c:paris", `"type":"City","name":"Paris"`)
			for _, s := range c.steps[:len(c.steps)-1] {
				r.put("", "urn:e:1", s)
			}
			r.subscribe("urn:s:1", rc.URL, c.more, c.notification, c.endpoint)
			r.put("", "urn:e:1", c.steps[len(c.steps)-1])
			within(t, "the notification", func() bool { return len(rc.all()) > 0 })
			h := rc.all()[0]
			data, _ := json.Marshal(h.body["data"])
			like(t, "data", string(data), `[`+c.data+`]`)
			if h.body["type"] != "Notification" || h.body["subscriptionId"] != "urn:s:1" || h.body["notifiedAt"] == nil || !ngsi.IsURI(fmt.Sprint(h.body["id"])) {
				t.Errorf("the notification is %s", h.raw)
			}
			if want := `<` + cityURL + `>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`; h.header.Get("Link") != want {
				t.Errorf("Link is %q", h.header.Get("Link"))
			}
		})
	}
}

func TestMediaTypes(t *testing.T) {
	for _, c := range []struct {
		name, endpoint, contentType string
		link                        bool
		want                        string // of the body without id and notifiedAt
	}{
		{"json", ``, "application/json", true, `{"data":[{"id":"urn:e:1","type":"Building","level":5}]}`},
		{"ld", `,"accept":"application/ld+json"`, "application/ld+json", false,
			`{"@context":"` + cityURL + `","data":[{"id":"urn:e:1","type":"Building","level":5,"@context":"` + cityURL + `"}]}`},
		{"geo", `,"accept":"application/geo+json"`, "application/geo+json", false,
			`{"data":{"type":"FeatureCollection","features":[{"id":"urn:e:1","type":"Feature","geometry":null,"properties":{"type":"Building","level":5}}],"@context":"` + cityURL + `"}}`},
		{"geo without context", `,"accept":"application/geo+json","receiverInfo":[{"key":"Prefer","value":"body=json"}]`, "application/geo+json", true,
			`{"data":{"type":"FeatureCollection","features":[{"id":"urn:e:1","type":"Feature","geometry":null,"properties":{"type":"Building","level":5}}]}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, rc := newRig(t, nil), newReceiver(t)
			r.subscribe("urn:s:1", rc.URL, "", `"format":"keyValues",`, c.endpoint)
			r.put("", "urn:e:1", `"type":"Building","level":5`)
			within(t, "the notification", func() bool { return len(rc.all()) > 0 })
			h := rc.all()[0]
			for _, m := range []string{"id", "type", "subscriptionId", "notifiedAt"} {
				delete(h.body, m)
			}
			got, _ := json.Marshal(h.body)
			like(t, "body", string(got), c.want)
			if h.header.Get("Content-Type") != c.contentType || (h.header.Get("Link") != "") != c.link {
				t.Errorf("headers %v", h.header)
			}
		})
	}
}

func TestHeadersAndTenant(t *testing.T) {
	r, rc := newRig(t, nil), newReceiver(t)
	q := httptest.NewRequest("POST", "http://city.example/ngsi-ld/v1/subscriptions", strings.NewReader(`{"id":"urn:s:1","type":"Subscription","entities":[{"type":"A"}],
		"notification":{"endpoint":{"uri":"`+rc.URL+`/notify","receiverInfo":[{"key":"Authorization","value":"Bearer abc"},{"key":"X-Additional-Key","value":"Value"}]}}}`))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("NGSILD-Tenant", "heping")
	w := httptest.NewRecorder()
	if r.face.ServeHTTP(w, q); w.Code != 201 {
		t.Fatal(w.Body)
	}
	r.want(404, "GET", "/subscriptions/urn:s:1", "", "") // of the city's own tenant there is none
	r.put("", "urn:e:1", `"type":"A","level":5`)
	r.put("heping", "urn:e:1", `"type":"A","level":6`)
	within(t, "the notification", func() bool { return len(rc.all()) > 0 })
	h := rc.all()[0].header
	if h.Get("NGSILD-Tenant") != "heping" || h.Get("Authorization") != "Bearer abc" || h.Get("X-Additional-Key") != "Value" || !strings.Contains(h.Get("Link"), jsonld.CoreURL) {
		t.Errorf("headers %v", h)
	}
	time.Sleep(20 * time.Millisecond)
	if n := len(rc.all()); n != 1 {
		t.Errorf("%d notifications; the other tenant's are nobody's", n)
	}
}

// TestAnswers: only 2xx is success; redirects are not followed; what failed comes again with the same id.
func TestAnswers(t *testing.T) {
	r, rc, other := newRig(t, nil), newReceiver(t), newReceiver(t)
	rc.answer = func(w http.ResponseWriter, q *http.Request, n int) {
		switch n {
		case 1:
			http.Redirect(w, q, other.URL, http.StatusTemporaryRedirect)
		case 2:
			w.WriteHeader(500)
		case 3:
			_, _ = io.WriteString(w, strings.Repeat("x", 1<<20)) // more than anybody reads
		default:
			w.WriteHeader(204)
		}
	}
	r.subscribe("urn:s:1", rc.URL, "", "", "")
	r.put("", "urn:e:1", `"type":"Building","level":5`)
	within(t, "three attempts", func() bool { return len(rc.all()) == 3 })
	r.put("", "urn:e:1", `"type":"Building","level":6`)
	within(t, "the next notification", func() bool { return len(rc.all()) == 4 })
	list := rc.all()
	if list[0].body["id"] != list[2].body["id"] || list[2].body["id"] == list[3].body["id"] {
		t.Errorf("ids %v %v %v", list[0].body["id"], list[2].body["id"], list[3].body["id"])
	}
	if n := len(other.all()); n != 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
	within(t, "the counters", func() bool {
		got, _ := r.want(200, "GET", "/subscriptions/urn:s:1", "", "")
		return strings.Contains(got, `"status":"ok","timesSent":4,"timesFailed":2,"lastNotification":`) && strings.Contains(got, `"lastSuccess"`) && strings.Contains(got, `"lastFailure"`)
	})
}

func TestAllow(t *testing.T) {
	asked := make(chan string, 100)
	r := newRig(t, func(o *subscribe.Options) {
		o.Allow = func(network, address string) error {
			select {
			case asked <- network + " " + address:
			default:
			}
			return errors.New("not to loopback")
		}
	})
	rc := newReceiver(t)
	r.subscribe("urn:s:1", strings.Replace(rc.URL, "127.0.0.1", "localhost", 1), "", "", "")
	r.subscribe("urn:s:2", "mqtt://localhost:1883/topic", "", "", "")
	r.put("", "urn:e:1", `"type":"Building","level":5`)
	for _, id := range []string{"urn:s:1", "urn:s:2"} {
		within(t, id+" fails", func() bool {
			_, st, err := r.g.Get(t.Context(), "", id)
			return err == nil && st.Failing && strings.Contains(st.LastError, "not to loopback")
		})
	}
	if s := <-asked; !strings.Contains(s, "127.0.0.1") && !strings.Contains(s, "[::1]") {
		t.Errorf("asked about %q: not an address", s)
	}
	if n := len(rc.all()); n != 0 {
		t.Errorf("%d notifications all the same", n)
	}
}

// TestReopen: subscriptions are read again without any network, and notifications go on in their context.
func TestReopen(t *testing.T) {
	r, rc := newRig(t, nil), newReceiver(t)
	r.subscribe("urn:s:1", rc.URL, `,"q":"level>3","watchedAttributes":["level"]`, `"format":"keyValues",`, "")
	before, _ := r.want(200, "GET", "/subscriptions/urn:s:1", "", cityURL)
	r.g.Close()
	r.open()
	if after, _ := r.want(200, "GET", "/subscriptions/urn:s:1", "", cityURL); after != before {
		t.Errorf("it reads\n%s, it read\n%s", after, before)
	}
	r.put("", "urn:e:1", `"type":"Building","level":5`)
	within(t, "the notification", func() bool { return len(rc.all()) > 0 })
	data, _ := json.Marshal(rc.all()[0].body["data"])
	like(t, "data", string(data), `[{"id":"urn:e:1","type":"Building","level":5}]`)
}

// FuzzCreate: whatever is sent is refused with a reason or kept so that it reads again.
func FuzzCreate(f *testing.F) {
	f.Add(`{"type":"Subscription","entities":[{"type":"(A|B);C","idPattern":".*"}],"q":"a.b>1|c~=\"x\"","notification":{"endpoint":{"uri":"http://a/"}}}`)
	f.Add(`{"type":"Subscription","watchedAttributes":["a"],"geoQ":{"georel":"within","geometry":"Polygon","coordinates":"[[[1,2],[3,4],[5,6],[1,2]]]"},"notification":{"pick":["a{b}"],"endpoint":{"uri":"mqtt://u:p@h:1/t"}}}`)
	f.Add(`{"type":"Subscription","entities":[{"type":"A"}],"datasetId":["@none"],"expiresAt":"2999-01-01T00:00:00Z","notification":{"endpoint":{"uri":"http://a/","receiverInfo":[{"key":"a","value":"b"}]}}}`)
	r := newRig(f, nil)
	f.Fuzz(func(t *testing.T, body string) {
		r.t = t
		code, got, h := r.ask("POST", "/subscriptions", body, cityURL)
		if code != 201 {
			if code < 400 || code >= 500 && code != 504 {
				t.Fatalf("%d %s", code, got)
			}
			return
		}
		where := strings.TrimPrefix(h.Get("Location"), "/ngsi-ld/v1")
		for _, link := range []string{cityURL, "", "https://example.org/other.jsonld"} {
			code, got, _ := r.ask("GET", where, "", link)
			if code != 200 || !json.Valid([]byte(got)) {
				t.Fatalf("%d %s", code, got)
			}
		}
		r.ask("DELETE", where, "", "")
	})
}

// countOf reads the header under the very name that the standard gives it, which is not net/http's way of writing it.
func countOf(h http.Header) string {
	for name, v := range h {
		if strings.EqualFold(name, "NGSILD-Results-Count") {
			return strings.Join(v, ", ")
		}
	}
	return ""
}
