package acme

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	client "golang.org/x/crypto/acme"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/certificates/ca"
)

var officer = identity.NewPrincipal("person:wang", "economy-it", nil, Grant)

// city is a service over a real authority, with a web server that shows the files of proofs and a name server beside it.
type city struct {
	*Service
	t         *testing.T
	authority *ca.Authority
	directory string
	db        *store.DB
	log       *journal.Journal

	mu    sync.Mutex
	at    time.Time
	files map[string]string
	txt   map[string][]string
}

func (w *city) now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.at }

func (w *city) wait(by time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.at = w.at.Add(by) }

func (w *city) show(path, text string) { w.mu.Lock(); defer w.mu.Unlock(); w.files[path] = text }

func open(t *testing.T, db *store.DB) *city {
	t.Helper()
	w := &city{t: t, db: db, at: time.Date(2016, 3, 1, 9, 0, 0, 0, time.UTC), files: map[string]string{}, txt: map[string][]string{}}
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		text, ok := w.files[r.Host[:strings.LastIndexByte(r.Host, ':')]+r.URL.Path]
		w.mu.Unlock()
		if to, moved := strings.CutPrefix(text, "to "); moved {
			http.Redirect(rw, r, to, http.StatusFound)
		} else if !ok {
			http.NotFound(rw, r)
		} else {
			_, _ = io.WriteString(rw, text)
		}
	}))
	t.Cleanup(web.Close)
	w.start(web.Listener.Addr().(*net.TCPAddr).Port)
	return w
}

