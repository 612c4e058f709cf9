package identity

import (
	"slices"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

// The built-in roles. The three administrators cannot do each other's work and no person holds two of them.
const (
	RoleSystem   = "system-admin"   // runs the program: settings, backup, systems; no people, no journal
	RoleSecurity = "security-admin" // people, roles, tokens; no settings, no journal
	RoleAudit    = "audit-admin"    // reads the journal; changes nothing
	RoleOfficer  = "officer"        // an officer of a unit: reads, submits, handles
	RoleLeader   = "leader"         // approves what another submitted
	RoleOperator = "operator"       // on shift
	RoleReader   = "reader"         // reads
	RoleCitizen  = "citizen"        // a citizen or a firm, of no unit: sees and does only what is their own; held with no other role
)

// Role is a role with its title.
type Role struct {
	ID    string    `json:"id"`
	Title lang.Text `json:"title"`
	Admin bool      `json:"admin"` // one of the three administrators
}

// Roles lists the built-in roles, administrators first.
func Roles() []Role {
	return []Role{
		{RoleSystem, lang.T("系统管理员", "System administrator"), true},
		{RoleSecurity, lang.T("安全管理员", "Security administrator"), true},
		{RoleAudit, lang.T("审计管理员", "Audit administrator"), true},
		{RoleOfficer, lang.T("经办人", "Officer"), false},
		{RoleLeader, lang.T("负责人", "Leader"), false},
		{RoleOperator, lang.T("值班员", "Operator"), false},
		{RoleReader, lang.T("查阅人", "Reader"), false},
		{RoleCitizen, lang.T("市民与企业", "Citizen"), false},
	}
}

// isAdmin tells whether role is one of the three administrators'.
func isAdmin(role string) bool {
	return role == RoleSystem || role == RoleSecurity || role == RoleAudit
}

// splitRoles checks that roles may be held together and gives them as the tables keep them: the administrator's role, and the
// business roles in the order of Roles.
func splitRoles(roles []string) (admin string, business []string, err error) {
	for _, r := range roles {
		if !slices.ContainsFunc(Roles(), func(k Role) bool { return k.ID == r }) {
			return "", nil, errs.Say(errs.Invalid, "没有“%s”这一角色", "there is no role %q", r)
		}
		if isAdmin(r) && admin != "" && admin != r {
			return "", nil, errs.Say(errs.Conflict, "系统管理员、安全管理员、审计管理员三员分立，一人只能担任其一",
				"system, security and audit administration are kept apart: one person holds one of them only")
		}
		if isAdmin(r) {
			admin = r
		}
	}
	for _, k := range Roles() {
		if !k.Admin && slices.Contains(roles, k.ID) {
			business = append(business, k.ID)
		}
	}
	if slices.Contains(roles, RoleCitizen) && (admin != "" || len(business) > 1) {
		return "", nil, errs.Say(errs.Conflict, "市民账户不得兼任其他角色，请另设账户",
			"a citizen's account holds no other role; make another account for that work")
	}
	if admin != "" && len(business) > 0 {
		return "", nil, errs.Say(errs.Conflict, "管理员不得兼任业务角色，请另设账户",
			"an administrator holds no business role; make another account for that work")
	}
	return admin, business, nil
}

// packRoles writes business roles as the tables keep them, so that LIKE '% officer %' finds one.
func packRoles(business []string) string {
	if len(business) == 0 {
		return ""
	}
	return " " + strings.Join(business, " ") + " "
}

// unpackRoles is the reverse, with the administrator's role.
func unpackRoles(admin, packed string) []string {
	roles := strings.Fields(packed)
	if admin != "" {
		roles = append([]string{admin}, roles...)
	}
	return roles
}
