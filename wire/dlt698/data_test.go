package dlt698

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestData: every type there and back, from bytes written by hand after the standard.
func TestData(t *testing.T) {
	for _, c := range []struct{ hex, what string }{
		{"00", "null"},
		{"0100", "empty array"},
		{"0102110112ffff", "array of two types"},
		{"02020a0548484d4530160a", "structure"},
		{"0300", "false"}, {"0301", "true"},
		{"0410a55a", "bit-string of 16"}, {"0403e0", "bit-string of 3"}, {"0400", "empty bit-string"},
		{"05ffffffff", "double-long -1"}, {"06ffffffff", "double-long-unsigned"},
		{"0903010203", "octet-string"}, {"0900", "empty octet-string"},
		{"0a0548656c6c6f", "visible-string"}, {"0c06e6b5b7e6b2b3", "UTF8-string"},
		{"0f80", "integer"}, {"108000", "long"}, {"11ff", "unsigned"}, {"12ffff", "long-unsigned"},
		{"148000000000000000", "long64"}, {"15ffffffffffffffff", "long64-unsigned"}, {"16ff", "enum"},
		{"173f800000", "float32"}, {"183ff0000000000000", "float64"},
		{"1907e10510020015190000", "date_time"}, {"1a07e1051002", "date"}, {"1b001519", "time"}, {"1c07e10510001519", "date_time_s"},
		{"502000", "OI"}, {"5120000200", "OAD"}, {"5250020200022021020000100201", "ROAD"}, {"5340007f00", "OMD"},
		{"5401000f", "TI"}, {"550705000000000001", "TSA"}, {"5604deadbeef", "MAC"}, {"570100", "RN"},
		{"580012000012ffff", "Region"}, {"59fe1b", "Scaler_Unit"},
		{"5a00", "RSD 0"}, {"5a01202102001c07e10510000000", "RSD 1"},
		{"5a02202102001c07e105100000001c07e1051100000054010001", "RSD 2"},
		{"5a0301202102001c07e105100000001c07e1051100000000", "RSD 3"},
		{"5a0507e1051000000001", "RSD 5"}, {"5a0707e1051000000007e1051100000001000f030107050000000000011", "bad"},
		{"5a0707e1051000000007e1051100000001000f03010705000000000001", "RSD 7 with addresses"},
		{"5a0903", "RSD 9"}, {"5a0a0300", "RSD 10"},
		{"5b0020000200", "CSD OAD"}, {"5b015002020002202102000010020100", "bad"}, {"5b0150020200022021020000100201", "CSD ROAD"},
		{"5c00", "MS none"}, {"5c01", "MS all"}, {"5c02020102", "MS types"}, {"5c03010705000000000001", "MS addresses"},
		{"5c040200010002", "MS numbers"}, {"5c0501001101110a", "MS user types"}, {"5c060102550201015502010a", "MS addresses in"},
		{"5c070102120001120010", "MS numbers in"},
		{"5d000000010101", "SID"}, {"5e000000010101020304", "SID_MAC"}, {"5f0602080100", "COMDCB"},
		{"6000", "empty RCSD"}, {"600200202a02000150020200022021020000100201", "RCSD"},
	} {
		if len(c.hex)%2 != 0 {
			continue
		}
		b := unhex(t, c.hex)
		d, err := ParseData(b)
		if c.what == "bad" {
			if err == nil {
				t.Errorf("%s is taken", c.hex)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if out, err := d.Append(nil); err != nil || !bytes.Equal(out, b) {
			t.Errorf("%s: %s prints as %x, %v", c.what, c.hex, out, err)
		}
		for n := range len(b) {
			if _, err := ParseData(b[:n]); err == nil {
				t.Errorf("%s: cut to %d bytes it is taken", c.what, n)
			}
		}
	}
}

func TestDataRefused(t *testing.T) {
	deep := strings.Repeat("0101", 30) + "00"
	for hex, want := range map[string]string{
		"07": "type", "08": "type", "0b00": "type", "13": "type", "ff": "type",
		"0980":         "coded length",
		"098500000001": "coded length",
		"0984000000ff": "too early",
		"098300ffff":   "too early",
		"098301000000": "over 65535",
		"0984ffffffff": "over 65535",
		"098201":       "too early",
		"01ff":         "coded length",
		"017f00":       "more elements",
		"0082":         "left over",
		"5406000f":     "no such choice",
		"5a0b":         "no such choice",
		"5b02":         "no such choice",
		"5c08":         "no such choice",
		"5500":         "1 to 17",
		deep:           "too deep",
	} {
		_, err := ParseData(unhex(t, hex))
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Reason.En, want) || e.Reason.Zh == "" || e.Clause == "" {
			t.Errorf("%s: %v, want %q", hex, err, want)
		}
	}
	// a short frame must not unfold into a great many values
	wide := append([]byte{1, 0x82, 0x27, 0x10}, make([]byte, 10_000)...)
	if _, err := ParseData(wide); err == nil {
		t.Error("ten thousand values are taken")
	}
}

func TestDataValues(t *testing.T) {
	for _, c := range []struct {
		d    Data
		want int64
		ok   bool
	}{
		{Int(TagInt8, -1), -1, true}, {Int(TagInt16, math.MinInt16), math.MinInt16, true}, {Int(TagInt32, -5), -5, true},
		{Int(TagInt64, math.MinInt64), math.MinInt64, true}, {Int(TagUint8, 255), 255, true}, {Int(TagUint32, 1<<32-1), 1<<32 - 1, true},
		{Data{Tag: TagUint64, Num: math.MaxUint64}, -1, false}, {VisibleString("7"), 0, false}, {Null(), 0, false},
	} {
		if v, ok := c.d.Int64(); ok != c.ok || ok && v != c.want {
			t.Errorf("%+v: %d %v", c.d, v, ok)
		}
	}
	if v, ok := (Data{Tag: TagFloat32, Num: 0x3FC00000}).Float64(); !ok || v != 1.5 {
		t.Error("float32", v, ok)
	}
	if s, ok := VisibleString("x").Text(); !ok || s != "x" {
		t.Error("text", s, ok)
	}
	at := time.Date(2016, 2, 29, 23, 59, 58, 7e6, China())
	if got, ok := At(at).Time(); !ok || !got.Equal(at) {
		t.Error("date_time", got, ok)
	}
	if d, ok := Of(At(at)).DateTime(); !ok || d != At(at) {
		t.Error("date_time as data", d, ok)
	}
	for _, bad := range []DateTimeS{{2015, 2, 29, 0, 0, 0}, {2015, 13, 1, 0, 0, 0}, {2015, 1, 1, 24, 0, 0}, {0xFFFF, 1, 1, 0, 0, 0}, {2015, 0xFF, 1, 0, 0, 0}} {
		if got, ok := bad.Time(); ok {
			t.Errorf("%+v is taken for %v", bad, got)
		}
	}
	for _, v := range []any{ROAD{Columns: []OAD{}}, Region{}, RSD{}, CSD{}, MS{}, SID{}, SIDMAC{}, RCSD{}, OAD(7), OMD(7), OI(7), TI{Day, 3}, AtS(at), At(at), TSA{0, 1}} {
		d := Of(v)
		b, err := d.Append(nil)
		if err != nil {
			t.Errorf("%T: %v", v, err)
			continue
		}
		if back, err := ParseData(b); err != nil || back.Tag != d.Tag {
			t.Errorf("%T: %+v %v", v, back, err)
		}
	}
	for _, bad := range []Data{{Tag: 7}, {Tag: TagROAD, Val: RSD{}}, {Tag: TagROAD}, {Tag: TagBitString, Num: 9, Bytes: []byte{1}},
		{Tag: TagDateTime, Bytes: []byte{1}}, {Tag: TagTSA}, Of(RSD{Method: 2}), Of(RSD{Method: 11}), Of(MS{Kind: 8})} {
		if b, err := bad.Append(nil); err == nil {
			t.Errorf("%+v prints as %x", bad, b)
		}
	}
}

// TestAPDUs: services written by hand, there and back.
func TestAPDUs(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want Body
	}{
		{"0100000000b407e0051310080505000000", nil}, // cut wrongly on purpose: one byte too many
		{"01000000b407e00513010805050000", LinkRequest{Period: 180, Time: DateTime{2016, 5, 19, 1, 8, 5, 5, 0}}},
		{"02000010" + strings.Repeat("ff", 24) + "040004000104000000006400" + "00", ConnectRequest{}},
		{"030000", ReleaseRequest{}},
		{"0501014001020000", GetRequest{PIID: 1, Kind: Normal, OADs: []OAD{0x40010200}}},
		{"0502010220000200200102000" + "0", GetRequest{PIID: 1, Kind: NormalList, OADs: []OAD{0x20000200, 0x20010200}}},
		{"050303500402000120210200" + "1c07e00114000000" + "0200202102000000100200" + "00", GetRequest{}},
		{"0505010001" + "00", GetRequest{PIID: 1, Kind: Next, Block: 1}},
		{"06010240000200" + "1c07e00114101b0b" + "00", SetRequest{}},
		{"07010560140000" + "00" + "00", ActionRequest{PIID: 5, Kind: Normal, Items: []ActionItem{{OMD: 0x60140000}}}},
		{"080201016012030000", ReportResponse{PIID: 1, Kind: ReportRecords, OADs: []OAD{Collected}}},
		{"8102" + "80" + strings.Repeat("07e00513010805050000", 3), LinkResponse{}},
		{"85010140010200" + "01" + "0906123456789012" + "0000", GetResponse{}},
		{"85010140010200" + "00" + "04" + "0000", GetResponse{}},
		{"8601024000020000" + "0000", SetResponse{PIID: 2, Kind: Normal, Results: []SetResult{{OAD: ClockOAD}}}},
		{"8801" + "00" + "01" + "33200200" + "01" + "0101" + "5131140200" + "0000", ReportNotification{}},
		{"ee0101" + "0000", ErrorResponse{FromServer: true, PIID: 1, Kind: 1}},
		{"6e0102" + "00", ErrorResponse{PIID: 1, Kind: 2}},
		{"85068540010200" + "00" + "04" + "0000", GetResponse{PIID: 0x85, Kind: MD5, OAD: 0x40010200, Failed: true, DAR: Undefined}},
		{"85060140010200" + "01" + "03aabbcc" + "0000", GetResponse{PIID: 1, Kind: MD5, OAD: 0x40010200, Digest: []byte{0xAA, 0xBB, 0xCC}}},
		{"880301f2010201" + "02" + "0268aa" + "00" + "0000", ReportNotification{PIID: 1, Kind: ReportPassed, OAD: 0xF2010201, Passed: [][]byte{{0x68, 0xAA}, {}}}},
		{"880301f2010201" + "00" + "0000", ReportNotification{PIID: 1, Kind: ReportPassed, OAD: 0xF2010201, Passed: [][]byte{}}},
		{"080301" + "00", ReportResponse{PIID: 1, Kind: ReportPassed}},
	} {
		b := unhex(t, c.hex)
		a, err := ParseAPDU(b)
		if c.want == nil {
			if err == nil {
				t.Errorf("%s is taken", c.hex)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.hex, err)
			continue
		}
		if reflect.TypeOf(a.Body) != reflect.TypeOf(c.want) {
			t.Errorf("%s: is a %T", c.hex, a.Body)
		}
		if !reflect.ValueOf(c.want).IsZero() && !reflect.DeepEqual(a.Body, c.want) {
			if _, partial := c.want.(SetResponse); !partial {
				t.Errorf("%s: %+v, want %+v", c.hex, a.Body, c.want)
			}
		}
		if out, err := a.Append(nil); err != nil || !bytes.Equal(out, b) {
			t.Errorf("%s prints as %x, %v", c.hex, out, err)
		}
	}
}

