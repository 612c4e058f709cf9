package rule

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// TestSpread holds the distribution to the last digit over random totals and weights, those that an addition would overflow
// among them, and to proportion.
func TestSpread(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		w := make([]int64, 1+rng.IntN(200))
		for i := range w {
			switch rng.IntN(4) {
			case 0:
			case 1:
				w[i] = rng.Int64N(1 << 40)
			default:
				w[i] = rng.Int64N(1000)
			}
		}
		total := rng.Int64N(1 << uint(1+rng.IntN(50)))
		was := slices.Clone(w)
		Spread(total, w)
		sum, weights := int64(0), int64(0)
		for i, v := range w {
			sum, weights = sum+v, weights+was[i]
			if v < 0 {
				t.Fatalf("a part of %d is negative", total)
			}
		}
		if sum != total {
			t.Fatalf("the parts of %d add up to %d", total, sum)
		}
		for i, v := range w {
			share := float64(total) / float64(len(w))
			if weights > 0 {
				share = float64(total) * float64(was[i]) / float64(weights)
			}
			if d := float64(v) - share; d > 1.001+share*1e-9 || d < -1.001-share*1e-9 {
				t.Fatalf("a share of %f became %d", share, v)
			}
		}
	}
}

// TestEstimatesAddUp knocks random gaps, of every length up to days and some with a roll-over within, out of generated meters:
// with whatever method is drawn, the quarter hours add up to the difference of the readings, to the last digit and to the last
// watt-hour, registers do not fall, and every method has its turn.
func TestEstimatesAddUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	drawn := map[Method]int{}
	wraps, open := 0, 0
	for i := range 600 {
		m := newMeter(uint64(i))
		day := book.Day(16_700)
		warm := book.Day(rng.IntN(25))
		for range warm {
			m.check(day, m.readings(day, m.day(ByWeekday(day).Class)))
			day++
		}
		rows := m.readings(day, m.day(ByWeekday(day).Class))
		n := 1 + rng.IntN([]int{4, 20, 70, 96}[i%4])
		from := rng.IntN(Slots - n + 1)
		if i%10 == 0 { // the register rolls over in the middle of the gap
			by := capacities[i/10%2] - rows[from+n/2].reg
			for k := range rows {
				if rows[k].reg += by; rows[k].reg >= capacities[i/10%2] {
					rows[k].reg -= capacities[i/10%2]
				}
			}
			m.s.Register += by
		}
		rows = slices.Delete(rows, from, from+n)
		Begin(&m.d, day, &m.s)
		for _, r := range rows {
			m.d.Put(r.at, tolerance, series.Measured, r.reg, r.power, r.voltage)
		}
		m.k.Check(&m.d, &m.s)
		var proxy Proxied
		if i%3 == 0 {
			p := m.day(ByWeekday(day).Class)
			proxy = Proxied{day: &p}
		}
		order := slices.Clone(DefaultOrder)
		rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		var filled Filled
		for k := range filled {
			filled[k] = series.Null
		}
		gaps := m.k.Gaps(&m.d, &m.s, series.Null, 0)
		for _, g := range gaps {
			out, ok := m.k.Draw(&g, &m.d, &m.s, proxy, order)
			copy(filled[g.From:], out.Registers)
			if !ok {
				if g.Closed {
					t.Fatalf("a closed gap is not drawn: %+v", g)
				}
				continue
			}
			drawn[out.Method]++
			if !g.Closed {
				open++
			}
			if g.Wrap > 0 {
				wraps++
			}
			if !AddsUp(&g, out.Registers) {
				t.Fatalf("%s over %+v does not add up: %v", out.Method, g, out.Registers)
			}
			if g.Closed && len(out.Registers) > 0 { // and the check can fail
				out.Registers[len(out.Registers)/2] += g.Energy + 1
				if AddsUp(&g, out.Registers) {
					t.Fatal("a register too high is called balanced")
				}
			}
		}
		want := Balanced
		if len(gaps) == 0 || !gaps[len(gaps)-1].Closed { // it begins before the first reading, or ends after the last
			want = Unended
		}
		if got := m.k.Settle(&m.d, &filled, false); got != want && !(from == 0 && got == Balanced && m.d.Base != series.Null) {
			t.Fatalf("meter %d, %d slots from %d: the day ends as %d, want %d", i, n, from, got, want)
		}
		if want == Balanced {
			for k := range filled {
				if filled[k] != series.Null && k+1 < Slots && filled[k+1] == series.Null { // the last of a gap, one too high
					filled[k] += 1_000_000_000
				}
			}
			if m.k.Settle(&m.d, &filled, false) == Balanced {
				t.Fatal("a register too high is called balanced")
			}
		}
		m.k.Take(&m.d, &m.s)
	}
	for _, m := range DefaultOrder {
		if drawn[m] == 0 {
			t.Errorf("%s was never drawn: %v", m, drawn)
		}
	}
	if wraps == 0 || open == 0 {
		t.Errorf("%d gaps with a roll-over, %d open ones", wraps, open)
	}
	t.Logf("%v, %d with a roll-over, %d open", drawn, wraps, open)
}

