package city

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
)

// room is a program with this system alone.
type room struct {
	*hosttest.App
	t *testing.T
}

func open1(t *testing.T, change func(*Config)) *room {
	t.Helper()
	s := System()
	if change != nil {
		change(s.Config.(*Config))
	}
	return &room{hosttest.Open(t, s), t}
}

// token issues a token of a unit.
func (r *room) token(unit string, roles ...string) string {
	r.t.Helper()
	secret, err := r.People.IssueToken(r.t.Context(), identity.System("identity"), "test", unit, roles, time.Time{})
	if err != nil {
		r.t.Fatal(err)
	}
	return secret
}

// ask sends a request to the standard's interface.
func (r *room) ask(method, path, token, tenant, body string) (int, string) {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), method, r.URL+"/ngsi-ld/v1"+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	if tenant != "" {
		q.Header.Set("NGSILD-Tenant", tenant)
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return a.StatusCode, string(b)
}

// dial signs a device in.
func (r *room) dial(token string) (mqtt.Client, error) {
	o := mqtt.NewClientOptions().AddBroker("tcp://" + r.Listening()["city/mqtt"]).SetAutoReconnect(false).SetConnectTimeout(5 * time.Second)
	if token != "" {
		o.SetUsername("device").SetPassword(token)
	}
	c := mqtt.NewClient(o)
	tok := c.Connect()
	tok.WaitTimeout(10 * time.Second)
	r.t.Cleanup(func() { c.Disconnect(0) })
	return c, tok.Error()
}

// say publishes and waits for the acknowledgement.
func say(t *testing.T, c mqtt.Client, topic, payload string) error {
	t.Helper()
	tok := c.Publish(topic, 1, false, payload)
	if !tok.WaitTimeout(10 * time.Second) {
		t.Fatalf("%s was not acknowledged", topic)
	}
	return tok.Error()
}

// lamp is an entity of the tests, with a value that counts.
func lamp(n int, level float64) string {
	return fmt.Sprintf(`{"id":"urn:ngsi-ld:Streetlight:%d","type":"Streetlight","level":{"type":"Property","value":%v,"unitCode":"P1","observedAt":"2015-11-20T01:00:00Z"},`+
		`"onPole":{"type":"Relationship","object":"urn:ngsi-ld:Pole:1"},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[117.2,39.1]}}}`, n, level)
}

// TestContract holds this system to the contract of package host.
func TestContract(t *testing.T) { hosttest.Check(t, System) }

// TestRights: who may do what in which tenant, by token and without.
func TestRights(t *testing.T) {
	for _, c := range []struct {
		anonymous, unit, role, tenant string
		read, write, subscribe        int
	}{
		{"none", "", "", "", 401, 401, 401},
		{"read", "", "", "", 200, 401, 401},
		{"read", "", "", "power", 401, 401, 401},
		{"write", "", "", "", 200, 201, 201},
		{"write", "", "", "anything", 200, 201, 201},
		{"none", "power", identity.RoleReader, "", 200, 403, 403},
		{"none", "power", identity.RoleOperator, "", 200, 201, 201},
		{"none", "power", identity.RoleOperator, "power", 200, 201, 201},
		{"none", "power", identity.RoleOfficer, "health", 403, 403, 403},
		{"none", "power", identity.RoleLeader, "health", 200, 201, 201},
		{"none", "power", identity.RoleOfficer, "nowhere", 403, 403, 403},
		{"read", "power", identity.RoleReader, "power", 200, 403, 403},
	} {
		t.Run(fmt.Sprintf("%s %s %s in %q", c.anonymous, c.unit, c.role, c.tenant), func(t *testing.T) {
			r := open1(t, func(conf *Config) { conf.Anonymous = c.anonymous })
			token := ""
			if c.unit != "" {
				token = r.token(c.unit, c.role)
			}
			if status, b := r.ask("POST", "/entities", token, c.tenant, lamp(1, 1)); status != c.write {
				t.Errorf("write: %d %s", status, b)
			}
			if status, b := r.ask("POST", "/subscriptions", token, c.tenant, `{"type":"Subscription","entities":[{"type":"Streetlight"}],"notification":{"endpoint":{"uri":"http://127.0.0.1:1/"}}}`); status != c.subscribe {
				t.Errorf("subscribe: %d %s", status, b)
			}
			if status, b := r.ask("GET", "/entities?type=Streetlight", token, c.tenant, ""); status != c.read {
				t.Errorf("read: %d %s", status, b)
			}
			if status, _ := r.ask("GET", "/entities?type=Streetlight", "hh_wrong", c.tenant, ""); status != 401 {
				t.Errorf("a wrong token: %d", status)
			}
		})
	}
}

