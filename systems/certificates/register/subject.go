package register

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/certificates/ca"
)

// Subject is whom a certificate may be for.
type Subject struct {
	Kind, ID           string // ID is internal, and is what a certificate bears
	Name               string
	Organization, Unit string
	Code               string // unified social credit code, of enterprises
	Number             string // of an identity paper, while it is being entered; never stored
	Tail               string
	Office             string // unit of the officer who entered it, "" for the program
	digest             []byte
}

// Kinds are those that people are entered under here; devices and servers come by protocols.
var Kinds = []string{ca.Citizen, ca.Enterprise, ca.Official}

// Check holds an entry to what its kind needs.
func (s *Subject) Check() error {
	switch {
	case s.Kind != ca.Citizen && s.Kind != ca.Enterprise && s.Kind != ca.Official:
		return errs.Say(errs.Invalid, "请选择对象类别：市民、企业或公务员", "choose the kind: citizen, enterprise or civil servant")
	case !plain(s.Name, 64) || s.Name == "":
		return errs.Say(errs.Invalid, "名称应为 1 至 64 个字符", "a name has 1 to 64 characters")
	case !plain(s.Organization, 64) || !plain(s.Unit, 64):
		return errs.Say(errs.Invalid, "单位和部门名称不超过 64 个字符", "an organization and a department have at most 64 characters")
	case s.Kind == ca.Enterprise && !CreditCode(s.Code):
		return errs.Say(errs.Invalid, "统一社会信用代码有误（18 位，末位为校验码）", "the unified social credit code is wrong: 18 characters, the last one checks the others")
	case s.Kind != ca.Enterprise && !IdentityNumber(s.Number):
		return errs.Say(errs.Invalid, "居民身份证号码有误（18 位，末位为校验码）", "the identity number is wrong: 18 characters, the last one checks the others")
	case s.Kind == ca.Official && s.Organization == "":
		return errs.Say(errs.Invalid, "公务员须填写所在单位", "a civil servant has an organization")
	}
	return nil
}

func plain(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
}

// IdentityNumber checks the number of a resident's identity card by its last character. GB 11643
func IdentityNumber(s string) bool {
	if len(s) != 18 {
		return false
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		sum += int(s[i]-'0') * w
	}
	return s[17] == "10X98765432"[sum%11]
}

// CreditCode checks a unified social credit code by its last character. GB 32100
func CreditCode(s string) bool {
	const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	if len(s) != 18 {
		return false
	}
	weights := [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}
	sum := 0
	for i, w := range weights {
		n := strings.IndexByte(letters, s[i])
		if n < 0 {
			return false
		}
		sum += n * w
	}
	return s[17] == letters[(31-sum%31)%31]
}

// number is what a subject is known by outside: an enterprise's code, which is public, or a person's identity number, which is not.
func (s *Subject) number() string {
	if s.Kind == ca.Enterprise {
		return s.Code
	}
	return s.Number
}

// Identify computes the digest, forgets the number, and gives a new entry its internal number.
func (r *Register) Identify(s *Subject) (err error) {
	n := s.number()
	if s.digest, err = r.o.Vault.Digest("certificates", []byte(s.Kind+":"+n)); err != nil {
		return err
	}
	s.Tail, s.Number = n[len(n)-4:], ""
	if s.ID == "" {
		s.ID = store.NewID(r.o.Now())
	}
	return nil
}

// Enter stores identified subjects in bulk, for a person of an office; those that are known already keep their internal number and their
// office, which are written back.
func (r *Register) Enter(tx *store.Tx, by, office string, list []*Subject) error {
	now := store.Micros(r.o.Now())
	args := make([]any, 0, len(list)*11)
	for _, s := range list {
		s.Office = office
		args = append(args, s.Kind, s.ID, s.Name, s.Organization, s.Unit, s.Code, s.digest, s.Tail, now, by, office)
	}
	n, err := tx.ExecBulk(bSubject, args)
	if err != nil || n == int64(len(list)) {
		return err
	}
	for _, s := range list {
		if err := tx.Get(qKnown, []any{s.Kind, s.digest}, &s.ID, &s.Office); err != nil {
			return err
		}
	}
	return nil
}

// Manners are the ways in which an identity was proved.
var Manners = []struct {
	ID   string
	Name lang.Text
}{
	{"presence", lang.T("当面核验", "In person")}, {"video", lang.T("远程视频核验", "By video")}, {"data", lang.T("与权威数据比对", "Against an official register")},
}

// MannerName names a manner of proof.
func MannerName(id string) lang.Text {
	for _, m := range Manners {
		if m.ID == id {
			return m.Name
		}
	}
	return lang.Same(id)
}
