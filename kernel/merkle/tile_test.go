package merkle

import "testing"

func TestTilePath(t *testing.T) {
	for _, c := range []struct {
		tile Tile
		path string
	}{
		{Tile{N: 1234067, W: 256}, "tile/0/x001/x234/067"},
		{Tile{N: 0, W: 256}, "tile/0/000"},
		{Tile{L: 2, N: 999, W: 1}, "tile/2/999.p/1"},
		{Tile{L: 7, N: 1000, W: 255}, "tile/7/x001/000.p/255"},
		{Tile{N: 5, W: 12, Entries: true}, "tile/entries/005.p/12"},
		{Tile{N: 1<<56 - 1, W: 256}, "tile/0/x072/x057/x594/x037/x927/935"},
	} {
		if got := c.tile.Path(); got != c.path {
			t.Errorf("%+v: %s, want %s", c.tile, got, c.path)
		}
		if got, err := ParseTile(c.path); err != nil || got != c.tile {
			t.Errorf("%s: %+v, %v", c.path, got, err)
		}
	}
	for _, bad := range []string{"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/1", "tile/0/0001", "tile/0/x000/001", "tile/0/001/002",
		"tile/00/001", "tile/8/001", "tile/-1/001", "tile/+1/001", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/01", "tile/0/001.p/",
		"tile/0/x001/x002", "tile/0/+01", "tile/data/001", "tile/0/001/", "/tile/0/001", "tile/0/../001", "tile/0/001.p/5/x",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/999"} {
		if got, err := ParseTile(bad); err == nil {
			t.Errorf("%q was taken: %+v", bad, got)
		}
	}
}

// TestTilesOf is the example of the standard: a tree of 70,000.
func TestTilesOf(t *testing.T) {
	for _, c := range []struct {
		level uint
		size  uint64
		full  uint64
		width int
	}{{0, 70000, 273, 112}, {1, 70000, 1, 17}, {2, 70000, 0, 1}, {3, 70000, 0, 0}, {0, 256, 1, 0}, {1, 256, 0, 1}} {
		if full, width := TilesOf(c.level, c.size); full != c.full || width != c.width {
			t.Errorf("level %d of %d: %d full and %d, want %d and %d", c.level, c.size, full, width, c.full, c.width)
		}
	}
}

// TestTiles proves from tiles what is proved from the leaves, also for sizes that the tree had before.
func TestTiles(t *testing.T) {
	const n = 70_000
	leaves := leavesOf(n)
	levels := [][][Size]byte{leaves}
	for len(levels[len(levels)-1]) >= TileWidth {
		below := levels[len(levels)-1]
		var up [][Size]byte
		for i := 0; i+TileWidth <= len(below); i += TileWidth {
			up = append(up, Root(below[i:i+TileWidth]))
		}
		levels = append(levels, up)
	}
	reads := 0
	src := func(level uint, tile uint64, w int) ([][Size]byte, error) {
		reads++
		lo := tile * TileWidth
		return levels[level][lo : lo+uint64(w)], nil
	}
	var s Scheme
	for _, size := range []uint64{1, 255, 256, 257, 65535, 65536, 65537, 69999, n} {
		root, err := s.Range(Range{0, size}, s.Tiles(size, src))
		if err != nil || root != Root(leaves[:size]) {
			t.Fatalf("root of %d: %v", size, err)
		}
		for _, i := range []uint64{0, size / 2, size - 1} {
			reads = 0
			ranges, err := Inclusion(i, size)
			if err != nil {
				t.Fatal(err)
			}
			proof, err := s.Hashes(ranges, s.Tiles(size, src))
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyInclusion(leaves[i], i, size, proof, root); err != nil {
				t.Errorf("leaf %d of %d: %v", i, size, err)
			}
			if reads > 6 {
				t.Errorf("leaf %d of %d: %d tiles read", i, size, reads)
			}
		}
	}
	if _, err := s.Tiles(10, src)(Node{Level: 0, Index: 10}); err == nil {
		t.Error("a node beyond the tree was read")
	}
}

func FuzzTile(f *testing.F) {
	f.Add("tile/0/x001/x234/067.p/5")
	f.Add("tile/entries/000")
	f.Fuzz(func(t *testing.T, path string) {
		if tile, err := ParseTile(path); err == nil && tile.Path() != path {
			t.Errorf("%q reads as %+v, which is %q", path, tile, tile.Path())
		}
	})
}