// TestDevices: what a device publishes is an entity with a history; what is wrong is refused, told and shown.
func TestDevices(t *testing.T) {
	r := open1(t, nil)
	token := r.token("power", identity.RoleOperator)
	c, err := r.dial(token)
	if err != nil {
		t.Fatal(err)
	}
	const one = "city/-/entities/urn:ngsi-ld:Streetlight:1/attrs"
	for _, m := range [][2]string{
		{"city/-/entities", lamp(1, 10)}, {"city/power/entities", "[" + lamp(2, 1) + "," + lamp(3, 1) + "]"},
		{one + "/level", "20"}, {one + "/level", `{"value":30,"observedAt":"2015-11-20T01:20:00Z"}`}, {one + "/state", "on"}, {one + "/state", `"off"`}, {one + "/lit", "true"},
		{one, `{"level":{"value":40},"note":"x"}`},
	} {
		if err := say(t, c, m[0], m[1]); err != nil {
			t.Fatalf("%s: %v", m[0], err)
		}
	}
	status, body := r.ask("GET", "/entities/urn:ngsi-ld:Streetlight:1?format=simplified", token, "", "")
	var e struct {
		Level float64
		State string
		Lit   bool
		Note  string
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil || status != 200 || e.Level != 40 || e.State != "off" || !e.Lit || e.Note != "x" {
		t.Errorf("%d %s", status, body)
	}
	if _, body = r.ask("GET", "/entities/urn:ngsi-ld:Streetlight:1", token, "", ""); !strings.Contains(body, `"unitCode":"P1"`) || !strings.Contains(body, `"onPole"`) {
		t.Errorf("what was there is gone: %s", body)
	}
	if _, body = r.ask("GET", "/temporal/entities/urn:ngsi-ld:Streetlight:1?attrs=level&options=temporalValues", token, "", ""); strings.Count(body, "2015-11-20T01:") < 3 {
		t.Errorf("history: %s", body)
	}
	if status, _ = r.ask("GET", "/entities/urn:ngsi-ld:Streetlight:2", token, "power", ""); status != 200 {
		t.Errorf("in the unit's tenant: %d", status)
	}
	if status, _ = r.ask("GET", "/entities/urn:ngsi-ld:Streetlight:2", token, "", ""); status != 404 {
		t.Errorf("in the common context: %d", status)
	}
	for _, m := range [][2]string{
		{"city/-/entities", "{"}, {"city/-/entities", `{"id":"x","type":"T"}`}, {"city/-/entities", ""}, {one + "/level", ""}, {one + "/level", "null"}, {one + "/1bad name", "1"},
		{"city/-/entities/urn:ngsi-ld:Streetlight:9/attrs/level", "1"}, {"city/-/entities/nouri/attrs/level", "1"}, {one, `[1]`}, {one + "/level", `{"type":"Relationship","object":"urn:a:b"}`},
	} {
		if err := say(t, c, m[0], m[1]); err != nil { // 3.1.1 cannot say no
			t.Fatalf("%s: %v", m[0], err)
		}
	}
	other, err := r.dial(r.token("health", identity.RoleOperator))
	if err != nil {
		t.Fatal(err)
	}
	if err := say(t, other, one+"/level", "99"); err != nil {
		t.Fatal(err)
	}
	if _, body = r.ask("GET", "/entities/urn:ngsi-ld:Streetlight:1?format=simplified", token, "", ""); !strings.Contains(body, `"level":40`) {
		t.Errorf("another unit's device wrote: %s", body)
	}
	page := r.As("reader").Get("/en/city/devices")
	if n := strings.Count(page.Body, `id="refused-`); n != 11 && n != 12 { // the table itself may count
		t.Errorf("%d refused messages are shown", n)
	}
	if !strings.Contains(page.Body, "another unit") || !strings.Contains(page.Body, "there is no entity") {
		t.Error("the reasons are not shown")
	}
	if strings.Contains(page.Body, "99") && strings.Contains(page.Body, "nouri\":") {
		t.Error("payloads are shown")
	}
}

// TestDevicesKeptOut: no token, a wrong one, a reader's, another unit's tenant.
func TestDevicesKeptOut(t *testing.T) {
	r := open1(t, nil)
	if _, err := r.dial(""); err == nil {
		t.Error("nobody was let in")
	}
	if _, err := r.dial("hh_wrong"); err == nil {
		t.Error("a wrong token was let in")
	}
	reader, err := r.dial(r.token("power", identity.RoleReader))
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 10)
	tok := reader.Subscribe("city/-/#", 1, func(_ mqtt.Client, m mqtt.Message) { got <- m.Topic() })
	if !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	for _, filter := range []string{"#", "city/#", "city/+/entities", "city/health/#"} {
		tok := reader.Subscribe(filter, 1, nil)
		if tok.WaitTimeout(5 * time.Second); tok.(*mqtt.SubscribeToken).Result()[filter] < 0x80 {
			t.Errorf("%s was granted", filter)
		}
	}
	writer, err := r.dial(r.token("power", identity.RoleOperator))
	if err != nil {
		t.Fatal(err)
	}
	if err := say(t, writer, "city/-/entities", lamp(1, 1)); err != nil {
		t.Fatal(err)
	}
	if topic := <-got; topic != "city/-/entities" {
		t.Errorf("the reader was sent %s", topic)
	}
	reader.Publish("city/-/entities", 1, false, lamp(2, 1))
	for end := time.Now().Add(5 * time.Second); reader.IsConnected() && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
	}
	if status, _ := r.ask("GET", "/entities/urn:ngsi-ld:Streetlight:2", r.token("power", identity.RoleReader), "", ""); status != 404 || reader.IsConnected() {
		t.Errorf("a reader wrote (%d), or stays (%v)", status, reader.IsConnected())
	}
}

