package dlt698

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type sample struct {
	ID     string `json:"id"`
	Hex    string `json:"hex"`
	Valid  bool   `json:"valid"`
	Length int    `json:"length"`
	APDU   string `json:"apdu"`
	Server string `json:"server_address"`
}

// samples gives the third-party frames, or skips the test.
func samples(t testing.TB) (out []sample) {
	t.Helper()
	b, err := os.ReadFile("../../../shared/data/grid/dlt698-frames.json")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no third-party frames here: ../shared/data/grid is absent")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestThirdPartyFrames(t *testing.T) {
	for _, s := range samples(t) {
		raw := unhex(t, s.Hex)
		f, n, err := Parse(raw)
		if err != nil || n != len(raw) {
			t.Errorf("%s: took %d of %d: %v", s.ID, n, len(raw), err)
			continue
		}
		if hex.EncodeToString(f.Data) != s.APDU || f.Server.String() != s.Server {
			t.Errorf("%s: apdu %x, server %s", s.ID, f.Data, f.Server)
		}
		back, err := f.Append(nil)
		if err != nil || !bytes.Equal(back, raw) {
			t.Errorf("%s: prints as %x, %v", s.ID, back, err)
		}
		a, err := ParseAPDU(f.Data)
		if err != nil {
			t.Errorf("%s: %v", s.ID, err)
			continue
		}
		if b, err := a.Append(nil); err != nil || !bytes.Equal(b, f.Data) {
			t.Errorf("%s: apdu prints as %x, %v", s.ID, b, err)
		}
	}
}

func TestCurvesThereAndBack(t *testing.T) {
	at := time.Date(2015, 11, 3, 14, 15, 0, 0, China())
	in := []CurveRow{
		{Meter: "000000000001", Time: at, Record: MinuteFreeze, Energy: 123456700, Power: 12345, Voltage: 2204},
		{Meter: "120000004711", Time: at, Record: MinuteFreeze, Energy: None, Power: None, Voltage: None, Quality: Missing},
		{Meter: "120000004712", Time: at, Record: MinuteFreeze, Energy: 0, Power: -5, Voltage: 2199},
	}
	for _, fine := range []bool{false, true} {
		rec, err := CurveRecord(MinuteFreeze, fine, in)
		if err != nil {
			t.Fatal(err)
		}
		apdu, err := APDU{Body: ReportNotification{PIID: 3, Kind: ReportRecords, Records: []ResultRecord{rec}}}.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		sa, err := NewAddress(Single, "120100000007")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := Frame{Control: FromServer, Server: sa, Data: apdu}.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		f, n, err := Parse(raw)
		if err != nil || n != len(raw) {
			t.Fatalf("took %d of %d: %v", n, len(raw), err)
		}
		a, err := ParseAPDU(f.Data)
		if err != nil {
			t.Fatal(err)
		}
		report := a.Body.(ReportNotification)
		out, refused := Curves(report.Records[0], "")
		if len(refused) > 0 || len(out) != len(in) {
			t.Fatalf("%d rows, refused %v", len(out), refused)
		}
		for i := range in {
			if !out[i].Time.Equal(in[i].Time) {
				t.Errorf("row %d: time %v", i, out[i].Time)
			}
			out[i].Time = in[i].Time
			if out[i] != in[i] {
				t.Errorf("row %d: got %+v, want %+v", i, out[i], in[i])
			}
		}
		ack := Acknowledge(report)
		if ack.PIID != 3 || len(ack.OADs) != 1 || ack.OADs[0] != Collected {
			t.Errorf("acknowledged %+v", ack)
		}
	}
}
