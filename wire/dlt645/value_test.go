package dlt645

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestValues: identifiers of every family, from bytes to numbers and back.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		di   DI
		data string
		want string // values parted by ;
	}{
		{0x00010000, "30930701", "10793.30 kWh"}, {0x00000000, "00000080", "0.00 kWh"}, {0x00000000, "30930781", "-10793.30 kWh"},
		{0x0001FF00, "3093070100010000ffffffff", "10793.30 kWh;1.00 kWh;-"}, {0x000100FF, "0100000002000000", "0.01 kWh;0.02 kWh"},
		{0x00030000, "01000080", "-0.01 kvarh"}, {0x00090000, "99999999", "999999.99 kVAh"}, {0x00150000, "01000000", "0.01 kWh"}, {0x00810000, "01000000", "0.01 kWh"}, {0x00C2000C, "01000000", "0.01 kWh"}, {0x00463F0C, "01000000", "0.01 kVAh"},
		{0x01010000, "5634121514031115", "12.3456 kW"}, {0x0101FF00, "56341215140311150000000000000000", "12.3456 kW;0.0000 kW"},
		{0x02010100, "0422", "220.4 V"}, {0x0201FF00, "0422ffffffff", "220.4 V;-;-"}, {0x02020100, "560400", "0.456 A"}, {0x02020200, "560480", "-0.456 A"},
		{0x0202FF00, "560400000000000080", "0.456 A;0.000 A;0.000 A"}, {0x02030000, "563412", "12.3456 kW"}, {0x0203FF00, "563412000000000000563492", "12.3456 kW;0.0000 kW;0.0000 kW;-12.3456 kW"},
		{0x02040000, "010080", "-0.0001 kvar"}, {0x02050000, "010000", "0.0001 kVA"}, {0x02060000, "0010", "1.000"}, {0x02060100, "5089", "-0.950"}, {0x0206FF00, "0010", "1.000"},
		{0x02070100, "9935", "359.9 °"}, {0x02080100, "5001", "1.50 %"}, {0x020A0115, "0100", "0.01 %"}, {0x020A01FF, "01000200", "0.01 %;0.02 %"},
		{0x02800001, "010000", "0.001 A"}, {0x02800002, "0050", "50.00 Hz"}, {0x02800007, "0582", "-20.5 °C"}, {0x02800008, "6003", "3.60 V"}, {0x0280000A, "01000000", "1 min"},
		{0x04000101, "02031115", "2015-11-03"}, {0x04000102, "091514", "14:15:09"}, {0x04000103, "15", "15 min"}, {0x04000401, "010000010110", "100101000001"},
		{0x04000404, "003056303232", "220V0"}, {0x04000409, "003200", "3200 imp/kWh"}, {0x04000501, "0100", "1"}, {0x040005FF, "01000200030004000500060007ff", "1;10;11;100;101;110;1111111100000111"},
		{0x04000A02, "1500", "15 min"}, {0x04000B01, "0001", "0100"}, {0x04000B01, "9999", "9999"},
		{0x05060001, "0000031115", "2015-11-03 00:00"}, {0x05060101, "3093070100010000", "10793.30 kWh;1.00 kWh"}, {0x05000901, "5634121514031115", "12.3456 kW"},
		{0x05041001, "563412000000", "12.3456 kW;0.0000 kW"},
	} {
		b := unhex(t, c.data)
		vals, err := Values(c.di, b)
		if err != nil {
			t.Errorf("%s %s: %v", c.di, c.data, err)
			continue
		}
		var got []string
		var back []byte
		for _, v := range vals {
			got = append(got, v.String())
			if v.Info.Name.Zh == "" || v.Info.Name.En == "" || v.Info.Clause == "" {
				t.Errorf("%s: no name or clause: %+v", v.DI, v.Info)
			}
			if back, err = v.Append(back); err != nil {
				t.Errorf("%s: %v", v.DI, err)
			}
		}
		if s := strings.Join(got, ";"); s != c.want {
			t.Errorf("%s %s: %s, want %s", c.di, c.data, s, c.want)
		}
		if again, err := Values(c.di, back); err != nil || !slices.EqualFunc(again, vals, same) {
			t.Errorf("%s: printed %x, reads back as %v, %v", c.di, back, again, err)
		}
	}
}

func same(a, b Value) bool {
	return a.DI == b.DI && a.Absent == b.Absent && a.Num == b.Num && a.Time.Equal(b.Time) && a.Text == b.Text
}