// TestPages: types, entities with their filters, one entity with its course, exports.
func TestPages(t *testing.T) {
	r := open1(t, nil)
	token := r.token("power", identity.RoleOfficer)
	for i := range 60 {
		if status, b := r.ask("POST", "/entities", token, "", lamp(i, float64(i))); status != 201 {
			t.Fatalf("%d %s", status, b)
		}
	}
	for i := range 5 {
		r.Clock.Advance(time.Minute)
		if status, b := r.ask("PATCH", "/entities/urn:ngsi-ld:Streetlight:7/attrs", token, "", fmt.Sprintf(`{"level":{"type":"Property","value":%d}}`, i*10)); status != 204 {
			t.Fatalf("%d %s", status, b)
		}
	}
	one := "/city/entity?id=" + url.QueryEscape("urn:ngsi-ld:Streetlight:7")
	r.Rows(t, []hosttest.Row{
		{Name: "types", Method: "GET", Path: "/en/city", As: "reader", Status: 200, Has: []string{"Streetlight", ">60<", "level, location, onPole"}},
		{Name: "all", Method: "GET", Path: "/zh/city/entities", As: "reader", Status: 200, Has: []string{"Streetlight:0<", "after="}, Lacks: []string{"Streetlight:55<"}},
		{Name: "a condition", Method: "GET", Path: "/zh/city/entities?type=Streetlight&q=" + url.QueryEscape("level>=58"), As: "reader", Status: 200, Has: []string{"Streetlight:58<", "Streetlight:59<"}, Lacks: []string{"Streetlight:3<"}},
		{Name: "a wrong condition", Method: "GET", Path: "/en/city/entities?q=" + url.QueryEscape("level>>5"), As: "reader", Status: 200, Has: []string{"condition is wrong"}},
		{Name: "a wrong condition in Chinese", Method: "GET", Path: "/zh/city/entities?q=" + url.QueryEscape("level>>5"), As: "reader", Status: 200, Has: []string{"条件式有误：参数 q"}, Lacks: []string{"expected"}},
		{Name: "what nobody may do", Method: "GET", Path: "/zh/city/devices", As: "reader", Status: 200, Has: []string{"不可访问"}, Lacks: []string{">none<"}},
		{Name: "a wrong type", Method: "GET", Path: "/zh/city/entities?type=" + url.QueryEscape("A,,(B"), As: "reader", Status: 200, Has: []string{"类型选择式有误"}},
		{Name: "a part of an id", Method: "GET", Path: "/zh/city/entities?id=light:5", As: "reader", Status: 200, Has: []string{"Streetlight:5<", "Streetlight:50<"}, Lacks: []string{"Streetlight:6<"}},
		{Name: "a wrong cursor", Method: "GET", Path: "/zh/city/entities?after=%21%21", As: "reader", Status: 200, Has: []string{"note bad"}},
		{Name: "one", Method: "GET", Path: "/en" + one, As: "reader", Status: 200, Has: []string{"urn:ngsi-ld:Pole:1", "The course of level", "<svg", "data-map", "created", "changed level"}},
		{Name: "one in Chinese", Method: "GET", Path: "/zh" + one, As: "reader", Status: 200, Has: []string{"level 的变化", "关系", "责任单位"}},
		{Name: "another attribute", Method: "GET", Path: "/en" + one + "&attr=onPole", As: "reader", Status: 200, Has: []string{"History of onPole"}, Lacks: []string{"The course of"}},
		{Name: "none", Method: "GET", Path: "/en/city/entity?id=urn:x:none", As: "reader", Status: 404},
		{Name: "another unit's tenant", Method: "GET", Path: "/en/city/entities?tenant=health", As: "reader", Status: 403},
		{Name: "CSV", Method: "GET", Path: "/api/city/entities.csv?type=Streetlight", As: "reader", Status: 200, Has: []string{"id,type,owner", "urn:ngsi-ld:Streetlight:59,Streetlight,power,level,Property"}},
		{Name: "CSV of another tenant", Method: "GET", Path: "/api/city/entities.csv?tenant=health", As: "reader", Status: 403},
		{Name: "search", Method: "GET", Path: "/en/search?q=urn:ngsi-ld:Streetlight:7", As: "reader", Status: 200, Has: []string{"/en/city/entity?id="}},
		{Name: "contexts", Method: "GET", Path: "/en/city/contexts", As: "reader", Status: 200, Has: []string{"ngsi-ld-core-context", "part of the program"}},
		{Name: "nobody", Method: "GET", Path: "/en" + one, As: "", Status: 303},
		{Name: "an administrator", Method: "GET", Path: "/en" + one, As: "security", Status: 403},
	})
	var list []map[string]any
	r.As("reader").Get("/api/city/entities.jsonld?type=Streetlight").JSON(t, &list)
	if len(list) != 60 || list[0]["@context"] == nil {
		t.Errorf("%d entities exported", len(list))
	}
	r.As("reader").Get("/api/city/entities.jsonld?type=None").JSON(t, &list)
	if len(list) != 0 {
		t.Errorf("%d entities of no type", len(list))
	}
}

