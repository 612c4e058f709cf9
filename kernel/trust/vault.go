package trust

import (
	"context"
	"crypto"
	"crypto/subtle"
	"encoding/hex"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/kernel/trust/sm"
	"github.com/haihe-city/haihe/store"
)

// Actor is who acts: a person, or a system in the program's own work.
type Actor = *identity.Principal

// Where a private key lies.
const (
	Software = "software"
	PKCS11   = "pkcs11"
)

// The states of a key.
const (
	Active    = "active"
	Retired   = "retired"
	Destroyed = "destroyed"
)

// SealSize is the length of the seal in bytes.
const SealSize = 32

// Key is what may be known of a key.
type Key struct {
	ID, Name, Purpose string
	Algorithm         pki.Algorithm
	Holder            string // Software or PKCS11
	Public            []byte // SubjectPublicKeyInfo
	State             string
	Dual              bool // two people open it
	Made              time.Time
	Ended             time.Time // retired or destroyed; zero while it is active
	Why               string    // it ended
	Uses              int64     // signatures, as far as recorded
}

// PublicKey is the key's public half, parsed.
func (k *Key) PublicKey() (crypto.PublicKey, error) { return pki.ParsePublic(k.Public) }

// Spec is what a new key is to be. Name and purpose are words of the program: lower-case letters, digits, dots and dashes.
type Spec struct {
	Name, Purpose string
	Algorithm     pki.Algorithm // pki.SM2 where empty
	Holder        string        // as Options.Prefer where empty
	Dual          bool
}

// Token is a device that holds keys and signs with them. Labels are ids of keys.
type Token interface {
	Generate(a pki.Algorithm, label string) (crypto.PublicKey, error)
	Signer(label string, pub crypto.PublicKey) (crypto.Signer, error)
	Destroy(label string) error
}

// Options of Open.
type Options struct {
	DB      *store.DB
	Journal *journal.Journal
	Now     func() time.Time
	Seal    []byte        // 32 bytes that private keys are sealed under
	Token   Token         // nil where there is none
	Prefer  string        // where keys lie whose Spec does not say: PKCS11 puts those that a token can hold (ECDSA) there; Software where empty
	OpenFor time.Duration // how long a dual key stays open; 15 minutes
	AskFor  time.Duration // how long a request waits for the second person; 24 hours
}

// Vault keeps the keys. It is safe for concurrent use.
type Vault struct {
	o      Options
	seal   []byte
	sealID string

	mu      sync.Mutex
	opened  map[string]*Signer
	flushed time.Time // of the counts
}

// Open migrates and opens the vault. A wrong seal does not keep it from opening: keys made under another one refuse to sign, and
// say why.
func Open(ctx context.Context, o Options) (*Vault, error) {
	if len(o.Seal) != SealSize {
		return nil, errs.Say(errs.Invalid, "密钥保护文件应为 %d 字节，实为 %d 字节", "the seal has %[2]d bytes instead of %[1]d", SealSize, len(o.Seal))
	}
	if o.OpenFor == 0 {
		o.OpenFor = 15 * time.Minute
	}
	if o.AskFor == 0 {
		o.AskFor = 24 * time.Hour
	}
	if err := o.DB.Migrate(ctx, "trust", tables); err != nil {
		return nil, err
	}
	id := sm.MAC(o.Seal, []byte("haihe-trust/1 seal id"))
	return &Vault{o: o, seal: o.Seal, sealID: hex.EncodeToString(id[:8]), opened: map[string]*Signer{}, flushed: o.Now()}, nil
}

// SealID names the seal without giving it away: the first eight bytes of an HMAC under it, in hex.
func (v *Vault) SealID() string { return v.sealID }

// Generate makes a key. A name of which a key is active already is errs.Conflict.
func (v *Vault) Generate(ctx context.Context, by Actor, s Spec) (k Key, err error) {
	err = v.o.DB.Write(ctx, func(tx *store.Tx) error {
		k, err = v.GenerateIn(tx, by, s)
		return err
	})
	return k, err
}

