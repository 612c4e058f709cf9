package acme

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/certificates/ca"
)

// Prefix is where the service stands.
const Prefix = "/acme"

// maxBody bounds a request; a request for a certificate of a hundred names fits many times.
const maxBody = 64 << 10

// Settings are the part's keys of the configuration.
type Settings struct {
	Address  string   `toml:"address" doc:"ACME 服务的对外网址，如 https://pki.example.cn；留空则取请求中的主机名 / public address of the ACME service, such as https://pki.example.cn; empty: the host that the request names"`
	Networks []string `toml:"networks" doc:"域名验证可连接的网段（CIDR）；留空则除本机、链路本地和组播外均可 / networks (CIDR) that proving a name may connect to; empty: all but loopback, link-local and multicast"`
	Hosts    []string `toml:"hosts" doc:"域名与地址对应，如 a.example.cn=10.1.2.3，先于 DNS / names and their addresses, such as a.example.cn=10.1.2.3, before DNS"`
	Resolver string   `toml:"resolver" doc:"DNS 服务器，如 10.0.0.53:53；留空则用本机的 / DNS server, such as 10.0.0.53:53; empty: the machine's"`
	Port     int      `toml:"port" min:"1" max:"65535" doc:"http-01 验证连接的端口 / port that http-01 connects to"`
	Orders   int      `toml:"orders" min:"1" max:"100000" doc:"每账户每小时的订单上限 / orders that an account may make in an hour"`
	Failures int      `toml:"failures" min:"1" max:"1000" doc:"每账户每域名每小时验证失败的上限 / failed proofs of a name that an account may make in an hour"`
}

// Defaults are the settings without a file.
func Defaults() Settings { return Settings{Port: 80, Orders: 300, Failures: 10} }

// Options are what the part works with.
type Options struct {
	DB       *store.DB
	Journal  *journal.Journal
	Vault    *trust.Vault
	Now      func() time.Time
	Log      *slog.Logger
	Settings Settings
	Issue    func(ctx context.Context, o ca.Order) (ca.Certificate, error)
	Revoke   func(ctx context.Context, by *identity.Principal, serial string, reason cert.Reason) error
}

// Service answers ACME.
type Service struct {
	o     Options
	nonce *nonces
	prove *prover
	mux   *http.ServeMux
	wake  chan struct{}
}

// Open migrates the tables and readies the service.
func Open(ctx context.Context, o Options) (*Service, error) {
	if err := o.DB.Migrate(ctx, "certificates.acme", tables); err != nil {
		return nil, errs.Wrap("migrate acme", err)
	}
	s := &Service{o: o, nonce: newNonces(o.Now), wake: make(chan struct{}, 1), mux: http.NewServeMux()}
	var err error
	if s.prove, err = newProver(o.Settings); err != nil {
		return nil, err
	}
	s.mux.HandleFunc("GET "+Prefix+"/directory", s.directory)
	s.mux.HandleFunc("GET "+Prefix+"/new-nonce", s.newNonce)
	for path, h := range map[string]struct {
		by who
		do func(*call) error
	}{
		"/new-account":         {byKey, s.newAccount},
		"/account/{id}":        {byAccount, s.account},
		"/account/{id}/orders": {byAccount, s.orders},
		"/key-change":          {byAccount, s.keyChange},
		"/new-order":           {byAccount, s.newOrder},
		"/order/{id}":          {byAccount, s.order},
		"/order/{id}/finalize": {byAccount, s.finalize},
		"/authz/{id}":          {byAccount, s.authz},
		"/challenge/{id}/{k}":  {byAccount, s.challenge},
		"/certificate/{id}":    {byAccount, s.certificate},
		"/revoke-cert":         {byEither, s.revoke},
	} {
		s.mux.HandleFunc("POST "+Prefix+path, s.post(h.by, h.do))
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p := fail(notFound, "没有这个地址", "there is no such address")
		if r.Method != http.MethodPost && r.Method != http.MethodGet {
			p.Status = http.StatusMethodNotAllowed
		}
		s.answer(w, p)
	})
	return s, nil
}

// ServeHTTP answers below Prefix.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// who signs a request: a key that it brings, or an account.
type who int

const (
	byKey who = iota
	byAccount
	byEither
)

// call is one verified request.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	base string // of addresses: scheme and host
	msg  *message
	key  *key     // that signed
	acct *account // nil where a key signed
}

func (c *call) url(parts ...string) string {
	return c.base + Prefix + "/" + strings.Join(parts, "/")
}

// into reads the payload.
func (c *call) into(v any) error {
	if json.Unmarshal(c.msg.body, v) != nil {
		return fail(malformed, "请求内容不是所需的 JSON", "the payload is not the JSON that is asked for")
	}
	return nil
}

