package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
)

func TestNewID(t *testing.T) {
	// The time is the first ten digits: 48 bits, the same as in the public ULID specification's example (1469918176385 ms).
	if id := NewID(time.UnixMilli(1469918176385)); !strings.HasPrefix(id, "01ARYZ6S41") || len(id) != 26 {
		t.Error(id)
	}
	seen := map[string]bool{}
	for range 1000 {
		seen[NewID(time.UnixMilli(0))] = true
	}
	if len(seen) != 1000 {
		t.Error("ids repeat")
	}
}

// FuzzUncursor: a token is ours or errs.Invalid; what unpacks packs to the same parts.
func FuzzUncursor(f *testing.F) {
	for _, s := range []string{"", Cursor("a", "b"), Cursor("", "河"), "WyJhIl0", "W10", "bnVsbA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parts, err := Uncursor(s, 2)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		again, err := Uncursor(Cursor(parts...), 2)
		if err != nil || !slices.Equal(again, parts) {
			t.Fatalf("%q became %q (%v)", parts, again, err)
		}
	})
}

func TestIn(t *testing.T) {
	if In(3, 2) != "($3,$4)" || In(1, 1) != "($1)" || In(1, 0) != "(NULL)" {
		t.Error(In(3, 2), In(1, 1), In(1, 0))
	}
}
