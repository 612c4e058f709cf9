package gate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/lang"
)

// Gate is one listener and its connections.
type Gate struct {
	Name  string
	desk  *Desk
	ln    net.Listener
	speak func(ctx context.Context, conn net.Conn) error
	seats chan struct{}

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
	wg     sync.WaitGroup
}

// Open listens, so that a used port is told at start. Nobody is let in before the feed runs. nil where addr is empty.
func Open(d *Desk, name, addr string, most int, speak func(ctx context.Context, conn net.Conn) error) (*Gate, error) {
	if addr == "" {
		return nil, nil //nolint:nilnil // no door is no fault
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, &errs.Error{Kind: errs.Unavailable, Op: "listen for " + name, Err: err, Msg: lang.T(
			fmt.Sprintf("无法在 %s 监听：端口已被占用或地址无效。请改 [safety.feeds] 的 %s_listen。", addr, name),
			fmt.Sprintf("cannot listen on %s: the port is taken or the address is wrong. Change %s_listen in [safety.feeds].", addr, name))}
	}
	return &Gate{Name: name, desk: d, ln: ln, speak: speak, seats: make(chan struct{}, most), conns: map[net.Conn]struct{}{}}, nil
}

// Feed is the gate as the host runs it.
func (g *Gate) Feed() host.Feed {
	return host.Feed{Name: g.Name, Addr: g.ln.Addr().String(), Run: g.run}
}

// Close ends the listener and every connection; what was acknowledged is stored, the rest comes again.
func (g *Gate) Close() {
	if g == nil {
		return
	}
	_ = g.ln.Close() // it only stops accepting
	g.mu.Lock()
	g.closed = true
	for c := range g.conns {
		_ = c.Close() // its dialogue ends with the error
	}
	g.mu.Unlock()
	g.wg.Wait()
}

func (g *Gate) run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = g.ln.Close() })
	defer stop()
	for {
		conn, err := g.ln.Accept()
		switch {
		case err == nil:
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		default: // too many open files: wait until some are closed
			g.desk.Log.Warn("connection not accepted", "feed", g.Name, "error", err.Error())
			time.Sleep(100 * time.Millisecond)
			continue
		}
		select {
		case g.seats <- struct{}{}:
		default:
			g.desk.Count(g.Name, TurnedAway)
			_ = conn.Close() // full: the device tries again
			continue
		}
		g.mu.Lock()
		if g.closed {
			g.mu.Unlock()
			_ = conn.Close()
			return nil
		}
		g.conns[conn] = struct{}{}
		g.wg.Add(1)
		g.mu.Unlock()
		go g.serve(ctx, conn)
	}
}

// serve runs one dialogue. What panics in it costs this connection only.
func (g *Gate) serve(ctx context.Context, conn net.Conn) {
	defer func() {
		_ = conn.Close()
		g.mu.Lock()
		delete(g.conns, conn)
		g.mu.Unlock()
		<-g.seats
		g.wg.Done()
	}()
	defer Guard(g.desk, g.Name)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // wakes the reader
	defer stop()
	if err := g.speak(ctx, conn); err != nil && ctx.Err() == nil {
		g.desk.Log.Debug("dialogue ended", "feed", g.Name, "error", err.Error())
	}
}

// Guard keeps a fault in one dialogue from ending the program; it is deferred.
func Guard(d *Desk, feed string) {
	if p := recover(); p != nil {
		d.Log.Error("dialogue ended by a fault", "feed", feed, "fault", fmt.Sprint(p), "stack", string(debug.Stack()))
	}
}

// Host is an address without its port.
func Host(a net.Addr) string {
	h, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return h
}
