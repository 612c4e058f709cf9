package ca

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/store"
)

// GrantRevoke lets somebody end certificates and put them on hold.
const GrantRevoke = "certificates.revoke"

// Reasons that an officer may give. RFC 5280 5.3.1; the rest are for authorities, for renewal, or for delta lists.
var Reasons = []cert.Reason{cert.Unspecified, cert.KeyCompromise, cert.AffiliationChanged, cert.Superseded, cert.CessationOfOperation, cert.PrivilegeWithdrawn}

func sum256(b []byte) [32]byte { return sha256.Sum256(b) }

// Revoke ends a certificate for good, and with a signing certificate the encryption certificate beside it. Revoking what is revoked changes
// nothing and is no error.
func (a *Authority) Revoke(ctx context.Context, by *identity.Principal, serial string, reason cert.Reason) error {
	if reason < 0 || reason > 10 || reason == 7 || reason == cert.CertificateHold || reason == cert.RemoveFromCRL {
		return errs.Say(errs.Invalid, "吊销原因无效", "this is no reason to revoke for")
	}
	return a.change(ctx, by, serial, Revoked, reason, "revoke", Valid, Suspended)
}

// Suspend puts a certificate on hold: it may be resumed. RFC 5280 5.3.1 certificateHold
func (a *Authority) Suspend(ctx context.Context, by *identity.Principal, serial string) error {
	return a.change(ctx, by, serial, Suspended, cert.CertificateHold, "suspend", Valid)
}

// Resume takes the hold off.
func (a *Authority) Resume(ctx context.Context, by *identity.Principal, serial string) error {
	return a.change(ctx, by, serial, Valid, cert.Unspecified, "resume", Suspended)
}

func (a *Authority) change(ctx context.Context, by *identity.Principal, serial string, to int64, reason cert.Reason, verb string, from ...int64) error {
	if by.Anonymous() {
		return errs.Say(errs.Unauthenticated, "请先登录", "sign in first")
	}
	var changed []string
	err := a.o.DB.Write(ctx, func(tx *store.Tx) error {
		changed = changed[:0]
		c, err := one(tx, serial)
		if err != nil {
			return err
		}
		if c.State == to {
			return nil
		}
		if !has(from, c.State) {
			s := StateName(c.State)
			return errs.Say(errs.Conflict, "证书当前为“%[1]s”，不能如此变更", "the certificate is %[2]s, which does not allow this", s.Zh, s.En)
		}
		pair, err := a.pair(tx, c)
		if err != nil {
			return err
		}
		for _, x := range pair {
			if !has(from, x.State) {
				continue
			}
			if err := a.shift(tx, by, x, to, reason, verb); err != nil {
				return err
			}
			changed = append(changed, x.Serial)
		}
		return a.record(tx, by, GrantRevoke, "certificate."+verb, "certificate:"+serial, map[string]any{"kind": c.Kind, "subject": c.Subject, "reason": int(reason)})
	})
	if err == nil {
		a.tell(changed)
	}
	return err
}

func has(list []int64, x int64) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// pair gives a certificate with the one beside it: the encryption certificate shares the signing certificate's fate.
func (a *Authority) pair(tx *store.Tx, c *Certificate) ([]*Certificate, error) {
	out := []*Certificate{c}
	if p, ok := ProfileOf(c.Kind); !ok || !p.Dual || c.Use != Sign {
		return out, nil
	}
	standing, err := list(tx, qStanding, c.Subject, c.Kind)
	for i := range standing {
		if standing[i].Use == Encrypt {
			out = append(out, &standing[i])
		}
	}
	return out, err
}

// shift moves one row, its count and its history.
func (a *Authority) shift(tx *store.Tx, by *identity.Principal, c *Certificate, to int64, reason cert.Reason, verb string) error {
	now := a.o.Now()
	if err := count(tx, c, -1); err != nil {
		return err
	}
	c.State, c.Reason, c.Changed = to, reason, now
	if err := count(tx, c, 1); err != nil {
		return err
	}
	if _, err := tx.Exec(qMove, c.Serial, to, int64(reason), store.Micros(now)); err != nil {
		return err
	}
	var n int64
	if err := tx.Get(qNumber, []any{c.Serial}, &n); err != nil {
		return err
	}
	_, err := tx.ExecBulk(bEvent, []any{c.Serial, store.Micros(now), n + 1, verb, int64(reason), by.ID})
	return err
}

