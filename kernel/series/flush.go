package series

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
)

// Bounds of one transaction of the upkeep. Others wait on the write lane meanwhile, so it stays within milliseconds.
const (
	sliceRows  = 256
	sliceBytes = 1 << 20
)

// row is a row of series_chunk.
type row struct {
	day, block, seq, series, samples int64
	body                             []byte
}

// dayRow is a row of series_day.
type dayRow struct {
	day, flushed int64
	parts        bool
	compactedAt  int64
	rollup       int64
}

// gone marks a day whose samples were dropped and not rolled up.
const gone = -1

func (d *dayRow) scan(scan func(...any) error) error {
	return scan(&d.day, &d.flushed, &d.parts, &d.compactedAt, &d.rollup)
}

// dayRows lists the days first to last that have rows.
func (f *family) dayRows(tx *store.Tx, first, last int64) (out []dayRow, err error) {
	err = tx.Each(qDays, []any{f.num, first, last}, func(scan func(...any) error) error {
		var d dayRow
		if err := d.scan(scan); err != nil {
			return err
		}
		out = append(out, d)
		return nil
	})
	return out, err
}

// rowWriter gathers rows and writes them in bounded transactions.
type rowWriter struct {
	f     *family
	num   int64 // family number: raw or roll-up
	merge bool  // each row stands for all rows of its block up to its seq
	rows  []row
	size  int
	bytes int64 // of all rows so far
}

func (w *rowWriter) add(ctx context.Context, r row) error {
	w.rows, w.size = append(w.rows, r), w.size+len(r.body)
	w.bytes += int64(len(r.body))
	if len(w.rows) < sliceRows && w.size < sliceBytes {
		return nil
	}
	return w.flush(ctx)
}

func (w *rowWriter) flush(ctx context.Context) error {
	if len(w.rows) == 0 {
		return nil
	}
	rows := w.rows
	w.rows, w.size = nil, 0
	return w.f.e.db.Write(ctx, func(tx *store.Tx) error {
		for i := range rows {
			r := &rows[i]
			if w.merge {
				if _, err := tx.Exec(qChunkDrop, w.num, r.day, r.block, r.seq); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(qChunkPut, w.num, r.day, r.block, r.seq, r.series, r.samples, r.body); err != nil {
				return err
			}
		}
		return nil
	})
}

// flush writes the due days of the open stage as rows of series_chunk. The caller holds f.maintain.
//
// Rows first, in bounded transactions; then the mark of each day, from which moment a restart skips the batches that the rows
// contain; then the blobs go. A crash between any two of these leaves samples in two places, never in none, and reading
// merges them.
//
// written and dropped are the bytes of the rows and of the blobs.
func (f *family) flush(ctx context.Context, due func(day int64) bool) (written, dropped int64, err error) {
	if err := f.fold(); err != nil {
		return 0, 0, err
	}
	out := rowWriter{f: f, num: f.num}
	days, seq := f.freeze(due)
	if err := f.writeDays(ctx, &out, days, seq); err != nil {
		f.thaw()
		return 0, 0, err
	}
	idle := f.release(days, seq)
	for _, b := range idle {
		dropped += int64(b.size)
	}
	return out.bytes, dropped, f.dropBlobs(ctx, idle)
}

func (f *family) writeDays(ctx context.Context, out *rowWriter, days []openRuns, seq int64) error {
	if len(days) == 0 {
		return nil
	}
	held := f.held(seq)
	var number int64 // of this flush: each attempt has its own, so that its rows never meet others
	err := f.e.db.Write(ctx, func(tx *store.Tx) (err error) {
		if err := f.alone(tx, seq, held); err != nil {
			return err
		}
		number, err = tx.Next(sequence)
		return err
	})
	if err != nil {
		return errs.Wrap("begin a flush", err)
	}
	var w chunk.Writer
	var m chunk.Merger
	cols := f.cols()
	for _, d := range days {
		err := chunk.EachBlock(d.runs, func(block int64, parts []*chunk.Run) error {
			body, err := w.Encode(&m, d.day, block, parts, cols)
			if err != nil {
				return err
			}
			return out.add(ctx, row{d.day, block, number, int64(w.Series), int64(w.Samples), body})
		})
		if err != nil {
			return err
		}
	}
	if err := out.flush(ctx); err != nil {
		return err
	}
	return f.markDays(ctx, days, seq, held)
}

// markDays notes up to which batch the days stand in series_chunk.
func (f *family) markDays(ctx context.Context, days []openRuns, seq int64, held int) error {
	for len(days) > 0 {
		part := days[:min(len(days), sliceRows)]
		days = days[len(part):]
		err := f.e.db.Write(ctx, func(tx *store.Tx) error {
			if err := f.alone(tx, seq, held); err != nil {
				return err
			}
			for _, d := range part {
				if _, err := tx.Exec(qDayFlushed, f.num, d.day, seq); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return errs.Wrap("mark flushed days", err)
		}
	}
	return nil
}

// alone refuses to mark days where a blob up to seq lies in the database that this process does not hold: another process
// appends to the same family, and the mark would make a restart skip what it wrote.
func (f *family) alone(tx *store.Tx, seq int64, held int) error {
	var n int
	if err := tx.Get(qBlobCount, []any{f.num, seq}, &n); err != nil || n <= held {
		return err
	}
	return errs.Say(errs.Conflict, "时序族“%s”正被另一实例写入（库中 %d 批，本实例持有 %d 批）；同一时序族只能由一个实例写入，请停止另一实例后重启",
		"series %q is written by another instance too (%d batches in the database, %d held here); let one instance write it: stop the other and restart",
		f.def.Load().Name, n, held)
}

// dropBlobs deletes blobs whose samples all stand in series_chunk. What fails here is tried again with the next flush.
func (f *family) dropBlobs(ctx context.Context, idle []openBatch) error {
	for len(idle) > 0 {
		n, size := 0, 0
		for n < len(idle) && n < sliceRows && size < 4*sliceBytes {
			size += idle[n].size
			n++
		}
		part := idle[:n]
		idle = idle[n:]
		err := f.e.db.Write(ctx, func(tx *store.Tx) error {
			for _, b := range part {
				if _, err := tx.Exec(qBlobDrop, f.num, b.seq); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return errs.Wrap("drop flushed batches", err)
		}
		f.forget(part)
	}
	return nil
}
