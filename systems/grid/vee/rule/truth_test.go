package rule

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// house is a generated customer: two peaks or a plateau, a level of its own, and noise from day to day and from quarter hour to
// quarter hour.
type house struct {
	rng   *rand.Rand
	shape int
	scale float64 // kWh of a mean quarter hour
	noise float64
	now   int64 // register
	floor float64
}

func newHouse(seed uint64) *house {
	h := &house{rng: rand.New(rand.NewPCG(seed, 7))}
	h.shape = int(seed % 3)
	h.scale = math.Exp(h.rng.NormFloat64()*0.8 - 2) // 0.13 kWh in the middle
	if h.shape > 0 {
		h.scale *= 20
	}
	h.noise = 0.15 + 0.35*h.rng.Float64()
	h.floor = 0.15 + 0.2*h.rng.Float64()
	h.now = h.rng.Int64N(90_000_0000) + 1000_0000
	return h
}

func (h *house) mean(c Class, slot int) float64 {
	t := float64(slot) / 4
	bump := func(at, width, height float64) float64 {
		d := math.Abs(t - at)
		d = math.Min(d, 24-d)
		return height * math.Exp(-d*d/(2*width*width))
	}
	v := h.floor
	switch h.shape {
	case 0: // a home
		v += bump(7.5, 1.2, 1.1) + bump(12, 1.5, 0.6) + bump(20, 2.2, 2)
		if c == Weekend {
			v += bump(14, 4, 0.7)
		}
	case 1: // a shop
		v += bump(14, 5, 1.8)
	default: // works
		if v += bump(10, 2.5, 1.5) + bump(15, 2.5, 1.6); c == Weekend {
			v *= 0.6
		}
	}
	return v
}

// day makes the true energies of a day.
func (h *house) day(c Class) (e [Slots]int64) {
	level := math.Exp(h.rng.NormFloat64() * 0.18)
	for i := range e {
		e[i] = int64(1e4 * h.scale * level * h.mean(c, i) * math.Exp(h.rng.NormFloat64()*h.noise-h.noise*h.noise/2))
	}
	return e
}

// reading is what arrives.
type reading struct {
	at      int64
	reg     int64
	power   int64
	voltage int64
}

func (h *house) readings(d book.Day, e [Slots]int64) []reading {
	out := make([]reading, Slots)
	for i := range out {
		h.now += e[i]
		out[i] = reading{d.Start() + int64(i)*book.SlotMicros, h.now, int64(float64(e[i]) * 4 * (1 + 0.01*h.rng.NormFloat64())), 2200 + h.rng.Int64N(80) - 40}
	}
	return out
}

// meter is a generated customer under the rules.
type meter struct {
	*house
	k *Checker
	s Stat
	d Day
}

func newMeter(seed uint64) *meter {
	return &meter{house: newHouse(seed), k: NewChecker(Limits{}), s: NewStat()}
}

const tolerance = 120_000_000

// check lays readings before the rules, as the nightly pass does.
func (m *meter) check(day book.Day, rows []reading) []Finding {
	Begin(&m.d, day, &m.s)
	for _, r := range rows {
		m.d.Put(r.at, tolerance, series.Measured, r.reg, r.power, r.voltage)
	}
	found := slices.Clone(m.k.Check(&m.d, &m.s))
	m.k.Take(&m.d, &m.s)
	return found
}

// fault changes a day's true energies or its readings; want is the rule that must find it, others what may be found besides.
type fault struct {
	name   string
	want   Rule
	others []Rule
	days   int
	energy func(m *meter, e *[Slots]int64)
	rows   func(m *meter, rows []reading) []reading
}

