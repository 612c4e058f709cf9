package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"html"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/cms"
)

// browser is somebody's, with cookies and maybe a certificate; it follows the console's redirections but not those of the door.
type browser struct {
	*testing.T
	http.Client
	console, door string
}

func (w *world) browser(t *testing.T, door string, own ...tls.Certificate) *browser {
	jar, _ := cookiejar.New(nil)
	b := &browser{T: t, console: w.URL, door: door}
	b.Client = http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: own}}, //nolint:gosec // the server's certificate is the test's
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if r.URL.Scheme+"://"+r.URL.Host == w.URL {
				return nil
			}
			return http.ErrUseLastResponse
		}}
	t.Cleanup(b.CloseIdleConnections)
	return b
}

// knock goes through the door and gives what it says: a ticket, or why not; err where the handshake fails.
func (b *browser) knock(path string) (to *url.URL, err error) {
	a, err := b.Get(b.door + path)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	return a.Location()
}

func (b *browser) open(path string) string {
	b.Helper()
	a, err := b.Get(b.console + path)
	if err != nil {
		b.Fatal(err)
	}
	return b.read(a)
}

func (b *browser) read(a *http.Response) string {
	b.Helper()
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

var input = regexp.MustCompile(`<input[^>]* name="([^"]*)"[^>]* value="([^"]*)"`)

// send fills in the form of a page that posts to an address, and gives the page it leads to.
func (b *browser) send(page, to string, with map[string]string) (body, at string) {
	b.Helper()
	_, form, ok := strings.Cut(page, `action="/zh`+to+`"`)
	if !ok {
		_, main, _ := strings.Cut(page, "<main")
		b.Fatalf("no form to %s in %.1500s", to, main)
	}
	form, _, _ = strings.Cut(form, "</form>")
	v := url.Values{}
	for _, m := range input.FindAllStringSubmatch(form, -1) {
		v.Set(m[1], html.UnescapeString(m[2]))
	}
	for k, x := range with {
		v.Set(k, x)
	}
	a, err := b.PostForm(b.console+"/zh"+to, v)
	if err != nil {
		b.Fatal(err)
	}
	return b.read(a), a.Request.URL.Path
}

// session is the secret of the browser's session.
func (b *browser) session() string {
	u, err := url.Parse(b.console)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(u) {
		if strings.HasSuffix(c.Name, "haihe") {
			return c.Value
		}
	}
	return ""
}

// serverFiles are a certificate for the console and the door.
func serverFiles(t *testing.T) (certificate, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, x, x, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}

// openDoor runs the program with TLS and the door of certificates.
func openDoor(t *testing.T) (w *world, door string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0") // the door's address stands in the console's pages, so it is chosen before
	if err != nil {
		t.Fatal(err)
	}
	at := ln.Addr().String()
	_ = ln.Close()
	w = openWorld(t, func(s *host.Settings) {
		s.Server.Certificate, s.Server.Key = serverFiles(t)
		s.Server.LoginListen, s.Server.Address = at, "https://haihe.test"
	}, "official/ecdsa-p256-sha256", "official/sm2-sm3", "system/ecdsa-p256-sha256")
	return w, "https://" + at
}

// TestCertificateLogin: a civil servant's certificate, issued over the pages, is shown in a TLS handshake and signs in; and whatever has
// happened to it, to its namesakes and to the account does what it should.
func TestCertificateLogin(t *testing.T) {
	w, door := openDoor(t)
	csr, k := w.request(pki.ECDSA)
	a := w.issue(official(1, csr))
	own := tls.Certificate{Certificate: [][]byte{w.der(a.Serial)}, PrivateKey: k}

	// The reader ties the account to it, after signing in with the password.
	b := w.browser(t, door, own)
	if _, at := b.send(b.open("/zh/login"), "/login", map[string]string{"login": "reader", "password": "Haihe-2015-demo!"}); at == "/zh/login" {
		t.Fatal("the password does not sign in")
	}
	to, err := b.knock("/zh/tie")
	if err != nil || to.Query().Get("ticket") == "" || to.Host != "haihe.test" {
		t.Fatalf("the door leads to %v, %v", to, err)
	}
	if page, _ := b.send(b.open(to.RequestURI()), "/account/certificate", nil); !strings.Contains(page, "certificate-tied") {
		t.Fatalf("not tied: %.1500s", page)
	}

	// signIn goes the whole way in a browser that may have a session already.
	signIn := func(t *testing.T, b *browser) (page, at string) {
		t.Helper()
		to, err := b.knock("/zh")
		if err != nil {
			t.Fatal(err)
		}
		return b.send(b.open(to.RequestURI()), "/login/certificate", nil)
	}

	t.Run("session", func(t *testing.T) {
		b := w.browser(t, door, own)
		b.send(b.open("/zh/login"), "/login", map[string]string{"login": "officer", "password": "Haihe-2015-demo!"})
		planted := b.session() // whoever planted it knows it
		if _, at := signIn(t, b); at == "/zh/login/certificate" || planted == "" || b.session() == planted || b.session() == "" {
			t.Fatalf("signed in at %s, the session changed: %v", at, b.session() != planted)
		}
		if who, err := w.People.Session(t.Context(), b.session()); err != nil || who.Unit != "economy-it" || who.Can("certificates.apply") {
			t.Errorf("signed in as %v, %v", who, err)
		}
		if who, err := w.People.Session(t.Context(), planted); err == nil && !who.Can("certificates.apply") {
			t.Error("the planted session has become the holder's")
		}
	})
	t.Run("made up session", func(t *testing.T) {
		b := w.browser(t, door, own)
		u, _ := url.Parse(b.console)
		b.Jar.SetCookies(u, []*http.Cookie{{Name: "__Host-haihe", Value: "planted-by-another", Secure: true, Path: "/"}})
		if signIn(t, b); b.session() == "planted-by-another" || b.session() == "" {
			t.Error("the session is the one that was planted")
		}
	})

	// What the door says, one state after another.
	says := func(t *testing.T, show tls.Certificate, want bool) {
		t.Helper()
		to, err := w.browser(t, door, show).knock("/en")
		if err != nil {
			t.Fatal(err)
		}
		if q := to.Query(); (q.Get("ticket") != "") != want || (q.Get("failed") == "refused") == want {
			t.Errorf("the door says %q", to.RawQuery)
		}
	}
	officer := w.As("officer")
	standing := func(verb string, form url.Values) {
		t.Helper()
		w.must(officer.Post("/zh/certificates/list/"+a.Serial+"/"+verb, form), http.StatusSeeOther)
	}
	t.Run("as issued", func(t *testing.T) { says(t, own, true) })
	t.Run("another authority's of the same name and number", func(t *testing.T) { says(t, namesake(t, own.Certificate[0]), false) })
	t.Run("on hold", func(t *testing.T) { standing("suspend", nil); says(t, own, false) })
	t.Run("on hold between the door and the console", func(t *testing.T) {
		standing("resume", nil)
		b := w.browser(t, door, own)
		to, err := b.knock("/zh")
		if err != nil {
			t.Fatal(err)
		}
		page := b.open(to.RequestURI())
		standing("suspend", nil)
		if page, at := b.send(page, "/login/certificate", nil); at != "/zh/login/certificate" || b.session() != "" || !strings.Contains(page, "不能用于登录") {
			t.Errorf("signed in at %s: %.800s", at, page)
		}
	})
	t.Run("resumed", func(t *testing.T) { standing("resume", nil); says(t, own, true) })
	t.Run("no certificate", func(t *testing.T) {
		if to, err := w.browser(t, door).knock("/zh"); err == nil {
			t.Errorf("the door lets in nobody: %v", to)
		}
	})
	t.Run("device", func(t *testing.T) { w.device(t, door, own) })
	t.Run("SM2", func(t *testing.T) { w.noSM2(t, door) })

	fresh, k := w.request(pki.ECDSA)
	form := official(1, fresh)
	form.Set("renewal", "on")
	next := w.issue(form)
	renewed := tls.Certificate{Certificate: [][]byte{w.der(next.Serial)}, PrivateKey: k}
	t.Run("renewed: the old one", func(t *testing.T) { says(t, own, false) })
	t.Run("renewed: the new one is tied already", func(t *testing.T) {
		if _, at := signIn(t, w.browser(t, door, renewed)); at == "/zh/login/certificate" {
			t.Error("the renewed certificate does not sign in")
		}
	})
	own, a = renewed, next
	t.Run("account closed", func(t *testing.T) {
		before := w.browser(t, door, own)
		signIn(t, before)
		who, err := w.People.Session(t.Context(), before.session())
		if err != nil {
			t.Fatal(err)
		}
		id := who.Person()
		by := identity.System("identity")
		if err := w.People.SetDisabled(t.Context(), by, id, true); err != nil {
			t.Fatal(err)
		}
		b := w.browser(t, door, own)
		if page, at := signIn(t, b); at != "/zh/login/certificate" || b.session() != "" || !strings.Contains(page, "没有对应的可用账户") {
			t.Errorf("a closed account signs in at %s: %.1500s", at, page)
		}
		if err := w.People.SetDisabled(t.Context(), by, id, false); err != nil {
			t.Fatal(err)
		}
		if _, at := signIn(t, w.browser(t, door, own)); at == "/zh/login/certificate" {
			t.Error("the account, open again, does not sign in")
		}
	})
	t.Run("revoked", func(t *testing.T) {
		standing("revoke", url.Values{"reason": {"1"}})
		says(t, own, false)
	})
	t.Run("expired", func(t *testing.T) {
		csr, k := w.request(pki.ECDSA)
		x := w.issue(official(2, csr))
		own := tls.Certificate{Certificate: [][]byte{w.der(x.Serial)}, PrivateKey: k}
		says(t, own, true)
		w.Clock.Advance(3*365*24*time.Hour + time.Second)
		says(t, own, false)
	})
}

// device enrols at the console with its password and renews at the door with its certificate; a person's certificate renews nothing.
func (w *world) device(t *testing.T, door string, person tls.Certificate) {
	page := w.must(w.As("officer").Post("/en/certificates/est", url.Values{"unit": {"power"}, "name": {"meter-7"}}), 200).Body
	_, secret, _ := strings.Cut(page, "Password</dt>")
	password := regexp.MustCompile(`[A-Za-z0-9_-]{27}`).FindString(secret)
	enrol := func(b *browser, at, csr string) (int, []byte) {
		t.Helper()
		block, _ := pem.Decode([]byte(csr))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader(base64.StdEncoding.EncodeToString(block.Bytes)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/pkcs10")
		if strings.HasSuffix(at, "simpleenroll") {
			r.SetBasicAuth("meter-7", password)
		}
		a, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		der, _ := base64.StdEncoding.DecodeString(b.read(a))
		return a.StatusCode, der
	}
	csr, k := w.request(pki.ECDSA)
	status, bag := enrol(w.browser(t, door), w.URL+"/.well-known/est/simpleenroll", csr)
	if status != 200 {
		t.Fatalf("enrolled: %d, password %q", status, password)
	}
	m, err := cms.ParseSigned(bag)
	if err != nil {
		t.Fatal(err)
	}
	own := tls.Certificate{Certificate: m.Certificates[:1], PrivateKey: k}
	next, err := cert.MakeRequest(cert.Name{{Type: cert.CommonName, Value: "meter-7"}}, k)
	if err != nil {
		t.Fatal(err)
	}
	csr = string(cert.Armour("CERTIFICATE REQUEST", next))
	if status, _ := enrol(w.browser(t, door, own), door+"/.well-known/est/simplereenroll", csr); status != 200 {
		t.Errorf("renewed at the door: %d", status)
	}
	if to, err := w.browser(t, door, own).knock("/zh"); err != nil || to.Query().Get("failed") != "refused" {
		t.Errorf("a device signs in: %v %v", to, err)
	}
	if status, _ := enrol(w.browser(t, door, person), door+"/.well-known/est/simplereenroll", csr); status != http.StatusForbidden {
		t.Errorf("a person renews a device's: %d", status)
	}
}

// namesake is a certificate with another's names, number and times, signed by an authority that has taken ours's name.
func namesake(t *testing.T, leaf []byte) tls.Certificate {
	t.Helper()
	x, err := x509.ParseCertificate(leaf)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mine := &x509.Certificate{SerialNumber: x.SerialNumber, RawSubject: x.RawSubject, NotBefore: x.NotBefore, NotAfter: x.NotAfter, KeyUsage: x.KeyUsage, ExtKeyUsage: x.ExtKeyUsage}
	above := &x509.Certificate{RawSubject: x.RawIssuer, SubjectKeyId: x.AuthorityKeyId, PublicKey: k.Public()}
	der, err := x509.CreateCertificate(rand.Reader, mine, above, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}
}

// noSM2 says what the standard library's TLS does with an SM2 certificate: a client of it does not offer one (it knows no scheme of signature
// for the curve), so that the server misses a certificate and ends the handshake; and a client that sends one all the same is refused as
// well, since the server cannot read the key in it. SM2 in TLS is RFC 8998, which crypto/tls does not speak: such a holder signs in with
// another way, or with an ECDSA certificate in place of the SM2 one.
func (w *world) noSM2(t *testing.T, door string) {
	t.Helper()
	csr, k := w.request(pki.SM2)
	der := w.der(w.issue(official(3, csr)).Serial)
	if to, err := w.browser(t, door, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}).knock("/zh"); err == nil {
		t.Errorf("an SM2 certificate leads to %v: say so in web/certlogin and here", to)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := w.browser(t, door)
	b.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: other}, nil
	}
	if to, err := b.knock("/zh"); err == nil {
		t.Errorf("an SM2 certificate with another's key leads to %v", to)
	}
}
