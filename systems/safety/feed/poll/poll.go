package poll

import (
	"context"
	"errors"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/feed/gate"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/wire/modbus"
)

const name = string(register.Modbus)

// Options are what the poller works with.
type Options struct {
	Desk   *gate.Desk
	Answer time.Duration // how long a device may take to connect, and to answer
	Every  time.Duration // how often a plant is polled whose points state no interval
}

// Feed polls all plants of the register that speak Modbus.
func Feed(o Options) host.Feed {
	pool := &gate.Pool{Desk: o.Desk, Feed: register.Modbus}
	pool.Speak = func(ctx context.Context, site *register.Site, well func()) error { return speak(ctx, &o, site, well) }
	return host.Feed{Name: name, Run: pool.Run}
}

// point is a register's point with the place of its value.
type point struct {
	factor string
	field  modbus.Field
}

// block is a run of registers, or of bits, that one request reads.
type block struct {
	request modbus.Request
	points  []point
}

// Bounds of a block: how many are read at once (Modbus V1.1b3 6.1, 6.3), and how many that nobody wants may lie between two.
const (
	mostRegisters = 125
	mostBits      = 2000
	mostBetween   = 8
)

// plan lays points into blocks. bad are the factors that state no place.
func plan(points []register.Point) (blocks []block, bad []string) {
	list := make([]point, 0, len(points))
	for i := range points {
		f, err := modbus.ParseField(points[i].Factor)
		if err != nil {
			bad = append(bad, points[i].Factor)
			continue
		}
		list = append(list, point{points[i].Factor, f})
	}
	slices.SortFunc(list, func(a, b point) int {
		return (int(a.field.Function)-int(b.field.Function))<<16 + int(a.field.Address) - int(b.field.Address)
	})
	for _, p := range list {
		end := int(p.field.Address) + p.field.Kind.Registers()
		if n := len(blocks); n > 0 && blocks[n-1].admits(p, end) {
			b := &blocks[n-1]
			b.points = append(b.points, p)
			b.request.Quantity = max(b.request.Quantity, uint16(end-int(b.request.Address)))
			continue
		}
		blocks = append(blocks, block{modbus.Request{Function: p.field.Function, Address: p.field.Address, Quantity: uint16(p.field.Kind.Registers())}, []point{p}})
	}
	return blocks, bad
}

func (b *block) admits(p point, end int) bool {
	most := mostRegisters
	if p.field.Kind == modbus.Bit {
		most = mostBits
	}
	from := int(b.request.Address)
	return b.request.Function == p.field.Function && end-from <= most && int(p.field.Address) <= from+int(b.request.Quantity)+mostBetween
}

// device is one connection.
type device struct {
	o    *Options
	site *register.Site
	conn net.Conn
	unit uint8
	next uint16
	sc   modbus.Scanner
	buf  [512]byte
}

// endpoint splits host:port/unit.
func endpoint(s string) (addr string, unit uint8, err error) {
	addr, tail, stated := strings.Cut(s, "/")
	unit = 1
	if stated {
		n, err := strconv.ParseUint(tail, 10, 8)
		if err != nil {
			return "", 0, errs.Say(errs.Invalid, "采集地址“%[1]s”的站号应为 0 至 255", "the unit in the endpoint %[1]q must be 0 to 255", s)
		}
		unit = uint8(n)
	}
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return "", 0, errs.Because(err, errs.Invalid, "采集地址“%[1]s”应形如 10.1.2.3:502 或 10.1.2.3:502/1", "the endpoint %[1]q must be like 10.1.2.3:502 or 10.1.2.3:502/1", s)
	}
	return addr, unit, nil
}

// interval is how often a plant is polled: as its fastest point is due.
func (o *Options) interval(points []register.Point) time.Duration {
	every := time.Duration(0)
	for i := range points {
		if e := points[i].Every; e > 0 && (every == 0 || e < every) {
			every = e
		}
	}
	if every == 0 {
		every = o.Every
	}
	return max(every, time.Second)
}

