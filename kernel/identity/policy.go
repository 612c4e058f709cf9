package identity

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
)

// Bounds of a password: characters at least, bytes at most (a longer one would only cost work).
const (
	MinPassword = 10
	MaxPassword = 256
)

// CheckPassword holds a new password to the policy: at least MinPassword characters, not containing the login, not a common one.
// No rule about kinds of characters: such rules make passwords that people write down.
func CheckPassword(login, password string) error {
	folded := strings.ToLower(password)
	switch {
	case !utf8.ValidString(password):
		return errs.Say(errs.Invalid, "口令含有无效字符", "the password has invalid characters")
	case utf8.RuneCountInString(password) < MinPassword:
		return errs.Say(errs.Invalid, "口令至少 %d 个字符", "a password has at least %d characters", MinPassword)
	case len(password) > MaxPassword:
		return errs.Say(errs.Invalid, "口令不得超过 %d 字节", "a password has at most %d bytes", MaxPassword)
	case login != "" && strings.Contains(folded, strings.ToLower(login)):
		return errs.Say(errs.Invalid, "口令不得包含登录名", "the password must not contain the login")
	case simple(folded):
		return errs.Say(errs.Invalid, "口令过于常见，请换一个", "that password is a common one; choose another")
	}
	return nil
}

// simple tells whether a folded password is in the list, with or without digits and marks at its end, or made of very few characters.
func simple(folded string) bool {
	distinct := map[rune]bool{}
	for _, r := range folded {
		distinct[r] = true
	}
	if len(distinct) < 4 {
		return true
	}
	stem := strings.TrimRight(folded, "0123456789!@#$%^&*.,_-")
	return slices.Contains(common(), folded) || slices.Contains(commonStems(), stem)
}

// common are passwords of ten characters and more that head the published lists of leaked ones, here and abroad.
func common() []string {
	return []string{
		"0123456789", "01234567890", "1234567890", "12345678901", "123456789012", "9876543210", "0987654321", "1029384756",
		"1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx3edc", "1qazxsw23edc", "q1w2e3r4t5", "qwer123456", "123456qwer", "zxcvbnm123",
		"147258369a", "1472583690", "5201314520", "a123456789", "aa123456789", "123456789a", "123456789q", "q123456789",
		"abc123456789", "abcd123456", "woaini1314", "woaini5201314", "1314520520", "p@ssw0rd123", "changeme123", "letmein123",
	}
}

// commonStems are bad whatever digits follow.
func commonStems() []string {
	return []string{
		"password", "passw0rd", "p@ssword", "p@ssw0rd", "administrator", "admin", "qwertyuiop", "qwerty", "asdfghjkl", "abcdefghij",
		"iloveyou", "woaini", "welcome", "letmein", "changeme", "default", "tianjin", "haihe", "zhongguo", "root", "test", "demo",
	}
}

// alphabet of the passwords that the program makes: 31 signs that nobody mistakes for one another, read aloud or printed.
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789"

// NewPassword makes a random password of four groups of five: 99 bits.
func NewPassword() string {
	out := make([]byte, 0, 24)
	for n := 0; n < 20; {
		r := randomBytes(1)[0]
		if r >= 248 { // 8 * 31: what lies beyond would favour the first letters
			continue
		}
		if n > 0 && n%5 == 0 {
			out = append(out, '-')
		}
		out = append(out, alphabet[r%31])
		n++
	}
	return string(out)
}
