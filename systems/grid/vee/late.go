package vee

import (
	"context"
	"maps"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/late"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
)

// Came notes which days that were passed have new readings. keys and marks belong together.
func (p *Part) Came(keys []int64, marks []book.Placed) {
	passed := book.Day(p.passed.Load())
	for i, m := range marks {
		if m.Day > passed || m.Slot < 0 || m.Quality&^series.Late != series.Measured || passed-m.Day > book.Day(rule.MostSlots/rule.Slots) {
			continue
		}
		p.late.Note(m.Day, keys[i])
	}
}

// again keeps the estimates beside an edit in step with it: they were drawn to the value before. It has a meter's day passed again with
// the next late readings.
func (p *Part) again(day book.Day, key int64) {
	if day <= book.Day(p.passed.Load()) {
		p.late.Note(day, key)
	}
}

// passLate passes the days of meters again of which readings came late; what cannot be worked off waits on.
func (p *Part) passLate(ctx context.Context) error {
	list := p.late.Take()
	for _, d := range slices.Sorted(maps.Keys(list)) {
		if err := p.passLateDay(ctx, d, list[d]); err != nil {
			for d, meters := range list {
				for k := range meters {
					p.late.Note(d, k)
				}
			}
			return err
		}
		delete(list, d)
	}
	return nil
}

func (p *Part) passLateDay(ctx context.Context, d book.Day, meters map[int64]struct{}) error {
	keys := slices.Sorted(maps.Keys(meters))
	if len(keys) >= late.Most {
		keys = p.o.Book.Keys(book.Select{})
		slices.Sort(keys)
	}
	if err := p.each(ctx, d, 0, keys); err != nil {
		return err
	}
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := late.Done(tx, d); err != nil {
			return err
		}
		return p.count(tx, d)
	})
	return errs.Wrap("count findings", err)
}
