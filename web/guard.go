package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/haihe-city/haihe/web/language"
	"github.com/haihe-city/haihe/web/packed"
)

// policy lets a page load from this server alone, run no inline script, wear no inline style, and be framed by nobody.
// data: and blob: pictures are the map's own.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' data: blob:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// fixed are headers whose value is the same for everybody: one slice serves all answers. Its capacity is its length, so that
// whoever adds to one makes a new one.
type fixed map[string][]string

func (f fixed) set(h http.Header) {
	for k, v := range f {
		h[k] = v
	}
}

// ofPages are the headers of what a browser shows; ofMounts those of answers to programs; overTLS goes with every answer that was
// asked for over TLS: the browser is not to try without (RFC 6797).
var (
	ofPages = fixed{
		"Content-Security-Policy":      {policy},
		"X-Content-Type-Options":       {"nosniff"},
		"Referrer-Policy":              {"same-origin"},
		"X-Frame-Options":              {"DENY"}, // for browsers that do not know frame-ancestors
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Permissions-Policy":           {"camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
	}
	ofMounts = fixed{
		"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
		"X-Content-Type-Options":       {"nosniff"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
	}
	overTLS = fixed{"Strict-Transport-Security": {"max-age=31536000"}}
)

// guard is what stands round every request: number, headers, deadlines, compression, the panic guard, and the account of it. Every
// microsecond here is paid by every request of a mount: guard_test.go has a benchmark.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.o.Wall()
		h := w.Header()
		id := randomID()
		h["X-Request-Id"] = []string{id}
		next, headers, least := next, ofPages, pagePack
		if m := s.mountOf(r.URL.Path); m != nil {
			next, headers, least = m.Handler, ofMounts, mountPack
			r.Pattern, r.RemoteAddr = m.Prefix+"/", s.addr(r) // behind a proxy, the caller's and not the proxy's
		}
		headers.set(h)
		if s.secure(r) {
			overTLS.set(h)
		}
		if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
			// RFC 9112 6.1: a request that bears Content-Length besides must be the last of its connection, lest a proxy before
			// us counts otherwise. net/http has taken that header away by now, so every body in chunks is the last.
			h.Set("Connection", "close")
		}
		control := http.NewResponseController(w)
		out := &packed.Writer{ResponseWriter: w, Control: control, Wall: s.o.Wall, Within: writeTime, Least: least, Gzip: strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")}
		if r.Body != nil && r.Body != http.NoBody {
			_ = control.SetReadDeadline(began.Add(readTime)) // what a handler leaves unread, net/http reads before it answers
			r.Body = &packed.Body{ReadCloser: r.Body, Control: control, Wall: s.o.Wall, Within: readTime, Late: errSlow}
		}
		defer func() {
			v := recover()
			s.account(out, r, id, v, s.o.Wall().Sub(began))
			if out.Status != 0 {
				_ = control.SetWriteDeadline(time.Time{})
			}
		}()
		next.ServeHTTP(out, r)
	})
}

// account ends a request: it turns a panic into an answer where there is still time for one, and tells the log and the metrics.
func (s *Server) account(w *packed.Writer, r *http.Request, id string, panicked any, took time.Duration) {
	if err, ok := panicked.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		s.observe(r, w.Status, took)
		panic(panicked) // net/http cuts the connection and says nothing more
	}
	if panicked != nil {
		s.o.Log.Error("a handler panicked", "request", id, "route", r.Pattern, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
		if w.Status != 0 {
			s.observe(r, w.Status, took)
			panic(http.ErrAbortHandler)
		}
		s.afterPanic(w, r)
	}
	w.Close()
	s.observe(r, w.Status, took)
	if !s.o.Log.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	s.o.Log.Debug("answered", "request", id, "method", r.Method, "route", r.Pattern, "status", w.Status, "took", took)
}

// afterPanic answers what a panic left unanswered, as a page or a problem, and guards itself.
func (s *Server) afterPanic(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if recover() != nil {
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		}
	}()
	failure := errors.New("panic")
	if strings.HasPrefix(r.URL.Path, "/api/") || s.Mounted(r.URL.Path) {
		s.problem(w, r, failure)
		return
	}
	l, _, ok := language.OfPath(r.URL.Path)
	if !ok {
		l = language.Negotiate(r)
	}
	s.refuse(w, r, l, failure)
}

func (s *Server) observe(r *http.Request, status int, took time.Duration) {
	if s.o.Observe != nil {
		s.o.Observe(r.Pattern, r.Method, status, took)
	}
}