// GenerateIn is Generate within a transaction. A key made in a token stays there where the transaction is rolled back.
func (v *Vault) GenerateIn(tx *store.Tx, by Actor, s Spec) (Key, error) {
	if s.Algorithm == "" {
		s.Algorithm = pki.SM2
	}
	if s.Holder == "" {
		s.Holder = Software
		if v.o.Prefer == PKCS11 && s.Algorithm == pki.ECDSA {
			s.Holder = PKCS11
		}
	}
	if err := v.check(by, s); err != nil {
		return Key{}, err
	}
	now := v.o.Now()
	k := Key{ID: store.NewID(now), Name: s.Name, Purpose: s.Purpose, Algorithm: s.Algorithm, Holder: s.Holder, State: Active, Dual: s.Dual, Made: store.Time(store.Micros(now))}
	if _, err := v.active(tx, s.Name); err == nil {
		return Key{}, errs.Say(errs.Conflict, "名为“%s”的密钥已在使用；请先停用", "a key named %q is in use; retire it first", s.Name)
	} else if !errs.Is(err, errs.NotFound) {
		return Key{}, err
	}
	sealed, err := v.make(&k)
	if err != nil {
		return Key{}, err
	}
	if _, err := tx.Exec(qKeyAdd, k.ID, k.Name, k.Purpose, string(k.Algorithm), k.Holder, k.Public, sealed, v.sealID, k.Dual, store.Micros(now)); err != nil {
		return Key{}, err
	}
	return k, v.record(tx, by, "trust.generate", k.ID, map[string]any{"name": k.Name, "purpose": k.Purpose, "algorithm": k.Algorithm, "holder": k.Holder, "dual": k.Dual})
}

func (v *Vault) check(by Actor, s Spec) error {
	switch {
	case by.Anonymous():
		return errs.Say(errs.Unauthenticated, "请先登录", "sign in first")
	case !word(s.Name) || !word(s.Purpose):
		return errs.Say(errs.Invalid, "密钥的名称和用途只能用小写字母、数字、点和连字符，最多 64 个字符", "a key's name and purpose are lower-case letters, digits, dots and dashes, at most 64")
	case !s.Algorithm.Valid():
		return errs.Say(errs.Invalid, "没有签名算法“%s”", "there is no signature algorithm %q", string(s.Algorithm))
	case s.Holder == PKCS11 && v.o.Token == nil:
		return errs.Say(errs.Unavailable, "没有连接密码设备；请在 [trust] 中配置", "no token is connected; configure one in [trust]")
	case s.Holder != Software && s.Holder != PKCS11:
		return errs.Say(errs.Invalid, "密钥只能存放于 software 或 pkcs11", "a key lies in software or in pkcs11")
	}
	return nil
}

// make generates the two halves: the public one goes into k, the private one, sealed, is returned; empty where a token keeps it.
func (v *Vault) make(k *Key) (sealed []byte, err error) {
	if k.Holder == PKCS11 {
		pub, err := v.o.Token.Generate(k.Algorithm, k.ID)
		if err != nil {
			return nil, err
		}
		k.Public, err = pki.MarshalPublic(pub)
		return []byte{}, err
	}
	signer, err := pki.Generate(k.Algorithm)
	if err != nil {
		return nil, err
	}
	if k.Public, err = pki.MarshalPublic(signer.Public()); err != nil {
		return nil, err
	}
	der, err := pki.MarshalPrivate(signer)
	if err != nil {
		return nil, err
	}
	defer clear(der)
	return v.shut(k.ID, k.Public, der)
}

// Ensure gives the active key of the spec's name, and makes it where there is none: what the program does at its start.
func (v *Vault) Ensure(ctx context.Context, by Actor, s Spec) (k Key, err error) {
	err = v.o.DB.Write(ctx, func(tx *store.Tx) error {
		if k, err = v.active(tx, s.Name); !errs.Is(err, errs.NotFound) {
			return err
		}
		k, err = v.GenerateIn(tx, by, s)
		return err
	})
	return k, err
}

// Key gives a key by its id.
func (v *Vault) Key(ctx context.Context, id string) (k Key, err error) {
	err = v.o.DB.Read(ctx, func(tx *store.Tx) error {
		k, err = v.key(tx, id)
		return err
	})
	return k, err
}

