package gbt26875

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/haihe-city/haihe/wire/stream"
)

// Sizes. GB/T 26875.3-2011 6.6.1
const (
	headSize = 27 // 40 40 and the control unit
	tailSize = 3  // sum and 23 23
	maxUnit  = 1024
)

// Command is what a packet is for. GB/T 26875.3-2011 6.6.2
type Command uint8

// The commands.
const (
	Control Command = 1 // set the clock, ask for presence
	Send    Command = 2 // tell something
	Confirm Command = 3
	Request Command = 4
	Reply   Command = 5
	Deny    Command = 6
)

// Address is that of a device or of the centre, most significant byte first, as people write it; it is sent the other way round.
type Address [6]byte

// String gives twelve hexadecimal digits.
func (a Address) String() string { return hex.EncodeToString(a[:]) }

// ParseAddress reads twelve hexadecimal digits.
func ParseAddress(s string) (a Address, err error) {
	if len(s) != 12 {
		return a, refuse(0, "6.6.2", "地址不是 12 位十六进制数字", "an address has twelve hexadecimal digits")
	}
	if _, err := hex.Decode(a[:], []byte(s)); err != nil {
		return a, refuse(0, "6.6.2", "地址不是 12 位十六进制数字", "an address has twelve hexadecimal digits")
	}
	return a, nil
}

// Frame is one packet. Data is its data unit, empty where there is none.
type Frame struct {
	Sequence     uint16 // of the one that begins an exchange; its answer bears it too
	Major, Minor uint8  // version of the protocol, 1, and of the maker
	Time         time.Time
	From, To     Address
	Command      Command
	Data         []byte
}

// Parse reads the packet at the beginning of b and says how long it is. An error is ErrShort or an *Error. The frame does not hold on to b.
func Parse(b []byte) (f Frame, n int, err error) {
	for i := range min(2, len(b)) {
		if b[i] != '@' {
			return f, 0, refuse(i, "6.6.2", "启动符不是 40 40", "the packet does not start with 40 40")
		}
	}
	if len(b) < headSize {
		return f, 0, ErrShort
	}
	size := int(binary.LittleEndian.Uint16(b[24:]))
	if size > maxUnit {
		return f, 0, refuse(24, "6.6.2", "应用数据单元长度超过 1024", "the data unit is longer than 1024 bytes")
	}
	if n = headSize + size + tailSize; len(b) < n {
		return f, 0, ErrShort
	}
	switch {
	case b[n-2] != '#' || b[n-1] != '#':
		return f, 0, refuse(n-2, "6.6.2", "结束符不是 23 23", "the packet does not end with 23 23")
	case Sum(b[2:n-tailSize]) != b[n-tailSize]:
		return f, 0, refuse(n-tailSize, "6.6.2", "校验和错误", "the sum is wrong")
	case b[4] != 1:
		return f, 0, refuse(4, "6.6.2", "协议主版本号不是 1", "the major version of the protocol is not 1")
	case b[26] == 0 || b[26] > byte(Deny) && b[26] < 128:
		return f, 0, refuse(26, "6.6.2", "控制命令字节为预留值", "the command is a reserved one")
	}
	at, ok := timeOf(b[6:12])
	if !ok {
		return f, 0, refuse(6, "8.2.2", "时间标签不是有效时间", "the time is not one that there is")
	}
	f = Frame{Sequence: binary.LittleEndian.Uint16(b[2:]), Major: b[4], Minor: b[5], Time: at, Command: Command(b[26])}
	for i := range 6 {
		f.From[i], f.To[i] = b[17-i], b[23-i]
	}
	if size > 0 {
		f.Data = bytes.Clone(b[headSize : headSize+size])
	}
	return f, n, nil
}

