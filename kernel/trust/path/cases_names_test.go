package path

import (
	"testing"

	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

func directoryRows(f *forge) []row {
	p := f.ca("O=h/CN=p", "root", limits("+dn:O=h/OU=in"))
	x := f.ca("O=h/CN=x", "root", limits("-dn:O=h/OU=out"))
	both := f.ca("O=h/CN=both", "root", limits("+dn:O=h", "-dn:O=h/OU=out"))
	two := f.ca("O=h/CN=two", "root", limits("+dn:O=h/OU=a", "+dn:O=h/OU=b"))
	under := f.ca("O=h/OU=in/CN=under", "O=h/CN=p", limits("+dn:O=h/OU=in/OU=deep"))
	apart := f.ca("O=h/OU=in/CN=apart", "O=h/CN=p", limits("+dn:O=h/OU=else"))
	return []row{
		{name: "within", leaf: f.leaf("O=h/OU=in/CN=e", "O=h/CN=p"), others: all(p)},
		{name: "the base itself", leaf: f.leaf("O=h/OU=in", "O=h/CN=p"), others: all(p)},
		{name: "case and spaces", leaf: f.leaf("O=H/OU= IN /CN=e", "O=h/CN=p"), others: all(p)},
		{name: "outside", want: Constrained, leaf: f.leaf("O=h/OU=else/CN=e", "O=h/CN=p"), others: all(p)},
		{name: "shorter than the base", want: Constrained, leaf: f.leaf("O=h", "O=h/CN=p"), others: all(p)},
		{name: "the parts in another place", want: Constrained, leaf: f.leaf("OU=in/O=h/CN=e", "O=h/CN=p"), others: all(p)},
		{name: "an alternative outside", want: Constrained, leaf: f.leaf("O=h/OU=in/CN=e", "O=h/CN=p", alt("dn:O=h/OU=else/CN=e")), others: all(p)},
		{name: "an alternative within", leaf: f.leaf("O=h/OU=in/CN=e", "O=h/CN=p", alt("dn:O=h/OU=in/CN=f")), others: all(p)},
		{name: "no subject, another kind of name", leaf: f.leaf("", "O=h/CN=p", add(x509.OIDSubjectAlt, true, der.Seq(general("dns:a.example")))), others: all(p)},
		{name: "in one of two", leaf: f.leaf("O=h/OU=b/CN=e", "O=h/CN=two"), others: all(two)},
		{name: "in none of two", want: Constrained, leaf: f.leaf("O=h/OU=c/CN=e", "O=h/CN=two"), others: all(two)},
		{name: "excluded", want: Constrained, leaf: f.leaf("O=h/OU=out/CN=e", "O=h/CN=x"), others: all(x)},
		{name: "not excluded", leaf: f.leaf("O=h/OU=outer/CN=e", "O=h/CN=x"), others: all(x)},
		{name: "permitted and excluded", want: Constrained, leaf: f.leaf("O=h/OU=out/CN=e", "O=h/CN=both"), others: all(both)},
		{name: "permitted and not excluded", leaf: f.leaf("O=h/OU=a/CN=e", "O=h/CN=both"), others: all(both)},
		{name: "narrowed below, within both", leaf: f.leaf("O=h/OU=in/OU=deep/CN=e", "O=h/OU=in/CN=under"), others: all(p, under)},
		{name: "narrowed below, within the first only", want: Constrained, leaf: f.leaf("O=h/OU=in/CN=e", "O=h/OU=in/CN=under"), others: all(p, under)},
		{name: "nothing is in both", want: Constrained, leaf: f.leaf("O=h/OU=else/CN=e", "O=h/OU=in/CN=apart"), others: all(p, apart)},
		{name: "the CA below is outside", want: Constrained, leaf: f.leaf("O=h/OU=in/CN=e", "O=h/OU=else/CN=bad"), others: all(p, f.ca("O=h/OU=else/CN=bad", "O=h/CN=p"))},
		{name: "self-issued between is let be", leaf: f.leaf("O=h/OU=in/CN=e", "O=h/CN=p", by("p2")), others: all(p, f.ca("O=h/CN=p", "O=h/CN=p", key("p2")))},
		{name: "self-issued as the last is not", want: Constrained, leaf: f.leaf("O=h/CN=p", "O=h/CN=p", key("p3"), by("CN=p")), others: all(p)},
	}
}

// held is one name below one constraint.
type held struct {
	tree, name string
	ok         bool
	unlike     string
}

var helds = []held{
	{"+dns:haihe.example", "dns:haihe.example", true, ""},
	{"+dns:haihe.example", "dns:a.b.haihe.example", true, ""},
	{"+dns:haihe.example", "dns:HAIHE.Example", true, ""},
	{"+dns:haihe.example", "dns:myhaihe.example", false, ""},
	{"+dns:haihe.example", "dns:example", false, ""},
	{"+dns:haihe.example", "dns:*.haihe.example", true, ""},
	{"+dns:a.haihe.example", "dns:*.haihe.example", false, ""},
	{"-dns:haihe.example", "dns:a.haihe.example", false, ""},
	{"-dns:haihe.example", "dns:haihe.example.org", true, ""},
	{"-dns:a.haihe.example", "dns:*.haihe.example", false, "it compares a wildcard as letters"},
	{"-dns:a.haihe.example", "dns:b.haihe.example", true, ""},
	{"+dns:", "dns:anything.example", true, ""},
	{"-dns:", "dns:anything.example", false, ""},
	{"+dns:haihe.example", "dns:a..haihe.example", false, "it does not look at the labels"},
	{"+dns:haihe.example", "email:e@else.example", true, ""},
	{"+email:haihe.example", "email:wang@haihe.example", true, ""},
	{"+email:haihe.example", "email:wang@HAIHE.example", true, ""},
	{"+email:haihe.example", "email:wang@mail.haihe.example", false, ""},
	{"+email:.haihe.example", "email:wang@mail.haihe.example", true, ""},
	{"+email:.haihe.example", "email:wang@haihe.example", false, ""},
	{"+email:wang@haihe.example", "email:wang@haihe.example", true, ""},
	{"+email:wang@haihe.example", "email:Wang@haihe.example", false, ""},
	{"+email:wang@haihe.example", "email:wang@HAIHE.example", true, ""},
	{"+email:wang@haihe.example", "email:li@haihe.example", false, ""},
	{"-email:haihe.example", "email:wang@haihe.example", false, ""},
	{"-email:haihe.example", "email:wang@mail.haihe.example", true, ""},
	{"-email:.haihe.example", "email:wang@mail.haihe.example", false, ""},
	{"-email:wang@haihe.example", "email:wang@haihe.example", false, ""},
	{"-email:wang@haihe.example", "email:li@haihe.example", true, ""},
	{"+email:haihe.example", "email:nobody", false, ""},
	{"+email:haihe.example", "email:wang@else.example@haihe.example", false, "it looks at the last @ only"},
	{"-email:else.example", "email:wang@haihe.example@else.example", false, ""},
	{"+email:haihe.example", `email:"wang@home"@haihe.example`, true, ""},
	{"+email:haihe.example", "email:wang <li@haihe.example", false, "it looks at the last @ only"},
	{"+uri:haihe.example", "uri:https://haihe.example/a?b", true, ""},
	{"+uri:haihe.example", "uri:https://a.haihe.example/", false, ""},
	{"+uri:.haihe.example", "uri:https://a.haihe.example:8443/x", true, ""},
	{"+uri:.haihe.example", "uri:https://haihe.example/", false, ""},
	{"+uri:haihe.example", "uri:ftp://user:word@haihe.example/", true, "it takes what stands before the @ for the host"},
	{"+uri:haihe.example", "uri:https://evil.example/@haihe.example", false, ""},
	{"+uri:haihe.example", "uri:https://evil.example#@haihe.example", false, ""},
	{"+uri:haihe.example", "uri:https://192.0.2.1/", false, ""},
	{"+uri:haihe.example", "uri:https://[2001:db8::1]/", false, ""},
	{"+uri:haihe.example", "uri:urn:haihe:a", false, ""},
	{"-uri:haihe.example", "uri:https://HAIHE.example/", false, ""},
	{"-uri:.haihe.example", "uri:https://a.haihe.example", false, ""},
	{"-uri:.haihe.example", "uri:https://haihe.example", true, ""},
	{"-uri:haihe.example", "uri:urn:haihe:a", false, ""},
	{"+ip:c0000200ffffff00", "ip:c0000207", true, ""},
	{"+ip:c0000200ffffff00", "ip:c0000307", false, ""},
	{"-ip:c0000200ffffff00", "ip:c0000207", false, ""},
	{"-ip:c0000200ffffff00", "ip:c0000307", true, ""},
	{"+ip:c0000200ffffff00", "ip:20010db8000000000000000000000001", false, ""},
	{"+ip:20010db8000000000000000000000000ffffffff000000000000000000000000", "ip:20010db8000000000000000000000001", true, ""},
	{"+ip:20010db8000000000000000000000000ffffffff000000000000000000000000", "ip:20010db9000000000000000000000001", false, ""},
	{"-ip:0000000000000000", "ip:c0000207", false, ""},
	{"+ip:c0000200ff00ff00", "ip:c0000207", false, "it takes masks with gaps"},
	{"+rid:2.999.1", "rid:2.999.1", false, ""},
	{"+rid:2.999.1", "dns:a.example", true, ""},
	{"-other:a", "other:a", false, ""},
	{"-other:a", "dns:a.example", true, ""},
}

func nameRows(f *forge) []row {
	var out []row
	for _, h := range helds {
		want := Constrained
		if h.ok {
			want = ""
		}
		out = append(out, row{name: h.tree + " holds " + h.name, want: want, leaf: f.leaf("e", "c", alt(h.name)), others: all(f.ca("c", "root", limits(h.tree))), unlike: h.unlike})
	}
	mail := f.ca("mail", "root", limits("+email:haihe.example"))
	kinds := f.ca("kinds", "root", limits("+dns:haihe.example", "+email:haihe.example", "-ip:0000000000000000"))
	return append(out,
		row{name: "an address in the subject, within", leaf: f.leaf("E=wang@haihe.example/CN=e", "mail"), others: all(mail)},
		row{name: "an address in the subject, outside", want: Constrained, leaf: f.leaf("E=wang@else.example/CN=e", "mail"), others: all(mail)},
		row{name: "an address in the subject beside other names", leaf: f.leaf("E=wang@else.example/CN=e", "mail", alt("email:wang@haihe.example")), others: all(mail), unlike: "it holds the subject's address to the constraint always"},
		row{name: "constraints in the leaf", want: Constrained, leaf: f.leaf("e", "mail", limits("+dns:a.example")), others: all(mail), unlike: "it takes them"},
		row{name: "constraints in a CA that is the last", leaf: f.ca("last", "mail", limits("+dns:a.example")), others: all(mail)},
		row{name: "three kinds, all within", leaf: f.leaf("e", "kinds", alt("dns:a.haihe.example", "email:w@haihe.example")), others: all(kinds)},
		row{name: "three kinds, the last outside", want: Constrained, leaf: f.leaf("e", "kinds", alt("dns:a.haihe.example", "email:w@haihe.example", "ip:c0000201")), others: all(kinds)},
		row{name: "the second of one kind outside", want: Constrained, leaf: f.leaf("e", "kinds", alt("dns:a.haihe.example", "dns:b.example")), others: all(kinds)},
	)
}

// TestHost: which names a certificate speaks for. RFC 9525 6.3
func TestHost(t *testing.T) {
	f := newForge(t)
	root := f.ca("root", "root")
	for _, r := range []struct {
		names []string
		host  string
		want  Code
	}{
		{all("dns:a.haihe.example"), "a.haihe.example", ""},
		{all("dns:a.haihe.example"), "A.HAIHE.EXAMPLE.", ""},
		{all("dns:a.haihe.example"), "b.haihe.example", WrongHost},
		{all("dns:*.haihe.example"), "b.haihe.example", ""},
		{all("dns:*.haihe.example"), "haihe.example", WrongHost},
		{all("dns:*.haihe.example"), "c.b.haihe.example", WrongHost},
		{all("dns:*.example"), "haihe.example", WrongHost},
		{all("dns:a*.haihe.example"), "ab.haihe.example", WrongHost},
		{all("dns:192.0.2.1"), "192.0.2.1", WrongHost},
		{all("ip:c0000201"), "192.0.2.1", ""},
		{all("ip:c0000201"), "::ffff:192.0.2.1", ""},
		{all("ip:c0000201"), "192.0.2.2", WrongHost},
		{all("email:wang@haihe.example"), "wang@HAIHE.example", ""},
		{all("email:wang@haihe.example"), "Wang@haihe.example", WrongHost},
		{nil, "e", WrongHost}, // a common name speaks for no host
	} {
		leaf := f.leaf("e", "root")
		if r.names != nil {
			leaf = f.leaf("e", "root", alt(r.names...))
		}
		if _, err := Verify(leaf, Options{Time: noon, Anchors: all(root), Host: r.host}); codeOf(err) != r.want {
			t.Errorf("%v for %s: %v, want %q", r.names, r.host, err, r.want)
		}
	}
}
