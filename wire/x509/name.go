package x509

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/haihe-city/haihe/wire/der"
)

// Standard is the name that the clauses of errors belong to.
const Standard = "RFC 5280"

// Attribute is one part of a relative distinguished name.
type Attribute struct {
	OID    string
	Text   string // the value as text; of a value that is none, its bytes in hexadecimal after #
	IsText bool
}

// Name is a distinguished name.
type Name struct {
	Raw   []byte        // DER
	Parts [][]Attribute // the relative distinguished names, the root's first
	folds []string      // one a relative name, in a form that is equal for equal names
}

// Empty tells whether the name has no part.
func (n Name) Empty() bool { return len(n.folds) == 0 }

// Equal compares two names: strings without regard to type, case and runs of spaces. RFC 5280 7.1
func (n Name) Equal(m Name) bool { return slices.Equal(n.folds, m.folds) }

// Within tells whether n is base or stands below it. RFC 5280 4.2.1.10
func (n Name) Within(base Name) bool {
	return len(n.folds) >= len(base.folds) && slices.Equal(n.folds[:len(base.folds)], base.folds)
}

// Key gives a string that is equal for equal names.
func (n Name) Key() string { return strings.Join(n.folds, "\x00") }

// Below gives the name one relative name longer. RFC 5280 4.2.1.13
func (n Name) Below(relative Name) Name {
	return Name{Parts: append(slices.Clone(n.Parts), relative.Parts...), folds: append(slices.Clone(n.folds), relative.folds...)}
}

// short are the usual letters of attributes. RFC 4514 3
var short = map[string]string{
	"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.5": "serialNumber",
	"0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "emailAddress",
}

// String gives the name for people: CN=a, O=b.
func (n Name) String() string {
	var out []string
	for _, p := range slices.Backward(n.Parts) {
		var one []string
		for _, a := range p {
			label := short[a.OID]
			if label == "" {
				label = a.OID
			}
			one = append(one, label+"="+a.Text)
		}
		out = append(out, strings.Join(one, "+"))
	}
	return strings.Join(out, ", ")
}

// First gives the first attribute of a kind, or "".
func (n Name) First(oid string) string {
	for _, p := range n.Parts {
		for _, a := range p {
			if a.OID == oid {
				return a.Text
			}
		}
	}
	return ""
}

// ParseName reads a Name.
func ParseName(b []byte) (Name, error) {
	r := der.New(Standard, b)
	n := readName(r)
	r.End("4.1.2.4")
	if err := r.Err(); err != nil {
		return Name{}, err
	}
	return n, nil
}

func readName(r *der.Reader) Name {
	e := r.Take(der.Sequence, "4.1.2.4")
	n := Name{Raw: e.Full}
	for in := r.Inside(e); in.More(); {
		readRelative(in.Enter(der.Set, "4.1.2.4"), &n)
	}
	return n
}

// readRelative reads the attributes of one relative name and adds it to n.
func readRelative(set *der.Reader, n *Name) {
	var part []Attribute
	var folds []string
	for set.More() {
		in := set.Enter(der.Sequence, "4.1.2.4")
		a := Attribute{OID: in.OID("4.1.2.4")}
		v := in.Any("4.1.2.4")
		in.End("4.1.2.4")
		if a.Text, a.IsText = text(v); a.IsText {
			folds = append(folds, a.OID+"="+fold(a.Text))
		} else {
			a.Text = fmt.Sprintf("#%x", v.Full)
			folds = append(folds, a.OID+"="+a.Text)
		}
		part = append(part, a)
	}
	if len(part) == 0 {
		set.Fail("4.1.2.4", "相对可分辨名为空", "a relative distinguished name is empty")
	}
	slices.Sort(folds)
	n.Parts = append(n.Parts, part)
	n.folds = append(n.folds, strings.Join(folds, "\x01"))
}

