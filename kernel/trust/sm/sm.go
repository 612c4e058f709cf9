package sm

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"hash"

	gcipher "github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
)

// Size is the length of a digest in bytes, KeySize that of an SM4 key.
const (
	Size    = sm3.Size
	KeySize = 16
)

// New gives SM3 as a hash. GB/T 32905
func New() hash.Hash { return sm3.New() }

// Sum is SM3 of data; it fits merkle.With.
func Sum(data []byte) [Size]byte { return sm3.Sum(data) }

// MAC is HMAC with SM3. RFC 2104, GB/T 15852.2
func MAC(key, data []byte) []byte {
	m := hmac.New(sm3.New, key)
	m.Write(data)
	return m.Sum(nil)
}

// Derive makes n bytes of key material for a purpose out of a secret of at least 16 bytes that is uniformly random: the expanding half
// of HKDF with HMAC-SM3. RFC 5869 2.3
func Derive(secret []byte, purpose string, n int) ([]byte, error) {
	return hkdf.Expand(sm3.New, secret, purpose, n)
}

// Block is SM4 itself, for modes that are not here. GB/T 32907
func Block(key []byte) (cipher.Block, error) { return sm4.NewCipher(key) }

// GCM is SM4 in Galois/counter mode for nonces of nonceSize bytes (12 unless another program asks for another) with tags of 16 bytes.
// NIST SP 800-38D
func GCM(key []byte, nonceSize int) (cipher.AEAD, error) {
	b, err := sm4.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithNonceSize(b, nonceSize)
}

// CCM is SM4 in counter mode with CBC-MAC, for nonces of 7 to 13 bytes and tags of 4 to 16 bytes, even. NIST SP 800-38C
func CCM(key []byte, nonceSize, tagSize int) (cipher.AEAD, error) {
	b, err := sm4.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return gcipher.NewCCMWithNonceAndTagSize(b, nonceSize, tagSize)
}
