package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/store/storetest"
)

// Claim: a backup of one engine restores into the other, whole: the journal's chain ends in the same hash, the accounts sign in
// with the same passwords; a restore never lands on data that are there, and a damaged backup is refused.
func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	config := quietConfig(t)
	data, copied, file := filepath.Join(dir, "data"), filepath.Join(dir, "copy"), filepath.Join(dir, "city.backup")
	s := start(t, "serve", "--listen", "127.0.0.1:0", "--data", data, "--config", config)
	once := s.accounts["audit"]
	if code, _ := s.stop(); code != exitDone || once == "" {
		t.Fatalf("exit code %d, accounts %d\n%s", code, len(s.accounts), s.errout)
	}
	must := func(args ...string) outcome {
		t.Helper()
		o := run(t, args...)
		if o.code != exitDone {
			t.Fatalf("%v: exit code %d\n%s%s", args, o.code, o.out, o.errout)
		}
		return o
	}
	head := func(args ...string) string {
		t.Helper()
		m := verified.FindStringSubmatch(must(append([]string{"journal", "verify"}, args...)...).out)
		if m == nil {
			t.Fatal("journal verify prints no head")
		}
		return m[2] + " " + m[3]
	}
	must("backup", file, "--data", data)
	want := head("--data", data)
	must("restore", file, "--data", copied)
	if have := head("--data", copied); have != want {
		t.Errorf("the restored journal ends in %s, want %s", have, want)
	}
	s = start(t, "serve", "--listen", "127.0.0.1:0", "--data", copied, "--config", config)
	if len(s.accounts) != 0 {
		t.Error("the restored data got new accounts")
	}
	if p := s.visitor().login("audit", once); p.status != 200 {
		t.Errorf("sign-in after the restore: %d %s", p.status, p.path)
	}
	if code, _ := s.stop(); code != exitDone || !strings.Contains(s.errout.String(), "another seal file") {
		t.Errorf("without the seal file it runs and says so: exit code %d\n%s", code, s.errout)
	}
	// The seal file is kept apart, as the guide says; put back, the keys sign again.
	seal, err := os.ReadFile(filepath.Join(data, "seal.key"))
	if err == nil {
		err = os.WriteFile(filepath.Join(copied, "seal.key"), seal, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	s = start(t, "serve", "--listen", "127.0.0.1:0", "--data", copied, "--config", config)
	if code, _ := s.stop(); code != exitDone || strings.Contains(s.errout.String(), "seal file") {
		t.Errorf("with the seal file: exit code %d\n%s", code, s.errout)
	}

	o := run(t, "restore", file, "--data", copied)
	if o.code != exitData {
		t.Errorf("a restore onto data: exit code %d, want %d", o.code, exitData)
	}
	oneSentence(t, o.errout)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	damaged := filepath.Join(dir, "damaged.backup")
	if err := os.WriteFile(damaged, text, 0o600); err != nil {
		t.Fatal(err)
	}
	o = run(t, "restore", damaged, "--data", filepath.Join(dir, "empty"))
	if o.code == exitDone {
		t.Error("a damaged backup was restored")
	}
	oneSentence(t, o.errout)

	t.Run("postgres", func(t *testing.T) {
		dsn := storetest.Postgres(t)
		must("restore", file, "--dsn", dsn)
		if have := head("--dsn", dsn); have != want {
			t.Errorf("the journal restored into PostgreSQL ends in %s, want %s", have, want)
		}
		back, again := filepath.Join(dir, "back.backup"), filepath.Join(dir, "again")
		must("backup", back, "--dsn", dsn)
		must("restore", back, "--data", again)
		if have := head("--data", again); have != want {
			t.Errorf("the journal that went through PostgreSQL ends in %s, want %s", have, want)
		}
	})
}
