package passkeys

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/identity/passkey"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

const (
	pathLogin = "/login/passkey"
	pathOwn   = "/account/passkeys"
)

var title = lang.T("通行密钥", "Passkeys")

// Pages are the pages over a book of passkeys.
type Pages struct {
	Book   *passkey.Book
	People *identity.Service
	Secure bool        // the program is reached over TLS, which may end at a proxy
	Beside []ui.Action // what else there is to sign in with, on the page of one's own
}

// Routes are what is served.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET " + pathLogin, Grant: web.Public, Page: func(r *web.Request) (*ui.Page, error) { return p.sign(r, lang.Text{}) }},
		{Pattern: "POST " + pathLogin, Grant: web.Public, Form: p.formSign},
		{Pattern: "GET " + pathOwn, Grant: web.Anyone, Page: func(r *web.Request) (*ui.Page, error) { return p.own(r, lang.Text{}) }},
		{Pattern: "POST " + pathOwn, Grant: web.Anyone, Form: p.formAdd},
		{Pattern: "POST " + pathOwn + "/remove", Grant: web.Anyone, Form: p.formRemove},
	}
}

// Ways is how the sign-in page leads here.
func (p *Pages) Ways() []ui.Link {
	return []ui.Link{{Text: lang.T("用通行密钥登录", "Sign in with a passkey"), Href: pathLogin}}
}

// site is where the browser sees this program, as it says itself: a passkey is bound to the name by the browser, which asks for no other's.
func (p *Pages) site(r *http.Request) passkey.Site {
	scheme := "http"
	if p.Secure || r.TLS != nil {
		scheme = "https"
	}
	u := url.URL{Scheme: scheme, Host: r.Host}
	return passkey.Site{Origin: u.String(), Host: u.Hostname()}
}

// sign is the page that asks for a passkey.
func (p *Pages) sign(r *web.Request, failed lang.Text) (*ui.Page, error) {
	next := r.Query("next")
	if next == "" {
		next = r.Form("next")
	}
	out := &ui.Page{Title: lang.T("用通行密钥登录", "Sign in with a passkey"),
		Lead: lang.T("由本机指纹、面容或 PIN 确认身份，无需输入口令。", "Your device asks for a fingerprint, face or PIN; there is no password to type.")}
	c, err := p.Book.Ask(p.site(r.HTTP))
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		out.Body = []ui.Block{ui.Notice{ID: "passkey-unable", Kind: "warn", Text: msg, Link: toPassword(next)}}
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Body = []ui.Block{ui.Form{ID: "passkey-sign", Action: pathLogin, Submit: lang.T("使用通行密钥", "Use a passkey"), Error: failed, Cancel: toPassword(next), Fields: append(hidden(c),
		ui.Field{Name: "next", Kind: "hidden", Value: next})}}
	return out, nil
}

func toPassword(next string) *ui.Link {
	href := "/login"
	if next != "" {
		href += "?" + url.Values{"next": {next}}.Encode()
	}
	return &ui.Link{Text: lang.T("改用账号和口令", "Use account and password"), Href: href}
}

// hidden are the fields that the page's module works with: what to ask the browser, and where its answer goes.
func hidden(c passkey.Ceremony) []ui.Field {
	return []ui.Field{{Name: "options", Kind: "hidden", Value: c.Options}, {Name: "state", Kind: "hidden", Value: c.State}, {Name: "answer", Kind: "hidden"}, {Name: "failed", Kind: "hidden"}}
}

// failures are what a browser could not do.
var failures = map[string]lang.Text{
	"":       lang.T("使用通行密钥需要启用脚本。", "A passkey wants the browser to run scripts."),
	"unable": lang.T("本浏览器或当前访问方式不支持通行密钥，请用 HTTPS 和域名访问。", "This browser has no passkeys, or the page is not open over HTTPS and by a name."),
	"denied": lang.T("操作已取消、超时，或本机没有可用的通行密钥。", "It was cancelled, took too long, or this device holds no fitting passkey."),
	"held":   lang.T("本机已有您的通行密钥，不必重复添加。", "This device holds a passkey of yours already."),
}

// answer gives what the browser brought, or why it brought nothing.
func answer(r *web.Request) (string, error) {
	if text := strings.TrimSpace(r.Form("answer")); text != "" {
		return text, nil
	}
	why, ok := failures[r.Form("failed")]
	if !ok {
		why = failures["denied"]
	}
	return "", errs.Say(errs.Invalid, why.Zh, why.En)
}

// said tells whether an error is for the form.
func said(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.NotFound))
}

func (p *Pages) formSign(r *web.Request) (*ui.Page, string, error) {
	next, err := p.admit(r)
	if msg, ok := said(err); ok {
		page, err := p.sign(r, msg)
		return page, "", err
	}
	return nil, next, err
}

func (p *Pages) admit(r *web.Request) (next string, err error) {
	text, err := answer(r)
	if err != nil {
		return "", err
	}
	k, err := p.Book.Answer(r.Context(), p.site(r.HTTP), r.Form("state"), text)
	if err != nil {
		return "", err
	}
	cookie, who, err := p.People.Prove(r.Context(), k.Person, identity.Proof{Way: "passkey", Ref: k.ID}, r.Addr())
	if err != nil {
		return "", err
	}
	return r.SignIn(cookie, who, r.Form("next")), nil
}
