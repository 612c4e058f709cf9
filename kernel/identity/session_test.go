package identity

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
)

func TestLogin(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		cookie, p := e.login(RoleOfficer)
		if p.ID != "person:"+e.ids[RoleOfficer] || p.Unit != "power" || !p.Can("plan.submit") || p.Session == "" || p.MustChange {
			t.Errorf("%+v", p)
		}
		got, err := e.Session(ctx, cookie)
		if err != nil || got.ID != p.ID || got.Session != p.Session || !got.Can("plan.submit") || got.Can("plan.approve") {
			t.Errorf("%+v, %v", got, err)
		}
		if _, _, err := e.Login(ctx, "  The-Officer ", password, "[2001:db8::1]:9"); err != nil {
			t.Errorf("a login in capitals: %v", err)
		}
		for _, c := range []struct{ name, login, password string }{
			{"wrong password", "the-officer", "correct horse 海"},
			{"empty password", "the-officer", ""},
			{"unknown login", "nobody-here", password},
			{"not a login", "'; DROP TABLE identity_person; --", password},
			{"zero byte", "the-officer\x00", password},
			{"no login", "", ""},
			{"very long password", "the-officer", strings.Repeat(password, 100_000)},
		} {
			_, _, err := e.Login(ctx, c.login, c.password, fmt.Sprintf("198.51.100.%d", len(c.name)))
			wantKind(t, c.name, err, errs.Unauthenticated)
			if m, _ := errs.MsgOf(err); m.En != "the login or the password is not right" {
				t.Errorf("%s tells more than it should: %s", c.name, m.En)
			}
		}
		if err := e.SetDisabled(ctx, System("identity"), e.ids[RoleOfficer], true); err != nil {
			t.Fatal(err)
		}
		_, _, err = e.Login(ctx, "the-officer", password, "198.51.100.1")
		wantKind(t, "disabled", err, errs.Unauthenticated)
		_, err = e.Session(ctx, cookie)
		wantKind(t, "session of the disabled", err, errs.Unauthenticated)
	})
}

// A cookie from before the login is never adopted, and every login makes a new one.
func TestNoFixation(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		planted := newSecret()
		_, err := e.Session(t.Context(), planted)
		wantKind(t, "planted cookie", err, errs.Unauthenticated)
		one, _ := e.login(RoleReader)
		two, _ := e.login(RoleReader)
		if one == two || one == planted || len(one) != secretSize {
			t.Error(one, two, planted)
		}
		_, err = e.Session(t.Context(), planted)
		wantKind(t, "planted cookie after login", err, errs.Unauthenticated)
		for _, c := range []string{"", "x", one[1:], one + "=", strings.ToLower(one), string([]byte(one)[:42]) + "\x00"} {
			_, err := e.Session(t.Context(), c)
			wantKind(t, "cookie "+c, err, errs.Unauthenticated)
		}
	})
}

