package path

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // old signatures are verified, none are made; only where the caller allows it
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // only where the caller allows it
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"math/big"

	"github.com/emmansun/gmsm/sm2"

	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

// Object identifiers of keys and curves. RFC 3279 2.3, RFC 5480 2.1, RFC 8410 3, GM/T 0006
const (
	oidRSA     = "1.2.840.113549.1.1.1"
	oidPSS     = "1.2.840.113549.1.1.10"
	oidMGF1    = "1.2.840.113549.1.1.8"
	oidEC      = "1.2.840.10045.2.1"
	oidDSA     = "1.2.840.10040.4.1"
	oidEd25519 = "1.3.101.112"
	oidSM2     = "1.2.156.10197.1.501"
)

var (
	errAlgorithm = errors.New("the signature algorithm is unknown or not allowed")
	errKey       = errors.New("the public key is malformed, too weak or of another kind than the signature")
	errSignature = errors.New("the signature does not fit")
)

// curves are the named curves. RFC 5480 2.1.1.1, GM/T 0006
var curves = map[string]func() elliptic.Curve{
	"1.2.840.10045.3.1.7": elliptic.P256, "1.3.132.0.34": elliptic.P384, "1.3.132.0.35": elliptic.P521, "1.2.156.10197.1.301": sm2.P256,
}

// scheme is how a signature algorithm hashes and with which kind of key it goes.
type scheme struct {
	key    string
	hash   crypto.Hash
	legacy bool
}

// schemes are the signature algorithms. RFC 3279 2.2, RFC 4055 5, RFC 5758 3, RFC 8410 3, GM/T 0006
var schemes = map[string]scheme{
	"1.2.840.113549.1.1.5":   {oidRSA, crypto.SHA1, true},
	"1.2.840.113549.1.1.11":  {oidRSA, crypto.SHA256, false},
	"1.2.840.113549.1.1.12":  {oidRSA, crypto.SHA384, false},
	"1.2.840.113549.1.1.13":  {oidRSA, crypto.SHA512, false},
	"1.2.840.10045.4.1":      {oidEC, crypto.SHA1, true},
	"1.2.840.10045.4.3.2":    {oidEC, crypto.SHA256, false},
	"1.2.840.10045.4.3.3":    {oidEC, crypto.SHA384, false},
	"1.2.840.10045.4.3.4":    {oidEC, crypto.SHA512, false},
	"1.2.840.10040.4.3":      {oidDSA, crypto.SHA1, true},
	"2.16.840.1.101.3.4.3.2": {oidDSA, crypto.SHA256, true},
}

