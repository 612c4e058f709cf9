package web

import (
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/account"
	"github.com/haihe-city/haihe/web/ui"
)

var tokensLink = ui.Link{Text: lang.T("接口令牌", "API tokens"), Href: "/admin/tokens"}

func (s *Server) pageTokens(r *Request) (*ui.Page, error) { return s.tokensPage(r, lang.Text{}) }

// tokensPage lists the tokens, and for who may manage them the form that issues one.
func (s *Server) tokensPage(r *Request, failed lang.Text) (*ui.Page, error) {
	list, err := s.o.People.Tokens(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	manage := r.Who.Can(identity.GrantManagePeople)
	t := s.tokenTable(r, list, "/admin/tokens", manage)
	page := &ui.Page{Title: tokensLink.Text, Nav: "tokens", Crumbs: adminCrumbs(tokensLink.Text),
		Lead: lang.T("程序访问接口所用。令牌只显示一次，系统不留存。", "For programs that use the API. A token is shown once and kept nowhere."), Body: []ui.Block{t}}
	if manage {
		page.Body = append(page.Body, s.tokenForm(r, failed))
	}
	return page, nil
}

// tokenTable lists tokens; where revoke is true they can be ticked and revoked.
func (s *Server) tokenTable(r *Request, list []identity.Token, path string, revoke bool) ui.Table {
	t := ui.Table{ID: "tokens", Title: lang.T("令牌", "Tokens"), Total: int64(len(list)), Path: path, Empty: lang.T("尚未签发令牌", "No token was issued yet"),
		Columns: []ui.Column{{Key: "name", Text: lang.T("名称 · 单位", "Name · unit")}, {Key: "roles", Text: lang.T("角色", "Roles")}, {Key: "by", Text: lang.T("签发人", "Issued by")},
			{Key: "used", Text: lang.T("最近使用", "Last used")}, {Key: "until", Text: lang.T("到期", "Expires")}, {Key: "state", Text: lang.T("状态", "State")}}}
	if revoke && len(list) > 0 {
		t.Post = &ui.BulkAction{Text: lang.T("吊销所选", "Revoke those chosen"), Href: path + "/revoke", Confirm: lang.T("使用这些令牌的程序将立即失去访问权限。", "Programs that use these tokens lose access at once.")}
	}
	for _, x := range list {
		used := ui.Cell{Time: x.LastUsed}
		if x.LastUsed.IsZero() {
			used.Text = lang.T("从未", "never")
		}
		t.Rows = append(t.Rows, ui.Row{ID: x.ID, Cells: []ui.Cell{{Text: lang.Same(x.Name), Sub: s.o.People.UnitName(x.Unit), Strong: true}, {Text: account.RoleTitles(x.Roles)},
			{Text: s.o.People.ActorName(r.Context(), x.IssuedBy)}, used, {Time: x.Expires}, {Tag: tokenTag(x, r.Now)}}})
	}
	return t
}

func tokenTag(x identity.Token, now time.Time) *ui.Tag {
	switch {
	case !x.Revoked.IsZero():
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已吊销", "revoked")}
	case now.After(x.Expires):
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已到期", "expired")}
	}
	return &ui.Tag{Status: ui.StatusOn, Text: lang.T("有效", "valid")}
}

func (s *Server) tokenForm(r *Request, failed lang.Text) ui.Form {
	return ui.Form{ID: "issue", Title: lang.T("签发令牌", "Issue a token"), Action: "/admin/tokens", Submit: lang.T("签发", "Issue"), Error: failed, Fields: append([]ui.Field{
		tokenName(r),
		{Name: "unit", Kind: "select", Label: lang.T("单位", "Unit"), Value: r.Form("unit"), Required: true, Options: s.unitOptions(lang.T("请选择", "Choose"))},
		tokenUntil(r),
	}, account.RoleFields(rolesOf(r), true)...)}
}

func tokenName(r *Request) ui.Field {
	return ui.Field{Name: "name", Label: lang.T("用途", "What for"), Value: r.Form("name"), Required: true, Autocomplete: "off", Help: lang.T("写明程序与联系科室。", "Name the program and who looks after it.")}
}

func tokenUntil(r *Request) ui.Field {
	until := r.Form("until")
	if until == "" {
		until = r.Now.In(ui.Zone()).Add(identity.TokenLife).Format(time.DateOnly)
	}
	return ui.Field{Name: "until", Kind: "date", Label: lang.T("有效期至", "Valid until"), Value: until, Required: true}
}

// issue makes the token of a form; again is the form's page with what was wrong.
func (s *Server) issue(r *Request, unit string, roles []string, back ui.Link, again func(*Request, lang.Text) (*ui.Page, error)) (*ui.Page, string, error) {
	until, err := time.ParseInLocation(time.DateOnly, r.Form("until"), ui.Zone())
	if err != nil {
		page, err := again(r, lang.T("有效期应为日期，如 2016-03-31。", "The end must be a date, such as 2016-03-31."))
		return page, "", err
	}
	secret, err := s.o.People.IssueToken(r.Context(), r.Who, r.Form("name"), unit, roles, until.AddDate(0, 0, 1))
	if msg, ok := sayable(err); ok {
		page, err := again(r, msg)
		return page, "", err
	}
	if err != nil {
		return nil, "", err
	}
	return secretPage("tokens", lang.T("令牌已签发", "The token is issued"), lang.T("令牌", "Token"), secret, back), "", nil
}

func (s *Server) formIssue(r *Request) (*ui.Page, string, error) {
	return s.issue(r, r.Form("unit"), rolesOf(r), tokensLink, s.tokensPage)
}

func (s *Server) formRevoke(r *Request) (*ui.Page, string, error) {
	return s.revoke(r, "/admin/tokens")
}

func (s *Server) revoke(r *Request, next string) (*ui.Page, string, error) {
	ids := r.HTTP.PostForm["id"]
	if len(ids) == 0 {
		return nil, "", errs.Say(errs.Invalid, "请先勾选要吊销的令牌。", "Choose the tokens to revoke first.")
	}
	for _, id := range ids {
		if err := s.o.People.RevokeToken(r.Context(), r.Who, id); err != nil && !errs.Is(err, errs.NotFound) { // it has ended already
			return nil, "", err
		}
	}
	return nil, next, nil
}
