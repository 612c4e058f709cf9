package tsp

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/cms"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

// TestOpenSSLSM2: `openssl ts` (3.0) takes no signer id, so that it can verify no SM2 token; it reads one, and judges signature and digest by its
// other commands.
func TestOpenSSLSM2(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl here")
	}
	w := build(t, pki.SM2, stamping, true)
	token, _, err := w.Stamp(t.Context(), "1.2.156.10197.1.401", text)
	if err != nil {
		t.Fatal(err)
	}
	m, err := cms.ParseSigned(token)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.Parse(w.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	dir, one := t.TempDir(), &m.Signers[0]
	for name, b := range map[string][]byte{"token": token, "text": text, "info": m.Content, "attributes": one.SignedDER, "signature": one.Signature,
		"pub.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: leaf.Key.Raw})} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) []byte {
		t.Helper()
		c := exec.Command(openssl, args...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("openssl %v: %v %s", args, err, out)
		}
		return out
	}
	run("pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-in", "attributes", "-sigfile", "signature")
	if !bytes.Equal(one.Attr(cms.AttrDigest), der.Bytes(run("dgst", "-sm3", "-binary", "info"))) {
		t.Error("OpenSSL has another digest of the stamp")
	}
	if imprint := run("dgst", "-sm3", "-binary", "text"); !bytes.Contains(m.Content, imprint) {
		t.Error("OpenSSL has another digest of what is stamped")
	}
	if out := run("ts", "-reply", "-token_in", "-in", "token", "-token_out", "-text"); !bytes.Contains(out, []byte("Policy OID: 1.2.156.1")) || !bytes.Contains(out, []byte("Hash Algorithm: sm3")) {
		t.Errorf("openssl ts reads %s", out)
	}
}
