package modbus

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// examples are the exchanges that the specification prints for each function.
var examples = []struct {
	name, ask, answer string
	request           Request
}{
	{"6.1", "0100130013", "0103cd6b05", Request{Function: ReadCoils, Address: 0x13, Quantity: 19}},
	{"6.2", "0200c40016", "0203acdb35", Request{Function: ReadInputs, Address: 0xC4, Quantity: 22}},
	{"6.3", "03006b0003", "0306022b00000064", Request{Function: ReadHolding, Address: 0x6B, Quantity: 3}},
	{"6.4", "0400080001", "0402000a", Request{Function: ReadRegisters, Address: 8, Quantity: 1}},
	{"6.5", "0500acff00", "0500acff00", Request{Function: WriteCoil, Address: 0xAC, Bits: []bool{true}}},
	{"6.6", "0600010003", "0600010003", Request{Function: WriteRegister, Address: 1, Values: []uint16{3}}},
	{"6.11", "0f0013000a02cd01", "0f0013000a", Request{Function: WriteCoils, Address: 0x13, Quantity: 10, Bits: []bool{true, false, true, true, false, false, true, true, true, false}}},
	{"6.12", "100001000204000a0102", "1000010002", Request{Function: WriteRegisters, Address: 1, Quantity: 2, Values: []uint16{10, 0x102}}},
	{"6.16", "16000400f20025", "16000400f20025", Request{Function: MaskRegister, Address: 4, And: 0xF2, Or: 0x25}},
	{"6.17", "1700030006000e00030600ff00ff00ff", "170c00fe0acd00010003000d00ff", Request{Function: ReadWrite, Address: 3, Quantity: 6, To: 14, Values: []uint16{255, 255, 255}}},
	{"6.21", "2b0e0100", "2b0e01010000030016436f6d70616e79206964656e74696669636174696f6e010d50726f6475637420636f64652e020556322e3131", Request{Function: Identify, Code: 1}},
}

func TestExamplesOfTheSpecification(t *testing.T) {
	for _, c := range examples {
		ask := unhex(t, c.ask)
		r, err := ParseRequest(ask)
		if err != nil || !reflect.DeepEqual(r, c.request) {
			t.Errorf("%s: %+v, %v", c.name, r, err)
			continue
		}
		if out, err := c.request.Append(nil); err != nil || !bytes.Equal(out, ask) {
			t.Errorf("%s prints as %x, %v", c.name, out, err)
		}
		raw := unhex(t, c.answer)
		a, err := ParseAnswer(raw, r)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if out, err := a.Append(nil); err != nil || !bytes.Equal(out, raw) {
			t.Errorf("%s prints its answer as %x, %v", c.name, out, err)
		}
		if x, err := ParseAnswer([]byte{ask[0] | 0x80, 2}, r); err != nil || x.Exception != IllegalAddress || x.Exception.Text().Zh == "" {
			t.Errorf("%s: exception %+v, %v", c.name, x, err)
		}
		for n := range len(raw) {
			if _, err := ParseAnswer(raw[:n], r); err == nil {
				t.Errorf("%s: an answer cut to %d is taken", c.name, n)
			}
		}
		if _, err := ParseAnswer(append(bytes.Clone(raw), 0), r); err == nil {
			t.Errorf("%s: an answer with a byte more is taken", c.name)
		}
	}
	a, err := ParseAnswer(unhex(t, "0103cd6b05"), Request{Function: ReadCoils, Quantity: 19})
	if err != nil || len(a.Bits) != 19 || !a.Bits[0] || a.Bits[1] || !a.Bits[18] {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		ask, clause string
		code        Exception
	}{
		{"", "4.1", IllegalFunction}, {"07", "5.1", IllegalFunction}, {"0300000000", "6.3", IllegalValue}, {"030000007e", "6.3", IllegalValue}, {"01000007d1", "6.1", IllegalValue},
		{"03ffff0002", "6.3", IllegalAddress}, {"0500000001", "6.5", IllegalValue}, {"0f00000002020100", "6.11", IllegalValue}, {"0f000000020105", "6.11", IllegalValue},
		{"10000000010400010002", "6.12", IllegalValue}, {"2b0d0100", "6.19", IllegalFunction}, {"2b0e0500", "6.21", IllegalValue}, {"160004", "6.16", IllegalValue}, {"03000000", "6.3", IllegalValue},
	} {
		_, err := ParseRequest(unhex(t, c.ask))
		var e *Error
		if !errors.As(err, &e) || e.Clause != c.clause || e.Exception != c.code || e.Reason.Zh == "" {
			t.Errorf("%s: %v (exception %d), want clause %s and %d", c.ask, err, e.Exception, c.clause, c.code)
		}
	}
	read := Request{Function: ReadCoils, Quantity: 3}
	for _, bad := range []string{"", "0401", "01020101", "010108", "8100", "810101"} {
		if a, err := ParseAnswer(unhex(t, bad), read); err == nil {
			t.Errorf("%s is read as %+v", bad, a)
		}
	}
	if _, err := ParseAnswer(unhex(t, "0600010004"), Request{Function: WriteRegister, Address: 1, Values: []uint16{3}}); err == nil {
		t.Error("a write of another value is taken for done")
	}
	for _, r := range []Request{{Function: WriteRegister, Values: []uint16{1, 2}}, {Function: ReadHolding, Quantity: 126}, {Function: WriteRegisters, Values: make([]uint16, 124)}, {Function: 99}} {
		if out, err := r.Append(nil); err == nil {
			t.Errorf("%+v prints as %x", r, out)
		}
	}
}

