package gbt26875

import (
	"errors"
	"strconv"

	"github.com/haihe-city/haihe/lang"
)

// Standard is the name that the clauses of an [Error] belong to.
const Standard = "GB/T 26875.3-2011"

// ErrShort says that the bytes so far are a good beginning and more are needed.
var ErrShort = errors.New("gbt26875: more bytes are needed")

// Error is a refusal: where, by which clause, and why.
type Error struct {
	Offset int // bytes from the start of what was handed in
	Clause string
	Reason lang.Text
}

// Error gives offset, clause and the English reason.
func (e *Error) Error() string {
	return "gbt26875: offset " + strconv.Itoa(e.Offset) + ": " + Standard + " " + e.Clause + ": " + e.Reason.En
}

func refuse(offset int, clause, zh, en string) *Error {
	return &Error{Offset: offset, Clause: clause, Reason: lang.T(zh, en)}
}
