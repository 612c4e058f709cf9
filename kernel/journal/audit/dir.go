package audit

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/note"
)

// Other is a checkpoint that was noted elsewhere: on paper, in another unit, at a witness.
type Other struct {
	Name string
	Text []byte
}

// checked is a signed checkpoint.
type checked struct {
	name   string
	c      note.Checkpoint
	signed []Signer
}

// Dir checks a log as files. The error is about reading the folder; what is wrong with the log stands in the report. progress, which may be nil,
// is called with the entries done.
func Dir(dir fs.FS, keys *Keys, others []Other, progress func(done int64)) (Report, error) {
	var r Report
	k, err := keys.along(dir)
	if err != nil {
		return r, err
	}
	k.inspect(&r)
	list, err := checkpoints(dir, k, others, &r)
	if err != nil {
		return r, err
	}
	k.leftover(&r)
	at := slices.IndexFunc(list, func(c checked) bool { return c.name == "checkpoint" })
	if at < 0 { // the newest of the others takes its place, so that the rest can be checked all the same
		at = len(list) - 1
	}
	if at < 0 {
		return r, nil
	}
	top := list[at]
	r.Origin, r.Size, r.Root, r.Signed, r.Checkpoints = top.c.Origin, top.c.Size, top.c.Root, top.signed, len(list)
	p := newPass(dir, &r, top.c, list)
	p.run(progress)
	p.judge()
	return r, nil
}

// along gives the keys with what the folder brings along, each thing under its path.
func (k *Keys) along(dir fs.FS) (*Keys, error) {
	out := *k
	out.pieces, out.broken = nil, slices.Clone(k.broken)
	for _, p := range k.pieces { // used is of one check
		c := *p
		c.used = false
		out.pieces = append(out.pieces, &c)
	}
	for _, pattern := range []string{"certificates/*", "lists/*", "stamps/*"} {
		names, err := fs.Glob(dir, pattern)
		if err != nil {
			return nil, errs.Wrap("list certificates", err)
		}
		for _, name := range names {
			b, err := fs.ReadFile(dir, name)
			if err != nil {
				return nil, errs.Because(err, errs.Unavailable, "文件 %s 读不了", "the file %s cannot be read", name)
			}
			out.Bring(name, b)
		}
	}
	return &out, nil
}

// refused is the finding about a checkpoint whose signatures do not count.
func refused(name string, err error) Finding {
	var v *voided
	if errors.As(err, &v) {
		return Finding{What: Void, File: name, Said: lang.T("检查点 "+name+" 的签署无效："+v.said.Zh, "the signature on the checkpoint "+name+" is void: "+v.said.En)}
	}
	t := texts(err)
	return Finding{What: Forged, File: name, Said: lang.T("检查点 "+name+" 未经可信密钥签署，或已被改动："+t.Zh, "the checkpoint "+name+" is not signed by a key that is trusted, or was changed: "+t.En)}
}

// checkpoints reads all of them, smallest first; those that are not signed are named and left out.
func checkpoints(dir fs.FS, keys *Keys, others []Other, r *Report) ([]checked, error) {
	names, err := fs.Glob(dir, "checkpoints/*")
	if err != nil {
		return nil, errs.Wrap("list checkpoints", err)
	}
	for _, name := range append([]string{"checkpoint"}, names...) {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			r.find(Finding{What: File, File: name, Said: lang.T("缺少文件 "+name, "the file "+name+" is missing")})
			continue
		}
		others = append(others, Other{Name: name, Text: text})
	}
	var list []checked
	for _, o := range others {
		n, err := note.Parse(o.Text)
		c := checked{name: o.Name}
		if err == nil {
			c.c, c.signed, err = keys.open(n, r)
		}
		if early(err) && o.Name != "checkpoint" { // the key signed before it was certified: it is held against the rest all the same
			r.remark("检查点 "+o.Name+" 签署时签署者尚无证书，由此后的检查点证明", "the checkpoint "+o.Name+" was signed before its signer had a certificate; those that follow vouch for it")
			list = append(list, c)
			continue
		}
		if err != nil {
			r.find(refused(o.Name, err))
			continue
		}
		list = append(list, c)
		r.Notes = append(r.Notes, said(o.Name, c.signed)...)
		if s := c.signed[0]; s.How == ByStamp && c.c.Size >= r.Stamped {
			r.Stamped, r.StampedAt, r.StampedBy = c.c.Size, s.At, s.Source
		}
	}
	slices.SortStableFunc(list, func(a, b checked) int {
		switch {
		case a.c.Size < b.c.Size:
			return -1
		case a.c.Size > b.c.Size:
			return 1
		}
		return 0
	})
	return list, nil
}

