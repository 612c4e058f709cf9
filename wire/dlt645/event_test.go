package dlt645

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
	"time"
)

// TestPowerFailures: records as they stand on the wire, byte by byte. DL/T 645-2007 A.4
func TestPowerFailures(t *testing.T) {
	down := time.Date(2026, 11, 3, 4, 5, 6, 0, China())
	for _, c := range []struct {
		name, hex string
		want      PowerFailure
		ok, bad   bool
	}{
		{"both", "060504031126" + "080706031126", PowerFailure{down, time.Date(2026, 11, 3, 6, 7, 8, 0, China())}, true, false},
		{"not over", "060504031126" + "000000000000", PowerFailure{Down: down}, true, false},
		{"not over, FF", "060504031126" + "FFFFFFFFFFFF", PowerFailure{Down: down}, true, false},
		{"never written", "000000000000000000000000", PowerFailure{}, false, false},
		{"never written, FF", "FFFFFFFFFFFFFFFFFFFFFFFF", PowerFailure{}, false, false},
		{"backwards", "080706031126" + "060504031126", PowerFailure{}, false, true},
		{"no month 13", "060504031326" + "080706031126", PowerFailure{}, false, true},
		{"no BCD", "0A0504031126" + "080706031126", PowerFailure{}, false, true},
		{"short", "0605040311260807060311", PowerFailure{}, false, true},
		{"long", "06050403112608070603112600", PowerFailure{}, false, true},
	} {
		raw, _ := hex.DecodeString(c.hex)
		got, ok, err := ReadPowerFailure(raw)
		var e *Error
		if ok != c.ok || (err != nil) != c.bad || c.bad && (!errors.As(err, &e) || e.Clause != "A.4") {
			t.Errorf("%s: %v %v %v", c.name, got, ok, err)
		}
		if ok && (!got.Down.Equal(c.want.Down) || !got.Back.Equal(c.want.Back)) {
			t.Errorf("%s: %v", c.name, got)
		}
		if c.name == "both" && !bytes.Equal(got.Append(nil), raw) {
			t.Errorf("printed %X", got.Append(nil))
		}
	}
	for n, want := range map[int64]string{0: "000000", 123_456: "563412", 7: "070000"} {
		b, err := AppendPowerDowns(nil, n)
		back, rerr := ReadPowerDowns(b)
		if err != nil || rerr != nil || hex.EncodeToString(b) != want || back != n {
			t.Errorf("%d: %x %v %v", n, b, err, rerr)
		}
	}
	if _, err := AppendPowerDowns(nil, 1_000_000); err == nil {
		t.Error("seven digits are printed in six")
	}
	for d, want := range map[DI]int{PowerDown(1): 1, PowerDown(10): 10, PowerDowns: 0, PowerDown(11): 0, 0x03100001: 0} {
		if n, ok := IsPowerFailure(d); ok != (want > 0) || ok && n != want {
			t.Errorf("%v: %d %v", d, n, ok)
		}
	}
}

// FuzzPowerFailure: what is read is printed so that it is read as the same.
func FuzzPowerFailure(f *testing.F) {
	f.Add([]byte{6, 5, 4, 3, 0x11, 0x26, 8, 7, 6, 3, 0x11, 0x26})
	f.Add([]byte{6, 5, 4, 3, 0x11, 0x26, 0, 0, 0, 0, 0, 0})
	f.Add(bytes.Repeat([]byte{0xFF}, 12))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, ok, err := ReadPowerFailure(b)
		if err != nil || !ok {
			return
		}
		again, ok, err := ReadPowerFailure(e.Append(nil))
		if err != nil || !ok || !again.Down.Equal(e.Down) || !again.Back.Equal(e.Back) {
			t.Fatalf("%x: %v, again %v %v %v", b, e, again, ok, err)
		}
	})
}
