package book

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/region"
)

// packedCity is a book of n meters, some of which moved, and its pieces.
func packedCity(t testing.TB, n int) (*Book, [][]byte) {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 6))
	b := New(3)
	put := func(i int) {
		m := Meter{Num: int64(2*i + 7), Address: fmt.Sprintf("%012d", (i*7_919_000_017)%1_000_000_000_000), District: append(region.Districts, region.District{})[r.IntN(17)].Code, Feeder: fmt.Sprintf("F-%d", i/300),
			Concentrator: fmt.Sprintf("%012d", r.IntN(1+n/40)), Category: Categories[i%4].Category, Protocol: []Protocol{DLT698, DLMS}[i%2], Retired: i%9 == 0}
		if i%3 > 0 {
			m.Installed = time.Date(1960+i%90, 3, 4, 0, 0, 0, 0, China)
		}
		b.Put(m)
	}
	for i := range n {
		put(i)
	}
	for range n / 10 {
		put(r.IntN(n))
	}
	var pieces [][]byte
	if err := b.Pack(func(p []byte) error { pieces = append(pieces, p); return nil }); err != nil {
		t.Fatal(err)
	}
	return b, pieces
}

func unpack(b *Book, pieces [][]byte) error {
	return b.Unpack(func() ([]byte, error) {
		if len(pieces) == 0 {
			return nil, nil
		}
		p := pieces[0]
		pieces = pieces[1:]
		return p, nil
	})
}

// TestPack: an archive that was packed stands as it stood, is found by every key, and goes on as any other.
func TestPack(t *testing.T) {
	for _, n := range []int{0, 1, 47, 48, 49, 5000, packPiece + 3} {
		was, pieces := packedCity(t, n)
		now, anew := New(3), New(3)
		if err := unpack(now, pieces); err != nil {
			t.Fatal(n, err)
		}
		for _, m := range was.Meters(0, n) { // as a start reads them: in their order
			anew.Put(m)
		}
		was = anew
		if a, b := was.Meters(0, n), now.Meters(0, n); !reflect.DeepEqual(a, b) {
			t.Fatalf("%d meters differ", n)
		}
		if a, b := was.Concentrators(), now.Concentrators(); !reflect.DeepEqual(a, b) || was.Size() != now.Size() {
			t.Fatalf("%d meters: the concentrators differ", n)
		}
		for round := range 2 {
			for i, m := range was.Meters(0, n) {
				if place, got, ok := now.Find(m.Address); !ok || int(place) != i || got != m {
					t.Fatalf("meter %d of %d: %d %+v %v", i, n, place, got, ok)
				}
				if place, ok := now.PlaceOf(m.Num); !ok || int(place) != i {
					t.Fatalf("meter %d of %d by its number: %d %v", i, n, place, ok)
				}
			}
			d, _ := ParseDay("2015-11-20")
			for _, b := range []*Book{was, now} {
				b.Open(d)
				for i := range n / 2 {
					b.Mark([]Placed{{Place: int32(i), Day: d, Slot: i % 40, At: d.Start() + int64(i%40)*SlotMicros}})
				}
				for i := range 100 * (1 - round) { // and grows
					b.Put(Meter{Num: int64(9_000_000 + i), Address: fmt.Sprintf("9%011d", i), District: "120101", Concentrator: "000000000001", Category: Residential, Protocol: DLT698})
				}
			}
			a, aBy := was.Coverage(d, 40)
			b, bBy := now.Coverage(d, 40)
			if a != b || !reflect.DeepEqual(aBy, bBy) {
				t.Fatalf("%d meters cover %+v, want %+v", n, b, a)
			}
		}
	}
}

// TestPackDamaged: a piece that lacks, is cut, or of another form is refused, and the book stays empty.
func TestPackDamaged(t *testing.T) {
	_, pieces := packedCity(t, 300)
	other := append([]byte{packForm + 1}, pieces[0][1:]...)
	for name, list := range map[string][][]byte{"nothing": nil, "no meters": pieces[:1], "no head": pieces[1:], "another form": {other, pieces[1]}, "twice": {pieces[0], pieces[1], pieces[1]}, "cut": {pieces[0], pieces[1][:len(pieces[1])-1]}} {
		b := New(2)
		if err := unpack(b, list); err == nil || b.Len() != 0 {
			t.Errorf("%s: %v, %d meters", name, err, b.Len())
		}
	}
}

func FuzzUnpack(f *testing.F) {
	_, pieces := packedCity(f, 20)
	f.Add(pieces[0], pieces[1])
	f.Fuzz(func(t *testing.T, head, body []byte) {
		if len(head) > 4 && head[1] > 0x7F {
			t.Skip("room for a city of millions")
		}
		b := New(2)
		if err := unpack(b, [][]byte{head, body}); err != nil && b.Len() != 0 {
			t.Error("a failed book is not empty")
		}
	})
}