// TestSubscriptions: a subscription is seen with how it goes, paused, resumed, its dead letters are sent again, and it is deleted;
// all of it is in the journal.
func TestSubscriptions(t *testing.T) {
	var down atomic.Bool
	var taken atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusBadRequest) // never to be taken: a dead letter at once
			return
		}
		taken.Add(1)
	}))
	defer receiver.Close()
	r := open1(t, func(c *Config) { c.GiveUp = time.Minute })
	token := r.token("economy-it", identity.RoleOfficer)
	status, b := r.ask("POST", "/subscriptions", token, "", `{"id":"urn:ngsi-ld:Subscription:s1","type":"Subscription","entities":[{"type":"Streetlight"}],"notificationTrigger":["entityCreated"],"notification":{"endpoint":{"uri":"`+receiver.URL+`/n?key=s3cr3t","accept":"application/json"}}}`)
	if status != 201 {
		t.Fatalf("%d %s", status, b)
	}
	n := 0
	make1 := func() {
		n++
		if status, b := r.ask("POST", "/entities", token, "", lamp(n, 1)); status != 201 {
			t.Fatalf("%d %s", status, b)
		}
	}
	page := func(who string) string {
		return r.As(who).Get("/en/city/subscription?id=urn:ngsi-ld:Subscription:s1").Body
	}
	until := func(what string, is func() bool) {
		t.Helper()
		for end := time.Now().Add(15 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s did not come:\n%s", what, page("officer"))
			}
		}
	}
	press := func(do string) {
		t.Helper()
		if a := r.As("officer").Post("/en/city/subscription", url.Values{"do": {do}, "id": {"urn:ngsi-ld:Subscription:s1"}, "tenant": {""}}); a.Status != 303 {
			t.Fatalf("%s: %d %s", do, a.Status, a.Body)
		}
	}
	make1()
	until("the notification", func() bool { return taken.Load() == 1 && strings.Contains(page("officer"), "delivering") })
	down.Store(true)
	make1()
	until("the dead letter", func() bool { r.Clock.Advance(time.Second); return strings.Contains(page("officer"), "Streetlight:2") })
	if p := page("reader"); strings.Contains(p, "Discard") || strings.Contains(p, "s3cr3t") || !strings.Contains(p, "Streetlight:2") {
		t.Error("a reader is offered what is not theirs, or shown the receiver's key")
	}
	if a := r.As("reader").Post("/en/city/subscription", url.Values{"do": {"replay"}, "id": {"urn:ngsi-ld:Subscription:s1"}}); a.Status != 403 {
		t.Errorf("a reader sends letters again: %d", a.Status)
	}
	down.Store(false)
	press("replay")
	until("the letter sent again", func() bool { r.Clock.Advance(time.Second); return taken.Load() == 2 })
	press("pause")
	if p := page("officer"); !strings.Contains(p, "paused") || !strings.Contains(p, "Resume") {
		t.Error("it is not paused")
	}
	make1()
	press("resume")
	make1()
	until("the notification after the pause", func() bool { return taken.Load() == 3 })
	if l := r.As("reader").Get("/zh/city/subscriptions").Body; !strings.Contains(l, "Subscription:s1") || strings.Contains(l, "s3cr3t") {
		t.Error("the list lacks it, or shows the receiver's key")
	}
	press("delete")
	if a := r.As("officer").Get("/en/city/subscription?id=urn:ngsi-ld:Subscription:s1"); a.Status != 404 {
		t.Errorf("after its end: %d", a.Status)
	}
	var out bytes.Buffer
	if _, err := r.Journal.Export(t.Context(), &out, journal.Filter{}); err != nil {
		t.Fatal(err)
	}
	for verb, times := range map[string]int{"create-subscription": 1, "update-subscription": 2, "replay-letters": 1, "delete-subscription": 1} {
		if got := strings.Count(out.String(), `"verb":"`+verb+`"`); got != times {
			t.Errorf("%s is in the journal %d times", verb, got)
		}
	}
	if !strings.Contains(out.String(), "urn:ngsi-ld:Subscription:s1") || strings.Contains(out.String(), "s3cr3t") {
		t.Error("the journal does not name the subscription, or shows its key")
	}
}

