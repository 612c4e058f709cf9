package door

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// echo says a letter and then reads until the end; "!" makes it fall over.
func echo(ctx context.Context, conn net.Conn) error {
	if _, err := conn.Write([]byte("h")); err != nil {
		return err
	}
	b := make([]byte, 1)
	for {
		if _, err := conn.Read(b); err != nil {
			return err
		}
		if b[0] == '!' {
			panic("rubbish")
		}
	}
}

func call(t *testing.T, addr string) (conn net.Conn, in bool) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := conn.Read(make([]byte, 1))
	return conn, n == 1 && err == nil
}

// ended waits until the other side has closed the connection.
func ended(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	var wait net.Error
	if _, err := io.ReadAll(conn); errors.As(err, &wait) && wait.Timeout() {
		t.Error("the connection is still open")
	}
}

// TestHall: two doors share two places, a fault costs its own connection, its place is free again, and the end waits for everybody.
func TestHall(t *testing.T) {
	var turned atomic.Int32
	h := New(slog.New(slog.DiscardHandler), 2, func(feed string) {
		if feed == "b" {
			turned.Add(1)
		}
	})
	for _, name := range []string{"a", "b"} {
		if err := h.Listen(name, "127.0.0.1:0", "test", echo); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Listen("none", "", "test", echo); err != nil || len(h.Feeds()) != 2 {
		t.Fatalf("a door without an address: %v, %d feeds", err, len(h.Feeds()))
	}
	a, b := h.Feeds()[0], h.Feeds()[1]
	var told *errs.Error
	if err := h.Listen("c", a.Addr, "test", echo); !errors.As(err, &told) || !strings.Contains(told.Msg.En, "c_listen in [test]") {
		t.Errorf("a port that is taken: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	over := make(chan error, 2)
	go func() { over <- a.Run(ctx) }()
	go func() { over <- b.Run(ctx) }()
	first, in1 := call(t, a.Addr)
	second, in2 := call(t, b.Addr)
	if third, in := call(t, b.Addr); !in1 || !in2 || in || turned.Load() != 1 {
		t.Fatalf("let in %v %v %v, %d turned away", in1, in2, in, turned.Load())
	} else {
		ended(t, third)
	}
	if _, err := first.Write([]byte("!")); err != nil {
		t.Fatal(err)
	}
	ended(t, first)
	fourth, in := call(t, a.Addr)
	for tries := 0; !in && tries < 500; tries++ { // the place is given back behind the close
		time.Sleep(10 * time.Millisecond)
		fourth, in = call(t, a.Addr)
	}
	if !in {
		t.Fatal("the place of the dialogue that fell over is not free")
	}
	h.Close()
	ended(t, second)
	ended(t, fourth)
	for range 2 {
		if err := <-over; err != nil {
			t.Error(err)
		}
	}
	here, there := net.Pipe()
	go h.Serve(ctx, "a", here, echo)
	ended(t, there) // nobody is let in behind the end
	_ = there.Close()
}
