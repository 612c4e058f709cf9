package merkle

import (
	"fmt"
	"strconv"
	"strings"
)

// Tiles are 256 hashes wide: eight levels of the tree. C2SP tlog-tiles, "Merkle Tree"
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
)

// MaxTileLevel bounds the level: 63 in the standard's text; sizes of 64 bits reach level 7.
const MaxTileLevel = 7

// Tile names a tile: level L, index N within it, and width W of 1 to 256 (256: full). Entries: the bundle of entries beside the tile of
// level 0, which L does not matter to.
type Tile struct {
	L       uint
	N       uint64
	W       int
	Entries bool
}

// Path gives the tile's path below the log's prefix: "tile/0/x001/x234/067.p/5". C2SP tlog-tiles, "Merkle Tree" and "Log entries"
func (t Tile) Path() string {
	n := fmt.Sprintf("%03d", t.N%1000)
	for rest := t.N / 1000; rest > 0; rest /= 1000 {
		n = fmt.Sprintf("x%03d/", rest%1000) + n
	}
	level := strconv.FormatUint(uint64(t.L), 10)
	if t.Entries {
		level = "entries"
	}
	if t.W < TileWidth {
		n += ".p/" + strconv.Itoa(t.W)
	}
	return "tile/" + level + "/" + n
}

// ParseTile reads a path that Path writes; errs.Invalid for any other spelling, so that one tile has one name.
func ParseTile(path string) (Tile, error) {
	t := Tile{W: TileWidth}
	bad := func() (Tile, error) {
		return Tile{}, refuse("不是瓦片路径：%q", "%q is no tile's path", clip(path))
	}
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok || len(path) > 64 {
		return bad()
	}
	level, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return bad()
	}
	if t.Entries = level == "entries"; !t.Entries {
		l, err := strconv.ParseUint(level, 10, 8)
		if err != nil || l > MaxTileLevel {
			return bad()
		}
		t.L = uint(l)
	}
	if head, w, partial := strings.Cut(rest, ".p/"); partial {
		width, err := strconv.ParseUint(w, 10, 16)
		if err != nil || width < 1 || width >= TileWidth {
			return bad()
		}
		rest, t.W = head, int(width)
	}
	for part := range strings.SplitSeq(rest, "/") {
		n, err := strconv.ParseUint(strings.TrimPrefix(part, "x"), 10, 16)
		if err != nil || t.N > (1<<63)/1000 {
			return bad()
		}
		t.N = t.N*1000 + n
	}
	if t.Path() != path { // leading zeroes, a missing x, a sign: everything that would be a second name
		return bad()
	}
	return t, nil
}

func clip(s string) string {
	if len(s) > 80 {
		s = s[:80]
	}
	return s
}

// TilesOf gives the width of the newest tile of a level and the number of full ones before it, for a tree of that size. A width of 0: the
// level ends with a full tile.
func TilesOf(level uint, size uint64) (full uint64, width int) {
	n := size >> (TileHeight * level)
	return n / TileWidth, int(n % TileWidth)
}

// WidthAt is how many hashes tile N of the level has in a tree of that size: 256 where it is full, 0 where it is not there.
func WidthAt(level uint, n, size uint64) int {
	full, width := TilesOf(level, size)
	switch {
	case n < full:
		return TileWidth
	case n == full:
		return width
	}
	return 0
}

// TileSource gives the hashes of a tile, at least the first w of them.
type TileSource func(level uint, n uint64, w int) ([][Size]byte, error)

// Tiles reads complete subtrees of a tree of that size from its tiles. Each tile is asked for once in the life of the reader: a proof reads
// one to two tiles for eight levels.
func (s Scheme) Tiles(size uint64, src TileSource) Reader {
	type key struct {
		level uint
		n     uint64
	}
	seen := map[key][][Size]byte{}
	return func(n Node) ([Size]byte, error) {
		level := n.Level / TileHeight
		if level > MaxTileLevel || n.Index+1 > size>>n.Level {
			return [Size]byte{}, refuse("节点（层 %d，序 %d）不在 %d 片叶的树中", "node %d of level %d is not in a tree of %d leaves", n.Index, n.Level, size)
		}
		within := n.Level % TileHeight
		first := n.Index << within // on the tiles' level
		k := key{level, first / TileWidth}
		tile, ok := seen[k]
		if !ok {
			var err error
			w := WidthAt(k.level, k.n, size)
			if tile, err = src(k.level, k.n, w); err != nil {
				return [Size]byte{}, err
			}
			if len(tile) < w {
				return [Size]byte{}, refuse("瓦片 %s 只有 %d 个校验值，应有 %d 个", "tile %s has %d hashes, not %d", Tile{L: k.level, N: k.n, W: w}.Path(), len(tile), w)
			}
			seen[k] = tile
		}
		at := first % TileWidth
		return s.Root(tile[at : at+1<<within]), nil
	}
}
