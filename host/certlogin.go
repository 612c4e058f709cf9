package host

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/certlogin"
)

// openGate makes signing in with certificates, where the settings want it; nil where not.
func (p *Program) openGate() *certlogin.Gate {
	s := p.o.Settings.Server
	if s.LoginListen == "" {
		return nil
	}
	return &certlogin.Gate{Book: p.Holders, People: p.People, Now: p.o.Wall, Console: strings.TrimSuffix(s.Address, "/"), Door: s.door(), Certified: p.certified, Stands: p.stands}
}

// door is where browsers reach the door of certificates.
func (s *ServerSettings) door() string {
	if s.LoginDoor != "" {
		return strings.TrimSuffix(s.LoginDoor, "/")
	}
	_, port, _ := net.SplitHostPort(s.LoginListen)
	u, err := url.Parse(s.Address)
	if err != nil {
		return ""
	}
	return "https://" + net.JoinHostPort(u.Hostname(), port)
}

// certified asks the system that issues certificates.
func (p *Program) certified(ctx context.Context, leaf []byte) (holder, serial string, err error) {
	for _, r := range p.rooms {
		if r.opened != nil && r.opened.Certified != nil {
			return r.opened.Certified(ctx, leaf)
		}
	}
	return "", "", errs.Say(errs.Unavailable, "证书系统未运行", "no system that issues certificates is running")
}

// stands asks the same system again when the holder comes from the door to the console.
func (p *Program) stands(ctx context.Context, serial string) error {
	for _, r := range p.rooms {
		if r.opened != nil && r.opened.Stands != nil {
			return r.opened.Stands(ctx, serial)
		}
	}
	return errs.Say(errs.Unavailable, "证书系统未运行", "no system that issues certificates is running")
}

// behindDoor is what stands behind the door: signing in, and what the systems offer to programs with a certificate.
func (p *Program) behindDoor() http.Handler {
	var shown []web.Mount
	for _, r := range p.rooms {
		if r.opened != nil {
			shown = append(shown, r.opened.Shown...)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, m := range shown {
			if r.URL.Path == m.Prefix || strings.HasPrefix(r.URL.Path, m.Prefix+"/") {
				m.Handler.ServeHTTP(w, r)
				return
			}
		}
		p.gate.ServeHTTP(w, r)
	})
}

// openDoor starts the door of certificates beside the console; close ends it.
func (p *Program) openDoor(own tls.Certificate) (stop func(context.Context) error, err error) {
	none := func(context.Context) error { return nil }
	if p.gate == nil {
		return none, nil
	}
	ln, err := net.Listen("tcp", p.o.Settings.Server.LoginListen)
	if err != nil {
		return none, errs.Because(err, errs.Unavailable, "无法监听 %s：端口已被占用或地址无效。请改 server.certificate_login_listen。",
			"cannot listen on %s: the port is taken or the address is wrong. Change server.certificate_login_listen.", p.o.Settings.Server.LoginListen)
	}
	srv := &http.Server{Handler: p.behindDoor(), TLSConfig: certlogin.TLS(own), ReadHeaderTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(p.o.Log.With("system", "certificate-door").Handler(), slog.LevelDebug)}
	in := &bounded{Listener: ln, seats: make(chan struct{}, max(1, p.o.Settings.Server.MaxLinks/4)), closed: make(chan struct{})}
	go func() { _ = srv.ServeTLS(in, "", "") }() // ends with Shutdown
	return srv.Shutdown, nil
}
