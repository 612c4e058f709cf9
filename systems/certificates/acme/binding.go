package acme

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Acts are the words of what the part records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "certificate.acme-bind", Title: lang.T("登记可自动签发证书的单位", "Registered a unit for ACME")},
		{Verb: "certificate.acme-unbind", Title: lang.T("终止单位的自动签发", "Ended a unit's ACME")},
		{Verb: "certificate.acme-account", Title: lang.T("开立 ACME 账户", "Opened an ACME account")},
		{Verb: "certificate.acme-close", Title: lang.T("停用 ACME 账户", "Closed an ACME account")},
		{Verb: "certificate.acme-key", Title: lang.T("更换 ACME 账户密钥", "Changed an ACME account's key")},
	}
}

// Binding is a unit that may have certificates, as officers see it.
type Binding struct {
	ID, Unit string
	Names    []string
	Active   bool
	Made     time.Time
	Ended    time.Time
}

// Bind registers a unit with the names that it may have certified, each with all below it. The secret (base64url, as clients take it) is
// given out here and never again.
func (s *Service) Bind(ctx context.Context, by *identity.Principal, unit string, names []string) (b Binding, secret string, err error) {
	if !by.Can(Grant) {
		return b, "", errs.Say(errs.Denied, "您没有登记 ACME 单位的权限", "you may not register units for ACME")
	}
	var list []string
	for _, n := range names {
		if n = strings.ToLower(strings.TrimSpace(n)); n == "" {
			continue
		}
		if !domain(n) {
			return b, "", errs.Say(errs.Invalid, "“%s”不是域名", "%q is no name", clip(n, 60))
		}
		list = append(list, n)
	}
	slices.Sort(list)
	list = slices.Compact(list)
	if unit == "" || len(list) == 0 || len(list) > maxNames {
		return b, "", errs.Say(errs.Invalid, "请选择单位，并填写 1 至 %d 个域名", "choose a unit and give 1 to %d names", maxNames)
	}
	raw := make([]byte, 32)
	rand.Read(raw) // never fails: the program ends first
	now := s.o.Now()
	b = Binding{ID: store.NewID(now), Unit: unit, Names: list, Active: true, Made: now}
	sealed, err := s.o.Vault.Wrap("acme "+b.ID, raw)
	if err != nil {
		return b, "", err
	}
	err = s.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qBindingAdd, b.ID, b.Unit, strings.Join(list, "\n"), sealed, store.Micros(now), by.ID); err != nil {
			return err
		}
		return s.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: Grant, Verb: "certificate.acme-bind", Object: "acme-binding:" + b.ID, Detail: map[string]any{"unit": unit, "names": list}})
	})
	return b, b64(raw), err
}

// Unbind ends a unit's registration: its accounts order nothing more. Ending what has ended is errs.Conflict.
func (s *Service) Unbind(ctx context.Context, by *identity.Principal, id string) error {
	if !by.Can(Grant) {
		return errs.Say(errs.Denied, "您没有登记 ACME 单位的权限", "you may not register units for ACME")
	}
	return s.o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qBindingEnd, id, store.Micros(s.o.Now()))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "没有这项登记，或已终止", "there is no such registration, or it has ended")
		}
		return s.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: Grant, Verb: "certificate.acme-unbind", Object: "acme-binding:" + id})
	})
}

// Bindings lists the newest registrations.
func (s *Service) Bindings(ctx context.Context, limit int) (out []Binding, err error) {
	var list []binding
	err = s.o.DB.Read(ctx, func(tx *store.Tx) (err error) { list, err = all[binding](tx, qBindings, limit); return err })
	for _, b := range list {
		out = append(out, Binding{ID: b.id, Unit: b.unit, Names: strings.Split(b.names, "\n"), Active: b.state == "active", Made: store.Time(b.made), Ended: store.Time(b.ended)})
	}
	return out, err
}
