package web

import (
	"net/url"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/account"
	"github.com/haihe-city/haihe/web/ui"
)

var peopleLink = ui.Link{Text: lang.T("人员与角色", "People and roles"), Href: "/admin/people"}

// pagePeople lists accounts.
func (s *Server) pagePeople(r *Request) (*ui.Page, error) {
	q := identity.PeopleQuery{Search: r.Query("q"), Unit: r.Query("unit"), Role: r.Query("role"), Active: r.Query("active") == "1", After: r.Query("after")}
	list, next, err := s.o.People.People(r.Context(), r.Who, q)
	if err != nil {
		return nil, err
	}
	roles := []ui.Option{{Text: lang.T("全部角色", "All roles")}}
	for _, x := range identity.Roles() {
		roles = append(roles, ui.Option{Value: x.ID, Text: x.Title})
	}
	t := ui.Table{
		ID: "people", Title: lang.T("人员", "People"), Path: "/admin/people", Total: -1, Next: next, Paged: q.After != "",
		Query:  map[string]string{"q": q.Search, "unit": q.Unit, "role": q.Role, "active": r.Query("active")},
		Search: &ui.Field{Name: "q", Label: lang.T("账号或姓名", "Account or name"), Value: q.Search},
		Filters: []ui.Field{
			{Name: "unit", Kind: "select", Label: lang.T("单位", "Unit"), Value: q.Unit, Options: s.unitOptions(lang.T("全部单位", "All units"))},
			{Name: "role", Kind: "select", Label: lang.T("角色", "Role"), Value: q.Role, Options: roles},
			{Name: "active", Kind: "select", Label: lang.T("状态", "State"), Value: r.Query("active"), Options: []ui.Option{{Text: lang.T("全部状态", "All")}, {Value: "1", Text: lang.T("仅启用", "Active only")}}},
		},
		Columns: []ui.Column{{Key: "login", Text: lang.T("账号 · 姓名", "Account · name")}, {Key: "unit", Text: lang.T("单位", "Unit")}, {Key: "roles", Text: lang.T("角色", "Roles")},
			{Key: "seen", Text: lang.T("最近登录", "Last sign-in")}, {Key: "state", Text: lang.T("状态", "State")}},
		Empty: lang.T("没有符合条件的人员", "Nobody matches"),
	}
	for _, p := range list {
		seen := ui.Cell{Time: p.LastLogin}
		if p.LastLogin.IsZero() {
			seen.Text = lang.T("从未", "never")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: lang.Same(p.Login), Sub: p.Name, Href: personPath(p.ID), Strong: true}, {Text: s.o.People.UnitName(p.Unit)}, {Text: account.RoleTitles(p.Roles)}, seen, {Tag: personTag(p)}}})
	}
	page := &ui.Page{Title: lang.T("人员与角色", "People and roles"), Nav: "people", Crumbs: adminCrumbs(peopleLink.Text), Body: []ui.Block{t}}
	if r.Who.Can(identity.GrantManagePeople) {
		page.Actions = []ui.Action{{Text: lang.T("新建账号", "New account"), Href: "/admin/people/new", Primary: true}}
	}
	return page, nil
}

func personPath(id string) string { return "/admin/people/" + url.PathEscape(id) }

func personTag(p identity.Person) *ui.Tag {
	switch {
	case p.Disabled:
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已停用", "disabled")}
	case p.MustChange:
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("待改口令", "to change password")}
	}
	return &ui.Tag{Status: ui.StatusOn, Text: lang.T("启用", "active")}
}

func (s *Server) pageNewPerson(*Request) (*ui.Page, error) {
	return s.newPersonPage(identity.Person{}, lang.Text{}), nil
}

