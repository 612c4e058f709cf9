package e2e

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// Claim: what an operator gets wrong is answered with one clear sentence on the standard error, in Chinese and in English,
// that names the place, and with the exit code that `haihe help` documents; nothing is half started.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	config := func(text string) string {
		f, err := os.CreateTemp(dir, "*.toml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return f.Name()
	}
	used, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	data := func(name string) string { return filepath.Join(dir, name) }
	file := data("a-file")
	if err := os.WriteFile(file, []byte("not a folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	junk := data("junk")
	if err := os.MkdirAll(junk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(junk, "haihe.db"), []byte(strings.Repeat("this is no database\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		says []string // each must stand in the sentence
	}{
		{"no command", []string{"fly"}, exitUsage, []string{"fly"}},
		{"unknown flag", []string{"serve", "--fly"}, exitUsage, []string{"fly"}},
		{"a word too many", []string{"serve", "now"}, exitUsage, []string{"now"}},
		{"config is not there", []string{"serve", "--config", data("none.toml")}, exitUsage, []string{"none.toml"}},
		{"config is not TOML", []string{"serve", "--config", config("[server]\nlisten = \n")}, exitUsage, []string{".toml", "2"}},
		{"unknown key", []string{"serve", "--config", config("[server]\nlisten = \"127.0.0.1:0\"\nlissten = \"x\"\n")}, exitUsage, []string{"3", "lissten", "listen"}},
		{"unknown key of a system", []string{"serve", "--config", config("[grid]\ndlt689_listen = \"\"\n")}, exitUsage, []string{"dlt689_listen", "dlt698_listen"}},
		{"unknown section", []string{"serve", "--config", config("[gird]\nx = 1\n")}, exitUsage, []string{"gird", "grid"}},
		{"wrong type", []string{"serve", "--config", config("[server]\nlisten = 8080\n")}, exitUsage, []string{"listen"}},
		{"out of bounds", []string{"serve", "--config", config("[server]\nstop_within = \"1h\"\n")}, exitUsage, []string{"stop_within"}},
		{"not a choice", []string{"serve", "--config", config("[store]\nengine = \"mysql\"\n")}, exitUsage, []string{"mysql", "sqlite"}},
		{"config --check", []string{"config", "--check", config("[server]\nlissten = \"x\"\n")}, exitUsage, []string{"lissten"}},
		{"not an address", []string{"serve", "--listen", "here", "--data", data("d1")}, exitUsage, []string{"here"}},
		{"used port", []string{"serve", "--listen", used.Addr().String(), "--data", data("d2")}, exitPort, []string{used.Addr().String()}},
		{"not our address", []string{"serve", "--listen", "203.0.113.7:80", "--data", data("d3")}, exitPort, []string{"203.0.113.7:80"}},
		{"data is a file", []string{"serve", "--listen", "127.0.0.1:0", "--data", file}, exitData, []string{"a-file"}},
		{"database is junk", []string{"serve", "--listen", "127.0.0.1:0", "--data", junk}, exitData, []string{"junk"}},
		{"no such server", []string{"serve", "--listen", "127.0.0.1:0", "--dsn", "host=127.0.0.1 port=1 user=x dbname=x connect_timeout=2"}, exitData, nil},
		{"demo on a used port", []string{"demo", "--listen", used.Addr().String()}, exitPort, []string{used.Addr().String()}},
		{"demo without meters", []string{"demo", "--meters", "0"}, exitUsage, []string{"--meters"}},
		{"restore from nothing", []string{"restore", data("none.backup"), "--data", data("d4"), "--config", config(quiet)}, exitData, []string{"none.backup"}},
		{"import of nothing", []string{"import"}, exitUsage, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := run(t, c.args...)
			if o.code != c.code {
				t.Errorf("exit code %d, want %d", o.code, c.code)
			}
			oneSentence(t, o.errout, c.says...)
		})
	}
	for _, d := range []string{"d1", "d2", "d3"} {
		if _, err := os.Stat(data(d)); err == nil {
			t.Errorf("a refused start made the folder %s", d)
		}
	}
}

var (
	han     = regexp.MustCompile(`\p{Han}`)
	latin   = regexp.MustCompile(`[a-z]{3,}`)
	insides = regexp.MustCompile(`goroutine \d+|\.go:\d+|panic:|0x[0-9a-f]{6,}|%!|SQLSTATE|sqlite: `)
)

// oneSentence holds the standard error to one line in both languages that says what is meant, and none of the program's insides.
func oneSentence(t *testing.T, errout string, says ...string) {
	t.Helper()
	text := strings.TrimSpace(errout)
	if strings.Count(text, "\n") != 0 || !strings.HasPrefix(text, "haihe: ") {
		t.Errorf("not one sentence:\n%s", errout)
	}
	if !han.MatchString(text) || !latin.MatchString(strings.TrimPrefix(text, "haihe: ")) {
		t.Errorf("not in both languages: %s", text)
	}
	if m := insides.FindString(text); m != "" {
		t.Errorf("shows its insides (%s): %s", m, text)
	}
	for _, s := range says {
		if !strings.Contains(text, s) {
			t.Errorf("does not say %q: %s", s, text)
		}
	}
}

// quiet keeps the listeners shut, so that the stories disturb nobody.
const quiet = "[grid]\ndlt698_listen = \"\"\ndlt645_listen = \"\"\n[city]\nmqtt_listen = \"\"\n"

func quietConfig(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "quiet.toml")
	if err := os.WriteFile(path, []byte(quiet), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Claim: a second instance on the same data is refused at once, and the first is not disturbed.
func TestSecondInstance(t *testing.T) {
	data := t.TempDir()
	s := start(t, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--data", data)
	for _, args := range [][]string{
		{"demo", "--no-simulate", "--listen", "127.0.0.1:0", "--data", data},
		{"serve", "--listen", "127.0.0.1:0", "--data", data, "--config", quietConfig(t)},
		{"journal", "verify", "--data", data},
		{"backup", filepath.Join(t.TempDir(), "b"), "--data", data},
	} {
		t.Run(args[0], func(t *testing.T) {
			o := run(t, args...)
			if o.code != exitData {
				t.Errorf("exit code %d, want %d", o.code, exitData)
			}
			oneSentence(t, o.errout, data)
		})
	}
	if p := s.visitor().get("/healthz"); p.status != 200 {
		t.Errorf("the first instance answers %d", p.status)
	}
	if code, _ := s.stop(); code != exitDone {
		t.Errorf("the first instance ended with %d\n%s", code, s.errout)
	}
}

// Claim: a folder that cannot be written is said so, and named.
func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o500); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "quiet.toml")
	if err := os.WriteFile(config, []byte(quiet), 0o644); err != nil {
		t.Fatal(err)
	}
	var who *syscall.Credential
	if os.Getuid() == 0 { // root writes everywhere, so be nobody, whom every folder on the way must let through
		who = &syscall.Credential{Uid: 65534, Gid: 65534}
		for d, mode := range map[string]os.FileMode{data: 0o555, dir: 0o755, filepath.Dir(dir): 0o755, filepath.Dir(binary(t)): 0o755} {
			if err := os.Chmod(d, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	o := runAs(t, who, "serve", "--listen", "127.0.0.1:0", "--data", data, "--config", config)
	if o.code != exitData {
		t.Errorf("exit code %d, want %d", o.code, exitData)
	}
	oneSentence(t, o.errout, data)
}

// Claim: data of a newer program are refused by an older one before anything is changed, and a damaged migration likewise.
func TestNewerData(t *testing.T) {
	data := t.TempDir()
	config := quietConfig(t)
	s := start(t, "serve", "--listen", "127.0.0.1:0", "--data", data, "--config", config)
	if code, _ := s.stop(); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, s.errout)
	}
	for _, c := range []struct{ name, do, undo string }{
		{"a newer kernel", `INSERT INTO store_migration (owner, version, name, checksum, applied_at, seq, texts)
			SELECT owner, 99, name, checksum, applied_at, seq + 1000, texts FROM store_migration WHERE owner = 'identity' AND version = 1`,
			`DELETE FROM store_migration WHERE version = 99`},
		{"another text", `UPDATE store_migration SET checksum = checksum || 'x' WHERE owner = 'series' AND version = 1`, `UPDATE store_migration SET checksum = rtrim(checksum, 'x') WHERE owner = 'series'`},
	} {
		t.Run(c.name, func(t *testing.T) {
			tamper(t, data, c.do)
			o := run(t, "serve", "--listen", "127.0.0.1:0", "--data", data, "--config", config)
			if o.code != exitData {
				t.Errorf("exit code %d, want %d", o.code, exitData)
			}
			oneSentence(t, o.errout)
			tamper(t, data, c.undo)
		})
	}
}
