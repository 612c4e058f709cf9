package dlt645

import "time"

// China is the zone of every time in a frame: UTC+8 without summer time.
func China() *time.Location { return china }

var china = time.FixedZone("CST", 8*3600)

// number reads len(b) bytes of BCD, low byte first; offset is that of b[0] for the error. A set top bit is the sign where
// signed.
func number(b []byte, signed bool, offset int, clause string) (int64, error) {
	var n int64
	neg := false
	for i := len(b) - 1; i >= 0; i-- {
		x := b[i]
		if signed && i == len(b)-1 && x&0x80 != 0 {
			neg, x = true, x&0x7F
		}
		if !isBCD(x) {
			return 0, refuse(offset+i, clause, "数据不是 BCD 码", "a digit is not BCD")
		}
		n = n*100 + int64(x>>4)*10 + int64(x&15)
	}
	if neg {
		n = -n
	}
	return n, nil
}

// appendNumber writes v as width bytes of BCD, low byte first.
func appendNumber(dst []byte, v int64, width int, signed bool) ([]byte, error) {
	neg := v < 0
	if neg {
		v = -v
	}
	at := len(dst)
	for range width {
		dst = append(dst, toBCD(uint8(v%100)))
		v /= 100
	}
	top := &dst[at+width-1]
	if v != 0 || neg && !signed || signed && *top&0x80 != 0 {
		return dst[:at], refuse(0, "6.1", "数值超出数据格式的范围", "the number does not fit its format")
	}
	if neg {
		*top |= 0x80
	}
	return dst, nil
}

func toBCD(n uint8) byte { return n/10<<4 | n%10 }

// digits reads bytes of two digits each.
func digits(b []byte, offset int, clause string) ([6]uint8, error) {
	var out [6]uint8
	for i, x := range b {
		if !isBCD(x) {
			return out, refuse(offset+i, clause, "数据不是 BCD 码", "a digit is not BCD")
		}
		out[i] = x>>4*10 + x&15
	}
	return out, nil
}

// moment reads a time, low byte first: n 6 is ss mm hh DD MM YY, 5 is mm hh DD MM YY. Years are of this century.
func moment(b []byte, n, offset int, clause string) (time.Time, error) {
	d, err := digits(b[:n], offset, clause)
	if err != nil {
		return time.Time{}, err
	}
	f := d[:n]
	sec := 0
	if n == 6 {
		sec, f = int(f[0]), f[1:]
	}
	t := time.Date(2000+int(f[4]), time.Month(f[3]), int(f[2]), int(f[1]), int(f[0]), sec, 0, China())
	if sec > 59 || f[0] > 59 || f[1] > 23 || f[3] < 1 || f[3] > 12 || t.Day() != int(f[2]) {
		return time.Time{}, refuse(offset, clause, "时间无效", "there is no such time")
	}
	return t, nil
}

func appendMoment(dst []byte, t time.Time, n int) []byte {
	t = t.In(China())
	if n == 6 {
		dst = append(dst, toBCD(uint8(t.Second())))
	}
	return append(dst, toBCD(uint8(t.Minute())), toBCD(uint8(t.Hour())), toBCD(uint8(t.Day())),
		toBCD(uint8(t.Month())), toBCD(uint8(t.Year()%100)))
}

// filled tells whether a field holds nothing but FFH: a value that the meter does not have.
func filled(b []byte) bool {
	for _, x := range b {
		if x != 0xFF {
			return false
		}
	}
	return len(b) > 0
}
