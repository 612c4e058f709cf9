// Package errs names the kinds of failure of Haihe, and nothing else.
//
// A failure carries a kind (which one edge maps to a status, a page or a problem document, a metric and a log line), the
// operation that failed, a message for the user in both languages that says what, where and what to do, and a cause that
// goes to the log only.
package errs

import (
	"errors"
	"fmt"

	"github.com/haihe-city/haihe/lang"
)

// Kind is what a failure means to the one who asked.
type Kind uint8

// The kinds. Internal is the zero value: what nobody classified is ours to mend.
const (
	Internal        Kind = iota
	Invalid              // the input is wrong; Msg says what, where and what to do
	NotFound             // no such thing, or not for this reader
	Conflict             // the state does not allow it: a duplicate, an old version, a second approval by the same hand
	Denied               // known who you are, and you may not
	Unauthenticated      // not known who you are
	Busy                 // refused early because of load; try again
	TooLarge             // more than a stated bound
	Unavailable          // a part that this needs is down: broken system, full disk, lost database
)

var names = [...]string{"internal", "invalid", "not-found", "conflict", "denied", "unauthenticated", "busy", "too-large", "unavailable"}

// String gives the short name of k, as metrics and problem documents show it.
func (k Kind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return names[Internal]
}

// Error is a failure with its kind.
type Error struct {
	Kind Kind
	Op   string    // what was being done, lower case: "migrate grid"
	Msg  lang.Text // for the user; empty when there is nothing for them to do
	Err  error     // the cause, for the log
}

// Error gives the operation, the message in English and the cause.
func (e *Error) Error() string {
	s := e.Op
	if e.Msg.En != "" {
		s = join(s, e.Msg.En)
	}
	if e.Err != nil {
		s = join(s, e.Err.Error())
	}
	if s == "" {
		return e.Kind.String()
	}
	return s
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + ": " + b
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Say makes a failure with a message for the user. Both halves are formats and take the same args.
func Say(k Kind, zh, en string, args ...any) error {
	if len(args) > 0 {
		zh, en = fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)
	}
	return &Error{Kind: k, Msg: lang.T(zh, en)}
}

// Because is Say with the cause, which goes to the log.
func Because(cause error, k Kind, zh, en string, args ...any) error {
	if len(args) > 0 {
		zh, en = fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)
	}
	return &Error{Kind: k, Msg: lang.T(zh, en), Err: cause}
}

// Wrap adds what was being done. The kind and the message of err are kept; nil stays nil.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: KindOf(err), Op: op, Err: err}
}

// As gives err the kind k, keeping it as cause; nil stays nil.
func As(k Kind, op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: k, Op: op, Err: err}
}

// KindOf finds the kind of the outermost Error in err's chain; Internal where there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is tells whether err is of kind k. A nil error is of no kind.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// MsgOf finds the first message for the user in err's chain.
func MsgOf(err error) (lang.Text, bool) {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			break
		}
		if !e.Msg.Empty() {
			return e.Msg, true
		}
		err = e.Err
	}
	return lang.Text{}, false
}
