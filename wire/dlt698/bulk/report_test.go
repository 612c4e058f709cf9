package bulk

import (
	"fmt"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/haihe-city/haihe/wire/dlt698"
)

// message is a report of n meters, some with values that are not there.
func message(t testing.TB, n int, fine bool) []byte {
	t.Helper()
	at := time.Date(2015, 11, 3, 14, 15, 0, 0, dlt698.China())
	rows := make([]dlt698.CurveRow, n)
	for i := range rows {
		rows[i] = dlt698.CurveRow{Meter: fmt.Sprintf("1010%08d", i), Time: at.Add(time.Duration(i/7) * 15 * time.Minute), Energy: int64(1000 + i), Power: int64(5 - i), Voltage: 2200}
		switch i % 11 {
		case 3:
			rows[i].Energy = dlt698.None
		case 5:
			rows[i].Power, rows[i].Voltage = dlt698.None, dlt698.None
		}
	}
	rec, err := dlt698.CurveRecord(dlt698.MinuteFreeze, fine, rows)
	if err != nil {
		t.Fatal(err)
	}
	body, err := dlt698.APDU{Body: dlt698.ReportNotification{PIID: 1, Kind: dlt698.ReportRecords, Records: []dlt698.ResultRecord{rec}}}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// agree holds what the short way takes to the long one.
func agree(t testing.TB, apdu []byte) (taken bool) {
	t.Helper()
	n, rows, ok := Report(apdu, nil)
	if !ok {
		return false
	}
	a, err := dlt698.ParseAPDU(apdu)
	if err != nil {
		t.Fatalf("% X was taken; %v", apdu, err)
	}
	long, is := a.Body.(dlt698.ReportNotification)
	if !is || a.Follow != nil || a.Tag != nil || len(long.Records) != 1 || !reflect.DeepEqual(dlt698.Acknowledge(long), dlt698.Acknowledge(n)) {
		t.Fatalf("% X was taken; it is %+v", apdu, a)
	}
	want, refused := dlt698.Curves(long.Records[0], "")
	if len(refused) > 0 || len(want) != len(rows) {
		t.Fatalf("% X gave %d rows; %d, refused %v", apdu, len(rows), len(want), refused)
	}
	for i, w := range want {
		meter, err := strconv.ParseUint(w.Meter, 10, 64)
		if got := rows[i]; err != nil || got != (Row{meter, w.Time.UnixMicro(), w.Energy, w.Power, w.Voltage}) {
			t.Fatalf("row %d of % X is %+v, want %+v", i, apdu, got, w)
		}
	}
	return true
}

// TestReport: the common reports are taken, and their rows are those of the long way.
func TestReport(t *testing.T) {
	for _, n := range []int{0, 1, 55, 300} {
		for _, fine := range []bool{true, false} {
			if !agree(t, message(t, n, fine)) {
				t.Errorf("%d rows, fine %v: not taken", n, fine)
			}
		}
	}
	if _, _, ok := Report(message(t, mostRows+1, true), nil); ok {
		t.Error("more rows than the long way takes")
	}
}

// TestEveryByte: every byte of a report set to every other value is left to the long way, or read as that reads it.
func TestEveryByte(t *testing.T) {
	whole := message(t, 12, true)
	for i := range whole {
		for x := range 256 {
			if byte(x) == whole[i] {
				continue
			}
			b := append([]byte(nil), whole...)
			b[i] = byte(x)
			agree(t, b)
		}
		if agree(t, whole[:i]) {
			t.Errorf("%d bytes of a report were taken", i)
		}
	}
	if agree(t, append(whole, 0)) {
		t.Error("bytes behind a report were taken")
	}
}

// TestNothingAllocated: rows that are handed in are filled.
func TestNothingAllocated(t *testing.T) {
	whole, rows := message(t, 55, true), make([]Row, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		if _, got, ok := Report(whole, rows); !ok || len(got) != 55 {
			t.Fatal("not taken")
		}
	}); n > 1 { // what the acknowledgement names
		t.Errorf("%v allocations", n)
	}
}

func FuzzReport(f *testing.F) {
	f.Add(message(f, 3, true))
	f.Add(message(f, 2, false))
	f.Fuzz(func(t *testing.T, b []byte) { agree(t, b) })
}

// BenchmarkReport takes a report of 55 meters apart, from bytes to rows.
func BenchmarkReport(b *testing.B) {
	whole, rows := message(b, 55, true), make([]Row, 0, 64)
	b.SetBytes(int64(len(whole)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := Report(whole, rows); !ok {
			b.Fatal("not taken")
		}
	}
	b.ReportMetric(float64(b.N*55)/b.Elapsed().Seconds(), "rows/s")
}
