package door

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/lang"
)

// Speak runs one dialogue until it ends; its context ends with the feed, and the connection is closed then.
type Speak func(ctx context.Context, conn net.Conn) error

// Hall is some doors that share their places. Its methods may be called from anywhere at once, but for Listen, which comes first.
type Hall struct {
	log    *slog.Logger
	turned func(feed string) // a connection was turned away
	seats  chan struct{}
	doors  []door

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
	wg     sync.WaitGroup
}

// door is one listener with the dialogue that is spoken behind it.
type door struct {
	name  string
	ln    net.Listener
	speak Speak
}

// New makes a hall without doors, with places for so many connections.
func New(log *slog.Logger, most int, turned func(feed string)) *Hall {
	return &Hall{log: log, turned: turned, seats: make(chan struct{}, most), conns: map[net.Conn]struct{}{}}
}

// Listen adds a door; none where addr is empty. Nobody is let in before the feeds run. section names the configuration's section with the key
// <name>_listen, for the message about a port that is taken.
func (h *Hall) Listen(name, addr, section string, speak Speak) error {
	if addr == "" {
		return nil
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return &errs.Error{Kind: errs.Unavailable, Op: "listen for " + name, Err: err, Msg: lang.T(
			fmt.Sprintf("无法在 %s 监听：端口已被占用或地址无效。请改 [%s] 的 %s_listen。", addr, section, name),
			fmt.Sprintf("cannot listen on %s: the port is taken or the address is wrong. Change %s_listen in [%s].", addr, name, section))}
	}
	h.doors = append(h.doors, door{name, ln, speak})
	return nil
}

// Feeds are the doors as the host runs them.
func (h *Hall) Feeds() []host.Feed {
	var out []host.Feed
	for _, d := range h.doors {
		out = append(out, host.Feed{Name: d.name, Addr: d.ln.Addr().String(), Run: func(ctx context.Context) error { return h.accept(ctx, d) }})
	}
	return out
}

// Close ends the doors and every connection, and waits for their dialogues; what was acknowledged is stored, the rest comes again.
func (h *Hall) Close() {
	for _, d := range h.doors {
		_ = d.ln.Close() // it only stops accepting
	}
	h.mu.Lock()
	h.closed = true
	for c := range h.conns {
		_ = c.Close() // its dialogue ends with the error
	}
	h.mu.Unlock()
	h.wg.Wait()
}

// accept lets devices in until ctx ends.
func (h *Hall) accept(ctx context.Context, d door) error {
	stop := context.AfterFunc(ctx, func() { _ = d.ln.Close() })
	defer stop()
	for {
		conn, err := d.ln.Accept()
		switch {
		case err == nil:
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		default: // too many open files: wait until some are closed
			h.log.Warn("connection not accepted", "feed", d.name, "error", err.Error())
			time.Sleep(100 * time.Millisecond)
			continue
		}
		if h.enter(d.name, conn) {
			go h.serve(ctx, d.name, conn, d.speak)
		}
	}
}

// enter gives a connection a place, and closes it where there is none: the device tries again.
func (h *Hall) enter(feed string, conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		select {
		case h.seats <- struct{}{}:
			h.conns[conn] = struct{}{}
			h.wg.Add(1)
			return true
		default:
			h.turned(feed)
		}
	}
	_ = conn.Close() // who brought it sees the end
	return false
}

// Serve runs a dialogue over a connection that was made elsewhere, until it ends. It takes a place among all connections, and is closed where
// there is none.
func (h *Hall) Serve(ctx context.Context, feed string, conn net.Conn, speak Speak) {
	if h.enter(feed, conn) {
		h.serve(ctx, feed, conn, speak)
	}
}

// serve runs one dialogue. What panics in it costs this connection only.
func (h *Hall) serve(ctx context.Context, feed string, conn net.Conn, speak Speak) {
	defer func() {
		_ = conn.Close()
		h.mu.Lock()
		delete(h.conns, conn)
		h.mu.Unlock()
		<-h.seats
		h.wg.Done()
	}()
	defer Guard(h.log, feed)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // wakes the reader
	defer stop()
	if err := speak(ctx, conn); err != nil && ctx.Err() == nil {
		h.log.Debug("dialogue ended", "feed", feed, "error", err.Error())
	}
}

// Go runs something beside a dialogue that has not ended yet; Close waits for it.
func (h *Hall) Go(fn func()) { h.wg.Go(fn) }

// Guard keeps a fault in one dialogue from ending the program; it is deferred.
func Guard(log *slog.Logger, feed string) {
	if p := recover(); p != nil {
		log.Error("dialogue ended by a fault", "feed", feed, "fault", fmt.Sprint(p), "stack", string(debug.Stack()))
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
