package identity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

// Grant is a permission that a system declares: "grid.reread".
type Grant struct {
	Name  string // "<system>.<verb>", lower case
	Title lang.Text
	Roles []string // roles that have it by default
}

// The kernel's own grants.
const (
	GrantManagePeople  = "identity.manage"
	GrantReadPeople    = "identity.read"
	GrantReadJournal   = "journal.read"
	GrantManageProgram = "system.manage"
	GrantReadProgram   = "system.read"
	GrantOwn           = "identity.own" // what a citizen does in their own matters
)

func kernelGrants() []Grant {
	return []Grant{
		{GrantManagePeople, lang.T("管理人员、角色和令牌", "Manage people, roles and tokens"), []string{RoleSecurity}},
		{GrantReadPeople, lang.T("查看人员", "See people"), []string{RoleSecurity, RoleAudit}},
		{GrantReadJournal, lang.T("查阅审计日志", "Read the journal"), []string{RoleAudit}},
		{GrantManageProgram, lang.T("管理系统运行", "Run the program"), []string{RoleSystem}},
		{GrantReadProgram, lang.T("查看系统运行", "See how the program runs"), []string{RoleSystem, RoleAudit}},
		{GrantOwn, lang.T("办理本人事项", "See and do what is one's own"), []string{RoleCitizen}},
	}
}

// grantBook holds the declared grants; it does not change after Open.
type grantBook struct {
	grants []Grant                    // in order of declaration
	byRole map[string]map[string]bool // role -> grant
}

// newGrantBook checks the declarations. A fault here is a programmer's, and keeps the program from starting.
func newGrantBook(declared []Grant) (*grantBook, error) {
	b := &grantBook{byRole: map[string]map[string]bool{}}
	for _, r := range Roles() {
		b.byRole[r.ID] = map[string]bool{}
	}
	kernel := kernelGrants()
	for i, g := range append(slices.Clone(kernel), declared...) {
		if err := checkGrant(g, i < len(kernel)); err != nil {
			return nil, err
		}
		for _, r := range g.Roles {
			if b.byRole[r] == nil {
				return nil, fmt.Errorf("grant %s: no role %q", g.Name, r)
			}
			b.byRole[r][g.Name] = true
		}
		if slices.ContainsFunc(b.grants, func(o Grant) bool { return o.Name == g.Name }) {
			return nil, fmt.Errorf("grant %s is declared twice", g.Name)
		}
		b.grants = append(b.grants, g)
	}
	return b, nil
}

// checkGrant holds a declaration to the separation of the administrators: beyond the kernel's own grants, security and audit
// administrators are given nothing but reading, and the kernel's names are not to be had.
func checkGrant(g Grant, kernel bool) error {
	owner, verb, ok := strings.Cut(g.Name, ".")
	if !ok || owner == "" || verb == "" || g.Name != strings.ToLower(g.Name) || strings.ContainsAny(g.Name, " \t\n") {
		return fmt.Errorf("grant %q: a name is <system>.<verb>, in lower case", g.Name)
	}
	if g.Title.Zh == "" || g.Title.En == "" {
		return fmt.Errorf("grant %s: its title needs both languages", g.Name)
	}
	if kernel {
		return nil
	}
	if owner == "identity" || owner == "journal" || owner == "system" {
		return fmt.Errorf("grant %s: its prefix is the kernel's", g.Name)
	}
	if verb != "own" && slices.Contains(g.Roles, RoleCitizen) {
		return fmt.Errorf("grant %s: a citizen may be given %s.own only", g.Name, owner)
	}
	if verb != "read" && !strings.HasSuffix(verb, ".read") {
		for _, r := range g.Roles {
			if r == RoleSecurity || r == RoleAudit {
				return fmt.Errorf("grant %s: %s may be given reading only (a name that ends in .read)", g.Name, r)
			}
		}
	}
	return nil
}

// of gives the grants of roles. The map is shared where there is one role, and never written to.
func (b *grantBook) of(roles []string) map[string]bool {
	if len(roles) == 1 {
		return b.byRole[roles[0]]
	}
	all := map[string]bool{}
	for _, r := range roles {
		for g := range b.byRole[r] {
			all[g] = true
		}
	}
	return all
}

// Matrix is who may do what, as one sheet: a row a grant, a column a role.
type Matrix struct {
	Roles []Role      `json:"roles"`
	Rows  []MatrixRow `json:"rows"`
}

// MatrixRow is one grant; Has goes with Matrix.Roles.
type MatrixRow struct {
	Grant string    `json:"grant"`
	Title lang.Text `json:"title"`
	Has   []bool    `json:"has"`
}

// Matrix gives the grants of every role, the kernel's first, then the systems' in order of declaration.
func (s *Service) Matrix() Matrix {
	m := Matrix{Roles: Roles()}
	for _, g := range s.grants.grants {
		row := MatrixRow{Grant: g.Name, Title: g.Title}
		for _, r := range m.Roles {
			row.Has = append(row.Has, s.grants.byRole[r.ID][g.Name])
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

// Text prints m for a terminal, tab-separated, a mark where the role has the grant.
func (m Matrix) Text(l lang.Lang) string {
	var b strings.Builder
	b.WriteString(lang.T("权限", "grant").In(l))
	for _, r := range m.Roles {
		b.WriteString("\t" + r.Title.In(l))
	}
	for _, row := range m.Rows {
		b.WriteString("\n" + row.Grant)
		for _, has := range row.Has {
			b.WriteString("\t")
			if has {
				b.WriteString("✓")
			}
		}
	}
	return b.String() + "\n"
}

// allow refuses by where they lack grant; every verb begins with it.
func allow(by *Principal, grant string) error {
	if by.Anonymous() {
		return errs.Say(errs.Unauthenticated, "请先登录", "sign in first")
	}
	if by.MustChange {
		return errs.Say(errs.Denied, "请先修改一次性口令", "change your one-time password first")
	}
	if !by.Can(grant) {
		return errs.Say(errs.Denied, "无权进行此操作（需要权限 %s）；如确需办理，请联系安全管理员",
			"you may not do this (it needs the grant %s); ask the security administrator if you should", grant)
	}
	return nil
}