// TestUnsupported: what is recognised and not spoken says so.
func TestUnsupported(t *testing.T) {
	for _, hex := range []string{"1000", "9000", "0902", "8907", "880600"} {
		_, err := ParseAPDU(unhex(t, hex))
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", hex, err)
		}
	}
	if _, err := ParseAPDU([]byte{77, 0, 0}); err == nil || errors.Is(err, ErrUnsupported) {
		t.Errorf("an unknown APDU: %v", err)
	}
	if _, err := (APDU{Body: GetRequest{Kind: Normal, OADs: []OAD{1}}, Follow: &FollowReport{}}).Append(nil); err == nil {
		t.Error("a client's APDU with a follow report is printed")
	}
}

// TestCurveForms: rows in the forms that terminals use.
func TestCurveForms(t *testing.T) {
	at := DateTimeS{2015, 11, 3, 0, 0, 0}
	u32 := func(v ...int64) (out []Data) {
		for _, x := range v {
			out = append(out, Int(TagUint32, x))
		}
		return out
	}
	tsa, err := MeterTSA("000000000121")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		rec   ResultRecord
		meter string
		want  CurveRow
		bad   bool
	}{
		"a meter by itself, whole arrays": {ResultRecord{OAD: DayFreeze, Cols: Columns(FreezeTime, ForwardEnergy, Voltage),
			Rows: [][]Data{{Of(at), Array(u32(1079330, 203528)...), Array(Int(TagUint16, 2201))}}}, "75",
			CurveRow{Meter: "000000000075", Record: DayFreeze, Energy: 107933000, Power: None, Voltage: 2201}, false},
		"times of collection, ROAD of two arrays": {ResultRecord{OAD: Collected, Cols: RCSD{{OAD: MeterAddress}, {OAD: StartTime}, {OAD: SuccessTime}, {OAD: StoreTime},
			{HasRecord: true, ROAD: ROAD{DayFreeze, []OAD{ForwardEnergy, 0x00200200}}}},
			Rows: [][]Data{{Of(tsa), Of(at), Of(at), Of(at), Array(Array(u32(5, 1, 1)...), Array(u32(9)...))}}}, "",
			CurveRow{Meter: "000000000121", Record: DayFreeze, Energy: 500, Power: None, Voltage: None}, false},
		"an older terminal's address": {ResultRecord{OAD: Collected, Cols: RCSD{{OAD: commAddress}, {OAD: StoreTime}, {OAD: ForwardEnergy}},
			Rows: [][]Data{{OctetString([]byte{0, 0, 0, 1, 0x21}), Of(at), Array(u32(5)...)}}}, "",
			CurveRow{Meter: "000000000121", Energy: 500, Power: None, Voltage: None}, false},
		"nothing was collected": {ResultRecord{OAD: Collected, Cols: RCSD{{OAD: MeterAddress}, {OAD: StoreTime}, {HasRecord: true, ROAD: ROAD{DayFreeze, []OAD{ForwardEnergy}}}},
			Rows: [][]Data{{Of(tsa), Of(at), Null()}}}, "",
			CurveRow{Meter: "000000000121", Energy: None, Power: None, Voltage: None, Quality: Missing}, false},
		"no time":            {ResultRecord{OAD: DayFreeze, Cols: Columns(ForwardEnergy), Rows: [][]Data{{Array(u32(1)...)}}}, "75", CurveRow{}, true},
		"no meter":           {ResultRecord{OAD: DayFreeze, Cols: Columns(FreezeTime), Rows: [][]Data{{Of(at)}}}, "", CurveRow{}, true},
		"text energy":        {ResultRecord{OAD: DayFreeze, Cols: Columns(FreezeTime, ForwardEnergy+1), Rows: [][]Data{{Of(at), VisibleString("5")}}}, "75", CurveRow{}, true},
		"address of letters": {ResultRecord{OAD: Collected, Cols: Columns(commAddress, FreezeTime), Rows: [][]Data{{OctetString([]byte{0xAB}), Of(at)}}}, "", CurveRow{}, true},
		"no address":         {ResultRecord{OAD: Collected, Cols: Columns(commAddress, FreezeTime), Rows: [][]Data{{OctetString(nil), Of(at)}}}, "", CurveRow{}, true},
		"31 February":        {ResultRecord{OAD: DayFreeze, Cols: Columns(FreezeTime), Rows: [][]Data{{Of(DateTimeS{2015, 2, 31, 0, 0, 0})}}}, "75", CurveRow{}, true},
		"ROAD too few":       {ResultRecord{OAD: Collected, Cols: CurveColumns(DayFreeze, false), Rows: [][]Data{{Of(tsa), Array(Of(at))}}}, "", CurveRow{}, true},
		"overflow":           {ResultRecord{OAD: DayFreeze, Cols: Columns(FreezeTime, ForwardEnergy), Rows: [][]Data{{Of(at), Int(TagUint64, math.MaxInt64/10)}}}, "75", CurveRow{}, true},
	} {
		rows, refused := Curves(c.rec, c.meter)
		if c.bad {
			if len(rows) != 0 || len(refused) != 1 {
				t.Errorf("%s: %+v, refused %v", name, rows, refused)
			}
			continue
		}
		if len(rows) != 1 || len(refused) != 0 {
			t.Errorf("%s: %+v, refused %v", name, rows, refused)
			continue
		}
		if want, _ := at.Time(); !rows[0].Time.Equal(want) {
			t.Errorf("%s: time %v", name, rows[0].Time)
		}
		rows[0].Time = time.Time{}
		if rows[0] != c.want {
			t.Errorf("%s: %+v, want %+v", name, rows[0], c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, raw := range own(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, n, err := Parse(b)
		if err != nil {
			return
		}
		if out, err := fr.Append(nil); err != nil || !bytes.Equal(out, b[:n]) {
			t.Fatalf("%x prints as %x, %v", b[:n], out, err)
		}
		judge(b, 7)
	})
}

func FuzzAPDU(f *testing.F) {
	for _, raw := range own(f) {
		fr, _, err := Parse(raw)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(fr.Data)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseAPDU(b)
		if err != nil {
			return
		}
		if out, err := a.Append(nil); err != nil || !bytes.Equal(out, b) {
			unpadded(t, b, out, err, a, func(b []byte) (any, error) { return ParseAPDU(b) })
		}
		if n, ok := a.Body.(ReportNotification); ok {
			for _, rec := range n.Records {
				Curves(rec, "1")
			}
		}
	})
}

