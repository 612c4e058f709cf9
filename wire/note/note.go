package note

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a note. The standard asks for at least 16 signatures, and warns that those against quantum computers reach 5 kB.
const (
	MaxSize       = 1 << 20
	MaxSignatures = 64
)

// Signature is a line under a note.
type Signature struct {
	Name  string
	ID    uint32
	Bytes []byte // what follows the key's id
}

// Note is a text with the signatures under it.
type Note struct {
	Text       string // ends in a line feed
	Signatures []Signature
}

// dash opens a signature line.
const dash = "— "

// Parse takes a note apart; it checks no signature.
func Parse(b []byte) (Note, error) {
	if len(b) > MaxSize {
		return Note{}, refuse(MaxSize, clauseFormat, "签名文本超过 1 MiB", "the note is longer than 1 MiB")
	}
	if i := badText(b); i >= 0 {
		return Note{}, refuse(i, clauseFormat, "含有控制字符或不是 UTF-8", "there is a control character, or the text is not UTF-8")
	}
	s := string(b)
	cut := strings.LastIndex(s, "\n\n")
	if cut < 0 {
		return Note{}, refuse(len(s), clauseFormat, "正文与签名之间没有空行", "no empty line parts the text from the signatures")
	}
	n := Note{Text: s[:cut+1]}
	at := cut + 2
	if at == len(s) || !strings.HasSuffix(s, "\n") {
		return Note{}, refuse(len(s), clauseFormat, "没有签名行，或末行未结束", "there is no signature line, or the last one does not end")
	}
	for line := range strings.SplitSeq(s[at:len(s)-1], "\n") {
		sig, err := parseSignature(line, at)
		if err != nil {
			return Note{}, err
		}
		if n.Signatures = append(n.Signatures, sig); len(n.Signatures) > MaxSignatures {
			return Note{}, refuse(at, clauseFormat, "签名超过 %d 个", "there are more than %d signatures", MaxSignatures)
		}
		at += len(line) + 1
	}
	return n, nil
}

// badText gives the offset of the first byte that no note may hold, -1 where there is none.
func badText(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 || r < 0x20 && r != '\n' {
			return i
		}
		i += n
	}
	return -1
}

// parseSignature reads a line without its end. C2SP signed-note Format
func parseSignature(line string, at int) (Signature, error) {
	rest, ok := strings.CutPrefix(line, dash)
	name, code, split := strings.Cut(rest, " ")
	if !ok || !split || !goodName(name) {
		return Signature{}, refuse(at, clauseFormat, "不是签名行", "this is no signature line")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(code)
	if err != nil || len(raw) < 5 {
		return Signature{}, refuse(at+len(dash)+len(name)+1, clauseFormat, "签名不是 Base64 或过短", "the signature is not base64, or too short")
	}
	return Signature{Name: name, ID: binary.BigEndian.Uint32(raw), Bytes: raw[4:]}, nil
}

// ParseSignatures reads signature lines alone, as a witness answers. C2SP tlog-witness add-checkpoint
func ParseSignatures(b []byte) ([]Signature, error) {
	n, err := Parse(append([]byte("x\n\n"), b...))
	return n.Signatures, err
}

func goodName(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.Contains(s, "+") && strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r < 0x20 }) < 0
}

// String gives the signature's line with its end.
func (s Signature) String() string {
	return dash + s.Name + " " + base64.StdEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, s.ID), s.Bytes...)) + "\n"
}

// String gives the note's bytes.
func (n Note) String() string {
	var b strings.Builder
	b.WriteString(n.Text)
	b.WriteByte('\n')
	for _, s := range n.Signatures {
		b.WriteString(s.String())
	}
	return b.String()
}

// Signed is a signature that was found good.
type Signed struct {
	Key  Key
	Time uint64 // POSIX seconds that the signature states; 0 where its type states none
}

// Check tells whether sig over msg is that of a key whose type this package does not know. msg is what is signed after the rule of Haihe's
// types: with the time before it.
type Check func(k Key, msg, sig []byte) bool

// Open says which of keys signed the note. A bad signature of a known key refuses the note, as does the lack of any good one.
// C2SP signed-note Signatures
func (n Note) Open(keys []Key, other Check) ([]Signed, error) {
	var out []Signed
	at := len(n.Text) + 1
	for _, s := range n.Signatures {
		i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == s.Name && k.ID == s.ID })
		if i >= 0 && !slices.ContainsFunc(out, func(d Signed) bool { return d.Key.Name == s.Name && d.Key.ID == s.ID }) {
			time, ok := keys[i].check(n.Text, s.Bytes, other)
			if !ok {
				return nil, refuse(at, clauseSignatures, "%s 的签名不符", "the signature of %s does not verify", s.Name)
			}
			out = append(out, Signed{Key: keys[i], Time: time})
		}
		at += len(s.String())
	}
	if len(out) == 0 {
		return nil, refuse(len(n.Text)+1, clauseSignatures, "没有可信密钥的签名", "no key that is trusted signed this")
	}
	return out, nil
}
