package audit

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/note"
)

// TestTamper changes bytes of every file of a log with all that comes along: each time the file is named. With HAIHE_TAMPER=all every byte is
// changed, otherwise every so many-th.
func TestTamper(t *testing.T) {
	step, algorithms := 37, []pki.Algorithm{pki.ECDSA}
	if os.Getenv("HAIHE_TAMPER") == "all" {
		step, algorithms = 1, append(algorithms, pki.SM2)
	}
	for _, a := range algorithms {
		c := newCity(t, a)
		whole := c.folder(12, 5)
		if r, err := Dir(whole, c.trust(), nil, nil); err != nil || len(r.Findings) > 0 || r.Checkpoints != 2 || r.Stamped != 12 || r.StampedBy == "" || r.Signed[0].How != ByStamp {
			t.Fatalf("%s: %+v, %v", a, r, err)
		}
		for _, name := range slices.Sorted(maps.Keys(whole)) {
			missed := 0
			for at := 0; at < len(whole[name].Data); at += step {
				files := maps.Clone(whole)
				b := bytes.Clone(whole[name].Data)
				b[at] ^= 1
				files[name] = &fstest.MapFile{Data: b}
				r, err := Dir(files, c.trust(), nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				named := slices.ContainsFunc(r.Findings, func(f Finding) bool {
					return strings.HasPrefix(f.File, name) && f.Said.Zh != "" && f.Said.En != ""
				})
				if !named && !(strings.HasPrefix(name, "stamps/") && unread(whole[name].Data, at)) {
					missed++
					t.Errorf("%s: byte %d of %s changed, and the file is not named: %+v", a, at, name, r.Findings)
				}
				if missed > 3 {
					break
				}
			}
		}
	}
}

// unread tells which bytes of a time stamp no signature covers and no meaning hangs on: the versions of message and signer, and the list of digest
// algorithms that stands before the content for readers in one pass. RFC 5652 5.1, 5.3
func unread(token []byte, at int) bool {
	content := bytes.Index(token, []byte("\x06\x0b*\x86H\x86\xf7\x0d\x01\x09\x10\x01\x04"))
	return at > 20 && at < content || at > 2 && bytes.HasPrefix(token[at-2:], []byte{2, 1, 1, 0x30})
}

// TestGone takes away, cuts short and adds whole files.
func TestGone(t *testing.T) {
	c := newCity(t, pki.ECDSA)
	whole := c.folder(12, 5)
	for _, name := range slices.Sorted(maps.Keys(whole)) {
		files := maps.Clone(whole)
		files[name] = &fstest.MapFile{Data: whole[name].Data[:len(whole[name].Data)/2]}
		if r, err := Dir(files, c.trust(), nil, nil); err != nil || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return strings.HasPrefix(f.File, name) }) {
			t.Errorf("%s cut in half: %+v, %v", name, r.Findings, err)
		}
		files[name] = &fstest.MapFile{}
		if r, err := Dir(files, c.trust(), nil, nil); err != nil || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return strings.HasPrefix(f.File, name) }) {
			t.Errorf("%s emptied: %+v, %v", name, r.Findings, err)
		}
	}
	for name, listed := range map[string]bool{"": true, "lists/root.crl": false, "lists/authority.crl": false} { // a list that is held back is missed
		files := maps.Clone(whole)
		delete(files, name)
		if r, err := Dir(files, c.trust(), nil, nil); err != nil || len(r.Findings) > 0 || r.Signed[0].Listed != listed {
			t.Errorf("without %q: %+v %+v, %v", name, r.Findings, r.Signed, err)
		}
	}
	other := newCity(t, pki.ECDSA)
	files := maps.Clone(whole)
	files["stamps/9.tst"] = &fstest.MapFile{Data: c.stamp(c.sign(note.Checkpoint{Origin: origin, Size: 9}, signedAt), signedAt)}
	files["certificates/other.cer"] = &fstest.MapFile{Data: other.log.cert.Raw}
	r, err := Dir(files, c.trust(), nil, nil)
	if err != nil || len(r.Findings) != 2 || r.Findings[0].File != "certificates/other.cer" || r.Findings[1].File != "stamps/9.tst" {
		t.Errorf("a stranger's certificate, and a time stamp over nothing: %+v, %v", r.Findings, err)
	}
	files = maps.Clone(whole)
	files["certificates/other.cer"] = &fstest.MapFile{Data: other.root.cert.Raw}
	if r, err := Dir(files, c.trust(), nil, nil); err != nil || len(r.Findings) > 0 || len(r.Notes) != 1 {
		t.Errorf("a root that is not trusted: %+v %v, %v", r.Findings, r.Notes, err)
	}
}

