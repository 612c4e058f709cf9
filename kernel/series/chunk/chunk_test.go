package chunk

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// meters makes a day of readings as meters give them: a register that counts up (3 decimals), the power that it follows
// from (3 decimals), and a voltage (1 decimal); one sample a quarter of an hour.
func meters(seed uint64, keys, samples int) *Run {
	rng := rand.New(rand.NewPCG(seed, 1))
	r := NewRun(3, keys*samples)
	start := DayStart(16_760)
	for k := range keys {
		energy, base := rng.Int64N(50_000_000), 100+rng.Int64N(900)
		for i := range samples {
			power := base + rng.Int64N(60)
			if i > 24 && i < 32 || i > 70 && i < 88 { // morning and evening
				power += base * 2
			}
			energy += power / 4
			r.Keys = append(r.Keys, int64(k))
			r.Times = append(r.Times, start+int64(i)*900_000_000)
			r.Qual = append(r.Qual, Measured)
			r.Vals[0], r.Vals[1], r.Vals[2] = append(r.Vals[0], energy), append(r.Vals[1], power), append(r.Vals[2], 2200+rng.Int64N(40))
		}
	}
	return r
}

// wild makes samples of one day with every oddity at once.
func wild(rng *rand.Rand, n, cols int) *Run {
	r := NewRun(cols, n)
	start, key, at := DayStart(20_000), rng.Int64N(4)-(1<<6), int64(0)
	for range n {
		at += 1 + rng.Int64N(dayMicrosPer(n))
		if rng.IntN(9) == 0 || at >= DayMicros {
			key, at = key+1+rng.Int64N(5), rng.Int64N(1000)
		}
		r.Keys, r.Times = append(r.Keys, key), append(r.Times, start+at)
		q := Measured
		if rng.IntN(5) == 0 {
			q = Quality(rng.IntN(4)) | Late*Quality(rng.IntN(2))
		}
		r.Qual = append(r.Qual, q)
		for c := range r.Vals {
			r.Vals[c] = append(r.Vals[c], odd(rng))
		}
	}
	return r
}

func dayMicrosPer(n int) int64 { return max(2, DayMicros/int64(n)) }

func odd(rng *rand.Rand) int64 {
	switch rng.IntN(8) {
	case 0:
		return Null
	case 1:
		return math.MaxInt64
	case 2:
		return math.MinInt64 + 1
	case 3:
		return int64(rng.Uint64() >> rng.IntN(63))
	default:
		return rng.Int64N(1000)
	}
}

func same(t *testing.T, what string, got, want *Run) {
	t.Helper()
	if !slices.Equal(got.Keys, want.Keys) || !slices.Equal(got.Times, want.Times) || !slices.Equal(got.Qual, want.Qual) {
		t.Fatalf("%s: keys, times or qualities differ", what)
	}
	for c := range want.Vals {
		if !slices.Equal(got.Vals[c], want.Vals[c]) {
			t.Fatalf("%s: column %d differs", what, c)
		}
	}
}

func TestPack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for w := uint8(0); w <= 64; w++ {
		for n := 1; n <= mini; n++ {
			in := make([]uint64, n)
			for i := range in {
				if w > 0 {
					in[i] = rng.Uint64() >> (64 - w)
				}
			}
			b := pack([]byte{7}, in, w)[1:]
			if len(b) != packedLen(n, w) {
				t.Fatalf("width %d, %d values: %d bytes, not %d", w, n, len(b), packedLen(n, w))
			}
			for _, src := range [][]byte{b, append(slices.Clone(b), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)} {
				out := make([]int64, n)
				unpack(out, src, w)
				for i := range in {
					if uint64(out[i]) != in[i] {
						t.Fatalf("width %d, value %d of %d: %x, not %x", w, i, n, out[i], in[i])
					}
				}
			}
		}
	}
}

