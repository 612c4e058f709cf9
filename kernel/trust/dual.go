package trust

import (
	"context"
	"crypto"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
)

// What a request is for.
const (
	ForOpening  = "open"    // a dual key is opened for a time
	ForRecovery = "recover" // an escrowed key is handed out once
)

// The states of a request.
const (
	Asked   = "asked"
	Allowed = "allowed"
	Refused = "refused"
	Used    = "used" // a recovery that was carried out
	Shut    = "shut" // ended before its time
)

// Request is what one person asked and another decides.
type Request struct {
	ID, Kind, Object string // Object is the id of the key or of the escrowed key
	AskedBy, Reason  string
	Asked            time.Time
	State            string
	EndedBy          string // who allowed or refused
	Ended            time.Time
	Until            time.Time // allowed: until when it holds
}

// Ask begins the opening of a dual key, with the reason. by is a person.
func (v *Vault) Ask(ctx context.Context, by Actor, keyID, reason string) (Request, error) {
	return v.ask(ctx, by, ForOpening, keyID, reason, func(tx *store.Tx) error {
		k, err := v.key(tx, keyID)
		switch {
		case err != nil:
			return err
		case !k.Dual:
			return errs.Say(errs.Conflict, "密钥“%s”无须双人开启", "the key %q needs no two people", k.Name)
		case k.State == Destroyed:
			return errs.Say(errs.Conflict, "密钥“%s”已销毁", "the key %q is destroyed", k.Name)
		}
		return nil
	})
}

// AskRecovery begins the recovery of an escrowed encryption key.
func (v *Vault) AskRecovery(ctx context.Context, by Actor, escrowID, reason string) (Request, error) {
	return v.ask(ctx, by, ForRecovery, escrowID, reason, func(tx *store.Tx) error {
		_, _, _, err := v.escrowed(tx, escrowID)
		return err
	})
}

func (v *Vault) ask(ctx context.Context, by Actor, kind, object, reason string, check func(*store.Tx) error) (Request, error) {
	reason = clip(strings.TrimSpace(reason))
	switch {
	case by.Person() == "":
		return Request{}, errs.Say(errs.Denied, "须由本人申请", "only a person may ask for it")
	case reason == "":
		return Request{}, errs.Say(errs.Invalid, "请填写事由", "give the reason")
	}
	now := v.o.Now()
	r := Request{ID: store.NewID(now), Kind: kind, Object: object, AskedBy: by.ID, Asked: store.Time(store.Micros(now)), Reason: reason, State: Asked}
	return r, v.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := check(tx); err != nil {
			return err
		}
		if _, err := tx.Exec(qRequestAdd, r.ID, r.Kind, r.Object, r.AskedBy, store.Micros(now), r.Reason); err != nil {
			return err
		}
		return v.record(tx, by, "trust.ask", object, map[string]any{"request": r.ID, "for": kind})
	})
}

// Allow is the second person's consent: the key is open until the time that it gives back.
func (v *Vault) Allow(ctx context.Context, by Actor, request string) (until time.Time, err error) {
	until = v.o.Now().Add(v.o.OpenFor)
	return until, v.decide(ctx, by, request, Allowed, until)
}

// Refuse ends a request without consent; the one who asked may withdraw it so too.
func (v *Vault) Refuse(ctx context.Context, by Actor, request string) error {
	return v.decide(ctx, by, request, Refused, time.Time{})
}

func (v *Vault) decide(ctx context.Context, by Actor, request, state string, until time.Time) error {
	if by.Person() == "" {
		return errs.Say(errs.Denied, "须由本人办理", "only a person may decide it")
	}
	return v.o.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := v.request(tx, request)
		now := v.o.Now()
		switch {
		case err != nil:
			return err
		case state == Allowed && r.AskedBy == by.ID:
			return errs.Say(errs.Conflict, "申请人不能自己批准，须由另一人批准", "who asked cannot allow it: another person must")
		case state == Allowed && now.After(r.Asked.Add(v.o.AskFor)):
			return errs.Say(errs.Conflict, "申请已过期，请重新申请", "the request has lapsed; ask anew")
		}
		n, err := tx.Exec(qRequestMove, r.ID, Asked, state, by.ID, store.Micros(now), store.Micros(until))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "申请已办结", "the request was decided already")
		}
		verb := "trust.allow"
		if state == Refused {
			verb = "trust.refuse"
		}
		return v.record(tx, by, verb, r.Object, map[string]any{"request": r.ID, "for": r.Kind})
	})
}

// Shut ends the opening of a dual key before its time.
func (v *Vault) Shut(ctx context.Context, by Actor, keyID string) error {
	err := v.o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qRequestShut, keyID, store.Micros(v.o.Now()))
		if err != nil || n == 0 {
			return err
		}
		return v.record(tx, by, "trust.shut", keyID, nil)
	})
	if err == nil {
		v.forget(keyID)
	}
	return err
}

