package entity

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Key names an entity: the tenant ("" is the city's common context) and the id.
type Key struct{ Tenant, ID string }

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
