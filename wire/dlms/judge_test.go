package dlms

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

const vectors = "../../../shared/data/grid/"

type vector struct {
	id, layer, role, message, verdict, stated, test string
	raw                                             []byte
}

func read(t testing.TB) (out []vector) {
	t.Helper()
	text, err := os.ReadFile(vectors + "dlms-vectors.tsv")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("skipped: the third-party vectors are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n")[1:] {
		f := strings.Split(line, "\t")
		raw, err := hex.DecodeString(f[5])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, vector{id: f[0], layer: f[1], role: f[2], message: f[3], verdict: f[4], stated: f[6], test: f[8], raw: raw})
	}
	return out
}

// notMessages are rows of the judge that are no whole message, or that its own encoder prints against the standard: Get-Data-Result is
// data [0] and outcome [1] (IEC 62056-5-3 9.5), its decoder reads it so, its encoder prints it the other way round.
var notMessages = map[string]string{
	"D247": "turned choice", "D249": "turned choice", "D280": "turned choice", "D284": "turned choice", "D167": "turned choice",
	"D256": "a block alone", "D257": "a block alone", "D260": "a result alone", "D262": "a block alone", "D263": "a block alone", "D264": "a block alone",
	"D358": "behind a failure a choice that there is none", "D453": "a byte behind the message; the third party does not look at it",
	"D303": "a name alone", "D310": "a selection alone", "D311": "a selection alone", "D313": "a selection alone",
}

// TestJudgeMessages: every message that the third party takes is read, printed and read again as the same; every one that it refuses is
// refused.
func TestJudgeMessages(t *testing.T) {
	read1, same, refused, left := 0, 0, 0, 0
	for _, v := range read(t) {
		if v.layer != "apdu" || v.role == "must-fail" {
			continue
		}
		a, err := Decode(v.raw)
		if v.verdict == "refuse" {
			// D186: the third party had no key for what is no ciphered message; D314 and D449: its caller's values, not the bytes
			if err == nil && v.id != "D186" && v.id != "D314" && v.id != "D449" {
				t.Errorf("%s %X is taken: %+v", v.id, v.raw, a)
			}
			refused++
			continue
		}
		if v.message == "part of a message" || notMessages[v.id] != "" {
			left++
			continue
		}
		if err != nil {
			t.Errorf("%s %s %X: %v", v.id, v.test, v.raw, err)
			continue
		}
		read1++
		back := Encode(a)
		again, err := Decode(back)
		if err != nil || !reflect.DeepEqual(a, again) {
			t.Errorf("%s %X is printed as %X: %v", v.id, v.raw, back, err)
		}
		if bytes.Equal(back, v.raw) {
			same++
		}
	}
	t.Logf("%d messages read, %d printed byte for byte, %d refused, %d rows are no messages", read1, same, refused, left)
}

// TestJudgeCipher: the ciphered message opens to the stated plain text and is sealed to the stated bytes; spoilt ones do not open.
func TestJudgeCipher(t *testing.T) {
	text, err := os.ReadFile(vectors + "dlms-cipher.json")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("skipped: the third-party vectors are not here")
	}
	var cases []struct {
		Title  string `json:"system_title"`
		Key    string
		Auth   string `json:"auth_key"`
		Plain  string
		Hidden string `json:"ciphered"`
	}
	if err := errors.Join(err, json.Unmarshal(text, &cases)); err != nil || len(cases) == 0 {
		t.Fatal(err)
	}
	for _, c := range cases {
		un := func(s string) []byte {
			b, err := hex.DecodeString(s)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		k := Keys{un(c.Title), un(c.Key), un(c.Auth)}
		a, err := Decode(un(c.Hidden))
		if err != nil {
			t.Fatal(err)
		}
		hidden := a.(Ciphered)
		plain, err := k.Open(hidden)
		if err != nil || !bytes.Equal(plain, un(c.Plain)) {
			t.Fatalf("%X %v", plain, err)
		}
		q, err := Decode(plain)
		if err != nil || q.(InitiateRequest).MaxAPDU != 0x04B0 || len(q.(InitiateRequest).Dedicated) != 16 {
			t.Errorf("%+v %v", q, err)
		}
		sealed, err := k.Seal(hidden.Tag, hidden.Counter, plain)
		if err != nil || !bytes.Equal(Encode(sealed), un(c.Hidden)) {
			t.Errorf("sealed: %X %v", Encode(sealed), err)
		}
		for i := range hidden.Body {
			bad := hidden
			bad.Body = bytes.Clone(hidden.Body)
			bad.Body[i] ^= 1
			if _, err := k.Open(bad); err == nil {
				t.Errorf("byte %d changed, and it opens", i)
			}
		}
		hidden.Body = hidden.Body[1:]
		if _, err := k.Open(hidden); err == nil {
			t.Error("a byte short, and it opens")
		}
		if _, err := (Keys{Title: k.Title}).Open(hidden); err == nil {
			t.Error("no key, and it opens")
		}
	}
}
