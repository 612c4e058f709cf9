package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/sqlite"
)

// buffer takes what a command prints, while the test looks.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// running is a command under way.
type running struct {
	t        *testing.T
	out, err buffer
	stop     context.CancelFunc
	code     chan int
}

// start runs a command as the shell would, in this process.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &running{t: t, stop: stop, code: make(chan int, 1)}
	sh := &cli.Shell{In: strings.NewReader(""), Out: &r.out, Err: &r.err, Now: time.Now}
	go func() { r.code <- program(ctx, sh, args) }()
	t.Cleanup(stop)
	return r
}

// end waits for the exit code.
func (r *running) end() int {
	r.t.Helper()
	return <-r.code
}

// line waits for a line that matches and gives its first group.
func (r *running) line(pattern string) string {
	r.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	for {
		if m := re.FindStringSubmatch(r.out.String()); m != nil {
			return m[len(m)-1]
		}
		select {
		case code := <-r.code:
			r.t.Fatalf("ended with %d before it printed %s\n%s\n%s", code, pattern, r.out.String(), r.err.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func run(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	r := start(t, args...)
	code = r.end()
	return code, r.out.String(), r.err.String()
}

// quietConfig is a configuration whose listeners take free ports.
func quietConfig(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "haihe.toml")
	text := "[server]\nlisten = \"127.0.0.1:0\"\nlevel = \"error\"\n[grid]\ndlt698_listen = \"127.0.0.1:0\"\ndlt645_listen = \"\"\n[city]\nmqtt_listen = \"\"\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitCodesAndWords(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad.toml")
	if err := os.WriteFile(bad, []byte("[server]\nlissten = \"x\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	noDB := filepath.Join(dir, "nodb")
	if err := os.MkdirAll(noDB, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(noDB, "haihe.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	used, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	conf := quietConfig(t)
	for _, c := range []struct {
		name   string
		args   string
		code   int
		zh, en string
	}{
		{"no command", "", cli.ExitUsage, "用法", "usage"},
		{"an unknown command", "frob", cli.ExitUsage, "没有子命令“frob”", `no command "frob"`},
		{"an unknown flag", "serve --frob", cli.ExitUsage, "参数有误", "wrong flags"},
		{"a word too many", "serve now", cli.ExitUsage, "不需要参数“now”", `no use for "now"`},
		{"no configuration", "serve --config " + dir + "/none.toml", cli.ExitUsage, "读不了", "cannot be read"},
		{"a wrong configuration", "config --check " + bad, cli.ExitUsage, "第 2 行", `did you mean "listen"?`},
		{"no address", "serve --listen here", cli.ExitUsage, "不是监听地址", "no address to listen on"},
		{"an engine that is none", "serve --store mysql", cli.ExitUsage, "可选：sqlite, postgres", "choose one of"},
		{"a used port", "serve --data " + dir + "/d1 --listen " + used.Addr().String(), cli.ExitPort, "已被占用", "is in use"},
		{"an address of another machine", "serve --data " + dir + "/d1 --listen 203.0.113.1:80", cli.ExitPort, "无法监听", "cannot listen"},
		{"a folder that cannot be made", "serve --config " + conf + " --data " + file + "/x", cli.ExitData, "数据", "data"},
		{"a file that is no database", "serve --config " + conf + " --data " + noDB, cli.ExitData, "不是数据库", "is not a database"},
		{"no database server", "serve --config " + conf + " --dsn postgres://127.0.0.1:1/x", cli.ExitData, "连接不上", "127.0.0.1"},
		{"a demo without meters", "demo --meters 0", cli.ExitUsage, "--meters", "--meters"},
		{"an import without a place", "import " + file, cli.ExitUsage, "--server", "--data"},
		{"an import without files", "import --data " + dir, cli.ExitUsage, "请给出要导入的文件", "name the files"},
		{"a platform that is away", "import --server http://127.0.0.1:1 --token x " + file, cli.ExitOther, "连接不上平台", "cannot be reached"},
		{"a journal without a verb", "journal", cli.ExitUsage, "journal verify", "journal export"},
		{"a backup over a file", "backup --data " + dir + "/d2 " + file, cli.ExitData, "已存在", "exists already"},
		{"a restore of no backup", "restore --data " + dir + "/d3 " + file, cli.ExitData, "已损坏", "damaged"},
		{"nobody", "user reset-password nobody --config " + conf + " --data " + dir + "/d4", cli.ExitUsage, "没有登录名", "nobody whose login"},
		{"a system that cannot be simulated", "simulate buses", cli.ExitUsage, "grid", "grid"},
		{"a fault that is not known", "simulate grid --faults spikes=0.1 --server http://127.0.0.1:1", cli.ExitUsage, "spikes", "there is no fault"},
		{"outages as a share", "simulate grid --faults outage=0.1 --server http://127.0.0.1:1", cli.ExitUsage, "--outages", "--outages"},
		{"a judge without truth", "simulate grid judge --server http://127.0.0.1:1", cli.ExitUsage, "--truth", "--truth"},
		{"a simulation without a place", "simulate grid --meters 10", cli.ExitUsage, "--server", "--dlt698"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, said := run(t, strings.Fields(c.args)...)
			if code != c.code {
				t.Errorf("code %d, want %d: %s", code, c.code, said)
			}
			if !strings.Contains(said, c.zh) || !strings.Contains(said, c.en) {
				t.Errorf("says %q, want %q and %q", said, c.zh, c.en)
			}
			if c.args != "" && strings.Count(strings.TrimSpace(said), "\n") > 0 {
				t.Errorf("says more than one sentence: %q", said)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, c := range commands() {
		code, out, _ := run(t, "help", c.Name)
		if code != 0 || !strings.Contains(out, c.Says.Zh) || !strings.Contains(out, c.Says.En) {
			t.Errorf("help %s: %d %q", c.Name, code, out)
		}
	}
	if code, out, _ := run(t, "version"); code != 0 || !strings.HasPrefix(out, "haihe ") {
		t.Errorf("version: %d %q", code, out)
	}
	code, out, _ := run(t, "config")
	if code != 0 || !strings.Contains(out, "[server]") || !strings.Contains(out, "[grid]") {
		t.Errorf("config: %d %q", code, out)
	}
	path := filepath.Join(t.TempDir(), "sample.toml")
	if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, said := run(t, "config", "--check", path); code != 0 {
		t.Errorf("the sample does not pass: %s", said)
	}
}

// TestServe: a new city prints its administrators' passwords once, answers, keeps a second instance out, and stops gracefully;
// what it holds can be backed up, restored, verified, and a person's password reset.
func TestServe(t *testing.T) {
	data, conf := filepath.Join(t.TempDir(), "data"), quietConfig(t)
	r := start(t, "serve", "--config", conf, "--data", data)
	url := r.line(`^address (http://\S+)$`)
	r.line(`^account login=security password=(\S+) role=security-admin unit=\S+$`)
	if status, body := get(t, url+"healthz", ""); status != 200 || !strings.Contains(body, `"ok"`) {
		t.Errorf("healthz: %d %s", status, body)
	}
	if status, body := get(t, url+"readyz", ""); status != 200 || strings.Contains(body, "degraded") {
		t.Errorf("readyz: %d %s", status, body)
	}
	if code, _, said := run(t, "serve", "--config", conf, "--data", data); code != cli.ExitData || !strings.Contains(said, "另一个实例") || !strings.Contains(said, "another instance") {
		t.Errorf("a second instance: %d %s", code, said)
	}
	_, key := get(t, url+"log/journal/key", "")
	r.stop()
	if code := r.end(); code != 0 {
		t.Errorf("stopped with %d: %s", code, r.err.String())
	}
	evidence(t, data, key)

	again := start(t, "serve", "--config", conf, "--data", data)
	again.line(`^address (http://\S+)$`)
	if strings.Contains(again.out.String(), "password=") {
		t.Error("the second start prints passwords")
	}
	again.stop()
	again.end()

	if code, out, said := run(t, "user", "reset-password", "security", "--config", conf, "--data", data); code != 0 || !strings.Contains(out, "account login=security password=") {
		t.Errorf("reset-password: %d %s %s", code, out, said)
	}
	backup := filepath.Join(t.TempDir(), "city.backup")
	if code, _, said := run(t, "backup", "--data", data, backup); code != 0 {
		t.Fatalf("backup: %d %s", code, said)
	}
	restored := filepath.Join(t.TempDir(), "restored")
	if code, _, said := run(t, "restore", backup, "--data", restored); code != 0 {
		t.Fatalf("restore: %d %s", code, said)
	}
	if code, _, said := run(t, "restore", backup, "--data", restored); code != cli.ExitData || !strings.Contains(said, "not empty") {
		t.Errorf("restore over data: %d %s", code, said)
	}
	code, out, said := run(t, "journal", "verify", "--data", restored)
	if code != 0 || !strings.Contains(out, "faults=0") {
		t.Errorf("journal verify: %d %s %s", code, out, said)
	}
	export := filepath.Join(t.TempDir(), "journal.jsonl")
	if code, _, said := run(t, "journal", "export", export, "--data", restored); code != 0 {
		t.Errorf("journal export: %d %s", code, said)
	}
	if b, err := os.ReadFile(export); err != nil || !bytes.Contains(b, []byte("reset-password")) {
		t.Errorf("the export lacks the act: %v %s", err, b)
	}
	tamper(t, restored)
	if code, out, said = run(t, "journal", "verify", "--data", restored); code != cli.ExitVerify || !strings.Contains(out, "fault seq=2") || !strings.Contains(said, "broken") {
		t.Errorf("a changed journal: %d %s %s", code, out, said)
	}
}

// TestTLS: with a certificate the platform answers over TLS only; with a wrong one it says so.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := selfSigned(t, dir)
	conf := func(key string) string {
		path := filepath.Join(dir, "tls.toml")
		text := fmt.Sprintf("[server]\nlisten = \"127.0.0.1:0\"\nlevel = \"error\"\ncertificate = %q\nkey = %q\n[grid]\ndlt698_listen = \"\"\ndlt645_listen = \"\"\n[city]\nmqtt_listen = \"\"\n", cert, key)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if code, _, said := run(t, "serve", "--config", conf(cert), "--data", filepath.Join(dir, "a")); code != cli.ExitUsage || !strings.Contains(said, "无法使用") {
		t.Errorf("a certificate as key: %d %s", code, said)
	}
	r := start(t, "serve", "--config", conf(key), "--data", filepath.Join(dir, "b"))
	url := r.line(`^address (https://\S+)$`)
	pool := x509.NewCertPool()
	text, err := os.ReadFile(cert)
	if err != nil || !pool.AppendCertsFromPEM(text) {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	resp, err := client.Get(url + "healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("over TLS: %d", resp.StatusCode)
	}
	r.stop()
	if code := r.end(); code != 0 {
		t.Errorf("stopped with %d: %s", code, r.err.String())
	}
}

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// tamper changes one act in the database itself.
func tamper(t *testing.T, data string) {
	t.Helper()
	db, err := store.Open(t.Context(), sqlite.Dialect(filepath.Join(data, "haihe.db")), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		n, err := tx.Exec(store.Q("tamper", `UPDATE journal_entry SET verb = 'nothing' WHERE seq = 2`))
		if err == nil && n != 1 {
			err = fmt.Errorf("%d rows changed", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDemo: the demo prints what a program needs, and its meters' readings become a figure of the plan.
func TestDemo(t *testing.T) {
	r := start(t, "demo", "--listen", "127.0.0.1:0", "--meters", "120")
	token := r.line(`^token=(hh_\S+)$`)
	url := r.line(`^address (http://127\.0\.0\.1:\d+/)$`)
	for _, account := range []string{"system", "security", "audit", "officer", "leader", "power-officer", "reader"} {
		r.line(`^account login=` + account + ` password=\S+ role=(\S+) unit=\S+$`)
	}
	_, feed := get(t, url+"warnings/feed.atom", "")
	links := regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(feed, -1)
	for _, l := range links { // what leads back from a reader of the feed leads to this demo
		if status, _ := get(t, l[1], ""); !strings.HasPrefix(l[1], url) || status != 200 {
			t.Errorf("the feed of warnings leads to %s: %d", l[1], status)
		}
	}
	if len(links) == 0 {
		t.Errorf("the feed of warnings leads nowhere:\n%s", feed)
	}
	waitForCoverage(t, url, token)
	code, out, said := run(t, "import", "--server", url, "--token", token, "--system", "grid", "--kind", "archive", "--dry-run", archiveFile(t))
	if code != 0 || !strings.Contains(out, "result read=50") {
		t.Errorf("import: %d %s %s", code, out, said)
	}
	if code, _, said := run(t, "import", "--server", url, "--token", "hh_wrong", archiveFile(t)); code == 0 || !strings.Contains(said, "sign") && !strings.Contains(said, "登录") {
		t.Errorf("import with a wrong token: %d %s", code, said)
	}
	r.stop()
	if code := r.end(); code != 0 {
		t.Errorf("stopped with %d: %s", code, r.err.String())
	}
	if dir := regexp.MustCompile(`(?m)^data (\S+)$`).FindStringSubmatch(r.out.String()); dir == nil {
		t.Error("the demo does not say where its data lie")
	} else if _, err := os.Stat(dir[1]); err == nil {
		t.Errorf("the demo left %s behind", dir[1])
	}
}

// TestSimulateAgainstAPlatform: the simulation finds the ports and the plan's time by itself, and imports its archive.
func TestSimulateAgainstAPlatform(t *testing.T) {
	r := start(t, "demo", "--listen", "127.0.0.1:0", "--no-simulate")
	url, token := r.line(`^address (http://\S+)$`), r.line(`^token=(hh_\S+)$`)
	truth := filepath.Join(t.TempDir(), "truth.jsonl")
	sim := start(t, "simulate", "grid", "--meters", "60", "--server", url, "--token", token, "--truth", truth)
	waitForCoverage(t, url, token)
	sim.stop()
	if code := sim.end(); code != 0 {
		t.Errorf("the simulation ended with %d: %s", code, sim.err.String())
	}
	if _, err := os.Stat(truth); err != nil {
		t.Error(err)
	}
	r.stop()
	if code := r.end(); code != 0 {
		t.Errorf("the platform ended with %d: %s", code, r.err.String())
	}
}

// waitForCoverage waits until the plan shows nearly all readings; the test's time limit ends it otherwise.
func waitForCoverage(t *testing.T, url, token string) {
	t.Helper()
	for {
		status, body := get(t, url+"api/plan/targets/collection-coverage", token)
		var target struct{ Value *float64 }
		if status != 200 || json.Unmarshal([]byte(body), &target) != nil {
			t.Fatalf("the target: %d %s", status, body)
		}
		if target.Value != nil && *target.Value > 90 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestImportOffline takes the archive of a simulated city into data that nobody serves.
func TestImportOffline(t *testing.T) {
	data, file := filepath.Join(t.TempDir(), "data"), archiveFile(t)
	code, out, said := run(t, "import", "--data", data, file) // how the file begins says what it is
	if code != 0 || !strings.Contains(out, "result read=50 taken=50 refused=0") {
		t.Fatalf("import: %d %s %s", code, out, said)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.csv")
	if err := os.WriteFile(bad, append(b, []byte("not,a,meter\n")...), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, said = run(t, "import", "--data", data, "--system", "grid", "--kind", "archive", bad)
	if code != cli.ExitUsage || !strings.Contains(out, "line 52 error") {
		t.Errorf("a bad file: %d %s %s", code, out, said)
	}
	code, out, said = run(t, "import", "--data", data, bad, file)
	if code != cli.ExitUsage || strings.Count(out, "result ") != 2 || !strings.Contains(said, "of 2 files 1 were not taken in whole") {
		t.Errorf("a bad file and a good one: %d %s %s", code, out, said)
	}
}

func archiveFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive.csv")
	if code, _, said := run(t, "simulate", "grid", "--meters", "50", "--archive", path); code != 0 {
		t.Fatalf("simulate --archive: %d %s", code, said)
	}
	return path
}

func get(t *testing.T, url, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}
