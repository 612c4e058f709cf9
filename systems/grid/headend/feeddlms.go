package headend

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/headend/line"
	"github.com/haihe-city/haihe/systems/grid/headend/secret"
	"github.com/haihe-city/haihe/wire/dlms"
)

// Bounds of the dialogue over DLMS.
const (
	triesDLMS = 2
	maxDLMS   = 16 << 10 // greatest message that is taken
)

// sessionDLMS is the dialogue with a meter, or with a gateway and the meters behind it, that has connected to us. We are the client: the
// management logical device says who it is, its list of devices (SAP assignment) at which wrapper port each meter answers.
type sessionDLMS struct {
	e      *HeadEnd
	conn   net.Conn
	peer   string
	sc     dlms.Scanner
	link   *link
	invoke uint8
	meters map[string]*cosem
	line   *line.Line // nil: the wrapper is spoken
	buf    [4096]byte
}

// cosem is one logical device, and what is known of its load profile.
type cosem struct {
	port    uint16
	open    bool         // associated
	keys    *secret.DLMS // that it wants to see; nil: none
	columns []dlms.Column
	scales  []dlms.Scale // of each column that is a register
	period  time.Duration
}

// speakDLMS asks who has connected, finds its meters, and then reads the gaps of their load profiles, again and again.
func (e *HeadEnd) speakDLMS(ctx context.Context, conn net.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &sessionDLMS{e: e, conn: conn, peer: conn.RemoteAddr().String(), meters: map[string]*cosem{}, sc: dlms.Scanner{Limit: maxDLMS}}
	self := &cosem{port: dlms.Management}
	if err := c.hint(); err != nil {
		return err
	}
	id, err := c.one(ctx, self, dlms.Attribute{Class: dlms.ClassData, Name: dlms.DeviceID, Number: 2})
	if errs.Is(err, errs.Unavailable) && c.line == nil { // it knows no wrapper
		c.speakLine()
		id, err = c.one(ctx, self, dlms.Attribute{Class: dlms.ClassData, Name: dlms.DeviceID, Number: 2})
	}
	if err != nil {
		return errs.Wrap("ask the meter who it is", err)
	}
	who := tail(id.Bytes)
	if !e.o.Book.Serves(who) {
		e.o.Refuse(ctx, Refused{Peer: c.peer, Protocol: nameDLMS, Reason: lang.T("网关 "+who+" 不在档案中", "gateway "+who+" is not in the archive")}, nil)
		return errors.New("gateway not in the archive")
	}
	devices, err := c.one(ctx, self, dlms.Attribute{Class: dlms.ClassSAP, Name: dlms.Devices, Number: 2})
	if err != nil && broken(err) {
		return err
	}
	c.meters[who] = self // a meter that stands alone is its own gateway
	for _, d := range devices.Items {
		if len(d.Items) == 2 && d.Items[0].Tag == dlms.TagUint16 && uint16(d.Items[0].Num) != dlms.Management {
			c.meters[tail(d.Items[1].Bytes)] = &cosem{port: uint16(d.Items[0].Num)}
		}
	}
	for address, m := range c.meters {
		c.secure(ctx, m, address)
	}
	c.link = &link{address: who, peer: c.peer, since: e.o.Now(), orders: make(chan *order), gone: ctx.Done(), cancel: func() { cancel(); _ = conn.Close() }}
	e.links.join(c.link)
	e.o.Changed()
	defer e.o.Changed()
	defer e.links.leave(c.link)
	return (&poller{e: e, link: c.link, name: nameDLMS, read: c.read, act: c.act}).run(ctx)
}

// tail is the address in a device's name: its last 12 characters; without them "".
func tail(name []byte) string {
	if len(name) < 12 {
		return ""
	}
	for _, x := range name[len(name)-12:] {
		if x < '0' || x > '9' {
			return ""
		}
	}
	return string(name[len(name)-12:])
}

