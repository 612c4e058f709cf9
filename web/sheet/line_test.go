package sheet

import (
	"encoding/csv"
	"strings"
	"testing"
)

func TestLineOf(t *testing.T) {
	r := csv.NewReader(strings.NewReader("a,b\n\nc,\"d\n\"\ne\"e,f\n"))
	r.FieldsPerRecord = -1
	for _, want := range []int{1, 3, 5, 0} { // the last is the end
		row, err := r.Read()
		if got := LineOf(r, row, err); got != want {
			t.Errorf("%q, %v: line %d, want %d", row, err, got, want)
		}
	}
}
