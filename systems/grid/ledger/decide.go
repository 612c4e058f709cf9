package ledger

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// decision is what a person decided about samples: the function is called where nothing else is being written, so that what it reads
// still stands when its answer is stored.
type decision struct {
	samples func(tx *store.Tx) ([]series.Sample, error)
}

// Decide stores samples that a person decided on, as they are, over whatever stands there: the function gives them within the one
// transaction, which it may write its own account into. It waits its turn in the intake, so that no reading that came before is
// laid over the decision afterwards. Keys that the archive does not know are refused.
func (l *Ledger) Decide(ctx context.Context, samples func(tx *store.Tx) ([]series.Sample, error)) error {
	return l.deliver(ctx, &delivery{decision: &decision{samples}, done: make(chan error, 1)})
}

func (l *Ledger) decide(ctx context.Context, d *decision) error {
	var marks []book.Placed
	err := l.o.DB.Write(ctx, func(tx *store.Tx) error {
		samples, err := d.samples(tx)
		if err != nil {
			return err
		}
		var batch series.Batch
		marks = marks[:0]
		for _, x := range samples {
			place, ok := l.o.Book.PlaceOf(x.Key)
			if !ok {
				return errs.Say(errs.NotFound, "档案中没有这只电表", "the archive does not know this meter")
			}
			p := book.Placed{Place: place, Day: book.DayOf(x.At), Slot: -1, At: x.At, Quality: x.Quality}
			if sd, slot, fits := book.SlotAt(x.At, l.o.Tolerance); fits {
				p.Day, p.Slot = sd, slot
			}
			marks = append(marks, p)
			batch.Add(x.Key, x.At, x.Quality, x.Values...)
		}
		if err := l.o.Readings.Append(tx, &batch); err != nil {
			return err
		}
		tx.OnCommit(func() { l.o.Book.Mark(marks) })
		return nil
	})
	if err != nil {
		return err
	}
	l.changed(marks)
	l.o.Stored()
	return nil
}
