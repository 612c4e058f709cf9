package x509

import (
	"math/big"
	"time"

	"github.com/haihe-city/haihe/wire/der"
)

// Object identifiers of the extensions of lists and of their entries. RFC 5280 5.2, 5.3
const (
	OIDCRLNumber         = "2.5.29.20"
	OIDReason            = "2.5.29.21"
	OIDInvalidity        = "2.5.29.24"
	OIDDelta             = "2.5.29.27"
	OIDIssuingPoint      = "2.5.29.28"
	OIDCertificateIssuer = "2.5.29.29"
)

// The reasons of a revocation that rules know by name. RFC 5280 5.3.1
const (
	Unspecified   = 0
	KeyCompromise = 1
	CACompromise  = 2
	OnHold        = 6
	RemoveFromCRL = 8
	AACompromise  = 10
)

// Entry is one revoked certificate.
type Entry struct {
	Serial  *big.Int
	At      time.Time
	Reason  int       // -1 where none is given
	Invalid time.Time // invalidity date, zero where none is given
	Issuer  Name      // who issued the certificate: the list's issuer, or as the entry (or one before it) says
}

// Scope is the issuing distribution point. RFC 5280 5.2.5
type Scope struct {
	Raw       []byte
	Full      []GeneralName
	Relative  Name
	OnlyUser  bool
	OnlyCA    bool
	Reasons   uint16 // onlySomeReasons, 0 where all
	Indirect  bool
	OnlyAttrs bool
}

// CRL is a certificate revocation list.
type CRL struct {
	Raw          []byte
	Signed       []byte // the TBSCertList
	Version      int
	Algorithm    AlgorithmID
	Issuer       Name
	This, Next   time.Time // Next is zero where absent
	Entries      []Entry
	AuthorityKey *AuthorityKey
	Number       *big.Int // nil where absent
	Base         *big.Int // BaseCRLNumber of a delta; nil in a complete list
	Scope        *Scope   // nil where the list speaks for all its issuer's certificates
	Freshest     []Point
	Unknown      []string // critical extensions, of the list or of an entry, that nothing here understands
	Signature    []byte
}

// ParseCRL reads a list. Errors are *der.Error.
func ParseCRL(b []byte) (*CRL, error) {
	r := der.New(Standard, b)
	whole := r.Enter(der.Sequence, "5.1.1")
	r.End("5.1.1")
	tbs := whole.Take(der.Sequence, "5.1.1.1")
	l := &CRL{Raw: b, Signed: tbs.Full}
	at := whole.Offset()
	outer := readAlgorithm(whole, "5.1.1.2")
	l.Signature = whole.Octets("5.1.1.3")
	whole.End("5.1.1")
	l.readTBS(whole.Inside(tbs))
	if r.Err() == nil && string(outer.Raw) != string(l.Algorithm.Raw) {
		r.FailAt(at, "5.1.1.2", "内外签名算法不一致", "the two signature algorithms of the list differ")
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *CRL) readTBS(r *der.Reader) {
	l.Version = 1
	if r.Tag() == der.Integer {
		at := r.Offset()
		if l.Version = 1 + r.Small(der.Integer, 1, "5.1.2.1"); l.Version != 2 {
			r.FailAt(at, "5.1.2.1", "列表版本无效", "the version, where written, must be 2")
		}
	}
	l.Algorithm = readAlgorithm(r, "5.1.2.2")
	l.Issuer = readName(r)
	l.This = r.Time("5.1.2.4")
	if t := r.Tag(); t == der.UTCTime || t == der.GeneralizedTime {
		l.Next = r.Time("5.1.2.5")
	}
	if list, ok := r.Maybe(der.Sequence, "5.1.2.6"); ok {
		issuer := l.Issuer
		for list.More() {
			e := l.readEntry(list.Enter(der.Sequence, "5.1.2.6"), issuer)
			issuer = e.Issuer // it holds for the entries after it too: RFC 5280 5.3.3
			l.Entries = append(l.Entries, e)
		}
	}
	if e, ok := r.Maybe(der.Inner(0), "5.1.2.7"); ok {
		if l.Version != 2 {
			e.Fail("5.1.2.1", "版本 2 以外不应有扩展", "extensions need version 2")
		}
		l.readExtensions(e.Enter(der.Sequence, "5.1.2.7"))
		e.End("5.1.2.7")
	}
	r.End("5.1.2")
}

func (l *CRL) readEntry(r *der.Reader, issuer Name) Entry {
	e := Entry{Serial: r.Big("5.1.2.6"), At: r.Time("5.1.2.6"), Reason: -1, Issuer: issuer}
	if !r.More() {
		return e
	}
	if l.Version != 2 {
		r.Fail("5.1.2.1", "版本 2 以外不应有扩展", "extensions need version 2")
	}
	seen := map[string]bool{}
	for list := r.Enter(der.Sequence, "5.3"); list.More(); {
		x, v := readExtension(list, "5.3")
		if seen[x.OID] {
			list.Fail("5.3", "扩展重复", "an extension stands there twice")
		}
		seen[x.OID] = true
		switch x.OID {
		case OIDReason:
			e.Reason = v.Small(der.Enumerated, 10, "5.3.1")
			v.End("5.3.1")
		case OIDInvalidity:
			e.Invalid = v.Time("5.3.2")
			v.End("5.3.2")
		case OIDCertificateIssuer:
			for _, g := range readGeneralNames(v.Enter(der.Sequence, "5.3.3"), "5.3.3") {
				if g.Kind == Directory {
					e.Issuer = g.Name
				}
			}
		default:
			if x.Critical {
				l.Unknown = append(l.Unknown, x.OID)
			}
		}
	}
	r.End("5.3")
	return e
}

func (l *CRL) readExtensions(list *der.Reader) {
	seen := map[string]bool{}
	for list.More() {
		x, v := readExtension(list, "5.2")
		if seen[x.OID] {
			list.Fail("5.2", "扩展重复", "an extension stands there twice")
		}
		seen[x.OID] = true
		switch x.OID {
		case OIDAuthorityKey:
			l.AuthorityKey = readAuthorityKey(v)
		case OIDCRLNumber:
			l.Number = v.Big("5.2.3")
		case OIDDelta:
			l.Base = v.Big("5.2.4")
		case OIDIssuingPoint:
			l.Scope = readScope(v)
			l.Scope.Raw = x.Value
		case OIDFreshest:
			l.Freshest = readPoints(v, "5.2.6")
		case OIDIssuerAlt, OIDAuthorityInfo:
			continue
		default:
			if x.Critical {
				l.Unknown = append(l.Unknown, x.OID)
			}
			continue
		}
		v.End("5.2")
	}
	if len(seen) == 0 {
		list.Fail("5.1.2.7", "扩展列表为空", "the list of extensions is empty")
	}
}

func readScope(r *der.Reader) *Scope {
	s := &Scope{}
	in := r.Enter(der.Sequence, "5.2.5")
	if n, ok := in.Maybe(der.Inner(0), "5.2.5"); ok {
		s.Full, s.Relative = readPointName(n, "5.2.5")
	}
	flag := func(n int) bool {
		if in.Tag() != der.Context(n) {
			return false
		}
		return in.Bool(der.Context(n), "5.2.5")
	}
	s.OnlyUser, s.OnlyCA = flag(1), flag(2)
	if in.Tag() == der.Context(3) {
		s.Reasons = readFlags(in, der.Context(3), "5.2.5")
	}
	s.Indirect, s.OnlyAttrs = flag(4), flag(5)
	in.End("5.2.5")
	return s
}