// pass goes over the log once.
type pass struct {
	dir  fs.FS
	r    *Report
	top  note.Checkpoint
	list []checked

	up    [merkle.MaxTileLevel + 1][][32]byte // hashes computed from the entries, of the tile of each level that is being filled
	done  [merkle.MaxTileLevel + 1]uint64     // tiles filled before
	tree  merkle.Frontier
	whole bool                // every entry could be read, so that what is computed means something
	tiles []Finding           // tiles that differ from what the entries give
	roots map[uint64][32]byte // computed from the entries at the sizes of the checkpoints
	sizes map[uint64]bool
	index uint64 // of the next entry, were nothing missing or put in
	chain chain
	down  down
	align aligner
}

func newPass(dir fs.FS, r *Report, top note.Checkpoint, list []checked) *pass {
	p := &pass{dir: dir, r: r, top: top, list: list, whole: true, roots: map[uint64][32]byte{}, sizes: map[uint64]bool{}}
	p.down = down{dir: dir, size: top.Size}
	p.down.open(top.Root)
	p.align = aligner{find: func(what string, from, to uint64, said lang.Text) {
		p.align.found = append(p.align.found, Finding{What: what, From: from, To: to, File: bundleOf(from-1, top.Size), Said: said})
	}}
	for _, c := range list {
		p.sizes[c.c.Size] = true
	}
	if p.sizes[0] {
		p.roots[0] = merkle.Root(nil)
	}
	return p
}

// bundleOf is the path of the bundle in which an entry stands.
func bundleOf(index, size uint64) string {
	n := index / merkle.TileWidth
	w := merkle.WidthAt(0, n, size)
	if w == 0 {
		return ""
	}
	return merkle.Tile{N: n, W: w, Entries: true}.Path()
}

// run reads every bundle and the tile beside it.
func (p *pass) run(progress func(int64)) {
	full, width := merkle.TilesOf(0, p.top.Size)
	for n := uint64(0); n < full || n == full && width > 0; n++ {
		w := merkle.WidthAt(0, n, p.top.Size)
		tile, sound := p.down.tile(0, n)
		t := merkle.Tile{N: n, W: w, Entries: true}
		bundle, err := fs.ReadFile(p.dir, t.Path())
		var entries [][]byte
		if err == nil {
			entries, err = note.Entries(bundle)
		}
		if err != nil { // what was not read is not missing a second time
			p.whole, p.index = false, (n+1)*merkle.TileWidth
			said := lang.T("条目文件 "+t.Path()+" 缺失或无法解读", "the file of entries "+t.Path()+" is missing or cannot be read: "+texts(err).En)
			p.r.find(Finding{What: File, File: t.Path(), From: n*merkle.TileWidth + 1, To: n*merkle.TileWidth + uint64(w), Said: said})
			p.align.flush()
			p.align.skip(p.index)
			p.chain.skip()
			continue
		}
		hashes := make([][32]byte, len(entries))
		for i, e := range entries {
			hashes[i] = merkle.LeafHash(e)
			p.chain.step(p.index, e)
			p.add(hashes[i])
			p.index++
		}
		p.r.Entries += uint64(len(entries))
		if sound {
			p.align.feed(tile, hashes)
		}
		if progress != nil {
			progress(int64(p.r.Entries))
		}
	}
	p.align.flush()
	p.edge()
}

// add takes an entry's hash into the tree and fills the tiles.
func (p *pass) add(h [32]byte) {
	p.tree.Append(merkle.Scheme{}, h)
	if p.sizes[p.tree.Size] {
		p.roots[p.tree.Size] = p.tree.Root(merkle.Scheme{})
	}
	for level := uint(0); ; level++ {
		p.up[level] = append(p.up[level], h)
		if len(p.up[level]) < merkle.TileWidth {
			return
		}
		p.compare(level, p.done[level], p.up[level])
		h = merkle.Root(p.up[level])
		p.up[level] = p.up[level][:0]
		p.done[level]++
	}
}

// edge compares the partial tiles.
func (p *pass) edge() {
	for level, hashes := range p.up {
		if len(hashes) > 0 {
			p.compare(uint(level), p.done[level], hashes)
		}
	}
}

// compare holds a computed tile against the file.
func (p *pass) compare(level uint, n uint64, want [][32]byte) {
	if len(p.tiles) >= maxFindings || merkle.WidthAt(level, n, p.top.Size) != len(want) {
		return
	}
	name := merkle.Tile{L: level, N: n, W: len(want)}.Path()
	have, err := readTile(p.dir, level, n, p.top.Size)
	if err != nil {
		p.tiles = append(p.tiles, Finding{What: File, File: name, Said: lang.T("瓦片 "+name+" 缺失或长度不符", "the tile "+name+" is missing or has a wrong length")})
		return
	}
	for i := range want {
		if have[i] != want[i] {
			at := strconv.Itoa(i)
			p.tiles = append(p.tiles, Finding{What: Tile, File: name, Said: lang.T("瓦片 "+name+" 第 "+at+" 个校验值被改动，条目无损", "hash "+at+" of the tile "+name+" was changed; the entries are whole")})
			return
		}
	}
}

