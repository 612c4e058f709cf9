package grid

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/haihe-city/haihe/wire/dlms"
)

// The wrapper ports of the meters behind a DLMS gateway begin here; an answer longer than a block comes in blocks.
const (
	firstPort = 16
	blockSize = 1000
)

// cosem is the dialogue of one connection of a gateway whose meters speak DLMS: the server is the client and asks.
type cosem struct {
	*unit
	conn  net.Conn
	scan  dlms.Scanner
	in    [1024]byte
	write *alarm
	open  map[uint16]bool               // ports with an association
	rest  map[uint16][]dlms.GetResponse // blocks that wait to be asked for
	sent  uint64
}

// profile is what a meter's load profile captures, with the scale of each register.
var profile = []struct {
	dlms.Column
	dlms.Scale
}{
	{dlms.Column{Class: dlms.ClassClock, Name: dlms.Clock, Attribute: 2}, dlms.Scale{}},
	{dlms.Column{Class: dlms.ClassRegister, Name: dlms.EnergyImport, Attribute: 2}, dlms.Scale{Power: -1, Unit: dlms.WattHour}},
	{dlms.Column{Class: dlms.ClassRegister, Name: dlms.PowerImport, Attribute: 2}, dlms.Scale{Power: -1, Unit: dlms.Watt}},
	{dlms.Column{Class: dlms.ClassRegister, Name: dlms.VoltageL1, Attribute: 2}, dlms.Scale{Power: -1, Unit: dlms.Volt}},
}

func (c *cosem) serve(ctx context.Context) (good bool) {
	c.write = newAlarm(func() { _ = c.conn.Close() })
	defer c.write.stop()
	c.open, c.rest = map[uint16]bool{}, map[uint16][]dlms.GetResponse{}
	for ctx.Err() == nil {
		if c.conn.SetReadDeadline(time.Time{}) != nil || ctx.Err() != nil {
			return good
		}
		n, err := c.conn.Read(c.in[:])
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return good
		}
		c.scan.Feed(c.in[:n])
		for {
			it, ok := c.scan.Next()
			if !ok {
				break
			}
			if it.Refused != nil {
				c.world.count.refused.Add(int64(len(it.Raw)))
				continue
			}
			good = true
			if c.answer(it.Frame) != nil {
				return good
			}
		}
	}
	return good
}

// answer serves one message. Nobody answers at a port that is not here, or for a dead meter.
func (c *cosem) answer(f dlms.Frame) error {
	a, err := dlms.Decode(f.Data)
	if err != nil {
		c.world.count.refused.Add(1)
		return nil
	}
	var meter *Meter
	if i := c.from + int(f.Destination) - firstPort; f.Destination != dlms.Management {
		if f.Destination < firstPort || i >= c.to || c.world.dead(&c.world.meters[i]) {
			return nil
		}
		meter = &c.world.meters[i]
	}
	var out dlms.APDU
	switch q := a.(type) {
	case dlms.AARQ:
		if q.Context() != 1 || q.Mechanism() != dlms.NoSecurity {
			out = dlms.Accept(2, dlms.InitiateResponse{Version: 6})
			break
		}
		c.open[f.Destination] = true
		out = dlms.Accept(0, dlms.InitiateResponse{Version: 6, Conformance: dlms.Wanted, MaxAPDU: 1200})
	case dlms.GetRequest:
		out = dlms.Exception{State: 1, Service: 2} // no association, no service
		if c.open[f.Destination] {
			out = c.get(f.Destination, meter, q)
		}
	case dlms.RLRQ:
		delete(c.open, f.Destination)
		out = dlms.RLRE{}
	default:
		out = dlms.Exception{State: 2, Service: 2}
	}
	return c.put(dlms.Frame{Source: f.Destination, Destination: f.Source, Data: dlms.Encode(out)}, meter)
}

// get answers a GET, in blocks where it is long.
func (c *cosem) get(port uint16, meter *Meter, q dlms.GetRequest) dlms.APDU {
	if q.Kind == dlms.Next {
		for _, b := range c.rest[port] {
			if b.Block.Number == q.Block+1 {
				b.Invoke = q.Invoke
				return b
			}
		}
		return dlms.GetResponse{Kind: dlms.Next, Invoke: q.Invoke, Block: dlms.Block{Last: true, Number: q.Block + 1, Failed: dlms.NoLongGet}}
	}
	if q.Kind == dlms.Normal {
		x := c.attribute(meter, q.Of[0])
		if x.Value == nil {
			return dlms.GetResponse{Kind: dlms.Normal, Invoke: q.Invoke, Results: []dlms.Result{x}}
		}
		c.rest[port] = dlms.Split(q.Invoke, *x.Value, blockSize)
		return c.rest[port][0]
	}
	out := dlms.GetResponse{Kind: dlms.WithList, Invoke: q.Invoke}
	for _, a := range q.Of {
		out.Results = append(out.Results, c.attribute(meter, a))
	}
	return out
}

