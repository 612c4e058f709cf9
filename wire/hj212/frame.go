package hj212

import (
	"bytes"
	"strconv"
	"strings"
)

// Bounds of the standard.
const (
	maxData     = 1024 // HJ 212-2017 6.3.1
	maxArea2017 = 950  // HJ 212-2017 6.3.2
	maxArea2005 = 960
	maxMN       = 24
	maxPW       = 6
	overhead    = 2 + 4 + 4 + 2 // ##, length, checksum, CRLF
)

// Flag is the mark of version, sub-packets and answers (拆分包及应答标志). HJ 212-2017 6.3.2
type Flag uint8

// The bits of a Flag.
const (
	WantsAnswer Flag = 1 << iota // A: the command is to be answered
	Numbered                     // D: PNUM and PNO stand in the frame
	Version2017                  // V: 0 is the edition of 2005, 1 that of 2017
)

// Version is the number of the edition: 0 for 2005, 1 for 2017.
func (f Flag) Version() uint8 { return uint8(f >> 2) }

// Item is one field of the data area. Joined says that ',' and not ';' stands before it.
type Item struct {
	Name, Value string
	Joined      bool
}

// Frame is one packet.
type Frame struct {
	QN      string // 17 digits to the millisecond, "" where there is none
	ST      uint8  // system: 32 is water, 22 air quality, 91 the answers
	CN      uint16 // command
	PW      string
	MN      string
	Flag    Flag
	Flagged bool // a Flag stands in the frame
	PNUM    int  // packets in all, 0 where the frame is not Numbered
	PNO     int  // number of this one, from 1
	Items   []Item
	lateQN  bool // QN stood in the data area (2005)
}

// Edition2017 tells by which edition the frame was made.
func (f *Frame) Edition2017() bool { return f.Flag.Version() > 0 }

// Get gives the first item of a name.
func (f *Frame) Get(name string) (string, bool) {
	for i := range f.Items {
		if f.Items[i].Name == name {
			return f.Items[i].Value, true
		}
	}
	return "", false
}

// Parse reads the frame at the beginning of b and says how long it is. An error is ErrShort or an *Error. The frame does not hold on to b.
func Parse(b []byte) (f Frame, n int, err error) {
	data, n, why := packet(b)
	if why != nil {
		return Frame{}, 0, why
	}
	if data == nil {
		return Frame{}, 0, ErrShort
	}
	if why := f.read(string(data)); why != nil {
		why.Offset += 6
		return Frame{}, 0, why
	}
	return f, n, nil
}

// packet finds the data segment of the packet at the beginning of b; nil where more bytes are needed.
func packet(b []byte) (data []byte, n int, why *Error) {
	for i := range min(2, len(b)) { // HJ 212-2017 6.3.1
		if b[i] != '#' {
			return nil, 0, refuse(i, "6.3.1", Unknown, "包头不是 ##", "the packet does not start with ##")
		}
	}
	size := 0
	for i := 2; i < min(6, len(b)); i++ {
		if b[i] < '0' || b[i] > '9' {
			return nil, 0, refuse(i, "6.3.1", Unknown, "数据段长度不是四位十进制数字", "the length of the data segment is not four decimal digits")
		}
		size = size*10 + int(b[i]-'0')
	}
	if len(b) >= 6 && size > maxData {
		return nil, 0, refuse(2, "6.3.1", Unknown, "数据段长度 Length 超过 1024", "the Length of the data segment is over 1024")
	}
	// A line ends only where a packet does: an early end tells a wrong length at once, instead of after a silence.
	end := bytes.IndexByte(b[:min(len(b), overhead+size)], '\n')
	if len(b) < 6 || len(b) < overhead+size && end < 0 {
		return nil, 0, nil
	}
	if end >= 0 && end != overhead+size-1 {
		if end > 0 && b[end-1] != '\r' {
			return nil, 0, refuse(end, "6.3.1", Unknown, "包尾不是回车换行", "the packet does not end with CR LF")
		}
		return nil, 0, refuse(2, "6.3.1", Unknown, "数据段长度 Length 与实际不符：报文提前结束", "the Length of the data segment is wrong: the packet ends before it")
	}
	n = overhead + size
	switch {
	case b[n-1] != '\n' && bytes.Contains(b[n-2:min(len(b), overhead+maxData)], []byte("\r\n")):
		return nil, 0, refuse(2, "6.3.1", Unknown, "数据段长度 Length 与实际不符：数据在其后", "the Length of the data segment is wrong: data stands behind it")
	case b[n-1] != '\n' || b[n-2] != '\r':
		return nil, 0, refuse(n-2, "6.3.1", Unknown, "包尾不是回车换行", "the packet does not end with CR LF")
	}
	data = b[6 : 6+size]
	stated, ok := hex4(b[6+size : n-2])
	if !ok {
		return nil, 0, refuse(6+size, "6.3.1", BadCRC, "CRC 不是四位十六进制数字", "the CRC is not four hexadecimal digits")
	}
	if sum := Checksum(data); sum != stated { // HJ 212-2017 annex A
		return nil, 0, refuse(6+size, "A", BadCRC, "CRC 校验错误", "the CRC is wrong")
	}
	return data, n, nil
}

