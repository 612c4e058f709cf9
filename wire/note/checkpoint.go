package note

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// Checkpoint is the statement that a log has so many leaves under this root.
type Checkpoint struct {
	Origin     string
	Size       uint64
	Root       [32]byte
	Extensions []string // lines that only the log understands; the standard advises against them
}

// ParseCheckpoint reads the text of a checkpoint's note. C2SP tlog-checkpoint Note text
func ParseCheckpoint(text string) (Checkpoint, error) {
	body, ok := strings.CutSuffix(text, "\n")
	lines := strings.Split(body, "\n")
	if !ok || len(lines) < 3 {
		return Checkpoint{}, refuse(0, clauseCheckpoint, "检查点不足三行", "a checkpoint has at least three lines")
	}
	at := 0
	for _, l := range lines {
		if l == "" {
			return Checkpoint{}, refuse(at, clauseCheckpoint, "检查点中有空行", "a checkpoint has no empty line")
		}
		at += len(l) + 1
	}
	c := Checkpoint{Origin: lines[0], Extensions: lines[3:]}
	at = len(lines[0]) + 1
	if c.Size, ok = number(lines[1]); !ok {
		return Checkpoint{}, refuse(at, clauseCheckpoint, "树的大小有误", "the size of the tree is not a number")
	}
	if c.Root, ok = hash(lines[2]); !ok {
		return Checkpoint{}, refuse(at+len(lines[1])+1, clauseCheckpoint, "根校验值不是 32 字节的 Base64", "the root is not 32 bytes in base64")
	}
	return c, nil
}

// Text gives the note's text.
func (c Checkpoint) Text() string {
	s := c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
	for _, e := range c.Extensions {
		s += e + "\n"
	}
	return s
}

// number reads a decimal without sign and leading zeroes.
func number(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil && strconv.FormatUint(n, 10) == s
}

// hash reads 32 bytes in base64.
func hash(s string) (h [32]byte, ok bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != len(h) || len(s) != 44 {
		return h, false
	}
	copy(h[:], b)
	return h, true
}

// MaxProof is the most hashes that a proof can have: a tree of 2^63 leaves.
const MaxProof = 64

// hashes reads lines of hashes up to an empty line; rest is what follows it.
func hashes(s string, at int, clause string) (list [][32]byte, rest string, restAt int, err error) {
	for {
		line, more, ok := strings.Cut(s, "\n")
		if !ok {
			return nil, "", 0, refuse(at, clause, "校验值之后没有空行", "no empty line ends the hashes")
		}
		at, s = at+len(line)+1, more
		if line == "" {
			return list, s, at, nil
		}
		h, ok := hash(line)
		if !ok || len(list) == MaxProof {
			return nil, "", 0, refuse(at-len(line)-1, clause, "不是 32 字节的 Base64，或校验值过多", "this is not 32 bytes in base64, or there are too many hashes")
		}
		list = append(list, h)
	}
}

