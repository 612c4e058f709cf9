package loss

import (
	"bytes"
	"slices"
	"testing"
)

func TestBetween(t *testing.T) {
	for _, c := range []struct{ from, to, want int64 }{
		{0, 5, 5}, {7, 7, 0}, {9, 5, -4}, {rollover - 3, 4, 7}, {rollover - 3, nearZero, nearZero - rollover + 3}, {unknown, 4, unknown}, {4, unknown, unknown},
	} {
		if got := between(c.from, c.to); got != c.want {
			t.Errorf("from %d to %d: %d, want %d", c.from, c.to, got, c.want)
		}
	}
}

func TestPack(t *testing.T) {
	day := []use{{3, 100_000, 20_000}, {4, unknown, unknown}, {900, -5, unknown}, {901, 0, 0}}
	got, err := unpack(pack(day))
	if err != nil || !slices.Equal(got, day) {
		t.Errorf("%v %v", got, err)
	}
	if n := len(pack(day[:1])); n != 8 {
		t.Errorf("a meter's day takes %d bytes", n)
	}
	for cut := 1; cut < len(pack(day[:1])); cut++ {
		if _, err := unpack(pack(day[:1])[:cut]); err == nil {
			t.Errorf("cut after %d bytes, and taken", cut)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack([]use{{3, 100_000, 20_000}, {4, unknown, unknown}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		day, err := unpack(b)
		if err != nil {
			return
		}
		again, err := unpack(pack(day))
		if err != nil || !slices.Equal(again, day) || bytes.Equal(b, nil) != (len(day) == 0) {
			t.Errorf("%v %v %v", day, again, err)
		}
	})
}
