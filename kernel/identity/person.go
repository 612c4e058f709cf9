package identity

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Person is an account.
type Person struct {
	ID, Login  string
	Name       lang.Text
	Unit       string
	Roles      []string
	Disabled   bool
	MustChange bool // holds a one-time password
	Created    time.Time
	LastLogin  time.Time // zero: never
}

// account is a person with what nobody outside is shown.
type account struct {
	Person
	demo     bool
	password string // PHC
	rehash   string // the password hashed anew, to be written at this login
}

func (a *account) get(tx *store.Tx, q store.Stmt, arg string) error {
	return a.read(func(dest ...any) error { return tx.Get(q, []any{arg}, dest...) })
}

// read takes personColumns.
func (a *account) read(scan func(...any) error) error {
	var admin, roles string
	var created, last int64
	if err := scan(&a.ID, &a.Login, &a.Name.Zh, &a.Name.En, &a.Unit, &admin, &roles, &a.Disabled, &a.MustChange,
		&created, &last, &a.demo, &a.password); err != nil {
		return err
	}
	a.Roles = unpackRoles(admin, roles)
	a.Created, a.LastLogin = store.Time(created), store.Time(last)
	return nil
}

func (s *Service) accountOf(ctx context.Context, login string) (*account, error) {
	var a account
	if !loginForm(login) { // cannot exist, and need not reach the database
		return nil, errs.As(errs.NotFound, "find login", errLogin)
	}
	err := s.db.Read(ctx, func(tx *store.Tx) error { return a.get(tx, qPersonByLogin, login) })
	if err != nil {
		return nil, err
	}
	return &a, nil
}

func (s *Service) personPrincipal(p *Person) *Principal {
	return &Principal{ID: personPrefix + p.ID, Name: p.Name, Unit: p.Unit, Roles: p.Roles, MustChange: p.MustChange, grants: s.grants.of(p.Roles)}
}

var errLogin = errs.Say(errs.Invalid, "登录名须为 2 至 64 个小写字母、数字或 . _ -，并以字母或数字开头",
	"a login has 2 to 64 lower-case letters, digits or . _ - and begins with a letter or digit")

func loginForm(login string) bool {
	if len(login) < 2 || len(login) > 64 {
		return false
	}
	for i, c := range []byte(login) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		case i > 0 && (c == '.' || c == '_' || c == '-'):
		default:
			return false
		}
	}
	return true
}

// checkName holds the text that is shown to others to a length, and to characters that cannot disturb a page.
func checkName(n lang.Text) error {
	for _, half := range []string{n.Zh, n.En} {
		if strings.TrimSpace(half) == "" || utf8.RuneCountInString(half) > 64 || strings.ContainsFunc(half, unicode.IsControl) || !utf8.ValidString(half) {
			return errs.Say(errs.Invalid, "姓名中英文均须填写，且不超过 64 个字符", "both halves of the name are needed, of at most 64 characters")
		}
	}
	return nil
}

// checkUnit wants one of the plan's units. A program without units (a test's) takes none.
func (s *Service) checkUnit(id string) error {
	if id == "" && len(s.units) == 0 {
		return nil
	}
	_, err := s.Unit(id)
	if errs.Is(err, errs.NotFound) {
		return errs.Say(errs.Invalid, "没有编号为“%s”的单位，请从列表中选择", "there is no unit %q; choose one from the list", id)
	}
	return err
}

func searchText(login string, n lang.Text) string {
	return strings.ToLower(login + "\n" + n.Zh + "\n" + n.En)
}

// CreatePerson makes an account on behalf of by (identity.manage). The password must be changed at the first login; "" makes an
// account that cannot sign in until ResetPassword. ID, Disabled and times of p are not used.
func (s *Service) CreatePerson(ctx context.Context, by *Principal, p Person, password string) (Person, error) {
	if err := allow(by, GrantManagePeople); err != nil {
		return Person{}, err
	}
	return s.create(ctx, by, p, password, true, false)
}

