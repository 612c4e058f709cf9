package headend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/dlt698/event"
)

// session698 is the dialogue with one concentrator over DL/T 698.45-2017.
type session698 struct {
	e    *HeadEnd
	conn net.Conn
	peer string
	sc   dlt698.Scanner
	asm  dlt698.Assembler
	sa   dlt698.Address
	ca   uint8 // the client address that the terminal gave us at its login
	link *link // nil before the login
	held int   // of the budget, for the frame in hand

	send    sync.Mutex // one frame at a time
	piid    uint8      // of our newest request; only carry uses it
	answers chan dlt698.GetResponse
	proxied chan dlt698.ProxyResponse
}

// speak698 is the feed's side of a connection: login, heartbeats, reports that are acknowledged after the commit, and orders.
func (e *HeadEnd) speak698(ctx context.Context, conn net.Conn) error {
	c := &session698{e: e, conn: conn, peer: conn.RemoteAddr().String(), answers: make(chan dlt698.GetResponse, 4), proxied: make(chan dlt698.ProxyResponse, 4)}
	defer c.leave()
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
		if n > 0 {
			c.sc.Feed(buf[:n])
			if err := c.items(ctx, cancel); err != nil {
				return err
			}
		}
		if err != nil {
			c.sc.Abandon()
			return errors.Join(err, c.items(ctx, cancel))
		}
	}
}

// items takes what the scanner has found.
func (c *session698) items(ctx context.Context, cancel context.CancelFunc) error {
	for {
		it, ok := c.sc.Next()
		if !ok {
			return nil
		}
		if it.Refused != nil {
			c.refuse(ctx, it.Refused, it.Offset, it.Raw)
			continue
		}
		if err := c.frame(ctx, cancel, it); err != nil {
			return err
		}
	}
}

func (c *session698) refuse(ctx context.Context, why *dlt698.Error, offset int64, raw []byte) {
	c.e.o.Refuse(ctx, Refused{Peer: c.who(), Protocol: name698, Reason: why.Reason, Clause: why.Clause, Offset: offset + int64(why.Offset)}, raw)
}

// reject keeps a frame that is well formed and cannot be taken all the same.
func (c *session698) reject(ctx context.Context, zh, en string, it dlt698.Item) {
	c.e.o.Refuse(ctx, Refused{Peer: c.who(), Protocol: name698, Reason: lang.T(zh, en), Offset: it.Offset}, it.Raw)
}

func (c *session698) who() string {
	if c.link != nil {
		return c.link.address + " " + c.peer
	}
	return c.peer
}

func (c *session698) leave() {
	if c.link != nil {
		c.e.links.leave(c.link)
		c.e.o.Changed()
	}
}

// frame takes one frame: a whole APDU, or a piece of one.
func (c *session698) frame(ctx context.Context, cancel context.CancelFunc, it dlt698.Item) error {
	f := it.Frame
	if c.link != nil && f.Server != c.sa {
		c.reject(ctx, "报文地址与登录的集中器不符", "the frame's address is not that of the concentrator that logged in", it)
		return nil
	}
	body := f.Data
	if f.Control.Segmented() {
		seg, err := dlt698.ParseSegment(f.Data)
		if err != nil {
			c.refuseErr(ctx, err, it)
			return nil
		}
		if seg.Kind == dlt698.Confirm {
			return nil
		}
		whole, done, err := c.asm.Add(seg)
		if err != nil {
			c.refuseErr(ctx, err, it)
			return nil
		}
		if !done {
			return c.confirm(f, seg.Seq)
		}
		body = whole
	}
	c.hold(len(body))
	defer c.letGo()
	if done, err := c.bulk(ctx, f, body, it); done {
		return err
	}
	a, err := dlt698.ParseAPDU(body)
	if err != nil {
		c.refuseErr(ctx, err, it)
		return nil
	}
	c.e.o.Count(name698, "taken")
	return c.apdu(ctx, cancel, f, a, it)
}

