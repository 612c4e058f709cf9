package duty

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

var raw64 = base64.RawURLEncoding

// pushed is what the push service was given.
type pushed struct {
	head http.Header
	body []byte
}

// service is a push service: it takes what it is posted, and says of /gone that the browser is no more.
func service(t *testing.T) (at string, took chan pushed) {
	took = make(chan pushed, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
			return
		}
		took <- pushed{r.Header, b}
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(s.Close)
	return s.URL, took
}

// browser is a browser's side of a subscription: its key pair and its secret.
type browser struct {
	key  *ecdh.PrivateKey
	auth []byte
	json string
}

func newBrowser(t *testing.T, endpoint string) browser {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := browser{key: key, auth: make([]byte, 16)}
	rand.Read(b.auth)
	text, err := json.Marshal(map[string]any{"endpoint": endpoint, "expirationTime": nil, "keys": map[string]string{"p256dh": raw64.EncodeToString(key.PublicKey().Bytes()), "auth": raw64.EncodeToString(b.auth)}})
	if err != nil {
		t.Fatal(err)
	}
	b.json = string(text)
	return b
}

// derive is HKDF for one block, written here once more from RFC 5869 so that the program is not its own judge.
func derive(salt, secret []byte, info string, n int) []byte {
	m := hmac.New(sha256.New, salt)
	m.Write(secret)
	prk := m.Sum(nil)
	m = hmac.New(sha256.New, prk)
	m.Write([]byte(info))
	m.Write([]byte{1})
	return m.Sum(nil)[:n]
}

