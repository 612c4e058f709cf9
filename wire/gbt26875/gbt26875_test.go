package gbt26875

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 30, 45, 0, China())

// units are one of each type.
func units() []Unit {
	text := []byte("3#\xb7\xbf") // GB 18030
	return []Unit{
		{SystemState, []Object{{System: 1, Place: 2, State: Working | OnFire | Manual, Time: noon}, {System: 12, State: Reset, Time: noon}}},
		{ComponentState, []Object{{System: 1, Place: 1, Component: 42, Part: 0x00010203, State: Working | OnFire, Text: text, Time: noon}, {Component: 10, State: InFault, Time: noon}}},
		{AnalogValue, []Object{{System: 1, Component: 11, Part: 7, Analog: 6, Value: 253, Time: noon}, {Analog: 3, Value: -105, Time: noon}}},
		{Operation, []Object{{System: 1, Done: 1, Operator: 3, Time: noon}}},
		{SystemVersion, []Object{{System: 1, Major: 2, Minor: 5}}},
		{SystemConfig, []Object{{System: 1, Text: text}}},
		{ComponentConfig, []Object{{System: 1, Component: 42, Part: 9, Text: text}}},
		{SystemTime, []Object{{System: 1, Time: noon}}},
		{DeviceState, []Object{{State: Working | DeviceMainFault, Time: noon}}},
		{DeviceOperation, []Object{{Done: 32, Operator: 1, Time: noon}}},
		{DeviceVersion, []Object{{Major: 1, Minor: 2}}},
		{DeviceConfig, []Object{{Text: text}}},
		{DeviceTime, []Object{{Time: noon}}},
		{AskSystemState, []Object{{System: 1}}}, {AskComponentState, []Object{{System: 1, Component: 42, Part: 7}}}, {AskAnalogValue, []Object{{System: 1, Component: 42, Part: 7}}},
		{AskOperation, []Object{{System: 1, Count: 10, Time: noon}}}, {AskSystemVersion, []Object{{System: 1}}}, {AskSystemConfig, []Object{{System: 1}}}, {AskComponentConfig, []Object{{Part: 3}}},
		{AskSystemTime, []Object{{System: 1}}}, {AskDeviceState, []Object{{}}}, {AskDeviceOperation, []Object{{Count: 5, Time: noon}}}, {AskDeviceVersion, []Object{{}}}, {AskDeviceConfig, []Object{{}}},
		{AskDeviceTime, []Object{{}}}, {ResetDevice, []Object{{}}}, {SetDeviceTime, []Object{{Time: noon}}}, {AskPresence, []Object{{Count: 10}}},
	}
}

func frames(t testing.TB) (out [][]byte) {
	t.Helper()
	for i, u := range units() {
		data, err := u.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		f := Frame{Sequence: uint16(i + 250), Major: 1, Minor: 3, Time: noon, From: Address{1, 2, 3, 4, 5, 6}, To: Address{0, 0, 0, 0, 0, 9}, Command: Send, Data: data}
		raw, err := f.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, raw)
	}
	return out
}

// TestLayout holds one packet to the standard's layout, byte for byte, as it was laid out by hand.
func TestLayout(t *testing.T) {
	const want = "4040" + "0100" + "0100" + "2d1e0c02031a" + "060504030201" + "090000000000" + "3000" + "02" + // control unit
		"0201" + "01" + "01" + "2a" + "03020100" + "0300" + "3323b7bf" + "000000000000000000000000000000000000000000000000000000" + "2d1e0c02031a" + "42" + "2323"
	u := Unit{ComponentState, []Object{{System: 1, Place: 1, Component: 42, Part: 0x00010203, State: Working | OnFire, Text: []byte("3#\xb7\xbf"), Time: noon}}}
	data, err := u.Append(nil)
	if err != nil || len(data) != 48 {
		t.Fatal(len(data), err)
	}
	raw, err := (&Frame{Sequence: 1, Major: 1, Time: noon, From: Address{1, 2, 3, 4, 5, 6}, To: Address{0, 0, 0, 0, 0, 9}, Command: Send, Data: data}).Append(nil)
	if got := hex.EncodeToString(raw); err != nil || got != want {
		t.Errorf("%s, want\n%s, %v", got, want, err)
	}
}

func TestThereAndBack(t *testing.T) {
	list := units()
	for i, raw := range frames(t) {
		f, n, err := Parse(raw)
		if err != nil || n != len(raw) {
			t.Errorf("%v: %v", list[i], err)
			continue
		}
		if out, err := f.Append(nil); err != nil || !bytes.Equal(out, raw) {
			t.Errorf("%x prints as %x, %v", raw, out, err)
		}
		u, err := DecodeUnit(f.Data)
		if err != nil || !reflect.DeepEqual(u, list[i]) {
			t.Errorf("%+v reads back as %+v, %v", list[i], u, err)
		}
		for cut := range len(raw) {
			if _, _, err := Parse(raw[:cut]); !errors.Is(err, ErrShort) {
				t.Errorf("cut to %d: %v", cut, err)
			}
		}
		for cut := range len(f.Data) {
			if u, err := DecodeUnit(f.Data[:cut]); err == nil {
				t.Errorf("%x cut to %d is read as %+v", f.Data, cut, u)
			}
		}
		if _, err := DecodeUnit(append(f.Data, 0)); err == nil {
			t.Errorf("%x with a byte more is read", f.Data)
		}
		a := f.Answer(Confirm, noon, nil)
		back, err := a.Append(nil)
		if g, _, err2 := Parse(back); err != nil || err2 != nil || g.Sequence != f.Sequence || g.From != f.To || g.To != f.From || g.Data != nil {
			t.Errorf("confirmed by %x: %v %v", back, err, err2)
		}
	}
}