func TestExpiry(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		idle, _ := e.login(RoleReader)
		busy, _ := e.login(RoleReader)
		alive := func(c string) bool { _, err := e.Session(ctx, c); return err == nil }
		e.clock.add(SessionIdle - time.Second)
		if !alive(busy) || !alive(idle) {
			t.Error("ended before the idle time")
		}
		e.clock.add(SessionIdle - time.Second)
		if !alive(busy) {
			t.Error("a use did not keep the session")
		}
		e.clock.add(time.Second)
		if alive(idle) {
			t.Error("idle for 30 minutes and alive")
		}
		// Also when nothing is cached: another process sees what was written down, to within a minute.
		e.cache = newCache()
		if !alive(busy) || alive(idle) {
			t.Error("the database says otherwise than the cache")
		}
		for at := time.Duration(0); at < SessionLife-2*SessionIdle; at += 20 * time.Minute {
			e.clock.add(20 * time.Minute)
			if !alive(busy) {
				t.Fatalf("used every 20 minutes and ended after %v", at)
			}
		}
		e.clock.add(20 * time.Minute)
		_ = alive(busy)
		e.clock.add(SessionIdle - time.Second)
		if alive(busy) {
			t.Error("alive after 12 hours")
		}
		// The next login sweeps what is over.
		c, p := e.login(RoleReader)
		list, err := e.Sessions(ctx, p, p.Person())
		if err != nil || len(list) != 1 || !alive(c) {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestLogoutAndRevoke(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		a, p := e.login(RoleOfficer)
		b, _ := e.login(RoleOfficer)
		other, _ := e.login(RoleReader)
		list, err := e.Sessions(ctx, p, p.Person())
		if err != nil || len(list) != 2 || list[0].Addr != "10.0.0.1" || list[0].Person != p.Person() {
			t.Errorf("%+v, %v", list, err)
		}
		if err := e.Logout(ctx, a); err != nil {
			t.Fatal(err)
		}
		_, err = e.Session(ctx, a)
		wantKind(t, "after logout", err, errs.Unauthenticated)
		if err := e.Logout(ctx, a); err != nil {
			t.Errorf("a second logout: %v", err)
		}
		if _, err := e.Session(ctx, b); err != nil {
			t.Errorf("the other session: %v", err)
		}
		if err := e.RevokeSessions(ctx, e.as(RoleSecurity), p.Person()); err != nil {
			t.Fatal(err)
		}
		_, err = e.Session(ctx, b)
		wantKind(t, "after revocation", err, errs.Unauthenticated)
		if _, err := e.Session(ctx, other); err != nil {
			t.Errorf("another's session: %v", err)
		}
	})
}

// What is changed in this process counts at once; what another process changes counts within the time to live.
func TestCacheInvalidation(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx, guard := t.Context(), e.as(RoleSecurity)
		cookie, _ := e.login(RoleOfficer)
		id := e.ids[RoleOfficer]
		can := func(grant string) bool {
			p, err := e.Session(ctx, cookie)
			return err == nil && p.Can(grant)
		}
		if !can("plan.submit") {
			t.Fatal("no grant to begin with")
		}
		if err := e.SetRoles(ctx, guard, id, []string{RoleLeader}); err != nil {
			t.Fatal(err)
		}
		if can("plan.submit") || !can("plan.approve") {
			t.Error("roles changed, and the session does not know")
		}
		if err := e.EditPerson(ctx, guard, id, e.UnitName("binhai"), "binhai"); err != nil {
			t.Fatal(err)
		}
		if p, err := e.Session(ctx, cookie); err != nil || p.Unit != "binhai" {
			t.Error(p, err)
		}
		// Another process on the same data.
		there, err := open(ctx, e.db, e.j, e.clock.now, testUnits(), testGrants(), cheap())
		if err != nil {
			t.Fatal(err)
		}
		if err := there.SetRoles(ctx, guard, id, []string{RoleReader}); err != nil {
			t.Fatal(err)
		}
		e.clock.add(cacheTTL)
		if can("plan.approve") {
			t.Error("another process's change is not seen after the time to live")
		}
		if err := there.Logout(ctx, cookie); err != nil {
			t.Fatal(err)
		}
		e.clock.add(cacheTTL)
		if can("plan.read") {
			t.Error("signed out elsewhere, alive here")
		}
	})
}

// A reader that looked before a change was committed does not put the old state back after it.
func TestCacheGeneration(t *testing.T) {
	c := newCache()
	k := keyOf("x")
	_, _, gen := c.get(k, time.Time{})
	c.dropAll("person:a") // commits between the reader's look and its put
	c.put(k, seat{who: &Principal{ID: "person:a"}}, gen)
	if _, ok, _ := c.get(k, time.Time{}); ok {
		t.Error("a stale seat was kept")
	}
	_, _, gen = c.get(k, time.Time{})
	c.forget(keyOf("made up"))
	c.put(k, seat{who: &Principal{ID: "person:a"}}, gen)
	if _, ok, _ := c.get(k, time.Time{}); !ok {
		t.Error("made-up cookies keep others out of the cache")
	}
	for i := range cacheSize + 10 {
		c.put(keyOf(fmt.Sprint(i)), seat{who: &Principal{}}, c.gen)
	}
	if len(c.seats) != cacheSize {
		t.Errorf("%d seats", len(c.seats))
	}
}

