package mqtt

import (
	"context"
	"net"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/broker"
	"github.com/haihe-city/haihe/wire/dlt698"
)

// handTime is how long a frame of ours waits for a broker that is full.
const handTime = 5 * time.Second

// named is our end of a dialogue, with the name of who is at the other one.
type named struct {
	net.Conn
	peer net.Addr
}

// RemoteAddr names the gateway.
func (n named) RemoteAddr() net.Addr { return n.peer }

// peer is a gateway's name as an address.
type peer struct{}

func (peer) Network() string { return name }
func (peer) String() string  { return name }

// takeFrames hands frames to the dialogue of their gateway. It returns when the dialogue wants more, which is after the commit of what it took.
func (d *Door) takeFrames(_ context.Context, batch []broker.Message) []error {
	out := make([]error, len(batch))
	for i := range batch {
		out[i] = d.hand(&batch[i])
	}
	return out
}

func (d *Door) hand(m *broker.Message) error {
	address, s, err := d.of(m)
	if err != nil {
		return err
	}
	if err := own(address, m.Payload); err != nil {
		return err
	}
	s.frames.Lock()
	defer s.frames.Unlock()
	conn := d.dialogue(address, s)
	_, err = conn.Write(m.Payload)
	if err == nil {
		_, err = conn.Write(nil) // taken when the dialogue reads again
	}
	if err == nil {
		return nil
	}
	d.mu.Lock()
	if s.conn == conn {
		s.conn = nil
	}
	d.mu.Unlock()
	// The dialogue was ended: by a logout, a refusal, or another connection of this gateway. It begins anew with a login.
	return nil
}

// own refuses a publication that is not made of whole frames in the gateway's own name.
func own(address string, payload []byte) error {
	var sc dlt698.Scanner
	sc.Feed(payload)
	for n := 0; ; n++ {
		it, ok := sc.Next()
		if !ok && sc.Pending() > 0 {
			sc.Abandon()
			it, ok = sc.Next()
		}
		switch {
		case !ok && n > 0:
			return nil
		case !ok:
			return errs.Say(errs.Invalid, "报文中没有帧", "there is no frame in the message")
		case it.Refused != nil:
			e := *it.Refused
			e.Offset += int(it.Offset)
			return errs.As(errs.Invalid, "read frames", &e)
		case it.Frame.Server.String() != address:
			return errs.Say(errs.Denied, "报文地址 %s 与登录的网关不符", "the frame's address %s is not that of the gateway that signed in", it.Frame.Server.String())
		}
	}
}

// dialogue is our end of the gateway's dialogue; it begins where there is none.
func (d *Door) dialogue(address string, s *station) net.Conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.conn != nil {
		return s.conn
	}
	ours, theirs := net.Pipe()
	s.conn = ours
	ctx := s.ctx
	d.running.Go(func() {
		d.o.Head.Speak(ctx, named{theirs, peer{}})
		_ = ours.Close() // whoever hands frames over sees the end
		d.mu.Lock()
		if s.conn == ours {
			s.conn = nil
		}
		d.mu.Unlock()
	})
	d.running.Go(func() { d.forward(address, ours) })
	return ours
}

// forward publishes what the dialogue says, a frame a message.
func (d *Door) forward(address string, conn net.Conn) {
	buf := make([]byte, 1<<16) // every write of a dialogue is one frame, and no frame is longer
	for {
		n, err := conn.Read(buf)
		if n > 0 {
			frame := append([]byte(nil), buf[:n]...)
			for wait := time.Duration(0); d.broker.Publish("haihe/grid/"+address+"/down", frame, 1, false) != nil; wait += 20 * time.Millisecond {
				if wait > handTime || d.ctx.Err() != nil {
					_ = conn.Close() // it would miss an answer: it begins anew
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}
		if err != nil {
			return
		}
	}
}
