package web

import (
	"net/http"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web/ui"
)

// ownPath is a citizen's start page; the pages that systems add stand below it, each system's below its name.
const ownPath = "/my"

// ForgetFunc deletes what is kept of a person (its id without prefix), in the transaction that deletes the account.
type ForgetFunc func(tx *store.Tx, person string) error

// Own is what a system shows a citizen of their own: an item of their navigation, a part of their start page, and how it forgets them.
type Own struct {
	Nav    ui.NavItem // Href below /my/<system>
	Start  func(*Request) ([]ui.Block, error)
	Forget ForgetFunc
}

// home is where a person's console begins.
func (s *Server) home(who *identity.Principal) string {
	if who.Has(identity.RoleCitizen) {
		return ownPath
	}
	return s.o.Home
}

// homeOf is home before it is known who asks. Who cannot be found out is sent where everybody is.
func (s *Server) homeOf(r *http.Request) string {
	cookie := s.cookie(r, sessionCookie)
	if cookie == "" {
		return s.o.Home
	}
	who, err := s.o.People.Session(r.Context(), cookie)
	if err != nil {
		return s.o.Home
	}
	return s.home(who)
}

// ownPages are a citizen's: the start page, and how an account begins and ends.
func (s *Server) ownPages() []Route {
	if len(s.o.Own) == 0 {
		return nil
	}
	out := []Route{
		{Pattern: "GET " + ownPath, Grant: identity.GrantOwn, Page: s.pageOwn},
		{Pattern: "GET /account/close", Grant: identity.GrantOwn, Page: func(*Request) (*ui.Page, error) { return closePage(lang.Text{}), nil }},
		{Pattern: "POST /account/close", Grant: identity.GrantOwn, Form: s.formClose},
	}
	if s.o.Register {
		out = append(out, Route{Pattern: "GET /register", Grant: Public, Page: func(*Request) (*ui.Page, error) { return registerPage("", lang.Text{}), nil }},
			Route{Pattern: "POST /register", Grant: Public, Form: s.formRegister})
	}
	return out
}

// ownNav is a citizen's navigation.
func (s *Server) ownNav() NavGroup {
	g := NavGroup{Text: lang.T("我的", "Mine")}
	if len(s.o.Own) == 0 {
		return g
	}
	g.Items = []NavItem{{NavItem: ui.NavItem{ID: "my", Href: ownPath, Icon: "user", Text: lang.T("我的首页", "My page")}, Grant: identity.GrantOwn}}
	for _, o := range s.o.Own {
		g.Items = append(g.Items, NavItem{NavItem: o.Nav, Grant: identity.GrantOwn})
	}
	return g
}

// pageOwn is a citizen's start page: a part from every system that has something for them. A part that fails is said; the others stand.
func (s *Server) pageOwn(r *Request) (*ui.Page, error) {
	p := &ui.Page{Title: lang.T("我的首页", "My page"), Nav: "my", Crumbs: []ui.Link{{Text: lang.T("我的首页", "My page")}}}
	for _, o := range s.o.Own {
		part, err := o.Start(r)
		if err != nil {
			s.o.Log.Warn("a part of a citizen's page failed", "request", r.id, "part", o.Nav.ID, "error", err)
			part = []ui.Block{ui.Notice{Kind: "warn", Text: lang.T("“"+o.Nav.Text.Zh+"”暂时无法显示，请稍后再试。", "“"+o.Nav.Text.En+"” cannot be shown now; try again later.")}}
		}
		p.Body = append(p.Body, part...)
	}
	return p, nil
}

