package note

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	judge "golang.org/x/mod/sumdb/note"
)

// The examples of the standard's text.
const (
	fooKey  = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
	fooNote = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
	poem    = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
	sofa    = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
)

func TestPublishedExample(t *testing.T) {
	k, err := ParseKey(fooKey)
	if err != nil || k.String() != fooKey {
		t.Fatalf("%v, %v", k, err)
	}
	n, err := Parse([]byte(fooNote))
	if err != nil || n.String() != fooNote {
		t.Fatalf("%v, %v", n, err)
	}
	if signed, err := n.Open([]Key{k}, nil); err != nil || len(signed) != 1 || signed[0].Key.Name != "example.com/foo" {
		t.Errorf("%v, %v", signed, err)
	}
	n.Text = strings.Replace(n.Text, "example", "exemple", 1)
	if _, err := n.Open([]Key{k}, nil); err == nil {
		t.Error("a changed text passes")
	}
	n, err = Parse([]byte(poem))
	if err != nil || n.String() != poem || !strings.Contains(n.Text, "\n\ned è") {
		t.Errorf("%q, %v", n.Text, err)
	}
	if _, err := n.Open([]Key{k}, nil); err == nil {
		t.Error("a note of an unknown key passes")
	}
}

// TestJudge lets golang.org/x/mod read what is signed here, and reads what it signs.
func TestJudge(t *testing.T) {
	skey, vkey, err := judge.GenerateKey(rand.Reader, "haihe.example/journal")
	if err != nil {
		t.Fatal(err)
	}
	k, priv, err := ParseSigner(skey)
	if err != nil || k.String() != vkey {
		t.Fatalf("%v, %v, want %s", k, err, vkey)
	}
	if text, err := SignerText(k.Name, priv.Seed()); err != nil || text != skey {
		t.Errorf("the signer's text is not the same: %v", err)
	}
	text := Checkpoint{Origin: k.Name, Size: 3, Root: [32]byte{1, 2, 3}}.Text()
	n := Note{Text: text, Signatures: []Signature{k.Signature(0, ed25519.Sign(priv, k.Message(text, 0)))}}
	v, err := judge.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := judge.Open([]byte(n.String()), judge.VerifierList(v)); err != nil || opened.Text != text {
		t.Errorf("theirs does not open ours: %v", err)
	}
	s, err := judge.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := judge.Sign(&judge.Note{Text: text}, s)
	if err != nil {
		t.Fatal(err)
	}
	if string(theirs) != n.String() {
		t.Errorf("the two write different notes:\n%s\n%s", theirs, n)
	}
}

func TestKinds(t *testing.T) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	var keys []Key
	for _, c := range []struct {
		typ    byte
		public []byte
	}{{Ed25519, pub}, {Cosign, pub}, {ECDSA, spki}, {Own, []byte(SM2 + "point")}} {
		k, err := NewKey("haihe.example/w1", c.typ, c.public)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParseKey(k.String()); err != nil || back.ID != k.ID || !bytes.Equal(back.Public, k.Public) {
			t.Errorf("type %d: %v, %v", c.typ, back, err)
		}
		keys = append(keys, k)
	}
	sum := sha256.Sum256([]byte(sofa))
	der, err := ecdsa.SignASN1(rand.Reader, ec, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	n := Note{Text: sofa, Signatures: []Signature{
		keys[0].Signature(0, ed25519.Sign(priv, keys[0].Message(sofa, 0))), keys[1].Signature(1679315147, ed25519.Sign(priv, keys[1].Message(sofa, 1679315147))),
		keys[2].Signature(0, der), keys[3].Signature(7, []byte("own"))}}
	own := func(k Key, msg, sig []byte) bool {
		return string(sig) == "own" && string(msg) == "cosignature/v1\ntime 7\n"+sofa && strings.HasPrefix(string(k.Public), SM2)
	}
	signed, err := n.Open(keys, own)
	if err != nil || len(signed) != 4 || signed[1].Time != 1679315147 || signed[3].Time != 7 {
		t.Fatalf("%v, %v", signed, err)
	}
	if _, err := n.Open(keys, nil); err == nil {
		t.Error("a signature that nobody can check passes")
	}
	for i := range n.Signatures {
		bad := Note{Text: n.Text, Signatures: append([]Signature{}, n.Signatures...)}
		bad.Signatures[i].Bytes = bytes.Clone(bad.Signatures[i].Bytes)
		bad.Signatures[i].Bytes[len(bad.Signatures[i].Bytes)-1] ^= 1
		if _, err := bad.Open(keys, own); err == nil {
			t.Errorf("signature %d changed, and the note passes", i)
		}
	}
	for _, k := range []struct {
		typ    byte
		public string
	}{{Ed25519, "short"}, {ECDSA, "no key"}, {Own, "no identifier"}, {Own, "only\n"}, {0x03, "x"}, {0x05, "x"}} {
		if _, err := NewKey("a", k.typ, []byte(k.public)); err == nil {
			t.Errorf("a key of type %d and %q was taken", k.typ, k.public)
		}
	}
}

