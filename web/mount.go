package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
)

// Mount gives a handler every path below a prefix outside the pages and /api: a standard's own binding to HTTP, which has its own
// methods, media types and problems. The paths come as they were sent: an id within one may hold "//" or a quoted "/". Who asks, and
// whether they may, is the handler's to find out (WhoFunc).
type Mount struct {
	Prefix  string // "/ngsi-ld/v1"; whole parts of a path
	Handler http.Handler
}

// Sizes in bytes from which answers are packed for callers who take that. Below pagePack they go in one packet either way; programs
// on a fast network are better served by less work.
const (
	pagePack  = 1400
	mountPack = 32 << 10
)

// reserved begin paths that are the console's own.
var reserved = []string{"api", "assets", "events", "zh", "en", "healthz", "readyz", "metrics"}

// checkMounts refuses a prefix that is none, or that another stands in the way of.
func checkMounts(mounts []Mount) error {
	for i, m := range mounts {
		first, _, _ := strings.Cut(strings.TrimPrefix(m.Prefix, "/"), "/")
		if !strings.HasPrefix(m.Prefix, "/") || strings.HasSuffix(m.Prefix, "/") || m.Handler == nil {
			return fmt.Errorf("mount %q: a prefix begins with / and does not end with it, and has a handler", m.Prefix)
		}
		for _, r := range reserved {
			if first == r {
				return fmt.Errorf("mount %q: /%s is the console's own", m.Prefix, r)
			}
		}
		for _, o := range mounts[:i] {
			if below(m.Prefix, o.Prefix) || below(o.Prefix, m.Prefix) {
				return fmt.Errorf("mounts %q and %q lie within each other", o.Prefix, m.Prefix)
			}
		}
	}
	return nil
}

// below tells whether a path is prefix, or stands below it.
func below(path, prefix string) bool {
	return strings.HasPrefix(path, prefix) && (len(path) == len(prefix) || path[len(prefix)] == '/')
}

// Mounted tells whether a path is a mount's, whatever a router that tidies paths would make of it.
func (s *Server) Mounted(path string) bool { return s.mountOf(path) != nil }

func (s *Server) mountOf(path string) *Mount {
	for i := range s.o.Mounts {
		if below(path, s.o.Mounts[i].Prefix) {
			return &s.o.Mounts[i]
		}
	}
	return nil
}

// WhoFunc finds out who makes a request to a mount.
type WhoFunc func(r *http.Request) (*identity.Principal, error)

// Who makes a WhoFunc: a bearer token's program, else a console session's person, else nobody (never nil). A token or session that
// stands for nobody is errs.Unauthenticated. A browser sends its session whoever made it ask, so that a request which may change
// something must bear the session's form token besides (header X-CSRF-Token) and come from a page of ours; else it is errs.Denied.
// Whether cookies are __Host- ones follows secure and the connection, as the console sets them.
func Who(people *identity.Service, secure bool) WhoFunc {
	s := &Server{o: Options{People: people, Door: Door{Secure: secure}}, cross: http.NewCrossOriginProtection()}
	return func(r *http.Request) (*identity.Principal, error) {
		if r.Header["Authorization"] != nil {
			token, ok := bearer(r)
			if !ok {
				return nil, errs.Say(errs.Unauthenticated, "只接受 Bearer 令牌：Authorization: Bearer hh_…", "only bearer tokens are taken: Authorization: Bearer hh_…")
			}
			return people.Token(r.Context(), token)
		}
		if r.Header["Cookie"] == nil {
			return &identity.Principal{}, nil
		}
		return s.sessionOf(r)
	}
}

// sessionOf finds the person of a console session; nobody where there is none.
func (s *Server) sessionOf(r *http.Request) (*identity.Principal, error) {
	cookie := s.cookie(r, sessionCookie)
	if cookie == "" {
		return &identity.Principal{}, nil
	}
	who, err := s.o.People.Session(r.Context(), cookie)
	if err != nil {
		return nil, errs.Wrap("find out who asks", err)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions {
		if err := s.checkForm(&Request{HTTP: r, cookie: cookie}, r.Header.Get("X-CSRF-Token")); err != nil {
			return nil, err
		}
	}
	return who, nil
}