// TestTry: every operation that is served has its form, and a form asks as its reader.
func TestTry(t *testing.T) {
	r := open1(t, nil)
	_, b := r.ask("GET", "/openapi.json", "", "", "")
	var doc struct {
		Paths map[string]map[string]struct {
			ID string `json:"x-haihe-operation"`
		}
	}
	if err := json.Unmarshal([]byte(b), &doc); err != nil || len(doc.Paths) < 15 {
		t.Fatalf("%v: %.300s", err, b)
	}
	ops := r.As("officer").Get("/en/city/try").Body
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if !strings.Contains(ops, "/city/try/"+op.ID) {
				t.Errorf("%s %s (%s) is not on the page", method, path, op.ID)
			}
			if a := r.As("officer").Get("/en/city/try/" + op.ID); a.Status != 200 || !strings.Contains(a.Body, strings.ToUpper(method)) {
				t.Errorf("%s: %d", op.ID, a.Status)
			}
		}
	}
	send := func(who, op string, form url.Values) string {
		return r.As(who).Post("/en/city/try/"+op, form).Body
	}
	if a := send("officer", "O01", url.Values{"body": {lamp(1, 5)}}); !strings.Contains(a, "201 Created") || !strings.Contains(a, "curl -si -X POST") {
		t.Errorf("create: %.3000s", a)
	}
	if a := send("reader", "O01", url.Values{"body": {lamp(2, 5)}}); !strings.Contains(a, "403 Forbidden") {
		t.Error("a reader created an entity")
	}
	if a := send("reader", "O05", url.Values{"id": {"urn:ngsi-ld:Streetlight:1"}, "p.format": {"simplified"}, "accept": {"application/geo+json"}}); !strings.Contains(a, "200 OK") || !strings.Contains(a, "&#34;Feature&#34;") {
		t.Errorf("retrieve: %.3000s", a)
	}
	if a := send("officer", "O01", url.Values{"body": {`{"id":`}}); !strings.Contains(a, "400 Bad Request") || !strings.Contains(a, "InvalidRequest") {
		t.Error("a wrong body is not told")
	}
	if a := r.As("officer").Get("/en/city/try/O999"); a.Status != 404 {
		t.Errorf("no such operation: %d", a.Status)
	}
	// A page of ours may ask with the session's form token; without it a session changes nothing.
	if a := r.As("officer").Do("POST", "/ngsi-ld/v1/entities", "application/json", lamp(3, 1)); a.Status != 201 {
		t.Errorf("with the form token: %d %s", a.Status, a.Body)
	}
}