// start opens the authority and the service over it; port is where proofs are looked for.
func (w *city) start(port int) {
	t, db, ctx := w.t, w.db, w.t.Context()
	t.Helper()
	conf := Defaults()
	conf.Port = port
	conf.Networks = []string{"127.0.0.0/8"}
	conf.Hosts = []string{"www.tjhb.gov.cn=127.0.0.1", "oa.tjhb.gov.cn=127.0.0.1", "far.tjhb.gov.cn=192.0.2.1"}
	conf.Resolver = w.nameServer()

	var err error
	if w.log, err = journal.Open(ctx, db, w.now); err != nil {
		t.Fatal(err)
	}
	v, err := trust.Open(ctx, trust.Options{DB: db, Journal: w.log, Now: w.now, Seal: make([]byte, trust.SealSize)})
	if err != nil {
		t.Fatal(err)
	}
	logs, err := tiles.Open(ctx, db, w.now)
	if err != nil {
		t.Fatal(err)
	}
	log, err := logs.Log(ctx, tiles.Options{Name: "certificates", Origin: "haihe.test/certificates"})
	if err != nil {
		t.Fatal(err)
	}
	if w.authority, err = ca.Open(ctx, ca.Options{DB: db, Journal: w.log, Vault: v, Log: log, Now: w.now, Settings: ca.Settings{Organization: "海河", PolicyArc: []int{2, 999, 1}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.authority.Demo(ctx); err != nil {
		t.Fatal(err)
	}
	if w.Service, err = Open(ctx, Options{DB: db, Journal: w.log, Vault: v, Now: w.now, Log: slog.New(slog.DiscardHandler), Settings: conf, Issue: w.authority.Issue, Revoke: w.authority.Revoke}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(w.Service)
	t.Cleanup(srv.Close)
	w.directory = srv.URL + Prefix + "/directory"
}

func p256(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// join opens an account with a new binding.
func (w *city) join(k crypto.Signer, names ...string) (*client.Client, Binding) {
	w.t.Helper()
	b, secret, err := w.Bind(w.t.Context(), officer, "environment", names)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := unb64(secret)
	if err != nil {
		w.t.Fatal(err)
	}
	c := &client.Client{Key: k, DirectoryURL: w.directory}
	if _, err := c.Register(w.t.Context(), &client.Account{Contact: []string{"mailto:ops@tjhb.gov.cn"}, ExternalAccountBinding: &client.ExternalAccountBinding{KID: b.ID, Key: raw}}, client.AcceptTOS); err != nil {
		w.t.Fatal(err)
	}
	return c, b
}

// proved answers every challenge of an order by the way named, and has the service look.
func (w *city) proved(c *client.Client, o *client.Order, way string) {
	w.t.Helper()
	ctx := w.t.Context()
	for _, u := range o.AuthzURLs {
		a, err := c.GetAuthorization(ctx, u)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, ch := range a.Challenges {
			if ch.Type != way || a.Status != "pending" {
				continue
			}
			file, err := c.HTTP01ChallengeResponse(ch.Token)
			if err != nil {
				w.t.Fatal(err)
			}
			record, err := c.DNS01ChallengeRecord(ch.Token)
			if err != nil {
				w.t.Fatal(err)
			}
			w.show(a.Identifier.Value+c.HTTP01ChallengePath(ch.Token), file)
			w.mu.Lock()
			w.txt["_acme-challenge."+a.Identifier.Value+"."] = []string{"something else", record}
			w.mu.Unlock()
			if _, err := c.Accept(ctx, ch); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	if err := w.round(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// ordered goes the whole way to a certificate.
func (w *city) ordered(c *client.Client, way string, names ...string) (ders [][]byte, k *ecdsa.PrivateKey) {
	w.t.Helper()
	ctx := w.t.Context()
	o, err := c.AuthorizeOrder(ctx, client.DomainIDs(names...))
	if err != nil {
		w.t.Fatal(err)
	}
	w.proved(c, o, way)
	k = p256(w.t)
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: names}, k)
	if err != nil {
		w.t.Fatal(err)
	}
	ders, _, err = c.CreateOrderCert(ctx, o.FinalizeURL, csr, true)
	if err != nil {
		w.t.Fatal(err)
	}
	return ders, k
}

// TestWhole: an account is opened under a binding and gets certificates by both ways, which verify up to the root; it is found again, has
// its key changed, revokes, and is closed. On both engines.
func TestWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db)
		ctx := t.Context()
		c, _ := w.join(p256(t), "tjhb.gov.cn")
		ders, k := w.ordered(c, http01, "oa.tjhb.gov.cn", "www.tjhb.gov.cn")
		leaf, err := x509.ParseCertificate(ders[0])
		if err != nil || len(ders) != 2 {
			t.Fatal(len(ders), err)
		}
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		list, err := w.authority.Roots(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if c, err := x509.ParseCertificate(r.DER); err == nil {
				roots.AddCert(c)
			}
		}
		issuer, err := x509.ParseCertificate(ders[1])
		if err != nil {
			t.Fatal(err)
		}
		between.AddCert(issuer)
		for _, name := range []string{"oa.tjhb.gov.cn", "www.tjhb.gov.cn"} {
			if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between, CurrentTime: w.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !k.PublicKey.Equal(leaf.PublicKey) {
			t.Error("another key was certified")
		}
		if wild, _ := w.ordered(c, dns01, "*.tjhb.gov.cn"); wild == nil {
			t.Error("no wildcard")
		}
		again := &client.Client{Key: c.Key, DirectoryURL: w.directory}
		if a, err := again.GetReg(ctx, ""); err != nil || a.Status != "valid" {
			t.Errorf("found %+v, %v", a, err)
		}
		// proved lately: ready at once
		o, err := again.AuthorizeOrder(ctx, client.DomainIDs("www.tjhb.gov.cn"))
		if err != nil || o.Status != "ready" {
			t.Errorf("the second order is %+v, %v", o, err)
		}
		if err := c.AccountKeyRollover(ctx, p256(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := again.AuthorizeOrder(ctx, client.DomainIDs("www.tjhb.gov.cn")); err == nil {
			t.Error("the old key still orders")
		}
		other, _ := w.join(p256(t), "tjhb.gov.cn")
		if err := other.RevokeCert(ctx, nil, ders[0], client.CRLReasonKeyCompromise); err == nil {
			t.Error("another account revoked it")
		}
		if err := c.RevokeCert(ctx, nil, ders[0], client.CRLReasonKeyCompromise); err != nil {
			t.Error(err)
		}
		serial := hex.EncodeToString(leaf.SerialNumber.FillBytes(make([]byte, 16)))
		if st, err := w.authority.Status(ctx, serial); err != nil || st.State != ca.Revoked || st.Reason != 1 {
			t.Errorf("revoked: %+v, %v", st, err)
		}
		ders, k = w.ordered(c, http01, "www.tjhb.gov.cn")
		if err := other.RevokeCert(ctx, k, ders[0], client.CRLReasonSuperseded); err != nil { // with the certificate's own key
			t.Error(err)
		}
		if err := c.DeactivateReg(ctx); err != nil {
			t.Error(err)
		}
		if _, err := c.AuthorizeOrder(ctx, client.DomainIDs("www.tjhb.gov.cn")); err == nil {
			t.Error("a closed account orders")
		}
	})
}

// TestRSAAccount: an account with an RSA key, as certbot makes it.
func TestRSAAccount(t *testing.T) {
	w := open(t, storetest.Open(t))
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := w.join(k, "tjhb.gov.cn")
	w.ordered(c, http01, "www.tjhb.gov.cn")
}

func wants(t *testing.T, err error, kind, what string) {
	t.Helper()
	var p *client.Error
	if !errors.As(err, &p) || p.ProblemType != typePrefix+kind {
		var a *client.AuthorizationError
		if errors.As(err, &a) && len(a.Errors) > 0 {
			wants(t, a.Errors[0], kind, what)
			return
		}
		t.Errorf("%s: %v, wanted %s", what, err, kind)
	}
}

// TestRefused: who gets nothing.
func TestRefused(t *testing.T) {
	w := open(t, storetest.Open(t))
	ctx := t.Context()
	fresh := func() *client.Client { return &client.Client{Key: p256(t), DirectoryURL: w.directory} }
	_, err := fresh().Register(ctx, &client.Account{}, client.AcceptTOS)
	wants(t, err, externalAccountRequired, "without a binding")
	b, _, err := w.Bind(ctx, officer, "environment", []string{"tjhb.gov.cn"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fresh().Register(ctx, &client.Account{ExternalAccountBinding: &client.ExternalAccountBinding{KID: b.ID, Key: make([]byte, 32)}}, client.AcceptTOS)
	wants(t, err, unauthorized, "with another secret")
	_, err = fresh().Register(ctx, &client.Account{ExternalAccountBinding: &client.ExternalAccountBinding{KID: "none", Key: make([]byte, 32)}}, client.AcceptTOS)
	wants(t, err, unauthorized, "with a key id that is none")
	if _, _, err := w.Bind(ctx, identity.NewPrincipal("person:li", "gov", nil), "environment", []string{"tjhb.gov.cn"}); err == nil {
		t.Error("bound without the grant")
	}
	for _, bad := range []string{"", "gov", "a..b", "-a.cn", "a b.cn", "127.0.0.1"} {
		if _, _, err := w.Bind(ctx, officer, "environment", []string{bad}); err == nil {
			t.Errorf("bound %q", bad)
		}
	}

	c, b := w.join(p256(t), "tjhb.gov.cn")
	for _, row := range []struct{ name, kind string }{
		{"www.example.cn", rejectedIdentifier}, {"eviltjhb.gov.cn", rejectedIdentifier}, {"gov.cn", rejectedIdentifier},
		{"tjhb", malformed}, {"a_b.tjhb.gov.cn", malformed}, {"10.0.0.1", malformed}, {"*.*.tjhb.gov.cn", malformed},
	} {
		_, err := c.AuthorizeOrder(ctx, client.DomainIDs(row.name))
		wants(t, err, row.kind, row.name)
	}
	_, err = c.AuthorizeOrder(ctx, client.IPIDs("10.0.0.1"))
	wants(t, err, unsupportedIdentifier, "an address")

	o, err := c.AuthorizeOrder(ctx, client.DomainIDs("www.tjhb.gov.cn"))
	if err != nil {
		t.Fatal(err)
	}
	csr := func(names ...string) []byte {
		b, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: names}, p256(t))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	_, _, err = c.CreateOrderCert(ctx, o.FinalizeURL, csr("www.tjhb.gov.cn"), true)
	wants(t, err, orderNotReady, "finalized before it was proved")
	other, _ := w.join(p256(t), "tjhb.gov.cn")
	if _, err := other.GetOrder(ctx, o.URI); err == nil {
		t.Error("another account reads the order")
	}
	if _, err := other.GetAuthorization(ctx, o.AuthzURLs[0]); err == nil {
		t.Error("another account reads the authorization")
	}
	w.proved(c, o, http01)
	_, _, err = c.CreateOrderCert(ctx, o.FinalizeURL, csr("www.tjhb.gov.cn", "oa.tjhb.gov.cn"), true)
	wants(t, err, badCSR, "a request for more names")
	_, _, err = c.CreateOrderCert(ctx, o.FinalizeURL, csr("oa.tjhb.gov.cn"), true)
	wants(t, err, badCSR, "a request for another name")
	own, _ := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{"www.tjhb.gov.cn"}}, c.Key)
	_, _, err = c.CreateOrderCert(ctx, o.FinalizeURL, own, true)
	wants(t, err, badCSR, "the account's own key")
	if err := w.Unbind(ctx, officer, b.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = c.CreateOrderCert(ctx, o.FinalizeURL, csr("www.tjhb.gov.cn"), true)
	wants(t, err, rejectedIdentifier, "after the binding ended")
	_, err = c.AuthorizeOrder(ctx, client.DomainIDs("www.tjhb.gov.cn"))
	wants(t, err, rejectedIdentifier, "an order after the binding ended")
	if w.Unbind(ctx, officer, b.ID) == nil {
		t.Error("ended twice")
	}
}

// TestProofs: what does not prove a name, and that it is tried several times before it counts as failed.
func TestProofs(t *testing.T) {
	w := open(t, storetest.Open(t))
	ctx := t.Context()
	c, _ := w.join(p256(t), "tjhb.gov.cn")
	for _, row := range []struct {
		name, way, file, kind string
	}{
		{"www.tjhb.gov.cn", http01, "", unauthorized},
		{"www.tjhb.gov.cn", http01, "other text", unauthorized},
		{"www.tjhb.gov.cn", http01, "to http://far.tjhb.gov.cn/x", connection},
		{"www.tjhb.gov.cn", http01, "to https://www.tjhb.gov.cn/x", connection},
		{"far.tjhb.gov.cn", http01, "x", rejectedIdentifier},
		{"none.tjhb.gov.cn", http01, "x", dnsProblem},
		{"oa.tjhb.gov.cn", dns01, "x", unauthorized},
	} {
		o, err := c.AuthorizeOrder(ctx, client.DomainIDs(row.name))
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.GetAuthorization(ctx, o.AuthzURLs[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range a.Challenges {
			if ch.Type == row.way {
				if row.file != "" {
					w.show(row.name+c.HTTP01ChallengePath(ch.Token), row.file)
				}
				if _, err := c.Accept(ctx, ch); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i := range tries {
			if a, err = c.GetAuthorization(ctx, o.AuthzURLs[0]); err != nil || a.Status != "pending" {
				t.Fatalf("%s before try %d: %+v, %v", row.file, i, a, err)
			}
			if err := w.round(ctx); err != nil {
				t.Fatal(err)
			}
			w.wait(pause)
		}
		a, err = c.GetAuthorization(ctx, o.AuthzURLs[0])
		if err != nil || a.Status != "invalid" || len(a.Challenges) != 1 {
			t.Fatalf("%s: %+v, %v", row.file, a, err)
		}
		wants(t, a.Challenges[0].Error, row.kind, row.name+" "+row.file)
		if got, err := c.GetOrder(ctx, o.URI); err != nil || got.Status != "invalid" {
			t.Errorf("the order of a failed proof is %+v, %v", got, err)
		}
	}
}

// TestLimits: orders an hour and failed proofs an hour.
func TestLimits(t *testing.T) {
	w := open(t, storetest.Open(t))
	ctx := t.Context()
	c, _ := w.join(p256(t), "tjhb.gov.cn")
	c.RetryBackoff = func(int, *http.Request, *http.Response) time.Duration { return -1 }
	w.o.Settings.Orders = 2
	for range 2 {
		if _, err := c.AuthorizeOrder(ctx, client.DomainIDs("www.tjhb.gov.cn")); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.AuthorizeOrder(ctx, client.DomainIDs("www.tjhb.gov.cn"))
	wants(t, err, rateLimited, "a third order")
	if after, ok := client.RateLimit(err); !ok || after != time.Hour {
		t.Errorf("try again after %v", after)
	}
	w.wait(time.Hour + time.Second)
	c.RetryBackoff = func(int, *http.Request, *http.Response) time.Duration { return time.Millisecond } // for a fresh nonce
	if _, err := c.AuthorizeOrder(ctx, client.DomainIDs("www.tjhb.gov.cn")); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

// TestCrash: the certificate was issued and the program died before it was kept; it comes once.
func TestCrash(t *testing.T) {
	w := open(t, storetest.Open(t))
	ctx := t.Context()
	c, _ := w.join(p256(t), "tjhb.gov.cn")
	o, err := c.AuthorizeOrder(ctx, client.DomainIDs("www.tjhb.gov.cn"))
	if err != nil {
		t.Fatal(err)
	}
	w.proved(c, o, http01)
	var serials []string
	issue, dead := w.o.Issue, true
	w.o.Issue = func(ctx context.Context, o ca.Order) (ca.Certificate, error) {
		out, err := issue(ctx, o)
		if err == nil {
			serials = append(serials, out.Serial)
		}
		if dead {
			return out, context.Canceled
		}
		return out, err
	}
	csr, _ := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{"www.tjhb.gov.cn"}}, p256(t))
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if _, _, err := c.CreateOrderCert(short, o.FinalizeURL, csr, true); err == nil {
		t.Fatal("a certificate came although the program died")
	}
	dead = false
	if err := w.round(ctx); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetOrder(ctx, o.URI)
	if err != nil || got.Status != "valid" {
		t.Fatalf("%+v, %v", got, err)
	}
	if len(serials) != 2 || serials[0] != serials[1] {
		t.Errorf("issued %v", serials)
	}
}

// sign makes a JWS by hand, for requests that no client sends.
func sign(t *testing.T, k *ecdsa.PrivateKey, head map[string]any, payload string) []byte {
	t.Helper()
	h, _ := json.Marshal(head)
	protected, body := b64(h), b64([]byte(payload))
	sum := sha256.Sum256([]byte(protected + "." + body))
	r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	sig := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	out, _ := json.Marshal(map[string]string{"protected": protected, "payload": body, "signature": b64(sig)})
	return out
}

func jwkOf(t *testing.T, k *ecdsa.PrivateKey) map[string]string {
	t.Helper()
	b, err := k.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"kty": "EC", "crv": "P-256", "x": b64(b[1:33]), "y": b64(b[33:])}
}

// TestForged: requests that are signed wrongly, replayed, or sent elsewhere.
func TestForged(t *testing.T) {
	w := open(t, storetest.Open(t))
	k := p256(t)
	c, _ := w.join(k, "tjhb.gov.cn")
	reg, err := c.GetReg(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	base := strings.TrimSuffix(w.directory, "/directory")
	at := base + "/new-order"
	order := `{"identifiers":[{"type":"dns","value":"www.tjhb.gov.cn"}]}`
	used := w.nonce.make()
	for _, row := range []struct {
		name    string
		key     *ecdsa.PrivateKey
		change  func(h map[string]any)
		body    func(b []byte) []byte
		media   string
		url     string
		status  int
		problem string
	}{
		{name: "good", status: 201},
		{name: "a replayed nonce", change: func(h map[string]any) { h["nonce"] = used }, status: 201},
		{name: "a replayed nonce again", change: func(h map[string]any) { h["nonce"] = used }, status: 400, problem: badNonce},
		{name: "no nonce", change: func(h map[string]any) { delete(h, "nonce") }, status: 400, problem: badNonce},
		{name: "a made-up nonce", change: func(h map[string]any) { h["nonce"] = b64(make([]byte, 32)) }, status: 400, problem: badNonce},
		{name: "another key", key: p256(t), status: 400, problem: malformed},
		{name: "another address", change: func(h map[string]any) { h["url"] = base + "/new-account" }, status: 403, problem: unauthorized},
		{name: "no algorithm", change: func(h map[string]any) { h["alg"] = "none" }, status: 400, problem: badSignatureAlgorithm},
		{name: "HMAC with the public key", change: func(h map[string]any) { h["alg"] = "HS256" }, status: 400, problem: badSignatureAlgorithm},
		{name: "a key beside the account", change: func(h map[string]any) { h["jwk"] = jwkOf(t, k) }, status: 400, problem: malformed},
		{name: "a key instead of the account", change: func(h map[string]any) { delete(h, "kid"); h["jwk"] = jwkOf(t, k) }, status: 400, problem: malformed},
		{name: "no account", change: func(h map[string]any) { h["kid"] = base + "/account/none" }, status: 400, problem: accountDoesNotExist},
		{name: "another server's account", change: func(h map[string]any) { h["kid"] = "https://evil.example/acme/account/1" }, status: 400, problem: accountDoesNotExist},
		{name: "crit", change: func(h map[string]any) { h["crit"] = []string{"x"} }, status: 400, problem: malformed},
		{name: "an unprotected header", body: func(b []byte) []byte { return bytes.Replace(b, []byte("{"), []byte(`{"header":{"alg":"none"},`), 1) }, status: 400, problem: malformed},
		{name: "no JSON", body: func([]byte) []byte { return []byte("x") }, status: 400, problem: malformed},
		{name: "too large", body: func(b []byte) []byte { return append(b, bytes.Repeat([]byte(" "), maxBody)...) }, status: 400, problem: malformed},
		{name: "another media type", media: "application/json", status: 415, problem: malformed},
		{name: "no address", url: base + "/nowhere", status: 404, problem: malformed},
	} {
		head := map[string]any{"alg": "ES256", "nonce": w.nonce.make(), "url": at, "kid": reg.URI}
		if row.change != nil {
			row.change(head)
		}
		key := k
		if row.key != nil {
			key = row.key
		}
		body, media, to := sign(t, key, head, order), "application/jose+json", at
		if row.body != nil {
			body = row.body(body)
		}
		if row.media != "" {
			media = row.media
		}
		if row.url != "" {
			to = row.url
		}
		r, err := http.Post(to, media, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		var p problem
		text, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if row.problem != "" && json.Unmarshal(text, &p) != nil || r.StatusCode != row.status || row.problem != "" && p.Type != typePrefix+row.problem {
			t.Errorf("%s: %d %s", row.name, r.StatusCode, text)
		}
		if r.Header.Get("Replay-Nonce") == "" && row.url == "" {
			t.Errorf("%s: no fresh nonce", row.name)
		}
	}
	w.wait(nonceLife)
	old := w.nonce.make()
	w.wait(nonceLife)
	if w.nonce.use(old) {
		t.Error("an old nonce is still good")
	}
}

// TestNetworks: where the program may connect to.
func TestNetworks(t *testing.T) {
	std, err := newProver(Defaults())
	if err != nil {
		t.Fatal(err)
	}
	narrow, err := newProver(Settings{Networks: []string{"10.1.0.0/16", "fd00::/8"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		addr        string
		std, narrow bool
	}{
		{"10.1.2.3", true, true}, {"10.2.0.1", true, false}, {"8.8.8.8", true, false}, {"127.0.0.1", false, false}, {"169.254.169.254", false, false}, {"0.0.0.0", false, false},
		{"224.0.0.1", false, false}, {"::1", false, false}, {"fe80::1", false, false}, {"fd00::1", true, true}, {"::ffff:127.0.0.1", false, false}, {"::ffff:10.1.2.3", true, true}, {"255.255.255.255", false, false},
	} {
		addrs, err := std.lookup(t.Context(), row.addr)
		if err != nil {
			t.Fatal(err)
		}
		if std.may(addrs[0]) != row.std || narrow.may(addrs[0]) != row.narrow {
			t.Errorf("%s: %v and %v", row.addr, std.may(addrs[0]), narrow.may(addrs[0]))
		}
	}
	for _, bad := range []Settings{{Networks: []string{"x"}}, {Hosts: []string{"a.cn"}}, {Hosts: []string{"a.cn=x"}}, {Resolver: "dns"}} {
		if _, err := newProver(bad); err == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}

// TestBound: the binding's inner JWS is held to everything that RFC 8555 7.3.4 asks.
func TestBound(t *testing.T) {
	k, secret := p256(t), []byte("0123456789abcdef0123456789abcdef")
	jwk, _ := json.Marshal(jwkOf(t, k))
	other, _ := json.Marshal(jwkOf(t, p256(t)))
	for _, row := range []struct {
		name, url, alg string
		key            []byte
		nonce          string
		good           bool
	}{
		{"good", "u", "HS256", jwk, "", true}, {"another address", "v", "HS256", jwk, "", false}, {"another algorithm", "u", "none", jwk, "", false},
		{"another key", "u", "HS256", other, "", false}, {"a nonce", "u", "HS256", jwk, "n", false},
	} {
		h, _ := json.Marshal(map[string]string{"alg": row.alg, "kid": "k1", "url": row.url, "nonce": row.nonce})
		protected, body := b64(h), b64(row.key)
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(protected + "." + body))
		inner, _ := json.Marshal(map[string]string{"protected": protected, "payload": body, "signature": b64(mac.Sum(nil))})
		kid, err := bound(inner, jwk, "u", func(string) ([]byte, error) { return secret, nil })
		if (err == nil) != row.good || row.good && kid != "k1" {
			t.Errorf("%s: %q, %v", row.name, kid, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"protected":"e30","payload":"","signature":""}`), []byte(`{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`))
	f.Fuzz(func(t *testing.T, text, jwk []byte) {
		m, err := parse(text)
		k, errK := parseKey(jwk)
		if err != nil || errK != nil {
			return
		}
		_ = m.verify(k)
		if again, err := parseKey([]byte(k.jwk)); err != nil || again.jwk != k.jwk {
			t.Errorf("the canonical form of %q is read as another: %v", jwk, err)
		}
	})
}
