package dlt698

import (
	"testing"
	"time"
)

func benchFrame(b *testing.B) []byte {
	at := time.Date(2015, 11, 3, 14, 15, 0, 0, China())
	rows := make([]CurveRow, 55)
	for i := range rows {
		rows[i] = CurveRow{Meter: "101010000001", Time: at, Energy: int64(1000 + i), Power: 5, Voltage: 2200}
	}
	rec, err := CurveRecord(MinuteFreeze, true, rows)
	if err != nil {
		b.Fatal(err)
	}
	body, err := APDU{Body: ReportNotification{PIID: 1, Kind: ReportRecords, Records: []ResultRecord{rec}}}.Append(nil)
	if err != nil {
		b.Fatal(err)
	}
	sa, _ := NewAddress(Single, "201010000001")
	raw, err := Frame{Control: FromServer, Server: sa, Data: body}.Append(nil)
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

// BenchmarkReport takes a report of 55 meters apart, from bytes to rows.
func BenchmarkReport(b *testing.B) {
	raw := benchFrame(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		f, _, err := Parse(raw)
		if err != nil {
			b.Fatal(err)
		}
		a, err := ParseAPDU(f.Data)
		if err != nil {
			b.Fatal(err)
		}
		rows, refused := Curves(a.Body.(ReportNotification).Records[0], "")
		if len(rows) != 55 || len(refused) > 0 {
			b.Fatal(len(rows), refused)
		}
	}
	b.ReportMetric(float64(b.N*55)/b.Elapsed().Seconds(), "rows/s")
}
