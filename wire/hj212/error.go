package hj212

import (
	"errors"
	"strconv"

	"github.com/haihe-city/haihe/lang"
)

// Standard is the name that the clauses of an [Error] belong to.
const Standard = "HJ 212-2017"

// ErrShort says that the bytes so far are a good beginning and more are needed.
var ErrShort = errors.New("hj212: more bytes are needed")

// QnRtn is how a request is answered before it is carried out (请求命令返回). HJ 212-2017 6.6.3
type QnRtn int

// The answers to a request.
const (
	Ready       QnRtn = 1
	Rejected    QnRtn = 2
	BadPassword QnRtn = 3
	BadMN       QnRtn = 4
	BadST       QnRtn = 5
	BadFlag     QnRtn = 6
	BadQN       QnRtn = 7
	BadCN       QnRtn = 8
	BadCRC      QnRtn = 9
	Unknown     QnRtn = 100 // what has no code of its own, as a wrong length
)

// ExeRtn is what came of a request (执行结果). HJ 212-2017 6.6.2
type ExeRtn int

// The results.
const (
	Done         ExeRtn = 1
	Failed       ExeRtn = 2 // nobody knows why
	BadCondition ExeRtn = 3
	TimedOut     ExeRtn = 4
	TooBusy      ExeRtn = 5
	Faulted      ExeRtn = 6
	NoData       ExeRtn = 100
)

// Error is a refusal: where, by which clause, why, and the code by which the sender is told.
type Error struct {
	Offset int    // bytes from the start of what was handed in
	Clause string // of HJ 212-2017
	Code   QnRtn
	Reason lang.Text
}

// Error gives offset, clause, code and the English reason.
func (e *Error) Error() string {
	return "hj212: offset " + strconv.Itoa(e.Offset) + ": " + Standard + " " + e.Clause + ": " + e.Reason.En + " (QnRtn " + strconv.Itoa(int(e.Code)) + ")"
}

func refuse(offset int, clause string, code QnRtn, zh, en string) *Error {
	return &Error{Offset: offset, Clause: clause, Code: code, Reason: lang.T(zh, en)}
}
