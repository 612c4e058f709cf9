package acme

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/store"
)

const (
	orderLife = 24 * time.Hour
	proofLife = 7 * 24 * time.Hour // a proved name needs no new proof so long
	maxNames  = 100
)

// identifier is what is certified. RFC 8555 9.7.7
type identifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// orderView is an order as its account sees it. RFC 8555 7.1.3
type orderView struct {
	Status         string          `json:"status"`
	Expires        time.Time       `json:"expires"`
	Identifiers    []identifier    `json:"identifiers"`
	Authorizations []string        `json:"authorizations"`
	Finalize       string          `json:"finalize"`
	Certificate    string          `json:"certificate,omitempty"`
	Error          json.RawMessage `json:"error,omitempty"`
}

// newOrder begins an order. RFC 8555 7.4
func (s *Service) newOrder(c *call) error {
	var in struct {
		Identifiers []identifier `json:"identifiers"`
		NotBefore   string       `json:"notBefore"`
		NotAfter    string       `json:"notAfter"`
	}
	if err := c.into(&in); err != nil {
		return err
	}
	if in.NotBefore != "" || in.NotAfter != "" {
		return fail(malformed, "有效期由证书策略决定，不能指定", "the time of validity is the profile's; it cannot be chosen")
	}
	names, err := namesOf(in.Identifiers)
	if err != nil {
		return err
	}
	now := s.o.Now()
	o := order{id: store.NewID(now), account: c.acct.id, status: "pending", names: strings.Join(names, "\n"), expires: store.Micros(now.Add(orderLife))}
	var list []authz
	err = s.o.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		list = nil
		if err := s.mayOrder(tx, c.acct, names); err != nil {
			return err
		}
		if _, err := tx.Exec(qOrderAdd, o.id, o.account, o.names, []byte{}, store.Micros(now), o.expires); err != nil {
			return err
		}
		for _, n := range names {
			a, err := s.addAuthz(tx, &o, n)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		if err := settle(tx, o.id); err != nil {
			return err
		}
		o, err = one[order](tx, qOrder, o.id)
		return err
	})
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", c.url("order", o.id))
	return c.send(http.StatusCreated, c.viewOrder(&o, list))
}

