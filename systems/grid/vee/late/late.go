// Package late keeps which meters' days are to be passed again (待重新校核的电表日): readings came for them after they were passed, or a
// person edited them. It is asked for every reading that comes, so the list lies in memory; the table grid_vee_late has it for the
// next start. What was noted after the last [List.Keep] a crash forgets; the readings themselves lie elsewhere.
package late

import (
	"context"
	"embed"
	"sync"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qList = store.Q("grid_vee_late_list", `SELECT day, meter FROM grid_vee_late ORDER BY day, meter`)
	qCut  = store.Q("grid_vee_late_cut", `DELETE FROM grid_vee_late WHERE day = $1`)
	bulk  = store.NewBulk("grid_vee_late_add", `INSERT INTO grid_vee_late (day, meter)`, 2, `ON CONFLICT (day, meter) DO NOTHING`)
)

// Most bounds the meters of a day; where it is reached the day is passed as a whole.
const Most = 100_000

// List is what waits. It may be used by several goroutines.
type List struct {
	db *store.DB

	mu    sync.Mutex // held for moments
	days  map[book.Day]map[int64]struct{}
	fresh []any // of days, what is not written down yet: day, meter
}

// Open takes up what was waiting when the program stopped.
func Open(ctx context.Context, db *store.DB) (*List, error) {
	if err := db.Migrate(ctx, "grid.vee.late", tables); err != nil {
		return nil, err
	}
	l := &List{db: db, days: map[book.Day]map[int64]struct{}{}}
	err := db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qList, nil, func(scan func(...any) error) error {
			var day, meter int64
			err := scan(&day, &meter)
			l.Note(book.Day(day), meter) //nolint:gosec // written by Keep
			return err
		})
	})
	l.fresh = nil
	return l, errs.Wrap("read which readings came late", err)
}

// Note puts a meter's day on the list.
func (l *List) Note(day book.Day, meter int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	set := l.days[day]
	if set == nil {
		set = map[int64]struct{}{}
		l.days[day] = set
	}
	if _, known := set[meter]; known || len(set) >= Most {
		return
	}
	set[meter] = struct{}{}
	l.fresh = append(l.fresh, int64(day), meter)
}

// Keep writes down what was noted since it did so last.
func (l *List) Keep(ctx context.Context) error {
	l.mu.Lock()
	fresh := l.fresh
	l.fresh = nil
	l.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	err := l.db.Write(ctx, func(tx *store.Tx) error { _, err := tx.ExecBulk(bulk, fresh); return err })
	if err != nil {
		l.mu.Lock()
		l.fresh = append(fresh, l.fresh...)
		l.mu.Unlock()
	}
	return errs.Wrap("keep which readings came late", err)
}

// Take empties the list in memory and gives it. What is not worked off is to be noted again; the table has it until [Done].
func (l *List) Take() map[book.Day]map[int64]struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.days
	l.days = map[book.Day]map[int64]struct{}{}
	return out
}

// Done strikes a day off. What was noted of it meanwhile is written down by the next Keep.
func Done(tx *store.Tx, day book.Day) error {
	_, err := tx.Exec(qCut, int64(day))
	return err
}
