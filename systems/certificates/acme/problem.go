package acme

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/haihe-city/haihe/errs"
)

// The kinds of problem. RFC 8555 6.7
const (
	accountDoesNotExist     = "accountDoesNotExist"
	alreadyRevoked          = "alreadyRevoked"
	badCSR                  = "badCSR"
	badNonce                = "badNonce"
	badPublicKey            = "badPublicKey"
	badRevocationReason     = "badRevocationReason"
	badSignatureAlgorithm   = "badSignatureAlgorithm"
	connection              = "connection"
	dnsProblem              = "dns"
	externalAccountRequired = "externalAccountRequired"
	incorrectResponse       = "incorrectResponse"
	malformed               = "malformed"
	orderNotReady           = "orderNotReady"
	rateLimited             = "rateLimited"
	rejectedIdentifier      = "rejectedIdentifier"
	serverInternal          = "serverInternal"
	unauthorized            = "unauthorized"
	unsupportedContact      = "unsupportedContact"
	unsupportedIdentifier   = "unsupportedIdentifier"
	notFound                = "notFound" // malformed, with status 404
	unsupportedMedia        = "unsupportedMedia"
)

const typePrefix = "urn:ietf:params:acme:error:"

// problem is a problem document. RFC 8555 6.7, RFC 9457
type problem struct {
	Type        string      `json:"type"`
	Detail      string      `json:"detail"` // both languages, since programs hand it on to people
	Status      int         `json:"status,omitempty"`
	Identifier  *identifier `json:"identifier,omitempty"`
	Subproblems []problem   `json:"subproblems,omitempty"`
	Algorithms  []string    `json:"algorithms,omitempty"`
	retry       int         // seconds, for Retry-After; 0 none
	location    string      // for a key that has an account already
	cause       error       // for the log
}

func (p *problem) Error() string { return p.Type + ": " + p.Detail }

func (p *problem) Unwrap() error { return p.cause }

// text is the problem as a row keeps it.
func (p *problem) text() string {
	b, _ := json.Marshal(p)
	return string(b)
}

func fail(kind, zh, en string, args ...any) *problem {
	status := http.StatusBadRequest
	switch kind {
	case unauthorized, rejectedIdentifier, orderNotReady, externalAccountRequired:
		status = http.StatusForbidden
	case rateLimited:
		status = http.StatusTooManyRequests
	case serverInternal:
		status = http.StatusInternalServerError
	case notFound:
		kind, status = malformed, http.StatusNotFound
	case unsupportedMedia:
		kind, status = malformed, http.StatusUnsupportedMediaType
	}
	return &problem{Type: typePrefix + kind, Detail: fmt.Sprintf(zh, args...) + " / " + fmt.Sprintf(en, args...), Status: status}
}

// problemOf gives any failure the form of a problem; what is ours to mend says nothing of its cause.
func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	kind, status := serverInternal, http.StatusInternalServerError
	switch errs.KindOf(err) {
	case errs.Invalid, errs.TooLarge:
		kind, status = malformed, http.StatusBadRequest
	case errs.Denied, errs.Conflict:
		kind, status = unauthorized, http.StatusForbidden
	case errs.Busy, errs.Unavailable:
		status = http.StatusServiceUnavailable
	}
	p = fail(kind, "暂时不能办理，请稍后再试", "this cannot be done now; try again later")
	if msg, ok := errs.MsgOf(err); ok {
		p.Detail = msg.Zh + " / " + msg.En
	}
	p.Status, p.cause = status, err
	return p
}
