package interval

import (
	"context"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
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
