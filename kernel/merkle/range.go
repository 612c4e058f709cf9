package merkle

import (
	"math/bits"

	"github.com/haihe-city/haihe/errs"
)

// Range is the leaves [Lo, Hi) of a tree.
type Range struct{ Lo, Hi uint64 }

// Node is a complete subtree: the 2^Level leaves from Index * 2^Level.
type Node struct {
	Level uint
	Index uint64
}

// Reader gives the hash of a complete subtree.
type Reader func(Node) ([Size]byte, error)

// split is the greatest power of two below n, for n of at least 2. RFC 9162 2.1.1
func split(n uint64) uint64 { return 1 << (bits.Len64(n-1) - 1) }

// Range computes the hash of the subtree of the leaves r, reading at most 64 complete ones.
func (s Scheme) Range(r Range, read Reader) ([Size]byte, error) {
	n := r.Hi - r.Lo
	if r.Hi < r.Lo || !(Range{r.Lo, r.Hi}).valid() {
		return [Size]byte{}, refuse("区间 [%d, %d) 不是子树", "[%d, %d) is no subtree", r.Lo, r.Hi)
	}
	if n == 0 {
		return s.Empty(), nil
	}
	if n&(n-1) == 0 {
		level := uint(bits.TrailingZeros64(n))
		return read(Node{Level: level, Index: r.Lo >> level})
	}
	k := split(n)
	left, err := s.Range(Range{r.Lo, r.Lo + k}, read)
	if err != nil {
		return left, err
	}
	right, err := s.Range(Range{r.Lo + k, r.Hi}, read)
	if err != nil {
		return right, err
	}
	return s.NodeHash(left, right), nil
}

// valid tells whether the leaves of r form a subtree of every tree that holds them: its start is a multiple of the smallest power of two
// that is not below its size. draft-ietf-plants-merkle-tree-certs 4.1
func (r Range) valid() bool {
	n := r.Hi - r.Lo
	if r.Hi < r.Lo {
		return false
	}
	if n <= 1 {
		return true
	}
	width := bits.Len64(n - 1)
	return width < 64 && r.Lo&(1<<width-1) == 0 || r.Lo == 0
}

// Inclusion lists the ranges whose hashes are the inclusion proof of a leaf in a tree of that size. RFC 9162 2.1.3.1
func Inclusion(index, size uint64) ([]Range, error) { return SubtreeInclusion(index, Range{0, size}) }

// SubtreeInclusion lists the ranges whose hashes prove that leaf index, counted in the whole tree, stands in the subtree.
func SubtreeInclusion(index uint64, in Range) ([]Range, error) {
	if !in.valid() || index < in.Lo || index >= in.Hi {
		return nil, refuse("第 %d 片叶不在 [%d, %d) 之内", "leaf %d does not lie in [%d, %d)", index, in.Lo, in.Hi)
	}
	var out []Range // from the root downwards
	for lo, hi := in.Lo, in.Hi; hi-lo > 1; {
		k := lo + split(hi-lo)
		if index < k {
			out = append(out, Range{k, hi})
			hi = k
		} else {
			out = append(out, Range{lo, k})
			lo = k
		}
	}
	return reverse(out), nil
}

// Consistency lists the ranges whose hashes prove that the tree of size1 is the beginning of that of size2. RFC 9162 2.1.4.1
func Consistency(size1, size2 uint64) ([]Range, error) {
	if size1 == 0 {
		return nil, refuse("空树与任何树都一致，无从证明", "an empty tree is the beginning of any, which proves nothing")
	}
	return SubtreeConsistency(Range{0, size1}, size2)
}

// SubtreeConsistency lists the ranges whose hashes prove that the subtree belongs to the tree of that size.
// draft-ietf-plants-merkle-tree-certs 4.4
func SubtreeConsistency(sub Range, size uint64) ([]Range, error) {
	if !sub.valid() || sub.Lo >= sub.Hi || sub.Hi > size {
		return nil, refuse("[%d, %d) 不是 %d 片叶之树的子树", "[%d, %d) is no subtree of a tree of %d leaves", sub.Lo, sub.Hi, size)
	}
	var out []Range
	known := true // the reader of the proof has the hash of the part that is reached
	lo, hi := uint64(0), size
	for sub.Lo != lo || sub.Hi != hi {
		k := lo + split(hi-lo)
		switch {
		case sub.Hi <= k:
			out = append(out, Range{k, hi})
			hi = k
		case k <= sub.Lo:
			out = append(out, Range{lo, k})
			lo = k
		default: // it starts at lo and ends within the right half: its left part is this one's
			out = append(out, Range{lo, k})
			lo, sub.Lo, known = k, k, false
		}
	}
	if !known {
		out = append(out, Range{lo, hi})
	}
	return reverse(out), nil
}

func reverse(r []Range) []Range {
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return r
}

// Hashes computes the hashes of ranges: a proof.
func (s Scheme) Hashes(ranges []Range, read Reader) ([][Size]byte, error) {
	out := make([][Size]byte, len(ranges))
	for i, r := range ranges {
		var err error
		if out[i], err = s.Range(r, read); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Leaves reads from leaf hashes held in memory.
func (s Scheme) Leaves(leaves [][Size]byte) Reader {
	return func(n Node) ([Size]byte, error) {
		lo, width := n.Index<<n.Level, uint64(1)<<n.Level
		if lo+width > uint64(len(leaves)) {
			return [Size]byte{}, refuse("叶数不足：需要 %d 片，只有 %d 片", "too few leaves: %d are needed, %d are here", lo+width, len(leaves))
		}
		return s.Root(leaves[lo : lo+width]), nil
	}
}

// Proof is the inclusion proof of leaf i of the tree over the leaf hashes.
func (s Scheme) Proof(leaves [][Size]byte, i uint64) ([][Size]byte, error) {
	ranges, err := Inclusion(i, uint64(len(leaves)))
	if err != nil {
		return nil, err
	}
	return s.Hashes(ranges, s.Leaves(leaves))
}

func refuse(zh, en string, args ...any) error { return errs.Say(errs.Invalid, zh, en, args...) }
