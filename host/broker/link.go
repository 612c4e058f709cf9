package broker

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
)

// Bounds of time.
const (
	loginTime = 10 * time.Second // from the connection to CONNECT
	writeTime = 5 * time.Second  // for one write
	recheck   = 30 * time.Second // how long a credential is believed without asking again
	retryTime = 20 * time.Second // how long a busy store is asked again
)

// listener accepts links, as many as Options allow at once.
type listener struct {
	net.Listener
	b      *Broker
	seated atomic.Int64
	links  sync.Map // *link to nothing: those that are open
}

// Accept waits for a connection. One above the bound is closed at once, and a failure that passes (no file descriptor left) does
// not end the listening: mochi stops at the first error that it sees.
func (l *listener) Accept() (net.Conn, error) {
	wait := 5 * time.Millisecond
	for {
		c, err := l.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil {
			l.b.o.Log.Warn("a connection could not be accepted", "error", err)
			select {
			case <-time.After(wait):
			case <-l.b.ctx.Done():
				return nil, err
			}
			wait = min(2*wait, time.Second)
			continue
		}
		if l.seated.Add(1) > int64(l.b.o.MaxClients) {
			l.seated.Add(-1)
			l.b.o.Count(TurnedOff)
			_ = c.Close()
			continue
		}
		_ = c.SetDeadline(l.b.o.Wall().Add(loginTime))
		k := &link{Conn: c, b: l.b, slots: make(chan struct{}, l.b.o.InFlight), left: make(chan struct{})}
		l.links.Store(k, nil)
		return k, nil
	}
}

// The listener is mochi's own, in place of that of its package: closing that one can lock up (it takes one read lock within
// another, while a client that goes waits to write).

// Init does nothing: it listens already.
func (l *listener) Init(*slog.Logger) error { return nil }

// Serve hands each connection to mochi.
func (l *listener) Serve(establish listeners.EstablishFn) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() { _ = establish(l.ID(), c) }() // what went wrong is told by hooks
	}
}

// ID, Address and Protocol name it.
func (l *listener) ID() string { return "mqtt" }

// Address is described at ID.
func (l *listener) Address() string { return l.Addr().String() }

// Protocol is described at ID.
func (l *listener) Protocol() string { return "tcp" }

// Close stops listening; the clients are the Broker's to send away.
func (l *listener) Close(listeners.CloseFn) { _ = l.Listener.Close() }

// link is one connection, with what its client published and the store has not taken yet.
type link struct {
	net.Conn
	b     *Broker
	slots chan struct{} // one for each publication that waits
	sent  chan struct{} // one for each publication to the client that it has not acknowledged; nil where it said no maximum
	once  sync.Once
	left  chan struct{} // closed when the connection is

	mu      sync.Mutex
	who     *identity.Principal
	cl      *mqtt.Client
	creds   Credentials
	checked time.Time // when creds were believed last
	online  bool
	queue   []item
	running bool
}

// item is a publication that waits.
type item struct {
	Message
	route *Route
	cl    *mqtt.Client
	pk    packets.Packet
	held  bool // it has a slot
	will  bool // nobody waits for an acknowledgement
}

// SetDeadline is called by mochi for the keep-alive: it is one of reading. Writing has its own, shorter one.
func (l *link) SetDeadline(t time.Time) error { return l.Conn.SetReadDeadline(t) }

// Write gives each write its time; a client that does not read is cut off.
func (l *link) Write(p []byte) (int, error) {
	_ = l.Conn.SetWriteDeadline(l.b.o.Wall().Add(writeTime))
	n, err := l.Conn.Write(p)
	if err != nil {
		_ = l.Close()
	}
	return n, err
}

// Close closes the connection once and gives its place back.
func (l *link) Close() error {
	err := net.ErrClosed
	l.once.Do(func() {
		err = l.Conn.Close()
		close(l.left)
		l.b.ln.links.Delete(l)
		l.b.ln.seated.Add(-1)
	})
	return err
}

// believe signs a client in, or asks again whether its credentials still hold.
func (l *link) believe(c Credentials) (*identity.Principal, error) {
	who, err := l.b.o.Auth(l.b.ctx, c)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.who, l.creds, l.checked = who, c, l.b.o.Wall()
	return who, nil
}

// bye says goodbye to a client and closes.
func (l *link) bye() {
	l.mu.Lock()
	cl := l.cl
	l.mu.Unlock()
	if cl != nil {
		_ = l.b.srv.DisconnectClient(cl, packets.ErrServerShuttingDown)
	}
	_ = l.Close()
}

// hold keeps to the client's receive maximum (MQTT 5.0 4.9): a publication to it waits until it has acknowledged others. Before it
// is online nothing waits, since nothing of it is read.
func (l *link) hold() {
	l.mu.Lock()
	sent, online := l.sent, l.online
	l.mu.Unlock()
	if sent == nil {
		return
	}
	if !online {
		select {
		case sent <- struct{}{}:
		default:
		}
		return
	}
	select {
	case sent <- struct{}{}:
	case <-l.left:
	}
}

// release takes an acknowledgement of the client's.
func (l *link) release() {
	l.mu.Lock()
	sent := l.sent
	l.mu.Unlock()
	select {
	case <-sent: // never of a nil one
	default:
	}
}