// Keys lists all keys, oldest first.
func (v *Vault) Keys(ctx context.Context) (out []Key, err error) {
	err = v.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qKeys, nil, func(scan func(...any) error) error {
			var k Key
			if err := k.scan(scan); err != nil {
				return err
			}
			out = append(out, k)
			return nil
		})
	})
	return out, err
}

func (v *Vault) key(tx *store.Tx, id string) (k Key, err error) {
	err = k.scan(func(dest ...any) error { return tx.Get(qKey, []any{id}, dest...) })
	if errs.Is(err, errs.NotFound) {
		return k, errs.Say(errs.NotFound, "没有这把密钥", "there is no such key")
	}
	return k, err
}

func (v *Vault) active(tx *store.Tx, name string) (k Key, err error) {
	err = k.scan(func(dest ...any) error { return tx.Get(qKeyActive, []any{name}, dest...) })
	return k, err
}

func (k *Key) scan(scan func(...any) error) error {
	var made, ended int64
	var algorithm string
	if err := scan(&k.ID, &k.Name, &k.Purpose, &algorithm, &k.Holder, &k.Public, &k.State, &k.Dual, &made, &ended, &k.Why, &k.Uses); err != nil {
		return err
	}
	k.Algorithm, k.Made, k.Ended = pki.Algorithm(algorithm), store.Time(made), store.Time(ended)
	return nil
}

// Retire ends signing with a key; what it signed still verifies. Retiring twice is errs.Conflict. The reason is kept with the key and not
// in the journal, since people write names into reasons.
func (v *Vault) Retire(ctx context.Context, by Actor, id, reason string) error {
	err := v.o.DB.Write(ctx, func(tx *store.Tx) error { return v.RetireIn(tx, by, id, reason) })
	if err == nil {
		v.forget(id)
	}
	return err
}

// RetireIn is Retire within a transaction. The signer in memory closes with the next Tick.
func (v *Vault) RetireIn(tx *store.Tx, by Actor, id, reason string) error {
	if _, err := v.key(tx, id); err != nil {
		return err
	}
	n, err := tx.Exec(qKeyRetire, id, store.Micros(v.o.Now()), clip(reason))
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.Say(errs.Conflict, "密钥已停用", "the key is retired already")
	}
	return v.record(tx, by, "trust.retire", id, nil)
}

// Destroy takes the private half away for good. A dual key must be open for it.
func (v *Vault) Destroy(ctx context.Context, by Actor, id, reason string) error {
	var k Key
	err := v.o.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if k, err = v.key(tx, id); err != nil {
			return err
		}
		if _, err := v.openUntil(tx, &k); err != nil {
			return err
		}
		n, err := tx.Exec(qKeyWipe, id, store.Micros(v.o.Now()), []byte{}, clip(reason))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "密钥已销毁", "the key is destroyed already")
		}
		return v.record(tx, by, "trust.destroy", id, nil)
	})
	if err != nil {
		return err
	}
	v.forget(id)
	if k.Holder == PKCS11 && v.o.Token != nil {
		return errs.Wrap("destroy the key in the token", v.o.Token.Destroy(id))
	}
	return nil
}

// record writes an act into the journal.
func (v *Vault) record(tx *store.Tx, by Actor, verb, id string, detail map[string]any) error {
	if by.Anonymous() {
		return errs.Say(errs.Unauthenticated, "请先登录", "sign in first")
	}
	return v.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Verb: verb, Object: "key:" + id, Detail: detail})
}

// word tells whether s is a name: 1 to 64 of a-z, 0-9, dot and dash.
func word(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 64
}

// clip bounds a reason.
func clip(s string) string {
	if r := []rune(s); len(r) > 200 {
		return string(r[:200])
	}
	return s
}

// sameBytes compares without telling by its time where the difference lies.
func sameBytes(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// Foreign counts the keys that still sign and lie under another seal than the one in use.
func (v *Vault) Foreign(ctx context.Context) (n int64, err error) {
	err = v.o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(qKeysForeign, []any{v.sealID}, &n) })
	return n, err
}
