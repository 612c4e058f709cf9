package identity

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity/throttle"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Registration is what a citizen gives to have an account: no name, no number, no address. Consent says that they agreed to how
// their data are kept.
type Registration struct {
	Login, Password string
	Consent         bool
}

// cityKey is the one bucket in which all registrations of the city are counted beside those of each address.
const cityKey = "city"

// newSignups counts registrations, every one of them: an address may open a handful of accounts an hour, as a household or a
// shared line does, the city a few thousand, so that nobody fills the tables.
func newSignups(now func() time.Time) *throttle.Gate {
	city := throttle.Rule{Free: 3000, Base: time.Second, Most: time.Minute, Lock: 5000, Window: time.Hour}
	home := throttle.Rule{Free: 5, Base: 10 * time.Minute, Most: time.Hour, Lock: 8, Window: time.Hour}
	return throttle.New(now, city, home, 1, throttle.Size)
}

// Register makes a citizen's account and signs them in; cookie is the session's secret. The account is named by its login, has the
// role citizen, and may do nothing but in its own matters. addr is the caller's own, as Login takes it.
func (s *Service) Register(ctx context.Context, q Registration, addr string) (cookie string, p *Principal, err error) {
	login, from := foldLogin(q.Login), throttle.Place(addr)
	switch {
	case !q.Consent:
		return "", nil, errs.Say(errs.Invalid, "请阅读并同意个人信息处理说明", "read how your data are kept, and agree to it")
	case !loginForm(login):
		return "", nil, errLogin
	}
	if err := CheckPassword(login, q.Password); err != nil {
		return "", nil, err
	}
	if wait, _ := s.signups.Begin(cityKey, from); wait > 0 {
		return "", nil, errs.Say(errs.Busy, "注册过于频繁，请 %d 分钟后再试", "too many registrations from here; try again in %d minutes", int(wait/time.Minute)+1)
	}
	made, err := s.create(ctx, System("identity"), Person{Login: login, Name: lang.Same(login), Roles: []string{RoleCitizen}}, q.Password, false, false)
	if errs.Is(err, errs.Busy) || errs.Is(err, errs.Unavailable) {
		s.signups.Undo(cityKey, from)
	}
	if err != nil {
		return "", nil, err
	}
	return s.welcome(ctx, made.ID, from)
}

// welcome opens the first session of an account, and records by whom it was made.
func (s *Service) welcome(ctx context.Context, id, from string) (cookie string, p *Principal, err error) {
	var a account
	if err := s.db.Read(ctx, func(tx *store.Tx) error { return a.get(tx, qPerson, id) }); err != nil {
		return "", nil, errs.Wrap("open the first session", err)
	}
	cookie, p = newSecret(), s.personPrincipal(&a.Person)
	err = s.change(ctx, p, func(tx *store.Tx) (act journal.Act, err error) {
		p.Session, err = s.openSession(tx, cookie, id, from)
		return journal.Act{Authority: "self", Verb: "register", Object: p.ID, Detail: map[string]any{"from": s.mask(from), "consent": true}}, err
	})
	if err != nil {
		return "", nil, errs.Wrap("open the first session", err)
	}
	return cookie, p, nil
}

// CloseAccount deletes a citizen's own account with its sessions, after its password was proven; forget deletes what the systems keep
// of the person, in the same transaction. The journal keeps that the account was, by its number.
func (s *Service) CloseAccount(ctx context.Context, cookie, password string, forget func(tx *store.Tx, person string) error) error {
	p, err := s.Session(ctx, cookie)
	if err != nil {
		return err
	}
	if !p.Has(RoleCitizen) {
		return errs.Say(errs.Denied, "单位账户由安全管理员停用，不能自行注销", "an account of a unit is ended by the security administrator, not by its holder")
	}
	var a account
	if err := s.db.Read(ctx, func(tx *store.Tx) error { return a.get(tx, qPerson, p.Person()) }); err != nil {
		return errs.Wrap("close account", err)
	}
	if err := s.prove(ctx, &a, password, "session:"+p.Session); err != nil {
		return err
	}
	err = s.change(ctx, p, func(tx *store.Tx) (journal.Act, error) {
		act := journal.Act{Authority: "self", Verb: "close-account", Object: p.ID}
		if n, err := tx.Exec(qPersonDelete, a.ID, a.password); err != nil || n == 0 {
			if err == nil { // reset or closed in the same moment
				err = noSession()
			}
			return act, err
		}
		if err := forget(tx, a.ID); err != nil {
			return act, err
		}
		_, err := s.endSessions(tx, a.ID)
		return act, err
	})
	return errs.Wrap("close account", err)
}

// Citizen finds the id of a citizen's account by its login (errs.NotFound where there is none, or it is a unit's): for systems that
// give a citizen something.
func (s *Service) Citizen(ctx context.Context, login string) (id string, err error) {
	a, err := s.accountOf(ctx, foldLogin(login))
	if err != nil {
		return "", errs.Wrap("find a citizen", err)
	}
	if !a.holds(RoleCitizen) {
		return "", noPerson()
	}
	return a.ID, nil
}
