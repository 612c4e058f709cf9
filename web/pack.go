package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// pagePack is the size in bytes from which the answers of pages are packed: below it they go in one packet either way.
const pagePack = 1400

// answerWriter remembers the status, packs text, and gives the answer its time from its first byte on: how long a handler thinks
// is bounded elsewhere.
//
// Whether to pack is not known before the size is: the head and the first bytes of a text wait until there are least of them, the
// answer ends or is flushed.
type answerWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	wall    func() time.Time
	status  int
	zip     bool // the caller takes gzip
	least   int  // bytes worth packing
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

func (w *answerWriter) WriteHeader(status int) {
	if status < 200 {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.status != 0 {
		return // as net/http does, which says so in a log that nobody reads
	}
	w.status = status
	_ = w.control.SetWriteDeadline(w.wall().Add(writeTime)) // not every connection knows deadlines
	h := w.Header()
	if packs(h.Get("Content-Type")) && h.Get("Content-Encoding") == "" {
		h.Add("Vary", "Accept-Encoding")
		w.waiting = w.zip && status != http.StatusNoContent && status != http.StatusNotModified
	}
	if !w.waiting {
		w.ResponseWriter.WriteHeader(status)
	}
}

// begin sends the head, for a body that is packed or not, and what was held.
func (w *answerWriter) begin(pack bool) (err error) {
	w.waiting = false
	if pack {
		h := w.Header()
		h.Set("Content-Encoding", "gzip")
		h.Del("Content-Length")
		w.packer = packers.Get().(*gzip.Writer)
		w.packer.Reset(w.ResponseWriter)
	}
	w.ResponseWriter.WriteHeader(w.status)
	if held := w.held; len(held) > 0 {
		w.held = nil
		_, err = w.Write(held)
	}
	return err
}

func (w *answerWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", http.DetectContentType(p))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.waiting {
		if len(w.held)+len(p) < w.least {
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
func (w *answerWriter) FlushError() error {
	if w.status == 0 {
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
	return w.control.Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// close ends the answer; what was too small to pack goes as it is.
func (w *answerWriter) close() {
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