func (c *session698) refuseErr(ctx context.Context, err error, it dlt698.Item) {
	var e *dlt698.Error
	if errors.As(err, &e) {
		c.refuse(ctx, e, it.Offset, it.Raw)
		return
	}
	c.reject(ctx, "无法解析", err.Error(), it)
}

// apdu answers one message.
func (c *session698) apdu(ctx context.Context, cancel context.CancelFunc, f dlt698.Frame, a dlt698.APDU, it dlt698.Item) error {
	if q, ok := a.Body.(dlt698.LinkRequest); ok {
		return c.onLink(ctx, cancel, f, q, it)
	}
	if c.link == nil {
		c.reject(ctx, "登录之前不接受数据", "nothing is taken before the login", it)
		return nil
	}
	c.e.links.hear(c.link.address, c.e.o.Now())
	switch b := a.Body.(type) {
	case dlt698.ReportNotification:
		return c.onReport(ctx, f, b, it)
	case dlt698.GetResponse:
		select {
		case c.answers <- b:
		default: // nobody waits for it any more
		}
	case dlt698.ProxyResponse:
		select {
		case c.proxied <- b:
		default: // nobody waits for it any more
		}
	case dlt698.ConnectResponse:
		if b.Result != dlt698.ConnectOK {
			c.reject(ctx, fmt.Sprintf("集中器不同意应用连接（结果 %d）", b.Result), fmt.Sprintf("the concentrator refuses the application connection (result %d)", b.Result), it)
		}
	case dlt698.ReleaseNotification:
		return c.associate(f)
	case dlt698.ConnectRequest, dlt698.ReleaseRequest, dlt698.ReportResponse:
		c.reject(ctx, "主站不提供此服务", "the master station does not offer this service", it)
	}
	return nil
}

// onLink answers login, heartbeat and logout. DL/T 698.45-2017 7.3.3
func (c *session698) onLink(ctx context.Context, cancel context.CancelFunc, f dlt698.Frame, q dlt698.LinkRequest, it dlt698.Item) error {
	now := c.e.o.Now()
	result := dlt698.LinkOK
	fresh := false // this login began the link
	switch {
	case q.Kind == dlt698.Login && c.link == nil:
		if !c.e.o.Book.Serves(f.Server.String()) {
			result = dlt698.LinkIllegal
			c.reject(ctx, "集中器 "+f.Server.String()+" 不在档案中", "concentrator "+f.Server.String()+" is not in the archive", it)
		} else {
			c.login(ctx, cancel, f, now)
			fresh = true
		}
	case c.link == nil:
		result = dlt698.LinkIllegal // a heartbeat from nobody
	}
	if c.link != nil {
		c.e.links.hear(c.link.address, now)
	}
	at := dlt698.At(now)
	answer := dlt698.APDU{Body: dlt698.AnswerLink(q, result|dlt698.ClockTrusted, at, dlt698.At(c.e.o.Now()))}
	if err := c.write(dlt698.LinkToServer, f.Server, f.Client, answer); err != nil {
		return err
	}
	if q.Kind == dlt698.Logout || result != dlt698.LinkOK {
		return errors.New("link ended")
	}
	if fresh {
		return c.associate(f)
	}
	return nil
}

// association is what we offer a terminal: every service, no authentication, frames as large as the format allows, and an
// idle time of an hour, after which it says that the connection has timed out and gets another. DL/T 698.45-2017 7.3.4
var association = dlt698.ConnectRequest{Mechanism: dlt698.Public, Limits: dlt698.Limits{
	Version: 0x0010, Protocol: [8]byte(bytes.Repeat([]byte{0xFF}, 8)), Functions: [16]byte(bytes.Repeat([]byte{0xFF}, 16)),
	Send: 1024, Receive: dlt698.MaxFrame, Window: 1, APDU: dlt698.MaxFrame, TimeoutSeconds: 3600,
}}

