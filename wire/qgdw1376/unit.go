package qgdw1376

import (
	"fmt"
	"math/bits"
	"time"
)

// Unit is the data of one information class of one measuring point. Data is nil, or one of this package's data types.
type Unit struct {
	Point uint16 // Pn: 0 is the terminal itself, at most 2040
	F     uint8  // Fn: 1 to 248
	Data  Data
}

// Data is what a unit holds: [Clock], [Energy], [Live], [Curve], [CurveAsk], [DayAsk], [Denied], [MetersAsk], [Meters], [Forward] or [Forwarded].
type Data interface {
	write(w *writer, u Unit)
}

// units reads units until the end. A unit's identifier may name eight points of a group and eight classes of a group.
// Q/GDW 1376.1-2013 4.3.4.4
func units(up bool, afn AFN, r *reader) (out []Unit, err error) {
	for len(r.b) > 0 && r.err == nil {
		at := r.at
		b := r.take(4, "4.3.4.4")
		if r.err != nil {
			break
		}
		points, classes, err := named(b, at)
		if err != nil {
			return out, err
		}
		for _, p := range points {
			for _, f := range classes {
				read := layouts[kind{up, afn, f}]
				if read == nil {
					return out, unsupported(at+2, "4.3.4.4", fmt.Sprintf("不支持 AFN %02X 的 F%d", uint8(afn), f), fmt.Sprintf("F%d of AFN %02X is not spoken here", f, uint8(afn)))
				}
				out = append(out, Unit{p, f, read(r, f)})
				if r.err != nil {
					return out, r.err
				}
			}
		}
	}
	if r.err == nil && len(out) == 0 {
		r.fail(r.at, "4.3.4.4", "没有数据单元", "there is no data unit")
	}
	return out, r.err
}

func named(b []byte, at int) (points []uint16, classes []uint8, err error) {
	switch {
	case b[0] == 0xFF && b[1] == 0:
		return nil, nil, unsupported(at, "4.3.4.4.1", "不支持“全部测量点”", "all points at once are not spoken here")
	case b[0] == 0 != (b[1] == 0):
		return nil, nil, refuse(at, "4.3.4.4.1", "信息点标识无效", "the information point is not valid")
	case b[2] == 0 || b[3] > 30:
		return nil, nil, refuse(at+2, "4.3.4.4.2", "信息类标识无效", "the information class is not valid")
	}
	if b[1] == 0 {
		points = []uint16{0}
	}
	for m := b[0]; m != 0; m &= m - 1 {
		points = append(points, uint16(b[1]-1)*8+uint16(bits.TrailingZeros8(m))+1)
	}
	for m := b[2]; m != 0; m &= m - 1 {
		classes = append(classes, b[3]*8+uint8(bits.TrailingZeros8(m))+1)
	}
	return points, classes, nil
}

func (w *writer) unit(up bool, afn AFN, u Unit) {
	fail := func(zh, en string) {
		if w.err == nil {
			w.err = refuse(len(w.b), "4.3.4.4", zh, en)
		}
	}
	if u.Point > 2040 || u.F < 1 || u.F > 248 {
		fail("信息点或信息类超出范围", "the point or the class is out of range")
		return
	}
	if layouts[kind{up, afn, u.F}] == nil {
		fail("不支持此数据单元", "this unit is not spoken here")
		return
	}
	if u.Point == 0 {
		w.word(0)
	} else {
		w.b = append(w.b, 1<<((u.Point-1)&7), byte((u.Point-1)>>3)+1)
	}
	w.b = append(w.b, 1<<((u.F-1)&7), (u.F-1)>>3)
	from := len(w.b)
	if u.Data != nil {
		u.Data.write(w, u)
	}
	// what is printed must be what is read: a unit with the data of another class is none
	check := &reader{b: w.b[from:]}
	if layouts[kind{up, afn, u.F}](check, u.F); w.err == nil && (check.err != nil || len(check.b) > 0) {
		fail("数据与信息类不符", "the data are not those of the class")
	}
}

// kind is what a unit's layout depends on.
type kind struct {
	up  bool
	afn AFN
	f   uint8
}

// layouts reads the data of each unit that is known.
var layouts = func() map[kind]func(r *reader, f uint8) Data {
	none := func(*reader, uint8) Data { return nil }
	out := map[kind]func(r *reader, f uint8) Data{
		{true, AFNConfirm, 3}: readDenied, {false, AFNConfirm, 3}: readDenied, // Q/GDW 1376.1-2013 5.1
		{true, AFNLink, 1}: none, {true, AFNLink, 2}: none, {true, AFNLink, 3}: readBeat, // Q/GDW 1376.1-2013 5.3
		{false, AFNQuery, 10}: readMetersAsk, {true, AFNQuery, 10}: readMeters, // Q/GDW 1376.1-2013 5.10
		{false, AFNForward, 1}: readForward, {true, AFNForward, 1}: readForwarded, // Q/GDW 1376.1-2013 5.15
		{true, AFNClass1, 2}:    func(r *reader, _ uint8) Data { return Clock{r.clock()} },
		{true, AFNClass1, 25}:   readLive,
		{true, AFNClass1, 129}:  func(r *reader, _ uint8) Data { return readEnergy(r, false) },
		{true, AFNClass2, 161}:  func(r *reader, _ uint8) Data { return readEnergy(r, true) },
		{false, AFNClass2, 161}: func(r *reader, _ uint8) Data { return DayAsk{r.moment(3, "A.20")} },
	}
	for _, up := range []bool{true, false} {
		out[kind{up, AFNConfirm, 1}], out[kind{up, AFNConfirm, 2}] = none, none
	}
	for _, f := range []uint8{2, 25, 129} {
		out[kind{false, AFNClass1, f}] = none
	}
	for f := range curves {
		out[kind{true, AFNClass2, f}], out[kind{false, AFNClass2, f}] = readCurve, readCurveAsk
	}
	return out
}()

// Clock is the terminal's clock, F2 of class 1, or what a heartbeat tells.
type Clock struct{ Time time.Time }

func (c Clock) write(w *writer, _ Unit) { w.clock(c.Time) }

// readBeat: a heartbeat of the edition of 2013 tells the terminal's time, one of 2009 does not. Q/GDW 1376.1-2013 5.3
func readBeat(r *reader, _ uint8) Data {
	if len(r.b) == 0 {
		return nil
	}
	return Clock{r.clock()}
}

// Denied answers each unit of a message for itself, F3 of AFN 00.
type Denied struct {
	AFN   AFN
	Units []DeniedUnit
}

// DeniedUnit names a unit by its bytes, and what is wrong with it; 0: nothing.
type DeniedUnit struct {
	Name [4]byte
	Err  uint8
}

func readDenied(r *reader, _ uint8) Data {
	d := Denied{AFN: AFN(r.byte("5.1"))}
	for len(r.b) > 0 && r.err == nil {
		b := r.take(5, "5.1")
		d.Units = append(d.Units, DeniedUnit{[4]byte(b[:4]), b[4]})
	}
	return d
}

func (d Denied) write(w *writer, _ Unit) {
	w.byte(uint8(d.AFN))
	for _, u := range d.Units {
		w.b = append(append(w.b, u.Name[:]...), u.Err)
	}
}
