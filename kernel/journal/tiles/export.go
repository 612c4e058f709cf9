package tiles

import (
	"context"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/wire/note"
)

// Export hands out the log under its newest checkpoint as files, in the paths of C2SP tlog-tiles, which kernel/journal/audit checks: checkpoint,
// checkpoints/<size> (the last of each hour, and those with a time stamp), tiles and bundles of entries; and what an auditor needs besides:
// certificates/, lists/ and stamps/. It reads a tile at a time; progress is called with the entries done.
func (f Fold) Export(ctx context.Context, write func(name string, data []byte) error, progress func(done int64)) (Signed, error) {
	c, err := f.Log.Latest(ctx)
	if err != nil {
		return c, err
	}
	if err := write("checkpoint", []byte(c.Note.String())); err != nil {
		return c, errs.Wrap("export log", err)
	}
	stamped, err := f.exportAlong(ctx, c, write)
	if err == nil {
		err = f.exportEarlier(ctx, c, stamped, write)
	}
	if err != nil {
		return c, errs.Wrap("export log", err)
	}
	for level := uint(0); ; level++ {
		full, width := merkle.TilesOf(level, c.Size)
		if full == 0 && width == 0 {
			return c, nil
		}
		for n := uint64(0); n < full || n == full && width > 0; n++ {
			t := merkle.Tile{L: level, N: n, W: merkle.WidthAt(level, n, c.Size)}
			data, err := f.Log.Tile(ctx, t)
			if err == nil {
				err = write(t.Path(), data)
			}
			if err == nil && level == 0 {
				t.Entries = true
				err = f.exportBundle(ctx, t, write)
				progress(int64(n*merkle.TileWidth) + int64(t.W))
			}
			if err != nil {
				return c, errs.Wrap("export log", err)
			}
		}
	}
}

// exportAlong writes what goes along, up to the newest checkpoint, and tells which sizes are time-stamped.
func (f Fold) exportAlong(ctx context.Context, newest Signed, write func(string, []byte) error) (stamped map[uint64]bool, err error) {
	all, err := f.Log.s.Along(ctx, f.Log.o.Name)
	if err != nil {
		return nil, err
	}
	stamped = map[uint64]bool{}
	for _, a := range all {
		if a.Kind == Stamp {
			size, err := strconv.ParseUint(a.Name, 10, 63)
			if err != nil || size > newest.Size {
				continue // signed since: it comes with the next export
			}
			stamped[size] = true
		}
		if err := write(a.path(), a.Data); err != nil {
			return nil, err
		}
	}
	return stamped, nil
}

// exportEarlier writes the last checkpoint of each hour before the newest, and those that are time-stamped.
func (f Fold) exportEarlier(ctx context.Context, newest Signed, stamped map[uint64]bool, write func(string, []byte) error) error {
	const page = 1000
	var last Signed
	for from := uint64(0); ; {
		list, err := f.Log.Signed(ctx, from, page)
		if err != nil {
			return err
		}
		for _, c := range list {
			ended := !last.At.Truncate(time.Hour).Equal(c.At.Truncate(time.Hour))
			if last.Size > 0 && (ended || c.Size == newest.Size || stamped[last.Size]) {
				if err := write("checkpoints/"+strconv.FormatUint(last.Size, 10), []byte(last.Note.String())); err != nil {
					return err
				}
			}
			if c.Size >= newest.Size {
				return nil
			}
			last, from = c, c.Size+1
		}
		if len(list) < page {
			return nil
		}
	}
}

// Bundle gives the bytes of a bundle of entries. C2SP tlog-tiles Log entries
func (f Fold) Bundle(ctx context.Context, t merkle.Tile) ([]byte, error) {
	entries, err := f.Entries(ctx, t)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, e := range entries {
		if out, err = note.AppendEntry(out, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (f Fold) exportBundle(ctx context.Context, t merkle.Tile, write func(string, []byte) error) error {
	data, err := f.Bundle(ctx, t)
	if err != nil {
		return err
	}
	return write(t.Path(), data)
}
