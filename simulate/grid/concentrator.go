package grid

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/haihe-city/haihe/wire/dlt698"
)

// batchRows is how many rows of a curve fit into a frame of 2,048 bytes: 36 bytes each behind a head of some 60.
const batchRows = 55

// errSilent: the server did not answer in time.
var errSilent = errors.New("the server did not answer in time")

// concentrator is the dialogue of one connection over DL/T 698.45-2017.
type concentrator struct {
	*unit
	conn   net.Conn
	sa     dlt698.Address
	scan   dlt698.Scanner
	in     [1024]byte
	out    []byte
	piid   uint8
	beat   *alarm
	answer *alarm
	write  *alarm
	rest   []dlt698.ResultRecord // of an answer in blocks: what has not been sent
	block  uint16
}

func (c *concentrator) serve(ctx context.Context) (good bool) {
	sa, err := dlt698.NewAddress(dlt698.Single, c.Station.Address)
	if err != nil {
		return false
	}
	c.sa, c.scan.Limit = sa, 4096
	c.beat, c.answer = newAlarm(c.wake), newAlarm(c.wake)
	c.write = newAlarm(func() { _ = c.conn.Close() })
	defer func() {
		c.beat.stop()
		c.answer.stop()
		c.write.stop()
	}()
	if c.link(ctx, dlt698.Login) != nil {
		return false
	}
	c.beat.set(c.world.opt.Heartbeat)
	for err == nil && ctx.Err() == nil {
		switch {
		case c.beat.rung.Load():
			err = c.link(ctx, dlt698.Heartbeat)
			c.beat.set(c.world.opt.Heartbeat)
		case c.hasWork():
			err = c.work(ctx)
		default:
			err = c.listen(ctx, nil)
		}
	}
	if err == nil { // the end of the simulation: say good-bye, do not wait for the answer
		_ = c.send(dlt698.LinkFromServer, 0, dlt698.APDU{Body: c.linkRequest(dlt698.Logout)})
	}
	return true
}

func (c *concentrator) linkRequest(kind dlt698.LinkKind) dlt698.LinkRequest {
	c.piid = (c.piid + 1) & 0x3F
	return dlt698.LinkRequest{PIID: dlt698.PIID(c.piid), Kind: kind,
		Period: uint16(c.world.opt.Heartbeat / time.Second), Time: dlt698.At(c.world.opt.Clock())}
}

// link sends a login or heartbeat and waits for its answer. DL/T 698.45-2017 7.3.3
func (c *concentrator) link(ctx context.Context, kind dlt698.LinkKind) error {
	q := c.linkRequest(kind)
	if err := c.send(dlt698.LinkFromServer, 0, dlt698.APDU{Body: q}); err != nil {
		return err
	}
	return c.await(ctx, func(b dlt698.Body) (bool, error) {
		r, ok := b.(dlt698.LinkResponse)
		if !ok || r.PIID.Number() != q.PIID.Number() {
			return false, nil
		}
		if r.Result.Code() != dlt698.LinkOK {
			return true, errors.New("the server refuses the link")
		}
		return true, nil
	})
}

// await serves the server until what is waited for has come.
func (c *concentrator) await(ctx context.Context, match func(dlt698.Body) (bool, error)) error {
	c.answer.set(answerLimit)
	defer c.answer.stop()
	done := false
	var found error
	for !done {
		if c.answer.rung.Load() {
			return errSilent
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		err := c.listen(ctx, func(b dlt698.Body) {
			if !done {
				done, found = match(b)
			}
		})
		if err != nil {
			return err
		}
	}
	return found
}

// listen waits for bytes, or to be woken, and serves what came; hear sees every message.
func (c *concentrator) listen(ctx context.Context, hear func(dlt698.Body)) error {
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
		if err := c.item(it, hear); err != nil {
			return err
		}
	}
}

func (c *concentrator) item(it dlt698.Item, hear func(dlt698.Body)) error {
	if it.Refused != nil {
		c.world.count.refused.Add(int64(len(it.Raw)))
		return nil
	}
	a, err := dlt698.ParseAPDU(it.Frame.Data)
	if err != nil || it.Frame.Control.FromServerSide() {
		c.world.count.refused.Add(1)
		return nil
	}
	if hear != nil {
		hear(a.Body)
	}
	answer := c.respond(it.Frame, a.Body)
	if answer == nil {
		return nil
	}
	return c.sendFrom(it.Frame.Server, dlt698.ToClient, it.Frame.Client, dlt698.APDU{Body: answer})
}

func (c *concentrator) send(control dlt698.Control, client uint8, a dlt698.APDU) error {
	return c.sendFrom(c.sa, control, client, a)
}

func (c *concentrator) sendFrom(sa dlt698.Address, control dlt698.Control, client uint8, a dlt698.APDU) error {
	raw, err := frame(c.out[:0], sa, control, client, a)
	if err != nil {
		return err
	}
	c.out = raw
	return c.put(raw)
}

// put writes bytes; a server that does not take them loses the connection.
func (c *concentrator) put(raw []byte) error {
	c.write.set(writeLimit)
	_, err := c.conn.Write(raw)
	c.write.stop()
	return err
}

func frame(dst []byte, sa dlt698.Address, control dlt698.Control, client uint8, a dlt698.APDU) ([]byte, error) {
	body, err := a.Append(nil)
	if err != nil {
		return nil, err
	}
	return dlt698.Frame{Control: control, Server: sa, Client: client, Data: body}.Append(dst)
}
