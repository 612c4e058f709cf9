package web

import (
	"net/http"
	"net/url"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// toLogin sends who is not signed in to the sign-in page, which leads back here.
func (s *Server) toLogin(w http.ResponseWriter, r *Request) {
	_, next, _ := ofPath(r.HTTP.URL.EscapedPath())
	if r.HTTP.URL.RawQuery != "" {
		next += "?" + r.HTTP.URL.RawQuery
	}
	s.redirect(w, r.HTTP, r.Lang, "/login?"+url.Values{"next": {next}}.Encode(), http.StatusSeeOther)
}

// next is where a sign-in leads: the page that asked for it, as long as that is one of ours; who has their own pages stays with them.
func (s *Server) next(who *identity.Principal, path string) string {
	if !local(path) || who.Has(identity.RoleCitizen) && !below(path, ownPath) && !below(path, "/account") {
		return s.home(who)
	}
	return path
}

func (s *Server) pageLogin(r *Request) (*ui.Page, error) {
	return s.loginPage(r.Query("next"), "", lang.Text{}), nil
}

func (s *Server) loginPage(next, login string, failed lang.Text) *ui.Page {
	p := &ui.Page{
		Title: lang.T("登录", "Sign in"), Lead: lang.T("使用本单位分配的账号登录。", "Use the account that your unit gave you."),
		Body: []ui.Block{ui.Form{ID: "login", Action: "/login", Submit: lang.T("登录", "Sign in"), Error: failed, Fields: []ui.Field{
			{Name: "next", Kind: "hidden", Value: next},
			{Name: "login", Label: lang.T("账号", "Account"), Value: login, Required: true, Autocomplete: "username"},
			{Name: "password", Kind: "password", Label: lang.T("口令", "Password"), Required: true, Autocomplete: "current-password"},
		}}},
	}
	if s.o.Register {
		p.Body = append(p.Body, ui.Notice{ID: "to-register", Kind: "info", Text: lang.T("市民和企业可自行注册账户，查看本人的用电等信息。", "Citizens and firms make an account of their own to see what is theirs."),
			Link: &ui.Link{Text: lang.T("注册", "Register"), Href: "/register"}})
	}
	return p
}

func (s *Server) formLogin(r *Request) (*ui.Page, string, error) {
	cookie, who, err := s.o.People.Login(r.Context(), r.Form("login"), r.Form("password"), s.addr(r.HTTP))
	if err != nil {
		if msg, ok := errs.MsgOf(err); ok && !errs.Is(err, errs.Internal) && !errs.Is(err, errs.Unavailable) {
			return s.loginPage(r.Form("next"), r.Form("login"), msg), "", nil
		}
		return nil, "", err
	}
	r.newCookie = &cookie
	next := s.next(who, r.Form("next"))
	if who.MustChange {
		return nil, "/account/password?" + url.Values{"next": {next}}.Encode(), nil
	}
	return nil, next, nil
}

func (s *Server) formLogout(r *Request) (*ui.Page, string, error) {
	if err := s.o.People.Logout(r.Context(), r.cookie); err != nil {
		return nil, "", err
	}
	none := ""
	r.newCookie = &none
	return nil, "/login", nil
}

func (s *Server) pagePassword(r *Request) (*ui.Page, error) {
	return passwordPage(r, r.Query("next"), lang.Text{}), nil
}

func passwordPage(r *Request, next string, failed lang.Text) *ui.Page {
	p := &ui.Page{Title: lang.T("修改口令", "Change password"), Body: []ui.Block{ui.Form{
		ID: "password", Action: "/account/password", Submit: lang.T("修改", "Change"), Error: failed, Fields: []ui.Field{
			{Name: "next", Kind: "hidden", Value: next},
			{Name: "old", Kind: "password", Label: lang.T("现口令", "Present password"), Required: true, Autocomplete: "current-password"},
			{Name: "fresh", Kind: "password", Label: lang.T("新口令", "New password"), Required: true, Autocomplete: "new-password",
				Help: lang.T("至少 10 个字符，不含登录名，不用常见口令。", "At least 10 characters, without your login, and no common password.")},
			{Name: "again", Kind: "password", Label: lang.T("再次输入新口令", "New password once more"), Required: true, Autocomplete: "new-password"},
		}}}}
	if r.Who.MustChange {
		p.Lead = lang.T("您使用的是一次性口令，修改后方可继续。", "You signed in with a one-time password. Change it to go on.")
	}
	return p
}

func (s *Server) formPassword(r *Request) (*ui.Page, string, error) {
	next := s.next(r.Who, r.Form("next"))
	if r.Form("fresh") != r.Form("again") {
		return passwordPage(r, next, lang.T("两次输入的新口令不一致。", "The two new passwords differ.")), "", nil
	}
	cookie, err := s.o.People.ChangePassword(r.Context(), r.cookie, r.Form("old"), r.Form("fresh"))
	if err != nil {
		if msg, ok := errs.MsgOf(err); ok && !errs.Is(err, errs.Internal) && !errs.Is(err, errs.Unavailable) {
			return passwordPage(r, next, msg), "", nil
		}
		return nil, "", err
	}
	r.newCookie = &cookie
	return nil, next, nil
}

// pageSessions lists where one is signed in.
func (s *Server) pageSessions(r *Request) (*ui.Page, error) {
	list, err := s.o.People.Sessions(r.Context(), r.Who, r.Who.Person())
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "sessions", Title: lang.T("有效登录", "Live sessions"), Total: -1, Columns: []ui.Column{
		{Key: "addr", Text: lang.T("来源地址", "Address")}, {Key: "created", Text: lang.T("登录时间", "Signed in")}, {Key: "seen", Text: lang.T("最近活动", "Last seen")}, {Key: "here", Text: lang.T("说明", "Note")}}}
	for _, x := range list {
		c := ui.Cell{}
		if x.ID == r.Who.Session {
			c.Tag = &ui.Tag{Status: ui.StatusOn, Text: lang.T("本次登录", "this one")}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: lang.Same(x.Addr), Strong: true}, {Time: x.Created}, {Time: x.Seen}, c}})
	}
	return &ui.Page{Title: lang.T("登录记录", "Where I am signed in"), Body: []ui.Block{t}, Actions: []ui.Action{{
		Text: lang.T("全部退出", "Sign out everywhere"), Href: "/account/sessions", Post: true,
		Confirm: lang.T("将结束您的所有登录，包括本次。", "All your sessions end, this one too.")}}}, nil
}

func (s *Server) formSessions(r *Request) (*ui.Page, string, error) {
	if err := s.o.People.RevokeSessions(r.Context(), r.Who, r.Who.Person()); err != nil {
		return nil, "", err
	}
	none := ""
	r.newCookie = &none
	return nil, "/login", nil
}
