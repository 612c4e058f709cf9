package est

import (
	"crypto/tls"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/wire/cms"
)

var officer = identity.NewPrincipal("person:wang", "economy-it", nil, Grant)

type desk struct {
	*Service
	authority *ca.Authority
	url       string
	at        time.Time
}

func open(t *testing.T, db *store.DB) *desk {
	t.Helper()
	w, ctx := &desk{at: time.Now()}, t.Context()
	now := func() time.Time { return w.at }
	j, err := journal.Open(ctx, db, now)
	if err != nil {
		t.Fatal(err)
	}
	v, err := trust.Open(ctx, trust.Options{DB: db, Journal: j, Now: now, Seal: make([]byte, trust.SealSize)})
	if err != nil {
		t.Fatal(err)
	}
	logs, err := tiles.Open(ctx, db, now)
	if err != nil {
		t.Fatal(err)
	}
	log, err := logs.Log(ctx, tiles.Options{Name: "certificates", Origin: "haihe.test/certificates"})
	if err != nil {
		t.Fatal(err)
	}
	if w.authority, err = ca.Open(ctx, ca.Options{DB: db, Journal: j, Vault: v, Log: log, Now: now, Settings: ca.Settings{Organization: "海河", PolicyArc: []int{2, 999, 1}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.authority.Demo(ctx); err != nil {
		t.Fatal(err)
	}
	if w.Service, err = Open(ctx, Options{DB: db, Journal: j, Now: now, Log: slog.New(slog.DiscardHandler), Issue: w.authority.Issue, Get: w.authority.Get, Issuers: w.authority.Issuers}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(w.Service)
	srv.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	w.url = srv.URL + Prefix
	return w
}

func ask(t *testing.T, shown *tls.Certificate, method, url, user, password, media, body string) (int, []byte) {
	t.Helper()
	conf := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the test server's own certificate
	if shown != nil {
		conf.Certificates = []tls.Certificate{*shown}
	}
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: conf, DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		r.SetBasicAuth(user, password)
	}
	r.Header.Set("Content-Type", media)
	a, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	out, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, out
}

func opened(t *testing.T, text []byte) [][]byte {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	m, err := cms.ParseSigned(der)
	if err != nil {
		t.Fatal(err)
	}
	return m.Certificates
}

// TestEnrol: a device enrols in either algorithm, renews with its certificate, and is refused once that is revoked or the device has ended.
func TestEnrol(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := open(t, db), t.Context()
		d, password, err := w.Register(ctx, officer, "environment", "meter-7")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Register(ctx, officer, "environment", "meter-7"); err == nil {
			t.Error("registered twice")
		}
		request := func(alg pki.Algorithm, name string) (string, tls.Certificate) {
			k, err := pki.Generate(alg)
			if err != nil {
				t.Fatal(err)
			}
			der, err := cert.MakeRequest(cert.Name{{Type: cert.CommonName, Value: name}}, k)
			if err != nil {
				t.Fatal(err)
			}
			return lines(base64.StdEncoding.EncodeToString(der)), tls.Certificate{PrivateKey: k}
		}
		csr, held := request(pki.ECDSA, "anything")
		gm, _ := request(pki.SM2, "anything")
		const media = "application/pkcs10"
		for _, row := range []struct {
			name, path, user, password, media, body string
			want                                    int
		}{
			{"nobody", "/simpleenroll", "", "", media, csr, 401}, {"a wrong password", "/simpleenroll", "meter-7", "x", media, csr, 401}, {"another device", "/simpleenroll", "meter-8", password, media, csr, 401},
			{"another media type", "/simpleenroll", "meter-7", password, "text/plain", csr, 400}, {"no base64", "/simpleenroll", "meter-7", password, media, "***", 400}, {"no request", "/simpleenroll", "meter-7", password, media, "AAAA", 400},
			{"SM2 at the address of ECDSA", "/simpleenroll", "meter-7", password, media, gm, 400}, {"a renewal in another name", "/simplereenroll", "meter-7", password, media, csr, 400},
			{"too large", "/simpleenroll", "meter-7", password, media, strings.Repeat("A", maxBody+4), 400}, {"no such service", "/serverkeygen", "meter-7", password, media, csr, 404},
		} {
			if got, text := ask(t, nil, "POST", w.url+row.path, row.user, row.password, row.media, row.body); got != row.want {
				t.Errorf("%s: %d %s", row.name, got, text)
			}
		}
		status, text := ask(t, nil, "POST", w.url+"/simpleenroll", "meter-7", password, media, csr)
		if status != 200 {
			t.Fatalf("%d %s", status, text)
		}
		der := opened(t, text)[0]
		if _, again := ask(t, nil, "POST", w.url+"/simpleenroll", "meter-7", password, media, csr); string(opened(t, again)[0]) != string(der) {
			t.Error("a retry gave another certificate")
		}
		if status, text := ask(t, nil, "POST", w.url+"/sm2/simpleenroll", "meter-7", password, media, gm); status != 200 {
			t.Errorf("SM2: %d %s", status, text)
		}
		leaf, err := cert.Read(der)
		if err != nil || leaf.Subject.CommonName != "meter-7" {
			t.Fatalf("%v, %v", leaf.Subject, err)
		}
		held.Certificate = [][]byte{der}
		next, _ := request(pki.ECDSA, "meter-7")
		if status, text := ask(t, &held, "POST", w.url+"/simplereenroll", "", "", media, next); status != 200 {
			t.Errorf("renewal: %d %s", status, text)
		}
		list, err := w.authority.Of(ctx, ca.Device, "meter-7")
		if err != nil || len(list) != 3 {
			t.Fatalf("%d certificates, %v", len(list), err)
		}
		for _, c := range list {
			if string(c.DER) == string(der) {
				if err := w.authority.Revoke(ctx, identity.System("certificates"), c.Serial, 1); err != nil {
					t.Fatal(err)
				}
			}
		}
		if status, _ := ask(t, &held, "POST", w.url+"/simplereenroll", "", "", media, next); status != 403 {
			t.Errorf("a revoked certificate: %d", status)
		}
		w.at = w.at.Add(passwordLife)
		if status, _ := ask(t, nil, "POST", w.url+"/simpleenroll", "meter-7", password, media, csr); status != 401 {
			t.Errorf("an old password: %d", status)
		}
		if err := w.End(ctx, officer, d.ID); err != nil {
			t.Fatal(err)
		}
		if w.End(ctx, officer, d.ID) == nil {
			t.Error("ended twice")
		}
	})
}

// TestCurl: curl and OpenSSL do the whole of it; the chain verifies.
func TestCurl(t *testing.T) {
	for _, p := range []string{"curl", "openssl", "sh"} {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed here: it does not judge", p)
		}
	}
	w, dir := open(t, storetest.Open(t)), t.TempDir()
	_, password, err := w.Register(t.Context(), officer, "environment", "meter-7")
	if err != nil {
		t.Fatal(err)
	}
	script := `set -e
curl -sfk $URL/cacerts | openssl base64 -d | openssl pkcs7 -inform DER -print_certs -out ca.pem
curl -sfk $URL/csrattrs | openssl base64 -d | openssl asn1parse -inform DER > attrs.txt
grep -q prime256v1 attrs.txt
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=meter-7 -outform DER -out req.der 2>/dev/null
openssl base64 -in req.der -out req.b64
curl -sfk -u meter-7:$PASSWORD -H 'Content-Type: application/pkcs10' --data-binary @req.b64 $URL/simpleenroll | openssl base64 -d | openssl pkcs7 -inform DER -print_certs -out cert.pem
openssl verify -purpose sslclient -CAfile ca.pem cert.pem
curl -sfk --cert cert.pem --key key.pem -H 'Content-Type: application/pkcs10' --data-binary @req.b64 $URL/simplereenroll | openssl base64 -d | openssl pkcs7 -inform DER -print_certs -out next.pem
openssl verify -purpose sslclient -CAfile ca.pem next.pem
curl -sfk $URL/sm2/csrattrs | openssl base64 -d | openssl asn1parse -inform DER | grep -q -i sm2`
	c := exec.CommandContext(t.Context(), "sh", "-c", script)
	c.Dir, c.Env = dir, append(os.Environ(), "URL="+w.url, "PASSWORD="+password)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "next.pem")); err != nil || !strings.Contains(string(b), "BEGIN CERTIFICATE") {
		t.Errorf("%s, %v", b, err)
	}
}