// TestShutDoor: a port that is taken keeps devices out, and nobody else.
func TestShutDoor(t *testing.T) {
	first := open1(t, nil)
	taken := first.Listening()["city/mqtt"]
	r := open1(t, func(c *Config) { c.MQTT = "" })
	if !strings.Contains(r.As("reader").Get("/en/city/devices").Body, "is shut") {
		t.Error("a door that is turned off is not told")
	}
	svc := &service{conf: Config{MQTT: taken, MaxDevices: 1, MaxPacket: 1, InFlight: 1}, intake: &intake{}, host: &host.Host{Wall: time.Now}}
	if err := svc.listen(); err == nil {
		t.Error("a taken port was listened on")
	} else if svc.shut = err; svc.health(t.Context()) == nil {
		t.Error("a shut door is healthy")
	}
}

// BenchmarkDevices is what eight connections carry in readings, each stored, committed and acknowledged (QoS 1), client included.
func BenchmarkDevices(b *testing.B) {
	app := hosttest.Open(b, System())
	token, err := app.People.IssueToken(b.Context(), identity.System("identity"), "test", "power", []string{identity.RoleOperator}, time.Time{})
	if err != nil {
		b.Fatal(err)
	}
	const devices = 8
	var clients []mqtt.Client
	for i := range devices {
		c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + app.Listening()["city/mqtt"]).SetUsername("x").SetPassword(token))
		if tok := c.Connect(); tok.Wait() && tok.Error() != nil {
			b.Fatal(tok.Error())
		}
		c.Publish("city/-/entities", 1, false, lamp(i, 0)).Wait()
		clients = append(clients, c)
	}
	b.ResetTimer()
	last := make([]mqtt.Token, devices)
	for i := range b.N {
		d := i % devices
		last[d] = clients[d].Publish(fmt.Sprintf("city/-/entities/urn:ngsi-ld:Streetlight:%d/attrs/level", d), 1, false, fmt.Sprintf("%d.5", i%1000))
	}
	for _, tok := range last {
		if tok != nil {
			tok.Wait()
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "readings/s")
	for _, c := range clients {
		c.Disconnect(0)
	}
}
