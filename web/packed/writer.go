// Package packed is what stands between a handler and the connection (应答压缩): it remembers the status, packs text for callers who take
// gzip, and gives the answer its time. It keeps nothing.
package packed

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Writer is an answer under way. Its time runs from its first byte on: how long a handler thinks is bounded elsewhere.
//
// Whether to pack is not known before the size is: the head and the first bytes of a text wait until there are Least of them, the
// answer ends or is flushed.
type Writer struct {
	http.ResponseWriter
	Control *http.ResponseController
	Wall    func() time.Time
	Within  time.Duration // for the bytes of a write
	Least   int           // bytes worth packing
	Gzip    bool          // the caller takes it
	Status  int           // that was answered; 0 before

	waiting bool // the head is not sent yet
	held    []byte
	packer  *gzip.Writer
}

var packers = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(io.Discard, 5); return w }} // 5 is a level that exists

// texts are the types that packing makes smaller.
var texts = []string{
	"text/html", "application/json", "application/problem+json", "text/csv", "application/x-ndjson", "application/vnd.sdmx",
	"application/geo+json", "application/ld+json", "text/plain",
}

func packs(mime string) bool {
	for _, t := range texts {
		if strings.HasPrefix(mime, t) {
			return true
		}
	}
	return false
}

// WriteHeader sends the head, or keeps it until it is known whether the body is packed.
func (w *Writer) WriteHeader(status int) {
	if status < 200 {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.Status != 0 {
		return // as net/http does, which says so in a log that nobody reads
	}
	w.Status = status
	_ = w.Control.SetWriteDeadline(w.Wall().Add(w.Within)) // not every connection knows deadlines
	h := w.Header()
	if packs(h.Get("Content-Type")) && h.Get("Content-Encoding") == "" {
		h.Add("Vary", "Accept-Encoding")
		w.waiting = w.Gzip && status != http.StatusNoContent && status != http.StatusNotModified
	}
	if !w.waiting {
		w.ResponseWriter.WriteHeader(status)
	}
}

// begin sends the head, for a body that is packed or not, and what was held.
func (w *Writer) begin(pack bool) (err error) {
	w.waiting = false
	if pack {
		h := w.Header()
		h.Set("Content-Encoding", "gzip")
		h.Del("Content-Length")
		w.packer = packers.Get().(*gzip.Writer)
		w.packer.Reset(w.ResponseWriter)
	}
	w.ResponseWriter.WriteHeader(w.Status)
	if held := w.held; len(held) > 0 {
		w.held = nil
		_, err = w.Write(held)
	}
	return err
}

// Write writes a part of the body.
func (w *Writer) Write(p []byte) (int, error) {
	if w.Status == 0 {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", http.DetectContentType(p))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.waiting {
		if len(w.held)+len(p) < w.Least {
			w.held = append(w.held, p...)
			return len(p), nil
		}
		if err := w.begin(true); err != nil {
			return 0, err
		}
	}
	if w.packer != nil {
		return w.packer.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// FlushError sends what was written so far; http.ResponseController finds it.
func (w *Writer) FlushError() error {
	if w.Status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.waiting {
		if err := w.begin(true); err != nil {
			return err
		}
	}
	if w.packer != nil {
		if err := w.packer.Flush(); err != nil {
			return err
		}
	}
	return w.Control.Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Close ends the answer; what was too small to pack goes as it is.
func (w *Writer) Close() {
	if w.waiting {
		_ = w.begin(false) // the reader may have gone
	}
	if w.packer == nil {
		return
	}
	_ = w.packer.Close() // the reader may have gone
	packers.Put(w.packer)
	w.packer = nil
}
