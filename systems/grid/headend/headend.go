package headend

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
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/headend/budget"
	"github.com/haihe-city/haihe/systems/grid/headend/secret"
)

// Options are what the head-end works with. Times are the plan's clock.
type Options struct {
	Log         *slog.Logger
	Now         func() time.Time
	Book        *book.Book
	Take        func(ctx context.Context, readings []book.Reading) (book.Taken, error) // returns after the commit
	Power       func(ctx context.Context, events []Power) error                        // returns after the commit
	Refuse      func(ctx context.Context, r Refused, body []byte)                      // keeps what was not taken
	Count       func(protocol, outcome string)                                         // a frame was taken, refused, turned away
	Changed     func()                                                                 // a link came or went
	DLT698      string                                                                 // addresses to listen on; empty: not
	DLT645      string
	QGDW1376    string
	DLMS        string
	Keys        func(meter string) (secret.DLMS, bool) // what a DLMS meter wants to see; nil: none is known
	SilentAfter time.Duration                          // a link not heard for this long is ended
	Poll        time.Duration                          // how often meters behind DL/T 645 and DLMS are polled
	Answer      time.Duration                          // how long such a meter may take to answer
	MaxLinks    int
}

// Power says that a meter, by the key of its series, lost supply and when it had it again: Unix seconds, Back is 0 while it lasts.
type Power struct {
	Meter      int64
	Down, Back int64
}

// Refused is a frame that was not taken: who sent it, in which protocol (as Count names it), why, by which clause of the
// protocol's standard, and where in the stream.
type Refused struct {
	Peer, Protocol string
	Reason         lang.Text
	Clause         string
	Offset         int64
}

// HeadEnd is the listeners that concentrators and gateways connect to, and their links.
type HeadEnd struct {
	o     Options
	links *links
	doors []door
	gate  chan struct{} // a place for each connection

	decoded *budget.Budget // of frames in hand
	spare   sync.Pool      // of *workspace

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
	wg     sync.WaitGroup
}

// The protocols as counters and lists name them.
const (
	name698 = "dlt698"
	name645 = "dlt645"

	name1376 = "qgdw1376"
	nameDLMS = "dlms"
)

// door is one listener with the dialogue that is spoken behind it.
type door struct {
	name  string
	ln    net.Listener
	speak func(ctx context.Context, conn net.Conn) error
}

// writeLimit is how long a peer may take to accept what we send; firstLimit how long it may take to say who it is.
const (
	writeLimit = 10 * time.Second
	firstLimit = 30 * time.Second
)

// Open opens the doors, so that a used port is told at start. Nobody is let in before the feeds run.
func Open(o Options) (*HeadEnd, error) {
	e := &HeadEnd{o: o, links: newLinks(), gate: make(chan struct{}, o.MaxLinks), decoded: budget.New(), conns: map[net.Conn]struct{}{}}
	for _, d := range []struct {
		name, addr string
		speak      func(ctx context.Context, conn net.Conn) error
	}{{name698, o.DLT698, e.speak698}, {name645, o.DLT645, e.speak645}, {name1376, o.QGDW1376, e.speak1376}, {nameDLMS, o.DLMS, e.speakDLMS}} {
		if d.addr == "" {
			continue
		}
		ln, err := net.Listen("tcp", d.addr)
		if err != nil {
			e.closeDoors()
			return nil, &errs.Error{Kind: errs.Unavailable, Op: "listen for " + d.name, Err: err, Msg: lang.T(
				fmt.Sprintf("无法在 %s 监听：端口已被占用或地址无效。请改 [grid] 的 %s_listen。", d.addr, d.name),
				fmt.Sprintf("cannot listen on %s: the port is taken or the address is wrong. Change %s_listen in [grid].", d.addr, d.name))}
		}
		e.doors = append(e.doors, door{d.name, ln, d.speak})
	}
	return e, nil
}

func (e *HeadEnd) closeDoors() {
	for _, d := range e.doors {
		_ = d.ln.Close() // it only stops accepting
	}
}

// Feeds are the doors as the host runs them.
func (e *HeadEnd) Feeds() []host.Feed {
	var out []host.Feed
	for _, d := range e.doors {
		out = append(out, host.Feed{Name: d.name, Addr: d.ln.Addr().String(), Run: func(ctx context.Context) error { return e.accept(ctx, d) }})
	}
	return out
}

// Close ends the doors and every connection; what was acknowledged is stored, the rest comes again.
func (e *HeadEnd) Close(context.Context) error {
	e.closeDoors()
	e.mu.Lock()
	e.closed = true
	for c := range e.conns {
		_ = c.Close() // its dialogue ends with the error
	}
	e.mu.Unlock()
	e.wg.Wait()
	return nil
}

// accept lets concentrators in until ctx ends.
func (e *HeadEnd) accept(ctx context.Context, d door) error {
	stop := context.AfterFunc(ctx, func() { _ = d.ln.Close() })
	defer stop()
	for {
		conn, err := d.ln.Accept()
		switch {
		case err == nil:
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		default: // too many open files: wait until some are closed
			e.o.Log.Warn("connection not accepted", "feed", d.name, "error", err.Error())
			time.Sleep(100 * time.Millisecond)
			continue
		}
		select {
		case e.gate <- struct{}{}:
		default:
			e.o.Count(d.name, "turned-away")
			_ = conn.Close() // full: the concentrator tries again
			continue
		}
		e.mu.Lock()
		if e.closed {
			e.mu.Unlock()
			_ = conn.Close() // the door was closed while it came in
			return nil
		}
		e.conns[conn] = struct{}{}
		e.wg.Add(1)
		e.mu.Unlock()
		go e.serve(ctx, d, conn)
	}
}

// guard keeps a fault in one dialogue from ending the program.
func (e *HeadEnd) guard(feed string) {
	if p := recover(); p != nil {
		e.o.Log.Error("dialogue ended by a fault", "feed", feed, "fault", fmt.Sprint(p), "stack", string(debug.Stack()))
	}
}

// serve runs one dialogue. What panics in it costs this connection only.
func (e *HeadEnd) serve(ctx context.Context, d door, conn net.Conn) {
	defer func() {
		_ = conn.Close()
		e.mu.Lock()
		delete(e.conns, conn)
		e.mu.Unlock()
		<-e.gate
		e.wg.Done()
	}()
	defer e.guard(d.name)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // wakes the reader
	defer stop()
	if err := d.speak(ctx, conn); err != nil && ctx.Err() == nil {
		e.o.Log.Debug("dialogue ended", "feed", d.name, "error", err.Error())
	}
}
