package channel

import (
	"bufio"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
)

var delivery = notice.Delivery{Key: "k-1", Lang: "zh", Title: "红色预警 \"1\"", Body: "请撤离\n立即", Link: "/emergency/warnings/1", Ack: "t0ken"}

func reply(d notice.Delivery) string { return "https://haihe.example.cn/ack/" + d.Ack }

func one(t *testing.T, s Settings, name string) notice.Channel {
	t.Helper()
	list, err := Open(s, nil, "https://haihe.example.cn", reply, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Name() == name {
			return c
		}
	}
	t.Fatalf("there is no channel %q", name)
	return nil
}

func file(t *testing.T, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// endpoint keeps what it is given by key, and answers for it.
type endpoint struct {
	mu     sync.Mutex
	got    map[string]*http.Request
	bodies map[string]string
	status int
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.Method == http.MethodGet {
		if e.got[r.URL.Query().Get("key")] == nil {
			w.WriteHeader(http.StatusNotFound)
		}
		return
	}
	if e.status != 0 {
		w.WriteHeader(e.status)
		return
	}
	b, _ := io.ReadAll(r.Body)
	e.got[r.Header.Get("Idempotency-Key")], e.bodies[r.Header.Get("Idempotency-Key")] = r, string(b)
	w.Header().Set("Notice-Receipt", "r-1")
	_, _ = io.WriteString(w, `{"code":"OK"}`)
}

func serve(t *testing.T) (*endpoint, string) {
	e := &endpoint{got: map[string]*http.Request{}, bodies: map[string]string{}}
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	return e, s.URL
}

func TestHook(t *testing.T) {
	e, url := serve(t)
	c := one(t, Settings{Webhook: true}, "http").(hook)
	d := delivery
	d.Address = url + "/in?x=1"
	if _, found, known, err := c.FoundFor(t.Context(), d); found || !known || err != nil {
		t.Errorf("before: %v %v %v", found, known, err)
	}
	receipt, err := c.Send(t.Context(), d)
	if err != nil || receipt != "r-1" {
		t.Fatalf("%q %v", receipt, err)
	}
	var got told
	if err := json.Unmarshal([]byte(e.bodies["k-1"]), &got); err != nil || got.ID != "k-1" || got.Title != d.Title || got.Reply != "https://haihe.example.cn/ack/t0ken" {
		t.Errorf("%+v %v", got, err)
	}
	if _, found, known, err := c.FoundFor(t.Context(), d); !found || !known || err != nil {
		t.Errorf("after: %v %v %v", found, known, err)
	}
	for status, kind := range map[int]errs.Kind{http.StatusGone: errs.NotFound, http.StatusBadRequest: errs.Invalid, http.StatusFound: errs.Invalid, http.StatusBadGateway: errs.Unavailable, http.StatusTooManyRequests: errs.Unavailable} {
		e.mu.Lock()
		e.status = status
		e.mu.Unlock()
		if _, err := c.Send(t.Context(), d); !errs.Is(err, kind) {
			t.Errorf("%d: %v", status, err)
		}
	}
	for _, bad := range []string{"", "ftp://x/", "http://", "http://u:p@x/", "/x"} {
		d.Address = bad
		if _, err := c.Send(t.Context(), d); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	d.Address = "http://127.0.0.1:1/secret-path"
	if _, err := c.Send(t.Context(), d); !errs.Is(err, errs.Unavailable) || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("%v", err)
	}
}

func TestSMS(t *testing.T) {
	e, url := serve(t)
	s := Defaults()
	s.Push = false
	s.SMSURL, s.SMSQuery, s.SMSSecret, s.SMSOK = url, url+"?key={key}", file(t, "Bearer s3cret\n"), `"OK"`
	c := one(t, s, "sms")
	d := delivery
	d.Address = "+8613800000000"
	if _, err := c.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(e.bodies["k-1"]), &got); err != nil || got["phone"] != d.Address || !strings.HasPrefix(got["text"], d.Title+"\n"+d.Body) || got["id"] != "k-1" {
		t.Errorf("%v %v", got, err)
	}
	if e.got["k-1"].Header.Get("Authorization") != "Bearer s3cret" {
		t.Error("the secret is not there")
	}
	if _, found, known, err := c.Found(t.Context(), "k-1"); !found || !known || err != nil {
		t.Errorf("%v %v %v", found, known, err)
	}
	if _, found, known, _ := c.Found(t.Context(), "k-2"); found || !known {
		t.Error("what was not sent was found")
	}
	s.SMSOK = "accepted"
	if _, err := one(t, s, "sms").Send(t.Context(), d); !errs.Is(err, errs.Unavailable) {
		t.Errorf("%v", err)
	}
	d.Address = "138 0000"
	if _, err := c.Send(t.Context(), d); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
	s.SMSBody = "{text}"
	if _, err := Open(s, nil, "", reply, time.Now); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
	s.SMSSecret = "/nothing/here"
	if _, err := Open(s, nil, "", reply, time.Now); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
}

