package path

import (
	"math/big"
	"time"

	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

// Reasons as bits of ReasonFlags. RFC 5280 4.2.1.13
const (
	forKey   uint16 = 0x4000
	forCA    uint16 = 0x2000
	forOther uint16 = 0x1f80
)

func listRows(f *forge) []row {
	root := f.crl("root", 1)
	a := f.ca("a", "root")
	e := f.leaf("e", "a")
	good, bad := f.crl("a", 5), f.crl("a", 6, lists(e, 1))
	twin := f.ca("a", "root", key("twin"))
	large, _ := new(big.Int).SetString("7fffffffffffffffffffffffffffffffffffffff", 16)
	long := f.leaf("e", "a", func(d *draft) { d.serial = large })
	near := *long
	near.Serial = new(big.Int).Sub(large, big.NewInt(1))
	minus := f.leaf("e", "a", func(d *draft) { d.serial = big.NewInt(-5) })
	plus := *minus
	plus.Serial = big.NewInt(251)
	unknown := extra{"2.999.88", true, der.Int(1)}
	ifKnown := func(o *Options) { o.Revocation = IfKnown }
	return []row{
		{name: "on no list", leaf: e, others: all(a), lists: all(root, good)},
		{name: "the CA has no list", want: NoStatus, leaf: e, others: all(a), lists: all(root)},
		{name: "the CA has no list, none demanded", leaf: e, others: all(a), lists: all(root), set: ifKnown, unlike: "it demands lists or looks at none"},
		{name: "the root has no list", want: NoStatus, leaf: e, others: all(a), lists: all(good)},
		{name: "leaf revoked", want: Revoked, leaf: e, others: all(a), lists: all(root, bad)},
		{name: "on hold", want: Revoked, leaf: e, others: all(a), lists: all(root, f.crl("a", 6, lists(e, 6)))},
		{name: "revoked without reason", want: Revoked, leaf: e, others: all(a), lists: all(root, f.crl("a", 6, lists(e, -1)))},
		{name: "CA revoked", want: Revoked, leaf: e, others: all(a), lists: all(f.crl("root", 2, lists(a, 2)), good)},
		{name: "another's serial number", leaf: e, others: all(a), lists: all(root, f.crl("a", 6, lists(f.leaf("e", "a"), 1)))},
		{name: "a damaged list", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, func(d *draft) { d.damaged = true }))},
		{name: "a list of another key", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, by("stranger")))},
		{name: "another issuer's name", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("b", 5, by("a")))},
		{name: "a list that is past", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, valid(noon.AddDate(0, -2, 0), noon.Add(-time.Second))))},
		{name: "a list to this second", leaf: e, others: all(a), lists: all(root, f.crl("a", 5, valid(noon.AddDate(0, -2, 0), noon.Add(time.Second))))},
		{name: "a list of tomorrow", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, valid(noon.AddDate(0, 0, 1), noon.AddDate(0, 0, 2))))},
		{name: "a list without end", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, func(d *draft) { d.noNext = true })), unlike: "it takes one for current"},
		{name: "two lists, one damaged", leaf: e, others: all(a), lists: all(root, f.crl("a", 4, func(d *draft) { d.damaged = true }), good), unlike: "it goes no further than a signature that fails"},
		{name: "two lists, the newer revokes", want: Revoked, leaf: e, others: all(a), lists: all(root, f.crl("a", 4, valid(noon.AddDate(0, 0, -3), noon.AddDate(0, 0, 3))), bad)},
		{name: "critical and unknown in the list", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, add("2.999.88", true, der.Int(1))))},
		{name: "critical and unknown in the list, revoked there", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, add("2.999.88", true, der.Int(1)), lists(e, 1)))},
		{name: "not critical and unknown in the list", leaf: e, others: all(a), lists: all(root, f.crl("a", 5, add("2.999.88", false, der.Int(1))))},
		{name: "critical and unknown in an entry", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, lists(f.leaf("x", "a"), 1, unknown)))},
		{name: "another CA's list of the same name", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, by("twin")))},
		{name: "the CA's other certificate signs the lists", leaf: e, others: all(a, twin), lists: all(root, f.crl("a", 5, by("twin")))},
		{name: "the CA's other certificate signs the lists, revoked", want: Revoked, leaf: e, others: all(a, twin), lists: all(root, f.crl("a", 5, by("twin"), lists(e, 1)))},
		{name: "the signer of lists is revoked itself", want: NoStatus, leaf: e, others: all(a, twin), lists: all(f.crl("root", 2, lists(twin, 1)), f.crl("a", 5, by("twin")))},
		{name: "a large serial number", want: Revoked, leaf: long, others: all(a), lists: all(root, f.crl("a", 6, lists(long, 1)))},
		{name: "a large serial number, its neighbour", leaf: long, others: all(a), lists: all(root, f.crl("a", 6, lists(&near, 1)))},
		{name: "a negative serial number", want: Revoked, leaf: minus, others: all(a), lists: all(root, f.crl("a", 6, lists(minus, 1)))},
		{name: "a negative serial number, its complement", leaf: minus, others: all(a), lists: all(root, f.crl("a", 6, lists(&plus, 1)))},
	}
}

