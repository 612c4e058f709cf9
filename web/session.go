package web

import (
	"crypto/rand"
	"encoding/hex"
	"net"
	"net/http"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/web/account"
)

// The cookies. Over TLS they bear __Host-, which ties them to this very host and to TLS.
const (
	sessionCookie = "haihe"
	formCookie    = "haihe-form" // secret of forms that are filled in before anybody is signed in
)

func (s *Server) secure(r *http.Request) bool { return s.o.Door.Secure || r.TLS != nil }

func (s *Server) cookieName(r *http.Request, name string) string {
	if s.secure(r) {
		return "__Host-" + name
	}
	return name
}

func (s *Server) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(r, name))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie gives the browser a cookie that scripts cannot read; an empty value takes it away.
func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	c := &http.Cookie{Name: s.cookieName(r, name), Value: value, Path: "/", HttpOnly: true, Secure: s.secure(r), SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// request finds out who asks. A cookie or token that stands for nobody is nobody's, not a failure: the route decides.
func (s *Server) request(w http.ResponseWriter, r *http.Request) (*Request, error) {
	q := &Request{server: s, HTTP: r, Who: &identity.Principal{}, Now: s.o.Now(), id: w.Header().Get("X-Request-Id")}
	if token, ok := bearer(r); ok {
		if !strings.HasPrefix(r.URL.Path, "/api/") { // a token is no way into pages
			return q, nil
		}
		who, err := s.o.People.Token(r.Context(), token)
		return q.as(who, err)
	}
	q.cookie = s.cookie(r, sessionCookie)
	if q.cookie == "" {
		return q, nil
	}
	who, err := s.o.People.Session(r.Context(), q.cookie)
	if errs.Is(err, errs.Unauthenticated) {
		q.cookie = ""
	}
	return q.as(who, err)
}

func (r *Request) as(who *identity.Principal, err error) (*Request, error) {
	if errs.Is(err, errs.Unauthenticated) {
		return r, nil
	}
	if err != nil {
		return r, errs.Wrap("find out who asks", err)
	}
	r.Who = who
	return r, nil
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

// formSecret is what the form token of a request is derived from: the session, or before sign-in a cookie of its own.
func (s *Server) formSecret(r *Request) string {
	if r.cookie != "" {
		return r.cookie
	}
	return s.cookie(r.HTTP, formCookie)
}

// formToken gives the token that a page's forms carry. It looks different on every page, so that it cannot be guessed from the
// length of compressed answers.
func (s *Server) formToken(r *Request) string {
	secret := s.formSecret(r)
	if secret == "" {
		return ""
	}
	return account.Mask(s.o.People.CSRF(secret))
}

// checkForm refuses a form that did not come from a page of this session.
func (s *Server) checkForm(r *Request, token string) error {
	if err := s.cross.Check(r.HTTP); err == nil && s.o.People.CheckCSRF(s.formSecret(r), account.Unmask(token)) {
		return nil
	}
	return errs.Say(errs.Denied, "表单已失效或来自其他站点。请返回上一页，刷新后重新提交。", "The form has expired or came from another site. Go back, reload the page and submit again.")
}

// randomID is 128 random bits in hex.
func randomID() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// addr is the caller's address.
func (s *Server) addr(r *http.Request) string {
	if s.o.Door.Proxied {
		hops := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if a := strings.TrimSpace(hops[len(hops)-1]); net.ParseIP(a) != nil {
			return a
		}
	}
	return r.RemoteAddr
}

// local tells whether next is a path of ours below the language prefix: nothing that a browser could take for another site.
func local(next string) bool {
	return strings.HasPrefix(next, "/") && !strings.HasPrefix(next, "//") && !strings.ContainsAny(next, "\\\r\n\t") && !strings.HasPrefix(next, "/api/")
}
