package web

import (
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/account"
	"github.com/haihe-city/haihe/web/ui"
)

var ownTokensLink = ui.Link{Text: lang.T("本人令牌", "My tokens"), Href: "/admin/my-tokens"}

// programRole is the role of who may give a program of theirs a token: the system administrator for a backup, the audit
// administrator for an archive of the journal. The security administrator gives tokens to others and none to themselves.
func programRole(who *identity.Principal) (string, bool) {
	for _, role := range []string{identity.RoleSystem, identity.RoleAudit} {
		if who.Has(role) {
			return role, true
		}
	}
	return "", false
}

func (s *Server) pageOwnTokens(r *Request) (*ui.Page, error) { return s.ownTokensPage(r, lang.Text{}) }

// ownTokensPage lists the tokens that an administrator gave their own programs, and the form that issues one.
func (s *Server) ownTokensPage(r *Request, failed lang.Text) (*ui.Page, error) {
	role, ok := programRole(r.Who)
	if !ok {
		return nil, errs.Say(errs.Denied, "只有系统管理员和审计管理员可为自己的程序签发令牌。", "Only the system and the audit administrator give tokens to programs of their own.")
	}
	list, err := s.o.People.Tokens(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(t identity.Token) bool { return t.IssuedBy != r.Who.ID })
	title := account.RoleTitle(role)
	return &ui.Page{Title: ownTokensLink.Text, Nav: "my-tokens", Crumbs: adminCrumbs(ownTokensLink.Text),
		Lead: lang.T("供您自己的程序使用（如定时备份、日志归档），权限与“"+title.Zh+"”相同；您不再担任此角色时随即失效。令牌只显示一次，系统不留存。",
			"For programs of your own, such as a nightly backup or an archive of the journal. A token may do what the "+title.En+" may, and ends when you no longer are one. It is shown once and kept nowhere."),
		Body: []ui.Block{s.tokenTable(r, list, ownTokensLink.Href, true), ui.Form{ID: "issue", Title: lang.T("签发令牌", "Issue a token"), Action: ownTokensLink.Href,
			Submit: lang.T("签发", "Issue"), Error: failed, Fields: []ui.Field{tokenName(r), tokenUntil(r)}}},
	}, nil
}

func (s *Server) formOwnIssue(r *Request) (*ui.Page, string, error) {
	role, _ := programRole(r.Who) // none is refused when the token is issued
	return s.issue(r, r.Who.Unit, []string{role}, ownTokensLink, s.ownTokensPage)
}

func (s *Server) formOwnRevoke(r *Request) (*ui.Page, string, error) {
	return s.revoke(r, ownTokensLink.Href)
}
