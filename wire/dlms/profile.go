package dlms

import (
	"fmt"
	"time"
)

// DateTime is a moment as it stands on the wire: year, month, day, weekday, hour, minute, second, hundredths, deviation of the local
// time in minutes (UTC is local time plus deviation), status. Fields of FFH are not told. IEC 62056-6-2 4.1.6.1
type DateTime [12]byte

const noDeviation = 0x8000

// At writes a moment in its own zone.
func At(t time.Time) DateTime {
	_, east := t.Zone()
	dev := uint16(-east / 60)
	week := byte((int(t.Weekday())+6)%7 + 1)
	return DateTime{byte(t.Year() >> 8), byte(t.Year()), byte(t.Month()), byte(t.Day()), week, byte(t.Hour()), byte(t.Minute()), byte(t.Second()), 0, byte(dev >> 8), byte(dev), 0}
}

// Time reads the moment; one without deviation stands in zone. ok is false where it does not tell date, hour and minute.
func (d DateTime) Time(zone *time.Location) (t time.Time, ok bool) {
	year, month, day := int(d[0])<<8|int(d[1]), int(d[2]), int(d[3])
	second := int(d[7])
	if second == 0xFF {
		second = 0
	}
	if dev := uint16(d[9])<<8 | uint16(d[10]); dev != noDeviation {
		zone = time.FixedZone("", -60*int(int16(dev)))
	}
	t = time.Date(year, time.Month(month), day, int(d[5]), int(d[6]), second, 0, zone)
	return t, year <= 9999 && month >= 1 && month <= 12 && t.Day() == day && d[5] < 24 && d[6] < 60 && second < 60 // FF in a field fails
}

// String writes the name as people do: 1.0.1.8.0.255.
func (o OBIS) String() string {
	return fmt.Sprintf("%d.%d.%d.%d.%d.%d", o[0], o[1], o[2], o[3], o[4], o[5])
}

// ParseOBIS reads six numbers with points between them.
func ParseOBIS(s string) (o OBIS, err error) {
	var rest string
	n, _ := fmt.Sscanf(s+" ", "%d.%d.%d.%d.%d.%d %s", &o[0], &o[1], &o[2], &o[3], &o[4], &o[5], &rest)
	if n != 6 || o.String() != s {
		return o, refuse(0, "6-1: OBIS", "不是 OBIS 码", "this is no OBIS code")
	}
	return o, nil
}

// The classes of objects that reading a load profile takes. IEC 62056-6-2
const (
	ClassData     uint16 = 1
	ClassRegister uint16 = 3
	ClassProfile  uint16 = 7
	ClassClock    uint16 = 8
	ClassSAP      uint16 = 17
)

// Names that every meter has, or that a load profile holds. IEC 62056-6-1
var (
	Clock        = OBIS{0, 0, 1, 0, 0, 255}
	DeviceID     = OBIS{0, 0, 96, 1, 0, 255}
	Devices      = OBIS{0, 0, 41, 0, 0, 255} // SAP assignment: which logical devices stand behind this address
	LoadProfile  = OBIS{1, 0, 99, 1, 0, 255}
	EnergyImport = OBIS{1, 0, 1, 8, 0, 255}
	PowerImport  = OBIS{1, 0, 1, 7, 0, 255}
	VoltageL1    = OBIS{1, 0, 32, 7, 0, 255}
)

// Unit is a physical unit. IEC 62056-6-2 4.3.2
type Unit uint8

// The units that are read here.
const (
	Watt     Unit = 27
	WattHour Unit = 30
	Volt     Unit = 35
)

// Scale is scaler and unit of a register: a value is Num times ten to the Power. IEC 62056-6-2 4.3.2
type Scale struct {
	Power int8
	Unit  Unit
}

// ParseScale reads attribute 3 of a register.
func ParseScale(d Data) (s Scale, err error) {
	if d.Tag == TagStructure && len(d.Items) == 2 && d.Items[0].Tag == TagInt8 && d.Items[1].Tag == TagEnum {
		return Scale{int8(d.Items[0].Num), Unit(d.Items[1].Num)}, nil
	}
	return s, refuse(0, "6-2: 4.3.2", "比例与单位无效", "scaler and unit are not valid")
}

// Data prints it.
func (s Scale) Data() Data {
	return Struct(Of(TagInt8, int64(s.Power)), Of(TagEnum, int64(s.Unit)))
}

