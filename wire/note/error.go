package note

import (
	"fmt"
	"strconv"

	"github.com/haihe-city/haihe/lang"
)

// Error is why a text was refused.
type Error struct {
	Offset int    // bytes from the start of what was handed in
	Clause string // document and section of C2SP
	Reason lang.Text
}

// Error gives offset, clause and the English reason.
func (e *Error) Error() string {
	return "note: offset " + strconv.Itoa(e.Offset) + ": " + e.Clause + ": " + e.Reason.En
}

// Clauses of the documents.
const (
	clauseFormat     = "C2SP signed-note Format"
	clauseSignatures = "C2SP signed-note Signatures"
	clauseKeys       = "C2SP signed-note Verifier keys"
	clauseCheckpoint = "C2SP tlog-checkpoint Note text"
	clauseCosign     = "C2SP tlog-cosignature Format"
	clauseProof      = "C2SP tlog-proof Format"
	clauseWitness    = "C2SP tlog-witness add-checkpoint"
	clauseEntries    = "C2SP tlog-tiles Log entries"
)

func refuse(offset int, clause, zh, en string, args ...any) *Error {
	if len(args) > 0 {
		zh, en = fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)
	}
	return &Error{Offset: offset, Clause: clause, Reason: lang.T(zh, en)}
}
