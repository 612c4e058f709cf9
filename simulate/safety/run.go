package safety

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/town"
	"github.com/haihe-city/haihe/simulate/safety/fault"
	"github.com/haihe-city/haihe/simulate/safety/site"
)

// The rhythm of the simulation, in wall time.
const (
	dialLimit   = 10 * time.Second
	answerLimit = 15 * time.Second // for a frame to be acknowledged
	firstRetry  = 500 * time.Millisecond
	lastRetry   = 10 * time.Second
	tellEvery   = time.Second
	startSpread = 3 * time.Second // in which plants connect
)

// errDenied: the platform does not take what it was told.
var errDenied = errors.New("the platform denies the message")

// world is one run.
type world struct {
	*City
	units []*unit
	asked sync.WaitGroup // connections of polled plants
	count struct {
		connected, frames, acked, readings, received, resent, polls, refused atomic.Int64
	}
}

// unit is a plant at run time.
type unit struct {
	*world
	*site.Plant
	points []site.Point
	next   atomic.Int64 // Unix seconds of the oldest readings that are not acknowledged
	tried  int64        // the newest that were sent; what is sent again is told by it
}

// Run simulates until ctx ends. A platform that is away is tried again and again.
func (c *City) Run(ctx context.Context) error {
	w := &world{City: c}
	defer c.close()
	if c.opt.Truth != nil {
		if err := c.faults.WriteTruth(c.opt.Truth); err != nil {
			return err
		}
	}
	begin := c.opt.Clock().Add(-c.opt.Back)
	var running sync.WaitGroup
	for i := range c.Len() {
		u := &unit{world: w, Plant: c.Plant(i)}
		serve := u.way()
		if serve == nil {
			continue
		}
		u.points = u.Points()
		u.next.Store(c.faults.Next(i, begin).Unix())
		w.units = append(w.units, u)
		running.Go(func() { u.run(ctx, serve) })
	}
	w.tell(ctx)
	running.Wait()
	w.asked.Wait()
	if c.opt.Tell != nil {
		c.opt.Tell(w.stats())
	}
	return nil
}

// way is how a plant speaks; nil where there is nobody to speak to.
func (u *unit) way() func(context.Context) error {
	switch f := u.opt.Feeds; {
	case u.Protocol == site.HJ212 && f.HJ212 != "":
		return u.log
	case u.Protocol == site.MQTT && f.MQTT != "":
		return u.publish
	case u.Protocol == site.Panel && f.Panel != "":
		return u.guard
	case u.Protocol == site.Modbus && u.doors[u.Number] != nil:
		return u.answer
	}
	return nil
}

// run connects, and again after a break: at once first, then ever more slowly.
func (u *unit) run(ctx context.Context, serve func(context.Context) error) {
	pause(ctx, time.Duration(town.Below(town.Mix(u.Seed(), drawStart, uint64(u.Number)), int64(startSpread))))
	retry := firstRetry
	for ctx.Err() == nil {
		if e, cut := u.faults.At(u.Number, fault.Silence, u.opt.Clock()); cut {
			pause(ctx, e.End.Sub(u.opt.Clock()))
			continue
		}
		before := u.next.Load()
		_ = serve(ctx) // what ended it is of no interest: the platform was away, or the line was cut
		if u.next.Load() > before {
			retry = firstRetry
		}
		pause(ctx, retry+time.Duration(town.Below(town.Mix(u.Seed(), drawRetry, uint64(u.Number), uint64(retry)), int64(retry)/2)))
		retry = min(2*retry, lastRetry)
	}
}

// Draws of the dialogue.
const (
	drawStart = 900 + iota
	drawRetry
	drawWithin
	drawGarble
)

// errCut: the plant's line is cut on purpose.
var errCut = errors.New("the line is cut")

// await waits until the oldest readings that are not acknowledged are due, and gives their time. Plants do not all speak at the beginning of a
// second.
func (u *unit) await(ctx context.Context) (at time.Time, err error) {
	at = time.Unix(u.next.Load(), 0).In(town.China())
	within := time.Duration(town.Below(town.Mix(u.Seed(), drawWithin, uint64(u.Number)), int64(time.Second)))
	if d := at.Add(within).Sub(u.opt.Clock()); d > 0 {
		pause(ctx, d)
	}
	if _, cut := u.faults.At(u.Number, fault.Silence, u.opt.Clock()); cut {
		return at, errCut
	}
	return at, ctx.Err()
}

// sending notes that the readings of a time are sent.
func (u *unit) sending(at time.Time) {
	again := at.Unix() <= u.tried
	if again {
		u.count.resent.Add(1)
	} else {
		u.count.readings.Add(int64(len(u.points)))
	}
	u.tried = max(u.tried, at.Unix())
	u.count.frames.Add(1)
	if u.opt.Sent != nil {
		u.opt.Sent(Sending{Plant: u.Number, At: at, Again: again})
	}
}

// took notes that they are acknowledged.
func (u *unit) took(at time.Time) {
	u.count.acked.Add(1)
	u.count.received.Add(int64(len(u.points)))
	if u.opt.Sent != nil {
		u.opt.Sent(Sending{Plant: u.Number, At: at, Done: true})
	}
	u.next.Store(at.Add(u.opt.Every).Unix())
}

// shown is what a point shows.
func (u *unit) shown(i int, at time.Time) (v float64, q fault.Quality) {
	return u.faults.Shown(u.Number, &u.points[i], i, at)
}

// dial connects to the platform.
func (u *unit) dial(ctx context.Context, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}

// during calls fn with a connection that ends with ctx.
func (u *unit) during(ctx context.Context, conn net.Conn, fn func() error) error {
	u.count.connected.Add(1)
	defer u.count.connected.Add(-1)
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer conn.Close()
	return fn()
}

// endLate ends a connection on which no answer comes in time; stop calls it off.
func endLate(conn net.Conn) (stop func() bool) {
	return time.AfterFunc(answerLimit, func() { _ = conn.Close() }).Stop
}

// tell tells of the progress until ctx ends.
func (w *world) tell(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, tellEvery)
		if w.opt.Tell != nil && ctx.Err() == nil {
			w.opt.Tell(w.stats())
		}
	}
}

func (w *world) stats() Stats {
	s := Stats{Plants: int64(len(w.units)), Connected: w.count.connected.Load(), Frames: w.count.frames.Load(), Acked: w.count.acked.Load(),
		Readings: w.count.readings.Load(), Received: w.count.received.Load(), Resent: w.count.resent.Load(), Polls: w.count.polls.Load(),
		Refused: w.count.refused.Load(), Faults: int64(len(w.faults.Episodes()))}
	now, every := w.opt.Clock().Unix(), int64(w.opt.Every/time.Second)
	for _, u := range w.units {
		if next := u.next.Load(); u.Protocol != site.Modbus && u.Protocol != site.Panel && next < now-1 {
			s.Behind += ((now - 1 - next + every - 1) / every) * int64(len(u.points))
		}
	}
	return s
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
