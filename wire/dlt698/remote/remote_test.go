package remote_test

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/dlt698/remote"
)

const meter = "120101000018"

// over sends a message over the wire and reads it back.
func over(t *testing.T, b dlt698.Body) dlt698.Body {
	t.Helper()
	raw, err := dlt698.APDU{Body: b}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := dlt698.ParseAPDU(raw)
	if err != nil {
		t.Fatalf("%x: %v", raw, err)
	}
	again, err := a.Append(nil)
	if err != nil || !bytes.Equal(raw, again) {
		t.Fatalf("%x prints as %x, %v", raw, again, err)
	}
	return a.Body
}

// TestByHand holds a trip to bytes put together by hand from the layout.
func TestByHand(t *testing.T) {
	d := remote.Trip{Lasting: 0}.Data()
	q, err := remote.Ask(5, dlt698.ProxyAction, meter, 30, uint32(remote.MethodTrip), &d)
	if err != nil {
		t.Fatal(err)
	}
	got, err := dlt698.APDU{Body: q}.Append(nil)
	want := "09" + "05" + "05" + "001e" + "01" + "0705120101000018" + "001e" + "01" + "80008100" + "01" + "01" + "0204" + "51f2050201" + "1100" + "120000" + "0300" + "00"
	if err != nil || hex.EncodeToString(got) != want {
		t.Errorf("%x %v\nwant %s", got, err, want)
	}
	answer, err := hex.DecodeString("89" + "05" + "05" + "01" + "0705120101000018" + "01" + "80008100" + "00" + "00" + "0000")
	if err != nil {
		t.Fatal(err)
	}
	a, err := dlt698.ParseAPDU(answer)
	if err != nil {
		t.Fatal(err)
	}
	it, err := remote.Answer(q, a.Body.(dlt698.ProxyResponse))
	if err != nil || it.DAR != dlt698.Success || it.HasData {
		t.Errorf("%+v %v", it, err)
	}
}

func TestThereAndBack(t *testing.T) {
	for _, want := range []remote.Trip{{}, {Delay: 5, Lasting: 120, Reclose: true}} {
		d := want.Data()
		q, err := remote.Ask(1, dlt698.ProxyAction, meter, 10, uint32(remote.MethodTrip), &d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := remote.ParseTrip(over(t, q).(dlt698.ProxyRequest).Meters[0].Items[0].Data)
		if err != nil || got != want {
			t.Errorf("%+v %v", got, err)
		}
	}
	for _, want := range []bool{true, false} {
		if got, err := remote.ParseClose(remote.CloseData(want)); err != nil || got != want {
			t.Errorf("close %v %v", got, err)
		}
		q, err := remote.Ask(2, dlt698.ProxyGet, meter, 10, uint32(remote.RelayState), nil)
		if err != nil {
			t.Fatal(err)
		}
		over(t, q)
		a := dlt698.ProxyResponse{PIID: 2, Kind: dlt698.ProxyGet, Meters: []dlt698.ProxyMeter{{Meter: q.Meters[0].Meter, Items: []dlt698.ProxyItem{{Name: uint32(remote.RelayState), HasData: true, Data: remote.StateData(want)}}}}}
		it, err := remote.Answer(q, over(t, a).(dlt698.ProxyResponse))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := remote.ParseState(it.Data); err != nil || got != want {
			t.Errorf("state %v %v", got, err)
		}
	}
	at := time.Date(2026, 11, 23, 8, 0, 1, 0, dlt698.China())
	if got, err := remote.ParseClock(dlt698.Of(dlt698.AtS(at))); err != nil || !got.Equal(at) {
		t.Errorf("clock %v %v", got, err)
	}
	set := dlt698.Of(dlt698.AtS(at))
	q, err := remote.Ask(3, dlt698.ProxySet, meter, 10, uint32(dlt698.ClockOAD), &set)
	if err != nil {
		t.Fatal(err)
	}
	over(t, q)
	over(t, dlt698.ProxyResponse{PIID: 3, Kind: dlt698.ProxySet, Meters: []dlt698.ProxyMeter{{Meter: q.Meters[0].Meter, Items: []dlt698.ProxyItem{{Name: uint32(dlt698.ClockOAD), DAR: dlt698.AccessDenied}}}}})
}

func TestRefused(t *testing.T) {
	for name, d := range map[string]dlt698.Data{"null": dlt698.Null(), "empty": dlt698.Array(), "no relay": dlt698.Array(dlt698.Structure(dlt698.Null(), dlt698.Int(dlt698.TagEnum, 1))), "command": dlt698.Array(dlt698.Structure(dlt698.Of(remote.Relay), dlt698.Int(dlt698.TagEnum, 2)))} {
		if _, err := remote.ParseClose(d); err == nil {
			t.Errorf("close: %s is taken", name)
		}
		if _, err := remote.ParseTrip(d); err == nil {
			t.Errorf("trip: %s is taken", name)
		}
		if _, err := remote.ParseState(d); err == nil {
			t.Errorf("state: %s is taken", name)
		}
		if _, err := remote.ParseClock(d); err == nil {
			t.Errorf("clock: %s is taken", name)
		}
	}
	q, err := remote.Ask(1, dlt698.ProxyGet, meter, 1, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := remote.Ask(1, dlt698.ProxyGet, "120101000019", 1, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Answer(q, dlt698.ProxyResponse{Kind: dlt698.ProxyGet, Meters: other.Meters}); err == nil {
		t.Error("the answer of another meter is taken")
	}
	if _, err := remote.Ask(1, dlt698.ProxyGet, "x", 1, 1, nil); err == nil {
		t.Error("a meter without digits is asked")
	}
}

// FuzzAnswer: whatever comes as an answer, it is read or refused.
func FuzzAnswer(f *testing.F) {
	b, err := hex.DecodeString("890501010705120101000018018000030001040880" + "0000")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := dlt698.ParseAPDU(b)
		if err != nil {
			return
		}
		switch m := a.Body.(type) {
		case dlt698.ProxyResponse:
			for _, x := range m.Meters {
				for _, it := range x.Items {
					_, _ = remote.ParseState(it.Data)
					_, _ = remote.ParseClock(it.Data)
				}
			}
		case dlt698.ProxyRequest:
			for _, x := range m.Meters {
				for _, it := range x.Items {
					_, _ = remote.ParseTrip(it.Data)
					_, _ = remote.ParseClose(it.Data)
				}
			}
		}
	})
}
