package identity

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// engines runs a test on both engines, each time with fresh accounts.
func engines(t *testing.T, test func(t *testing.T, e *env)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, newEnv(t, db)) })
}

// clock is a clock that the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// cheap is a cost for tests that are not about the cost.
func cheap() cost { return cost{memory: 16, passes: 1, lanes: 1} }

const password = "correct horse 河"

func testUnits() []Unit {
	return []Unit{
		{ID: "economy-it", Name: lang.T("市经济和信息化委", "Commission of Economy and IT"), Coordinator: true},
		{ID: "power", Name: lang.T("市电力公司", "Electric Power Company")},
		{ID: "binhai", Name: lang.T("滨海新区人民政府", "Binhai New Area Government"), District: "120116"},
	}
}

func testGrants() []Grant {
	return []Grant{
		{"plan.submit", lang.T("填报", "Submit"), []string{RoleOfficer}},
		{"plan.approve", lang.T("审批", "Approve"), []string{RoleLeader}},
		{"plan.read", lang.T("查阅方案", "Read the plan"), []string{RoleOfficer, RoleLeader, RoleOperator, RoleReader, RoleAudit}},
	}
}

// env is a service with one account of every role.
type env struct {
	*Service
	t     *testing.T
	clock *clock
	j     *journal.Journal
	ids   map[string]string // person id by role
}

func newEnv(t *testing.T, db *store.DB) *env {
	t.Helper()
	e := &env{t: t, clock: &clock{at: time.Date(2015, 11, 23, 8, 0, 0, 0, time.UTC)}, ids: map[string]string{}}
	var err error
	if e.j, err = journal.Open(t.Context(), db, e.clock.now); err != nil {
		t.Fatal(err)
	}
	e.open(db, cheap())
	for _, r := range Roles() {
		unit := "power"
		if r.ID == RoleCitizen {
			unit = ""
		}
		p, err := e.create(t.Context(), System("identity"),
			Person{Login: "the-" + r.ID, Name: r.Title, Unit: unit, Roles: []string{r.ID}}, password, false, false)
		if err != nil {
			t.Fatal(err)
		}
		e.ids[r.ID] = p.ID
	}
	return e
}

// open starts a service on the same data, as after a restart or in another process.
func (e *env) open(db *store.DB, c cost) {
	e.t.Helper()
	s, err := open(e.t.Context(), db, e.j, e.clock.now, testUnits(), testGrants(), c)
	if err != nil {
		e.t.Fatal(err)
	}
	e.Service = s
}

func (e *env) login(role string) (cookie string, p *Principal) {
	e.t.Helper()
	cookie, p, err := e.Login(e.t.Context(), "the-"+role, password, "10.0.0.1:4711")
	if err != nil {
		e.t.Fatal(err)
	}
	return cookie, p
}

func (e *env) as(role string) *Principal {
	_, p := e.login(role)
	return p
}

// verbs lists the journal's verbs, newest first.
func (e *env) verbs() (list []string) {
	e.t.Helper()
	es, _, err := e.j.List(e.t.Context(), journal.Filter{Limit: 1000})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, x := range es {
		list = append(list, x.Verb)
	}
	return list
}

func (e *env) exec(sql string, args ...any) error {
	return e.db.Write(e.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(store.Q("test", sql), args...)
		return err
	})
}

func wantKind(t *testing.T, what string, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Errorf("%s: %v, want kind %v", what, err, k)
		return
	}
	if m, ok := errs.MsgOf(err); !ok || m.Zh == "" || m.En == "" {
		t.Errorf("%s: %v has no words in both languages", what, err)
	}
}

