package grid

import (
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/dlt698/event"
)

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
	if len(w.Outages()) == 0 {
		return
	}
	for _, u := range w.units {
		at := map[time.Time][]event.Power{}
		for m := range u.meters() {
			off, back, ok := w.Darkness(m)
			if !ok {
				continue
			}
			w.truth.Write([]*Meter{m}, fault.Episode{Kind: fault.Outage, Begin: off, End: back}, back.Sub(off))
			if u.Protocol != DLT698 || w.dead(m) {
				continue
			}
			p := event.Power{Meter: m.Address, Down: off.Add(w.drift(m, off))}
			if w.Gasps(m) {
				at[off.Add(newsDelay)] = append(at[off.Add(newsDelay)], p)
			}
			p.Back = back.Add(w.drift(m, back))
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
