package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"errors"

	"github.com/emmansun/gmsm/sm2"
)

// ErrEnvelope is an EnvelopedKey between keys that are not SM2, or one that its receiver cannot open.
var ErrEnvelope = errors.New("an EnvelopedKey goes from SM2 key to SM2 key, and only its receiver opens it")

// Envelop gives the private half of an SM2 key as an EnvelopedKey that only the holder of `to` opens: SM4 under a key that is encrypted
// with SM2. GM/T 0009 7.4
func Envelop(to crypto.PublicKey, k crypto.Signer) ([]byte, error) {
	pub, ok := to.(*ecdsa.PublicKey)
	private, own := k.(*sm2.PrivateKey)
	if !ok || !own || pub.Curve != sm2.P256() {
		return nil, ErrEnvelope
	}
	return sm2.MarshalEnvelopedPrivateKey(rand.Reader, pub, private)
}

// OpenEnvelope is the reverse, with the receiver's key.
func OpenEnvelope(k crypto.Signer, der []byte) (crypto.Signer, error) {
	private, ok := k.(*sm2.PrivateKey)
	if !ok {
		return nil, ErrEnvelope
	}
	out, err := sm2.ParseEnvelopedPrivateKey(private, der)
	if err != nil {
		return nil, errors.Join(ErrEnvelope, err)
	}
	return out, nil
}