func TestCSRF(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		a, _ := e.login(RoleReader)
		b, _ := e.login(RoleReader)
		form := e.CSRF(a)
		for _, c := range []struct {
			name, cookie, token string
			want                bool
		}{
			{"its own", a, form, true},
			{"of another session", b, form, false},
			{"empty token", a, "", false},
			{"empty cookie", "", e.CSRF(""), false},
			{"one sign changed", a, "A" + form[1:] + "x", false},
			{"shorter", a, form[:10], false},
			{"the cookie itself", a, a, false},
		} {
			if e.CheckCSRF(c.cookie, c.token) != c.want {
				t.Errorf("%s: want %v", c.name, c.want)
			}
		}
		// The key is in the database: a restart keeps the open forms valid.
		again, err := open(t.Context(), e.db, e.j, e.clock.now, testUnits(), nil, cheap())
		if err != nil || !again.CheckCSRF(a, form) {
			t.Error("a restart made the form tokens invalid", err)
		}
	})
}

func TestTokens(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx, guard := t.Context(), e.as(RoleSecurity)
		secret, err := e.IssueToken(ctx, guard, "head-end", "power", []string{RoleReader, RoleOfficer}, e.clock.now().Add(48*time.Hour))
		if err != nil || !strings.HasPrefix(secret, "hh_") || len(secret) != 46 {
			t.Fatal(secret, err)
		}
		p, err := e.Token(ctx, secret)
		if err != nil || !strings.HasPrefix(p.ID, "token:") || p.Unit != "power" || !p.Can("plan.submit") || p.Can(GrantReadPeople) || p.Name.En != "head-end" {
			t.Errorf("%+v, %v", p, err)
		}
		list, err := e.Tokens(ctx, guard)
		if err != nil || len(list) != 1 || list[0].LastUsed.IsZero() || list[0].IssuedBy != guard.ID {
			t.Fatalf("%+v, %v", list, err)
		}
		used := list[0].LastUsed
		e.clock.add(10 * time.Minute)
		_, _ = e.Token(ctx, secret)
		if list, _ = e.Tokens(ctx, guard); !list[0].LastUsed.Equal(used) {
			t.Error("the last use is written more than once an hour")
		}
		e.clock.add(time.Hour)
		_, _ = e.Token(ctx, secret)
		if list, _ = e.Tokens(ctx, guard); !list[0].LastUsed.After(used) {
			t.Error("the last use is not written")
		}
		for _, bad := range []string{"", "hh_", secret[3:], secret + "x", "hh_" + newSecret(), strings.ToUpper(secret)} {
			_, err := e.Token(ctx, bad)
			wantKind(t, "token "+bad, err, errs.Unauthenticated)
		}
		if _, err := e.Session(ctx, secret[3:]); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("a token served as a cookie: %v", err)
		}
		if err := e.RevokeToken(ctx, guard, list[0].ID); err != nil {
			t.Fatal(err)
		}
		_, err = e.Token(ctx, secret)
		wantKind(t, "revoked", err, errs.Unauthenticated)
		wantKind(t, "revoked twice", e.RevokeToken(ctx, guard, list[0].ID), errs.NotFound)

		short, err := e.IssueToken(ctx, guard, "short", "power", []string{RoleReader}, e.clock.now().Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Token(ctx, short); err != nil {
			t.Error(err)
		}
		e.clock.add(time.Minute)
		_, err = e.Token(ctx, short)
		wantKind(t, "ended", err, errs.Unauthenticated)

		now := e.clock.now()
		for _, c := range []struct {
			name, unit string
			roles      []string
			until      time.Time
		}{
			{"", "power", []string{RoleReader}, time.Time{}},
			{"a\nb", "power", []string{RoleReader}, time.Time{}},
			{"x", "atlantis", []string{RoleReader}, time.Time{}},
			{"x", "power", nil, time.Time{}},
			{"x", "power", []string{RoleReader}, now},
			{"x", "power", []string{RoleReader}, now.Add(MaxToken + time.Second)},
		} {
			_, err := e.IssueToken(ctx, guard, c.name, c.unit, c.roles, c.until)
			wantKind(t, fmt.Sprintf("%+v", c), err, errs.Invalid)
		}
	})
}