func pointRows(f *forge) []row {
	root := f.crl("root", 1)
	a := f.ca("a", "root")
	at := func(p ...[]byte) *x509.Certificate { return f.leaf("e", "a", points(p)) }
	here, there := where("uri:http://a.example/1"), where("uri:http://a.example/2")
	e := at(here)
	half := f.leaf("e", "a", points(parts(here, reasons(forKey|forCA)), parts(there, reasons(forOther))))
	keys := func(c ...change) *x509.CRL { return f.crl("a", 5, append(c, scope(here, some(forKey|forCA)))...) }
	rest := func(c ...change) *x509.CRL { return f.crl("a", 5, append(c, scope(there, some(forOther)))...) }
	child := f.ca("child", "a")
	below := f.leaf("e", "child")
	return []row{
		{name: "the list's point", leaf: e, others: all(a), lists: all(root, f.crl("a", 5, scope(here)))},
		{name: "the list's point, revoked", want: Revoked, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, scope(here), lists(e, 1)))},
		{name: "another point", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, scope(there)))},
		{name: "another point, revoked there", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, scope(there), lists(e, 1)))},
		{name: "a list for all", leaf: e, others: all(a), lists: all(root, f.crl("a", 5))},
		{name: "a list of a point, none in the certificate", want: NoStatus, leaf: f.leaf("e", "a"), others: all(a), lists: all(root, f.crl("a", 5, scope(here)))},
		{name: "one of two names", leaf: at(where("uri:http://b.example/1", "uri:http://a.example/1")), others: all(a), lists: all(root, f.crl("a", 5, scope(here)))},
		{name: "relative in both", leaf: at(relative("OU=p")), others: all(a), lists: all(root, f.crl("a", 5, scope(relative("OU=p"))))},
		{name: "relative in the list, whole in the certificate", leaf: at(where("dn:CN=a/OU=p")), others: all(a), lists: all(root, f.crl("a", 5, scope(relative("OU=p"))))},
		{name: "relative in the certificate, whole in the list", leaf: at(relative("OU=p")), others: all(a), lists: all(root, f.crl("a", 5, scope(where("dn:CN=a/OU=p"))))},
		{name: "relative to another", want: NoStatus, leaf: at(relative("OU=p")), others: all(a), lists: all(root, f.crl("a", 5, scope(where("dn:CN=b/OU=p"))))},
		{name: "for users only", leaf: e, others: all(a), lists: all(root, f.crl("a", 5, scope(flag(1))))},
		{name: "for CAs only", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, scope(flag(2))))},
		{name: "for attributes only", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, scope(flag(5))))},
		{name: "for users only, asked of a CA", want: NoStatus, leaf: below, others: all(a, child), lists: all(root, f.crl("a", 5, scope(flag(1))), f.crl("child", 1))},
		{name: "for CAs only, asked of a CA", leaf: below, others: all(a, child), lists: all(root, f.crl("a", 5, scope(flag(2))), f.crl("child", 1))},
		{name: "some reasons only", want: NoStatus, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, scope(some(forKey))))},
		{name: "some reasons only, revoked for one", want: Revoked, leaf: e, others: all(a), lists: all(root, f.crl("a", 5, scope(some(forKey)), lists(e, 1)))},
		{name: "all reasons in two lists", leaf: half, others: all(a), lists: all(root, keys(), rest())},
		{name: "all reasons in two lists, the second missing", want: NoStatus, leaf: half, others: all(a), lists: all(root, keys())},
		{name: "revoked in the second", want: Revoked, leaf: half, others: all(a), lists: all(root, keys(), rest(lists(half, 3)))},
		{name: "one list for all reasons at two points", want: NoStatus, leaf: half, others: all(a), lists: all(root, f.crl("a", 5, scope(here)))},
		{name: "a point for some reasons, a list for all", leaf: at(here, reasons(forKey)), others: all(a), lists: all(root, f.crl("a", 5)), unlike: "it leaves the other reasons open"},
	}
}

