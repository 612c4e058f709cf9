package trust

import (
	"context"
	"crypto"
	"io"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
)

// Signer is an opened key. It is a crypto.Signer whose uses are counted; it is shared, and safe for concurrent use.
type Signer struct {
	key   Key
	pub   crypto.PublicKey
	inner crypto.Signer
	now   func() time.Time
	until time.Time // of a dual key: when it shuts by itself
	shut  atomic.Bool
	uses  atomic.Int64 // since the last count
}

// Key is what may be known of the key; its Uses are those of its opening.
func (s *Signer) Key() Key { return s.key }

// Public is the public half.
func (s *Signer) Public() crypto.PublicKey { return s.pub }

// Sign signs a digest, as crypto.Signer does; for whole messages see SignMessage. A key that was retired, destroyed or, being dual, is
// no longer open is errs.Denied.
func (s *Signer) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if s.shut.Load() || !s.until.IsZero() && !s.now().Before(s.until) {
		return nil, errs.Say(errs.Denied, "密钥“%s”已停用或未经双人开启", "the key %q is retired, or not opened by two people", s.key.Name)
	}
	sig, err := s.inner.Sign(rand, digest, opts)
	if err == nil {
		s.uses.Add(1)
	}
	return sig, err
}

// SignMessage signs a whole message as [pki.Sign] does.
func (s *Signer) SignMessage(message []byte) ([]byte, error) { return pki.Sign(s, message) }

// Signer opens a key for signing. The first opening in a process is recorded. A retired key is errs.Conflict, a dual key that two people
// have not opened errs.Denied.
func (v *Vault) Signer(ctx context.Context, id string) (*Signer, error) {
	v.mu.Lock()
	s := v.opened[id]
	v.mu.Unlock()
	if s != nil && !s.shut.Load() && (s.until.IsZero() || v.o.Now().Before(s.until)) {
		return s, nil
	}
	var key Key
	var until time.Time
	var inner crypto.Signer
	err := v.o.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if key, err = v.key(tx, id); err != nil {
			return err
		}
		if key.State != Active {
			return errs.Say(errs.Conflict, "密钥“%s”已停用", "the key %q is retired", key.Name)
		}
		if until, err = v.openUntil(tx, &key); err != nil {
			return err
		}
		if inner, err = v.inner(tx, &key); err != nil {
			return err
		}
		return v.record(tx, identity.System("trust"), "trust.open", id, nil)
	})
	if err != nil {
		return nil, err
	}
	s = &Signer{key: key, pub: inner.Public(), inner: inner, now: v.o.Now, until: until}
	v.mu.Lock()
	defer v.mu.Unlock()
	if other := v.opened[id]; other != nil { // opened meanwhile, or a dual key's last opening: its count goes on
		if !other.shut.Load() && other.until.Equal(until) {
			return other, nil
		}
		s.uses.Store(other.uses.Swap(0))
		other.shut.Store(true)
	}
	v.opened[id] = s
	return s, nil
}

// inner finds the private half and holds it to the public one.
func (v *Vault) inner(tx *store.Tx, k *Key) (s crypto.Signer, err error) {
	if k.Holder == PKCS11 {
		if v.o.Token == nil {
			return nil, errs.Say(errs.Unavailable, "密钥“%s”存于密码设备，但没有连接密码设备", "the key %q lies in a token, and no token is connected", k.Name)
		}
		pub, err := k.PublicKey()
		if err != nil {
			return nil, err
		}
		return v.o.Token.Signer(k.ID, pub)
	}
	var sealed []byte
	var seal string
	if err := tx.Get(qKeySealed, []any{k.ID}, &sealed, &seal); err != nil {
		return nil, err
	}
	der, err := v.unseal(k.ID, seal, k.Public, sealed)
	if err != nil {
		return nil, err
	}
	defer clear(der)
	if s, err = pki.ParsePrivate(der); err != nil {
		return nil, err
	}
	pub, err := pki.MarshalPublic(s.Public())
	if err != nil || !sameBytes(pub, k.Public) {
		return nil, errs.As(errs.Unavailable, "open the key "+k.ID+": its halves differ", err)
	}
	return s, nil
}

// forget shuts a signer in memory; its count is kept for the next record.
func (v *Vault) forget(id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s := v.opened[id]; s != nil {
		s.shut.Store(true)
	}
}

// Tick shuts the keys that another instance retired, or whose time is over, and records the counts once an hour. The host calls it every
// few seconds.
func (v *Vault) Tick(ctx context.Context) error {
	if err := v.reread(ctx); err != nil {
		return err
	}
	v.mu.Lock()
	due := !v.o.Now().Before(v.flushed.Add(time.Hour))
	v.mu.Unlock()
	if !due {
		return nil
	}
	return v.Flush(ctx)
}

// reread drops what no longer stands from memory.
func (v *Vault) reread(ctx context.Context) error {
	for _, s := range v.standing() {
		k, err := v.Key(ctx, s.key.ID)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if err == nil && k.State == Active && (!k.Dual || v.o.Now().Before(s.until)) {
			continue
		}
		s.shut.Store(true)
		if s.uses.Load() > 0 {
			if err := v.Flush(ctx); err != nil {
				return err
			}
		}
		v.mu.Lock()
		if v.opened[s.key.ID] == s {
			delete(v.opened, s.key.ID)
		}
		v.mu.Unlock()
	}
	return nil
}

func (v *Vault) standing() (out []*Signer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.opened {
		out = append(out, s)
	}
	return out
}

// Flush records the counts of uses. What cannot be written is counted again with the next.
func (v *Vault) Flush(ctx context.Context) error {
	for _, s := range v.standing() {
		n := s.uses.Swap(0)
		if n == 0 {
			continue
		}
		err := v.o.DB.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(qKeyUses, s.key.ID, n); err != nil {
				return err
			}
			return v.record(tx, identity.System("trust"), "trust.use", s.key.ID, map[string]any{"signatures": n})
		})
		if err != nil {
			s.uses.Add(n)
			return err
		}
	}
	v.mu.Lock()
	v.flushed = v.o.Now()
	v.mu.Unlock()
	return nil
}

// Close records the last counts and shuts every key.
func (v *Vault) Close(ctx context.Context) error {
	err := v.Flush(ctx)
	for _, s := range v.standing() {
		s.shut.Store(true)
	}
	return err
}
