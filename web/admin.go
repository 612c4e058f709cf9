package web

import (
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// adminRoutes are the administrators' pages: people, roles, tokens and grants for the security administrator, the journal for the
// audit administrator. How the program runs is the host's page.
func (s *Server) adminRoutes() []Route {
	return []Route{
		{Pattern: "GET /admin", Page: s.pageAdmin},
		{Pattern: "GET /admin/people", Grant: identity.GrantReadPeople, Page: s.pagePeople},
		{Pattern: "GET /admin/people/new", Grant: identity.GrantManagePeople, Page: s.pageNewPerson},
		{Pattern: "POST /admin/people", Grant: identity.GrantManagePeople, Form: s.formNewPerson},
		{Pattern: "GET /admin/people/{id}", Grant: identity.GrantReadPeople, Page: s.pagePerson},
		{Pattern: "POST /admin/people/{id}", Grant: identity.GrantManagePeople, Form: s.formPerson},
		{Pattern: "POST /admin/people/{id}/roles", Grant: identity.GrantManagePeople, Form: s.formRoles},
		{Pattern: "POST /admin/people/{id}/disabled", Grant: identity.GrantManagePeople, Form: s.formDisabled},
		{Pattern: "POST /admin/people/{id}/password", Grant: identity.GrantManagePeople, Form: s.formReset},
		{Pattern: "POST /admin/people/{id}/sessions", Grant: identity.GrantManagePeople, Form: s.formEndSessions},
		{Pattern: "GET /admin/tokens", Grant: identity.GrantReadPeople, Page: s.pageTokens},
		{Pattern: "POST /admin/tokens", Grant: identity.GrantManagePeople, Form: s.formIssue},
		{Pattern: "POST /admin/tokens/revoke", Grant: identity.GrantManagePeople, Form: s.formRevoke},
		{Pattern: "GET /admin/my-tokens", Grant: identity.GrantReadProgram, Page: s.pageOwnTokens},
		{Pattern: "POST /admin/my-tokens", Grant: identity.GrantReadProgram, Form: s.formOwnIssue},
		{Pattern: "POST /admin/my-tokens/revoke", Grant: identity.GrantReadProgram, Form: s.formOwnRevoke},
		{Pattern: "GET /admin/grants", Grant: identity.GrantReadPeople, Page: s.pageGrants},
		{Pattern: "GET /admin/journal", Grant: identity.GrantReadJournal, Page: s.pageJournal},
		{Pattern: "POST /admin/journal/verify", Grant: identity.GrantReadJournal, Form: s.formVerify},
		{Pattern: "GET /api/journal", Grant: identity.GrantReadJournal, API: s.apiJournal},
	}
}

// adminNav is the last group of the navigation; each item shows to the administrator whose it is.
func (s *Server) adminNav() NavGroup {
	item := func(id, href, icon, zh, en, grant string) NavItem {
		return NavItem{NavItem: ui.NavItem{ID: id, Href: href, Icon: icon, Text: lang.T(zh, en)}, Grant: grant}
	}
	return NavGroup{Text: lang.T("系统管理", "Administration"), Items: []NavItem{
		item("people", "/admin/people", "user", "人员与角色", "People and roles", identity.GrantReadPeople),
		item("tokens", "/admin/tokens", "card", "接口令牌", "API tokens", identity.GrantReadPeople),
		item("my-tokens", "/admin/my-tokens", "card", "本人令牌", "My tokens", identity.GrantReadProgram),
		item("grants", "/admin/grants", "grid", "权限一览", "Grants", identity.GrantReadPeople),
		item("journal", "/admin/journal", "book", "审计日志", "Journal", identity.GrantReadJournal),
	}}
}

// pageAdmin says who administers what and leads to the parts that are the reader's.
func (s *Server) pageAdmin(r *Request) (*ui.Page, error) {
	t := ui.Table{ID: "admin", Title: lang.T("管理事项", "What is administered"), Total: -1,
		Columns: []ui.Column{{Key: "name", Text: lang.T("事项", "Part")}}, Empty: lang.T("您不是管理员", "You are no administrator")}
	for _, it := range s.adminNav().Items {
		if allowed(r.Who, it.Grant) {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: it.Text, Href: it.Href, Strong: true}}})
		}
	}
	return &ui.Page{Title: lang.T("系统管理", "Administration"),
		Lead: lang.T("系统管理员管运行，安全管理员管人员与权限，审计管理员查阅日志；三者分立，互不兼任。", "The system administrator runs the program, the security administrator manages people and grants, the audit administrator reads the journal; nobody is two of them."),
		Body: []ui.Block{t}}, nil
}

func adminCrumbs(last lang.Text, middle ...ui.Link) []ui.Link {
	return append(append([]ui.Link{{Text: lang.T("系统管理", "Administration"), Href: "/admin"}}, middle...), ui.Link{Text: last})
}

// unitOptions are the units to choose from; first is the choice of none.
func (s *Server) unitOptions(first lang.Text) []ui.Option {
	out := []ui.Option{{Text: first}}
	for _, u := range s.o.People.Units() {
		out = append(out, ui.Option{Value: u.ID, Text: u.Name})
	}
	return out
}

// rolesOf reads the tick boxes.
func rolesOf(r *Request) (out []string) {
	for _, x := range identity.Roles() {
		if r.Form("role-"+x.ID) != "" {
			out = append(out, x.ID)
		}
	}
	return out
}

// secretPage shows a secret once: it is kept nowhere and cannot be shown again.
func secretPage(nav string, title, what lang.Text, secret string, back ui.Link) *ui.Page {
	return &ui.Page{Title: title, Nav: nav, Crumbs: adminCrumbs(title, back), Body: []ui.Block{
		ui.Notice{Kind: "warn", Text: lang.T("以下内容只显示这一次，请立即妥善转交。", "This is shown once and never again: hand it over now, safely.")},
		ui.Panel{Body: []ui.Block{ui.Facts{Items: []ui.Fact{{Name: what, Value: lang.Same(secret)}}}}},
	}, Actions: []ui.Action{{Text: lang.T("返回", "Back"), Href: back.Href, Primary: true}}}
}
