package dlt645

import (
	"encoding/binary"
	"fmt"
	"time"
)

// DI is a data identifier of 2007: DI3 in the high byte. On the wire the low byte goes first.
type DI uint32

// String gives eight hexadecimal digits.
func (d DI) String() string { return fmt.Sprintf("%08X", uint32(d)) }

func (d DI) append(dst []byte) []byte { return binary.LittleEndian.AppendUint32(dst, uint32(d)) }

// Message is what a frame says: one of the types of this package whose names say so.
type Message interface {
	control() Control
	data() []byte
}

// Secret is the level and the password of an order (PA P0 P1 P2), as on the wire.
type Secret [4]byte

// Operator is the code of the person who gives an order (C0 to C3), as on the wire.
type Operator [4]byte

// The messages of a master.
type (
	// Read asks for data. Blocks (1 to 255) and From are of load records: how many, and from when. DL/T 645-2007 7.1
	Read struct {
		DI     DI
		Blocks uint8
		From   time.Time
	}
	// ReadNext asks for following frame Seq. DL/T 645-2007 7.2
	ReadNext struct {
		DI  DI
		Seq uint8
	}
	// Write sets data. DL/T 645-2007 7.3
	Write struct {
		DI       DI
		Secret   Secret
		Operator Operator
		Data     []byte
	}
	// AskAddress asks who is there. DL/T 645-2007 7.4
	AskAddress struct{}
	// SetAddress gives an address. DL/T 645-2007 7.5
	SetAddress struct{ Addr Address }
	// SetTime tells all meters the time; nobody answers. DL/T 645-2007 7.6
	SetTime struct{ Time time.Time }
	// FreezeNow freezes data: minute, hour, day, month; 99 means every. DL/T 645-2007 7.7
	FreezeNow struct{ Minute, Hour, Day, Month uint8 }
	// SetBaud changes the rate; Code has one bit set. DL/T 645-2007 7.8
	SetBaud struct{ Code uint8 }
	// SetPassword changes a password. DL/T 645-2007 7.9
	SetPassword struct {
		DI       DI
		Old, New Secret
	}
	// Clear clears demand, meter or events by Function; Events says which, FFFFFFFF all. DL/T 645-2007 7.10
	Clear struct {
		Function Function // ClearDemand, ClearMeter, ClearEvents
		Secret   Secret
		Operator Operator
		Events   DI
	}
)

// The messages of a meter.
type (
	// Answer gives data; More: following frames are waiting. DL/T 645-2007 7.1
	Answer struct {
		DI   DI
		Data []byte
		More bool
	}
	// AnswerNext gives following frame Seq. DL/T 645-2007 7.2
	AnswerNext struct {
		DI   DI
		Data []byte
		Seq  uint8
		More bool
	}
	// AddressAnswer gives the meter's address. DL/T 645-2007 7.4
	AddressAnswer struct{ Addr Address }
	// Done says that an order was carried out; Data is the new rate or the new password where the standard has it repeated.
	Done struct {
		Function Function
		Data     []byte
	}
	// Failure says that it was not.
	Failure struct {
		Function Function
		Word     ErrorWord
	}
)

// The messages of 1997: identifiers have two bytes. DL/T 645-1997 6.1
type (
	Read1997   struct{ DI uint16 }
	Answer1997 struct {
		DI   uint16
		Data []byte
		More bool
	}
)

// ErrorWord says why an order was not carried out. DL/T 645-2007 annex C
type ErrorWord uint8

// Its bits.
const (
	OtherError   ErrorWord = 1 << iota
	NoData                 // the data asked for are not there
	Unauthorised           // wrong password, or not allowed
	BaudFixed              // the rate cannot be changed
	TooManyZones           // zones of the year
	TooManySlots           // periods of the day
	TooManyRates           // tariffs
)

// Encode makes the frame that says m to, or from, the meter addr.
func Encode(addr Address, m Message) Frame {
	return Frame{Addr: addr, Control: m.control(), Data: m.data()}
}

// Decode says what a frame means. An error is an *Error whose offset counts in the data field.
func Decode(f Frame) (Message, error) {
	fn := f.Control.Function()
	if f.Control.FromMeter() && f.Addr.Kind() != OneMeter { // DL/T 645-2007 5.2.2: a meter answers with its own address
		return nil, refuse(0, "5.2.2", "应答帧的地址不是单个电能表", "an answer must bear the address of one meter")
	}
	switch {
	case !f.Control.FromMeter():
		return decodeOrder(fn, f.Data)
	case f.Control.Refused():
		if err := exact(f.Data, 1, "7.1"); err != nil {
			return nil, err
		}
		if f.Control.More() {
			return nil, refuse(0, "5.2.3", "异常应答不应有后续帧", "a refusal has no following frames")
		}
		return Failure{Function: fn, Word: ErrorWord(f.Data[0])}, nil
	}
	return decodeAnswer(fn, f.Control.More(), f.Data)
}