// Requests lists the newest requests, at most limit.
func (v *Vault) Requests(ctx context.Context, limit int) (out []Request, err error) {
	err = v.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qRequests, []any{limit}, func(scan func(...any) error) error {
			var r Request
			if err := r.scan(scan); err != nil {
				return err
			}
			out = append(out, r)
			return nil
		})
	})
	return out, err
}

func (v *Vault) request(tx *store.Tx, id string) (r Request, err error) {
	err = r.scan(func(dest ...any) error { return tx.Get(qRequest, []any{id}, dest...) })
	if errs.Is(err, errs.NotFound) {
		return r, errs.Say(errs.NotFound, "没有这项申请", "there is no such request")
	}
	return r, err
}

func (r *Request) scan(scan func(...any) error) error {
	var asked, ended, until int64
	if err := scan(&r.ID, &r.Kind, &r.Object, &r.AskedBy, &asked, &r.Reason, &r.State, &r.EndedBy, &ended, &until); err != nil {
		return err
	}
	r.Asked, r.Ended, r.Until = store.Time(asked), store.Time(ended), store.Time(until)
	return nil
}

// openUntil tells until when a dual key is open; errs.Denied where it is not. Of other keys it gives the zero time.
func (v *Vault) openUntil(tx *store.Tx, k *Key) (time.Time, error) {
	if !k.Dual {
		return time.Time{}, nil
	}
	var until int64
	if err := tx.Get(qOpenUntil, []any{k.ID}, &until); err != nil {
		return time.Time{}, err
	}
	if store.Micros(v.o.Now()) >= until {
		return time.Time{}, errs.Say(errs.Denied, "密钥“%s”须经一人申请、另一人批准后方可使用", "the key %q opens only after one person asked and another allowed it", k.Name)
	}
	return store.Time(until), nil
}

// Escrowed is an encryption key made for somebody.
type Escrowed struct {
	ID       string
	Public   []byte // SubjectPublicKeyInfo
	Envelope []byte // the private half as EnvelopedKey to the holder's signing key. GM/T 0009 7.4
}

// Escrow makes an SM2 encryption key for a subject (an id, no name) within a transaction, keeps it sealed, and gives it out only
// enveloped to the public key `to`. The caller records the act that it is part of.
func (v *Vault) Escrow(tx *store.Tx, subject string, to crypto.PublicKey) (Escrowed, error) {
	k, err := pki.Generate(pki.SM2)
	if err != nil {
		return Escrowed{}, err
	}
	now := v.o.Now()
	e := Escrowed{ID: store.NewID(now)}
	if e.Public, err = pki.MarshalPublic(k.Public()); err != nil {
		return Escrowed{}, err
	}
	if e.Envelope, err = pki.Envelop(to, k); err != nil {
		return Escrowed{}, errs.Because(err, errs.Invalid, "加密密钥只能交给 SM2 签名公钥的持有者", "an encryption key can be handed to the holder of an SM2 key only")
	}
	der, err := pki.MarshalPrivate(k)
	if err != nil {
		return Escrowed{}, err
	}
	defer clear(der)
	sealed, err := v.shut(e.ID, e.Public, der)
	if err != nil {
		return Escrowed{}, err
	}
	_, err = tx.Exec(qEscrowAdd, e.ID, subject, e.Public, sealed, v.sealID, store.Micros(now))
	return e, err
}

func (v *Vault) escrowed(tx *store.Tx, id string) (public, sealed []byte, seal string, err error) {
	err = tx.Get(qEscrow, []any{id}, &public, &sealed, &seal)
	if errs.Is(err, errs.NotFound) {
		err = errs.Say(errs.NotFound, "没有这把加密密钥", "there is no such encryption key")
	}
	return public, sealed, seal, err
}

// Recover carries an allowed recovery out, once: the key leaves enveloped to the public key `to`. by is the one who asked.
func (v *Vault) Recover(ctx context.Context, by Actor, request string, to crypto.PublicKey) (envelope []byte, err error) {
	err = v.o.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := v.request(tx, request)
		now := v.o.Now()
		switch {
		case err != nil:
			return err
		case r.Kind != ForRecovery || r.AskedBy != by.ID || r.State != Allowed || !now.Before(r.Until):
			return errs.Say(errs.Denied, "恢复申请未获另一人批准，或已过期、已使用", "the recovery is not allowed by another person, or has lapsed, or was carried out already")
		}
		public, sealed, seal, err := v.escrowed(tx, r.Object)
		if err != nil {
			return err
		}
		der, err := v.unseal(r.Object, seal, public, sealed)
		if err != nil {
			return err
		}
		defer clear(der)
		k, err := pki.ParsePrivate(der)
		if err != nil {
			return err
		}
		if envelope, err = pki.Envelop(to, k); err != nil {
			return errs.Because(err, errs.Invalid, "加密密钥只能交给 SM2 公钥的持有者", "an encryption key can be handed to the holder of an SM2 key only")
		}
		if _, err := tx.Exec(qRequestMove, r.ID, Allowed, Used, r.EndedBy, store.Micros(r.Ended), store.Micros(now)); err != nil {
			return err
		}
		return v.record(tx, by, "trust.recover", r.Object, map[string]any{"request": r.ID})
	})
	return envelope, err
}
