package batch

import (
	"crypto"
	"crypto/sha256"
	"sync"

	"github.com/haihe-city/haihe/kernel/trust/pki"
)

// remembered bounds each of a Verifier's two generations of roots.
const remembered = 1024

// Verifier verifies batch signatures and remembers the roots whose signature was good, so that the other messages of a batch cost hashes
// only. The zero value works; it is safe for concurrent use and holds at most 2,048 roots of 32 bytes.
type Verifier struct {
	mu       sync.Mutex
	new, old map[[32]byte]bool
}

// Verify is [Verify] with the memory.
func (v *Verifier) Verify(pub crypto.PublicKey, message []byte, g Signature) error {
	a, err := pki.Of(pub)
	if err != nil {
		return err
	}
	root, ok := g.root(message)
	if a != g.Algorithm || !ok {
		return ErrSignature
	}
	spki, err := pki.MarshalPublic(pub)
	if err != nil {
		return err
	}
	signed := tbs(g.Size, root)
	name := sha256.Sum256(append(append(spki, signed...), g.Sig...)) // key and tree have fixed lengths, so nothing is ambiguous
	if v.known(name) {
		return nil
	}
	if pki.Verify(pub, signed, g.Sig) != nil {
		return ErrSignature
	}
	v.remember(name)
	return nil
}

func (v *Verifier) known(name [32]byte) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.new[name] || v.old[name]
}

func (v *Verifier) remember(name [32]byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.new == nil || len(v.new) >= remembered {
		v.old, v.new = v.new, make(map[[32]byte]bool, remembered)
	}
	v.new[name] = true
}
