package join

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
)

// Proof is what a time of an outage is known from; the greater one is the better one.
type Proof uint8

// The proofs.
const (
	NoProof   Proof = iota
	ByVoltage       // a quarter hour's voltage: right to a quarter hour
	ByReport        // a person or a list said so
	BySwitch        // a feeder switch opened or closed
	ByMeter         // the meter itself told
)

// Text names a proof.
func (p Proof) Text() lang.Text {
	switch p {
	case ByVoltage:
		return lang.T("电压采样", "voltage")
	case ByReport:
		return lang.T("人工上报或导入", "report")
	case BySwitch:
		return lang.T("线路开关", "switch")
	case ByMeter:
		return lang.T("电表事件", "meter")
	}
	return lang.T("未知", "not known")
}

// Source is the word for what told of an outage first.
func (p Proof) Source() string {
	switch p {
	case ByVoltage:
		return "voltage"
	case ByReport:
		return "report"
	case BySwitch:
		return "switch"
	case ByMeter:
		return "meter"
	}
	return ""
}

// Dark is one customer without supply: Unix seconds, To is 0 while it lasts. Customer is the key of the meter's series.
type Dark struct {
	Customer     int64
	From, To     int64
	Begun, Ended Proof
}

// Until is when it ended, or how long it has lasted by now.
func (d Dark) Until(now int64) int64 {
	if d.To == 0 {
		return max(d.From, now)
	}
	return d.To
}

// State is how an outage stands.
type State string

// The states. A void outage never was: it is kept, and counted nowhere.
const (
	Open  State = "open"
	Ended State = "ended"
	Void  State = "void"
)

// Outage is one event with everybody whom it put in the dark.
type Outage struct {
	ID       string
	Code     string // of an imported list; "" otherwise
	Feeder   string // "" where it is none of one feeder
	District string
	Cause    index.Cause
	Source   string // meter, voltage, switch, report, import: what told first
	State    State
	Began    int64 // Unix seconds: the first customer's
	Ended    int64 // the last customer's; 0 while it lasts
	Note     string
	Dark     []Dark
}

// Settle makes the outage's own times from those of its customers.
func (o *Outage) Settle() {
	slices.SortFunc(o.Dark, func(a, b Dark) int { return cmp.Or(cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.From, b.From)) })
	o.Began, o.Ended = 0, 0
	open := false
	for i, d := range o.Dark {
		if i == 0 || d.From < o.Began {
			o.Began = d.From
		}
		o.Ended = max(o.Ended, d.To)
		open = open || d.To == 0
	}
	if open {
		o.Ended = 0
	}
	switch {
	case o.State == Void:
	case open:
		o.State = Open
	default:
		o.State = Ended
	}
}

// Clone copies an outage with its customers.
func (o *Outage) Clone() *Outage {
	c := *o
	c.Dark = slices.Clone(o.Dark)
	return &c
}

// Customers is how many customers were hit, each once.
func (o *Outage) Customers() (n int) {
	for i, d := range o.Dark {
		if i == 0 || o.Dark[i-1].Customer != d.Customer {
			n++
		}
	}
	return n
}

// Seconds is how long they were in the dark together.
func (o *Outage) Seconds(now int64) (sum int64) {
	for _, d := range o.Dark {
		sum += d.Until(now) - d.From
	}
	return sum
}

// Stage is customers whose supply came back at the same time: within half a minute of each other, since no two clocks agree.
type Stage struct {
	At        int64 `json:"restored"` // Unix seconds, of the last of them; 0: still in the dark
	Customers int   `json:"customers"`
	Seconds   int64 `json:"customerSeconds"`
}

const stageGap = 30

// Stages are the steps of restoration, first to last; who is still in the dark comes last.
func (o *Outage) Stages(now int64) (out []Stage) {
	byEnd := slices.Clone(o.Dark)
	slices.SortFunc(byEnd, func(a, b Dark) int { return cmp.Compare(uint64(a.To-1), uint64(b.To-1)) }) // 0 sorts behind all
	for _, d := range byEnd {
		if n := len(out); n == 0 || (out[n-1].At == 0) != (d.To == 0) || d.To-out[n-1].At > stageGap {
			out = append(out, Stage{})
		}
		s := &out[len(out)-1]
		s.At = d.To
		s.Customers++
		s.Seconds += d.Until(now) - d.From
	}
	return out
}

var errDark = errors.New("the customers of an outage cannot be read")

// Pack writes customers as bytes: each the distance from the one before, its beginning against base, its length (0: it lasts) and
// its proofs. darks are in order.
func Pack(base int64, darks []Dark) []byte {
	b := make([]byte, 0, 6*len(darks))
	last := int64(0)
	for _, d := range darks {
		b = binary.AppendUvarint(b, uint64(d.Customer-last))
		b = binary.AppendVarint(b, d.From-base)
		length := uint64(0)
		if d.To != 0 {
			length = uint64(d.To - d.From)
		}
		b = binary.AppendUvarint(b, length)
		b = append(b, byte(d.Begun)<<4|byte(d.Ended))
		last = d.Customer
	}
	return b
}

// Unpack reads what Pack wrote.
func Unpack(base int64, b []byte) (out []Dark, err error) {
	last := int64(0)
	for len(b) > 0 {
		step, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errDark
		}
		from, m := binary.Varint(b[n:])
		if m <= 0 {
			return nil, errDark
		}
		length, k := binary.Uvarint(b[n+m:])
		if k <= 0 || len(b) <= n+m+k {
			return nil, errDark
		}
		d := Dark{Customer: last + int64(step), From: base + from, Begun: Proof(b[n+m+k] >> 4), Ended: Proof(b[n+m+k] & 15)}
		if length > 0 {
			d.To = d.From + int64(length)
		}
		out, b, last = append(out, d), b[n+m+k+1:], d.Customer
	}
	return out, nil
}
