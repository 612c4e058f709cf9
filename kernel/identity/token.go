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

// Bounds of a token's life.
const (
	tokenMark  = "hh_" // lets scanners for leaked secrets recognise one
	TokenLife  = 90 * 24 * time.Hour
	MaxToken   = 366 * 24 * time.Hour
	tokenTouch = time.Hour // how often the last use is written down
)

// Token is an API token, without its secret.
type Token struct {
	ID, Name, Unit string
	Roles          []string
	IssuedBy       string // principal id
	Created        time.Time
	Expires        time.Time
	LastUsed       time.Time // to within an hour; zero: never
	Revoked        time.Time // zero: not
}

// IssueToken makes a token for a program and returns its secret, which is shown once and kept nowhere. A token with business roles
// takes identity.manage. One that works as the system or the audit administrator is issued by such an administrator alone, for their own
// programs (a backup, an archive of the journal), and ends with their role; so the security administrator gets at neither. There is none that
// works as the security administrator. until zero means TokenLife from now; at most MaxToken.
func (s *Service) IssueToken(ctx context.Context, by *Principal, name, unit string, roles []string, until time.Time) (secret string, err error) {
	admin, business, err := splitRoles(roles)
	if err == nil {
		err = allowToken(by, admin)
	}
	under := GrantManagePeople
	if admin != "" {
		business, under = []string{admin}, "self"
	}
	now := s.now()
	if until.IsZero() {
		until = now.Add(TokenLife)
	}
	switch {
	case err != nil:
		return "", err
	case slices.Contains(roles, RoleCitizen):
		return "", errs.Say(errs.Invalid, "令牌不得担任市民角色", "no token works as a citizen")
	case len(business) == 0:
		return "", errs.Say(errs.Invalid, "请为令牌选择至少一个角色", "choose at least one role for the token")
	case strings.TrimSpace(name) == "" || utf8.RuneCountInString(name) > 64 || strings.ContainsFunc(name, unicode.IsControl) || !utf8.ValidString(name):
		return "", errs.Say(errs.Invalid, "请填写令牌用途，不超过 64 个字符", "say what the token is for, in at most 64 characters")
	case !until.After(now) || until.After(now.Add(MaxToken)):
		return "", errs.Say(errs.Invalid, "令牌有效期须在今后一年之内", "a token ends within a year from now")
	}
	if err := s.checkUnit(unit); err != nil {
		return "", err
	}
	secret = tokenMark + newSecret()
	id, k := store.NewID(now), keyOf(secret)
	err = s.change(ctx, by, func(tx *store.Tx) (journal.Act, error) {
		_, err := tx.Exec(qTokenMake, id, k[:], name, unit, packRoles(business), by.ID, store.Micros(now), store.Micros(until))
		return journal.Act{Authority: under, Verb: "issue-token", Object: tokenPrefix + id,
			Detail: map[string]any{"unit": unit, "roles": business, "until": until.UTC().Format(time.RFC3339)}}, err
	})
	if err != nil {
		return "", errs.Wrap("issue token", err)
	}
	return secret, nil
}

// allowToken decides who may issue a token with an administrator's role, or with none.
func allowToken(by *Principal, admin string) error {
	switch {
	case admin == "":
		return allow(by, GrantManagePeople)
	case by.Anonymous() || by.MustChange:
		return allow(by, GrantManagePeople) // for its words
	case admin == RoleSecurity:
		return errs.Say(errs.Denied, "令牌不得担任安全管理员", "no token works as the security administrator")
	case by.Person() != "" && by.Has(admin) || by.prefix == "identity.":
		return nil
	}
	return errs.Say(errs.Denied, "管理员的令牌只能由该管理员本人签发", "a token with an administrator's role is issued by that administrator alone")
}

