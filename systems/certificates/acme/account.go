package acme

import (
	"encoding/json"
	"net/http"
	"net/mail"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

const (
	maxAccounts = 200 // of a binding
	maxContacts = 4
)

// accountView is an account as its holder sees it. RFC 8555 7.1.2
type accountView struct {
	Status  string   `json:"status"`
	Contact []string `json:"contact,omitempty"`
	Orders  string   `json:"orders"`
}

func (c *call) view(a *account) accountView {
	v := accountView{Status: a.status, Orders: c.url("account", a.id, "orders")}
	if a.contact != "" {
		v.Contact = strings.Split(a.contact, "\n")
	}
	return v
}

// contacts checks addresses: mail only, one each, no headers. RFC 8555 7.3
func contacts(list []string) (string, error) {
	if len(list) > maxContacts {
		return "", fail(malformed, "联系方式最多 %d 个", "at most %d contacts", maxContacts)
	}
	for _, c := range list {
		addr, ok := strings.CutPrefix(c, "mailto:")
		parsed, err := mail.ParseAddress(addr)
		if !ok || err != nil || parsed.Address != addr || len(addr) > 254 || strings.ContainsAny(addr, "?,\n\r") {
			return "", fail(unsupportedContact, "联系方式须为单个电子邮箱（mailto:）", "a contact is one mail address (mailto:)")
		}
	}
	return strings.Join(list, "\n"), nil
}

// newAccount opens an account, or finds that of the key. RFC 8555 7.3, 7.3.1
func (s *Service) newAccount(c *call) error {
	var in struct {
		Contact []string        `json:"contact"`
		Only    bool            `json:"onlyReturnExisting"`
		Binding json.RawMessage `json:"externalAccountBinding"`
	}
	if err := c.into(&in); err != nil {
		return err
	}
	contact, err := contacts(in.Contact)
	if err != nil {
		return err
	}
	a, made := account{id: store.NewID(s.o.Now()), thumb: c.key.thumb(), jwk: c.key.jwk, contact: contact, status: "valid"}, false
	err = s.o.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		old, err := one[account](tx, qAccountThumb, a.thumb)
		if err == nil {
			a, made = old, false
			if a.status != "valid" {
				return fail(unauthorized, "账户已停用", "the account is deactivated")
			}
			return nil
		}
		if problemOf(err).Status != http.StatusNotFound {
			return err
		}
		if in.Only {
			return fail(accountDoesNotExist, "没有这个账户", "there is no such account")
		}
		made = true
		if a.binding, err = s.bind(tx, c, in.Binding); err != nil {
			return err
		}
		if _, err := tx.Exec(qAccountAdd, a.id, a.thumb, a.jwk, a.contact, a.binding, store.Micros(s.o.Now())); err != nil {
			return err
		}
		return s.record(tx, "certificate.acme-account", "acme-account:"+a.id, map[string]any{"binding": a.binding})
	})
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", c.url("account", a.id))
	if made {
		return c.send(http.StatusCreated, c.view(&a))
	}
	return c.send(http.StatusOK, c.view(&a))
}

// bind finds the binding that a new account is opened under. RFC 8555 7.3.4
func (s *Service) bind(tx *store.Tx, c *call, inner json.RawMessage) (string, error) {
	if len(inner) == 0 {
		return "", fail(externalAccountRequired, "须持登记单位的编号和密钥开户（外部账户绑定）", "an account needs a registered unit's key id and secret (external account binding)")
	}
	kid, err := bound(inner, c.msg.head.JWK, c.msg.head.URL, func(kid string) ([]byte, error) {
		b, err := one[binding](tx, qBinding, kid)
		if err != nil || b.state != "active" {
			return nil, fail(unauthorized, "", "")
		}
		return s.o.Vault.Unwrap("acme "+b.id, b.secret)
	})
	if err != nil {
		return "", err
	}
	var n int64
	if err := tx.Get(qAccountsBound, []any{kid}, &n); err != nil {
		return "", err
	}
	if n >= maxAccounts {
		return "", fail(rateLimited, "该单位的账户已达 %d 个", "the unit has %d accounts already", maxAccounts)
	}
	return kid, nil
}

// own refuses what is another account's.
func (c *call) own(id string) error {
	if id != c.acct.id {
		return fail(unauthorized, "不是您的账户", "this is not your account")
	}
	return nil
}

