package nem12

import (
	"errors"
	"strconv"

	"github.com/haihe-city/haihe/lang"
)

// Standard is the name that the clauses of an [Error] belong to.
const Standard = "NEM12"

// ErrEmpty marks (errors.Is) a file without a single record.
var ErrEmpty = errors.New("nem12: the file is empty")

// Error is a refusal of one record or, where Fatal, of the rest of the file.
type Error struct {
	Line   int    // from 1
	Column int    // number of the field, from 1; 0: the record as a whole
	Record string // its indicator: 300
	Clause string
	Reason lang.Text
	Fatal  bool
	cause  error
}

// Error gives place and the English reason.
func (e *Error) Error() string {
	s := "line " + strconv.Itoa(e.Line)
	if e.Column > 0 {
		s += ", column " + strconv.Itoa(e.Column)
	}
	return s + ": " + Standard + " " + e.Clause + ": " + e.Reason.En
}

// Unwrap gives ErrEmpty where that is the case.
func (e *Error) Unwrap() error { return e.cause }

// Notice is a departure from the format that was taken all the same.
type Notice struct {
	Line, Column int
	Text         lang.Text
}
