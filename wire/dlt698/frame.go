package dlt698

import (
	"encoding/binary"

	"github.com/haihe-city/haihe/wire/stream"
)

// MaxFrame is the greatest length field, in bytes: 14 bits. DL/T 698.45-2017 6.2.2.2
const MaxFrame = 1<<14 - 1

// Function is the function code of the control byte.
type Function uint8

// The functions. DL/T 698.45-2017 6.2.2.3
const (
	LinkManagement Function = 1 // login, heartbeat, logout
	UserData       Function = 3 // everything else
)

// Control is the control byte. DL/T 698.45-2017 6.2.2.3
type Control uint8

// Control bytes in use, by direction and by who began.
const (
	FromClient       Control = 0x43 // the client asks
	ToClient         Control = 0xC3 // the server answers the client
	FromServer       Control = 0x83 // the server reports by itself
	ToServer         Control = 0x03 // the client answers a report
	LinkFromServer   Control = 0x81 // login, heartbeat, logout
	LinkToServer     Control = 0x01 // their answers
	controlSegmented Control = 0x20
	controlScrambled Control = 0x08
)

// FromServerSide is DIR: the server sent it.
func (c Control) FromServerSide() bool { return c&0x80 != 0 }

// ClientBegan is PRM: the dialogue was begun by the client.
func (c Control) ClientBegan() bool { return c&0x40 != 0 }

// Segmented tells that the user data is a piece of an APDU.
func (c Control) Segmented() bool { return c&controlSegmented != 0 }

// Scrambled is SC: on the wire 33H was added to each byte of the user data.
func (c Control) Scrambled() bool { return c&controlScrambled != 0 }

// Function gives the function code.
func (c Control) Function() Function { return Function(c & 7) }

// Frame is one link frame. Data is the link user data, unscrambled: an APDU, or a [Segment] where Control says so.
type Frame struct {
	Control Control
	Server  Address
	Client  uint8 // CA; 0: of no concern
	Data    []byte
}

// Parse reads one frame at the start of b and gives the bytes taken. Frame.Data is a copy. ErrShort: b is a good beginning. Any other error is an *Error.
func Parse(b []byte) (Frame, int, error) {
	if len(b) == 0 {
		return Frame{}, 0, ErrShort
	}
	if b[0] != 0x68 { // DL/T 698.45-2017 6.2.2.1
		return Frame{}, 0, refuse(0, "6.2.2.1", "起始字符不是 68", "the start character is not 68")
	}
	f, head, total, err := parseHead(b)
	if err != nil {
		return Frame{}, 0, err
	}
	if len(b) < total {
		return Frame{}, 0, ErrShort
	}
	if b[total-1] != 0x16 { // DL/T 698.45-2017 6.2.2.8
		return Frame{}, 0, refuse(total-1, "6.2.2.8", "结束字符不是 16", "the end character is not 16")
	}
	// DL/T 698.45-2017 6.2.2.7: FCS from L to the end of the user data, HCS included
	if got, want := binary.LittleEndian.Uint16(b[total-3:]), Checksum(b[1:total-3]); got != want {
		return Frame{}, 0, refuse(total-3, "6.2.2.7", "帧校验 FCS 不符", "the frame check (FCS) does not match")
	}
	f.Data = append([]byte(nil), b[head:total-3]...) // a copy: what is parsed from it may live longer than b
	if f.Control.Scrambled() {                       // DL/T 698.45-2017 6.2.2.3: SC
		for i := range f.Data {
			f.Data[i] -= 0x33
		}
	}
	return f, total, nil
}

// parseHead reads L to HCS: the length of the head with 68H, and of the whole frame.
func parseHead(b []byte) (f Frame, head, total int, err error) {
	if len(b) < 5 {
		return f, 0, 0, ErrShort
	}
	l := binary.LittleEndian.Uint16(b[1:])
	if l&0x8000 != 0 { // DL/T 698.45-2017 6.2.2.2: bit 15 is reserved
		return f, 0, 0, refuse(1, "6.2.2.2", "长度域保留位不为 0", "the reserved bit of the length is set")
	}
	if l&0x4000 != 0 { // bit 14: the unit is kilobytes; no terminal needs that, and the buffer would be 16 MB
		return f, 0, 0, unsupported(1, "6.2.2.2", "不支持以千字节为单位的帧长", "a length in kilobytes is not supported")
	}
	f.Control = Control(b[3])
	if f.Control&0x10 != 0 { // DL/T 698.45-2017 6.2.2.3: bit 4 is reserved
		return f, 0, 0, refuse(3, "6.2.2.3", "控制域保留位不为 0", "the reserved bit of the control byte is set")
	}
	if fn := f.Control.Function(); fn != LinkManagement && fn != UserData {
		return f, 0, 0, refuse(3, "6.2.2.3", "控制域功能码未定义", "the function code is not defined")
	}
	flag := b[4]
	f.Server = Address{Kind: AddressKind(flag >> 6), Logical: flag >> 4 & 3, n: flag&15 + 1}
	n := int(f.Server.n)
	head = 5 + n + 1 + 2
	total = int(l) + 2
	if total < head+3 {
		return f, 0, 0, refuse(1, "6.2.2.2", "长度域小于帧头", "the length is less than the head needs")
	}
	if len(b) < head {
		return f, 0, 0, ErrShort
	}
	copy(f.Server.b[:], b[5:5+n])
	f.Client = b[5+n]
	// DL/T 698.45-2017 6.2.2.5: HCS from L to the end of the address
	if got, want := binary.LittleEndian.Uint16(b[head-2:]), Checksum(b[1:head-2]); got != want {
		return f, 0, 0, refuse(head-2, "6.2.2.5", "帧头校验 HCS 不符", "the head check (HCS) does not match")
	}
	if err := f.Server.check(5); err != nil {
		return f, 0, 0, err
	}
	return f, head, total, nil
}

// Append prints the frame after dst.
func (f Frame) Append(dst []byte) ([]byte, error) {
	if f.Server.n == 0 || f.Server.n > 16 {
		return dst, refuse(4, "6.2.2.4", "缺少服务器地址", "there is no server address")
	}
	if err := f.Server.check(5); err != nil {
		return dst, err
	}
	n := int(f.Server.n)
	l := 2 + 1 + 1 + n + 1 + 2 + len(f.Data) + 2
	if l > MaxFrame {
		return dst, refuse(1, "6.2.2.2", "帧过长", "the frame is too long")
	}
	from := len(dst) + 1
	dst = append(dst, 0x68, byte(l), byte(l>>8), byte(f.Control), f.Server.flag())
	dst = append(dst, f.Server.b[:n]...)
	dst = append(dst, f.Client)
	dst = binary.LittleEndian.AppendUint16(dst, Checksum(dst[from:]))
	at := len(dst)
	dst = append(dst, f.Data...)
	if f.Control.Scrambled() {
		for i := at; i < len(dst); i++ {
			dst[i] += 0x33
		}
	}
	dst = binary.LittleEndian.AppendUint16(dst, Checksum(dst[from:]))
	return append(dst, 0x16), nil
}

// Checksum is HCS and FCS: the polynomial of DL/T 698.45-2017 6.2.2.5 is that of X.25.
func Checksum(b []byte) uint16 { return stream.X25(b) }