// Guessing is slowed down per login and per address, locked after ten failures, and forgotten after a window or a success.
func TestThrottle(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		try := func(login, pw, addr string) error {
			_, _, err := e.Login(ctx, login, pw, addr)
			return err
		}
		for i := range 3 {
			wantKind(t, fmt.Sprint("failure ", i+1), try("the-reader", "wrong", "192.0.2.1"), errs.Unauthenticated)
		}
		wantKind(t, "failure 4", try("the-reader", "wrong", "192.0.2.1"), errs.Unauthenticated)
		wantKind(t, "at once, though right", try("the-reader", password, "203.0.113.9"), errs.Busy)
		e.clock.add(time.Second)
		if err := try("the-reader", password, "203.0.113.9"); err != nil {
			t.Errorf("after the delay: %v", err)
		}
		for i := range 3 {
			wantKind(t, fmt.Sprint("forgotten after success ", i), try("the-reader", "wrong", "192.0.2.1"), errs.Unauthenticated)
		}
		delays := []time.Duration{1, 2, 4, 8, 16, 32}
		for i, d := range delays {
			wantKind(t, fmt.Sprint("failure ", 4+i), try("the-reader", "wrong", "192.0.2.1"), errs.Unauthenticated)
			e.clock.add(d*time.Second - 1)
			wantKind(t, fmt.Sprint("too early after failure ", 4+i), try("the-reader", "wrong", "192.0.2.1"), errs.Busy)
			e.clock.add(1)
		}
		wantKind(t, "the tenth", try("the-reader", "wrong", "192.0.2.1"), errs.Unauthenticated)
		if v := e.verbs(); v[0] != "login-locked" || v[1] != "login-failed" {
			t.Errorf("%v", v[:3])
		}
		e.clock.add(15*time.Minute - 1)
		wantKind(t, "locked, though right", try("the-reader", password, "203.0.113.9"), errs.Busy)
		if err := try("the-officer", password, "203.0.113.9"); err != nil {
			t.Errorf("another login: %v", err)
		}
		e.clock.add(1)
		if err := try("the-reader", password, "203.0.113.9"); err != nil {
			t.Errorf("after the window: %v", err)
		}
		// One address that tries many logins.
		for i := range 21 {
			wantKind(t, "spraying", try(fmt.Sprint("user", i), "wrong", "192.0.2.200:99"), errs.Unauthenticated)
		}
		wantKind(t, "sprayed enough", try("the-leader", password, "192.0.2.200:100"), errs.Busy)
		if err := try("the-leader", password, "192.0.2.201"); err != nil {
			t.Errorf("from elsewhere: %v", err)
		}
	})
}

// Refused by the throttle costs no hashing; an unknown, malformed or disabled login costs exactly what a known one does.
func TestSameWorkForUnknownLogins(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		if err := e.SetDisabled(t.Context(), System("identity"), e.ids[RoleOperator], true); err != nil {
			t.Fatal(err)
		}
		for i, login := range []string{"the-reader", "nobody-here", "the-operator", "not a login!", "", strings.Repeat("x", 1000)} {
			before := e.hasher.made.Load()
			_, _, err := e.Login(t.Context(), login, "wrong password", fmt.Sprint("192.0.2.", i))
			wantKind(t, login, err, errs.Unauthenticated)
			if n := e.hasher.made.Load() - before; n != 1 {
				t.Errorf("%.20q: %d hashings, want 1", login, n)
			}
		}
		for range 4 {
			_, _, _ = e.Login(t.Context(), "the-leader", "wrong", "192.0.2.99")
		}
		before := e.hasher.made.Load()
		_, _, err := e.Login(t.Context(), "the-leader", password, "192.0.2.99")
		wantKind(t, "throttled", err, errs.Busy)
		if e.hasher.made.Load() != before {
			t.Error("a throttled attempt was hashed")
		}
		es, _, err := e.j.List(t.Context(), journal.Filter{Verb: "login-failed", Actor: "system:identity", Limit: 1000})
		if err != nil || len(es) != 10 {
			t.Errorf("%d failures in the journal, %v", len(es), err)
		}
	})
}

