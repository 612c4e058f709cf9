package usage

import (
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

const tol = 2 * time.Minute

func line(d book.Day, n int, step int64) (p []Point) {
	for i := range n {
		p = append(p, Point{d.Start() + int64(i)*book.SlotMicros, 1_000_0000 + int64(i)*step, series.Measured})
	}
	return p
}

// TestBetween: whole days, running days, gaps at the ends, a register that began anew.
func TestBetween(t *testing.T) {
	const d = book.Day(16_000)
	p := line(d, 193, 100)
	late := p[192].At + 3600e6
	cases := []struct {
		name     string
		p        []Point
		from, to int64
		now      int64
		want     Sum
	}{
		{"a whole day", p, d.Start(), (d + 1).Start(), late, Sum{9600, true, true, false}},
		{"a day that runs", p[:50], d.Start(), (d + 1).Start(), p[49].At, Sum{4900, true, true, false}},
		{"the first hour is missing", p[4:], d.Start(), (d + 1).Start(), late, Sum{9200, true, false, false}},
		{"the end is missing", p[:90], d.Start(), (d + 1).Start(), late, Sum{8900, true, false, false}},
		{"nothing", nil, d.Start(), (d + 1).Start(), late, Sum{}},
		{"one register is no energy", p[:1], d.Start(), (d + 1).Start(), late, Sum{}},
		{"another meter", append(append([]Point{}, p[:48]...), line(d, 193, 200)[48:]...), d.Start(), d.Start() + 95*book.SlotMicros, late, Sum{47*100 + (48*200 - 47*100) + 47*200, true, true, false}},
	}
	fell := append([]Point{}, p...)
	for i := 48; i < len(fell); i++ {
		fell[i].Value -= 900_0000
	}
	cases = append(cases, struct {
		name     string
		p        []Point
		from, to int64
		now      int64
		want     Sum
	}{"the register fell", fell, d.Start(), (d + 1).Start(), late, Sum{9500, true, false, false}})
	for _, c := range cases {
		if got := Between(c.p, c.from, c.to, c.now, tol); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestQuarters: the last quarter hour takes the next midnight's register; an estimated end marks both that it bounds.
func TestQuarters(t *testing.T) {
	const d = book.Day(16_000)
	p := line(d, 97, 250)
	p[10].Quality = series.Estimated
	p = append(p[:20], p[21:]...)
	q := Quarters(p, d, tol)
	for i, x := range q {
		want := Quarter{250, true, series.Measured}
		switch i {
		case 9, 10:
			want.Quality = series.Estimated
		case 19, 20:
			want = Quarter{}
		}
		if x != want {
			t.Errorf("%d: %+v, want %+v", i, x, want)
		}
	}
}

// TestAverage: too few, or one who stands out, and there is none; what is shown is rounded.
func TestAverage(t *testing.T) {
	many := func(n int, v int64) (out []int64) {
		for range n {
			out = append(out, v)
		}
		return out
	}
	for _, c := range []struct {
		name string
		e    []int64
		want int64
		ok   bool
	}{
		{"nineteen", many(19, 50_000), 0, false},
		{"twenty", many(20, 50_400), 50_000, true},
		{"rounded up", many(20, 50_500), 51_000, true},
		{"one stands out", append(many(30, 10_000), 110_000), 0, false},
		{"one does not quite", append(many(30, 10_000), 100_000), 13_000, true},
		{"nobody draws anything", many(50, 0), 0, false},
	} {
		if got, ok := Average(c.e); got != c.want || ok != c.ok {
			t.Errorf("%s: %d %v", c.name, got, ok)
		}
	}
}

// TestTariff: amounts by hand, and what is no tariff.
func TestTariff(t *testing.T) {
	tiers, err := ParseTariff(Tiered, "220 0.49\r\n400 0.54\n- 0.79\n")
	if err != nil {
		t.Fatal(err)
	}
	var none [book.SlotsPerDay]int64
	for kwh, fen := range map[int64]int64{0: 0, 100: 4900, 220: 10780, 300: 10780 + 4320, 500: 10780 + 9720 + 7900} {
		if got := tiers.Cost(kwh*10_000, none); got != fen {
			t.Errorf("%d kWh: %d, want %d", kwh, got, fen)
		}
	}
	hours, err := ParseTariff(ByTime, "00:00-08:00 0.3\n08:00-24:00 0.6")
	if err != nil {
		t.Fatal(err)
	}
	var q [book.SlotsPerDay]int64
	q[31], q[32] = 10_000, 20_000
	if got := hours.Cost(0, q); got != 30+120 {
		t.Errorf("by time: %d", got)
	}
	for _, bad := range [][2]string{{Tiered, ""}, {Tiered, "220 0.49"}, {Tiered, "- 0.49\n- 0.5"}, {Tiered, "220 0.4\n200 0.5\n- 1"}, {Tiered, "220 x\n- 1"}, {Tiered, "220 -1\n- 1"}, {Tiered, "- 0.12345"},
		{ByTime, "00:00-08:00 0.3"}, {ByTime, "00:00-08:00 0.3\n09:00-24:00 1"}, {ByTime, "00:00-24:01 1"}, {ByTime, "00:00-25:00 1"}, {ByTime, "220 0.5"}, {"flat", "- 0.5"}, {"", ""}} {
		if got, err := ParseTariff(bad[0], bad[1]); err == nil {
			t.Errorf("%q is taken: %+v", bad, got)
		}
	}
}

// FuzzParseTariff: whatever is typed is refused or costs something that is not negative.
func FuzzParseTariff(f *testing.F) {
	f.Add(Tiered, "220 0.49\n- 0.79", int64(3_000_000))
	f.Add(ByTime, "00:00-24:00 0.49", int64(1))
	f.Fuzz(func(t *testing.T, kind, text string, energy int64) {
		tariff, err := ParseTariff(kind, text)
		if err != nil {
			return
		}
		var q [book.SlotsPerDay]int64
		energy &= 1<<40 - 1
		q[3] = energy
		if tariff.Cost(energy, q) < 0 {
			t.Errorf("%q costs less than nothing", text)
		}
	})
}
