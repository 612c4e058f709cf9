package certlogin

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/identity/holder"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

const (
	pathLogin = "/login/certificate"
	pathOwn   = "/account/certificate"
)

// Gate is signing in with certificates.
type Gate struct {
	Book    *holder.Book
	People  *identity.Service
	Now     func() time.Time // the machine's clock
	Console string           // where browsers reach the console: https://haihe.example.cn
	Door    string           // where they reach the door: https://haihe.example.cn:8443

	// Certified looks at a certificate (DER) whose key the browser has shown to hold: whose it is, as kind and internal number of the subject,
	// and its serial number; errs.Unauthenticated where it is none of ours, revoked, suspended, expired, or not for signing in.
	Certified func(ctx context.Context, leaf []byte) (holder, serial string, err error)

	// Stands looks again at the certificate of a ticket, by its serial number, when the ticket is used: it may have been revoked since.
	Stands func(ctx context.Context, serial string) error
}

// TLS is how the door talks: it wants a certificate, and leaves judging it to Certified.
func TLS(own tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert, SessionTicketsDisabled: true}
}

// ServeHTTP is the door. /zh and /en lead to signing in, /zh/tie and /en/tie to the account's page.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	to := map[string]string{"/zh": "/zh" + pathLogin, "/en": "/en" + pathLogin, "/zh/tie": "/zh" + pathOwn, "/en/tie": "/en" + pathOwn}[r.URL.Path]
	if to == "" || r.Method != http.MethodGet || r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		http.NotFound(w, r)
		return
	}
	q := url.Values{}
	if next := r.URL.Query().Get("next"); next != "" {
		q.Set("next", next)
	}
	who, serial, err := g.Certified(r.Context(), r.TLS.PeerCertificates[0].Raw)
	if err == nil {
		var text string
		text, err = g.write(who, serial)
		q.Set("ticket", text)
	}
	if err != nil { // the console says what is wrong with it, in words
		q.Set("failed", failureOf(err))
	}
	http.Redirect(w, r, g.Console+to+"?"+q.Encode(), http.StatusSeeOther)
}

// failures are why a certificate does not sign anybody in.
var failures = map[string]lang.Text{
	"refused": lang.T("该证书不是本平台签发、已过期、已吊销或暂停使用，不能登录。", "This certificate is none of this platform's, or has expired, or is revoked or suspended: nobody is signed in with it."),
	"busy":    lang.T("暂时无法核验证书，请稍后再试，或用账号和口令登录。", "Certificates cannot be checked at the moment: try again later, or use your account and password."),
}

func failureOf(err error) string {
	if errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) {
		return "refused"
	}
	return "busy"
}

// Ways is how the sign-in page leads here.
func (g *Gate) Ways() []ui.Link {
	return []ui.Link{{Text: lang.T("用数字证书登录", "Sign in with a certificate"), Href: pathLogin}}
}

// Beside is how the account's pages lead here.
func (g *Gate) Beside() []ui.Action {
	return []ui.Action{{Text: lang.T("我的证书", "My certificate"), Href: pathOwn}}
}

// Routes are the console's side.
func (g *Gate) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET " + pathLogin, Grant: web.Public, Page: func(r *web.Request) (*ui.Page, error) { return g.sign(r, r.Query("ticket"), lang.Text{}), nil }},
		{Pattern: "POST " + pathLogin, Grant: web.Public, Form: g.formSign},
		{Pattern: "GET " + pathOwn, Grant: web.Anyone, Page: func(r *web.Request) (*ui.Page, error) { return g.own(r, lang.Text{}) }},
		{Pattern: "POST " + pathOwn, Grant: web.Anyone, Form: g.formTie},
		{Pattern: "POST " + pathOwn + "/release", Grant: web.Anyone, Form: g.formRelease},
	}
}