func hashLines(list [][32]byte) string {
	var b strings.Builder
	for _, h := range list {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	return b.String()
}

// Proof says that an entry stands in a log, and can be checked without asking anybody. C2SP tlog-proof Format
type Proof struct {
	Extra  []byte // Haihe: the entry's bytes. nil where the line is not there
	Index  uint64
	Hashes [][32]byte
	Note   Note // the signed checkpoint
}

const proofLine = "c2sp.org/tlog-proof@v1\n"

// String gives the proof's text.
func (p Proof) String() string {
	s := proofLine
	if p.Extra != nil {
		s += "extra " + base64.StdEncoding.EncodeToString(p.Extra) + "\n"
	}
	return s + "index " + strconv.FormatUint(p.Index, 10) + "\n" + hashLines(p.Hashes) + "\n" + p.Note.String()
}

// ParseProof reads a proof. C2SP tlog-proof Format
func ParseProof(b []byte) (p Proof, err error) {
	if len(b) > MaxSize {
		return p, refuse(MaxSize, clauseProof, "证明超过 1 MiB", "the proof is longer than 1 MiB")
	}
	rest, ok := strings.CutPrefix(string(b), proofLine)
	if !ok {
		return p, refuse(0, clauseProof, "首行应为 c2sp.org/tlog-proof@v1", "the first line is not c2sp.org/tlog-proof@v1")
	}
	at := len(proofLine)
	line, more, _ := strings.Cut(rest, "\n")
	if code, ok := strings.CutPrefix(line, "extra "); ok {
		p.Extra, err = base64.StdEncoding.Strict().DecodeString(code)
		if err != nil || strings.Contains(code, "\r") {
			return Proof{}, refuse(at, clauseProof, "extra 行不是 Base64", "the extra line is not base64")
		}
		if p.Extra == nil {
			p.Extra = []byte{}
		}
		at += len(line) + 1
		line, more, _ = strings.Cut(more, "\n")
	}
	index, ok := strings.CutPrefix(line, "index ")
	n, good := number(index)
	if !ok || !good {
		return Proof{}, refuse(at, clauseProof, "缺少 index 行", "the index line is missing")
	}
	p.Index, at = n, at+len(line)+1
	var text string
	if p.Hashes, text, at, err = hashes(more, at, clauseProof); err != nil {
		return Proof{}, err
	}
	if p.Note, err = Parse([]byte(text)); err != nil {
		return Proof{}, shift(err, at)
	}
	return p, nil
}

// shift moves the offset of err, which was found in a part that begins at.
func shift(err error, at int) error {
	if e, ok := err.(*Error); ok {
		e.Offset += at
	}
	return err
}

// Addition is what a log sends to a witness: its new checkpoint, and the proof that it follows the one that the witness knows.
// C2SP tlog-witness add-checkpoint
type Addition struct {
	Old    uint64 // size of the checkpoint that the witness signed last; 0: none
	Hashes [][32]byte
	Note   Note
}

// String gives the request's body.
func (a Addition) String() string {
	return "old " + strconv.FormatUint(a.Old, 10) + "\n" + hashLines(a.Hashes) + "\n" + a.Note.String()
}

// ParseAddition reads a request's body. C2SP tlog-witness add-checkpoint
func ParseAddition(b []byte) (a Addition, err error) {
	line, rest, _ := strings.Cut(string(b), "\n")
	old, ok := strings.CutPrefix(line, "old ")
	n, good := number(old)
	if !ok || !good {
		return a, refuse(0, clauseWitness, "首行应为 old 与树的大小", "the first line is not old and a size")
	}
	a.Old = n
	at := len(line) + 1
	if a.Hashes, rest, at, err = hashes(rest, at, clauseWitness); err != nil {
		return Addition{}, err
	}
	if len(a.Hashes) > 63 {
		return Addition{}, refuse(at, clauseWitness, "证明超过 63 行", "there are more than 63 proof lines")
	}
	if a.Note, err = Parse([]byte(rest)); err != nil {
		return Addition{}, shift(err, at)
	}
	return a, nil
}

// MaxEntry is the most bytes of an entry in a bundle: its length has two bytes. C2SP tlog-tiles Log entries
const MaxEntry = 1<<16 - 1

// AppendEntry adds an entry to a bundle.
func AppendEntry(bundle, entry []byte) ([]byte, error) {
	if len(entry) > MaxEntry {
		return bundle, refuse(0, clauseEntries, "条目 %d 字节，超过 65535", "an entry has %d bytes, more than 65535", len(entry))
	}
	return append(append(bundle, byte(len(entry)>>8), byte(len(entry))), entry...), nil
}

// Entries takes a bundle apart. At most 256 entries stand in one. C2SP tlog-tiles Log entries
func Entries(bundle []byte) ([][]byte, error) {
	var out [][]byte
	for at := 0; at < len(bundle); {
		if len(bundle)-at < 2 {
			return out, refuse(at, clauseEntries, "长度不足两个字节", "the length is cut short")
		}
		n := int(bundle[at])<<8 | int(bundle[at+1])
		if len(bundle)-at-2 < n {
			return out, refuse(at, clauseEntries, "条目应有 %d 字节，只有 %d", "an entry of %d bytes has only %d", n, len(bundle)-at-2)
		}
		out = append(out, bundle[at+2:at+2+n:at+2+n])
		at += 2 + n
		if len(out) > 256 {
			return out, refuse(at, clauseEntries, "条目超过 256 个", "there are more than 256 entries")
		}
	}
	return out, nil
}
