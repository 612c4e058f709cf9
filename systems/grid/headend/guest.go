package headend

import (
	"context"
	"fmt"
	"net"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Serves tells whether the archive knows a concentrator or gateway.
func (e *HeadEnd) Serves(station string) bool { return e.o.Book.Serves(station) }

// Refuse keeps what another door did not take.
func (e *HeadEnd) Refuse(ctx context.Context, r Refused, body []byte) { e.o.Refuse(ctx, r, body) }

// Speak runs the dialogue of DL/T 698.45 over a connection that another door made, until it ends. It takes a place among all connections, and is
// closed where there is none.
func (e *HeadEnd) Speak(ctx context.Context, conn net.Conn) {
	e.hall.Serve(ctx, name698, conn, e.speak698)
}

// Tell takes readings that a station told through another door, and returns after the commit. foreign are the places in rows of meters that do
// not stand behind it: they are left out and listed.
func (e *HeadEnd) Tell(ctx context.Context, protocol, station, peer string, rows []book.Reading, body []byte) (taken book.Taken, foreign []int, err error) {
	own := make([]book.Reading, 0, len(rows))
	for i, x := range rows {
		seat, behind, ok := e.o.Book.Seat(x.Address)
		if !ok || behind != station {
			foreign = append(foreign, i)
			continue
		}
		x.Seat = seat
		own = append(own, x)
	}
	e.links.hear(station, e.o.Now())
	if taken, err = e.o.Take(ctx, own); err != nil {
		if errs.Is(err, errs.Busy) {
			e.o.Count(protocol, "busy")
		}
		return taken, foreign, err
	}
	e.o.Count(protocol, "taken")
	if n := len(foreign); n > 0 {
		e.o.Refuse(ctx, Refused{Peer: station + " " + peer, Protocol: protocol, Reason: lang.T(fmt.Sprintf("%d 条数据的电表不在本网关档案中", n), fmt.Sprintf("%d rows of meters that the archive does not place behind this gateway", n))}, body)
	}
	if n := taken.Wrong; n > 0 {
		e.o.Refuse(ctx, Refused{Peer: station + " " + peer, Protocol: protocol, Reason: lang.T(fmt.Sprintf("%d 条数据的时间不可能，电表时钟有误", n), fmt.Sprintf("%d rows of a time that cannot be: the meter's clock is wrong", n))}, body)
	}
	return taken, foreign, nil
}

// Attend keeps a station online that tells its readings by itself, until ctx ends or it comes again through another door. ask has it read meters
// again and gives how many did; what the door cannot do is refused.
func (e *HeadEnd) Attend(ctx context.Context, protocol, station, peer string, ask func(ctx context.Context, meters []string, from, to int64) (answered int, err error)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &link{address: station, peer: peer, since: e.o.Now(), orders: make(chan *order), gone: ctx.Done(), cancel: cancel}
	e.links.join(l)
	e.o.Changed()
	defer e.o.Changed()
	defer e.links.leave(l)
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-l.orders:
			_ = e.carry(protocol, o, func() (int, error) { // told to whoever ordered
				if o.deed != nil {
					return 0, errs.Say(errs.Unavailable, "网关 %s 以 JSON 接入，不支持遥控和校时", "gateway %s speaks JSON: it takes no orders to relays and clocks", station)
				}
				return ask(ctx, o.meters, o.from, o.to)
			})
		}
	}
}
