package e2e

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/store/storetest"
)

// outside finds an outside program by which a story judges; the story is skipped where the machine does not have it.
func outside(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("skipped: needs %s on this machine", name)
	}
	return path
}

// tell runs a judge and gives its output; the story fails where the judge does.
func tell(t *testing.T, in []byte, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var out, errout bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &errout
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(name), strings.Join(args, " "), err, out.String(), errout.String())
	}
	if errout.Len() > 0 {
		t.Logf("%s: %s", filepath.Base(name), errout.String())
	}
	return out.String()
}

// Claim: what Prometheus reads at /metrics has nothing that its own linter finds fault with.
func TestPromtool(t *testing.T) {
	promtool := outside(t, "promtool")
	s := start(t, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--config", quietConfig(t))
	s.get("/api/plan/targets") // so that requests have been counted
	s.get("/api/grid/coverage")
	body := s.get("/metrics")
	if n := bytes.Count(body, []byte("\n# TYPE haihe_")); n < 10 {
		t.Errorf("only %d families of our own", n)
	}
	if said := tell(t, body, promtool, "check", "metrics"); said != "" {
		t.Error(said)
	}
}

// Claim: the database belongs to the operator. A role without any privilege of the server makes it, psql reads it, text stands in
// the order of its bytes, and what pg_dump takes away pg_restore brings back to a program that starts on it.
func TestStockPostgresTools(t *testing.T) {
	psql, dump, restore := outside(t, "psql"), outside(t, "pg_dump"), outside(t, "pg_restore")
	admin := storetest.Postgres(t)
	ask := func(dsn, sql string) string {
		t.Helper()
		return strings.TrimSpace(tell(t, nil, psql, "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", dsn, "-c", sql))
	}
	plain := func(db string) string {
		var kept []string
		for _, word := range strings.Fields(admin) {
			if !strings.HasPrefix(word, "user=") && !strings.HasPrefix(word, "dbname=") {
				kept = append(kept, word)
			}
		}
		return strings.Join(append(kept, "user=plain", "dbname="+db), " ")
	}
	ask(admin, "CREATE ROLE plain LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
	t.Cleanup(func() {
		ask(admin, "DROP DATABASE first WITH (FORCE)")
		ask(admin, "DROP DATABASE second WITH (FORCE)")
		ask(admin, "DROP ROLE plain")
	})
	ask(admin, "CREATE DATABASE first OWNER plain TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'")
	ask(admin, "CREATE DATABASE second OWNER plain TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'")

	data, config := t.TempDir(), quietConfig(t)
	s := start(t, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--data", data, "--store", "postgres", "--dsn", plain("first"), "--config", config)
	first := targetsOf(t, s)
	s.stop()
	if got := ask(plain("first"), "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user"); got != "f" {
		t.Errorf("the role is more than plain: %s", got)
	}
	if got := ask(plain("first"), "SELECT string_agg(x, ' ' ORDER BY x) FROM (VALUES ('b'), ('B'), ('a'), ('中'), ('é'), ('Z')) AS v (x)"); got != "B Z a b é 中" {
		t.Errorf("the order of text: %s", got)
	}
	if got := ask(plain("first"), "SELECT count(*) FROM pg_extension WHERE extname <> 'plpgsql'"); got != "0" {
		t.Errorf("%s extensions are needed", got)
	}
	const entries = "SELECT count(*) FROM journal_entry"
	was := ask(plain("first"), entries)
	if was == "0" {
		t.Error("psql finds no entry in the journal")
	}
	file := filepath.Join(t.TempDir(), "haihe.dump")
	tell(t, nil, dump, "-Fc", "-f", file, "-d", plain("first"))
	tell(t, nil, restore, "--no-owner", "--exit-on-error", "-d", plain("second"), file)
	if got := ask(plain("second"), entries); got != was {
		t.Errorf("restored: %s entries of the journal, want %s", got, was)
	}
	if o := run(t, "journal", "verify", "--data", data, "--store", "postgres", "--dsn", plain("second")); o.code != exitDone {
		t.Errorf("the journal of the restored database: %d\n%s%s", o.code, o.out, o.errout)
	}
	s = start(t, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--store", "postgres", "--dsn", plain("second"), "--config", config)
	if got := targetsOf(t, s); got != first {
		t.Errorf("the restored program shows %d targets, want %d", got, first)
	}
}

// targetsOf counts the plan's targets as the program tells them.
func targetsOf(t *testing.T, s *server) int {
	t.Helper()
	var list struct{ Targets []json.RawMessage }
	if err := json.Unmarshal(s.get("/api/plan/targets"), &list); err != nil || len(list.Targets) == 0 {
		t.Fatalf("targets: %d, %v", len(list.Targets), err)
	}
	return len(list.Targets)
}