// principal is who is at the other end, now and then asked for anew: a token may have been revoked.
func (l *link) principal() (*identity.Principal, error) {
	l.mu.Lock()
	who, creds, old := l.who, l.creds, l.b.o.Wall().Sub(l.checked) > recheck
	l.mu.Unlock()
	if !old {
		return who, nil
	}
	again, err := l.believe(creds)
	if errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.Denied) {
		l.b.o.Count(BadLogin)
		_ = l.Close()
		return nil, err
	}
	if err != nil {
		return who, nil // the store cannot say now; what it said last holds
	}
	return again, nil
}

// add puts a publication in line; it waits while the line is full, which keeps the connection from being read.
func (l *link) add(it item) {
	if !it.will {
		select {
		case l.slots <- struct{}{}:
			it.held = true
		case <-l.left:
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, it)
	if !l.running {
		l.running = true
		l.b.work.Add(1)
		go l.drain()
	}
}

// next takes from the line what goes to one route.
func (l *link) next() []item {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		l.running = false
		l.queue = nil
		return nil
	}
	n := 1
	for n < len(l.queue) && l.queue[n].route == l.queue[0].route {
		n++
	}
	batch := l.queue[:n:n]
	l.queue = l.queue[n:]
	return batch
}

// drain stores what is in line, and ends when the line is empty.
func (l *link) drain() {
	defer l.b.work.Done()
	for {
		batch := l.next()
		if batch == nil {
			return
		}
		l.store(batch)
		for _, it := range batch {
			if it.held {
				<-l.slots
			}
		}
	}
}

// store hands a batch to its route and acknowledges each publication; what the store was too busy for is tried again.
func (l *link) store(batch []item) {
	wait, waited := 20*time.Millisecond, time.Duration(0)
	for len(batch) > 0 {
		errors := l.take(batch)
		var again []item
		for i, it := range batch {
			var err error
			if errors != nil {
				err = errors[i]
			}
			if passing(err) && (it.QoS > 0 || it.will) && waited < retryTime && l.b.ctx.Err() == nil {
				l.b.o.Count(Retried)
				again = append(again, it)
				continue
			}
			l.finish(it, err)
		}
		if batch = again; len(batch) == 0 {
			return
		}
		select {
		case <-time.After(wait):
		case <-l.b.ctx.Done():
		}
		waited += wait
		wait = min(2*wait, 2*time.Second)
	}
}

// take calls the route; a panic in it is the fault of these publications and of nothing else.
func (l *link) take(batch []item) (out []error) {
	route := batch[0].route
	if route.Take == nil {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			l.b.o.Log.Error("a route panicked", "filter", route.Filter, "panic", v)
			out = make([]error, len(batch))
			for i := range out {
				out[i] = errs.Say(errs.Internal, "消息处理出错，已记入日志", "the message could not be handled; it is in the log")
			}
		}
	}()
	messages := make([]Message, len(batch))
	for i := range batch {
		messages[i] = batch[i].Message
	}
	return route.Take(l.b.ctx, messages)
}

// finish acknowledges one publication, or says what became of it, and hands what was stored to subscribers.
func (l *link) finish(it item, err error) {
	switch {
	case err == nil:
		l.b.o.Count(Stored)
	case passing(err) && it.QoS == 0:
		l.b.o.Count(Lost)
	case passing(err):
		l.b.o.Count(GivenUp)
	default:
		l.b.o.Count(Refused)
		if l.b.o.Refused != nil {
			l.b.o.Refused(it.Message, err)
		}
	}
	if !it.will {
		l.acknowledge(it, err)
	}
	if err == nil && !l.b.send(relayed{origin: it.cl.ID, pk: it.pk}) {
		l.b.o.Count(NotRead)
	}
}

// acknowledge sends PUBACK or PUBREC. MQTT 3.1.1 4.3, MQTT 5.0 4.3
func (l *link) acknowledge(it item, err error) {
	if it.QoS == 0 {
		return
	}
	five := it.cl.Properties.ProtocolVersion == 5
	if passing(err) && !five { // no word for it: without acknowledgement the client sends again
		it.cl.Stop(packets.ErrServerBusy)
		return
	}
	ack := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: it.pk.PacketID, Created: it.pk.Created}
	if it.QoS == 2 {
		ack.FixedHeader.Type = packets.Pubrec
	}
	refused := five && err != nil
	if refused {
		code := codeOf(err)
		ack.ReasonCode, ack.Properties.ReasonString = code.Code, reason(err, code)
	}
	if it.QoS == 2 && !refused {
		if it.cl.State.Inflight.Len() >= 8192 { // 3.1.1 has no receive maximum
			it.cl.Stop(packets.ErrReceiveMaximum)
			return
		}
		it.cl.State.Inflight.Set(ack) // until PUBREL: the same publication again is not stored again
		if five {
			it.cl.State.Inflight.DecreaseReceiveQuota()
		}
	}
	_ = it.cl.WritePacket(ack) // the client may have gone; then it sends again
}

// reason is what a client under 5.0 is told: what it can mend, in English as MQTT's own words are.
func reason(err error, code packets.Code) string {
	if msg, ok := errs.MsgOf(err); ok {
		return msg.En[:min(len(msg.En), 200)]
	}
	return code.Reason
}
