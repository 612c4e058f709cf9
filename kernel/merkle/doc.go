// Package merkle (默克尔树) is the mathematics of append-only trees of hashes: no I/O, no clock, no state but a [Frontier].
//
// The tree is that of RFC 6962 section 2.1 and RFC 9162 section 2.1: a leaf is the hash of 0x00 and the data, a node the hash of 0x01 and
// its two children, and a tree of n leaves splits at the greatest power of two below n. The hash function is a parameter ([Scheme]); its
// zero value is SHA-256, and the functions of the package use that. SM3 has the same length and fits as well.
//
// Sizes and indexes are uint64, hashes [32]byte, proofs [][32]byte in the order of the RFC: from the leaf upwards.
//
//	root := merkle.Root(leaves)                                  // leaves: hashes made with LeafHash
//	proof, err := merkle.Proof(leaves, i)                        // i stands in the tree
//	err = merkle.VerifyInclusion(leaf, i, size, proof, root)     // nil: it does
//
// # Proofs without the leaves
//
// A proof is a list of hashes of ranges of leaves. [Inclusion] and [Consistency] (and their siblings for subtrees) give those ranges, and
// [Scheme.Range] computes one from complete subtrees, which a [Reader] fetches from wherever they lie. From tiles ([Tile]: 256 hashes of
// one level, C2SP tlog-tiles) that is about a tile for eight levels: four reads for a thousand million leaves.
//
// # Subtrees
//
// A subtree [start, end) of a tree is a tree of its own where start is a multiple of the smallest power of two that is not below its
// size (draft-ietf-plants-merkle-tree-certs section 4). An inclusion proof within it and a proof that it belongs to a larger tree are
// made and checked by the same code as the whole tree, which is the subtree [0, n).
package merkle