// Who may do what: every verb, tried by nobody, each of the seven roles and a system. The three administrators cannot do each other's work.
func TestWhoMayDoWhat(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx := t.Context()
		other, guard := e.ids[RoleReader], System("identity")
		for range 3 { // one for the verb, and others that stay
			if _, err := e.IssueToken(ctx, guard, "t", "power", []string{RoleReader}, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		verbs := []struct {
			name string
			do   func(by *Principal) error
			may  string
		}{
			{"create a person", func(by *Principal) error {
				n++
				_, err := e.CreatePerson(ctx, by, Person{Login: "new" + strings.Repeat("x", n), Name: lang.Same("新"), Unit: "power", Roles: []string{RoleReader}}, "")
				return err
			}, RoleSecurity},
			{"edit a person", func(by *Principal) error { return e.EditPerson(ctx, by, other, lang.Same("改"), "power") }, RoleSecurity},
			{"set roles", func(by *Principal) error { return e.SetRoles(ctx, by, other, []string{RoleReader}) }, RoleSecurity},
			{"disable", func(by *Principal) error { return e.SetDisabled(ctx, by, other, false) }, RoleSecurity},
			{"reset a password", func(by *Principal) error { _, err := e.ResetPassword(ctx, by, other); return err }, RoleSecurity},
			{"revoke sessions", func(by *Principal) error { return e.RevokeSessions(ctx, by, e.ids[RoleOfficer]) }, RoleSecurity + " " + RoleOfficer},
			{"issue a token", func(by *Principal) error {
				_, err := e.IssueToken(ctx, by, "t", "power", []string{RoleReader}, time.Time{})
				return err
			}, RoleSecurity},
			{"revoke a token", func(by *Principal) error {
				ts, err := e.Tokens(ctx, guard)
				if err != nil || len(ts) == 0 {
					return err
				}
				for _, x := range ts { // the newest that lives
					if x.Revoked.IsZero() {
						err = e.RevokeToken(ctx, by, x.ID)
						if errs.Is(err, errs.NotFound) { // who issued none finds none
							err = errs.Say(errs.Denied, "无", "none")
						}
						return err
					}
				}
				return nil
			}, RoleSecurity},
			{"list people", func(by *Principal) error { _, _, err := e.People(ctx, by, PeopleQuery{}); return err }, RoleSecurity + " " + RoleAudit},
			{"list another's tokens", func(by *Principal) error {
				ts, err := e.Tokens(ctx, by)
				if err == nil && len(ts) == 0 {
					err = errs.Say(errs.Denied, "无", "none")
				}
				return err
			}, RoleSecurity + " " + RoleAudit},
			{"see a person", func(by *Principal) error { _, err := e.Person(ctx, by, e.ids[RoleLeader]); return err },
				RoleSecurity + " " + RoleAudit + " " + RoleLeader},
			{"see sessions", func(by *Principal) error { _, err := e.Sessions(ctx, by, e.ids[RoleLeader]); return err },
				RoleSecurity + " " + RoleAudit + " " + RoleLeader},
			{"read the journal", func(by *Principal) error { return allow(by, GrantReadJournal) }, RoleAudit},
			{"run the program", func(by *Principal) error { return allow(by, GrantManageProgram) }, RoleSystem},
			{"see the program", func(by *Principal) error { return allow(by, GrantReadProgram) }, RoleSystem + " " + RoleAudit},
			{"submit", func(by *Principal) error { return allow(by, "plan.submit") }, RoleOfficer},
			{"approve", func(by *Principal) error { return allow(by, "plan.approve") }, RoleLeader},
			{"what nobody declared", func(by *Principal) error { return allow(by, "plan.destroy") }, ""},
		}
		askers := map[string]*Principal{}
		for _, r := range Roles() {
			askers[r.ID] = e.as(r.ID)
		}
		for _, v := range verbs {
			wantKind(t, v.name+" by nobody", v.do(nil), errs.Unauthenticated)
			wantKind(t, v.name+" by nobody", v.do(&Principal{}), errs.Unauthenticated)
			wantKind(t, v.name+" by another system", v.do(System("grid")), errs.Denied)
			for role, by := range askers {
				err := v.do(by)
				if strings.Contains(" "+v.may+" ", " "+role+" ") {
					if err != nil {
						t.Errorf("%s by %s: %v", v.name, role, err)
					}
					continue
				}
				wantKind(t, v.name+" by "+role, err, errs.Denied)
			}
		}
	})
}

