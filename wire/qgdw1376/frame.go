package qgdw1376

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/haihe-city/haihe/wire/stream"
)

// MaxData is the greatest length of a frame's user data, control and address included. Q/GDW 1376.1-2013 4.3.3.3
const MaxData = 16383

const (
	overhead = 8 // both starts, both lengths, check and end
	minData  = 8 // control, address, AFN and SEQ
)

// Control is the control byte. Q/GDW 1376.1-2013 4.3.3.4.1
type Control uint8

// The control bytes that are spoken here.
const (
	Answer      Control = 0x88 // terminal: user data that were asked for
	Report      Control = 0xC4 // terminal: user data of its own accord
	Link        Control = 0xC9 // terminal: login, heartbeat, logout
	Ask1        Control = 0x4A // master: class-1 data, those of now
	Ask2        Control = 0x4B // master: class-2 data, those that were kept
	Confirm     Control = 0x00 // master: what came is taken
	LinkConfirm Control = 0x0B // master: answer to Link
)

// Up is D7: the terminal sent it.
func (c Control) Up() bool { return c&0x80 != 0 }

// Begins is PRM, D6: the sender begins the dialogue.
func (c Control) Begins() bool { return c&0x40 != 0 }

// Access is ACD, D5 of an uplink frame: the terminal has important events, counted in EC.
func (c Control) Access() bool { return c.Up() && c&0x20 != 0 }

// Function gives the function code.
func (c Control) Function() uint8 { return uint8(c & 0x0F) }

// functions that may stand in a control byte, by PRM. Q/GDW 1376.1-2013 4.3.3.4.1
var functions = map[bool]uint16{
	true:  1<<1 | 1<<4 | 1<<9 | 1<<10 | 1<<11,
	false: 1<<0 | 1<<8 | 1<<9 | 1<<11,
}

// Address is the address field. Q/GDW 1376.1-2013 4.3.3.4.2
type Address struct {
	Region   uint16 // A1: four digits, the first of the code of the administrative region
	Terminal uint16 // A2: 1 to 65534; FFFFH: all of the region
	Group    bool   // the terminal address is one of a group
	Master   uint8  // who of the master station asks, 0 to 127; an answer bears the same
}

// NewAddress reads the address as archives write it: 12 digits, of which the first three are 0, then four of the region and five of the
// terminal, which is at most 65534.
func NewAddress(s string) (Address, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	a := Address{Region: uint16(n / 100_000), Terminal: uint16(n % 100_000)}
	if err != nil || len(s) != 12 || n >= 1_000_000_000 || n%100_000 == 0 || n%100_000 > 65534 {
		return Address{}, refuse(0, "4.3.3.4.2", "终端地址应为 000、四位区划码和 00001 至 65534", "a terminal's address is 000, four digits of the region, and 00001 to 65534")
	}
	return a, nil
}

// String writes the address as [NewAddress] reads it.
func (a Address) String() string { return fmt.Sprintf("%07d%05d", a.Region, a.Terminal) }

// Frame is one frame. Data are the link user data: AFN and what follows.
type Frame struct {
	Control Control
	Addr    Address
	Data    []byte
}

