package qgdw1376

import (
	"fmt"
	"time"
)

// Energy is a register with its tariffs, 0.0001 kWh: of now (F129 of class 1), or frozen at the end of a day (F161 of class 2).
// Q/GDW 1376.1-2013 5.12, 5.13
type Energy struct {
	Day     time.Time // of the freeze; zero for that of now
	Read    time.Time // when the terminal read the meter; zero: it did not
	Total   int64
	Tariffs []int64
}

const maxTariffs = 12

func readEnergy(r *reader, frozen bool) Data {
	var e Energy
	if frozen {
		e.Day = r.moment(3, "A.20")
	}
	e.Read = r.moment(5, "A.15")
	at := r.at
	n := int(r.byte("5.12"))
	if n == missing {
		n = 0
	}
	if n > maxTariffs {
		r.fail(at, "5.12", "费率数大于 12", "there are more than 12 tariffs")
		return e
	}
	e.Total, e.Tariffs = r.value(Format14), r.values(Format14, n)
	return e
}

func (e Energy) write(w *writer, u Unit) {
	if u.F == 161 {
		w.moment(e.Day, 3)
	}
	w.moment(e.Read, 5)
	w.byte(uint8(len(e.Tariffs)))
	w.value(e.Total, Format14)
	for _, v := range e.Tariffs {
		w.value(v, Format14)
	}
}

// Live is what a meter shows now, F25 of class 1: of each quantity the sum where there is one, then phases A, B and C.
// Q/GDW 1376.1-2013 5.12
type Live struct {
	Read     time.Time
	Active   [4]int64 // 0.0001 kW
	Reactive [4]int64 // 0.0001 kvar
	Factor   [4]int64 // 0.1 %
	Voltage  [3]int64 // 0.1 V
	Current  [4]int64 // A, B, C and zero sequence, 0.001 A
	Apparent [4]int64 // 0.0001 kVA
}

// groups are the quantities in their order.
func (l *Live) groups() []struct {
	to []int64
	f  Format
} {
	return []struct {
		to []int64
		f  Format
	}{{l.Active[:], Format9}, {l.Reactive[:], Format9}, {l.Factor[:], Format5}, {l.Voltage[:], Format7}, {l.Current[:], Format25}, {l.Apparent[:], Format9}}
}

func readLive(r *reader, _ uint8) Data {
	var l Live
	l.Read = r.moment(5, "A.15")
	for _, g := range l.groups() {
		copy(g.to, r.values(g.f, len(g.to)))
	}
	return l
}

func (l Live) write(w *writer, _ Unit) {
	w.moment(l.Read, 5)
	for _, g := range l.groups() {
		for _, v := range g.to {
			w.value(v, g.f)
		}
	}
}

// The curves of class 2 that matter most here. Q/GDW 1376.1-2013 5.13
const (
	PowerCurve   uint8 = 81  // active total, 0.0001 kW
	VoltageCurve uint8 = 89  // phase A, 0.1 V
	EnergyCurve  uint8 = 101 // forward active register, 0.01 kWh
)

// curves are the numbers of each curve.
var curves = func() map[uint8]Format {
	out := map[uint8]Format{}
	for _, g := range []struct {
		from, to uint8
		f        Format
	}{{81, 88, Format9}, {89, 91, Format7}, {92, 95, Format25}, {97, 100, Format13}, {101, 104, Format11}, {105, 108, Format5}} {
		for f := g.from; f <= g.to; f++ {
			out[f] = g.f
		}
	}
	return out
}()

// CurveFormat is the format of a curve's numbers; ok is false where the class is no curve known here.
func CurveFormat(f uint8) (format Format, ok bool) {
	format, ok = curves[f]
	return format, ok
}

// Density is how far apart the points of a curve stand. Q/GDW 1376.1-2013 annex C
type Density uint8

// Quarter is the density of a quarter hour.
const Quarter Density = 1

// Step is the time between two points; 0 for a density that means no curve.
func (d Density) Step() time.Duration {
	switch d {
	case 1:
		return 15 * time.Minute
	case 2:
		return 30 * time.Minute
	case 3:
		return time.Hour
	case 254:
		return 5 * time.Minute
	case 255:
		return time.Minute
	}
	return 0
}

// CurveAsk asks for points of a curve from a time on.
type CurveAsk struct {
	From    time.Time
	Density Density
	Count   uint8
}

func readCurveAsk(r *reader, _ uint8) Data {
	at := r.at
	a := CurveAsk{From: r.moment(5, "A.15")}
	a.Density, a.Count = Density(r.byte("annex C")), r.byte("annex C")
	if r.err == nil && (a.Density.Step() == 0 || a.Count == 0 || a.From.IsZero()) {
		r.fail(at, "annex C", "曲线的起始时间、密度或点数无效", "the curve's beginning, density or number of points is not valid")
	}
	return a
}

