package merkle

import "crypto/sha256"

// Size is the length of a hash in bytes.
const Size = 32

// Prefixes that keep a leaf from being taken for a node. RFC 9162 2.1.1
const (
	leafPrefix = 0
	nodePrefix = 1
)

// Scheme is the hash function of a tree. The zero value is SHA-256.
type Scheme struct{ sum func([]byte) [Size]byte }

// With gives the scheme of another hash function of 32 bytes, such as SM3.
func With(sum func([]byte) [Size]byte) Scheme { return Scheme{sum: sum} }

// LeafHash is the hash of an entry. RFC 9162 2.1.1
func (s Scheme) LeafHash(data []byte) [Size]byte {
	b := make([]byte, 0, 1+len(data))
	b = append(append(b, leafPrefix), data...)
	if s.sum == nil {
		return sha256.Sum256(b)
	}
	return s.sum(b)
}

// NodeHash is the hash of a node with two children. RFC 9162 2.1.1
func (s Scheme) NodeHash(left, right [Size]byte) [Size]byte {
	if s.sum == nil {
		return NodeHash(left, right)
	}
	b := make([]byte, 0, 1+2*Size)
	b = append(b, nodePrefix)
	b = append(b, left[:]...)
	return s.sum(append(b, right[:]...))
}

// Empty is the root of a tree without leaves: the hash of nothing. RFC 9162 2.1.1
func (s Scheme) Empty() [Size]byte {
	if s.sum == nil {
		return sha256.Sum256(nil)
	}
	return s.sum(nil)
}

// Root is the hash of the tree over the leaf hashes. RFC 9162 2.1.1
func (s Scheme) Root(leaves [][Size]byte) [Size]byte {
	var f Frontier
	for _, l := range leaves {
		f.Append(s, l)
	}
	return f.Root(s)
}

// LeafHash is the SHA-256 hash of an entry.
func LeafHash(data []byte) [Size]byte { return Scheme{}.LeafHash(data) }

// NodeHash is the SHA-256 hash of a node. It stands apart from the method so that its buffer stays on the stack: this is the hot path.
func NodeHash(left, right [Size]byte) [Size]byte {
	var b [1 + 2*Size]byte
	b[0] = nodePrefix
	copy(b[1:], left[:])
	copy(b[1+Size:], right[:])
	return sha256.Sum256(b[:])
}

// Root is the SHA-256 hash of the tree over the leaf hashes; the hash of nothing where there are none.
func Root(leaves [][Size]byte) [Size]byte { return Scheme{}.Root(leaves) }

// Proof is the inclusion proof of leaf i of the tree over the leaf hashes; errs.Invalid where there is no such leaf.
func Proof(leaves [][Size]byte, i uint64) ([][Size]byte, error) { return Scheme{}.Proof(leaves, i) }

// VerifyInclusion tells whether leaf stands at index of the tree of that size and root: nil, or errs.Conflict.
func VerifyInclusion(leaf [Size]byte, index, size uint64, proof [][Size]byte, root [Size]byte) error {
	return Scheme{}.VerifyInclusion(leaf, index, size, proof, root)
}

// VerifyConsistency tells whether the tree of size1 and root1 is the beginning of that of size2 and root2: nil, or errs.Conflict.
func VerifyConsistency(size1, size2 uint64, proof [][Size]byte, root1, root2 [Size]byte) error {
	return Scheme{}.VerifyConsistency(size1, size2, proof, root1, root2)
}
