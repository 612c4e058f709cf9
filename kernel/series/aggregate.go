package series

import (
	"context"
	"math/bits"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
)

// Aggregate folds one column over a set of keys (nil: all) per period, in order of time; periods without a sample are left
// out. Days that were rolled up answer from their roll-ups where period is a multiple of theirs; such a period counts whole
// where it begins within [from, to). Sums are int64 and wrap past 9.2e18.
func (t *Table) Aggregate(ctx context.Context, keys []int64, column string, from, to int64, period time.Duration) ([]Point, error) {
	col, ok := t.def.column(column)
	if !ok {
		return nil, errs.Say(errs.Invalid, "时序族“%s”没有列“%s”", "series family %q has no column %q", t.def.Name, column)
	}
	if period < time.Second || period%time.Microsecond != 0 {
		return nil, errs.Say(errs.Invalid, "统计周期须不短于 1 秒", "the period of a sum must be a second or more")
	}
	if from, to = chunk.ClampTime(from, to); from >= to {
		return nil, nil
	}
	a := aggregate{f: t.f, set: newKeySet(keys), col: col}
	a.folder = chunk.Folder{From: from, To: to, Period: period.Microseconds()}
	first, last := chunk.DayOf(from), chunk.DayOf(to-1)
	open, err := t.f.view(first, last)
	if err != nil {
		return nil, err
	}
	err = t.f.e.db.Read(ctx, func(tx *store.Tx) error { return a.days(tx, open, first, last) })
	return a.points, err
}

// aggregate is one sum under way.
type aggregate struct {
	f      *family
	set    keySet
	col    int
	folder chunk.Folder
	opened chunk.Block
	merger chunk.Merger
	points []Point
	done   map[int64]bool // blocks of the day whose open samples were taken along with their rows
}

// days sums day by day: those that have rows and those that are open.
func (a *aggregate) days(tx *store.Tx, open []openRuns, first, last int64) error {
	known, err := a.f.dayRows(tx, first, last)
	if err != nil {
		return err
	}
	for len(known) > 0 || len(open) > 0 {
		var d dayRow
		var runs []*chunk.Run
		if len(open) > 0 && (len(known) == 0 || open[0].day <= known[0].day) {
			d.day, runs = open[0].day, open[0].runs
			open = open[1:]
		}
		if len(known) > 0 && (runs == nil || known[0].day == d.day) {
			d = known[0]
			known = known[1:]
		}
		if err := tx.Context().Err(); err != nil {
			return err
		}
		a.folder.Begin(d.day)
		if d.rollup != 0 {
			err = a.rolled(tx, d)
		} else {
			err = a.day(tx, d.day, runs)
		}
		if err != nil {
			return err
		}
		a.collect()
	}
	return nil
}

// collect moves the day's periods to the result; one that began on an earlier day goes on.
func (a *aggregate) collect() {
	for i := range a.folder.Cells {
		p := &a.folder.Cells[i]
		if p.Count == 0 {
			continue
		}
		if n := len(a.points); n > 0 && a.points[n-1].At == p.At {
			a.points[n-1].Join(p)
			continue
		}
		a.points = append(a.points, *p)
	}
}

