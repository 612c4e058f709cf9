package channel

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
)

// push gives messages to the push service of a browser. RFC 8030, signed as RFC 8292 and encrypted as RFC 8291 have it.
type push struct {
	*tool
	key    *ecdsa.PrivateKey
	public string
	who    string
	by     []string // hosts of push services
}

// pushServices are those of the browsers in use: Chromium's, Firefox's, Edge's, Safari's.
const pushServices = "fcm.googleapis.com, push.services.mozilla.com, notify.windows.com, push.apple.com"

// Browsers is the channel that people subscribe to with their own browsers.
type Browsers interface {
	PublicKey() string                     // that a browser subscribes with, base64url. RFC 8292 section 4
	Accept(address string) (string, error) // a subscription as it is kept; errs.Invalid for none, and for one of a service that is not accepted
}

// NewPushKey makes a key of web push, PEM. RFC 8292 section 2: ECDSA over P-256.
func NewPushKey() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", errs.As(errs.Internal, "make a key", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", errs.As(errs.Internal, "write a key", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// BrowsersOf finds the channel of browsers among those that are open; nil where there is none.
func BrowsersOf(list []notice.Channel) Browsers {
	for _, c := range list {
		if b, ok := c.(Browsers); ok {
			return b
		}
	}
	return nil
}

func openPush(t *tool, s Settings, kept func() (string, error)) (notice.Channel, error) {
	if !s.Push {
		return nil, nil
	}
	read := kept
	if s.PushKey != "" {
		read = func() (string, error) { return secret(s.PushKey) }
	}
	text, err := read()
	if err != nil {
		return nil, err
	}
	key, err := pushKey(text)
	if err != nil {
		return nil, err
	}
	public, err := PublicKey(key)
	if err != nil {
		return nil, err
	}
	p := &push{tool: t, key: key, public: public, who: s.PushWho}
	for host := range strings.FieldsFuncSeq(s.PushBy, func(c rune) bool { return c == ',' || c == ' ' }) {
		p.by = append(p.by, strings.ToLower(host))
	}
	return p, nil
}

// PublicKey is what browsers subscribe with.
func (p *push) PublicKey() string { return p.public }

// Accept reads a subscription and writes it without what nobody needs.
func (p *push) Accept(address string) (string, error) {
	sub, _, _, err := p.read(address)
	if err != nil {
		return "", err
	}
	out, err := json.Marshal(sub)
	return string(out), errs.As(errs.Internal, "write a subscription", err)
}

// read holds a subscription to its form. Anybody with an account may hand one in, so that only the services of the settings are ever
// called: the program is nobody's way into the network that it stands in.
func (p *push) read(address string) (sub Subscription, public, auth []byte, err error) {
	wrong := errs.Say(errs.Invalid, "推送订阅无效", "this is no push subscription")
	if json.Unmarshal([]byte(address), &sub) != nil || webAddress(sub.Endpoint) != nil || strings.ContainsAny(sub.Endpoint, "; \t") {
		return sub, nil, nil, wrong
	}
	u, err := url.Parse(sub.Endpoint)
	if err != nil || !p.serves(u) {
		return sub, nil, nil, errs.Say(errs.Invalid, "不接受该浏览器所用的推送服务", "the push service of this browser is not accepted here")
	}
	public, err1 := raw64.DecodeString(strings.TrimRight(sub.Keys.P256DH, "="))
	auth, err2 := raw64.DecodeString(strings.TrimRight(sub.Keys.Auth, "="))
	if err1 != nil || err2 != nil || len(auth) != 16 {
		return sub, nil, nil, wrong
	}
	if _, err := ecdh.P256().NewPublicKey(public); err != nil {
		return sub, nil, nil, wrong
	}
	return sub, public, auth, nil
}

// serves tells whether a service is one of the settings: over https, or as it is written there with scheme and port.
func (p *push) serves(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	for _, s := range p.by {
		if strings.EqualFold(u.Scheme+"://"+u.Host, s) || u.Scheme == "https" && u.Port() == "" && (host == s || strings.HasSuffix(host, "."+s)) {
			return true
		}
	}
	return false
}

func pushKey(text string) (*ecdsa.PrivateKey, error) {
	wrong := errs.Say(errs.Invalid, "push_key 应为 P-256 私钥（PEM）", "push_key is a P-256 key in PEM")
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, wrong
	}
	if k, err := x509.ParseECPrivateKey(block.Bytes); err == nil && k.Curve == elliptic.P256() {
		return k, nil
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if k, ok := any.(*ecdsa.PrivateKey); err == nil && ok && k.Curve == elliptic.P256() {
		return k, nil
	}
	return nil, wrong
}

// Name is "push"; an address is a browser's subscription as JSON.
func (*push) Name() string { return "push" }

// Found cannot say: a push service keeps no list for us. Topic is the same whenever a message is sent, so that one that waits is replaced.
func (*push) Found(context.Context, string) (string, bool, bool, error) { return "", false, false, nil }

// Subscription is what a browser gives.
type Subscription struct {
	Endpoint string `json:"endpoint"`
	Keys     struct {
		P256DH string `json:"p256dh"`
		Auth   string `json:"auth"`
	} `json:"keys"`
}

var raw64 = base64.RawURLEncoding

// maxPush is what every push service takes of a message before it is encrypted. RFC 8291 section 4.
const maxPush = 3993

// Send encrypts and posts a message; a subscription that has ended (404, 410) is never tried again.
func (p *push) Send(ctx context.Context, d notice.Delivery) (string, error) {
	sub, public, auth, err := p.read(d.Address)
	if err != nil {
		return "", err
	}
	text := []rune(d.Body)
	var plain []byte
	for { // the whole stands behind the link
		var err error
		if plain, err = json.Marshal(told{d.Key, string(d.Lang), d.Title, string(text), p.link(d), p.reply(d)}); err != nil {
			return "", errs.As(errs.Internal, "write a notice", err)
		}
		if len(plain) <= maxPush || len(text) == 0 {
			break
		}
		text = text[:len(text)/2]
	}
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return "", errs.As(errs.Internal, "make a key", err)
	}
	salt := make([]byte, 16)
	rand.Read(salt) // never fails
	body, err := encrypt(plain, public, auth, key, salt)
	if err != nil {
		return "", errs.As(errs.Invalid, "encrypt a notice", err)
	}
	token, err := p.token(sub.Endpoint)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(d.Key))
	resp, err := p.post(ctx, sub.Endpoint, "application/octet-stream", d.Key, body, map[string]string{
		"Content-Encoding": "aes128gcm", "TTL": strconv.Itoa(int((4 * time.Hour).Seconds())), "Urgency": "high", "Topic": raw64.EncodeToString(sum[:24]), "Authorization": token})
	if err != nil {
		return "", err
	}
	return resp.header.Get("Location"), nil
}

// token signs who sends, for one push service and half a day. RFC 8292 sections 2 and 3.
func (p *push) token(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", errs.As(errs.Invalid, "read an endpoint", err)
	}
	claims, err := json.Marshal(map[string]any{"aud": u.Scheme + "://" + u.Host, "exp": p.now().Add(12 * time.Hour).Unix(), "sub": p.who})
	if err != nil {
		return "", errs.As(errs.Internal, "write a token", err)
	}
	text := raw64.EncodeToString([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + raw64.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	if err != nil {
		return "", errs.As(errs.Internal, "sign a token", err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return "vapid t=" + text + "." + raw64.EncodeToString(sig) + ", k=" + p.public, nil
}

// PublicKey writes the key that browsers subscribe with.
func PublicKey(k *ecdsa.PrivateKey) (string, error) {
	e, err := k.PublicKey.ECDH()
	if err != nil {
		return "", errs.As(errs.Internal, "write a key", err)
	}
	return raw64.EncodeToString(e.Bytes()), nil
}