// readTile reads a file of hashes, at the width that the size asks for; a full tile may stand in for its own beginning.
func readTile(dir fs.FS, level uint, n, size uint64) ([][32]byte, error) {
	w := merkle.WidthAt(level, n, size)
	t := merkle.Tile{L: level, N: n, W: w}
	b, err := fs.ReadFile(dir, t.Path())
	if err != nil && w < merkle.TileWidth {
		t.W = merkle.TileWidth
		if b, err = fs.ReadFile(dir, t.Path()); err == nil && len(b) >= w*merkle.Size {
			b = b[:w*merkle.Size]
		}
	}
	if err != nil {
		return nil, err
	}
	if len(b) != w*merkle.Size || w == 0 {
		return nil, errs.Say(errs.Invalid, "瓦片 %s 长度不符", "the tile %s has a wrong length", t.Path())
	}
	out := make([][32]byte, w)
	for i := range out {
		copy(out[i][:], b[i*merkle.Size:])
	}
	return out, nil
}

// judge says what is wrong, after which of the two ways led to the signed root.
func (p *pass) judge() {
	up := p.whole && p.tree.Size == p.top.Size && p.tree.Root(merkle.Scheme{}) == p.top.Root
	switch {
	case up:
		for _, f := range p.tiles {
			p.r.find(f)
		}
		for _, f := range p.chain.found {
			p.r.find(f)
		}
	case p.down.sound:
		for _, f := range p.align.found {
			p.r.find(f)
		}
		for _, f := range p.down.found {
			p.r.find(f)
		}
		if len(p.r.Findings) == 0 { // the places are in tiles that nobody vouches for
			p.between()
		}
	default:
		for _, f := range p.chain.found {
			p.r.find(f)
		}
		p.between()
	}
	p.forks(up)
	p.stray()
}

// between bounds the place by the signed checkpoints: what stood under the largest that the entries still lead to is whole.
func (p *pass) between() {
	good, bad := uint64(0), p.top.Size
	for _, c := range p.list {
		root, ok := p.roots[c.c.Size]
		if ok && root == c.c.Root && c.c.Size > good {
			good = c.c.Size
		}
		if ok && root != c.c.Root && c.c.Size < bad {
			bad = c.c.Size
		}
	}
	p.r.find(Finding{What: Unsigned, From: good + 1, To: bad, Said: words(Unsigned, good+1, bad, "")})
}

// forks holds the checkpoints against one another: each must be the beginning of the newest.
func (p *pass) forks(up bool) {
	good := uint64(0)
	for _, c := range p.list {
		if c.c.Size > p.top.Size {
			p.r.find(Finding{What: Cut, File: c.name, From: p.top.Size + 1, To: c.c.Size, Said: lang.T(
				"检查点 "+c.name+" 已签署至第 "+strconv.FormatUint(c.c.Size, 10)+" 条，现有日志只到第 "+strconv.FormatUint(p.top.Size, 10)+" 条，末尾被截去",
				"the checkpoint "+c.name+" is signed up to entry "+strconv.FormatUint(c.c.Size, 10)+", the log now ends at "+strconv.FormatUint(p.top.Size, 10)+": its tail was cut off")})
			continue
		}
		root, known := p.roots[c.c.Size]
		if !up || !known {
			if !p.down.sound {
				continue
			}
			var s merkle.Scheme
			var err error
			if root, err = s.Range(merkle.Range{Lo: 0, Hi: c.c.Size}, s.Tiles(p.top.Size, p.down.source)); err != nil {
				continue // a tile that is named already
			}
		}
		if root == c.c.Root {
			good = c.c.Size
			continue
		}
		p.r.find(Finding{What: Forked, File: c.name, From: good + 1, To: c.c.Size, Said: lang.T(
			"检查点 "+c.name+"（"+strconv.FormatUint(c.c.Size, 10)+" 条）与现有检查点不一致，两者均经签署：第 "+strconv.FormatUint(good+1, 10)+" 至 "+strconv.FormatUint(c.c.Size, 10)+" 条之间被改写",
			"the checkpoint "+c.name+" ("+strconv.FormatUint(c.c.Size, 10)+" entries) does not agree with the newest, and both are signed: the log was rewritten between entries "+strconv.FormatUint(good+1, 10)+" and "+strconv.FormatUint(c.c.Size, 10))})
	}
}

// stray names files below tile/ that the signed size does not reach: nothing vouches for them. Partial tiles of earlier sizes may stay.
func (p *pass) stray() {
	err := fs.WalkDir(p.dir, "tile", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		t, err := merkle.ParseTile(name)
		if err != nil || merkle.WidthAt(t.L, t.N, p.top.Size) < t.W {
			p.r.find(Finding{What: Inserted, File: name, Said: lang.T("文件 "+name+" 不属于已签署的日志", "the file "+name+" is no part of the log that was signed")})
		}
		return nil
	})
	if err != nil {
		p.r.find(Finding{What: File, File: "tile", Said: lang.T("文件夹 tile 读不了", "the folder tile cannot be read")})
	}
}
