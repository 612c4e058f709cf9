// Package mask hides personal data (个人信息脱敏): what a kind of personal field still shows where it is not granted in clear. Pure.
//
//	id-number   first two and last two characters     12**************21
//	telephone   first three and last four of eleven    138****5678; otherwise the last two
//	name        the first character                    张**
//	address     as far as the district or county       天津市和平区****
//	birthday    the year                               1980-**-**
//	account, sensitive, and whatever is no text: nothing of it, ****
//
// The number of stars of a name or an address says nothing of how long it is. The rules are ours; GB/T 35273-2020 5 and 8.4 ask for
// de-identification and leave its form open.
package mask

import (
	"strings"
	"unicode/utf8"

	"github.com/haihe-city/haihe/lang"
)

// Class is the kind of personal data that a field holds; "" for none.
type Class string

// The classes.
const (
	None      Class = ""
	IDNumber  Class = "id-number"
	Telephone Class = "telephone"
	Name      Class = "name"
	Address   Class = "address"
	Birthday  Class = "birthday"
	Account   Class = "account"   // an account of this platform: person:…
	Sensitive Class = "sensitive" // health, faith, finances and the like
)

// Classes are those that hold personal data.
var Classes = []Class{IDNumber, Telephone, Name, Address, Birthday, Account, Sensitive}

// Known tells whether there is such a class.
func (c Class) Known() bool {
	switch c {
	case None, IDNumber, Telephone, Name, Address, Birthday, Account, Sensitive:
		return true
	}
	return false
}

// Text names a class.
func (c Class) Text() lang.Text {
	switch c {
	case None:
		return lang.T("否", "no")
	case IDNumber:
		return lang.T("身份证件号", "identity number")
	case Telephone:
		return lang.T("电话", "telephone")
	case Name:
		return lang.T("姓名", "name")
	case Address:
		return lang.T("住址", "address")
	case Birthday:
		return lang.T("出生日期", "date of birth")
	case Account:
		return lang.T("平台账户", "platform account")
	case Sensitive:
		return lang.T("敏感个人信息", "sensitive")
	}
	return lang.Same(string(c))
}

const hidden = "****"

// Value gives what a value shows masked: text, or nil where there is nothing to hide. A class that is not known hides all.
func Value(c Class, v any) any {
	if v == nil || c == None {
		return v
	}
	s, ok := v.(string)
	if !ok || !utf8.ValidString(s) {
		return hidden
	}
	switch s = strings.TrimSpace(s); c {
	case IDNumber:
		return ends(s, 2, 2, 8)
	case Telephone:
		if utf8.RuneCountInString(s) == 11 {
			return ends(s, 3, 4, 11)
		}
		return ends(s, 0, 2, 7)
	case Name:
		r, n := utf8.DecodeRuneInString(s)
		if n == 0 || n == len(s) {
			return "**"
		}
		return string(r) + "**"
	case Address:
		return district(s)
	case Birthday:
		if len(s) >= 8 && digits(s[:4]) {
			return s[:4] + "-**-**"
		}
	}
	return hidden
}

// ends keeps the first and the last characters of a text of at least so many; a shorter one is hidden whole.
func ends(s string, first, last, least int) string {
	r := []rune(s)
	if len(r) < least {
		return hidden
	}
	return string(r[:first]) + strings.Repeat("*", len(r)-first-last) + string(r[len(r)-last:])
}

// district keeps an address as far as its district or county, where that comes within the first twelve characters.
func district(s string) string {
	at := 0
	for i, r := range s {
		if at++; at > 12 {
			break
		}
		if (r == '区' || r == '县') && at > 2 {
			return s[:i+utf8.RuneLen(r)] + hidden
		}
	}
	return hidden
}

func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
