package x509

import (
	"math/big"

	"github.com/haihe-city/haihe/wire/der"
)

// Object identifiers of extensions. RFC 5280 4.2
const (
	OIDSubjectKey        = "2.5.29.14"
	OIDUsage             = "2.5.29.15"
	OIDSubjectAlt        = "2.5.29.17"
	OIDIssuerAlt         = "2.5.29.18"
	OIDBasic             = "2.5.29.19"
	OIDNameConstraints   = "2.5.29.30"
	OIDCRLPoints         = "2.5.29.31"
	OIDPolicies          = "2.5.29.32"
	OIDAnyPolicy         = "2.5.29.32.0"
	OIDMappings          = "2.5.29.33"
	OIDAuthorityKey      = "2.5.29.35"
	OIDPolicyConstraints = "2.5.29.36"
	OIDPurposes          = "2.5.29.37"
	OIDFreshest          = "2.5.29.46"
	OIDInhibitAny        = "2.5.29.54"
	OIDAuthorityInfo     = "1.3.6.1.5.5.7.1.1"
)

// The bits of the key usage, the highest bit of the first octet first. RFC 5280 4.2.1.3
const (
	DigitalSignature uint16 = 1 << (15 - iota)
	NonRepudiation
	KeyEncipherment
	DataEncipherment
	KeyAgreement
	CertSign
	CRLSign
	EncipherOnly
	DecipherOnly
)

// Known are the extensions that path validation uses, decoded. Counts are -1 where absent.
type Known struct {
	HasBasic        bool
	BasicCritical   bool
	CA              bool
	PathLen         int
	HasUsage        bool
	Usage           uint16
	Purposes        []string // extended key usages; nil where the extension is absent
	HasSubjectAlt   bool
	SubjectAlt      []GeneralName
	SubjectKey      []byte // nil where absent
	AuthorityKey    *AuthorityKey
	Constraints     *Constraints
	Policies        []Policy // nil where the extension is absent
	Mappings        []Mapping
	RequireExplicit int
	InhibitMapping  int
	InhibitAny      int
	Points          []Point
	Freshest        []Point
	Unknown         []string // critical extensions that nothing here understands
}

// AuthorityKey names the issuer's key. RFC 5280 4.2.1.1
type AuthorityKey struct {
	ID     []byte // nil where absent
	Issuer []GeneralName
	Serial *big.Int // nil where absent
}

// Subtree is a part of the space of names. Bounded tells that it has a minimum or maximum, which RFC 5280 4.2.1.10 does not use.
type Subtree struct {
	Base    GeneralName
	Bounded bool
}

// Constraints are name constraints. RFC 5280 4.2.1.10
type Constraints struct{ Permitted, Excluded []Subtree }

// Policy is a certificate policy. RFC 5280 4.2.1.4
type Policy struct {
	OID        string
	Qualifiers []string // object identifiers of the qualifiers
	Critical   bool
}

// Mapping says that the issuer holds the subject's policy for its own. RFC 5280 4.2.1.5
type Mapping struct{ Issuer, Subject string }

// Point is a distribution point. RFC 5280 4.2.1.13
type Point struct {
	Full     []GeneralName // fullName
	Relative Name          // nameRelativeToCRLIssuer, where not empty
	Reasons  uint16        // bits as ReasonFlags, the highest first; 0 where absent: all
	Issuer   []GeneralName // cRLIssuer
}

// HasName tells whether the point has a distributionPoint name.
func (p Point) HasName() bool { return len(p.Full) > 0 || !p.Relative.Empty() }

// readers decode the extensions.
var readers = map[string]func(*Known, *der.Reader, Extension){
	OIDSubjectKey: readSubjectKey,
	OIDUsage:      readUsage,
	OIDSubjectAlt: readSubjectAlt,
	OIDIssuerAlt: func(_ *Known, r *der.Reader, _ Extension) {
		readGeneralNames(r.Enter(der.Sequence, "4.2.1.7"), "4.2.1.7")
	},
	OIDBasic:             readBasic,
	OIDNameConstraints:   readConstraints,
	OIDCRLPoints:         func(k *Known, r *der.Reader, _ Extension) { k.Points = readPoints(r, "4.2.1.13") },
	OIDPolicies:          readPolicies,
	OIDMappings:          readMappings,
	OIDAuthorityKey:      func(k *Known, r *der.Reader, _ Extension) { k.AuthorityKey = readAuthorityKey(r) },
	OIDPolicyConstraints: readPolicyConstraints,
	OIDPurposes:          readPurposes,
	OIDFreshest:          func(k *Known, r *der.Reader, _ Extension) { k.Freshest = readPoints(r, "4.2.1.15") },
	OIDInhibitAny:        func(k *Known, r *der.Reader, _ Extension) { k.InhibitAny = r.Small(der.Integer, 1<<31-1, "4.2.1.14") },
}

