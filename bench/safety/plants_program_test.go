package safety

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is a running process that printed its address.
type program struct {
	cmd         *exec.Cmd
	base, token string
	leader      string // password of the demonstration's leader
	errout      bytes.Buffer
	ended       chan struct{}
}

// launch builds the program, unless HAIHE_BINARY names one, and starts it as the demonstration without its simulation: with ready-made accounts.
func launch(b *testing.B, dir string) *program {
	b.Helper()
	path := os.Getenv("HAIHE_BINARY")
	if path == "" {
		path = filepath.Join(dir, "haihe")
		build := exec.Command("go", "build", "-o", path, "./cmd/haihe")
		build.Dir, build.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			b.Fatalf("build the program: %v\n%s", err, out)
		}
	}
	p := &program{cmd: exec.Command(path, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data")), ended: make(chan struct{})}
	p.cmd.Stderr = &p.errout
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.ended })
	ready := make(chan [3]string, 1)
	go func() {
		var x [3]string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if t, ok := strings.CutPrefix(lines.Text(), "token="); ok {
				x[1] = t
			}
			if p, ok := strings.CutPrefix(lines.Text(), "account login=leader password="); ok {
				x[2], _, _ = strings.Cut(p, " ")
			}
			if at, ok := strings.CutPrefix(lines.Text(), "address "); ok {
				x[0] = strings.TrimSuffix(at, "/")
				ready <- x
			}
		}
		_ = p.cmd.Wait() // how it ended is of no interest
		close(p.ended)
	}()
	select {
	case x := <-ready:
		p.base, p.token, p.leader = x[0], x[1], x[2]
	case <-p.ended:
		b.Fatalf("%v ended at its start\n%s", p.cmd.Args, p.errout.String())
	case <-time.After(2 * time.Minute):
		b.Fatalf("%v printed no address", p.cmd.Args)
	}
	return p
}

// stop ends the process in good order.
func (p *program) stop(b *testing.B) {
	b.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(2 * time.Minute):
		b.Fatal("the program runs two minutes after SIGTERM")
	}
}

func (p *program) do(method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequest(method, p.base+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	resp, err := http.DefaultClient.Do(req)
	if err == nil && resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 2000))
		resp.Body.Close()
		return nil, fmt.Errorf("%s: %s\n%s", path, resp.Status, text)
	}
	return resp, err
}

var hidden = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*>`)
var named = regexp.MustCompile(`(name|value)="([^"]*)"`)

// visit signs the leader in, as a browser does, and gives the browser.
func (p *program) visit(b *testing.B) *http.Client {
	b.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	resp, err := c.Get(p.base + "/zh/login")
	if err != nil {
		b.Fatal(err)
	}
	page, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		b.Fatal(err)
	}
	fields := url.Values{"login": {"leader"}, "password": {p.leader}}
	for _, tag := range hidden.FindAllString(string(page), -1) {
		a := map[string]string{}
		for _, m := range named.FindAllStringSubmatch(tag, -1) {
			a[m[1]] = m[2]
		}
		if fields.Get(a["name"]) == "" {
			fields.Set(a["name"], a["value"])
		}
	}
	resp, err = c.PostForm(p.base+"/zh/login", fields)
	if err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || strings.HasSuffix(resp.Request.URL.Path, "/login") {
		b.Fatalf("the leader is not let in: %s at %s", resp.Status, resp.Request.URL)
	}
	return c
}

// ask asks the interface.
func (p *program) ask(b *testing.B, path string, into any) {
	b.Helper()
	resp, err := p.do(http.MethodGet, path, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		b.Fatal(err)
	}
}

// listening says where the room's feeds listen.
func (p *program) listening(b *testing.B) map[string]string {
	b.Helper()
	var list struct {
		Systems []struct {
			System string
			Feeds  []struct{ Name, Addr string }
		}
	}
	p.ask(b, "/api/systems", &list)
	out := map[string]string{}
	for _, s := range list.Systems {
		for _, f := range s.Feeds {
			out[s.System+"/"+f.Name] = f.Addr
		}
	}
	return out
}

// processor is the time that the process has had, both in itself and in the kernel. A tick is a hundredth of a second.
func (p *program) processor() time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memory gives a line of the status of the process, in MB.
func (p *program) memory(field string) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == field+":" {
			kb, _ := strconv.ParseFloat(f[1], 64)
			return kb * 1024 / 1e6
		}
	}
	return 0
}

func loadAverage() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	return strings.Join(strings.Fields(string(raw))[:3], " ")
}
