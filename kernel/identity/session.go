package identity

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity/throttle"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

// How long a session lives.
const (
	SessionIdle = 30 * time.Minute // without a request
	SessionLife = 12 * time.Hour   // at most

	sessionTouch = time.Minute // how often the last use is written down
)

// Session is one sign-in that is still alive, as its owner and the security administrator see it.
type Session struct {
	ID      string
	Person  string // person id
	Addr    string
	Created time.Time
	Seen    time.Time // to within a minute
	Expires time.Time
}

// newSecret makes 256 random bits as 43 characters that fit a cookie and a header.
func newSecret() string { return base64.RawURLEncoding.EncodeToString(randomBytes(32)) }

// secretSize is the length of newSecret; anything else is not looked up.
const secretSize = 43

// Login checks login and password (argon2id, throttled by login and by address) and opens a session; cookie is its secret, made
// anew at every login, so that nobody can hand a victim a cookie beforehand. Every refusal but that of the throttle reads alike. addr is
// the caller's own (behind a proxy: what the proxy says), with or without a port.
func (s *Service) Login(ctx context.Context, login, password, addr string) (cookie string, p *Principal, err error) {
	login = foldLogin(login)
	from, name := throttle.Place(addr), bucket(login)
	wait, locks := s.throttle.Begin(name, from)
	if wait > 0 {
		return "", nil, tooOften(wait)
	}
	who, err := s.check(ctx, login, password)
	switch {
	case errs.Is(err, errs.Unauthenticated):
		return "", nil, s.failed(ctx, who, login, from, locks)
	case err != nil:
		s.throttle.Undo(name, from)
		return "", nil, err
	}
	cookie, p, err = s.admit(ctx, who, from, Proof{})
	if err != nil {
		s.throttle.Undo(name, from)
		return "", nil, err
	}
	s.throttle.Clear(name, from)
	return cookie, p, nil
}

// check finds the account and compares the password; errs.Unauthenticated where they do not go together. An unknown login and a disabled
// account cost the same hashing as any other. Where the stored hash is weaker than the present cost it is made anew.
func (s *Service) check(ctx context.Context, login, password string) (*account, error) {
	who, err := s.accountOf(ctx, login)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap("sign in", err)
	}
	stored := ""
	if who != nil && !who.Disabled {
		stored = who.password
	}
	if len(password) > MaxPassword { // no password is so long; the work stays the same
		password = ""
	}
	ok, stale, err := s.hasher.verify(ctx, stored, password)
	if err != nil {
		return nil, errs.Wrap("sign in", err)
	}
	if !ok {
		return who, wrongLogin()
	}
	if stale {
		if fresh, err := s.hasher.hash(ctx, password); err == nil { // else at the next login
			who.rehash = fresh
		}
	}
	return who, nil
}

// admit opens a session for an account that has proven itself, by its password where by is empty.
func (s *Service) admit(ctx context.Context, who *account, from string, by Proof) (string, *Principal, error) {
	cookie, p := newSecret(), s.personPrincipal(&who.Person)
	detail := map[string]string{"from": s.mask(from)}
	if by.Way != "" {
		detail["by"] = by.Way + ":" + by.Ref
	}
	now := s.now()
	err := s.change(ctx, p, func(tx *store.Tx) (journal.Act, error) {
		password := who.password
		if who.rehash != "" {
			password = who.rehash
		}
		// The account may have been disabled, or given another password, while this one was hashed.
		n, err := tx.Exec(qPersonLogin, store.Micros(now), password, who.ID, who.password)
		if err != nil {
			return journal.Act{}, err
		}
		if n == 0 {
			return journal.Act{}, wrongLogin()
		}
		p.Session, err = s.openSession(tx, cookie, who.ID, from)
		return journal.Act{Authority: "self", Verb: "login", Object: p.ID, Detail: detail}, err
	})
	if err != nil {
		return "", nil, errs.Wrap("open session", err)
	}
	return cookie, p, nil
}

// openSession writes a session down and clears away those that are over.
func (s *Service) openSession(tx *store.Tx, cookie, person, from string) (id string, err error) {
	now := s.now()
	if _, err := tx.Exec(qSessionSweep, store.Micros(now), store.Micros(now.Add(-SessionIdle))); err != nil {
		return "", err
	}
	id, k := store.NewID(now), keyOf(cookie)
	_, err = tx.Exec(qSessionMake, k[:], id, person, from, store.Micros(now), store.Micros(now), store.Micros(now.Add(SessionLife)))
	return id, err
}

// failed writes a failed login to the journal and gives the answer. Who is named by id where the login exists, and masked where not: a
// password typed into the wrong field must not end up there either.
func (s *Service) failed(ctx context.Context, who *account, login, from string, locks bool) error {
	act := journal.Act{Authority: "self", Verb: "login-failed", Object: "login:" + s.mask(login), Detail: map[string]any{"from": s.mask(from)}}
	if who != nil {
		act.Object = personPrefix + who.ID
	}
	if locks {
		act.Verb = "login-locked"
	}
	err := s.change(ctx, System("identity"), func(*store.Tx) (journal.Act, error) { return act, nil })
	if err != nil && !errs.Is(err, errs.Busy) { // overload must not turn a wrong password into another answer
		return errs.Wrap("record failed login", err)
	}
	return wrongLogin()
}

func wrongLogin() error {
	return errs.Say(errs.Unauthenticated, "登录名或口令不正确", "the login or the password is not right")
}