// Token finds who a bearer token stands for (errs.Unauthenticated).
func (s *Service) Token(ctx context.Context, token string) (*Principal, error) {
	if len(token) != len(tokenMark)+secretSize || !strings.HasPrefix(token, tokenMark) {
		return nil, noToken()
	}
	k, now := keyOf(token), s.now()
	seat, fresh, gen := s.cache.get(k, now)
	if !fresh {
		read, err := s.readToken(ctx, k)
		if errs.Is(err, errs.NotFound) {
			s.cache.forget(k)
			return nil, noToken()
		}
		if err != nil {
			return nil, errs.Wrap("read token", err)
		}
		read.loaded = now
		seat = read
		s.cache.put(k, seat, gen)
	}
	if !now.Before(seat.expires) {
		s.cache.forget(k)
		return nil, noToken()
	}
	if s.cache.touch(k, now, tokenTouch) {
		s.noteUse(ctx, qTokenUse, k, now)
	}
	p := *seat.who
	return &p, nil
}

func noToken() error {
	return errs.Say(errs.Unauthenticated, "令牌无效、已过期或已撤销", "the token is not valid, has ended or was revoked")
}

func (s *Service) readToken(ctx context.Context, k key) (seat seat, err error) {
	var id, name, unit, packed string
	var expires, used int64
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Get(qToken, []any{k[:]}, &id, &name, &unit, &packed, &expires, &used)
	})
	if err != nil {
		return seat, err
	}
	roles := unpackRoles("", packed)
	seat.who = &Principal{ID: tokenPrefix + id, Name: lang.Same(name), Unit: unit, Roles: roles, grants: s.grants.of(roles)}
	seat.expires, seat.stored = store.Time(expires), store.Time(used)
	return seat, nil
}

// Tokens lists tokens, newest first, with those that have ended: all of them with identity.read, otherwise those that by issued.
func (s *Service) Tokens(ctx context.Context, by *Principal) ([]Token, error) {
	own := ""
	if !by.Can(GrantReadPeople) {
		if by.Person() == "" || by.MustChange {
			return nil, allow(by, GrantReadPeople)
		}
		own = by.ID
	}
	list := []Token{}
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		list = list[:0]
		return tx.Each(qTokens, []any{own}, func(scan func(...any) error) error {
			var t Token
			var packed string
			var created, expires, used, revoked int64
			if err := scan(&t.ID, &t.Name, &t.Unit, &packed, &t.IssuedBy, &created, &expires, &used, &revoked); err != nil {
				return err
			}
			t.Roles = unpackRoles("", packed)
			t.Created, t.Expires, t.LastUsed, t.Revoked = store.Time(created), store.Time(expires), store.Time(used), store.Time(revoked)
			list = append(list, t)
			return nil
		})
	})
	return list, errs.Wrap("list tokens", err)
}

// RevokeToken ends a token at once: any with identity.manage, otherwise one that by issued (errs.NotFound where there is none that lives).
func (s *Service) RevokeToken(ctx context.Context, by *Principal, id string) error {
	own, under := "", GrantManagePeople
	if !by.Can(GrantManagePeople) {
		if by.Person() == "" || by.MustChange {
			return allow(by, GrantManagePeople)
		}
		own, under = by.ID, "self"
	}
	err := s.change(ctx, by, func(tx *store.Tx) (journal.Act, error) {
		tx.OnCommit(func() { s.cache.dropAll(tokenPrefix + id) })
		n, err := tx.Exec(qTokenRevoke, store.Micros(s.now()), id, own)
		if err == nil && n == 0 {
			err = errs.Say(errs.NotFound, "没有这个令牌，或已撤销", "there is no such token, or it was revoked already")
		}
		return journal.Act{Authority: under, Verb: "revoke-token", Object: tokenPrefix + id}, err
	})
	return errs.Wrap("revoke token", err)
}

// endTokens revokes what a person issued as an administrator, when they are one no longer. There are few, so all principals are read anew.
func (s *Service) endTokens(tx *store.Tx, person string) error {
	tx.OnCommit(s.cache.clear)
	_, err := tx.Exec(qTokenEnd, store.Micros(s.now()), personPrefix+person)
	return err
}
