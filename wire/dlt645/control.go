package dlt645

import "time"

// RemoteControl is the function of an order to the relay, of the supplement of 2010 to DL/T 645-2007.
const RemoteControl Function = 0x1C

// Command is what a meter's relay is to do. DL/T 645-2007 7.13
type Command uint8

// The commands.
const (
	Trip        Command = 0x1A // cut the supply
	PermitClose Command = 0x1B // the customer may close the relay at the meter
	CloseNow    Command = 0x1C // close it at once
	Alarm       Command = 0x2A
	AlarmOff    Command = 0x2B
	Protect     Command = 0x3A // keep the supply whatever comes
	ProtectOff  Command = 0x3B
)

func (c Command) known() bool {
	switch c {
	case Trip, PermitClose, CloseNow, Alarm, AlarmOff, Protect, ProtectOff:
		return true
	}
	return false
}

// Remote is an order to the relay: a meter does not obey it after Until. DL/T 645-2007 7.13
type Remote struct {
	Secret   Secret
	Operator Operator
	Command  Command
	Until    time.Time
}

const remoteSize = 16

func (Remote) control() Control { return Control(RemoteControl) }

func (m Remote) data() []byte {
	b := append(append([]byte(nil), m.Secret[:]...), m.Operator[:]...)
	return appendMoment(append(b, byte(m.Command), 0), m.Until, 6)
}

func decodeRemote(b []byte) (Message, error) {
	if err := exact(b, remoteSize, "7.13"); err != nil {
		return nil, err
	}
	m := Remote{Secret: Secret(b[:4]), Operator: Operator(b[4:8]), Command: Command(b[8])}
	if !m.Command.known() { // DL/T 645-2007 7.13
		return nil, refuse(8, "7.13", "控制命令类型未定义", "no such command")
	}
	if b[9] != 0 {
		return nil, refuse(9, "7.13", "保留字节不为 0", "the reserved byte is not 0")
	}
	t, err := moment(b[10:], 6, 10, "7.13")
	m.Until = t
	return or(m, err)
}

// StateWord3 is the identifier of a meter's third status word: 16 bits, the relay among them. DL/T 645-2007 annex C
const StateWord3 DI = 0x04000503

// Relay is what the third status word tells of the relay.
type Relay struct {
	Open    bool // bit 4: the relay has cut the supply
	Ordered bool // bit 6: the last order was to cut it
	Warned  bool // bit 7: a warning of a trip stands
}

// ParseRelay reads it from the word's number. DL/T 645-2007 annex C
func ParseRelay(word int64) Relay {
	return Relay{word&(1<<4) != 0, word&(1<<6) != 0, word&(1<<7) != 0}
}

// Word writes it; the other bits are 0.
func (r Relay) Word() (w int64) {
	for _, f := range []struct {
		set bool
		bit int
	}{{r.Open, 4}, {r.Ordered, 6}, {r.Warned, 7}} {
		if f.set {
			w |= 1 << f.bit
		}
	}
	return w
}

// The identifiers of a meter's clock. DL/T 645-2007 A.5
const (
	ClockDate DI = 0x04000101
	ClockTime DI = 0x04000102
)
