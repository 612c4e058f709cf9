package ca

import (
	"context"
	"encoding/hex"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
)

// Demo makes everything that a demonstration needs where there is no authority yet: a root for each algorithm, named so that nobody takes
// it for a real one, and the authorities below it. A root's key lives for the length of this call: what it signed is all it will ever sign.
func (a *Authority) Demo(ctx context.Context) error {
	all, err := a.Issuers(ctx)
	if err != nil || len(all) > 0 {
		return err
	}
	for _, alg := range []pki.Algorithm{pki.SM2, pki.ECDSA} {
		if err := a.demoRoot(ctx, alg); err != nil {
			return err
		}
	}
	return nil
}

func (a *Authority) demoRoot(ctx context.Context, alg pki.Algorithm) error {
	by := identity.System("certificates")
	key, err := pki.Generate(alg)
	if err != nil {
		return err
	}
	now := a.o.Now().UTC()
	from, to := now.AddDate(0, 0, -1), now.AddDate(20, 0, 0)
	name := cert.Name{{Type: cert.Country, Value: "CN"}, {Type: cert.Organization, Value: a.o.Settings.Organization}, {Type: cert.CommonName, Value: "演示根 CA（仅供演示，不得信任） DEMO ROOT " + AlgorithmName(string(alg)).En}}
	der, err := cert.MakeRoot(name, key, from, to)
	if err != nil {
		return err
	}
	root, err := cert.Read(der)
	if err != nil {
		return err
	}
	place := cert.Place{}
	if base, id := a.o.Settings.Address, hex.EncodeToString(root.SubjectKeyId); base != "" {
		place = cert.Place{Issuer: base + "/ca/" + id + ".cer", CRL: base + "/crl/" + id + ".crl"}
	}
	for _, f := range Families() {
		x, err := a.RequestAuthority(ctx, by, f.ID, alg)
		if err != nil {
			return err
		}
		signed, err := cert.MakeAuthority(root, key, x.CSR, from, now.AddDate(10, 0, 0), place)
		if err != nil {
			return err
		}
		if err := a.Activate(ctx, by, x.ID, cert.Armour("CERTIFICATE", signed, der)); err != nil {
			return err
		}
	}
	empty, err := cert.MakeList(&cert.List{Issuer: root.RawSubject, IssuerKey: root.SubjectKeyId, Number: 1, This: from, Next: now.AddDate(10, 0, 0)}, key)
	if err != nil {
		return err
	}
	return a.o.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qRootList, hex.EncodeToString(root.SubjectKeyId), empty, store.Micros(now.AddDate(10, 0, 0)))
		return err
	})
}
