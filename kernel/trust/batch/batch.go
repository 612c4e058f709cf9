package batch

import (
	"crypto"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/kernel/trust/sm"
)

// Max is the largest number of messages under one signature.
const Max = 4096

// ErrSignature is a batch signature that does not fit its message and key.
var ErrSignature = errors.New("the batch signature does not fit the message and the key")

// ErrForm is text that is no batch signature.
var ErrForm = errors.New("no batch signature: version, algorithm, key id, size, index, path and signature are expected")

// Signature proves one message of a batch.
type Signature struct {
	Algorithm pki.Algorithm
	KeyID     []byte // SHA-1 of the public key's bits. RFC 5280 4.2.1.2 (1)
	Size      uint64 // messages in the batch
	Index     uint64 // this message's place, from 0
	Path      [][merkle.Size]byte
	Sig       []byte // DER, over the root
}

func scheme(a pki.Algorithm) merkle.Scheme {
	if a == pki.SM2 {
		return merkle.With(sm.Sum)
	}
	return merkle.Scheme{}
}

// tbs is what is signed for a tree.
func tbs(size uint64, root [merkle.Size]byte) []byte {
	b := append(make([]byte, 0, 16+8+merkle.Size), "haihe-batch/1\n\x00\x00"...)
	return append(binary.BigEndian.AppendUint64(b, size), root[:]...)
}

// Sign signs 1 to [Max] messages at once and gives their signatures in the same order.
func Sign(k crypto.Signer, messages [][]byte) ([]Signature, error) {
	if len(messages) == 0 || len(messages) > Max {
		return nil, errors.New("a batch has 1 to 4096 messages")
	}
	a, err := pki.Of(k.Public())
	if err != nil {
		return nil, err
	}
	id, err := pki.KeyID(k.Public())
	if err != nil {
		return nil, err
	}
	s := scheme(a)
	levels := levelsOf(s, messages)
	sig, err := pki.Sign(k, tbs(uint64(len(messages)), levels[len(levels)-1][0]))
	if err != nil {
		return nil, err
	}
	out := make([]Signature, len(messages))
	for i := range out {
		out[i] = Signature{Algorithm: a, KeyID: id, Size: uint64(len(messages)), Index: uint64(i), Path: pathOf(levels, i), Sig: sig}
	}
	return out, nil
}

// levelsOf hashes the tree once for all its paths: the leaves first, the root last. A node without a right sibling rises unchanged, which
// gives the tree of RFC 9162, since all its left subtrees are full.
func levelsOf(s merkle.Scheme, messages [][]byte) [][][merkle.Size]byte {
	row := make([][merkle.Size]byte, len(messages))
	for i, m := range messages {
		row[i] = s.LeafHash(m)
	}
	levels := [][][merkle.Size]byte{row}
	for len(row) > 1 {
		next := make([][merkle.Size]byte, 0, (len(row)+1)/2)
		for i := 0; i < len(row); i += 2 {
			if i+1 == len(row) {
				next = append(next, row[i])
			} else {
				next = append(next, s.NodeHash(row[i], row[i+1]))
			}
		}
		levels, row = append(levels, next), next
	}
	return levels
}

// pathOf collects the siblings from the leaf up. RFC 9162 2.1.3.1
func pathOf(levels [][][merkle.Size]byte, i int) (path [][merkle.Size]byte) {
	for _, row := range levels[:len(levels)-1] {
		if sibling := i ^ 1; sibling < len(row) {
			path = append(path, row[sibling])
		}
		i >>= 1
	}
	return path
}

// root computes the root that the message and its path lead to; false where they lead to none. RFC 9162 2.1.3.2
func (g *Signature) root(message []byte) (r [merkle.Size]byte, ok bool) {
	if g.Index >= g.Size || g.Size > Max {
		return r, false
	}
	s := scheme(g.Algorithm)
	r = s.LeafHash(message)
	fn, sn := g.Index, g.Size-1
	for _, p := range g.Path {
		if sn == 0 {
			return r, false
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
	return r, sn == 0
}

// Verify tells with nil that g is a signature of message by pub.
func Verify(pub crypto.PublicKey, message []byte, g Signature) error {
	a, err := pki.Of(pub)
	if err != nil {
		return err
	}
	root, ok := g.root(message)
	if a != g.Algorithm || !ok || pki.Verify(pub, tbs(g.Size, root), g.Sig) != nil {
		return ErrSignature
	}
	return nil
}

// version is the first byte of the packed form; the second names the algorithm.
const version = 1

var algorithms = []pki.Algorithm{pki.SM2, pki.ECDSA}

// String packs a signature for a header or a file, base64url without padding: version, algorithm, length and bytes of the key id, size,
// index (4 bytes each), number of hashes, hashes, signature.
func (g Signature) String() string {
	b := []byte{version, 0}
	for i, a := range algorithms {
		if a == g.Algorithm {
			b[1] = byte(i + 1)
		}
	}
	b = append(append(b, byte(len(g.KeyID))), g.KeyID...)
	b = binary.BigEndian.AppendUint32(b, uint32(g.Size))
	b = binary.BigEndian.AppendUint32(b, uint32(g.Index))
	b = append(b, byte(len(g.Path)))
	for _, h := range g.Path {
		b = append(b, h[:]...)
	}
	return base64.RawURLEncoding.EncodeToString(append(b, g.Sig...))
}

// Parse reads what String gave; [ErrForm] else. Only one text stands for a signature.
func Parse(text string) (g Signature, err error) {
	if len(text) > 2048 {
		return g, ErrForm
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < 3 || b[0] != version || b[1] == 0 || int(b[1]) > len(algorithms) {
		return g, ErrForm
	}
	g.Algorithm = algorithms[b[1]-1]
	n := int(b[2])
	if b = b[3:]; n > 32 || len(b) < n+9 {
		return g, ErrForm
	}
	g.KeyID, b = b[:n:n], b[n:]
	g.Size, g.Index = uint64(binary.BigEndian.Uint32(b)), uint64(binary.BigEndian.Uint32(b[4:]))
	hashes := int(b[8])
	if b = b[9:]; g.Size > Max || g.Index >= g.Size || len(b) < hashes*merkle.Size {
		return Signature{}, ErrForm
	}
	for i := range hashes {
		g.Path = append(g.Path, [merkle.Size]byte(b[i*merkle.Size:]))
	}
	if g.Sig = b[hashes*merkle.Size:]; len(g.Sig) == 0 || len(g.Sig) > 128 {
		return Signature{}, ErrForm
	}
	return g, nil
}

// Key names the key for a map.
func (g *Signature) Key() string { return hex.EncodeToString(g.KeyID) }
