package sm

import (
	"bufio"
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	gcipher "github.com/emmansun/gmsm/cipher"
)

// vectors is where the third-party cases lie. SOURCES.md there says where they are from.
const vectors = "../../../../shared/data/trust/"

type hexed []byte

func (h *hexed) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	out, err := hex.DecodeString(s)
	*h = out
	return err
}

// suite is a file of Project Wycheproof.
type suite struct {
	NumberOfTests int
	TestGroups    []struct {
		IvSize, KeySize, TagSize int // bits
		Tests                    []struct {
			TcID                            int
			Comment, Result                 string
			Key, Iv, Aad, Msg, Ct, Tag, Out hexed
		}
	}
}

func read(t *testing.T, name string) (s suite) {
	b, err := os.ReadFile(vectors + "wycheproof/" + name)
	if err != nil {
		t.Skip("no third-party cases here: ../shared/data/trust/wycheproof is absent")
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWycheproofMAC(t *testing.T) {
	s, ran := read(t, "hmac_sm3_test.json"), 0
	for _, g := range s.TestGroups {
		for _, c := range g.Tests {
			ran++
			got := MAC(c.Key, c.Msg)[:g.TagSize/8]
			if hmac.Equal(got, c.Tag) != (c.Result == "valid") {
				t.Errorf("case %d (%s): %x, wanted %s", c.TcID, c.Comment, got, c.Result)
			}
		}
	}
	if ran != s.NumberOfTests || ran == 0 {
		t.Errorf("ran %d of %d cases", ran, s.NumberOfTests)
	}
}

// TestWycheproofAEAD: a case that is invalid must be refused in opening, or in making where its parameters are not allowed; a valid one
// opens to its message and seals to its bytes.
func TestWycheproofAEAD(t *testing.T) {
	for _, mode := range []struct {
		file string
		make func(key []byte, nonce, tag int) (cipher.AEAD, error)
	}{
		{"sm4_gcm_test.json", func(key []byte, nonce, _ int) (cipher.AEAD, error) { return GCM(key, nonce) }},
		{"sm4_ccm_test.json", CCM},
	} {
		t.Run(mode.file, func(t *testing.T) {
			s, ran, valid := read(t, mode.file), 0, 0
			for _, g := range s.TestGroups {
				for _, c := range g.Tests {
					ran++
					a, err := mode.make(c.Key, len(c.Iv), g.TagSize/8)
					if err != nil {
						if c.Result == "valid" {
							t.Errorf("case %d (%s): nonce %d, tag %d: %v", c.TcID, c.Comment, len(c.Iv), g.TagSize/8, err)
						}
						continue
					}
					want := append(bytes.Clone(c.Ct), c.Tag...)
					got, err := a.Open(nil, c.Iv, want, c.Aad)
					if (err == nil) != (c.Result == "valid") {
						t.Errorf("case %d (%s): %v, wanted %s", c.TcID, c.Comment, err, c.Result)
						continue
					}
					if err != nil {
						continue
					}
					valid++
					if !bytes.Equal(got, c.Msg) || !bytes.Equal(a.Seal(nil, c.Iv, c.Msg, c.Aad), want) {
						t.Errorf("case %d (%s): other bytes", c.TcID, c.Comment)
					}
				}
			}
			if ran != s.NumberOfTests || ran == 0 {
				t.Errorf("ran %d of %d cases", ran, s.NumberOfTests)
			}
			t.Logf("%d cases, %d of them valid", ran, valid)
		})
	}
}

// keyed reads the cases of Tongsuo's tests: blocks of "name = value", parted by empty lines.
func keyed(t *testing.T, name string) (out []map[string]string) {
	f, err := os.Open(vectors + "sm-vectors/" + name)
	if err != nil {
		t.Skip("no third-party cases here: ../shared/data/trust/sm-vectors is absent")
	}
	defer f.Close()
	cur := map[string]string{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if line == "" {
			if len(cur) > 0 {
				out = append(out, cur)
			}
			cur = map[string]string{}
			continue
		}
		if k, v, ok := strings.Cut(line, "="); ok && line[0] != '#' {
			if cur[strings.TrimSpace(k)] == "" {
				cur[strings.TrimSpace(k)] = strings.TrimSpace(v)
			}
		}
	}
	if len(cur) > 0 {
		out = append(out, cur)
	}
	return out
}

// value is hex, or text in quotation marks.
func value(t *testing.T, s string) []byte {
	if strings.HasPrefix(s, `"`) {
		return []byte(strings.Trim(s, `"`))
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return b
}

func TestDigests(t *testing.T) {
	ran := 0
	for _, c := range keyed(t, "evpmd_sm3.txt") {
		if c["Digest"] != "SM3" {
			continue
		}
		ran++
		if got := Sum(value(t, c["Input"])); !bytes.Equal(got[:], value(t, c["Output"])) {
			t.Errorf("SM3(%.40s) is %x", c["Input"], got)
		}
	}
	for _, c := range keyed(t, "evpmac_sm3.txt") {
		if c["MAC"] != "HMAC" {
			continue
		}
		ran++
		if got := MAC(value(t, c["Key"]), value(t, c["Input"])); !bytes.Equal(got, value(t, c["Output"])) {
			t.Errorf("HMAC-SM3(%.40s) is %x", c["Input"], got)
		}
	}
	if ran != 8+4 {
		t.Errorf("ran %d cases instead of 12", ran)
	}
}

func TestModes(t *testing.T) {
	ran := map[string]int{}
	for _, c := range keyed(t, "evpciph_sm4.txt") {
		mode := strings.TrimPrefix(c["Cipher"], "SM4-")
		if c["Cipher"] == "" {
			continue
		}
		ran[mode]++
		key, iv, plain, want := value(t, c["Key"]), value(t, c["IV"]), value(t, c["Plaintext"]), value(t, c["Ciphertext"])
		if got := encrypt(t, mode, key, iv, plain, value(t, c["AAD"]), len(value(t, c["Tag"])), c["XTSStandard"]); !bytes.Equal(got, append(want, value(t, c["Tag"])...)) {
			t.Errorf("%s of %.40s is %x", mode, c["Plaintext"], got)
		}
	}
	total := 0
	for _, n := range ran {
		total += n
	}
	if total != 13 {
		t.Errorf("ran %v, %d cases instead of 13", ran, total)
	}
}

func encrypt(t *testing.T, mode string, key, iv, plain, aad []byte, tag int, standard string) []byte {
	t.Helper()
	out := make([]byte, len(plain))
	if mode == "XTS" {
		cut := gcipher.NewGBXTSEncrypter // where the case names no standard
		if standard == "IEEE" {
			cut = gcipher.NewXTSEncrypter
		}
		m, err := cut(Block, key[:16], key[16:], iv)
		if err != nil {
			t.Fatal(err)
		}
		m.CryptBlocks(out, plain)
		return out
	}
	b, err := Block(key)
	if err != nil {
		t.Fatal(err)
	}
	switch mode {
	case "ECB":
		for i := 0; i < len(plain); i += 16 {
			b.Encrypt(out[i:], plain[i:])
		}
	case "CBC":
		plain = append(bytes.Clone(plain), bytes.Repeat([]byte{byte(16 - len(plain)%16)}, (16-len(plain)%16)%16)...) // PKCS #7 where it is cut short
		out = make([]byte, len(plain))
		cipher.NewCBCEncrypter(b, iv).CryptBlocks(out, plain)
	case "OFB":
		cipher.NewOFB(b, iv).XORKeyStream(out, plain) //nolint:staticcheck // the case is of this mode
	case "CFB":
		cipher.NewCFBEncrypter(b, iv).XORKeyStream(out, plain) //nolint:staticcheck // the case is of this mode
	case "CTR":
		cipher.NewCTR(b, iv).XORKeyStream(out, plain)
	case "GCM", "CCM":
		var a cipher.AEAD
		if a, err = GCM(key, len(iv)); mode == "CCM" {
			a, err = CCM(key, len(iv), tag)
		}
		if err != nil {
			t.Fatal(err)
		}
		return a.Seal(nil, iv, plain, aad)
	default:
		t.Fatalf("no mode %q", mode)
	}
	return out
}

// TestDerive: what is derived differs by secret and purpose and is the same each time.
func TestDerive(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 32)
	seen := map[string]bool{}
	for _, c := range []struct {
		secret  []byte
		purpose string
	}{{secret, "a"}, {secret, "b"}, {bytes.Repeat([]byte{8}, 32), "a"}} {
		one, err := Derive(c.secret, c.purpose, KeySize)
		if err != nil || len(one) != KeySize {
			t.Fatal(one, err)
		}
		two, _ := Derive(c.secret, c.purpose, KeySize)
		if !bytes.Equal(one, two) || seen[string(one)] {
			t.Errorf("%s: %x, %x", c.purpose, one, two)
		}
		seen[string(one)] = true
	}
}
