package path

import (
	"encoding/pem"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/wire/x509"
)

const vectors = "../../../../shared/data/trust/"

// read reads a file of the public test sets; the test is skipped where they are not at hand.
func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(vectors + name)
	if err != nil {
		t.Skip("no ../shared/data/trust here")
	}
	return b
}

// TestPKITS runs NIST's cases that are at hand, as PKITS means them: every status must be known, SHA-1 and DSA are allowed.
func TestPKITS(t *testing.T) {
	n := 0
	for _, line := range strings.Split(strings.TrimSpace(string(read(t, "pkits/expected.tsv"))), "\n")[1:] {
		f := strings.Split(line, "\t")
		t.Run(f[0], func(t *testing.T) {
			o := Options{Time: time.Date(2011, 4, 15, 0, 0, 0, 0, time.UTC), Revocation: Required, Limits: Limits{Legacy: true}}
			var leaf *x509.Certificate
			names := strings.Fields(f[3])
			for i, name := range names {
				c, err := x509.Parse(read(t, "pkits/certs/"+name+".crt"))
				switch {
				case err != nil: // a damaged signature: whoever reads the certificate refuses it
				case i == 0:
					o.Anchors = append(o.Anchors, c)
				case i == len(names)-1:
					leaf = c
				default:
					o.Others = append(o.Others, c)
				}
			}
			for _, name := range strings.Fields(f[4]) {
				if l, err := x509.ParseCRL(read(t, "pkits/crls/"+name+".crl")); err == nil {
					o.Lists = append(o.Lists, l)
				}
			}
			valid := false
			if leaf != nil {
				_, err := Verify(leaf, o)
				valid = err == nil
				if !valid {
					t.Log(err)
				}
			}
			if valid != (f[2] == "valid") {
				t.Errorf("%s: valid %v, want %s", f[1], valid, f[2])
			}
		})
		n++
	}
	if n != 39 {
		t.Errorf("%d cases, want 39", n)
	}
}

// TestSM2Dual: signing and encryption pairs validate up to the root; the expired ones and those of another CA do not.
func TestSM2Dual(t *testing.T) {
	var chain []*x509.Certificate
	for rest := read(t, "sm2-dual/chain-ca.crt"); ; {
		var p *pem.Block
		if p, rest = pem.Decode(rest); p == nil {
			break
		}
		c, err := x509.Parse(p.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, c)
	}
	o := Options{Time: time.Now()}
	for _, c := range chain {
		if c.SelfIssued() {
			o.Anchors = append(o.Anchors, c)
		} else {
			o.Others = append(o.Others, c)
		}
	}
	for name, want := range map[string]Code{
		"server_sign": "", "server_enc": "", "client_sign": "", "client_enc": "",
		"server_sign_expire": Expired, "server_enc_expire": Expired, "client_sign_expire": Expired, "client_enc_expire": Expired,
		"server_sign2": BadSignature, "server_enc2": BadSignature,
	} {
		p, _ := pem.Decode(read(t, "sm2-dual/"+name+".crt"))
		c, err := x509.Parse(p.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Verify(c, o)
		if got := codeOf(err); got != want && !(want == BadSignature && got == NoPath) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func codeOf(err error) Code {
	if r, ok := err.(*Refusal); ok {
		return r.Code
	}
	return ""
}