// open decrypts as a browser does: RFC 8188 section 2.1 for the head, RFC 8291 section 3.4 for the keys.
func (b browser) open(t *testing.T, body []byte) (said struct{ ID, Lang, Title, Body, Link, Reply string }) {
	t.Helper()
	if len(body) < 103 || body[20] != 65 {
		t.Fatalf("%d bytes are no message", len(body))
	}
	theirs, err := ecdh.P256().NewPublicKey(body[21:86])
	if err != nil {
		t.Fatal(err)
	}
	shared, err := b.key.ECDH(theirs)
	if err != nil {
		t.Fatal(err)
	}
	ikm := derive(b.auth, shared, "WebPush: info\x00"+string(b.key.PublicKey().Bytes())+string(body[21:86]), 32)
	block, err := aes.NewCipher(derive(body[:16], ikm, "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm.Open(nil, derive(body[:16], ikm, "Content-Encoding: nonce\x00", 12), body[86:], nil)
	if err != nil || plain[len(plain)-1] != 2 {
		t.Fatalf("the message does not open: %v", err)
	}
	if err := json.Unmarshal(plain[:len(plain)-1], &said); err != nil {
		t.Fatal(err)
	}
	return said
}

// signed holds a token to the key that the page gave the browser. RFC 8292 sections 2 and 3.
func signed(t *testing.T, head http.Header, key, audience string) {
	t.Helper()
	token, k, _ := strings.Cut(strings.TrimPrefix(head.Get("Authorization"), "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	point, err := raw64.DecodeString(key)
	if err != nil || k != key || len(parts) != 3 || len(point) != 65 {
		t.Fatalf("the page gave the key %q, the message bears %q", key, k)
	}
	sig, _ := raw64.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	pub := ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(point[1:33]), Y: new(big.Int).SetBytes(point[33:])}
	if len(sig) != 64 || !ecdsa.Verify(&pub, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		t.Error("the token is not signed with the key that the browser subscribed with")
	}
	if claims, _ := raw64.DecodeString(parts[1]); !strings.Contains(string(claims), `"aud":"`+audience+`"`) {
		t.Errorf("the token is for %s", claims)
	}
}

var keyField = regexp.MustCompile(`name="key" value="([^"]+)"`)

// tell tells the public of an area, and wants an answer, which the public is not asked for.
func (d *desk) tell(title string) {
	d.t.Helper()
	err := d.DB.Write(d.t.Context(), func(tx *store.Tx) error {
		list, err := d.Duty.Post.Who(tx, notice.Wanted{Duty: notice.Public})
		if err != nil {
			return err
		}
		_, err = d.Duty.Post.Tell(tx, notice.Message{About: "warning:1", Title: lang.Same(title), Body: lang.T("请关好门窗。", "Keep windows shut."), Link: "/emergency/public", Priority: 1, AckBy: time.Minute, Levels: [][]notice.Contact{list}})
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// officerOf is the demo's officer, who may keep contacts.
func officerOf(t *testing.T, d *desk) *identity.Principal {
	t.Helper()
	by := identity.System("identity")
	list, _, err := d.People.People(t.Context(), by, identity.PeopleQuery{Search: "officer"})
	for _, p := range list {
		if p.Login == "officer" {
			return identity.NewPrincipal("person:"+p.ID, p.Unit, nil, notice.GrantContacts)
		}
	}
	t.Fatalf("no officer: %v", err)
	return nil
}

// TestPush: a citizen's browser subscribes on their page, is told what only it can read, and is forgotten when they stop.
func TestPush(t *testing.T) {
	at, took := service(t)
	d := &desk{hosttest.OpenSet(t, func(s *host.Settings) { s.Channel.PushBy = at }, works(), System()), t}
	citizen := d.As("customer")
	page := citizen.Get("/zh/my/duty/notices")
	contains(t, "the page", page.Body, `id="push-on"`, "推送服务送达本浏览器", `required`, "滨海新区", "/js/shell.mjs")
	found := keyField.FindStringSubmatch(page.Body)
	if found == nil {
		t.Fatal("the page has no key to subscribe with")
	}
	worker := d.Nobody().Get("/push/worker.js")
	if worker.Status != http.StatusOK || !strings.HasPrefix(worker.Header.Get("Content-Type"), "text/javascript") || !strings.Contains(worker.Body, "showNotification") {
		t.Errorf("the worker: %d %v", worker.Status, worker.Header)
	}
	b := newBrowser(t, at+"/push/1")
	form := func(sub string) url.Values {
		return url.Values{"subscription": {sub}, "area": {"120116"}, "consent": {"1"}}
	}
	elsewhere, bare := newBrowser(t, "http://169.254.169.254/latest"), form(b.json)
	bare.Del("consent")
	denied := url.Values{"failed": {"denied"}, "consent": {"1"}}
	for want, f := range map[string]url.Values{"不接受该浏览器": form(elsewhere.json), "请先同意": bare, "浏览器未允许通知": denied, "推送订阅无效": form(`{"endpoint":"x"}`)} {
		if a := citizen.Post("/zh/duty/notices/push", f); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, want) {
			t.Errorf("%s: %d", want, a.Status)
		}
	}
	if a := d.Nobody().Post("/zh/duty/notices/push", form(b.json)); a.Status == http.StatusSeeOther && strings.Contains(a.Header.Get("Location"), "push=on") {
		t.Error("nobody subscribed")
	}
	if a := citizen.Post("/zh/duty/notices/push", form(b.json)); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/zh/my/duty/notices?push=on" {
		t.Fatalf("subscribe: %d %s", a.Status, a.Body)
	}
	d.tell("暴雨红色预警")
	got := <-took
	if said := b.open(t, got.body); said.Title != "暴雨红色预警" || said.Body != "请关好门窗。" || said.Reply != "" || said.Link != "/zh/emergency/public" {
		t.Errorf("the browser reads %+v", said)
	}
	signed(t, got.head, found[1], at)
	if strings.Contains(string(got.body), "暴雨") || got.head.Get("Content-Encoding") != "aes128gcm" || got.head.Get("TTL") == "" {
		t.Errorf("what goes over the wire: %v", got.head)
	}
	if again := keyField.FindStringSubmatch(citizen.Get("/en/my/duty/notices").Body); again == nil || again[1] != found[1] {
		t.Error("the key is another one now")
	}
	id := regexp.MustCompile(`id="push-off-([0-9a-f]{16})"`).FindStringSubmatch(citizen.Get("/zh/my/duty/notices").Body)
	if id == nil {
		t.Fatal("no form ends the subscription")
	}
	if a := d.As("officer").Post("/zh/duty/notices/push/end", url.Values{"id": {id[1]}}); a.Status != http.StatusNotFound {
		t.Errorf("an officer ended a citizen's subscription: %d", a.Status)
	}
	if a := citizen.Post("/zh/duty/notices/push/end", url.Values{"id": {id[1]}}); a.Status != http.StatusSeeOther {
		t.Fatalf("end: %d %s", a.Status, a.Body)
	}
	if list, _, err := d.Duty.Post.Contacts(t.Context(), officerOf(t, d), notice.Wanted{Duty: notice.Public}); err != nil || len(list) != 0 {
		t.Errorf("still kept: %v %v", list, err)
	}
	if a := citizen.Post("/zh/duty/notices/push", form(b.json)); a.Status != http.StatusSeeOther {
		t.Fatalf("subscribe again: %d", a.Status)
	}
	if a := citizen.Post("/zh/account/close", url.Values{"password": {"Haihe-2015-demo!"}}); a.Status != http.StatusSeeOther {
		t.Fatalf("close the account: %d %s", a.Status, a.Body)
	}
	if list, _, err := d.Duty.Post.Contacts(t.Context(), officerOf(t, d), notice.Wanted{Duty: notice.Public}); err != nil || len(list) != 0 {
		t.Errorf("kept of a closed account: %v %v", list, err)
	}
	if entries, _, err := d.Journal.List(t.Context(), journal.Filter{Verb: "subscribe-push"}); err != nil || len(entries) != 2 || strings.Contains(string(entries[0].Detail), at) {
		t.Errorf("the journal has %+v, %v", entries, err)
	}
}

// TestPushFallsBack: an officer's browser comes before the other ways; one that is gone costs no notice.
func TestPushFallsBack(t *testing.T) {
	at, _ := service(t)
	d := &desk{hosttest.OpenSet(t, func(s *host.Settings) { s.Channel.PushBy = at }, works(), System()), t}
	op := d.As("officer")
	me := officerOf(t, d)
	if _, err := d.Duty.Post.Save(t.Context(), me, notice.Contact{Name: lang.Same("值班"), Duty: "duty-officer", Person: me.ID, Ways: []notice.Way{{Channel: "page", Address: me.ID}}}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, at+"/gone")
	if a := op.Post("/zh/duty/notices/push", url.Values{"subscription": {b.json}, "consent": {"1"}}); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/zh/duty/notices/mine") {
		t.Fatalf("subscribe: %d %s", a.Status, a.Body)
	}
	err := d.DB.Write(t.Context(), func(tx *store.Tx) error {
		list, err := d.Duty.Post.Who(tx, notice.Wanted{Duty: "duty-officer"})
		if err != nil || len(list) != 1 || len(list[0].Ways) != 2 || list[0].Ways[0].Channel != "push" {
			t.Fatalf("the contact has %+v, %v", list, err)
		}
		_, err = d.Duty.Post.Tell(tx, notice.Message{About: "case:1", Title: lang.Same("复核"), Priority: 2, AckBy: time.Hour, Levels: [][]notice.Contact{list}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		list, _, err := d.Duty.Post.OfPerson(t.Context(), me, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 1 && list[0].State == notice.Told && list[0].Delivery.Channel == "page" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a browser that is gone: %+v", list)
		}
	}
	if body := op.Get("/zh/duty/notices/contacts").Body; !strings.Contains(body, "值班人员") || strings.Contains(body, "p256dh") {
		t.Error("the list of contacts writes keys")
	}
}
