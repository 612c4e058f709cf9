package cert

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/trust/pki"
)

var at = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// rooted makes a root with its key.
func rooted(t testing.TB, alg pki.Algorithm) (*Certificate, crypto.Signer) {
	t.Helper()
	k, err := pki.Generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	b, err := MakeRoot(Name{{CommonName, "根"}}, k, at, at.AddDate(20, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return c, k
}

func listOf(c *Certificate) *List {
	return &List{Issuer: c.RawSubject, IssuerKey: c.SubjectKeyId, Number: 7, This: at, Next: at.AddDate(0, 0, 7), Entries: []Entry{
		{Serial: []byte{1}, At: at, Reason: KeyCompromise}, {Serial: []byte{0x80, 0}, At: at, Reason: Unspecified},
		{Serial: bytes.Repeat([]byte{0x7f}, 20), At: at.AddDate(30, 0, 0), Reason: PrivilegeWithdrawn},
	}}
}

// TestList: a list reads as it was made, in both algorithms, and bears its issuer's signature only.
func TestList(t *testing.T) {
	for _, alg := range []pki.Algorithm{pki.ECDSA, pki.SM2} {
		c, k := rooted(t, alg)
		other, _ := rooted(t, alg)
		for name, change := range map[string]func(*List){
			"complete": func(*List) {}, "empty": func(l *List) { l.Entries = nil }, "delta": func(l *List) { l.Base = 6 },
			"part": func(l *List) { l.Point, l.Delta = "http://a.example/1.crl", "http://a.example/1-delta.crl" },
		} {
			l := listOf(c)
			change(l)
			b, err := MakeList(l, k)
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range [][]byte{b, Armour("X509 CRL", b)} {
				got, err := ReadList(form)
				if err != nil {
					t.Fatal(err)
				}
				if got.Number != 7 || !got.This.Equal(l.This) || !got.Next.Equal(l.Next) || !reflect.DeepEqual(got.Entries, l.Entries) {
					t.Errorf("%s %s: %+v", alg, name, got)
				}
				if err := got.SignedBy(c); err != nil {
					t.Errorf("%s %s: %v", alg, name, err)
				}
				if got.SignedBy(other) == nil {
					t.Errorf("%s %s: another root of the same name is taken for the signer", alg, name)
				}
			}
			bad := bytes.Clone(b)
			bad[len(bad)/2] ^= 1
			if got, err := ReadList(bad); err == nil && got.SignedBy(c) == nil {
				t.Errorf("%s %s: changed, and taken", alg, name)
			}
			if _, err := ReadList(append(b, 0)); err == nil {
				t.Errorf("%s %s: something behind it is taken", alg, name)
			}
		}
	}
	c, k := rooted(t, pki.ECDSA)
	for name, change := range map[string]func(*List){"no number": func(l *List) { l.Number = 0 }, "ends before it begins": func(l *List) { l.Next = l.This }} {
		l := listOf(c)
		change(l)
		if _, err := MakeList(l, k); err == nil {
			t.Errorf("%s: made", name)
		}
	}
}

// TestListOpenSSL: `openssl crl` (3.0) takes no signer id, so for SM2 `openssl pkeyutl` judges the signature over the signed part; ECDSA is
// verified as a whole.
func TestListOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl here")
	}
	for _, alg := range []pki.Algorithm{pki.ECDSA, pki.SM2} {
		c, k := rooted(t, alg)
		b, err := MakeList(listOf(c), k)
		if err != nil {
			t.Fatal(err)
		}
		l, err := ReadList(b)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for name, b := range map[string][]byte{"root.pem": Armour("CERTIFICATE", c.Raw), "pub.pem": Armour("PUBLIC KEY", c.RawSubjectPublicKeyInfo), "list": Armour("X509 CRL", b), "signed": l.Signed, "signature": l.Signature} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		args := []string{"crl", "-in", "list", "-CAfile", "root.pem", "-noout"}
		if alg == pki.SM2 {
			args = []string{"pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-in", "signed", "-sigfile", "signature"}
		}
		run := exec.Command(openssl, args...) //nolint:gosec // a test's own words
		run.Dir = dir
		if out, err := run.CombinedOutput(); err != nil || bytes.Contains(out, []byte("failure")) {
			t.Errorf("%s: %v %s", alg, err, out)
		}
	}
}

// FuzzReadList: whatever is read makes nothing panic, and lies within what was handed in.
func FuzzReadList(f *testing.F) {
	for _, alg := range []pki.Algorithm{pki.ECDSA, pki.SM2} {
		c, k := rooted(f, alg)
		for _, base := range []int64{0, 3} {
			l := listOf(c)
			l.Base = base
			b, err := MakeList(l, k)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	c, _ := rooted(f, pki.SM2)
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ReadList(b)
		if err != nil {
			return
		}
		if !bytes.Contains(l.Raw, l.Signed) || !bytes.Contains(l.Signed, l.Issuer) {
			t.Fatalf("%s: what is signed is not in the list", hex.EncodeToString(b))
		}
		_ = l.SignedBy(c)
	})
}
