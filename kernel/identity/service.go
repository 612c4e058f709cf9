package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity/throttle"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Service is the identity kernel.
type Service struct {
	db        *store.DB
	journal   *journal.Journal
	now       func() time.Time
	units     []Unit
	unitNames map[string]lang.Text
	grants    *grantBook
	key       []byte // the server's own
	hasher    *hasher
	throttle  *throttle.Gate
	signups   *throttle.Gate // of citizens who register
	cache     *cache
}

// A login is locked after ten failures; an address, behind which a whole office may sit, after a hundred.
func loginRule() throttle.Rule {
	return throttle.Rule{Free: 3, Base: time.Second, Most: time.Minute, Lock: 10, Window: 15 * time.Minute}
}
func addrRule() throttle.Rule {
	return throttle.Rule{Free: 20, Base: time.Second, Most: time.Minute, Lock: 100, Window: 15 * time.Minute}
}

// Open migrates, loads units and declares grants (of the kernel and of every system).
func Open(ctx context.Context, db *store.DB, j *journal.Journal, now func() time.Time, units []Unit, grants []Grant) (*Service, error) {
	return open(ctx, db, j, now, units, grants, presentCost())
}

func open(ctx context.Context, db *store.DB, j *journal.Journal, now func() time.Time, units []Unit, grants []Grant, c cost) (*Service, error) {
	book, err := newGrantBook(grants)
	if err != nil {
		return nil, errs.Wrap("declare grants", err)
	}
	if err := db.Migrate(ctx, "identity", tables); err != nil {
		return nil, errs.Wrap("open identity", err)
	}
	names, err := loadUnits(ctx, db, units)
	if err != nil {
		return nil, err
	}
	s := &Service{db: db, journal: j, now: now, units: units, unitNames: names, grants: book,
		hasher: newHasher(c, cores()), throttle: throttle.New(now, loginRule(), addrRule(), throttle.Size, throttle.Size), signups: newSignups(now), cache: newCache()}
	s.key, err = loadKey(ctx, db)
	return s, err
}

// loadKey reads the server's key, making it at the first start. Of two programs that start at once, one makes it and both read it.
func loadKey(ctx context.Context, db *store.DB) (key []byte, err error) {
	err = db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qKeyMake, "server", randomBytes(32)); err != nil {
			return err
		}
		return tx.Get(qKey, []any{"server"}, &key)
	})
	return key, errs.Wrap("load server key", err)
}

// mac derives from the server's key. use keeps what is derived for one purpose from serving another.
func (s *Service) mac(use, text string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("haihe-" + use + "/1\n" + text))
	return h.Sum(nil)
}

// CSRF derives the form token of a session, or of any other secret cookie (the sign-in form's).
func (s *Service) CSRF(cookie string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("csrf", cookie))
}

// CheckCSRF compares in constant time. Without a cookie nothing is right.
func (s *Service) CheckCSRF(cookie, token string) bool {
	return cookie != "" && hmac.Equal([]byte(s.CSRF(cookie)), []byte(token))
}

// mask makes a text recognisable in the journal without saying it.
func (s *Service) mask(text string) string { return hex.EncodeToString(s.mac("mask", text)[:8]) }

// change runs fn in one transaction with the journal entry that it returns.
func (s *Service) change(ctx context.Context, by *Principal, fn func(tx *store.Tx) (journal.Act, error)) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		act, err := fn(tx)
		if err != nil {
			return err
		}
		act.Actor, act.Unit = by.ID, by.Unit
		return s.journal.Append(tx, act)
	})
}