// associate asks for the application connection. A terminal that keeps to the standard reports and answers only within one;
// those that know none go on as before, so nobody waits for the answer.
func (c *session698) associate(f dlt698.Frame) error {
	return c.write(dlt698.FromClient, f.Server, f.Client, dlt698.APDU{Body: association})
}

func (c *session698) login(ctx context.Context, cancel context.CancelFunc, f dlt698.Frame, now time.Time) {
	sa := f.Server
	c.sa, c.ca = sa, f.Client
	c.link = &link{address: sa.String(), peer: c.peer, since: now, orders: make(chan *order), gone: ctx.Done(), cancel: func() { cancel(); _ = c.conn.Close() }}
	c.e.links.join(c.link)
	c.e.o.Changed()
	c.e.hall.Go(func() { c.carry(ctx) }) // its reader is still counted, so nobody has stopped waiting
}

// onReport takes the rows of a report and acknowledges it after the commit. DL/T 698.45-2017 7.3.8
func (c *session698) onReport(ctx context.Context, f dlt698.Frame, n dlt698.ReportNotification, it dlt698.Item) error {
	var rows []book.Reading
	for _, rec := range n.Records {
		if rec.OAD.OI() == event.PowerDown.OI() { // no curve
			continue
		}
		got, refused := dlt698.Curves(rec, "")
		for _, err := range refused {
			c.refuseErr(ctx, err, it)
		}
		rows = c.own(ctx, rows, got, it)
	}
	_, err := c.settle(ctx, f, n, rows, it)
	return err
}

// power takes the power events of a report, of the meters that stand behind this concentrator.
func (c *session698) power(ctx context.Context, n dlt698.ReportNotification, it dlt698.Item) error {
	var out []Power
	foreign := 0
	for _, rec := range n.Records {
		events, refused := event.Powers(rec)
		for _, err := range refused {
			c.refuseErr(ctx, err, it)
		}
		for _, e := range events {
			seat, behind, ok := c.e.o.Book.Seat(e.Meter)
			if now := c.e.o.Now(); !ok || behind != c.link.address || e.Down.After(now.Add(clockSlack)) || e.Back.After(now.Add(clockSlack)) {
				foreign++
				continue
			}
			p := Power{Meter: seat.Num, Down: e.Down.Unix()}
			if !e.Back.IsZero() {
				p.Back = e.Back.Unix()
			}
			out = append(out, p)
		}
	}
	if foreign > 0 {
		c.reject(ctx, fmt.Sprintf("%d 条停电事件的电表不在本集中器档案中，或时间超前", foreign), fmt.Sprintf("%d power events of meters that the archive does not place behind this concentrator, or of a time to come", foreign), it)
	}
	if len(out) == 0 {
		return nil
	}
	return c.e.o.Power(ctx, out)
}

// clockSlack is how far ahead of ours the clock of a meter that tells of its supply may go.
const clockSlack = 5 * time.Minute

// own turns rows into readings; rows of meters that do not stand behind this concentrator are refused, so that a stolen
// concentrator cannot speak for the whole city.
func (c *session698) own(ctx context.Context, to []book.Reading, rows []dlt698.CurveRow, it dlt698.Item) []book.Reading {
	foreign := 0
	for _, row := range rows {
		if row.Quality == dlt698.Missing {
			continue
		}
		seat, behind, ok := c.e.o.Book.Seat(row.Meter)
		if !ok || behind != c.link.address {
			foreign++
			continue
		}
		to = append(to, book.Reading{Address: row.Meter, Seat: seat, At: row.Time.UnixMicro(), Energy: orNull(row.Energy), Power: orNull(row.Power), Voltage: orNull(row.Voltage)})
	}
	if foreign > 0 {
		c.foreign(ctx, foreign, it)
	}
	return to
}

func (c *session698) confirm(f dlt698.Frame, seq uint16) error {
	// DL/T 698.45-2017 6.2.2.3: who began the dialogue stays the same, so that a confirmation of an answer bears PRM
	return c.writeFrame(dlt698.Frame{Control: f.Control &^ 0x88, Server: f.Server, Client: f.Client, Data: dlt698.Segment{Kind: dlt698.Confirm, Seq: seq}.Append(nil)})
}

