package city

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/kernel/identity"
)

// asker is who comes, and where.
type asker struct{ unit, role, tenant string }

// TestMatrix holds every operation that is served to who may do it: nobody, each kind of role, of the unit and of another, in the common
// context and in a unit's space.
func TestMatrix(t *testing.T) {
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
	const read, write, subscribe, host = "read", "write", "subscribe", "host"
	acts := map[string]string{}
	for act, ids := range map[string]string{
		read: "O02 O03 O05 O19 O20 O21 O22 O23 O24 O32 O33 O34 O52 O53 O58", subscribe: "O25 O26 O27 O28 O29", host: "O51 O54",
		write: "O01 O04 O06 O07 O08 O09 O10 O11 O12 O13 O14 O15 O16 O17 O18 O31 O35 O36 O37 O38 O39",
	} {
		for id := range strings.FieldsSeq(ids) {
			acts[id] = act
		}
	}
	may := map[string]string{ // what a role may; administrators have no business here
		identity.RoleReader: read, identity.RoleOperator: "read write subscribe", identity.RoleOfficer: "read write subscribe host", identity.RoleLeader: "read write subscribe host",
	}
	for _, a := range []asker{
		{"", "", ""}, {"", "", "power"},
		{"power", identity.RoleReader, ""}, {"power", identity.RoleReader, "power"}, {"health", identity.RoleReader, "power"},
		{"power", identity.RoleOperator, ""}, {"power", identity.RoleOperator, "power"}, {"health", identity.RoleOperator, "power"},
		{"power", identity.RoleOfficer, ""}, {"power", identity.RoleOfficer, "power"}, {"health", identity.RoleOfficer, "power"}, {"power", identity.RoleOfficer, "POWER"},
		{"health", identity.RoleLeader, "power"},
		{"power", identity.RoleSecurity, ""}, {"power", identity.RoleSystem, ""}, {"power", identity.RoleAudit, "power"},
	} {
		t.Run(fmt.Sprintf("%s %s in %q", a.unit, a.role, a.tenant), func(t *testing.T) {
			token := ""
			if a.unit != "" && may[a.role] != "" {
				token = r.token(a.unit, a.role)
			}
			for path, methods := range doc.Paths {
				for method, op := range methods {
					act, known := acts[op.ID]
					if !known {
						t.Errorf("%s %s %s is in no row of the matrix", op.ID, method, path)
						continue
					}
					want := 0 // anything but a refusal
					switch {
					case token == "" && a.role != "":
						want = http.StatusForbidden
					case token == "":
						want = http.StatusUnauthorized
					case !strings.Contains(may[a.role], act) || a.tenant != "" && a.tenant != a.unit && a.role != identity.RoleLeader:
						want = http.StatusForbidden
					}
					got := r.try(a, token, strings.ToUpper(method), path)
					if refused := got == 401 || got == 403; want == 0 && refused || want != 0 && got != want {
						t.Errorf("%s %s %s (%s): %d, want %d", op.ID, method, path, act, got, want)
					}
				}
			}
		})
	}
}

// try asks for an operation on what is not there, with a token, or with the session of an administrator.
func (r *room) try(a asker, token, method, path string) int {
	r.t.Helper()
	for _, p := range []string{"{entityId}", "{subscriptionId}", "{contextId}", "{type}", "{attrId}", "{attrName}", "{instanceId}"} {
		path = strings.ReplaceAll(path, p, "urn:ngsi-ld:none:1")
	}
	body := ""
	if method != "GET" && method != "DELETE" {
		body = "{}"
	}
	if token == "" && a.role != "" {
		return r.As(strings.TrimSuffix(a.role, "-admin")).Do(method, "/ngsi-ld/v1"+strings.TrimPrefix(path, "/ngsi-ld/v1"), "application/json", body).Status
	}
	status, _ := r.ask(method, strings.TrimPrefix(path, "/ngsi-ld/v1"), token, a.tenant, body)
	return status
}

// TestSubscriptionIsItsUnits: in the common context another unit sees that there is a subscription, and neither the keys of its
// receiver nor a way to lead them elsewhere.
func TestSubscriptionIsItsUnits(t *testing.T) {
	r := open1(t, nil)
	mine, other, leader, colleague := r.token("power", identity.RoleOfficer), r.token("health", identity.RoleOfficer), r.token("health", identity.RoleLeader), r.token("power", identity.RoleOperator)
	const one = "/subscriptions/urn:s:1"
	status, b := r.ask("POST", "/subscriptions", mine, "", `{"id":"urn:s:1","type":"Subscription","entities":[{"type":"T"}],"notification":{"endpoint":{"uri":"http://me:pa55@127.0.0.1:1/in?key=k3y",
		"accept":"application/json","receiverInfo":[{"key":"Authorization","value":"Bearer s3cr3t"}],"notifierInfo":[{"key":"x","value":"n0te"}]}}}`)
	if status != 201 {
		t.Fatalf("%d %s", status, b)
	}
	keys := []string{"pa55", "k3y", "s3cr3t", "n0te"}
	for _, path := range []string{one, "/subscriptions"} {
		for _, token := range []string{mine, other, leader, colleague} {
			status, b := r.ask("GET", path, token, "", "")
			for _, k := range keys {
				if status != 200 || strings.Contains(b, k) == (token == other) {
					t.Errorf("%s: %d, %s shown: %v", path, status, k, strings.Contains(b, k))
				}
			}
			if !strings.Contains(b, "127.0.0.1:1/in") || !strings.Contains(b, `"accept":"application/json"`) {
				t.Errorf("the receiver is not shown: %s", b)
			}
		}
	}
	if p := r.As("officer").Get("/en/city/subscription?id=urn:s:1").Body; strings.Contains(p, "s3cr3t") || strings.Contains(p, `value="pause"`) || !strings.Contains(p, "urn:s:1") {
		t.Error("the console shows another unit's officer the keys, or a button that is not theirs")
	}
	for _, do := range []string{"pause", "delete", "replay", "discard"} {
		if a := r.As("officer").Post("/en/city/subscription", url.Values{"do": {do}, "id": {"urn:s:1"}, "tenant": {""}}); a.Status != 403 {
			t.Errorf("another unit's officer may %s it in the console: %d", do, a.Status)
		}
	}
	for _, c := range []struct {
		method, token, body string
		want                int
	}{
		{"PATCH", other, `{"type":"Subscription","isActive":false}`, 403}, {"PATCH", other, `{"type":"Subscription","q":"a>1"}`, 403}, {"DELETE", other, "", 403},
		{"PATCH", colleague, `{"type":"Subscription","isActive":false}`, 204}, {"PATCH", leader, `{"type":"Subscription","isActive":true}`, 204}, {"DELETE", colleague, "", 204},
	} {
		if status, b := r.ask(c.method, one, c.token, "", c.body); status != c.want {
			t.Errorf("%s %s: %d %s", c.method, c.body, status, b)
		}
	}
}
