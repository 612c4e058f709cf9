package seal

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/merkle"
)

// verifier is the judge's interface over our P-256 key: it knows Ed25519 itself and leaves other algorithms to whoever brings them.
type verifier struct {
	name string
	id   uint32
	key  *ecdsa.PublicKey
}

func (v verifier) Name() string    { return v.name }
func (v verifier) KeyHash() uint32 { return v.id }
func (v verifier) Verify(msg, sig []byte) bool {
	sum := sha256.Sum256(msg)
	return ecdsa.VerifyASN1(v.key, sum[:], sig)
}

// reader is the judge's tile reader over HTTP. Its tiles are ours under other paths: tile/8/<L>/ is tile/<L>/.
type reader struct {
	t    *testing.T
	base string
	read int
}

func (r *reader) Height() int { return merkle.TileHeight }

func (r *reader) ReadTiles(tiles []tlog.Tile) (out [][]byte, err error) {
	for _, x := range tiles {
		path := "/log/journal/tile/" + strings.TrimPrefix(x.Path(), "tile/8/")
		b := fetchFrom(r.t, r.base+path)
		r.read++
		if len(b) != x.W*tlog.HashSize {
			return nil, fmt.Errorf("%s: %d bytes", path, len(b))
		}
		out = append(out, b)
	}
	return out, nil
}

func (r *reader) SaveTiles([]tlog.Tile, [][]byte) {}

func fetchFrom(t *testing.T, url string) []byte {
	t.Helper()
	res, err := http.Get(url) //nolint:gosec,noctx // the test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", url, res.StatusCode, err)
	}
	return b
}

// judged lets golang.org/x/mod, which proves the Go modules, read the log over HTTP: the checkpoint's note, the tree from tiles, and our proofs.
func judged(t *testing.T, app *hosttest.App, s *service) {
	auditor := app.As("audit")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // the auditor's session in front
		a := auditor.Get(r.URL.Path)
		w.WriteHeader(a.Status)
		_, _ = io.WriteString(w, a.Body)
	}))
	defer server.Close()
	log := s.current().Log
	k := log.Keys()[1]
	pub, err := x509.ParsePKIXPublicKey(k.Public)
	if err != nil {
		t.Fatal(err)
	}
	known := note.VerifierList(verifier{k.Name, k.ID, pub.(*ecdsa.PublicKey)})
	tree := func() tlog.Tree { // the judge reads the newest checkpoint
		t.Helper()
		opened, err := note.Open(fetchFrom(t, server.URL+"/log/journal/checkpoint"), known)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(opened.Text, "\n")
		out := tlog.Tree{}
		if _, err := fmt.Sscan(lines[1], &out.N); err != nil {
			t.Fatal(err)
		}
		if out.Hash, err = tlog.ParseHash(lines[2]); err != nil {
			t.Fatal(err)
		}
		return out
	}
	var trees []tlog.Tree
	for _, n := range []int{100, 400} {
		record(t, app, n)
		if err := s.fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		trees = append(trees, tree())
	}
	old, now := trees[0], trees[1]
	tiles := &reader{t: t, base: server.URL}
	hashes := tlog.TileHashReader(now, tiles) // it holds every tile against the checkpoint's root
	for _, i := range []int64{0, 17, 255, 256, old.N, now.N - 1} {
		leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := tlog.ProveRecord(now.N, i, hashes)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := log.Prove(t.Context(), uint64(i), uint64(now.N))
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(theirHashes(ours), now.N, now.Hash, i, leaf[0]); err != nil {
			t.Errorf("the judge refuses our proof of record %d: %v", i, err)
		}
		if err := merkle.VerifyInclusion([32]byte(leaf[0]), uint64(i), uint64(now.N), ourHashes(theirs), [32]byte(now.Hash)); err != nil {
			t.Errorf("we refuse the judge's proof of record %d: %v", i, err)
		}
	}
	theirs, err := tlog.ProveTree(now.N, old.N, hashes)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := log.Consistency(t.Context(), uint64(old.N), uint64(now.N))
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.CheckTree(theirHashes(ours), now.N, now.Hash, old.N, old.Hash); err != nil {
		t.Errorf("the judge refuses our proof of consistency: %v", err)
	}
	if err := merkle.VerifyConsistency(uint64(old.N), uint64(now.N), ourHashes(theirs), [32]byte(old.Hash), [32]byte(now.Hash)); err != nil {
		t.Errorf("we refuse the judge's proof of consistency: %v", err)
	}
	if tiles.read == 0 {
		t.Error("no tile was read")
	}
	if _, err := tlog.TileHashReader(tlog.Tree{N: now.N, Hash: old.Hash}, tiles).ReadHashes([]int64{0}); err == nil {
		t.Error("the judge takes the tiles for another root")
	}
}

func theirHashes(list [][32]byte) (out []tlog.Hash) {
	for _, h := range list {
		out = append(out, tlog.Hash(h))
	}
	return out
}

func ourHashes[P ~[]tlog.Hash](list P) (out [][32]byte) {
	for _, h := range list {
		out = append(out, [32]byte(h))
	}
	return out
}
