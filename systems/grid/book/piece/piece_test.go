package piece

import (
	"encoding/binary"
	"testing"
)

// TestReader: what was written reads back, and nothing that was cut, or is too large, reads as a value.
func TestReader(t *testing.T) {
	b := AppendText(binary.AppendVarint(binary.AppendUvarint(nil, 300), -70_000), "和平区")
	r := Reader{Rest: b}
	if u, i, s := r.Uint(301), r.Int(), r.Text(); u != 300 || i != -70_000 || s != "和平区" || r.Bad || len(r.Rest) > 0 {
		t.Errorf("%d %d %q %+v", u, i, s, r)
	}
	for n := range b {
		r := Reader{Rest: b[:n]}
		r.Uint(301)
		r.Int()
		r.Text()
		if !r.Bad || r.Uint(9) != 0 || r.Int() != 0 || r.Text() != "" {
			t.Errorf("%d bytes of it read", n)
		}
	}
	if r := (Reader{Rest: b}); r.Uint(300) != 0 || !r.Bad {
		t.Error("a number beyond its bound")
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte{3, 'a', 'b', 'c', 1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := Reader{Rest: b}
		for !r.Bad && len(r.Rest) > 0 {
			r.Text()
			r.Int()
			if v := r.Uint(7); v >= 7 {
				t.Error(v)
			}
		}
	})
}