func readSubjectKey(k *Known, r *der.Reader, _ Extension) {
	if k.SubjectKey = r.Take(der.OctetString, "4.2.1.2").Body; k.SubjectKey == nil {
		k.SubjectKey = []byte{}
	}
}

func readUsage(k *Known, r *der.Reader, _ Extension) {
	at := r.Offset()
	k.HasUsage = true
	if k.Usage = readFlags(r, der.BitString, "4.2.1.3"); k.Usage == 0 {
		r.FailAt(at, "4.2.1.3", "密钥用途为空", "the key usage names none")
	}
}

// readFlags reads a BIT STRING of up to 16 named bits.
func readFlags(r *der.Reader, tag byte, clause string) (out uint16) {
	b, _ := r.Bits(tag, clause)
	if len(b) > 2 {
		r.Fail(clause, "位数过多", "too many named bits")
	}
	for i, c := range b[:min(2, len(b))] {
		out |= uint16(c) << (8 * (1 - i))
	}
	return out
}

func readSubjectAlt(k *Known, r *der.Reader, _ Extension) {
	k.HasSubjectAlt = true
	at := r.Offset()
	k.SubjectAlt = readGeneralNames(r.Enter(der.Sequence, "4.2.1.6"), "4.2.1.6")
	for _, g := range k.SubjectAlt {
		if g.Kind == IP && len(g.Data) != 4 && len(g.Data) != 16 {
			r.FailAt(at, "4.2.1.6", "IP 地址长度无效", "an IP address has neither 4 nor 16 octets")
		}
	}
}

// readBasic takes an explicit FALSE, which is written often although it is the default.
func readBasic(k *Known, r *der.Reader, x Extension) {
	k.HasBasic, k.BasicCritical = true, x.Critical
	in := r.Enter(der.Sequence, "4.2.1.9")
	if in.Tag() == der.Boolean {
		k.CA = in.Bool(der.Boolean, "4.2.1.9")
	}
	if in.More() {
		k.PathLen = in.Small(der.Integer, 1<<31-1, "4.2.1.9")
	}
	in.End("4.2.1.9")
}

func readConstraints(k *Known, r *der.Reader, _ Extension) {
	k.Constraints = &Constraints{}
	in := r.Enter(der.Sequence, "4.2.1.10")
	if !in.More() {
		in.Fail("4.2.1.10", "名称限制为空", "the name constraints are empty")
	}
	for n, list := range []*[]Subtree{&k.Constraints.Permitted, &k.Constraints.Excluded} {
		trees, ok := in.Maybe(der.Inner(n), "4.2.1.10")
		if !ok {
			continue
		}
		for trees.More() {
			one := trees.Enter(der.Sequence, "4.2.1.10")
			s := Subtree{Base: readGeneralName(one, "4.2.1.10")}
			for one.More() {
				one.Any("4.2.1.10")
				s.Bounded = true
			}
			*list = append(*list, s)
		}
		if len(*list) == 0 {
			in.Fail("4.2.1.10", "名称限制列表为空", "a list of subtrees is empty")
		}
	}
	in.End("4.2.1.10")
}

func readPolicies(k *Known, r *der.Reader, x Extension) {
	seen := map[string]bool{}
	for list := r.Enter(der.Sequence, "4.2.1.4"); list.More(); {
		in := list.Enter(der.Sequence, "4.2.1.4")
		p := Policy{OID: in.OID("4.2.1.4"), Critical: x.Critical}
		if seen[p.OID] {
			in.Fail("4.2.1.4", "策略重复", "a policy stands there twice")
		}
		seen[p.OID] = true
		if q, ok := in.Maybe(der.Sequence, "4.2.1.4"); ok {
			for q.More() {
				one := q.Enter(der.Sequence, "4.2.1.4")
				p.Qualifiers = append(p.Qualifiers, one.OID("4.2.1.4"))
				one.Any("4.2.1.4")
				one.End("4.2.1.4")
			}
			if len(p.Qualifiers) == 0 {
				in.Fail("4.2.1.4", "限定符列表为空", "a list of qualifiers is empty")
			}
		}
		in.End("4.2.1.4")
		k.Policies = append(k.Policies, p)
	}
	if len(k.Policies) == 0 {
		r.Fail("4.2.1.4", "策略列表为空", "the list of policies is empty")
		k.Policies = []Policy{}
	}
}

