package host

import (
	"net"
	"sync"
)

// bounded is a listener that lets only so many connections be open at once. Who comes when it is full waits in the machine's line
// until another goes: idle connections end by themselves, so that a flood costs its makers and not the memory of the program.
type bounded struct {
	net.Listener
	seats  chan struct{}
	once   sync.Once
	closed chan struct{}
}

// Accept waits for a seat, then for a connection.
func (l *bounded) Accept() (net.Conn, error) {
	select {
	case l.seats <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.seats
		return nil, err
	}
	return &seated{Conn: c, leave: sync.OnceFunc(func() { <-l.seats })}, nil
}

// Close ends the waiting too.
func (l *bounded) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// seated is a connection that gives its seat back when it is closed.
type seated struct {
	net.Conn
	leave func()
}

func (c *seated) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
