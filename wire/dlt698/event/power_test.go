package event_test

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/dlt698/event"
)

func at(hour, minute, second int) time.Time {
	return time.Date(2015, 11, 20, hour, minute, second, 0, dlt698.China())
}

// report makes the APDU of a record and reads it back, as it travels.
func report(t *testing.T, rec dlt698.ResultRecord) dlt698.ResultRecord {
	t.Helper()
	b, err := dlt698.APDU{Body: dlt698.ReportNotification{PIID: 3, Kind: dlt698.ReportRecords, Records: []dlt698.ResultRecord{rec}}}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := dlt698.ParseAPDU(b)
	if err != nil {
		t.Fatal(err)
	}
	return a.Body.(dlt698.ReportNotification).Records[0]
}

func TestThereAndBack(t *testing.T) {
	want := []event.Power{{Meter: "000000000017", Down: at(8, 0, 1)}, {Meter: "120101000018", Down: at(8, 0, 2), Back: at(9, 30, 0)}}
	rec, err := event.Record(want)
	if err != nil {
		t.Fatal(err)
	}
	got, refused := event.Powers(report(t, rec))
	if len(refused) != 0 || !slices.EqualFunc(got, want, func(a, b event.Power) bool { return a.Meter == b.Meter && a.Down.Equal(b.Down) && a.Back.Equal(b.Back) }) {
		t.Errorf("%v %v", got, refused)
	}
	if _, err := event.Record([]event.Power{{Meter: "x"}}); err == nil {
		t.Error("a meter without digits is written")
	}
}

// TestByHand reads a report that was put together by hand from the layout: a last gasp whose meter is named by the event's source.
func TestByHand(t *testing.T) {
	b, err := hex.DecodeString("880203" + "01" + "30110200" + "05" + "0020220200" + "00201E0200" + "0020200200" + "0020240200" + "0033000200" + "01" + "01" +
		"0600000007" + "1C07DF0B14080001" + "00" + "5507051201010000" + "18" + "00" + "0000")
	if err != nil {
		t.Fatal(err)
	}
	a, err := dlt698.ParseAPDU(b)
	if err != nil {
		t.Fatal(err)
	}
	got, refused := event.Powers(a.Body.(dlt698.ReportNotification).Records[0])
	if len(refused) != 0 || len(got) != 1 || got[0].Meter != "120101000018" || !got[0].Down.Equal(at(8, 0, 1)) || !got[0].Back.IsZero() {
		t.Errorf("%v %v", got, refused)
	}
}

func TestRefused(t *testing.T) {
	tsa, err := dlt698.MeterTSA("000000000017")
	if err != nil {
		t.Fatal(err)
	}
	row := func(address, down, back dlt698.Data) dlt698.ResultRecord {
		return dlt698.ResultRecord{OAD: event.PowerDown, Cols: dlt698.Columns(dlt698.MeterAddress, event.Began, event.Ended), Rows: [][]dlt698.Data{{address, down, back}}}
	}
	meter, down := dlt698.Of(tsa), dlt698.Of(dlt698.AtS(at(8, 0, 0)))
	for _, c := range []struct {
		name   string
		rec    dlt698.ResultRecord
		reason string
	}{
		{"no address", row(dlt698.Null(), down, dlt698.Null()), "names no meter"},
		{"address of another kind", row(dlt698.Int(dlt698.TagUint8, 1), down, dlt698.Null()), "address is not valid"},
		{"no beginning", row(meter, dlt698.Null(), down), "has no beginning"},
		{"no time", row(meter, dlt698.Int(dlt698.TagUint8, 1), dlt698.Null()), "time is not valid"},
		{"no such date", row(meter, dlt698.Of(dlt698.DateTimeS{Year: 2015, Month: 2, Day: 30}), dlt698.Null()), "time is not valid"},
		{"backwards", row(meter, down, dlt698.Of(dlt698.AtS(at(7, 0, 0)))), "ends before it begins"},
		{"columns", dlt698.ResultRecord{OAD: event.PowerDown, Cols: dlt698.Columns(event.Began), Rows: [][]dlt698.Data{{}}}, "as many values"},
	} {
		got, refused := event.Powers(c.rec)
		var typed *dlt698.Error
		if len(got) != 0 || len(refused) != 1 || !errors.As(refused[0], &typed) || !strings.Contains(typed.Reason.En, c.reason) || typed.Reason.Zh == "" || typed.Clause == "" {
			t.Errorf("%s: %v %v", c.name, got, refused)
		}
	}
	if got, refused := event.Powers(dlt698.ResultRecord{OAD: dlt698.Collected}); got != nil || refused != nil {
		t.Error("a record of curves has power events")
	}
}

func FuzzPowers(f *testing.F) {
	rec, err := event.Record([]event.Power{{Meter: "000000000017", Down: at(8, 0, 1)}})
	if err != nil {
		f.Fatal(err)
	}
	b, err := dlt698.APDU{Body: dlt698.ReportNotification{PIID: 3, Kind: dlt698.ReportRecords, Records: []dlt698.ResultRecord{rec}}}.Append(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := dlt698.ParseAPDU(b)
		n, ok := a.Body.(dlt698.ReportNotification)
		if err != nil || !ok {
			return
		}
		for _, rec := range n.Records {
			got, _ := event.Powers(rec)
			for _, p := range got {
				if _, err := event.Record([]event.Power{p}); err != nil {
					t.Errorf("%v is read and cannot be written: %v", p, err)
				}
			}
		}
	})
}
