package keyset

import (
	"math"
	"testing"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

func TestMark(t *testing.T) {
	for _, n := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64} {
		for _, id := range []string{"", "a", "河|\x00\"", "0123456789abcdef"} {
			if m, got, err := Read(Mark(n, id)); m != n || got != id || err != nil {
				t.Errorf("%d %q came back as %d %q, %v", n, id, m, got, err)
			}
		}
	}
	if n, id, err := Read(""); n != 0 || id != "" || err != nil {
		t.Errorf("the first page is %d %q, %v", n, id, err)
	}
	for _, bad := range []string{"x", "!!!", store.Cursor("1"), store.Cursor("1", "a", "b"), store.Cursor("", "a"), store.Cursor("1.5", "a"), store.Cursor("9223372036854775808", "a")} {
		if _, _, err := Read(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q was read: %v", bad, err)
		}
	}
}