// TestGapOverDays: what was guessed while a meter was silent for days is drawn anew from the reading before to the reading that
// ends the silence.
func TestGapOverDays(t *testing.T) {
	m := newMeter(12)
	day := book.Day(16_700)
	for range 20 {
		m.check(day, m.readings(day, m.day(ByWeekday(day).Class)))
		day++
	}
	before := m.s.Register
	for n := range 4 {
		rows := m.readings(day, m.day(ByWeekday(day).Class))
		if n == 3 {
			rows = rows[40:]
		} else {
			rows = nil
		}
		last := n == 3
		Begin(&m.d, day, &m.s)
		for _, r := range rows {
			m.d.Put(r.at, tolerance, series.Measured, r.reg, r.power, r.voltage)
		}
		m.k.Check(&m.d, &m.s)
		gaps := m.k.Gaps(&m.d, &m.s, series.Null, 0)
		if len(gaps) != 1 {
			t.Fatalf("day %d: gaps %+v", n, gaps)
		}
		out, ok := m.k.Draw(&gaps[0], &m.d, &m.s, nil, DefaultOrder)
		if !ok || out.Method != Average {
			t.Fatalf("day %d: %v %v", n, ok, out.Method)
		}
		if !last {
			if gaps[0].Closed || gaps[0].From != 0 || gaps[0].To != Slots {
				t.Errorf("day %d: %+v", n, gaps[0])
			}
			m.k.Take(&m.d, &m.s)
			m.s.Drawn = out.Registers[len(out.Registers)-1]
		} else if g := gaps[0]; !g.Closed || g.From != -3*Slots || g.To != 40 || g.Before != before || !AddsUp(&g, out.Registers) {
			t.Errorf("the whole gap is not drawn anew: %+v", g)
		}
		day++
	}
}

// TestSettings: the order of methods is read or refused, never guessed.
func TestSettings(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
	}{{"linear,profile,proxy,average", 4}, {" average , linear", 2}, {"", 0}, {"linear,linear", 0}, {"line", 0}, {"manual", 0}, {"linear,", 0}} {
		if got, err := ParseOrder(c.text); len(got) != c.n || (err == nil) != (c.n > 0) {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
	}
}

// FuzzStat: statistics of the right length are read and written again as they are, others refused; and no statistics, however
// wild, make the rules or the estimates panic.
func FuzzStat(f *testing.F) {
	m := newMeter(1)
	for d := range book.Day(9) {
		m.check(16_700+d, m.readings(16_700+d, m.day(ByWeekday(16_700+d).Class)))
	}
	f.Add(m.s.Append(nil), uint64(1))
	f.Add(make([]byte, StatBytes), uint64(2))
	f.Add([]byte{1, 2}, uint64(3))
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		s, err := ReadStat(b)
		if err != nil {
			if len(b) == StatBytes {
				t.Fatal(err)
			}
			return
		}
		again, err := ReadStat(s.Append(nil))
		if err != nil || again != s {
			t.Fatalf("%+v became %+v", s, again)
		}
		h := newMeter(seed % 50)
		h.s = s
		rng := rand.New(rand.NewPCG(seed, 1))
		rows := h.readings(16_800, h.day(Workday))
		for range rng.IntN(60) {
			k := rng.IntN(len(rows))
			rows[k] = reading{rows[k].at + rng.Int64N(book.SlotMicros*3) - book.SlotMicros, rng.Int64N(1 << 40), rng.Int64N(1<<40) - 1<<39, 0}
		}
		Begin(&h.d, 16_800, &h.s)
		for _, r := range rows {
			h.d.Put(r.at, tolerance, series.Measured, r.reg, r.power, r.voltage)
		}
		for _, f := range h.k.Check(&h.d, &h.s) {
			if f.Text().Zh == "" || f.Text().En == "" || f.Rule.Text().Zh == "" || f.Severity.Text().Zh == "" {
				t.Fatalf("no words for %+v", f)
			}
		}
		for _, g := range h.k.Gaps(&h.d, &h.s, series.Null, 0) {
			if out, ok := h.k.Draw(&g, &h.d, &h.s, nil, DefaultOrder); ok && !AddsUp(&g, out.Registers) {
				t.Fatalf("%+v does not add up", g)
			}
		}
		h.k.Take(&h.d, &h.s)
	})
}

func BenchmarkDay(b *testing.B) {
	m := newMeter(3)
	day := book.Day(16_700)
	for range 20 {
		m.check(day, m.readings(day, m.day(ByWeekday(day).Class)))
		day++
	}
	rows := m.readings(day, m.day(ByWeekday(day).Class))
	b.ReportAllocs()
	for b.Loop() {
		s := m.s
		Begin(&m.d, day, &s)
		for _, r := range rows {
			m.d.Put(r.at, tolerance, series.Measured, r.reg, r.power, r.voltage)
		}
		m.k.Check(&m.d, &s)
		m.k.Take(&m.d, &s)
	}
}
