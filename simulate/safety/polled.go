package safety

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/safety/site"
	"github.com/haihe-city/haihe/wire/modbus"
)

// Listen opens the doors of the plants that are polled, so that the register can name them; Run listens behind them and closes them. Where
// Feeds.Polled ends with port 0 each takes any port that is free.
func (c *City) Listen() error {
	host, port, err := net.SplitHostPort(c.opt.Feeds.Polled)
	if err != nil {
		return errs.Because(err, errs.Invalid, "Modbus 监听地址“%s”应形如 127.0.0.1:15020", "the address %q of the Modbus plants is to be like 127.0.0.1:15020", c.opt.Feeds.Polled)
	}
	next, _ := strconv.Atoi(port)
	for i := range c.Len() {
		if c.Plant(i).Protocol != site.Modbus {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(next)))
		if err != nil {
			c.close()
			return errs.Because(err, errs.Unavailable, "端口 %d 无法监听；请用 --polled 另选", "port %d cannot be listened on; choose others with --polled", next)
		}
		c.doors[i] = l
		if next > 0 {
			next++
		}
	}
	return nil
}

func (c *City) close() {
	for _, l := range c.doors {
		_ = l.Close()
	}
}

// polledAt is where a polled plant listens.
func (c *City) polledAt(p *site.Plant) string {
	if l := c.doors[p.Number]; l != nil {
		return l.Addr().String()
	}
	return c.opt.Feeds.Polled
}

// field is where a point's value lies: an input register and the one behind it hold a float.
func field(x *site.Point) modbus.Field {
	return modbus.Field{Function: modbus.ReadRegisters, Address: uint16(x.Register), Kind: modbus.Float32, Order: modbus.ABCD, Scale: 1}
}

// answer waits for the platform to ask, until ctx ends.
func (u *unit) answer(ctx context.Context) error {
	l := u.doors[u.Number]
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err == nil {
			u.asked.Go(func() { _ = u.during(ctx, conn, func() error { return u.instruments(conn) }) })
		}
	}
}

// instruments answers the questions of one connection.
func (u *unit) instruments(conn net.Conn) error {
	var scan modbus.Scanner
	var in [512]byte
	for {
		n, err := conn.Read(in[:])
		if err != nil {
			return err
		}
		scan.Feed(in[:n])
		f, err := scan.Next()
		for ; err == nil; f, err = scan.Next() {
			if err := u.reply(conn, f); err != nil {
				return err
			}
		}
		if !errors.Is(err, modbus.ErrShort) { // there is no way back into the stream
			u.count.refused.Add(1)
			return err
		}
	}
}

func (u *unit) reply(conn net.Conn, f modbus.Frame) error {
	a := modbus.Answer{}
	q, err := modbus.ParseRequest(f.PDU)
	var why *modbus.Error
	switch {
	case errors.As(err, &why):
		a.Function, a.Exception = modbus.Function(f.PDU[0]&0x7F), why.Exception
	case err != nil:
		return err
	case q.Function != modbus.ReadRegisters:
		a.Function, a.Exception = q.Function, modbus.IllegalFunction
	default:
		a = u.read(q)
	}
	pdu, err := a.Append(nil)
	if err != nil {
		return err
	}
	raw, err := modbus.Frame{Transaction: f.Transaction, Unit: f.Unit, PDU: pdu}.Append(nil)
	if err != nil {
		return err
	}
	u.count.polls.Add(1)
	_, err = conn.Write(raw)
	return err
}

// read is what the registers hold now.
func (u *unit) read(q modbus.Request) modbus.Answer {
	a := modbus.Answer{Function: q.Function}
	at := u.opt.Clock().Truncate(time.Second)
	all := make([]uint16, 0, 2*len(u.points))
	for i := range u.points {
		v, _ := u.shown(i, at)
		r, err := field(&u.points[i]).Put(v)
		if err != nil {
			a.Exception = modbus.DeviceFailure
			return a
		}
		all = append(all, r...)
	}
	if from, to := int(q.Address), int(q.Address)+int(q.Quantity); to <= len(all) {
		a.Values = all[from:to]
	} else {
		a.Exception = modbus.IllegalAddress
	}
	return a
}
