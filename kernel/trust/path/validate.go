package path

import (
	"slices"

	"github.com/haihe-city/haihe/wire/x509"
)

const (
	oidAnyPurpose = "2.5.29.37.0"
	oidCPS        = "1.3.6.1.5.5.7.2.1" // RFC 5280 4.2.1.4
	oidNotice     = "1.3.6.1.5.5.7.2.2"
)

// states are the variables of RFC 5280 6.1.2.
type states struct {
	n        int // certificates after the anchor
	names    space
	graph    *graph
	explicit int
	inhibit  int // inhibit_anyPolicy
	mapping  int // policy_mapping
	length   int // max_path_length
	key      working
}

// validate goes through a path, the anchor first. RFC 5280 6.1
func (v *verifier) validate(path []*x509.Certificate, inner bool) (*Result, *Refusal) {
	s := &states{n: len(path) - 1, graph: newGraph(), length: len(path) - 1}
	s.explicit, s.inhibit, s.mapping = s.n+1, s.n+1, s.n+1
	if !inner {
		for _, f := range []struct {
			set  bool
			what *int
		}{{v.o.ExplicitPolicy, &s.explicit}, {v.o.InhibitAny, &s.inhibit}, {v.o.InhibitMapping, &s.mapping}} {
			if f.set {
				*f.what = 0
			}
		}
	}
	anchor := path[0]
	if r := v.start(s, anchor, inner); r != nil {
		return nil, r.at(0, anchor)
	}
	for i, c := range path[1:] {
		if r := v.basic(s, c, path[i], i+1); r != nil {
			return nil, r.at(i+1, c)
		}
		var r *Refusal
		if i+1 < s.n {
			r = v.prepare(s, c, inner)
		} else {
			r = v.wrap(s, c, inner)
		}
		if r != nil {
			return nil, r.at(i+1, c)
		}
	}
	res := &Result{Chain: path}
	var asked []string
	if !inner {
		asked = v.o.Policies
	}
	if res.Policies = s.graph.outcome(asked); s.explicit == 0 && len(res.Policies) == 0 {
		return nil, refuse(NoPolicy, "6.1.5 (g)", "要求明确的证书策略，而路径上没有可接受的策略", "a policy is required and the path is valid under none").at(s.n, path[s.n])
	}
	if v.o.Revocation == Unchecked {
		return res, nil
	}
	return v.statuses(path, res)
}

// start takes over the trust anchor: its name and key, and unless anchors are bare what its certificate says of itself. RFC 5280 6.1.1 (d),
// RFC 5937 3.2
func (v *verifier) start(s *states, a *x509.Certificate, inner bool) *Refusal {
	s.key = working{a.Key, a.Key.Algorithm.Params}
	if v.o.BareAnchors {
		return nil
	}
	if r := v.inTime(a); r != nil {
		return r
	}
	k := a.Known
	if len(k.Unknown) > 0 {
		return unknownCritical(k.Unknown[0])
	}
	if a.Version == 3 {
		if r := asCA(a); r != nil {
			return r
		}
	}
	if r := v.purpose(k, inner, false); r != nil {
		return r
	}
	if k.Policies != nil {
		s.graph.add(k.Policies, true)
		s.graph.apply(k.Mappings, s.mapping > 0)
	}
	return s.limit(k)
}

// inTime holds the validity against the time. RFC 5280 6.1.3 (a)(2)
func (v *verifier) inTime(c *x509.Certificate) *Refusal {
	if v.o.Time.Before(c.NotBefore) {
		return refuse(NotYet, "6.1.3 (a)(2)", "证书尚未生效", "the certificate is not valid yet")
	}
	if v.o.Time.After(c.NotAfter) {
		return refuse(Expired, "6.1.3 (a)(2)", "证书已过期", "the certificate has expired")
	}
	return nil
}

func unknownCritical(oid string) *Refusal {
	return refuse(Critical, "6.1.4 (o)", "证书含不支持的关键扩展 "+oid, "the certificate has a critical extension that is not understood: "+oid)
}

// basic is what every certificate is held to. RFC 5280 6.1.3
func (v *verifier) basic(s *states, c, issuer *x509.Certificate, i int) *Refusal {
	if !positive(c.Serial) {
		return refuse(Malformed, "4.1.2.2", "序列号为零", "the serial number is zero")
	}
	if r := v.inTime(c); r != nil {
		return r
	}
	if !c.Issuer.Equal(issuer.Subject) {
		return refuse(BadName, "6.1.3 (a)(4)", "颁发者名称与上级证书主体不符", "the issuer's name is not the subject of the certificate above")
	}
	if c.Issuer.Empty() {
		return refuse(BadName, "4.1.2.4", "颁发者名称为空", "the issuer's name is empty")
	}
	var err error
	if inherits(issuer.Key) {
		err = v.check(s.key, c.Algorithm, c.Signed, c.Signature)
	} else {
		err = v.signed(c, issuer, s.key)
	}
	if err != nil {
		return signatureRefusal(err)
	}
	if !c.SelfIssued() || i == s.n {
		if r := s.names.allows(c); r != nil {
			return r
		}
	}
	s.graph.add(c.Known.Policies, s.inhibit > 0 || i < s.n && c.SelfIssued())
	if s.explicit == 0 && s.graph.null() {
		return refuse(NoPolicy, "6.1.3 (f)", "要求明确的证书策略，而路径上没有", "a policy is required and the path has none")
	}
	if len(c.Known.Unknown) > 0 {
		return unknownCritical(c.Known.Unknown[0])
	}
	for _, p := range c.Known.Policies {
		if p.Critical && slices.ContainsFunc(p.Qualifiers, func(q string) bool { return q != oidCPS && q != oidNotice }) {
			return unknownCritical(x509.OIDPolicies) // RFC 5280 4.2.1.4: understood with its qualifiers or refused
		}
	}
	return nil
}

