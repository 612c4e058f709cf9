package entity

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Key names an entity: the tenant ("" is the city's common context) and the id.
type Key struct{ Tenant, ID string }

const maxTenant = 128 // bytes of a tenant's name

// checkTenant refuses names that could not be told from others.
func checkTenant(t string) error {
	if len(t) > maxTenant || !utf8.ValidString(t) || strings.ContainsFunc(t, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return errs.Say(errs.Invalid, "租户名称 %q 无效：不得含空白与控制字符，不超过 %d 字节",
			"%q is not a valid name of a tenant: no spaces or control characters, at most %d bytes", ngsi.Clip(t), maxTenant)
	}
	return nil
}

// found enters a tenant that is written to for the first time.
func (s *Store) found(tx *store.Tx, tenant string) error {
	if tenant == "" {
		return nil
	}
	s.mu.RLock()
	known := s.tenants[tenant]
	s.mu.RUnlock()
	if known {
		return nil
	}
	if _, err := tx.Exec(qTenantAdd, tenant, store.Micros(s.stamp())); err != nil {
		return errs.Wrap("enter a tenant", err)
	}
	tx.OnCommit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tenants[tenant] = true
	})
	return nil
}

func (s *Store) loadTenants(tx *store.Tx) error {
	return tx.Each(qTenants, nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		s.tenants[name] = true
		return err
	})
}

// Tenants lists the named tenants that were ever written to, by name.
func (s *Store) Tenants(ctx context.Context) (list []string, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qTenants, nil, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			list = append(list, name)
			return err
		})
	})
	slices.Sort(list)
	return list, errs.Wrap("list tenants", err)
}

// Known tells whether a tenant was ever written to; the common context always was.
func (s *Store) Known(ctx context.Context, tenant string) (bool, error) {
	if tenant == "" {
		return true, nil
	}
	s.mu.RLock()
	known := s.tenants[tenant]
	s.mu.RUnlock()
	if known {
		return true, nil
	}
	list, err := s.Tenants(ctx) // another instance may have entered it
	return slices.Contains(list, tenant), err
}
