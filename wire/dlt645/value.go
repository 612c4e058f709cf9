package dlt645

import (
	"strconv"
	"strings"
	"time"
)

// Value is one value of an answer.
type Value struct {
	DI     DI // of this value; blocks are taken apart
	Info   Info
	Absent bool      // the meter filled the field with FFH: it has no such value
	Num    int64     // scaled by 10^Decimals
	Time   time.Time // of a Moment, a Date, or a Demand that has occurred
	Text   string
}

// String gives the value as printed: "10793.30 kWh".
func (v Value) String() string {
	if v.Absent {
		return "-"
	}
	switch v.Info.Format.Kind {
	case Text, Digits, MonthDay:
		return v.Text
	case Moment:
		return v.Time.Format("2006-01-02 15:04")
	case Date:
		return v.Time.Format("2006-01-02")
	case TimeDay:
		return time.Unix(v.Num, 0).UTC().Format("15:04:05")
	case Bits:
		return strconv.FormatInt(v.Num, 2)
	}
	return strings.TrimSpace(Fixed(v.Num, v.Info.Format.Decimals) + " " + v.Info.Format.Unit)
}

// Fixed writes a scaled integer with its decimals.
func Fixed(n int64, decimals int) string {
	neg := n < 0
	if neg {
		n = -n
	}
	s := strconv.FormatInt(n, 10)
	if decimals > 0 {
		if len(s) <= decimals {
			s = strings.Repeat("0", decimals+1-len(s)) + s
		}
		s = s[:len(s)-decimals] + "." + s[len(s)-decimals:]
	}
	if neg {
		s = "-" + s
	}
	return s
}

