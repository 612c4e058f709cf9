package passkey

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

// owner is a person as the library wants one. The device is handed the id only.
type owner struct {
	id   string
	keys []Key
}

func (o *owner) WebAuthnID() []byte          { return []byte(o.id) }
func (o *owner) WebAuthnName() string        { return "haihe" }
func (o *owner) WebAuthnDisplayName() string { return "Haihe 海河" }
func (o *owner) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, 0, len(o.keys))
	for _, k := range o.keys {
		out = append(out, k.record)
	}
	return out
}

// unpack reads a state that this server made, not too long ago, for this use and person.
func (b *Book) unpack(use, person, text string) (*state, error) {
	held, stamp, ok := strings.Cut(text, ".")
	if !ok || !b.people.CheckStamp(use, held, stamp) {
		return nil, stale()
	}
	raw, err := base64.RawURLEncoding.DecodeString(held)
	if err != nil {
		return nil, stale()
	}
	var s state
	if err := json.Unmarshal(raw, &s); err != nil || s.Use != use || s.Person != person || b.now().UnixMicro() > s.Until {
		return nil, stale()
	}
	return &s, nil
}

// Answer ends a sign-in: it gives the passkey that signed the challenge. The account behind it is not looked at here (identity.Service.Prove).
func (b *Book) Answer(ctx context.Context, at Site, text, answer string) (*Key, error) {
	s, err := b.unpack(useSign, "", text)
	if err != nil {
		return nil, err
	}
	w, err := b.party(at)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return nil, refused(err)
	}
	var found *Key
	_, record, err := w.ValidatePasskeyLogin(func(rawID, _ []byte) (webauthn.User, error) {
		k, err := b.key(ctx, base64.RawURLEncoding.EncodeToString(rawID))
		if err != nil {
			return nil, err
		}
		found = k
		return &owner{id: k.Person, keys: []Key{*k}}, nil
	}, s.Session, parsed)
	if err != nil {
		return nil, refused(err)
	}
	if found.Host != at.Host || record.Authenticator.CloneWarning { // a counter that went back: two devices hold the key
		return nil, refused(nil)
	}
	found.record = *record
	return found, b.used(ctx, found, s)
}

// used spends the challenge and notes the counter in one transaction.
func (b *Book) used(ctx context.Context, k *Key, s *state) error {
	kept, err := json.Marshal(k.record)
	if err != nil {
		return errs.Wrap("write the passkey", err)
	}
	return errs.Wrap("note the use of a passkey", b.db.Write(ctx, func(tx *store.Tx) error {
		if err := b.spend(tx, s); err != nil {
			return err
		}
		n, err := tx.Exec(qUse, string(kept), store.Micros(b.now()), k.ID)
		if err == nil && n == 0 {
			return refused(nil) // deleted meanwhile
		}
		return err
	}))
}

// spend makes a challenge good once, on however many servers.
func (b *Book) spend(tx *store.Tx, s *state) error {
	if _, err := tx.Exec(qSweep, store.Micros(b.now())); err != nil {
		return err
	}
	n, err := tx.Exec(qSpend, s.Session.Challenge, s.Until)
	if err == nil && n == 0 {
		return stale()
	}
	return err
}

// Keep ends the making of a passkey for who is signed in. name is what its owner calls it.
func (b *Book) Keep(ctx context.Context, who *identity.Principal, at Site, text, answer, name string) error {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > 40 {
		return errs.Say(errs.Invalid, "请为通行密钥起一个不超过 40 个字的名称，如“办公电脑”", "give the passkey a name of at most 40 characters, as “office computer”")
	}
	s, err := b.unpack(useMake, who.Person(), text)
	if err != nil {
		return err
	}
	w, err := b.party(at)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return refused(err)
	}
	record, err := w.CreateCredential(&owner{id: who.Person()}, s.Session, parsed)
	if err != nil {
		return refused(err)
	}
	kept, err := json.Marshal(record)
	if err != nil {
		return errs.Wrap("write the passkey", err)
	}
	id := base64.RawURLEncoding.EncodeToString(record.ID)
	return errs.Wrap("keep a passkey", b.db.Write(ctx, func(tx *store.Tx) error {
		if err := b.spend(tx, s); err != nil {
			return err
		}
		var held int64
		if err := tx.Get(qCount, []any{who.Person()}, &held); err != nil {
			return err
		}
		if held >= Most {
			return tooMany()
		}
		n, err := tx.Exec(qMake, id, who.Person(), at.Host, name, string(kept), store.Micros(b.now()))
		if err == nil && n == 0 {
			return errs.Say(errs.Conflict, "这个通行密钥已经登记过", "this passkey is registered already")
		}
		if err != nil {
			return err
		}
		return b.journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: "self", Verb: "passkey-add", Object: who.ID, Detail: map[string]string{"passkey": id}})
	}))
}
