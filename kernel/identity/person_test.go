package identity

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

func TestPeople(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx, guard := t.Context(), e.as(RoleSecurity)
		for i := range 25 {
			p := Person{Login: fmt.Sprintf("user%02d", i), Name: lang.T(fmt.Sprint("张", i), fmt.Sprint("Zhang_", i)), Unit: "binhai", Roles: []string{RoleOperator, RoleReader}}
			if i == 24 {
				p.Roles = []string{RoleOfficer}
			}
			if _, err := e.CreatePerson(ctx, guard, p, ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.SetDisabled(ctx, guard, e.ids[RoleReader], true); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			q    PeopleQuery
			want int
		}{
			{PeopleQuery{}, 33},
			{PeopleQuery{Active: true}, 32},
			{PeopleQuery{Unit: "binhai"}, 25},
			{PeopleQuery{Role: RoleOperator}, 25},
			{PeopleQuery{Role: RoleOperator, Unit: "power"}, 1},
			{PeopleQuery{Role: RoleSecurity}, 1},
			{PeopleQuery{Role: "admin"}, 0},
			{PeopleQuery{Search: "USER1"}, 10},
			{PeopleQuery{Search: "张2"}, 6},
			{PeopleQuery{Search: "zhang_2"}, 6},
			{PeopleQuery{Search: "审计"}, 1},
			{PeopleQuery{Search: "%"}, 0},
			{PeopleQuery{Search: `\`}, 0},
			{PeopleQuery{Search: "user1", Role: RoleOfficer}, 0},
		} {
			c.q.Limit = 500
			ps, next, err := e.People(ctx, guard, c.q)
			if err != nil || len(ps) != c.want || next != "" {
				t.Errorf("%+v: %d people, %q, %v; want %d", c.q, len(ps), next, err, c.want)
			}
		}
		var logins []string
		q := PeopleQuery{Limit: 10}
		for {
			ps, next, err := e.People(ctx, guard, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range ps {
				logins = append(logins, p.Login)
			}
			if q.After = next; next == "" {
				break
			}
		}
		if len(logins) != 33 || !slices.IsSorted(logins) {
			t.Errorf("%d: %v", len(logins), logins)
		}
		_, _, err := e.People(ctx, guard, PeopleQuery{After: "made up"})
		wantKind(t, "a made-up cursor", err, errs.Invalid)
	})
}

func TestCreateAndEdit(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx, guard := t.Context(), e.as(RoleSecurity)
		good := Person{Login: " WangMin ", Name: lang.T("王敏", "Wang Min"), Unit: "power", Roles: []string{RoleReader, RoleOfficer, RoleReader}}
		p, err := e.CreatePerson(ctx, guard, good, "a pass phrase")
		if err != nil || p.Login != "wangmin" || !slices.Equal(p.Roles, []string{RoleOfficer, RoleReader}) || !p.MustChange {
			t.Fatalf("%+v, %v", p, err)
		}
		back, err := e.Person(ctx, guard, p.ID)
		if err != nil || fmt.Sprint(back) != fmt.Sprint(p) {
			t.Errorf("%+v, %v; want %+v", back, err, p)
		}
		for _, c := range []struct {
			name   string
			change func(*Person)
			pw     string
			kind   errs.Kind
		}{
			{"taken login", func(*Person) {}, "", errs.Conflict},
			{"taken in capitals", func(p *Person) { p.Login = "WANGMIN" }, "", errs.Conflict},
			{"short login", func(p *Person) { p.Login = "w" }, "", errs.Invalid},
			{"login with a blank", func(p *Person) { p.Login = "wang min" }, "", errs.Invalid},
			{"login in Chinese", func(p *Person) { p.Login = "王敏" }, "", errs.Invalid},
			{"login with a mark first", func(p *Person) { p.Login = "-rf" }, "", errs.Invalid},
			{"no English name", func(p *Person) { p.Login, p.Name.En = "other", " " }, "", errs.Invalid},
			{"name with a line break", func(p *Person) { p.Login, p.Name.Zh = "other", "王\n敏" }, "", errs.Invalid},
			{"long name", func(p *Person) { p.Login, p.Name.Zh = "other", strings.Repeat("王", 65) }, "", errs.Invalid},
			{"no such unit", func(p *Person) { p.Login, p.Unit = "other", "atlantis" }, "", errs.Invalid},
			{"no unit", func(p *Person) { p.Login, p.Unit = "other", "" }, "", errs.Invalid},
			{"bad password", func(p *Person) { p.Login = "other" }, "1234567890", errs.Invalid},
		} {
			q := good
			c.change(&q)
			_, err := e.CreatePerson(ctx, guard, q, c.pw)
			wantKind(t, c.name, err, c.kind)
		}
		if err := e.EditPerson(ctx, guard, p.ID, lang.T("王敏敏", "Wang Minmin"), "binhai"); err != nil {
			t.Fatal(err)
		}
		if ps, _, err := e.People(ctx, guard, PeopleQuery{Search: "minmin"}); err != nil || len(ps) != 1 || ps[0].Unit != "binhai" {
			t.Error(ps, err)
		}
		for name, err := range map[string]error{
			"edit":    e.EditPerson(ctx, guard, "none", lang.Same("x"), "power"),
			"roles":   e.SetRoles(ctx, guard, "none", nil),
			"disable": e.SetDisabled(ctx, guard, "none", true),
		} {
			wantKind(t, name+" nobody", err, errs.NotFound)
		}
		_, err = e.Person(ctx, guard, "none")
		wantKind(t, "find nobody", err, errs.NotFound)
		_, err = e.ResetPassword(ctx, guard, "none")
		wantKind(t, "reset nobody", err, errs.NotFound)
		// An account without a password cannot be entered with an empty one.
		if _, err := e.CreatePerson(ctx, guard, Person{Login: "empty", Name: lang.Same("空"), Unit: "power"}, ""); err != nil {
			t.Fatal(err)
		}
		_, _, err = e.Login(ctx, "empty", "", "192.0.2.1")
		wantKind(t, "empty password", err, errs.Unauthenticated)
	})
}

// A one-time password opens nothing but the change of itself.
func TestOneTimePassword(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx, guard := t.Context(), e.as(RoleSecurity)
		old, _ := e.login(RoleOfficer)
		once, err := e.ResetPassword(ctx, guard, e.ids[RoleOfficer])
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Session(ctx, old)
		wantKind(t, "session from before the reset", err, errs.Unauthenticated)
		_, _, err = e.Login(ctx, "the-officer", password, "192.0.2.1")
		wantKind(t, "the password from before", err, errs.Unauthenticated)
		cookie, p, err := e.Login(ctx, "the-officer", once, "192.0.2.1")
		if err != nil || !p.MustChange || p.Can("plan.submit") || p.Can("plan.read") {
			t.Fatalf("%+v, %v", p, err)
		}
		_, _, err = e.People(ctx, &Principal{ID: "person:x", MustChange: true, grants: map[string]bool{GrantReadPeople: true}}, PeopleQuery{})
		wantKind(t, "a verb before the change", err, errs.Denied)
		for _, c := range []struct{ name, old, fresh string }{
			{"wrong present password", "wrong", "a fresh pass phrase"},
			{"the same again", once, once},
			{"a bad one", once, "1234567890"},
			{"with the login", once, "I am the-officer"},
		} {
			_, err := e.ChangePassword(ctx, cookie, c.old, c.fresh)
			wantKind(t, c.name, err, errs.Invalid)
		}
		second, _, err := e.Login(ctx, "the-officer", once, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		next, err := e.ChangePassword(ctx, cookie, once, "a fresh pass phrase")
		if err != nil {
			t.Fatal(err)
		}
		p, err = e.Session(ctx, next)
		if err != nil || p.MustChange || !p.Can("plan.submit") {
			t.Errorf("%+v, %v", p, err)
		}
		for _, c := range []string{cookie, second} {
			_, err = e.Session(ctx, c)
			wantKind(t, "a session from before the change", err, errs.Unauthenticated)
		}
		_, err = e.ChangePassword(ctx, cookie, once, "another pass phrase")
		wantKind(t, "without a session", err, errs.Unauthenticated)
		if _, _, err := e.Login(ctx, "the-officer", "a fresh pass phrase", "192.0.2.1"); err != nil {
			t.Error(err)
		}
	})
}

// A cookie left open is no way to guess the password.
func TestChangePasswordIsThrottled(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		cookie, _ := e.login(RoleReader)
		var err error
		for range 4 {
			_, err = e.ChangePassword(t.Context(), cookie, "wrong", "a fresh pass phrase")
			wantKind(t, "wrong", err, errs.Invalid)
		}
		_, err = e.ChangePassword(t.Context(), cookie, password, "a fresh pass phrase")
		wantKind(t, "too often", err, errs.Busy)
	})
}

func TestBootstrap(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		if list, err := e.Bootstrap(ctx); err != nil || len(list) != 0 {
			t.Fatalf("with people: %+v, %v", list, err)
		}
		if err := e.exec(`DELETE FROM identity_person`); err != nil {
			t.Fatal(err)
		}
		list, err := e.Bootstrap(ctx)
		if err != nil || len(list) != 3 {
			t.Fatal(list, err)
		}
		for _, a := range list {
			_, p, err := e.Login(ctx, a.Login, a.Password, "192.0.2.1")
			if err != nil || !p.MustChange || !slices.Equal(p.Roles, a.Roles) || p.Unit != "economy-it" {
				t.Errorf("%s: %+v, %v", a.Login, p, err)
			}
		}
		if list, err := e.Bootstrap(ctx); err != nil || len(list) != 0 {
			t.Errorf("again: %+v, %v", list, err)
		}
		_, err = e.Demo(ctx, "")
		wantKind(t, "demo on real accounts", err, errs.Conflict)
	})
}

func TestDemo(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		_, err := e.Demo(ctx, "")
		wantKind(t, "with real accounts", err, errs.Conflict)
		if err := e.exec(`DELETE FROM identity_person`); err != nil {
			t.Fatal(err)
		}
		_, err = e.Demo(ctx, "short")
		wantKind(t, "with a bad password", err, errs.Invalid)
		first, err := e.Demo(ctx, "")
		if err != nil || len(first) != 10 {
			t.Fatal(first, err)
		}
		for _, a := range first {
			if _, p, err := e.Login(ctx, a.Login, a.Password, "192.0.2.1"); err != nil || p.MustChange || !slices.Equal(p.Roles, a.Roles) {
				t.Errorf("%s: %+v, %v", a.Login, p, err)
			}
		}
		// A second start on the same data makes the passwords anew, and puts right what was changed.
		reader, err := e.accountOf(ctx, "reader")
		if err != nil {
			t.Fatal(err)
		}
		if err := e.SetDisabled(ctx, System("identity"), reader.ID, true); err != nil {
			t.Fatal(err)
		}
		second, err := e.Demo(ctx, "harbour evening")
		if err != nil || len(second) != 10 {
			t.Fatal(err)
		}
		for _, a := range second {
			if _, _, err := e.Login(ctx, a.Login, "harbour evening", "192.0.2.1"); err != nil {
				t.Errorf("%s: %v", a.Login, err)
			}
		}
		_, err = e.Bootstrap(ctx)
		wantKind(t, "serve on a demo's data", err, errs.Conflict)
		r, err := e.j.Verify(ctx, nil)
		if err != nil || len(r.Faults) != 0 {
			t.Error(r, err)
		}
	})
}

// Nothing that a program could print of the service's values shows a secret; the tables hold hashes only.
func TestTablesHoldNoSecrets(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		cookie, _ := e.login(RoleReader)
		token, err := e.IssueToken(ctx, System("identity"), "t", "power", []string{RoleReader}, e.clock.now().Add(1e12))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ sql, secret string }{
			{`SELECT password FROM identity_person WHERE login = 'the-reader'`, password},
			{`SELECT hash FROM identity_session`, cookie},
			{`SELECT hash FROM identity_token`, token},
		} {
			var v []byte
			err := e.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(store.Q("test", c.sql), nil, &v) })
			if err != nil || len(v) < 32 || strings.Contains(string(v), c.secret) || strings.Contains(c.secret, string(v)) {
				t.Errorf("%s: %d bytes, %v", c.sql, len(v), err)
			}
		}
	})
}