func (a *Authority) tell(serials []string) {
	for _, s := range serials {
		for _, fn := range a.moved {
			fn(s)
		}
	}
}

// Status says how a certificate stands now; State 0 where it was not issued here.
func (a *Authority) Status(ctx context.Context, serial string) (s Standing, err error) {
	err = a.o.DB.Read(ctx, func(tx *store.Tx) error {
		var reason, changed, to int64
		if err := tx.Get(qStatus, []any{serial}, &s.Authority, &s.State, &reason, &changed, &to); err != nil {
			return err
		}
		s.Reason, s.At, s.To = cert.Reason(reason), store.Time(changed), store.Time(to)
		return nil
	})
	if errs.Is(err, errs.NotFound) {
		return Standing{Serial: serial}, nil
	}
	s.Serial = serial
	if s.State < Revoked && s.State > 0 && !s.To.After(a.o.Now()) {
		s.State, s.At = Expired, s.To
	}
	return s, err
}

// Event is a change of a certificate's standing.
type Event struct {
	At     time.Time
	Verb   string
	Reason cert.Reason
	Actor  string
}

// Get reads a certificate with its chain and its history.
func (a *Authority) Get(ctx context.Context, serial string) (c Certificate, events []Event, err error) {
	err = a.o.DB.Read(ctx, func(tx *store.Tx) error {
		x, err := one(tx, serial)
		if err != nil {
			return err
		}
		c, events = a.complete(*x), nil
		return tx.Each(qEvents, []any{serial}, func(scan func(...any) error) error {
			var e Event
			var at, reason int64
			if err := scan(&at, &e.Verb, &reason, &e.Actor); err != nil {
				return err
			}
			e.At, e.Reason = store.Time(at), cert.Reason(reason)
			events = append(events, e)
			return nil
		})
	})
	return c, events, err
}

// Of lists the certificates of a subject, newest first.
func (a *Authority) Of(ctx context.Context, kind, subject string) (out []Certificate, err error) {
	err = a.o.DB.Read(ctx, func(tx *store.Tx) error {
		out, err = list(tx, qSubject, subject, kind)
		return err
	})
	return out, err
}

// Expire marks what has reached its end, so that the counts and the unique index say what is.
func (a *Authority) Expire(ctx context.Context) error {
	by := identity.System("certificates")
	for {
		var n int
		err := a.o.DB.Write(ctx, func(tx *store.Tx) error {
			over, err := list(tx, qOver, store.Micros(a.o.Now()))
			n = len(over)
			if err != nil || n == 0 {
				return err
			}
			for i := range over {
				if err := a.shift(tx, by, &over[i], Expired, cert.Unspecified, "expire"); err != nil {
					return err
				}
			}
			return a.record(tx, by, "", "certificate.expire", "certificate-log", map[string]any{"certificates": n})
		})
		if err != nil || n < 500 {
			return err
		}
	}
}

// Counts gives the maintained counts: "kind/use/algorithm/state" with its number.
func (a *Authority) Counts(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := a.o.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.Counts("certificates", "", func(key string, n int64) error {
			out[key] = n
			return nil
		})
	})
	return out, err
}

// Part is the range of numbers that a certificate is in.
type Part struct {
	Authority string
	Shard     int64
}

// Part finds the part of a certificate.
func (a *Authority) Part(ctx context.Context, serial string) (p Part, ok bool) {
	err := a.o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(qPart, []any{serial}, &p.Authority, &p.Shard) })
	return p, err == nil
}

// Revoked lists what a revocation list of a part says: the revoked and those on hold whose time is not over.
func (a *Authority) Revoked(ctx context.Context, authority string, shard int64) (out []cert.Entry, err error) {
	now := a.o.Now()
	err = a.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qShard, []any{authority, shard}, func(scan func(...any) error) error {
			var serial string
			var state, reason, changed, to int64
			if err := scan(&serial, &state, &reason, &changed, &to); err != nil {
				return err
			}
			if store.Time(to).After(now) { // RFC 5280 3.3: what has lapsed leaves the list
				out = append(out, cert.Entry{Serial: unhex(serial), At: store.Time(changed), Reason: cert.Reason(reason)})
			}
			return nil
		})
	})
	return out, err
}
