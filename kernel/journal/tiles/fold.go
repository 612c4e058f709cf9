package tiles

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/store"
)

// Fold takes the journal's committed entries into its log: leaf i is the entry of seq i+1.
type Fold struct {
	Journal *journal.Journal
	Log     *Log
}

// foldLeaves are taken in at once: four tiles, some half a megabyte of entries.
const foldLeaves = 1024

// Run folds what has been recorded since the last time and signs a checkpoint where there was something. It goes on for as long as there is
// more; errs.Conflict where the journal is broken or no longer agrees with what was signed.
func (f Fold) Run(ctx context.Context) error {
	size, err := f.Log.Size(ctx)
	if err != nil {
		return err
	}
	var prev []byte
	for {
		leaves, next, err := f.Journal.Leaves(ctx, int64(size), prev, foldLeaves)
		if err != nil {
			return err
		}
		if len(leaves) == 0 {
			break
		}
		hashes := make([][32]byte, len(leaves))
		for i, l := range leaves {
			hashes[i] = merkle.LeafHash(l.Data)
		}
		moved := false
		err = f.Log.s.db.Write(ctx, func(tx *store.Tx) error {
			first, err := f.Log.Append(tx, hashes)
			if moved = err == nil && first != size; moved { // another node was faster: what it took in is the same
				return errs.Say(errs.Conflict, "日志已由另一节点汇入", "another node has taken these entries in")
			}
			return err
		})
		switch {
		case moved:
			return nil
		case err != nil:
			return err
		}
		size, prev = size+uint64(len(leaves)), next
	}
	if _, err = f.Log.Checkpoint(ctx); errs.Is(err, errs.NotFound) {
		return nil // an empty journal
	}
	return err
}

// Entries gives the bundle of entries beside a tile of level 0. C2SP tlog-tiles Log entries
func (f Fold) Entries(ctx context.Context, t merkle.Tile) ([][]byte, error) {
	size, err := f.Log.Size(ctx)
	if err != nil {
		return nil, err
	}
	if !t.Entries || merkle.WidthAt(0, t.N, size) < t.W {
		return nil, errs.Say(errs.NotFound, "没有条目包 %s", "there is no bundle %s", t.Path())
	}
	leaves, _, err := f.Journal.Leaves(ctx, int64(t.N*merkle.TileWidth), nil, t.W)
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(leaves))
	for i, l := range leaves {
		out[i] = l.Data
	}
	return out, nil
}
