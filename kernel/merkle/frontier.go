package merkle

import "math/bits"

// Frontier is what must be known of a tree to go on with it: the hashes of its complete subtrees from the left, greatest first, one for
// each bit of the size. The zero value is the empty tree. Its fields are what has to be kept to resume.
type Frontier struct {
	Size  uint64
	Nodes [][32]byte
}

// Append adds a leaf hash; on average it costs one hash.
func (f *Frontier) Append(s Scheme, leaf [Size]byte) {
	for n := f.Size; n&1 == 1; n >>= 1 {
		last := len(f.Nodes) - 1
		leaf = s.NodeHash(f.Nodes[last], leaf)
		f.Nodes = f.Nodes[:last]
	}
	f.Nodes = append(f.Nodes, leaf)
	f.Size++
}

// Root is the root of the tree so far.
func (f *Frontier) Root(s Scheme) [Size]byte {
	if len(f.Nodes) == 0 {
		return s.Empty()
	}
	r := f.Nodes[len(f.Nodes)-1]
	for i := len(f.Nodes) - 2; i >= 0; i-- {
		r = s.NodeHash(f.Nodes[i], r)
	}
	return r
}

// Valid tells whether the frontier can be one: as many nodes as the size has bits.
func (f *Frontier) Valid() bool { return len(f.Nodes) == bits.OnesCount64(f.Size) }
