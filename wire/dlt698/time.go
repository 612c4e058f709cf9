package dlt698

import (
	"encoding/binary"
	"time"
)

// China is the zone of every time in a frame: UTC+8 without summer time.
func China() *time.Location { return china }

var china = time.FixedZone("CST", 8*3600)

// DateTimeS is date_time_s: seven bytes. A field of all ones (FFFF, FF) means that the field does not matter.
type DateTimeS struct {
	Year                             uint16
	Month, Day, Hour, Minute, Second uint8
}

// AtS gives t as a date_time_s in China time.
func AtS(t time.Time) DateTimeS {
	t = t.In(China())
	return DateTimeS{uint16(t.Year()), uint8(t.Month()), uint8(t.Day()), uint8(t.Hour()), uint8(t.Minute()), uint8(t.Second())}
}

// Time gives the moment; ok is false where a field does not matter or the date does not exist.
func (d DateTimeS) Time() (t time.Time, ok bool) {
	if d.Month < 1 || d.Month > 12 || d.Day < 1 || d.Hour > 23 || d.Minute > 59 || d.Second > 59 || d.Year == 0xFFFF {
		return time.Time{}, false
	}
	t = time.Date(int(d.Year), time.Month(d.Month), int(d.Day), int(d.Hour), int(d.Minute), int(d.Second), 0, China())
	return t, t.Day() == int(d.Day)
}

func (d DateTimeS) num() uint64 {
	return uint64(d.Year)<<40 | uint64(d.Month)<<32 | uint64(d.Day)<<24 | uint64(d.Hour)<<16 | uint64(d.Minute)<<8 | uint64(d.Second)
}

func (d *DateTimeS) code(c *coder) {
	n := d.num()
	c.num(&n, 7)
	*d = dateTimeSFrom(n)
}

func dateTimeSFrom(n uint64) DateTimeS {
	return DateTimeS{uint16(n >> 40), uint8(n >> 32), uint8(n >> 24), uint8(n >> 16), uint8(n >> 8), uint8(n)}
}

// DateTimeS gives the value of a date_time_s.
func (d Data) DateTimeS() (v DateTimeS, ok bool) {
	return dateTimeSFrom(d.Num), d.Tag == TagDateTimeS
}

// DateTime is date_time: ten bytes. Weekday 0 is Sunday; FF where it does not matter.
type DateTime struct {
	Year                                      uint16
	Month, Day, Weekday, Hour, Minute, Second uint8
	Milli                                     uint16
}

// At gives t as a date_time in China time.
func At(t time.Time) DateTime {
	t = t.In(China())
	return DateTime{uint16(t.Year()), uint8(t.Month()), uint8(t.Day()), uint8(t.Weekday()),
		uint8(t.Hour()), uint8(t.Minute()), uint8(t.Second()), uint16(t.Nanosecond() / 1e6)}
}

// Time gives the moment; ok is false where a field does not matter or the date does not exist.
func (d DateTime) Time() (t time.Time, ok bool) {
	t, ok = DateTimeS{d.Year, d.Month, d.Day, d.Hour, d.Minute, d.Second}.Time()
	if d.Milli > 999 {
		return time.Time{}, false
	}
	return t.Add(time.Duration(d.Milli) * time.Millisecond), ok
}

func (d DateTime) append(dst []byte) []byte {
	dst = append(binary.BigEndian.AppendUint16(dst, d.Year), d.Month, d.Day, d.Weekday, d.Hour, d.Minute, d.Second)
	return binary.BigEndian.AppendUint16(dst, d.Milli)
}

func dateTimeFrom(b []byte) DateTime {
	return DateTime{binary.BigEndian.Uint16(b), b[2], b[3], b[4], b[5], b[6], b[7], binary.BigEndian.Uint16(b[8:])}
}

func (d *DateTime) code(c *coder) {
	if c.writing {
		c.b = d.append(c.b)
	} else if b := c.take(10); b != nil {
		*d = dateTimeFrom(b)
	}
}

// DateTime gives the value of a date_time.
func (d Data) DateTime() (v DateTime, ok bool) {
	if d.Tag != TagDateTime || len(d.Bytes) != 10 {
		return v, false
	}
	return dateTimeFrom(d.Bytes), true
}
