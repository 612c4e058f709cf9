// Package batch (批量签名) signs many messages with one signature: over the root of a Merkle tree whose leaves are the messages. Each message
// gets a Signature of its own that carries its place and path, so that it is verified alone, without the others.
//
// The tree is that of RFC 9162 2.1.1 with the hash of the key's algorithm (SM3 or SHA-256). What is signed is
//
//	16 bytes  ASCII "haihe-batch/1\n" and two zero bytes
//	 8 bytes  size of the tree, unsigned, big endian
//	32 bytes  root
//
// so a batch signature never passes for a signature over something else, nor one tree for another of a different size. A batch of one is
// the same with an empty path.
//
// Verifying costs one hash a level; the signature over the root is verified once a batch where a [Verifier] remembers it.
package batch
