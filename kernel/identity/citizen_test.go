package identity

import (
	"fmt"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

const ownPassword = "three words and a 7"

// TestRegister: a citizen makes an account without a unit and without rights, and ends it with all that it was.
func TestRegister(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		for _, bad := range []struct {
			name string
			q    Registration
			kind errs.Kind
		}{
			{"no consent", Registration{"new.one", ownPassword, false}, errs.Invalid},
			{"a login that is none", Registration{"New One", ownPassword, true}, errs.Invalid},
			{"a short password", Registration{"new.one", "short", true}, errs.Invalid},
			{"a taken login", Registration{"the-officer", ownPassword, true}, errs.Conflict},
		} {
			_, _, err := e.Register(ctx, bad.q, "192.0.2.1:1")
			wantKind(t, bad.name, err, bad.kind)
		}
		cookie, p, err := e.Register(ctx, Registration{" Citizen.Li ", ownPassword, true}, "192.0.2.1:1")
		if err != nil || !p.Has(RoleCitizen) || p.Unit != "" || !p.Can(GrantOwn) || p.Can("plan.read") || p.MustChange {
			t.Fatalf("%v %+v", err, p)
		}
		if again, err := e.Session(ctx, cookie); err != nil || again.ID != p.ID {
			t.Fatalf("%v %+v", err, again)
		}
		_, _, err = e.People(ctx, p, PeopleQuery{})
		wantKind(t, "list people", err, errs.Denied)
		forgotten := ""
		forget := func(_ *store.Tx, person string) error { forgotten = person; return nil }
		wantKind(t, "close with a wrong password", e.CloseAccount(ctx, cookie, "not the password", forget), errs.Invalid)
		officer, _ := e.login(RoleOfficer)
		wantKind(t, "close an officer's account", e.CloseAccount(ctx, officer, password, forget), errs.Denied)
		wantKind(t, "close where a system fails", e.CloseAccount(ctx, cookie, ownPassword, func(*store.Tx, string) error { return errs.Say(errs.Unavailable, "停", "down") }), errs.Unavailable)
		if _, err := e.Session(ctx, cookie); err != nil || forgotten != "" {
			t.Fatalf("the account went without its data: %v %q", err, forgotten)
		}
		if err := e.CloseAccount(ctx, cookie, ownPassword, forget); err != nil || forgotten != p.Person() {
			t.Fatalf("%v %q", err, forgotten)
		}
		_, err = e.Session(ctx, cookie)
		wantKind(t, "the session of a closed account", err, errs.Unauthenticated)
		_, _, err = e.Login(ctx, "citizen.li", ownPassword, "192.0.2.9:1")
		wantKind(t, "sign in to a closed account", err, errs.Unauthenticated)
		_, err = e.Person(ctx, System("identity"), p.Person())
		wantKind(t, "a closed account", err, errs.NotFound)
	})
}

// TestRegisterThrottle: an address opens a handful of accounts an hour; another address does not wait for it.
func TestRegisterThrottle(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		made := 0
		try := func(addr string) error {
			made++
			_, _, err := e.Register(t.Context(), Registration{fmt.Sprintf("flood%02d", made), ownPassword, true}, addr)
			return err
		}
		ok := 0
		for range 30 {
			err := try("198.51.100.7:4")
			if err == nil {
				ok++
			} else {
				wantKind(t, "one too many", err, errs.Busy)
			}
		}
		if ok < 3 || ok > 8 {
			t.Errorf("%d accounts from one address at once", ok)
		}
		if err := try("198.51.100.8:4"); err != nil {
			t.Errorf("another address: %v", err)
		}
		e.clock.add(3 * time.Hour)
		if err := try("198.51.100.7:4"); err != nil {
			t.Errorf("the address later: %v", err)
		}
	})
}

// TestCitizensApart: the role goes with no other, with no unit, with no token, and is not swapped for an officer's.
func TestCitizensApart(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx, guard := t.Context(), System("identity")
		wantKind(t, "officer and citizen", e.SetRoles(ctx, guard, e.ids[RoleOfficer], []string{RoleOfficer, RoleCitizen}), errs.Conflict)
		wantKind(t, "officer to citizen", e.SetRoles(ctx, guard, e.ids[RoleOfficer], []string{RoleCitizen}), errs.Conflict)
		wantKind(t, "citizen to officer", e.SetRoles(ctx, guard, e.ids[RoleCitizen], []string{RoleOfficer}), errs.Conflict)
		_, err := e.IssueToken(ctx, guard, "t", "power", []string{RoleCitizen}, time.Time{})
		wantKind(t, "a citizen's token", err, errs.Invalid)
		_, err = e.CreatePerson(ctx, guard, Person{Login: "x-citizen", Name: testUnits()[0].Name, Unit: "power", Roles: []string{RoleCitizen}}, "")
		wantKind(t, "a citizen of a unit", err, errs.Invalid)
		if _, err := newGrantBook([]Grant{{"grid.read", testUnits()[0].Name, []string{RoleCitizen}}}); err == nil {
			t.Error("a citizen is given a grant that is none of their own")
		}
	})
}
