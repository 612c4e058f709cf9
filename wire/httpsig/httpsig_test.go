package httpsig

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"
)

// The key and the signature of RFC 9421 B.1.3 and B.2.4.
const (
	rfcKey       = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ=="
	rfcInput     = `sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"`
	rfcSignature = "sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:"
	rfcDigest    = "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:"
	rfcBody      = `{"message": "good dog"}`
)

func TestTheRFCsOwnResponse(t *testing.T) {
	algorithm, sum, err := ParseDigest(rfcDigest)
	if want := sha512.Sum512([]byte(rfcBody)); err != nil || algorithm != "sha-512" || string(sum) != string(want[:]) {
		t.Fatalf("digest %s %x, %v", algorithm, sum, err)
	}
	in, err := ParseInput(rfcInput)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"@status": "200", "content-type": "application/json", "content-digest": rfcDigest, "content-length": "23"}
	base, err := in.Base(func(c Component) (string, bool) { v, ok := values[c.Name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	label, sig, err := ParseSignature(rfcSignature)
	if err != nil || label != in.Label || len(sig) != 64 {
		t.Fatalf("%s, %d bytes, %v", label, len(sig), err)
	}
	der, _ := base64.StdEncoding.DecodeString(rfcKey)
	pub, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(base)
	if !ecdsa.Verify(pub.(*ecdsa.PublicKey), digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		t.Errorf("the standard's signature does not verify over\n%s", base)
	}
}

func TestWhatIsPrintedParses(t *testing.T) {
	in := &Input{Label: "sig", Components: []Component{{Name: "@method"}, {Name: "content-digest", Req: true}, {Name: "signature", Req: true, Key: "sig"}},
		Created: 1448000000, Expires: 1448000300, Nonce: `a"b\c`, KeyID: "k", Alg: "sm2-sm3", Tag: "haihe-exchange"}
	field, err := in.Field()
	if err != nil {
		t.Fatal(err)
	}
	want := `sig=("@method" "content-digest";req "signature";req;key="sig");created=1448000000;expires=1448000300;nonce="a\"b\\c";keyid="k";alg="sm2-sm3";tag="haihe-exchange"`
	if field != want {
		t.Errorf("%s\nwant %s", field, want)
	}
	back, err := ParseInput(field)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := back.Field(); again != field || back.Nonce != in.Nonce || len(back.Components) != 3 || back.Components[2] != in.Components[2] {
		t.Errorf("%+v", back)
	}
}

func TestRefusals(t *testing.T) {
	for name, row := range map[string]struct{ field, clause string }{
		"two signatures":      {`a=("@method");created=1, b=("@method");created=1`, "RFC 9421 4.1"},
		"twice the component": {`a=("@method" "@method")`, "RFC 9421 2"},
		"upper case":          {`a=("Content-Type")`, "RFC 9421 2.1"},
		"two spaces":          {`a=("x"  "y")`, "RFC 8941 3.3.3"},
		"space in front":      {` a=("x")`, "RFC 8941 3.1.2"},
		"twice created":       {`a=("x");created=1;created=2`, "RFC 9421 2.3"},
		"unknown parameter":   {`a=("x");mode=1`, "RFC 9421 2.3"},
		"leading zero":        {`a=("x");created=01`, "RFC 8941 3.3.1"},
		"no quote":            {`a=("x`, "RFC 8941 3.3.3"},
		"line feed":           {"a=(\"x\ny\")", "RFC 8941 3.3.3"},
		"bs":                  {`a=("x";bs)`, "RFC 9421 2.1"},
		"long":                {`a=("` + strings.Repeat("x", MaxField) + `")`, "RFC 9421 4"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseInput(row.field)
			var e *Error
			if !errors.As(err, &e) || e.Clause != row.clause || e.Reason.Zh == "" {
				t.Errorf("%v, want %s", err, row.clause)
			}
		})
	}
	for _, s := range []string{"a=:YQ:", "a=:YQ==", "a=YQ==", "a=:YQ==:,b=:YQ==:", "a=:Y\nQ==:", ""} {
		if _, _, err := ParseSignature(s); err == nil {
			t.Errorf("%q passed", s)
		}
	}
	in := &Input{Label: "a", Components: []Component{{Name: "x"}}}
	if _, err := in.Base(func(Component) (string, bool) { return "1\n\"y\": 2", true }); err == nil {
		t.Error("a value of two lines was signed")
	}
	if _, err := in.Base(func(Component) (string, bool) { return "", false }); err == nil {
		t.Error("a missing component was signed")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(rfcInput)
	f.Add(rfcSignature)
	f.Add(`sig=("@method" "content-digest";req "signature";req;key="sig");created=1;nonce="a\"b";tag="t"`)
	f.Fuzz(func(t *testing.T, s string) {
		if in, err := ParseInput(s); err == nil {
			field, err := in.Field()
			if err != nil || field != s {
				t.Errorf("%q was printed as %q, %v", s, field, err)
			}
			fresh := *in
			fresh.text = ""
			text, err := fresh.Text()
			if err != nil {
				t.Fatal(err)
			}
			if again, err := ParseInput(fresh.Label + "=" + text); err != nil || again.Nonce != in.Nonce || again.Created != in.Created || len(again.Components) != len(in.Components) {
				t.Errorf("%q: %+v, %v", s, again, err)
			}
		}
		if label, sig, err := ParseSignature(s); err == nil && FormatSignature(label, sig) != s {
			t.Errorf("%q was printed as %q", s, FormatSignature(label, sig))
		}
	})
}