// indirectRows: lists that another than the issuer signs. RFC 5280 5.2.5, 5.3.3
func indirectRows(f *forge) []row {
	root := f.crl("root", 1)
	a := f.ca("a", "root")
	lister := f.make("lister", "root", []change{basic(-1), usage(x509.CRLSign)})
	mute := f.make("mute", "root", []change{basic(-1), usage(x509.CertSign)})
	here := where("uri:http://l.example/1")
	e := f.leaf("e", "a", points(parts(here, asker("lister"))))
	named := f.leaf("e", "a", points(parts(asker("lister"))))
	other := f.leaf("e", "b")
	same := *e
	own := f.crl("a", 5)
	ind := func(c ...change) *x509.CRL {
		return f.crl("lister", 5, append([]change{scope(here, flag(4))}, c...)...)
	}
	others := all(a, lister)
	return []row{
		{name: "an indirect list", leaf: e, others: others, lists: all(root, ind())},
		{name: "the point's issuer alone", leaf: named, others: others, lists: all(root, f.crl("lister", 5, scope(flag(4))))},
		{name: "revoked there", want: Revoked, leaf: e, others: others, lists: all(root, ind(lists(e, 1, issuedBy("a"))))},
		{name: "the entry names no issuer: the list's own", leaf: e, others: others, lists: all(root, ind(lists(&same, 1)))},
		{name: "the entry names another issuer", leaf: e, others: others, lists: all(root, ind(lists(&same, 1, issuedBy("b"))))},
		{name: "an issuer holds for the entries after", want: Revoked, leaf: e, others: others, lists: all(root, ind(lists(f.leaf("x", "a"), 1, issuedBy("a")), lists(e, 1)))},
		{name: "another issuer came between", leaf: e, others: others, lists: all(root, ind(lists(f.leaf("x", "a"), 1, issuedBy("a")), lists(other, 1, issuedBy("b")), lists(&same, 1)))},
		{name: "not said to be indirect", want: NoStatus, leaf: e, others: others, lists: all(root, f.crl("lister", 5, scope(here)))},
		{name: "the certificate asks another", want: NoStatus, leaf: f.leaf("e", "a", points(parts(here, asker("else")))), others: others, lists: all(root, ind())},
		{name: "the certificate asks nobody", want: NoStatus, leaf: f.leaf("e", "a", points(parts(here))), others: others, lists: all(root, ind())},
		{name: "the signer is not there", want: NoStatus, leaf: e, others: all(a), lists: all(root, ind())},
		{name: "the signer may not sign lists", want: NoStatus, leaf: f.leaf("e", "a", points(parts(here, asker("mute")))), others: all(a, mute), lists: all(root, f.crl("mute", 5, scope(here, flag(4)))), unlike: "it prints the refusal and goes on"},
		{name: "the signer is revoked", want: NoStatus, leaf: e, others: others, lists: all(f.crl("root", 2, lists(lister, 1)), ind())},
		{name: "the signer has no path", want: NoStatus, leaf: e, others: all(a, f.make("lister", "elsewhere", []change{basic(-1), usage(x509.CRLSign)})), lists: all(root, ind())},
		{name: "the issuer's own list where another is to be asked", want: NoStatus, leaf: named, others: others, lists: all(root, f.crl("a", 5, scope(here)))},
		{name: "the issuer's own list for all, another to be asked too", leaf: e, others: others, lists: all(root, own)},
	}
}

