package series

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
)

// CompactStats says what a compaction did.
type CompactStats struct {
	Days, Series, Samples, BytesBefore, BytesAfter int64
}

// Patience of the upkeep: a day is compacted an hour after its end, when the stragglers are in, and again for late samples
// every six hours at most, since each touched block is rewritten.
const (
	dayGrace  = time.Hour
	lateGrace = 6 * time.Hour
)

// Compact turns every finished day before the day of `before` (in the engine's zone, Asia/Shanghai) into chunks: one row for
// 64 keys and a day. It may be stopped at any moment and repeated.
func (t *Table) Compact(ctx context.Context, before time.Time) (CompactStats, error) {
	f := t.f
	f.maintain.Lock()
	defer f.maintain.Unlock()
	last := chunk.DayOf(before.UnixMicro())
	return f.compact(ctx, func(d dayRow) bool { return d.day < last })
}

// compact flushes and merges the due days. The caller holds f.maintain.
func (f *family) compact(ctx context.Context, due func(d dayRow) bool) (CompactStats, error) {
	var st CompactStats
	rows, err := f.knownDays(ctx)
	if err != nil {
		return st, err
	}
	written, dropped, err := f.flush(ctx, func(day int64) bool {
		d, ok := rows[day]
		if !ok {
			d = dayRow{day: day}
		}
		return due(d)
	})
	if err != nil {
		return st, err
	}
	if rows, err = f.knownDays(ctx); err != nil {
		return st, err
	}
	// The rows that the flush has just written stood in blobs before.
	st.BytesBefore = dropped - written
	for _, day := range slices.Sorted(maps.Keys(rows)) {
		if d := rows[day]; !d.parts || d.rollup != 0 || !due(d) {
			continue
		}
		if err := f.compactDay(ctx, day, &st); err != nil {
			return st, errs.Wrap("compact "+chunk.DayName(day), err)
		}
	}
	return st, nil
}

// compactDay leaves one row a block and adds to st what it did.
func (f *family) compactDay(ctx context.Context, day int64, st *CompactStats) error {
	var before, after sums
	if err := f.e.db.Read(ctx, func(tx *store.Tx) error { return before.read(tx, f.num, day, day) }); err != nil {
		return err
	}
	if err := f.mergeDay(ctx, day); err != nil {
		return err
	}
	if err := f.e.db.Read(ctx, func(tx *store.Tx) error { return after.read(tx, f.num, day, day) }); err != nil {
		return err
	}
	st.Days, st.Series, st.Samples = st.Days+1, st.Series+after.series, st.Samples+after.samples
	st.BytesBefore, st.BytesAfter = st.BytesBefore+before.bytes, st.BytesAfter+after.bytes
	return nil
}

func (f *family) knownDays(ctx context.Context) (map[int64]dayRow, error) {
	out := map[int64]dayRow{}
	err := f.e.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := f.dayRows(tx, chunk.MinDay, chunk.MaxDay)
		for _, d := range rows {
			out[d.day] = d
		}
		return err
	})
	return out, err
}

func (f *family) mergeDay(ctx context.Context, day int64) error {
	out := rowWriter{f: f, num: f.num, merge: true}
	var w chunk.Writer
	var m chunk.Merger
	cols := f.cols()
	for from, more := int64(-chunk.AllBlocks), true; more; {
		blocks, err := f.blocks(ctx, qChunkParts, f.num, day, from)
		if err != nil {
			return err
		}
		for _, b := range blocks {
			rows, err := f.readBlock(ctx, day, b)
			if err != nil {
				return err
			}
			srcs, err := decodeEach(rows, ^uint64(0), cols)
			if err != nil {
				return err
			}
			body, err := w.Encode(&m, day, b, srcs, cols)
			if err != nil {
				return err
			}
			if err := out.add(ctx, row{day, b, rows[len(rows)-1].seq, int64(w.Series), int64(w.Samples), body}); err != nil {
				return err
			}
			from = b + 1
		}
		more = len(blocks) == sliceRows
	}
	if err := out.flush(ctx); err != nil {
		return err
	}
	return f.markCompacted(ctx, day)
}

func (f *family) markCompacted(ctx context.Context, day int64) error {
	return f.e.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qDayCompacted, f.num, day, store.Micros(f.e.now()))
		return err
	})
}

// blocks lists up to sliceRows blocks from one on.
func (f *family) blocks(ctx context.Context, q store.Stmt, num, day, from int64) (out []int64, err error) {
	err = f.e.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(q, []any{num, day, from, int64(sliceRows)}, func(scan func(...any) error) error {
			var b int64
			if err := scan(&b); err != nil {
				return err
			}
			out = append(out, b)
			return nil
		})
	})
	return out, err
}

func (f *family) readBlock(ctx context.Context, day, block int64) (rows []row, err error) {
	err = f.e.db.Read(ctx, func(tx *store.Tx) error {
		rows, err = blockRows(tx, f.num, block, day, day)
		return err
	})
	return rows, err
}

// blockRows reads the rows of a block for the days first to last, in the order of day and batch.
func blockRows(tx *store.Tx, num, block, first, last int64) (rows []row, err error) {
	err = tx.Each(qChunkBlock, []any{num, block, first, last}, func(scan func(...any) error) error {
		r := row{block: block}
		if err := scan(&r.day, &r.seq, &r.body); err != nil {
			return err
		}
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

// decodeEach decodes the wanted keys (bits of mask) of rows of one block, one run a row.
func decodeEach(rows []row, mask uint64, cols int) ([]*chunk.Run, error) {
	var b chunk.Block
	out := make([]*chunk.Run, len(rows))
	for i := range rows {
		r, err := rows[i].decode(&b, mask, cols, -1)
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

// decode gives the wanted keys of a row as a sorted run: all columns, or the one with only >= 0.
func (r *row) decode(b *chunk.Block, mask uint64, cols, only int) (*chunk.Run, error) {
	if err := b.Open(r.body, r.day, r.block); err != nil {
		return nil, r.damaged(err)
	}
	out, err := b.Decode(mask, cols, only)
	if err != nil {
		return nil, r.damaged(err)
	}
	return out, nil
}

// damaged says that a stored body cannot be read; the FormatError stays in the chain.
func damaged(cause error, zh, en string, args ...any) error {
	err := errs.Say(errs.Unavailable, zh+"已损坏，无法读取；请检查磁盘并从备份恢复", en+" is damaged and cannot be read; check the disk and restore it from a backup", args...)
	var e *errs.Error
	if errors.As(err, &e) {
		e.Err = cause
	}
	return err
}

func (r *row) damaged(cause error) error {
	return damaged(cause, "%s 的时序数据块 %d（批次 %d）", "the series block of %s number %d (batch %d)", chunk.DayName(r.day), r.block, r.seq)
}
