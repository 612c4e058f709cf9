package tiles

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/wire/note"
)

const origin = "haihe.example/journal"

// signers are those of a log: a plain key, and the same key with a time.
func signers(t testing.TB, name string, seed byte) []Signer {
	t.Helper()
	priv := ed25519.NewKeyFromSeed(append(make([]byte, 31), seed))
	sign := func(_ context.Context, m []byte) ([]byte, error) { return ed25519.Sign(priv, m), nil }
	var out []Signer
	for _, typ := range []byte{note.Ed25519, note.Cosign} {
		k, err := note.NewKey(name, typ, priv.Public().(ed25519.PublicKey))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Signer{Key: k, Sign: sign})
	}
	return out
}

func clock() time.Time { return time.Date(2015, 11, 23, 1, 2, 3, 0, time.UTC) }

func open(t testing.TB, db *store.DB) (*Store, *Log) {
	t.Helper()
	s, err := Open(t.Context(), db, clock)
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Log(t.Context(), Options{Name: "journal", Origin: origin, Signers: signers(t, origin, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return s, l
}

func leavesOf(from, n int) [][32]byte {
	out := make([][32]byte, n)
	for i := range out {
		out[i] = merkle.LeafHash(binary.BigEndian.AppendUint32(nil, uint32(from+i)))
	}
	return out
}

func add(t testing.TB, db *store.DB, l *Log, leaves [][32]byte) (first uint64) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *store.Tx) (err error) {
		first, err = l.Append(tx, leaves)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return first
}

func run(t testing.TB, db *store.DB, sql string, args ...any) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(store.Q("test", sql), args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestGrow appends by pieces of every size about the width of a tile, and proves every checkpoint from tiles.
func TestGrow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		_, l := open(t, db)
		var all [][32]byte
		var last Signed
		for _, n := range []int{1, 254, 1, 1, 255, 256, 257, 1024, 63000, 700} {
			more := leavesOf(len(all), n)
			if first := add(t, db, l, more); first != uint64(len(all)) {
				t.Fatalf("the first of %d is %d", n, first)
			}
			all = append(all, more...)
			c, err := l.Checkpoint(t.Context())
			if err != nil || c.Size != uint64(len(all)) || c.Root != merkle.Root(all) {
				t.Fatalf("checkpoint of %d: %d, %v", len(all), c.Size, err)
			}
			for _, i := range []uint64{0, c.Size / 2, c.Size - 1} {
				proof, err := l.Prove(t.Context(), i, c.Size)
				if err != nil {
					t.Fatal(err)
				}
				if err := merkle.VerifyInclusion(all[i], i, c.Size, proof, c.Root); err != nil {
					t.Errorf("leaf %d of %d: %v", i, c.Size, err)
				}
			}
			if last.Size > 0 {
				proof, err := l.Consistency(t.Context(), last.Size, c.Size)
				if err != nil {
					t.Fatal(err)
				}
				if err := merkle.VerifyConsistency(last.Size, c.Size, proof, last.Root, c.Root); err != nil {
					t.Errorf("%d in %d: %v", last.Size, c.Size, err)
				}
			}
			last = c
		}
		if signed, err := last.Note.Open(l.Keys(), nil); err != nil || len(signed) != 2 || signed[1].Time != uint64(clock().Unix()) {
			t.Errorf("signatures: %v, %v", signed, err)
		}
		if again, err := l.Checkpoint(t.Context()); err != nil || again.Note.String() != last.Note.String() {
			t.Errorf("nothing new was signed again: %v", err)
		}
		tile, err := l.Tile(t.Context(), merkle.Tile{L: 1, N: 0, W: 255})
		if err != nil || len(tile) != 255*32 || [32]byte(tile[:32]) != merkle.Root(all[:256]) {
			t.Errorf("tile: %d bytes, %v", len(tile), err)
		}
		for _, none := range []merkle.Tile{{L: 0, N: 1 << 20, W: 256}, {L: 2, N: 0, W: 5}, {L: 7, N: 0, W: 1}} {
			if _, err := l.Tile(t.Context(), none); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", none.Path(), err)
			}
		}
		if list, err := l.Signed(t.Context(), 300, 3); err != nil || len(list) != 3 || list[0].Size != 512 {
			t.Errorf("%v, %v", list, err)
		}
	})
}

