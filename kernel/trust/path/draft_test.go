package path

import (
	"crypto"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

// Attributes and policies that the cases below use.
const (
	p1, p2, p3, p4 = "2.999.1", "2.999.2", "2.999.3", "2.999.4"
	oidECDSA       = "1.2.840.10045.4.3.2"
)

// noon is the time that the cases are judged at.
var noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

// draft is a certificate or list before it is signed: what a case changes of one that is sound.
type draft struct {
	serial     *big.Int
	version    int64
	from, to   time.Time
	key, by    string // names of keys
	algorithm  string // of the signature as the signed part states it
	extensions []extra
	revoked    [][]byte // of a list
	noNext     bool
	damaged    bool
}

type extra struct {
	oid      string
	critical bool
	value    []byte
}

func (e extra) marshal() []byte {
	if e.critical {
		return der.Seq(der.OID(e.oid), der.Yes(), der.Bytes(e.value))
	}
	return der.Seq(der.OID(e.oid), der.Bytes(e.value))
}

type change func(*draft)

// forge makes certificates and lists; its keys are made when they are first named.
type forge struct {
	t      testing.TB
	alg    pki.Algorithm
	keys   map[string]crypto.Signer
	serial int64
}

func newForge(t testing.TB) *forge {
	return &forge{t: t, alg: pki.ECDSA, keys: map[string]crypto.Signer{}}
}

func (f *forge) key(name string) crypto.Signer {
	if f.keys[name] == nil {
		k, err := pki.Generate(f.alg)
		if err != nil {
			f.t.Fatal(err)
		}
		f.keys[name] = k
	}
	return f.keys[name]
}

func (f *forge) id(key string) []byte {
	id, err := pki.KeyID(f.key(key).Public())
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

// dn writes a name of the form "O=a/OU=b/CN=c"; without "=" it is a common name. "" is the empty name.
func dn(s string) []byte { return dnAs(der.UTF8String, s) }

func dnAs(tag byte, s string) []byte {
	var parts [][]byte
	for _, p := range strings.Split(s, "/") {
		if p == "" {
			continue
		}
		parts = append(parts, rdn(tag, p))
	}
	return der.Seq(parts...)
}

func rdn(tag byte, p string) []byte {
	kind, value, ok := strings.Cut(p, "=")
	if !ok {
		kind, value = "CN", p
	}
	oid := map[string]string{"CN": "2.5.4.3", "O": "2.5.4.10", "OU": "2.5.4.11", "C": "2.5.4.6", "E": oidEmail}[kind]
	if kind == "E" {
		tag = der.IA5String
	}
	return der.SetOf(der.Set, der.Seq(der.OID(oid), der.Value(tag, []byte(value))))
}

// keyOf is the key that a name signs with unless a case says otherwise: its last attribute.
func keyOf(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

func (f *forge) start(subject, issuer string) *draft {
	f.serial++
	return &draft{serial: big.NewInt(f.serial), version: 2, from: noon.AddDate(-1, 0, 0), to: noon.AddDate(1, 0, 0), key: keyOf(subject), by: keyOf(issuer), algorithm: f.algorithm()}
}

func (f *forge) algorithm() string {
	if f.alg == pki.SM2 {
		return oidSM2
	}
	return oidECDSA
}

// ca makes the certificate of a CA, leaf that of none.
func (f *forge) ca(subject, issuer string, changes ...change) *x509.Certificate {
	return f.make(subject, issuer, append([]change{basic(-1), usage(x509.CertSign | x509.CRLSign)}, changes...))
}

func (f *forge) leaf(subject, issuer string, changes ...change) *x509.Certificate {
	return f.make(subject, issuer, append([]change{usage(x509.DigitalSignature)}, changes...))
}

func (f *forge) make(subject, issuer string, changes []change) *x509.Certificate {
	f.t.Helper()
	c, err := x509.Parse(f.raw(dn(subject), dn(issuer), f.start(subject, issuer), changes))
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f *forge) raw(subject, issuer []byte, d *draft, changes []change) []byte {
	for _, c := range changes {
		c(d)
	}
	if d.version == 2 {
		add(x509.OIDSubjectKey, false, der.Bytes(f.id(d.key)))(d)
		add(x509.OIDAuthorityKey, false, der.Seq(der.Value(der.Context(0), f.id(d.by))))(d)
	}
	public, err := pki.MarshalPublic(f.key(d.key).Public())
	if err != nil {
		f.t.Fatal(err)
	}
	var version, extensions []byte
	if d.version > 0 {
		version = der.Value(der.Inner(0), der.Int(d.version))
	}
	if list := d.list(); list != nil && d.version == 2 {
		extensions = der.Value(der.Inner(3), list)
	}
	return f.signed(d, der.Seq(version, der.BigInt(d.serial), der.Algorithm(d.algorithm, nil), issuer, der.Seq(der.When(d.from), der.When(d.to)), subject, public, extensions))
}

// list gives the extensions that have a value: without takes one away.
func (d *draft) list() []byte {
	var out [][]byte
	for _, e := range d.extensions {
		if e.value != nil {
			out = append(out, e.marshal())
		}
	}
	if out == nil {
		return nil
	}
	return der.Seq(out...)
}

func (f *forge) signed(d *draft, tbs []byte) []byte {
	sig, err := pki.Sign(f.key(d.by), tbs)
	if err != nil {
		f.t.Fatal(err)
	}
	if d.damaged {
		sig[len(sig)-1] ^= 1
	}
	return der.Seq(tbs, der.Algorithm(d.algorithm, nil), der.BitsOf(sig))
}

// crl makes a complete list with a number; delta does so with a base.
func (f *forge) crl(issuer string, number int64, changes ...change) *x509.CRL {
	f.t.Helper()
	d := f.start(issuer, issuer)
	d.from, d.to = noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 6)
	add(x509.OIDCRLNumber, false, der.Int(number))(d)
	for _, c := range changes {
		c(d)
	}
	add(x509.OIDAuthorityKey, false, der.Seq(der.Value(der.Context(0), f.id(d.by))))(d)
	var next, revoked []byte
	if !d.noNext {
		next = der.When(d.to)
	}
	if d.revoked != nil {
		revoked = der.Seq(d.revoked...)
	}
	l, err := x509.ParseCRL(f.signed(d, der.Seq(der.Int(1), der.Algorithm(d.algorithm, nil), dn(issuer), der.When(d.from), next, revoked, der.Value(der.Inner(0), d.list()))))
	if err != nil {
		f.t.Fatal(err)
	}
	return l
}

// add sets an extension in place of one of the same kind.
func add(oid string, critical bool, value []byte) change {
	return func(d *draft) {
		for i := range d.extensions {
			if d.extensions[i].oid == oid {
				d.extensions[i] = extra{oid, critical, value}
				return
			}
		}
		d.extensions = append(d.extensions, extra{oid, critical, value})
	}
}

func without(oid string) change { return add(oid, false, nil) }

func basic(length int64) change {
	if length < 0 {
		return add(x509.OIDBasic, true, der.Seq(der.Yes()))
	}
	return add(x509.OIDBasic, true, der.Seq(der.Yes(), der.Int(length)))
}

func usage(bits uint16) change { return add(x509.OIDUsage, true, der.NamedBits(der.BitString, bits)) }

func purposes(oids ...string) change {
	var list [][]byte
	for _, o := range oids {
		list = append(list, der.OID(o))
	}
	return add(x509.OIDPurposes, false, der.Seq(list...))
}

func policies(oids ...string) change {
	var list [][]byte
	for _, o := range oids {
		list = append(list, der.Seq(der.OID(o)))
	}
	return add(x509.OIDPolicies, false, der.Seq(list...))
}

// mapped takes pairs: issuer's policy, subject's policy.
func mapped(pairs ...string) change {
	var list [][]byte
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, der.Seq(der.OID(pairs[i]), der.OID(pairs[i+1])))
	}
	return add(x509.OIDMappings, true, der.Seq(list...))
}