func TestSystemPrincipal(t *testing.T) {
	p := System("grid")
	if p.ID != "system:grid" || !p.Can("grid.reread") || p.Can("gridx.reread") || p.Can("plan.read") || p.Can("grid") || p.Person() != "" {
		t.Errorf("%+v", p)
	}
	if System("").Can("x.y") {
		t.Error("a system without a name has grants")
	}
	q := NewPrincipal("person:a", "power", []string{RoleOfficer}, "plan.submit")
	if !q.Can("plan.submit") || q.Can("plan.approve") || q.Person() != "a" || !q.Has(RoleOfficer) {
		t.Errorf("%+v", q)
	}
	var nobody *Principal
	if nobody.Can("x.y") || !nobody.Anonymous() || nobody.Has(RoleReader) || nobody.Person() != "" {
		t.Error("nobody has something")
	}
}

// Nobody holds two administrators' roles, nor one beside a business role: not through any verb, and not in the tables.
func TestSeparation(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx, guard := t.Context(), e.as(RoleSecurity)
		for _, roles := range [][]string{
			{RoleSystem, RoleSecurity}, {RoleSystem, RoleAudit}, {RoleSecurity, RoleAudit}, {RoleSystem, RoleSecurity, RoleAudit},
			{RoleAudit, RoleReader}, {RoleOfficer, RoleSecurity}, {RoleLeader, RoleSystem},
		} {
			_, err := e.CreatePerson(ctx, guard, Person{Login: "two", Name: lang.Same("x"), Unit: "power", Roles: roles}, password)
			wantKind(t, "create with "+strings.Join(roles, "+"), err, errs.Conflict)
			wantKind(t, "set "+strings.Join(roles, "+"), e.SetRoles(ctx, guard, e.ids[RoleReader], roles), errs.Conflict)
		}
		_, err := e.CreatePerson(ctx, guard, Person{Login: "two", Name: lang.Same("x"), Unit: "power", Roles: []string{"emperor"}}, password)
		wantKind(t, "a role that is none", err, errs.Invalid)
		for _, admin := range []string{RoleSystem, RoleSecurity, RoleAudit} {
			_, err := e.IssueToken(ctx, guard, "t", "power", []string{admin}, time.Time{})
			wantKind(t, "token with "+admin, err, errs.Denied)
		}
		for _, sql := range []string{
			`UPDATE identity_person SET roles = ' officer ' WHERE admin = 'audit-admin'`,
			`UPDATE identity_person SET roles = ' security-admin ' WHERE admin = ''`,
			`UPDATE identity_person SET roles = ' officer system-admin ' WHERE admin = ''`,
			`UPDATE identity_person SET admin = 'security-admin' WHERE roles = ' officer '`,
			`UPDATE identity_person SET admin = 'system-admin audit-admin', roles = ''`,
			`INSERT INTO identity_token (id, hash, name, unit, roles, issued_by, created, expires, last_used, revoked)
				SELECT 'x', hash, 'x', '', ' security-admin ', '', 0, 0, 0, 0 FROM journal_head`,
			`INSERT INTO identity_token (id, hash, name, unit, roles, issued_by, created, expires, last_used, revoked)
				SELECT 'x', hash, 'x', '', ' audit-admin system-admin ', '', 0, 0, 0, 0 FROM journal_head`,
			`INSERT INTO identity_token (id, hash, name, unit, roles, issued_by, created, expires, last_used, revoked)
				SELECT 'x', hash, 'x', '', ' audit-admin reader ', '', 0, 0, 0, 0 FROM journal_head`,
		} {
			if err := e.exec(sql); err == nil {
				t.Errorf("the database took %s", sql)
			}
		}
	})
}

