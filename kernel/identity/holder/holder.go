// Package holder (持证人) ties an account to the holder of certificates that signs in as it. A certificate says who somebody is, not what they may do here:
// that is the account's, so the two are tied by the person, once, while signed in to the account and holding the key.
package holder

import (
	"context"
	"embed"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qTie     = store.Q("holder.tie", `INSERT INTO identity_holder (holder, person, serial, bound) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`)
	qPerson  = store.Q("holder.person", `SELECT person FROM identity_holder WHERE holder = $1`)
	qOf      = store.Q("holder.of", `SELECT holder, serial, bound FROM identity_holder WHERE person = $1`)
	qSpend   = store.Q("holder.spend", `INSERT INTO identity_holder_spent (ticket, until) VALUES ($1, $2) ON CONFLICT (ticket) DO NOTHING`)
	qSweep   = store.Q("holder.sweep", `DELETE FROM identity_holder_spent WHERE until < $1`)
	qRelease = store.Q("holder.release", `DELETE FROM identity_holder WHERE person = $1`)
)

// Tie is one account's certificate.
type Tie struct {
	Holder string
	Serial string // of the certificate that it was tied with
	Bound  time.Time
}

// Book holds the ties.
type Book struct {
	db      *store.DB
	journal *journal.Journal
	now     func() time.Time
}

// Open makes the table.
func Open(ctx context.Context, db *store.DB, j *journal.Journal, now func() time.Time) (*Book, error) {
	if err := db.Migrate(ctx, "holder", tables); err != nil {
		return nil, errs.Wrap("open the holders of certificates", err)
	}
	return &Book{db: db, journal: j, now: now}, nil
}

// Bind ties the account that is signed in to a holder, who has shown the key of a certificate (serial). errs.Conflict where either is tied.
func (b *Book) Bind(ctx context.Context, who *identity.Principal, holder, serial string) error {
	if who.Person() == "" {
		return errs.Say(errs.Denied, "只有本人登录后才能绑定证书", "only a person who is signed in can tie a certificate to the account")
	}
	return errs.Wrap("tie a certificate", b.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qTie, holder, who.Person(), serial, store.Micros(b.now()))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "该证书已绑定账户，或本账户已绑定证书，请先解除", "the certificate is tied to an account, or the account to a certificate: release it first")
		}
		return b.journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: "self", Verb: "certificate-tie", Object: who.ID, Detail: map[string]string{"serial": serial}})
	}))
}

// Person finds the account of a holder (errs.NotFound).
func (b *Book) Person(ctx context.Context, holder string) (person string, err error) {
	err = b.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qPerson, []any{holder}, &person) })
	return person, err
}

// Of gives what an account is tied to; ok is false where it is not.
func (b *Book) Of(ctx context.Context, person string) (t Tie, ok bool, err error) {
	var bound int64
	err = b.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qOf, []any{person}, &t.Holder, &t.Serial, &bound) })
	if errs.Is(err, errs.NotFound) {
		return Tie{}, false, nil
	}
	t.Bound = store.Time(bound)
	return t, err == nil, errs.Wrap("read the tie to a certificate", err)
}

// Release ends the tie of one's own account.
func (b *Book) Release(ctx context.Context, who *identity.Principal) error {
	return errs.Wrap("release a certificate", b.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qRelease, who.Person())
		if err != nil || n == 0 {
			return err
		}
		return b.journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: "self", Verb: "certificate-release", Object: who.ID})
	}))
}

// Forget deletes a person's tie in the transaction that deletes the account.
func (b *Book) Forget(tx *store.Tx, person string) error {
	_, err := tx.Exec(qRelease, person)
	return err
}

// Spend makes a ticket (its number, and when it ends by itself) good once, on however many servers.
func (b *Book) Spend(ctx context.Context, ticket string, until time.Time) error {
	return errs.Wrap("spend a ticket", b.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qSweep, store.Micros(b.now())); err != nil {
			return err
		}
		n, err := tx.Exec(qSpend, ticket, store.Micros(until))
		if err == nil && n == 0 {
			return errs.Say(errs.Invalid, "该登录凭据已用过，请重新选择证书", "this sign-in was used before: choose the certificate again")
		}
		return err
	}))
}
