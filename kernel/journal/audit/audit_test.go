package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/wire/note"
)

const origin = "haihe.example/journal"

// signer is a log's key, plain and with a time.
func signers(t testing.TB, name string, seed byte) (out []tiles.Signer) {
	t.Helper()
	priv := ed25519.NewKeyFromSeed(append(make([]byte, 31), seed))
	for _, typ := range []byte{note.Ed25519, note.Cosign} {
		k, err := note.NewKey(name, typ, priv.Public().(ed25519.PublicKey))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, tiles.Signer{Key: k, Sign: func(_ context.Context, m []byte) ([]byte, error) { return ed25519.Sign(priv, m), nil }})
	}
	return out
}

// log is an exported journal of 1,000 entries with two earlier checkpoints, and the proof of its entry 700.
type exported struct {
	files fstest.MapFS
	keys  Keys
	proof string
}

func export(t *testing.T) exported {
	t.Helper()
	db := storetest.Open(t)
	at := time.Date(2015, 11, 23, 1, 2, 3, 0, time.UTC)
	now := func() time.Time { return at }
	j, err := journal.Open(t.Context(), db, now)
	if err != nil {
		t.Fatal(err)
	}
	s, err := tiles.Open(t.Context(), db, now)
	if err != nil {
		t.Fatal(err)
	}
	by := signers(t, origin, 1)
	l, err := s.Log(t.Context(), tiles.Options{Name: "journal", Origin: origin, Signers: by})
	if err != nil {
		t.Fatal(err)
	}
	f := tiles.Fold{Journal: j, Log: l}
	for n, part := range []int{300, 400, 300} {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			for i := range part {
				if err := j.Append(tx, journal.Act{Actor: "person:01A", Unit: "power", Authority: "plan.approve", Verb: "approve", Object: "target:x", Detail: []int{n, i}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		at = at.Add(2 * time.Hour)
	}
	e := exported{files: fstest.MapFS{}, keys: Keys{Log: l.Keys()}}
	put := func(name string, data []byte) error {
		e.files[name] = &fstest.MapFile{Data: bytes.Clone(data)}
		return nil
	}
	if _, err := f.Export(t.Context(), put, func(int64) {}); err != nil {
		t.Fatal(err)
	}
	entries, err := note.Entries(e.files["tile/entries/002"].Data)
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.Proof(t.Context(), 699, entries[699-512])
	if err != nil {
		t.Fatal(err)
	}
	e.proof = p.String()
	return e
}

// bundles gives all entries, and writes them back, however many there are.
func (e exported) bundles(t *testing.T) (out [][]byte) {
	t.Helper()
	for _, name := range []string{"000", "001", "002", "003.p/232"} {
		list, err := note.Entries(e.files["tile/entries/"+name].Data)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, list...)
	}
	return out
}

func rebundle(t *testing.T, files fstest.MapFS, entries [][]byte) {
	t.Helper()
	for i, name := range []string{"000", "001", "002", "003.p/232"} {
		var b []byte
		var err error
		for _, e := range entries[min(i*256, len(entries)):min((i+1)*256, len(entries))] {
			if b, err = note.AppendEntry(b, e); err != nil {
				t.Fatal(err)
			}
		}
		files["tile/entries/"+name] = &fstest.MapFile{Data: b}
	}
}

func TestProof(t *testing.T) {
	e := export(t)
	p, err := Proof([]byte(e.proof), &e.keys)
	if err != nil || p.Entry.Seq != 700 || p.Entry.Actor != "person:01A" || p.Entry.Verb != "approve" || p.Size != 1000 || len(p.Signed) != 2 || p.Signed[1].Time == 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := Proof([]byte(e.proof), &Keys{}); !errs.Is(err, errs.Conflict) {
		t.Errorf("without a key: %v", err)
	}
	stranger := Keys{Log: []note.Key{signers(t, origin, 9)[0].Key}}
	if _, err := Proof([]byte(e.proof), &stranger); !errs.Is(err, errs.Conflict) {
		t.Errorf("with another key: %v", err)
	}
	need := e.keys
	need.Witnesses, need.Need = []note.Key{signers(t, "witness.example/w", 3)[1].Key}, 1
	if _, err := Proof([]byte(e.proof), &need); err == nil {
		t.Error("without the witness that is asked for")
	}
	one := e.proof[:strings.LastIndex(e.proof, "— ")] // with a single signature no byte of a proof can be another one
	for i := range len(one) {
		b := []byte(one)
		b[i] ^= 1
		if p, err := Proof(b, &e.keys); err == nil {
			t.Fatalf("byte %d changed (%q), and the proof holds: %+v", i, one[max(0, i-10):], p)
		}
	}
}

func TestDir(t *testing.T) {
	e := export(t)
	all := e.bundles(t)
	var s merkle.Scheme
	hashes := make([][32]byte, len(all))
	for i := range all {
		hashes[i] = s.LeafHash(all[i])
	}
	sign := func(c note.Checkpoint, by []tiles.Signer) []byte {
		n := note.Note{Text: c.Text()}
		for _, b := range by {
			sig, err := b.Sign(t.Context(), b.Key.Message(n.Text, 1448240583))
			if err != nil {
				t.Fatal(err)
			}
			n.Signatures = append(n.Signatures, b.Key.Signature(1448240583, sig))
		}
		return []byte(n.String())
	}
	with := func(do func(entries [][]byte) [][]byte) func(fstest.MapFS) {
		return func(f fstest.MapFS) { rebundle(t, f, do(append([][]byte{}, all...))) }
	}
	change := func(name string, at int) func(fstest.MapFS) {
		return func(f fstest.MapFS) {
			b := bytes.Clone(f[name].Data)
			b[at] ^= 1
			f[name] = &fstest.MapFile{Data: b}
		}
	}
	changed := bytes.Clone(all[699])
	changed[len(changed)-3] ^= 1
	for _, c := range []struct {
		name     string
		do       func(fstest.MapFS)
		what     string
		from, to uint64
		file     string
		count    int
	}{
		{"whole", func(fstest.MapFS) {}, "", 0, 0, "", 0},
		{"one byte of an entry", with(func(l [][]byte) [][]byte { l[699] = changed; return l }), Changed, 700, 700, "tile/entries/002", 1},
		{"one row dropped", with(func(l [][]byte) [][]byte { return append(l[:99], l[100:]...) }), Dropped, 100, 100, "tile/entries/000", 1},
		{"thirty rows dropped", with(func(l [][]byte) [][]byte { return append(l[:499], l[529:]...) }), Dropped, 500, 529, "tile/entries/001", 1},
		{"the last row dropped", with(func(l [][]byte) [][]byte { return l[:999] }), Dropped, 1000, 1000, "tile/entries/003.p/232", 1},
		{"one row put in", with(func(l [][]byte) [][]byte {
			return append(append(append([][]byte{}, l[:299]...), changed), l[299:999]...)
		}), Inserted, 300, 300, "tile/entries/001", 2},
		{"two rows swapped", with(func(l [][]byte) [][]byte { l[9], l[10] = l[10], l[9]; return l }), Moved, 10, 10, "tile/entries/000", 1},
		{"a row moved far", with(func(l [][]byte) [][]byte {
			x := l[20]
			return append(append(append([][]byte{}, l[:20]...), l[21:401]...), append([][]byte{x}, l[401:]...)...)
		}), Moved, 21, 21, "tile/entries/000", 1},
		{"a tile of leaves", change("tile/0/001", 32*7), Tile, 0, 0, "tile/0/001", 1},
		{"a tile above", change("tile/1/000.p/3", 40), Tile, 0, 0, "tile/1/000.p/3", 1},
		{"a tile gone", func(f fstest.MapFS) { delete(f, "tile/0/002") }, File, 0, 0, "tile/0/002", 1},
		{"a bundle gone", func(f fstest.MapFS) { delete(f, "tile/entries/001") }, File, 257, 512, "tile/entries/001", 1},
		{"a bundle cut short", func(f fstest.MapFS) {
			f["tile/entries/001"] = &fstest.MapFile{Data: f["tile/entries/001"].Data[:5000]}
		}, File, 257, 512, "tile/entries/001", 1},
		{"a file beside", func(f fstest.MapFS) { f["tile/entries/004"] = f["tile/entries/000"] }, Inserted, 0, 0, "tile/entries/004", 1},
		{"the checkpoint's root", change("checkpoint", len(origin)+10), Forged, 0, 0, "checkpoint", 0},
		{"a checkpoint of another key", func(f fstest.MapFS) {
			f["checkpoints/700"] = &fstest.MapFile{Data: sign(note.Checkpoint{Origin: origin, Size: 700, Root: merkle.Root(hashes[:700])}, signers(t, origin, 8))}
		}, Forged, 0, 0, "checkpoints/700", 1},
		{"an older signed checkpoint that does not fit", func(f fstest.MapFS) {
			f["checkpoints/650"] = &fstest.MapFile{Data: sign(note.Checkpoint{Origin: origin, Size: 650, Root: [32]byte{1}}, signers(t, origin, 1))}
		}, Forked, 301, 650, "checkpoints/650", 1},
		{"a signed checkpoint that knows more", func(f fstest.MapFS) {
			f["checkpoints/1010"] = &fstest.MapFile{Data: sign(note.Checkpoint{Origin: origin, Size: 1010, Root: [32]byte{1}}, signers(t, origin, 1))}
		}, Cut, 1001, 1010, "checkpoints/1010", 1},
		{"all of it rewritten and signed by the log's own key", func(f fstest.MapFS) {
			rewrite(t, f, all, changed)
			root := merkle.Root(rewritten(all, changed))
			f["checkpoint"] = &fstest.MapFile{Data: sign(note.Checkpoint{Origin: origin, Size: 1000, Root: root}, signers(t, origin, 1))}
		}, Chain, 701, 701, "", 2},
		{"entries and tiles rewritten, the checkpoint not", func(f fstest.MapFS) { rewrite(t, f, all, changed) }, Chain, 701, 701, "", 2},
	} {
		files := maps.Clone(e.files)
		c.do(files)
		r, err := Dir(files, &e.keys, nil, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if c.what == "" {
			if len(r.Findings) > 0 || r.Size != 1000 || r.Entries != 1000 || r.Checkpoints != 3 || r.Root != merkle.Root(hashes) {
				t.Errorf("%s: %+v", c.name, r)
			}
			continue
		}
		if len(r.Findings) == 0 || c.count > 0 && len(r.Findings) != c.count {
			t.Errorf("%s: %d findings: %+v", c.name, len(r.Findings), r.Findings)
			continue
		}
		if f := r.Findings[0]; f.What != c.what || f.From != c.from || f.To != c.to || c.file != "" && f.File != c.file || f.Said.Zh == "" || f.Said.En == "" {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

func rewritten(all [][]byte, changed []byte) (out [][32]byte) {
	for i, e := range all {
		if i == 699 {
			e = changed
		}
		out = append(out, merkle.LeafHash(e))
	}
	return out
}

// rewrite changes entry 700 and makes every tile fit it.
func rewrite(t *testing.T, f fstest.MapFS, all [][]byte, changed []byte) {
	t.Helper()
	entries := append([][]byte{}, all...)
	entries[699] = changed
	rebundle(t, f, entries)
	hashes := rewritten(all, changed)
	var above []byte
	for i, name := range []string{"000", "001", "002", "003.p/232"} {
		var b []byte
		part := hashes[i*256 : min((i+1)*256, 1000)]
		for _, h := range part {
			b = append(b, h[:]...)
		}
		f["tile/0/"+name] = &fstest.MapFile{Data: b}
		if len(part) == 256 {
			root := merkle.Root(part)
			above = append(above, root[:]...)
		}
	}
	f["tile/1/000.p/3"] = &fstest.MapFile{Data: above}
}

// TestOthers holds checkpoints that were noted elsewhere against the log.
func TestOthers(t *testing.T) {
	e := export(t)
	noted := []Other{{Name: "paper", Text: e.files["checkpoints/300"].Data}}
	if r, err := Dir(e.files, &e.keys, noted, nil); err != nil || len(r.Findings) > 0 || r.Checkpoints != 4 {
		t.Errorf("%+v, %v", r, err)
	}
	noted[0].Text = []byte(strings.Replace(string(noted[0].Text), "\n300\n", "\n301\n", 1))
	if r, err := Dir(e.files, &e.keys, noted, nil); err != nil || len(r.Findings) != 1 || r.Findings[0].What != Forged || r.Findings[0].File != "paper" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := Dir(fstest.MapFS{}, &e.keys, nil, nil); err != nil || len(r.Findings) == 0 {
		t.Errorf("an empty folder: %+v, %v", r, err)
	}
}

// TestOtherRecords is a log whose leaves are no journal's entries.
func TestOtherRecords(t *testing.T) {
	var hashes [][32]byte
	var bundle, tile []byte
	for i := range 20 {
		data := binary.BigEndian.AppendUint32(nil, uint32(i))
		h := merkle.LeafHash(data)
		hashes, tile = append(hashes, h), append(tile, h[:]...)
		bundle, _ = note.AppendEntry(bundle, data)
	}
	by := signers(t, "haihe.example/sharing", 1)
	text := note.Checkpoint{Origin: "haihe.example/sharing", Size: 20, Root: merkle.Root(hashes)}.Text()
	sig, err := by[0].Sign(t.Context(), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	n := note.Note{Text: text, Signatures: []note.Signature{by[0].Key.Signature(0, sig)}}
	files := fstest.MapFS{"checkpoint": {Data: []byte(n.String())}, "tile/0/000.p/20": {Data: tile}, "tile/entries/000.p/20": {Data: bundle}}
	r, err := Dir(files, &Keys{Log: []note.Key{by[0].Key}}, nil, nil)
	if err != nil || len(r.Findings) > 0 || r.Entries != 20 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestKeyFiles(t *testing.T) {
	by := signers(t, origin, 1)
	var k Keys
	if err := k.Add([]byte("# the log of the city\n\n"+by[0].Key.String()+"\n"), ""); err != nil || len(k.Log) != 2 || k.Log[1].Type != note.Cosign {
		t.Errorf("%v, %v", k.Log, err)
	}
	for _, bad := range []string{"", "# nothing\n", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "-----BEGIN X-----\nAAAA\n-----END X-----\n", "-----BEGIN "} {
		if err := new(Keys).Add([]byte(bad), origin); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