func TestColumn(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	ramp := func(n int, f func(i int64) int64) (v []int64) {
		for i := range n {
			v = append(v, f(int64(i)))
		}
		return v
	}
	cases := map[string][]int64{
		"one":          {42},
		"one null":     {Null},
		"all null":     ramp(100, func(int64) int64 { return Null }),
		"constant":     ramp(96, func(int64) int64 { return -7 }),
		"even growth":  ramp(97, func(i int64) int64 { return i * 1_000_003 }),
		"register":     ramp(96, func(i int64) int64 { return 1_000_000 + i*100 + i%7 }),
		"noise":        ramp(65, func(int64) int64 { return 2200 + rng.Int64N(64) }),
		"extremes":     {math.MaxInt64, math.MinInt64 + 1, math.MaxInt64, 0, -1},
		"half null":    ramp(64, func(i int64) int64 { return []int64{Null, i}[i%2] }),
		"32 and 33":    ramp(33, func(i int64) int64 { return i * i }),
		"two":          {5, math.MinInt64 + 1},
		"null at ends": {Null, 1, 2, Null},
	}
	for range 300 {
		v := make([]int64, 1+rng.IntN(200))
		for i := range v {
			v[i] = odd(rng)
		}
		cases["random"] = v
		for name, vals := range cases {
			for _, quick := range []bool{true, false} {
				var p Encoder
				b := p.column(nil, vals, quick)
				s, got := scanner{b: b}, make([]int64, len(vals))
				s.column(got)
				if s.err != nil || s.pos != len(b) || !slices.Equal(got, vals) {
					t.Fatalf("%s, quick %v: %v at %d of %d\n got %v\nwant %v", name, quick, s.err, s.pos, len(b), got, vals)
				}
				s = scanner{b: b}
				if s.skip(len(vals)); s.err != nil || s.pos != len(b) {
					t.Fatalf("%s, quick %v: skip stands at %d of %d: %v", name, quick, s.pos, len(b), s.err)
				}
			}
		}
		cases = map[string][]int64{}
	}
	if n := len((&Encoder{}).column(nil, ramp(96, func(i int64) int64 { return i * 900 }), false)); n > 12 {
		t.Errorf("even times take %d bytes, not a few", n)
	}
}

func TestBatchRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var p Encoder
	for round := range 200 {
		want := wild(rng, 1+rng.IntN(300), 1+rng.IntN(4))
		rng.Shuffle(want.Len(), func(i, j int) {
			want.Keys[i], want.Keys[j] = want.Keys[j], want.Keys[i]
			want.Times[i], want.Times[j] = want.Times[j], want.Times[i]
		})
		got := NewRun(len(want.Vals), 0)
		if err := got.AddBatch(p.Batch(want)); err != nil {
			t.Fatal(round, err)
		}
		same(t, "batch", got, want)
		more := NewRun(len(want.Vals)+1, 0)
		if err := more.AddBatch(p.Batch(want)); err != nil || more.Vals[len(want.Vals)][0] != Null {
			t.Fatal("a column that was declared later is not Null", err)
		}
	}
}

// blocks encodes a day and gives its bodies by block.
func blocks(t testing.TB, r *Run, day int64) map[int64][]byte {
	var w Writer
	var m Merger
	out := map[int64][]byte{}
	err := EachBlock([]*Run{r}, func(b int64, parts []*Run) error {
		body, err := w.Encode(&m, day, b, parts, len(r.Vals))
		out[b] = body
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBlockRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		want := wild(rng, 1+rng.IntN(400), 1+rng.IntN(3))
		for b, body := range blocks(t, want, 20_000) {
			var c Block
			if err := c.Open(body, 20_000, b); err != nil {
				t.Fatal(err)
			}
			got, err := c.Decode(^uint64(0), len(want.Vals), -1)
			if err != nil {
				t.Fatal(err)
			}
			part := want.Block(b)
			same(t, "block", got, part)
			only, err := c.Decode(^uint64(0), 1, len(want.Vals)-1)
			if err != nil || !slices.Equal(only.Vals[0], part.Vals[len(want.Vals)-1]) {
				t.Fatal("one column alone differs", err)
			}
			key := part.Keys[rng.IntN(part.Len())]
			one, err := c.Decode(1<<uint(key&(BlockKeys-1)), len(want.Vals), -1)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "one key", one, part.Key(key))
			if c.Open(body, 20_001, b) == nil || c.Open(body, 20_000, b+1) == nil {
				t.Fatal("a block in a wrong place was taken")
			}
		}
	}
}

// TestFlippedByte: no damaged body may be taken, nor a shortened or lengthened one.
func TestFlippedByte(t *testing.T) {
	r := wild(rand.New(rand.NewPCG(9, 10)), 120, 2)
	var p Encoder
	damage(t, "batch", p.Batch(r), func(body []byte) error { return NewRun(2, 0).AddBatch(body) })
	for b, body := range blocks(t, r, 20_000) {
		damage(t, "block", body, func(body []byte) error { return new(Block).Open(body, 20_000, b) })
	}
}

func damage(t *testing.T, name string, body []byte, open func([]byte) error) {
	if err := open(body); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i := range body {
		for _, x := range []byte{1, 0x80, 0xff} {
			bad := slices.Clone(body)
			bad[i] ^= x
			err := open(bad)
			var f *FormatError
			if !errors.As(err, &f) {
				t.Fatalf("%s: byte %d changed by %#x was taken: %v", name, i, x, err)
			}
		}
		if open(body[:i]) == nil {
			t.Fatalf("%s: %d of %d bytes were taken", name, i, len(body))
		}
	}
	if open(append(slices.Clone(body), 0)) == nil {
		t.Fatalf("%s: a byte too many was taken", name)
	}
}

