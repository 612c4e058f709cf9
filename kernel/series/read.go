package series

import (
	"context"
	"math/bits"
	"slices"

	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
)

// keySet is the wanted keys by block. all stands for every key.
type keySet struct {
	all    bool
	blocks []int64 // ascending
	masks  map[int64]uint64
}

func newKeySet(keys []int64) keySet {
	if keys == nil {
		return keySet{all: true}
	}
	s := keySet{masks: make(map[int64]uint64, len(keys)/chunk.BlockKeys+1)}
	for _, k := range keys {
		b := k >> chunk.BlockBits
		m, ok := s.masks[b]
		if !ok {
			s.blocks = append(s.blocks, b)
		}
		s.masks[b] = m | 1<<uint(k&(chunk.BlockKeys-1))
	}
	slices.Sort(s.blocks)
	return s
}

func (s *keySet) mask(block int64) uint64 {
	if s.all {
		return ^uint64(0)
	}
	return s.masks[block]
}

// spans gives the stretches of neighbouring blocks, so that rows are read in few statements.
func (s *keySet) spans() [][2]int64 {
	if s.all {
		return [][2]int64{{-chunk.AllBlocks, chunk.AllBlocks - 1}}
	}
	var out [][2]int64
	for _, b := range s.blocks {
		if n := len(out); n > 0 && out[n-1][1]+1 == b {
			out[n-1][1] = b
			continue
		}
		out = append(out, [2]int64{b, b})
	}
	return out
}

// Range gives a key's samples with from <= At < to, in order, compacted or not.
func (t *Table) Range(ctx context.Context, key, from, to int64) ([]Sample, error) {
	var out []Sample
	var flat []int64
	cols := len(t.def.Columns)
	err := t.scan(ctx, []int64{key}, from, to, func(s *chunk.Run, lo, hi int) error {
		out = slices.Grow(out, hi-lo)
		flat = make([]int64, 0, (hi-lo)*cols)
		for i := lo; i < hi; i++ {
			at := len(flat)
			for c := range cols {
				flat = append(flat, s.Vals[c][i])
			}
			out = append(out, Sample{key, s.Times[i], s.Qual[i], flat[at:len(flat):len(flat)]})
		}
		return nil
	})
	return out, err
}

// Scan calls fn for every sample with from <= At < to, key by key in order; keys nil means all. The sample's Values are valid
// during the call only. No transaction is open while fn runs.
func (t *Table) Scan(ctx context.Context, keys []int64, from, to int64, fn func(Sample) error) error {
	vals := make([]int64, len(t.def.Columns))
	return t.scan(ctx, keys, from, to, func(s *chunk.Run, lo, hi int) error {
		for i := lo; i < hi; i++ {
			for c := range vals {
				vals[c] = s.Vals[c][i]
			}
			if err := fn(Sample{s.Keys[i], s.Times[i], s.Qual[i], vals}); err != nil {
				return err
			}
		}
		return nil
	})
}

// readAhead is the number of bytes of rows that a scan reads before it lets go of its snapshot.
const readAhead = 4 << 20

// scan calls fn for every key with its samples: those of the run from lo to hi.
//
// The open stage is looked at first and the rows after it: what a flush moves meanwhile is then seen twice, never missed.
func (t *Table) scan(ctx context.Context, keys []int64, from, to int64, fn func(s *chunk.Run, lo, hi int) error) error {
	if from, to = chunk.ClampTime(from, to); from >= to {
		return nil
	}
	f := t.f
	first, last := chunk.DayOf(from), chunk.DayOf(to-1)
	open, err := f.view(first, last)
	if err != nil {
		return err
	}
	set := newKeySet(keys)
	if set.all {
		if set.blocks, err = f.allBlocks(ctx, open, first, last); err != nil {
			return err
		}
	}
	var m chunk.Merger
	for blocks := set.blocks; len(blocks) > 0; {
		var rows []row
		taken := 0
		err := f.e.db.Read(ctx, func(tx *store.Tx) error {
			for size := 0; taken < len(blocks) && size < readAhead; taken++ {
				part, err := blockRows(tx, f.num, blocks[taken], first, last)
				if err != nil {
					return err
				}
				for i := range part {
					size += len(part[i].body)
				}
				rows = append(rows, part...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, b := range blocks[:taken] {
			n := 0
			for n < len(rows) && rows[n].block == b {
				n++
			}
			mask := set.mask(b)
			srcs, err := sources(rows[:n], open, b, mask, len(t.def.Columns))
			if err != nil {
				return err
			}
			rows = rows[n:]
			err = m.Each(srcs, len(t.def.Columns), func(key int64, s *chunk.Run) error {
				if lo, hi := s.Between(from, to); lo < hi && mask&(1<<uint(key&(chunk.BlockKeys-1))) != 0 {
					return fn(s, lo, hi)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		blocks = blocks[taken:]
	}
	return nil
}

// sources joins the rows of a block (ordered by day) with what the open stage has of it: day by day, the oldest first.
func sources(rows []row, open []openRuns, block int64, mask uint64, cols int) ([]*chunk.Run, error) {
	closed, err := decodeEach(rows, mask, cols)
	if err != nil {
		return nil, err
	}
	var out []*chunk.Run
	i := 0
	for _, o := range open {
		for ; i < len(rows) && rows[i].day <= o.day; i++ {
			out = append(out, closed[i])
		}
		for _, r := range o.runs {
			part := (*chunk.Run)(nil)
			if bits.OnesCount64(mask) == 1 {
				part = r.Key(block<<chunk.BlockBits | int64(bits.TrailingZeros64(mask)))
			} else {
				part = r.Block(block)
			}
			if part != nil {
				out = append(out, part)
			}
		}
	}
	return append(out, closed[i:]...), nil
}

// allBlocks lists the blocks that have samples on the days first to last.
func (f *family) allBlocks(ctx context.Context, open []openRuns, first, last int64) ([]int64, error) {
	var out []int64
	err := f.e.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qChunkBlocks, []any{f.num, first, last}, func(scan func(...any) error) error {
			var b int64
			if err := scan(&b); err != nil {
				return err
			}
			out = append(out, b)
			return nil
		})
	})
	for _, o := range open {
		for _, r := range o.runs {
			out = append(out, r.Blocks()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), err
}
