package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Claim: whatever a partner sends to the NGSI-LD interface, the answer is a problem of the right kind within seconds, nothing is
// changed, and the program stays up within bounded memory. Each row has cost a minute or gigabytes somewhere once, or would where what
// it asks for were simply done.
func TestHostileContext(t *testing.T) {
	s := start(t, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--config", quietConfig(t))
	h := &hostile{s, strings.TrimPrefix(s.url, "http://")}
	host := httptest.NewServer(http.HandlerFunc(contextHost))
	defer host.Close()
	client := &http.Client{Timeout: 40 * time.Second}
	ask := func(method, path, body string, headers ...string) (int, string, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.url+"/ngsi-ld/v1"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.token)
		if body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		for i := 0; i+1 < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Errorf("%s %.80s: %v", method, path, err)
			return 0, "", ""
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err != nil {
			t.Errorf("%s %.80s: %v", method, path, err)
		}
		var problem struct{ Type string }
		_ = json.Unmarshal(b, &problem) // not every answer is one
		return resp.StatusCode, problem.Type[strings.LastIndexByte(problem.Type, '/')+1:], string(b)
	}
	if status, _, b := ask("POST", "/entities", `{"id":"urn:h:1","type":"Hostile","p":{"type":"Property","value":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}}`); status != 201 {
		t.Fatalf("%d %s", status, b)
	}
	_, _, as := ask("GET", "/types?details=true", "")
	before := h.memory()
	many := func(n int, item string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, item+",", i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	entity := func(members string) string { return `{"id":"urn:h:2","type":"Hostile",` + members + `}` }
	link := func(path string) []string {
		return []string{"Link", "<" + host.URL + path + `>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`}
	}
	esc := url.QueryEscape
	for _, c := range []struct {
		what, method, path, body string
		headers                  []string
		status                   int
		kind                     string
	}{
		{"cut off", "POST", "/entities", `{"id":"urn:h:2","type":"Ho`, nil, 400, "InvalidRequest"},
		{"deep", "POST", "/entities", entity(`"p":{"type":"Property","value":` + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000) + `}`), nil, 400, "InvalidRequest"},
		{"a member twice", "POST", "/entities", entity(`"p":{"type":"Property","value":1},"\u0070":{"type":"Property","value":2}`), nil, 400, "BadRequestData"},
		{"not UTF-8", "POST", "/entities", entity("\"p\":{\"type\":\"Property\",\"value\":\"\xff\"}"), nil, 400, "BadRequestData"},
		{"an id with a separator", "POST", "/entities", `{"id":"urn:h:\u001f2","type":"Hostile"}`, nil, 400, "BadRequestData"},
		{"an id with lines", "POST", "/entities", `{"id":"urn:h:2\r\nX: y","type":"Hostile"}`, nil, 400, "BadRequestData"},
		{"very many types", "POST", "/entities", `{"id":"urn:h:2","type":[` + many(150_000, `"T%d"`) + `]}`, nil, 400, "BadRequestData"},
		{"very many scopes", "POST", "/entities", entity(`"scope":[` + many(150_000, `"/S%d"`) + `]`), nil, 400, "BadRequestData"},
		{"millions of nothings", "POST", "/entityOperations/upsert", "[" + strings.Repeat("{},", 5_000_000) + "{}]", nil, 413, "about:blank"},
		{"millions of numbers", "POST", "/entityOperations/create", "[" + strings.Repeat("0,", 8_000_000) + "0]", nil, 413, "about:blank"},
		{"millions of deletions", "POST", "/entityOperations/delete", "[" + strings.Repeat(`"urn:h:x",`, 1_500_000) + `"urn:h:x"]`, nil, 413, "about:blank"},
		{"a large value", "POST", "/entities", entity(`"p":{"type":"Property","value":"` + strings.Repeat("x", 15_000_000) + `"}`), nil, 413, "about:blank"},
		{"a wild expression", "GET", "/entities?type=Hostile&q=" + esc("p~=((a{1,1000}){1,1000}){1,1000}"), "", nil, 400, "BadRequestData"},
		{"a wild pattern", "GET", "/entities?type=Hostile&idPattern=" + esc("(a{1000}){1000}"), "", nil, 400, "BadRequestData"},
		{"an expression that goes back", "GET", "/entities?type=Hostile&q=" + esc("p~=(a+)+$"), "", nil, 200, ""},
		{"open brackets", "GET", "/entities?type=Hostile&q=" + strings.Repeat("(", 30_000), "", nil, 400, "BadRequestData"},
		{"an offset beyond all", "GET", "/entities?type=Hostile&offset=9223372036854775807", "", nil, 200, ""},
		{"an offset below all", "GET", "/entities?type=Hostile&offset=-1", "", nil, 400, "BadRequestData"},
		{"a page without end", "GET", "/entities?type=Hostile&limit=2147483648", "", nil, 403, "TooManyResults"},
		{"a cursor of theirs", "GET", "/entities?type=Hostile&pageAfter=%ff%00", "", nil, 400, "BadRequestData"},
		{"100,000 points", "POST", "/entityOperations/query", `{"type":"Query","entities":[{"type":"Hostile"}],"geoQ":{"georel":"within","geometry":"MultiPoint","coordinates":[` + many(100_000, "[%d,0]") + `]}}`, nil, 400, "BadRequestData"},
		{"a tenant of theirs", "GET", "/entities?type=Hostile", "", []string{"NGSILD-Tenant", "../x"}, 400, "BadRequestData"},
		{"every tenant", "GET", "/entities?type=Hostile", "", []string{"NGSILD-Tenant", "*"}, 400, "BadRequestData"},
		{"another unit's tenant", "POST", "/entities", entity(`"p":1`), []string{"NGSILD-Tenant", "health"}, 403, "about:blank"},
		{"a context of itself", "GET", "/entities?type=Hostile", "", link("/self"), 400, "BadRequestData"},
		{"a context of two contexts", "GET", "/entities?type=Hostile", "", link("/two"), 400, "BadRequestData"},
		{"a context of rubbish", "GET", "/entities?type=Hostile", "", link("/rubbish"), 400, "BadRequestData"},
		{"a context that goes round", "GET", "/entities?type=Hostile", "", link("/round"), 504, "LdContextNotAvailable"},
		{"a context without end", "GET", "/entities?type=Hostile", "", link("/endless"), 504, "LdContextNotAvailable"},
		{"a context of a file", "GET", "/entities?type=Hostile", "", []string{"Link", `<file:///etc/passwd>; rel="http://www.w3.org/ns/json-ld#context"`}, 504, "LdContextNotAvailable"},
		{"a header in a header", "POST", "/subscriptions", subscriptionTo(host.URL, `,"receiverInfo":[{"key":"X","value":"a\r\nEvil: 1"}]`, ""), nil, 400, "BadRequestData"},
		{"a length of theirs", "POST", "/subscriptions", subscriptionTo(host.URL, `,"receiverInfo":[{"key":"Content-Length","value":"1"}]`, ""), nil, 400, "BadRequestData"},
		{"a notification each nanosecond", "POST", "/subscriptions", subscriptionTo(host.URL, "", `"timeInterval":1e-9,`), nil, 400, "BadRequestData"},
	} {
		status, kind, b := ask(c.method, c.path, c.body, c.headers...)
		if status != c.status || kind != c.kind && c.kind != "" || inside.MatchString(b) {
			t.Errorf("%s: %d %s, want %d %s: %.200s", c.what, status, kind, c.status, c.kind, b)
		}
	}
	if _, _, now := ask("GET", "/types?details=true", ""); now != as {
		t.Errorf("something was changed: %s, and was %s", now, as)
	}
	if after := h.memory(); after > before+512 {
		t.Errorf("memory: %d MiB before, %d MiB after", before, after)
	}
	// What is taken although it is large must not be dear: an object of very many members is stored, changed and read.
	for range 2 {
		if status, _, b := ask("POST", "/entityOperations/upsert", `[{"id":"urn:h:3","type":"Hostile","p":{"type":"Property","value":{`+many(80_000, `"k%d":1`)+`}}}]`); status/100 != 2 {
			t.Errorf("many members: %d %.200s", status, b)
		}
	}
	if status, _, b := ask("GET", "/temporal/entities/urn:h:3", ""); status/100 != 2 {
		t.Errorf("many members of the past: %d %.200s", status, b)
	}
	if strings.Contains(s.errout.String(), "panic") {
		t.Errorf("a panic\n%s", s.errout)
	}
}