// constrained sets requireExplicitPolicy and inhibitPolicyMapping; -1 leaves one out.
func constrained(explicit, mapping int64) change {
	var parts []byte
	for i, n := range []int64{explicit, mapping} {
		if n >= 0 {
			parts = append(parts, der.Value(der.Context(i), der.Digits(big.NewInt(n)))...)
		}
	}
	return add(x509.OIDPolicyConstraints, true, der.Seq(parts))
}

func inhibitAny(n int64) change { return add(x509.OIDInhibitAny, true, der.Int(n)) }

// general writes names of the form "dns:a", "email:a", "uri:a", "dn:O=a", "ip:" with hexadecimal digits, "rid:" and "other:".
func general(s string) []byte {
	kind, v, _ := strings.Cut(s, ":")
	switch kind {
	case "email":
		return der.Value(der.Context(x509.Email), []byte(v))
	case "dns":
		return der.Value(der.Context(x509.DNS), []byte(v))
	case "uri":
		return der.Value(der.Context(x509.URI), []byte(v))
	case "dn":
		return der.Value(der.Inner(x509.Directory), dn(v))
	case "ip":
		n, _ := new(big.Int).SetString("01"+v, 16)
		return der.Value(der.Context(x509.IP), n.Bytes()[1:])
	case "rid":
		return der.Value(der.Context(x509.RegisteredID), der.OID(v)[2:])
	}
	return der.Value(der.Inner(x509.OtherName), der.OID("2.999.9"), der.Value(der.Inner(0), der.Text(v)))
}

