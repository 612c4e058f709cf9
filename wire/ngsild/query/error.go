package query

import (
	"fmt"

	"github.com/haihe-city/haihe/errs"
)

// Names expands a term to the name that is stored; jsonld.(*Context).Expand is one. Nil leaves terms as they are.
type Names func(term string) string

func (n Names) of(term string) string {
	if n == nil {
		return term
	}
	return n(term)
}

// Error is what every Parse function answers a mistake with. Its kind is errs.Invalid.
type Error struct {
	Param  string // the parameter, or the member of a Query: "q"
	At     int    // byte offset in its percent-decoded text
	Zh, En string // what was expected
}

// Error gives the English half.
func (e *Error) Error() string { return fmt.Sprintf("%s: at byte %d: %s", e.Param, e.At, e.En) }

// Unwrap gives the failure with its message in both languages.
func (e *Error) Unwrap() error {
	return errs.Say(errs.Invalid, "参数 %[1]s 第 %[2]d 字节处：%[3]s", "%[1]s: at byte %[2]d: %[4]s", e.Param, e.At, e.Zh, e.En)
}