// A security administrator does nothing to their own account, and the last one stays.
func TestNobodyGuardsThemselves(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx, guard := t.Context(), e.as(RoleSecurity)
		self := e.ids[RoleSecurity]
		wantKind(t, "own roles", e.SetRoles(ctx, guard, self, []string{RoleAudit}), errs.Denied)
		wantKind(t, "own roles, the same", e.SetRoles(ctx, guard, self, []string{RoleSecurity}), errs.Denied)
		wantKind(t, "own account", e.SetDisabled(ctx, guard, self, true), errs.Denied)
		_, err := e.ResetPassword(ctx, guard, self)
		wantKind(t, "own password", err, errs.Denied)

		program := System("identity")
		wantKind(t, "disable the last", e.SetDisabled(ctx, program, self, true), errs.Conflict)
		wantKind(t, "strip the last", e.SetRoles(ctx, program, self, nil), errs.Conflict)
		second, err := e.CreatePerson(ctx, guard, Person{Login: "second", Name: lang.Same("二"), Unit: "power", Roles: []string{RoleSecurity}}, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := e.SetRoles(ctx, guard, second.ID, []string{RoleReader}); err != nil {
			t.Errorf("another's roles: %v", err)
		}
		if err := e.SetRoles(ctx, guard, second.ID, []string{RoleSecurity}); err != nil {
			t.Error(err)
		}
		if err := e.SetDisabled(ctx, program, self, true); err != nil {
			t.Errorf("disable one of two: %v", err)
		}
		wantKind(t, "strip what is now the last", e.SetRoles(ctx, program, second.ID, nil), errs.Conflict)
	})
}

func TestGrantDeclarations(t *testing.T) {
	x := lang.T("一", "x")
	for _, c := range []struct {
		g    Grant
		want string
	}{
		{Grant{"plan.submit", x, []string{RoleOfficer}}, ""},
		{Grant{"plan.read", x, []string{RoleAudit, RoleReader}}, ""},
		{Grant{"plan.page.read", x, []string{RoleSecurity}}, ""},
		{Grant{"grid.tune", x, []string{RoleSystem}}, ""},
		{Grant{"plan", x, nil}, "<system>.<verb>"},
		{Grant{"Plan.read", x, nil}, "<system>.<verb>"},
		{Grant{"plan.re ad", x, nil}, "<system>.<verb>"},
		{Grant{"plan.read", lang.T("一", ""), nil}, "both languages"},
		{Grant{"plan.read", x, []string{"emperor"}}, "no role"},
		{Grant{"plan.approve", x, []string{RoleAudit}}, "reading only"},
		{Grant{"plan.spread", x, []string{RoleSecurity}}, "reading only"},
		{Grant{"identity.manage", x, []string{RoleOfficer}}, "kernel's"},
		{Grant{"journal.read", x, []string{RoleSecurity}}, "kernel's"},
		{Grant{"system.more", x, nil}, "kernel's"},
	} {
		_, err := newGrantBook([]Grant{c.g})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.g, err, c.want)
		}
	}
	twice := Grant{"plan.read", x, nil}
	if _, err := newGrantBook([]Grant{twice, twice}); err == nil {
		t.Error("declared twice")
	}
}

func TestMatrix(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		m := e.Matrix()
		if len(m.Rows) != 9 || len(m.Roles) != 8 {
			t.Fatalf("%d rows, %d roles", len(m.Rows), len(m.Roles))
		}
		// Each right to change something in the kernel is one administrator's alone.
		for _, r := range m.Rows {
			n := 0
			for _, has := range r.Has {
				if has {
					n++
				}
			}
			if strings.HasSuffix(r.Grant, ".manage") && n != 1 || r.Grant == GrantReadJournal && n != 1 {
				t.Errorf("%s is held by %d roles", r.Grant, n)
			}
		}
		text := m.Text(lang.Zh)
		if !strings.Contains(text, "审计管理员") || !strings.Contains(text, "\nplan.submit\t\t\t\t✓\t\t\t\t\n") {
			t.Errorf("%q", text)
		}
	})
}

func TestUnits(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		if us := e.Units(); len(us) != 3 || us[2].District != "120116" {
			t.Errorf("%+v", us)
		}
		if e.UnitName("power").Zh != "市电力公司" || e.UnitName("atlantis") != lang.Same("atlantis") {
			t.Error(e.UnitName("power"), e.UnitName("atlantis"))
		}
		_, err := e.Unit("atlantis")
		wantKind(t, "no unit", err, errs.NotFound)
		// A unit that left the plan's data keeps its name.
		s, err := open(t.Context(), e.db, e.j, e.clock.now, testUnits()[:1], nil, cheap())
		if err != nil || s.UnitName("power").Zh != "市电力公司" || len(s.Units()) != 1 {
			t.Error(s, err)
		}
		_, err = open(t.Context(), e.db, e.j, e.clock.now, []Unit{{ID: "x"}}, nil, cheap())
		wantKind(t, "unit without a name", err, errs.Invalid)
	})
}

