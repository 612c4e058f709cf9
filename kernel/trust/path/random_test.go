package path

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestRandomOpenSSL draws chains of random policies, mappings, constraints, lengths and names and has OpenSSL judge each. A few always;
// HAIHE_CHAINS=5000 go test ./kernel/trust/path -run Random tries more, from another seed with HAIHE_SEED.
func TestRandomOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl here")
	}
	n, err := strconv.Atoi(os.Getenv("HAIHE_CHAINS"))
	if err != nil {
		n = 40
	}
	seed, _ := strconv.ParseUint(os.Getenv("HAIHE_SEED"), 10, 64)
	r := rand.New(rand.NewPCG(7, seed)) //nolint:gosec // drawn anew each time from the same seed
	f := newForge(t)
	root := f.ca("root", "root")
	dir, valid := t.TempDir(), 0
	for i := range n {
		one, said := drawn(f, r)
		_, ours := Verify(one.leaf, one.options(root))
		out, theirs := exec.Command(openssl, arguments(t, filepath.Join(dir, "c"), root, one)...).CombinedOutput() //nolint:gosec // a test's own words
		if ours == nil {
			valid++
		}
		if (ours == nil) != (theirs == nil) {
			t.Errorf("chain %d: we say %v, it says %s\n%s", i, ours, out, said)
		}
	}
	t.Logf("%d chains, %d valid", n, valid)
	if valid == 0 || valid == n {
		t.Error("all the same: nothing was tried")
	}
}

// drawn makes a chain of one to three CAs; said is what it is made of. Where any-policy is inhibited no CA that maps has it: OpenSSL 3.0 lets a
// mapping bring an inhibited any-policy back, which RFC 5280 6.1.4 (b) (1) does not (four of the first 2,000 chains).
func drawn(f *forge, r *rand.Rand) (row, string) {
	var said strings.Builder
	chance := func(n int) bool { return r.IntN(n) == 0 }
	some := func() (out []string) {
		for _, p := range []string{p1, p2, p3} {
			if !chance(3) {
				out = append(out, p)
			}
		}
		if chance(4) {
			out = append(out, anyPolicy)
		}
		return out
	}
	inhibits := chance(2)
	changes := func(who string, ca bool) (out []change) {
		tell := func(what string, c change) {
			fmt.Fprintf(&said, "%s: %s\n", who, what)
			out = append(out, c)
		}
		list, maps := some(), ca && chance(3)
		if n := len(list); maps && inhibits && n > 0 && list[n-1] == anyPolicy {
			list = list[:n-1]
		}
		if len(list) > 0 {
			tell(fmt.Sprint("policies ", list), policies(list...))
		}
		if !ca {
			return out
		}
		if maps {
			var pairs []string
			for range 1 + r.IntN(2) {
				pairs = append(pairs, []string{p1, p2, p3}[r.IntN(3)], []string{p1, p2, p3}[r.IntN(3)])
			}
			tell(fmt.Sprint("maps ", pairs), mapped(pairs...))
		}
		if chance(4) {
			a, b := int64(r.IntN(4)-1), int64(r.IntN(4)-1)
			if a >= 0 || b >= 0 {
				tell(fmt.Sprint("constraints ", a, b), constrained(a, b))
			}
		}
		if inhibits && chance(2) {
			k := int64(r.IntN(3))
			tell(fmt.Sprint("inhibits any ", k), inhibitAny(k))
		}
		if chance(4) {
			k := int64(r.IntN(3))
			tell(fmt.Sprint("length ", k), basic(k))
		}
		if chance(3) {
			trees := []string{"+dn:O=a", "-dn:O=a/OU=b", "+dns:a.example", "-dns:b.a.example", "+email:a.example", "-email:.a.example", "+ip:0a000000ff000000", "-ip:0a010000ffff0000"}
			var list []string
			for _, x := range trees {
				if chance(4) {
					list = append(list, x)
				}
			}
			if len(list) > 0 {
				tell(fmt.Sprint("limits ", list), limits(list...))
			}
		}
		return out
	}
	var one row
	issuer, signer := "root", "root"
	for i := range 1 + r.IntN(3) {
		name, own := []string{"O=a/CN=ca", "O=b/CN=ca", "O=a/OU=b/CN=ca"}[r.IntN(3)]+strconv.Itoa(i), "k"+strconv.Itoa(i)
		if i > 0 && chance(5) {
			name = issuer // self-issued
		}
		fmt.Fprintf(&said, "%s by %s\n", name, issuer)
		one.others = append(one.others, f.ca(name, issuer, append(changes(name, true), key(own), by(signer))...))
		issuer, signer = name, own
	}
	leaf := []string{"O=a/CN=e", "O=b/CN=e", "O=a/OU=b/CN=e"}[r.IntN(3)]
	ends := append(changes("leaf "+leaf, false), by(signer))
	if names := []string{"dns:a.example", "dns:x.b.a.example", "dns:c.example", "email:e@a.example", "email:e@m.a.example", "ip:0a020304", "ip:0a010304", "ip:0b000001"}; !chance(3) {
		list := []string{names[r.IntN(len(names))], names[r.IntN(len(names))]}
		fmt.Fprintf(&said, "names %v\n", list)
		ends = append(ends, alt(list...))
	}
	one.leaf = f.leaf(leaf, issuer, ends...)
	o := Options{ExplicitPolicy: chance(2), InhibitMapping: chance(6), InhibitAny: inhibits && chance(3)}
	if chance(2) {
		o.Policies = []string{[]string{p1, p2, p3}[r.IntN(3)]}
	}
	one.set = func(x *Options) {
		x.ExplicitPolicy, x.InhibitMapping, x.InhibitAny, x.Policies = o.ExplicitPolicy, o.InhibitMapping, o.InhibitAny, o.Policies
	}
	fmt.Fprintf(&said, "explicit %v, no mapping %v, no any %v, asked %v\n", o.ExplicitPolicy, o.InhibitMapping, o.InhibitAny, o.Policies)
	return one, said.String()
}
