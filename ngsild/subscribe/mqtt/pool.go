package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// Pool holds the connections.
type Pool struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	tls  *tls.Config
	name func() string // makes client identifiers
	idle time.Duration

	mu     sync.Mutex
	conns  map[broker]*conn
	closed bool
}

// conn is a connection that is open or being opened.
type conn struct {
	opened chan struct{} // closed when link or err is set
	link   link
	err    error
	users  int
	timer  *time.Timer // closes it when it stays unused
}

// link is a session with a broker, in one version of the protocol.
type link interface {
	publish(ctx context.Context, t *Target, payload []byte) error
	dead() <-chan struct{}
	close()
}

// NewPool makes a pool. dial opens TCP connections, name makes client identifiers that nobody else has, idle is how long an unused
// connection is kept. config may be nil.
func NewPool(dial func(ctx context.Context, network, address string) (net.Conn, error), config *tls.Config, name func() string, idle time.Duration) *Pool {
	return &Pool{dial: dial, tls: config, name: name, idle: idle, conns: map[broker]*conn{}}
}

// Publish sends one message and returns when the broker has confirmed it as its QoS says.
func (p *Pool) Publish(ctx context.Context, t *Target, payload []byte) error {
	for try := 0; ; try++ {
		c, fresh, err := p.take(ctx, t.broker)
		if err != nil {
			return err
		}
		err = c.link.publish(ctx, t, payload)
		p.put(t.broker, c, err != nil)
		// A connection that was kept may have ended unseen; with a new one the failure is the broker's.
		if err == nil || fresh || try > 0 || ctx.Err() != nil || errors.Is(err, errRefused) {
			return err
		}
	}
}

var (
	errClosed  = errors.New("the MQTT connections are closed: the program is stopping")
	errRefused = errors.New("the MQTT broker refused the message")
)

// take gives an open connection to a broker; fresh tells that it was just made.
func (p *Pool) take(ctx context.Context, b broker) (c *conn, fresh bool, err error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, false, errClosed
	}
	c = p.conns[b]
	if c != nil && c.ended() {
		delete(p.conns, b)
		c = nil
	}
	if fresh = c == nil; fresh {
		c = &conn{opened: make(chan struct{})}
		p.conns[b] = c
	}
	c.users++
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	p.mu.Unlock()
	if fresh {
		c.link, c.err = p.open(ctx, b)
		close(c.opened)
	}
	select {
	case <-c.opened:
	case <-ctx.Done():
		p.put(b, c, false)
		return nil, fresh, ctx.Err()
	}
	if c.err != nil {
		p.put(b, c, true)
		return nil, fresh, c.err
	}
	return c, fresh, nil
}

// ended tells whether an open connection has broken.
func (c *conn) ended() bool {
	select {
	case <-c.opened:
	default:
		return false
	}
	if c.err != nil {
		return true
	}
	select {
	case <-c.link.dead():
		return true
	default:
		return false
	}
}

// put gives a connection back; a broken one is not used again.
func (p *Pool) put(b broker, c *conn, broken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.users--
	if broken && p.conns[b] == c {
		delete(p.conns, b)
	}
	if c.users > 0 {
		return
	}
	if p.conns[b] != c {
		c.shut()
		return
	}
	c.timer = time.AfterFunc(p.idle, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if c.users == 0 && p.conns[b] == c {
			delete(p.conns, b)
			c.shut()
		}
	})
}

// shut ends a connection that nobody uses, when it has been opened.
func (c *conn) shut() {
	go func() {
		<-c.opened
		if c.link != nil {
			c.link.close()
		}
	}()
}

// Close ends every connection.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for b, c := range p.conns {
		delete(p.conns, b)
		if c.timer != nil {
			c.timer.Stop()
		}
		if c.users == 0 {
			c.shut()
		}
	}
}

// open connects.
func (p *Pool) open(ctx context.Context, b broker) (link, error) {
	if b.V5 {
		return p.open5(ctx, b)
	}
	return p.open3(ctx, b)
}

// socket opens the connection below MQTT.
func (p *Pool) socket(ctx context.Context, b broker) (net.Conn, error) {
	raw, err := p.dial(ctx, "tcp", b.Address)
	if err != nil || !b.TLS {
		return raw, err
	}
	config := p.tls.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(b.Address)
	}
	secure := tls.Client(raw, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return secure, nil
}
