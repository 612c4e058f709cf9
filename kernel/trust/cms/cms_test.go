package cms

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/path"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

var (
	begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	end   = begin.AddDate(20, 0, 0)
)

func name(cn string) []byte {
	return der.Seq(der.SetOf(der.Set, der.Seq(der.OID("2.5.4.3"), der.Text(cn))))
}

// issued is a key with its certificate and the root above it.
type issued struct {
	key  crypto.Signer
	der  []byte
	root []byte
	cert *x509.Certificate
}

// issue makes a root and a certificate below it.
func issue(t testing.TB, a pki.Algorithm) issued {
	t.Helper()
	above := name(rand.Text()) // another name for each, since messages name signers and recipients by their issuer
	make := func(cn string, usage cert.Usage, ca bool, key, by crypto.Signer, serial byte) []byte {
		spki, err := pki.MarshalPublic(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		id, _ := pki.KeyID(by.Public())
		b, err := cert.Make(&cert.Template{Serial: []byte{serial}, Issuer: above, Subject: map[bool][]byte{true: above, false: name(cn)}[ca], From: begin, To: end,
			Public: spki, IssuerKey: id, CA: ca, PathLen: -1, Usage: usage}, by)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	root, err := pki.Generate(a)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := pki.Generate(a)
	out := issued{key: key, root: make("root", cert.CertSign|cert.CRLSign, true, root, root, 1)}
	out.der = make("leaf", cert.DigitalSignature|cert.KeyAgreement|cert.KeyEncipherment, false, key, root, 2)
	if out.cert, err = x509.Parse(out.der); err != nil {
		t.Fatal(err)
	}
	return out
}

// openssl runs the judge in a folder that holds root.pem, leaf.pem and leaf.key.
func (i issued) openssl(t *testing.T) func(args ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl here")
	}
	dir := t.TempDir()
	key, err := pki.MarshalPrivate(i.key)
	if err != nil {
		t.Fatal(err)
	}
	for file, p := range map[string]*pem.Block{"root.pem": {Type: "CERTIFICATE", Bytes: i.root}, "leaf.pem": {Type: "CERTIFICATE", Bytes: i.der}, "leaf.key": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(p), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(args ...string) (string, error) {
		c := exec.Command(tool, args...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if err != nil {
			t.Logf("openssl %s: %s", strings.Join(args, " "), out)
		}
		return dir, err
	}
}

var text = []byte("津政办发〔2016〕59号\n")

func TestSignAndOpen(t *testing.T) {
	other := issue(t, pki.ECDSA)
	for _, c := range []struct {
		name string
		a    pki.Algorithm
		o    SignOptions
	}{
		{"ecdsa", pki.ECDSA, SignOptions{Time: begin}}, {"ecdsa detached", pki.ECDSA, SignOptions{Detached: true}},
		{"sm2", pki.SM2, SignOptions{Time: begin}}, {"sm2 of GM/T 0010", pki.SM2, SignOptions{GM: true, Detached: true, Time: begin}},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := issue(t, c.a)
			by := []By{{i.key, i.der, [][]byte{i.root}}}
			if c.a == pki.ECDSA {
				by = append(by, By{other.key, other.der, nil})
			}
			b, err := Sign(text, by, c.o)
			if err != nil {
				t.Fatal(err)
			}
			var given []byte
			if c.o.Detached {
				given = text
				if _, err := Open(b, nil, path.Limits{}); errs.KindOf(err) != errs.Invalid {
					t.Errorf("without the content: %v", err)
				}
			}
			m, err := Open(b, given, path.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Signatures) != len(by) || !bytes.Equal(m.Content, text) || m.GM != c.o.GM || !m.Signatures[0].Time.Equal(c.o.Time) {
				t.Errorf("%+v", m)
			}
			root, _ := x509.Parse(i.root)
			found := false
			for _, s := range m.Signatures {
				_, err := path.Verify(s.Certificate, path.Options{Anchors: []*x509.Certificate{root}, Others: m.Certificates, Time: begin.AddDate(1, 0, 0)})
				found = found || err == nil
			}
			if !found {
				t.Error("no signer has a path to the root")
			}
			if _, err := Open(b, []byte("another"), path.Limits{}); errs.KindOf(err) != errs.Conflict {
				t.Errorf("another content: %v", err)
			}
			for at := range b { // one byte changed anywhere: refused, or it was not of what is signed
				if at%7 != 0 {
					continue
				}
				bad := bytes.Clone(b)
				bad[at] ^= 1
				if m, err := Open(bad, given, path.Limits{}); err == nil && !bytes.Equal(m.Content, text) {
					t.Fatalf("byte %d changed, and other content came out", at)
				}
			}
		})
	}
}

// TestOpenSSLSigned: OpenSSL verifies what is signed here and the other way round.
func TestOpenSSLSigned(t *testing.T) {
	i := issue(t, pki.ECDSA)
	run := i.openssl(t)
	for _, detached := range []bool{false, true} {
		b, err := Sign(text, []By{{i.key, i.der, [][]byte{i.root}}}, SignOptions{Detached: detached, Time: begin})
		if err != nil {
			t.Fatal(err)
		}
		dir, _ := run("version")
		_ = os.WriteFile(filepath.Join(dir, "m.der"), b, 0o600)
		_ = os.WriteFile(filepath.Join(dir, "text"), text, 0o600)
		args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", "m.der", "-CAfile", "root.pem", "-purpose", "any", "-cades", "-out", "out"}
		if detached {
			args = append(args, "-content", "text")
		}
		if _, err := run(args...); err != nil {
			t.Errorf("OpenSSL refuses our signature (detached %v)", detached)
		}
		for _, more := range [][]string{{}, {"-nodetach"}, {"-nodetach", "-stream"}, {"-noattr"}, {"-keyid"}, {"-cades"}} {
			dir, err := run(append([]string{"cms", "-sign", "-binary", "-in", "text", "-signer", "leaf.pem", "-inkey", "leaf.key", "-md", "sha256", "-outform", "DER", "-out", "theirs"}, more...)...)
			if err != nil {
				t.Errorf("OpenSSL does not sign with %v", more)
				continue
			}
			theirs, _ := os.ReadFile(filepath.Join(dir, "theirs"))
			m, err := Open(theirs, text, path.Limits{})
			if err != nil || !bytes.Equal(m.Content, text) {
				t.Errorf("OpenSSL's message %v: %v", more, err)
			}
		}
	}
}

func TestEncryptAndDecrypt(t *testing.T) {
	for _, c := range []struct {
		a  pki.Algorithm
		c  Content
		gm bool
	}{{pki.ECDSA, AES256GCM, false}, {pki.ECDSA, AES256CBC, false}, {pki.SM2, SM4CBC, true}, {pki.SM2, SM4CBC, false}, {pki.SM2, SM4GCM, false}, {pki.ECDSA, AES128CBC, false}, {pki.ECDSA, AES128GCM, false}} {
		i, other := issue(t, c.a), issue(t, c.a)
		b, err := Encrypt(text, [][]byte{other.der, i.der}, c.c, c.gm)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decrypt(b, other.cert, other.key)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%v: %q, %v", c, got, err)
		}
		third := issue(t, c.a)
		if _, err := Decrypt(b, third.cert, third.key); err == nil {
			t.Errorf("%v: a third key opened it", c)
		}
		bad := bytes.Clone(b)
		bad[len(bad)-3] ^= 1
		if got, err := Decrypt(bad, other.cert, other.key); err == nil && bytes.Equal(got, text) {
			t.Errorf("%v: changed, and opened all the same", c)
		}
	}
	if _, err := Encrypt(text, [][]byte{issue(t, pki.SM2).der}, AES256GCM, true); err == nil {
		t.Error("GM/T 0010 with AES")
	}
}