func readMappings(k *Known, r *der.Reader, _ Extension) {
	for list := r.Enter(der.Sequence, "4.2.1.5"); list.More(); {
		in := list.Enter(der.Sequence, "4.2.1.5")
		k.Mappings = append(k.Mappings, Mapping{Issuer: in.OID("4.2.1.5"), Subject: in.OID("4.2.1.5")})
		in.End("4.2.1.5")
	}
	if len(k.Mappings) == 0 {
		r.Fail("4.2.1.5", "策略映射为空", "the list of policy mappings is empty")
	}
}

func readAuthorityKey(r *der.Reader) *AuthorityKey {
	a := &AuthorityKey{}
	in := r.Enter(der.Sequence, "4.2.1.1")
	if in.Tag() == der.Context(0) {
		a.ID = in.Any("4.2.1.1").Body
	}
	if names, ok := in.Maybe(der.Inner(1), "4.2.1.1"); ok {
		a.Issuer = readGeneralNames(names, "4.2.1.1")
	}
	if in.Tag() == der.Context(2) {
		a.Serial = new(big.Int).SetBytes(in.Any("4.2.1.1").Body)
	}
	in.End("4.2.1.1")
	if (a.Issuer == nil) != (a.Serial == nil) {
		in.Fail("4.2.1.1", "颁发者与序列号应同时出现", "issuer and serial number must stand together")
	}
	return a
}

func readPolicyConstraints(k *Known, r *der.Reader, _ Extension) {
	in := r.Enter(der.Sequence, "4.2.1.11")
	if !in.More() {
		in.Fail("4.2.1.11", "策略限制为空", "the policy constraints are empty")
	}
	if in.Tag() == der.Context(0) {
		k.RequireExplicit = in.Small(der.Context(0), 1<<31-1, "4.2.1.11")
	}
	if in.Tag() == der.Context(1) {
		k.InhibitMapping = in.Small(der.Context(1), 1<<31-1, "4.2.1.11")
	}
	in.End("4.2.1.11")
}

func readPurposes(k *Known, r *der.Reader, _ Extension) {
	k.Purposes = []string{}
	for list := r.Enter(der.Sequence, "4.2.1.12"); list.More(); {
		k.Purposes = append(k.Purposes, list.OID("4.2.1.12"))
	}
	if len(k.Purposes) == 0 {
		r.Fail("4.2.1.12", "扩展密钥用途为空", "the list of purposes is empty")
	}
}

func readPoints(r *der.Reader, clause string) (out []Point) {
	for list := r.Enter(der.Sequence, clause); list.More(); {
		in := list.Enter(der.Sequence, clause)
		var p Point
		if n, ok := in.Maybe(der.Inner(0), clause); ok {
			p.Full, p.Relative = readPointName(n, clause)
		}
		if in.Tag() == der.Context(1) {
			p.Reasons = readFlags(in, der.Context(1), clause)
		}
		if n, ok := in.Maybe(der.Inner(2), clause); ok {
			p.Issuer = readGeneralNames(n, clause)
		}
		in.End(clause)
		if !p.HasName() && len(p.Issuer) == 0 {
			list.Fail(clause, "分发点既无名称也无颁发者", "a distribution point has neither name nor issuer")
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		r.Fail(clause, "分发点列表为空", "the list of distribution points is empty")
	}
	return out
}

// readPointName reads a DistributionPointName inside its [0].
func readPointName(r *der.Reader, clause string) (full []GeneralName, relative Name) {
	if n, ok := r.Maybe(der.Inner(0), clause); ok {
		full = readGeneralNames(n, clause)
	} else {
		readRelative(r.Enter(der.Inner(1), clause), &relative)
	}
	r.End(clause)
	return full, relative
}