// TestHistories: an old checkpoint set up as the newest, a log cut back to it, and two histories that each hold for themselves.
func TestHistories(t *testing.T) {
	c := newCity(t, pki.SM2)
	full := c.folder(12, 5)
	old, newest := full["checkpoints/5"], full["checkpoint"]
	noted := []Other{{Name: "paper", Text: newest.Data}}

	files := maps.Clone(full)
	files["checkpoint"] = old
	r, err := Dir(files, c.trust(), nil, nil)
	if err != nil || len(r.Findings) == 0 || r.Findings[0].File != "tile/0/000.p/12" && r.Findings[0].File != "stamps/12.tst" {
		t.Errorf("an old checkpoint replayed: %+v, %v", r.Findings, err)
	}
	if r, err = Dir(files, c.trust(), noted, nil); err != nil || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.What == Cut && f.From == 6 && f.To == 12 && f.File == "paper" }) {
		t.Errorf("an old checkpoint replayed, the newest noted on paper: %+v, %v", r.Findings, err)
	}

	cut := c.folder(5) // whole in itself: only what was noted elsewhere tells
	if r, err = Dir(cut, c.trust(), nil, nil); err != nil || len(r.Findings) > 0 || r.Size != 5 {
		t.Errorf("%+v, %v", r.Findings, err)
	}
	if r, err = Dir(cut, c.trust(), noted, nil); err != nil || len(r.Findings) != 1 || r.Findings[0].What != Cut || r.Findings[0].From != 6 || r.Findings[0].To != 12 {
		t.Errorf("a log cut back: %+v, %v", r.Findings, err)
	}

	// Two histories of one log that are alike for 5 records: each is whole and signed with the log's key.
	one, two := c.folder(12, 5), c.history(12, 5)
	for _, f := range []fstest.MapFS{one, two} {
		if r, err = Dir(f, c.trust(), nil, nil); err != nil || len(r.Findings) > 0 {
			t.Fatalf("%+v, %v", r.Findings, err)
		}
	}
	r, err = Dir(one, c.trust(), []Other{{Name: "other", Text: two["checkpoint"].Data}}, nil)
	if err != nil || len(r.Findings) != 1 || r.Findings[0].What != Forked || r.Findings[0].From != 6 || r.Findings[0].To != 12 || r.Findings[0].File != "other" {
		t.Errorf("two histories: %+v, %v", r.Findings, err)
	}
	stranger := newCity(t, pki.SM2)
	if r, err = Dir(one, c.trust(), []Other{{Name: "other", Text: stranger.folder(12)["checkpoint"].Data}}, nil); err != nil || len(r.Findings) != 1 || r.Findings[0].What != Forged {
		t.Errorf("a checkpoint of another key: %+v, %v", r.Findings, err)
	}
}

// history is folder with other records after the first ones.
func (c *city) history(n, before int) fstest.MapFS {
	c.t.Helper()
	f := c.folder(n, before)
	t := merkle.Tile{W: n, Entries: true}
	entries, err := note.Entries(f[t.Path()].Data)
	if err != nil {
		c.t.Fatal(err)
	}
	var bundle, tile []byte
	var hashes [][32]byte
	for i, e := range entries {
		if i >= before {
			e = append(bytes.Clone(e), 'x')
		}
		h := merkle.LeafHash(e)
		hashes, tile = append(hashes, h), append(tile, h[:]...)
		if bundle, err = note.AppendEntry(bundle, e); err != nil {
			c.t.Fatal(err)
		}
	}
	f[t.Path()] = &fstest.MapFile{Data: bundle}
	f[merkle.Tile{W: n}.Path()] = &fstest.MapFile{Data: tile}
	signed := c.sign(note.Checkpoint{Origin: origin, Size: uint64(n), Root: merkle.Root(hashes)}, signedAt)
	f["checkpoint"] = &fstest.MapFile{Data: []byte(signed.String())}
	f["stamps/"+number(uint64(n))+".tst"] = &fstest.MapFile{Data: c.stamp(signed, signedAt)}
	return f
}

// material makes a good log with a proof once: what the fuzzers start from.
func material(f *testing.F) (k Keys, files [][]byte) {
	f.Helper()
	c := newCity(f, pki.ECDSA)
	if err := k.Trust(c.root.cert.Raw); err != nil {
		f.Fatal(err)
	}
	for _, file := range c.folder(1) {
		files = append(files, file.Data)
	}
	n := c.sign(note.Checkpoint{Origin: origin, Size: 1, Root: merkle.LeafHash([]byte("r"))}, signedAt)
	files = append(files, []byte(note.Proof{Extra: []byte("r"), Note: n}.String()), []byte(c.key.String()), nil, []byte("x"))
	return k, files
}

// FuzzProof: no proof, and nothing that comes along, makes the verifier fail in another way than by an error.
func FuzzProof(f *testing.F) {
	trusted, files := material(f)
	for _, b := range files {
		f.Add(b, b)
	}
	f.Fuzz(func(t *testing.T, proof, along []byte) {
		k := trusted
		k.Bring("along", along)
		if _, err := Proof(proof, &k); err == nil {
			t.Error("a proof holds whose signer's certificate cannot be there")
		}
	})
}

// FuzzDir: nor does any file of a folder.
func FuzzDir(f *testing.F) {
	trusted, files := material(f)
	for _, b := range files {
		f.Add(b, b, b, b)
	}
	f.Fuzz(func(t *testing.T, checkpoint, tile, bundle, piece []byte) {
		dir := fstest.MapFS{"checkpoint": {Data: checkpoint}, "tile/0/000.p/1": {Data: tile}, "tile/entries/000.p/1": {Data: bundle}, "certificates/a": {Data: piece}, "stamps/1": {Data: piece}}
		r, err := Dir(dir, &trusted, nil, nil)
		if err == nil && len(r.Findings) == 0 {
			t.Errorf("rubbish holds: %+v", r)
		}
	})
}

// FuzzKeys: keys and roots.
func FuzzKeys(f *testing.F) {
	_, files := material(f)
	for _, b := range files {
		f.Add(b)
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		var k Keys
		_, _ = k.Add(b, origin), k.Trust(b)
	})
}