// TestValuesRefused: what is not BCD, or not as long as its identifier says, is no reading.
func TestValuesRefused(t *testing.T) {
	for _, c := range []struct {
		di   DI
		data string
		at   int
	}{
		{0x00010000, "3093070a", 3}, {0x00010000, "a0930701", 0}, {0x00010000, "309307", 0}, {0x00010000, "3093070100", 4},
		{0x00010000, "", 0}, {0x0001FF00, "30930701ff930701", 4}, {0x02010100, "0fff", 1}, {0x0201FF00, "0422042204220422", 8}, {0x02020100, "5604ba", 2},
		{0x01010000, "5634121514321115", 3}, {0x01010000, "563412151403ff15", 6}, {0x04000101, "07031115", 0}, {0x04000101, "02311115", 1},
		{0x04000102, "600000", 0}, {0x04000401, "0100000101f0", 5}, {0x04000404, "073056303232", 0}, {0x05060001, "0000321115", 0}, {0x04000A02, "15a0", 1},
		{0x00FF0000, "01000000", 0}, {0x00FFFF00, "01000000", 0}, {0x07000000, "00", 0}, {0x000B0000, "01000000", 0}, {0x00870000, "01000000", 0}, {0x00810100, "01000000", 0}, {0x03010101, "00", 0}, {0x0506FF01, "00", 0},
	} {
		vals, err := Values(c.di, unhex(t, c.data))
		var e *Error
		if !errors.As(err, &e) || vals != nil {
			t.Errorf("%s %s: %v, %v", c.di, c.data, vals, err)
			continue
		}
		if e.Offset != c.at || e.Reason.Zh == "" || e.Reason.En == "" {
			t.Errorf("%s %s: %v, want offset %d", c.di, c.data, err, c.at)
		}
	}
	for _, v := range []Value{
		{Info: Info{Format: energyFormat}, Num: 100_000_000}, {Info: Info{Format: energyFormat}, Num: -1},
		{Info: Info{Format: activeFormat}, Num: 800_000}, {Info: Info{Format: Format{Kind: Text, Bytes: 2}}, Text: "abc"},
		{Info: Info{Format: Format{Kind: Digits, Bytes: 2}}, Text: "123"},
	} {
		if b, err := v.Append(nil); err == nil {
			t.Errorf("%+v prints as %x", v, b)
		}
	}
}

// TestEveryIdentifierHasItsFormat walks over all identifiers that are known.
func TestEveryIdentifierHasItsFormat(t *testing.T) {
	n := 0
	for k := range DI(256 * 0x41 * 0x21) { // DI1 and DI0 go no further in any table
		for _, family := range []DI{0, 1, 2, 4, 5} {
			d := family<<24 | k/(0x41*0x21)<<16 | k/0x21%0x41<<8 | k%0x21
			i, err := Lookup(d)
			if err != nil {
				continue
			}
			n++
			if i.Format.Bytes < 1 || i.Name.Empty() || i.Clause == "" {
				t.Fatalf("%s: %+v", d, i)
			}
		}
	}
	if n < 30_000 {
		t.Errorf("only %d identifiers are known", n)
	}
}

func TestEnergy1997(t *testing.T) {
	for _, c := range []struct {
		di   uint16
		data string
		want string
	}{
		{0x9010, "30930701", "00010000 10793.30 kWh"}, {0x9011, "01000000", "00010100 0.01 kWh"}, {0x902F, "0100000002000000aa", "00020000 0.01 kWh;00020100 0.02 kWh"},
		{0x9110, "01000000", "00030000 0.01 kvarh"}, {0x9140, "01000000", "00080000 0.01 kvarh"}, {0x9410, "01000000", "00000000 0.01 kWh"}, {0x9810, "ffffffff", "00000000 -"},
	} {
		vals, err := Energy1997(c.di, unhex(t, c.data))
		var got []string
		for _, v := range vals {
			got = append(got, v.DI.String()+" "+v.String())
		}
		if s := strings.Join(got, ";"); err != nil || s != c.want {
			t.Errorf("%04X: %s, %v, want %s", c.di, s, err, c.want)
		}
	}
	for di, data := range map[uint16]string{0x9010: "3093070a", 0x901F: "3093", 0xB611: "2200", 0x9030: "01000000", 0x9170: "01000000", 0x9012: "0100000001000000"} {
		if vals, err := Energy1997(di, unhex(t, data)); err == nil {
			t.Errorf("%04X: %v", di, vals)
		}
	}
}

