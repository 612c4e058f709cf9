package path

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/haihe-city/haihe/wire/x509"
)

// TestCasesOpenSSL has another program judge the cases: where it says otherwise the row says why, and no row says so in vain.
func TestCasesOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl here")
	}
	dir := t.TempDir()
	for name, rows := range groups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newForge(t)
			root := f.ca("root", "root")
			for i, r := range rows(f) {
				at := filepath.Join(dir, keyOf(name)+strconv.Itoa(i))
				out, err := exec.Command(openssl, arguments(t, at, root, r)...).CombinedOutput() //nolint:gosec // a test's own words
				switch same := (err == nil) == (r.want == ""); {
				case same && r.unlike != "":
					t.Errorf("%s: it agrees, although: %s", r.name, r.unlike)
				case !same && r.unlike == "":
					t.Errorf("%s: want %q, it says %s", r.name, r.want, out)
				}
			}
		})
	}
}

// arguments writes a row's files and gives the command.
func arguments(t *testing.T, at string, root *x509.Certificate, r row) []string {
	write := func(kind, ending string, ders ...[]byte) string {
		var b bytes.Buffer
		for _, d := range ders {
			_ = pem.Encode(&b, &pem.Block{Type: kind, Bytes: d})
		}
		if err := os.WriteFile(at+ending, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return at + ending
	}
	o := r.options(root)
	args := []string{"verify", "-x509_strict", "-attime", strconv.FormatInt(o.Time.Unix(), 10), "-CAfile", write("CERTIFICATE", ".root", root.Raw)}
	var others, revoked [][]byte
	for _, c := range o.Others {
		others = append(others, c.Raw)
	}
	for _, l := range o.Lists {
		revoked = append(revoked, l.Raw)
	}
	args = append(args, "-untrusted", write("CERTIFICATE", ".others", others...))
	if o.Revocation != Unchecked {
		args = append(args, "-crl_check_all", "-extended_crl", "-use_deltas", "-CRLfile", write("X509 CRL", ".lists", revoked...))
	}
	for _, s := range []struct {
		on   bool
		flag string
	}{{true, "-policy_check"}, {o.ExplicitPolicy, "-explicit_policy"}, {o.InhibitMapping, "-inhibit_map"}, {o.InhibitAny, "-inhibit_any"}} {
		if s.on {
			args = append(args, s.flag)
		}
	}
	if o.Policies == nil { // it has no word for "any", which RFC 5280 6.1.1 (c) starts from
		o.Policies = []string{anyPolicy}
	}
	for _, p := range o.Policies {
		args = append(args, "-policy", p)
	}
	return append(args, write("CERTIFICATE", ".leaf", r.leaf.Raw))
}