func tooOften(wait time.Duration) error {
	sec := max(1, int(wait.Round(time.Second)/time.Second))
	return errs.Say(errs.Busy, "登录失败次数过多，请 %d 秒后再试", "too many failed sign-ins; try again in %d seconds", sec)
}

func noSession() error {
	return errs.Say(errs.Unauthenticated, "尚未登录或会话已过期，请登录", "you are not signed in, or your session is over; sign in")
}

// foldLogin is the form in which a login is kept and looked up.
func foldLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// Session finds who a cookie stands for (errs.Unauthenticated).
func (s *Service) Session(ctx context.Context, cookie string) (*Principal, error) {
	if len(cookie) != secretSize {
		return nil, noSession()
	}
	k, now := keyOf(cookie), s.now()
	seat, fresh, gen := s.cache.get(k, now)
	if !fresh {
		read, err := s.readSession(ctx, k)
		if errs.Is(err, errs.NotFound) {
			s.cache.forget(k)
			return nil, noSession()
		}
		if err != nil {
			return nil, errs.Wrap("read session", err)
		}
		if seat.seen.After(read.seen) { // the database hears of uses a minute late
			read.seen = seat.seen
		}
		read.loaded = now
		seat = read
		s.cache.put(k, seat, gen)
	}
	if !now.Before(seat.expires) || now.Sub(seat.seen) >= SessionIdle {
		s.cache.forget(k)
		return nil, noSession() // the row goes with the next sweep
	}
	if s.cache.touch(k, now, sessionTouch) {
		s.noteUse(ctx, qSessionTouch, k, now)
	}
	p := *seat.who
	return &p, nil
}

// noteUse writes the last use down. A database that is too busy, or full, must not sign everybody out: the next minute tries again.
func (s *Service) noteUse(ctx context.Context, q store.Stmt, k key, now time.Time) {
	_ = s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(q, store.Micros(now), k[:])
		return err
	})
}

func (s *Service) readSession(ctx context.Context, k key) (seat seat, err error) {
	var a account
	var id string
	var seen, expires int64
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		var person string
		if err := tx.Get(qSession, []any{k[:]}, &id, &person, &seen, &expires); err != nil {
			return err
		}
		return a.get(tx, qPerson, person)
	})
	if err != nil {
		return seat, err
	}
	if a.Disabled {
		return seat, noSession()
	}
	seat.who = s.personPrincipal(&a.Person)
	seat.who.Session = id
	seat.seen, seat.expires = store.Time(seen), store.Time(expires)
	seat.stored = seat.seen
	return seat, nil
}

// Logout ends a session. A cookie that stands for none is no failure: the caller is signed out, as they wished.
func (s *Service) Logout(ctx context.Context, cookie string) error {
	p, err := s.Session(ctx, cookie)
	if errs.Is(err, errs.Unauthenticated) {
		return nil
	}
	if err != nil {
		return err
	}
	k := keyOf(cookie)
	err = s.change(ctx, p, func(tx *store.Tx) (journal.Act, error) {
		tx.OnCommit(func() { s.cache.drop(k) })
		_, err := tx.Exec(qSessionEnd, k[:])
		return journal.Act{Authority: "self", Verb: "logout", Object: p.ID}, err
	})
	return errs.Wrap("sign out", err)
}

// Sessions lists a person's live sessions, newest first: one's own, or with identity.read anybody's.
func (s *Service) Sessions(ctx context.Context, by *Principal, person string) ([]Session, error) {
	if err := allowSelf(by, person, GrantReadPeople); err != nil {
		return nil, err
	}
	var list []Session
	now := s.now()
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		list = list[:0]
		args := []any{person, store.Micros(now), store.Micros(now.Add(-SessionIdle))}
		return tx.Each(qSessions, args, func(scan func(...any) error) error {
			var x Session
			var created, seen, expires int64
			if err := scan(&x.ID, &x.Person, &x.Addr, &created, &seen, &expires); err != nil {
				return err
			}
			x.Created, x.Seen, x.Expires = store.Time(created), store.Time(seen), store.Time(expires)
			list = append(list, x)
			return nil
		})
	})
	return list, errs.Wrap("list sessions", err)
}

// RevokeSessions ends all sessions of a person: one's own, or with identity.manage anybody's.
func (s *Service) RevokeSessions(ctx context.Context, by *Principal, person string) error {
	if err := allowSelf(by, person, GrantManagePeople); err != nil {
		return err
	}
	err := s.change(ctx, by, func(tx *store.Tx) (journal.Act, error) {
		n, err := s.endSessions(tx, person)
		return journal.Act{Authority: authority(by, person), Verb: "revoke-sessions", Object: personPrefix + person,
			Detail: map[string]int64{"sessions": n}}, err
	})
	return errs.Wrap("revoke sessions", err)
}

func (s *Service) endSessions(tx *store.Tx, person string) (int64, error) {
	tx.OnCommit(func() { s.cache.dropAll(personPrefix + person) })
	return tx.Exec(qSessionEndAll, person)
}

// allowSelf lets everybody do to themselves what takes a grant with others.
func allowSelf(by *Principal, person, grant string) error {
	if !by.Anonymous() && by.Person() != "" && by.Person() == person {
		return nil
	}
	return allow(by, grant)
}

// authority names under what by acts on person.
func authority(by *Principal, person string) string {
	if by.Person() == person {
		return "self"
	}
	return GrantManagePeople
}
