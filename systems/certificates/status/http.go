package status

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/web"
)

// Prefix is where all of it stands.
const Prefix = "/pki"

// Options are what the service works with.
type Options struct {
	DB        *store.DB
	Authority *ca.Authority
	Now       func() time.Time
	Shard     int64 // certificates to a part, as the authority counts them
}

// Service answers checkers.
type Service struct {
	o       Options
	making  sync.Mutex
	answers cache
	epoch   atomic.Int64

	mu      sync.Mutex
	changed []string
	again   map[part]bool
	knowns  []*known
	knownAt time.Time
}

// New migrates the tables and follows the authority.
func New(ctx context.Context, o Options) (*Service, error) {
	if err := o.DB.Migrate(ctx, "certificates.status", tables); err != nil {
		return nil, errs.Wrap("migrate revocation lists", err)
	}
	s := &Service{o: o, again: map[part]bool{}}
	o.Authority.Follow(s.moved)
	return s, nil
}

// Mounts are the addresses below [Prefix].
func (s *Service) Mounts() []web.Mount { return []web.Mount{{Prefix: Prefix, Handler: s.handler()}} }

// Jobs keep the lists in force.
func (s *Service) Jobs() []host.Job {
	return []host.Job{{Name: "revocation-lists", Every: 2 * time.Second, Run: s.Tend}}
}

func (s *Service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Prefix+"/ocsp", s.post)
	mux.HandleFunc("GET "+Prefix+"/crl/{name}", s.list)
	mux.HandleFunc("GET "+Prefix+"/ca/{name}", s.certificate)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A question in the path is base64, which may hold "//": a router that tidies paths would break it.
		if q, ok := strings.CutPrefix(r.URL.EscapedPath(), Prefix+"/ocsp/"); ok && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			s.get(w, r, q)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// post answers RFC 6960 A.1 over POST.
func (s *Service) post(w http.ResponseWriter, r *http.Request) {
	if t, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); t != "application/ocsp-request" {
		http.Error(w, "application/ocsp-request", http.StatusUnsupportedMediaType)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostOfBody))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	s.send(w, r, body, false)
}

// get answers a question in the path, base64 and percent-encoded. RFC 6960 A.1, RFC 5019 5
func (s *Service) get(w http.ResponseWriter, r *http.Request, quoted string) {
	text, err := url.PathUnescape(quoted)
	if err != nil || len(text) > mostOfBody {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	body, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		body, err = base64.RawStdEncoding.DecodeString(text)
	}
	if err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	s.send(w, r, body, true)
}

func (s *Service) send(w http.ResponseWriter, r *http.Request, question []byte, cacheable bool) {
	answer, this, next := s.Answer(r.Context(), question)
	h := w.Header()
	h.Set("Content-Type", "application/ocsp-response")
	h.Set("Content-Length", strconv.Itoa(len(answer)))
	if cacheable && !next.IsZero() {
		hold(h, this, next, s.o.Now())
	} else {
		h.Set("Cache-Control", "no-store")
	}
	_, _ = w.Write(answer) // the checker may have gone
}

// hold tells caches how long something is good for. RFC 5019 6.2
func hold(h http.Header, this, next, now time.Time) {
	left := max(int(next.Sub(now)/time.Second), 0)
	h.Set("Cache-Control", "public, no-transform, must-revalidate, max-age="+strconv.Itoa(left))
	h.Set("Last-Modified", this.UTC().Format(http.TimeFormat))
	h.Set("Expires", next.UTC().Format(http.TimeFormat))
}

// list serves "<authority>-<part>.crl", "<authority>-<part>-delta.crl" and a root's "<id>.crl".
func (s *Service) list(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutSuffix(r.PathValue("name"), ".crl")
	if !ok {
		http.NotFound(w, r)
		return
	}
	authority, rest, sharded := strings.Cut(name, "-")
	if !sharded {
		s.rootList(w, r, name)
		return
	}
	number, isDelta := strings.CutSuffix(rest, "-delta")
	shard, err := strconv.ParseInt(number, 10, 64)
	if err != nil || strconv.FormatInt(shard, 10) != number {
		http.NotFound(w, r)
		return
	}
	delta := int64(0)
	if isDelta {
		delta = 1
	}
	l, err := s.List(r.Context(), authority, shard, delta)
	if err != nil {
		fail(w, r, err)
		return
	}
	// A delta may come at any moment, so that caches ask again soon; a complete list holds until its end.
	until := l.Next
	if isDelta {
		until = s.o.Now().Add(time.Minute)
	}
	hold(w.Header(), l.This, until, s.o.Now())
	w.Header().Set("Content-Type", "application/pkix-crl")
	_, _ = w.Write(l.DER)
}

func (s *Service) rootList(w http.ResponseWriter, r *http.Request, id string) {
	roots, err := s.o.Authority.Roots(r.Context())
	if err != nil {
		fail(w, r, err)
		return
	}
	for _, x := range roots {
		if x.ID == id && len(x.List) > 0 {
			w.Header().Set("Content-Type", "application/pkix-crl")
			_, _ = w.Write(x.List)
			return
		}
	}
	http.NotFound(w, r)
}

// certificate serves an authority's or a root's certificate in DER. RFC 5280 4.2.2.1
func (s *Service) certificate(w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutSuffix(r.PathValue("name"), ".cer")
	if !ok {
		http.NotFound(w, r)
		return
	}
	var der []byte
	if i, ok := s.o.Authority.Issuer(id); ok && len(i.Chain) > 0 {
		der = i.Chain[0]
	} else {
		roots, err := s.o.Authority.Roots(r.Context())
		if err != nil {
			fail(w, r, err)
			return
		}
		for _, x := range roots {
			if x.ID == id {
				der = x.DER
			}
		}
	}
	if der == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/pkix-cert")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write(der)
}

func fail(w http.ResponseWriter, r *http.Request, err error) {
	if errs.Is(err, errs.NotFound) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Retry-After", "5")
	http.Error(w, "try later", http.StatusServiceUnavailable)
}
