package series

import (
	"context"

	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
)

// Runs calls fn with the samples of a key with from <= At < to as columns, piece by piece in order of time. The slices are valid during
// the call only. No transaction is open while fn runs. It is for those who go over many samples of one key: most often nothing has to
// be merged, and nothing is copied.
func (t *Table) Runs(ctx context.Context, key, from, to int64, fn func(times []int64, values [][]int64) error) error {
	if from, to = chunk.ClampTime(from, to); from >= to {
		return nil
	}
	f, cols := t.f, len(t.def.Columns)
	first, last := chunk.DayOf(from), chunk.DayOf(to-1)
	open, err := f.view(first, last) // before the rows, as in scan
	if err != nil {
		return err
	}
	block, mask := key>>chunk.BlockBits, uint64(1)<<uint(key&(chunk.BlockKeys-1))
	var rows []row
	err = f.e.db.Read(ctx, func(tx *store.Tx) (err error) {
		rows, err = blockRows(tx, f.num, block, first, last)
		return err
	})
	if err != nil {
		return err
	}
	srcs, err := sources(rows, open, block, mask, cols)
	if err != nil {
		return err
	}
	values := make([][]int64, cols)
	tell := func(s *chunk.Run) error {
		lo, hi := s.Between(from, to)
		if lo >= hi {
			return nil
		}
		for c := range values {
			values[c] = s.Vals[c][lo:hi]
		}
		return fn(s.Times[lo:hi], values)
	}
	if !apart(srcs, cols) {
		var m chunk.Merger
		return m.Each(srcs, cols, func(_ int64, s *chunk.Run) error { return tell(s) })
	}
	for _, s := range srcs {
		if s.Len() > 0 {
			if err := tell(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// apart tells whether runs of one key follow one another in time and have all columns.
func apart(srcs []*chunk.Run, cols int) bool {
	seen, end := false, int64(0)
	for _, s := range srcs {
		n := s.Len()
		if n == 0 {
			continue
		}
		if len(s.Vals) != cols || seen && s.Times[0] <= end || s.Keys[0] != s.Keys[n-1] {
			return false
		}
		seen, end = true, s.Times[n-1]
	}
	return true
}
