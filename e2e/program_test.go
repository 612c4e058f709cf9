package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The exit codes that cmd/haihe documents. The stories do not import them: they hold the program to what its page says.
const (
	exitDone   = 0
	exitUsage  = 2
	exitPort   = 3
	exitData   = 4
	exitVerify = 5
)

// startLimit is how long a start may take before a story gives up; a busy machine needs seconds.
const startLimit = 90 * time.Second

// root is the folder of the module, seen from this package.
const root = ".."

// workDir is where the binary lies.
var workDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "haihe-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	workDir = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// built builds the program once a test process, as a user does: without cgo. HAIHE_BINARY names one that is built already, such as
// a release that is to be tried.
var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("HAIHE_BINARY"); path != "" {
		return path, nil
	}
	// The go command keeps a test's outcome for as long as the files that it looked at stay as they are; what a program looks
	// at that a test starts, it does not see. So the tree is looked at here, or the stories would be told of an older one.
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("look at the tree: %w", err)
	}
	path := filepath.Join(workDir, "haihe")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/haihe")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

func binary(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// outcome is how a run ended.
type outcome struct {
	code        int
	out, errout string
}

// run runs a command to its end.
func run(t testing.TB, args ...string) outcome { return runAs(t, nil, args...) }

func runAs(t testing.TB, who *syscall.Credential, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(t), args...)
	if who != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	}
	var out, errout bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &errout, "/"
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		t.Fatalf("haihe %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errout.String())
	}
	return outcome{cmd.ProcessState.ExitCode(), out.String(), errout.String()}
}

// server is a running program.
type server struct {
	t        testing.TB
	cmd      *exec.Cmd
	url      string            // without the slash at its end
	token    string            // demo's
	mqtt     string            // demo's, host:port
	accounts map[string]string // password by login, as printed
	errout   *safeBuffer
	ended    chan struct{}
}

// safeBuffer is written by the process's copier and read by the story.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var accountLine = regexp.MustCompile(`^account login=(\S+) password=(\S+)`)

// start starts serve or demo and reads what it prints until its address; the story fails where it does not come so far.
func start(t testing.TB, args ...string) *server {
	t.Helper()
	s := &server{t: t, accounts: map[string]string{}, errout: &safeBuffer{}, ended: make(chan struct{})}
	s.cmd = exec.Command(binary(t), args...)
	s.cmd.Stderr, s.cmd.Dir = s.errout, "/"
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	ready := make(chan struct{})
	go s.read(out, ready)
	select {
	case <-ready:
		return s
	case <-s.ended:
		t.Fatalf("haihe %s ended at its start\n%s", strings.Join(args, " "), s.errout)
	case <-time.After(startLimit):
		t.Fatalf("haihe %s printed no address within %v\n%s", strings.Join(args, " "), startLimit, s.errout)
	}
	return nil
}

// read takes the printed lines; ready is closed at the address.
func (s *server) read(out io.Reader, ready chan struct{}) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line := lines.Text()
		if m := accountLine.FindStringSubmatch(line); m != nil {
			s.accounts[m[1]] = m[2]
		}
		if token, ok := strings.CutPrefix(line, "token="); ok {
			s.token = token
		}
		if at, ok := strings.CutPrefix(line, "mqtt "); ok {
			s.mqtt = at
		}
		if at, ok := strings.CutPrefix(line, "address "); ok && s.url == "" {
			s.url = strings.TrimSuffix(at, "/")
			close(ready)
		}
	}
	_ = s.cmd.Wait() // how it ended is in ProcessState
	close(s.ended)
}

// kill ends the process at once, as kill -9 does, and waits for its end.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// stop asks the process to end (SIGTERM) and gives its exit code and how long it took.
func (s *server) stop() (code int, took time.Duration) {
	s.t.Helper()
	at := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.ended:
	case <-time.After(time.Minute):
		s.t.Fatalf("still running a minute after SIGTERM\n%s", s.errout)
	}
	return s.cmd.ProcessState.ExitCode(), time.Since(at)
}

// get asks an interface with the demo's token and gives the body; the story fails where the answer is not 200.
func (s *server) get(path string) []byte {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", path, err, s.errout)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s, %v\n%s", path, resp.Status, err, body)
	}
	return body
}