func FuzzData(f *testing.F) {
	for _, s := range [][]byte{{1, 2, 17, 1, 18, 255, 255}, {0x5A, 9, 3}, {0x60, 1, 1, 0x50, 2, 2, 0, 1, 0x20, 0x21, 2, 0}, {0x5C, 7, 1, 2, 0x12, 0, 1, 0x12, 0, 16}} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ParseData(b)
		if err != nil {
			return
		}
		if out, err := d.Append(nil); err != nil || !bytes.Equal(out, b) {
			unpadded(t, b, out, err, d, func(b []byte) (any, error) { return ParseData(b) })
		}
	})
}

// unpadded holds a print that differs from what was parsed to the one reason that it may have: lengths lost their padding.
// It is shorter, and it means the same.
func unpadded(t *testing.T, b, out []byte, err error, want any, parse func([]byte) (any, error)) {
	t.Helper()
	if err != nil || len(out) >= len(b) {
		t.Fatalf("%x prints as %x, %v", b, out, err)
	}
	if got, err := parse(out); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%x prints as %x, which is %+v, %v; want %+v", b, out, got, err, want)
	}
}

// TestPaddedLengths: terminals in the field write 82 00 90 where 81 90 would do. They are understood; we print the short form.
func TestPaddedLengths(t *testing.T) {
	long := strings.Repeat("5a", 0x90)
	for in, want := range map[string]string{
		"098101aa":               "0901aa",
		"09820001aa":             "0901aa",
		"09830000" + "01aa":      "0901aa",
		"098400000001aa":         "0901aa",
		"09820090" + long:        "098190" + long,
		"0184000000021101820012": "",
		"0182000211011102":       "010211011102",
		"0482000880":             "040880",
		"5582000705000000000001": "550705000000000001",
	} {
		d, err := ParseData(unhex(t, in))
		if want == "" {
			if err == nil {
				t.Errorf("%.20s is taken", in)
			}
			continue
		}
		if err != nil {
			t.Errorf("%.20s: %v", in, err)
			continue
		}
		if out, err := d.Append(nil); err != nil || !bytes.Equal(out, unhex(t, want)) {
			t.Errorf("%.20s prints as %x, %v", in, out, err)
		}
	}
}