var faults = []fault{
	{name: "high", want: High, others: []Rule{Multiplier}, energy: func(m *meter, e *[Slots]int64) {
		for i := range e {
			e[i] = e[i] * 55 / 10
		}
	}},
	{name: "low", want: Low, others: []Rule{Zero}, energy: func(m *meter, e *[Slots]int64) {
		for i := range e {
			e[i] = e[i] * 4 / 100
		}
	}},
	{name: "spike in a register", want: Spike, others: []Rule{Negative}, rows: func(m *meter, rows []reading) []reading {
		rows[1+m.rng.IntN(90)].reg += 200_0000 + m.rng.Int64N(10_000_0000)
		return rows
	}},
	{name: "spike of energy", want: Spike, others: []Rule{High}, energy: func(m *meter, e *[Slots]int64) {
		e[m.rng.IntN(Slots)] = 20*slices.Max(e[:]) + spikeFrom
	}},
	{name: "spike of power", want: Spike, others: []Rule{Sum}, rows: func(m *meter, rows []reading) []reading {
		rows[m.rng.IntN(Slots)].power = 60*slices.MaxFunc(rows, func(a, b reading) int { return int(a.power - b.power) }).power + 5*spikeFrom
		return rows
	}},
	{name: "register falls", want: Negative, rows: func(m *meter, rows []reading) []reading {
		by := rows[0].reg/10 + m.rng.Int64N(rows[0].reg/2)
		k := 1 + m.rng.IntN(94)
		for i := k; i < Slots; i++ {
			rows[i].reg -= by
		}
		m.now -= by
		return rows
	}},
	{name: "zero", want: Zero, others: []Rule{Low}, energy: func(m *meter, e *[Slots]int64) {
		n := 40 + m.rng.IntN(50)
		k := m.rng.IntN(Slots - n)
		for i := k; i < k+n; i++ {
			e[i] = 0
		}
	}},
	{name: "missing", want: Missing, rows: func(m *meter, rows []reading) []reading {
		n := 1 + m.rng.IntN(30)
		k := m.rng.IntN(Slots - n)
		return slices.Delete(rows, k, k+n)
	}},
	{name: "repeated reading", want: Duplicate, others: []Rule{Sum, Spike}, rows: func(m *meter, rows []reading) []reading {
		k := 1
		for i := range rows {
			if rows[i].power > rows[k].power {
				k = i
			}
		}
		if k = max(k, 1); k == Slots-1 {
			k--
		}
		at := rows[k+1].at
		rows[k+1] = rows[k]
		rows[k+1].at = at
		return rows
	}},
	{name: "slot sent twice", want: Duplicate, rows: func(m *meter, rows []reading) []reading {
		k := m.rng.IntN(Slots)
		again := rows[k]
		again.at += 20_000_000
		return append(rows, again)
	}},
	{name: "roll-over", want: RollOver, rows: func(m *meter, rows []reading) []reading {
		k := m.rng.IntN(Slots)
		by := capacities[1] - rows[k].reg
		// the meter has counted up to the end since yesterday: what was before moves with it
		m.d.Base += by
		for i := range rows {
			if rows[i].reg += by; rows[i].reg >= capacities[1] {
				rows[i].reg -= capacities[1]
			}
		}
		return rows
	}},
	{name: "clock beside", want: Drift, others: []Rule{Missing}, rows: func(m *meter, rows []reading) []reading {
		by := (35 + m.rng.Int64N(500)) * 1e6
		for i := range rows {
			rows[i].at += by
		}
		return rows[:Slots-1]
	}},
	{name: "clock moves", want: Drift, rows: func(m *meter, rows []reading) []reading {
		for i := range rows {
			rows[i].at += int64(i) * 30 * 1e6 / Slots
		}
		return rows
	}},
	{name: "reversed", want: Reversed, others: []Rule{Zero, Low, Duplicate}, rows: func(m *meter, rows []reading) []reading {
		k := m.rng.IntN(85)
		for i := k; i < Slots; i++ {
			if rows[i].reg = rows[max(k-1, 0)].reg; rows[i].power < 2*reversedFrom {
				rows[i].power = 2 * reversedFrom
			}
			rows[i].power *= -1
		}
		return rows
	}},
	{name: "sum", want: Sum, others: []Rule{Low, Spike, Zero}, rows: func(m *meter, rows []reading) []reading {
		first := rows[0].reg
		for i := range rows { // the register counts two of three phases
			rows[i].reg = first + (rows[i].reg-first)*2/3
		}
		return rows
	}},
	{name: "prolonged", want: Prolonged, others: []Rule{Missing}, days: 5, rows: func(_ *meter, rows []reading) []reading { return rows[:10] }},
	{name: "multiplier of the day", want: Multiplier, others: []Rule{Spike, High}, energy: func(m *meter, e *[Slots]int64) {
		f := []int64{10, 100, 1000}[m.rng.IntN(3)]
		for i := range e {
			e[i] *= f
		}
	}},
	{name: "multiplier within the day", want: Multiplier, others: []Rule{Spike, High}, energy: func(m *meter, e *[Slots]int64) {
		for i := (3 + m.rng.IntN(6)) * partSlots; i < Slots; i++ {
			e[i] *= 10
		}
	}},
	{name: "unit of the register", want: Multiplier, rows: func(m *meter, rows []reading) []reading {
		f := []int64{10, 100, 1000}[m.rng.IntN(3)]
		for i := 1 + m.rng.IntN(94); i < Slots; i++ {
			rows[i].reg /= f
		}
		return rows
	}},
}

