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
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/notice"
)

// push gives messages to the push service of a browser. RFC 8030, signed as RFC 8292 and encrypted as RFC 8291 have it.
type push struct {
	*tool
	key *ecdsa.PrivateKey
	who string
}

func openPush(t *tool, s Settings) (notice.Channel, error) {
	if s.PushKey == "" {
		return nil, nil
	}
	text, err := secret(s.PushKey)
	if err != nil {
		return nil, err
	}
	key, err := pushKey(text)
	if err != nil {
		return nil, err
	}
	return &push{t, key, s.PushWho}, nil
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
	var sub Subscription
	wrong := errs.Say(errs.Invalid, "推送订阅无效", "this is no push subscription")
	if json.Unmarshal([]byte(d.Address), &sub) != nil || webAddress(sub.Endpoint) != nil {
		return "", wrong
	}
	public, err1 := raw64.DecodeString(sub.Keys.P256DH)
	auth, err2 := raw64.DecodeString(sub.Keys.Auth)
	if err1 != nil || err2 != nil || len(auth) != 16 {
		return "", wrong
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
		return "", wrong
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
	public, err := PublicKey(p.key)
	return "vapid t=" + text + "." + raw64.EncodeToString(sig) + ", k=" + public, err
}

// PublicKey writes the key that browsers subscribe with.
func PublicKey(k *ecdsa.PrivateKey) (string, error) {
	e, err := k.PublicKey.ECDH()
	if err != nil {
		return "", errs.As(errs.Internal, "write a key", err)
	}
	return raw64.EncodeToString(e.Bytes()), nil
}