func generals(names []string) []byte {
	var out []byte
	for _, n := range names {
		out = append(out, general(n)...)
	}
	return out
}

func alt(names ...string) change { return add(x509.OIDSubjectAlt, false, der.Seq(generals(names))) }

// limits gives name constraints: each "+" permitted or "-" excluded, and a name.
func limits(trees ...string) change {
	var lists [2][]byte
	for _, s := range trees {
		i := map[byte]int{'+': 0, '-': 1}[s[0]]
		lists[i] = append(lists[i], der.Seq(general(s[1:]))...)
	}
	var parts []byte
	for i, l := range lists {
		if l != nil {
			parts = append(parts, der.Value(der.Inner(i), l)...)
		}
	}
	return add(x509.OIDNameConstraints, true, der.Seq(parts))
}

// where writes a DistributionPointName's full names inside [0].
func where(names ...string) []byte {
	return der.Value(der.Inner(0), der.Value(der.Inner(0), generals(names)))
}

// relative writes one that is relative to the issuer's name.
func relative(part string) []byte {
	return der.Value(der.Inner(0), der.Value(der.Inner(1), rdn(der.UTF8String, part)[2:]))
}

func reasons(bits uint16) []byte { return der.NamedBits(der.Context(1), bits) }

func asker(issuer string) []byte { return der.Value(der.Inner(2), general("dn:"+issuer)) }

// points sets distribution points, each of the parts above.
func points(each ...[][]byte) change {
	var list [][]byte
	for _, p := range each {
		list = append(list, der.Seq(p...))
	}
	return add(x509.OIDCRLPoints, false, der.Seq(list...))
}

func parts(p ...[]byte) [][]byte { return p }

// scope sets the issuing distribution point.
func scope(p ...[]byte) change { return add(x509.OIDIssuingPoint, true, der.Seq(p...)) }

// flag is a boolean of the issuing distribution point: 1 users only, 2 CAs only, 4 indirect, 5 attributes only.
func flag(n int) []byte { return der.Value(der.Context(n), []byte{0xff}) }

func some(bits uint16) []byte { return der.NamedBits(der.Context(3), bits) }

func base(n int64) change { return add(x509.OIDDelta, true, der.Int(n)) }

// lists puts a certificate on a list; more are extensions of the entry.
func lists(c *x509.Certificate, reason int64, more ...extra) change {
	if reason >= 0 {
		more = append(more, extra{x509.OIDReason, false, der.Value(der.Enumerated, []byte{byte(reason)})})
	}
	var ext []byte
	if len(more) > 0 {
		var all [][]byte
		for _, e := range more {
			all = append(all, e.marshal())
		}
		ext = der.Seq(all...)
	}
	return func(d *draft) {
		d.revoked = append(d.revoked, der.Seq(der.BigInt(c.Serial), der.When(noon.AddDate(0, 0, -2)), ext))
	}
}

// issuedBy is the entry's certificate issuer.
func issuedBy(name string) extra {
	return extra{x509.OIDCertificateIssuer, true, der.Seq(general("dn:" + name))}
}

func by(key string) change   { return func(d *draft) { d.by = key } }
func key(name string) change { return func(d *draft) { d.key = name } }

func valid(from, to time.Time) change { return func(d *draft) { d.from, d.to = from, to } }
