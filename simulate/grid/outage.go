package grid

import (
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/dlt698/event"
)

// faultOutage: from Slot on the meter had no supply for Seconds.
const faultOutage = "outage"

// Draws of outages.
const (
	drawOutage = 200 + iota
	drawOutageOff
	drawOutageFirst
	drawOutageLast
	drawOutageStage
	drawOutageGasp
)

// Outage is a feeder that goes dark and comes back in two stages: half of its meters at First, the others at Last.
type Outage struct {
	Feeder           string
	Off, First, Last time.Time
}

// Outages are those of the run, by time: each of another feeder, drawn from the seed, beginning one to nineteen hours after From.
func (c *City) Outages() []Outage { return c.outages }

// layOutages draws the outages of the run.
func (c *City) layOutages() {
	var feeders []string
	for i := range c.meters {
		if f := c.meters[i].Feeder; len(feeders) == 0 || feeders[len(feeders)-1] != f {
			feeders = append(feeders, f)
		}
	}
	slices.SortStableFunc(feeders, func(a, b string) int {
		x, y := c.drawText(a), c.drawText(b)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	seconds := func(draw uint64, i, from, to int) time.Duration {
		return time.Duration(int64(from)+below(mix(c.opt.Seed, draw, uint64(i)), int64(to-from))) * time.Second
	}
	c.dark = map[string]Outage{}
	for i, f := range feeders[:min(c.opt.Outages, len(feeders))] {
		o := Outage{Feeder: f, Off: c.opt.From.In(China()).Truncate(time.Second).Add(seconds(drawOutageOff, i, 3600, 19*3600))}
		o.First = o.Off.Add(seconds(drawOutageFirst, i, 900, 3600))
		o.Last = o.First.Add(seconds(drawOutageLast, i, 600, 5400))
		c.dark[f], c.outages = o, append(c.outages, o)
	}
	slices.SortFunc(c.outages, func(a, b Outage) int { return a.Off.Compare(b.Off) })
}

func (c *City) drawText(s string) uint64 {
	h := mix(c.opt.Seed, drawOutage)
	for _, b := range []byte(s) {
		h = mix(h, uint64(b))
	}
	return h
}

// darkness is when a meter has no supply; ok is false where it always has.
func (c *City) darkness(m *Meter) (off, back time.Time, ok bool) {
	o, ok := c.dark[m.Feeder]
	if !ok {
		return off, back, false
	}
	if mix(c.opt.Seed, drawOutageStage, m.index)&1 == 0 {
		return o.Off, o.First, true
	}
	return o.Off, o.Last, true
}

// unlit tells whether a meter has no supply at a moment: it measures nothing then.
func (c *City) unlit(m *Meter, t time.Time) bool {
	off, back, ok := c.darkness(m)
	return ok && !t.Before(off) && t.Before(back)
}

// unused is what a meter would have counted by t, had it not been dark: in the dark nobody draws anything.
func (c *City) unused(m *Meter, t time.Time) int64 {
	off, back, ok := c.darkness(m)
	if !ok || t.Before(off) {
		return 0
	}
	if t.Before(back) {
		back = t
	}
	return c.register(m, back) - c.register(m, off)
}

// news is what a concentrator has to tell of its meters' supply from a moment on.
type news struct {
	at     time.Time
	events []event.Power
}

// newsDelay is how long a concentrator gathers last gasps before it tells of them; newsRows how many fit into a frame.
const (
	newsDelay = 15 * time.Second
	newsRows  = 45
)

// layNews gives each DL/T 698.45 concentrator what it will have to tell, and notes the truth. One meter in twenty is too old for a
// last gasp: it tells when it is back, with both times.
func (w *world) layNews() {
	for _, u := range w.units {
		at := map[time.Time][]event.Power{}
		for i := u.from; i < u.to; i++ {
			m := &w.meters[i]
			off, back, ok := w.darkness(m)
			if !ok {
				continue
			}
			w.truth.write(faultOutage, []*Meter{m}, off, back.Sub(off))
			if u.protocol != DLT698 || w.dead(m) {
				continue
			}
			p := event.Power{Meter: m.Address, Down: off.Add(w.drift(m))}
			if below(mix(w.opt.Seed, drawOutageGasp, m.index), 20) > 0 {
				at[off.Add(newsDelay)] = append(at[off.Add(newsDelay)], p)
			}
			p.Back = back.Add(w.drift(m))
			at[back.Add(newsDelay)] = append(at[back.Add(newsDelay)], p)
		}
		for t, events := range at {
			for part := range slices.Chunk(events, newsRows) {
				u.news = append(u.news, news{t, part})
			}
			w.moments = append(w.moments, t)
		}
		slices.SortStableFunc(u.news, func(a, b news) int { return a.at.Compare(b.at) })
	}
	slices.SortFunc(w.moments, time.Time.Compare)
}

// newsDue tells whether something is to be told now.
func (u *unit) newsDue() bool {
	return len(u.news) > 0 && !u.world.opt.Clock().Before(u.news[0].at)
}

// wakeForNews wakes the units when the next moment of news has come.
func (w *world) wakeForNews() {
	for now := w.opt.Clock(); len(w.moments) > 0 && !now.Before(w.moments[0]); w.moments = w.moments[1:] {
		w.wakeAll()
	}
}

// tell reports the oldest news and waits for its acknowledgement. DL/T 698.45-2017 7.3.8
func (c *concentrator) tell(ctx context.Context) error {
	rec, err := event.Record(c.news[0].events)
	if err != nil {
		return err
	}
	c.piid = (c.piid + 1) & 0x3F
	n := dlt698.ReportNotification{PIID: dlt698.PIID(c.piid), Kind: dlt698.ReportRecords, Records: []dlt698.ResultRecord{rec}}
	if err := c.send(dlt698.FromServer, 0, dlt698.APDU{Body: n}); err != nil {
		return err
	}
	if err := c.await(ctx, acknowledges(n)); err != nil {
		return err
	}
	c.news = c.news[1:]
	return nil
}
