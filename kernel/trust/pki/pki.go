package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 5280 4.2.1.2 names a key by SHA-1; nothing is signed with it
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"
)

// SignerID is the id that SM2 signatures are made and verified with. GM/T 0009 10
const SignerID = "1234567812345678"

// Algorithm names a signature algorithm with its hash.
type Algorithm string

// The algorithms that Haihe signs with.
const (
	SM2   Algorithm = "sm2-sm3"
	ECDSA Algorithm = "ecdsa-p256-sha256"
)

// Valid tells whether a is one of the two.
func (a Algorithm) Valid() bool { return a == SM2 || a == ECDSA }

// Hash gives the hash that goes with the algorithm: SM3 or SHA-256, 32 bytes both.
func (a Algorithm) Hash() hash.Hash {
	if a == SM2 {
		return sm3.New()
	}
	return sha256.New()
}

// ErrSignature is a signature that does not fit its message and key.
var ErrSignature = errors.New("the signature does not fit the message and the key")

// Generate makes a key.
func Generate(a Algorithm) (crypto.Signer, error) {
	switch a {
	case SM2:
		return sm2.GenerateKey(rand.Reader)
	case ECDSA:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	return nil, fmt.Errorf("no signature algorithm %q", string(a))
}

// Of tells with which algorithm a public key signs; an error for keys that Haihe does not sign with.
func Of(pub crypto.PublicKey) (Algorithm, error) {
	k, ok := pub.(*ecdsa.PublicKey)
	switch {
	case ok && k.Curve == sm2.P256():
		return SM2, nil
	case ok && k.Curve == elliptic.P256():
		return ECDSA, nil
	}
	return "", fmt.Errorf("neither an SM2 nor a P-256 key: %T", pub)
}

// Sign signs a whole message. The key may be one of software, or any that signs a digest it is handed (crypto.Signer), as a token does.
func Sign(k crypto.Signer, message []byte) ([]byte, error) {
	a, err := Of(k.Public())
	if err != nil {
		return nil, err
	}
	digest, err := Digest(k.Public(), message)
	if err != nil {
		return nil, err
	}
	if a == SM2 {
		return k.Sign(rand.Reader, digest, sm2.NewSM2SignerOption(false, nil)) // the digest has the id in it already
	}
	return k.Sign(rand.Reader, digest, crypto.SHA256)
}

// Digest gives the 32 bytes that are signed for a message: for SM2 SM3(ZA || message) with [SignerID]. GB/T 32918.2 6.1
func Digest(pub crypto.PublicKey, message []byte) ([]byte, error) {
	a, err := Of(pub)
	if err != nil {
		return nil, err
	}
	if a == SM2 {
		return sm2.CalculateSM2Hash(pub.(*ecdsa.PublicKey), message, []byte(SignerID))
	}
	d := sha256.Sum256(message)
	return d[:], nil
}

// Verify tells with nil that sig is the key's signature of message; else [ErrSignature], or what is wrong with the key.
func Verify(pub crypto.PublicKey, message, sig []byte) error {
	a, err := Of(pub)
	if err != nil {
		return err
	}
	digest, err := Digest(pub, message)
	if err != nil {
		return err
	}
	k := pub.(*ecdsa.PublicKey)
	if (a == SM2 && sm2.VerifyASN1(k, digest, sig)) || (a == ECDSA && ecdsa.VerifyASN1(k, digest, sig)) {
		return nil
	}
	return ErrSignature
}

// MarshalPublic gives the SubjectPublicKeyInfo.
func MarshalPublic(pub crypto.PublicKey) ([]byte, error) { return smx509.MarshalPKIXPublicKey(pub) }

// ParsePublic reads a SubjectPublicKeyInfo of one of the two algorithms.
func ParsePublic(der []byte) (crypto.PublicKey, error) {
	pub, err := smx509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	if _, err := Of(pub); err != nil {
		return nil, err
	}
	return pub, nil
}

// MarshalPrivate gives the PKCS #8 form of a key of software. It is for sealing at once, never for a file.
func MarshalPrivate(k crypto.Signer) ([]byte, error) { return smx509.MarshalPKCS8PrivateKey(k) }

// ParsePrivate reads what MarshalPrivate gave.
func ParsePrivate(der []byte) (crypto.Signer, error) {
	k, err := smx509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	s, ok := k.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("no key that signs: %T", k)
	}
	if _, err := Of(s.Public()); err != nil {
		return nil, err
	}
	return s, nil
}

// KeyID names a key by the SHA-1 of its subjectPublicKey's bits, as certificates do. RFC 5280 4.2.1.2 (1)
func KeyID(pub crypto.PublicKey) ([]byte, error) {
	der, err := MarshalPublic(pub)
	if err != nil {
		return nil, err
	}
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, err
	}
	sum := sha1.Sum(info.Key.Bytes) //nolint:gosec // a name, no proof
	return sum[:], nil
}
