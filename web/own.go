package web

import (
	"net/http"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web/account"
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

// Citizens is what is there for citizens.
type Citizens struct {
	Own      []Own      // of the systems; without any there is no such page
	Register bool       // they make their own accounts
	Forget   ForgetFunc // deletes what the systems keep of a person who closes their account
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
	who, err := s.o.People.Session(r.Context(), s.cookie(r, sessionCookie))
	if err != nil {
		return s.o.Home
	}
	return s.home(who)
}

// ownPages are a citizen's: the start page, and how an account begins and ends.
func (s *Server) ownPages() []Route {
	if len(s.o.Citizens.Own) == 0 {
		return nil
	}
	out := []Route{
		{Pattern: "GET " + ownPath, Grant: identity.GrantOwn, Page: s.pageOwn},
		{Pattern: "GET /account/close", Grant: identity.GrantOwn, Page: func(*Request) (*ui.Page, error) { return account.Close(lang.Text{}), nil }},
		{Pattern: "POST /account/close", Grant: identity.GrantOwn, Form: s.formClose},
	}
	if s.o.Citizens.Register {
		out = append(out, Route{Pattern: "GET /register", Grant: Public, Page: func(*Request) (*ui.Page, error) { return account.Register("", lang.Text{}), nil }},
			Route{Pattern: "POST /register", Grant: Public, Form: s.formRegister})
	}
	return out
}

// ownNav is a citizen's navigation.
func (s *Server) ownNav() NavGroup {
	g := NavGroup{Text: lang.T("我的", "Mine")}
	if len(s.o.Citizens.Own) == 0 {
		return g
	}
	g.Items = []NavItem{{NavItem: ui.NavItem{ID: "my", Href: ownPath, Icon: "user", Text: lang.T("我的首页", "My page")}, Grant: identity.GrantOwn}}
	for _, o := range s.o.Citizens.Own {
		g.Items = append(g.Items, NavItem{NavItem: o.Nav, Grant: identity.GrantOwn})
	}
	return g
}

// pageOwn is a citizen's start page: a part from every system that has something for them. A part that fails is said; the others stand.
func (s *Server) pageOwn(r *Request) (*ui.Page, error) {
	p := &ui.Page{Title: lang.T("我的首页", "My page"), Nav: "my", Crumbs: []ui.Link{{Text: lang.T("我的首页", "My page")}}}
	for _, o := range s.o.Citizens.Own {
		part, err := o.Start(r)
		if err != nil {
			s.o.Log.Warn("a part of a citizen's page failed", "request", r.id, "part", o.Nav.ID, "error", err)
			part = []ui.Block{ui.Notice{Kind: "warn", Text: lang.T("“"+o.Nav.Text.Zh+"”暂时无法显示，请稍后再试。", "“"+o.Nav.Text.En+"” cannot be shown now; try again later.")}}
		}
		p.Body = append(p.Body, part...)
	}
	return p, nil
}

// shown turns what a person can act on into the words of a form; false for what is the program's own failure.
func shown(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && !errs.Is(err, errs.Internal) && !errs.Is(err, errs.Unavailable)
}

func (s *Server) formRegister(r *Request) (*ui.Page, string, error) {
	if r.Form("password") != r.Form("again") {
		return account.Register(r.Form("login"), lang.T("两次输入的口令不一致。", "The two passwords differ.")), "", nil
	}
	cookie, _, err := s.o.People.Register(r.Context(), identity.Registration{Login: r.Form("login"), Password: r.Form("password"), Consent: r.Form("consent") != ""}, s.addr(r.HTTP))
	if err != nil {
		if msg, ok := shown(err); ok {
			return account.Register(r.Form("login"), msg), "", nil
		}
		return nil, "", err
	}
	r.newCookie = &cookie
	return nil, ownPath, nil
}

func (s *Server) formClose(r *Request) (*ui.Page, string, error) {
	if err := s.o.People.CloseAccount(r.Context(), r.cookie, r.Form("password"), s.o.Citizens.Forget); err != nil {
		if msg, ok := shown(err); ok {
			return account.Close(msg), "", nil
		}
		return nil, "", err
	}
	r.newCookie = new(string) // none
	return nil, "/login", nil
}