// Append writes the packet behind dst.
func (f *Frame) Append(dst []byte) ([]byte, error) {
	if len(f.Data) > maxUnit {
		return dst, refuse(24, "6.6.2", "应用数据单元长度超过 1024", "the data unit is longer than 1024 bytes")
	}
	if y := f.Time.In(china).Year(); y < 2000 || y > 2099 {
		return dst, refuse(6, "8.2.2", "时间不在 2000 至 2099 年之间", "the time is not within 2000 and 2099")
	}
	start := len(dst)
	dst = append(dst, '@', '@')
	dst = binary.LittleEndian.AppendUint16(dst, f.Sequence)
	dst = appendTime(append(dst, f.Major, f.Minor), f.Time)
	for _, a := range [2]Address{f.From, f.To} {
		for i := range 6 {
			dst = append(dst, a[5-i])
		}
	}
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(f.Data)))
	dst = append(append(dst, byte(f.Command)), f.Data...)
	return append(dst, Sum(dst[start+2:]), '#', '#'), nil
}

// Answer makes what a packet is answered with: Confirm, Deny or Reply. It bears the packet's number, with the addresses exchanged.
// GB/T 26875.3-2011 6.3
func (f *Frame) Answer(c Command, now time.Time, data []byte) Frame {
	return Frame{Sequence: f.Sequence, Major: 1, Minor: f.Minor, Time: now, From: f.To, To: f.From, Command: c, Data: data}
}

// Sum is that of control unit and data unit, modulo 256.
func Sum(b []byte) (s byte) {
	for _, x := range b {
		s += x
	}
	return s
}

// China is the zone of the times in packets.
func China() *time.Location { return china }

var china = time.FixedZone("UTC+8", 8*3600)

// timeOf reads second, minute, hour, day, month and year of the century. GB/T 26875.3-2011 8.2.2
func timeOf(b []byte) (time.Time, bool) {
	t := time.Date(2000+int(b[5]), time.Month(b[4]), int(b[3]), int(b[2]), int(b[1]), int(b[0]), 0, china)
	return t, b[5] < 100 && int(t.Month()) == int(b[4]) && t.Day() == int(b[3]) && t.Hour() == int(b[2]) && t.Minute() == int(b[1]) && t.Second() == int(b[0])
}

func appendTime(dst []byte, t time.Time) []byte {
	t = t.In(china)
	return append(dst, byte(t.Second()), byte(t.Minute()), byte(t.Hour()), byte(t.Day()), byte(t.Month()), byte(t.Year()-2000))
}

// Item is what a [Scanner] found: a packet, or bytes that it refused. Raw is valid until the next Feed, the packet for good.
type Item = stream.Item[Frame, *Error]

// Scanner finds packets in a byte stream and finds its way again after noise. The zero value is ready.
type Scanner struct {
	in stream.Scanner[Frame, *Error]
}

var rules = stream.Rules[Frame, *Error]{
	Start: '@',
	Wake:  '\n', // of gateways that end a packet with a line
	Parse: func(b []byte, _ int) (f Frame, n int, short bool, why *Error) {
		f, n, err := Parse(b)
		if err == nil {
			return f, n, false, nil
		}
		if errors.As(err, &why) {
			return f, 0, false, why
		}
		return f, 0, true, nil
	},
	NoStart: func() *Error {
		return refuse(0, "6.6.2", "启动符不是 40 40", "the packet does not start with 40 40")
	},
	Cut: func(n int) *Error { return refuse(n, "6.6.1", "数据包不完整", "the packet is not complete") },
}

// Feed adds bytes that were received. Items given before are no longer valid.
func (s *Scanner) Feed(b []byte) { s.in.Feed(b) }

// Pending is the number of bytes held that are not part of an item yet.
func (s *Scanner) Pending() int { return s.in.Pending() }

// Next gives the next item; ok is false where more bytes are needed.
func (s *Scanner) Next() (Item, bool) { return s.in.Next(&rules) }

// Abandon judges what is held although more bytes might come: after a silence, or at the end of the stream. Call Next until it is done.
func (s *Scanner) Abandon() { s.in.Abandon(&rules) }
