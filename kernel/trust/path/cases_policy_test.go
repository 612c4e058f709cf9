package path

import (
	"slices"
	"testing"

	"github.com/haihe-city/haihe/wire/x509"
)

func explicit(o *Options) { o.ExplicitPolicy = true }

// asking sets the policies that the user asks for, and that one is required.
func asking(p ...string) func(*Options) {
	return func(o *Options) { o.ExplicitPolicy, o.Policies = true, p }
}

func policyRows(f *forge) []row {
	a := f.ca("a", "root", policies(p1, p2))
	sub := f.ca("sub", "a", policies(p1))
	none := f.ca("none", "root")
	anyOf := f.ca("any", "root", policies(anyPolicy))
	e := f.leaf("e", "a", policies(p1))
	require := func(n int64) *x509.Certificate { return f.ca("req", "root", policies(p1), constrained(n, -1)) }
	low := f.ca("low", "req")
	return []row{
		{name: "the same all the way", leaf: e, others: all(a), set: explicit},
		{name: "asked for", leaf: e, others: all(a), set: asking(p1)},
		{name: "another asked for", want: NoPolicy, leaf: e, others: all(a), set: asking(p2)},
		{name: "one of two asked for", leaf: e, others: all(a), set: asking(p3, p1)},
		{name: "any asked for", leaf: e, others: all(a), set: asking(anyPolicy)},
		{name: "none, none required", leaf: f.leaf("e", "none"), others: all(none)},
		{name: "none, one required", want: NoPolicy, leaf: f.leaf("e", "none"), others: all(none), set: explicit},
		{name: "the leaf has none", want: NoPolicy, leaf: f.leaf("e", "a"), others: all(a), set: explicit},
		{name: "the CA has none", want: NoPolicy, leaf: f.leaf("e", "none", policies(p1)), others: all(none), set: explicit},
		{name: "nothing in common", want: NoPolicy, leaf: f.leaf("e", "a", policies(p3)), others: all(a), set: explicit},
		{name: "nothing in common, none required", leaf: f.leaf("e", "a", policies(p3)), others: all(a)},
		{name: "lost at the third", want: NoPolicy, leaf: f.leaf("e", "sub", policies(p2)), others: all(a, sub), set: explicit},
		{name: "kept to the third", leaf: f.leaf("e", "sub", policies(p1, p2)), others: all(a, sub), set: asking(p1)},
		{name: "the CA has any", leaf: f.leaf("e", "any", policies(p3)), others: all(anyOf), set: asking(p3)},
		{name: "the leaf has any", leaf: f.leaf("e", "a", policies(anyPolicy)), others: all(a), set: asking(p2)},
		{name: "the leaf has any, another is asked for", want: NoPolicy, leaf: f.leaf("e", "a", policies(anyPolicy)), others: all(a), set: asking(p3)},
		{name: "any and any", leaf: f.leaf("e", "any", policies(anyPolicy)), others: all(anyOf), set: asking(p4)},
		{name: "required by the CA at once", want: NoPolicy, leaf: f.leaf("e", "req"), others: all(require(0))},
		{name: "required by the CA, there", leaf: f.leaf("e", "req", policies(p1)), others: all(require(0))},
		{name: "required after one", want: NoPolicy, leaf: f.leaf("e", "req"), others: all(require(1))},
		{name: "required after two, one there", leaf: f.leaf("e", "req"), others: all(require(2))},
		{name: "required after two, two there", want: NoPolicy, leaf: f.leaf("e", "low"), others: all(require(2), low)},
		{name: "required after ten", leaf: f.leaf("e", "low"), others: all(require(10), low)},
		{name: "required below more strictly", want: NoPolicy, leaf: f.leaf("e", "strict"), others: all(require(10), f.ca("strict", "req", constrained(0, -1)))},
		{name: "a later CA may not loosen", want: NoPolicy, leaf: f.leaf("e", "loose"), others: all(require(2), f.ca("loose", "req", constrained(10, -1)))},
		{name: "self-issued does not count", leaf: f.leaf("e", "req", by("r2")), others: all(require(2), f.ca("req", "req", key("r2")))},
		{name: "required by the leaf itself", want: NoPolicy, leaf: f.leaf("e", "none", constrained(0, -1)), others: all(none)},
		{name: "required by the leaf after one", leaf: f.leaf("e", "none", constrained(1, -1)), others: all(none)},
	}
}

