package sheet

import (
	"encoding/csv"
	"errors"
)

// LineOf tells which line a reader has just read, where that failed too; 0 where nobody can say. FieldPos alone ends the program
// where there is no field.
func LineOf(r *csv.Reader, row []string, err error) int {
	var bad *csv.ParseError
	switch {
	case errors.As(err, &bad):
		return bad.Line
	case len(row) > 0:
		line, _ := r.FieldPos(0)
		return line
	}
	return 0
}
