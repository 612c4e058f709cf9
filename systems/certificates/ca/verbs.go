package ca

import (
	"context"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/trust/cert"
)

// Issue gives the certificate of an order: signs, then stores, logs and journals in one transaction, and returns after its commit.
// errs.Conflict where the subject has a standing certificate and the order does not replace it.
func (a *Authority) Issue(ctx context.Context, o Order) (Certificate, error) { panic("not yet") }

// Revoke ends a certificate for good. Revoking what is revoked changes nothing and is no error.
func (a *Authority) Revoke(ctx context.Context, by *identity.Principal, serial string, reason cert.Reason) error {
	panic("not yet")
}

// Suspend puts a certificate on hold.
func (a *Authority) Suspend(ctx context.Context, by *identity.Principal, serial string) error {
	panic("not yet")
}

// Resume takes the hold off.
func (a *Authority) Resume(ctx context.Context, by *identity.Principal, serial string) error {
	panic("not yet")
}

// Status says how a certificate stands now; State 0 where it was not issued here.
func (a *Authority) Status(ctx context.Context, serial string) (Standing, error) { panic("not yet") }
