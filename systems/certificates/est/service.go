package est

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/wire/cms"
)

// Prefix is where the service stands. RFC 7030 3.2.2
const Prefix = "/.well-known/est"

// maxBody bounds a request for a certificate.
const maxBody = 32 << 10

// Settings are the part's keys of the configuration.
type Settings struct {
	Proxied bool `toml:"proxied" doc:"TLS 由前置代理终结：允许设备口令经明文连接到达本机 / TLS ends at a proxy before this machine: devices' passwords may come over a plain connection"`
}

// Options are what the part works with.
type Options struct {
	DB       *store.DB
	Journal  *journal.Journal
	Now      func() time.Time
	Log      *slog.Logger
	Settings Settings
	Issue    func(ctx context.Context, o ca.Order) (ca.Certificate, error)
	Get      func(ctx context.Context, serial string) (ca.Certificate, []ca.Event, error)
	Issuers  func(ctx context.Context) ([]ca.Issuer, error)
}

// Service answers EST.
type Service struct {
	o   Options
	mux *http.ServeMux
}

// Open migrates the tables and readies the service.
func Open(ctx context.Context, o Options) (*Service, error) {
	if err := o.DB.Migrate(ctx, "certificates.est", tables); err != nil {
		return nil, errs.Wrap("migrate est", err)
	}
	s := &Service{o: o, mux: http.NewServeMux()}
	for label, alg := range map[string]pki.Algorithm{"": pki.ECDSA, "/sm2": pki.SM2} {
		s.mux.HandleFunc("GET "+Prefix+label+"/cacerts", s.answer(alg, s.authorities))
		s.mux.HandleFunc("GET "+Prefix+label+"/csrattrs", s.answer(alg, s.attributes))
		s.mux.HandleFunc("POST "+Prefix+label+"/simpleenroll", s.answer(alg, func(r *http.Request, a pki.Algorithm) (*reply, error) { return s.enroll(r, a, false) }))
		s.mux.HandleFunc("POST "+Prefix+label+"/simplereenroll", s.answer(alg, func(r *http.Request, a pki.Algorithm) (*reply, error) { return s.enroll(r, a, true) }))
	}
	return s, nil
}

// ServeHTTP answers below Prefix.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// reply is a body in base64, as all of EST is. RFC 7030 4.1.3, RFC 8951 2
type reply struct {
	media string
	body  []byte
}

const certsOnly = "application/pkcs7-mime; smime-type=certs-only"

// answer writes what a handler gives, or says in both languages why not. RFC 7030 4.2.3
func (s *Service) answer(alg pki.Algorithm, do func(*http.Request, pki.Algorithm) (*reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		out, err := do(r, alg)
		if err == nil {
			w.Header().Set("Content-Type", out.media)
			w.Header().Set("Content-Transfer-Encoding", "base64")
			_, _ = io.WriteString(w, lines(base64.StdEncoding.EncodeToString(out.body)))
			return
		}
		status := http.StatusInternalServerError
		switch errs.KindOf(err) {
		case errs.Invalid, errs.TooLarge, errs.Conflict:
			status = http.StatusBadRequest
		case errs.Unauthenticated:
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", `Basic realm="EST", charset="UTF-8"`)
		case errs.Denied:
			status = http.StatusForbidden
		case errs.NotFound:
			status = http.StatusNotFound
		case errs.Busy, errs.Unavailable:
			status = http.StatusServiceUnavailable
			w.Header().Set("Retry-After", "60")
		default:
			s.o.Log.Error("an EST request failed", "error", err)
		}
		text := "暂时不能办理 / this cannot be done now"
		if msg, ok := errs.MsgOf(err); ok {
			text = msg.Zh + " / " + msg.En
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text+"\n")
	}
}

// lines breaks base64 into lines of 64, which OpenSSL needs.
func lines(s string) string {
	var b strings.Builder
	for len(s) > 64 {
		b.WriteString(s[:64] + "\n")
		s = s[64:]
	}
	return b.String() + s + "\n"
}

// authorities are the certificates of the issuing authority of devices and of its root. RFC 7030 4.1.3
func (s *Service) authorities(r *http.Request, alg pki.Algorithm) (*reply, error) {
	list, err := s.o.Issuers(r.Context())
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		if i.State == "active" && i.Family == ca.System && i.Algorithm == string(alg) {
			return bag(i.Chain...), nil
		}
	}
	return nil, errs.Say(errs.Unavailable, "设备证书的签发机构尚未启用", "the authority of devices is not in service yet")
}

// bag is a message of certificates only. RFC 5652 5.1, RFC 5751 3.6
func bag(ders ...[]byte) *reply {
	m := cms.SignedData{Certificates: ders}
	return &reply{certsOnly, m.Marshal()}
}