// TestRulesAgainstTruth injects every fault into generated customers and counts what each rule finds of it, and what it finds
// where nothing is.
func TestRulesAgainstTruth(t *testing.T) {
	const meters, warm = 240, 35
	start := book.DayOf(1_447_000_000_000_000)
	hit, made := map[Rule]int{}, map[Rule]int{}
	wrong, clean := map[Rule]int{}, 0
	for n, f := range faults {
		got := 0
		for i := range meters {
			m := newMeter(uint64(n*10_000 + i))
			day := start
			for ; day < start+warm+book.Day(i%7); day++ {
				found := m.check(day, m.readings(day, m.day(ByWeekday(day).Class)))
				if day < start+21 {
					continue
				}
				clean++
				for _, x := range found {
					wrong[x.Rule]++
				}
			}
			var found []Finding
			for range max(f.days, 1) {
				e := m.day(ByWeekday(day).Class)
				if f.energy != nil {
					f.energy(m, &e)
				}
				rows := m.readings(day, e)
				base := m.s.Register
				if f.rows != nil {
					m.d.Base = base
					rows = f.rows(m, rows)
					m.s.Register = m.d.Base
				}
				found = m.check(day, rows)
				day++
			}
			for _, x := range found {
				if x.Rule == f.want {
					got++
					break
				}
			}
			clean++
			for _, x := range found {
				if x.Rule != f.want && !slices.Contains(f.others, x.Rule) {
					wrong[x.Rule]++
					if testing.Verbose() && wrong[x.Rule] < 4 {
						t.Logf("%s of meter %d: also %s %s", f.name, i, x.Rule, x.Text().En)
					}
				}
			}
		}
		t.Logf("%-26s found by %-10s %.3f", f.name, f.want, float64(got)/meters)
		hit[f.want] += got
		made[f.want] += meters
	}
	for _, r := range Rules {
		recall, false_ := float64(hit[r.Rule])/float64(max(made[r.Rule], 1)), float64(wrong[r.Rule])/float64(clean)
		t.Logf("%-12s recall %.3f of %d, false alarms %.4f %% of %d days", r.Rule, recall, made[r.Rule], 100*false_, clean)
		if made[r.Rule] == 0 {
			t.Errorf("no fault tries rule %s", r.Rule)
		}
		if recall < 0.95 {
			t.Errorf("%s finds %.3f of what was injected", r.Rule, recall)
		}
		if false_ > 0.005 {
			t.Errorf("%s is false on %.2f %% of the days", r.Rule, 100*false_)
		}
	}
}