// attribute is what the gateway (meter nil) or a meter shows.
func (c *cosem) attribute(meter *Meter, a dlms.Attribute) dlms.Result {
	is := func(class uint16, name dlms.OBIS, number int8) bool {
		return a.Class == class && a.Name == name && a.Number == number
	}
	some := func(d dlms.Data) dlms.Result { return dlms.Result{Value: &d} }
	switch {
	case is(dlms.ClassData, dlms.DeviceID, 2) && meter == nil:
		return some(dlms.Octets([]byte("HHG" + c.address)))
	case is(dlms.ClassData, dlms.DeviceID, 2):
		return some(dlms.Octets([]byte("HHM" + meter.Address)))
	case is(dlms.ClassSAP, dlms.Devices, 2) && meter == nil:
		d := dlms.Array(dlms.Struct(dlms.Of(dlms.TagUint16, int64(dlms.Management)), dlms.Octets([]byte("HHG"+c.address))))
		for i := c.from; i < c.to; i++ {
			d.Items = append(d.Items, dlms.Struct(dlms.Of(dlms.TagUint16, int64(firstPort+i-c.from)), dlms.Octets([]byte("HHM"+c.world.meters[i].Address))))
		}
		return some(d)
	case meter == nil:
	case is(dlms.ClassProfile, dlms.LoadProfile, 2):
		return some(c.buffer(meter, a.Select))
	case is(dlms.ClassProfile, dlms.LoadProfile, 3):
		d := dlms.Array()
		for _, k := range profile {
			d.Items = append(d.Items, k.Column.Data())
		}
		return some(d)
	case is(dlms.ClassProfile, dlms.LoadProfile, 4):
		return some(dlms.Of(dlms.TagUint32, int64(Slot/time.Second)))
	case is(dlms.ClassClock, dlms.Clock, 2):
		t := dlms.At(c.world.opt.Clock().In(China()).Add(c.world.drift(meter)))
		return some(dlms.Octets(t[:]))
	default:
		for i, k := range profile[1:] {
			if is(k.Class, k.Name, 3) {
				return some(k.Scale.Data())
			}
			if is(k.Class, k.Name, 2) {
				return some(c.row(meter, slotTime(slotOf(c.world.opt.Clock())), true)[1+i])
			}
		}
	}
	return dlms.Result{Failed: dlms.ObjectUndefined}
}

// row is what the profile captured at t; only the first row of an answer tells its time.
func (c *cosem) row(m *Meter, t time.Time, timed bool) []dlms.Data {
	clock := dlms.Data{Tag: dlms.TagNull}
	if timed {
		at := dlms.At(t.In(China()).Add(c.world.drift(m)))
		clock = dlms.Octets(at[:])
	}
	w := c.world // 0.0001 kWh is 0.1 Wh, the scale of the registers
	return []dlms.Data{clock, dlms.Of(dlms.TagUint64, w.Register(m, t)), dlms.Of(dlms.TagInt32, w.Power(m, t)), dlms.Of(dlms.TagUint16, w.Voltage(m, t))}
}

// buffer gives the rows that a selection means, of the last day where it means none.
func (c *cosem) buffer(m *Meter, s *dlms.Selection) dlms.Data {
	newest := slotTime(slotOf(c.world.opt.Clock()))
	from, to, ok := s.Range(China())
	if !ok || to.After(newest) {
		to = newest
	}
	if !ok {
		from = newest.Add(-24 * time.Hour)
	}
	if from.Before(m.Installed) {
		from = m.Installed
	}
	d := dlms.Array()
	for t := align(from, Slot); !t.After(to) && len(d.Items) < mostRows; t = t.Add(Slot) {
		d.Items = append(d.Items, dlms.Struct(c.row(m, t, len(d.Items) == 0)...))
	}
	return d
}

// put sends an answer, now and then with its head spoilt on the way: the server asks again. Only the head: the wrapper has no check, and
// what TCP let through of a changed value nobody could tell.
func (c *cosem) put(f dlms.Frame, meter *Meter) error {
	raw, err := f.Append(nil)
	if err != nil {
		return err
	}
	c.sent++
	if h := mix(c.world.opt.Seed, drawGarbled, uint64(c.number), c.sent); meter != nil && chance(h, c.world.opt.Faults.Garbled) {
		c.world.truth.write(faultGarbled, []*Meter{meter}, slotTime(slotOf(c.world.opt.Clock())), 0)
		raw[h&1] ^= 1 << (mix(h) & 7)
	}
	c.write.set(writeLimit)
	_, err = c.conn.Write(raw)
	c.write.stop()
	c.world.count.answers645.Add(1)
	return err
}
