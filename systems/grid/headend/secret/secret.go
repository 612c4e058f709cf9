package secret

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"os"
	"strings"

	"github.com/haihe-city/haihe/errs"
)

// DLMS is what a DLMS meter wants to see: Password for low-level security, the two keys for GMAC. IEC 62056-5-3 9.2.7
type DLMS struct {
	Password            string
	Key, Authentication []byte // 16 bytes each
}

// String hides it.
func (DLMS) String() string { return "(key)" }

// Book is what a file holds. The zero value holds nothing.
type Book struct {
	mqtt map[string][sha256.Size]byte
	dlms map[string]DLMS // by address, or by the beginning of a group's with a star
}

// Most lines and bytes of a file.
const (
	maxBytes = 64 << 20
	maxLine  = 512
)

// Load reads a file; "" holds nothing. A file that others may read is refused.
func Load(path string) (*Book, error) {
	b := &Book{mqtt: map[string][sha256.Size]byte{}, dlms: map[string]DLMS{}}
	if path == "" {
		return b, nil
	}
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, errs.Say(errs.Invalid, "密钥文件 %s 可被他人读取，请执行 chmod 600", "the file of secrets %s can be read by others: chmod 600 it", path)
	}
	if err == nil && info.Size() > maxBytes {
		return nil, errs.Say(errs.TooLarge, "密钥文件 %s 过大", "the file of secrets %s is too large", path)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "密钥文件 %s 无法读取", "the file of secrets %s cannot be read", path)
	}
	return b, b.Read(string(text))
}

// Read takes the lines of a file.
func (b *Book) Read(text string) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		if f := strings.Fields(line); len(f) > 0 && !strings.HasPrefix(f[0], "#") && (len(line) > maxLine || !b.line(f)) {
			return errs.Say(errs.Invalid, "密钥文件第 %d 行不合规，或地址重复", "line %d of the file of secrets will not do, or its address is there already", n)
		}
	}
	return nil
}

func (b *Book) line(f []string) bool {
	switch {
	case f[0] == "mqtt" && len(f) == 3 && digits(f[1], 12, 12):
		sum := sha256.Sum256([]byte(f[2]))
		if h, ok := strings.CutPrefix(f[2], "sha256:"); ok {
			raw, err := hex.DecodeString(h)
			if err != nil || len(raw) != len(sum) {
				return false
			}
			sum = [sha256.Size]byte(raw)
		} else if len(f[2]) < 8 {
			return false
		}
		_, there := b.mqtt[f[1]]
		b.mqtt[f[1]] = sum
		return !there
	case f[0] == "dlms" && len(f) > 3:
		group, isGroup := strings.CutSuffix(f[1], "*")
		if isGroup && !digits(group, 0, 11) || !isGroup && !digits(group, 12, 12) {
			return false
		}
		_, there := b.dlms[f[1]]
		switch {
		case f[2] == "lls" && len(f) == 4:
			b.dlms[f[1]] = DLMS{Password: f[3]}
			return !there
		case f[2] == "gmac" && len(f) == 5:
			key, err := hex.DecodeString(f[3])
			auth, aerr := hex.DecodeString(f[4])
			b.dlms[f[1]] = DLMS{Key: key, Authentication: auth}
			return !there && err == nil && aerr == nil && len(key) == 16 && len(auth) == 16
		}
	}
	return false
}

func digits(s string, least, most int) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(s) >= least && len(s) <= most
}

// Station tells whether a password is that of a gateway; it takes as long for a wrong one.
func (b *Book) Station(station, password string) bool {
	want, known := b.mqtt[station]
	got := sha256.Sum256([]byte(password))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && known
}

// Meter is what a DLMS meter wants to see; ok is false where it is read without.
func (b *Book) Meter(address string) (d DLMS, ok bool) {
	if d, ok = b.dlms[address]; ok {
		return d, true
	}
	for n := len(address); n >= 0; n-- {
		if d, ok = b.dlms[address[:n]+"*"]; ok {
			return d, true
		}
	}
	return DLMS{}, false
}
