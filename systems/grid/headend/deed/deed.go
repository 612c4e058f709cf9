package deed

import (
	"fmt"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// Kind is what is to be done.
type Kind uint8

// The kinds. Reads change nothing; Broadcast is told to all meters behind a link, and nobody answers.
const (
	Trip Kind = iota + 1
	Permit
	Close
	ReadRelay
	ReadClock
	SetClock
	Broadcast
)

// Reads tells whether a deed changes nothing, so that it may be repeated.
func (k Kind) Reads() bool { return k == ReadRelay || k == ReadClock }

// Key is what a meter wants to see before it obeys. It never goes into a log.
type Key struct {
	Secret   []byte // DL/T 645: level and password, 4 bytes; DLMS: the password; Q/GDW 1376.1: that of DL/T 645
	Operator [4]byte
	Terminal [16]byte // of a Q/GDW 1376.1 terminal
}

// String hides it.
func (Key) String() string { return "(key)" }

// Deed is one thing for one meter. Until is when an order to the relay ceases to be valid.
type Deed struct {
	Kind  Kind
	Meter string // 12 digits; of Broadcast the meter does not count
	Key   Key
	Until time.Time
	Now   func() time.Time
}

// Relay is the state of a meter's relay.
type Relay uint8

// The states.
const (
	Unknown Relay = iota
	Closed
	Open
	Ready // open, and may be closed at the meter
)

// Told is what came of a deed. Raw is the answer's bytes.
type Told struct {
	Sent  bool   // the question has left us: it may have been obeyed
	OK    bool   // the meter says that it obeyed, or gave what was asked
	Code  string // of the protocol, where it did not: "DAR 3", "ERR 04"
	Raw   []byte
	Relay Relay         // of ReadRelay
	Clock time.Time     // of ReadClock
	Ahead time.Duration // of ReadClock: how far the meter's clock goes ahead of ours
}

// refused is a meter's no.
func (t Told) refused(code string, raw []byte) Told {
	t.OK, t.Code, t.Raw = false, code, raw
	return t
}

// clock takes a reading of a clock; asked is when the question left.
func (t Told) clock(at, asked, came time.Time, raw []byte) Told {
	t.OK, t.Raw, t.Clock = true, raw, at
	t.Ahead = at.Sub(asked.Add(came.Sub(asked) / 2)).Round(time.Second)
	return t
}

func strange(raw []byte) (Told, error) {
	return Told{Sent: true, Raw: raw}, errs.Say(errs.Invalid, "电表的应答无法识别", "the meter's answer is not one to this order")
}

func cannot(protocol string) (Told, error) {
	return Told{}, errs.Say(errs.Invalid, "%s 没有此命令", "%s has no such order", protocol)
}

// Hex prints an answer's bytes.
func Hex(raw []byte) string {
	return strings.ToUpper(fmt.Sprintf("% x", raw))
}
