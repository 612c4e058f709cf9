package certlogin

import (
	"net/url"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// door is where the browser is asked for its certificate.
func (g *Gate) door(r *web.Request, path, next string) string {
	out := g.Door + "/" + string(r.Lang) + path
	if next != "" {
		out += "?" + url.Values{"next": {next}}.Encode()
	}
	return out
}

// said tells whether an error is for the form.
func said(err error) (lang.Text, bool) {
	msg, ok := errs.MsgOf(err)
	return msg, ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied))
}

// sign is the page that signs in: it leads to the door, and ends with the ticket that the browser brings from there.
func (g *Gate) sign(r *web.Request, text string, failed lang.Text) *ui.Page {
	next := r.Query("next")
	if next == "" {
		next = r.Form("next")
	}
	out := &ui.Page{Title: lang.T("用数字证书登录", "Sign in with a certificate"), Lead: lang.T("须先用账号和口令登录一次，在“我的证书”中绑定。", "Sign in with your account and password once and tie the certificate under “My certificate” first.")}
	if why, ok := failures[r.Query("failed")]; ok {
		out.Body = append(out.Body, ui.Notice{ID: "certificate-failed", Kind: "warn", Text: why})
	}
	if t, err := g.read(text); text != "" && err == nil && failed.Empty() {
		out.Body = append(out.Body, ui.Form{ID: "certificate-sign", Action: pathLogin, Submit: lang.T("登录", "Sign in"), Cancel: &ui.Link{Text: lang.T("返回", "Back"), Href: "/login"}, Fields: []ui.Field{
			{Name: "ticket", Kind: "hidden", Value: text}, {Name: "next", Kind: "hidden", Value: next}}},
			ui.Facts{ID: "certificate-shown", Title: lang.T("已出示的证书", "Certificate shown"), Items: []ui.Fact{{Name: lang.T("序列号", "Serial number"), Value: lang.Same(t.Serial)}}})
		return out
	} else if text != "" && failed.Empty() {
		failed, _ = errs.MsgOf(stale())
	}
	if !failed.Empty() {
		out.Body = append(out.Body, ui.Notice{ID: "certificate-wrong", Kind: "warn", Text: failed})
	}
	out.Body = append(out.Body, ui.Notice{ID: "certificate-door", Kind: "info", Text: lang.T("浏览器将请您选择证书，并可能要求输入其保护口令。", "The browser asks which certificate to show, and maybe for the password that guards it."),
		Link: &ui.Link{Text: lang.T("选择证书", "Choose a certificate"), Href: g.door(r, "", next)}})
	return out
}

func (g *Gate) formSign(r *web.Request) (*ui.Page, string, error) {
	next, err := g.admit(r)
	if msg, ok := said(err); ok {
		return g.sign(r, "", msg), "", nil
	}
	return nil, next, err
}

// spend reads a ticket and makes it worthless.
func (g *Gate) spend(r *web.Request) (*ticket, error) {
	t, err := g.read(r.Form("ticket"))
	if err != nil {
		return nil, err
	}
	if err := g.Book.Spend(r.Context(), t.Number, store.Time(t.Until)); err != nil {
		return nil, err
	}
	return t, g.Stands(r.Context(), t.Serial)
}

func (g *Gate) admit(r *web.Request) (next string, err error) {
	t, err := g.spend(r)
	if err != nil {
		return "", err
	}
	person, err := g.Book.Person(r.Context(), t.Holder)
	if errs.Is(err, errs.NotFound) {
		return "", errs.Say(errs.Unauthenticated, "该证书尚未绑定账户：请先用账号和口令登录，在“我的证书”中绑定", "no account is tied to this certificate: sign in with your account and password, and tie it under “My certificate”")
	}
	if err != nil {
		return "", err
	}
	cookie, who, err := g.People.Prove(r.Context(), person, identity.Proof{Way: "certificate", Ref: t.Serial}, r.Addr())
	if err != nil {
		return "", err
	}
	return r.SignIn(cookie, who, r.Form("next")), nil
}

// own is where one ties one's account to a certificate.
func (g *Gate) own(r *web.Request, failed lang.Text) (*ui.Page, error) {
	out := &ui.Page{Title: lang.T("我的证书", "My certificate"), Lead: lang.T("绑定后可用证书登录，换发新证书后绑定继续有效。", "Once it is tied you sign in with it; a renewed certificate goes on working.")}
	if why, ok := failures[r.Query("failed")]; ok && failed.Empty() {
		failed = why
	}
	if !failed.Empty() {
		out.Body = append(out.Body, ui.Notice{ID: "certificate-wrong", Kind: "warn", Text: failed})
	}
	tie, ok, err := g.Book.Of(r.Context(), r.Who.Person())
	if err != nil {
		return nil, err
	}
	if ok {
		out.Body = append(out.Body, ui.Facts{ID: "certificate-tied", Title: lang.T("已绑定", "Tied"), Items: []ui.Fact{
			{Name: lang.T("序列号", "Serial number"), Value: lang.Same(tie.Serial)}, {Name: lang.T("绑定时间", "Since"), Time: tie.Bound}}},
			ui.Form{ID: "certificate-release", Action: pathOwn + "/release", Submit: lang.T("解除绑定", "Release it")})
		return out, nil
	}
	if t, err := g.read(r.Query("ticket")); err == nil {
		out.Body = append(out.Body, ui.Form{ID: "certificate-tie", Title: lang.T("绑定证书 "+t.Serial, "Tie certificate "+t.Serial), Action: pathOwn, Submit: lang.T("绑定到本账户", "Tie it to my account"), Fields: []ui.Field{{Name: "ticket", Kind: "hidden", Value: r.Query("ticket")}}})
		return out, nil
	}
	out.Body = append(out.Body, ui.Notice{ID: "certificate-door", Kind: "info", Text: lang.T("尚未绑定证书。浏览器将请您选择证书。", "No certificate is tied yet. The browser asks which one to show."),
		Link: &ui.Link{Text: lang.T("选择证书", "Choose a certificate"), Href: g.door(r, "/tie", "")}})
	return out, nil
}

func (g *Gate) formTie(r *web.Request) (*ui.Page, string, error) {
	t, err := g.spend(r)
	if err == nil {
		err = g.Book.Bind(r.Context(), r.Who, t.Holder, t.Serial)
	}
	return g.again(r, err)
}

func (g *Gate) formRelease(r *web.Request) (*ui.Page, string, error) {
	return g.again(r, g.Book.Release(r.Context(), r.Who))
}

// again shows the page with what went wrong, or leads back to it.
func (g *Gate) again(r *web.Request, err error) (*ui.Page, string, error) {
	if msg, ok := said(err); ok {
		page, err := g.own(r, msg)
		return page, "", err
	}
	return nil, pathOwn, err
}
