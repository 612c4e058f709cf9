package custody

import (
	"crypto"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/kernel/trust/sm"
)

// Format is what a file says it is.
const Format = "haihe-root-key/1"

// Shortest is how many characters a passphrase has at least.
const Shortest = 12

// Bounds of what a file may ask for, so that a changed one cannot eat the machine: 4 GiB, 100 passes.
const (
	mostMemory = 4 << 20
	mostPasses = 100
	saltSize   = 16
	nonceSize  = 12
)

// Cost is what one guess takes. RFC 9106 3.1: memory in KiB, passes, lanes.
type Cost struct {
	Memory uint32 `json:"memoryKiB"`
	Passes uint32 `json:"passes"`
	Lanes  uint8  `json:"lanes"`
}

// Present is the cost of new files: 256 MiB and four passes, about a second for each passphrase.
func Present() Cost { return Cost{Memory: 256 << 10, Passes: 4, Lanes: 1} }

// Header is what anybody may read of a file.
type Header struct {
	Format    string        `json:"format"`
	Algorithm pki.Algorithm `json:"algorithm"`
	KeyID     string        `json:"keyId"` // SHA-1 of the public key's bits in hexadecimal digits, as its certificate has it
	Made      time.Time     `json:"made"`
	Address   string        `json:"address,omitempty"` // where its certificate and list are given out
	KDF       string        `json:"kdf"`
	Cost      Cost          `json:"cost"`
	Salts     [2][]byte     `json:"salts"`
	Cipher    string        `json:"cipher"`
	Nonce     []byte        `json:"nonce"`
}

// file is a header with what lies under it.
type file struct {
	Header
	Sealed []byte `json:"sealed"`
}

// Names of what is used; there is one of each so far.
const (
	kdf    = "argon2id"
	suite  = "sm4-gcm"
	expand = "haihe-root-key/1 sm4"
)

// Enough holds two new passphrases to the rules.
func Enough(first, second string) error {
	a, b := string(normal(first)), string(normal(second))
	if utf8.RuneCountInString(a) < Shortest || utf8.RuneCountInString(b) < Shortest {
		return errs.Say(errs.Invalid, "口令不足 %d 个字符", "a passphrase has at least %d characters", Shortest)
	}
	if a == b {
		return errs.Say(errs.Invalid, "两名保管人的口令不得相同", "the two custodians' passphrases must differ")
	}
	return nil
}

// Seal gives the file of a key. address is kept with it.
func Seal(key crypto.Signer, address string, made time.Time, cost Cost, first, second string) ([]byte, error) {
	if err := Enough(first, second); err != nil {
		return nil, err
	}
	alg, err := pki.Of(key.Public())
	if err != nil {
		return nil, err
	}
	id, err := pki.KeyID(key.Public())
	if err != nil {
		return nil, err
	}
	secret, err := pki.MarshalPrivate(key)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	f := file{Header: Header{Format: Format, Algorithm: alg, KeyID: hex.EncodeToString(id), Made: made.UTC().Truncate(time.Second), Address: address, KDF: kdf, Cost: cost, Cipher: suite}}
	for i := range f.Salts {
		f.Salts[i] = fresh(saltSize)
	}
	f.Nonce = fresh(nonceSize)
	key1, err := f.under(first, second)
	if err != nil {
		return nil, err
	}
	defer clear(key1)
	gcm, err := sm.GCM(key1, nonceSize)
	if err != nil {
		return nil, err
	}
	bound, err := json.Marshal(f.Header)
	if err != nil {
		return nil, err
	}
	f.Sealed = gcm.Seal(nil, f.Nonce, secret, bound)
	return json.MarshalIndent(f, "", "  ")
}

// Read reads a file's header. Nothing is authenticated yet.
func Read(b []byte) (Header, error) {
	f, err := read(b)
	return f.Header, err
}

func read(b []byte) (f file, err error) {
	if err := json.Unmarshal(b, &f); err != nil {
		return f, errs.Because(err, errs.Invalid, "文件不是根密钥文件", "the file is no root key file")
	}
	switch c := f.Cost; {
	case f.Format != Format || f.KDF != kdf || f.Cipher != suite || !f.Algorithm.Valid():
		return f, errs.Say(errs.Invalid, "文件不是本程序支持的根密钥文件", "the file is no root key file that this program knows")
	case c.Memory < 8 || c.Memory > mostMemory || c.Passes < 1 || c.Passes > mostPasses || c.Lanes < 1 || c.Lanes > 64,
		len(f.Salts[0]) != saltSize, len(f.Salts[1]) != saltSize, len(f.Nonce) != nonceSize:
		return f, errs.Say(errs.Invalid, "根密钥文件已损坏或被改动", "the root key file is damaged or was changed")
	}
	return f, nil
}

// Open gives the key, to the two who made the file together and nobody else; errs.Denied says that a passphrase is wrong or the file was
// changed, and not which.
func Open(b []byte, first, second string) (crypto.Signer, Header, error) {
	f, err := read(b)
	if err != nil {
		return nil, f.Header, err
	}
	under, err := f.under(first, second)
	if err != nil {
		return nil, f.Header, err
	}
	defer clear(under)
	gcm, err := sm.GCM(under, nonceSize)
	if err != nil {
		return nil, f.Header, err
	}
	bound, err := json.Marshal(f.Header)
	if err != nil {
		return nil, f.Header, err
	}
	secret, err := gcm.Open(nil, f.Nonce, f.Sealed, bound)
	if err != nil {
		return nil, f.Header, errs.Because(err, errs.Denied, "打不开根密钥：至少一名保管人的口令有误，或文件被改动", "the root key does not open: at least one of the two passphrases is wrong, or the file was changed")
	}
	defer clear(secret)
	k, err := pki.ParsePrivate(secret)
	if err != nil {
		return nil, f.Header, errs.As(errs.Internal, "read the root key", err)
	}
	return k, f.Header, nil
}

// under gives the key of the cipher out of both passphrases. RFC 9106, RFC 5869
func (f *file) under(first, second string) ([]byte, error) {
	one, two := f.stretch(first, 0), f.stretch(second, 1)
	defer clear(one)
	defer clear(two)
	both := sm.MAC(one, two)
	defer clear(both)
	return sm.Derive(both, expand, sm.KeySize)
}

func (f *file) stretch(passphrase string, i int) []byte {
	p := normal(passphrase)
	defer clear(p)
	return argon2.IDKey(p, f.Salts[i], f.Cost.Passes, f.Cost.Memory, f.Cost.Lanes, 32)
}

func normal(passphrase string) []byte { return norm.NFC.Bytes([]byte(passphrase)) }

func fresh(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // it never fails: the program ends first
	return b
}
