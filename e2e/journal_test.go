package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/sqlite"
)

// tamper changes the file of a stopped program, as somebody does who has the disk.
func tamper(t *testing.T, data, sql string, args ...any) {
	t.Helper()
	db, err := store.Open(t.Context(), sqlite.Dialect(filepath.Join(data, "haihe.db")), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		n, err := tx.Exec(store.Q("tamper", sql), args...)
		if err == nil && n == 0 {
			err = fmt.Errorf("nothing was changed by %s", sql)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var verified = regexp.MustCompile(`journal entries=(\d+) seq=(\d+) head=([0-9a-f]{64}) faults=(\d+)`)

// Claim: `haihe journal verify` passes what the program wrote, and names the row that somebody changed, took out or put in beside
// it; its exit code tells a script.
func TestJournalVerify(t *testing.T) {
	data := t.TempDir()
	s := start(t, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--data", data)
	for _, login := range []string{"reader", "officer", "audit"} {
		if p := s.visitor().login(login, s.accounts[login]); p.status != http.StatusOK {
			t.Fatalf("%s: %d", login, p.status)
		}
	}
	if p := s.visitor().login("reader", "not my password"); p.status == http.StatusOK && !strings.Contains(p.path, "login") {
		t.Fatal("signed in with a wrong password")
	}
	if code, _ := s.stop(); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, s.errout)
	}
	verify := func() outcome { return run(t, "journal", "verify", "--data", data) }
	o := verify()
	m := verified.FindStringSubmatch(o.out)
	if o.code != exitDone || m == nil || m[4] != "0" || m[1] != m[2] {
		t.Fatalf("exit code %d\n%s%s", o.code, o.out, o.errout)
	}
	var entries int
	if _, err := fmt.Sscan(m[1], &entries); err != nil || entries < 12 {
		t.Fatalf("%d entries: the acts of the demo are not all there", entries)
	}
	for _, secret := range []string{s.accounts["reader"], s.token, "not my password"} {
		if out := run(t, "journal", "export", "--data", data).out; strings.Contains(out, secret) {
			t.Errorf("the journal holds %q", secret)
		}
	}
	for _, c := range []struct{ name, do, undo, says string }{
		{"a verb changed", `UPDATE journal_entry SET verb = verb || 'x' WHERE seq = 7`, `UPDATE journal_entry SET verb = substr(verb, 1, length(verb) - 1) WHERE seq = 7`, `seq=7 to=7 what="changed"`},
		{"a time changed", `UPDATE journal_entry SET at = at + 1 WHERE seq = 5`, `UPDATE journal_entry SET at = at - 1 WHERE seq = 5`, `seq=5 to=5 what="changed"`},
		{"two rows swapped", `UPDATE journal_entry SET seq = CASE seq WHEN 3 THEN -6 ELSE -3 END WHERE seq IN (3, 6)`, ``, ``},
		{"and put there", `UPDATE journal_entry SET seq = -seq WHERE seq < 0`, ``, `seq=3 to=3 what="moved"`},
		{"swapped back", `UPDATE journal_entry SET seq = CASE seq WHEN 3 THEN -6 ELSE -3 END WHERE seq IN (3, 6)`, `UPDATE journal_entry SET seq = -seq WHERE seq < 0`, `seq=3 to=3 what="missing"`},
		{"a row removed", `DELETE FROM journal_entry WHERE seq = 4`, ``, `seq=4 to=4 what="missing"`},
		{"the tail cut", fmt.Sprintf(`DELETE FROM journal_entry WHERE seq > %d`, entries-2), ``, fmt.Sprintf(`seq=%d to=%d what="tail missing"`, entries-1, entries)},
	} {
		tamper(t, data, c.do)
		if c.says != "" {
			o := verify()
			if o.code != exitVerify || !strings.Contains(o.out, c.says) {
				t.Errorf("%s: exit code %d, want %d and %s\n%s", c.name, o.code, exitVerify, c.says, o.out)
			}
			oneSentence(t, o.errout)
		}
		if c.undo != "" {
			tamper(t, data, c.undo)
		}
	}
}

// Claim: SIGTERM ends the program within ten seconds with exit code 0, also with open event streams, idle connections and a
// simulated city at work, and the data opens again at once.
func TestGracefulStop(t *testing.T) {
	data := t.TempDir()
	s := start(t, "demo", "--listen", "127.0.0.1:0", "--data", data, "--meters", "500")
	v := s.visitor()
	if p := v.login("officer", s.accounts["officer"]); p.status != http.StatusOK {
		t.Fatalf("sign-in: %d", p.status)
	}
	home := v.get("/zh/plan")
	if m := regexp.MustCompile(`"(/[a-z]+/events[^"]*|/events[^"]*)"`).FindStringSubmatch(home.body); m != nil {
		resp, err := v.http.Get(s.url + strings.ReplaceAll(m[1], "&amp;", "&"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
			t.Errorf("%s is no event stream: %s", m[1], resp.Header.Get("Content-Type"))
		}
	} else {
		t.Error("the plan's page names no event stream")
	}
	code, took := s.stop()
	if code != exitDone || took > 10*time.Second {
		t.Errorf("exit code %d after %v\n%s", code, took, s.errout)
	}
	if o := run(t, "journal", "verify", "--data", data); o.code != exitDone {
		t.Errorf("verify: exit code %d\n%s%s", o.code, o.out, o.errout)
	}
}
