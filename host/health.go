package host

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Health is how a system stands: ok, broken (it could not be opened) or failing (it says so itself).
type Health struct {
	System string `json:"system"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

var probe = store.Q("host_probe", `SELECT COUNT(*) FROM host_clock`)

// Health asks every system how it is. Reasons are those that a user may read; the rest is in the log.
func (p *Program) Health(ctx context.Context) (out []Health) {
	for _, r := range p.rooms {
		h := Health{System: r.Name, State: "ok"}
		switch {
		case r.broken != nil:
			h.State, h.Reason = "broken", reason(r.broken)
		case r.opened.Health != nil:
			if err := guard(func() error { return r.opened.Health(ctx) }); err != nil {
				h.State, h.Reason = "failing", reason(err)
			}
		}
		out = append(out, h)
	}
	return out
}

// reason is what may be said about a failure to anybody.
func reason(err error) string {
	t := reasonOf(err)
	if t.Zh == t.En {
		return t.Zh
	}
	return t.Zh + " / " + t.En
}

// reasonOf is the same in both languages.
func reasonOf(err error) lang.Text {
	if msg, ok := errs.MsgOf(err); ok {
		return msg
	}
	return lang.T("内部错误，详见日志", "an internal failure, see the log")
}

// serveAlive answers /healthz: the process answers. It asks nothing of anybody, so that a slow disk does not get it killed.
func (p *Program) serveAlive(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"status": "ok", "version": p.o.Version, "time": p.o.Clock.Now()})
}

// serveReady answers /readyz: whether requests should be sent here. A broken system does not make the others unready; with
// ?system=NAME the answer is about that one.
func (p *Program) serveReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	status, code := "ok", http.StatusOK
	systems := p.Health(ctx)
	one := r.URL.Query().Get("system")
	known := one == ""
	for _, h := range systems {
		known = known || h.System == one
		if h.State != "ok" {
			status = "degraded"
			if h.System == one {
				code = http.StatusServiceUnavailable
			}
		}
	}
	var rows int64
	switch err := p.o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(probe, nil, &rows) }); {
	case p.draining.Load():
		status, code = "stopping", http.StatusServiceUnavailable
	case err != nil:
		status, code = "store unavailable", http.StatusServiceUnavailable
	case !known:
		status, code = "no such system", http.StatusNotFound
	}
	answer(w, code, map[string]any{"status": status, "systems": systems})
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}

// metricsHandler answers /metrics to whom the settings let in.
func (p *Program) metricsHandler() http.Handler {
	inner := promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{Registry: p.registry, MaxRequestsInFlight: 4})
	mode := p.o.Settings.Server.Metrics
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mode == "open" || mode == "loopback" && local(r) || p.mayRead(r) {
			inner.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="haihe"`)
		answer(w, http.StatusUnauthorized, map[string]any{"status": "the grant " + identity.GrantReadProgram + " is needed"})
	})
}

// local tells whether the request comes from this machine itself. A proxy on the same machine speaks for others, and says so
// in a header.
func local(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// mayRead tells whether a bearer token stands for somebody with system.read.
func (p *Program) mayRead(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false
	}
	who, err := p.People.Token(r.Context(), token)
	return err == nil && who.Can(identity.GrantReadProgram)
}