// TestRolledBack appends in a transaction that fails: the log must not have moved.
func TestRolledBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		_, l := open(t, db)
		add(t, db, l, leavesOf(0, 300))
		fail := errors.New("no")
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			if _, err := l.Append(tx, leavesOf(9000, 600)); err != nil {
				return err
			}
			return fail
		})
		if !errors.Is(err, fail) {
			t.Fatal(err)
		}
		add(t, db, l, leavesOf(300, 10))
		if root, err := l.Root(t.Context(), 310); err != nil || root != merkle.Root(leavesOf(0, 310)) {
			t.Error("the log has leaves of a transaction that was rolled back", err)
		}
	})
}

// TestRewritten changes tiles behind the program's back: nothing is signed over them any more.
func TestRewritten(t *testing.T) {
	for name, sql := range map[string]string{
		"a tile changed": `UPDATE tiles_tile SET hashes = (SELECT hashes FROM tiles_tile WHERE level = 0 AND num = 1) WHERE level = 0 AND num = 0`,
		"a tile gone":    `DELETE FROM tiles_tile WHERE level = 1`,
		"leaves gone":    `UPDATE tiles_log SET size = 512`,
	} {
		db := storetest.Open(t)
		_, l := open(t, db)
		add(t, db, l, leavesOf(0, 600))
		if _, err := l.Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		run(t, db, sql)
		if name == "a tile changed" { // also with the level above made to fit
			run(t, db, `UPDATE tiles_tile SET hashes = $1 WHERE level = 1`, make([]byte, 64))
		}
		if name != "leaves gone" {
			add(t, db, l, leavesOf(600, 1))
		}
		if _, err := l.Checkpoint(t.Context()); !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOrigin(t *testing.T) {
	db := storetest.Open(t)
	s, l := open(t, db)
	if _, err := s.Log(t.Context(), Options{Name: "journal", Origin: "other.example/log"}); !errs.Is(err, errs.Conflict) {
		t.Errorf("another origin: %v", err)
	}
	if _, err := l.Latest(t.Context()); !errs.Is(err, errs.NotFound) {
		t.Errorf("a log without checkpoint: %v", err)
	}
	if _, err := l.Checkpoint(t.Context()); !errs.Is(err, errs.NotFound) {
		t.Errorf("an empty log was signed: %v", err)
	}
}

func record(t testing.TB, db *store.DB, j *journal.Journal, n int) {
	t.Helper()
	for i := range n {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			return j.Append(tx, journal.Act{Actor: "person:01A", Unit: "power", Verb: "approve", Object: "target:x", Detail: i})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		j, err := journal.Open(t.Context(), db, clock)
		if err != nil {
			t.Fatal(err)
		}
		_, l := open(t, db)
		f := Fold{Journal: j, Log: l}
		if err := f.Run(t.Context()); err != nil {
			t.Fatalf("an empty journal: %v", err)
		}
		record(t, db, j, 300)
		for range 2 {
			if err := f.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		c, err := l.Latest(t.Context())
		if err != nil || c.Size != 300 {
			t.Fatalf("%d, %v", c.Size, err)
		}
		entries, err := f.Entries(t.Context(), merkle.Tile{N: 1, W: 44, Entries: true})
		if err != nil || len(entries) != 44 {
			t.Fatalf("%d, %v", len(entries), err)
		}
		p, err := l.Proof(t.Context(), 299, entries[43])
		if err != nil {
			t.Fatal(err)
		}
		if e, err := journal.ParseEntry(p.Extra); err != nil || e.Seq != 300 {
			t.Errorf("%+v, %v", e, err)
		}
		if err := merkle.VerifyInclusion(merkle.LeafHash(p.Extra), p.Index, c.Size, p.Hashes, c.Root); err != nil {
			t.Error(err)
		}
		if _, err := l.Proof(t.Context(), 298, entries[43]); !errs.Is(err, errs.Conflict) {
			t.Errorf("an entry at another place: %v", err)
		}
		if _, err := l.Proof(t.Context(), 300, entries[43]); !errs.Is(err, errs.NotFound) {
			t.Errorf("an entry that is not signed yet: %v", err)
		}
		run(t, db, `UPDATE journal_entry SET verb = 'reject' WHERE seq = 300`)
		record(t, db, j, 1)
		if err := f.Run(t.Context()); err != nil {
			t.Errorf("the chain after the changed entry goes on from its stored hash: %v", err)
		}
		record(t, db, j, 1)
		run(t, db, `UPDATE journal_entry SET verb = 'reject' WHERE seq = 302`)
		if err := f.Run(t.Context()); !errs.Is(err, errs.Conflict) {
			t.Errorf("a broken journal was folded: %v", err)
		}
	})
}

// TestWitness is the other node: it cosigns what grows, and refuses the rest with the standard's statuses.
func TestWitness(t *testing.T) {
	db := storetest.Open(t)
	s, l := open(t, db)
	by := signers(t, "witness.example/w1", 2)[1]
	logs := func(o string) []note.Key {
		if o == origin {
			return l.Keys()
		}
		return nil
	}
	ask := func(a note.Addition) (note.Signature, error) { return s.Witness(t.Context(), a, logs, nil, by) }
	add(t, db, l, leavesOf(0, 300))
	if _, err := l.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, err := l.Addition(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := ask(first)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := l.Cosign(t.Context(), 300, []note.Signature{sig, {Name: "stranger", Bytes: []byte("x")}}, []note.Key{by.Key}, nil); err != nil || n != 1 {
		t.Fatalf("%d kept, %v", n, err)
	}
	c, err := l.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if signed, err := c.Note.Open([]note.Key{by.Key}, nil); err != nil || signed[0].Time != uint64(clock().Unix()) {
		t.Errorf("the witness's signature is not under the checkpoint: %v", err)
	}
	bad := sig
	bad.Bytes = append([]byte{9}, sig.Bytes[1:]...)
	if _, err := l.Cosign(t.Context(), 300, []note.Signature{bad}, []note.Key{by.Key}, nil); !errs.Is(err, errs.Conflict) {
		t.Errorf("a false cosignature: %v", err)
	}
	add(t, db, l, leavesOf(300, 500))
	if _, err := l.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := l.Addition(t.Context(), 300)
	if err != nil {
		t.Fatal(err)
	}
	forked := second
	forked.Hashes = append([][32]byte{{1}}, second.Hashes[1:]...)
	unsigned := second
	unsigned.Note.Signatures = sig2(t, second.Note.Text, signers(t, origin, 7))
	unknown := second
	unknown.Note.Text = "other.example/x" + second.Note.Text[len(origin):]
	back := second
	back.Old = 801
	for _, r := range []struct {
		name   string
		a      note.Addition
		status int
	}{{"an old size that is not that of the witness", first, 409}, {"a forged proof", forked, 422}, {"no known signature", unsigned, 403},
		{"an unknown log", unknown, 404}, {"a tree that shrinks", back, 400}, {"no checkpoint", note.Addition{Note: note.Note{Text: "x\n"}}, 400}} {
		var no *Refusal
		if _, err := ask(r.a); !errors.As(err, &no) || no.Status != r.status || r.status == 409 && no.Size != 300 {
			t.Errorf("%s: %v", r.name, err)
		}
	}
	if _, err := ask(second); err != nil {
		t.Errorf("a log that grew: %v", err)
	}
}

func sig2(t *testing.T, text string, by []Signer) (out []note.Signature) {
	t.Helper()
	for _, s := range by {
		b, err := s.Sign(t.Context(), s.Key.Message(text, 5))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s.Key.Signature(5, b))
	}
	return out
}

// billion is a tree of a thousand million leaves that was never built: all leaves are alike but one, so that every tile is either that of its
// level or lies on the way from the one leaf to the root.
type billion struct {
	odd   uint64
	alike [5][32]byte
	path  [5][32]byte
}

const billionLeaves = 1_000_000_000

func newBillion(odd uint64) *billion {
	b := &billion{odd: odd}
	b.alike[0], b.path[0] = merkle.LeafHash([]byte("alike")), merkle.LeafHash([]byte("odd"))
	for l := 1; l < 5; l++ {
		tile := make([][32]byte, merkle.TileWidth)
		for i := range tile {
			tile[i] = b.alike[l-1]
		}
		b.alike[l] = merkle.Root(tile)
		tile[odd>>(8*(l-1))%256] = b.path[l-1]
		b.path[l] = merkle.Root(tile)
	}
	return b
}

// tile gives the bytes of a tile of width w.
func (b *billion) tile(level uint, n uint64, w int) []byte {
	var row []byte
	for i := range uint64(w) {
		h := b.alike[level]
		if n*256+i == b.odd>>(8*level) {
			h = b.path[level]
		}
		row = append(row, h[:]...)
	}
	return row
}

// load writes the tiles that proofs of the odd leaf, of the last one and of earlier sizes need; the rest of the log is not there at all.
func (b *billion) load(t testing.TB, db *store.DB, sizes ...uint64) {
	t.Helper()
	run(t, db, `UPDATE tiles_log SET size = $1`, int64(billionLeaves))
	for level := uint(0); level < 4; level++ {
		for _, at := range append([]uint64{b.odd, billionLeaves - 1}, sizes...) {
			n := at >> (8 * (level + 1))
			if w := merkle.WidthAt(level, n, billionLeaves); w > 0 {
				run(t, db, string(`INSERT INTO tiles_tile (log, level, num, hashes) VALUES ('journal', $1, $2, $3) ON CONFLICT (log, level, num) DO NOTHING`),
					int64(level), int64(n), b.tile(level, n, w))
			}
		}
	}
}

// TestBillion proves a leaf of a thousand million from the few tiles that are there: whatever scanned the log would fail.
func TestBillion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		_, l := open(t, db)
		const odd, before = 123_456_789, 700_000_001
		b := newBillion(odd)
		b.load(t, db, before)
		c, err := l.Checkpoint(t.Context())
		if err != nil || c.Size != billionLeaves {
			t.Fatalf("%d, %v", c.Size, err)
		}
		proof, err := l.Prove(t.Context(), odd, c.Size)
		if err != nil {
			t.Fatal(err)
		}
		if err := merkle.VerifyInclusion(b.path[0], odd, c.Size, proof, c.Root); err != nil {
			t.Error(err)
		}
		if merkle.VerifyInclusion(b.alike[0], odd, c.Size, proof, c.Root) == nil {
			t.Error("another leaf stands in its place")
		}
		old, err := l.Root(t.Context(), before)
		if err != nil {
			t.Fatal(err)
		}
		grown, err := l.Consistency(t.Context(), before, c.Size)
		if err != nil {
			t.Fatal(err)
		}
		if err := merkle.VerifyConsistency(before, c.Size, grown, old, c.Root); err != nil {
			t.Error(err)
		}
		reads := 0
		var s merkle.Scheme
		ranges, err := merkle.Inclusion(odd, c.Size)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Hashes(ranges, s.Tiles(c.Size, func(level uint, n uint64, w int) ([][32]byte, error) {
			reads++
			out := make([][32]byte, w)
			for i := range out {
				copy(out[i][:], b.tile(level, n, w)[i*32:])
			}
			return out, nil
		}))
		if err != nil || reads > 8 {
			t.Errorf("%d tiles read, %v", reads, err)
		}
		t.Logf("an inclusion proof in %d leaves reads %d tiles and has %d hashes", uint64(billionLeaves), reads, len(proof))
	})
}