// mailbox is a small SMTP server with STARTTLS; it refuses mail to nobody@.
func mailbox(t *testing.T, conf *tls.Config) (addr string, letters chan string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	letters = make(chan string, 10)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go talk(c, conf, letters)
		}
	}()
	return ln.Addr().String(), letters
}

func talk(c net.Conn, conf *tls.Config, letters chan string) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(s string) { fmt.Fprintf(c, "%s\r\n", s) }
	say("220 test")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch cmd := strings.ToUpper(strings.TrimSpace(line)); {
		case strings.HasPrefix(cmd, "EHLO"):
			if conf != nil {
				say("250-test")
				say("250-AUTH PLAIN")
				say("250 STARTTLS")
			} else {
				say("250 test")
			}
		case cmd == "STARTTLS":
			say("220 go on")
			c = tls.Server(c, conf)
			r = bufio.NewReader(c)
		case strings.HasPrefix(cmd, "AUTH"):
			say("235 welcome")
		case strings.HasPrefix(cmd, "RCPT TO:<NOBODY@"):
			say("550 no such mailbox")
		case strings.HasPrefix(cmd, "RCPT TO:<BUSY@"):
			say("451 later")
		case cmd == "DATA":
			say("354 go on")
			var b strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil || line == ".\r\n" {
					break
				}
				b.WriteString(line)
			}
			letters <- b.String()
			say("250 taken")
		case cmd == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func TestMail(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	addr, letters := mailbox(t, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	s := Settings{MailServer: addr, MailFrom: "alert@haihe.example.cn", MailUser: "u", MailSecret: file(t, "p")}
	c := one(t, s, "mail").(*mail)
	c.roots = &tls.Config{RootCAs: x509.NewCertPool()}
	c.roots.RootCAs.AddCert(parsed)
	d := delivery
	d.Address = "officer@example.cn"
	if _, err := c.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	letter := <-letters
	head, body, _ := strings.Cut(letter, "\r\n\r\n")
	text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\r\n", ""))
	if err != nil || !strings.Contains(string(text), d.Body) || !strings.Contains(head, "Message-ID: <k-1@haihe.example.cn>") || !strings.Contains(head, "To: officer@example.cn") {
		t.Errorf("%s\n%s %v", head, text, err)
	}
	for to, kind := range map[string]errs.Kind{"nobody@example.cn": errs.Invalid, "busy@example.cn": errs.Unavailable, "x": errs.Invalid, "a@b\r\nBcc: c@d": errs.Invalid} {
		d.Address = to
		if _, err := c.Send(t.Context(), d); !errs.Is(err, kind) {
			t.Errorf("%q: %v", to, err)
		}
	}
	plain, _ := mailbox(t, nil)
	s.MailServer, s.MailUser, d.Address = plain, "", "officer@example.cn"
	if _, err := one(t, s, "mail").Send(t.Context(), d); !errs.Is(err, errs.Unavailable) {
		t.Errorf("mail went unencrypted: %v", err)
	}
	s.MailPlain = true
	if _, err := one(t, s, "mail").Send(t.Context(), d); err != nil {
		t.Error(err)
	}
}

// TestEncrypt is the example of RFC 8291, appendix A.
func TestEncrypt(t *testing.T) {
	un := func(s string) []byte {
		b, err := raw64.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	key, err := ecdh.P256().NewPrivateKey(un("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := encrypt([]byte("When I grow up, I want to be a watermelon"), un("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"), un("BTBZMqHH6r4Tts7J_aSIgg"), key, un("DGv6ra1nlYgDCS1FRnbzlw"))
	want := "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if err != nil || raw64.EncodeToString(got) != want {
		t.Errorf("%s %v", raw64.EncodeToString(got), err)
	}
}

// TestPush: a browser can read what it is sent, and the push service can tell who sends.
func TestPush(t *testing.T) {
	vapid, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(vapid)
	if err != nil {
		t.Fatal(err)
	}
	e, url := serve(t)
	c := one(t, Settings{Push: true, PushBy: url, PushKey: file(t, string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))), PushWho: "mailto:a@example.org"}, "push")
	browser, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	var sub Subscription
	sub.Endpoint, sub.Keys.P256DH, sub.Keys.Auth = url+"/push/1", raw64.EncodeToString(browser.PublicKey().Bytes()), raw64.EncodeToString(auth)
	address, err := json.Marshal(sub)
	if err != nil {
		t.Fatal(err)
	}
	d := delivery
	d.Address, d.Body = string(address), strings.Repeat("长", 4000)
	if _, err := c.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	body := []byte(e.bodies["k-1"])
	if len(body) > 4096 {
		t.Errorf("%d bytes", len(body))
	}
	theirs, err := ecdh.P256().NewPublicKey(body[21:86])
	if err != nil {
		t.Fatal(err)
	}
	shared, err := browser.ECDH(theirs)
	if err != nil {
		t.Fatal(err)
	}
	ikm, _ := hkdf.Key(sha256.New, shared, auth, "WebPush: info\x00"+string(browser.PublicKey().Bytes())+string(body[21:86]), 32)
	cek, _ := hkdf.Key(sha256.New, ikm, body[:16], "Content-Encoding: aes128gcm\x00", 16)
	nonce, _ := hkdf.Key(sha256.New, ikm, body[:16], "Content-Encoding: nonce\x00", 12)
	block, _ := aes.NewCipher(cek)
	gcm, _ := cipher.NewGCM(block)
	plain, err := gcm.Open(nil, nonce, body[86:], nil)
	var got told
	if err != nil || json.Unmarshal(plain[:len(plain)-1], &got) != nil || got.Title != d.Title {
		t.Fatalf("%v %+v", err, got)
	}
	head := e.got["k-1"].Header
	token, _, _ := strings.Cut(strings.TrimPrefix(head.Get("Authorization"), "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if len(parts) != 3 || head.Get("TTL") == "" || len(head.Get("Topic")) != 32 {
		t.Fatalf("%v", head)
	}
	sig, _ := raw64.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if len(sig) != 64 || !ecdsa.Verify(&vapid.PublicKey, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		t.Error("the token is not signed by our key")
	}
	claims, _ := raw64.DecodeString(parts[1])
	if !strings.Contains(string(claims), `"aud":"`+url+`"`) {
		t.Errorf("%s", claims)
	}
	for _, bad := range []string{"", "{}", strings.Replace(string(address), "/push/1", "", 1)[:20], `{"endpoint":"https://x/","keys":{"p256dh":"AAAA","auth":"AAAA"}}`} {
		d.Address = bad
		if _, err := c.Send(context.Background(), d); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