func TestFrames(t *testing.T) {
	raw := unhex(t, "000100000006ff03006b0003")
	f, n, err := ParseFrame(raw)
	if err != nil || n != len(raw) || f.Transaction != 1 || f.Unit != 0xFF {
		t.Fatalf("%+v, %v", f, err)
	}
	if out, err := f.Append(nil); err != nil || !bytes.Equal(out, raw) {
		t.Errorf("%x, %v", out, err)
	}
	for n := range len(raw) {
		if _, _, err := ParseFrame(raw[:n]); !errors.Is(err, ErrShort) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	for _, bad := range []string{"000100010006ff03006b0003", "0001000000010303", "0001000000ff03"} {
		if _, _, err := ParseFrame(unhex(t, bad)); err == nil || errors.Is(err, ErrShort) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	var s Scanner
	found := 0
	for _, b := range bytes.Repeat(raw, 5) {
		s.Feed([]byte{b})
		if g, err := s.Next(); err == nil {
			found++
			if !reflect.DeepEqual(g, f) {
				t.Errorf("%+v", g)
			}
		}
	}
	if found != 5 {
		t.Errorf("%d frames of 5", found)
	}
	if _, err := (Frame{PDU: make([]byte, 254)}).Append(nil); err == nil {
		t.Error("254 bytes are printed")
	}
}

func TestFields(t *testing.T) {
	for _, c := range []struct {
		field string
		regs  []uint16
		want  float64
	}{
		{"3:0:int16", []uint16{0xFFFE}, -2},
		{"3:0:int16:*0.1+-40", []uint16{650}, 25},
		{"4:100:float32", []uint16{0x41C8, 0x0000}, 25},
		{"4:100:float32:CDAB", []uint16{0x0000, 0x41C8}, 25},
		{"4:100:float32:BADC", []uint16{0xC841, 0x0000}, 25},
		{"4:100:float32:DCBA", []uint16{0x0000, 0xC841}, 25},
		{"3:8:uint32", []uint16{1, 2}, 65538},
		{"3:8:int32:CDAB:*0.5", []uint16{0xFFFE, 0xFFFF}, -1},
		{"3:8:int64", []uint16{0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}, -1},
		{"3:8:uint64:DCBA", []uint16{0x0100, 0, 0, 0}, 1},
		{"3:8:float64", []uint16{0x4039, 0, 0, 0}, 25},
		{"2:17:bit", []uint16{1}, 1},
	} {
		f, err := ParseField(c.field)
		if err != nil {
			t.Errorf("%s: %v", c.field, err)
			continue
		}
		if v := f.Value(c.regs); math.Abs(v-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", c.field, v, c.want)
		}
		if regs, err := f.Put(c.want); err != nil || !reflect.DeepEqual(regs, c.regs) {
			t.Errorf("%s: %v prints as %04X, %v", c.field, c.want, regs, err)
		}
		if g, err := ParseField(f.String()); err != nil || g != f {
			t.Errorf("%s prints as %s", c.field, f)
		}
	}
	for _, bad := range []string{"", "3:0", "5:0:int16", "3:65536:int16", "3:65535:int32", "3:0:bit", "1:0:int16", "3:0:int16:XYZW", "3:0:int16:*0", "3:0:int16:*a", "3:0:int16:*1+b", "3:0:int16:*NaN", "3:0:int16:*1:ABCD", "3:0:int16:ABCD:ABCD"} {
		if f, err := ParseField(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, f)
		}
	}
	if _, err := (Field{Kind: Int16, Order: ABCD, Scale: 1}).Put(40000); err == nil {
		t.Error("an int16 of 40000 is printed")
	}
}

func FuzzPDU(f *testing.F) {
	for _, c := range examples {
		f.Add(unhex(f, c.ask), unhex(f, c.answer))
	}
	f.Fuzz(func(t *testing.T, ask, answer []byte) {
		_, _, _ = ParseFrame(ask)
		r, err := ParseRequest(ask)
		if err != nil {
			return
		}
		if out, err := r.Append(nil); err != nil || !bytes.Equal(out, ask) {
			t.Fatalf("%x prints as %x, %v", ask, out, err)
		}
		a, err := ParseAnswer(answer, r)
		if err != nil {
			return
		}
		if out, err := a.Append(nil); err != nil || !bytes.Equal(out, answer) {
			t.Fatalf("%x prints as %x, %v", answer, out, err)
		}
	})
}

func FuzzField(f *testing.F) {
	f.Add("3:8:uint32:CDAB:*0.001+1")
	f.Fuzz(func(t *testing.T, s string) {
		x, err := ParseField(s)
		if err != nil {
			return
		}
		if y, err := ParseField(x.String()); err != nil || x != y {
			t.Fatalf("%q prints as %q: %v", s, x.String(), err)
		}
	})
}
