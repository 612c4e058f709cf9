package qgdw1376

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
	"time"
)

var at = time.Date(2015, 11, 20, 9, 30, 0, 0, China())

func terminal(t testing.TB) Address {
	t.Helper()
	a, err := NewAddress("000010100001")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

type sample struct {
	c Control
	m Message
}

// samples are one of each kind.
func samples() []sample {
	curve := func(p uint16, f uint8, v ...int64) Unit { return Unit{p, f, Curve{at, Quarter, v}} }
	ask := CurveAsk{at, Quarter, 4}
	line := MeterLine{Number: 1, Point: 2, Port: 0x61, Protocol: 30, Address: "100000000001", Tariffs: 4, Digits: 0x19, Collector: "000000000000", Class: 0x11}
	reports := Say(AFNClass2, 5, true, curve(1, PowerCurve, 12345, -1, None), curve(1, VoltageCurve, 2204, None, 2198), curve(1, EnergyCurve, 1234567, 1234568, None), curve(2040, 105, -1000))
	reports.Events, reports.Tag = &Events{3, 4}, &Tag{Count: 9, Second: 1, Minute: 2, Hour: 23, Day: 31, Delay: 5}
	part := Say(AFNClass1, 7, false, Unit{8, 25, Live{Read: at, Active: [4]int64{1, 2, 3, None}, Voltage: [3]int64{2200, None, None}, Current: [4]int64{-5, 0, None, None}}})
	part.Last = false
	return []sample{
		{Link, Say(AFNLink, 0, true, Unit{F: 1})}, {Link, Say(AFNLink, 1, true, Unit{F: 2})}, {Link, Say(AFNLink, 2, true, Unit{F: 3})},
		{Link, Say(AFNLink, 2, true, Unit{F: 3, Data: Clock{at}})}, {LinkConfirm, AnswerOK(2)}, {Confirm, AnswerNo(15)},
		{Answer, Say(AFNConfirm, 1, false, Unit{F: 3, Data: Denied{AFNClass2, []DeniedUnit{{[4]byte{1, 1, 1, 10}, 1}}}})},
		{Ask2, Say(AFNClass2, 3, false, Unit{1, EnergyCurve, ask}, Unit{9, PowerCurve, ask})}, {Report, reports}, {Answer, part},
		{Ask1, Say(AFNClass1, 3, false, Unit{1, 129, nil}, Unit{0, 2, nil})},
		{Answer, Say(AFNClass1, 3, false, Unit{1, 129, Energy{Read: at, Total: 1234_5678, Tariffs: []int64{1, 2, None, 4}}}, Unit{0, 2, Clock{at}})},
		{Ask2, Say(AFNClass2, 3, false, Unit{1, 161, DayAsk{at.Truncate(24 * time.Hour).Add(-8 * time.Hour)}})},
		{Answer, Say(AFNClass2, 3, false, Unit{1, 161, Energy{Day: time.Date(2015, 11, 19, 0, 0, 0, 0, China()), Total: None, Tariffs: []int64{}}})},
		{Ask1, Say(AFNQuery, 4, false, Unit{F: 10, Data: MetersAsk{[]uint16{1, 2, 3}}})},
		{Answer, Say(AFNQuery, 4, false, Unit{F: 10, Data: Meters{[]MeterLine{line}}})},
	}
}

func frames(t testing.TB) (out [][]byte) {
	t.Helper()
	for i, s := range samples() {
		f, err := Encode(s.c, terminal(t), s.m)
		if err != nil {
			t.Fatalf("sample %d: %v", i, err)
		}
		raw, err := f.Append(nil)
		if err != nil {
			t.Fatalf("sample %d: %v", i, err)
		}
		out = append(out, raw)
	}
	return out
}

// TestThereAndBack: every kind of message is read as it was written.
func TestThereAndBack(t *testing.T) {
	for i, raw := range frames(t) {
		f, n, err := Parse(raw)
		if err != nil || n != len(raw) {
			t.Fatalf("sample %d: %v", i, err)
		}
		m, err := Decode(f)
		want := samples()[i].m
		if err != nil || !reflect.DeepEqual(m.Units, want.Units) || m.AFN != want.AFN || m.Seq != want.Seq || m.First != want.First || m.Last != want.Last || m.Confirm != want.Confirm || !reflect.DeepEqual(m.Events, want.Events) || !reflect.DeepEqual(m.Tag, want.Tag) {
			t.Errorf("sample %d: %v\n%+v\n%+v", i, err, m, want)
		}
		if f.Addr.String() != "000010100001" {
			t.Errorf("sample %d: address %s", i, f.Addr)
		}
	}
}

// TestWorkedFrames: bytes reckoned by hand from the standard's layout, and a clock that another project's test states.
func TestWorkedFrames(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		want      Unit
	}{
		{"login", "6832003200 68 C9 0101 0100 00 02 70 0000 0100 3F 16", Unit{F: 1}},
		{"clock, as a public project states it", "684a004a0068cb91910400000c64000002000039071743151216", Unit{0, 2, Clock{time.Date(2015, 3, 17, 7, 39, 0, 0, China())}}},
		{"a point of the energy curve", "687E007E00 68 88 0101 0100 00 0D 60 0201 1001 1509201115 01 03 78563412 EEEEEEEE 00000000 F3 16", Unit{2, 13, nil}},
		{"a point of the energy curve", "687E007E00 68 88 0101 0100 00 0D 60 0201 100C 1509201115 01 03 78563412 EEEEEEEE 00000000 FE 16",
			Unit{2, 101, Curve{time.Date(2015, 11, 20, 9, 15, 0, 0, China()), Quarter, []int64{12345678, None, 0}}}},
	} {
		raw, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(c.hex), []byte(" "), nil)))
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) > 26 { // the check of the long ones is reckoned here
			raw[len(raw)-2] = sum(raw[6 : len(raw)-2])
		}
		f, _, err := Parse(raw)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		m, err := Decode(f)
		if c.want.F == 13 {
			if !errors.Is(err, ErrUnsupported) {
				t.Errorf("an unknown class: %v", err)
			}
			continue
		}
		if err != nil || len(m.Units) != 1 || !reflect.DeepEqual(m.Units[0], c.want) {
			t.Errorf("%s: %v %+v", c.name, err, m.Units)
		}
		if back, err := f.Append(nil); err != nil || !bytes.Equal(back, raw) {
			t.Errorf("%s printed: %X %v", c.name, back, err)
		}
	}
}