// Parse reads one frame at the start of b and gives the bytes taken. Data is a copy. ErrShort: b is a good beginning. Any other
// error is an *Error.
func Parse(b []byte) (f Frame, n int, err error) {
	if len(b) == 0 {
		return f, 0, ErrShort
	}
	if b[0] != 0x68 { // Q/GDW 1376.1-2013 4.3.3.1
		return f, 0, refuse(0, "4.3.3.1", "帧起始符不是 68", "the frame does not start with 68")
	}
	if len(b) >= 5 && (b[1] != b[3] || b[2] != b[4]) { // Q/GDW 1376.1-2013 4.3.3.3: the length is told twice
		return f, 0, refuse(3, "4.3.3.3", "两个长度域不一致", "the two lengths differ")
	}
	if len(b) < 6 {
		return f, 0, ErrShort
	}
	word := int(b[1]) | int(b[2])<<8
	l := word >> 2
	switch {
	case b[5] != 0x68:
		return f, 0, refuse(5, "4.3.3.1", "第二个帧起始符不是 68", "the second start character is not 68")
	case word&3 != 2: // Q/GDW 1376.1-2013 4.3.3.3: 1 is the edition of 2005, 0 and 3 are nobody's
		return f, 0, unsupported(1, "4.3.3.3", "协议标识不是 Q/GDW 1376.1", "the protocol bits are not those of Q/GDW 1376.1")
	case l < minData:
		return f, 0, refuse(1, "4.3.3.3", "长度不足以容纳控制域、地址域和应用层", "the length has no room for control, address and application")
	}
	total := l + overhead
	if len(b) < total {
		return f, 0, ErrShort
	}
	if b[total-1] != 0x16 { // Q/GDW 1376.1-2013 4.3.3.1
		return f, 0, refuse(total-1, "4.3.3.1", "结束符不是 16", "the frame does not end with 16")
	}
	if b[total-2] != sum(b[6:total-2]) { // Q/GDW 1376.1-2013 4.3.3.5
		return f, 0, refuse(total-2, "4.3.3.5", "校验和不符", "the checksum does not match")
	}
	f.Control = Control(b[6])
	if functions[f.Control.Begins()]&(1<<f.Control.Function()) == 0 || f.Control.Up() && f.Control&0x10 != 0 {
		return f, 0, refuse(6, "4.3.3.4.1", "控制域的功能码或保留位无效", "the control byte has a reserved function or bit")
	}
	region, err := number(b[7:9], false, 7, "4.3.3.4.2")
	if err != nil {
		return f, 0, err
	}
	f.Addr = Address{Region: uint16(region), Terminal: uint16(b[9]) | uint16(b[10])<<8, Group: b[11]&1 != 0, Master: b[11] >> 1}
	if f.Addr.Terminal == 0 { // Q/GDW 1376.1-2013 4.3.3.4.2
		return f, 0, refuse(9, "4.3.3.4.2", "终端地址 0000 无效", "terminal 0000 is no address")
	}
	f.Data = append([]byte(nil), b[12:total-2]...)
	return f, total, nil
}

// Append prints the frame after dst.
func (f Frame) Append(dst []byte) ([]byte, error) {
	l := len(f.Data) + 6
	if l > MaxData || l < minData {
		return dst, refuse(1, "4.3.3.3", "用户数据长度超出范围", "the user data are too long or too short")
	}
	if f.Addr.Terminal == 0 || f.Addr.Region > 9999 || f.Addr.Master > 127 {
		return dst, refuse(7, "4.3.3.4.2", "地址域无效", "the address field is not valid")
	}
	word := l<<2 | 2
	from := len(dst) + 6
	dst = append(dst, 0x68, byte(word), byte(word>>8), byte(word), byte(word>>8), 0x68, byte(f.Control))
	dst, err := appendNumber(dst, int64(f.Addr.Region), 2, false)
	if err != nil {
		return dst, err
	}
	a3 := f.Addr.Master << 1
	if f.Addr.Group {
		a3 |= 1
	}
	dst = append(dst, byte(f.Addr.Terminal), byte(f.Addr.Terminal>>8), a3)
	dst = append(dst, f.Data...)
	return append(dst, sum(dst[from:]), 0x16), nil
}

func sum(b []byte) (cs byte) {
	for _, x := range b {
		cs += x
	}
	return cs
}

// Item is what a [Scanner] found: a frame, or bytes that it refused. Raw is valid until the next Feed, the frame for good.
type Item = stream.Item[Frame, *Error]

// Scanner finds frames in a byte stream and finds its way again after noise. The zero value is ready.
type Scanner struct {
	in stream.Scanner[Frame, *Error]
}

var rules = stream.Rules[Frame, *Error]{
	Start: 0x68,
	Wake:  0xFE, // what a modem sends before a frame
	Parse: func(b []byte, _ int) (f Frame, n int, short bool, why *Error) {
		f, n, err := Parse(b)
		if err == nil {
			return f, n, false, nil
		}
		if errors.As(err, &why); errors.Is(err, ErrShort) {
			return f, 0, true, nil
		}
		return f, 0, false, why
	},
	NoStart: func() *Error {
		return refuse(0, "4.3.3.1", "帧起始符不是 68", "the frame does not start with 68")
	},
	Cut: func(n int) *Error { return refuse(n, "4.3.3.1", "帧不完整", "the frame is not complete") },
}

// Feed adds bytes that were received. Items given before are no longer valid.
func (s *Scanner) Feed(b []byte) { s.in.Feed(b) }

// Pending is the number of bytes held that are not part of an item yet.
func (s *Scanner) Pending() int { return s.in.Pending() }

// Next gives the next item; ok is false where more bytes are needed.
func (s *Scanner) Next() (Item, bool) { return s.in.Next(&rules) }

// Abandon judges what is held although more bytes might come: after a silence, or at the end of the stream.
func (s *Scanner) Abandon() { s.in.Abandon(&rules) }