func (s *Service) create(ctx context.Context, by *Principal, p Person, password string, mustChange, demo bool) (Person, error) {
	p.Login = foldLogin(p.Login)
	admin, business, err := splitRoles(p.Roles)
	if err != nil {
		return Person{}, err
	}
	if !loginForm(p.Login) {
		return Person{}, errLogin
	}
	if err := checkName(p.Name); err != nil {
		return Person{}, err
	}
	if err := s.checkPlace(p.Unit, business); err != nil {
		return Person{}, err
	}
	hash := ""
	if password != "" {
		if err := CheckPassword(p.Login, password); err != nil {
			return Person{}, err
		}
		if hash, err = s.hasher.hash(ctx, password); err != nil {
			return Person{}, err
		}
	}
	now := s.now()
	p.ID, p.Roles, p.Disabled, p.MustChange = store.NewID(now), unpackRoles(admin, packRoles(business)), false, mustChange
	p.Created, p.LastLogin = store.Time(store.Micros(now)), time.Time{}
	err = s.change(ctx, by, func(tx *store.Tx) (journal.Act, error) {
		var a account
		if err := a.get(tx, qPersonByLogin, p.Login); err == nil {
			return journal.Act{}, errs.Say(errs.Conflict, "登录名“%s”已被使用", "the login %q is taken", p.Login)
		} else if !errs.Is(err, errs.NotFound) {
			return journal.Act{}, err
		}
		_, err := tx.Exec(qPersonMake, p.ID, p.Login, p.Name.Zh, p.Name.En, p.Unit, admin, packRoles(business), false, mustChange,
			store.Micros(now), 0, demo, hash, searchText(p.Login, p.Name))
		return journal.Act{Authority: GrantManagePeople, Verb: "create-person", Object: personPrefix + p.ID,
			Detail: map[string]any{"unit": p.Unit, "roles": p.Roles}}, err
	})
	if err != nil {
		return Person{}, errs.Wrap("create person", err)
	}
	return p, nil
}

// checkPlace wants a unit of who works for one, and none of a citizen.
func (s *Service) checkPlace(unit string, business []string) error {
	if !slices.Contains(business, RoleCitizen) {
		return s.checkUnit(unit)
	}
	if unit != "" {
		return errs.Say(errs.Invalid, "市民账户不属于任何单位，请勿选择单位", "a citizen's account belongs to no unit; choose none")
	}
	return nil
}

// EditPerson changes name and unit (identity.manage). The login stays: the journal's readers know the account by it.
func (s *Service) EditPerson(ctx context.Context, by *Principal, id string, name lang.Text, unit string) error {
	if err := allow(by, GrantManagePeople); err != nil {
		return err
	}
	if err := checkName(name); err != nil {
		return err
	}
	return s.amend(ctx, by, id, "edit person", func(tx *store.Tx, a *account) (journal.Act, error) {
		if err := s.checkPlace(unit, a.Roles); err != nil {
			return journal.Act{}, err
		}
		_, err := tx.Exec(qPersonEdit, name.Zh, name.En, unit, searchText(a.Login, name), id)
		return journal.Act{Verb: "edit-person", Detail: map[string]any{
			"unit": map[string]string{"from": a.Unit, "to": unit}, "renamed": name != a.Name}}, err
	})
}

// SetRoles gives a person the roles and takes all others (identity.manage; never one's own).
func (s *Service) SetRoles(ctx context.Context, by *Principal, id string, roles []string) error {
	if err := allowOther(by, id); err != nil {
		return err
	}
	admin, business, err := splitRoles(roles)
	if err != nil {
		return err
	}
	return s.amend(ctx, by, id, "set roles", func(tx *store.Tx, a *account) (journal.Act, error) {
		if a.holds(RoleCitizen) != slices.Contains(business, RoleCitizen) {
			return journal.Act{}, errs.Say(errs.Conflict, "市民账户与单位账户不能互相转换，请另设账户", "a citizen's account and a unit's do not turn into each other; make another account")
		}
		if a.holds(RoleSecurity) && admin != RoleSecurity {
			if err := keepGuard(tx, id); err != nil {
				return journal.Act{}, err
			}
		}
		if !a.holds(admin) { // another administrator's role, or none: what they issued as one ends
			if err := s.endTokens(tx, id); err != nil {
				return journal.Act{}, err
			}
		}
		_, err := tx.Exec(qPersonRoles, admin, packRoles(business), id)
		return journal.Act{Verb: "set-roles", Detail: map[string]any{"from": a.Roles, "to": unpackRoles(admin, packRoles(business))}}, err
	})
}

// SetDisabled closes or opens an account (identity.manage; never one's own). Closing ends its sessions.
func (s *Service) SetDisabled(ctx context.Context, by *Principal, id string, disabled bool) error {
	if err := allowOther(by, id); err != nil {
		return err
	}
	return s.amend(ctx, by, id, "disable person", func(tx *store.Tx, a *account) (journal.Act, error) {
		act := journal.Act{Verb: "enable-person"}
		if disabled {
			act.Verb = "disable-person"
			if a.holds(RoleSecurity) {
				if err := keepGuard(tx, id); err != nil {
					return act, err
				}
			}
			if _, err := s.endSessions(tx, id); err != nil {
				return act, err
			}
			if err := s.endTokens(tx, id); err != nil {
				return act, err
			}
		}
		_, err := tx.Exec(qPersonDisable, disabled, id)
		return act, err
	})
}

