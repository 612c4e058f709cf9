package form

import (
	"strings"

	"github.com/haihe-city/haihe/errs"
)

// Error says what is wrong in a body, and where. It wraps an error of kind errs.Invalid with the message in both languages.
type Error struct {
	Pointer string // RFC 6901, from the body's root: /speed/observedAt
	Clause  string // of ETSI GS CIM 009 V1.9.1
	Syntax  bool   // not JSON at all: InvalidRequest, where the rest is BadRequestData (5.5.4)
	What    error
}

// Error gives the place and the fault.
func (e *Error) Error() string { return e.What.Error() }

// Unwrap gives the message.
func (e *Error) Unwrap() error { return e.What }

// escapes makes a key a part of a JSON pointer.
var escapes = strings.NewReplacer("~", "~0", "/", "~1")

// fault makes an *Error of this clause; where pointer is "", the body as a whole is at fault.
func fault(pointer, clause, zh, en string, args ...any) *Error {
	if pointer != "" { // both halves name the place, since the message stands alone where it is shown
		zh, en = "%s："+zh, "%s: "+en
		args = append([]any{pointer}, args...)
	}
	return &Error{Pointer: pointer, Clause: clause, What: errs.Say(errs.Invalid, zh, en, args...)}
}

// syntax makes the *Error of a body that is not JSON.
func syntax(cause error) *Error {
	return &Error{Clause: "5.5.4", Syntax: true, What: errs.Say(errs.Invalid, "请求体不是合规的 JSON：%v", "the body is not valid JSON: %v", cause)}
}
