package city

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

// officialAct tells which act of the journal a request is, by its method and its path below the prefix; "" for none. Readings and
// entities are none: their history is kept with them.
func officialAct(method, path string) (verb, authority string) {
	verbs := map[string]string{http.MethodPost: "create-subscription", http.MethodPatch: "update-subscription", http.MethodDelete: "delete-subscription"}
	switch {
	case strings.HasPrefix(path, "/subscriptions"):
		return verbs[method], grantSubscribe
	case strings.HasPrefix(path, "/jsonldContexts") && method == http.MethodPost:
		return "host-context", grantContexts
	case strings.HasPrefix(path, "/jsonldContexts") && method == http.MethodDelete:
		return "remove-context", grantContexts
	}
	return "", ""
}

// journalled writes the official acts that a handler did into the journal, and serves the OpenAPI document beside it. Everything
// else passes through untouched.
func (s *service) journalled(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.EscapedPath(), prefix)
		if path == "/openapi.json" && r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(s.document) // the reader may have gone
			return
		}
		verb, authority := officialAct(r.Method, path)
		if verb == "" {
			next.ServeHTTP(w, r)
			return
		}
		out := &noted{ResponseWriter: w}
		next.ServeHTTP(out, r)
		if out.status >= 300 || out.status == 0 {
			return
		}
		by, err := s.who(r)
		if err == nil {
			err = s.record(r, by, authority, verb, objectOf(path, w.Header().Get("Location")), map[string]any{"tenant": r.Header.Get("NGSILD-Tenant")})
		}
		if err != nil {
			s.host.Log.Error("an act was done and not journalled", "verb", verb, "error", err)
		}
	})
}

// objectOf is the id of what was acted on: the last part of the path, or of where it was made.
func objectOf(path, location string) string {
	if location != "" {
		path = location
	}
	last := path[strings.LastIndexByte(path, '/')+1:]
	if id, err := url.PathUnescape(last); err == nil {
		return id
	}
	return last
}

// noted remembers the status of an answer.
type noted struct {
	http.ResponseWriter
	status int
}

func (n *noted) WriteHeader(status int) {
	if n.status == 0 {
		n.status = status
	}
	n.ResponseWriter.WriteHeader(status)
}

func (n *noted) Write(p []byte) (int, error) {
	if n.status == 0 {
		n.status = http.StatusOK
	}
	return n.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// record writes one act into the journal.
func (s *service) record(r *http.Request, by *identity.Principal, authority, verb, object string, detail map[string]any) error {
	act := journal.Act{Actor: by.ID, Unit: by.Unit, Authority: authority, Verb: verb, Object: clip(object, 120), Detail: detail}
	if by.Anonymous() {
		act.Actor = "system:city"
	}
	return s.host.DB.Write(r.Context(), func(tx *store.Tx) error { return s.host.Journal.Append(tx, act) })
}
