package dlms

import (
	"bytes"
	"reflect"
	"testing"
	"time"
)

var china = time.FixedZone("CST", 8*3600)

func samples() []APDU {
	clock := At(time.Date(2015, 11, 20, 9, 30, 0, 0, china))
	value := Struct(Octets(clock[:]), Of(TagUint32, 4_000_000_000), Of(TagInt32, -5), Of(TagBoolean, 1), Of(TagInt64, -1), Data{Tag: TagNull}, Data{Tag: TagBitString, Bits: 11, Bytes: []byte{0xFF, 0xE0}},
		Data{Tag: TagCompact, Kind: &Shape{Tag: TagStructure, Of: []Shape{{Tag: TagUint16}, {Tag: TagOctets}}}, Items: []Data{Struct(Of(TagUint16, 7), Octets([]byte{1, 2}))}})
	at := Attribute{Class: ClassProfile, Name: LoadProfile, Number: 2, Select: Between(time.Date(2015, 11, 20, 0, 0, 0, 0, china), time.Date(2015, 11, 20, 9, 0, 0, 0, china))}
	bare := Attribute{Class: ClassRegister, Name: EnergyImport, Number: 2}
	init := InitiateRequest{Version: 6, Conformance: Wanted, MaxAPDU: 1024}
	return []APDU{
		Associate("", init), Associate("12345678", init), Accept(0, InitiateResponse{Version: 6, Conformance: Wanted, MaxAPDU: 512}), RLRQ{}, RLRE{},
		GetRequest{Kind: Normal, Invoke: 0xC1, Of: []Attribute{at}}, GetRequest{Kind: Next, Invoke: 0xC1, Block: 3}, GetRequest{Kind: WithList, Invoke: 1, Of: []Attribute{bare, at}},
		GetResponse{Kind: Normal, Invoke: 0xC1, Results: []Result{{Value: &value}}}, GetResponse{Kind: WithList, Invoke: 0xC1, Results: []Result{{Value: &value}, {Failed: Denied}}},
		GetResponse{Kind: Next, Invoke: 0xC1, Block: Block{Last: true, Number: 4, Bytes: []byte{1, 2}}}, DataNotification{Invoke: 7, Time: &clock, Data: value},
		EventNotification{Of: bare, Value: value}, ServiceError{1, 6, 1}, Exception{State: 1, Service: 6, Counter: 9}, Ciphered{0xD0, 0x30, 5, bytes.Repeat([]byte{7}, 20)},
	}
}

