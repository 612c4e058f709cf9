package merkle

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// leavesOf gives n leaf hashes that differ.
func leavesOf(n int) [][Size]byte {
	out := make([][Size]byte, n)
	for i := range out {
		out[i] = LeafHash(binary.BigEndian.AppendUint32(nil, uint32(i)))
	}
	return out
}

// naive is the definition of RFC 9162 2.1.1, word by word.
func naive(leaves [][Size]byte) [Size]byte {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	default:
		k := 1
		for k*2 < n {
			k *= 2
		}
		return NodeHash(naive(leaves[:k]), naive(leaves[k:]))
	}
}

// TestVectors holds the proofs against those that the transparency-dev/merkle library publishes.
func TestVectors(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "trust", "merkle", "merkle-vectors.jsonl"))
	if err != nil {
		t.Skip("the published vectors are not here: ", err)
	}
	defer f.Close()
	type vector struct {
		Path                            string
		LeafIdx, TreeSize, Size1, Size2 uint64
		Start, End, Size                uint64
		Root, LeafHash, Root1, Root2    []byte
		Proof                           [][]byte
		Desc                            string
		WantErr                         bool
	}
	count := map[string]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		kind, _, _ := strings.Cut(v.Path, "/")
		// Some vectors bear hashes of another length, which our types exclude. Filled up with zeroes they stay different from one another
		// and from every true hash, so that the verdict must be the same; where there is no hash at all (three cases with neither leaf nor
		// root) the type itself refuses.
		none := false
		h := func(b []byte) (out [Size]byte) {
			none = none || len(b) == 0
			copy(out[:], b)
			return out
		}
		var proof [][Size]byte
		for _, p := range v.Proof {
			proof = append(proof, h(p))
		}
		var got error
		switch kind {
		case "inclusion":
			got = VerifyInclusion(h(v.LeafHash), v.LeafIdx, v.TreeSize, proof, h(v.Root))
		case "consistency":
			got = VerifyConsistency(v.Size1, v.Size2, proof, h(v.Root1), h(v.Root2))
		case "subtreeinclusion":
			got = Scheme{}.VerifySubtreeInclusion(h(v.LeafHash), v.LeafIdx, Range{v.Start, v.End}, proof, h(v.Root))
		case "subtreeconsistency":
			got = Scheme{}.VerifySubtreeConsistency(Range{v.Start, v.End}, v.Size, proof, h(v.Root1), h(v.Root2))
		default:
			t.Fatalf("%s: unknown kind %q", v.Path, kind)
		}
		if refused := none || got != nil; refused != v.WantErr {
			t.Errorf("%s (%s): refused %v (%v), want %v", v.Path, v.Desc, refused, got, v.WantErr)
		}
		count[kind]++
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if count["inclusion"] != 98 || count["consistency"] != 98 || count["subtreeinclusion"] != 204 || count["subtreeconsistency"] != 118 {
		t.Errorf("vectors of each kind: %v", count)
	}
}

