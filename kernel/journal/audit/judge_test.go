package audit

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	judge "golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/haihe-city/haihe/wire/note"
)

// TestJudge checks a log that golang.org/x/mod built and signed: its tiles are ours under other paths, its records our bundles.
func TestJudge(t *testing.T) {
	const n = 1000
	skey, vkey, err := judge.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := judge.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	var stored []tlog.Hash
	hashes := tlog.HashReaderFunc(func(at []int64) (out []tlog.Hash, err error) {
		for _, i := range at {
			out = append(out, stored[i])
		}
		return out, nil
	})
	files := fstest.MapFS{}
	sign := func(name string, size int64) {
		root, err := tlog.TreeHash(size, hashes)
		if err != nil {
			t.Fatal(err)
		}
		msg, err := judge.Sign(&judge.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)}, signer)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: msg}
	}
	var records [][]byte
	for i := range int64(n) {
		records = append(records, fmt.Appendf(nil, "record %d", i))
		more, err := tlog.StoredHashes(i, records[i], hashes)
		if err != nil {
			t.Fatal(err)
		}
		if stored = append(stored, more...); i+1 == 300 {
			sign("checkpoints/300", 300)
		}
	}
	sign("checkpoint", n)
	for _, x := range tlog.NewTiles(8, 0, n) {
		data, err := tlog.ReadTileData(x, hashes)
		if err != nil {
			t.Fatal(err)
		}
		files["tile/"+strings.TrimPrefix(x.Path(), "tile/8/")] = &fstest.MapFile{Data: data}
		if x.L > 0 {
			continue
		}
		var bundle []byte
		for _, r := range records[x.N*256 : x.N*256+int64(x.W)] {
			if bundle, err = note.AppendEntry(bundle, r); err != nil {
				t.Fatal(err)
			}
		}
		files["tile/entries/"+strings.TrimPrefix(x.Path(), "tile/8/0/")] = &fstest.MapFile{Data: bundle}
	}
	var k Keys
	if err := k.Add([]byte(vkey), ""); err != nil {
		t.Fatal(err)
	}
	r, err := Dir(files, &k, nil, nil)
	if err != nil || len(r.Findings) > 0 || r.Entries != n || r.Checkpoints != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	proof, err := tlog.ProveRecord(n, 700, hashes)
	if err != nil {
		t.Fatal(err)
	}
	p := note.Proof{Extra: records[700], Index: 700}
	for _, h := range proof {
		p.Hashes = append(p.Hashes, [32]byte(h))
	}
	if p.Note, err = note.Parse(files["checkpoint"].Data); err != nil {
		t.Fatal(err)
	}
	if got, err := Proof([]byte(p.String()), &k); err != nil || string(got.Data) != "record 700" {
		t.Errorf("%+v, %v", got, err)
	}
	files["tile/entries/001"].Data = slices.Clone(files["tile/entries/000"].Data)
	if r, err := Dir(files, &k, nil, nil); err != nil || len(r.Findings) == 0 {
		t.Errorf("a bundle in another's place: %+v, %v", r, err)
	}
}