// To gives a number in units of ten to the power of to, rounded towards zero; ok is false where it does not fit.
func (s Scale) To(n int64, to int) (v int64, ok bool) {
	for p := int(s.Power) - to; p > 0; p-- {
		if n > 922337203685477580 || n < -922337203685477580 {
			return 0, false
		}
		n *= 10
	}
	for p := int(s.Power) - to; p < 0; p++ {
		n /= 10
	}
	return n, true
}

// Column is a captured object of a profile. IEC 62056-6-2 4.3.6
type Column struct {
	Class     uint16
	Name      OBIS
	Attribute int8
	Index     uint16
}

// Columns reads attribute 3 of a profile.
func Columns(d Data) (out []Column, err error) {
	bad := refuse(0, "6-2: 4.3.6", "捕获对象表无效", "the captured objects are not valid")
	if d.Tag != TagArray && d.Tag != TagCompact {
		return nil, bad
	}
	for _, it := range d.Items {
		f := it.Items
		if it.Tag != TagStructure || len(f) != 4 || f[0].Tag != TagUint16 || f[1].Tag != TagOctets || len(f[1].Bytes) != 6 || f[2].Tag != TagInt8 || f[3].Tag != TagUint16 {
			return nil, bad
		}
		out = append(out, Column{uint16(f[0].Num), OBIS(f[1].Bytes), int8(f[2].Num), uint16(f[3].Num)})
	}
	return out, nil
}

// Data prints one column, as [Columns] and a selection by range have it.
func (c Column) Data() Data {
	return Struct(Of(TagUint16, int64(c.Class)), Octets(c.Name[:]), Of(TagInt8, int64(c.Attribute)), Of(TagUint16, int64(c.Index)))
}

// Between selects the rows of a profile from one moment to another, both included, all columns.
func Between(from, to time.Time) *Selection {
	clock := Column{ClassClock, Clock, 2, 0}
	a, b := At(from), At(to)
	return &Selection{1, Struct(clock.Data(), Octets(a[:]), Octets(b[:]), Array())}
}

// Range reads a selection as [Between] writes it.
func (s *Selection) Range(zone *time.Location) (from, to time.Time, ok bool) {
	if s == nil || s.Selector != 1 || len(s.Parameter.Items) != 4 || len(s.Parameter.Items[1].Bytes) != 12 || len(s.Parameter.Items[2].Bytes) != 12 {
		return from, to, false
	}
	from, ok = DateTime(s.Parameter.Items[1].Bytes).Time(zone)
	to, ok2 := DateTime(s.Parameter.Items[2].Bytes).Time(zone)
	return from, to, ok && ok2
}

// Row is one row of a profile's buffer: its time, and a value for each column.
type Row struct {
	Time   time.Time
	Values []Data
}

// Rows reads attribute 2 of a profile, an array or a compact array of structures. Null in the column of the clock means the time of the row
// before plus period; null elsewhere is the value of the row before, as the object model has it. zone is that of times without deviation.
func Rows(d Data, columns []Column, period time.Duration, zone *time.Location) (out []Row, err error) {
	if d.Tag != TagArray && d.Tag != TagCompact {
		return nil, refuse(0, "6-2: 4.3.6", "负荷曲线缓冲区无效", "the profile's buffer is no array")
	}
	var before *Row
	for i, it := range d.Items {
		bad := refuse(0, "6-2: 4.3.6", fmt.Sprintf("第 %d 行无效", i+1), fmt.Sprintf("row %d is not valid", i+1))
		if it.Tag != TagStructure || len(it.Items) != len(columns) {
			return nil, bad
		}
		row := Row{Values: it.Items}
		for k, c := range columns {
			v := &row.Values[k]
			clock := c.Class == ClassClock && c.Attribute == 2
			switch {
			case v.Tag == TagNull && before == nil:
				return nil, bad
			case v.Tag == TagNull && clock:
				row.Time = before.Time.Add(period)
			case v.Tag == TagNull:
				*v = before.Values[k]
			case clock && (v.Tag == TagOctets || v.Tag == TagDateTime) && len(v.Bytes) == 12:
				t, ok := DateTime(v.Bytes).Time(zone)
				if !ok {
					return nil, bad
				}
				row.Time = t
			case clock:
				return nil, bad
			}
		}
		if row.Time.IsZero() {
			return nil, bad
		}
		out = append(out, row)
		before = &out[len(out)-1]
	}
	return out, nil
}
