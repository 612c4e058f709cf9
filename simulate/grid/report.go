package grid

import (
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/town"
	"github.com/haihe-city/haihe/wire/dlt698"
)

// backlog is what a station has still to report. It outlives connections: what the server has not acknowledged comes again.
type backlog struct {
	batch    int   // of the slot in hand: the first batch that is not acknowledged
	slot     int64 // the slot in hand, where open
	open     bool
	late     []delayed // slots put off by a fault
	finished bool
}

type delayed struct{ slot, due int64 }

func (u *unit) hasWork() bool {
	return u.newsDue() || u.todo.open || u.next <= u.due.Load() || u.lateDue() >= 0 || u.owed.Load() > 0 || !u.todo.finished && u.atEnd()
}

// atEnd tells whether everything up to Options.To has been taken in hand.
func (u *unit) atEnd() bool {
	return !u.world.opt.To.IsZero() && u.next > slotOf(u.world.opt.To)
}

// lateDue gives the index of a late slot whose time has come; -1 where there is none. At the end all have.
func (u *unit) lateDue() int {
	for i, d := range u.todo.late {
		if d.due <= u.due.Load() && d.due < u.next || u.atEnd() {
			return i
		}
	}
	return -1
}

// work reports one slot, or finishes.
func (c *concentrator) work(ctx context.Context) error {
	if c.newsDue() {
		return c.tell(ctx)
	}
	b := &c.todo
	switch i := c.lateDue(); {
	case b.open:
	case i >= 0:
		b.slot, b.open, b.batch = b.late[i].slot, true, 0
		b.late = slices.Delete(b.late, i, i+1)
	case c.next <= c.due.Load():
		slot := c.next
		c.next++
		if by := c.world.lateBy(c.number, slot); by > 0 {
			b.late = append(b.late, delayed{slot, slot + by})
			c.world.note(fault.Late, c.reported(slot), slot, time.Duration(by)*Slot)
			c.taken.Store(slot)
			return nil
		}
		b.slot, b.open, b.batch = slot, true, 0
	case c.owed.Load() > 0:
		b.slot, b.open, b.batch = c.owing(), true, 0
	default:
		b.finished = true
		if c.world.left.Add(-1) == 0 {
			close(c.world.done)
		}
		return nil
	}
	return c.report(ctx)
}

// owing takes the oldest slot in hand that is owed from the days before.
func (u *unit) owing() int64 { return u.past - u.owed.Add(-1) - 1 }

// reported are the meters of a station whose readings of a slot are reported: all but those kept back.
func (u *unit) reported(slot int64) []*Meter {
	out := make([]*Meter, 0, u.To-u.From)
	for m := range u.meters() {
		if !u.world.heldBack[m.Index()] && !slotTime(slot).Before(m.Installed) {
			out = append(out, m)
		}
	}
	return out
}

// report sends the slot in hand, batch by batch.
func (c *concentrator) report(ctx context.Context) error {
	b := &c.todo
	meters := c.reported(b.slot)
	if b.batch == 0 && len(c.world.heldBack) > 0 {
		var held []*Meter
		for m := range c.meters() {
			if c.world.heldBack[m.Index()] {
				held = append(held, m)
			}
		}
		c.world.note(fault.Held, held, b.slot, 0)
	}
	for from := b.batch * batchRows; from < len(meters); from += batchRows {
		if err := c.reportBatch(ctx, b.slot, meters[from:min(from+batchRows, len(meters))]); err != nil {
			if ctx.Err() == nil {
				c.world.count.resent.Add(1)
			}
			return err
		}
		b.batch++
	}
	b.open = false
	c.taken.Store(max(c.taken.Load(), b.slot))
	return nil
}

// reportBatch sends one report and waits for its acknowledgement. DL/T 698.45-2017 7.3.8
func (c *concentrator) reportBatch(ctx context.Context, slot int64, meters []*Meter) error {
	rows := make([]dlt698.CurveRow, 0, len(meters))
	for _, m := range meters {
		rows = append(rows, c.world.row(m, slotTime(slot)))
	}
	rec, err := dlt698.CurveRecord(dlt698.MinuteFreeze, true, rows)
	if err != nil {
		return err
	}
	c.piid = (c.piid + 1) & 0x3F
	n := dlt698.ReportNotification{PIID: dlt698.PIID(c.piid), Kind: dlt698.ReportRecords, Records: []dlt698.ResultRecord{rec}}
	raw, err := frame(c.out[:0], c.sa, dlt698.FromServer, 0, dlt698.APDU{Body: n})
	if err != nil {
		return err
	}
	c.out = raw
	sends := 1
	draw := []uint64{c.world.opt.Seed, 0, meters[0].Index(), uint64(slot)}
	if draw[1] = drawGarbled; town.Chance(town.Mix(draw...), c.world.opt.Faults.Garbled) {
		c.world.note(fault.Garbled, meters, slot, 0)
		draw[1] = drawGarbledAt
		bad := slices.Clone(raw)
		h := town.Mix(draw...)
		bad[town.Below(h, int64(len(bad)))] ^= 1 << (h & 7)
		if err := c.put(bad); err != nil {
			return err
		}
	}
	if draw[1] = drawDuplicate; town.Chance(town.Mix(draw...), c.world.opt.Faults.Duplicate) {
		c.world.note(fault.Duplicate, meters, slot, 0)
		sends = 2
	}
	for i := range sends {
		c.world.count.reports.Add(1)
		c.world.count.rows.Add(int64(len(meters)))
		if err := c.put(raw); err != nil {
			return err
		}
		if err := c.await(ctx, acknowledges(n)); err != nil {
			return err
		}
		c.world.count.acked.Add(1)
		if i == 0 {
			c.world.count.rowsAcked.Add(int64(len(meters)))
		}
	}
	return nil
}

func acknowledges(n dlt698.ReportNotification) func(dlt698.Body) (bool, error) {
	return func(b dlt698.Body) (bool, error) {
		r, ok := b.(dlt698.ReportResponse)
		return ok && r.Kind == n.Kind && r.PIID.Number() == n.PIID.Number(), nil
	}
}

// row is what a concentrator has of a meter at a slot: nothing of a dead one, a wrong time of one whose clock drifts.
func (w *world) row(m *Meter, t time.Time) dlt698.CurveRow {
	row := dlt698.CurveRow{Meter: m.Address, Time: t, Record: dlt698.MinuteFreeze,
		Energy: dlt698.None, Power: dlt698.None, Voltage: dlt698.None}
	if w.dead(m) || w.without(m, t) {
		row.Quality = dlt698.Missing
		return row
	}
	row.Energy, row.Power, row.Voltage = w.shown(m, t)
	row.Time = t.Add(w.drift(m, t))
	return row
}
