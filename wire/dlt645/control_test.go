package dlt645

import (
	"encoding/hex"
	"testing"
	"time"
)

// TestRemote holds a trip to a frame put together by hand, and what is malformed to its refusal.
func TestRemote(t *testing.T) {
	addr, err := NewAddress("120101000018")
	if err != nil {
		t.Fatal(err)
	}
	m := Remote{Secret: Secret{2, 0x11, 0x22, 0x33}, Operator: Operator{1, 2, 3, 4}, Command: Trip, Until: time.Date(2026, 11, 23, 8, 9, 10, 0, China())}
	f := Encode(addr, m)
	if want := "02112233" + "01020304" + "1a00" + "100908231126"; hex.EncodeToString(f.Data) != want || f.Control != 0x1C {
		t.Errorf("%x %x", f.Data, f.Control)
	}
	raw, err := f.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	back, _, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(back)
	if r, ok := got.(Remote); err != nil || !ok || !r.Until.Equal(m.Until) || r.Command != Trip || r.Secret != m.Secret || r.Operator != m.Operator {
		t.Errorf("%+v %v", got, err)
	}
	for i, b := range map[int]byte{8: 0x1D, 9: 1, 12: 0x25, 14: 0x13} {
		bad := back
		bad.Data = append([]byte(nil), back.Data...)
		bad.Data[i] = b
		if _, err := Decode(bad); err == nil {
			t.Errorf("byte %d = %x is taken", i, b)
		}
	}
	short := back
	short.Data = back.Data[:15]
	if _, err := Decode(short); err == nil {
		t.Error("an order cut short is taken")
	}
	for _, a := range []Message{Done{Function: RemoteControl}, Failure{Function: RemoteControl, Word: Unauthorised}} {
		got, err := Decode(Encode(addr, a))
		if err != nil {
			t.Errorf("%+v: %v", a, err)
		}
		switch x := got.(type) {
		case Done:
			if x.Function != RemoteControl {
				t.Errorf("%+v", x)
			}
		case Failure:
			if x.Word != Unauthorised || x.Function != RemoteControl {
				t.Errorf("%+v", x)
			}
		}
	}
}

func TestRelayWord(t *testing.T) {
	for _, r := range []Relay{{}, {Open: true}, {Ordered: true}, {true, true, true}} {
		info, err := Lookup(StateWord3)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Value{DI: StateWord3, Info: info, Num: r.Word()}.Append(nil)
		if err != nil || len(b) != 2 {
			t.Fatalf("%x %v", b, err)
		}
		v, err := Values(StateWord3, b)
		if err != nil || len(v) != 1 || ParseRelay(v[0].Num) != r {
			t.Errorf("%+v: %+v %v", r, v, err)
		}
	}
}
