package stream_test

import (
	"bytes"
	"testing"

	"github.com/haihe-city/haihe/wire/stream"
)

// The format of the test: 'S', the number of bytes that follow, these; a byte 'x' among them spoils the frame.
var rules = stream.Rules[string, string]{
	Start: 'S',
	Wake:  '~',
	Parse: func(b []byte, limit int) (f string, n int, short bool, why string) {
		if len(b) < 2 {
			return "", 0, true, ""
		}
		n = 2 + int(b[1]-'0')
		switch {
		case limit > 0 && n > limit:
			return "", 0, false, "long"
		case len(b) < n:
			return "", 0, true, ""
		case bytes.ContainsRune(b[2:n], 'x'):
			return "", 0, false, "spoilt"
		}
		return string(b[2:n]), n, false, ""
	},
	NoStart: func() string { return "no start" },
	Cut:     func(int) string { return "cut" },
}

// TestScanner feeds streams whole and byte by byte; both must find the same, and account for every byte.
func TestScanner(t *testing.T) {
	for _, c := range []struct {
		name, in string
		limit    int
		want     []string // frames; refusals as "!reason:bytes"
	}{
		{"nothing", "", 0, nil},
		{"two frames", "S2abS1c", 0, []string{"ab", "c"}},
		{"woken", "~~S1a~S1b", 0, []string{"a", "b"}},
		{"noise before", "...S1a", 0, []string{"!no start:...", "a"}},
		{"good frame within a broken one", "S5xS1bzS1c", 0, []string{"!spoilt:S5x", "b", "!no start:z", "c"}},
		{"cut", "S1aS5ab", 0, []string{"a", "!cut:S5ab"}},
		{"longer than agreed", "S9S1a", 4, []string{"!long:S9", "a"}},
	} {
		for _, size := range []int{1, 3, 1 << 10} {
			s := &stream.Scanner[string, string]{Limit: c.limit}
			var got []string
			var at int64
			take := func() {
				for {
					it, ok := s.Next(&rules)
					if !ok {
						return
					}
					if string(it.Raw) != c.in[it.Offset:int(it.Offset)+len(it.Raw)] || it.Offset < at {
						t.Fatalf("%s: an item at %d holds %q", c.name, it.Offset, it.Raw)
					}
					at = it.Offset + int64(len(it.Raw))
					if it.Refused != "" {
						// what is refused may be told in several pieces where it came in several
						if n := len(got) - 1; n >= 0 && got[n][0] == '!' && size < len(c.in) {
							got[n] += string(it.Raw)
							continue
						}
						got = append(got, "!"+it.Refused+":"+string(it.Raw))
						continue
					}
					got = append(got, it.Frame)
				}
			}
			for in := []byte(c.in); len(in) > 0; {
				n := min(size, len(in))
				s.Feed(in[:n])
				in = in[n:]
				take()
			}
			for s.Pending() > 0 {
				s.Abandon(&rules)
				take()
			}
			if len(got) != len(c.want) {
				t.Fatalf("%s by %d: %q, want %q", c.name, size, got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("%s by %d: item %d is %q, want %q", c.name, size, i, got[i], c.want[i])
				}
			}
		}
	}
}