func mappingRows(f *forge) []row {
	m := f.ca("m", "root", policies(p1), mapped(p1, p2))
	two := f.ca("two", "root", policies(p1), mapped(p1, p2, p1, p3))
	inhibit := func(n int64) *x509.Certificate { return f.ca("in", "root", policies(p1), constrained(-1, n)) }
	below := f.ca("below", "in", policies(p1), mapped(p1, p2))
	more := f.ca("more", "m", policies(p2), mapped(p2, p3))
	free := f.ca("free", "root", policies(anyPolicy), mapped(p1, p2))
	noMapping := func(o *Options) { o.ExplicitPolicy, o.InhibitMapping = true, true }
	return []row{
		{name: "mapped", leaf: f.leaf("e", "m", policies(p2)), others: all(m), set: asking(p1)},
		{name: "the subject's is not the user's", want: NoPolicy, leaf: f.leaf("e", "m", policies(p2)), others: all(m), set: asking(p2)},
		{name: "the issuer's does not do below", want: NoPolicy, leaf: f.leaf("e", "m", policies(p1)), others: all(m), set: explicit},
		{name: "inhibited by the user", want: NoPolicy, leaf: f.leaf("e", "m", policies(p2)), others: all(m), set: noMapping},
		{name: "to two", leaf: f.leaf("e", "two", policies(p3)), others: all(two), set: asking(p1)},
		{name: "twice", leaf: f.leaf("e", "more", policies(p3)), others: all(m, more), set: asking(p1)},
		{name: "twice, the middle one below", want: NoPolicy, leaf: f.leaf("e", "more", policies(p2)), others: all(m, more), set: explicit},
		{name: "two onto one", leaf: f.leaf("e", "onto", policies(p3)), others: all(f.ca("onto", "root", policies(p1, p2), mapped(p1, p3, p2, p3))), set: asking(p2)},
		{name: "of a policy that it does not have", want: NoPolicy, leaf: f.leaf("e", "hasnot", policies(p3)), others: all(f.ca("hasnot", "root", policies(p1), mapped(p2, p3))), set: explicit},
		{name: "under any policy", leaf: f.leaf("e", "free", policies(p2)), others: all(free), set: asking(p1)},
		{name: "any below a mapping", leaf: f.leaf("e", "m", policies(anyPolicy)), others: all(m), set: asking(p1)},
		{name: "from any", want: NoPolicy, leaf: f.leaf("e", "fa", policies(p2)), others: all(f.ca("fa", "root", policies(anyPolicy), mapped(anyPolicy, p2)))},
		{name: "to any", want: NoPolicy, leaf: f.leaf("e", "ta", policies(p2)), others: all(f.ca("ta", "root", policies(p1), mapped(p1, anyPolicy)))},
		{name: "inhibited above at once", want: NoPolicy, leaf: f.leaf("e", "below", policies(p2)), others: all(inhibit(0), below), set: explicit},
		{name: "inhibited after one", leaf: f.leaf("e", "below", policies(p2)), others: all(inhibit(1), below), set: asking(p1)},
		{name: "inhibited after one, mapped twice", want: NoPolicy, leaf: f.leaf("e", "b2", policies(p3)), others: all(inhibit(1), below, f.ca("b2", "below", policies(p2), mapped(p2, p3))), set: explicit},
		{name: "inhibited after one, self-issued between", leaf: f.leaf("e", "below", policies(p2)), others: all(inhibit(1), f.ca("in", "in", key("i2"), policies(p1)), f.ca("below", "in", by("i2"), policies(p1), mapped(p1, p2))), set: asking(p1)},
		{name: "inhibited below", want: NoPolicy, leaf: f.leaf("e", "b3", policies(p2)), others: all(inhibit(5), f.ca("mid", "in", policies(p1), constrained(-1, 0)), f.ca("b3", "mid", policies(p1), mapped(p1, p2))), set: explicit},
	}
}

