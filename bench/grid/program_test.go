package grid

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var workDir string

func TestMain(m *testing.M) {
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

func binary(b *testing.B) string {
	b.Helper()
	path, err := built()
	if err != nil {
		b.Fatal(err)
	}
	return path
}

// program is a running process that printed its address.
type program struct {
	cmd         *exec.Cmd
	base, token string
	ready       time.Duration // after exec
	errout      bytes.Buffer
	ended       chan struct{}
}

// startLimit is how long a start may take: the archive of a city is read back.
const startLimit = 20 * time.Minute

func launch(b *testing.B, cmd *exec.Cmd) *program {
	b.Helper()
	p := &program{cmd: cmd, ended: make(chan struct{})}
	cmd.Stderr = &p.errout
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.kill)
	type printed struct{ base, token string }
	ready := make(chan printed, 1)
	go func() {
		var x printed
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if t, ok := strings.CutPrefix(lines.Text(), "token="); ok {
				x.token = t
			}
			if at, ok := strings.CutPrefix(lines.Text(), "address "); ok {
				x.base = strings.TrimSuffix(at, "/")
				ready <- x
			}
		}
		_ = cmd.Wait() // how it ended is of no interest: it is killed
		close(p.ended)
	}()
	select {
	case x := <-ready:
		p.base, p.token, p.ready = x.base, x.token, time.Since(begun)
	case <-p.ended:
		b.Fatalf("%v ended at its start\n%s", cmd.Args, p.errout.String())
	case <-time.After(startLimit):
		b.Fatalf("%v printed no address within %v", cmd.Args, startLimit)
	}
	return p
}

// kill ends the process at once, as kill -9 does.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

func (p *program) processor() time.Duration { return processor(p.cmd.Process.Pid) }

func (p *program) memory(field string) float64 { return memory(p.cmd.Process.Pid, field) }

// processor is the time that a process has had, both in itself and in the kernel. A tick is a hundredth of a second.
func processor(pid int) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memory gives a line of the status of a process, in MB.
func memory(pid int, field string) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
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

func freePort(b *testing.B) int {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}
