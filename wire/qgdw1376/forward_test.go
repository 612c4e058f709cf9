package qgdw1376

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"testing"
)

// TestForward holds a forwarded frame to bytes put together by hand, and its answer there and back.
func TestForward(t *testing.T) {
	a, err := NewAddress("000010100001")
	if err != nil {
		t.Fatal(err)
	}
	m := Say(AFNForward, 3, false, Unit{F: 1, Data: Forward{Port: 2, Serial: Serial2400, Message: 0x85, Byte: 10, Data: []byte{0x68, 1, 2}}})
	m.Secret = Secret{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	f, err := Encode(Ask2, a, m)
	if err != nil {
		t.Fatal(err)
	}
	if want := "1063" + "00000100" + "026b850a" + "0300680102" + "0102030405060708090a0b0c0d0e0f10"; hex.EncodeToString(f.Data) != want {
		t.Errorf("%x, want %s", f.Data, want)
	}
	got, err := Decode(f)
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("%+v %v", got, err)
	}
	short := f
	short.Data = f.Data[:20]
	if _, err := Decode(short); err == nil {
		t.Error("a frame without its password is taken")
	}
	for _, back := range [][]byte{nil, {0xFE, 0x68}} {
		m := Say(AFNForward, 3, false, Unit{F: 1, Data: Forwarded{Port: 2, Data: back}})
		f, err := Encode(Answer, a, m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		if d := got.Units[0].Data.(Forwarded); d.Port != 2 || !bytes.Equal(d.Data, back) {
			t.Errorf("%+v", d)
		}
		f.Data = f.Data[:len(f.Data)-1]
		if _, err := Decode(f); err == nil {
			t.Error("a cut answer is taken")
		}
	}
}
