package dlms

import (
	"encoding/hex"
	"testing"
)

// TestOperate holds a disconnect to bytes put together by hand.
func TestOperate(t *testing.T) {
	if got, want := hex.EncodeToString(Encode(Operate(0xC1, MethodDisconnect))), "c301c1"+"0046"+"000060030aff"+"01"+"01"+"0f00"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for n, ok := range map[int64]bool{0: true, 1: true, 2: true, 3: false} {
		s, err := ParseSwitch(Of(TagEnum, n))
		if (err == nil) != ok || ok && int64(s) != n {
			t.Errorf("%d: %d %v", n, s, err)
		}
	}
	if _, err := ParseSwitch(Of(TagUint8, 1)); err == nil {
		t.Error("a number that is no enum is taken")
	}
}
