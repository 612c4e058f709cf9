package grid

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/foreign"
	"github.com/haihe-city/haihe/simulate/grid/town"
)

// line is the dialogue of one connection of a gateway whose meters speak DLMS over HDLC: the server is the client and asks.
type line struct {
	*unit
	conn  net.Conn
	in    [1024]byte
	write *alarm
	sent  uint64
}

func (c *line) serve(ctx context.Context) (good bool) {
	c.write = newAlarm(func() { _ = c.conn.Close() })
	defer c.write.stop()
	l := foreign.NewLine(view{c.unit})
	if c.put(l.Greeting(), -1) != nil {
		return false
	}
	for ctx.Err() == nil {
		if c.conn.SetReadDeadline(time.Time{}) != nil || ctx.Err() != nil {
			return good
		}
		n, err := c.conn.Read(c.in[:])
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return good
		}
		l.Feed(c.in[:n])
		for {
			out, meter, refused, ok := l.Next()
			if !ok {
				break
			}
			c.world.count.refused.Add(int64(refused))
			good = good || refused == 0
			if len(out) > 0 && c.put(out, meter) != nil {
				return good
			}
		}
	}
	return good
}

// put sends frames, now and then with a byte changed on the way: the server asks again.
func (c *line) put(raw []byte, meter int) error {
	c.sent++
	if h := town.Mix(c.world.opt.Seed, drawGarbled, uint64(c.number), c.sent); meter >= 0 && town.Chance(h, c.world.opt.Faults.Garbled) {
		c.world.note(fault.Garbled, []*Meter{view{c.unit}.at(meter)}, slotOf(c.world.opt.Clock()), 0)
		raw[town.Below(town.Mix(h), int64(len(raw)))] ^= 1 << (h & 7)
	}
	c.write.set(writeLimit)
	_, err := c.conn.Write(raw)
	c.write.stop()
	c.world.count.answers645.Add(1)
	return err
}
