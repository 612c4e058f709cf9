// Package line is a connection over which DLMS is spoken in HDLC (HDLC 链路): we are the client, and have a link to each device behind it.
package line

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/wire/dlms/hdlc"
)

// What we take and send at most; the physical address of a device whose logical one needs four bytes; how often a device is reminded.
const (
	mostInfo   = 1024
	mostWindow = 7
	physical   = 16
	tries      = 2
)

// Line is the connection. It is one caller's at a time.
type Line struct {
	conn   net.Conn
	self   uint8
	answer time.Duration
	refuse func(ctx context.Context, why *hdlc.Error, offset int64, raw []byte)
	scan   hdlc.Scanner
	links  map[uint16]*hdlc.Client
	buf    [4096]byte
}

// New is a line on which nobody was spoken to. answer is how long a device may be silent; refuse lists frames that cannot be read.
func New(conn net.Conn, self uint8, answer time.Duration, refuse func(ctx context.Context, why *hdlc.Error, offset int64, raw []byte)) *Line {
	return &Line{conn: conn, self: self, answer: answer, refuse: refuse, links: map[uint16]*hdlc.Client{}}
}

// Feed takes bytes that were read before.
func (c *Line) Feed(b []byte) { c.scan.Feed(b) }

// Drop forgets the link to a device: the next question makes a new one.
func (c *Line) Drop(port uint16) { delete(c.links, port) }

// Ask sends a message to a device and hands what comes to done until that says that it was the answer. errs.Unavailable: it is silent.
func (c *Line) Ask(ctx context.Context, port uint16, message []byte, done func(message []byte) bool) error {
	k := c.links[port]
	if k == nil {
		at := hdlc.ServerAddress(port, 0)
		if port >= 128 {
			at = hdlc.ServerAddress(port, physical)
		}
		k = hdlc.NewClient(hdlc.ClientAddress(c.self), at, hdlc.Params{Info: mostInfo, Window: mostWindow})
		if _, err := c.exchange(ctx, k, k.Connect(), func(e hdlc.Event) bool { return e.Connected }); err != nil {
			return err
		}
		c.links[port] = k
	}
	_, err := c.exchange(ctx, k, k.Ask(message), func(e hdlc.Event) bool { return e.Message != nil && done(e.Message) })
	return err
}

// exchange sends frames and takes what comes until done says that it is enough.
func (c *Line) exchange(ctx context.Context, k *hdlc.Client, send []hdlc.Frame, done func(hdlc.Event) bool) (hdlc.Event, error) {
	for silence := 0; silence <= tries; {
		if err := c.putLine(send); err != nil {
			return hdlc.Event{}, err
		}
		send = nil
		for send == nil {
			it, ok := c.scan.Next()
			if !ok {
				n, err := c.conn.Read(c.buf[:])
				c.scan.Feed(c.buf[:n])
				var ne net.Error
				switch {
				case n > 0:
				case errors.As(err, &ne) && ne.Timeout():
					c.scan.Abandon()
					silence++
					send = k.Again()
				default:
					return hdlc.Event{}, err
				}
				continue
			}
			if it.Refused != nil {
				c.refuse(ctx, it.Refused, it.Offset, it.Raw)
				continue
			}
			e, err := k.Handle(it.Frame)
			var why *hdlc.Error
			switch {
			case errors.As(err, &why):
				c.refuse(ctx, why, it.Offset, it.Raw)
				return e, errs.As(errs.Unavailable, "speak HDLC", err)
			case e.Ended:
				return e, errs.Say(errs.Unavailable, "设备断开了链路", "the device has ended the link")
			case done(e):
				return e, nil
			}
			if send = e.Send; send != nil {
				silence = 0
			}
		}
	}
	return hdlc.Event{}, errs.Say(errs.Unavailable, "设备未应答", "the device did not answer")
}

// putLine sends frames in one go, and sets the time for the answer.
func (c *Line) putLine(frames []hdlc.Frame) (err error) {
	var raw []byte
	for _, f := range frames {
		if raw, err = f.Append(raw); err != nil {
			return err
		}
	}
	if err := c.conn.SetDeadline(time.Now().Add(c.answer)); err != nil {
		return err
	}
	_, err = c.conn.Write(raw)
	return err
}
