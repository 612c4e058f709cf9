package acme

import (
	"context"
	"crypto"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/certificates/ca"
)

// Grant is under which the service issues and revokes.
const Grant = "certificates.acme"

// finalize takes the request for the certificate of an order that is ready, and issues it. RFC 8555 7.4
func (s *Service) finalize(c *call) error {
	ctx := c.r.Context()
	o, list, err := s.load(ctx, c, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	if o.status != "ready" {
		p := fail(orderNotReady, "订单状态为 %s，不能提交证书请求", "the order is %s; no request can be handed in", o.status)
		return p
	}
	var in struct {
		CSR string `json:"csr"`
	}
	if err := c.into(&in); err != nil {
		return err
	}
	public, err := publicOf(in.CSR, &o, c.key.public)
	if err != nil {
		return err
	}
	err = s.o.DB.Write(ctx, func(tx *store.Tx) error {
		b, err := one[binding](tx, qBinding, c.acct.binding)
		if err != nil {
			return err
		}
		for _, n := range o.list() { // the unit may have lost the name since
			if !b.allowed(n) {
				return fail(rejectedIdentifier, "该单位未登记域名 %s", "the unit has not registered the name %s", n)
			}
		}
		n, err := tx.Exec(qOrderKey, o.id, public)
		if err == nil && n == 0 {
			err = fail(orderNotReady, "订单已提交过证书请求", "a request was handed in for the order already")
		}
		return err
	})
	if err != nil {
		return err
	}
	o.status, o.public = "processing", public
	done, err := s.finish(ctx, &o)
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", c.url("order", o.id))
	if done.status == "processing" {
		c.w.Header().Set("Retry-After", "2")
	}
	return c.send(http.StatusOK, c.viewOrder(&done, list))
}

// publicOf checks a request against its order and gives its key: exactly the order's names, and not the account's own key (RFC 8555
// 7.4, 11.1).
func publicOf(csr string, o *order, account crypto.PublicKey) ([]byte, error) {
	der, err := unb64(csr)
	if err != nil || len(der) == 0 {
		return nil, fail(badCSR, "证书请求（csr）不是 base64url 编码", "the certificate request (csr) is not base64url")
	}
	r, err := cert.ReadRequest(der)
	if err != nil {
		return nil, fail(badCSR, "证书请求有误：须为 P-256 或 SM2 密钥的 PKCS #10，且签名有效", "the certificate request is wrong: PKCS #10 with a P-256 or SM2 key and a good signature is needed")
	}
	names := slices.Clone(r.DNSNames)
	if r.Subject.CommonName != "" {
		names = append(names, r.Subject.CommonName)
	}
	for i := range names {
		names[i] = strings.ToLower(names[i])
	}
	slices.Sort(names)
	if names = slices.Compact(names); !slices.Equal(names, o.list()) || len(r.IPAddresses)+len(r.EmailAddresses)+len(r.URIs) > 0 {
		return nil, fail(badCSR, "证书请求中的域名与订单不一致", "the names of the certificate request are not those of the order")
	}
	if same, ok := account.(interface{ Equal(crypto.PublicKey) bool }); ok && same.Equal(r.PublicKey) {
		return nil, fail(badCSR, "证书密钥不得与账户密钥相同", "a certificate's key must not be the account's")
	}
	return pki.MarshalPublic(r.PublicKey)
}

// finish issues an order that is processing. It may be called again after a crash: the authority knows the order by its id. A failure that
// will stay one makes the order invalid; with any other it stays as it is, and Work tries again.
func (s *Service) finish(ctx context.Context, o *order) (order, error) {
	issued, err := s.o.Issue(ctx, ca.Order{
		ID: "acme:" + o.id, Kind: ca.Server, Subject: ca.Subject{ID: o.list()[0], Name: o.list()[0], DNS: o.list()}, Public: o.public,
		By: identity.System("certificates"), Grant: Grant,
	})
	kind := errs.KindOf(err)
	lasting := err != nil && (kind == errs.Invalid || kind == errs.Conflict || kind == errs.Denied || kind == errs.NotFound)
	if err != nil && !lasting {
		s.o.Log.Error("a certificate could not be issued for an ACME order", "order", o.id, "error", err)
		return *o, nil
	}
	out := *o
	err = s.o.DB.Write(ctx, func(tx *store.Tx) error {
		if lasting {
			p := problemOf(err)
			p.Type = typePrefix + serverInternal
			_, err := tx.Exec(qOrderFail, o.id, p.text())
			return err
		}
		_, err := tx.Exec(qOrderDone, o.id, issued.Serial, string(cert.Armour("CERTIFICATE", append([][]byte{issued.DER}, withoutRoot(issued.Chain)...)...)))
		return err
	})
	if err != nil {
		return out, err
	}
	err = s.o.DB.Read(ctx, func(tx *store.Tx) (err error) { out, err = one[order](tx, qOrder, o.id); return err })
	return out, err
}

// withoutRoot leaves the last of a chain out where it signed itself: who trusts it has it already. RFC 8555 9.1
func withoutRoot(chain [][]byte) [][]byte {
	if n := len(chain); n > 1 {
		if last, err := cert.Read(chain[n-1]); err == nil && string(last.RawSubject) == string(last.RawIssuer) {
			return chain[:n-1]
		}
	}
	return chain
}

// revoke revokes a certificate that came from here: asked by its account, by an account that proved all its names, or with the
// certificate's own key. RFC 8555 7.6
func (s *Service) revoke(c *call) error {
	var in struct {
		Certificate string `json:"certificate"`
		Reason      *int   `json:"reason"`
	}
	if err := c.into(&in); err != nil {
		return err
	}
	reason := 0
	if in.Reason != nil {
		reason = *in.Reason
	}
	if reason < 0 || reason > 5 || reason == 2 { // what a subscriber may say. RFC 5280 5.3.1
		return fail(badRevocationReason, "吊销原因 %d 不可用", "the reason %d cannot be used", reason)
	}
	der, err := unb64(in.Certificate)
	if err != nil {
		return fail(malformed, "证书不是 base64url 编码", "the certificate is not base64url")
	}
	leaf, err := cert.Read(der)
	if err != nil {
		return fail(malformed, "证书读不出", "the certificate cannot be read")
	}
	serial := hex.EncodeToString(leaf.SerialNumber.FillBytes(make([]byte, 16)))
	var o order
	var may bool
	err = s.o.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		if o, err = one[order](tx, qOrderSerial, serial); err != nil {
			return err
		}
		may, err = s.mayRevoke(tx, c, &o)
		return err
	})
	if err != nil {
		return err
	}
	if string(cert.Unarmour([]byte(o.chain))[0]) != string(der) {
		return fail(notFound, "这不是本平台经 ACME 签发的证书", "this certificate did not come from here")
	}
	if !may {
		return fail(unauthorized, "您无权吊销此证书", "you may not revoke this certificate")
	}
	if err := s.o.Revoke(c.r.Context(), identity.System("certificates"), serial, cert.Reason(reason)); err != nil {
		if errs.Is(err, errs.Conflict) {
			return fail(alreadyRevoked, "证书已吊销", "the certificate is revoked already")
		}
		return err
	}
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// mayRevoke tells whether whoever signed the request may revoke the certificate of o.
func (s *Service) mayRevoke(tx *store.Tx, c *call, o *order) (bool, error) {
	if c.acct == nil {
		spki, err := pki.MarshalPublic(c.key.public)
		return err == nil && string(spki) == string(o.public), nil
	}
	if c.acct.id == o.account {
		return true, nil
	}
	for _, n := range o.list() {
		var until int64
		if err := tx.Get(qAuthzProved, []any{c.acct.id, strings.TrimPrefix(n, "*."), store.Micros(s.o.Now())}, &until); err != nil || until == 0 || strings.HasPrefix(n, "*.") {
			return false, err
		}
	}
	return true, nil
}