// prepare is what a CA certificate is held to, and what it hands on. RFC 5280 6.1.4
func (v *verifier) prepare(s *states, c *x509.Certificate, inner bool) *Refusal {
	k := c.Known
	for _, m := range k.Mappings {
		if m.Issuer == anyPolicy || m.Subject == anyPolicy {
			return refuse(NoPolicy, "6.1.4 (a)", "策略映射不应含任意策略", "a policy mapping names any-policy")
		}
	}
	s.graph.apply(k.Mappings, s.mapping > 0)
	s.key = s.key.next(c.Key)
	if !c.SelfIssued() {
		for _, n := range []*int{&s.explicit, &s.mapping, &s.inhibit} {
			*n = max(0, *n-1)
		}
	}
	if r := asCA(c); r != nil {
		return r
	}
	if !c.SelfIssued() {
		if s.length <= 0 {
			return refuse(TooLong, "6.1.4 (l)", "超出路径长度限制", "the path is longer than a certificate in it allows")
		}
		s.length--
	}
	if r := s.limit(k); r != nil {
		return r
	}
	return v.purpose(k, inner, false)
}

// limit takes over name constraints, policy constraints and the path length. RFC 5280 6.1.4 (g), (i), (j), (m)
func (s *states) limit(k x509.Known) *Refusal {
	if r := s.names.narrow(k.Constraints); r != nil {
		return r
	}
	for _, l := range []struct {
		n    int
		what *int
	}{{k.RequireExplicit, &s.explicit}, {k.InhibitMapping, &s.mapping}, {k.InhibitAny, &s.inhibit}, {k.PathLen, &s.length}} {
		if l.n >= 0 {
			*l.what = min(*l.what, l.n)
		}
	}
	return nil
}

// asCA tells whether a certificate may issue others. RFC 5280 6.1.4 (k), (n)
func asCA(c *x509.Certificate) *Refusal {
	k := c.Known
	switch {
	case c.Version != 3 || !k.HasBasic || !k.CA:
		return refuse(NotCA, "6.1.4 (k)", "上级证书不是 CA 证书", "a certificate above is not that of a CA")
	case k.HasUsage && k.Usage&x509.CertSign == 0:
		return refuse(WrongUsage, "6.1.4 (n)", "上级证书的密钥用途不允许签发证书", "a certificate above may not sign certificates by its key usage")
	}
	return nil
}

// wrap is what the last certificate is held to. RFC 5280 6.1.5
func (v *verifier) wrap(s *states, c *x509.Certificate, inner bool) *Refusal {
	k := c.Known
	s.explicit = max(0, s.explicit-1)
	if k.RequireExplicit == 0 {
		s.explicit = 0
	}
	if inner {
		return nil
	}
	if k.HasUsage && k.Usage&x509.CertSign != 0 && k.HasBasic && !k.CA {
		return refuse(WrongUsage, "4.2.1.9", "非 CA 证书不得有签发证书的用途", "a certificate that is not a CA's may not sign certificates")
	}
	if k.Constraints != nil && !k.CA {
		return refuse(Constrained, "4.2.1.10", "名称限制只能用于 CA 证书", "only a CA's certificate may have name constraints")
	}
	if bits := rsaBits(c.Key); bits > 0 && bits < v.o.minRSA() {
		return refuse(BadAlgorithm, "4.1.2.7", "公钥过弱", "the public key is too weak")
	}
	if r := v.purpose(k, inner, true); r != nil {
		return r
	}
	if v.o.Host != "" && !speaksFor(c, v.o.Host) {
		return refuse(WrongHost, "4.2.1.6", "证书不含所要求的名称", "the certificate does not name what was asked for")
	}
	return nil
}

// usages are the key usages of which a purpose needs one. RFC 5280 4.2.1.12
var usages = map[string]uint16{
	"1.3.6.1.5.5.7.3.1": x509.DigitalSignature | x509.KeyEncipherment | x509.KeyAgreement,
	"1.3.6.1.5.5.7.3.2": x509.DigitalSignature | x509.KeyAgreement,
	"1.3.6.1.5.5.7.3.3": x509.DigitalSignature,
	"1.3.6.1.5.5.7.3.4": x509.DigitalSignature | x509.NonRepudiation | x509.KeyEncipherment | x509.KeyAgreement,
	"1.3.6.1.5.5.7.3.8": x509.DigitalSignature | x509.NonRepudiation,
	"1.3.6.1.5.5.7.3.9": x509.DigitalSignature | x509.NonRepudiation,
}

// purpose holds the extended key usage against the purpose asked for. RFC 5280 4.2.1.12
func (v *verifier) purpose(k x509.Known, inner, last bool) *Refusal {
	if inner || v.o.Purpose == "" {
		return nil
	}
	if k.Purposes != nil && !slices.Contains(k.Purposes, v.o.Purpose) && !slices.Contains(k.Purposes, oidAnyPurpose) {
		return refuse(WrongPurpose, "4.2.1.12", "证书不可用于此目的", "the certificate is not for this purpose")
	}
	if need := usages[v.o.Purpose]; last && need != 0 && k.HasUsage && k.Usage&need == 0 {
		return refuse(WrongUsage, "4.2.1.12", "密钥用途与目的不符", "the key usage does not allow this purpose")
	}
	return nil
}