func exact(b []byte, n int, clause string) error {
	if len(b) != n {
		return refuse(min(n, len(b)), clause, "数据域长度与功能码不符", "the length of the data does not fit the function")
	}
	return nil
}

func or(m Message, err error) (Message, error) {
	if err != nil {
		return nil, err
	}
	return m, nil
}

func atLeast(b []byte, n int, clause string) error {
	if len(b) < n {
		return refuse(len(b), clause, "数据域长度与功能码不符", "the length of the data does not fit the function")
	}
	return nil
}

func di(b []byte) DI { return DI(binary.LittleEndian.Uint32(b)) }

func decodeAnswer(fn Function, more bool, b []byte) (Message, error) {
	if more && fn != ReadData && fn != ReadFollowing && fn != ReadData1997 && fn != ReadFollowing1997 {
		return nil, refuse(0, "5.2.3", "该功能没有后续帧", "this function has no following frames")
	}
	switch fn {
	case ReadData: // DL/T 645-2007 7.1
		if err := atLeast(b, 4, "7.1"); err != nil {
			return nil, err
		}
		return Answer{DI: di(b), Data: b[4:], More: more}, nil
	case ReadFollowing: // DL/T 645-2007 7.2: the sequence number is the last byte
		if err := atLeast(b, 5, "7.2"); err != nil {
			return nil, err
		}
		return AnswerNext{DI: di(b), Data: b[4 : len(b)-1], Seq: b[len(b)-1], More: more}, nil
	case ReadAddress: // DL/T 645-2007 7.4
		if err := exact(b, 6, "7.4"); err != nil {
			return nil, err
		}
		a := AddressAnswer{Addr: Address(b)}
		if a.Addr.Kind() != OneMeter {
			return nil, refuse(0, "7.4", "通信地址不是 12 位 BCD 码", "the address is not 12 digits of BCD")
		}
		return a, nil
	case WriteData, WriteAddress, Freeze, ClearDemand, ClearMeter, ClearEvents, RemoteControl:
		return or(Done{Function: fn}, exact(b, 0, "7.3"))
	case ChangeBaud: // DL/T 645-2007 7.8
		return or(Done{Function: fn, Data: b}, exact(b, 1, "7.8"))
	case ChangePassword: // DL/T 645-2007 7.9
		return or(Done{Function: fn, Data: b}, exact(b, 4, "7.9"))
	case ReadData1997: // DL/T 645-1997 6.1
		if err := atLeast(b, 2, "1997 6.1"); err != nil {
			return nil, err
		}
		return Answer1997{DI: binary.LittleEndian.Uint16(b), Data: b[2:], More: more}, nil
	}
	return nil, unsupported(0, "5.2.3", "不支持该功能码", "this function is not supported")
}

func decodeOrder(fn Function, b []byte) (Message, error) {
	switch fn {
	case ReadData:
		return decodeRead(b)
	case ReadFollowing:
		if err := exact(b, 5, "7.2"); err != nil {
			return nil, err
		}
		return ReadNext{DI: di(b), Seq: b[4]}, nil
	case ReadAddress:
		return or(AskAddress{}, exact(b, 0, "7.4"))
	case WriteData: // DL/T 645-2007 7.3
		if err := atLeast(b, 12, "7.3"); err != nil {
			return nil, err
		}
		return Write{DI: di(b), Secret: Secret(b[4:8]), Operator: Operator(b[8:12]), Data: b[12:]}, nil
	case WriteAddress: // DL/T 645-2007 7.5
		if err := exact(b, 6, "7.5"); err != nil {
			return nil, err
		}
		return SetAddress{Addr: Address(b)}, nil
	case BroadcastTime: // DL/T 645-2007 7.6
		if err := exact(b, 6, "7.6"); err != nil {
			return nil, err
		}
		t, err := moment(b, 6, 0, "7.6")
		return or(SetTime{Time: t}, err)
	case Freeze: // DL/T 645-2007 7.7
		if err := exact(b, 4, "7.7"); err != nil {
			return nil, err
		}
		n, err := digits(b, 0, "7.7")
		return or(FreezeNow{n[0], n[1], n[2], n[3]}, err)
	case ChangeBaud:
		if err := exact(b, 1, "7.8"); err != nil {
			return nil, err
		}
		return SetBaud{Code: b[0]}, nil
	case ChangePassword:
		if err := exact(b, 12, "7.9"); err != nil {
			return nil, err
		}
		return SetPassword{DI: di(b), Old: Secret(b[4:8]), New: Secret(b[8:12])}, nil
	case ClearDemand, ClearMeter: // DL/T 645-2007 7.10
		if err := exact(b, 8, "7.10"); err != nil {
			return nil, err
		}
		return Clear{Function: fn, Secret: Secret(b[:4]), Operator: Operator(b[4:8])}, nil
	case ClearEvents: // DL/T 645-2007 7.12
		if err := exact(b, 12, "7.12"); err != nil {
			return nil, err
		}
		return Clear{Function: fn, Secret: Secret(b[:4]), Operator: Operator(b[4:8]), Events: di(b[8:])}, nil
	case RemoteControl:
		return decodeRemote(b)
	case ReadData1997:
		if err := exact(b, 2, "1997 6.1"); err != nil {
			return nil, err
		}
		return Read1997{DI: binary.LittleEndian.Uint16(b)}, nil
	}
	return nil, unsupported(0, "5.2.3", "不支持该功能码", "this function is not supported")
}

