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
	"github.com/haihe-city/haihe/wire/dlt645"
)

// The values of a load record that this room keeps. DL/T 645-2007 A.1, A.3
const (
	diEnergy  dlt645.DI = 0x00010000 // forward active total, 0.01 kWh
	diVoltage dlt645.DI = 0x02010100 // phase A, 0.1 V
	diPower   dlt645.DI = 0x02030000 // active total, 0.0001 kW
)

// Bounds of the dialogue.
const (
	tries645  = 2
	blocks645 = 16 // load records asked for at once
)

// session645 is the dialogue with the meters behind one gateway. DL/T 645 is master and slave: we ask, one meter answers.
type session645 struct {
	e    *HeadEnd
	conn net.Conn
	peer string
	sc   dlt645.Scanner
	link *link
	buf  [1024]byte

	asked dlt645.Function // what the newest question wants an answer to
}

// speak645 asks the gateway who it is and then reads the gaps of its meters' load records, again and again.
func (e *HeadEnd) speak645(ctx context.Context, conn net.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &session645{e: e, conn: conn, peer: conn.RemoteAddr().String()}
	m, err := c.ask(ctx, dlt645.AnyMeter, dlt645.AskAddress{})
	if err != nil {
		return errs.Wrap("ask the gateway who it is", err)
	}
	who, ok := m.(dlt645.AddressAnswer)
	if !ok || !e.o.Book.Serves(who.Addr.String()) {
		e.o.Refuse(ctx, Refused{Peer: c.peer, Protocol: name645, Clause: "7.4", Reason: lang.T("网关 "+who.Addr.String()+" 不在档案中", "gateway "+who.Addr.String()+" is not in the archive")}, nil)
		return errors.New("gateway not in the archive")
	}
	c.link = &link{address: who.Addr.String(), peer: c.peer, since: e.o.Now(), orders: make(chan *order), gone: ctx.Done(), cancel: func() { cancel(); _ = conn.Close() }}
	e.links.join(c.link)
	e.o.Changed()
	defer e.o.Changed()
	defer e.links.leave(c.link)
	p := &poller{e: e, link: c.link, name: name645, read: c.read, act: c.act, heed: c.supplies().Heed}
	return p.run(ctx)
}

// read asks a meter for the load records of its gaps and stores what comes; got is how many readings that were.
func (c *session645) read(ctx context.Context, address string, gaps book.SlotSet, d book.Day) (got int, err error) {
	addr, err := dlt645.NewAddress(address)
	if err != nil {
		return 0, errs.As(errs.Invalid, "address a meter", err)
	}
	for i, n := gapRun(gaps, 0, blocks645); n > 0; i, n = gapRun(gaps, i+n, blocks645) {
		records, err := c.records(ctx, addr, time.UnixMicro(d.Start()+int64(i)*book.SlotMicros).In(book.China), n)
		if err != nil {
			return got, err
		}
		rows := rows645(address, records)
		if _, err := c.e.o.Take(ctx, rows); err != nil {
			return got, err
		}
		got += len(rows)
	}
	return got, nil
}

// rows645 makes readings of load records. What the meter itself says is not right is left out.
func rows645(address string, records []dlt645.LoadRecord) (rows []book.Reading) {
	for _, r := range records {
		if r.Bad {
			continue
		}
		x := book.Reading{Address: address, At: r.Time.UnixMicro(), Energy: series.Null, Power: series.Null, Voltage: series.Null}
		if v, ok := r.Find(diEnergy); ok {
			x.Energy = v.Num * 100
		}
		if v, ok := r.Find(diPower); ok {
			x.Power = v.Num
		}
		if v, ok := r.Find(diVoltage); ok {
			x.Voltage = v.Num
		}
		if x.Energy != series.Null {
			rows = append(rows, x)
		}
	}
	return rows
}