// account shows, changes or deactivates the account. RFC 8555 7.3.2, 7.3.6
func (s *Service) account(c *call) error {
	if err := c.own(c.r.PathValue("id")); err != nil {
		return err
	}
	if c.asGet() {
		return c.send(http.StatusOK, c.view(c.acct))
	}
	var in struct {
		Contact *[]string `json:"contact"`
		Status  string    `json:"status"`
	}
	if err := c.into(&in); err != nil {
		return err
	}
	if in.Contact != nil {
		contact, err := contacts(*in.Contact)
		if err != nil {
			return err
		}
		c.acct.contact = contact
	}
	if in.Status != "" && in.Status != "valid" && in.Status != "deactivated" {
		return fail(malformed, "账户只能改为 deactivated", "an account can be changed to deactivated only")
	}
	ends := in.Status == "deactivated"
	if ends {
		c.acct.status = "deactivated"
	}
	err := s.o.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		if _, err := tx.Exec(qAccountSet, c.acct.id, c.acct.contact, c.acct.status); err != nil || !ends {
			return err
		}
		return s.record(tx, "certificate.acme-close", "acme-account:"+c.acct.id, nil)
	})
	if err != nil {
		return err
	}
	return c.send(http.StatusOK, c.view(c.acct))
}

// orders lists the account's orders, a hundred at a time. RFC 8555 7.1.2.1
func (s *Service) orders(c *call) error {
	if err := c.own(c.r.PathValue("id")); err != nil {
		return err
	}
	urls, last := []string{}, ""
	err := s.o.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		return tx.Each(qOrders, []any{c.acct.id, c.r.URL.Query().Get("after")}, func(scan func(...any) error) error {
			if err := scan(&last); err != nil {
				return err
			}
			urls = append(urls, c.url("order", last))
			return nil
		})
	})
	if err != nil {
		return err
	}
	if len(urls) == 100 {
		c.w.Header().Add("Link", "<"+c.url("account", c.acct.id, "orders")+"?after="+last+`>;rel="next"`)
	}
	return c.send(http.StatusOK, map[string]any{"orders": urls})
}

// keyChange gives the account another key: the inner JWS is signed by the new one. RFC 8555 7.3.5
func (s *Service) keyChange(c *call) error {
	m, err := parse(c.msg.body)
	if err != nil {
		return err
	}
	next, err := parseKey(m.head.JWK)
	if err != nil {
		return err
	}
	if err := m.verify(next); err != nil {
		return err
	}
	var in struct {
		Account string          `json:"account"`
		OldKey  json.RawMessage `json:"oldKey"`
	}
	old, errOld := (*key)(nil), json.Unmarshal(m.body, &in)
	if errOld == nil {
		old, errOld = parseKey(in.OldKey)
	}
	if errOld != nil || m.head.URL != c.msg.head.URL || m.head.Nonce != "" || m.head.Kid != "" || in.Account != c.url("account", c.acct.id) || old.jwk != c.acct.jwk {
		return fail(malformed, "换钥请求与账户不符", "the change of key does not fit the account")
	}
	err = s.o.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		other, err := one[account](tx, qAccountThumb, next.thumb())
		if err == nil { // RFC 8555 7.3.5: 409 and where that account is
			p := fail(malformed, "新密钥已属于另一账户", "the new key is another account's already")
			p.Status, p.location = http.StatusConflict, c.url("account", other.id)
			return p
		}
		if problemOf(err).Status != http.StatusNotFound {
			return err
		}
		if _, err := tx.Exec(qAccountKey, c.acct.id, next.thumb(), next.jwk); err != nil {
			return err
		}
		return s.record(tx, "certificate.acme-key", "acme-account:"+c.acct.id, nil)
	})
	if err != nil {
		return err
	}
	return c.send(http.StatusOK, c.view(c.acct))
}

// record writes an act of the service into the journal.
func (s *Service) record(tx *store.Tx, verb, object string, detail any) error {
	return s.o.Journal.Append(tx, journal.Act{Actor: identity.System("certificates").ID, Verb: verb, Object: object, Detail: detail})
}

// allowed tells whether a binding's names admit a name: one of them itself, or below it.
func (b *binding) allowed(name string) bool {
	name = strings.TrimPrefix(name, "*.")
	return b.state == "active" && slices.ContainsFunc(strings.Split(b.names, "\n"), func(n string) bool {
		return name == n || strings.HasSuffix(name, "."+n)
	})
}