// No secret and nothing personal gets into the journal, whatever is done.
func TestJournalHoldsNoSecrets(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx, guard := t.Context(), e.as(RoleSecurity)
		secrets := []string{password, "the-reader", "10.0.0.1", "王敏", "Wang Min", "wangmin", "wr0ng password!", "a typed passw0rd as login", "192.0.2.77"}
		p, err := e.CreatePerson(ctx, guard, Person{Login: "wangmin", Name: lang.T("王敏", "Wang Min"), Unit: "power", Roles: []string{RoleOfficer}}, "first pass phrase")
		if err != nil {
			t.Fatal(err)
		}
		cookie, _, err := e.Login(ctx, "wangmin", "first pass phrase", "192.0.2.77:1")
		if err != nil {
			t.Fatal(err)
		}
		next, err := e.ChangePassword(ctx, cookie, "first pass phrase", "second pass phrase")
		if err != nil {
			t.Fatal(err)
		}
		_, _, _ = e.Login(ctx, "the-reader", "wr0ng password!", "192.0.2.77:1")
		_, _, _ = e.Login(ctx, "a typed passw0rd as login", "x", "192.0.2.77:1")
		if err := e.EditPerson(ctx, guard, p.ID, lang.T("王敏敏", "Wang Minmin"), "binhai"); err != nil {
			t.Fatal(err)
		}
		once, err := e.ResetPassword(ctx, guard, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		token, err := e.IssueToken(ctx, guard, "for Wang Min", "power", []string{RoleReader}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Logout(ctx, next); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := e.j.Export(ctx, &out, journal.Filter{}); err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, cookie, next, once, token, "first pass", "second pass", e.CSRF(cookie), "argon2")
		for _, s := range secrets {
			if strings.Contains(out.String(), s) {
				t.Errorf("the journal has %q", s)
			}
		}
		for _, v := range []string{"create-person", "login", "change-password", "login-failed", "edit-person", "reset-password", "issue-token"} {
			if !strings.Contains(out.String(), `"verb":"`+v+`"`) {
				t.Errorf("the journal lacks %s", v)
			}
		}
	})
}

// An act and its journal entry stand or fall together.
func TestJournalledOrNotDone(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		guard := e.as(RoleSecurity)
		if err := e.exec(`DELETE FROM journal_head`); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "set roles without a journal", e.SetRoles(t.Context(), guard, e.ids[RoleReader], []string{RoleLeader}), errs.Unavailable)
		p, err := e.Person(t.Context(), guard, e.ids[RoleReader])
		if err != nil || p.Roles[0] != RoleReader {
			t.Error(p, err)
		}
	})
}

func TestActorName(t *testing.T) {
	engines(t, func(t *testing.T, e *env) {
		ctx := context.Background()
		if n := e.ActorName(ctx, "person:"+e.ids[RoleLeader]); n.Zh != "负责人" {
			t.Error(n)
		}
		if _, err := e.IssueToken(ctx, System("identity"), "head-end", "power", []string{RoleReader}, time.Time{}); err != nil {
			t.Fatal(err)
		}
		ts, err := e.Tokens(ctx, System("identity"))
		if err != nil || e.ActorName(ctx, "token:"+ts[0].ID).En != "Token head-end" {
			t.Error(ts, err)
		}
		for _, id := range []string{"person:gone", "token:gone", "else", ""} {
			if e.ActorName(ctx, id) != lang.Same(id) {
				t.Error(id, e.ActorName(ctx, id))
			}
		}
		if e.ActorName(ctx, "system:grid") != lang.T("系统 grid", "System grid") {
			t.Error(e.ActorName(ctx, "system:grid"))
		}
	})
}