// TestForged: damage behind a right checksum is refused too, without panic and without much memory.
func TestForged(t *testing.T) {
	r := wild(rand.New(rand.NewPCG(11, 12)), 90, 2)
	var p Encoder
	batch := p.Batch(r)
	for b, block := range blocks(t, r, 20_000) {
		for _, body := range [][]byte{batch, block} {
			for i := bodyHead; i < len(body); i++ {
				for _, x := range []byte{1, 0x10, 0x80, 0xff} {
					bad := slices.Clone(body)
					bad[i] ^= x
					forged(seal(bad), b)
				}
			}
		}
	}
}

// forged decodes whatever it is, in every way.
func forged(body []byte, block int64) {
	r := NewRun(2, 0)
	_ = r.AddBatch(body)
	if r.Len() > 0 {
		(&Sorter{}).Split(r)
	}
	var c Block
	if c.Open(body, 20_000, block) != nil {
		return
	}
	_, _ = c.Decode(^uint64(0), 2, -1)
	_, _ = c.Decode(^uint64(0), 1, 1)
	f := Folder{From: FirstTime, To: LastTime, Period: 3_600_000_000}
	f.Begin(20_000)
	_ = f.Block(&c, ^uint64(0), 1)
}

func FuzzDecode(f *testing.F) {
	rng := rand.New(rand.NewPCG(13, 14))
	var p Encoder
	for range 8 {
		r := wild(rng, 1+rng.IntN(60), 2)
		f.Add(p.Batch(r))
		for _, b := range blocks(f, r, 20_000) {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) < bodyHead || len(body) > 1<<16 {
			return
		}
		body = seal(slices.Clone(body)) // the checksum would hide everything behind it
		forged(body, -1)
		forged(body, 0)
		r := NewRun(2, 0)
		if r.AddBatch(body) != nil {
			return
		}
		// What was decoded must encode and decode again to the same.
		again := NewRun(2, 0)
		if err := again.AddBatch(p.Batch(r)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(r.Keys, again.Keys) || !reflect.DeepEqual(r.Times, again.Times) || !reflect.DeepEqual(r.Vals, again.Vals) {
			t.Fatal("encoding what was decoded gives something else")
		}
	})
}

func TestMergeAndSplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	type at struct{ key, time int64 }
	for range 200 {
		want := map[at]int64{}
		days := map[int64][]*Run{}
		var s Sorter
		for range 1 + rng.IntN(6) {
			raw := NewRun(1, 0)
			for range 1 + rng.IntN(50) {
				a := at{rng.Int64N(5) - 2, DayStart(100) + rng.Int64N(3*24)*3_600_000_000}
				if rng.IntN(20) == 0 {
					a.key *= 1 << 55 // forces the slow order
				}
				v := rng.Int64N(1 << 40)
				raw.Keys, raw.Times, raw.Qual = append(raw.Keys, a.key), append(raw.Times, a.time), append(raw.Qual, Measured)
				raw.Vals[0] = append(raw.Vals[0], v)
				want[a] = v
			}
			for d, r := range s.Split(raw) {
				days[d] = append(days[d], r)
			}
		}
		n := 0
		for d, runs := range days {
			one := Merge(runs, 1)
			for i := range one.Keys {
				n++
				if v := want[at{one.Keys[i], one.Times[i]}]; v != one.Vals[0][i] || DayOf(one.Times[i]) != d {
					t.Fatalf("key %d at %d: %d, want %d", one.Keys[i], one.Times[i], one.Vals[0][i], v)
				}
				if i > 0 && (one.Keys[i] < one.Keys[i-1] || one.Keys[i] == one.Keys[i-1] && one.Times[i] <= one.Times[i-1]) {
					t.Fatal("the merged run is not in order")
				}
			}
		}
		if n != len(want) {
			t.Fatalf("%d samples, want %d", n, len(want))
		}
	}
}

func TestDays(t *testing.T) {
	for _, c := range []struct {
		at   int64
		name string
	}{{0, "1970-01-01"}, {-8*3_600_000_000 - 1, "1969-12-31"}, {16*3_600_000_000 - 1, "1970-01-01"}, {16 * 3_600_000_000, "1970-01-02"}, {FirstTime, "1900-01-01"}} {
		if got := DayName(DayOf(c.at)); got != c.name {
			t.Errorf("%d falls on %s, not %s", c.at, got, c.name)
		}
	}
}