// judge feeds bytes to a fresh scanner, step by step, and gives the packets found.
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

// TestEveryChange: no packet with one byte changed is a packet.
func TestEveryChange(t *testing.T) {
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
					t.Fatalf("packet %d: byte %d set to %02X gives %+v", k, i, x, found[0])
				}
			}
		}
	}
	t.Logf("%d changes, all refused", tried)
}

func TestRefused(t *testing.T) {
	good := frames(t)[0]
	sum := func(b []byte) []byte { b[len(b)-3] = Sum(b[2 : len(b)-3]); return b }
	for _, c := range []struct {
		name   string
		change func(b []byte) []byte
		offset int
		clause string
	}{
		{"start", func(b []byte) []byte { b[0] = '#'; return b }, 0, "6.6.2"},
		{"second start", func(b []byte) []byte { b[1] = '#'; return b }, 1, "6.6.2"},
		{"length", func(b []byte) []byte { b[25] = 5; return b }, 24, "6.6.2"},
		{"end", func(b []byte) []byte { b[len(b)-1] = 0; return b }, len(good) - 2, "6.6.2"},
		{"sum", func(b []byte) []byte { b[len(b)-3]++; return b }, len(good) - 3, "6.6.2"},
		{"version", func(b []byte) []byte { b[4] = 2; return sum(b) }, 4, "6.6.2"},
		{"command", func(b []byte) []byte { b[26] = 7; return sum(b) }, 26, "6.6.2"},
		{"month 13", func(b []byte) []byte { b[10] = 13; return sum(b) }, 6, "8.2.2"},
	} {
		_, _, err := Parse(c.change(bytes.Clone(good)))
		var e *Error
		if !errors.As(err, &e) || e.Offset != c.offset || e.Clause != c.clause || e.Reason.Zh == "" {
			t.Errorf("%s: %v, want offset %d, clause %s", c.name, err, c.offset, c.clause)
		}
	}
	for _, c := range []struct{ unit, clause string }{{"", "7"}, {"63", "7"}, {"0901", "8.1"}, {"0100", "8.1"}, {"5b020505", "8.1"}, {"1c0100000000", "8.2.1"}, {"1c010000000020021a", "8.2.2"}} {
		b, err := hex.DecodeString(c.unit)
		if err != nil {
			t.Fatal(c.unit, err)
		}
		_, err = DecodeUnit(b)
		var e *Error
		if !errors.As(err, &e) || e.Clause != c.clause {
			t.Errorf("%s: %v, want clause %s", c.unit, err, c.clause)
		}
	}
	if _, err := (Unit{SystemConfig, []Object{{Text: make([]byte, 256)}}}).Append(nil); err == nil {
		t.Error("a text of 256 bytes is printed")
	}
	if _, err := (Unit{ComponentState, []Object{{Text: make([]byte, 32), Time: noon}}}).Append(nil); err == nil {
		t.Error("a name of 32 bytes is printed")
	}
	if _, err := (Unit{ComponentState, make([]Object, 30)}).Append(nil); err == nil {
		t.Error("objects without a time are printed")
	}
}

func TestNames(t *testing.T) {
	if SystemName(1).Zh != "火灾报警系统" || ComponentName(42).En != "optical smoke detector" || ComponentName(200).Zh != "类型 200" {
		t.Error("names")
	}
	if u, s, ok := AnalogUnit(6); !ok || u != "%{LEL}" || s != 0.1 {
		t.Error("units")
	}
	if _, _, ok := AnalogUnit(0); ok {
		t.Error("a unit of nothing")
	}
	if a, err := ParseAddress("010203040506"); err != nil || a.String() != "010203040506" {
		t.Errorf("%s, %v", a, err)
	}
	for _, bad := range []string{"", "01020304050g", "0102030405"} {
		if a, err := ParseAddress(bad); err == nil {
			t.Errorf("%q is read as %s", bad, a)
		}
	}
}

// TestScannerFindsItsWay: packets between noise, cut anywhere, are all found.
func TestScannerFindsItsWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	good := frames(t)
	for round := range 200 {
		var stream []byte
		for range 20 {
			switch rng.IntN(3) {
			case 0:
				for range rng.IntN(30) {
					if x := byte(rng.Uint32()); x != '@' {
						stream = append(stream, x)
					}
				}
			case 1:
				bad := bytes.Clone(good[rng.IntN(len(good))])
				bad[len(bad)-3] ^= 0x10
				stream = append(stream, bad...)
			}
			stream = append(stream, good[rng.IntN(len(good))]...)
		}
		if found, _ := judge(stream, 1+rng.IntN(50)); len(found) != 20 {
			t.Fatalf("round %d: %d packets of 20", round, len(found))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, raw := range frames(f) {
		fr, _, _ := Parse(raw)
		f.Add(raw, fr.Data)
	}
	f.Fuzz(func(t *testing.T, b, unit []byte) {
		judge(b, 5)
		if fr, n, err := Parse(b); err == nil {
			if out, err := fr.Append(nil); err != nil || !bytes.Equal(out, b[:n]) {
				t.Fatalf("%x prints as %x, %v", b[:n], out, err)
			}
		}
		u, err := DecodeUnit(unit)
		if err != nil {
			return
		}
		out, err := u.Append(nil)
		if len(unit) > maxUnit {
			return
		}
		if v, err2 := DecodeUnit(out); err != nil || err2 != nil || !reflect.DeepEqual(u, v) {
			t.Fatalf("%x prints as %x: %v %v", unit, out, err, err2)
		}
	})
}