// Values reads the data of an answer (without its identifier). A block, an identifier with FF, gives one Value per element.
// The data must be filled to the last byte. The offset of an error counts in data.
func Values(d DI, data []byte) ([]Value, error) {
	first, step, most, err := expand(d)
	if err != nil {
		return nil, err
	}
	info, err := Lookup(first)
	if err != nil {
		return nil, err
	}
	size := info.Format.Bytes
	if len(data) == 0 || len(data)%size != 0 || len(data)/size > most {
		return nil, refuse(len(data)-len(data)%size, info.Clause, "数据长度与数据标识不符", "the length of the data does not fit the identifier")
	}
	out := make([]Value, 0, len(data)/size)
	for at := 0; at < len(data); at += size {
		id := first + DI(at/size)*step
		if step != 0 && at > 0 {
			if info, err = Lookup(id); err != nil || info.Format.Bytes != size {
				return nil, refuse(at, "6.2", "数据块超出数据标识的范围", "the block has more elements than there are identifiers")
			}
		}
		v, err := readValue(id, info, data[at:at+size], at)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// expand takes a block apart: its first identifier, the distance to the next, and how many there can be.
// DL/T 645-2007 6.2: FF in DI2, DI1 or DI0 means all of that place.
func expand(d DI) (first, step DI, most int, err error) {
	family, di2, di1, di0 := d>>24, uint8(d>>16), uint8(d>>8), uint8(d)
	ffs := 0
	for _, b := range []uint8{di2, di1, di0} {
		if b == 0xFF {
			ffs++
		}
	}
	switch {
	case ffs == 0 && family == 5 && di1 >= 1 && di1 <= 0x0A: // a frozen item holds total and tariffs
		return d, 0, 64, nil
	case ffs == 0 && family == 5 && di1 == 0x10: // eight powers: active total A B C, reactive total A B C
		return d, 0, 8, nil
	case ffs == 0:
		return d, 0, 1, nil
	case ffs > 1 || di2 == 0xFF || family == 5:
		return 0, 0, 0, unsupported(0, "6.2", "不支持该数据块", "this block is not supported")
	case di1 == 0xFF && family <= 1: // total and tariffs
		return d &^ 0xFF00, 0x100, 64, nil
	case di1 == 0xFF && family == 2:
		first = d &^ 0xFF00
		if v, ok := variables[di2]; !ok || !v.hasTotal {
			return first | 0x100, 0x100, 3, nil
		}
		return first, 0x100, 4, nil
	case di0 == 0xFF && family <= 1: // now and twelve settlement days
		return d &^ 0xFF, 1, 13, nil
	case d == 0x040005FF: // the seven status words
		return 0x04000501, 1, 7, nil
	case di0 == 0xFF && family == 2 && (di2 == 0x0A || di2 == 0x0B): // harmonics 1 to 21
		return d&^0xFF | 1, 1, 21, nil
	}
	return 0, 0, 0, unsupported(0, "6.2", "不支持该数据块", "this block is not supported")
}

func readValue(id DI, info Info, b []byte, at int) (v Value, err error) {
	v.DI, v.Info = id, info
	f := info.Format
	if f.Kind != Bits && filled(b) {
		v.Absent = true
		return v, nil
	}
	switch f.Kind {
	case Number:
		v.Num, err = number(b, f.Signed, at, info.Clause)
	case Demand: // DL/T 645-2007 A.2: three bytes, then minute hour day month year
		if v.Num, err = number(b[:3], f.Signed, at, info.Clause); err == nil && !zero(b[3:]) {
			v.Time, err = moment(b[3:], 5, at+3, info.Clause)
		}
	case Moment:
		if !zero(b) {
			v.Time, err = moment(b, 5, at, info.Clause)
		}
	case Date: // DL/T 645-2007 A.5: weekday day month year
		v.Time, err = moment([]byte{0, 0, b[1], b[2], b[3]}, 5, at-1, info.Clause)
		if e, ok := err.(*Error); ok {
			e.Offset = max(e.Offset, at+1)
		}
		if v.Num = int64(b[0]); err == nil && b[0] > 6 {
			err = refuse(at, info.Clause, "星期应为 0 至 6", "a weekday is 0 to 6")
		}
	case TimeDay: // second minute hour
		d, e := digits(b, at, info.Clause)
		if err = e; err == nil && (d[0] > 59 || d[1] > 59 || d[2] > 23) {
			err = refuse(at, info.Clause, "时间无效", "there is no such time")
		}
		v.Num = int64(d[2])*3600 + int64(d[1])*60 + int64(d[0])
	case Text:
		v.Text, err = text(b, at, info.Clause)
	case Digits, MonthDay:
		v.Text, err = decimalText(b, at, info.Clause)
	case Bits:
		for i := len(b) - 1; i >= 0; i-- {
			v.Num = v.Num<<8 | int64(b[i])
		}
	}
	return v, err
}

func zero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

// text reads ASCII, which goes low byte first like everything else; 00 fills up.
func text(b []byte, at int, clause string) (string, error) {
	s := make([]byte, 0, len(b))
	for i := len(b) - 1; i >= 0; i-- {
		switch {
		case b[i] == 0:
		case b[i] < 0x20 || b[i] > 0x7E:
			return "", refuse(at+i, clause, "数据不是 ASCII 字符", "a character is not ASCII")
		default:
			s = append(s, b[i])
		}
	}
	return string(s), nil
}

func decimalText(b []byte, at int, clause string) (string, error) {
	var s []byte
	for i := len(b) - 1; i >= 0; i-- {
		if !isBCD(b[i]) {
			return "", refuse(at+i, clause, "数据不是 BCD 码", "a digit is not BCD")
		}
		s = append(s, '0'+b[i]>>4, '0'+b[i]&15)
	}
	return string(s), nil
}

// Append prints the value after dst as it stands in an answer.
func (v Value) Append(dst []byte) ([]byte, error) {
	f := v.Info.Format
	if v.Absent {
		for range f.Bytes {
			dst = append(dst, 0xFF)
		}
		return dst, nil
	}
	switch f.Kind {
	case Number:
		return appendNumber(dst, v.Num, f.Bytes, f.Signed)
	case Demand:
		dst, err := appendNumber(dst, v.Num, 3, f.Signed)
		if err != nil {
			return dst, err
		}
		return appendMaybe(dst, v.Time), nil
	case Moment:
		return appendMaybe(dst, v.Time), nil
	case Date:
		return append(append(dst, byte(v.Num)), appendMoment(nil, v.Time, 5)[2:]...), nil
	case TimeDay:
		return append(dst, toBCD(uint8(v.Num%60)), toBCD(uint8(v.Num/60%60)), toBCD(uint8(v.Num/3600))), nil
	case Bits:
		for i := range f.Bytes {
			dst = append(dst, byte(v.Num>>(8*i)))
		}
		return dst, nil
	}
	return v.appendText(dst)
}

func appendMaybe(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, 0, 0, 0, 0, 0)
	}
	return appendMoment(dst, t, 5)
}

func (v Value) appendText(dst []byte) ([]byte, error) {
	f := v.Info.Format
	if f.Kind == Text {
		if len(v.Text) > f.Bytes {
			return dst, refuse(0, v.Info.Clause, "文字过长", "the text is too long")
		}
		for i := f.Bytes - 1; i >= 0; i-- {
			if i < len(v.Text) {
				dst = append(dst, v.Text[i])
			} else {
				dst = append(dst, 0)
			}
		}
		return dst, nil
	}
	if len(v.Text) != 2*f.Bytes {
		return dst, refuse(0, v.Info.Clause, "位数不符", "the number of digits does not fit")
	}
	for i := f.Bytes - 1; i >= 0; i-- {
		dst = append(dst, (v.Text[2*i]-'0')<<4|(v.Text[2*i+1]-'0')&15)
	}
	return dst, nil
}