func deltaRows(f *forge) []row {
	root := f.crl("root", 1)
	a := f.ca("a", "root")
	e := f.leaf("e", "a", add(x509.OIDFreshest, false, der.Seq(der.Seq(where("uri:http://a.example/d")))))
	fresh := add(x509.OIDFreshest, false, der.Seq(der.Seq(where("uri:http://a.example/d"))))
	full := func(c ...change) *x509.CRL { return f.crl("a", 5, append(c, fresh)...) }
	delta := func(number, from int64, c ...change) *x509.CRL { return f.crl("a", number, append(c, base(from))...) }
	past := valid(noon.AddDate(0, -1, 0), noon.Add(-time.Minute))
	return []row{
		{name: "empty", leaf: e, others: all(a), lists: all(root, full(), delta(6, 5))},
		{name: "revoked in the delta", want: Revoked, leaf: e, others: all(a), lists: all(root, full(), delta(6, 5, lists(e, 1)))},
		{name: "revoked in the complete list", want: Revoked, leaf: e, others: all(a), lists: all(root, full(lists(e, 1)), delta(6, 5))},
		{name: "taken off", leaf: e, others: all(a), lists: all(root, full(lists(e, 6)), delta(6, 5, lists(e, 8)))},
		{name: "taken off by the first, on by the second", want: Revoked, leaf: e, others: all(a), lists: all(root, full(lists(e, 6)), delta(6, 5, lists(e, 8)), delta(7, 5, lists(e, 1))), unlike: "it takes one delta, not the newest"},
		{name: "an older base does", want: Revoked, leaf: e, others: all(a), lists: all(root, full(), delta(6, 3, lists(e, 1)))},
		{name: "a newer base does not", leaf: e, others: all(a), lists: all(root, full(), delta(8, 7, lists(e, 1)))},
		{name: "an older delta does not", want: Revoked, leaf: e, others: all(a), lists: all(root, full(lists(e, 6)), delta(4, 3, lists(e, 8)))},
		{name: "a delta that is past takes nothing off", want: Revoked, leaf: e, others: all(a), lists: all(root, full(lists(e, 6)), delta(6, 5, lists(e, 8), past)), unlike: "it takes it off"},
		{name: "a delta that is past, nobody on it", leaf: e, others: all(a), lists: all(root, full(), delta(6, 5, past))},
		{name: "a delta that is past revokes", want: Revoked, leaf: e, others: all(a), lists: all(root, full(), delta(6, 5, lists(e, 1), past))},
		{name: "a delta of another key", leaf: e, others: all(a), lists: all(root, full(), delta(6, 5, lists(e, 1), by("other")))},
		{name: "a delta of another part", leaf: e, others: all(a), lists: all(root, full(), delta(6, 5, lists(e, 1), scope(flag(1))))},
		{name: "a delta alone", want: NoStatus, leaf: e, others: all(a), lists: all(root, delta(6, 5))},
		{name: "a delta alone that revokes", want: NoStatus, leaf: e, others: all(a), lists: all(root, delta(6, 5, lists(e, 1)))},
		{name: "the complete list is past, the delta is not", leaf: e, others: all(a), lists: all(root, full(past), delta(6, 5))},
		{name: "the complete list is past, revoked there", want: Revoked, leaf: e, others: all(a), lists: all(root, full(past, lists(e, 1)), delta(6, 5))},
		{name: "the complete list is past, the delta of another key", want: NoStatus, leaf: e, others: all(a), lists: all(root, full(past), delta(6, 5, by("other")))},
		{name: "both are past", want: NoStatus, leaf: e, others: all(a), lists: all(root, full(past), delta(6, 5, past))},
		{name: "a delta not marked critical and unknown to old programs", want: Revoked, leaf: e, others: all(a), lists: all(root, full(), f.crl("a", 6, lists(e, 1), add(x509.OIDDelta, false, der.Int(5))))},
	}
}
