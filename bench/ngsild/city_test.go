package ngsild

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/store/storetest"
)

var (
	peers   = flag.String("peer", "", "other brokers that run already: Name=URL#PID, separated by commas")
	engines = flag.String("engines", "sqlite,postgres", "engines that Haihe is measured on")
	only    = flag.String("only", "", "of BenchmarkRequests only this: aggregate")
	million = flag.Int("million", 0, "entities of BenchmarkMillion, such as 1000000; 0 leaves it out")
)

// workDir holds the built program for as long as the process runs.
var workDir string

func TestMain(m *testing.M) {
	if dir := os.Getenv("HAIHE_BENCH_PLAIN"); dir != "" { // this process is the plain way
		fmt.Fprintln(os.Stderr, servePlain(dir))
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "haihe-bench-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	workDir = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("HAIHE_BINARY"); path != "" {
		return path, nil
	}
	path := filepath.Join(workDir, "haihe")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/haihe")
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// candidate is one that is measured: a base URL, and its process where its memory is to be seen.
type candidate struct {
	name, base string
	pid        int
	haihe      bool
}

// fault tells of something that is wrong: with Haihe it fails the benchmark, with a peer it is told only.
func (c candidate) fault(b *testing.B) func(format string, args ...any) {
	if c.haihe {
		return b.Errorf
	}
	return b.Logf
}

// conf lets anybody read and write, as the plain way and a peer as it comes do; no other door is open.
const conf = `[server]
listen = "127.0.0.1:0"
level = "warn"
[store]
engine = %q
data = %q
dsn = %q
[grid]
dlt698_listen = ""
dlt645_listen = ""
[city]
anonymous = "write"
mqtt_listen = ""
`

// program is a running process that printed its address.
type program struct {
	cmd     *exec.Cmd
	base    string
	started time.Time
	errout  bytes.Buffer
	ended   chan struct{}
}

// launch starts a process and waits for its line "address URL".
func launch(b testing.TB, cmd *exec.Cmd) *program {
	b.Helper()
	p := &program{cmd: cmd, ended: make(chan struct{})}
	cmd.Stderr = &p.errout
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	p.started = time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if at, ok := strings.CutPrefix(lines.Text(), "address "); ok {
				ready <- strings.TrimSuffix(at, "/")
			}
		}
		_ = cmd.Wait()
		close(p.ended)
	}()
	b.Cleanup(p.kill)
	select {
	case at := <-ready:
		p.base = at + "/ngsi-ld/v1"
	case <-p.ended:
		b.Fatalf("%s ended at its start\n%s", cmd.Path, p.errout.String())
	case <-time.After(time.Minute):
		b.Fatalf("%s printed no address", cmd.Path)
	}
	return p
}

func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// serve starts Haihe on an engine: a folder, and for PostgreSQL a database.
func serve(b testing.TB, engine, dir, dsn string) *program {
	b.Helper()
	path, err := built()
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(dir, "haihe.toml")
	if err := os.WriteFile(file, fmt.Appendf(nil, conf, engine, dir, dsn), 0o600); err != nil {
		b.Fatal(err)
	}
	return launch(b, exec.Command(path, "serve", "--config", file))
}

// probing notes that a test would be skipped instead of skipping it.
type probing struct {
	testing.TB
	skipped bool
}

func (p *probing) Skip(...any) { p.skipped = true }

// cities starts Haihe on the engines that are asked for and there.
func cities(b *testing.B) (list []candidate) {
	b.Helper()
	for _, engine := range strings.Split(*engines, ",") {
		dsn := ""
		if engine == "" || engine == "none" {
			continue
		}
		if engine == "postgres" {
			p := &probing{TB: b}
			if dsn = storetest.Postgres(p); p.skipped {
				fmt.Println("PostgreSQL is not installed here: left out")
				continue
			}
		}
		p := serve(b, engine, b.TempDir(), dsn)
		list = append(list, candidate{name: "Haihe/" + map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}[engine], base: p.base, pid: p.cmd.Process.Pid, haihe: true})
	}
	return list
}

// others reads the flag of the peers.
func others(b *testing.B) (list []candidate) {
	b.Helper()
	for _, s := range strings.Split(*peers, ",") {
		name, at, ok := strings.Cut(s, "=")
		if !ok {
			continue
		}
		u, err := url.Parse(at)
		if err != nil {
			b.Fatal(err)
		}
		pid, _ := strconv.Atoi(u.Fragment)
		list = append(list, candidate{name: name, base: u.Scheme + "://" + u.Host + "/ngsi-ld/v1", pid: pid})
	}
	return list
}

// plainProcess starts the plain way.
func plainProcess(b *testing.B) candidate {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "HAIHE_BENCH_PLAIN="+b.TempDir())
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = in.(io.Closer).Close() })
	p := launch(b, cmd)
	return candidate{name: plainWay, base: p.base, pid: cmd.Process.Pid}
}

// resident gives a process's resident memory in MB, 0 where it cannot be seen.
func resident(pid int) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kb, _ := strconv.ParseFloat(f[1], 64)
			return kb * 1024 / 1e6
		}
	}
	return 0
}