// hex4 reads four hexadecimal digits, large or small.
func hex4(b []byte) (v uint16, ok bool) {
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, false
		}
		v = v<<4 | uint16(c)
	}
	return v, true
}

// The fields before the data area, as bits of what was seen.
const (
	sawQN = 1 << iota
	sawST
	sawCN
	sawPW
	sawMN
	sawFlag
	sawPNUM
	sawPNO
	sawCP
)

// read takes a data segment apart. Offsets count from its start. HJ 212-2017 6.3.2
func (f *Frame) read(s string) *Error {
	saw, at := 0, 0
	for at < len(s) {
		eq := strings.IndexByte(s[at:], '=')
		if eq < 0 {
			return refuse(at, "6.3.2", Unknown, "字段缺少等号", "a field lacks its equals sign")
		}
		name, from := s[at:at+eq], at+eq+1
		if name == "CP" {
			if saw&sawCP != 0 {
				return refuse(at, "6.3.2", Unknown, "字段 CP 重复", "the field CP stands there twice")
			}
			rest, why := f.area(s, from)
			if why != nil {
				return why
			}
			saw |= sawCP
			if at = rest; at < len(s) {
				if s[at] != ';' {
					return refuse(at, "6.3.2", Unknown, "数据区之后应为分号或结束", "a semicolon or the end is wanted behind the data area")
				}
				if at++; at == len(s) {
					return refuse(at, "6.3.2", Unknown, "分号之后没有字段", "no field stands behind the semicolon")
				}
			}
			continue
		}
		end := strings.IndexByte(s[from:], ';')
		if end < 0 {
			end = len(s) - from
		}
		bit, why := f.field(name, s[from:from+end], at)
		if why != nil {
			return why
		}
		if saw&bit != 0 {
			return refuse(at, "6.3.2", Unknown, "字段 "+name+" 重复", "the field "+name+" stands there twice")
		}
		saw |= bit
		if at = from + end + 1; at == len(s) {
			return refuse(at-1, "6.3.2", Unknown, "分号之后没有字段", "no field stands behind the semicolon")
		}
	}
	return f.complete(saw, len(s))
}

// field takes one field before the data area.
func (f *Frame) field(name, v string, at int) (bit int, why *Error) {
	from := at + len(name) + 1
	switch name {
	case "QN":
		if f.QN = v; !isTime(v, 17) {
			return 0, refuse(from, "6.3.2", BadQN, "QN 不是精确到毫秒的 17 位时间", "QN is not a time of 17 digits")
		}
		return sawQN, nil
	case "ST":
		n, ok := digits(v, 2, 2)
		if f.ST = uint8(n); !ok || !KnownSystem(f.ST) {
			return 0, refuse(from, "6.6.1", BadST, "ST 不是系统编码", "ST is no code of a system")
		}
		return sawST, nil
	case "CN":
		n, ok := digits(v, 4, 4)
		if f.CN = uint16(n); !ok {
			return 0, refuse(from, "6.6.5", BadCN, "CN 不是四位命令编码", "CN is no command of four digits")
		}
		return sawCN, nil
	case "PW":
		if f.PW = v; v == "" || len(v) > maxPW || !printable(v) {
			return 0, refuse(from, "6.3.2", BadPassword, "PW 不是 1 至 6 个字符", "PW does not have 1 to 6 characters")
		}
		return sawPW, nil
	case "MN":
		if f.MN = v; v == "" || len(v) > maxMN || !printable(v) {
			return 0, refuse(from, "6.3.2", BadMN, "MN 不是 1 至 24 个字符", "MN does not have 1 to 24 characters")
		}
		return sawMN, nil
	case "Flag":
		n, ok := digits(v, 1, 3)
		if f.Flag, f.Flagged = Flag(n), true; !ok || n > 255 {
			return 0, refuse(from, "6.3.2", BadFlag, "Flag 不是 0 至 255", "Flag is not 0 to 255")
		}
		return sawFlag, nil
	case "PNUM", "PNO":
		n, ok := digits(v, 1, 4)
		if !ok || n == 0 {
			return 0, refuse(from, "6.3.2", Unknown, name+" 不是 1 至 9999", name+" is not 1 to 9999")
		}
		if name == "PNO" {
			f.PNO = n
			return sawPNO, nil
		}
		f.PNUM = n
		return sawPNUM, nil
	}
	if len(name) > 20 || !printable(name) {
		name = "?"
	}
	return 0, refuse(at, "6.3.2", Unknown, "数据段没有字段 "+name, "the data segment has no field "+name)
}

