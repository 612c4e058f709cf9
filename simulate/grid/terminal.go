package grid

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/foreign"
	"github.com/haihe-city/haihe/simulate/grid/town"
	"github.com/haihe-city/haihe/wire/qgdw1376"
)

// reportPoints is how many meters go into one report: some 42 bytes each.
const reportPoints = 48

// terminal is the dialogue of one connection over Q/GDW 1376.1-2013. The n-th meter of the station stands at measuring point n.
type terminal struct {
	*unit
	conn   net.Conn
	addr   qgdw1376.Address
	scan   qgdw1376.Scanner
	in     [1024]byte
	seq    uint8
	beat   *alarm
	answer *alarm
	write  *alarm
}

func (c *terminal) serve(ctx context.Context) (good bool) {
	var err error
	if c.addr, err = qgdw1376.NewAddress(c.Station.Address); err != nil {
		return false
	}
	c.beat, c.answer = newAlarm(c.wake), newAlarm(c.wake)
	c.write = newAlarm(func() { _ = c.conn.Close() })
	defer func() {
		c.beat.stop()
		c.answer.stop()
		c.write.stop()
	}()
	if c.tell(ctx, qgdw1376.Link, qgdw1376.AFNLink, qgdw1376.Unit{F: 1}) != nil {
		return false
	}
	c.beat.set(c.world.opt.Heartbeat)
	for err == nil && ctx.Err() == nil {
		switch {
		case c.beat.rung.Load():
			err = c.tell(ctx, qgdw1376.Link, qgdw1376.AFNLink, qgdw1376.Unit{F: 3, Data: qgdw1376.Clock{Time: c.world.opt.Clock().Truncate(time.Second)}})
			c.beat.set(c.world.opt.Heartbeat)
		case c.hasWork():
			err = c.work(ctx)
		default:
			err = c.listen(ctx, nil)
		}
	}
	if err == nil { // the end of the simulation: say good-bye, do not wait for the answer
		_ = c.send(qgdw1376.Link, c.addr, qgdw1376.Say(qgdw1376.AFNLink, c.seq+1, false, qgdw1376.Unit{F: 2}))
	}
	return true
}

// tell sends what is to be confirmed and waits for that. Q/GDW 1376.1-2013 5.1
func (c *terminal) tell(ctx context.Context, control qgdw1376.Control, afn qgdw1376.AFN, units ...qgdw1376.Unit) error {
	c.seq = (c.seq + 1) & 15
	if err := c.send(control, c.addr, qgdw1376.Say(afn, c.seq, true, units...)); err != nil {
		return err
	}
	c.answer.set(answerLimit)
	defer c.answer.stop()
	done, denied := false, false
	for !done {
		if c.answer.rung.Load() {
			return errSilent
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.listen(ctx, func(m qgdw1376.Message) {
			if m.AFN == qgdw1376.AFNConfirm && m.Seq == c.seq {
				done, denied = true, m.Units[0].F != 1
			}
		}); err != nil {
			return err
		}
	}
	if denied {
		return errors.New("the server refuses")
	}
	return nil
}

// listen waits for bytes, or to be woken, and serves what came; hear sees every message.
func (c *terminal) listen(ctx context.Context, hear func(qgdw1376.Message)) error {
	if err := c.conn.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	// whoever wakes a unit sets its mark first and the deadline then: seen here, or felt by Read
	idle := hear == nil
	if !c.answer.rung.Load() && ctx.Err() == nil && !(idle && (c.beat.rung.Load() || c.hasWork())) {
		n, err := c.conn.Read(c.in[:])
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		c.scan.Feed(c.in[:n])
	}
	for {
		it, ok := c.scan.Next()
		if !ok {
			return nil
		}
		if it.Refused != nil {
			c.world.count.refused.Add(int64(len(it.Raw)))
			continue
		}
		m, err := qgdw1376.Decode(it.Frame)
		if err != nil || it.Frame.Control.Up() {
			c.world.count.refused.Add(1)
			continue
		}
		if hear != nil {
			hear(m)
		}
		if err := c.respond(it.Frame, m); err != nil {
			return err
		}
	}
}

// respond answers what the server asks.
func (c *terminal) respond(f qgdw1376.Frame, m qgdw1376.Message) error {
	if m.AFN == qgdw1376.AFNConfirm {
		return nil
	}
	c.world.count.rereads.Add(1)
	for _, a := range foreign.Answers(view{c.unit}, m) {
		if err := c.send(qgdw1376.Answer, f.Addr, a); err != nil {
			return err
		}
	}
	return nil
}

// work reports one slot, or finishes.
func (c *terminal) work(ctx context.Context) error {
	b := &c.todo
	switch {
	case b.open:
	case c.next <= c.due.Load():
		b.slot, b.open, b.batch = c.next, true, 0
		c.next++
	case c.owed.Load() > 0:
		b.slot, b.open, b.batch = c.owing(), true, 0
	default:
		b.finished = true
		if c.world.left.Add(-1) == 0 {
			close(c.world.done)
		}
		return nil
	}
	meters := c.reported(b.slot)
	for from := b.batch * reportPoints; from < len(meters); from += reportPoints {
		if err := c.report(ctx, b.slot, meters[from:min(from+reportPoints, len(meters))]); err != nil {
			if ctx.Err() == nil {
				c.world.count.resent.Add(1)
			}
			return err
		}
		b.batch++
	}
	b.open = false
	c.taken.Store(max(c.taken.Load(), b.slot))
	return nil
}

// report sends a slot of some meters, now and then with a byte changed first, and waits for the confirmation.
func (c *terminal) report(ctx context.Context, slot int64, meters []*Meter) error {
	var units []qgdw1376.Unit
	for _, m := range meters {
		units = append(units, foreign.Reading(view{c.unit}, int(m.Index())-c.From, slotTime(slot))...)
	}
	if h := town.Mix(c.world.opt.Seed, drawGarbled, meters[0].Index(), uint64(slot)); town.Chance(h, c.world.opt.Faults.Garbled) {
		c.world.note(fault.Garbled, meters, slot, 0)
		raw, err := print1376(qgdw1376.Report, c.addr, qgdw1376.Say(qgdw1376.AFNClass2, c.seq, true, units...))
		if err != nil {
			return err
		}
		raw[town.Below(town.Mix(h), int64(len(raw)))] ^= 1 << (h & 7)
		if err := c.put(raw); err != nil {
			return err
		}
	}
	c.world.count.reports.Add(1)
	c.world.count.rows.Add(int64(len(meters)))
	if err := c.tell(ctx, qgdw1376.Report, qgdw1376.AFNClass2, units...); err != nil {
		return err
	}
	c.world.count.acked.Add(1)
	c.world.count.rowsAcked.Add(int64(len(meters)))
	return nil
}

func print1376(control qgdw1376.Control, to qgdw1376.Address, m qgdw1376.Message) ([]byte, error) {
	f, err := qgdw1376.Encode(control, to, m)
	if err != nil {
		return nil, err
	}
	return f.Append(nil)
}

func (c *terminal) send(control qgdw1376.Control, to qgdw1376.Address, m qgdw1376.Message) error {
	raw, err := print1376(control, to, m)
	if err != nil {
		return err
	}
	return c.put(raw)
}

// put writes bytes; a server that does not take them loses the connection.
func (c *terminal) put(raw []byte) error {
	c.write.set(writeLimit)
	_, err := c.conn.Write(raw)
	c.write.stop()
	return err
}