// What every request pays to know who asks.
func BenchmarkSession(b *testing.B) {
	s := &Service{now: time.Now, cache: newCache()}
	cookie := newSecret()
	now := time.Now()
	s.cache.put(keyOf(cookie), seat{who: &Principal{ID: "person:a"}, expires: now.Add(time.Hour), seen: now, stored: now, loaded: now.Add(time.Hour)}, 0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Session(b.Context(), cookie); err != nil {
			b.Fatal(err)
		}
	}
}

// The system and the audit administrator give their own programs a token; nobody gives them one, and it ends with the role.
func TestAdministratorsTokens(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx, guard := t.Context(), e.as(RoleSecurity)
		issue := func(by *Principal, roles ...string) (string, error) {
			return e.IssueToken(ctx, by, "backup", "power", roles, time.Time{})
		}
		for _, c := range []struct{ by, role string }{
			{RoleSecurity, RoleSystem}, {RoleSecurity, RoleAudit}, {RoleSecurity, RoleSecurity}, {RoleSystem, RoleAudit}, {RoleAudit, RoleSystem},
			{RoleSystem, RoleSecurity}, {RoleSystem, RoleReader}, {RoleOfficer, RoleSystem}, {RoleOfficer, RoleOfficer},
		} {
			_, err := issue(e.as(c.by), c.role)
			wantKind(t, c.by+" issues "+c.role, err, errs.Denied)
		}
		_, err := issue(nil, RoleSystem)
		wantKind(t, "nobody", err, errs.Unauthenticated)
		backup, err := issue(e.as(RoleSystem), RoleSystem)
		if err != nil {
			t.Fatal(err)
		}
		archive, err := issue(e.as(RoleAudit), RoleAudit)
		if err != nil {
			t.Fatal(err)
		}
		p, err := e.Token(ctx, backup)
		if err != nil || !p.Can(GrantManageProgram) || p.Can(GrantReadJournal) || p.Can(GrantReadPeople) {
			t.Errorf("%+v, %v", p, err)
		}
		_, err = issue(p, RoleSystem)
		wantKind(t, "a token issues a token", err, errs.Denied)
		_, err = e.Tokens(ctx, p)
		wantKind(t, "a token lists tokens", err, errs.Denied)
		own, err := e.Tokens(ctx, e.as(RoleSystem))
		if err != nil || len(own) != 1 || own[0].Roles[0] != RoleSystem {
			t.Errorf("%+v, %v", own, err)
		}
		if none, err := e.Tokens(ctx, e.as(RoleReader)); err != nil || len(none) != 0 {
			t.Errorf("%+v, %v", none, err)
		}
		wantKind(t, "another's token", e.RevokeToken(ctx, e.as(RoleAudit), own[0].ID), errs.NotFound)
		wantKind(t, "a reader revokes", e.RevokeToken(ctx, e.as(RoleReader), own[0].ID), errs.NotFound)
		wantKind(t, "a token revokes itself", e.RevokeToken(ctx, p, own[0].ID), errs.Denied)

		if err := e.SetRoles(ctx, guard, e.ids[RoleSystem], []string{RoleReader}); err != nil {
			t.Fatal(err)
		}
		_, err = e.Token(ctx, backup)
		wantKind(t, "the role is gone", err, errs.Unauthenticated)
		if _, err := e.Token(ctx, archive); err != nil {
			t.Errorf("another administrator's token: %v", err)
		}
		if err := e.SetDisabled(ctx, guard, e.ids[RoleAudit], true); err != nil {
			t.Fatal(err)
		}
		_, err = e.Token(ctx, archive)
		wantKind(t, "the account is closed", err, errs.Unauthenticated)
	})
}
