package tiles

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/note"
)

// Store holds all logs of a program.
type Store struct {
	db  *store.DB
	now func() time.Time
}

// Open migrates and opens the logs. now is the clock of signatures: the machine's.
func Open(ctx context.Context, db *store.DB, now func() time.Time) (*Store, error) {
	if err := db.Migrate(ctx, "tiles", tables); err != nil {
		return nil, errs.Wrap("open logs", err)
	}
	return &Store{db: db, now: now}, nil
}

// Signer signs checkpoints with a key that may lie anywhere.
type Signer struct {
	Key  note.Key
	Sign func(ctx context.Context, message []byte) ([]byte, error)
}

// Options names a log.
type Options struct {
	Name    string   // key of its rows: "journal"
	Origin  string   // C2SP origin: a URL without scheme that nobody else uses, "haihe.example/journal"; never changes
	Signers []Signer // the first one's name should be the origin
}

// Log is one append-only log.
type Log struct {
	s *Store
	o Options
}

// Log opens a log and makes it where it is new. errs.Conflict where it stands under another origin: the origin is what checkpoints are known
// by, so that a changed one would make a second log of the same rows.
func (s *Store) Log(ctx context.Context, o Options) (*Log, error) {
	l := &Log{s: s, o: o}
	if o.Name == "" || o.Origin == "" {
		return nil, errs.Say(errs.Invalid, "日志须有名称和来源标识", "a log needs a name and an origin")
	}
	var origin string
	var size int64
	err := s.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qLog, []any{o.Name}, &origin, &size) })
	if errs.Is(err, errs.NotFound) {
		origin = o.Origin
		err = s.db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(qMake, o.Name, o.Origin)
			return err
		})
	}
	if err != nil {
		return nil, errs.Wrap("open log", err)
	}
	if origin != o.Origin {
		return nil, errs.Say(errs.Conflict, "日志 %s 的来源标识是 %s，不能改为 %s", "the log %s has the origin %s, which cannot become %s", o.Name, origin, o.Origin)
	}
	if len(o.Signers) > 0 {
		err = s.db.Write(ctx, l.remember)
	}
	return l, errs.Wrap("open log", err)
}

// Origin gives the origin of a log that is there; errs.NotFound where it is not.
func (s *Store) Origin(ctx context.Context, name string) (origin string, err error) {
	var size int64
	err = s.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qLog, []any{name}, &origin, &size) })
	return origin, errs.Wrap("read origin", err)
}

// Origin gives the log's origin.
func (l *Log) Origin() string { return l.o.Origin }

// Keys gives the keys that sign the log.
func (l *Log) Keys() []note.Key {
	keys := make([]note.Key, len(l.o.Signers))
	for i, s := range l.o.Signers {
		keys[i] = s.Key
	}
	return keys
}

// Size tells how many leaves the log has, signed or not.
func (l *Log) Size(ctx context.Context) (uint64, error) {
	var size uint64
	err := l.s.db.Read(ctx, func(tx *store.Tx) (err error) {
		size, err = l.size(tx)
		return err
	})
	return size, errs.Wrap("size of log", err)
}

func (l *Log) size(tx *store.Tx) (uint64, error) {
	var origin string
	var size int64
	err := tx.Get(qLog, []any{l.o.Name}, &origin, &size)
	return uint64(size), err
}

// Append adds leaf hashes (merkle.LeafHash) in the order given; first is the index of the first of them.
func (l *Log) Append(tx *store.Tx, leaves [][32]byte) (first uint64, err error) {
	var size int64
	if err := tx.Get(qMove, []any{l.o.Name, int64(len(leaves))}, &size); err != nil {
		return 0, errs.Wrap("append to log", err)
	}
	first = uint64(size) - uint64(len(leaves))
	at := first
	for level := uint(0); len(leaves) > 0; level++ {
		if leaves, err = l.grow(tx, level, at, leaves); err != nil {
			return 0, errs.Wrap("append to log", err)
		}
		at /= merkle.TileWidth
	}
	return first, nil
}

// grow adds hashes to a level that has at of them, and gives the hashes of the tiles that became full: those of the level above.
func (l *Log) grow(tx *store.Tx, level uint, at uint64, hashes [][32]byte) (up [][32]byte, err error) {
	n, w := at/merkle.TileWidth, int(at%merkle.TileWidth)
	tile := make([][32]byte, 0, merkle.TileWidth)
	if w > 0 {
		if tile, err = l.read(tx, level, n, w); err != nil {
			return nil, err
		}
	}
	for len(hashes) > 0 {
		take := min(merkle.TileWidth-len(tile), len(hashes))
		tile, hashes = append(tile, hashes[:take]...), hashes[take:]
		row := make([]byte, 0, len(tile)*merkle.Size)
		for i := range tile {
			row = append(row, tile[i][:]...)
		}
		if _, err := tx.Exec(qPutTile, l.o.Name, int64(level), int64(n), row); err != nil {
			return nil, err
		}
		if len(tile) == merkle.TileWidth {
			up = append(up, merkle.Root(tile))
			tile, n = tile[:0], n+1
		}
	}
	return up, nil
}

