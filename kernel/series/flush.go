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

	Bytes, Series, Samples int64
}

func (w *rowWriter) add(ctx context.Context, r row) error {
	w.rows, w.size = append(w.rows, r), w.size+len(r.body)
	w.Bytes, w.Series, w.Samples = w.Bytes+int64(len(r.body)), w.Series+r.series, w.Samples+r.samples
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
func (f *family) flush(ctx context.Context, due func(day int64) bool) (written rowWriter, err error) {
	written = rowWriter{f: f, num: f.num}
	if err := f.fold(); err != nil {
		return written, err
	}
	days, seq := f.freeze(due)
	if err := f.writeDays(ctx, &written, days, seq); err != nil {
		f.thaw()
		return written, err
	}
	return written, f.dropBlobs(ctx, f.release(days, seq))
}

func (f *family) writeDays(ctx context.Context, out *rowWriter, days []openRuns, seq int64) error {
	var w chunk.Writer
	var m chunk.Merger
	cols := f.cols()
	for _, d := range days {
		err := chunk.EachBlock(d.runs, func(block int64, parts []*chunk.Run) error {
			body, err := w.Encode(&m, d.day, block, parts, cols)
			if err != nil {
				return err
			}
			return out.add(ctx, row{d.day, block, seq, int64(w.Series), int64(w.Samples), body})
		})
		if err != nil {
			return err
		}
	}
	if err := out.flush(ctx); err != nil {
		return err
	}
	for len(days) > 0 {
		part := days[:min(len(days), sliceRows)]
		days = days[len(part):]
		err := f.e.db.Write(ctx, func(tx *store.Tx) error {
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
