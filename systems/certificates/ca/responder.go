package ca

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
)

// Responder is the kind of an answering service's certificate. It is not checked for revocation (RFC 6960 4.2.2.2.1), so it is short.
const Responder = "responder"

// renewResponder gives an authority's answering service a key and a certificate of its own, so that the authority's key signs nothing that
// anybody may ask for at will.
func (a *Authority) renewResponder(ctx context.Context, id string) error {
	a.mu.RLock()
	i := a.byID[id]
	a.mu.RUnlock()
	if i == nil || i.Cert == nil {
		return errs.Say(errs.NotFound, "没有这个签发机构", "there is no such authority")
	}
	by := identity.System("certificates")
	k, err := a.o.Vault.Generate(ctx, by, trust.Spec{Name: "ocsp-" + idOf(a.o.Now()), Purpose: "ocsp", Algorithm: pki.Algorithm(i.Algorithm)})
	if err != nil {
		return err
	}
	key, err := a.o.Vault.Signer(ctx, i.KeyID)
	if err != nil {
		return err
	}
	p := Profile{Kind: Responder, Days: 90, Usage: cert.DigitalSignature, Purposes: responderPurposes, extra: []cert.Extension{{ID: cert.NoCheck, Value: []byte{5, 0}}}}
	o := Order{Kind: Responder, Subject: Subject{ID: i.ID, Name: "OCSP " + i.ID, Organization: a.o.Settings.Organization}, By: by}
	d, err := a.make(i, key, &o, &p, k.Public, Sign)
	if err != nil {
		return err
	}
	err = a.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := a.insert(tx, []*draft{&d}); err != nil {
			return err
		}
		if _, err := tx.Exec(qResponder, id, k.ID, d.c.DER); err != nil {
			return err
		}
		return a.recordIssue(tx, []Order{o}, []*draft{&d})
	})
	if err != nil {
		return err
	}
	return a.reload(ctx)
}

// RenewResponders renews the answering services' certificates that end within a month.
func (a *Authority) RenewResponders(ctx context.Context) error {
	all, err := a.Issuers(ctx)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.Cert == nil || !x.Cert.NotAfter.After(a.o.Now()) {
			continue
		}
		if c, err := cert.Read(x.Responder); err == nil && c.NotAfter.After(a.o.Now().Add(30*24*time.Hour)) {
			continue
		}
		if err := a.renewResponder(ctx, x.ID); err != nil {
			return err
		}
	}
	return nil
}