func (s *Server) newPersonPage(p identity.Person, failed lang.Text) *ui.Page {
	title := lang.T("新建账号", "New account")
	fields := append([]ui.Field{
		{Name: "login", Label: lang.T("账号", "Account"), Value: p.Login, Required: true, Autocomplete: "off", Help: lang.T("小写字母、数字、点和短横线；建立后不可更改。", "Lower-case letters, digits, dot and hyphen; it cannot be changed later.")},
	}, append(s.personFields(p), account.RoleFields(p.Roles, false)...)...)
	return &ui.Page{Title: title, Nav: "people", Crumbs: adminCrumbs(title, peopleLink),
		Body: []ui.Block{ui.Form{ID: "person", Title: lang.T("账号信息", "The account"), Action: "/admin/people", Submit: lang.T("建立", "Create"), Error: failed, Fields: fields, Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: "/admin/people"}}}}
}

func (s *Server) personFields(p identity.Person) []ui.Field {
	return []ui.Field{
		{Name: "zh", Label: lang.T("姓名", "Name in Chinese"), Value: p.Name.Zh, Required: true, Autocomplete: "off"},
		{Name: "en", Label: lang.T("姓名（英文或拼音）", "Name in English or pinyin"), Value: p.Name.En, Required: true, Autocomplete: "off"},
		{Name: "unit", Kind: "select", Label: lang.T("单位", "Unit"), Value: p.Unit, Required: true, Options: s.unitOptions(lang.T("请选择", "Choose"))},
	}
}

// formNewPerson makes an account with a one-time password, which is shown once.
func (s *Server) formNewPerson(r *Request) (*ui.Page, string, error) {
	p := identity.Person{Login: r.Form("login"), Name: personName(r), Unit: r.Form("unit"), Roles: rolesOf(r)}
	password := identity.NewPassword()
	made, err := s.o.People.CreatePerson(r.Context(), r.Who, p, password)
	if msg, ok := sayable(err); ok {
		return s.newPersonPage(p, msg), "", nil
	}
	if err != nil {
		return nil, "", err
	}
	return secretPage("people", lang.T("账号已建立", "The account is made"), lang.T("一次性口令", "One-time password"), password, ui.Link{Text: lang.Same(made.Login), Href: personPath(made.ID)}), "", nil
}

func personName(r *Request) lang.Text { return lang.Text{Zh: r.Form("zh"), En: r.Form("en")} }

// sayable tells whether a failure is one to say on the form itself: wrong input, or a state that does not allow it.
func sayable(err error) (lang.Text, bool) {
	if !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Conflict) {
		return lang.Text{}, false
	}
	return errs.MsgOf(err)
}

func (s *Server) pagePerson(r *Request) (*ui.Page, error) {
	return s.personPage(r, lang.Text{}, lang.Text{})
}

