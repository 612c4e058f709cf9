package note

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
)

// Types of keys. C2SP signed-note Signature types
const (
	Ed25519 = 0x01
	ECDSA   = 0x02 // P-256 with SHA-256; Public is the SPKI in DER, the signature ASN.1
	Cosign  = 0x04 // Ed25519 with a time. C2SP tlog-cosignature
	Own     = 0xff // Public begins with an identifier and a line feed
)

// SM2 is the identifier of Haihe's SM2 keys: what Public of a key of type Own begins with.
const SM2 = "haihe/sm2/v1\n"

// Key is what verifies signatures.
type Key struct {
	Name   string
	ID     uint32
	Type   byte
	Public []byte
}

// NewKey makes a key with the id that the standard computes. C2SP signed-note Signatures
func NewKey(name string, typ byte, public []byte) (Key, error) {
	k := Key{Name: name, Type: typ, Public: public}
	if !goodName(name) || len(name) > 256 {
		return Key{}, refuse(0, clauseKeys, "密钥名称为空、过长或含空格、加号", "the key's name is empty, too long, or has a space or a plus sign")
	}
	if err := k.wellFormed(); err != nil {
		return Key{}, err
	}
	k.ID = k.id()
	return k, nil
}

func (k Key) id() uint32 {
	data := append([]byte(k.Name+"\n"), k.Type)
	data = append(data, k.Public...)
	if k.Type == ECDSA {
		data = k.Public
	}
	sum := sha256.Sum256(data)
	return binary.BigEndian.Uint32(sum[:])
}

func (k Key) wellFormed() error {
	bad := false
	switch k.Type {
	case Ed25519, Cosign:
		bad = len(k.Public) != ed25519.PublicKeySize
	case ECDSA:
		bad = k.ecdsa() == nil
	case Own:
		i := strings.IndexByte(string(k.Public), '\n')
		bad = i < 1 || i == len(k.Public)-1
	default:
		return refuse(len(k.Name), clauseKeys, "不识密钥类型 0x%02x", "keys of type 0x%02x are not known", k.Type)
	}
	if bad {
		return refuse(len(k.Name), clauseKeys, "公钥长度或形式有误", "the public key has a wrong length or form")
	}
	return nil
}

func (k Key) ecdsa() *ecdsa.PublicKey {
	pub, err := x509.ParsePKIXPublicKey(k.Public)
	if e, ok := pub.(*ecdsa.PublicKey); err == nil && ok && e.Curve == elliptic.P256() {
		return e
	}
	return nil
}

// ParseKey reads a verifier key: "name+id+base64". C2SP signed-note Verifier keys
func ParseKey(s string) (Key, error) {
	name, rest, _ := strings.Cut(s, "+")
	id, code, ok := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.Strict().DecodeString(code)
	if !ok || err != nil || len(raw) < 2 || len(id) != 8 || strings.ContainsAny(code, "\r\n") {
		return Key{}, refuse(len(name), clauseKeys, "不是校验密钥，应形如 名称+编号+Base64", "this is no verifier key; it reads name+id+base64")
	}
	k, err := NewKey(name, raw[0], raw[1:])
	if err != nil {
		return Key{}, err
	}
	if want := hex.EncodeToString(binary.BigEndian.AppendUint32(nil, k.ID)); id != want {
		return Key{}, refuse(len(name)+1, clauseKeys, "密钥编号应为 %s", "the key's id should be %s", want)
	}
	return k, nil
}

// String gives the verifier key's text.
func (k Key) String() string {
	return k.Name + "+" + hex.EncodeToString(binary.BigEndian.AppendUint32(nil, k.ID)) + "+" + base64.StdEncoding.EncodeToString(append([]byte{k.Type}, k.Public...))
}

// Timed tells whether the key's signatures state when they were made.
func (k Key) Timed() bool { return k.Type == Cosign || k.Type == Own }

// Message is what the key signs of a text at a time. C2SP tlog-cosignature Ed25519 signed message
func (k Key) Message(text string, posix uint64) []byte {
	if !k.Timed() {
		return []byte(text)
	}
	return []byte("cosignature/v1\ntime " + strconv.FormatUint(posix, 10) + "\n" + text)
}

// Signature wraps the bytes that signed Message into a line's signature.
func (k Key) Signature(posix uint64, sig []byte) Signature {
	if k.Timed() {
		sig = append(binary.BigEndian.AppendUint64(nil, posix), sig...)
	}
	return Signature{Name: k.Name, ID: k.ID, Bytes: sig}
}

// check verifies a signature's bytes. C2SP tlog-cosignature Format
func (k Key) check(text string, sig []byte, other Check) (posix uint64, ok bool) {
	if k.Timed() {
		if len(sig) < 9 {
			return 0, false
		}
		if posix, sig = binary.BigEndian.Uint64(sig), sig[8:]; posix == 0 || posix > 1<<63-1 {
			return 0, false
		}
	}
	msg := k.Message(text, posix)
	switch k.Type {
	case Ed25519, Cosign:
		return posix, ed25519.Verify(k.Public, msg, sig)
	case ECDSA:
		sum := sha256.Sum256(msg)
		return 0, ecdsa.VerifyASN1(k.ecdsa(), sum[:], sig)
	}
	return posix, other != nil && other(k, msg, sig)
}

// private opens the text form of a signer's key, as golang.org/x/mod/sumdb/note writes it.
const private = "PRIVATE+KEY+"

// SignerText gives the text form of an Ed25519 key with its seed: a secret.
func SignerText(name string, seed []byte) (string, error) {
	k, err := NewKey(name, Ed25519, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	if err != nil {
		return "", err
	}
	id := hex.EncodeToString(binary.BigEndian.AppendUint32(nil, k.ID))
	return private + name + "+" + id + "+" + base64.StdEncoding.EncodeToString(append([]byte{Ed25519}, seed...)), nil
}

// ParseSigner reads what SignerText writes.
func ParseSigner(s string) (Key, ed25519.PrivateKey, error) {
	bad := refuse(0, clauseKeys, "不是 Ed25519 签名密钥", "this is no Ed25519 signer key")
	rest, ok := strings.CutPrefix(s, private)
	name, rest, _ := strings.Cut(rest, "+")
	id, code, two := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.Strict().DecodeString(code)
	if !ok || !two || err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != Ed25519 {
		return Key{}, nil, bad
	}
	key := ed25519.NewKeyFromSeed(raw[1:])
	k, err := NewKey(name, Ed25519, key.Public().(ed25519.PublicKey))
	if err != nil {
		return Key{}, nil, err
	}
	if id != hex.EncodeToString(binary.BigEndian.AppendUint32(nil, k.ID)) {
		return Key{}, nil, bad
	}
	return k, key, nil
}
