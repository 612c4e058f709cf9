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
	l.turn.Lock()
	defer l.turn.Unlock()
	var marks []book.Placed
	var changes []change
	err := l.o.DB.Write(ctx, func(tx *store.Tx) error {
		samples, err := d.samples(tx)
		if err != nil {
			return err
		}
		var batch series.Batch
		marks, changes = marks[:0], changes[:0]
		for _, x := range samples {
			p, ok := l.placed(x)
			if !ok {
				return errs.Say(errs.NotFound, "档案中没有这只电表", "the archive does not know this meter")
			}
			c := change{Placed: p, power: x.Values[PowerColumn]}
			old, err := l.o.Readings.Range(ctx, x.Key, x.At, x.At+1) // nothing else writes readings meanwhile
			if err != nil {
				return errs.Wrap("read what stands there", err)
			}
			for _, o := range old {
				c.there, c.was, c.wasPower = true, o.Quality, o.Values[PowerColumn]
			}
			changes = append(changes, c)
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
	l.sums.follow(l.o.Book, changes)
	l.changed(marks)
	l.o.Stored()
	return nil
}