// hashes by object identifier, for RSASSA-PSS. RFC 4055 2.1
var hashes = map[string]crypto.Hash{
	"1.3.14.3.2.26": crypto.SHA1, "2.16.840.1.101.3.4.2.1": crypto.SHA256, "2.16.840.1.101.3.4.2.2": crypto.SHA384, "2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

func sum(h crypto.Hash, b []byte) []byte {
	switch h {
	case crypto.SHA1:
		s := sha1.Sum(b) //nolint:gosec // as above
		return s[:]
	case crypto.SHA384:
		s := sha512.Sum384(b)
		return s[:]
	case crypto.SHA512:
		s := sha512.Sum512(b)
		return s[:]
	default:
		s := sha256.Sum256(b)
		return s[:]
	}
}

// working is the public key that the next certificate of a path must be signed with. RFC 5280 6.1.2 (g) to (i)
type working struct {
	key    x509.PublicKey
	params []byte // of DSA, possibly inherited
}

// next takes over the key of a certificate; a DSA key without parameters inherits those before it. RFC 5280 6.1.4 (d) to (f)
func (w working) next(k x509.PublicKey) working {
	if k.Algorithm.OID == oidDSA && (k.Algorithm.Params == nil || string(k.Algorithm.Params) == "\x05\x00") {
		if w.key.Algorithm.OID == oidDSA {
			return working{k, w.params}
		}
		return working{k, nil}
	}
	return working{k, k.Algorithm.Params}
}

// inherits tells whether the key cannot be used without the path before it.
func inherits(k x509.PublicKey) bool {
	return k.Algorithm.OID == oidDSA && (k.Algorithm.Params == nil || string(k.Algorithm.Params) == "\x05\x00")
}

// Limits are what a caller demands of algorithms.
type Limits struct {
	Legacy bool // SHA-1 and DSA are allowed
	MinRSA int  // bits, 2,048 where 0
}

// PublicKey reads a key that certificates may hold: *rsa.PublicKey, *ecdsa.PublicKey (SM2 too) or ed25519.PublicKey.
func PublicKey(k x509.PublicKey) (crypto.PublicKey, error) {
	return publicKey(working{k, k.Algorithm.Params})
}

func publicKey(w working) (crypto.PublicKey, error) {
	switch w.key.Algorithm.OID {
	case oidRSA:
		r := der.New("RFC 3279", w.key.Bits)
		in := r.Enter(der.Sequence, "2.3.1")
		k := &rsa.PublicKey{N: in.Big("2.3.1")}
		k.E = in.Small(der.Integer, 1<<31-1, "2.3.1")
		in.End("2.3.1")
		r.End("2.3.1")
		if r.Err() != nil || k.N.Sign() <= 0 || k.N.BitLen() > 16384 || k.E < 3 || k.E%2 == 0 {
			return nil, errKey
		}
		return k, nil
	case oidEC:
		r := der.New("RFC 5480", w.params)
		oid := r.OID("2.1.1")
		r.End("2.1.1")
		curve := curves[oid]
		if r.Err() != nil || curve == nil {
			return nil, errKey
		}
		return point(curve(), w.key.Bits)
	case oidEd25519:
		if len(w.key.Bits) != ed25519.PublicKeySize || w.key.Algorithm.Params != nil {
			return nil, errKey
		}
		return ed25519.PublicKey(w.key.Bits), nil
	case oidDSA:
		return dsaKey(w)
	}
	return nil, errKey
}

// point reads a point of a curve, uncompressed or compressed. RFC 5480 2.2
func point(curve elliptic.Curve, b []byte) (crypto.PublicKey, error) {
	if curve == sm2.P256() {
		k, err := sm2.NewPublicKey(b)
		if err != nil {
			return nil, errKey
		}
		return k, nil
	}
	if len(b) > 0 && (b[0] == 2 || b[0] == 3) {
		x, y := elliptic.UnmarshalCompressed(curve, b)
		if x == nil {
			return nil, errKey
		}
		size := (curve.Params().BitSize + 7) / 8
		b = append([]byte{4}, append(x.FillBytes(make([]byte, size)), y.FillBytes(make([]byte, size))...)...)
	}
	k, err := ecdsa.ParseUncompressedPublicKey(curve, b)
	if err != nil {
		return nil, errKey
	}
	return k, nil
}

func dsaKey(w working) (crypto.PublicKey, error) {
	r := der.New("RFC 3279", w.params)
	in := r.Enter(der.Sequence, "2.3.2")
	k := &dsa.PublicKey{Parameters: dsa.Parameters{P: in.Big("2.3.2"), Q: in.Big("2.3.2"), G: in.Big("2.3.2")}}
	in.End("2.3.2")
	y := der.New("RFC 3279", w.key.Bits)
	k.Y = y.Big("2.3.2")
	y.End("2.3.2")
	if r.Err() != nil || y.Err() != nil || k.P.Sign() <= 0 || k.Q.Sign() <= 0 || k.P.BitLen() > 4096 || k.Y.Sign() <= 0 || k.Y.Cmp(k.P) >= 0 {
		return nil, errKey
	}
	return k, nil
}

// CheckSignature verifies that key signed message with the algorithm.
func CheckSignature(key x509.PublicKey, a x509.AlgorithmID, message, sig []byte, l Limits) error {
	return check(working{key, key.Algorithm.Params}, a, message, sig, l)
}

func check(w working, a x509.AlgorithmID, message, sig []byte, l Limits) error {
	pub, err := publicKey(w)
	if err != nil {
		return err
	}
	if k, ok := pub.(*rsa.PublicKey); ok && k.N.BitLen() < l.minRSA() {
		return errKey
	}
	null := a.Params == nil || string(a.Params) == "\x05\x00"
	switch a.OID {
	case oidSM2:
		k, ok := pub.(*ecdsa.PublicKey)
		if !ok || k.Curve != sm2.P256() || !null {
			return errKey
		}
		if pki.Verify(k, message, sig) != nil {
			return errSignature
		}
		return nil
	case oidEd25519:
		k, ok := pub.(ed25519.PublicKey)
		if !ok || a.Params != nil {
			return errKey
		}
		return fits(ed25519.Verify(k, message, sig))
	case oidPSS:
		return checkPSS(pub, a, message, sig, l)
	}
	s, ok := schemes[a.OID]
	if !ok || s.legacy && !l.Legacy || s.key != oidRSA && a.Params != nil || !null {
		return errAlgorithm
	}
	digest := sum(s.hash, message)
	switch k := pub.(type) {
	case *rsa.PublicKey:
		if s.key == oidRSA {
			return fits(rsa.VerifyPKCS1v15(k, s.hash, digest, sig) == nil)
		}
	case *ecdsa.PublicKey:
		if s.key == oidEC && k.Curve != sm2.P256() {
			return fits(ecdsa.VerifyASN1(k, digest, sig))
		}
	case *dsa.PublicKey:
		if s.key == oidDSA && l.Legacy {
			return checkDSA(k, digest, sig)
		}
	}
	return errKey
}

func (l Limits) minRSA() int {
	if l.MinRSA == 0 {
		return 2048
	}
	return l.MinRSA
}

// rsaBits is the size of an RSA key, 0 for others.
func rsaBits(k x509.PublicKey) int {
	pub, _ := PublicKey(k)
	if r, ok := pub.(*rsa.PublicKey); ok {
		return r.N.BitLen()
	}
	return 0
}

func fits(ok bool) error {
	if ok {
		return nil
	}
	return errSignature
}

func checkDSA(k *dsa.PublicKey, digest, sig []byte) error {
	r := der.New("RFC 3279", sig)
	in := r.Enter(der.Sequence, "2.2.2")
	a, b := in.Big("2.2.2"), in.Big("2.2.2")
	in.End("2.2.2")
	r.End("2.2.2")
	if r.Err() != nil {
		return errSignature
	}
	if size := (k.Q.BitLen() + 7) / 8; len(digest) > size { // FIPS 186-4 4.6: the leftmost bits of the hash
		digest = digest[:size]
	}
	return fits(dsa.Verify(k, digest, a, b))
}

// checkPSS takes parameters that use one hash for both, with a salt as long as it. RFC 4055 3.1
func checkPSS(pub crypto.PublicKey, a x509.AlgorithmID, message, sig []byte, l Limits) error {
	k, ok := pub.(*rsa.PublicKey)
	if !ok {
		return errKey
	}
	hash, mask, salt := "1.3.14.3.2.26", "1.3.14.3.2.26", 20
	r := der.New("RFC 4055", a.Params)
	in := r.Enter(der.Sequence, "3.1")
	if h, ok := in.Maybe(der.Inner(0), "3.1"); ok {
		hash = h.Enter(der.Sequence, "3.1").OID("3.1")
	}
	if m, ok := in.Maybe(der.Inner(1), "3.1"); ok {
		f := m.Enter(der.Sequence, "3.1")
		if f.OID("3.1") != oidMGF1 {
			return errAlgorithm
		}
		mask = f.Enter(der.Sequence, "3.1").OID("3.1")
	}
	if s, ok := in.Maybe(der.Inner(2), "3.1"); ok {
		salt = s.Small(der.Integer, 1024, "3.1")
	}
	if t, ok := in.Maybe(der.Inner(3), "3.1"); ok && t.Small(der.Integer, 100, "3.1") != 1 {
		return errAlgorithm
	}
	in.End("3.1")
	r.End("3.1")
	h := hashes[hash]
	if r.Err() != nil || h == 0 || hash != mask || h == crypto.SHA1 && !l.Legacy || salt != h.Size() {
		return errAlgorithm
	}
	return fits(rsa.VerifyPSS(k, h, sum(h, message), sig, &rsa.PSSOptions{SaltLength: salt, Hash: h}) == nil)
}

// positive tells whether a serial number is what RFC 5280 4.1.2.2 has issuers use: not zero. Negative ones are taken, as the clause asks.
func positive(n *big.Int) bool { return n.Sign() != 0 }
