package certificates

import (
	"context"
	"fmt"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/register"
)

// demonstrate makes the demo root, the authorities and a few subjects with certificates, where there are none yet. Names and numbers are
// made up: the area code 120199 was never given out.
func (r *room) demonstrate(ctx context.Context) error {
	if all, err := r.authority.Issuers(ctx); err != nil || len(all) > 0 {
		return err
	}
	if err := r.authority.Demo(ctx); err != nil {
		return err
	}
	by := identity.System("certificates")
	for n := range 60 {
		s := register.Subject{Kind: ca.Citizen, Name: fmt.Sprintf("示例市民%02d", n+1), Number: withCheck(fmt.Sprintf("1201991980%02d%02d%03d", n%12+1, n%28+1, n))}
		switch {
		case n%6 == 1:
			s = register.Subject{Kind: ca.Enterprise, Name: fmt.Sprintf("示例企业%02d有限公司", n+1), Organization: fmt.Sprintf("示例企业%02d有限公司", n+1), Code: creditCode(fmt.Sprintf("91120199MA%07d", n))}
		case n%6 == 2:
			s.Kind, s.Name, s.Organization = ca.Official, fmt.Sprintf("示例公务员%02d", n+1), "示例委员会"
		}
		if err := r.enter(ctx, by, s, n); err != nil {
			return err
		}
	}
	return nil
}

// enter puts one subject into the register and, for most, issues; some wait, and one of each kind is revoked or on hold.
func (r *room) enter(ctx context.Context, by *identity.Principal, s register.Subject, n int) error {
	var csr []byte
	alg := pki.SM2
	if n%10 == 3 {
		alg = pki.ECDSA
	}
	if n%7 != 5 {
		k, err := pki.Generate(alg)
		if err != nil {
			return err
		}
		if csr, err = cert.MakeRequest(cert.Name{{Type: cert.CommonName, Value: "demo"}}, k); err != nil {
			return err
		}
	}
	a, err := r.register.Apply(ctx, by, s, register.Proof{Seen: "居民身份证或营业执照", Manner: "presence"}, csr, false)
	if err != nil || n%7 == 5 {
		return err
	}
	if err := r.register.Issue(ctx, by, a.ID); err != nil {
		return err
	}
	if a, err = r.register.Application(ctx, a.ID); err != nil || n < 54 {
		return err
	}
	if n%2 == 0 {
		return r.authority.Suspend(ctx, by, a.Serial)
	}
	return r.authority.Revoke(ctx, by, a.Serial, cert.CessationOfOperation)
}

// withCheck adds the last character of an identity number. GB 11643
func withCheck(s string) string {
	for _, c := range "0123456789X" {
		if register.IdentityNumber(s + string(c)) {
			return s + string(c)
		}
	}
	return s
}

// creditCode adds the last character of a unified social credit code. GB 32100
func creditCode(s string) string {
	for _, c := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if register.CreditCode(s + string(c)) {
			return s + string(c)
		}
	}
	return s
}
