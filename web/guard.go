package web

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// policy lets a page load from this server alone, run no inline script, wear no inline style, and be framed by nobody.
// data: and blob: pictures are the map's own.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' data: blob:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// guard is what stands round every request: number, headers, deadlines, compression, the panic guard, and the account of it.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.o.Wall()
		h := w.Header()
		id := randomID()
		h.Set("X-Request-Id", id)
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
			// RFC 9112 6.1: a request that bears Content-Length besides must be the last of its connection, lest a proxy before
			// us counts otherwise. net/http has taken that header away by now, so every body in chunks is the last.
			h.Set("Connection", "close")
		}
		control := http.NewResponseController(w)
		out := &answerWriter{ResponseWriter: w, control: control, wall: s.o.Wall, zip: strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")}
		if r.Body != nil && r.Body != http.NoBody {
			_ = control.SetReadDeadline(began.Add(readTime)) // what a handler leaves unread, net/http reads before it answers
			r.Body = &timedBody{ReadCloser: r.Body, control: control, wall: s.o.Wall}
		}
		defer func() {
			v := recover()
			s.account(out, r, id, v, s.o.Wall().Sub(began))
			_ = control.SetWriteDeadline(time.Time{})
		}()
		next.ServeHTTP(out, r)
	})
}

// account ends a request: it turns a panic into an answer where there is still time for one, and tells the log and the metrics.
func (s *Server) account(w *answerWriter, r *http.Request, id string, panicked any, took time.Duration) {
	if err, ok := panicked.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		s.observe(r, w.status, took)
		panic(panicked) // net/http cuts the connection and says nothing more
	}
	if panicked != nil {
		s.o.Log.Error("a handler panicked", "request", id, "route", r.Pattern, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
		if w.status != 0 {
			s.observe(r, w.status, took)
			panic(http.ErrAbortHandler)
		}
		s.afterPanic(w, r)
	}
	w.close()
	s.observe(r, w.status, took)
	s.o.Log.Debug("answered", "request", id, "method", r.Method, "route", r.Pattern, "status", w.status, "took", took)
}

// afterPanic answers what a panic left unanswered, as a page or a problem, and guards itself.
func (s *Server) afterPanic(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if recover() != nil {
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		}
	}()
	failure := errors.New("panic")
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.problem(w, r, failure)
		return
	}
	l, _, ok := ofPath(r.URL.Path)
	if !ok {
		l = negotiate(r)
	}
	s.refuse(w, r, l, failure)
}

func (s *Server) observe(r *http.Request, status int, took time.Duration) {
	if s.o.Observe != nil {
		s.o.Observe(r.Pattern, r.Method, status, took)
	}
}

// timedBody gives each read of a body its time, and all of them together a time that grows with what has come, so that a caller
// who sends a byte now and then does not hold a connection. The time that a handler takes between two reads is not the caller's.
// When the body has ended the deadline is lifted: net/http reads on in the background and would take it for the caller's going
// away. When it has failed the deadline stays, or net/http would wait for the rest.
type timedBody struct {
	io.ReadCloser
	control *http.ResponseController
	wall    func() time.Time
	got     int64         // bytes
	waited  time.Duration // for them
}

// slowest is the rate in bytes a second below which a body, after its first readTime, is given up.
const slowest = 4 << 10

func (b *timedBody) Read(p []byte) (int, error) {
	began := b.wall()
	left := readTime + time.Duration(b.got/slowest)*time.Second - b.waited
	_ = b.control.SetReadDeadline(began.Add(min(left, readTime))) // not every connection knows deadlines
	n, err := b.ReadCloser.Read(p)
	b.got += int64(n)
	b.waited += b.wall().Sub(began)
	switch {
	case err == io.EOF:
		_ = b.control.SetReadDeadline(time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = errSlow
	}
	return n, err
}

// answerWriter remembers the status, packs text, and gives the answer its time from its first byte on: how long a handler thinks
// is bounded elsewhere.
type answerWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	wall    func() time.Time
	status  int
	zip     bool // the caller takes gzip
	packer  *gzip.Writer
}

var packers = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(io.Discard, 5); return w }} // 5 is a level that exists

// texts are the types that packing makes smaller.
var texts = []string{"text/html", "application/json", "application/problem+json", "text/csv", "application/x-ndjson", "application/vnd.sdmx", "application/geo+json", "text/plain"}

func packs(mime string) bool {
	for _, t := range texts {
		if strings.HasPrefix(mime, t) {
			return true
		}
	}
	return false
}

func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
		_ = w.control.SetWriteDeadline(w.wall().Add(writeTime)) // not every connection knows deadlines
		h := w.Header()
		if packs(h.Get("Content-Type")) && h.Get("Content-Encoding") == "" {
			h.Add("Vary", "Accept-Encoding")
			if w.zip && status != http.StatusNoContent && status != http.StatusNotModified {
				h.Set("Content-Encoding", "gzip")
				h.Del("Content-Length")
				w.packer = packers.Get().(*gzip.Writer)
				w.packer.Reset(w.ResponseWriter)
			}
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *answerWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", http.DetectContentType(p))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.packer != nil {
		return w.packer.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// FlushError sends what was written so far; http.ResponseController finds it.
func (w *answerWriter) FlushError() error {
	if w.packer != nil {
		if err := w.packer.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *answerWriter) close() {
	if w.packer == nil {
		return
	}
	_ = w.packer.Close() // the reader may have gone
	packers.Put(w.packer)
	w.packer = nil
}
