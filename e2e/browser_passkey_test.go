package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// TestBrowserStoriesPasskey: an officer adds a passkey to the account, signs out, and comes in again with it and without a password. The
// authenticator is the browser's own of software; everything between it and the server is real.
func TestBrowserStoriesPasskey(t *testing.T) {
	if !thorough() {
		t.Skip("skipped: with HAIHE_TEST_BROWSER=must, as .ci/run browser does")
	}
	c := startChrome(t)
	s := startCity(t)
	s.url = strings.Replace(s.url, "127.0.0.1", "localhost", 1) // a passkey wants a name
	b := c.open(t, s.url)
	b.wear(t, looks[0])
	b.login(t, s, "power-officer")
	b.do(t, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
		return err
	}))
	b.visit(t, "/zh/account/passkeys")
	b.axe(t)
	b.do(t, chromedp.SendKeys(chromedp.CSS("#passkey-make [name=name]"), "办公电脑"))
	b.click(t, "#passkey-make button[type=submit]")
	b.until(t, `document.querySelector('#passkeys')?.innerText.includes('办公电脑')`)
	signOut(t, s, b)
	b.visit(t, "/zh/login?next=/grid")
	b.axe(t)
	b.click(t, "#way-1 a")
	b.until(t, `document.querySelector('#passkey-sign')`)
	b.axe(t)
	b.click(t, "#passkey-sign button[type=submit]")
	b.until(t, `location.pathname == '/zh/grid'`)
	b.visit(t, "/zh/account/passkeys")
	b.click(t, "#passkeys-off button[type=submit]")
	b.until(t, `document.querySelector('#passkey-make') && !document.querySelector('#passkeys-off')`)
	b.none(t)
}