// decodeRead takes the three forms of DL/T 645-2007 7.1: identifier; with a number of blocks; with blocks and a time.
func decodeRead(b []byte) (Message, error) {
	switch len(b) {
	case 4:
		return Read{DI: di(b)}, nil
	case 5:
		if b[4] == 0 {
			return nil, refuse(4, "7.1", "负荷记录块数为 0", "the number of blocks is 0")
		}
		return Read{DI: di(b), Blocks: b[4]}, nil
	case 10:
		t, err := moment(b[5:], 5, 5, "7.1")
		return or(Read{DI: di(b), Blocks: b[4], From: t}, err)
	}
	return nil, refuse(min(4, len(b)), "7.1", "数据域长度与功能码不符", "the length of the data does not fit the function")
}

func (Read) control() Control          { return Control(ReadData) }
func (ReadNext) control() Control      { return Control(ReadFollowing) }
func (Write) control() Control         { return Control(WriteData) }
func (AskAddress) control() Control    { return Control(ReadAddress) }
func (SetAddress) control() Control    { return Control(WriteAddress) }
func (SetTime) control() Control       { return Control(BroadcastTime) }
func (FreezeNow) control() Control     { return Control(Freeze) }
func (SetBaud) control() Control       { return Control(ChangeBaud) }
func (SetPassword) control() Control   { return Control(ChangePassword) }
func (m Clear) control() Control       { return Control(m.Function) }
func (m Answer) control() Control      { return answer(ReadData, m.More) }
func (m AnswerNext) control() Control  { return answer(ReadFollowing, m.More) }
func (AddressAnswer) control() Control { return answer(ReadAddress, false) }
func (m Done) control() Control        { return answer(m.Function, false) }
func (m Failure) control() Control     { return answer(m.Function, false) | 0x40 }
func (Read1997) control() Control      { return Control(ReadData1997) }
func (m Answer1997) control() Control  { return answer(ReadData1997, m.More) }

func answer(f Function, more bool) Control {
	c := 0x80 | Control(f)
	if more {
		c |= 0x20
	}
	return c
}

func (m Read) data() []byte {
	b := m.DI.append(nil)
	if m.Blocks > 0 || !m.From.IsZero() {
		b = append(b, m.Blocks)
	}
	if !m.From.IsZero() {
		b = appendMoment(b, m.From, 5)
	}
	return b
}

func (m ReadNext) data() []byte { return append(m.DI.append(nil), m.Seq) }

func (m Write) data() []byte {
	return append(append(append(m.DI.append(nil), m.Secret[:]...), m.Operator[:]...), m.Data...)
}

func (AskAddress) data() []byte   { return nil }
func (m SetAddress) data() []byte { return m.Addr[:] }
func (m SetTime) data() []byte    { return appendMoment(nil, m.Time, 6) }
func (m FreezeNow) data() []byte {
	return []byte{toBCD(m.Minute), toBCD(m.Hour), toBCD(m.Day), toBCD(m.Month)}
}
func (m SetBaud) data() []byte { return []byte{m.Code} }
func (m SetPassword) data() []byte {
	return append(append(m.DI.append(nil), m.Old[:]...), m.New[:]...)
}

func (m Clear) data() []byte {
	b := append(append([]byte(nil), m.Secret[:]...), m.Operator[:]...)
	if m.Function == ClearEvents {
		b = m.Events.append(b)
	}
	return b
}

func (m Answer) data() []byte        { return append(m.DI.append(nil), m.Data...) }
func (m AnswerNext) data() []byte    { return append(append(m.DI.append(nil), m.Data...), m.Seq) }
func (m AddressAnswer) data() []byte { return m.Addr[:] }
func (m Done) data() []byte          { return m.Data }
func (m Failure) data() []byte       { return []byte{byte(m.Word)} }
func (m Read1997) data() []byte      { return binary.LittleEndian.AppendUint16(nil, m.DI) }
func (m Answer1997) data() []byte {
	return append(binary.LittleEndian.AppendUint16(nil, m.DI), m.Data...)
}
