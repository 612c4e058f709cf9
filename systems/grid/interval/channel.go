package interval

import (
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Channel is one register of an imported meter.
type Channel struct {
	Num                  int64 // key of its series
	Suffix, Unit, Serial string
	Interval             time.Duration // 0: accumulated reads
	Last                 time.Time     // zero: no value
}

// Channels lists the channels of a meter (its URN), in the order in which they came.
func (im *Importer) Channels(ctx context.Context, meter string) (out []Channel, err error) {
	err = im.Entities.Each(ctx, entity.Query{Type: book.TypeChannel, Where: []entity.Cond{{Attr: "refMeter", Op: entity.Eq, Value: meter}}}, func(e *entity.Entity) error {
		c := Channel{Num: e.Num}
		c.Suffix, _ = e.Text("suffix")
		c.Unit, _ = e.Text("unit")
		c.Serial, _ = e.Text("serial")
		minutes, _ := e.Number("interval")
		c.Interval = time.Duration(minutes) * time.Minute
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, errs.Wrap("read the channels", err)
	}
	for i := range out {
		last, ok, err := im.Values.Last(ctx, out[i].Num)
		if err != nil {
			return nil, errs.Wrap("read the newest value", err)
		}
		if ok {
			out[i].Last = time.UnixMicro(last.At)
		}
	}
	slices.SortFunc(out, func(a, b Channel) int { return int(a.Num - b.Num) })
	return out, nil
}

// Step is how far the values of a day stand apart; 0 for accumulated reads. A meter may be read at another interval from one day
// to the next, so the values say it, and the channel where there is one value only.
func (c Channel) Step(day []series.Sample) time.Duration {
	if c.Interval <= 0 || len(day) < 2 {
		return c.Interval
	}
	apart := 24 * time.Hour
	for i := 1; i < len(day); i++ {
		apart = min(apart, time.Duration(day[i].At-day[i-1].At)*time.Microsecond)
	}
	if apart < c.Interval || time.Duration(len(day))*apart >= 24*time.Hour {
		return apart
	}
	return c.Interval // wider only because values are missing
}
