package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// oneTime is what the page that makes a password shows once.
var oneTime = regexp.MustCompile(`[a-z2-9]{5}(?:-[a-z2-9]{5}){3}`)

// Claim: on the first day there are three administrators with one-time passwords and nobody else. A one-time password opens nothing
// but its own change. The security administrator makes accounts, and reads no journal; the audit administrator reads the journal, finds
// these acts there without names or passwords, and makes no accounts; the system administrator does neither. A second start makes no
// account.
func TestFirstDay(t *testing.T) {
	data, config := t.TempDir(), quietConfig(t)
	serve := []string{"serve", "--listen", "127.0.0.1:0", "--data", data, "--config", config}
	s := start(t, serve...)
	if len(s.accounts) != 3 {
		t.Fatalf("%d accounts were printed", len(s.accounts))
	}
	chosen := map[string]string{"system": "evening at the harbour", "security": "bridges over the Hai river", "audit": "five roads at sunrise", "wangmin": "a quiet day in Wuqing"}
	enter := func(login, once string) *visitor {
		t.Helper()
		v := s.visitor()
		p := v.login(login, once)
		if !strings.HasSuffix(p.path, "/account/password") {
			t.Fatalf("%s: a one-time password leads to %s", login, p.path)
		}
		for _, path := range []string{"/zh/admin/people", "/zh/admin/journal", "/zh/plan", "/api/plan/targets"} {
			if q := v.get(path); q.status == http.StatusOK && !strings.HasSuffix(q.path, "/account/password") {
				t.Errorf("%s: a one-time password opens %s", login, path)
			}
		}
		if q := v.submit(p, map[string]string{"old": once, "fresh": "1234567890", "again": "1234567890"}); q.status == http.StatusOK {
			t.Errorf("%s: a common password was taken", login)
		}
		p = v.submit(v.get(p.path), map[string]string{"old": once, "fresh": chosen[login], "again": chosen[login]})
		if p.status != http.StatusOK || strings.HasSuffix(p.path, "/account/password") {
			t.Fatalf("%s: the change of the password leads to %d %s", login, p.status, p.path)
		}
		return v
	}
	who := map[string]*visitor{}
	for login, once := range s.accounts {
		who[login] = enter(login, once)
	}
	for _, c := range []struct {
		path string
		may  string
	}{
		{"/zh/admin/people", "security audit"}, {"/zh/admin/people/new", "security"}, {"/zh/admin/tokens", "security audit"}, {"/zh/admin/journal", "audit"}, {"/api/journal", "audit"},
		{"/api/backup", "system"}, {"/zh/admin/grants", "security audit"},
	} {
		for login, v := range who {
			want := http.StatusForbidden
			if strings.Contains(c.may, login) {
				want = http.StatusOK
			}
			if p := v.get(c.path); p.status != want {
				t.Errorf("%s opens %s: %d, want %d", login, c.path, p.status, want)
			}
		}
		if p := s.visitor().get(c.path); p.status != http.StatusUnauthorized && !strings.Contains(p.path, "login") {
			t.Errorf("nobody opens %s: %d %s", c.path, p.status, p.path)
		}
	}
	guard := who["security"]
	p := guard.submit(guard.get("/zh/admin/people/new"), map[string]string{"login": "wangmin", "zh": "王敏", "en": "Wang Min", "unit": "power", "role-officer": "1"})
	once := oneTime.FindString(p.body)
	if p.status != http.StatusOK || once == "" {
		t.Fatalf("the new account's page: %d\n%.3000s", p.status, p.body)
	}
	officer := enter("wangmin", once)
	for path, want := range map[string]int{"/zh/plan": 200, "/zh/admin/people": 403, "/zh/admin/journal": 403, "/api/backup": 403} {
		if p := officer.get(path); p.status != want {
			t.Errorf("the officer opens %s: %d, want %d", path, p.status, want)
		}
	}
	acts := who["audit"].get("/api/journal?limit=500")
	for _, verb := range []string{"create-person", "login", "change-password"} {
		if !strings.Contains(acts.body, `"verb":"`+verb+`"`) {
			t.Errorf("the journal lacks %s", verb)
		}
	}
	for _, secret := range []string{"王敏", "Wang Min", "wangmin", once, chosen["wangmin"], chosen["audit"], "127.0.0.1"} {
		if strings.Contains(acts.body, secret) {
			t.Errorf("the journal holds %q", secret)
		}
	}
	if code, _ := s.stop(); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, s.errout)
	}
	if strings.Contains(s.errout.String(), once) || strings.Contains(s.errout.String(), chosen["wangmin"]) {
		t.Error("the log holds a password")
	}
	s = start(t, serve...)
	if len(s.accounts) != 0 {
		t.Errorf("a second start made %d accounts", len(s.accounts))
	}
	if p := s.visitor().login("wangmin", chosen["wangmin"]); p.status != http.StatusOK || strings.Contains(p.path, "login") {
		t.Errorf("sign-in after the second start: %d %s", p.status, p.path)
	}
}
