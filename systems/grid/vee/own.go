package vee

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
)

// Methods tells by which rules the estimates of a meter's day were made.
func (p *Part) Methods(ctx context.Context, meter int64, day book.Day) (out map[rule.Method]book.SlotSet, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) (err error) {
		out, err = methodsOf(tx, dayOf{meter, day})
		return err
	})
	return out, errs.Wrap("read by which rules was estimated", err)
}