// day sums one day: rows of the database block by block, each with what the open stage has of it, then the blocks that are
// open only.
func (a *aggregate) day(tx *store.Tx, day int64, runs []*chunk.Run) error {
	narrow := make([]*chunk.Run, len(runs))
	for i, r := range runs {
		narrow[i] = r.Only(a.col)
	}
	a.done = map[int64]bool{}
	var rows []row
	for _, span := range a.set.spans() {
		err := tx.Each(qChunkDay, []any{a.f.num, day, span[0], span[1]}, func(scan func(...any) error) error {
			r := row{day: day}
			if err := scan(&r.block, &r.seq, &r.body); err != nil {
				return err
			}
			if len(rows) > 0 && rows[0].block != r.block {
				if err := a.block(rows, narrow); err != nil {
					return err
				}
				rows = rows[:0]
			}
			rows = append(rows, r)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(rows) > 0 {
		if err := a.block(rows, narrow); err != nil {
			return err
		}
	}
	return a.openOnly(narrow)
}

// block sums the rows of one block. A single row with nothing open beside it needs no merging.
func (a *aggregate) block(rows []row, narrow []*chunk.Run) error {
	block := rows[0].block
	mask := a.set.mask(block)
	var parts []*chunk.Run
	for _, r := range narrow {
		if p := r.Block(block); p != nil {
			parts = append(parts, p)
		}
	}
	if len(rows) == 1 && len(parts) == 0 {
		if err := a.opened.Open(rows[0].body, rows[0].day, block); err != nil {
			return rows[0].damaged(err)
		}
		if err := a.folder.Block(&a.opened, mask, a.col); err != nil {
			return rows[0].damaged(err)
		}
		return nil
	}
	a.done[block] = true
	srcs := make([]*chunk.Run, 0, len(rows)+len(parts))
	for i := range rows {
		r, err := rows[i].decode(&a.opened, mask, 1, a.col)
		if err != nil {
			return err
		}
		srcs = append(srcs, r)
	}
	return a.merge(append(srcs, parts...), mask)
}

func (a *aggregate) merge(srcs []*chunk.Run, mask uint64) error {
	return a.merger.Each(srcs, 1, func(key int64, s *chunk.Run) error {
		if mask&(1<<uint(key&(chunk.BlockKeys-1))) != 0 {
			a.folder.Cut(s.Times)
			a.folder.Add(s.Vals[0], s.Qual)
		}
		return nil
	})
}

// openOnly sums the blocks that have no rows yet.
func (a *aggregate) openOnly(narrow []*chunk.Run) error {
	if a.set.all {
		return chunk.EachBlock(narrow, func(block int64, parts []*chunk.Run) error {
			if a.done[block] {
				return nil
			}
			return a.merge(parts, ^uint64(0))
		})
	}
	for _, block := range a.set.blocks {
		if a.done[block] {
			continue
		}
		var parts []*chunk.Run
		for _, r := range narrow {
			if p := r.Block(block); p != nil {
				parts = append(parts, p)
			}
		}
		if err := a.merge(parts, a.set.mask(block)); err != nil {
			return err
		}
	}
	return nil
}

// rolled sums a day of which only the roll-ups are left.
func (a *aggregate) rolled(tx *store.Tx, d dayRow) error {
	if d.rollup == gone {
		return nil
	}
	if a.folder.Period%d.rollup != 0 {
		return errs.Say(errs.Invalid, "%s 的原始数据已按 %s 汇总，统计周期须为其整数倍", "the samples of %s are kept per %s only; the period must be a multiple of it",
			chunk.DayName(d.day), time.Duration(d.rollup)*time.Microsecond)
	}
	cols := 4 * a.f.cols()
	for _, span := range a.set.spans() {
		err := tx.Each(qChunkDay, []any{a.f.rolls(), d.day, span[0], span[1]}, func(scan func(...any) error) error {
			r := row{day: d.day}
			if err := scan(&r.block, &r.seq, &r.body); err != nil {
				return err
			}
			return a.rolledRow(&r, cols)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *aggregate) rolledRow(r *row, cols int) error {
	if err := a.opened.Open(r.body, r.day, r.block); err != nil {
		return r.damaged(err)
	}
	one := chunk.NewRun(cols, 0)
	for p := a.opened.Present & a.set.mask(r.block); p != 0; p &= p - 1 {
		one.Cut(0)
		if err := a.opened.Add(one, bits.TrailingZeros64(p), -1); err != nil {
			return r.damaged(err)
		}
		a.folder.Roll(one, a.col)
	}
	return nil
}

// sums are figures of rows of series_chunk.
type sums struct{ rows, series, samples, bytes int64 }

func (s *sums) read(tx *store.Tx, num, first, last int64) error {
	return tx.Get(qChunkSum, []any{num, first, last}, &s.rows, &s.series, &s.samples, &s.bytes)
}

// Stats are a family's figures, from the database and from memory.
type Stats struct {
	OpenSamples int64 // in the open stage
	Batches     int64 // blobs not yet flushed
	BatchBytes  int64
	Rows        int64 // rows of series_chunk with samples
	Series      int64 // keys in them, counted once a row
	Samples     int64 // samples in them; one that was corrected counts again until its day is compacted
	Bytes       int64
	RollUpRows  int64
	RollUpBytes int64
}

// Stats counts exactly: it visits the head of every row of the family, so it is for a page or a bench, not for a hot path.
func (t *Table) Stats(ctx context.Context) (Stats, error) {
	return t.stats(ctx, chunk.MinDay, chunk.MaxDay)
}

// DayStats is Stats for the local day that a time falls in; batches are not told apart by day and stand at 0.
func (t *Table) DayStats(ctx context.Context, at time.Time) (Stats, error) {
	day := chunk.DayOf(at.UnixMicro())
	st, err := t.stats(ctx, day, day)
	st.Batches, st.BatchBytes = 0, 0
	return st, err
}

func (t *Table) stats(ctx context.Context, first, last int64) (st Stats, err error) {
	f := t.f
	open, err := f.view(first, last)
	if err != nil {
		return st, err
	}
	for _, o := range open {
		st.OpenSamples += int64(total(o.runs))
	}
	err = f.e.db.Read(ctx, func(tx *store.Tx) error {
		var blobs, rows, rolls sums
		if err := tx.Get(qBlobSum, []any{f.num}, &blobs.rows, &blobs.samples, &blobs.bytes); err != nil {
			return err
		}
		if err := rows.read(tx, f.num, first, last); err != nil {
			return err
		}
		if err := rolls.read(tx, f.rolls(), first, last); err != nil {
			return err
		}
		st.Batches, st.BatchBytes = blobs.rows, blobs.bytes
		st.Rows, st.Series, st.Samples, st.Bytes = rows.rows, rows.series, rows.samples, rows.bytes
		st.RollUpRows, st.RollUpBytes = rolls.rows, rolls.bytes
		return nil
	})
	return st, err
}

// Days lists the local days, as the midnights that they begin with, that have samples, open or not.
func (t *Table) Days(ctx context.Context) ([]time.Time, error) {
	open, err := t.f.view(chunk.MinDay, chunk.MaxDay)
	if err != nil {
		return nil, err
	}
	known, err := t.f.knownDays(ctx)
	if err != nil {
		return nil, err
	}
	var days []int64
	for _, o := range open {
		days = append(days, o.day)
	}
	for d, r := range known {
		if r.rollup != gone {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	out := make([]time.Time, len(days))
	for i, d := range days {
		out[i] = time.UnixMicro(chunk.DayStart(d)).In(Zone)
	}
	return out, nil
}
