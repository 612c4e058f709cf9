// Package identity (contract sketch): units, people, roles, sessions, tokens.
package identity

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Grant is a permission that a system declares: "grid.reread".
type Grant struct {
	Name  string
	Title lang.Text
	Roles []string // roles that have it by default
}

// The built-in roles. The three administrators cannot do each other's work and no person holds two of them.
const (
	RoleSystem   = "system-admin"   // runs the program: settings, backup, systems; no people, no journal
	RoleSecurity = "security-admin" // people, roles, tokens; no settings, no journal
	RoleAudit    = "audit-admin"    // reads the journal; changes nothing
	RoleOfficer  = "officer"        // an officer of a unit: reads, submits, handles
	RoleLeader   = "leader"         // approves what another submitted
	RoleOperator = "operator"       // on shift
	RoleReader   = "reader"         // reads
)

// Unit is an organisation.
type Unit struct {
	ID          string
	Name        lang.Text
	District    string // region code, where it is a district's
	Coordinator bool
}

// Person is an account.
type Person struct {
	ID, Login string
	Name      lang.Text
	Unit      string
	Roles     []string
	Disabled  bool
}

// Principal is who asks: a person, a token or the program itself. Nobody is the zero value.
type Principal struct {
	ID     string // "person:…", "token:…", "system:…", "" for nobody
	Name   lang.Text
	Unit   string
	Roles  []string
	grants map[string]bool
}

// Can tells whether the principal has a grant. Nobody has none.
func (p *Principal) Can(grant string) bool { panic("contract") }

// Anonymous tells whether nobody is signed in.
func (p *Principal) Anonymous() bool { return p == nil || p.ID == "" }

// Service is the identity kernel.
type Service struct{ contractOnly struct{} }

// Open migrates, loads units and declares grants (of the kernel and of every system).
func Open(ctx context.Context, db *store.DB, j *journal.Journal, now func() time.Time, units []Unit, grants []Grant) (*Service, error) {
	panic("contract")
}

// Units lists the units; UnitName names one (its id in both halves where it is unknown).
func (s *Service) Units() []Unit                { panic("contract") }
func (s *Service) UnitName(id string) lang.Text { panic("contract") }

// Login checks login and password (argon2id, throttled by login and by address) and opens a session; cookie is its secret.
func (s *Service) Login(ctx context.Context, login, password, addr string) (cookie string, p *Principal, err error) {
	panic("contract")
}
func (s *Service) Logout(ctx context.Context, cookie string) error { panic("contract") }

// Session and Token find who a cookie or a bearer token stands for (errs.Unauthenticated).
func (s *Service) Session(ctx context.Context, cookie string) (*Principal, error) { panic("contract") }
func (s *Service) Token(ctx context.Context, token string) (*Principal, error)    { panic("contract") }

// CSRF derives the form token of a session; CheckCSRF compares in constant time.
func (s *Service) CSRF(cookie string) string           { panic("contract") }
func (s *Service) CheckCSRF(cookie, token string) bool { panic("contract") }

// CreatePerson, SetRoles, SetPassword, Disable, IssueToken, RevokeToken act on behalf of by (needs identity.manage), journalled.
func (s *Service) CreatePerson(ctx context.Context, by *Principal, p Person, password string) (Person, error) {
	panic("contract")
}
func (s *Service) IssueToken(ctx context.Context, by *Principal, name, unit string, roles []string, until time.Time) (secret string, err error) {
	panic("contract")
}

// System is the principal of the program's own work in a system's name.
func System(name string) *Principal { panic("contract") }
