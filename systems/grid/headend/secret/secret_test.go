package secret

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	k1 = "000102030405060708090A0B0C0D0E0F"
	k2 = "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"
)

func TestRead(t *testing.T) {
	b, err := Load(file(t, 0o600, "# remark\n\nmqtt 300000000001 a-password\nmqtt 300000000002 sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n"+
		"dlms 300000000011 lls 12345678\ndlms 3000* gmac "+k1+" "+k2+"\ndlms * lls everybody\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		station, password string
		want              bool
	}{{"300000000001", "a-password", true}, {"300000000001", "a-passwore", false}, {"300000000002", "test", true}, {"300000000002", "", false}, {"300000000003", "test", false}} {
		if b.Station(c.station, c.password) != c.want {
			t.Errorf("%+v", c)
		}
	}
	for address, want := range map[string]DLMS{"300000000011": {Password: "12345678"}, "400000000000": {Password: "everybody"}} {
		if d, ok := b.Meter(address); !ok || d.Password != want.Password {
			t.Errorf("%s: %s %v", address, d.Password, ok)
		}
	}
	d, ok := b.Meter("300000000012")
	if !ok || len(d.Key) != 16 || d.Authentication[0] != 0xD0 {
		t.Errorf("the group's keys are not found")
	}
	if s := fmt.Sprintf("%v %s", d, d); strings.Contains(s, "208") || s != "(key) (key)" {
		t.Errorf("a key is printed: %s", s)
	}
}

func TestRefused(t *testing.T) {
	for _, line := range []string{
		"mqtt 300000000001", "mqtt 30000000000 password", "mqtt 300000000001 short", "mqtt 300000000001 sha256:00", "mqtt 300000000001 pass word",
		"dlms 3000 lls 1", "dlms 300000000011 gmac " + k1, "dlms 300000000011 gmac " + k1 + " " + k2[2:], "dlms 300000000011 hls a b", "dlms 30000000001x lls 1",
		"wifi 300000000001 password", "dlms 3* lls 1\ndlms 3* lls 2", "mqtt 300000000001 password\nmqtt 300000000001 password",
	} {
		_, err := Load(file(t, 0o600, line+"\n"))
		if err == nil {
			t.Errorf("%q is taken", line)
		} else if strings.Contains(err.Error(), "password") || strings.Contains(err.Error(), k1) {
			t.Errorf("a secret stands in the error: %v", err)
		}
	}
	if _, err := Load(file(t, 0o644, "")); err == nil {
		t.Error("a file that all may read is taken")
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there is taken")
	}
}

func file(t *testing.T, mode os.FileMode, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// FuzzRead: whatever stands in a file, nothing panics, and what is taken is found.
func FuzzRead(f *testing.F) {
	f.Add("mqtt 300000000001 a-password\ndlms 3* lls 1\n")
	f.Add("dlms * gmac " + k1 + " " + k2)
	f.Fuzz(func(t *testing.T, s string) {
		b := &Book{mqtt: map[string][32]byte{}, dlms: map[string]DLMS{}}
		if b.Read(s) == nil {
			for a := range b.dlms {
				if _, ok := b.Meter(strings.TrimSuffix(a, "*")); !ok {
					t.Fatalf("%q is taken and not found", a)
				}
			}
		}
		b.Station(s, s)
	})
}