func subscriptionTo(uri, endpoint, more string) string {
	return `{"type":"Subscription","entities":[{"type":"Hostile"}],` + more + `"notification":{"endpoint":{"uri":"` + uri + `"` + endpoint + `}}}`
}

// contextHost answers what no context host should.
func contextHost(w http.ResponseWriter, r *http.Request) {
	here := "http://" + r.Host
	w.Header().Set("Content-Type", "application/ld+json")
	switch {
	case r.URL.Path == "/self":
		fmt.Fprintf(w, `{"@context":%q}`, here+"/self")
	case strings.HasPrefix(r.URL.Path, "/two"):
		fmt.Fprintf(w, `{"@context":[%q,%q]}`, here+r.URL.Path+"a", here+r.URL.Path+"b")
	case r.URL.Path == "/round":
		http.Redirect(w, r, here+"/round", http.StatusFound)
	case r.URL.Path == "/endless":
		_, _ = io.WriteString(w, `{"@context":{`)
		for i := 0; r.Context().Err() == nil; i++ {
			if _, err := fmt.Fprintf(w, `"t%d":"http://x/%d",`, i, i); err != nil {
				return
			}
		}
	default:
		_, _ = io.WriteString(w, "<html>no</html>")
	}
}

// Claim: what is no MQTT, too long, or another's is refused, and devices go on.
func TestHostileDevices(t *testing.T) {
	s := start(t, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	h := &hostile{s, s.mqtt}
	packet := func(first byte, body string) string {
		out, n := []byte{first}, len(body)
		for ; n > 127; n >>= 7 {
			out = append(out, byte(n)|0x80)
		}
		return string(append(out, byte(n))) + body
	}
	text := func(v string) string { return string([]byte{byte(len(v) >> 8), byte(len(v))}) + v }
	connect := packet(0x10, text("MQTT")+"\x04\xc2\x00\x3c"+text("c")+text("device")+text(s.token))
	publish := func(topic, payload string) string { return packet(0x32, text(topic)+"\x00\x01"+payload) }
	const welcome, acked = "\x20\x02\x00\x00", "\x40\x02\x00\x01"
	before := h.memory()
	for _, c := range []struct{ what, say, want string }{
		{"HTTP", "GET / HTTP/1.1\r\n\r\n", ""},
		{"a length without end", "\x10\xff\xff\xff\xff\xff", ""},
		{"a length of 256 MiB", "\x10\xff\xff\xff\x7f" + strings.Repeat("x", 1000), ""},
		{"before it signs in", publish("city/-/entities", "{}"), ""},
		{"a packet of 2 MB", connect + publish("city/-/entities", strings.Repeat("x", 2_000_000)), welcome},
		{"wildcards", connect + publish("city/+/entities", "{}"), welcome},
		{"another unit's", connect + publish("city/health/entities", `{"id":"urn:h:9","type":"Hostile"}`), welcome},
		{"a tenant with a separator", connect + publish("city/power\x1fx/entities", `{"id":"urn:h:9","type":"Hostile"}`), welcome},
		{"foreign", connect + publish("other/topic", "1"), welcome},
		{"deep", connect + publish("city/-/entities", strings.Repeat("[", 500_000)), welcome + acked},
		{"nothings", connect + publish("city/-/entities", "["+strings.Repeat("0,", 400_000)+"0]"), welcome + acked},
		{"an id with a NUL", connect + publish("city/-/entities/urn:h:%00/attrs/p", "1"), welcome + acked},
	} {
		if got := h.ask(t, c.say); !strings.HasPrefix(got, c.want) || len(got) > len(c.want)+2 { // a goodbye may follow
			t.Errorf("%s: %q", c.what, got)
		}
	}
	if got := h.ask(t, connect+publish("city/-/entities", `{"id":"urn:h:1","type":"Hostile","p":1}`)); got != welcome+acked {
		t.Errorf("a device after all that: %q", got)
	}
	if b := string(s.get("/ngsi-ld/v1/entities?type=Hostile&format=simplified")); b != `[{"id":"urn:h:1","type":"Hostile","p":1}]` {
		t.Errorf("there is %s", b)
	}
	if after := h.memory(); after > before+256 {
		t.Errorf("memory: %d MiB before, %d MiB after", before, after)
	}
	if strings.Contains(s.errout.String(), "panic") {
		t.Errorf("a panic\n%s", s.errout)
	}
}