// text decodes the string types; false for what is no text or badly encoded.
func text(e der.Element) (string, bool) {
	b := e.Body
	switch e.Tag {
	case der.UTF8String:
		return string(b), utf8.Valid(b)
	case der.PrintableString, der.IA5String:
		return string(b), !slices.ContainsFunc(b, func(c byte) bool { return c >= 0x80 })
	case der.TeletexString: // read as ISO 8859-1, as practice has it
		r := make([]rune, len(b))
		for i, c := range b {
			r[i] = rune(c)
		}
		return string(r), true
	case der.BMPString:
		if len(b)%2 != 0 {
			return "", false
		}
		u := make([]uint16, len(b)/2)
		for i := range u {
			u[i] = binary.BigEndian.Uint16(b[2*i:])
		}
		return string(utf16.Decode(u)), true
	case der.UniversalString:
		var out []rune
		for ; len(b) >= 4; b = b[4:] {
			out = append(out, rune(binary.BigEndian.Uint32(b))) //nolint:gosec // what is no rune becomes U+FFFD
		}
		return string(out), len(b) == 0
	}
	return "", false
}

// fold prepares a string for comparison: lower case, inner runs of spaces as one, none around. RFC 5280 7.1, RFC 4518 2
func fold(s string) string {
	return strings.ToLower(strings.ToUpper(strings.Join(strings.Fields(s), " ")))
}

// The kinds of GeneralName. RFC 5280 4.2.1.6
const (
	OtherName = iota
	Email
	DNS
	X400
	Directory
	EDI
	URI
	IP
	RegisteredID
)

// GeneralName is one name of any kind.
type GeneralName struct {
	Kind int
	Raw  []byte
	Text string // of Email, DNS, URI
	Name Name   // of Directory
	Data []byte // of IP: the address; in a constraint address and mask
}

// Address gives the IP address, not valid where the bytes are none.
func (g GeneralName) Address() netip.Addr {
	a, _ := netip.AddrFromSlice(g.Data)
	return a
}

// String gives the name for people.
func (g GeneralName) String() string {
	switch g.Kind {
	case Directory:
		return g.Name.String()
	case IP:
		if a := g.Address(); a.IsValid() {
			return a.String()
		}
	case Email, DNS, URI:
		return g.Text
	}
	return fmt.Sprintf("#%x", g.Raw)
}

// Equal tells whether two names are the same.
func (g GeneralName) Equal(h GeneralName) bool {
	if g.Kind == Directory && h.Kind == Directory {
		return g.Name.Equal(h.Name)
	}
	return string(g.Raw) == string(h.Raw)
}

func readGeneralName(r *der.Reader, clause string) GeneralName {
	e := r.Any(clause)
	g := GeneralName{Kind: int(e.Tag & 0x1f), Raw: e.Full}
	built := e.Tag&0x20 != 0
	if e.Tag&0xc0 != 0x80 || g.Kind > RegisteredID || built != (g.Kind == OtherName || g.Kind == X400 || g.Kind == Directory || g.Kind == EDI) {
		r.FailAt(e.Offset, clause, "名称类型无效", "no such kind of general name")
		return g
	}
	switch g.Kind {
	case Email, DNS, URI:
		g.Text = string(e.Body)
		if slices.ContainsFunc(e.Body, func(c byte) bool { return c >= 0x80 }) {
			r.FailAt(e.Offset, clause, "名称含非 ASCII 字符", "a name holds other than ASCII characters")
		}
	case IP:
		g.Data = e.Body
	case Directory:
		in := r.Inside(e)
		g.Name = readName(in)
		in.End(clause)
	}
	return g
}

// readGeneralNames reads the names of a SEQUENCE that is entered already; at least one.
func readGeneralNames(r *der.Reader, clause string) (out []GeneralName) {
	for r.More() {
		out = append(out, readGeneralName(r, clause))
	}
	if len(out) == 0 {
		r.Fail(clause, "名称列表为空", "a list of names is empty")
	}
	return out
}
