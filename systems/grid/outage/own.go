package outage

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
)

var qOfMeter = store.Q("grid_outage_of_meter", `SELECT `+columns+`, dark FROM grid_outage WHERE began < $2 AND (ended = 0 OR ended > $1) AND state <> 'void' AND feeder IN ('', $3) ORDER BY began, id`)

// Interruption is one meter without supply; To is zero while it lasts.
type Interruption struct {
	From, To time.Time
	Cause    lang.Text
}

// Of gives the interruptions of one meter between two times, the oldest first.
func (p *Part) Of(ctx context.Context, m book.Meter, from, to time.Time) (out []Interruption, err error) {
	all, err := wholes(ctx, p.o.DB, qOfMeter, store.Micros(from), store.Micros(to), m.Feeder)
	if err != nil {
		return nil, errs.Wrap("read a meter's outages", err)
	}
	for _, o := range all {
		for _, d := range o.Dark {
			if d.Customer == m.Num {
				out = append(out, Interruption{moment(d.From), moment(d.To), causeWords[o.Cause]})
			}
		}
	}
	return out, nil
}