// TestAllSmallTrees makes and checks every proof of every tree up to 70 leaves, and sees each refused after a change.
func TestAllSmallTrees(t *testing.T) {
	const most = 70
	leaves := leavesOf(most)
	roots := make([][Size]byte, most+1)
	for n := range roots {
		if roots[n] = Root(leaves[:n]); roots[n] != naive(leaves[:n]) {
			t.Fatalf("root of %d leaves is not that of the definition", n)
		}
	}
	for n := 1; n <= most; n++ {
		for i := range n {
			proof, err := Proof(leaves[:n], uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyInclusion(leaves[i], uint64(i), uint64(n), proof, roots[n]); err != nil {
				t.Fatalf("leaf %d of %d: %v", i, n, err)
			}
			if VerifyInclusion(leaves[i], uint64(i+1)%uint64(n), uint64(n), proof, roots[n]) == nil && n > 1 {
				t.Fatalf("leaf %d of %d proves another place", i, n)
			}
			if VerifyInclusion(leaves[i], uint64(i), uint64(n), append(proof, roots[n]), roots[n]) == nil {
				t.Fatalf("leaf %d of %d: a longer proof passes", i, n)
			}
		}
		for m := 1; m <= n; m++ {
			ranges, err := Consistency(uint64(m), uint64(n))
			if err != nil {
				t.Fatal(err)
			}
			proof, err := Scheme{}.Hashes(ranges, Scheme{}.Leaves(leaves[:n]))
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyConsistency(uint64(m), uint64(n), proof, roots[m], roots[n]); err != nil {
				t.Fatalf("%d in %d: %v", m, n, err)
			}
			if m != n && VerifyConsistency(uint64(m), uint64(n), proof, roots[m-1], roots[n]) == nil {
				t.Fatalf("%d in %d: another root passes", m, n)
			}
		}
	}
}

func TestAllSmallSubtrees(t *testing.T) {
	const n = 37
	leaves := leavesOf(n)
	var s Scheme
	root, read, count := Root(leaves), s.Leaves(leaves), 0
	for lo := range uint64(n) {
		for hi := lo + 1; hi <= n; hi++ {
			sub := Range{lo, hi}
			ranges, err := SubtreeConsistency(sub, n)
			if (err == nil) != sub.valid() {
				t.Fatalf("%v: %v", sub, err)
			}
			if err != nil {
				continue
			}
			count++
			subRoot := Root(leaves[lo:hi])
			proof, err := s.Hashes(ranges, read)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.VerifySubtreeConsistency(sub, n, proof, subRoot, root); err != nil {
				t.Fatalf("%v: %v", sub, err)
			}
			for i := lo; i < hi; i++ {
				ranges, err := SubtreeInclusion(i, sub)
				if err != nil {
					t.Fatal(err)
				}
				proof, err := s.Hashes(ranges, read)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.VerifySubtreeInclusion(leaves[i], i, sub, proof, subRoot); err != nil {
					t.Fatalf("leaf %d in %v: %v", i, sub, err)
				}
			}
		}
	}
	if count < 100 {
		t.Errorf("only %d subtrees", count)
	}
}

// TestJudge compares with golang.org/x/mod/sumdb/tlog, which proves the Go modules.
func TestJudge(t *testing.T) {
	const n = 1000
	leaves := leavesOf(n)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range at {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for i, l := range leaves {
		more, err := tlog.StoredHashesForRecordHash(int64(i), tlog.Hash(l), reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	for _, size := range []int64{1, 2, 255, 256, 257, 511, 513, 999, 1000} {
		theirs, err := tlog.TreeHash(size, reader)
		if err != nil {
			t.Fatal(err)
		}
		if root := Root(leaves[:size]); root != [Size]byte(theirs) {
			t.Fatalf("root of %d leaves differs", size)
		}
		for _, i := range []int64{0, size / 3, size - 1} {
			ours, err := Proof(leaves[:size], uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			var p tlog.RecordProof
			for _, h := range ours {
				p = append(p, tlog.Hash(h))
			}
			if err := tlog.CheckRecord(p, size, theirs, i, tlog.Hash(leaves[i])); err != nil {
				t.Errorf("leaf %d of %d: %v", i, size, err)
			}
		}
	}
}

func TestOtherHash(t *testing.T) {
	s := With(func(b []byte) [Size]byte { return sha256.Sum256(append([]byte("other"), b...)) })
	leaves := [][Size]byte{s.LeafHash([]byte("a")), s.LeafHash([]byte("b")), s.LeafHash([]byte("c"))}
	proof, err := s.Proof(leaves, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.VerifyInclusion(leaves[2], 2, 3, proof, s.Root(leaves)); err != nil {
		t.Error(err)
	}
	if VerifyInclusion(leaves[2], 2, 3, proof, s.Root(leaves)) == nil {
		t.Error("a proof of one hash function passes under another")
	}
	if s.Root(nil) != s.Empty() || Root(nil) != sha256.Sum256(nil) {
		t.Error("the empty tree is not the hash of nothing")
	}
}

func TestFrontier(t *testing.T) {
	leaves := leavesOf(300)
	var f Frontier
	for i, l := range leaves {
		f.Append(Scheme{}, l)
		if !f.Valid() || f.Root(Scheme{}) != naive(leaves[:i+1]) {
			t.Fatalf("after %d leaves", i+1)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(uint64(3), uint64(7), uint64(2), make([]byte, 96))
	f.Add(uint64(1<<63), uint64(1<<64-1), uint64(0), make([]byte, 64*33))
	f.Fuzz(func(t *testing.T, a, b, c uint64, raw []byte) {
		var proof [][Size]byte
		for len(raw) >= Size && len(proof) < 130 {
			proof, raw = append(proof, [Size]byte(raw)), raw[Size:]
		}
		root := [Size]byte{1}
		if VerifyInclusion(root, a, b, proof, [Size]byte{2}) == nil {
			t.Error("a root that nothing leads to")
		}
		if VerifyConsistency(a, b, proof, root, [Size]byte{2}) == nil {
			t.Error("two trees that nothing joins")
		}
		_ = Scheme{}.VerifySubtreeConsistency(Range{c, a}, b, proof, root, root)
		if ranges, err := Inclusion(a, b); err == nil && len(ranges) > 64 {
			t.Errorf("%d hashes for one leaf", len(ranges))
		}
		if ranges, err := SubtreeConsistency(Range{c, a}, b); err == nil && len(ranges) > 65 {
			t.Errorf("%d hashes for a subtree", len(ranges))
		}
	})
}