func anyRows(f *forge) []row {
	at := func(n int64) *x509.Certificate { return f.ca("n", "root", policies(p1), inhibitAny(n)) }
	sub := f.ca("sub", "n", policies(anyPolicy))
	noAny := func(o *Options) { o.ExplicitPolicy, o.InhibitAny = true, true }
	return []row{
		{name: "inhibited at once", want: NoPolicy, leaf: f.leaf("e", "n", policies(anyPolicy)), others: all(at(0)), set: explicit},
		{name: "inhibited at once, stated by name", leaf: f.leaf("e", "n", policies(p1)), others: all(at(0)), set: explicit},
		{name: "inhibited at once, both", leaf: f.leaf("e", "n", policies(anyPolicy, p1)), others: all(at(0)), set: explicit},
		{name: "inhibited after one", leaf: f.leaf("e", "n", policies(anyPolicy)), others: all(at(1)), set: explicit},
		{name: "inhibited after one, the second any", want: NoPolicy, leaf: f.leaf("e", "sub", policies(anyPolicy)), others: all(at(1), sub), set: explicit},
		{name: "inhibited after two", leaf: f.leaf("e", "sub", policies(anyPolicy)), others: all(at(2), sub), set: explicit},
		{name: "self-issued may have any", leaf: f.leaf("e", "n", by("n2"), policies(p1)), others: all(at(0), f.ca("n", "n", key("n2"), policies(anyPolicy))), set: explicit},
		{name: "self-issued may, the leaf may not", want: NoPolicy, leaf: f.leaf("e", "n", by("n2"), policies(anyPolicy)), others: all(at(0), f.ca("n", "n", key("n2"), policies(anyPolicy))), set: explicit},
		{name: "a later CA may not loosen", want: NoPolicy, leaf: f.leaf("e", "sub2", policies(anyPolicy)), others: all(at(1), f.ca("sub2", "n", policies(p1), inhibitAny(9))), set: explicit},
		{name: "inhibited by the user", want: NoPolicy, leaf: f.leaf("e", "y", policies(p1)), others: all(f.ca("y", "root", policies(anyPolicy))), set: noAny},
	}
}

// TestPolicies: which policies a path is valid under, as the user reads them.
func TestPolicies(t *testing.T) {
	f := newForge(t)
	root := f.ca("root", "root")
	m := f.ca("m", "root", policies(p1, p4), mapped(p1, p2, p1, p3))
	for _, r := range []struct {
		name string
		leaf *x509.Certificate
		ca   *x509.Certificate
		ask  []string
		want []string
	}{
		{"mapped and not", f.leaf("e", "m", policies(p2, p4)), m, nil, []string{p1, p4}},
		{"mapped only", f.leaf("e", "m", policies(p3)), m, nil, []string{p1}},
		{"any below", f.leaf("e", "m", policies(anyPolicy)), m, nil, []string{p1, p4}},
		{"narrowed to what is asked", f.leaf("e", "m", policies(p2, p4)), m, []string{p4, p2}, []string{p4}},
		{"none", f.leaf("e", "m"), m, nil, nil},
		{"any all the way", f.leaf("e", "y", policies(anyPolicy)), f.ca("y", "root", policies(anyPolicy)), nil, []string{anyPolicy}},
		{"any all the way, asked", f.leaf("e", "y", policies(anyPolicy)), f.ca("y", "root", policies(anyPolicy)), []string{p3}, []string{p3}},
	} {
		res, err := Verify(r.leaf, Options{Time: noon, Anchors: all(root), Others: all(r.ca), Policies: r.ask})
		if err != nil || !slices.Equal(res.Policies, r.want) {
			t.Errorf("%s: %v %v, want %v", r.name, res, err, r.want)
		}
	}
}
