package grid

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/foreign"
	"github.com/haihe-city/haihe/simulate/grid/relay"
	"github.com/haihe-city/haihe/simulate/grid/town"
	"github.com/haihe-city/haihe/wire/dlms"
)

// view is a unit as package foreign sees it.
type view struct{ *unit }

func (v view) Address() string                        { return v.Station.Address }
func (v view) Now() time.Time                         { return v.world.opt.Clock() }
func (v view) Len() int                               { return v.To - v.From }
func (v view) at(n int) *Meter                        { m := v.world.Of(v.number, v.From+n); return &m }
func (v view) Drift(n int, t time.Time) time.Duration { return v.world.drift(v.at(n), t) }

func (v view) Meter(n int) (address string, installed time.Time, dead bool) {
	m := v.at(n)
	return m.Address, m.Installed, v.world.dead(m)
}

func (v view) Shown(n int, t time.Time) (energy, power, voltage int64, ok bool) {
	m := v.at(n)
	energy, power, voltage = v.world.shown(m, t)
	return energy, power, voltage, !v.world.without(m, t)
}

// Ask gives the relays, and a meter as it is asked now.
func (v view) Ask(n int) (*relay.Relays, relay.Meter) { return v.world.relays, v.world.at(v.at(n)) }

// cosem is the dialogue of one connection of a gateway whose meters speak DLMS: the server is the client and asks.
type cosem struct {
	*unit
	conn  net.Conn
	scan  dlms.Scanner
	in    [1024]byte
	write *alarm
	sent  uint64
}

func (c *cosem) serve(ctx context.Context) (good bool) {
	c.write = newAlarm(func() { _ = c.conn.Close() })
	defer c.write.stop()
	g := foreign.NewGateway(view{c.unit})
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
			out, meter, ok := g.Answer(it.Frame)
			if ok && c.put(out, meter) != nil {
				return good
			}
		}
	}
	return good
}

// put sends an answer, now and then with its head spoilt on the way: the server asks again. Only the head: the wrapper has no check, and
// what TCP let through of a changed value nobody could tell.
func (c *cosem) put(f dlms.Frame, meter int) error {
	raw, err := f.Append(nil)
	if err != nil {
		return err
	}
	c.sent++
	if h := town.Mix(c.world.opt.Seed, drawGarbled, uint64(c.number), c.sent); meter >= 0 && town.Chance(h, c.world.opt.Faults.Garbled) {
		c.world.note(fault.Garbled, []*Meter{view{c.unit}.at(meter)}, slotOf(c.world.opt.Clock()), 0)
		raw[h&1] ^= 1 << (town.Mix(h) & 7)
	}
	c.write.set(writeLimit)
	_, err = c.conn.Write(raw)
	c.write.stop()
	c.world.count.answers645.Add(1)
	return err
}
