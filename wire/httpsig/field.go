package httpsig

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/lang"
)

// Error is why a field was refused.
type Error struct {
	Offset int    // bytes from the start of the field's value
	Clause string // "RFC 9421 2.3"
	Reason lang.Text
}

// Error gives clause, offset and the English reason.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: byte %d: %s", e.Clause, e.Offset, e.Reason.En)
}

// MaxField bounds a field's value in bytes: far more than an exchange of ours needs.
const MaxField = 8 << 10

// reader walks a field's value.
type reader struct {
	s string
	i int
}

func (r *reader) fail(clause, zh, en string) error {
	return &Error{Offset: r.i, Clause: clause, Reason: lang.T(zh, en)}
}

func (r *reader) eat(c byte) bool {
	if r.i < len(r.s) && r.s[r.i] == c {
		r.i++
		return true
	}
	return false
}

func (r *reader) done() bool { return r.i == len(r.s) }

// key reads a key of a dictionary or a parameter. RFC 8941 3.1.2
func (r *reader) key() (string, error) {
	from := r.i
	for ; r.i < len(r.s); r.i++ {
		c := r.s[r.i]
		lower := c >= 'a' && c <= 'z' || c == '*'
		if lower || r.i > from && (c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.') {
			continue
		}
		break
	}
	if r.i == from {
		return "", r.fail("RFC 8941 3.1.2", "此处应为键名", "a key was to stand here")
	}
	return r.s[from:r.i], nil
}

// text reads a string in quotes: printable ASCII. RFC 8941 3.3.3
func (r *reader) text() (string, error) {
	if !r.eat('"') {
		return "", r.fail("RFC 8941 3.3.3", "此处应为引号括起的文字", "a string in quotes was to stand here")
	}
	var out strings.Builder
	for r.i < len(r.s) {
		c := r.s[r.i]
		switch {
		case c == '"':
			r.i++
			return out.String(), nil
		case c == '\\':
			if r.i++; r.i == len(r.s) || r.s[r.i] != '"' && r.s[r.i] != '\\' {
				return "", r.fail("RFC 8941 3.3.3", "反斜杠之后只能是引号或反斜杠", "only a quote or a backslash follows a backslash")
			}
			c = r.s[r.i]
		case c < 0x20 || c > 0x7e:
			return "", r.fail("RFC 8941 3.3.3", "文字只能含可见的 ASCII 字符", "a string holds visible ASCII only")
		}
		out.WriteByte(c)
		r.i++
	}
	return "", r.fail("RFC 8941 3.3.3", "文字缺少结尾的引号", "the string has no closing quote")
}

// integer reads a whole number that is not negative, without leading zeros. RFC 8941 3.3.1
func (r *reader) integer() (int64, error) {
	from := r.i
	for r.i < len(r.s) && r.s[r.i] >= '0' && r.s[r.i] <= '9' {
		r.i++
	}
	digits := r.s[from:r.i]
	if digits == "" || len(digits) > 15 || len(digits) > 1 && digits[0] == '0' {
		r.i = from
		return 0, r.fail("RFC 8941 3.3.1", "此处应为非负整数，至多 15 位", "a whole number of at most 15 digits was to stand here")
	}
	return strconv.ParseInt(digits, 10, 64)
}

// bytes reads a byte sequence between colons. RFC 8941 3.3.5
func (r *reader) bytes() ([]byte, error) {
	if !r.eat(':') {
		return nil, r.fail("RFC 8941 3.3.5", "此处应为冒号括起的 Base64", "base64 between colons was to stand here")
	}
	end := strings.IndexByte(r.s[r.i:], ':')
	if end < 0 {
		return nil, r.fail("RFC 8941 3.3.5", "Base64 缺少结尾的冒号", "the base64 has no closing colon")
	}
	out, err := base64.StdEncoding.Strict().DecodeString(r.s[r.i : r.i+end])
	if err != nil || strings.ContainsAny(r.s[r.i:r.i+end], "\r\n") {
		return nil, r.fail("RFC 8941 3.3.5", "不是规范的 Base64", "this is no canonical base64")
	}
	r.i += end + 1
	return out, nil
}

// quote writes a string; ok is false where it holds what a string cannot.
func quote(s string) (string, bool) {
	plain := true
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return "", false
		}
		plain = plain && s[i] != '"' && s[i] != '\\'
	}
	if plain {
		return `"` + s + `"`, true
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`, true
}

func bounded(s string) (*reader, error) {
	r := &reader{s: s}
	if len(s) > MaxField {
		return nil, r.fail("RFC 9421 4", "字段过长", "the field is too long")
	}
	return r, nil
}

// pair reads "label=:base64:" and nothing after it.
func pair(s string) (label string, value []byte, err error) {
	r, err := bounded(s)
	if err != nil {
		return "", nil, err
	}
	if label, err = r.key(); err != nil {
		return "", nil, err
	}
	if !r.eat('=') {
		return "", nil, r.fail("RFC 8941 3.2", "键名之后应为等号", "an equals sign was to follow the key")
	}
	if value, err = r.bytes(); err != nil {
		return "", nil, err
	}
	if !r.done() {
		return "", nil, r.fail("RFC 9421 4.2", "只接受一个值", "one value is taken and no more")
	}
	return label, value, nil
}

// ParseSignature reads a Signature field: one label, one signature. RFC 9421 4.2
func ParseSignature(field string) (label string, sig []byte, err error) { return pair(field) }

// FormatSignature writes it.
func FormatSignature(label string, sig []byte) string {
	return label + "=:" + base64.StdEncoding.EncodeToString(sig) + ":"
}

// ParseDigest reads a Content-Digest field of one algorithm ("sha-256") and the digest. RFC 9530 2
func ParseDigest(field string) (algorithm string, sum []byte, err error) { return pair(field) }

// FormatDigest writes it.
func FormatDigest(algorithm string, sum []byte) string { return FormatSignature(algorithm, sum) }
