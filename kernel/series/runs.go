package series

import (
	"context"

	"github.com/haihe-city/haihe/kernel/series/chunk"
)

// Runs calls fn with the samples of each key with from <= At < to as columns, key by key in order of time; keys nil means all. The
// slices are valid during the call only. No transaction is open while fn runs.
func (t *Table) Runs(ctx context.Context, keys []int64, from, to int64, fn func(key int64, times []int64, values [][]int64) error) error {
	values := make([][]int64, len(t.def.Columns))
	return t.scan(ctx, keys, from, to, func(s *chunk.Run, lo, hi int) error {
		for c := range values {
			values[c] = s.Vals[c][lo:hi]
		}
		return fn(s.Keys[lo], s.Times[lo:hi], values)
	})
}
