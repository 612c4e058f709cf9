package town

import (
	"slices"
	"time"
)

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
	for i := range c.stations {
		if f := c.stations[i].Feeder; len(feeders) == 0 || feeders[len(feeders)-1] != f {
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
		return time.Duration(int64(from)+Below(Mix(c.lay.Seed, draw, uint64(i)), int64(to-from))) * time.Second
	}
	c.dark = map[string]Outage{}
	for i, f := range feeders[:min(c.lay.Outages, len(feeders))] {
		o := Outage{Feeder: f, Off: c.lay.From.In(China()).Truncate(time.Second).Add(seconds(drawOutageOff, i, 3600, 19*3600))}
		o.First = o.Off.Add(seconds(drawOutageFirst, i, 900, 3600))
		o.Last = o.First.Add(seconds(drawOutageLast, i, 600, 5400))
		c.dark[f], c.outages = o, append(c.outages, o)
	}
	slices.SortFunc(c.outages, func(a, b Outage) int { return a.Off.Compare(b.Off) })
}

func (c *City) drawText(s string) uint64 {
	h := Mix(c.lay.Seed, drawOutage)
	for _, b := range []byte(s) {
		h = Mix(h, uint64(b))
	}
	return h
}

// Darkness is when a meter has no supply; ok is false where it always has.
func (c *City) Darkness(m *Meter) (off, back time.Time, ok bool) {
	o, ok := c.dark[m.Feeder]
	if !ok {
		return off, back, false
	}
	if Mix(c.lay.Seed, drawOutageStage, m.index)&1 == 0 {
		return o.Off, o.First, true
	}
	return o.Off, o.Last, true
}

// Unlit tells whether a meter has no supply at a moment: it measures nothing then.
func (c *City) Unlit(m *Meter, t time.Time) bool {
	off, back, ok := c.Darkness(m)
	return ok && !t.Before(off) && t.Before(back)
}

// unused is what a meter would have counted by t, had it not been dark: in the dark nobody draws anything.
func (c *City) unused(m *Meter, t time.Time) int64 {
	off, back, ok := c.Darkness(m)
	if !ok || t.Before(off) {
		return 0
	}
	if t.Before(back) {
		back = t
	}
	return c.register(m, back) - c.register(m, off)
}

// Gasps tells whether a meter can tell of its outage as it begins: one in twenty is too old for a last gasp.
func (c *City) Gasps(m *Meter) bool {
	return Below(Mix(c.lay.Seed, drawOutageGasp, m.index), 20) > 0
}
