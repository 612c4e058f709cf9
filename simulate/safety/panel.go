package safety

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/simulate/safety/fault"
	"github.com/haihe-city/haihe/simulate/safety/site"
	"github.com/haihe-city/haihe/wire/gbt26875"
)

// panelBeat is how often a transmission device tells its own state when nothing happens.
const panelBeat = time.Minute

// The one system of a panel and its components: a fire alarm system with smoke detectors (GB/T 26875.3-2011 8.2).
const (
	fireSystem    = 1
	smokeDetector = 40
)

// panel is one connection of a fire panel's transmission device.
type panel struct {
	*unit
	conn     net.Conn
	scan     gbt26875.Scanner
	in       [512]byte
	sequence uint16
	on       map[int]bool // detectors that were told as on fire
}

// guard speaks GB/T 26875.3 until the line breaks: the device's state each minute, and every fire as it begins and ends.
func (u *unit) guard(ctx context.Context) error {
	conn, err := u.dial(ctx, u.opt.Feeds.Panel)
	if err != nil {
		return err
	}
	p := &panel{unit: u, conn: conn, on: map[int]bool{}}
	return u.during(ctx, conn, func() error {
		beat := time.Time{}
		for ctx.Err() == nil {
			now := u.opt.Clock()
			if now.Sub(beat) >= panelBeat {
				beat = now
				if err := p.tell(gbt26875.Unit{Type: gbt26875.DeviceState, Objects: []gbt26875.Object{{State: gbt26875.Working, Time: now.Truncate(time.Second)}}}); err != nil {
					return err
				}
			}
			if err := p.look(now); err != nil {
				return err
			}
			pause(ctx, time.Second)
		}
		return ctx.Err()
	})
}

// look tells of the detectors whose state has changed.
func (p *panel) look(now time.Time) error {
	e, burning := p.faults.At(p.Number, fault.Fire, now)
	for i := range p.points {
		x := &p.points[i]
		is := burning && e.Points[0] == i
		if x.Kind != site.Fire || is == p.on[i] {
			continue
		}
		part, err := strconv.ParseUint(x.Place, 10, 32)
		if err != nil {
			return err
		}
		o := gbt26875.Object{System: fireSystem, Place: 1, Component: smokeDetector, Part: uint32(part), State: gbt26875.Working, Text: []byte(x.Tag), Time: now.Truncate(time.Second)}
		if is {
			o.State |= gbt26875.OnFire
		}
		if err := p.tell(gbt26875.Unit{Type: gbt26875.ComponentState, Objects: []gbt26875.Object{o}}); err != nil {
			return err
		}
		p.on[i] = is
	}
	return nil
}

// tell sends a data unit and waits for its confirmation.
func (p *panel) tell(u gbt26875.Unit) error {
	data, err := u.Append(nil)
	if err != nil {
		return err
	}
	from, err := gbt26875.ParseAddress(p.MN)
	if err != nil {
		return err
	}
	p.sequence++
	f := gbt26875.Frame{Sequence: p.sequence, Major: 1, Time: p.opt.Clock().Truncate(time.Second), From: from, Command: gbt26875.Send, Data: data}
	raw, err := f.Append(nil)
	if err != nil {
		return err
	}
	defer endLate(p.conn)()
	p.count.frames.Add(1)
	if _, err := p.conn.Write(raw); err != nil {
		return err
	}
	for {
		it, ok := p.scan.Next()
		switch {
		case !ok:
			n, err := p.conn.Read(p.in[:])
			if err != nil {
				return err
			}
			p.scan.Feed(p.in[:n])
		case it.Refused != nil:
			p.count.refused.Add(1)
		case it.Frame.Sequence == p.sequence && it.Frame.Command == gbt26875.Confirm:
			p.count.acked.Add(1)
			return nil
		case it.Frame.Sequence == p.sequence && it.Frame.Command == gbt26875.Deny:
			p.count.refused.Add(1)
			return errDenied
		}
	}
}
