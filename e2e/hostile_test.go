package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Claim: whatever bytes come to the HTTP port, the answer is one of those that HTTP has for them, nothing of the inside is told,
// the program stays up, and its memory stays bounded.
func TestHostileBytes(t *testing.T) {
	s := start(t, "demo", "--no-simulate", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--config", quietConfig(t))
	h := &hostile{s, strings.TrimPrefix(s.url, "http://")}
	before := h.memory()
	for _, name := range []struct {
		what string
		try  func(*testing.T)
	}{
		{"methods and paths", h.methodsAndPaths}, {"framing", h.framing}, {"heads", h.heads}, {"bodies", h.bodies}, {"slow heads", h.slowHeads},
	} {
		t.Run(name.what, name.try)
	}
	if after := h.memory(); after > before+128 {
		t.Errorf("memory: %d MiB before, %d MiB after", before, after)
	}
	s.get("/api/plan/targets")
}

type hostile struct {
	*server
	addr string
}

// memory is the resident memory in MiB, 0 where the system does not tell.
func (h *hostile) memory() int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.cmd.Process.Pid))
	if m := regexp.MustCompile(`VmRSS:\s+(\d+)`).FindSubmatch(b); err == nil && m != nil {
		n, _ := strconv.Atoi(string(m[1]))
		return n >> 10
	}
	return 0
}

// ask sends bytes as they are and gives all that comes back until the server closes or is silent.
func (h *hostile) ask(t *testing.T, head string, more ...func(io.Writer)) string {
	t.Helper()
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, head); err == nil {
		for _, f := range more {
			f(c)
		}
	}
	var out bytes.Buffer
	buf := make([]byte, 64<<10)
	for out.Len() < 1<<20 {
		n, err := c.Read(buf)
		out.Write(buf[:n])
		if err != nil {
			break
		}
		_ = c.SetDeadline(time.Now().Add(time.Second))
	}
	return out.String()
}

var (
	statusLine = regexp.MustCompile(`(?m)^HTTP/1\.[01] (\d{3})`)
	inside     = regexp.MustCompile(`goroutine \d|runtime error|SQLITE_|SQLSTATE|near ".*": syntax error|root:x:|/src/|<script>alert`)
)

func statuses(answer string) (list []int) {
	for _, m := range statusLine.FindAllStringSubmatch(answer, -1) {
		n, _ := strconv.Atoi(m[1])
		list = append(list, n)
	}
	return list
}

// want holds an answer to exactly one status out of those given.
func (h *hostile) want(t *testing.T, what, answer string, allowed ...int) {
	t.Helper()
	if got := statuses(answer); len(got) != 1 || !slices.Contains(allowed, got[0]) {
		t.Errorf("%.80q: answered %v, want one of %v", what, got, allowed)
	}
	if m := inside.FindString(answer); m != "" {
		t.Errorf("%.80q: the answer tells of the inside: %q", what, m)
	}
}

func (h *hostile) request(method, path string, headers ...string) string {
	return method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + h.token + "\r\n" +
		strings.Join(append(headers, ""), "\r\n") + "\r\n"
}

func (h *hostile) methodsAndPaths(t *testing.T) {
	fine := []int{200, 204, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 501}
	paths := strings.Fields("/ /zh /zh/plan /en/grid /zh/grid/meters /zh/login /zh/admin /assets/ /api/plan/targets /api/plan/targets.csv /api/grid/meters /api/grid/missing /api/journal /healthz /metrics")
	for _, p := range paths {
		for _, m := range strings.Fields("GET HEAD POST PUT DELETE PATCH OPTIONS TRACE CONNECT PROPFIND get") {
			h.want(t, m+" "+p, h.ask(t, h.request(m, p, "Content-Length: 0")), fine...)
		}
		for _, x := range []string{"%00", "%2e%2e%2f", "/../", "//", "%ff", "%c0%af", "?%", "?x=%zz", "?q=" + strings.Repeat("A", 5000), "?limit=99999999999999999999",
			"?limit=-1", "?after=%F0%9F%92%A9", "?q=%27%20OR%201=1--", "?sort=;drop", "?day=2015-13-45", "?q=%3Cscript%3Ealert(1)%3C/script%3E", "?lang=../../etc/passwd"} {
			h.want(t, p+x, h.ask(t, h.request("GET", p+x)), fine...)
		}
	}
	for _, x := range []string{"../go.mod", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "....//etc/passwd", `..\..\etc`, "/etc/passwd", ".git/config", "%00", "haihe.js%00.css"} {
		h.want(t, "/assets/"+x, h.ask(t, h.request("GET", "/assets/"+x)), 301, 307, 400, 404)
	}
}

