package web

import (
	"net/http"
	"net/url"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/account"
	"github.com/haihe-city/haihe/web/language"
	"github.com/haihe-city/haihe/web/ui"
)

// toLogin sends who is not signed in to the sign-in page, which leads back here.
func (s *Server) toLogin(w http.ResponseWriter, r *Request) {
	_, next, _ := language.OfPath(r.HTTP.URL.EscapedPath())
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
	return account.Login(r.Query("next"), "", s.o.Citizens.Register, s.o.Ways, lang.Text{}), nil
}

func (s *Server) formLogin(r *Request) (*ui.Page, string, error) {
	cookie, who, err := s.o.People.Login(r.Context(), r.Form("login"), r.Form("password"), s.addr(r.HTTP))
	if err != nil {
		if msg, ok := errs.MsgOf(err); ok && !errs.Is(err, errs.Internal) && !errs.Is(err, errs.Unavailable) {
			return account.Login(r.Form("next"), r.Form("login"), s.o.Citizens.Register, s.o.Ways, msg), "", nil
		}
		return nil, "", err
	}
	return nil, r.SignIn(cookie, who, r.Form("next")), nil
}

// SignIn hands the browser the cookie of a new session, and gives the path that leads on: next where that is theirs.
func (r *Request) SignIn(cookie string, who *identity.Principal, next string) string {
	r.newCookie = &cookie
	next = r.server.next(who, next)
	if who.MustChange {
		return "/account/password?" + url.Values{"next": {next}}.Encode()
	}
	return next
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
	return account.Password(r.Query("next"), r.Who.MustChange, lang.Text{}), nil
}

func (s *Server) formPassword(r *Request) (*ui.Page, string, error) {
	next := s.next(r.Who, r.Form("next"))
	if r.Form("fresh") != r.Form("again") {
		return account.Password(next, r.Who.MustChange, lang.T("两次输入的新口令不一致。", "The two new passwords differ.")), "", nil
	}
	cookie, err := s.o.People.ChangePassword(r.Context(), r.cookie, r.Form("old"), r.Form("fresh"))
	if err != nil {
		if msg, ok := errs.MsgOf(err); ok && !errs.Is(err, errs.Internal) && !errs.Is(err, errs.Unavailable) {
			return account.Password(next, r.Who.MustChange, msg), "", nil
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
	return account.Sessions(list, r.Who.Session), nil
}

func (s *Server) formSessions(r *Request) (*ui.Page, string, error) {
	if err := s.o.People.RevokeSessions(r.Context(), r.Who, r.Who.Person()); err != nil {
		return nil, "", err
	}
	none := ""
	r.newCookie = &none
	return nil, "/login", nil
}
