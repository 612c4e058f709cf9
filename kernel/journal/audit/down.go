package audit

import (
	"io/fs"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/lang"
)

// down reads the tiles from the signed root downwards.
type down struct {
	dir   fs.FS
	size  uint64
	sound bool // the tiles at the right edge lead to the signed root
	kept  [merkle.MaxTileLevel + 1]kept
	found []Finding
}

// kept is the tile of a level that was read last: the walk goes from left to right, so that each is read once.
type kept struct {
	n      uint64
	loaded bool
	sound  bool
	hashes [][32]byte
}

// open tells whether the tiles lead to the signed root: then those at the right edge, which the root is computed from, are vouched for.
func (d *down) open(root [32]byte) {
	var s merkle.Scheme
	have, err := s.Range(merkle.Range{Lo: 0, Hi: d.size}, s.Tiles(d.size, func(level uint, n uint64, _ int) ([][32]byte, error) {
		return readTile(d.dir, level, n, d.size)
	}))
	d.sound = err == nil && have == root
}

// tile gives a tile and whether the signed root vouches for it. The first tile on the way down that does not fit the hash above is named.
func (d *down) tile(level uint, n uint64) (hashes [][32]byte, sound bool) {
	if level > merkle.MaxTileLevel {
		return nil, false
	}
	k := &d.kept[level]
	if k.loaded && k.n == n {
		return k.hashes, k.sound
	}
	*k = kept{n: n, loaded: true}
	if !d.sound {
		return nil, false
	}
	hashes, err := readTile(d.dir, level, n, d.size)
	name := merkle.Tile{L: level, N: n, W: merkle.WidthAt(level, n, d.size)}.Path()
	if err != nil {
		d.found = append(d.found, Finding{What: File, File: name, Said: lang.T("瓦片 "+name+" 缺失或长度不符", "the tile "+name+" is missing or has a wrong length")})
		return nil, false
	}
	if len(hashes) == merkle.TileWidth {
		above, vouched := d.tile(level+1, n/merkle.TileWidth)
		if !vouched {
			return nil, false
		}
		if merkle.Root(hashes) != above[n%merkle.TileWidth] {
			d.found = append(d.found, Finding{What: Tile, File: name, Said: lang.T("瓦片 "+name+" 被改动", "the tile "+name+" was changed")})
			return nil, false
		}
	}
	k.hashes, k.sound = hashes, true
	return hashes, true
}

// source gives tiles that are vouched for only.
func (d *down) source(level uint, n uint64, _ int) ([][32]byte, error) {
	hashes, sound := d.tile(level, n)
	if !sound {
		return nil, errs.Say(errs.Conflict, "瓦片不可信", "the tile is not vouched for")
	}
	return hashes, nil
}

// chain follows the journal's own chain of hashes; a log of other records has none.
type chain struct {
	other bool // the first entry is not a journal's
	prev  string
	found []Finding
}

func (c *chain) skip() { c.prev = "" }

// step looks at the entry at an index.
func (c *chain) step(index uint64, data []byte) {
	if c.other {
		return
	}
	e, err := journal.ParseEntry(data)
	if err != nil && index == 0 {
		c.other = true
		return
	}
	if len(c.found) < maxFindings && (err != nil || uint64(e.Seq) != index+1 || c.prev != "" && e.Prev != c.prev) {
		c.found = append(c.found, Finding{What: Chain, From: index + 1, To: index + 1})
	}
	c.prev = e.Hash
}
