package cms

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/path"
	"github.com/haihe-city/haihe/wire/cms"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

// Content is how a content is encrypted: the cipher's object identifier.
type Content string

// The content ciphers. RFC 3565 4.1, RFC 5084 3.2, GM/T 0006
const (
	AES128CBC Content = "2.16.840.1.101.3.4.1.2"
	AES256CBC Content = "2.16.840.1.101.3.4.1.42"
	AES128GCM Content = "2.16.840.1.101.3.4.1.6"
	AES256GCM Content = "2.16.840.1.101.3.4.1.46"
	SM4CBC    Content = "1.2.156.10197.1.104.2"
	SM4GCM    Content = "1.2.156.10197.1.104.8"
)

// suite is a content cipher.
type suite struct {
	size int // of the key, bytes
	gcm  bool
	make func([]byte) (cipher.Block, error)
}

var suites = map[Content]suite{
	AES128CBC: {16, false, aes.NewCipher}, AES256CBC: {32, false, aes.NewCipher}, AES128GCM: {16, true, aes.NewCipher},
	AES256GCM: {32, true, aes.NewCipher}, SM4CBC: {16, false, sm4.NewCipher}, SM4GCM: {16, true, sm4.NewCipher},
}

// Key agreement and key wrapping. RFC 5753 7.1.4, RFC 3565 2.3.2
const (
	oidECDHSHA1   = "1.3.133.16.840.63.0.2"
	oidECDHSHA256 = "1.3.132.1.11.1"
	oidSM2Encrypt = "1.2.156.10197.1.301.3"
)

// wraps are the key wraps by object identifier, with their keys' sizes.
var wraps = map[string]int{"2.16.840.1.101.3.4.1.5": 16, "2.16.840.1.101.3.4.1.25": 24, "2.16.840.1.101.3.4.1.45": 32}

const oidWrap256 = "2.16.840.1.101.3.4.1.45"

// Encrypt gives the message to the holders of certificates, DER: P-256 keys by Diffie-Hellman, SM2 keys by key transport. With gm the object
// identifiers are those of GM/T 0010, which has no authenticated form: the content cipher must be SM4-CBC then.
func Encrypt(content []byte, to [][]byte, c Content, gm bool) ([]byte, error) {
	s, ok := suites[c]
	if !ok || gm && c != SM4CBC || len(to) == 0 {
		return nil, errors.New("encrypt a message: no such form")
	}
	key, iv := make([]byte, s.size), make([]byte, 16)
	if s.gcm {
		iv = iv[:12]
	}
	_, _ = rand.Read(key) // crypto/rand does not fail
	_, _ = rand.Read(iv)
	e := &cms.EnvelopedData{GM: gm, Auth: s.gcm, ContentType: cms.Data}
	if gm {
		e.ContentType = cms.GMData
	}
	for _, raw := range to {
		k, err := recipient(raw, key)
		if err != nil {
			return nil, fmt.Errorf("encrypt a message: %w", err)
		}
		e.Recipients = append(e.Recipients, k)
	}
	block, err := s.make(key)
	if err != nil {
		return nil, err
	}
	if s.gcm {
		a, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		sealed := a.Seal(nil, iv, content, nil)
		e.Content, e.MAC = sealed[:len(content)], sealed[len(content):]
		e.Algorithm = der.Algorithm(string(c), der.Seq(der.Bytes(iv), der.Int(16)))
		return e.Marshal(), nil
	}
	pad := 16 - len(content)%16
	plain := append(bytes.Clone(content), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(plain, plain)
	e.Content, e.Algorithm = plain, der.Algorithm(string(c), der.Bytes(iv))
	return e.Marshal(), nil
}

// recipient encrypts the content's key to one certificate's key.
func recipient(raw, key []byte) (k cms.KeyRecipient, err error) {
	c, err := x509.Parse(raw)
	if err != nil {
		return k, err
	}
	pub, err := path.PublicKey(c.Key)
	if err != nil {
		return k, err
	}
	k.Who = cms.Who{Issuer: c.Issuer.Raw, Serial: c.Serial}
	p, ok := pub.(*ecdsa.PublicKey)
	switch {
	case ok && p.Curve == sm2.P256():
		k.Algorithm = der.Algorithm(oidSM2Encrypt, nil)
		k.Key, err = sm2.EncryptASN1(rand.Reader, p, key)
		return k, err
	case ok && p.Curve == elliptic.P256():
		return agree(k, p, key)
	}
	return k, errors.New("the certificate's key is for neither SM2 nor P-256")
}

// agree makes a one-time key and wraps the content's key under what both sides derive. RFC 5753 3.1
func agree(k cms.KeyRecipient, p *ecdsa.PublicKey, key []byte) (cms.KeyRecipient, error) {
	once, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return k, err
	}
	mine, err := once.ECDH()
	if err != nil {
		return k, err
	}
	theirs, err := p.ECDH()
	if err != nil {
		return k, err
	}
	shared, err := mine.ECDH(theirs)
	if err != nil {
		return k, err
	}
	wrap := der.Algorithm(oidWrap256, nil)
	k.Algorithm = der.Algorithm(oidECDHSHA256, wrap)
	k.Originator = der.Seq(der.Algorithm(oidECPublicKey, nil), der.BitsOf(mine.PublicKey().Bytes()))
	k.Key, err = wrapKey(derive(shared, wrap, nil, 32, oidSHA256), key)
	return k, err
}