func registerPage(login string, failed lang.Text) *ui.Page {
	return &ui.Page{
		Title: lang.T("注册", "Register"),
		Lead:  lang.T("市民和企业注册后，可凭账单上的绑定码查看本户信息。注册不需要姓名、证件号、电话或邮箱。", "Make an account, then use the code on your bill to see what is yours. No name, number, phone or mail address is asked for."),
		Body: []ui.Block{ui.Form{ID: "register", Action: "/register", Submit: lang.T("注册", "Register"), Error: failed, Cancel: &ui.Link{Text: lang.T("已有账户，去登录", "I have an account: sign in"), Href: "/login"}, Fields: []ui.Field{
			{Name: "login", Label: lang.T("账号", "Account"), Value: login, Required: true, Autocomplete: "username",
				Help: lang.T("2 至 64 个小写字母、数字或 . _ -。请勿使用手机号、证件号等个人信息。", "2 to 64 lower-case letters, digits or . _ -. Use no phone number or other personal data.")},
			{Name: "password", Kind: "password", Label: lang.T("口令", "Password"), Required: true, Autocomplete: "new-password",
				Help: lang.T("至少 10 个字符，可用几个词组成。请妥善保管：遗失后须到营业厅重新办理。", "At least 10 characters; a few words will do. Keep it safe: nothing can be mailed to you.")},
			{Name: "again", Kind: "password", Label: lang.T("再次输入口令", "Password once more"), Required: true, Autocomplete: "new-password"},
			{Name: "consent", Kind: "checkbox", Label: lang.T("我已阅读并同意个人信息处理说明（见下）", "I have read how my data are kept (below), and agree"), Required: true},
		}}, ui.Panel{ID: "privacy", Title: lang.T("个人信息处理说明", "How your data are kept"), Body: []ui.Block{
			ui.Prose{Text: lang.T("本平台只保存您的账号、口令的散列值、登录时间，以及您绑定的电表与绑定期间；用于向您显示本户信息，不作他用，不对外提供。", "Kept are your account's name, a hash of the password, the times of sign-in, and the meters that you bound and for how long: to show you what is yours, and for nothing else; nobody else is given them.")},
			ui.Prose{Text: lang.T("电表读数由供电单位依职责采集，不因注册或注销而增减。谁查看过您的电表，您可以看到。", "Readings of meters are collected by the power company as its duty, with or without your account. You see who looked at your meter.")},
			ui.Prose{Text: lang.T("您可随时注销账户，账号与绑定随即删除；依法留存的操作日志只以编号记载。", "You may close the account at any time: it is deleted with its bindings. The journal that the law asks for names you by a number only.")},
		}}},
	}
}

// shown turns what a person can act on into the words of a form; false for what is the program's own failure.
func shown(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && !errs.Is(err, errs.Internal) && !errs.Is(err, errs.Unavailable)
}

func (s *Server) formRegister(r *Request) (*ui.Page, string, error) {
	if r.Form("password") != r.Form("again") {
		return registerPage(r.Form("login"), lang.T("两次输入的口令不一致。", "The two passwords differ.")), "", nil
	}
	cookie, _, err := s.o.People.Register(r.Context(), identity.Registration{Login: r.Form("login"), Password: r.Form("password"), Consent: r.Form("consent") != ""}, s.addr(r.HTTP))
	if err != nil {
		if msg, ok := shown(err); ok {
			return registerPage(r.Form("login"), msg), "", nil
		}
		return nil, "", err
	}
	r.newCookie = &cookie
	return nil, ownPath, nil
}

func closePage(failed lang.Text) *ui.Page {
	return &ui.Page{
		Title: lang.T("注销账户", "Close my account"),
		Lead:  lang.T("注销后账号、绑定关系和您提交的记录一并删除，不能恢复；供电单位依职责采集的读数不受影响。", "The account, its bindings and what you sent in are deleted and do not come back. Readings that the power company collects as its duty stay."),
		Body: []ui.Block{ui.Form{ID: "close", Action: "/account/close", Submit: lang.T("注销账户", "Close my account"), Error: failed, Cancel: &ui.Link{Text: lang.T("返回", "Back"), Href: ownPath}, Fields: []ui.Field{
			{Name: "password", Kind: "password", Label: lang.T("口令", "Password"), Required: true, Autocomplete: "current-password"}}}},
	}
}

func (s *Server) formClose(r *Request) (*ui.Page, string, error) {
	if err := s.o.People.CloseAccount(r.Context(), r.cookie, r.Form("password"), s.o.Forget); err != nil {
		if msg, ok := shown(err); ok {
			return closePage(msg), "", nil
		}
		return nil, "", err
	}
	none := ""
	r.newCookie = &none
	return nil, "/login", nil
}
