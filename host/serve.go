package host

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// Serve starts the work and answers on a listener until ctx ends, then stops gracefully: no new connection, what is under
// way is finished, jobs and feeds end, the systems close in reverse; all within the settings' StopWithin.
func (p *Program) Serve(ctx context.Context, ln net.Listener) error {
	base, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	srv := &http.Server{
		Handler:           p.Handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(p.o.Log.With("system", "http").Handler(), slog.LevelDebug),
	}
	closeDoor := func(context.Context) error { return nil }
	if s := p.o.Settings.Server; s.Certificate != "" {
		cert, err := tls.LoadX509KeyPair(s.Certificate, s.Key)
		if err != nil {
			said := errs.Because(err, errs.Invalid, "证书 %s 或私钥 %s 无法使用，请检查文件", "certificate %s or key %s is of no use, check the files", s.Certificate, s.Key)
			if err := p.Close(context.WithoutCancel(ctx)); err != nil {
				p.o.Log.Error("the systems did not close", "error", err)
			}
			return said
		}
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
		if closeDoor, err = p.openDoor(cert); err != nil {
			return errors.Join(err, p.Close(context.WithoutCancel(ctx)))
		}
	}
	ln = &bounded{Listener: ln, seats: make(chan struct{}, max(1, p.o.Settings.Server.MaxLinks)), closed: make(chan struct{})}
	p.Start()
	ended := make(chan error, 1)
	go func() {
		if srv.TLSConfig != nil {
			ended <- srv.ServeTLS(ln, "", "")
			return
		}
		ended <- srv.Serve(ln)
	}()
	go debug.FreeOSMemory() // what only the start needed goes back to the machine
	var err error
	select {
	case err = <-ended: // the listener broke; stop what runs all the same
	case <-ctx.Done():
	}
	p.o.Log.Info("stopping", "within", p.o.Settings.Server.StopWithin)
	return errors.Join(err, closeDoor(context.WithoutCancel(ctx)), p.stop(srv, endRequests))
}

// stop ends everything in order, each part with its share of the time.
func (p *Program) stop(srv *http.Server, endRequests func()) error {
	within := max(p.o.Settings.Server.StopWithin, time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	p.draining.Store(true)
	p.work.cancel() // feeds stop taking in while the last pages are answered
	p.live.Close()  // event streams would hold the server open for ever
	half, cancelHalf := context.WithTimeout(ctx, within/2)
	defer cancelHalf()
	err := srv.Shutdown(half)
	if err != nil { // what is still under way is told to end, then cut off
		endRequests()
		_ = srv.Close()
		p.o.Log.Warn("requests were cut off", "error", err)
	}
	if err := p.Close(ctx); err != nil {
		return err
	}
	p.o.Log.Info("stopped")
	return nil
}
