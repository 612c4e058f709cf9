package custody

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/pki"
)

const (
	first  = "海河上的第一把钥匙很长"
	second = "second custodian's words"
)

var (
	cheap = Cost{Memory: 64, Passes: 1, Lanes: 1}
	made  = time.Date(2016, 1, 5, 9, 0, 0, 0, time.UTC)
)

func sealed(t testing.TB, alg pki.Algorithm) []byte {
	t.Helper()
	k, err := pki.Generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Seal(k, "http://pki.test/pki", made, cheap, first+"。", second)
	if err != nil {
		t.Fatal(err)
	}
	got, h, err := Open(b, first+"。", second)
	if err != nil || h.Algorithm != alg || h.Address != "http://pki.test/pki" {
		t.Fatalf("%+v %v", h, err)
	}
	sig, err := pki.Sign(got, []byte("x"))
	if err != nil || pki.Verify(k.Public(), []byte("x"), sig) != nil {
		t.Fatal("another key came out")
	}
	return b
}

// TestBoth: only both passphrases, each in its place, open the key.
func TestBoth(t *testing.T) {
	for _, alg := range []pki.Algorithm{pki.SM2, pki.ECDSA} {
		b := sealed(t, alg)
		for _, p := range [][2]string{{first, second}, {second, first + "。"}, {first + "。", ""}, {"", second}, {"", ""}, {first + "。", first + "。"}, {first + "。", second + " "}} {
			if k, _, err := Open(b, p[0], p[1]); k != nil || errs.KindOf(err) != errs.Denied {
				t.Errorf("%q: %v", p, err)
			}
		}
	}
	k, _ := pki.Generate(pki.SM2)
	b, err := Seal(k, "", made, cheap, "caf\u00e9 au lait matin", second)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(b, "cafe\u0301 au lait matin", second); err != nil {
		t.Errorf("another keyboard's letters: %v", err)
	}
}

func TestEnough(t *testing.T) {
	for _, p := range [][2]string{{"short", second}, {second, "short"}, {second, second}, {"cafe\u0301 au lait matin", "caf\u00e9 au lait matin"}} {
		if errs.KindOf(Enough(p[0], p[1])) != errs.Invalid {
			t.Errorf("%q is enough", p)
		}
	}
}

// TestChanged: no field of the file can be changed, and none asks for more than a machine has.
func TestChanged(t *testing.T) {
	b := sealed(t, pki.SM2)
	for at := range b {
		bad := bytes.Clone(b)
		bad[at] ^= 1
		var before, after file
		if json.Unmarshal(bad, &after) == nil && json.Unmarshal(b, &before) == nil {
			x, _ := json.Marshal(before)
			y, _ := json.Marshal(after)
			if bytes.Equal(x, y) {
				continue // white space, or letters that base64 does not read
			}
		}
		if after.Cost.Memory > 1<<14 || after.Cost.Passes > 20 || after.Cost.Lanes > 4 {
			continue // it would only be slow
		}
		if k, _, err := Open(bad, first+"。", second); err == nil || k != nil {
			t.Fatalf("byte %d (%q) changed, and it opens", at, b[at])
		}
	}
	for name, change := range map[string]func(*file){
		"memory": func(f *file) { f.Cost.Memory = 1 << 31 }, "passes": func(f *file) { f.Cost.Passes = 1 << 30 }, "no passes": func(f *file) { f.Cost.Passes = 0 }, "no lanes": func(f *file) { f.Cost.Lanes = 0 },
		"salt": func(f *file) { f.Salts[1] = nil }, "nonce": func(f *file) { f.Nonce = []byte{1} }, "format": func(f *file) { f.Format = "haihe-root-key/9" }, "kdf": func(f *file) { f.KDF = "md5" }, "nothing": func(f *file) { *f = file{} },
	} {
		var f file
		if err := json.Unmarshal(b, &f); err != nil {
			t.Fatal(err)
		}
		change(&f)
		bad, _ := json.Marshal(f)
		if _, _, err := Open(bad, first+"。", second); errs.KindOf(err) != errs.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sealed(f, pki.SM2))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := Read(b); err == nil && (h.Cost.Memory > mostMemory || h.Cost.Passes > mostPasses || len(h.Nonce) != nonceSize) {
			t.Fatalf("%+v", h)
		}
	})
}
