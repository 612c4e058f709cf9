package host

import (
	"errors"
	"net"
	"testing"
	"time"
)

// TestBounded: the third of two connections is taken when one of the others has gone, and closing ends the wait.
func TestBounded(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &bounded{Listener: inner, seats: make(chan struct{}, 2), closed: make(chan struct{})}
	taken := make(chan net.Conn)
	ended := make(chan error, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			taken <- c
		}
	}()
	for range 3 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first := <-taken
	<-taken
	select {
	case <-taken:
		t.Fatal("a third connection was taken")
	case <-time.After(50 * time.Millisecond):
	}
	for range 2 { // a second Close gives no second seat
		_ = first.Close()
	}
	<-taken
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("ended with %v", err)
	}
}
