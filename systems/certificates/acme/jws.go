package acme

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
)

// algorithms are the signatures that accounts may use. RFC 8555 6.2 asks for ES256; RS256 is what certbot's accounts have.
var algorithms = []string{"ES256", "RS256"}

// message is a request's flattened JWS. RFC 7515 7.2.2, RFC 8555 6.2
type message struct {
	Protected string `json:"protected"`
	Payload   string `json:"payload"`
	Signature string `json:"signature"`

	head header
	body []byte
	sig  []byte
}

type header struct {
	Alg   string          `json:"alg"`
	Nonce string          `json:"nonce"`
	URL   string          `json:"url"`
	JWK   json.RawMessage `json:"jwk"`
	Kid   string          `json:"kid"`
	Crit  json.RawMessage `json:"crit"`
}

// key is an account's public key with its canonical JWK.
type key struct {
	public crypto.PublicKey
	jwk    string // canonical: what the thumbprint is made over. RFC 7638 3
}

// thumb is the key's thumbprint. RFC 7638
func (k *key) thumb() string {
	sum := sha256.Sum256([]byte(k.jwk))
	return b64(sum[:])
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unb64(s string) ([]byte, error) { return base64.RawURLEncoding.Strict().DecodeString(s) }

// parse reads a JWS; its signature is not verified yet.
func parse(text []byte) (*message, error) {
	var m message
	var loose struct {
		Header     json.RawMessage `json:"header"`
		Signatures json.RawMessage `json:"signatures"`
	}
	if json.Unmarshal(text, &m) != nil || json.Unmarshal(text, &loose) != nil {
		return nil, fail(malformed, "请求不是扁平 JSON 格式的 JWS", "the request is no JWS in flattened JSON")
	}
	if loose.Header != nil || loose.Signatures != nil { // RFC 8555 6.2
		return nil, fail(malformed, "JWS 不得含未受保护的头或多个签名", "a JWS must not have an unprotected header or several signatures")
	}
	head, err := unb64(m.Protected)
	if err == nil {
		err = json.Unmarshal(head, &m.head)
	}
	if err == nil {
		m.body, err = unb64(m.Payload)
	}
	if err == nil {
		m.sig, err = unb64(m.Signature)
	}
	if err != nil {
		return nil, fail(malformed, "JWS 的编码有误", "the JWS is not encoded as it should be")
	}
	if m.head.Crit != nil {
		return nil, fail(malformed, "不支持 JWS 的 crit", "crit of a JWS is not supported")
	}
	return &m, nil
}

// verify holds the message to a key.
func (m *message) verify(k *key) error {
	sum := sha256.Sum256([]byte(m.Protected + "." + m.Payload))
	good := false
	switch pub := k.public.(type) {
	case *ecdsa.PublicKey:
		if m.head.Alg != "ES256" {
			return badAlgorithm(m.head.Alg)
		}
		good = len(m.sig) == 64 && ecdsa.Verify(pub, sum[:], new(big.Int).SetBytes(m.sig[:32]), new(big.Int).SetBytes(m.sig[32:]))
	case *rsa.PublicKey:
		if m.head.Alg != "RS256" {
			return badAlgorithm(m.head.Alg)
		}
		good = rsa.VerifyPKCS1v15(pub, crypto.SHA256, sum[:], m.sig) == nil
	}
	if !good {
		return fail(malformed, "签名不符", "the signature does not fit")
	}
	return nil
}

func badAlgorithm(alg string) error {
	p := fail(badSignatureAlgorithm, "不支持签名算法 %s", "the signature algorithm %s is not supported", clip(alg, 20))
	p.Algorithms = algorithms
	return p
}

// parseKey reads a JWK: P-256, or RSA of 2048 to 4096 bits.
func parseKey(raw []byte) (*key, error) {
	var j struct{ Kty, Crv, X, Y, N, E, D string }
	bad := fail(badPublicKey, "账户密钥须为 P-256，或 2048 至 4096 位的 RSA", "an account's key is P-256, or RSA of 2048 to 4096 bits")
	if json.Unmarshal(raw, &j) != nil || j.D != "" {
		return nil, bad
	}
	switch {
	case j.Kty == "EC" && j.Crv == "P-256":
		x, errX := unb64(j.X)
		y, errY := unb64(j.Y)
		if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
			return nil, bad
		}
		pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
		if err != nil {
			return nil, bad
		}
		return &key{pub, `{"crv":"P-256","kty":"EC","x":"` + b64(x) + `","y":"` + b64(y) + `"}`}, nil
	case j.Kty == "RSA":
		n, errN := unb64(j.N)
		e, errE := unb64(j.E)
		if errN != nil || errE != nil || len(n) < 256 || len(n) > 512 || n[0] == 0 || !bytes.Equal(e, []byte{1, 0, 1}) {
			return nil, bad
		}
		return &key{&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}, `{"e":"AQAB","kty":"RSA","n":"` + b64(n) + `"}`}, nil
	}
	return nil, bad
}

// bound checks an external account binding: the inner JWS names kid, is over the outer key, for the same address, under the secret.
// RFC 8555 7.3.4
func bound(inner, outerKey json.RawMessage, url string, secret func(kid string) ([]byte, error)) (kid string, err error) {
	m, err := parse(inner)
	if err != nil {
		return "", err
	}
	refused := fail(unauthorized, "外部账户绑定不符：请核对编号和密钥", "the external account binding does not fit: check key id and secret")
	if m.head.Alg != "HS256" || m.head.Nonce != "" || m.head.URL != url || m.head.Kid == "" {
		return "", refused
	}
	a, errA := parseKey(m.body)
	b, errB := parseKey(outerKey)
	if errA != nil || errB != nil || a.jwk != b.jwk {
		return "", refused
	}
	shared, err := secret(m.head.Kid)
	if err != nil {
		return "", refused
	}
	mac := hmac.New(sha256.New, shared)
	mac.Write([]byte(m.Protected + "." + m.Payload))
	if !hmac.Equal(mac.Sum(nil), m.sig) {
		return "", refused
	}
	return m.head.Kid, nil
}

// clip bounds foreign text in a message.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < 32 || r == 127 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