// asGet tells whether the request only reads: POST-as-GET has an empty payload. RFC 8555 6.3
func (c *call) asGet() bool { return len(c.msg.body) == 0 }

// send answers with JSON.
func (c *call) send(status int, v any) error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	return json.NewEncoder(c.w).Encode(v)
}

// base is the address by which the caller reaches the service.
func (s *Service) base(r *http.Request) string {
	if s.o.Settings.Address != "" {
		return strings.TrimSuffix(s.o.Settings.Address, "/")
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// post wraps what signed requests have in common: media type, size, signature, address, nonce. Every answer brings a fresh nonce.
func (s *Service) post(by who, do func(*call) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{w: w, r: r, base: s.base(r)}
		s.head(w, c.base)
		err := s.admit(c, by)
		if err == nil {
			err = do(c)
		}
		if err != nil {
			s.answer(w, err)
		}
	}
}

// head sets what every answer bears. RFC 8555 6.5, 7.1
func (s *Service) head(w http.ResponseWriter, base string) {
	w.Header().Set("Replay-Nonce", s.nonce.make())
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Link", "<"+base+Prefix+`/directory>;rel="index"`)
}

func (s *Service) admit(c *call, by who) error {
	if kind, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";"); kind != "application/jose+json" {
		return fail(unsupportedMedia, "内容类型应为 application/jose+json", "the content type has to be application/jose+json")
	}
	text, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	if err != nil {
		return fail(malformed, "请求超过 %d 字节或未能读完", "the request is larger than %d bytes, or was cut off", maxBody)
	}
	if c.msg, err = parse(text); err != nil {
		return err
	}
	if c.msg.head.URL != c.base+c.r.URL.RequestURI() { // RFC 8555 6.4
		return fail(unauthorized, "JWS 的 url 与请求地址不符", "the url of the JWS is not the address of the request")
	}
	if err := s.who(c, by); err != nil {
		return err
	}
	if err := c.msg.verify(c.key); err != nil {
		return err
	}
	if !s.nonce.use(c.msg.head.Nonce) { // RFC 8555 6.5
		return fail(badNonce, "一次性随机数无效或已用过", "the nonce is not valid, or was used already")
	}
	return nil
}

// who finds the key that the request is to be verified with. RFC 8555 6.2
func (s *Service) who(c *call, by who) (err error) {
	h := c.msg.head
	if (len(h.JWK) > 0) == (h.Kid != "") || by == byKey && h.Kid != "" || by == byAccount && h.Kid == "" {
		return fail(malformed, "JWS 须含 jwk 或 kid 之一，按接口要求", "a JWS has either jwk or kid, as the address asks for")
	}
	if h.Kid == "" {
		c.key, err = parseKey(h.JWK)
		return err
	}
	id, ok := strings.CutPrefix(h.Kid, c.url("account", ""))
	if !ok || strings.Contains(id, "/") {
		return fail(accountDoesNotExist, "没有这个账户", "there is no such account")
	}
	err = s.o.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		a, err := one[account](tx, qAccount, id)
		c.acct = &a
		return err
	})
	if err != nil {
		if problemOf(err).Status == http.StatusNotFound {
			return fail(accountDoesNotExist, "没有这个账户", "there is no such account")
		}
		return err
	}
	if c.acct.status != "valid" {
		return fail(unauthorized, "账户已停用", "the account is deactivated")
	}
	c.key, err = parseKey([]byte(c.acct.jwk))
	return err
}

// answer writes a problem document.
func (s *Service) answer(w http.ResponseWriter, err error) {
	p := problemOf(err)
	if p.Status >= 500 {
		s.o.Log.Error("an ACME request failed", "error", p.cause)
	}
	if p.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retry))
	}
	if p.location != "" {
		w.Header().Set("Location", p.location)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = io.WriteString(w, p.text())
}

// directory lists the addresses. RFC 8555 7.1.1
func (s *Service) directory(w http.ResponseWriter, r *http.Request) {
	at := s.base(r) + Prefix
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=600")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"newNonce": at + "/new-nonce", "newAccount": at + "/new-account", "newOrder": at + "/new-order",
		"revokeCert": at + "/revoke-cert", "keyChange": at + "/key-change",
		"meta": map[string]any{"externalAccountRequired": true},
	})
}

// newNonce gives a nonce: 200 to HEAD, 204 to GET. RFC 8555 7.2
func (s *Service) newNonce(w http.ResponseWriter, r *http.Request) {
	s.head(w, s.base(r))
	if r.Method != http.MethodHead {
		w.WriteHeader(http.StatusNoContent)
	}
}