// BenchmarkProveBillion proves a leaf of a thousand million, one proof after the other, and tells the slowest of a hundred.
func BenchmarkProveBillion(b *testing.B) {
	db := storetest.Open(b)
	_, l := open(b, db)
	const odd = 123_456_789
	newBillion(odd).load(b, db)
	var took []time.Duration
	for b.Loop() {
		at := time.Now()
		if _, err := l.Prove(b.Context(), odd, billionLeaves); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(at))
	}
	slices.Sort(took)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(took[len(took)*p/100].Microseconds())/1000, "p"+strconv.Itoa(p)+"-ms")
	}
}

// BenchmarkFold takes entries of the journal in, chain check and tiles included.
func BenchmarkFold(b *testing.B) {
	db := storetest.Open(b)
	_, l := open(b, db)
	j, err := journal.Open(b.Context(), db, clock)
	if err != nil {
		b.Fatal(err)
	}
	const n = 20000
	for i := 0; i < n; i += 1000 {
		err := db.Write(b.Context(), func(tx *store.Tx) error {
			for range 1000 {
				if err := j.Append(tx, journal.Act{Actor: "person:01A", Unit: "power", Verb: "approve", Object: "target:x", Detail: i}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	var took time.Duration
	for b.Loop() {
		b.StopTimer()
		run(b, db, `DELETE FROM tiles_tile`)
		run(b, db, `DELETE FROM tiles_checkpoint`)
		run(b, db, `UPDATE tiles_log SET size = 0`)
		b.StartTimer()
		at := time.Now()
		if err := (Fold{Journal: j, Log: l}).Run(b.Context()); err != nil {
			b.Fatal(err)
		}
		took += time.Since(at)
	}
	b.ReportMetric(float64(b.N)*n/took.Seconds(), "entries/s")
}
