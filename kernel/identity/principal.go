package identity

import (
	"slices"
	"strings"

	"github.com/haihe-city/haihe/lang"
)

// Principal is who asks: a person, a token or the program itself. Nobody is the zero value.
type Principal struct {
	ID         string // "person:…", "token:…", "system:…", "" for nobody
	Name       lang.Text
	Unit       string
	Roles      []string
	Session    string // id of the session, where there is one
	MustChange bool   // signed in with a one-time password: may do nothing but change it
	grants     map[string]bool
	prefix     string // of the grants that a system has by being that system
}

// Can tells whether the principal has a grant. Nobody has none, and neither has who must change their password first.
func (p *Principal) Can(grant string) bool {
	if p.Anonymous() || p.MustChange {
		return false
	}
	return p.grants[grant] || p.prefix != "" && strings.HasPrefix(grant, p.prefix)
}

// Anonymous tells whether nobody is signed in.
func (p *Principal) Anonymous() bool { return p == nil || p.ID == "" }

// Has tells whether the principal holds a role.
func (p *Principal) Has(role string) bool { return p != nil && slices.Contains(p.Roles, role) }

// Person gives the id of the person that p is; "" where it is none.
func (p *Principal) Person() string {
	if p == nil {
		return ""
	}
	id, ok := strings.CutPrefix(p.ID, personPrefix)
	if !ok {
		return ""
	}
	return id
}

const (
	personPrefix = "person:"
	tokenPrefix  = "token:"
	systemPrefix = "system:"
)

// System is the principal of the program's own work in a system's name. It has that system's grants and no others.
func System(name string) *Principal {
	return &Principal{ID: systemPrefix + name, Name: lang.T("系统 "+name, "System "+name), prefix: name + "."}
}

// NewPrincipal makes a principal with the grants that are named, without an account. It is for tests and for tools that run inside the
// program; whoever signs in gets theirs from Session or Token.
func NewPrincipal(id, unit string, roles []string, grants ...string) *Principal {
	p := &Principal{ID: id, Name: lang.Same(id), Unit: unit, Roles: roles, grants: map[string]bool{}}
	for _, g := range grants {
		p.grants[g] = true
	}
	return p
}
