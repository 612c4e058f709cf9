package hdlc

import (
	"errors"
	"strconv"

	"github.com/haihe-city/haihe/lang"
)

// Standard is the name that the clauses of an [Error] belong to.
const Standard = "IEC 62056-46"

// ErrShort says that the bytes so far are a good beginning and more are needed.
var ErrShort = errors.New("hdlc: more bytes are needed")

// Error is a refusal: where, by which clause, and why.
type Error struct {
	Offset int    // bytes from the start of what was handed in
	Clause string // of IEC 62056-46
	Reason lang.Text
}

// Error gives offset, clause and the English reason.
func (e *Error) Error() string {
	return "hdlc: offset " + strconv.Itoa(e.Offset) + ": " + Standard + " " + e.Clause + ": " + e.Reason.En
}

func refuse(offset int, clause, zh, en string) *Error {
	return &Error{Offset: offset, Clause: clause, Reason: lang.T(zh, en)}
}
