package web

import (
	"net/url"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/kernel/identity"
)

// TestOwnTokens lets the system and the audit administrator give their own programs a token that may do what they may and no
// more; nobody else has the page, and the security administrator, who manages tokens, neither sees the form nor gets such a token.
func TestOwnTokens(t *testing.T) {
	a := newApp(t, nil)
	for role, want := range map[string]int{identity.RoleSystem: 403, identity.RoleAudit: 200} {
		c := a.client(t).login(role)
		form := url.Values{"csrf": {c.token("/zh/admin/my-tokens")}, "name": {"夜间归档"}, "until": {"2016-01-31"}}
		r := c.post("/zh/admin/my-tokens", form)
		_, rest, _ := strings.Cut(r.body, "<dt>令牌</dt>")
		_, rest, _ = strings.Cut(rest, "<dd>")
		secret, _, _ := strings.Cut(rest, "</dd>")
		n := a.client(t)
		journal := func() int {
			return n.get("/api/journal?limit=1", "Authorization", "Bearer "+strings.TrimSpace(secret)).StatusCode
		}
		if got := journal(); got != want {
			t.Fatalf("the token of the %s reads the journal: %d, want %d\n%.500s", role, got, want, r.body)
		}
		list := c.get("/en/admin/my-tokens").body
		_, rest, _ = strings.Cut(list, `name="id" value="`)
		id, _, _ := strings.Cut(rest, `"`)
		if r := c.post("/zh/admin/my-tokens/revoke", url.Values{"csrf": form["csrf"], "id": {id}}); r.StatusCode != 303 {
			t.Errorf("revoke: %d %.300s", r.StatusCode, r.body)
		}
		if got := journal(); got != 401 {
			t.Errorf("a revoked token of the %s: %d", role, got)
		}
		if r := c.post("/zh/admin/my-tokens", url.Values{"csrf": form["csrf"], "name": {"x"}, "until": {"tomorrow"}}); r.StatusCode != 422 {
			t.Errorf("a bad day: %d", r.StatusCode)
		}
	}
	for _, role := range []string{identity.RoleSecurity, identity.RoleOfficer} {
		if r := a.client(t).login(role).get("/zh/admin/my-tokens"); r.StatusCode != 403 {
			t.Errorf("%s: %d", role, r.StatusCode)
		}
	}
	if r := a.client(t).login(identity.RoleAudit).get("/api/journal?limit=0"); r.StatusCode != 400 {
		t.Errorf("a bad limit: %d", r.StatusCode)
	}
}
