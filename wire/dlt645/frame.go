package dlt645

// MaxData is the greatest length of a data field. DL/T 645-2007 5.2.4
const MaxData = 200

// Function is the function code of the control byte. DL/T 645-2007 5.2.3
type Function uint8

// The functions of 2007, and below 10H those of 1997 that differ.
const (
	BroadcastTime  Function = 0x08
	ReadData       Function = 0x11
	ReadFollowing  Function = 0x12
	ReadAddress    Function = 0x13
	WriteData      Function = 0x14
	WriteAddress   Function = 0x15
	Freeze         Function = 0x16
	ChangeBaud     Function = 0x17
	ChangePassword Function = 0x18
	ClearDemand    Function = 0x19
	ClearMeter     Function = 0x1A
	ClearEvents    Function = 0x1B

	ReadData1997      Function = 0x01
	ReadFollowing1997 Function = 0x02
)

// Control is the control byte. DL/T 645-2007 5.2.3
type Control uint8

// FromMeter is D7: the meter sent it.
func (c Control) FromMeter() bool { return c&0x80 != 0 }

// Refused is D6: the meter could not do as asked.
func (c Control) Refused() bool { return c&0x40 != 0 }

// More is D5: following frames are waiting.
func (c Control) More() bool { return c&0x20 != 0 }

// Function gives the function code.
func (c Control) Function() Function { return Function(c & 0x1F) }

// Frame is one frame. Data is the data field with 33H taken off.
type Frame struct {
	Addr    Address
	Control Control
	Data    []byte
}

// Parse reads one frame at the start of b, after any FEH that woke the receiver, and gives the bytes taken. Data is a copy.
// The address is taken as it stands: whether it is one is for [Address.Kind] to say. ErrShort: b is a good beginning. Any
// other error is an *Error.
func Parse(b []byte) (Frame, int, error) {
	at := 0
	for at < len(b) && b[at] == 0xFE { // DL/T 645-2007 5.3.1
		at++
	}
	f, n, err := parse(b[at:])
	if e, ok := err.(*Error); ok {
		e.Offset += at
	}
	if err != nil {
		return f, 0, err
	}
	return f, at + n, nil
}

func parse(b []byte) (f Frame, n int, err error) {
	if len(b) == 0 {
		return f, 0, ErrShort
	}
	if b[0] != 0x68 { // DL/T 645-2007 5.2.1
		return f, 0, refuse(0, "5.2.1", "帧起始符不是 68", "the frame does not start with 68")
	}
	if len(b) >= 8 && b[7] != 0x68 {
		return f, 0, refuse(7, "5.2.1", "第二个帧起始符不是 68", "the second start character is not 68")
	}
	if len(b) < 10 {
		return f, 0, ErrShort
	}
	copy(f.Addr[:], b[1:7])
	f.Control = Control(b[8])
	l := int(b[9])
	if l > MaxData { // DL/T 645-2007 5.2.4
		return f, 0, refuse(9, "5.2.4", "数据域长度超过 200", "the data field is longer than 200 bytes")
	}
	if !f.Control.FromMeter() && f.Control&0x60 != 0 { // DL/T 645-2007 5.2.3: D6 and D5 are the meter's
		return f, 0, refuse(8, "5.2.3", "主站命令帧不应置应答标志", "a master's frame bears flags of an answer")
	}
	if f.Control.Function() == 0 { // DL/T 645-2007 5.2.3: reserved
		return f, 0, refuse(8, "5.2.3", "功能码 00 为保留", "function 00 is reserved")
	}
	total := 12 + l
	if len(b) < total {
		return f, 0, ErrShort
	}
	if b[total-1] != 0x16 { // DL/T 645-2007 5.2.7
		return f, 0, refuse(total-1, "5.2.7", "结束符不是 16", "the frame does not end with 16")
	}
	if b[total-2] != Checksum(b[:total-2]) { // DL/T 645-2007 5.2.6
		return f, 0, refuse(total-2, "5.2.6", "校验码不符", "the checksum does not match")
	}
	if l > 0 {
		f.Data = make([]byte, l)
		for i, x := range b[10 : 10+l] { // DL/T 645-2007 5.2.5: the sender adds 33H, the receiver takes it off
			f.Data[i] = x - 0x33
		}
	}
	return f, total, nil
}

// Checksum is the sum of bytes modulo 256, from the first 68H on.
func Checksum(b []byte) (cs byte) {
	for _, x := range b {
		cs += x
	}
	return cs
}

// Append prints the frame after dst, without preamble.
func (f Frame) Append(dst []byte) ([]byte, error) {
	if len(f.Data) > MaxData {
		return dst, refuse(9, "5.2.4", "数据域长度超过 200", "the data field is longer than 200 bytes")
	}
	from := len(dst)
	dst = append(dst, 0x68)
	dst = append(dst, f.Addr[:]...)
	dst = append(dst, 0x68, byte(f.Control), byte(len(f.Data)))
	for _, x := range f.Data {
		dst = append(dst, x+0x33)
	}
	return append(dst, Checksum(dst[from:]), 0x16), nil
}

// Wake prints the four FEH that go before a master's frame on a serial line. DL/T 645-2007 5.3.1
func Wake(dst []byte) []byte { return append(dst, 0xFE, 0xFE, 0xFE, 0xFE) }