// What csrattrs asks for: an EC key on the curve, a signature with the hash. RFC 7030 4.5.2
var (
	attributesECDSA = []byte{0x30, 0x21, 0x30, 0x15, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x31, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}
	attributesSM2   = []byte{0x30, 0x21, 0x30, 0x15, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x31, 0x0a, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75}
)

func (s *Service) attributes(_ *http.Request, alg pki.Algorithm) (*reply, error) {
	if alg == pki.SM2 {
		return &reply{"application/csrattrs", attributesSM2}, nil
	}
	return &reply{"application/csrattrs", attributesECDSA}, nil
}

// who finds the device that asks: by its certificate, or by name and password. RFC 7030 3.2.3, 3.3.2
func (s *Service) who(r *http.Request) (d Device, err error) {
	ctx := r.Context()
	name, password, basic := r.BasicAuth()
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		shown := r.TLS.PeerCertificates[0]
		if shown.SerialNumber.Sign() <= 0 || shown.SerialNumber.BitLen() > 128 { // ours have 16 bytes
			return d, errs.Say(errs.Denied, "所示证书不是在用设备的有效证书", "the certificate shown is not a valid one of a device in service")
		}
		c, _, err := s.o.Get(ctx, hex.EncodeToString(shown.SerialNumber.FillBytes(make([]byte, 16))))
		if err == nil && c.Kind == ca.Device && c.State == ca.Valid && string(c.DER) == string(shown.Raw) && s.o.Now().Before(c.To) {
			err = s.o.DB.Read(ctx, func(tx *store.Tx) error { d, err = s.find(tx, c.Subject); return err })
			if err == nil {
				return d, nil
			}
		}
		if !basic {
			return d, errs.Say(errs.Denied, "所示证书不是在用设备的有效证书", "the certificate shown is not a valid one of a device in service")
		}
	}
	refused := errs.Say(errs.Unauthenticated, "请出示设备名称和口令，或设备证书", "give the device's name and password, or its certificate")
	if !basic {
		return d, refused
	}
	if !s.private(r) {
		return d, errs.Say(errs.Denied, "请经 TLS 连接", "connect over TLS")
	}
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error { d, err = s.find(tx, name); return err })
	if err != nil && !errs.Is(err, errs.NotFound) {
		return d, err
	}
	if err != nil || !d.fits(password, s.o.Now()) {
		return d, refused
	}
	return d, nil
}

// private tells whether a password may have come over this connection.
func (s *Service) private(r *http.Request) bool {
	if r.TLS != nil || s.o.Settings.Proxied {
		return true
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// enroll issues a device's certificate, first or next. RFC 7030 4.2.1, 4.2.2
func (s *Service) enroll(r *http.Request, alg pki.Algorithm, again bool) (*reply, error) {
	d, err := s.who(r)
	if err != nil {
		return nil, err
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/pkcs10" {
		return nil, errs.Say(errs.Invalid, "内容类型应为 application/pkcs10", "the content type has to be application/pkcs10")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, errs.Say(errs.TooLarge, "请求超过 %d 字节或未能读完", "the request is larger than %d bytes, or was cut off", maxBody)
	}
	csr, err := base64.StdEncoding.DecodeString(string(body)) // line breaks are skipped. RFC 8951 2
	if err != nil {
		return nil, errs.Say(errs.Invalid, "证书请求不是 base64 编码", "the certificate request is not base64")
	}
	q, err := cert.ReadRequest(csr)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "证书请求有误：须为 P-256 或 SM2 密钥的 PKCS #10，且签名有效", "the certificate request is wrong: PKCS #10 with a P-256 or SM2 key and a good signature is needed")
	}
	if got, _ := pki.Of(q.PublicKey); got != alg {
		return nil, errs.Say(errs.Invalid, "密钥算法与请求地址不符：SM2 请用 %s/sm2", "the key's algorithm is not that of the address: for SM2 use %s/sm2", Prefix)
	}
	if again && q.Subject.CommonName != d.Name { // 4.2.2: the request's subject is the certificate's
		return nil, errs.Say(errs.Invalid, "换发请求的主体应为“%s”", "the subject of a renewal has to be %q", d.Name)
	}
	sum := sha256.Sum256(csr)
	c, err := s.o.Issue(r.Context(), ca.Order{
		// the same request on the same day is a retry; later it is a renewal with the key that the device has
		ID: "est:" + hex.EncodeToString(sum[:16]) + ":" + s.o.Now().UTC().Format("2006-01-02"), Kind: ca.Device,
		Subject: ca.Subject{ID: d.Name, Name: d.Name}, CSR: csr, By: identity.System("certificates"), Grant: Grant,
	})
	if err != nil {
		return nil, err
	}
	if c.Subject != d.Name { // another device sent the very same request
		return nil, errs.Say(errs.Conflict, "此证书请求已由另一设备使用", "this certificate request is another device's")
	}
	return bag(c.DER), nil
}
