// Package served keeps what the public asks for in memory (公众查询缓存), and answers with tags, so that a city that asks at once costs little.
package served

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Cache holds the lists that everybody asks for, so that a city that asks at once is answered from memory.
type Cache struct {
	mu    sync.Mutex
	lists map[string]*Document
}

// Document is an answer with its tag.
type Document struct {
	body []byte
	etag string
	at   time.Time
}

// Forget empties it: what it holds has changed.
func (c *Cache) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists = nil
}

// Get gives a list, making it where none is there or it is too old. One makes it; the others wait for that.
func (c *Cache) Get(name string, now time.Time, keep time.Duration, make func() ([]byte, error)) (*Document, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.lists[name]; d != nil && now.Sub(d.at) < keep && !now.Before(d.at) {
		return d, nil
	}
	body, err := make()
	if err != nil {
		return nil, err
	}
	d := Of(body)
	d.at = now
	if c.lists == nil {
		c.lists = map[string]*Document{}
	}
	c.lists[name] = d
	return d, nil
}

// Of makes a document of its bytes.
func Of(body []byte) *Document {
	sum := sha256.Sum256(body)
	return &Document{body: body, etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// Answer writes a document, or says that the reader has it already.
func (d *Document) Answer(w http.ResponseWriter, r *http.Request, media string, age time.Duration) {
	h := w.Header()
	h.Set("ETag", d.etag)
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(age.Seconds())))
	h.Set("Access-Control-Allow-Origin", "*")
	if r.Header.Get("If-None-Match") == d.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", media)
	h.Set("Content-Length", strconv.Itoa(len(d.body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(d.body) // the reader may have gone
	}
}
