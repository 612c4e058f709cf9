package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBrowserCity proves that who signs in finds what a partner wrote: types, the entity with its course and place, a subscription
// that fails, the form of an operation with its answer; that every such page keeps what pages keep, and that the line for
// the command shell can be copied.
func TestBrowserCity(t *testing.T) {
	if !thorough() {
		t.Skip("it looks at a dozen pages in four looks: it runs with HAIHE_TEST_BROWSER=must, as .ci/run browser does")
	}
	c := startChrome(t)
	s := startCity(t)
	send := func(method, path, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, strings.TrimSuffix(s.url, "/")+"/ngsi-ld/v1"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.token)
		r.Header.Set("Content-Type", "application/json")
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		if a.StatusCode >= 300 {
			t.Fatalf("%s %s: %s", method, path, a.Status)
		}
	}
	send("POST", "/subscriptions", `{"id":"urn:ngsi-ld:Subscription:air","type":"Subscription","entities":[{"type":"AirQualityObserved"}],"notification":{"endpoint":{"uri":"http://127.0.0.1:1/none"}}}`)
	send("POST", "/entities", `{"id":"urn:ngsi-ld:AirQualityObserved:tj-001","type":"AirQualityObserved","temperature":{"type":"Property","value":21.5,"unitCode":"CEL","observedAt":"2015-11-20T01:00:00Z"},
		"refStation":{"type":"Relationship","object":"urn:ngsi-ld:Station:1"},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[117.2,39.13]}}}`)
	for _, v := range []string{"22.5", "23.5", "20.1", "19.8"} {
		send("PATCH", "/entities/urn:ngsi-ld:AirQualityObserved:tj-001/attrs", `{"temperature":{"value":`+v+`,"observedAt":"2015-11-20T01:1`+v[1:2]+`:00Z"}}`)
	}
	b := c.open(t, s.url)
	b.wear(t, looks[0])
	b.login(t, s, "power-officer")
	for _, l := range looks[:4] {
		b.wear(t, l)
		for _, path := range []string{"/city", "/city/entities", "/city/entities?type=AirQualityObserved", "/city/entity?id=urn:ngsi-ld:AirQualityObserved:tj-001", "/city/subscriptions",
			"/city/subscription?id=urn:ngsi-ld:Subscription:air", "/city/devices", "/city/contexts", "/city/try", "/city/try/O02", "/city/try/O01"} {
			if status := b.visit(t, "/"+l.lang+path); status != http.StatusOK {
				t.Fatalf("%s answers %d", path, status)
			}
			b.inspect(t, l)
			if dir := os.Getenv("HAIHE_SHOTS"); dir != "" {
				b.shoot(t, filepath.Join(dir, "city"+strings.NewReplacer("/", "-", "?", "-", ":", "").Replace(path)+"-"+l.String()+".png"))
			}
			for _, f := range b.take() {
				t.Errorf("%s %v: %s", path, l, f)
			}
		}
	}
	b.wear(t, looks[3])
	b.visit(t, "/en/city/try/O05")
	b.until(t, `(document.querySelector('#try [name=id]').value = 'urn:ngsi-ld:AirQualityObserved:tj-001') && true`)
	value[bool](t, b, `(document.querySelector('#try').requestSubmit(), true)`)
	b.until(t, `document.querySelector('#answer')?.textContent.includes('"temperature"')`)
	b.inspect(t, looks[3])
	if text := value[string](t, b, `document.querySelector('#curl').textContent`); !strings.HasPrefix(text, "curl -si -X GET 'http://127.0.0.1:") {
		t.Errorf("the line is %q", text)
	}
	b.until(t, `document.querySelector('#curl').parentElement.querySelector('button').hidden === false`)
}
