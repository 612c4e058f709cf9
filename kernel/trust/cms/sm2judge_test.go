package cms

import (
	"bytes"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/emmansun/gmsm/pkcs"
	"github.com/emmansun/gmsm/pkcs7"
	"github.com/emmansun/gmsm/smx509"

	"github.com/haihe-city/haihe/kernel/trust/path"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/cms"
	"github.com/haihe-city/haihe/wire/der"
	"github.com/haihe-city/haihe/wire/x509"
)

// The commands `openssl cms -sign` and `-encrypt` (3.0) fail for SM2 keys whatever they are told. So it judges the parts that make a message:
// the signature over the signed attributes, the key that was transported, the content under it.
const signerID = "distid:1234567812345678"

// bench is a folder with the key and certificate, for OpenSSL.
func bench(t *testing.T, i issued) (put func(string, []byte), get func(string) []byte, run func(...string)) {
	t.Helper()
	command := i.openssl(t)
	dir, _ := command("version")
	pub, err := pki.MarshalPublic(i.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	put = func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("pub.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pub}))
	get = func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	run = func(args ...string) {
		t.Helper()
		if _, err := command(args...); err != nil {
			t.Errorf("openssl %v: %v", args, err)
		}
	}
	return put, get, run
}

// TestOpenSSLSM2Signed: OpenSSL finds our SM2 signatures good, and we take messages that it signed.
func TestOpenSSLSM2Signed(t *testing.T) {
	i := issue(t, pki.SM2)
	put, get, run := bench(t, i)
	for _, gm := range []bool{false, true} {
		b, err := Sign(text, []By{{i.key, i.der, nil}}, SignOptions{GM: gm, Time: begin})
		if err != nil {
			t.Fatal(err)
		}
		m, err := cms.ParseSigned(b)
		if err != nil {
			t.Fatal(err)
		}
		one := &m.Signers[0]
		put("attributes", one.SignedDER)
		put("signature", one.Signature)
		run("pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-rawin", "-digest", "sm3", "-pkeyopt", signerID, "-in", "attributes", "-sigfile", "signature")
		put("content", m.Content)
		run("dgst", "-sm3", "-binary", "-out", "digest", "content")
		if !bytes.Equal(one.Attr(cms.AttrDigest), der.Bytes(get("digest"))) {
			t.Error("OpenSSL has another digest of the content")
		}
		run("pkeyutl", "-sign", "-inkey", "leaf.key", "-rawin", "-digest", "sm3", "-pkeyopt", signerID, "-in", "attributes", "-out", "theirs")
		one.Signature = get("theirs")
		if _, err := Open(m.Marshal(), nil, path.Limits{}); err != nil {
			t.Errorf("gm %v, signed by OpenSSL: %v", gm, err)
		}
		one.Signature[len(one.Signature)-1] ^= 1
		if _, err := Open(m.Marshal(), nil, path.Limits{}); err == nil {
			t.Error("a signature that was changed is taken")
		}
	}
}

// TestOpenSSLSM2Enveloped: OpenSSL opens what we encrypt to an SM2 key with SM4, part by part, and the other way round.
func TestOpenSSLSM2Enveloped(t *testing.T) {
	i := issue(t, pki.SM2)
	put, get, run := bench(t, i)
	for _, gm := range []bool{false, true} {
		b, err := Encrypt(text, [][]byte{i.der}, SM4CBC, gm)
		if err != nil {
			t.Fatal(err)
		}
		e, err := cms.ParseEnveloped(b)
		if err != nil {
			t.Fatal(err)
		}
		put("key.enc", e.Recipients[0].Key)
		run("pkeyutl", "-decrypt", "-inkey", "leaf.key", "-in", "key.enc", "-out", "key")
		a, _ := x509.ParseAlgorithm(e.Algorithm)
		iv := hex.EncodeToString(der.New("", a.Params).Take(der.OctetString, "").Body)
		put("content.enc", e.Content)
		run("enc", "-d", "-sm4-cbc", "-K", hex.EncodeToString(get("key")), "-iv", iv, "-in", "content.enc", "-out", "plain")
		if !bytes.Equal(get("plain"), text) {
			t.Errorf("OpenSSL reads %q", get("plain"))
		}
		key := []byte("0123456789abcdef")
		put("key", key)
		put("plain", text)
		run("pkeyutl", "-encrypt", "-pubin", "-inkey", "pub.pem", "-in", "key", "-out", "key.enc")
		run("enc", "-sm4-cbc", "-K", hex.EncodeToString(key), "-iv", iv, "-in", "plain", "-out", "content.enc")
		e.Recipients[0].Key, e.Content = get("key.enc"), get("content.enc")
		if got, err := Decrypt(e.Marshal(), i.cert, i.key); err != nil || !bytes.Equal(got, text) {
			t.Errorf("gm %v, encrypted by OpenSSL: %q %v", gm, got, err)
		}
	}
}

// TestGmsmMessages: gmsm's own reader and writer of messages, which nothing here uses otherwise, understands ours and is understood.
func TestGmsmMessages(t *testing.T) {
	i := issue(t, pki.SM2)
	c, err := smx509.ParseCertificate(i.der)
	if err != nil {
		t.Fatal(err)
	}
	for _, detached := range []bool{false, true} {
		ours, err := Sign(text, []By{{i.key, i.der, nil}}, SignOptions{GM: true, Detached: detached, Time: begin})
		if err != nil {
			t.Fatal(err)
		}
		p, err := pkcs7.Parse(ours)
		if err != nil {
			t.Fatal(err)
		}
		if detached {
			p.Content = text
		}
		if err := p.Verify(); err != nil {
			t.Errorf("gmsm refuses our signature (detached %v): %v", detached, err)
		}
	}
	s, err := pkcs7.NewSMSignedData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddSigner(c, i.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	theirs, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if m, err := Open(theirs, nil, path.Limits{}); err != nil || !m.GM || !bytes.Equal(m.Content, text) {
		t.Errorf("gmsm's message: %v", err)
	}
	ours, err := Encrypt(text, [][]byte{i.der}, SM4CBC, true)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pkcs7.Parse(ours)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.Decrypt(c, i.key); err != nil || !bytes.Equal(got, text) {
		t.Errorf("gmsm opens ours: %q %v", got, err)
	}
	theirs, err = pkcs7.EncryptSM(pkcs.SM4CBC, text, []*smx509.Certificate{c})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Decrypt(theirs, i.cert, i.key); err != nil || !bytes.Equal(got, text) {
		t.Errorf("we open gmsm's: %q %v", got, err)
	}
}
