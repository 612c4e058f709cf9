package nem12

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const data = "../../../shared/data/grid/nem"

// file reads everything that Next gives.
type file struct {
	records []Record
	refused []*Error
	notices []Notice
	counts  Counts
}

func read(t testing.TB, in io.Reader, lenient bool) (f file) {
	t.Helper()
	r := NewReader(in, Options{Lenient: lenient, Notice: func(n Notice) { f.notices = append(f.notices, n) }})
	for {
		rec, err := r.Next()
		var e *Error
		switch {
		case errors.Is(err, io.EOF):
			f.counts = r.Counts()
			return f
		case errors.As(err, &e):
			if e.Line < 1 || e.Clause == "" || e.Reason.Zh == "" || e.Reason.En == "" {
				t.Fatalf("a refusal without place or reason: %+v", e)
			}
			f.refused = append(f.refused, e)
		case err != nil:
			t.Fatal(err)
		default:
			f.records = append(f.records, rec)
		}
	}
}

// each calls fn with every example file, unpacked.
func each(t *testing.T, fn func(t *testing.T, name string, b []byte)) {
	t.Helper()
	if _, err := os.Stat(data); err != nil {
		t.Skip("no example files here: ../shared/data/grid is absent")
	}
	err := filepath.WalkDir(data, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(data, p)
		if err != nil {
			return err
		}
		if !IsZip(b) {
			fn(t, name, b)
			return nil
		}
		ms, err := Members(bytes.NewReader(b), int64(len(b)))
		if err != nil || len(ms) != 1 {
			t.Errorf("%s: %d members, %v", name, len(ms), err)
			return nil
		}
		in, err := ms[0].Open()
		if err != nil {
			return err
		}
		defer in.Close()
		if b, err = io.ReadAll(in); err != nil {
			return err
		}
		fn(t, name, b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// broken says what is wrong with the examples that are wrong: line and column of every refusal.
var broken = map[string]string{
	"invalid/Example_NEM12_15min_200_30min_300.csv":     "3:55 4:1 5:1",
	"invalid/Example_NEM12_15min_200_30min_400.csv":     "3:0",
	"invalid/Example_NEM12_30min_200_15min_300.csv":     "3:51 4:1 5:1",
	"invalid/Example_NEM12_30min_200_15min_400.csv":     "3:51 4:1 5:1",
	"invalid/Example_NEM12_incomplete_interval.csv":     "3:7",
	"invalid/Example_NEM12_missing_header.csv":          "2:1",
	"invalid/Example_NEM12_powercor.csv":                "2:1",
	"invalid/Example_NEM12_powercor.csv.zip":            "2:1",
	"invalid/Example_NEM12_powercor_missing_fields.csv": "2:1",
	"invalid/Example_empty_file.csv":                    "1:0",
	"nem12/NEM12#Scenario10#ETSAMDP#NEMMCO.zip":         "27:3 28:1 29:1 30:1 31:1", // one day was broken over three lines
}

// TestExamples: every example is taken, the wrong ones are refused where they are wrong, and what is printed reads back alike.
func TestExamples(t *testing.T) {
	files := 0
	each(t, func(t *testing.T, name string, b []byte) {
		files++
		f := read(t, bytes.NewReader(b), false)
		var places []string
		for _, e := range f.refused {
			places = append(places, strings.TrimPrefix(e.place(), "line "))
		}
		if got := strings.Join(places, " "); got != broken[name] {
			t.Errorf("%s: refused at %q, want %q: %v", name, got, broken[name], f.refused)
		}
		if len(f.refused) != f.counts.Refused {
			t.Errorf("%s: %d refusals, %d counted", name, len(f.refused), f.counts.Refused)
		}
		again(t, name, f)
	})
	if files != 180 {
		t.Errorf("%d files, want 180", files)
	}
}

func (e *Error) place() string {
	return "line " + Value{Num: int64(e.Line)}.String() + ":" + Value{Num: int64(e.Column)}.String()
}

// again prints records, reads them, and compares.
func again(t testing.TB, name string, f file) {
	t.Helper()
	var out []byte
	for _, r := range f.records {
		out = Append(out, r)
	}
	g := read(t, bytes.NewReader(out), true)
	if len(g.records) != len(f.records) {
		t.Errorf("%s: %d records printed, %d read again: %v", name, len(f.records), len(g.records), g.refused)
		return
	}
	for i := range f.records {
		strip(f.records[i])
		strip(g.records[i])
		if !reflect.DeepEqual(f.records[i], g.records[i]) {
			t.Errorf("%s: record %d reads back as %+v, was %+v", name, i, g.records[i], f.records[i])
			return
		}
	}
}

// strip takes off the line numbers, which refused records shift.
func strip(r Record) {
	switch r := r.(type) {
	case *Header:
		r.Line = 0
		r.Created = r.Created.Truncate(60e9) // printed without seconds, as the format has it
	case *Channel:
		r.Line = 0
	case *Day:
		r.Line, r.Channel.Line = 0, 0
	case *Event:
		r.Line, r.Channel.Line = 0, 0
	case *Accumulation:
		r.Line = 0
	case *Order:
		r.Line, r.Accumulation.Line = 0, 0
	case *End:
		r.Line = 0
	}
}

func days(f file, nmi, suffix string) (out []*Day) {
	for _, r := range f.records {
		if d, ok := r.(*Day); ok && d.Channel.NMI == nmi && d.Channel.Suffix == suffix {
			out = append(out, d)
		}
	}
	return out
}

// TestStatedFacts: what the examples' own project states of them.
func TestStatedFacts(t *testing.T) {
	seen := 0
	each(t, func(t *testing.T, name string, b []byte) {
		f := read(t, bytes.NewReader(b), false)
		fact := func(ok bool, what ...any) {
			seen++
			if !ok {
				t.Errorf("%s: %v", name, what)
			}
		}
		switch name {
		case "unzipped/Example_NEM12_actual_interval.csv":
			e, q := days(f, "VABD000163", "E1"), days(f, "VABD000163", "Q1")
			fact(len(e) == 1 && len(q) == 1 && len(e[0].Values) == 48 && e[0].Values[10].String() == "1.111" && e[0].Values[47].String() == "1.111", e)
			fact(q[0].Values[10].String() == "2.222" && q[0].Values[47].String() == "2.222" && q[0].Quality[3].String() == "A", q)
		case "unzipped/Example_NEM12_multiple_quality.csv":
			d := days(f, "CCCC123456", "E1")
			fact(len(d) == 1 && len(d[0].Values) == 48 && d[0].Values[0].String() == "18.023" && d[0].Values[47].String() == "14.733", d)
			for i, want := range map[int]string{0: "F14", 10: "F14", 19: "F14", 20: "A", 22: "A", 23: "A", 25: "S14", 30: "S14", 47: "S14"} {
				fact(d[0].Quality[i].String() == want, i, d[0].Quality[i])
			}
		case "unzipped/Example_NEM13_consumption_data.csv":
			var sum int64
			for _, r := range f.records {
				if a, ok := r.(*Accumulation); ok && a.NMI == "VABC005890" && a.Suffix == "11" {
					n, exact := a.Quantity.Scaled(3)
					fact(exact, a.Quantity)
					sum += n
				}
			}
			fact(sum == 1312_100, sum)
		case "unzipped/Example_NEM12_multiple_meters.csv":
			fact(f.records[0].(*Header).Created.Format("2006-01-02 15:04") == "2004-02-07 09:11", f.records[0])
		case "unzipped/Example_NEM12_no_scheduled_read.csv":
			fact(f.counts.Readings == 96, f.counts)
		case "Example_NEM12_ManyNMIs.zip":
			fact(f.counts.Readings == 57_024, f.counts)
		case "invalid/Example_NEM12_powercor.csv":
			f = read(t, bytes.NewReader(b), true)
			e, q := days(f, "VABD000163", "E1"), days(f, "VABD000163", "Q1")
			fact(len(f.refused) == 0 && len(e) == 2 && len(q) == 2 && len(e[1].Values) == 48, f.refused)
			fact(e[0].Values[10].String() == "1.111" && e[1].Values[47].String() == "3.333" && q[0].Values[10].String() == "2.222" && q[1].Values[47].String() == "4.444", e, q)
		case "invalid/Example_NEM12_powercor_missing_fields.csv":
			f = read(t, bytes.NewReader(b), true)
			fact(len(f.refused) == 0 && f.counts.Readings == 4*48, f.refused)
		case "invalid/Example_NEM12_empty.csv":
			fact(f.counts.Records["200"] == 0 && len(f.refused) == 0, f.counts)
		}
	})
	if seen != 0 && seen < 18 {
		t.Errorf("only %d facts were looked at", seen)
	}
}

const small = "100,NEM12,201511030000,MDP1,RET1\r\n" +
	"200,NMI0000001,E1,1,E1,N1,M1,kWh,30,20151201\r\n"

func dayOf(values, tail string) string {
	return "300,20151101" + strings.Repeat(","+values, 48) + "," + tail + "\r\n"
}

// TestRefusals: each break of the structure is found at its place.
func TestRefusals(t *testing.T) {
	good := dayOf("1.5", "A,,,20151102000000,")
	for _, c := range []struct{ name, in, want string }{
		{"no header", "200,X,E1,1,E1,,,kWh,30,\n", "1:1"},
		{"other version", "100,NEM14,201511030000,A,B\n900\n", "1:2"},
		{"other file", "hello, world\n", "1:1"},
		{"no end", small + good, "3:0"},
		{"data behind the end", small + good + "900\n200,X,E1,1,E1,,,kWh,30,\n", "5:1"},
		{"day before channel", "100,NEM12,201511030000,A,B\n" + good + "900\n", "2:1"},
		{"date that does not exist", small + strings.Replace(good, "20151101", "20150231", 1) + "900\n", "3:2"},
		{"negative value", small + dayOf("-1", "A,,,20151102000000,") + "900\n", "3:3"},
		{"word for a value", small + dayOf("n/a", "A,,,20151102000000,") + "900\n", "3:3"},
		{"too many digits", small + dayOf("1234567890123456789", "A,,,20151102000000,") + "900\n", "3:3"},
		{"estimate without method", small + dayOf("1", "E,,,20151102000000,") + "900\n", "3:51"},
		{"unknown quality", small + dayOf("1", "Z,,,20151102000000,") + "900\n", "3:51"},
		{"variable without ranges", small + dayOf("1", "V,,,20151102000000,") + "900\n", "3:0"},
		{"gap between ranges", small + dayOf("1", "V,,,20151102000000,") + "400,1,10,A,,\n400,12,48,A,,\n900\n", "3:0"},
		{"range behind the day", small + dayOf("1", "V,,,20151102000000,") + "400,1,49,A,,\n900\n", "4:3"},
		{"range without day", small + "400,1,48,A,,\n900\n", "3:1"},
		{"record of the other kind", small + "250,X\n900\n", "3:1"},
		{"unknown record", small + "301,1\n900\n", "3:1"},
		{"unit", strings.Replace(small, "kWh", "horses", 1) + good + "900\n", "2:8 3:1"},
		{"interval", strings.Replace(small, ",30,", ",7,", 1) + good + "900\n", "2:9 3:1"},
		{"fields missing", small + dayOf("1", "A,7") + "900\n", "3:0"},
		{"line without end", small + strings.Repeat("9", maxLine+10), "3:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := read(t, strings.NewReader(c.in), false)
			var places []string
			for _, e := range f.refused {
				places = append(places, strings.TrimPrefix(e.place(), "line "))
			}
			if got := strings.Join(places, " "); got != c.want {
				t.Errorf("refused at %q, want %q: %v", got, c.want, f.refused)
			}
		})
	}
}

// TestDepartures: what real files do otherwise is taken and told.
func TestDepartures(t *testing.T) {
	in := "\xef\xbb\xbf100,NEM12,20151103000000,A,B,,,\n\n   \n200,123,E1,1,E1,N1,M1,KWH,30\n" + dayOf(".5", "A,,,201511020000,") + "900,\n"
	f := read(t, strings.NewReader(in), false)
	if len(f.refused) != 0 || f.counts.Readings != 48 || len(f.notices) != 2 {
		t.Errorf("refused %v, notices %v, counts %+v", f.refused, f.notices, f.counts)
	}
	d := days(f, "123", "E1")[0]
	if d.Values[0] != (Value{5, 1}) || d.Channel.Unit != (Unit{"KWH", "Wh", 3}) || d.Start(3).Format("15:04 -0700") != "01:30 +1000" {
		t.Errorf("%+v %+v %v", d.Values[0], d.Channel.Unit, d.Start(3))
	}
}

func TestScaled(t *testing.T) {
	for _, c := range []struct {
		v        Value
		decimals int
		want     int64
		exact    bool
	}{
		{Value{1111, 3}, 4, 11110, true}, {Value{1111, 3}, 3, 1111, true}, {Value{1111, 3}, 2, 111, false},
		{Value{1115, 3}, 2, 112, false}, {Value{1110, 3}, 2, 111, true}, {Value{9, 0}, 0, 9, true},
		{Value{123456789012345678, 0}, 4, 1234567890123456780, false}, {Value{149, 2}, 0, 1, false},
	} {
		if n, exact := c.v.Scaled(c.decimals); n != c.want || exact != c.exact {
			t.Errorf("%s with %d decimals: %d %v, want %d %v", c.v, c.decimals, n, exact, c.want, c.exact)
		}
	}
}

// TestReaderFails: an error of the source comes through as it is, and again.
func TestReaderFails(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader(small), bad{}), Options{})
	for range 2 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v", err)
		}
	}
}

type bad struct{}

func (bad) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// FuzzReader: nothing panics; what is taken prints and reads back alike.
func FuzzReader(f *testing.F) {
	f.Add([]byte(small + dayOf("1.5", "V,,,20151102000000,20151102000000") + "400,1,48,S14,7,text\r\n500,N,SO1,20151102000000,000123.0\r\n900\r\n"))
	f.Add([]byte("100,NEM13,201511030000,A,B\n250,NMI1,1141,01,11,11,M1,E,001,20151001000000,A,,,002,20151101000000,E64,77,x,1.25,kWh,20151201,20151102000000,\n550,N,,A,\n900\n"))
	f.Add([]byte("900\n\n200,,,\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		again(t, "fuzz", read(t, bytes.NewReader(b), true))
	})
}