func TestRefused(t *testing.T) {
	line := fooNote[strings.Index(fooNote, "— "):]
	for name, text := range map[string]string{
		"empty": "", "no blank line": "text\n" + line, "no signature": "text\n\n", "no end": "text\n\n" + strings.TrimSuffix(line, "\n"),
		"control": "te\x01xt\n\n" + line, "not UTF-8": "te\xffxt\n\n" + line, "carriage return": "text\r\n\n" + line, "tab": "te\txt\n\n" + line,
		"hyphen for dash": "text\n\n" + strings.Replace(line, "—", "-", 1), "plus in name": "text\n\n" + strings.Replace(line, "example", "ex+mple", 1),
		"space in name": "text\n\n" + strings.Replace(line, "example.com", "example com", 1), "no name": "text\n\n—  AAAAAAA=\n", "short": "text\n\n— a AAAAAA==\n",
		"base64": "text\n\n— a AAAA!AAAA\n", "text after": fooNote + "more\n", "too many": "text\n\n" + strings.Repeat(line, MaxSignatures+1),
		"too long": strings.Repeat("x", MaxSize) + "\n\n" + line,
	} {
		var e *Error
		if n, err := Parse([]byte(text)); !errors.As(err, &e) || e.Clause == "" || e.Reason.Zh == "" {
			t.Errorf("%s: %+v, %v", name, n, err)
		}
	}
	for _, text := range []string{"", "a", "a+b", "a+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", strings.Replace(fooKey, "530d903a", "530D903A", 1), fooKey + "=", fooKey + "\n"} {
		if k, err := ParseKey(text); err == nil {
			t.Errorf("%q was taken as key: %v", text, k)
		}
	}
	for name, text := range map[string]string{"empty": "", "two lines": "a\n1\n", "no end": strings.TrimSuffix(sofa, "\n"), "zeroes": strings.Replace(sofa, "2085", "02085", 1),
		"sign": strings.Replace(sofa, "2085", "-2085", 1), "short root": strings.Replace(sofa, "q2I=", "", 1), "empty extension": sofa + "\n", "no origin": "\n1\n" + sofa[36:]} {
		if c, err := ParseCheckpoint(text); err == nil {
			t.Errorf("%s: taken: %+v", name, c)
		}
	}
}

func TestCheckpointAndProof(t *testing.T) {
	c, err := ParseCheckpoint(sofa + "more\n")
	if err != nil || c.Size != 20852163 || c.Origin != "example.com/behind-the-sofa" || len(c.Extensions) != 1 || c.Text() != sofa+"more\n" {
		t.Errorf("%+v, %v", c, err)
	}
	n, err := Parse([]byte(fooNote))
	if err != nil {
		t.Fatal(err)
	}
	for _, extra := range [][]byte{nil, {}, []byte("entry")} {
		p := Proof{Extra: extra, Index: 73894, Hashes: [][32]byte{{1}, {2}}, Note: n}
		back, err := ParseProof([]byte(p.String()))
		if err != nil || back.String() != p.String() || back.Index != 73894 || len(back.Hashes) != 2 || (back.Extra == nil) != (extra == nil) {
			t.Errorf("%+v, %v", back, err)
		}
	}
	a := Addition{Old: 5, Hashes: [][32]byte{{1}}, Note: n}
	if back, err := ParseAddition([]byte(a.String())); err != nil || back.String() != a.String() {
		t.Errorf("%+v, %v", back, err)
	}
	for _, bad := range []string{"", "old\n\n" + fooNote, "old 05\n\n" + fooNote, "old 5\nAA\n\n" + fooNote, "old 5\n" + fooNote, "old 5\n\n"} {
		if _, err := ParseAddition([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if sigs, err := ParseSignatures([]byte(fooNote[strings.Index(fooNote, "— "):])); err != nil || len(sigs) != 1 {
		t.Errorf("%v, %v", sigs, err)
	}
}

func TestEntries(t *testing.T) {
	var bundle []byte
	for _, e := range []string{"one", "", "three"} {
		var err error
		if bundle, err = AppendEntry(bundle, []byte(e)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := Entries(bundle); err != nil || len(out) != 3 || string(out[0]) != "one" || string(out[2]) != "three" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := Entries(bundle[:len(bundle)-1]); err == nil {
		t.Error("a bundle cut short passes")
	}
	if _, err := Entries(make([]byte, 2*257)); err == nil {
		t.Error("257 entries pass")
	}
	if _, err := AppendEntry(nil, make([]byte, MaxEntry+1)); err == nil {
		t.Error("an entry beyond two bytes of length passes")
	}
}

func FuzzNote(f *testing.F) {
	f.Add([]byte(fooNote))
	f.Add([]byte(poem))
	f.Add([]byte(sofa + "\n— a AAAAAAA=\n"))
	k, _ := ParseKey(fooKey)
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := Parse(b)
		if err != nil {
			return
		}
		if n.String() != string(b) {
			t.Errorf("%q prints as %q", b, n)
		}
		_, _ = n.Open([]Key{k}, nil)
		if c, err := ParseCheckpoint(n.Text); err == nil && c.Text() != n.Text {
			t.Errorf("%q prints as %q", n.Text, c.Text())
		}
		if _, err := judge.Open(b, judge.VerifierList()); err != nil {
			var unverified *judge.UnverifiedNoteError
			if !errors.As(err, &unverified) && len(n.Signatures) < 64 {
				t.Errorf("the judge refuses %q: %v", b, err)
			}
		}
	})
}

func FuzzTexts(f *testing.F) {
	f.Add([]byte(proofLine + "index 1\n\n" + fooNote))
	f.Add([]byte("old 5\n\n" + fooNote))
	f.Add([]byte(fooKey))
	f.Add([]byte("\x00\x01a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := ParseProof(b); err == nil && p.String() != string(b) {
			t.Errorf("%q prints as %q", b, p)
		}
		if a, err := ParseAddition(b); err == nil && a.String() != string(b) {
			t.Errorf("%q prints as %q", b, a)
		}
		if k, err := ParseKey(string(b)); err == nil && k.String() != string(b) {
			t.Errorf("%q prints as %q", b, k)
		}
		if list, err := Entries(b); err == nil {
			var again []byte
			for _, e := range list {
				again, _ = AppendEntry(again, e)
			}
			if !bytes.Equal(again, b) {
				t.Errorf("%x is bundled as %x", b, again)
			}
		}
	})
}
