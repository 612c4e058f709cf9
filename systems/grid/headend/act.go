package headend

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/headend/deed"
	"github.com/haihe-city/haihe/wire/dlms"
	"github.com/haihe-city/haihe/wire/dlt645"
	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/qgdw1376"
)

// Act has a meter behind a concentrator do something and waits for what it tells. errs.Unavailable where the link is away or silent: told.Sent
// says then whether the meter may have got the order all the same. An order waits until the link has done what it is at.
func (e *HeadEnd) Act(ctx context.Context, concentrator string, d deed.Deed) (told deed.Told, err error) {
	l := e.links.get(concentrator)
	if l == nil {
		return told, errs.Say(errs.Unavailable, "集中器 %s 不在线", "concentrator %s is offline", concentrator)
	}
	o := &order{deed: &d, done: make(chan orderResult, 1)}
	select {
	case l.orders <- o:
	case <-l.gone:
		return told, errs.Say(errs.Unavailable, "集中器 %s 的连接已中断", "the connection of concentrator %s broke off", concentrator)
	case <-ctx.Done():
		return told, ctx.Err()
	}
	select { // whoever took the order answers it, also where the connection ends
	case r := <-o.done:
		return o.told, r.err
	case <-ctx.Done():
		return deed.Told{Sent: true}, ctx.Err()
	}
}

// act645 carries a deed out over this link.
func (c *session645) act(ctx context.Context, o *order) (err error) {
	addr, err := dlt645.NewAddress(o.deed.Meter)
	if err != nil && o.deed.Kind != deed.Broadcast {
		return errs.As(errs.Invalid, "address a meter", err)
	}
	o.told, err = deed.Over645(*o.deed, func(m dlt645.Message) (dlt645.Message, []byte, error) {
		if _, all := m.(dlt645.SetTime); all {
			return nil, nil, c.tell(dlt645.AllMeters, m)
		}
		answer, err := c.ask(ctx, addr, m)
		if err != nil {
			return nil, nil, err
		}
		raw, err := dlt645.Encode(addr, answer).Append(nil) // byte for byte what came
		return answer, raw, err
	})
	return err
}

// act carries a deed out over this link, by proxy of the concentrator.
func (c *session698) act(ctx context.Context, o *order) (err error) {
	o.told, err = deed.Over698(*o.deed, func(q dlt698.ProxyRequest) (a dlt698.ProxyResponse, raw []byte, err error) {
		c.piid = (c.piid + 1) & 0x3F
		q.PIID = dlt698.PIID(c.piid)
		if err := c.write(dlt698.FromClient, c.sa, c.ca, dlt698.APDU{Body: q}); err != nil {
			return a, nil, err
		}
		if a, err = awaiting(ctx, c.proxied, c.link.address, func(r dlt698.ProxyResponse) bool { return r.PIID.Number() == c.piid }); err == nil {
			raw, err = dlt698.APDU{Body: a}.Append(nil)
		}
		return a, raw, err
	})
	return err
}

// act carries a deed out over this link, as a DL/T 645 frame that the terminal forwards.
func (c *session1376) act(ctx context.Context, o *order) (err error) {
	addr, err := dlt645.NewAddress(o.deed.Meter)
	if err != nil || o.deed.Kind == deed.Broadcast { // a terminal tells its meters the time by itself
		return errs.Say(errs.Invalid, "Q/GDW 1376.1 终端不转发此命令", "a Q/GDW 1376.1 terminal does not forward this order")
	}
	o.told, err = deed.Over645(*o.deed, func(m dlt645.Message) (dlt645.Message, []byte, error) {
		frame, err := dlt645.Encode(addr, m).Append(dlt645.Wake(nil))
		if err != nil {
			return nil, nil, err
		}
		back, err := c.forward(ctx, frame, o.deed.Key.Terminal)
		if err != nil {
			return nil, nil, err
		}
		f, _, err := dlt645.Parse(back)
		if err != nil || !f.Control.FromMeter() || !addr.Matches(f.Addr) {
			return nil, nil, errs.Say(errs.Unavailable, "终端 %s 没有转回电表的应答", "terminal %s did not forward an answer of the meter", c.link.address)
		}
		answer, err := dlt645.Decode(f)
		return answer, back, err
	})
	return err
}

// The port that meters stand at, and how long a terminal waits for one. Q/GDW 1376.1-2013 5.15
const (
	meterPort    = 2
	forwardWait  = 0x80 | 10 // seconds
	forwardSpace = 50        // 10 ms
)

// forward has the terminal pass bytes on, and gives what came back.
func (c *session1376) forward(ctx context.Context, frame []byte, secret qgdw1376.Secret) ([]byte, error) {
	c.mu.Lock()
	c.seq = (c.seq + 1) & 15
	seq := c.seq
	c.mu.Unlock()
	m := qgdw1376.Say(qgdw1376.AFNForward, seq, false, qgdw1376.Unit{F: 1, Data: qgdw1376.Forward{Port: meterPort, Serial: qgdw1376.Serial2400, Message: forwardWait, Byte: forwardSpace, Data: frame}})
	m.Secret = secret
	if err := c.write(qgdw1376.Ask2, c.addr, m); err != nil {
		return nil, err
	}
	a, err := c.await(ctx, seq)
	if err != nil {
		return nil, err
	}
	f, ok := a.Units[0].Data.(qgdw1376.Forwarded)
	if !ok {
		return nil, errs.Say(errs.Invalid, "终端 %s 拒绝转发", "terminal %s refuses to forward", c.link.address)
	}
	return f.Data, nil
}

// act carries a deed out over this link. What changes something wants an association with a password, which ends with it: reading is done
// without.
func (c *sessionDLMS) act(ctx context.Context, o *order) error {
	m := c.meters[o.deed.Meter]
	if m == nil {
		return errs.Say(errs.Unavailable, "网关的设备表中没有电表 %s", "the gateway's list of devices lacks meter %s", o.deed.Meter)
	}
	if !o.deed.Kind.Reads() {
		if err := c.associate(ctx, m, string(o.deed.Key.Secret)); err != nil {
			return err
		}
		defer func() { m.open = false }()
	} else if !m.open {
		if err := c.associate(ctx, m, ""); err != nil {
			return err
		}
	}
	var err error
	o.told, err = deed.OverDLMS(*o.deed, book.China, func(q dlms.APDU) (dlms.APDU, []byte, error) {
		c.invoke = (c.invoke + 1) & 0x0F
		answer, err := c.ask(ctx, m.port, numbered(q, 0xC0|c.invoke)) // confirmed, of high priority
		if err != nil {
			return nil, nil, err
		}
		return answer, dlms.Encode(answer), nil
	})
	return err
}

// numbered gives a request its number.
func numbered(q dlms.APDU, invoke uint8) dlms.APDU {
	switch q := q.(type) {
	case dlms.GetRequest:
		q.Invoke = invoke
		return q
	case dlms.SetRequest:
		q.Invoke = invoke
		return q
	case dlms.ActionRequest:
		q.Invoke = invoke
		return q
	}
	return q
}