// derive is the key derivation of X9.63 over ECC-CMS-SharedInfo. RFC 5753 7.2
func derive(shared, wrap, ukm []byte, size int, hash string) (out []byte) {
	var user []byte
	if ukm != nil {
		user = der.Value(der.Inner(0), der.Bytes(ukm))
	}
	info := der.Seq(wrap, user, der.Value(der.Inner(2), der.Bytes(binary.BigEndian.AppendUint32(nil, uint32(8*size))))) //nolint:gosec // 128 to 256
	sum := path.HashOf(hash)
	for i := uint32(1); len(out) < size; i++ {
		out = append(out, sum(append(binary.BigEndian.AppendUint32(bytes.Clone(shared), i), info...))...)
	}
	return out[:size]
}

// errWrap is a wrapped key that does not open.
var errWrap = errors.New("the key does not open")

// wrapKey is the AES key wrap. RFC 3394 2.2.1
func wrapKey(kek, key []byte) ([]byte, error) {
	block, err := aes.NewCipher(kek)
	if err != nil || len(key)%8 != 0 {
		return nil, errWrap
	}
	n := len(key) / 8
	out := append(bytes.Repeat([]byte{0xa6}, 8), key...)
	buf := make([]byte, 16)
	for i := range 6 * n {
		r := out[8*(1+i%n):][:8]
		copy(buf, out[:8])
		copy(buf[8:], r)
		block.Encrypt(buf, buf)
		binary.BigEndian.PutUint64(out, binary.BigEndian.Uint64(buf)^uint64(i+1)) //nolint:gosec // small
		copy(r, buf[8:])
	}
	return out, nil
}

// unwrapKey undoes wrapKey. RFC 3394 2.2.2
func unwrapKey(kek, wrapped []byte) ([]byte, error) {
	block, err := aes.NewCipher(kek)
	if err != nil || len(wrapped)%8 != 0 || len(wrapped) < 24 {
		return nil, errWrap
	}
	out, n, buf := bytes.Clone(wrapped), len(wrapped)/8-1, make([]byte, 16)
	for i := 6*n - 1; i >= 0; i-- {
		r := out[8*(1+i%n):][:8]
		binary.BigEndian.PutUint64(buf, binary.BigEndian.Uint64(out)^uint64(i+1)) //nolint:gosec // small
		copy(buf[8:], r)
		block.Decrypt(buf, buf)
		copy(out[:8], buf)
		copy(r, buf[8:])
	}
	if subtle.ConstantTimeCompare(out[:8], bytes.Repeat([]byte{0xa6}, 8)) != 1 {
		return nil, errWrap
	}
	return out[8:], nil
}

