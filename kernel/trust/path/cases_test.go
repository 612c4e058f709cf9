package path

import (
	"math/big"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

// row is one case: what stands between and beside the root and the leaf, and the verdict. unlike says why OpenSSL judges otherwise.
type row struct {
	name   string
	want   Code
	leaf   *x509.Certificate
	others []*x509.Certificate
	lists  []*x509.CRL
	set    func(*Options)
	unlike string
}

func all[T any](list ...T) []T { return list }

// options are a row's: the root alone is trusted, and with lists every status must be known.
func (r row) options(root *x509.Certificate) Options {
	o := Options{Time: noon, Anchors: []*x509.Certificate{root}, Others: r.others, Lists: r.lists}
	if r.lists != nil {
		o.Revocation = Required
	}
	if r.set != nil {
		r.set(&o)
	}
	return o
}

// groups are the cases, after the sections of NIST's test suite whose subjects they have.
var groups = map[string]func(*forge) []row{
	"4.3 names":             chained,
	"4.5 keys anew":         anew,
	"4.6 basic constraints": lengths,
	"4.7 key usage":         usagesOf,
	"4.8 policies":          policyRows,
	"4.10 mappings":         mappingRows,
	"4.12 any policy":       anyRows,
	"4.13 directory names":  directoryRows,
	"4.13 other names":      nameRows,
	"4.4 lists":             listRows,
	"4.14 points":           pointRows,
	"4.14 indirect":         indirectRows,
	"4.15 deltas":           deltaRows,
	"4.16 extensions":       extensionRows,
}

// TestCases runs them in both algorithms.
func TestCases(t *testing.T) {
	for _, alg := range []pki.Algorithm{pki.ECDSA, pki.SM2} {
		n := 0
		for name, rows := range groups {
			t.Run(string(alg)+" "+name, func(t *testing.T) {
				f := newForge(t)
				f.alg = alg
				root := f.ca("root", "root")
				for _, r := range rows(f) {
					n++
					res, err := Verify(r.leaf, r.options(root))
					if codeOf(err) != r.want {
						t.Errorf("%s: %v, want %q", r.name, err, r.want)
					}
					if err == nil && res.Chain[0] != root {
						t.Errorf("%s: another anchor", r.name)
					}
				}
			})
		}
		if n < 250 {
			t.Errorf("%s: only %d cases", alg, n)
		}
	}
}

func chained(f *forge) []row {
	a := f.ca("O=h/CN=a", "root")
	spaced, _ := x509.Parse(f.raw(dnAs(der.PrintableString, "O=  H  /CN=A b"), dn("root"), f.start("CN=a", "root"), []change{basic(-1), usage(x509.CertSign)}))
	cross := f.ca("O=h/CN=a", "O=h/CN=x", key("CN=a"))
	return []row{
		{name: "one CA", leaf: f.leaf("e", "O=h/CN=a"), others: all(a)},
		{name: "no CA", want: NoPath, leaf: f.leaf("e", "O=h/CN=a")},
		{name: "another name", want: NoPath, leaf: f.leaf("e", "O=h/CN=b", by("CN=a")), others: all(a)},
		{name: "order of the parts", want: NoPath, leaf: f.leaf("e", "CN=a/O=h", by("CN=a")), others: all(a)},
		{name: "a part less", want: NoPath, leaf: f.leaf("e", "CN=a"), others: all(a)},
		{name: "case, spaces and kind of string", leaf: f.leaf("e", "O=h/CN=a B", by("CN=a")), others: all(spaced)},
		{name: "spaces inside are not none", want: NoPath, leaf: f.leaf("e", "O=h/CN=ab", by("CN=a")), others: all(spaced)},
		{name: "signed with another key", want: BadSignature, leaf: f.leaf("e", "O=h/CN=a", by("other")), others: all(a)},
		{name: "the CA signed with another key", want: BadSignature, leaf: f.leaf("e", "O=h/CN=b"), others: all(f.ca("O=h/CN=b", "root", by("other")))},
		{name: "a damaged signature", want: BadSignature, leaf: f.leaf("e", "O=h/CN=a", func(d *draft) { d.damaged = true }), others: all(a)},
		{name: "leaf not yet valid", want: NotYet, leaf: f.leaf("e", "O=h/CN=a", valid(noon.Add(time.Second), noon.AddDate(1, 0, 0))), others: all(a)},
		{name: "leaf valid from this second on", leaf: f.leaf("e", "O=h/CN=a", valid(noon, noon.AddDate(1, 0, 0))), others: all(a)},
		{name: "leaf valid to this second", leaf: f.leaf("e", "O=h/CN=a", valid(noon.AddDate(-1, 0, 0), noon)), others: all(a), unlike: "it ends a certificate's life one second earlier"},
		{name: "leaf valid to this second, half a second later", leaf: f.leaf("e", "O=h/CN=a", valid(noon.AddDate(-1, 0, 0), noon)), others: all(a), set: func(o *Options) { o.Time = noon.Add(time.Second / 2) }, unlike: "it ends a certificate's life one second earlier"},
		{name: "leaf expired", want: Expired, leaf: f.leaf("e", "O=h/CN=a", valid(noon.AddDate(-1, 0, 0), noon.Add(-time.Second))), others: all(a)},
		{name: "CA expired", want: Expired, leaf: f.leaf("e", "O=h/CN=c"), others: all(f.ca("O=h/CN=c", "root", valid(noon.AddDate(-1, 0, 0), noon.Add(-time.Hour))))},
		{name: "a date beyond 2049", leaf: f.leaf("e", "O=h/CN=a", valid(noon, noon.AddDate(60, 0, 0))), others: all(a)},
		{name: "two ways, one leads on", leaf: f.leaf("e", "O=h/CN=a"), others: all(cross, a), unlike: "it goes one way only"},
		{name: "two ways, one has expired", leaf: f.leaf("e", "O=h/CN=a"), others: all(f.ca("O=h/CN=a", "root", valid(noon.AddDate(-2, 0, 0), noon.AddDate(-1, 0, 0))), a)},
		{name: "two CAs turn in a circle", want: NoPath, leaf: f.leaf("e", "O=h/CN=x"), others: all(cross, f.ca("O=h/CN=x", "O=h/CN=a"))},
		{name: "serial number zero", want: Malformed, leaf: f.leaf("e", "O=h/CN=a", func(d *draft) { d.serial = new(big.Int) }), others: all(a), unlike: "it takes 0"},
		{name: "negative serial number", leaf: f.leaf("e", "O=h/CN=a", func(d *draft) { d.serial = big.NewInt(-7) }), others: all(a)},
		{name: "a leaf without subject, named otherwise", leaf: f.leaf("", "O=h/CN=a", alt("dns:a.example")), others: all(a), unlike: "it wants those names to be critical"},
	}
}

// anew are certificates that a CA issues to itself for a new key. RFC 4210 4.4
func anew(f *forge) []row {
	old := f.ca("a", "root", key("old"))
	fresh := f.ca("a", "root", key("new"))
	oldByNew, newByOld := f.ca("a", "a", key("old"), by("new")), f.ca("a", "a", key("new"), by("old"))
	byOld, byNew := f.leaf("e", "a", by("old")), f.leaf("e", "a", by("new"))
	root := f.crl("root", 1)
	here := where("dn:O=signers")
	signer := f.make("a", "a", []change{basic(-1), usage(x509.CRLSign), key("lists"), by("new"), points(parts(here))})
	vouched := f.crl("a", 1, by("new"), scope(here))
	return []row{
		{name: "old with new", leaf: byOld, others: all(fresh, oldByNew)},
		{name: "new with old", leaf: byNew, others: all(old, newByOld)},
		{name: "new alone does not do for old", want: BadSignature, leaf: byOld, others: all(fresh)},
		{name: "old with new, lists by the new key", leaf: byOld, others: all(fresh, oldByNew), lists: all(root, f.crl("a", 1, by("new")))},
		{name: "old with new, revoked", want: Revoked, leaf: byOld, others: all(fresh, oldByNew), lists: all(root, f.crl("a", 1, by("new"), lists(byOld, 1)))},
		{name: "self-issued one revoked", want: Revoked, leaf: byOld, others: all(fresh, oldByNew), lists: all(root, f.crl("a", 1, by("new"), lists(oldByNew, 1)))},
		{name: "a key for lists alone", leaf: byNew, others: all(fresh, signer), lists: all(root, f.crl("a", 1, by("lists")), vouched)},
		{name: "a key for lists alone, revoked with it", want: Revoked, leaf: byNew, others: all(fresh, signer), lists: all(root, f.crl("a", 1, by("lists"), lists(byNew, 1)), vouched)},
		{name: "a key for lists alone that nobody vouches for", want: NoStatus, leaf: byNew, others: all(fresh, signer), lists: all(root, f.crl("a", 1, by("lists")))},
		{name: "a key for lists alone, itself revoked", want: NoStatus, leaf: byNew, others: all(fresh, signer), lists: all(root, f.crl("a", 1, by("lists")), f.crl("a", 1, by("new"), scope(here), lists(signer, 1)))},
		{name: "the key for lists signs no certificates", want: WrongUsage, leaf: f.leaf("e", "a", by("lists")), others: all(fresh, signer), lists: all(root, f.crl("a", 1, by("new")))},
	}
}

func lengths(f *forge) []row {
	end := func(issuer string) *x509.Certificate { return f.leaf("e", issuer) }
	zero, one := f.ca("zero", "root", basic(0)), f.ca("one", "root", basic(1))
	under := f.ca("under", "one")
	return []row{
		{name: "missing", want: NotCA, leaf: end("m"), others: all(f.ca("m", "root", without(x509.OIDBasic)))},
		{name: "says no CA", want: NotCA, leaf: end("n"), others: all(f.ca("n", "root", add(x509.OIDBasic, true, der.Seq())))},
		{name: "says no CA, not critical", want: NotCA, leaf: end("n2"), others: all(f.ca("n2", "root", add(x509.OIDBasic, false, der.Seq())))},
		{name: "not critical", leaf: end("nc"), others: all(f.ca("nc", "root", add(x509.OIDBasic, false, der.Seq(der.Yes())))), unlike: "its strict mode wants the extension critical"},
		{name: "version 1 above", want: NotCA, leaf: end("v1"), others: all(f.ca("v1", "root", func(d *draft) { d.version = 0 }))},
		{name: "length 0, a leaf below", leaf: end("zero"), others: all(zero)},
		{name: "length 0, a CA below as the last", leaf: f.ca("sub", "zero"), others: all(zero)},
		{name: "length 0, a CA between", want: TooLong, leaf: end("sub"), others: all(zero, f.ca("sub", "zero"))},
		{name: "length 0, the CA itself between", leaf: f.leaf("e", "zero", by("z2")), others: all(zero, f.ca("zero", "zero", key("z2")))},
		{name: "length 0, itself and another between", want: TooLong, leaf: end("sub"), others: all(zero, f.ca("zero", "zero", key("z2")), f.ca("sub", "zero", by("z2")))},
		{name: "length 1, one between", leaf: end("under"), others: all(one, under)},
		{name: "length 1, two between", want: TooLong, leaf: end("low"), others: all(one, under, f.ca("low", "under"))},
		{name: "length 1, two between of which one itself", leaf: f.leaf("e", "under", by("u2")), others: all(one, under, f.ca("under", "under", key("u2")))},
		{name: "below may not widen", want: TooLong, leaf: end("l2"), others: all(one, f.ca("wide", "one", basic(5)), f.ca("l2", "wide"))},
		{name: "below may narrow", want: TooLong, leaf: end("l3"), others: all(f.ca("top", "root", basic(6)), f.ca("narrow", "top", basic(0)), f.ca("l3", "narrow"))},
		{name: "length without CA", want: NotCA, leaf: end("odd"), others: all(f.ca("odd", "root", add(x509.OIDBasic, true, der.Seq(der.Int(3)))))},
	}
}

func usagesOf(f *forge) []row {
	end := func(issuer string) *x509.Certificate { return f.leaf("e", issuer) }
	root := f.crl("root", 1)
	mute := f.ca("mute", "root", usage(x509.CertSign))
	server, client := "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
	a, forClients := f.ca("a", "root"), f.ca("clients", "root", purposes(client))
	ask := func(purpose string) func(*Options) { return func(o *Options) { o.Purpose = purpose } }
	const chains = "its purposes name a role that the command takes in a switch, not given here"
	return []row{
		{name: "may not sign certificates", want: WrongUsage, leaf: end("u"), others: all(f.ca("u", "root", usage(x509.CRLSign)))},
		{name: "the same, not critical", want: WrongUsage, leaf: end("u2"), others: all(f.ca("u2", "root", add(x509.OIDUsage, false, der.NamedBits(der.BitString, x509.CRLSign))))},
		{name: "no key usage", leaf: end("free"), others: all(f.ca("free", "root", without(x509.OIDUsage))), unlike: "its strict mode wants one"},
		{name: "may not sign lists", want: NoStatus, leaf: end("mute"), others: all(mute), lists: all(root, f.crl("mute", 1))},
		{name: "without key usage may sign lists", leaf: end("free"), others: all(f.ca("free", "root", without(x509.OIDUsage))), lists: all(root, f.crl("free", 1)), unlike: "its strict mode wants one"},
		{name: "a leaf that may sign certificates and is no CA", want: WrongUsage, leaf: f.leaf("e", "a", usage(x509.CertSign), add(x509.OIDBasic, true, der.Seq())), others: all(a)},
		{name: "any purpose where none is stated", leaf: end("a"), others: all(a), set: ask(server)},
		{name: "the purpose stated", leaf: f.leaf("e", "a", purposes(client, server)), others: all(a), set: ask(server)},
		{name: "another stated", want: WrongPurpose, leaf: f.leaf("e", "a", purposes(client)), others: all(a), set: ask(server), unlike: chains},
		{name: "any stated", leaf: f.leaf("e", "a", purposes("2.5.29.37.0")), others: all(a), set: ask(server)},
		{name: "a CA for another purpose", want: WrongPurpose, leaf: f.leaf("e", "clients"), others: all(forClients), set: ask(server), unlike: chains},
		{name: "usage does not go with the purpose", want: WrongUsage, leaf: f.leaf("e", "a", purposes(server), usage(x509.CRLSign)), others: all(a), set: ask(server), unlike: chains},
	}
}

// extensionRows: what is critical and unknown is refused wherever it stands.
func extensionRows(f *forge) []row {
	strange := func(critical bool) change { return add("2.999.77", critical, der.Int(1)) }
	a := f.ca("a", "root")
	return []row{
		{name: "unknown, not critical", leaf: f.leaf("e", "a", strange(false)), others: all(a)},
		{name: "unknown, critical", want: Critical, leaf: f.leaf("e", "a", strange(true)), others: all(a)},
		{name: "unknown, critical, in a CA", want: Critical, leaf: f.leaf("e", "b"), others: all(f.ca("b", "root", strange(true)))},
		{name: "unknown, not critical, in a CA", leaf: f.leaf("e", "c"), others: all(f.ca("c", "root", strange(false)))},
		{name: "known ones may be critical", leaf: f.leaf("e", "a", add(x509.OIDPurposes, true, der.Seq(der.OID("1.3.6.1.5.5.7.3.2"))), add(x509.OIDSubjectAlt, true, der.Seq(general("dns:a.example")))), others: all(a)},
		{name: "a critical policy with a qualifier that is unknown", want: Critical, leaf: f.leaf("e", "a", add(x509.OIDPolicies, true, der.Seq(der.Seq(der.OID(p1), der.Seq(der.Seq(der.OID("2.999.5"), der.Int(1))))))), others: all(a), unlike: "it takes any qualifier"},
		{name: "the same, not critical", leaf: f.leaf("e", "a", add(x509.OIDPolicies, false, der.Seq(der.Seq(der.OID(p1), der.Seq(der.Seq(der.OID("2.999.5"), der.Int(1))))))), others: all(a)},
	}
}
