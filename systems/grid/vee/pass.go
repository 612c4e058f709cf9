package vee

import (
	"context"
	"slices"
	"sync"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// batchKeys is the number of meters that are committed at once: a multiple of blockKeys, and few enough that what is held of them
// stays within some twenty megabytes.
const batchKeys = 4096

// workers is the number of batches that are worked on at the same time.
const workers = 2

// keepFindings is for how many days findings are kept; what counts them is kept for ever.
const keepFindings = 400

// pass carries a pass out, from where it was broken off if it was.
func (p *Part) pass(ctx context.Context, pass Pass) error {
	keys := p.o.Book.Keys(book.Select{})
	slices.Sort(keys)
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(qPassBegin, pass.Num, int64(len(keys))); return err })
	if err != nil {
		return errs.Wrap("begin a pass", err)
	}
	if err := p.each(ctx, pass.Day, pass.Num, keys); err != nil {
		return err
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := p.count(tx, pass.Day); err != nil {
			return err
		}
		if _, err := tx.Exec(qFindingOld, int64(pass.Day-keepFindings)); err != nil {
			return err
		}
		_, err := tx.Exec(qPassEnd, pass.Num, store.Micros(p.o.Clock.Now()))
		return err
	})
	if err != nil {
		return errs.Wrap("end a pass", err)
	}
	p.passed.Store(max(p.passed.Load(), int32(pass.Day)))
	return nil
}

// count counts the findings of a day anew.
func (p *Part) count(tx *store.Tx, day book.Day) error {
	if _, err := tx.Exec(qTallyCut, int64(day)); err != nil {
		return err
	}
	_, err := tx.Exec(qTallyMake, int64(day))
	return err
}

// each works off keys (ascending) in batches, two at a time. num is the pass that is kept account of; 0 for none.
func (p *Part) each(ctx context.Context, day book.Day, num int64, keys []int64) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan []int64)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			w := newWorker(p, day, num)
			for batch := range work {
				if ctx.Err() != nil {
					continue
				}
				if err := w.batch(ctx, batch); err != nil {
					stop(errs.Wrap("pass the meters of "+day.String(), err))
				}
			}
		})
	}
	for len(keys) > 0 && ctx.Err() == nil {
		n := min(batchKeys, len(keys))
		for n < len(keys) && keys[n]>>blockBits == keys[n-1]>>blockBits { // a block is written by one batch alone
			n++
		}
		work <- keys[:n]
		keys = keys[n:]
	}
	close(work)
	wg.Wait()
	return context.Cause(ctx)
}
