package merkle

import "github.com/haihe-city/haihe/errs"

// VerifyInclusion tells whether leaf stands at index of the tree of that size and root: nil, or errs.Conflict. RFC 9162 2.1.3.2
func (s Scheme) VerifyInclusion(leaf [Size]byte, index, size uint64, proof [][Size]byte, root [Size]byte) error {
	return s.VerifySubtreeInclusion(leaf, index, Range{0, size}, proof, root)
}

// VerifySubtreeInclusion tells whether leaf stands at index, counted in the whole tree, within the subtree of that root.
func (s Scheme) VerifySubtreeInclusion(leaf [Size]byte, index uint64, in Range, proof [][Size]byte, root [Size]byte) error {
	if !in.valid() || index < in.Lo || index >= in.Hi {
		return conflict("第 %d 片叶不在 [%d, %d) 之内", "leaf %d does not lie in [%d, %d)", index, in.Lo, in.Hi)
	}
	fn, sn := index-in.Lo, in.Hi-in.Lo-1
	r := leaf
	for i, p := range proof {
		if sn == 0 {
			return conflict("证明多出 %d 个校验值", "the proof has %d hashes too many", len(proof)-i)
		}
		if fn&1 == 1 || fn == sn {
			r = s.NodeHash(p, r)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			r = s.NodeHash(r, p)
		}
		fn, sn = fn>>1, sn>>1
	}
	if sn != 0 {
		return conflict("证明不完整", "the proof is cut short")
	}
	if r != root {
		return conflict("第 %d 片叶不在此根之下", "leaf %d does not stand under this root", index)
	}
	return nil
}

// VerifyConsistency tells whether the tree of size1 and root1 is the beginning of that of size2 and root2: nil, or errs.Conflict. A tree
// of no leaves is refused: it is the beginning of any, so that nothing would have been proved. RFC 9162 2.1.4.2
func (s Scheme) VerifyConsistency(size1, size2 uint64, proof [][Size]byte, root1, root2 [Size]byte) error {
	if size1 == 0 {
		return conflict("空树与任何树都一致，无从证明", "an empty tree is the beginning of any, which proves nothing")
	}
	return s.VerifySubtreeConsistency(Range{0, size1}, size2, proof, root1, root2)
}

// VerifySubtreeConsistency tells whether the subtree of that hash belongs to the tree of that size and root. The empty subtree belongs to
// every tree.
// draft-ietf-plants-merkle-tree-certs 4.4.3
func (s Scheme) VerifySubtreeConsistency(sub Range, size uint64, proof [][Size]byte, subRoot, root [Size]byte) error {
	if sub.Lo == sub.Hi && sub.Hi <= size { // nothing belongs to every tree, whatever its root
		if len(proof) > 0 || subRoot != s.Empty() {
			return conflict("空子树只有空根和空证明", "an empty subtree has the empty root and no proof")
		}
		return nil
	}
	if !sub.valid() || sub.Hi > size {
		return conflict("[%d, %d) 不是 %d 片叶之树的子树", "[%d, %d) is no subtree of a tree of %d leaves", sub.Lo, sub.Hi, size)
	}
	// fn and sn are the first and the last node of the subtree on the level that is reached, tn the last of the tree.
	fn, sn, tn := sub.Lo, sub.Hi-1, size-1
	for fn != sn && (sn == tn || sn&1 == 1) {
		fn, sn, tn = fn>>1, sn>>1, tn>>1
	}
	small, large := subRoot, subRoot
	if fn != sn {
		if len(proof) == 0 {
			return conflict("证明不完整", "the proof is cut short")
		}
		small, large, proof = proof[0], proof[0], proof[1:]
	}
	for i, p := range proof {
		if tn == 0 {
			return conflict("证明多出 %d 个校验值", "the proof has %d hashes too many", len(proof)-i)
		}
		if sn&1 == 1 || sn == tn {
			if fn < sn {
				small = s.NodeHash(p, small)
			}
			large = s.NodeHash(p, large)
			for sn&1 == 0 && sn != 0 {
				fn, sn, tn = fn>>1, sn>>1, tn>>1
			}
		} else {
			large = s.NodeHash(large, p)
		}
		fn, sn, tn = fn>>1, sn>>1, tn>>1
	}
	switch {
	case tn != 0:
		return conflict("证明不完整", "the proof is cut short")
	case small != subRoot:
		return conflict("证明与较小的树（[%d, %d)）的根不符", "the proof does not lead to the root of the smaller tree [%d, %d)", sub.Lo, sub.Hi)
	case large != root:
		return conflict("证明与 %d 片叶之树的根不符", "the proof does not lead to the root of the tree of %d leaves", size)
	}
	return nil
}

func conflict(zh, en string, args ...any) error { return errs.Say(errs.Conflict, zh, en, args...) }
