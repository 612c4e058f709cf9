package identity

import (
	"context"
	"crypto/hmac"
	"encoding/base64"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity/throttle"
	"github.com/haihe-city/haihe/store"
)

// Proof is how somebody has proven who they are, otherwise than by a password.
type Proof struct {
	Way string // "passkey", "certificate"
	Ref string // id of the passkey, serial number of the certificate
}

// Prove opens a session for a person (its id) whom a passkey or a certificate stands for; cookie is its secret, made anew as at every
// login. errs.Unauthenticated where there is no such account or it is disabled: nobody is told which.
func (s *Service) Prove(ctx context.Context, person string, by Proof, addr string) (cookie string, p *Principal, err error) {
	var who account
	err = s.db.Read(ctx, func(tx *store.Tx) error { return who.get(tx, qPerson, person) })
	switch {
	case errs.Is(err, errs.NotFound), err == nil && who.Disabled:
		return "", nil, errs.Say(errs.Unauthenticated, "此凭证没有对应的可用账户，请用账号和口令登录，或联系安全管理员", "no account in use goes with this proof: sign in with your account and password, or ask the security administrator")
	case err != nil:
		return "", nil, errs.Wrap("sign in", err)
	}
	return s.admit(ctx, &who, throttle.Place(addr), by)
}

// Stamp makes a short text that only this server makes for a use and a text, for what a browser carries and brings back.
func (s *Service) Stamp(use, text string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("stamp-"+use, text))
}

// CheckStamp compares in constant time.
func (s *Service) CheckStamp(use, text, stamp string) bool {
	return hmac.Equal([]byte(s.Stamp(use, text)), []byte(stamp))
}
