package foreign

import (
	"time"

	"github.com/haihe-city/haihe/wire/dlms"
)

// The wrapper ports of the meters behind a gateway begin here; an answer longer than a block comes in blocks; mostRows bounds an answer.
const (
	firstPort = 16
	blockSize = 1000
	mostRows  = 20_000
)

// Gateway is one connection of a gateway whose meters speak DLMS: the server is the client and asks.
type Gateway struct {
	s    Station
	open map[uint16]bool               // ports with an association
	rest map[uint16][]dlms.GetResponse // blocks that wait to be asked for

	trusted map[uint16]bool // ports whose association has a password
}

// NewGateway is a gateway that nobody has asked yet.
func NewGateway(s Station) *Gateway {
	return &Gateway{s, map[uint16]bool{}, map[uint16][]dlms.GetResponse{}, map[uint16]bool{}}
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

// nobody is the gateway itself, which is no meter.
const nobody = -1

// Answer serves one message. meter is who answers, -1 for the gateway itself. Nobody answers at a port that is not here, for a dead meter, or
// what cannot be read: then ok is false.
func (g *Gateway) Answer(f dlms.Frame) (out dlms.Frame, meter int, ok bool) {
	a, err := dlms.Decode(f.Data)
	if err != nil {
		return out, nobody, false
	}
	if meter, ok = g.at(f.Destination); !ok {
		return out, nobody, false
	}
	return dlms.Frame{Source: f.Destination, Destination: f.Source, Data: dlms.Encode(g.serve(f.Destination, meter, a))}, meter, true
}

// at is the meter at a port, -1 for the gateway itself; ok is false where nobody answers.
func (g *Gateway) at(port uint16) (meter int, ok bool) {
	if port == dlms.Management {
		return nobody, true
	}
	if meter = int(port) - firstPort; meter < 0 || meter >= g.s.Len() {
		return nobody, false
	}
	_, _, dead := g.s.Meter(meter)
	return meter, !dead
}

func (g *Gateway) serve(port uint16, meter int, a dlms.APDU) dlms.APDU {
	switch q := a.(type) {
	case dlms.AARQ:
		delete(g.trusted, port)
		if q.Context() == 1 && q.Mechanism() == dlms.Password && meter != nobody {
			r, m := g.s.Ask(meter)
			g.trusted[port] = r.Admits(m.Address, string(q.Secret()))
		}
		if q.Context() != 1 || q.Mechanism() != dlms.NoSecurity && !g.trusted[port] {
			return dlms.Accept(2, dlms.InitiateResponse{Version: 6})
		}
		g.open[port] = true
		return dlms.Accept(0, dlms.InitiateResponse{Version: 6, Conformance: dlms.Wanted, MaxAPDU: 1200})
	case dlms.SetRequest, dlms.ActionRequest:
		if g.open[port] && meter != nobody {
			r, m := g.s.Ask(meter)
			if a, ok := r.OverDLMS(m, g.trusted[port], a); ok {
				return a
			}
		}
	case dlms.GetRequest:
		if g.open[port] && meter != nobody {
			r, m := g.s.Ask(meter)
			if a, ok := r.OverDLMS(m, g.trusted[port], q); ok {
				return a
			}
		}
		if g.open[port] {
			return g.get(port, meter, q)
		}
		return dlms.Exception{State: 1, Service: 2} // no association, no service
	case dlms.RLRQ:
		delete(g.open, port)
		return dlms.RLRE{}
	}
	return dlms.Exception{State: 2, Service: 2}
}

// get answers a GET, in blocks where it is long.
func (g *Gateway) get(port uint16, meter int, q dlms.GetRequest) dlms.APDU {
	if q.Kind == dlms.Next {
		for _, b := range g.rest[port] {
			if b.Block.Number == q.Block+1 {
				b.Invoke = q.Invoke
				return b
			}
		}
		return dlms.GetResponse{Kind: dlms.Next, Invoke: q.Invoke, Block: dlms.Block{Last: true, Number: q.Block + 1, Failed: dlms.NoLongGet}}
	}
	if q.Kind == dlms.Normal {
		x := g.attribute(meter, q.Of[0])
		if x.Value == nil {
			return dlms.GetResponse{Kind: dlms.Normal, Invoke: q.Invoke, Results: []dlms.Result{x}}
		}
		g.rest[port] = dlms.Split(q.Invoke, *x.Value, blockSize)
		return g.rest[port][0]
	}
	out := dlms.GetResponse{Kind: dlms.WithList, Invoke: q.Invoke}
	for _, a := range q.Of {
		out.Results = append(out.Results, g.attribute(meter, a))
	}
	return out
}

// attribute is what the gateway (meter -1) or a meter shows.
func (g *Gateway) attribute(meter int, a dlms.Attribute) dlms.Result {
	is := func(class uint16, name dlms.OBIS, number int8) bool {
		return a.Class == class && a.Name == name && a.Number == number
	}
	some := func(d dlms.Data) dlms.Result { return dlms.Result{Value: &d} }
	switch {
	case is(dlms.ClassData, dlms.DeviceID, 2) && meter == nobody:
		return some(dlms.Octets([]byte("HHG" + g.s.Address())))
	case is(dlms.ClassData, dlms.DeviceID, 2):
		return some(dlms.Octets([]byte("HHM" + g.address(meter))))
	case is(dlms.ClassSAP, dlms.Devices, 2) && meter == nobody:
		d := dlms.Array(dlms.Struct(dlms.Of(dlms.TagUint16, int64(dlms.Management)), dlms.Octets([]byte("HHG"+g.s.Address()))))
		for i := range g.s.Len() {
			d.Items = append(d.Items, dlms.Struct(dlms.Of(dlms.TagUint16, int64(firstPort+i)), dlms.Octets([]byte("HHM"+g.address(i)))))
		}
		return some(d)
	case meter == nobody:
	case is(dlms.ClassProfile, dlms.LoadProfile, 2):
		return some(g.buffer(meter, a.Select))
	case is(dlms.ClassProfile, dlms.LoadProfile, 3):
		d := dlms.Array()
		for _, k := range profile {
			d.Items = append(d.Items, k.Column.Data())
		}
		return some(d)
	case is(dlms.ClassProfile, dlms.LoadProfile, 4):
		return some(dlms.Of(dlms.TagUint32, int64(Slot/time.Second)))
	case is(dlms.ClassClock, dlms.Clock, 2):
		now := g.s.Now()
		t := dlms.At(now.In(china).Add(g.s.Drift(meter, now)))
		return some(dlms.Octets(t[:]))
	default:
		for i, k := range profile[1:] {
			if is(k.Class, k.Name, 3) {
				return some(k.Scale.Data())
			}
			if is(k.Class, k.Name, 2) {
				return some(g.row(meter, g.s.Now().Truncate(Slot), true)[1+i])
			}
		}
	}
	return dlms.Result{Failed: dlms.ObjectUndefined}
}

// row is what the profile captured at t; only the first row of an answer, and the first after a gap, tells its time.
func (g *Gateway) row(m int, t time.Time, timed bool) []dlms.Data {
	clock := dlms.Data{Tag: dlms.TagNull}
	if timed {
		at := dlms.At(t.In(china).Add(g.s.Drift(m, t)))
		clock = dlms.Octets(at[:])
	}
	energy, power, voltage, _ := g.s.Shown(m, t) // 0.0001 kWh is 0.1 Wh, the scale of the registers
	return []dlms.Data{clock, dlms.Of(dlms.TagUint64, energy), dlms.Of(dlms.TagInt32, power), dlms.Of(dlms.TagUint16, voltage)}
}

// buffer gives the rows that a selection means, of the last day where it means none.
func (g *Gateway) buffer(m int, s *dlms.Selection) dlms.Data {
	newest := g.s.Now().Truncate(Slot)
	from, to, ok := s.Range(china)
	if !ok || to.After(newest) {
		to = newest
	}
	if !ok {
		from = newest.Add(-24 * time.Hour)
	}
	if _, installed, _ := g.s.Meter(m); from.Before(installed) {
		from = installed
	}
	d, last := dlms.Array(), time.Time{}
	for t := align(from); !t.After(to) && len(d.Items) < mostRows; t = t.Add(Slot) {
		if _, _, _, ok := g.s.Shown(m, t); ok {
			timed := len(d.Items) == 0 || !t.Equal(last.Add(Slot))
			d.Items, last = append(d.Items, dlms.Struct(g.row(m, t, timed)...)), t
		}
	}
	return d
}

func (g *Gateway) address(n int) string {
	a, _, _ := g.s.Meter(n)
	return a
}
