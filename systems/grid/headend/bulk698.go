package headend

import (
	"context"
	"fmt"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/dlt698/bulk"
)

// workspace is what a report is taken apart in. It is used again for other links once the readings are stored.
type workspace struct {
	rows     []bulk.Row
	meters   []uint64
	seats    []book.Seat
	readings []book.Reading
}

// hold takes room in the budget for a frame of n bytes, and letGo gives it back, early where nothing of it is needed any more.
func (c *session698) hold(n int) { c.held = c.e.decoded.Take(n) }

func (c *session698) letGo() {
	if c.held > 0 {
		c.e.decoded.Release(c.held)
		c.held = 0
	}
}

// bulk takes a report of the common shape without a value for each of its cells; done is false for anything else, which goes the
// long way. The message is taken, refused and acknowledged as onReport does it.
func (c *session698) bulk(ctx context.Context, f dlt698.Frame, body []byte, it dlt698.Item) (done bool, err error) {
	if c.link == nil {
		return false, nil
	}
	w, _ := c.e.spare.Get().(*workspace)
	if w == nil {
		w = &workspace{}
	}
	n, rows, ok := bulk.Report(body, w.rows[:0])
	if w.rows = rows; !ok {
		c.e.spare.Put(w)
		return false, nil
	}
	c.e.o.Count(name698, "taken")
	c.e.links.hear(c.link.address, c.e.o.Now())
	foreign := w.own(c.e.o.Book, c.link.address)
	if foreign > 0 {
		c.foreign(ctx, foreign, it)
	}
	stored, err := c.settle(ctx, f, n, w.readings, it)
	if stored { // otherwise the intake may still hold them
		c.e.spare.Put(w)
	}
	return true, err
}

// own makes readings of the rows whose meters stand behind a concentrator, and tells how many others there are.
func (w *workspace) own(b *book.Book, concentrator string) (foreign int) {
	w.meters = w.meters[:0]
	for i := range w.rows {
		w.meters = append(w.meters, w.rows[i].Meter)
	}
	w.seats = b.Behind(concentrator, w.meters, w.seats[:0])
	w.readings = w.readings[:0]
	for i := range w.rows {
		r := &w.rows[i]
		switch {
		case r.Energy == bulk.None: // the concentrator has nothing for this moment
		case w.seats[i].Num == 0:
			foreign++
		default:
			w.readings = append(w.readings, book.Reading{Seat: w.seats[i], At: r.At, Energy: orNull(r.Energy), Power: orNull(r.Power), Voltage: orNull(r.Voltage)})
		}
	}
	return foreign
}

// settle stores the readings of a report and acknowledges it after the commit. stored tells that nobody holds them any more.
// DL/T 698.45-2017 7.3.8
func (c *session698) settle(ctx context.Context, f dlt698.Frame, n dlt698.ReportNotification, rows []book.Reading, it dlt698.Item) (stored bool, err error) {
	taken, err := c.e.o.Take(ctx, rows)
	if stored = err == nil; stored {
		err = c.power(ctx, n, it)
	}
	c.letGo()
	switch {
	case errs.Is(err, errs.Busy): // not acknowledged: the concentrator sends it again on this link
		c.e.o.Count(name698, "busy")
		return stored, nil
	case err != nil:
		return stored, errs.Wrap("take a report", err)
	case taken.Wrong > 0:
		c.reject(ctx, fmt.Sprintf("%d 条数据的时间不可能，电表时钟有误", taken.Wrong), fmt.Sprintf("%d rows of a time that cannot be: the meter's clock is wrong", taken.Wrong), it)
	}
	return stored, c.write(dlt698.ToServer, f.Server, f.Client, dlt698.APDU{Body: dlt698.Acknowledge(n)})
}

func (c *session698) foreign(ctx context.Context, n int, it dlt698.Item) {
	c.reject(ctx, fmt.Sprintf("%d 条数据的电表不在本集中器档案中", n), fmt.Sprintf("%d rows of meters that the archive does not place behind this concentrator", n), it)
}

func orNull(v int64) int64 {
	if v == dlt698.None {
		return series.Null
	}
	return v
}