// Decrypt opens a message with the key of one of its recipients, whose certificate says which. The key is *ecdsa.PrivateKey on P-256, or one
// of SM2 (a crypto.Decrypter).
func Decrypt(message []byte, certificate *x509.Certificate, key crypto.PrivateKey) ([]byte, error) {
	e, err := cms.ParseEnveloped(message)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "加密文件格式无效", "the encrypted message is malformed")
	}
	for _, k := range e.Recipients {
		if !k.Who.Is(certificate) {
			continue
		}
		content, err := contentKey(k, key)
		if err == nil {
			content, err = unseal(e, content)
		}
		if err != nil {
			return nil, errs.Because(err, errs.Conflict, "无法解密：密钥不符或内容被改动", "the message does not open: another key, or it was changed")
		}
		return content, nil
	}
	return nil, errs.Say(errs.Denied, "加密文件不是给这份证书的", "the message is encrypted to other certificates")
}

func contentKey(k cms.KeyRecipient, key crypto.PrivateKey) ([]byte, error) {
	a, err := x509.ParseAlgorithm(k.Algorithm)
	if err != nil {
		return nil, err
	}
	if k.Originator == nil {
		d, ok := key.(crypto.Decrypter)
		if !ok || a.OID != oidSM2Encrypt && a.OID != oidSM2 {
			return nil, errWrap
		}
		return d.Decrypt(rand.Reader, k.Key, sm2.ASN1DecrypterOpts)
	}
	hash := map[string]string{oidECDHSHA256: oidSHA256, oidECDHSHA1: "1.3.14.3.2.26"}[a.OID]
	private, ok := key.(*ecdsa.PrivateKey)
	wrap, err := x509.ParseAlgorithm(a.Params)
	if err != nil || hash == "" || !ok || wraps[wrap.OID] == 0 {
		return nil, errWrap
	}
	origin, err := x509.ParseKey(k.Originator)
	if err != nil {
		return nil, err
	}
	mine, err := private.ECDH()
	if err != nil {
		return nil, err
	}
	theirs, err := mine.Curve().NewPublicKey(origin.Bits)
	if err != nil {
		return nil, err
	}
	shared, err := mine.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	return unwrapKey(derive(shared, a.Params, k.UKM, wraps[wrap.OID], hash), k.Key)
}

// unseal decrypts the content.
func unseal(e *cms.EnvelopedData, key []byte) ([]byte, error) {
	a, err := x509.ParseAlgorithm(e.Algorithm)
	if err != nil {
		return nil, err
	}
	s, ok := suites[Content(a.OID)]
	if !ok || s.gcm != e.Auth || len(key) != s.size {
		return nil, errWrap
	}
	block, err := s.make(key)
	if err != nil {
		return nil, err
	}
	r := der.New("RFC 5652", a.Params)
	if !s.gcm {
		iv := r.Take(der.OctetString, "6.1").Body
		if r.Err() != nil || len(iv) != 16 || len(e.Content) == 0 || len(e.Content)%16 != 0 {
			return nil, errWrap
		}
		out := bytes.Clone(e.Content)
		cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, out)
		pad := int(out[len(out)-1])
		if pad == 0 || pad > 16 || !bytes.Equal(out[len(out)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
			return nil, errWrap
		}
		return out[:len(out)-pad], nil
	}
	in := r.Enter(der.Sequence, "6.1")
	nonce, tag := in.Take(der.OctetString, "6.1").Body, 12
	if in.More() {
		tag = in.Small(der.Integer, 16, "6.1")
	}
	if r.Err() != nil || len(nonce) != 12 || tag != 16 || len(e.MAC) != 16 {
		return nil, errWrap
	}
	g, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return g.Open(nil, nonce, append(bytes.Clone(e.Content), e.MAC...), e.AuthAttrs)
}