// read asks a meter for the rows of its gaps and stores what comes; got is how many readings that were.
func (c *sessionDLMS) read(ctx context.Context, address string, gaps book.SlotSet, d book.Day) (got int, err error) {
	m := c.meters[address]
	if m == nil {
		return 0, errs.Say(errs.Unavailable, "网关的设备表中没有电表 %s", "the gateway's list of devices lacks meter %s", address)
	}
	if err := c.learn(ctx, m); err != nil {
		return 0, err
	}
	for i, n := gapRun(gaps, 0, book.SlotsPerDay); n > 0; i, n = gapRun(gaps, i+n, book.SlotsPerDay) {
		from := time.UnixMicro(d.Start() + int64(i)*book.SlotMicros).In(book.China)
		data, err := c.one(ctx, m, dlms.Attribute{Class: dlms.ClassProfile, Name: dlms.LoadProfile, Number: 2, Select: dlms.Between(from, from.Add(time.Duration(int64(n-1)*book.SlotMicros)*time.Microsecond))})
		if err != nil {
			return got, err
		}
		rows, err := dlms.Rows(data, m.columns, m.period, book.China)
		if err != nil {
			c.refuse(ctx, err, dlms.Item{})
			return got, errs.As(errs.Invalid, "read a load profile", err)
		}
		readings := m.readings(address, rows)
		if _, err := c.e.o.Take(ctx, readings); err != nil {
			return got, err
		}
		got += len(readings)
	}
	return got, nil
}

// learn asks a meter once how its load profile is laid out.
func (c *sessionDLMS) learn(ctx context.Context, m *cosem) error {
	if m.columns != nil {
		return nil
	}
	list, err := c.one(ctx, m, dlms.Attribute{Class: dlms.ClassProfile, Name: dlms.LoadProfile, Number: 3})
	if err != nil {
		return err
	}
	columns, err := dlms.Columns(list)
	if err != nil {
		c.refuse(ctx, err, dlms.Item{})
		return errs.As(errs.Invalid, "read the columns of a load profile", err)
	}
	period, err := c.one(ctx, m, dlms.Attribute{Class: dlms.ClassProfile, Name: dlms.LoadProfile, Number: 4})
	if err != nil {
		return err
	}
	scales := make([]dlms.Scale, len(columns))
	for i, k := range columns {
		if k.Class != dlms.ClassRegister || k.Attribute != 2 {
			continue
		}
		d, err := c.one(ctx, m, dlms.Attribute{Class: k.Class, Name: k.Name, Number: 3})
		if err != nil {
			return err
		}
		if scales[i], err = dlms.ParseScale(d); err != nil {
			c.refuse(ctx, err, dlms.Item{})
			return errs.As(errs.Invalid, "read a register's unit", err)
		}
	}
	m.columns, m.scales, m.period = columns, scales, time.Duration(period.Num)*time.Second
	return nil
}

// readings makes readings of rows: a register counts where its name and its unit are the ones known here.
func (m *cosem) readings(address string, rows []dlms.Row) (out []book.Reading) {
	for _, row := range rows {
		x := book.Reading{Address: address, At: row.Time.UnixMicro(), Energy: series.Null, Power: series.Null, Voltage: series.Null}
		for i, k := range m.columns {
			n, isInt := row.Values[i].Int()
			v, fits := m.scales[i].To(n, -1) // 0.1 Wh is 0.0001 kWh, 0.1 W 0.0001 kW
			if !isInt || !fits {
				continue
			}
			switch unit := m.scales[i].Unit; {
			case k.Name == dlms.EnergyImport && unit == dlms.WattHour:
				x.Energy = v
			case k.Name == dlms.PowerImport && unit == dlms.Watt:
				x.Power = v
			case k.Name == dlms.VoltageL1 && unit == dlms.Volt:
				x.Voltage = v
			}
		}
		if x.Energy != series.Null {
			out = append(out, x)
		}
	}
	return out
}

// one reads one attribute of a device, in blocks where it is long; the association is made first where there is none.
func (c *sessionDLMS) one(ctx context.Context, m *cosem, a dlms.Attribute) (v dlms.Data, err error) {
	if !m.open {
		if err := c.associate(ctx, m, ""); err != nil {
			return v, err
		}
	}
	c.invoke = (c.invoke + 1) & 0x0F
	q := dlms.GetRequest{Kind: dlms.Normal, Invoke: 0xC0 | c.invoke, Of: []dlms.Attribute{a}} // confirmed, of high priority
	var blocks dlms.Blocks
	for {
		got, err := c.ask(ctx, m.port, q)
		if err != nil {
			return v, err
		}
		r, ok := got.(dlms.GetResponse)
		switch {
		case !ok:
			return v, errs.Say(errs.Invalid, "设备不提供所请求的数据", "the device does not serve what was asked for")
		case r.Kind == dlms.Next:
			v, done, err := blocks.Add(r.Block)
			if err != nil {
				return v, errs.As(errs.Invalid, "gather blocks", err)
			}
			if done {
				return v, nil
			}
			q = dlms.GetRequest{Kind: dlms.Next, Invoke: q.Invoke, Block: r.Block.Number}
		case r.Kind != dlms.Normal || r.Results[0].Value == nil:
			return v, errs.Say(errs.Invalid, "设备拒绝访问 %s", "the device refuses access to %s", a.Name.String())
		default:
			return *r.Results[0].Value, nil
		}
	}
}

