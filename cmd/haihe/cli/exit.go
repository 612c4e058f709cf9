package cli

import (
	"errors"
	"fmt"

	"github.com/haihe-city/haihe/errs"
)

// The exit codes; the doc of cmd/haihe says what each means.
const (
	ExitDone   = 0
	ExitOther  = 1
	ExitUsage  = 2
	ExitPort   = 3
	ExitData   = 4
	ExitVerify = 5
)

// ErrHelp ends a command that was only asked how it is used.
var ErrHelp = errors.New("help was asked for")

// coded is a failure with its exit code.
type coded struct {
	code int
	err  error
}

func (c *coded) Error() string { return c.err.Error() }
func (c *coded) Unwrap() error { return c.err }

// WithCode gives a failure its exit code, unless it has one.
func WithCode(code int, err error) error {
	var already *coded
	if err == nil || errors.As(err, &already) {
		return err
	}
	return &coded{code, err}
}

// Usage is a wrong command line.
func Usage(zh, en string, args ...any) error {
	return &coded{ExitUsage, errs.Say(errs.Invalid, zh, en, args...)}
}

// Report prints a failure as one sentence in both languages and gives the exit code.
func (sh *Shell) Report(err error) int {
	if err == nil {
		return ExitDone
	}
	code := ExitOther
	var c *coded
	if errors.As(err, &c) {
		code = c.code
	} else if errs.Is(err, errs.Invalid) {
		code = ExitUsage
	}
	if msg, ok := errs.MsgOf(err); ok {
		fmt.Fprintf(sh.Err, "haihe: %s / %s\n", msg.Zh, msg.En)
	} else {
		fmt.Fprintf(sh.Err, "haihe: 程序出错 / the program failed: %v\n", err)
	}
	return code
}
