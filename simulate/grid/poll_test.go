package grid

import (
	"fmt"
	"net"
	"time"

	"github.com/haihe-city/haihe/wire/dlt645"
)

// asker asks one meter after the other.
type asker struct {
	conn net.Conn
	scan dlt645.Scanner
}

func (a *asker) ask(to dlt645.Address, m dlt645.Message) (dlt645.Address, dlt645.Message, error) {
	raw, err := dlt645.Encode(to, m).Append(dlt645.Wake(nil))
	if err != nil {
		return to, nil, err
	}
	if _, err := a.conn.Write(raw); err != nil {
		return to, nil, err
	}
	buf := make([]byte, 256)
	for {
		it, ok := a.scan.Next()
		if ok && it.Refused != nil {
			return to, nil, it.Refused
		}
		if ok {
			m, err := dlt645.Decode(it.Frame)
			return it.Frame.Addr, m, err
		}
		n, err := a.conn.Read(buf)
		if err != nil {
			return to, nil, err
		}
		a.scan.Feed(buf[:n])
	}
}

func poll(conn net.Conn, c *City) error {
	a := &asker{conn: conn}
	addr, m, err := a.ask(dlt645.AnyMeter, dlt645.AskAddress{})
	if err != nil {
		return err
	}
	if got, ok := m.(dlt645.AddressAnswer); !ok || got.Addr != addr || addr.String() != c.Stations()[0].Address {
		return fmt.Errorf("gateway says %+v from %s", m, addr)
	}
	meter := &c.Meters()[4]
	to, err := dlt645.NewAddress(meter.Address)
	if err != nil {
		return err
	}
	now := c.opt.Clock()
	for di, want := range map[dlt645.DI]int64{
		0x00010000: c.Register(meter, now) / 100,
		0x02010100: c.Voltage(meter, slotTime(slotOf(now))),
		0x0201FF00: c.Voltage(meter, slotTime(slotOf(now))),
		0x02030000: c.Power(meter, slotTime(slotOf(now))),
		0x05060101: c.Register(meter, time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, China())) / 100,
	} {
		_, m, err := a.ask(to, dlt645.Read{DI: di})
		if err != nil {
			return fmt.Errorf("%s: %w", di, err)
		}
		ans, ok := m.(dlt645.Answer)
		if !ok {
			return fmt.Errorf("%s: answered %+v", di, m)
		}
		v, err := dlt645.Values(ans.DI, ans.Data)
		if err != nil || v[0].Num != want {
			return fmt.Errorf("%s: %v %v, want %d", di, v, err, want)
		}
	}
	if _, m, err = a.ask(to, dlt645.Read{DI: 0x02FE0000}); err != nil || m != (dlt645.Failure{Function: dlt645.ReadData, Word: dlt645.NoData}) {
		return fmt.Errorf("unknown identifier: %+v %w", m, err)
	}
	return pollLoad(a, to, c, meter)
}

func pollLoad(a *asker, to dlt645.Address, c *City, meter *Meter) error {
	from := time.Date(2015, 11, 2, 0, 0, 0, 0, China())
	_, m, err := a.ask(to, dlt645.Read{DI: dlt645.LoadClass(dlt645.LoadFrom, 4), Blocks: 96, From: from})
	if err != nil {
		return err
	}
	var g dlt645.Gather
	first, ok := m.(dlt645.Answer)
	if !ok || !first.More {
		return fmt.Errorf("load records: %+v", m)
	}
	data, done := g.Start(first)
	for !done {
		q, _ := g.Next()
		_, m, err := a.ask(to, q)
		if err != nil {
			return err
		}
		next, ok := m.(dlt645.AnswerNext)
		if !ok {
			return fmt.Errorf("following frame: %+v", m)
		}
		if data, done, err = g.Add(next); err != nil {
			return err
		}
	}
	recs, err := dlt645.LoadRecords(first.DI, data)
	if err != nil || len(recs) != 96 {
		return fmt.Errorf("%d load records: %w", len(recs), err)
	}
	for i, r := range recs {
		at := from.Add(time.Duration(i) * Slot)
		v, ok := r.Find(0x00010000)
		if !ok || !r.Time.Equal(at) || v.Num != c.Register(meter, at)/100 {
			return fmt.Errorf("record %d at %v: %v", i, r.Time, v)
		}
	}
	return nil
}
