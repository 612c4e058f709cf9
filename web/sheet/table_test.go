package sheet_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/haihe-city/haihe/web/sheet"
)

// TestTable: one table leaves in two formats, with the same names and the same figures.
func TestTable(t *testing.T) {
	columns := []sheet.Column{sheet.Text("address", "电表号"), sheet.Whole("slots", "slots", ""), sheet.Number("kwh", 4, "kWh", ""), sheet.At("at", ""), sheet.Flag("good", "")}
	fill := func(out *sheet.Rows) error {
		out.Add("=1", int64(-3), 1.23456, time.UnixMilli(1447983000000), true)
		out.Add(nil, nil, nil, time.Time{}, nil)
		return out.Flush()
	}
	var csv, pq bytes.Buffer
	f := sheet.Of("/api/x.csv", false)
	if err := f.Write(&csv, columns, fill); err != nil || f.Type() != sheet.Type || f.File("x") != "x.csv" {
		t.Fatal(err, f)
	}
	if want := "address,slots,kwh,at,good\r\n'=1,-3,1.2346,2015-11-20T09:30:00+08:00,true\r\n,,,,\r\n"; csv.String() != want {
		t.Errorf("the CSV is %q, want %q", csv.String(), want)
	}
	f = sheet.Of("/api/x.parquet", true)
	if err := f.Write(&pq, columns, fill); err != nil || f.File("x") != "x.parquet" || !bytes.HasPrefix(pq.Bytes(), []byte("PAR1")) || !bytes.HasSuffix(pq.Bytes(), []byte("PAR1")) {
		t.Fatalf("%v: %d bytes of %s", err, pq.Len(), f.Type())
	}
	for _, f := range []sheet.Format{sheet.Of("a.csv", false), sheet.Of("a.parquet", false)} {
		if f.Write(&pq, columns, func(out *sheet.Rows) error { out.Add("short"); return out.Flush() }) == nil {
			t.Errorf("%s: a short row was taken", f.Type())
		}
		if f.Write(broken{}, columns, fill) == nil {
			t.Errorf("%s: a writer that fails was not told", f.Type())
		}
	}
}
