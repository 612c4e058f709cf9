package nem12

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// BenchmarkReader reads a file of ten thousand days.
func BenchmarkReader(b *testing.B) {
	in := small + strings.Repeat(dayOf("1.234", "A,,,20151102000000,"), 10_000) + "900\r\n"
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(strings.NewReader(in), Options{})
		for {
			if _, err := r.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		if r.Counts().Readings != 480_000 {
			b.Fatal(r.Counts())
		}
	}
}