// speak polls one plant until something fails.
func speak(ctx context.Context, o *Options, site *register.Site, well func()) error {
	blocks, bad := plan(site.Points)
	for _, f := range bad {
		o.Desk.Refuse(ctx, gate.Refused{Peer: site.Code, Protocol: name, Reason: lang.T("因子 "+f+" 不是 Modbus 点位写法", "the factor "+f+" is no place in Modbus registers")}, []byte(f))
	}
	if len(blocks) == 0 {
		<-ctx.Done() // nothing to ask for until the register changes
		return nil
	}
	addr, unit, err := endpoint(site.Endpoint)
	if err != nil {
		o.Desk.Refuse(ctx, gate.Refused{Peer: site.Code, Protocol: name, Reason: messageOf(err)}, nil)
		return err
	}
	dialer := net.Dialer{Timeout: o.Answer}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return errs.As(errs.Unavailable, "connect to a Modbus device", err)
	}
	defer func() { _ = conn.Close() }() // nothing is pending on it
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	d := &device{o: o, site: site, conn: conn, unit: unit}
	ticker := time.NewTicker(o.interval(site.Points))
	defer ticker.Stop()
	for {
		if err := d.round(ctx, blocks); err != nil {
			return err
		}
		well()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func messageOf(err error) lang.Text {
	if m, ok := errs.MsgOf(err); ok {
		return m
	}
	return lang.T("无法处理", "it cannot be taken")
}

// round reads all blocks and stores what came.
func (d *device) round(ctx context.Context, blocks []block) error {
	at := d.o.Desk.Now().Truncate(time.Second)
	var values []register.Value
	for i := range blocks {
		b := &blocks[i]
		a, err := d.ask(ctx, b.request)
		if err != nil {
			return err
		}
		for _, p := range b.points {
			v := register.Value{Factor: p.factor, At: at, Value: math.NaN(), Quality: rule.Faulty}
			if a.Exception == 0 {
				if x := value(p.field, int(p.field.Address-b.request.Address), &a); !math.IsNaN(x) && !math.IsInf(x, 0) {
					v.Value, v.Quality = x, rule.Good
				}
			}
			values = append(values, v)
		}
		if a.Exception != 0 {
			d.refused(ctx, b, a.Exception)
		}
	}
	err := d.o.Desk.Store(ctx, name, d.site.Code, d.conn.RemoteAddr().String(), values)
	if errs.Is(err, errs.Busy) {
		d.o.Desk.Count(name, gate.Busy)
		return nil // the next round brings newer ones
	}
	return err
}

func value(f modbus.Field, from int, a *modbus.Answer) float64 {
	if f.Kind == modbus.Bit {
		if a.Bits[from] {
			return f.Value([]uint16{1})
		}
		return f.Value([]uint16{0})
	}
	return f.Value(a.Values[from:])
}

// refused lists an exception. Modbus V1.1b3 7
func (d *device) refused(ctx context.Context, b *block, e modbus.Exception) {
	d.o.Desk.Count(name, gate.NotTaken)
	text := e.Text()
	at := " " + strconv.Itoa(int(b.request.Function)) + ":" + strconv.Itoa(int(b.request.Address)) + "+" + strconv.Itoa(int(b.request.Quantity))
	d.o.Desk.Refuse(ctx, gate.Refused{Peer: d.site.Code + " " + d.conn.RemoteAddr().String(), Protocol: name, Clause: "7", Reason: lang.T("设备拒绝读取"+at+"："+text.Zh, "the device refuses to be read"+at+": "+text.En)}, nil)
}

// ask sends a request and waits for its answer. What cannot be read ends the connection: Modbus TCP has no mark to find the way again.
func (d *device) ask(ctx context.Context, r modbus.Request) (modbus.Answer, error) {
	pdu, err := r.Append(nil)
	if err != nil {
		return modbus.Answer{}, err
	}
	d.next++
	raw, err := modbus.Frame{Transaction: d.next, Unit: d.unit, PDU: pdu}.Append(nil)
	if err != nil {
		return modbus.Answer{}, err
	}
	if err := d.conn.SetDeadline(d.o.Desk.Wall().Add(d.o.Answer)); err != nil {
		return modbus.Answer{}, err
	}
	if _, err := d.conn.Write(raw); err != nil {
		return modbus.Answer{}, errs.As(errs.Unavailable, "ask a Modbus device", err)
	}
	for {
		f, err := d.sc.Next()
		if errors.Is(err, modbus.ErrShort) {
			n, err := d.conn.Read(d.buf[:])
			if n == 0 && err != nil {
				return modbus.Answer{}, errs.As(errs.Unavailable, "await a Modbus device", err)
			}
			d.sc.Feed(d.buf[:n])
			continue
		}
		if err == nil && f.Transaction != d.next {
			continue // late, of a request that was given up
		}
		var a modbus.Answer
		if err == nil {
			a, err = modbus.ParseAnswer(f.PDU, r)
		}
		var why *modbus.Error
		if errors.As(err, &why) {
			d.o.Desk.Count(name, gate.NotTaken)
			d.o.Desk.Refuse(ctx, gate.Refused{Peer: d.site.Code + " " + d.conn.RemoteAddr().String(), Protocol: name, Reason: why.Reason, Clause: why.Clause, Offset: int64(why.Offset)}, f.PDU)
		}
		return a, err
	}
}
