package path

import (
	"fmt"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/x509"
)

// Code names a reason of refusal for programs.
type Code string

// The reasons.
const (
	NoPath       Code = "no-path"
	Bounds       Code = "bounds"
	BadSignature Code = "signature"
	BadAlgorithm Code = "algorithm"
	NotYet       Code = "not-yet-valid"
	Expired      Code = "expired"
	Revoked      Code = "revoked"
	NoStatus     Code = "no-revocation-status"
	BadName      Code = "name"
	Constrained  Code = "name-constraints"
	NoPolicy     Code = "policy"
	NotCA        Code = "not-a-ca"
	TooLong      Code = "path-length"
	WrongUsage   Code = "key-usage"
	WrongPurpose Code = "purpose"
	Critical     Code = "critical-extension"
	Malformed    Code = "malformed"
	WrongHost    Code = "host"
)

// Refusal says why a certificate was not accepted.
type Refusal struct {
	Code    Code
	Index   int    // place in the path, the anchor being 0; -1 where no path was found
	Subject string // of the certificate at fault
	Clause  string // of RFC 5280, or another standard where it names one
	Reason  lang.Text
}

// Error gives the English reason.
func (r *Refusal) Error() string {
	return fmt.Sprintf("certificate %d (%s): RFC 5280 %s: %s", r.Index, r.Subject, r.Clause, r.Reason.En)
}

func refuse(code Code, clause, zh, en string) *Refusal {
	return &Refusal{Code: code, Index: -1, Clause: clause, Reason: lang.T(zh, en)}
}

// at names the certificate at fault.
func (r *Refusal) at(i int, c *x509.Certificate) *Refusal {
	if r == nil {
		return nil
	}
	r.Index, r.Subject = i, c.Subject.String()
	return r
}
