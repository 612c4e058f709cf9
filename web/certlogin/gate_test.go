package certlogin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/identity/holder"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/web"
)

// certificate makes one whose common name is the holder.
func certificate(t *testing.T, name string) tls.Certificate {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}
}

// browser is a client with cookies, and maybe with a certificate.
type browser struct {
	*testing.T
	http.Client
	console string
}

func newBrowser(t *testing.T, console string, own ...tls.Certificate) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{t, http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: own}}}, console}
}

func (b *browser) get(u string) (body string, at *url.URL) {
	b.Helper()
	resp, err := b.Get(u)
	if err != nil {
		b.Fatal(err)
	}
	return b.body(resp), resp.Request.URL
}

func (b *browser) body(resp *http.Response) string {
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

var input = regexp.MustCompile(`<input[^>]* name="([^"]*)"[^>]* value="([^"]*)"`)

// send fills in the form of a page that posts to action.
func (b *browser) send(page, action string, with map[string]string) (body string, at *url.URL) {
	b.Helper()
	_, form, ok := strings.Cut(page, `action="/zh`+action+`"`)
	if !ok {
		b.Fatalf("no form to %s in %s", action, page)
	}
	form, _, _ = strings.Cut(form, "</form>")
	v := url.Values{}
	for _, m := range input.FindAllStringSubmatch(form, -1) {
		v.Set(m[1], m[2])
	}
	for k, x := range with {
		v.Set(k, x)
	}
	resp, err := b.PostForm(b.console+"/zh"+action, v)
	if err != nil {
		b.Fatal(err)
	}
	return b.body(resp), resp.Request.URL
}

type city struct {
	gate    *Gate
	console *httptest.Server
	door    *httptest.Server
	people  *identity.Service
}

const password = "a Password of the test 17"

func open(t *testing.T) *city {
	t.Helper()
	ctx, db := t.Context(), storetest.Open(t)
	j, err := journal.Open(ctx, db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	people, err := identity.Open(ctx, db, j, time.Now, []identity.Unit{{ID: "power", Name: lang.T("电力", "Power")}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"zhang", "li"} {
		p, err := people.CreatePerson(ctx, identity.System("identity"), identity.Person{Login: login, Name: lang.Same(login), Unit: "power", Roles: []string{identity.RoleReader}}, password)
		if err != nil {
			t.Fatal(err)
		}
		_ = p
	}
	book, err := holder.Open(ctx, db, j, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	c := &city{people: people}
	// What the system of certificates would say: names that begin with "official:" are ours.
	c.gate = &Gate{Book: book, People: people, Now: time.Now, Stands: func(context.Context, string) error { return nil }, Certified: func(_ context.Context, leaf []byte) (string, string, error) {
		x, err := x509.ParseCertificate(leaf)
		if err != nil || !strings.HasPrefix(x.Subject.CommonName, "official:") {
			return "", "", errs.Say(errs.Unauthenticated, "不是", "none of ours")
		}
		return x.Subject.CommonName, x.SerialNumber.Text(16), nil
	}}
	s, err := web.New(web.Options{People: people, Journal: j, Now: time.Now, Wall: time.Now, Log: slog.New(slog.DiscardHandler), Home: "/account/certificate", Routes: c.gate.Routes(), Ways: c.gate.Ways(), Door: web.Door{Secure: true}})
	if err != nil {
		t.Fatal(err)
	}
	c.console = httptest.NewTLSServer(s.Handler())
	t.Cleanup(c.console.Close)
	c.door = httptest.NewUnstartedServer(c.gate)
	c.door.TLS = TLS(certificate(t, "localhost"))
	c.door.StartTLS()
	t.Cleanup(c.door.Close)
	c.gate.Console, c.gate.Door = c.console.URL, c.door.URL
	return c
}

// signedIn gives a browser in which somebody has signed in with a password and changed it.
func (c *city) signedIn(t *testing.T, login string, own ...tls.Certificate) *browser {
	t.Helper()
	b := newBrowser(t, c.console.URL, own...)
	page, _ := b.get(c.console.URL + "/zh/login")
	page, at := b.send(page, "/login", map[string]string{"login": login, "password": password})
	if strings.HasSuffix(at.Path, "/account/password") {
		b.send(page, "/account/password", map[string]string{"old": password, "fresh": password + "9", "again": password + "9"})
	}
	return b
}

func TestCertificateLogin(t *testing.T) {
	c := open(t)
	own := certificate(t, "official:zhang")
	b := c.signedIn(t, "zhang", own)
	page, at := b.get(c.door.URL + "/zh/tie")
	if at.Path != "/zh/account/certificate" {
		t.Fatalf("the door leads to %s", at)
	}
	page, _ = b.send(page, "/account/certificate", nil)
	if !strings.Contains(page, "certificate-tied") {
		t.Fatalf("not tied: %s", page)
	}
	fresh := newBrowser(t, c.console.URL, own)
	page, _ = fresh.get(c.door.URL + "/zh?next=/account/sessions")
	if page, at := fresh.send(page, "/login/certificate", nil); at.Path != "/zh/account/sessions" {
		t.Fatalf("signed in at %s: %s", at, page)
	}
	if page, _ := fresh.get(c.console.URL + "/zh/account/certificate"); !strings.Contains(page, "certificate-release") {
		t.Errorf("not signed in: %s", page)
	}
	if body, at := newBrowser(t, c.console.URL, own).send(page, "/login/certificate", nil); at.Path != "/zh/login/certificate" || strings.Contains(body, "/logout") {
		t.Errorf("a form of another browser signed in at %s", at)
	}
}

func TestCertificateRefused(t *testing.T) {
	c := open(t)
	if _, err := newBrowser(t, c.console.URL).Get(c.door.URL + "/zh"); err == nil {
		t.Error("the door let a browser in that shows no certificate")
	}
	stranger := newBrowser(t, c.console.URL, certificate(t, "somebody"))
	if page, _ := stranger.get(c.door.URL + "/zh"); !strings.Contains(page, "certificate-failed") || strings.Contains(page, "certificate-sign") {
		t.Errorf("a foreign certificate: %s", page)
	}
	own := certificate(t, "official:li")
	b := newBrowser(t, c.console.URL, own)
	page, _ := b.get(c.door.URL + "/zh")
	if page, at := b.send(page, "/login/certificate", nil); at.Path != "/zh/login/certificate" || !strings.Contains(page, "绑定") {
		t.Errorf("an untied certificate signed in at %s", at)
	}
	page, _ = b.get(c.door.URL + "/zh")
	b.send(page, "/login/certificate", nil)
	if page, _ := b.send(page, "/login/certificate", nil); !strings.Contains(page, "已用过") {
		t.Errorf("a ticket twice: %s", page)
	}
	if page, _ := b.send(page, "/login/certificate", map[string]string{"ticket": "e30.AAAA"}); !strings.Contains(page, "过期") {
		t.Errorf("a ticket of nobody's: %s", page)
	}
	c.gate.Now = func() time.Time { return time.Now().Add(-Window - time.Minute) }
	page, _ = b.get(c.door.URL + "/zh")
	c.gate.Now = time.Now
	if page, at := b.get(c.console.URL + "/zh/login/certificate?ticket=" + regexp.MustCompile(`name="ticket" value="([^"]*)"`).FindStringSubmatch(page)[1]); !strings.Contains(page, "过期") {
		t.Errorf("an old ticket at %s: %s", at, page)
	}
}
