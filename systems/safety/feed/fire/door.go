package fire

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/door"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/feed/gate"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/wire/gbt26875"
)

const name = string(register.GBT26875)

// Options are what the door works with.
type Options struct {
	Desk     *gate.Desk
	Listen   string
	MaxLinks int
	Silent   time.Duration // a connection not heard for this long is ended
	Ahead    time.Duration // what bears a time further ahead than this is taken for now: an alarm is never refused for a wrong clock
}

// Door is the listener.
type Door struct {
	gate.Door
	o Options

	mu      sync.Mutex
	version int64
	plants  map[string]string // code by address
}

// Open opens the door; it has no listener where the configuration names none.
func Open(o Options) (*Door, error) {
	d := &Door{o: o, version: -1}
	var err error
	d.Door, err = gate.Open(o.Desk, name, o.Listen, o.MaxLinks, d.speak)
	return d, err
}

// plant finds whose device an address is.
func (d *Door) plant(a gbt26875.Address) (register.Plant, bool) {
	reg := d.o.Desk.Register
	d.mu.Lock()
	if v := reg.Version(); v != d.version {
		d.version, d.plants = v, map[string]string{}
		for _, p := range reg.Plants(register.Filter{Feed: register.GBT26875}) {
			at := p.Endpoint
			if at == "" {
				at = p.Code
			}
			d.plants[strings.ToLower(at)] = p.Code
		}
	}
	code, ok := d.plants[a.String()]
	d.mu.Unlock()
	if !ok {
		return register.Plant{}, false
	}
	return reg.ByMN(code)
}

const (
	partTime  = 5 * time.Second
	writeTime = 10 * time.Second
)

// session is one connection.
type session struct {
	d    *Door
	conn net.Conn
	peer string
	sc   gbt26875.Scanner
	buf  [2048]byte
	out  []byte
}

func (d *Door) speak(ctx context.Context, conn net.Conn) error {
	s := &session{d: d, conn: conn, peer: conn.RemoteAddr().String()}
	heard := d.o.Desk.Wall()
	for {
		it, ok := s.sc.Next()
		if ok {
			if err := s.judge(ctx, it); err != nil {
				return err
			}
			continue
		}
		wait := d.o.Silent
		if s.sc.Pending() > 0 {
			wait = partTime
		}
		if err := conn.SetReadDeadline(d.o.Desk.Wall().Add(wait)); err != nil {
			return err
		}
		n, err := conn.Read(s.buf[:])
		s.sc.Feed(s.buf[:n])
		if n > 0 {
			heard = d.o.Desk.Wall()
			continue
		}
		if ne, timeout := err.(net.Error); !timeout || !ne.Timeout() || d.o.Desk.Wall().Sub(heard) >= d.o.Silent {
			return err
		}
		s.sc.Abandon()
	}
}

// errFlood ends a connection that sends rubbish.
var errFlood = errors.New("too much that cannot be read")

func (s *session) refuse(ctx context.Context, who string, why *gbt26875.Error, raw []byte) error {
	d := s.d
	d.o.Desk.Count(name, gate.NotTaken)
	d.o.Desk.Refuse(ctx, gate.Refused{Peer: who, Protocol: name, Reason: why.Reason, Clause: why.Clause, Offset: int64(why.Offset)}, raw)
	if d.Flood.Bad(ctx, door.Host(s.conn.RemoteAddr()), len(raw)) {
		return errFlood
	}
	return nil
}

// judge takes one item of the stream. An error ends the connection.
func (s *session) judge(ctx context.Context, it gbt26875.Item) error {
	if it.Refused != nil {
		why := *it.Refused
		why.Offset += int(it.Offset)
		return s.refuse(ctx, s.peer, &why, it.Raw) // nothing in it can be believed, so nobody is answered
	}
	f := &it.Frame
	plant, ok := s.d.plant(f.From)
	if !ok {
		why := &gbt26875.Error{Clause: "6.6.2", Reason: lang.T("源地址 "+f.From.String()+" 不在台账中", "the register has no device with the address "+f.From.String())}
		if err := s.refuse(ctx, s.peer, why, it.Raw); err != nil {
			return err
		}
		return s.send(f.Answer(gbt26875.Deny, s.d.o.Desk.Now(), nil))
	}
	if f.Command == gbt26875.Confirm || f.Command == gbt26875.Deny {
		return nil
	}
	if len(f.Data) == 0 { // a bare sign of life
		if err := s.alive(ctx, plant.Code, nil); err != nil {
			return s.busy(err)
		}
		return s.send(f.Answer(gbt26875.Confirm, s.d.o.Desk.Now(), nil))
	}
	u, err := gbt26875.DecodeUnit(f.Data)
	var why *gbt26875.Error
	if errors.As(err, &why) {
		why.Offset += 27 // the control unit stands before it. GB/T 26875.3-2011 6.6.1
		if err := s.refuse(ctx, plant.Code+" "+s.peer, why, it.Raw); err != nil {
			return err
		}
		return s.send(f.Answer(gbt26875.Deny, s.d.o.Desk.Now(), nil))
	}
	if err := s.take(ctx, plant, u); err != nil {
		return s.busy(err)
	}
	if f.Command == gbt26875.Reply {
		return nil
	}
	return s.send(f.Answer(gbt26875.Confirm, s.d.o.Desk.Now(), nil))
}

// busy leaves a packet without answer where the store does not keep up: the device sends it again (GB/T 26875.3-2011 6.5).
func (s *session) busy(err error) error {
	if errs.Is(err, errs.Busy) {
		s.d.o.Desk.Count(name, gate.Busy)
		return nil
	}
	return err
}

// take raises alarms and stores readings; it returns after both commits.
func (s *session) take(ctx context.Context, plant register.Plant, u gbt26875.Unit) error {
	now := s.d.o.Desk.Now()
	var open []alarm.Alarm
	if resets(&u) {
		var err error
		if open, err = s.d.o.Desk.Open(ctx, plant.URI); err != nil {
			return err
		}
	}
	for i := range u.Objects {
		if at := u.Objects[i].Time; at.IsZero() || at.After(now.Add(s.d.o.Ahead)) {
			u.Objects[i].Time = now
		}
	}
	if list := signals(&plant, &u, open); len(list) > 0 {
		if err := s.d.o.Desk.Raise(ctx, list); err != nil {
			return err
		}
	}
	return s.alive(ctx, plant.Code, &u)
}

// alive stores what a packet says of points.
func (s *session) alive(ctx context.Context, plant string, u *gbt26875.Unit) error {
	desk := s.d.o.Desk
	list := readings(u)
	list = append(list, register.Value{Factor: "device", At: desk.Now(), Value: 1})
	own := list[:0]
	for _, v := range list { // most parts of a panel are no points of the register, and need not be
		if _, ok := desk.Register.Point(plant, v.Factor); ok {
			own = append(own, v)
		}
	}
	return desk.Store(ctx, name, plant, s.peer, own)
}

func (s *session) send(f gbt26875.Frame) error {
	raw, err := f.Append(s.out[:0])
	if err != nil {
		return errs.Wrap("write a GB/T 26875.3 packet", err)
	}
	s.out = raw
	if err := s.conn.SetWriteDeadline(s.d.o.Desk.Wall().Add(writeTime)); err != nil {
		return err
	}
	_, err = s.conn.Write(raw)
	return err
}
