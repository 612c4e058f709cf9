package pki

import (
	"crypto/ecdsa"
	"encoding/hex"
	"encoding/pem"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
)

// TestThirdPartySM2 runs Tongsuo's cases of SM2. Those that are wrong by their digest (SHA-512, SHAKE) have no counterpart here, since the
// algorithm names its digest; docs/results/trust.md lists them.
func TestThirdPartySM2(t *testing.T) {
	text, err := os.ReadFile("../../../../shared/data/trust/sm-vectors/evppkey_sm2.txt")
	if err != nil {
		t.Skip("no third-party cases here: ../shared/data/trust/sm-vectors is absent")
	}
	block, _ := pem.Decode(text[strings.Index(string(text), "-----BEGIN"):])
	k, err := ParsePrivate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	private := k.(*sm2.PrivateKey)
	hexed := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	line := regexp.MustCompile(`(?m)^(Verify|Decrypt|Sign) = .*\n(?:Ctrl = digest:(\w+)\n)?Input = (\w+)\nOutput = (.*)$`)
	verified, decrypted, signed := 0, 0, 0
	for _, m := range line.FindAllStringSubmatch(string(text), -1) {
		in := hexed(m[3])
		switch {
		case m[2] != "" && m[2] != "SM3":
			continue
		case m[1] == "Verify":
			if !sm2.VerifyASN1(k.Public().(*ecdsa.PublicKey), in, hexed(m[4])) {
				t.Errorf("%.16s does not verify", m[3])
			}
			in[0] ^= 1
			if sm2.VerifyASN1(k.Public().(*ecdsa.PublicKey), in, hexed(m[4])) {
				t.Errorf("%.16s verifies with another digest", m[3])
			}
			verified++
		case m[1] == "Decrypt":
			plain, err := private.Decrypt(nil, in, sm2.ASN1DecrypterOpts)
			if err != nil || string(plain) != strings.Trim(m[4], `"`) {
				t.Errorf("%.16s decrypts to %q, %v", m[3], plain, err)
			}
			decrypted++
		default: // the case's own signature differs on purpose
			sig, err := private.SignWithSM2(nil, nil, in)
			if err != nil || string(sig) == string(hexed(m[4])) || Verify(k.Public(), in, sig) != nil {
				t.Errorf("sign: %x, %v", sig, err)
			}
			signed++
		}
	}
	if verified != 2 || decrypted != 4 || signed != 1 {
		t.Errorf("ran %d, %d and %d cases instead of 2, 4 and 1", verified, decrypted, signed)
	}
}

func TestEnvelope(t *testing.T) {
	holder, _ := Generate(SM2)
	k, _ := Generate(SM2)
	der, err := Envelop(holder.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	back, err := OpenEnvelope(holder, der)
	if err != nil || !back.Public().(*ecdsa.PublicKey).Equal(k.Public()) {
		t.Errorf("opened %v, %v", back, err)
	}
	other, _ := Generate(SM2)
	if _, err := OpenEnvelope(other, der); err == nil {
		t.Error("somebody else opened it")
	}
	p256, _ := Generate(ECDSA)
	if _, err := Envelop(p256.Public(), k); err == nil {
		t.Error("went to a P-256 key")
	}
	if _, err := OpenEnvelope(holder, der[:len(der)-3]); err == nil {
		t.Error("opened what is cut short")
	}
}
