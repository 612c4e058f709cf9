package web

import (
	"net/http"
	"strings"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/language"
)

// serveElsewhere answers what no route does. A page's path without a language goes to the reader's language.
func (s *Server) serveElsewhere(w http.ResponseWriter, r *http.Request) {
	err := notFound()
	if allow := s.methods(r); allow != "" { // RFC 9110 15.5.6: the path is there, for another method
		err = errMethod
		w.Header().Set("Allow", allow)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.problem(w, r, err)
		return
	}
	l, rest, ok := language.OfPath(r.URL.Path)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.refuse(w, r, language.Negotiate(r), err)
		return
	}
	switch {
	case ok && (rest == "/"):
		s.redirect(w, r, l, s.homeOf(r), http.StatusFound)
	case ok:
		s.refuse(w, r, l, err)
	case r.URL.Path == "/":
		w.Header().Set("Vary", "Accept-Language")
		s.redirect(w, r, language.Negotiate(r), s.homeOf(r), http.StatusFound)
	case s.known(r):
		w.Header().Set("Vary", "Accept-Language")
		to := r.URL.EscapedPath()
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		s.redirect(w, r, language.Negotiate(r), to, http.StatusFound)
	default:
		s.refuse(w, r, language.Negotiate(r), notFound())
	}
}

// methods lists what the path of r is there for, as the header Allow says it; empty where nothing is there.
func (s *Server) methods(r *http.Request) string {
	var allow []string
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		q := r.Clone(r.Context())
		q.Method = m
		if _, pattern := s.mux.Handler(q); !strings.HasPrefix(pattern, m+" ") {
			continue
		}
		if allow = append(allow, m); m == http.MethodGet {
			allow = append(allow, http.MethodHead)
		}
	}
	return strings.Join(allow, ", ")
}

// known tells whether there is a page at this path in the reader's language.
func (s *Server) known(r *http.Request) bool {
	if !local(r.URL.Path) {
		return false
	}
	q := r.Clone(r.Context())
	q.URL.Path = "/" + string(lang.Zh) + r.URL.Path
	_, pattern := s.mux.Handler(q)
	return strings.HasPrefix(pattern, "GET /zh/")
}

// redirect goes to a path below the language prefix.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request, l lang.Lang, path string, code int) {
	if !local(path) {
		path = s.o.Home
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/"+string(l)+path, code)
}