// TestManyNamed: one identifier names two points and two classes; the classes of a point stand together.
func TestManyNamed(t *testing.T) {
	f := Frame{Control: Ask1, Addr: terminal(t), Data: []byte{0x0C, 0x61, 0x81, 0x02, 0x01, 0x10, 0, 0, 2, 0}}
	m, err := Decode(f)
	want := []Unit{{9, 129, nil}, {16, 129, nil}, {0, 2, nil}}
	if err != nil || !reflect.DeepEqual(m.Units, want) {
		t.Errorf("%v %+v", err, m.Units)
	}
}

// TestRefused: what is malformed is refused at its place and clause.
func TestRefused(t *testing.T) {
	head := []byte{0x0D, 0x60, 1, 1, 0x10, 0x0C}
	point := []byte{0x15, 0x09, 0x20, 0x11, 0x15, 1, 1, 0x78, 0x56, 0x34, 0x12}
	with := func(i int, x byte) []byte {
		b := bytes.Clone(append(bytes.Clone(head), point...))
		b[i] = x
		return b
	}
	for _, c := range []struct {
		name   string
		data   []byte
		clause string
		offset int
	}{
		{"no unit", head[:2], "4.3.4.4", 14},
		{"half an identifier", head[:4], "4.3.4.4", 16},
		{"no curve", head, "A.15", 18},
		{"month 13", with(9, 0x13), "A.15", 18},
		{"not BCD", with(13, 0x7A), "A.11", 25},
		{"density 0", with(11, 0), "annex C", 18},
		{"no points", with(12, 0), "annex C", 18},
		{"two points told, one there", with(12, 2), "A.11", 29},
		{"a point that is none", with(3, 0), "4.3.4.4.1", 14},
		{"no class", with(4, 0), "4.3.4.4.2", 16},
		{"a byte behind", append(with(0, 0x0D), 0), "4.3.4.4", 30},
		{"time tag missing", []byte{0x0D, 0xE0, 1, 1, 0x10}, "4.3.4.6.3", 17},
	} {
		_, err := Decode(Frame{Control: Answer, Addr: terminal(t), Data: c.data})
		var e *Error
		if !errors.As(err, &e) || e.Clause != c.clause || e.Offset != c.offset || e.Reason.Zh == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := Encode(Ask2, terminal(t), Say(AFNClass2, 0, false, Unit{1, EnergyCurve, DayAsk{at}})); err == nil {
		t.Error("data of another class were printed")
	}
	for _, s := range []string{"", "000010100000", "000010165535", "001010100001", "00001010000x", "+00010100001"} {
		if a, err := NewAddress(s); err == nil {
			t.Errorf("address %q is taken as %s", s, a)
		}
	}
}

// TestGather: frames of an answer are put together in their order, and in no other.
func TestGather(t *testing.T) {
	part := func(seq uint8, first, last bool) Message {
		return Message{AFN: AFNClass2, Seq: seq, First: first, Last: last, Units: []Unit{{uint16(seq), EnergyCurve, nil}}}
	}
	var g Gather
	for i, m := range []Message{part(15, true, false), part(0, false, false), part(1, false, true)} {
		whole, done, err := g.Add(m)
		if err != nil || done != (i == 2) || done && (len(whole.Units) != 3 || whole.Units[1].Point != 0) {
			t.Fatalf("frame %d: %+v %v %v", i, whole, done, err)
		}
	}
	for _, m := range []Message{part(3, false, true), part(9, false, false)} {
		if _, _, err := g.Add(part(1, true, false)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := g.Add(m); err == nil {
			t.Error("a frame out of its turn is taken")
		}
	}
	if whole, done, err := g.Add(part(4, true, true)); err != nil || !done || len(whole.Units) != 1 {
		t.Error("a whole answer is not")
	}
}

// judge feeds bytes to a fresh scanner, step by step, and gives the frames found and how many bytes were refused.
func judge(b []byte, step int) (found []Frame, refused int) {
	var s Scanner
	for len(b) > 0 || s.Pending() > 0 {
		if n := min(step, len(b)); n > 0 {
			s.Feed(b[:n])
			b = b[n:]
		} else {
			s.Abandon()
		}
		for {
			it, ok := s.Next()
			if !ok {
				break
			}
			if it.Refused != nil {
				refused += len(it.Raw)
			} else {
				found = append(found, it.Frame)
			}
		}
	}
	return found, refused
}

// TestEveryFlipIsRefused: no frame with one byte changed is a frame.
func TestEveryFlipIsRefused(t *testing.T) {
	tried := 0
	for k, raw := range frames(t) {
		for i := range raw {
			for x := range 256 {
				if byte(x) == raw[i] {
					continue
				}
				bad := bytes.Clone(raw)
				bad[i] = byte(x)
				tried++
				if found, _ := judge(bad, len(bad)); len(found) > 0 {
					t.Fatalf("frame %d: byte %d set to %02X gives a frame: %+v", k, i, x, found[0])
				}
			}
		}
	}
	t.Logf("%d changes of %d frames, all refused", tried, len(frames(t)))
}

// TestNoise: frames in noise are found, whole or byte by byte, and every other byte is accounted for.
func TestNoise(t *testing.T) {
	var in []byte
	noise := []byte{0, 0x68, 0x16, 0x68, 0x32, 0, 0x32, 0, 0x68}
	all := frames(t)
	for _, raw := range all {
		in = append(append(in, noise...), raw...)
	}
	for _, step := range []int{1, 7, len(in)} {
		found, refused := judge(in, step)
		if len(found) != len(all) || refused != len(all)*len(noise) {
			t.Errorf("by %d: %d frames, %d bytes refused", step, len(found), refused)
		}
	}
}

func FuzzFrame(f *testing.F) {
	for _, raw := range frames(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, n, err := Parse(b)
		if err != nil {
			return
		}
		if back, err := fr.Append(nil); err != nil || !bytes.Equal(back, b[:n]) {
			t.Fatalf("%X is printed as %X: %v", b[:n], back, err)
		}
		m, err := Decode(fr)
		if err != nil {
			return
		}
		again, err := Encode(fr.Control, fr.Addr, m)
		if err != nil {
			t.Fatalf("%X cannot be printed again: %v", b[:n], err)
		}
		m2, err := Decode(again)
		if err != nil || !reflect.DeepEqual(m, m2) {
			t.Fatalf("%X is read as %+v and then as %+v: %v", b[:n], m, m2, err)
		}
	})
}
