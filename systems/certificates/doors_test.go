package certificates

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// endless is a body that never ends and says nothing of its length, and counts what was taken of it.
type endless struct{ taken int64 }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'A'
	}
	e.taken += int64(len(b))
	return len(b), nil
}

// oversized: every door of the room that anybody may knock at refuses what is too large for it, with and without a stated length, and
// takes in no more than a few times what it is for.
func (w *world) oversized(t *testing.T) {
	for _, row := range []struct {
		name, path, media string
		size              int64 // that is too large
		want              int
	}{
		// A problem document of RFC 8555 6.7, which has no word of its own for too large.
		{"ACME account", "/acme/new-account", "application/jose+json", 64<<10 + 1, http.StatusBadRequest},
		{"ACME order", "/acme/new-order", "application/jose+json", 64<<10 + 1, http.StatusBadRequest},
		{"ACME revocation", "/acme/revoke-cert", "application/jose+json", 64<<10 + 1, http.StatusBadRequest},
		{"EST without a password", "/.well-known/est/simpleenroll", "application/pkcs10", 32<<10 + 1, http.StatusUnauthorized}, // nothing of it is read
		{"OCSP", "/pki/ocsp", "application/ocsp-request", 16<<10 + 1, http.StatusRequestEntityTooLarge},
		{"time stamp", "/tsa", "application/timestamp-query", 4<<10 + 1, http.StatusRequestEntityTooLarge},
		{"check", "/zh/certificates/check", "application/x-www-form-urlencoded", 128<<10 + 1, http.StatusRequestEntityTooLarge},
		{"collect", "/en/certificates/collect", "application/x-www-form-urlencoded", 128<<10 + 1, http.StatusRequestEntityTooLarge},
		{"a sealed document", "/zh/certificates/verify", "multipart/form-data; boundary=x", 33<<20 + 1, http.StatusRequestEntityTooLarge},
		{"check, an upload", "/zh/certificates/check", "multipart/form-data; boundary=x", 128<<10 + 1, http.StatusRequestEntityTooLarge},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, stated := range []bool{true, false} {
				body := &endless{}
				var from io.Reader = body
				if strings.HasPrefix(row.media, "multipart") {
					from = io.MultiReader(strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"), body)
				}
				rec := httptest.NewRecorder()
				r := httptest.NewRequest(http.MethodPost, row.path, from)
				r.ContentLength = -1
				if stated {
					r.ContentLength = row.size
					r.Body = io.NopCloser(io.LimitReader(from, row.size))
				}
				r.Header.Set("Content-Type", row.media)
				w.Handler.ServeHTTP(rec, r)
				if rec.Code != row.want {
					t.Errorf("stated %v: %d %.200s", stated, rec.Code, rec.Body)
				}
				if body.taken > 4*row.size {
					t.Errorf("stated %v: %d bytes were taken", stated, body.taken)
				}
			}
		})
	}
	t.Run("OCSP in the path", func(t *testing.T) {
		rec := httptest.NewRecorder()
		w.Handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/pki/ocsp/"+strings.Repeat("A", 96<<10), nil))
		if rec.Code != http.StatusBadRequest {
			t.Errorf("%d %.200s", rec.Code, rec.Body)
		}
	})
}

// pace: an address that asks for many time stamps waits, another one does not; behind a proxy the caller is counted and not the proxy.
func (w *world) pace(t *testing.T) {
	ask := func(by string) *httptest.ResponseRecorder {
		rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/tsa", strings.NewReader("x"))
		r.RemoteAddr = "192.0.2.1:4711"
		r.Header.Set("Content-Type", "application/timestamp-query")
		r.Header.Set("X-Forwarded-For", "203.0.113.9, "+by)
		w.Handler.ServeHTTP(rec, r)
		return rec
	}
	var refused int
	for range 200 {
		if rec := ask("198.51.100.1"); rec.Code == http.StatusTooManyRequests {
			refused++
			if rec.Header().Get("Retry-After") == "" {
				t.Fatal("it is not said how long to wait")
			}
		}
	}
	if refused == 0 || refused > 80 { // 120 pass, and what the real clock lets through besides
		t.Errorf("%d of 200 were refused", refused)
	}
	if ask("198.51.100.2").Code == http.StatusTooManyRequests {
		t.Error("another caller waits")
	}
}