func TestLoadRecords(t *testing.T) {
	at := time.Date(2015, 11, 3, 14, 15, 0, 0, China())
	all := map[DI]int64{}
	for i, class := range loadItems {
		for k, d := range class {
			all[d] = int64(100*i + k)
		}
	}
	full, err := NewLoad(at, all)
	if err != nil {
		t.Fatal(err)
	}
	some, err := NewLoad(at.Add(15*time.Minute), map[DI]int64{0x00010000: 1079330})
	if err != nil {
		t.Fatal(err)
	}
	bad := some
	bad.Bad = true
	var data []byte
	for _, r := range []LoadRecord{full, some, bad} {
		if data, err = r.Append(data); err != nil {
			t.Fatal(err)
		}
	}
	if len(data) != 103+2*(2+1+5+6+16+2) {
		t.Errorf("%d bytes: a full record has 103", len(data))
	}
	got, err := LoadRecords(LoadFrom, data)
	if err != nil || len(got) != 3 {
		t.Fatalf("%d records, %v", len(got), err)
	}
	for d, want := range all {
		if v, ok := got[0].Find(d); !ok || v.Num != want {
			t.Errorf("%s: %v %v, want %d", d, v, ok, want)
		}
	}
	if v, ok := got[1].Find(0x00010000); !ok || v.Num != 1079330 || !got[1].Time.Equal(at.Add(15*time.Minute)) {
		t.Errorf("%v %v at %v", v, ok, got[1].Time)
	}
	if _, ok := got[1].Find(0x00020000); ok || !got[2].Bad || got[1].Bad {
		t.Error("absent or bad")
	}
	var back []byte
	for _, r := range got {
		if back, err = r.Append(back); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(back, data) {
		t.Errorf("prints as %x, was %x", back, data)
	}
	for i := range data[:103] { // a change of any byte is found: by the record's own sum, or by its form
		for _, x := range []byte{1, 0x80, 0xFF} {
			b := bytes.Clone(data[:103])
			b[i] ^= x
			if r, err := LoadRecords(LoadFrom, b); err == nil {
				t.Fatalf("byte %d changed: %+v", i, r)
			}
		}
	}
	for n := 1; n < 103; n++ {
		if _, err := LoadRecords(LoadFrom, data[:n]); err == nil {
			t.Errorf("cut to %d bytes it is taken", n)
		}
	}
}

// TestLoadOfOneClass: meters send a class that was asked for alone, with all separators, some or none.
func TestLoadOfOneClass(t *testing.T) {
	for _, body := range []string{"AAAAAA" + "30930701ffffffffffffffffffffffff" + "AAAAAA", "30930701000000000000000000000000" + "AA", "30930701000000000000000000000000"} {
		b := append([]byte{0xA0, 0xA0, 0}, unhex(t, "1514031115"+body)...)
		b[2] = byte(len(b) - 3)
		b = append(b, Checksum(b), 0xE5)
		recs, err := LoadRecords(LoadClass(LoadLatest, 4), b)
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if v, ok := recs[0].Find(0x00010000); !ok || v.Num != 1079330 {
			t.Errorf("%s: %v %v", body, v, ok)
		}
		if back, err := recs[0].Append(nil); err != nil || !bytes.Equal(back, b) {
			t.Errorf("%s: prints as %x, %v", body, back, err)
		}
	}
}

func TestFollowing(t *testing.T) {
	data := bytes.Repeat([]byte{1, 2, 3, 4, 5}, 150)
	first, rest := SplitAnswer(LoadFrom, data)
	if !first.More || len(rest) != 3 || rest[2].More {
		t.Fatalf("%d following frames", len(rest))
	}
	var g Gather
	_, done := g.Start(first)
	for i := 0; !done; i++ {
		q, ok := g.Next()
		if !ok || q.Seq != uint8(i+1) || q.DI != LoadFrom {
			t.Fatalf("asks for %+v", q)
		}
		var err error
		var got []byte
		if got, done, err = g.Add(rest[i]); err != nil {
			t.Fatal(err)
		}
		if done && !bytes.Equal(got, data) {
			t.Error("the data differ")
		}
	}
	if _, ok := g.Next(); ok {
		t.Error("it asks for more")
	}
	for name, change := range map[string]func(*AnswerNext){
		"other identifier": func(a *AnswerNext) { a.DI++ }, "other number": func(a *AnswerNext) { a.Seq++ },
	} {
		var g Gather
		g.Start(first)
		a := rest[0]
		change(&a)
		if _, _, err := g.Add(a); err == nil {
			t.Errorf("%s: taken", name)
		}
		if _, _, err := g.Add(rest[0]); err == nil {
			t.Errorf("%s: goes on behind it", name)
		}
	}
	if first, rest := SplitAnswer(1, data[:196]); first.More || rest != nil {
		t.Error("196 bytes need no following frame")
	}
}

func FuzzValues(f *testing.F) {
	f.Add(uint32(0x0001FF00), []byte{1, 2, 3, 4})
	f.Add(uint32(0x0201FF00), []byte{4, 0x22, 0xFF, 0xFF})
	f.Add(uint32(0x05060901), []byte{1, 2, 3, 0x15, 0x14, 3, 0x11, 0x15})
	f.Add(uint32(0x06000001), []byte{0xA0, 0xA0, 11, 0x15, 0x14, 3, 0x11, 0x15, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xC2, 0xE5})
	f.Add(uint32(0x901F), []byte{1, 2, 3, 4, 0xAA})
	f.Fuzz(func(t *testing.T, d uint32, b []byte) {
		if vals, err := Values(DI(d), b); err == nil {
			var back []byte
			for _, v := range vals {
				_ = v.String()
				if back, err = v.Append(back); err != nil {
					t.Fatal(err)
				}
			}
			if again, err := Values(DI(d), back); err != nil || !slices.EqualFunc(again, vals, same) {
				t.Fatalf("%x prints as %x, %v", b, back, err)
			}
		}
		if recs, err := LoadRecords(DI(d), b); err == nil {
			var back []byte
			for _, r := range recs {
				if back, err = r.Append(back); err != nil {
					t.Fatal(err)
				}
			}
			if again, err := LoadRecords(DI(d), back); err != nil || len(again) != len(recs) {
				t.Fatalf("%x prints as %x, %v", b, back, err)
			}
		}
		_, _ = Energy1997(uint16(d), b)
	})
}
