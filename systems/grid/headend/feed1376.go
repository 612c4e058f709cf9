package headend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/wire/qgdw1376"
)

// Bounds of the dialogue over Q/GDW 1376.1.
const (
	lines1376 = 64 // of the terminal's table of meters asked for at once
	held1376  = 64 // reports that wait for the table
	master    = 1  // who we are in the address of a question
)

// the curves that this room keeps.
var curves1376 = []uint8{qgdw1376.PowerCurve, qgdw1376.VoltageCurve, qgdw1376.EnergyCurve}

// session1376 is the dialogue with one terminal over Q/GDW 1376.1. A terminal names a meter by its measuring point: which meter stands
// at which point is asked of the terminal after its login, and a report waits until that is known.
type session1376 struct {
	e      *HeadEnd
	conn   net.Conn
	peer   string
	sc     qgdw1376.Scanner
	gather qgdw1376.Gather
	addr   qgdw1376.Address
	link   *link // nil before the login
	held   []qgdw1376.Message
	wanted int // lines of the table that are still to be asked for begin behind this number
	known  bool

	mu     sync.Mutex // one frame at a time, and the table
	seq    uint8
	points map[string]uint16 // measuring point of each meter
	meters map[uint16]string

	answers chan qgdw1376.Message
}

// speak1376 is the feed's side of a connection: login, heartbeats, reports that are confirmed after the commit, and orders.
func (e *HeadEnd) speak1376(ctx context.Context, conn net.Conn) error {
	c := &session1376{e: e, conn: conn, peer: conn.RemoteAddr().String(), answers: make(chan qgdw1376.Message, 4), points: map[string]uint16{}, meters: map[uint16]string{}}
	defer func() {
		if c.link != nil {
			c.e.links.leave(c.link)
			c.e.o.Changed()
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	buf := make([]byte, 4096)
	deadline := time.Now().Add(firstLimit) // for the login, however slowly bytes drip in
	for {
		if c.link != nil {
			deadline = time.Now().Add(e.o.SilentAfter)
		}
		if err := conn.SetReadDeadline(deadline); err != nil {
			return err
		}
		n, err := conn.Read(buf)
		c.sc.Feed(buf[:n])
		if err != nil {
			c.sc.Abandon()
		}
		if err := errors.Join(err, c.items(ctx, cancel)); err != nil {
			return err
		}
	}
}

// items takes what the scanner has found.
func (c *session1376) items(ctx context.Context, cancel context.CancelFunc) error {
	for {
		it, ok := c.sc.Next()
		if !ok {
			return nil
		}
		if it.Refused != nil {
			c.refuse(ctx, it.Refused, it)
			continue
		}
		if err := c.frame(ctx, cancel, it); err != nil {
			return err
		}
	}
}

func (c *session1376) refuse(ctx context.Context, err error, it qgdw1376.Item) {
	r := Refused{Peer: c.who(), Protocol: name1376, Reason: lang.T("无法解析", err.Error()), Offset: it.Offset}
	var e *qgdw1376.Error
	if errors.As(err, &e) {
		r.Reason, r.Clause, r.Offset = e.Reason, e.Clause, it.Offset+int64(e.Offset)
	}
	c.e.o.Refuse(ctx, r, it.Raw)
}

func (c *session1376) reject(ctx context.Context, zh, en string, it qgdw1376.Item) {
	c.e.o.Refuse(ctx, Refused{Peer: c.who(), Protocol: name1376, Reason: lang.T(zh, en), Offset: it.Offset}, it.Raw)
}

func (c *session1376) who() string {
	if c.link != nil {
		return c.link.address + " " + c.peer
	}
	return c.peer
}

// frame takes one frame.
func (c *session1376) frame(ctx context.Context, cancel context.CancelFunc, it qgdw1376.Item) error {
	f := it.Frame
	if !f.Control.Up() {
		c.reject(ctx, "报文方向不是上行", "the frame does not come from a terminal", it)
		return nil
	}
	m, err := qgdw1376.Decode(f)
	if err != nil {
		c.refuse(ctx, err, it)
		return nil
	}
	if m.AFN == qgdw1376.AFNLink {
		return c.onLink(ctx, cancel, f, m, it)
	}
	switch {
	case c.link == nil:
		c.reject(ctx, "登录之前不接受数据", "nothing is taken before the login", it)
		return nil
	case f.Addr.String() != c.link.address:
		c.reject(ctx, "报文地址与登录的终端不符", "the frame's address is not that of the terminal that logged in", it)
		return nil
	}
	c.e.o.Count(name1376, "taken")
	c.e.links.hear(c.link.address, c.e.o.Now())
	if f.Control.Begins() {
		return c.onReport(ctx, m)
	}
	whole, done, err := c.gather.Add(m)
	if err != nil {
		c.refuse(ctx, err, it)
		return nil
	}
	if !done {
		return nil
	}
	if !c.known && (whole.AFN == qgdw1376.AFNQuery || whole.AFN == qgdw1376.AFNConfirm) {
		return c.onTable(ctx, whole)
	}
	select {
	case c.answers <- whole:
	default: // nobody waits for it any more
	}
	return nil
}

// onLink answers login, heartbeat and logout. Q/GDW 1376.1-2013 5.3
func (c *session1376) onLink(ctx context.Context, cancel context.CancelFunc, f qgdw1376.Frame, m qgdw1376.Message, it qgdw1376.Item) error {
	address, kind := f.Addr.String(), m.Units[0].F
	answer, fresh := qgdw1376.AnswerOK(m.Seq), false
	switch {
	case kind == 1 && c.link == nil && c.e.o.Book.Serves(address):
		c.addr, fresh = f.Addr, true
		c.addr.Master = master
		c.link = &link{address: address, peer: c.peer, since: c.e.o.Now(), orders: make(chan *order), gone: ctx.Done(), cancel: func() { cancel(); _ = c.conn.Close() }}
		c.e.links.join(c.link)
		c.e.o.Changed()
		go c.carry(ctx)
	case kind == 1 && c.link == nil:
		c.reject(ctx, "终端 "+address+" 不在档案中", "terminal "+address+" is not in the archive", it)
		answer = qgdw1376.AnswerNo(m.Seq)
	case c.link == nil: // a heartbeat from nobody
		answer = qgdw1376.AnswerNo(m.Seq)
	default:
		c.e.links.hear(c.link.address, c.e.o.Now())
	}
	if err := c.write(qgdw1376.LinkConfirm, f.Addr, answer); err != nil {
		return err
	}
	switch {
	case kind == 2 || c.link == nil:
		return errors.New("link ended")
	case fresh || !c.known && kind == 3: // a table that did not come is asked for again
		c.wanted = 0
		return c.askTable()
	}
	return nil
}

// askTable asks for the next lines of the terminal's table of meters, as many as the archive has meters behind it.
func (c *session1376) askTable() error {
	n := min(len(c.e.o.Book.Addresses(c.link.address))-c.wanted, lines1376)
	q := qgdw1376.MetersAsk{}
	for range n {
		c.wanted++
		q.Numbers = append(q.Numbers, uint16(c.wanted))
	}
	if n <= 0 {
		c.known = true
		return nil
	}
	_, err := c.ask(qgdw1376.Ask1, qgdw1376.AFNQuery, qgdw1376.Unit{F: 10, Data: q})
	return err
}

// onTable takes lines of the table; with the last of them the reports that waited are taken.
func (c *session1376) onTable(ctx context.Context, m qgdw1376.Message) error {
	for _, u := range m.Units {
		t, _ := u.Data.(qgdw1376.Meters)
		c.mu.Lock()
		for _, l := range t.Lines {
			if l.Point != 0 {
				c.points[l.Address], c.meters[l.Point] = l.Point, l.Address
			}
		}
		c.mu.Unlock()
	}
	if err := c.askTable(); err != nil || !c.known {
		return err
	}
	held := c.held
	c.held = nil
	for _, h := range held {
		if err := c.onReport(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// onReport stores what a terminal tells of its own accord, and confirms it then.
func (c *session1376) onReport(ctx context.Context, m qgdw1376.Message) error {
	if !c.known {
		if len(c.held) < held1376 {
			c.held = append(c.held, m)
		}
		return nil
	}
	taken, err := c.e.o.Take(ctx, c.rows(ctx, m))
	switch {
	case errs.Is(err, errs.Busy): // not confirmed: the terminal sends it again on this link
		c.e.o.Count(name1376, "busy")
		return nil
	case err != nil:
		return errs.Wrap("take a report", err)
	case taken.Wrong > 0:
		c.reject(ctx, fmt.Sprintf("%d 条数据的时间不可能，电表时钟有误", taken.Wrong), fmt.Sprintf("%d rows of a time that cannot be: the meter's clock is wrong", taken.Wrong), qgdw1376.Item{})
	}
	if !m.Confirm {
		return nil
	}
	return c.write(qgdw1376.Confirm, c.addr, qgdw1376.AnswerOK(m.Seq))
}

// rows makes readings of curves. Points whose meter does not stand behind this terminal in the archive are refused, so that a stolen
// terminal cannot speak for the whole city.
func (c *session1376) rows(ctx context.Context, m qgdw1376.Message) (out []book.Reading) {
	type key struct {
		point uint16
		at    int64
	}
	at, foreign := map[key]int{}, map[uint16]bool{}
	for _, u := range m.Units {
		curve, ok := u.Data.(qgdw1376.Curve)
		if !ok || !slices.Contains(curves1376, u.F) {
			continue
		}
		c.mu.Lock()
		address := c.meters[u.Point]
		c.mu.Unlock()
		seat, behind, ok := c.e.o.Book.Seat(address)
		if !ok || behind != c.link.address {
			foreign[u.Point] = true
			continue
		}
		for i, v := range curve.Values {
			if v == qgdw1376.None {
				continue
			}
			k := key{u.Point, curve.From.Add(time.Duration(i) * curve.Density.Step()).UnixMicro()}
			n, there := at[k]
			if !there {
				n = len(out)
				at[k] = n
				out = append(out, book.Reading{Address: address, Seat: seat, At: k.at, Energy: series.Null, Power: series.Null, Voltage: series.Null})
			}
			switch u.F {
			case qgdw1376.EnergyCurve:
				out[n].Energy = v * 100
			case qgdw1376.PowerCurve:
				out[n].Power = v
			case qgdw1376.VoltageCurve:
				out[n].Voltage = v
			}
		}
	}
	if n := len(foreign); n > 0 {
		c.reject(ctx, fmt.Sprintf("%d 个测量点的电表不在本终端档案中", n), fmt.Sprintf("%d measuring points whose meters the archive does not place behind this terminal", n), qgdw1376.Item{})
	}
	return slices.DeleteFunc(out, func(x book.Reading) bool { return x.Energy == series.Null })
}

// ask sends a question and gives its number.
func (c *session1376) ask(control qgdw1376.Control, afn qgdw1376.AFN, units ...qgdw1376.Unit) (uint8, error) {
	c.mu.Lock()
	c.seq = (c.seq + 1) & 15
	seq := c.seq
	c.mu.Unlock()
	return seq, c.write(control, c.addr, qgdw1376.Say(afn, seq, false, units...))
}

func (c *session1376) write(control qgdw1376.Control, to qgdw1376.Address, m qgdw1376.Message) error {
	f, err := qgdw1376.Encode(control, to, m)
	if err != nil {
		return err
	}
	raw, err := f.Append(nil)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	_, err = c.conn.Write(raw)
	return err
}

// carry runs the orders for this terminal one after the other.
func (c *session1376) carry(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-c.link.orders:
			_ = c.e.carry(name1376, o, func() (int, error) { return c.reread(ctx, o) }) // told to whoever ordered
		}
	}
}

// reread asks for meters' curves and stores what comes; a meter that is not answered costs itself only.
func (c *session1376) reread(ctx context.Context, o *order) (answered int, err error) {
	if o.deed != nil {
		return 0, c.act(ctx, o)
	}
	n := min(int((o.to-o.from)/book.SlotMicros), book.SlotsPerDay)
	for _, address := range o.meters {
		c.mu.Lock()
		point, ok := c.points[address]
		c.mu.Unlock()
		if !ok || n == 0 {
			continue // the terminal does not have it
		}
		var units []qgdw1376.Unit
		for _, f := range curves1376 {
			units = append(units, qgdw1376.Unit{Point: point, F: f, Data: qgdw1376.CurveAsk{From: time.UnixMicro(o.from), Density: qgdw1376.Quarter, Count: uint8(n)}})
		}
		seq, aerr := c.ask(qgdw1376.Ask2, qgdw1376.AFNClass2, units...)
		if aerr != nil {
			return answered, aerr
		}
		m, aerr := c.await(ctx, seq)
		if aerr != nil {
			err = aerr
			continue
		}
		rows := c.rows(ctx, m)
		if _, terr := c.e.o.Take(ctx, rows); terr != nil {
			return answered, terr
		}
		if len(rows) > 0 {
			answered++
		}
	}
	return answered, err
}

// await waits for the answer to a question.
func (c *session1376) await(ctx context.Context, seq uint8) (m qgdw1376.Message, err error) {
	limit := time.NewTimer(answerLimit)
	defer limit.Stop()
	for {
		select {
		case m = <-c.answers:
			if m.Seq == seq {
				return m, nil
			}
		case <-limit.C:
			return m, errs.Say(errs.Unavailable, "终端 %s 未应答", "terminal %s did not answer", c.link.address)
		case <-ctx.Done():
			return m, ctx.Err()
		}
	}
}