// complete looks for what is missing. QN and Flag are optional in the edition of 2005, and in the field in that of 2017.
func (f *Frame) complete(saw, end int) *Error {
	for _, need := range []struct {
		bit  int
		name string
		code QnRtn
	}{{sawST, "ST", BadST}, {sawCN, "CN", BadCN}, {sawPW, "PW", BadPassword}, {sawMN, "MN", BadMN}, {sawCP, "CP", Unknown}} {
		if saw&need.bit == 0 {
			return refuse(end, "6.3.2", need.code, "缺少字段 "+need.name, "the field "+need.name+" is missing")
		}
	}
	if saw&sawQN == 0 {
		if v, ok := f.Get("QN"); ok && f.Flag.Version() == 0 && isTime(v, 17) {
			f.QN, f.lateQN = v, true
		}
	}
	switch numbered := saw&sawPNUM != 0 && saw&sawPNO != 0; {
	case f.Flag&Numbered != 0 && !numbered:
		return refuse(end, "6.3.2", BadFlag, "Flag 表示有包号，但缺少 PNUM 或 PNO", "Flag tells of packet numbers, but PNUM or PNO is missing")
	case f.Flag&Numbered == 0 && saw&(sawPNUM|sawPNO) != 0:
		return refuse(end, "6.3.2", BadFlag, "有 PNUM 或 PNO，但 Flag 未表示", "PNUM or PNO stands there, but Flag does not tell of it")
	case f.PNO > f.PNUM:
		return refuse(end, "6.3.2", Unknown, "包号 PNO 大于总包数 PNUM", "PNO is greater than PNUM")
	}
	return nil
}

// Append writes the frame behind dst as the edition of 2017 orders its fields.
func (f *Frame) Append(dst []byte) ([]byte, error) {
	start := len(dst)
	dst = append(dst, "##0000"...)
	data := len(dst)
	put := func(name, value string) {
		if len(dst) > data {
			dst = append(dst, ';')
		}
		dst = append(append(append(dst, name...), '='), value...)
	}
	if f.QN != "" && !f.lateQN {
		put("QN", f.QN)
	}
	put("ST", pad(int(f.ST), 2))
	put("CN", pad(int(f.CN), 4))
	put("PW", f.PW)
	put("MN", f.MN)
	if f.Flagged {
		put("Flag", strconv.Itoa(int(f.Flag)))
	}
	if f.Flag&Numbered != 0 {
		put("PNUM", strconv.Itoa(f.PNUM))
		put("PNO", strconv.Itoa(f.PNO))
	}
	put("CP", "&&")
	for i, it := range f.Items {
		switch {
		case i == 0:
		case it.Joined:
			dst = append(dst, ',')
		default:
			dst = append(dst, ';')
		}
		dst = append(append(append(dst, it.Name...), '='), it.Value...)
	}
	dst = append(dst, "&&"...)
	size := len(dst) - data
	copy(dst[start+2:], pad(size, 4))
	const digit = "0123456789ABCDEF"
	sum := Checksum(dst[data:])
	dst = append(dst, digit[sum>>12], digit[sum>>8&15], digit[sum>>4&15], digit[sum&15], '\r', '\n')
	var back Frame // what cannot be read is not sent
	if size > maxData {
		return dst[:start], refuse(2, "6.3.1", Unknown, "数据段长度 Length 超过 1024", "the Length of the data segment is over 1024")
	}
	if why := back.read(string(dst[data : data+size])); why != nil {
		return dst[:start], why
	}
	return dst, nil
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, width-len(s))) + s
}