// associate opens an association: of the lowest security without a password, where reading is all that is done, or with what the device's own
// secret asks for.
func (c *sessionDLMS) associate(ctx context.Context, m *cosem, password string) error {
	if m.keys != nil && password == "" {
		if password = m.keys.Password; password == "" {
			return c.prove(ctx, m, m.keys)
		}
	}
	got, err := c.ask(ctx, m.port, dlms.Associate(password, dlms.InitiateRequest{Version: 6, Conformance: dlms.Wanted, MaxAPDU: maxDLMS}))
	if err != nil {
		return err
	}
	a, ok := got.(dlms.AARE)
	if !ok {
		return errs.Say(errs.Invalid, "设备拒绝建立关联", "the device refuses the association")
	}
	if result, diagnostic := a.Outcome(); result != 0 {
		return errs.Say(errs.Invalid, "设备拒绝建立关联（诊断 %d）", "the device refuses the association (diagnostic %d)", diagnostic)
	}
	m.open = true
	return nil
}

// ask sends a message to a port and waits for its answer; a silent device is asked once more.
func (c *sessionDLMS) ask(ctx context.Context, port uint16, a dlms.APDU) (dlms.APDU, error) {
	if c.line != nil {
		return c.askLine(ctx, port, a)
	}
	raw, err := dlms.Frame{Source: dlms.ManagerClient, Destination: port, Data: dlms.Encode(a)}.Append(nil)
	if err != nil {
		return nil, err
	}
	tries := triesDLMS
	switch a.(type) {
	case dlms.SetRequest, dlms.ActionRequest: // it may have been obeyed: whoever ordered looks first
		tries = 1
	}
	for range tries {
		if err := c.conn.SetDeadline(time.Now().Add(c.e.o.Answer)); err != nil {
			return nil, err
		}
		if _, err := c.conn.Write(raw); err != nil {
			return nil, err
		}
		answer, err := c.await(ctx, port, a)
		var ne net.Error
		if err == nil || !errors.As(err, &ne) || !ne.Timeout() {
			return answer, err
		}
		c.sc.Abandon()
	}
	return nil, errs.Say(errs.Unavailable, "逻辑设备 %d 未应答", "logical device %d did not answer", port)
}

// await reads until the device asked has answered the question.
func (c *sessionDLMS) await(ctx context.Context, port uint16, q dlms.APDU) (dlms.APDU, error) {
	for {
		it, ok := c.sc.Next()
		if !ok {
			n, err := c.conn.Read(c.buf[:])
			c.sc.Feed(c.buf[:n])
			if err != nil && n == 0 {
				return nil, err
			}
			continue
		}
		if it.Refused != nil {
			c.refuse(ctx, it.Refused, it)
			continue
		}
		if it.Frame.Source != port {
			continue // a late answer of a device that was given up
		}
		a, err := dlms.Decode(it.Frame.Data)
		if err != nil {
			c.refuse(ctx, err, it)
			continue
		}
		c.e.o.Count(nameDLMS, "taken")
		if answers(q, a) {
			return a, nil
		}
	}
}

// answers tells whether a message is the answer to another: an old answer bears another number.
func answers(q, a dlms.APDU) bool {
	get, isGet := q.(dlms.GetRequest)
	set, isSet := q.(dlms.SetRequest)
	act, isAct := q.(dlms.ActionRequest)
	switch r := a.(type) {
	case dlms.SetResponse:
		return isSet && r.Invoke&0x0F == set.Invoke&0x0F
	case dlms.ActionResponse:
		return isAct && r.Invoke&0x0F == act.Invoke&0x0F
	case dlms.GetResponse:
		return isGet && r.Invoke&0x0F == get.Invoke&0x0F
	case dlms.RLRE:
		_, isEnd := q.(dlms.RLRQ)
		return isEnd
	case dlms.AARE:
		return !isGet && !isSet && !isAct
	case dlms.Exception, dlms.ServiceError:
		return true
	}
	return false
}

func (c *sessionDLMS) refuse(ctx context.Context, err error, it dlms.Item) {
	r := Refused{Peer: c.peer, Protocol: nameDLMS, Reason: lang.T("无法解析", err.Error()), Offset: it.Offset}
	if c.link != nil {
		r.Peer = c.link.address + " " + c.peer
	}
	var e *dlms.Error
	if errors.As(err, &e) {
		r.Reason, r.Clause, r.Offset = e.Reason, e.Clause, it.Offset+int64(e.Offset)
	}
	c.e.o.Refuse(ctx, r, it.Raw)
}
