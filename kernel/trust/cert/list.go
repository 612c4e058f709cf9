package cert

import (
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
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

// ReadListed is a revocation list that was read: what is needed to keep it and to check it.
type ReadListed struct {
	Raw, Signed, Signature []byte
	Issuer                 []byte // DER of the name
	This, Next             time.Time
	Number                 int64
	Entries                []Entry
}

type rawEntry struct {
	Serial     *big.Int
	At         time.Time
	Extensions []rawExtension `asn1:"optional"`
}

type rawExtension struct {
	ID       asn1.ObjectIdentifier
	Critical bool `asn1:"optional"`
	Value    []byte
}

type rawList struct {
	TBS struct {
		Raw        asn1.RawContent
		Version    int `asn1:"optional"`
		Algorithm  asn1.RawValue
		Issuer     asn1.RawValue
		This       time.Time
		Next       time.Time      `asn1:"optional"`
		Entries    []rawEntry     `asn1:"optional"`
		Extensions []rawExtension `asn1:"optional,explicit,tag:0"`
	}
	Algorithm asn1.RawValue
	Signature asn1.BitString
}

// ReadList reads a revocation list, DER or PEM. Its signature is not checked.
func ReadList(b []byte) (*ReadListed, error) {
	var l rawList
	b = bare(b)
	rest, err := asn1.Unmarshal(b, &l)
	if err != nil {
		return nil, fmt.Errorf("no revocation list: %w", err)
	}
	if len(rest) > 0 {
		return nil, errors.New("no revocation list: something follows it")
	}
	out := &ReadListed{Raw: b, Signed: l.TBS.Raw, Signature: l.Signature.Bytes, Issuer: l.TBS.Issuer.FullBytes, This: l.TBS.This, Next: l.TBS.Next}
	for _, e := range l.TBS.Entries {
		x := Entry{Serial: e.Serial.Bytes(), At: e.At}
		for _, y := range e.Extensions {
			if y.ID.Equal(oidReason) && len(y.Value) == 3 {
				x.Reason = Reason(y.Value[2])
			}
		}
		out.Entries = append(out.Entries, x)
	}
	for _, x := range l.TBS.Extensions {
		if x.ID.Equal(oidCRLNumber) {
			if _, err := asn1.Unmarshal(x.Value, &out.Number); err != nil {
				return nil, fmt.Errorf("no revocation list: %w", err)
			}
		}
	}
	return out, nil
}

// SignedBy tells with nil that the list bears the issuer's name and signature.
func (l *ReadListed) SignedBy(issuer *Certificate) error {
	if string(l.Issuer) != string(issuer.RawSubject) {
		return errors.New("the list names another issuer")
	}
	return pki.Verify(issuer.PublicKey, l.Signed, l.Signature)
}
