package qgdw1376

import (
	"errors"
	"strconv"

	"github.com/haihe-city/haihe/lang"
)

// Standard is the name that the clauses of an [Error] belong to.
const Standard = "Q/GDW 1376.1-2013"

// ErrShort says that the bytes so far are a good beginning and more are needed.
var ErrShort = errors.New("qgdw1376: more bytes are needed")

// ErrUnsupported marks (errors.Is) what is well formed and recognised, but not spoken here.
var ErrUnsupported = errors.New("qgdw1376: not supported")

// Error is a refusal: where, by which clause, and why.
type Error struct {
	Offset int    // bytes from the start of what was handed in
	Clause string // of Q/GDW 1376.1-2013
	Reason lang.Text
	cause  error
}

// Error gives offset, clause and the English reason.
func (e *Error) Error() string {
	return "qgdw1376: offset " + strconv.Itoa(e.Offset) + ": " + Standard + " " + e.Clause + ": " + e.Reason.En
}

// Unwrap gives ErrUnsupported where that is the case.
func (e *Error) Unwrap() error { return e.cause }

func refuse(offset int, clause, zh, en string) *Error {
	return &Error{Offset: offset, Clause: clause, Reason: lang.T(zh, en)}
}

func unsupported(offset int, clause, zh, en string) *Error {
	return &Error{Offset: offset, Clause: clause, Reason: lang.T(zh, en), cause: ErrUnsupported}
}