func (c *session698) write(control dlt698.Control, sa dlt698.Address, client uint8, a dlt698.APDU) error {
	body, err := a.Append(nil)
	if err != nil {
		return err
	}
	return c.writeFrame(dlt698.Frame{Control: control, Server: sa, Client: client, Data: body})
}

func (c *session698) writeFrame(f dlt698.Frame) error {
	raw, err := f.Append(nil)
	if err != nil {
		return err
	}
	c.send.Lock()
	defer c.send.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	_, err = c.conn.Write(raw)
	return err
}

// rereadChunk is how many meters one request names; answerLimit how long a concentrator may take to answer it.
const (
	rereadChunk = 8
	answerLimit = 15 * time.Second
)

// carry runs the orders for this concentrator one after the other.
func (c *session698) carry(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-c.link.orders:
			_ = c.e.carry(name698, o, func() (int, error) { return c.reread(ctx, o) }) // told to whoever ordered
		}
	}
}

// reread asks for meters' curves and stores what comes. A chunk that is not answered costs its own meters only.
func (c *session698) reread(ctx context.Context, o *order) (answered int, err error) {
	if o.deed != nil {
		return 0, c.act(ctx, o)
	}
	for chunk := range slices.Chunk(o.meters, rereadChunk) {
		n, cerr := c.rereadChunk(ctx, chunk, o)
		answered += n
		if cerr != nil {
			err = cerr
		}
		if ctx.Err() != nil {
			return answered, ctx.Err()
		}
	}
	return answered, err
}

func (c *session698) rereadChunk(ctx context.Context, meters []string, o *order) (int, error) {
	c.piid = (c.piid + 1) & 0x3F
	q, err := dlt698.CurveRequest(dlt698.PIID(c.piid), dlt698.MinuteFreeze, true, meters, time.UnixMicro(o.from).In(book.China), time.UnixMicro(o.to).In(book.China), dlt698.TI{Unit: dlt698.Minute, Count: 15})
	if err != nil {
		return 0, err
	}
	answered := map[string]bool{}
	for {
		if err := c.write(dlt698.FromClient, c.sa, c.ca, dlt698.APDU{Body: q}); err != nil {
			return len(answered), err
		}
		r, err := c.await(ctx)
		if err != nil {
			return len(answered), err
		}
		var rows []book.Reading
		for _, rec := range r.Records {
			got, refused := dlt698.Curves(rec, "") // what cannot be read counts as not answered
			for _, err := range refused {
				c.refuseErr(ctx, err, dlt698.Item{})
			}
			rows = c.own(ctx, rows, got, dlt698.Item{})
		}
		if _, err := c.e.o.Take(ctx, rows); err != nil {
			return len(answered), err
		}
		for _, x := range rows {
			answered[x.Address] = true
		}
		if r.Kind != dlt698.Next || r.Last || r.Part != 2 {
			return len(answered), nil
		}
		q = dlt698.GetRequest{PIID: q.PIID, Kind: dlt698.Next, Block: r.Block}
	}
}

// await waits for the answer to the request in flight.
func (c *session698) await(ctx context.Context) (dlt698.GetResponse, error) {
	return awaiting(ctx, c.answers, c.link.address, func(r dlt698.GetResponse) bool { return r.PIID.Number() == c.piid })
}

// awaiting waits for an answer that fits; one that does not is late.
func awaiting[T any](ctx context.Context, answers <-chan T, address string, fits func(T) bool) (r T, err error) {
	limit := time.NewTimer(answerLimit)
	defer limit.Stop()
	for {
		select {
		case r = <-answers:
			if fits(r) {
				return r, nil
			}
		case <-limit.C:
			return r, errs.Say(errs.Unavailable, "集中器 %s 未应答", "concentrator %s did not answer", address)
		case <-ctx.Done():
			return r, ctx.Err()
		}
	}
}
