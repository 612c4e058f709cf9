package hj

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/haihe-city/haihe/systems/safety/feed/gate"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/wire/hj212"
)

const name = string(register.HJ212)

// Options are what the door works with.
type Options struct {
	Desk     *gate.Desk
	Listen   string
	MaxLinks int
	Silent   time.Duration // a connection not heard for this long is ended
	Ahead    time.Duration // data of a time further ahead than this are refused
	Drift    time.Duration // a clock that is off by more than this is set
	Gap      time.Duration // what was missed is asked for when a plant was away for longer than this
	Backfill time.Duration // and never further back than this
	Answer   time.Duration // how long a logger may take to answer a request
}

// Door is the listener and its links.
type Door struct {
	gate.Door
	o Options

	mu       sync.Mutex
	links    map[string]*session // by MN
	stations map[string]*station // by MN, also of those that went
}

// station is what is remembered of a plant over its connections. mu of the Door guards it.
type station struct {
	newest   time.Time // of its data
	realTime time.Time // when real-time data came last, by our clock
	clockSet time.Time
	from, to time.Time // the gap that was asked for last
}

// Open opens the door; it has no listener where the configuration names none.
func Open(o Options) (*Door, error) {
	d := &Door{o: o, links: map[string]*session{}, stations: map[string]*station{}}
	var err error
	d.Door, err = gate.Open(o.Desk, name, o.Listen, o.MaxLinks, d.speak)
	return d, err
}

// join makes s the link of a plant. Where another connection was, it has lost it and is ended.
func (d *Door) join(mn string, s *session) {
	d.mu.Lock()
	old := d.links[mn]
	d.links[mn] = s
	if d.stations[mn] == nil {
		d.stations[mn] = &station{newest: d.o.Desk.Newest(mn)}
	}
	d.mu.Unlock()
	if old != nil && old != s {
		_ = old.conn.Close()
	}
}

func (d *Door) leave(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for mn := range s.known {
		if d.links[mn] == s {
			delete(d.links, mn)
		}
	}
}

// maxMNs bounds the plants that one connection speaks for.
const maxMNs = 64

// session is one connection.
type session struct {
	d      *Door
	conn   net.Conn
	peer   string
	sc     hj212.Scanner
	gather hj212.Gather
	known  map[string]*party
	asked  map[string]*request // by QN
	lastQN time.Time
	buf    [4096]byte
	out    []byte
}

// party is a plant that a connection speaks for.
type party struct {
	hj212.Station
	filled bool // it was looked whether something was missed
}

// request is a command of ours that is not answered yet.
type request struct {
	mn       string
	cn       uint16
	at       time.Time
	from, to time.Time
}

// partTime is how long the rest of a frame may take; partsTime the rest of a packet in parts.
const (
	partTime  = 5 * time.Second
	partsTime = time.Minute
	writeTime = 10 * time.Second
)

// speak is one connection's dialogue.
func (d *Door) speak(ctx context.Context, conn net.Conn) error {
	s := &session{d: d, conn: conn, peer: conn.RemoteAddr().String(), known: map[string]*party{}, asked: map[string]*request{}}
	defer d.leave(s)
	heard := d.o.Desk.Wall()
	for {
		it, ok := s.sc.Next()
		if !ok {
			wait := d.o.Silent
			if s.sc.Pending() > 0 {
				wait = partTime
			} else if len(s.asked) > 0 {
				wait = min(wait, d.o.Answer)
			}
			if err := conn.SetReadDeadline(d.o.Desk.Wall().Add(wait)); err != nil {
				return err
			}
			n, err := conn.Read(s.buf[:])
			s.sc.Feed(s.buf[:n])
			if n > 0 {
				heard = d.o.Desk.Wall()
				if err := s.lapse(ctx); err != nil {
					return err
				}
				continue
			}
			if ne, timeout := err.(net.Error); !timeout || !ne.Timeout() || d.o.Desk.Wall().Sub(heard) >= d.o.Silent {
				return err
			}
			s.sc.Abandon()
			if err := s.lapse(ctx); err != nil {
				return err
			}
			continue
		}
		if err := s.judge(ctx, it); err != nil {
			return err
		}
	}
}