func (a CurveAsk) write(w *writer, _ Unit) {
	w.moment(a.From, 5)
	w.byte(uint8(a.Density))
	w.byte(a.Count)
}

// Curve is points of a curve; each that the terminal does not have is None.
type Curve struct {
	From    time.Time
	Density Density
	Values  []int64 // in the unit of the class, see CurveFormat
}

func readCurve(r *reader, f uint8) Data {
	a, _ := readCurveAsk(r, f).(CurveAsk)
	return Curve{a.From, a.Density, r.values(curves[f], int(a.Count))}
}

func (c Curve) write(w *writer, u Unit) {
	CurveAsk{c.From, c.Density, uint8(len(c.Values))}.write(w, u)
	for _, v := range c.Values {
		w.value(v, curves[u.F])
	}
}

// DayAsk asks for what was frozen at the end of a day.
type DayAsk struct{ Day time.Time }

func (a DayAsk) write(w *writer, _ Unit) { w.moment(a.Day, 3) }

// MetersAsk asks for lines of the terminal's table of meters, by their numbers from 1 on, F10 of AFN 0A. Q/GDW 1376.1-2013 5.10
type MetersAsk struct{ Numbers []uint16 }

func readMetersAsk(r *reader, _ uint8) Data {
	n := int(r.word("5.10"))
	if n*2 > len(r.b) {
		r.fail(r.at+len(r.b), "5.10", "数据单元不完整", "the data unit is not complete")
		return nil
	}
	a := MetersAsk{make([]uint16, n)}
	for i := range a.Numbers {
		a.Numbers[i] = r.word("5.10")
	}
	return a
}

func (a MetersAsk) write(w *writer, _ Unit) {
	w.word(uint16(len(a.Numbers)))
	for _, n := range a.Numbers {
		w.word(n)
	}
}

// Meters are lines of the terminal's table of meters: which meter stands at which measuring point. Q/GDW 1376.1-2013 5.10
type Meters struct{ Lines []MeterLine }

// MeterLine is one of them.
type MeterLine struct {
	Number    uint16
	Point     uint16 // 0: the line is empty
	Port      uint8  // serial speed in its three highest bits, then the port
	Protocol  uint8  // 1: DL/T 645-1997, 2: reading of alternating current, 30: DL/T 645-2007, 31: carrier
	Address   string // 12 digits
	Password  [6]byte
	Tariffs   uint8
	Digits    uint8 // of the register, before and behind the point
	Collector string
	Class     uint8 // of the customer
}

const meterLine = 27

func readMeters(r *reader, _ uint8) Data {
	n := int(r.word("5.10"))
	if n*meterLine > len(r.b) {
		r.fail(r.at+len(r.b), "5.10", "数据单元不完整", "the data unit is not complete")
		return nil
	}
	m := Meters{make([]MeterLine, n)}
	for i := range m.Lines {
		l := &m.Lines[i]
		l.Number, l.Point, l.Port, l.Protocol, l.Address = r.word("5.10"), r.word("5.10"), r.byte("5.10"), r.byte("5.10"), r.address()
		copy(l.Password[:], r.take(6, "5.10"))
		l.Tariffs, l.Digits, l.Collector, l.Class = r.byte("5.10"), r.byte("5.10"), r.address(), r.byte("5.10")
	}
	return m
}

// address reads format 12: twelve digits, low byte first. Q/GDW 1376.1-2013 A.12
func (r *reader) address() string {
	at := r.at
	n, err := number(r.take(6, "A.12"), false, at, "A.12")
	if err != nil && r.err == nil {
		r.err = err
	}
	return fmt.Sprintf("%012d", n)
}

func (w *writer) address(s string) {
	var n int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || len(s) != 12 {
			w.err = refuse(len(w.b), "A.12", "地址应为 12 位数字", "an address has 12 digits")
			return
		}
		n = n*10 + int64(s[i]-'0')
	}
	w.value(n, Format{Width: 6, Clause: "A.12"})
}

func (m Meters) write(w *writer, _ Unit) {
	w.word(uint16(len(m.Lines)))
	for _, l := range m.Lines {
		w.word(l.Number)
		w.word(l.Point)
		w.b = append(w.b, l.Port, l.Protocol)
		w.address(l.Address)
		w.b = append(append(w.b, l.Password[:]...), l.Tariffs, l.Digits)
		w.address(l.Collector)
		w.byte(l.Class)
	}
}