// personPage shows an account, and to who may manage it the forms that change it.
func (s *Server) personPage(r *Request, wrongEdit, wrongRoles lang.Text) (*ui.Page, error) {
	p, err := s.o.People.Person(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	path := personPath(p.ID)
	facts := ui.Facts{ID: "account", Title: lang.T("账号", "Account"), Items: []ui.Fact{
		{Name: lang.T("账号", "Account"), Value: lang.Same(p.Login)}, {Name: lang.T("状态", "State"), Tag: personTag(p)}, {Name: lang.T("单位", "Unit"), Value: s.o.People.UnitName(p.Unit)},
		{Name: lang.T("角色", "Roles"), Value: account.RoleTitles(p.Roles)}, {Name: lang.T("建立时间", "Made"), Time: p.Created}}}
	if !p.LastLogin.IsZero() {
		facts.Items = append(facts.Items, ui.Fact{Name: lang.T("最近登录", "Last sign-in"), Time: p.LastLogin})
	}
	page := &ui.Page{Title: p.Name, Nav: "people", Crumbs: adminCrumbs(p.Name, peopleLink), Body: []ui.Block{facts}}
	if !r.Who.Can(identity.GrantManagePeople) {
		return page, nil
	}
	page.Body = []ui.Block{ui.Columns{Wide: -1, Cols: [][]ui.Block{
		{facts, ui.Form{ID: "edit", Title: lang.T("姓名与单位", "Name and unit"), Action: path, Submit: lang.T("保存", "Save"), Error: wrongEdit, Fields: s.personFields(p)}},
		{ui.Form{ID: "roles", Title: lang.T("角色", "Roles"), Action: path + "/roles", Submit: lang.T("保存角色", "Save roles"), Error: wrongRoles, Fields: account.RoleFields(p.Roles, false)}},
	}}}
	if "person:"+p.ID == r.Who.ID || p.ID == r.Who.Person() { // nobody administers themselves
		return page, nil
	}
	switchTo, flag, ask := lang.T("停用", "Disable"), "1", lang.T("停用后立即退出其所有登录。", "The account is closed and all its sessions end at once.")
	if p.Disabled {
		switchTo, flag, ask = lang.T("启用", "Enable"), "0", lang.T("启用后可再次登录。", "The account can be used again.")
	}
	page.Actions = []ui.Action{
		{Text: lang.T("重置口令", "Reset password"), Href: path + "/password", Post: true, Confirm: lang.T("将生成一次性口令，并退出其所有登录。", "A one-time password is made, and all sessions end.")},
		{Text: lang.T("退出登录", "End sessions"), Href: path + "/sessions", Post: true, Confirm: lang.T("将退出其所有登录。", "All sessions of this account end.")},
		{Text: switchTo, Href: path + "/disabled", Post: true, Confirm: ask, Fields: map[string]string{"disabled": flag}},
	}
	return page, nil
}

func (s *Server) formPerson(r *Request) (*ui.Page, string, error) {
	err := s.o.People.EditPerson(r.Context(), r.Who, r.Path("id"), personName(r), r.Form("unit"))
	if msg, ok := sayable(err); ok {
		page, err := s.personPage(r, msg, lang.Text{})
		return page, "", err
	}
	return nil, personPath(r.Path("id")), err
}

func (s *Server) formRoles(r *Request) (*ui.Page, string, error) {
	err := s.o.People.SetRoles(r.Context(), r.Who, r.Path("id"), rolesOf(r))
	if msg, ok := sayable(err); ok {
		page, err := s.personPage(r, lang.Text{}, msg)
		return page, "", err
	}
	return nil, personPath(r.Path("id")), err
}

func (s *Server) formDisabled(r *Request) (*ui.Page, string, error) {
	return nil, personPath(r.Path("id")), s.o.People.SetDisabled(r.Context(), r.Who, r.Path("id"), r.Form("disabled") == "1")
}

func (s *Server) formReset(r *Request) (*ui.Page, string, error) {
	password, err := s.o.People.ResetPassword(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, "", err
	}
	return secretPage("people", lang.T("口令已重置", "The password is reset"), lang.T("一次性口令", "One-time password"), password, ui.Link{Text: lang.T("返回账号", "The account"), Href: personPath(r.Path("id"))}), "", nil
}

func (s *Server) formEndSessions(r *Request) (*ui.Page, string, error) {
	return nil, personPath(r.Path("id")), s.o.People.RevokeSessions(r.Context(), r.Who, r.Path("id"))
}

// pageGrants prints who may do what as one sheet.
func (s *Server) pageGrants(*Request) (*ui.Page, error) {
	m := s.o.People.Matrix()
	t := ui.Table{ID: "matrix", Title: lang.T("角色与权限", "Roles and grants"), Total: -1, Columns: []ui.Column{{Key: "grant", Text: lang.T("权限", "Grant")}}}
	for _, role := range m.Roles {
		t.Columns = append(t.Columns, ui.Column{Key: role.ID, Text: role.Title})
	}
	for _, row := range m.Rows {
		cells := []ui.Cell{{Text: row.Title, Sub: lang.Same(row.Grant), Strong: true}}
		for _, has := range row.Has {
			c := ui.Cell{}
			if has {
				c.Tag = &ui.Tag{Status: ui.StatusMet, Text: lang.T("有", "yes")}
			}
			cells = append(cells, c)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return &ui.Page{Title: lang.T("权限一览", "Grants"), Nav: "grants", Crumbs: adminCrumbs(lang.T("权限一览", "Grants")),
		Lead: lang.T("权限由各系统声明，随角色授予；令牌只能持有业务角色。", "Systems declare grants and roles bring them; tokens hold business roles only."), Body: []ui.Block{t}}, nil
}
