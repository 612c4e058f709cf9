package qgdw1376

import (
	"bytes"
	"math"
	"time"
)

// None stands for a value that the terminal does not have.
const None = math.MinInt64

// missing fills the bytes of a value that is not there. Q/GDW 1376.1-2013 5.12
const missing = 0xEE

// China is the zone of every time in a frame: UTC+8 without summer time.
func China() *time.Location { return china }

var china = time.FixedZone("CST", 8*3600)

// Format is one of the numbers of annex A: BCD, low byte first, the highest bit the sign where signed.
type Format struct {
	Width    int // bytes
	Decimals int
	Signed   bool
	Clause   string
}

// The formats of annex A that are numbers. Q/GDW 1376.1-2013 annex A
var (
	Format5  = Format{2, 1, true, "A.5"}   // %, degrees
	Format7  = Format{2, 1, false, "A.7"}  // V
	Format9  = Format{3, 4, true, "A.9"}   // kW, kvar
	Format11 = Format{4, 2, false, "A.11"} // kWh, register
	Format13 = Format{4, 4, false, "A.13"} // kWh, amount
	Format14 = Format{5, 4, false, "A.14"} // kWh, register, fine
	Format25 = Format{3, 3, true, "A.25"}  // A
)

func isBCD(x byte) bool { return x>>4 < 10 && x&15 < 10 }

func toBCD(n uint8) byte { return n/10<<4 | n%10 }

// number reads len(b) bytes of BCD, low byte first; offset is that of b[0] for the error.
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
		if n == 0 { // one value, one form: what is printed again is what came
			return 0, refuse(offset+len(b)-1, clause, "零值带负号", "a zero bears a sign")
		}
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
		return dst[:at], refuse(0, "annex A", "数值超出数据格式的范围", "the number does not fit its format")
	}
	if neg {
		*top |= 0x80
	}
	return dst, nil
}

// reader takes data from the front; the first error stays.
type reader struct {
	b   []byte
	at  int // offset of b[0]
	err error
}

func (r *reader) fail(offset int, clause, zh, en string) {
	if r.err == nil {
		r.err = refuse(offset, clause, zh, en)
	}
}

// take gives n bytes; zeros after an error, so that nothing needs to ask each time.
func (r *reader) take(n int, clause string) []byte {
	if len(r.b) < n || r.err != nil {
		r.fail(r.at+len(r.b), clause, "数据单元不完整", "the data unit is not complete")
		return make([]byte, n)
	}
	out := r.b[:n]
	r.b, r.at = r.b[n:], r.at+n
	return out
}

func (r *reader) byte(clause string) uint8 { return r.take(1, clause)[0] }

func (r *reader) word(clause string) uint16 {
	b := r.take(2, clause)
	return uint16(b[0]) | uint16(b[1])<<8
}

// value reads one number; EE in all its bytes is None.
func (r *reader) value(f Format) int64 {
	at := r.at
	b := r.take(f.Width, f.Clause)
	if r.err != nil || bytes.Count(b, []byte{missing}) == f.Width {
		return None
	}
	n, err := number(b, f.Signed, at, f.Clause)
	if err != nil {
		r.err = err
	}
	return n
}

func (r *reader) values(f Format, n int) []int64 {
	if n*f.Width > len(r.b) { // before room is made for them
		r.fail(r.at+len(r.b), f.Clause, "数据单元不完整", "the data unit is not complete")
		return nil
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = r.value(f)
	}
	return out
}

// moment reads a time of minute, hour, day, month, year, the first of them left out that do not fit n bytes: n 5 is format 15, n 3 is
// format 20. EE in all its bytes is no time. Q/GDW 1376.1-2013 A.15, A.20
func (r *reader) moment(n int, clause string) time.Time {
	at := r.at
	b := r.take(n, clause)
	if r.err != nil || bytes.Count(b, []byte{missing}) == n {
		return time.Time{}
	}
	var d [5]int
	for i, x := range b {
		if !isBCD(x) {
			r.fail(at+i, clause, "数据不是 BCD 码", "a digit is not BCD")
			return time.Time{}
		}
		d[5-n+i] = int(x>>4)*10 + int(x&15)
	}
	return r.date(at, clause, d[4], d[3], d[2], d[1], d[0], 0)
}

func (r *reader) date(at int, clause string, year, month, day, hour, minute, second int) time.Time {
	t := time.Date(2000+year, time.Month(month), day, hour, minute, second, 0, China())
	if second > 59 || minute > 59 || hour > 23 || month < 1 || month > 12 || t.Day() != day {
		r.fail(at, clause, "时间无效", "there is no such time")
	}
	return t
}

// clock reads format 1: second, minute, hour, day, weekday and month, year. Q/GDW 1376.1-2013 A.1
func (r *reader) clock() time.Time {
	at := r.at
	b := r.take(6, "A.1")
	if r.err != nil {
		return time.Time{}
	}
	month := b[4] & 0x1F
	for i, x := range []byte{b[0], b[1], b[2], b[3], month, b[5]} {
		if !isBCD(x) {
			r.fail(at+i, "A.1", "数据不是 BCD 码", "a digit is not BCD")
			return time.Time{}
		}
	}
	n := func(x byte) int { return int(x>>4)*10 + int(x&15) }
	t := r.date(at, "A.1", n(b[5]), n(month), n(b[3]), n(b[2]), n(b[1]), n(b[0]))
	if w := int(b[4] >> 5); r.err == nil && w != (int(t.Weekday())+6)%7+1 {
		r.fail(at+4, "A.1", "星期与日期不符", "the weekday is not that of the date")
	}
	return t
}

// writer adds data at the end; the first error stays.
type writer struct {
	b   []byte
	err error
}

func (w *writer) byte(x uint8) { w.b = append(w.b, x) }

func (w *writer) word(x uint16) { w.b = append(w.b, byte(x), byte(x>>8)) }

func (w *writer) value(v int64, f Format) {
	if v == None {
		w.b = append(w.b, bytes.Repeat([]byte{missing}, f.Width)...)
		return
	}
	b, err := appendNumber(w.b, v, f.Width, f.Signed)
	if w.b = b; err != nil && w.err == nil {
		w.err = err
	}
}

// moment writes what reader.moment reads.
func (w *writer) moment(t time.Time, n int) {
	if t.IsZero() {
		w.b = append(w.b, bytes.Repeat([]byte{missing}, n)...)
		return
	}
	t = t.In(China())
	all := []uint8{uint8(t.Minute()), uint8(t.Hour()), uint8(t.Day()), uint8(t.Month()), uint8(t.Year() % 100)}
	for _, x := range all[5-n:] {
		w.byte(toBCD(x))
	}
}

func (w *writer) clock(t time.Time) {
	t = t.In(China())
	week := uint8((int(t.Weekday())+6)%7+1) << 5
	for _, x := range []uint8{uint8(t.Second()), uint8(t.Minute()), uint8(t.Hour()), uint8(t.Day())} {
		w.byte(toBCD(x))
	}
	w.b = append(w.b, week|toBCD(uint8(t.Month())), toBCD(uint8(t.Year()%100)))
}
