package series

import (
	"context"
	"math"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
)

// Maintain compacts what is due and applies retention; the host runs it as a job. It also reports what failed in the
// background since the last call.
func (e *Engine) Maintain(ctx context.Context) error {
	e.mu.Lock()
	err := e.err
	e.err = nil
	e.mu.Unlock()
	for _, f := range e.list() {
		if ferr := f.upkeep(ctx); ferr != nil && err == nil {
			err = errs.Wrap("maintain series "+f.def.Load().Name, ferr)
		}
	}
	return err
}

func (f *family) upkeep(ctx context.Context) error {
	f.maintain.Lock()
	defer f.maintain.Unlock()
	now := f.e.now()
	ended := chunk.DayOf(now.Add(-dayGrace).UnixMicro())
	_, err := f.compact(ctx, func(d dayRow) bool {
		return d.day < ended && (d.compactedAt == 0 || now.Sub(store.Time(d.compactedAt)) >= lateGrace)
	})
	if err != nil {
		return err
	}
	return f.retain(ctx, now)
}

// retain rolls up or drops the days whose samples are older than KeepRaw. A sample that comes for such a day later is kept
// where the roll-up has nothing for its key and period, and dropped otherwise: what was summed cannot be corrected.
func (f *family) retain(ctx context.Context, now time.Time) error {
	def := f.def.Load()
	if def.KeepRaw <= 0 {
		return nil
	}
	// The day itself must have ended before the limit.
	before := chunk.DayOf(now.Add(-def.KeepRaw).UnixMicro())
	if _, _, err := f.flush(ctx, func(day int64) bool { return day < before }); err != nil {
		return err
	}
	days, err := f.knownDays(ctx)
	if err != nil {
		return err
	}
	for day, d := range days {
		if day >= before || d.rollup != 0 && !d.parts {
			continue
		}
		if err := f.retire(ctx, d, def.RollUp.Microseconds()); err != nil {
			return errs.Wrap("retire "+chunk.DayName(day), err)
		}
		f.last.clear() // what it knows may be gone
	}
	return nil
}

// retire replaces the samples of a day by their roll-up. The mark of the day comes between the two: before it the samples
// answer, after it the roll-up does, and a step that a crash cut off is done again.
func (f *family) retire(ctx context.Context, d dayRow, period int64) error {
	if d.rollup != 0 {
		period = max(0, d.rollup)
	}
	mark := int64(gone)
	if period > 0 {
		mark = period
		if err := f.rollDay(ctx, d.day, period); err != nil {
			return err
		}
	}
	err := f.e.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qDayRolled, f.num, d.day, mark)
		return err
	})
	if err != nil {
		return err
	}
	for {
		blocks, err := f.blocks(ctx, qChunkNext, f.num, d.day, -chunk.AllBlocks)
		if err != nil || len(blocks) == 0 {
			if err == nil {
				err = f.markCompacted(ctx, d.day)
			}
			return err
		}
		err = f.e.db.Write(ctx, func(tx *store.Tx) error {
			for _, b := range blocks {
				if _, err := tx.Exec(qChunkDrop, f.num, d.day, b, int64(math.MaxInt64)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// rollDay writes the roll-up of each block of a day that has samples.
func (f *family) rollDay(ctx context.Context, day, period int64) error {
	out := rowWriter{f: f, num: f.rolls(), merge: true}
	var w chunk.Writer
	var m chunk.Merger
	cols := f.cols()
	for from := int64(-chunk.AllBlocks); ; {
		blocks, err := f.blocks(ctx, qChunkNext, f.num, day, from)
		if err != nil {
			return err
		}
		if len(blocks) == 0 {
			return out.flush(ctx)
		}
		for _, b := range blocks {
			rows, old, err := f.readRolls(ctx, day, b)
			if err != nil {
				return err
			}
			srcs, err := decodeEach(rows, ^uint64(0), cols)
			if err != nil {
				return err
			}
			fresh, err := rollUp(&m, srcs, cols, period)
			if err != nil {
				return err
			}
			kept, err := decodeEach(old, ^uint64(0), 4*cols)
			if err != nil {
				return err
			}
			// The old roll-up stands last and wins.
			body, err := w.Encode(&m, day, b, append([]*chunk.Run{fresh}, kept...), 4*cols)
			if err != nil {
				return err
			}
			if err := out.add(ctx, row{day, b, rows[len(rows)-1].seq, int64(w.Series), int64(w.Samples), body}); err != nil {
				return err
			}
			from = b + 1
		}
	}
}

func (f *family) readRolls(ctx context.Context, day, block int64) (rows, old []row, err error) {
	err = f.e.db.Read(ctx, func(tx *store.Tx) error {
		if rows, err = blockRows(tx, f.num, block, day, day); err != nil {
			return err
		}
		old, err = blockRows(tx, f.rolls(), block, day, day)
		return err
	})
	return rows, old, err
}

// rollUp sums the samples of a block per key and period. A column becomes four: sum, least, greatest, count. The time of a
// point is the period's start; periods without a valid value in any column are left out.
func rollUp(m *chunk.Merger, srcs []*chunk.Run, cols int, period int64) (*chunk.Run, error) {
	out := chunk.NewRun(4*cols, 0)
	err := m.Each(srcs, cols, func(key int64, s *chunk.Run) error {
		for lo := 0; lo < s.Len(); {
			p := chunk.PeriodOf(s.Times[lo], period)
			hi := lo + 1
			for hi < s.Len() && chunk.PeriodOf(s.Times[hi], period) == p {
				hi++
			}
			points := make([]Point, cols)
			any := false
			for c := range points {
				for i := lo; i < hi; i++ {
					if v := s.Vals[c][i]; v != Null && s.Qual[i].Source() != Invalid {
						points[c].Join(&Point{Sum: v, Min: v, Max: v, Count: 1})
						any = true
					}
				}
			}
			if lo = hi; !any {
				continue
			}
			out.Keys, out.Times, out.Qual = append(out.Keys, key), append(out.Times, p*period-chunk.ZoneMicros), append(out.Qual, Measured)
			for c, pt := range points {
				for i, v := range [4]int64{pt.Sum, pt.Min, pt.Max, pt.Count} {
					out.Vals[4*c+i] = append(out.Vals[4*c+i], v)
				}
			}
		}
		return nil
	})
	return out, err
}