// TestOpenSSLEncrypted: OpenSSL opens what is encrypted here and the other way round.
func TestOpenSSLEncrypted(t *testing.T) {
	i := issue(t, pki.ECDSA)
	run := i.openssl(t)
	dir, _ := run("version")
	_ = os.WriteFile(filepath.Join(dir, "text"), text, 0o600)
	for _, c := range []Content{AES256CBC, AES128CBC, AES256GCM} {
		b, err := Encrypt(text, [][]byte{i.der}, c, false)
		if err != nil {
			t.Fatal(err)
		}
		_ = os.WriteFile(filepath.Join(dir, "e.der"), b, 0o600)
		if _, err := run("cms", "-decrypt", "-binary", "-inform", "DER", "-in", "e.der", "-recip", "leaf.pem", "-inkey", "leaf.key", "-out", "plain"); err != nil {
			t.Errorf("OpenSSL does not open ours (%s)", c)
			continue
		}
		if plain, _ := os.ReadFile(filepath.Join(dir, "plain")); !bytes.Equal(plain, text) {
			t.Errorf("%s: OpenSSL reads %q", c, plain)
		}
	}
	for _, args := range [][]string{{"-aes256"}, {"-aes-128-cbc"}, {"-aes-256-gcm"}, {"-aes256", "-keyid"}, {"-aes256", "-stream"}, {"-aes256", "-keyopt", "ecdh_kdf_md:sha256"}, {"-sm4-cbc"}} {
		full := []string{"cms", "-encrypt", "-binary", "-in", "text", "-outform", "DER", "-out", "e"}
		full = append(append(full, args[0]), "-recip", "leaf.pem")
		if _, err := run(append(full, args[1:]...)...); err != nil {
			t.Logf("OpenSSL does not encrypt with %v", args)
			continue
		}
		theirs, _ := os.ReadFile(filepath.Join(dir, "e"))
		if got, err := Decrypt(theirs, i.cert, i.key); err != nil || !bytes.Equal(got, text) {
			t.Errorf("OpenSSL's %v: %q, %v", args, got, err)
		}
	}
}

// FuzzOpen: hostile messages make nothing panic.
func FuzzOpen(f *testing.F) {
	i := issue(f, pki.ECDSA)
	b, _ := Sign(text, []By{{i.key, i.der, nil}}, SignOptions{Time: begin})
	f.Add(b)
	e, _ := Encrypt(text, [][]byte{i.der}, AES256GCM, false)
	f.Add(e)
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = Open(b, text, path.Limits{})
		_, _ = Decrypt(b, i.cert, i.key)
	})
}