// ResetPassword gives a person a one-time password, to be told once and changed at the next login, and ends their sessions
// (identity.manage; never one's own).
func (s *Service) ResetPassword(ctx context.Context, by *Principal, id string) (password string, err error) {
	if err := allowOther(by, id); err != nil {
		return "", err
	}
	password = NewPassword()
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return "", err
	}
	err = s.amend(ctx, by, id, "reset password", func(tx *store.Tx, a *account) (journal.Act, error) {
		if _, err := tx.Exec(qPersonPassword, hash, true, id); err != nil {
			return journal.Act{}, err
		}
		_, err := s.endSessions(tx, id)
		return journal.Act{Verb: "reset-password"}, err
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

// ChangePassword changes one's own, ends all sessions of the account and opens a new one, whose cookie it returns. It is throttled
// together with the login, so that a cookie that was left open is not a way to guess the password.
func (s *Service) ChangePassword(ctx context.Context, cookie, old, fresh string) (next string, err error) {
	p, err := s.Session(ctx, cookie)
	if err != nil {
		return "", err
	}
	var a account
	if err := s.db.Read(ctx, func(tx *store.Tx) error { return a.get(tx, qPerson, p.Person()) }); err != nil {
		return "", errs.Wrap("change password", err)
	}
	if err := s.prove(ctx, &a, old, "session:"+p.Session); err != nil {
		return "", err
	}
	if old == fresh {
		return "", errs.Say(errs.Invalid, "新口令不得与原口令相同", "the new password must differ from the present one")
	}
	if err := CheckPassword(a.Login, fresh); err != nil {
		return "", err
	}
	hash, err := s.hasher.hash(ctx, fresh)
	if err != nil {
		return "", err
	}
	next = newSecret()
	err = s.change(ctx, p, func(tx *store.Tx) (journal.Act, error) {
		act := journal.Act{Authority: "self", Verb: "change-password", Object: p.ID}
		if n, err := tx.Exec(qPersonOwn, hash, a.ID, a.password); err != nil || n == 0 {
			if err == nil { // reset or disabled in the same moment
				err = noSession()
			}
			return act, err
		}
		addr := ""
		if err := tx.Get(qSessionAddr, []any{p.Session}, &addr); err != nil && !errs.Is(err, errs.NotFound) {
			return act, err
		}
		if _, err := s.endSessions(tx, a.ID); err != nil {
			return act, err
		}
		_, err := s.openSession(tx, next, a.ID, addr)
		return act, err
	})
	if err != nil {
		return "", errs.Wrap("change password", err)
	}
	return next, nil
}

// prove compares the present password of who is signed in already. from is the session: this throttle counts the account, not the place.
func (s *Service) prove(ctx context.Context, a *account, password, from string) error {
	wait, locks := s.throttle.Begin(a.Login, from)
	if wait > 0 {
		return tooOften(wait)
	}
	_, err := s.check(ctx, a.Login, password)
	switch {
	case err == nil:
		s.throttle.Clear(a.Login, from)
		return nil
	case !errs.Is(err, errs.Unauthenticated):
		s.throttle.Undo(a.Login, from)
		return err
	}
	if err := s.failed(ctx, a, a.Login, from, locks); !errs.Is(err, errs.Unauthenticated) {
		return err
	}
	return errs.Say(errs.Invalid, "原口令不正确", "the present password is not right")
}

// amend runs fn on a person in one transaction with its journal entry, and forgets what is cached of them when it is committed.
func (s *Service) amend(ctx context.Context, by *Principal, id, op string, fn func(*store.Tx, *account) (journal.Act, error)) error {
	err := s.change(ctx, by, func(tx *store.Tx) (journal.Act, error) {
		var a account
		if err := a.get(tx, qPerson, id); errs.Is(err, errs.NotFound) {
			return journal.Act{}, noPerson()
		} else if err != nil {
			return journal.Act{}, err
		}
		tx.OnCommit(func() { s.cache.dropAll(personPrefix + id) })
		act, err := fn(tx, &a)
		act.Authority, act.Object = GrantManagePeople, personPrefix+id
		return act, err
	})
	return errs.Wrap(op, err)
}

func (a *account) holds(role string) bool {
	for _, r := range a.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// keepGuard refuses to take the last active security administrator: nobody could make another.
func keepGuard(tx *store.Tx, id string) error {
	var others int64
	if err := tx.Get(qGuards, []any{id}, &others); err != nil {
		return err
	}
	if others == 0 {
		return errs.Say(errs.Conflict, "这是最后一名在用的安全管理员，请先另行任命",
			"this is the last active security administrator; appoint another one first")
	}
	return nil
}

func noPerson() error {
	return errs.Say(errs.NotFound, "没有这个人员账户", "there is no such account")
}

// allowOther is allow for what nobody may do to their own account.
func allowOther(by *Principal, id string) error {
	if err := allow(by, GrantManagePeople); err != nil {
		return err
	}
	if by.Person() == id {
		return errs.Say(errs.Denied, "不得变更本人的账户和角色，请由另一名安全管理员办理",
			"nobody changes their own account or roles; another security administrator has to")
	}
	return nil
}