// framing is what request smuggling is made of. RFC 9112 6.1 and 6.3
func (h *hostile) framing(t *testing.T) {
	const second = "GET /zh/admin HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, c := range []struct{ headers, body string }{
		{"Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + second},
		{"Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n" + second},
		{"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n" + second},
		{"Transfer-Encoding: xchunked", "0\r\n\r\n" + second},
		{"Transfer-Encoding : chunked", "0\r\n\r\n" + second},
		{"Content-Length: 4\r\nContent-Length: 5", "abcde" + second},
		{"Content-Length: +5", "abcde" + second},
		{"Content-Length: -1", second},
		{"Content-Length: 1, 1", "a" + second},
		{"Content-Length: 99999999999999999999", second},
		{"X: a\x00b\r\nContent-Length: 0", ""},
		{"X: a\rb\r\nContent-Length: 0", ""},
		{"Host: y\r\nContent-Length: 0", ""},
		{"Transfer-Encoding: chunked", "FFFFFFFFFFFFFFFFF\r\na\r\n" + second},
		{"Transfer-Encoding: chunked", "5;" + strings.Repeat("a", 100_000) + "\r\nabcde\r\n0\r\n\r\n"},
	} {
		head := "POST /api/grid/reread HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + h.token + "\r\nContent-Type: application/json\r\n" + c.headers + "\r\n\r\n" + c.body
		h.want(t, c.headers, h.ask(t, head), 400, 501)
	}
	for _, line := range []string{"GET / HTTP/9.9\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"} {
		h.want(t, line, h.ask(t, line), 400, 505)
	}
}

func (h *hostile) heads(t *testing.T) {
	h.want(t, "a header of 8,000 bytes", h.ask(t, h.request("GET", "/api/plan/targets", "X-A: "+strings.Repeat("a", 8000))), 200)
	h.want(t, "a header of 2 MB", h.ask(t, h.request("GET", "/api/plan/targets", "X-A: "+strings.Repeat("a", 2_000_000))), 431)
	h.want(t, "a path of 3 MB", h.ask(t, h.request("GET", "/"+strings.Repeat("a", 3_000_000))), 431)
	h.want(t, "50,000 headers", h.ask(t, h.request("GET", "/api/plan/targets", slices.Repeat([]string{"X-A: a"}, 50_000)...)), 431)
}

// bodies of 100 MB are refused at their bound, and what is no JSON is a wrong request.
func (h *hostile) bodies(t *testing.T) {
	const size = 100 << 20
	for _, p := range []string{"/api/grid/reread", "/zh/login", "/api/none", "/zh/plan"} {
		for _, framing := range []string{"Content-Length: " + strconv.Itoa(size), "Transfer-Encoding: chunked"} {
			sent := 0
			block := bytes.Repeat([]byte{'a'}, 64<<10)
			pour := func(w io.Writer) {
				for ; sent < size; sent += len(block) {
					piece := block
					if strings.HasPrefix(framing, "T") {
						piece = slices.Concat([]byte("10000\r\n"), block, []byte("\r\n"))
					}
					if _, err := w.Write(piece); err != nil {
						return
					}
				}
			}
			head := strings.Replace(h.request("POST", p, "Content-Type: application/json", framing), "Connection: close\r\n", "", 1)
			answer := h.ask(t, head, pour)
			if answer != "" { // the server may cut the connection before its answer is read
				h.want(t, p+" "+framing, answer, 400, 403, 404, 405, 413)
			}
			if sent > size/4 {
				t.Errorf("%s %s: the server took %d MiB", p, framing, sent>>20)
			}
		}
	}
	for _, body := range []string{"", "{", "[]", `"x"`, `{"day":1}`, "{\"day\":\"\xff\xfe\"}", strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 10_000),
		`{"day":"9999-99-99"}`, "\xef\xbb\xbf{}", `{"day":"2015-11-20"} {"day":"2015-11-20"}`, `{"unknown":1}`} {
		h.want(t, body, h.ask(t, h.request("POST", "/api/grid/reread", "Content-Type: application/json", "Content-Length: "+strconv.Itoa(len(body)))+body), 400)
	}
}

// slowHeads hold connections with heads that never end; others are served meanwhile.
func (h *hostile) slowHeads(t *testing.T) {
	var held []net.Conn
	defer func() {
		for _, c := range held {
			_ = c.Close()
		}
	}()
	for range 300 {
		c, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
		if _, err := io.WriteString(c, "GET /api/plan/targets HTTP/1.1\r\nHost: x\r\nX-"); err != nil {
			t.Fatal(err)
		}
	}
	h.get("/api/plan/targets")
	_ = held[0].SetReadDeadline(time.Now().Add(startLimit))
	if _, err := held[0].Read(make([]byte, 1024)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a head that does not end holds its connection for more than %v", startLimit)
	}
	resp, err := http.Get(h.url + "/healthz")
	if err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("health: %v", err)
	}
}
