package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed css fonts geo img js vendor VENDOR.tsv
var embedded embed.FS

// types are the content types that browsers insist on; the machine's own table of types is not asked, since it differs.
var types = map[string]string{
	".css": "text/css; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".woff2": "font/woff2", ".geojson": "application/geo+json", ".tsv": "text/tab-separated-values; charset=utf-8",
	".md": "text/markdown; charset=utf-8", ".txt": "text/plain; charset=utf-8",
}

// FS gives the files.
func FS() fs.FS { return embedded }

// Geo reads a map layer: "districts", "land", "water", "power-plants", "towns", "points".
func Geo(name string) ([]byte, error) { return embedded.ReadFile("geo/" + name + ".geojson") }

// Handler serves the files below its prefix.
type Handler struct {
	hash  string
	files map[string]*file
}

type file struct {
	body, mime, etag string
	zip              func() []byte // gzip of body, made once; nil where it does not pay
}

// New reads the files and computes their hash.
func New() (*Handler, error) {
	h := &Handler{files: map[string]*file{}}
	all := sha256.New()
	err := fs.WalkDir(embedded, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := embedded.ReadFile(p)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		all.Write([]byte(p))
		all.Write(sum[:])
		f := &file{body: string(b), mime: types[path.Ext(p)], etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
		if path.Ext(p) != ".woff2" { // WOFF2 is compressed already
			f.zip = sync.OnceValue(func() []byte { return squeeze(b) })
		}
		h.files[p] = f
		return nil
	})
	if err != nil {
		return nil, err
	}
	h.hash = hex.EncodeToString(all.Sum(nil))[:12]
	return h, nil
}

// Prefix is where pages find the files: "/assets/<hash>", without a slash at the end.
func (h *Handler) Prefix() string { return "/assets/" + h.hash }

// ServeHTTP answers GET /assets/{hash}/{path}. Under the present hash an answer may be kept for ever; under an older one, which
// a page that was open during an update still asks for, the present file is given and not kept.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, _ := strings.CutPrefix(r.URL.Path, "/assets/")
	hash, name, _ := strings.Cut(rest, "/")
	f := h.files[name]
	if f == nil {
		http.NotFound(w, r)
		return
	}
	head := w.Header()
	head.Set("ETag", f.etag)
	head.Set("Vary", "Accept-Encoding")
	head.Set("Cache-Control", "no-cache")
	if hash == h.hash {
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if f.mime != "" {
		head.Set("Content-Type", f.mime)
	}
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := []byte(f.body)
	if f.zip != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body = f.zip()
		head.Set("Content-Encoding", "gzip")
	}
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the client may have gone
}

func squeeze(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil || z.Close() != nil {
		return nil
	}
	return out.Bytes()
}