// TestThereAndBack: every kind of message is read as it was written, through the wrapper.
func TestThereAndBack(t *testing.T) {
	var in []byte
	for _, a := range samples() {
		var err error
		if in, err = (Frame{ManagerClient, Management, Encode(a)}).Append(in); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []int{1, 5, len(in)} {
		var s Scanner
		k := 0
		for rest := in; len(rest) > 0; rest = rest[min(step, len(rest)):] {
			s.Feed(rest[:min(step, len(rest))])
			for {
				it, ok := s.Next()
				if !ok {
					break
				}
				if it.Refused != nil {
					t.Fatal(it.Refused)
				}
				a, err := Decode(it.Frame.Data)
				if want := samples()[k]; err != nil || !reflect.DeepEqual(a, want) && !bytes.Equal(Encode(a), Encode(want)) {
					t.Errorf("message %d: %v\n%+v\n%+v", k, err, a, want)
				}
				k++
			}
		}
		if k != len(samples()) || s.Pending() > 0 {
			t.Errorf("by %d: %d messages, %d bytes left", step, k, s.Pending())
		}
	}
}

// TestCutAndChanged: no cut message is one; a changed byte is refused or read as what is printed the same.
func TestCutAndChanged(t *testing.T) {
	tried, refused := 0, 0
	for k, a := range samples() {
		raw := Encode(a)
		for n := range raw {
			if got, err := Decode(raw[:n]); err == nil {
				t.Errorf("message %d cut to %d bytes is %+v", k, n, got)
			}
		}
		for i := range raw {
			for bit := range 8 {
				bad := bytes.Clone(raw)
				bad[i] ^= 1 << bit
				tried++
				got, err := Decode(bad)
				if err != nil {
					refused++
					continue
				}
				if again, err := Decode(Encode(got)); err != nil || !reflect.DeepEqual(got, again) {
					t.Errorf("message %d byte %d: %+v is printed and read as %+v: %v", k, i, got, again, err)
				}
			}
		}
	}
	t.Logf("%d changed messages, %d refused, the others read and printed the same", tried, refused)
}

// TestProfile: rows of an array and of a compact array, with times and values that are left out where they follow from the row before.
func TestProfile(t *testing.T) {
	columns := []Column{{ClassClock, Clock, 2, 0}, {ClassRegister, EnergyImport, 2, 0}}
	cols, err := Columns(Array(columns[0].Data(), columns[1].Data()))
	if err != nil || !reflect.DeepEqual(cols, columns) {
		t.Fatal(cols, err)
	}
	from := time.Date(2015, 11, 20, 0, 15, 0, 0, china)
	clock := At(from)
	null := Data{Tag: TagNull}
	first := Struct(Octets(clock[:]), Of(TagUint32, 10))
	array := Array(first, Struct(null, Of(TagUint32, 12)), Struct(null, null))
	bare := clock
	bare[9], bare[10] = 0x80, 0 // no deviation: the zone of the meter
	compact := Data{Tag: TagCompact, Kind: &Shape{Tag: TagStructure, Of: []Shape{{Tag: TagDateTime}, {Tag: TagUint32}}},
		Items: []Data{Struct(Data{Tag: TagDateTime, Bytes: bare[:]}, Of(TagUint32, 10))}}
	for _, d := range []Data{array, compact} {
		raw := d.Append(nil)
		got, n, err := ParseData(raw)
		if err != nil || n != len(raw) {
			t.Fatal(err)
		}
		rows, err := Rows(got, cols, 15*time.Minute, china)
		if err != nil || len(rows) != len(d.Items) {
			t.Fatal(rows, err)
		}
		for i, want := range []int64{10, 12, 12}[:len(rows)] {
			if v, _ := rows[i].Values[1].Int(); v != want || !rows[i].Time.Equal(from.Add(time.Duration(i)*15*time.Minute)) {
				t.Errorf("row %d: %v at %v", i, v, rows[i].Time)
			}
		}
	}
	for name, d := range map[string]Data{"no array": first, "a column short": Array(Struct(null)), "begins with null": Array(Struct(null, null)), "no time": Array(Struct(Of(TagUint8, 1), null))} {
		if _, err := Rows(d, cols, time.Minute, china); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	if v, ok := (Scale{1, WattHour}).To(123, -1); !ok || v != 12300 {
		t.Error(v, ok)
	}
	if v, ok := (Scale{-3, WattHour}).To(12399, -1); !ok || v != 123 {
		t.Error(v, ok)
	}
	if _, ok := (Scale{18, WattHour}).To(123456, 0); ok {
		t.Error("beyond int64")
	}
	a, b, ok := Between(from, from.Add(time.Hour)).Range(china)
	if !ok || !a.Equal(from) || !b.Equal(from.Add(time.Hour)) {
		t.Error(a, b, ok)
	}
}

// TestBlocks: a long answer in blocks is put together, and in no other order.
func TestBlocks(t *testing.T) {
	v := Octets(bytes.Repeat([]byte{1, 2, 3}, 100))
	parts := Split(0xC1, v, 100)
	if len(parts) != 4 || parts[0].Kind != Next {
		t.Fatal(len(parts))
	}
	var g Blocks
	for i, p := range parts {
		got, done, err := g.Add(p.Block)
		if err != nil || done != (i == 3) || done && !reflect.DeepEqual(got, v) {
			t.Fatal(i, done, err)
		}
	}
	g = Blocks{}
	if _, _, err := g.Add(parts[1].Block); err == nil {
		t.Error("the second block is taken first")
	}
	if o, err := ParseOBIS("1.0.99.1.0.255"); err != nil || o != LoadProfile {
		t.Error(o, err)
	}
	for _, s := range []string{"", "1.0.99.1.0", "1.0.99.1.0.256", "1.0.99.1.0.255x", "01.0.99.1.0.255"} {
		if _, err := ParseOBIS(s); err == nil {
			t.Errorf("%q is read", s)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, a := range samples() {
		f.Add(Encode(a))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(Encode(a))
		if err != nil || !reflect.DeepEqual(a, again) {
			t.Fatalf("%X is read as %+v and then as %+v: %v", b, a, again, err)
		}
	})
}

func FuzzWrapper(f *testing.F) {
	f.Add([]byte{0, 1, 0, 1, 0, 16, 0, 2, 0x62, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, n, err := Parse(b, 0)
		if err != nil {
			return
		}
		if back, err := fr.Append(nil); err != nil || !bytes.Equal(back, b[:n]) {
			t.Fatalf("%X is printed as %X: %v", b[:n], back, err)
		}
	})
}