// namesOf checks the identifiers and gives them sorted, each once.
func namesOf(list []identifier) ([]string, error) {
	if len(list) == 0 || len(list) > maxNames {
		return nil, fail(malformed, "订单须有 1 至 %d 个域名", "an order has 1 to %d names", maxNames)
	}
	var names []string
	for _, id := range list {
		if id.Type != "dns" {
			return nil, fail(unsupportedIdentifier, "只支持域名（dns）", "names (dns) only are supported")
		}
		n := strings.ToLower(id.Value)
		if !domain(strings.TrimPrefix(n, "*.")) {
			return nil, fail(malformed, "“%s”不是域名", "%q is no name", clip(id.Value, 60))
		}
		names = append(names, n)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// domain tells whether s is a host name of at least two labels, in the form in which DNS asks for it. RFC 5890 2.3.1
func domain(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > 253 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != "" // an address is none
}

// mayOrder holds an order to the account's binding and the limits. RFC 8555 6.6
func (s *Service) mayOrder(tx *store.Tx, a *account, names []string) error {
	b, err := one[binding](tx, qBinding, a.binding)
	if err != nil {
		return err
	}
	var bad []problem
	for _, n := range names {
		if !b.allowed(n) {
			sub := fail(rejectedIdentifier, "该单位未登记此域名", "the unit has not registered this name")
			sub.Identifier = &identifier{"dns", n}
			bad = append(bad, *sub)
		}
	}
	if bad != nil {
		p := fail(rejectedIdentifier, "订单中有 %d 个域名不在单位登记的范围内", "%d names of the order are not among those that the unit registered", len(bad))
		p.Subproblems = bad
		return p
	}
	hour := store.Micros(s.o.Now().Add(-time.Hour))
	var n int64
	if err := tx.Get(qOrdersMade, []any{a.id, hour}, &n); err != nil {
		return err
	}
	if n >= int64(s.o.Settings.Orders) {
		return limited("一小时内的订单已达 %d 个", "there were %d orders within the hour", s.o.Settings.Orders)
	}
	for _, name := range names {
		if err := tx.Get(qAuthzFailed, []any{a.id, strings.TrimPrefix(name, "*."), hour}, &n); err != nil {
			return err
		}
		if n >= int64(s.o.Settings.Failures) {
			return limited("一小时内验证失败已达 %d 次", "there were %d failed proofs of a name within the hour", s.o.Settings.Failures)
		}
	}
	return nil
}

func limited(zh, en string, n int) error {
	p := fail(rateLimited, zh, en, n)
	p.retry = 3600
	return p
}

// addAuthz makes the authorization of one name; it is valid at once where the account proved the name lately. A wildcard is proved anew,
// since it takes DNS. RFC 8555 7.1.4
func (s *Service) addAuthz(tx *store.Tx, o *order, name string) (authz, error) {
	now := s.o.Now()
	bare, wild := strings.CutPrefix(name, "*.")
	token := make([]byte, 24)
	rand.Read(token) // never fails: the program ends first
	a := authz{id: store.NewID(now), order: o.id, account: o.account, name: bare, wildcard: wild, status: "pending", token: b64(token), expires: store.Micros(now.Add(proofLife))}
	var proved int64 // until when an earlier proof holds; the new authorization holds no longer
	if !wild {
		if err := tx.Get(qAuthzProved, []any{a.account, a.name, store.Micros(now)}, &proved); err != nil {
			return a, err
		}
	}
	if proved > 0 {
		a.status, a.expires = "valid", proved
	}
	_, err := tx.Exec(qAuthzAdd, a.id, a.order, a.account, a.name, a.wildcard, a.status, a.token, a.expires)
	return a, err
}

// settle makes an order ready whose names are all proved.
func settle(tx *store.Tx, id string) error {
	var waiting int64
	if err := tx.Get(qAuthzPending, []any{id}, &waiting); err != nil || waiting > 0 {
		return err
	}
	_, err := tx.Exec(qOrderMove, id, "pending", "ready")
	return err
}

func (c *call) viewOrder(o *order, list []authz) orderView {
	v := orderView{Status: o.status, Expires: store.Time(o.expires).Truncate(time.Second), Finalize: c.url("order", o.id, "finalize"), Authorizations: []string{}}
	for _, n := range o.list() {
		v.Identifiers = append(v.Identifiers, identifier{"dns", n})
	}
	for _, a := range list {
		v.Authorizations = append(v.Authorizations, c.url("authz", a.id))
	}
	if o.status == "valid" {
		v.Certificate = c.url("certificate", o.id)
	}
	if o.error != "" {
		v.Error = json.RawMessage(o.error)
	}
	return v
}

// load reads an order of the account; one whose time is over is invalid.
func (s *Service) load(ctx context.Context, c *call, id string) (o order, list []authz, err error) {
	err = s.o.DB.Read(ctx, func(tx *store.Tx) error {
		if o, err = one[order](tx, qOrder, id); err != nil {
			return err
		}
		list, err = all[authz](tx, qAuthzs, id)
		return err
	})
	if err == nil && o.account != c.acct.id {
		err = fail(unauthorized, "不是您的订单", "this is not your order")
	}
	if (o.status == "pending" || o.status == "ready") && o.expires <= store.Micros(s.o.Now()) {
		o.status = "invalid"
	}
	return o, list, err
}

// order shows an order. RFC 8555 7.4
func (s *Service) order(c *call) error {
	o, list, err := s.load(c.r.Context(), c, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	if o.status == "processing" {
		c.w.Header().Set("Retry-After", "2")
	}
	return c.send(http.StatusOK, c.viewOrder(&o, list))
}

// certificate hands the chain out: the certificate first, then its issuers. RFC 8555 7.4.2
func (s *Service) certificate(c *call) error {
	o, _, err := s.load(c.r.Context(), c, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	if o.status != "valid" {
		return fail(notFound, "证书尚未签发", "the certificate is not issued yet")
	}
	c.w.Header().Set("Content-Type", "application/pem-certificate-chain")
	_, err = c.w.Write([]byte(o.chain))
	return err
}