// read gives the first w hashes of a tile; errs.Unavailable where they are not there, since the log's size says that they are.
func (l *Log) read(tx *store.Tx, level uint, n uint64, w int) ([][32]byte, error) {
	var row []byte
	err := tx.Get(qTile, []any{l.o.Name, int64(level), int64(n)}, &row)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	return l.cut(row, level, n, w)
}

func (l *Log) cut(row []byte, level uint, n uint64, w int) ([][32]byte, error) {
	if len(row) < w*merkle.Size {
		return nil, errs.Say(errs.Unavailable, "日志 %s 的瓦片 %s 缺失或不完整", "the log %s lacks the tile %s, or a part of it", l.o.Name, merkle.Tile{L: level, N: n, W: w}.Path())
	}
	out := make([][32]byte, w, merkle.TileWidth)
	for i := range out {
		copy(out[i][:], row[i*merkle.Size:])
	}
	return out, nil
}

// ranges computes hashes of ranges in the tree of that size. It asks itself first which tiles that takes, and fetches those together: at a
// database on another machine a proof is then one or two questions, not eight. have is the log's size, 0 where no tile was needed or there.
func (l *Log) ranges(tx *store.Tx, size uint64, ranges []merkle.Range) (out [][32]byte, have uint64, err error) {
	type key struct {
		level uint
		n     uint64
	}
	var s merkle.Scheme
	var need []key
	rows := map[key][]byte{}
	_, err = s.Hashes(ranges, s.Tiles(size, func(level uint, n uint64, w int) ([][32]byte, error) {
		need = append(need, key{level, n})
		return make([][32]byte, w), nil
	}))
	if err != nil {
		return nil, 0, err
	}
	for len(need) > 0 {
		args := []any{l.o.Name}
		for i := range 8 {
			k := need[min(i, len(need)-1)]
			args = append(args, int64(k.level), int64(k.n))
		}
		need = need[min(8, len(need)):]
		err := tx.Each(qTiles, args, func(scan func(...any) error) error {
			var size, level, n int64
			var row []byte
			err := scan(&size, &level, &n, &row)
			have, rows[key{uint(level), uint64(n)}] = uint64(size), row
			return err
		})
		if err != nil {
			return nil, 0, err
		}
	}
	out, err = s.Hashes(ranges, s.Tiles(size, func(level uint, n uint64, w int) ([][32]byte, error) {
		return l.cut(rows[key{level, n}], level, n, w)
	}))
	return out, have, err
}

// Tile gives the bytes of a tile of hashes as C2SP tlog-tiles serves it. errs.NotFound where the log has not grown so far.
func (l *Log) Tile(ctx context.Context, t merkle.Tile) ([]byte, error) {
	var out []byte
	err := l.s.db.Read(ctx, func(tx *store.Tx) error {
		size, err := l.size(tx)
		if err != nil {
			return err
		}
		if t.Entries || merkle.WidthAt(t.L, t.N, size) < t.W {
			return errs.Say(errs.NotFound, "没有瓦片 %s", "there is no tile %s", t.Path())
		}
		hashes, err := l.read(tx, t.L, t.N, t.W)
		for i := range hashes {
			out = append(out, hashes[i][:]...)
		}
		return err
	})
	return out, errs.Wrap("read tile", err)
}

// Root gives the root of the log's first size leaves.
func (l *Log) Root(ctx context.Context, size uint64) ([32]byte, error) {
	h, err := l.hashes(ctx, size, []merkle.Range{{Lo: 0, Hi: size}})
	if err != nil {
		return [32]byte{}, err
	}
	return h[0], nil
}

// Prove gives the inclusion proof of a leaf in the tree of that size: one that a checkpoint was signed for.
func (l *Log) Prove(ctx context.Context, index, size uint64) ([][32]byte, error) {
	ranges, err := merkle.Inclusion(index, size)
	if err != nil {
		return nil, err
	}
	return l.hashes(ctx, size, ranges)
}

// Consistency gives the proof that the tree of size1 is the beginning of that of size2.
func (l *Log) Consistency(ctx context.Context, size1, size2 uint64) ([][32]byte, error) {
	ranges, err := merkle.Consistency(size1, size2)
	if err != nil {
		return nil, err
	}
	return l.hashes(ctx, size2, ranges)
}

// hashes reads tiles and size in one statement, and the size alone only where no tile came.
func (l *Log) hashes(ctx context.Context, size uint64, ranges []merkle.Range) (out [][32]byte, err error) {
	err = l.s.db.Read(ctx, func(tx *store.Tx) error {
		var have uint64
		var failed error
		if out, have, failed = l.ranges(tx, size, ranges); have == 0 {
			var err error
			if have, err = l.size(tx); err != nil {
				return err
			}
		}
		if size > have {
			return errs.Say(errs.NotFound, "日志 %s 只有 %d 条，不到 %d 条", "the log %s has %d leaves, not %d", l.o.Name, have, size)
		}
		return failed
	})
	return out, errs.Wrap("prove from tiles", err)
}
