package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/web/packed"
)

// clocked is a connection that remembers its read deadline, and a body from which each read of one byte takes its time.
type clocked struct {
	http.ResponseWriter
	now, deadline time.Time
	each          time.Duration
	left          int
}

func (c *clocked) SetReadDeadline(t time.Time) error { c.deadline = t; return nil }

func (c *clocked) Read(p []byte) (int, error) {
	if c.now = c.now.Add(c.each); !c.deadline.IsZero() && c.now.After(c.deadline) {
		return 0, os.ErrDeadlineExceeded
	}
	if c.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), c.left)
	c.left -= n
	return n, nil
}

func (c *clocked) Close() error { return nil }

// TestTimedBody: a body that drips is given up, one that comes at a bearable rate is not, and the handler's own time is free.
func TestTimedBody(t *testing.T) {
	for _, c := range []struct {
		name    string
		each    time.Duration // of a read
		size    int           // bytes read at a time
		total   int
		between time.Duration // the handler's
		whole   bool
	}{
		{"at once", time.Millisecond, 4096, 1 << 20, 0, true},
		{"a byte every five seconds", 5 * time.Second, 1, 1 << 20, 0, false},
		{"a pause of a minute", time.Minute, 4096, 4096, 0, false},
		{"8 KiB a second for an hour", time.Second, 8192, 3600 * 8192, 0, true},
		{"1 KiB a second", time.Second, 1024, 1 << 20, 0, false},
		{"a handler that stores for a minute at a time", time.Second, 65536, 1 << 20, time.Minute, true},
	} {
		conn := &clocked{ResponseWriter: httptest.NewRecorder(), now: time.Unix(1e9, 0), each: c.each, left: c.total}
		b := &packed.Body{ReadCloser: conn, Control: http.NewResponseController(conn), Wall: func() time.Time { return conn.now }, Within: readTime, Late: errSlow}
		buf, got := make([]byte, c.size), 0
		var err error
		for err == nil {
			var n int
			n, err = b.Read(buf)
			got += n
			conn.now = conn.now.Add(c.between)
		}
		if whole := err == io.EOF && got == c.total; whole != c.whole || !whole && err != errSlow {
			t.Errorf("%s: %d of %d bytes, then %v", c.name, got, c.total, err)
		}
		if left := !conn.deadline.IsZero(); left == c.whole {
			t.Errorf("%s: the deadline is left on the connection: %v", c.name, left)
		}
	}
}

// TestSmuggling: what follows a body in chunks is not taken for the next request. RFC 9112 6.1
func TestSmuggling(t *testing.T) {
	a := newApp(t, nil)
	r := httptest.NewRequest("POST", "/zh/login", strings.NewReader("x"))
	r.TransferEncoding = []string{"chunked"}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	if w.Header().Get("Connection") != "close" {
		t.Errorf("a body in chunks: Connection %q", w.Header().Get("Connection"))
	}
	w = httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/zh/login", nil))
	if w.Header().Get("Connection") != "" {
		t.Error("an ordinary request ends its connection")
	}
}

// TestSlowBody: what became of a body that dripped is told as what it is.
func TestSlowBody(t *testing.T) {
	for _, err := range []error{errSlow, fmt.Errorf("read the form: %w", errSlow)} {
		if o, _ := explain(classify(err)); o.status != http.StatusRequestTimeout || !strings.Contains(o.text.En, "in time") {
			t.Errorf("%v: %d %s", err, o.status, o.text.En)
		}
	}
}
