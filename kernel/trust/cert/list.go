package cert

import (
	"crypto"
	"encoding/asn1"
	"errors"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/pki"
)

// Reason says why a certificate was revoked. RFC 5280 5.3.1
type Reason int

// The reasons. 7 is not used.
const (
	Unspecified          Reason = 0
	KeyCompromise        Reason = 1
	CACompromise         Reason = 2
	AffiliationChanged   Reason = 3
	Superseded           Reason = 4
	CessationOfOperation Reason = 5
	CertificateHold      Reason = 6
	RemoveFromCRL        Reason = 8 // of delta lists only
	PrivilegeWithdrawn   Reason = 9
	AACompromise         Reason = 10
)

// Entry is a revoked certificate of a list.
type Entry struct {
	Serial []byte
	At     time.Time
	Reason Reason
}

// List is a revocation list before it is signed. RFC 5280 5
type List struct {
	Issuer     []byte // DER of the issuer's name
	IssuerKey  []byte
	Number     int64
	This, Next time.Time
	Entries    []Entry
	Base       int64  // of a delta: the number of the complete list that it goes on from; 0: this one is complete
	Point      string // the address that this part of the number range is given out at; "" for a list of all. RFC 5280 5.2.5
	Delta      string // where the newest delta of a complete list lies
}

// MakeList signs a revocation list. The issuing distribution point is critical, so that who does not know parts refuses one as a whole.
func MakeList(l *List, key crypto.Signer) ([]byte, error) {
	if l.Number <= 0 || !l.This.Before(l.Next) {
		return nil, errors.New("a list has a number above 0 and ends after it begins")
	}
	a, err := pki.Of(key.Public())
	if err != nil {
		return nil, err
	}
	ext := [][]byte{extension(oidAKI, false, seq(context(0, false, l.IssuerKey))), extension(oidCRLNumber, false, integer(l.Number))}
	if l.Base > 0 {
		ext = append(ext, extension(oidDelta, true, integer(l.Base)))
	}
	if l.Point != "" {
		ext = append(ext, extension(oidIDP, true, seq(context(0, true, context(0, true, context(6, false, []byte(l.Point)))))))
	}
	if l.Delta != "" && l.Base == 0 {
		ext = append(ext, extension(oidFreshest, false, point(l.Delta)))
	}
	parts := [][]byte{integer(1), algorithm(a), l.Issuer, moment(l.This), moment(l.Next)}
	if len(l.Entries) > 0 { // RFC 5280 5.1.2.6: absent where there are none
		entries := make([][]byte, len(l.Entries))
		for i, e := range l.Entries {
			entries[i] = e.der()
		}
		parts = append(parts, seq(entries...))
	}
	parts = append(parts, context(0, true, seq(ext...)))
	return signed(seq(parts...), a, key)
}

// der is the entry; an unspecified reason is left out. RFC 5280 5.3.1
func (e Entry) der() []byte {
	if e.Reason == Unspecified {
		return seq(number(e.Serial), moment(e.At))
	}
	return seq(number(e.Serial), moment(e.At), seq(extension(oidReason, false, []byte{tagEnum, 1, byte(e.Reason)})))
}

// ListNumber reads the number of a list, 0 where it cannot be read.
func ListNumber(der []byte) int64 {
	var l struct {
		TBS struct {
			Version    int
			Algorithm  asn1.RawValue
			Issuer     asn1.RawValue
			This, Next time.Time
			Entries    []asn1.RawValue `asn1:"optional"`
			Extensions []struct {
				ID       asn1.ObjectIdentifier
				Critical bool `asn1:"optional"`
				Value    []byte
			} `asn1:"explicit,tag:0"`
		}
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &l); err != nil {
		return 0
	}
	for _, x := range l.TBS.Extensions {
		var n int64
		if x.ID.Equal(oidCRLNumber) {
			if _, err := asn1.Unmarshal(x.Value, &n); err == nil {
				return n
			}
		}
	}
	return 0
}