// records reads n load records from a time on, following frames included. A meter that has none answers with an error word,
// which is no failure of the dialogue.
func (c *session645) records(ctx context.Context, addr dlt645.Address, from time.Time, n int) ([]dlt645.LoadRecord, error) {
	m, err := c.ask(ctx, addr, dlt645.Read{DI: dlt645.LoadFrom, Blocks: uint8(n), From: from})
	if err != nil {
		return nil, err
	}
	var g dlt645.Gather
	a, ok := m.(dlt645.Answer)
	if !ok {
		return nil, nil
	}
	data, done := g.Start(a)
	for !done {
		q, open := g.Next()
		if !open {
			return nil, errs.Say(errs.Invalid, "电表 %s 的后续帧不完整", "following frames of meter %s are not complete", addr.String())
		}
		m, err := c.ask(ctx, addr, q)
		if err != nil {
			return nil, err
		}
		next, ok := m.(dlt645.AnswerNext)
		if !ok {
			return nil, errs.Say(errs.Invalid, "电表 %s 拒绝发送后续帧", "meter %s refuses its following frames", addr.String())
		}
		if data, done, err = g.Add(next); err != nil {
			return nil, errs.As(errs.Invalid, "gather following frames", err)
		}
	}
	out, err := dlt645.LoadRecords(a.DI, data)
	if err != nil {
		c.refuseErr(ctx, err, data)
		return nil, errs.As(errs.Invalid, "read load records", err)
	}
	return out, nil
}

// ask sends a message and waits for its answer; a silent meter is asked once more.
func (c *session645) ask(ctx context.Context, addr dlt645.Address, m dlt645.Message) (dlt645.Message, error) {
	raw, err := dlt645.Encode(addr, m).Append(dlt645.Wake(nil))
	if err != nil {
		return nil, err
	}
	tries := tries645
	switch m.(type) {
	case dlt645.Remote, dlt645.Write: // it may have been obeyed: whoever ordered looks first
		tries = 1
	}
	c.asked = dlt645.Encode(addr, m).Control.Function()
	for range tries {
		if err := c.conn.SetDeadline(time.Now().Add(c.e.o.Answer)); err != nil {
			return nil, err
		}
		if _, err := c.conn.Write(raw); err != nil {
			return nil, err
		}
		answer, err := c.await(ctx, addr)
		var ne net.Error
		if err == nil || !errors.As(err, &ne) || !ne.Timeout() {
			return answer, err
		}
		c.sc.Abandon()
		if _, err := c.next(ctx, addr); err != nil {
			return nil, err
		}
	}
	return nil, errs.Say(errs.Unavailable, "电表 %s 未应答", "meter %s did not answer", addr.String())
}

// tell sends a message that nobody answers.
func (c *session645) tell(addr dlt645.Address, m dlt645.Message) error {
	raw, err := dlt645.Encode(addr, m).Append(dlt645.Wake(nil))
	if err != nil {
		return err
	}
	if err := c.conn.SetDeadline(time.Now().Add(c.e.o.Answer)); err != nil {
		return err
	}
	_, err = c.conn.Write(raw)
	return err
}

// await reads until the meter asked has answered.
func (c *session645) await(ctx context.Context, addr dlt645.Address) (dlt645.Message, error) {
	for {
		if m, err := c.next(ctx, addr); m != nil || err != nil {
			return m, err
		}
		n, err := c.conn.Read(c.buf[:])
		if n > 0 {
			c.sc.Feed(c.buf[:n])
			continue
		}
		if err != nil {
			return nil, err
		}
	}
}

// next takes what has come until a message of addr is found; nil where more bytes are needed.
func (c *session645) next(ctx context.Context, addr dlt645.Address) (dlt645.Message, error) {
	for {
		it, ok := c.sc.Next()
		if !ok {
			return nil, nil //nolint:nilnil // the caller reads on
		}
		switch {
		case it.Refused != nil:
			c.e.o.Refuse(ctx, Refused{Peer: c.who(), Protocol: name645, Reason: it.Refused.Reason, Clause: it.Refused.Clause, Offset: it.Offset + int64(it.Refused.Offset)}, it.Raw)
			continue
		case !it.Frame.Control.FromMeter() || !addr.Matches(it.Frame.Addr) || it.Frame.Control.Function() != c.asked:
			continue // an echo, or a late answer of a meter that was given up
		}
		m, err := dlt645.Decode(it.Frame)
		if err != nil {
			c.refuseErr(ctx, err, it.Raw)
			continue
		}
		c.e.o.Count(name645, "taken")
		return m, nil
	}
}

func (c *session645) refuseErr(ctx context.Context, err error, raw []byte) {
	r := Refused{Peer: c.who(), Protocol: name645, Reason: lang.T("无法解析", err.Error())}
	var e *dlt645.Error
	if errors.As(err, &e) {
		r.Reason, r.Clause, r.Offset = e.Reason, e.Clause, int64(e.Offset)
	}
	c.e.o.Refuse(ctx, r, raw)
}

func (c *session645) who() string {
	if c.link != nil {
		return c.link.address + " " + c.peer
	}
	return c.peer
}
