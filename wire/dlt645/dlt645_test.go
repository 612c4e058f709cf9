package dlt645

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"
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
	ID      string `json:"id"`
	Hex     string `json:"hex"`
	Valid   bool   `json:"valid"`
	Decoded struct {
		Address string    `json:"address"`
		Values  []float64 `json:"values_kwh"`
	} `json:"decoded"`
}

// samples gives the third-party frames, or skips the test.
func samples(t testing.TB) (out []sample) {
	t.Helper()
	b, err := os.ReadFile("../../../shared/data/grid/dlt645-frames.json")
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
		if !s.Valid {
			var e *Error
			if !errors.As(err, &e) || e.Clause != "5.2.6" {
				t.Errorf("%s: want the checksum refused, got %v", s.ID, err)
			}
			continue
		}
		if err != nil || n != len(raw) {
			t.Errorf("%s: took %d of %d: %v", s.ID, n, len(raw), err)
			continue
		}
		if back, err := f.Append(nil); err != nil || !bytes.Equal(back, raw) {
			t.Errorf("%s: prints as %x, %v", s.ID, back, err)
		}
		m, err := Decode(f)
		if err != nil {
			t.Errorf("%s: %v", s.ID, err)
			continue
		}
		if again := Encode(f.Addr, m); again.Control != f.Control || !bytes.Equal(again.Data, f.Data) {
			t.Errorf("%s: message prints as %+v", s.ID, again)
		}
		if a, ok := m.(Answer1997); ok {
			vals, err := Energy1997(a.DI, a.Data)
			if err != nil || len(vals) != len(s.Decoded.Values) {
				t.Fatalf("%s: %d values, %v", s.ID, len(vals), err)
			}
			for i, want := range s.Decoded.Values {
				if vals[i].Num != int64(want*100+0.5) {
					t.Errorf("%s: value %d is %s, want %.2f", s.ID, i, vals[i], want)
				}
			}
		}
	}
}
