package model

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// plant makes rows of a small plant: six points that follow two hidden causes, and one that stands still.
func plant(n int, seed uint64) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 7))
	rows := make([][]float64, n)
	a, b := 0.0, 0.0
	for i := range rows {
		a, b = 0.8*a+0.6*r.NormFloat64(), 0.5*b+0.87*r.NormFloat64()
		e := func() float64 { return 0.2 * r.NormFloat64() }
		rows[i] = []float64{50 + 5*(a+e()), 20 - 2*(a+e()), 300 + 30*(b+e()), 7 + b + e(), 1.5 + 0.1*(a+b+e()), 90 + 4*(a-b+e()), 3}
	}
	return rows
}

func learn(t *testing.T, rows [][]float64) *Model {
	t.Helper()
	m, err := Train(rows, Default())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEigen(t *testing.T) {
	values, vectors := eigen([][]float64{{2, 1, 0}, {1, 2, 0}, {0, 0, 5}})
	for i, want := range []float64{5, 3, 1} {
		if math.Abs(values[i]-want) > 1e-12 {
			t.Errorf("value %d is %g, want %g", i, values[i], want)
		}
	}
	if got := vectors[1]; math.Abs(math.Abs(got[0])-math.Sqrt(0.5)) > 1e-12 || math.Abs(got[0]-got[1]) > 1e-12 || math.Abs(got[2]) > 1e-12 {
		t.Errorf("the vector of 3 is %v", got)
	}
	// A greater matrix must come together again from its parts.
	r := rand.New(rand.NewPCG(1, 2))
	n := 40
	a, kept := identity(n), identity(n)
	for i := range n {
		for j := i; j < n; j++ {
			a[i][j] = r.NormFloat64()
			a[j][i], kept[i][j], kept[j][i] = a[i][j], a[i][j], a[i][j]
		}
	}
	values, vectors = eigen(a)
	for i := range n {
		for j := range n {
			sum := 0.0
			for k, v := range vectors {
				sum += values[k] * v[i] * v[j]
			}
			if math.Abs(sum-kept[i][j]) > 1e-9 {
				t.Fatalf("[%d][%d] is %g, was %g", i, j, sum, kept[i][j])
			}
		}
	}
}

// TestChi holds the quantile of g·χ²(h) to tables: χ²(10) has 0.99 at 23.209.
func TestChi(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	values := make([]float64, 200_000)
	for i := range values {
		for range 10 {
			x := r.NormFloat64()
			values[i] += x * x
		}
	}
	if got := box(values, 0.99); math.Abs(got-23.209) > 0.3 {
		t.Errorf("quantile is %g", got)
	}
}

func TestNormalIsQuiet(t *testing.T) {
	m := learn(t, plant(1500, 1))
	if len(m.Used) != 6 {
		t.Errorf("columns %v take part: the one that stands still must not", m.Used)
	}
	s, alarms := m.Start(), 0
	for _, row := range plant(20_000, 2) {
		if s.Step(row).Alarm {
			alarms++
		}
	}
	if alarms >= 200 {
		t.Errorf("%d of 20,000 normal rows lie in alarms, 1 %% is 200", alarms)
	}
}

// TestFaults puts faults with known beginnings into normal rows: each must be found, and the point must be named first.
func TestFaults(t *testing.T) {
	m := learn(t, plant(1500, 1))
	for name, f := range map[string]struct {
		input  int
		change func(row []float64, since int)
		within int
	}{
		"step of one sensor":     {0, func(row []float64, _ int) { row[0] += 12 }, 10},
		"slow drift of a sensor": {3, func(row []float64, since int) { row[3] += 0.02 * float64(since) }, 120},
		"a sensor that sticks":   {2, func(row []float64, _ int) { row[2] = 300 }, 60},
		"lost":                   {5, func(row []float64, _ int) { row[5] = 0 }, 5},
	} {
		s, found := m.Start(), -1
		for i, row := range plant(800, 5) {
			if i >= 400 {
				f.change(row, i-400)
			}
			score := s.Step(row)
			if i < 400 && score.Alarm {
				t.Errorf("%s: false alarm at row %d", name, i)
				break
			}
			if score.Came {
				found = i - 400
				if parts := s.Parts(score.Which, 3); parts[0].Input != f.input {
					t.Errorf("%s: the first contribution is %+v", name, parts)
				}
				break
			}
		}
		if found < 0 || found > f.within {
			t.Errorf("%s: found after %d rows, want within %d", name, found, f.within)
		}
	}
}

// TestHysteresis sees an alarm end only after Off rows below the limit.
func TestHysteresis(t *testing.T) {
	m := learn(t, plant(1500, 1))
	s, came, went := m.Start(), 0, 0
	for i, row := range plant(400, 9) {
		if i >= 100 && i < 200 {
			row[0] += 15
		}
		score := s.Step(row)
		if score.Came {
			came++
		}
		if score.Went {
			if went++; i < 200+m.Config.Off-1 {
				t.Errorf("the alarm went at row %d", i)
			}
		}
	}
	if came != 1 || went != 1 {
		t.Errorf("came %d times, went %d times", came, went)
	}
}

func TestMissing(t *testing.T) {
	m := learn(t, plant(1500, 1))
	s := m.Start()
	for i, row := range plant(300, 11) {
		row[i%6] = math.NaN()
		if score := s.Step(row); math.IsNaN(score.Index) || score.Alarm {
			t.Fatalf("row %d with a missing value: %+v", i, score)
		}
	}
}

// TestGaps learns from a window with gaps, which must not look like faults later.
func TestGaps(t *testing.T) {
	var rows [][]float64
	for i, row := range plant(2000, 1) {
		if i%400 < 50 {
			row = nil
		}
		rows = append(rows, row)
	}
	m, s := learn(t, rows), (*State)(nil)
	if s = m.Start(); m.Rows != 1750 {
		t.Errorf("learnt from %d rows, want 1,750", m.Rows)
	}
	for i, row := range plant(500, 2) {
		if s.Step(row).Alarm {
			t.Fatalf("false alarm at row %d", i)
		}
	}
}

func TestRefused(t *testing.T) {
	if _, err := Train(plant(40, 1), Default()); !errors.Is(err, ErrShort) {
		t.Errorf("40 rows: %v", err)
	}
	still := make([][]float64, 500)
	for i := range still {
		still[i] = []float64{1, 2, 3}
	}
	if _, err := Train(still, Default()); !errors.Is(err, ErrStill) {
		t.Errorf("a plant that stands: %v", err)
	}
	if _, err := Train(plant(500, 1), Config{}); err == nil {
		t.Error("an empty configuration was taken")
	}
}

// TestStrain tells a window with a step in it from a steady one.
func TestStrain(t *testing.T) {
	if m := learn(t, plant(1500, 1)); m.Strain > MaxStrain {
		t.Errorf("a steady window has strain %.1f", m.Strain)
	}
	rows := plant(1500, 1)
	for _, row := range rows[900:] {
		row[0] += 25
	}
	if m := learn(t, rows); m.Strain <= MaxStrain {
		t.Errorf("a window with a step has strain %.1f", m.Strain)
	}
}

func TestKept(t *testing.T) {
	m := learn(t, plant(1500, 1))
	back, err := Parse(m.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	a, b := m.Start(), back.Start()
	for i, row := range plant(100, 3) {
		if x, y := a.Step(row), b.Step(row); x != y {
			t.Fatalf("row %d: %+v and %+v", i, x, y)
		}
	}
}

func FuzzParse(f *testing.F) {
	m, err := Train(plant(400, 1), Default())
	if err != nil {
		f.Fatal(err)
	}
	good := m.Bytes()
	f.Add(good)
	f.Add(good[:len(good)-4])
	f.Add([]byte{2, 0, 0, 0, '{', '}'})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		s := m.Start()
		row := make([]float64, m.Inputs)
		for range 5 {
			s.Parts(s.Step(row).Which, 3)
		}
		if again, err := Parse(m.Bytes()); err != nil || !bytes.Equal(again.Bytes(), m.Bytes()) {
			t.Fatalf("what was parsed does not print and parse again: %v", err)
		}
	})
}

// BenchmarkStep is a plant of thirty points.
func BenchmarkStep(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	rows := make([][]float64, 1440)
	for i := range rows {
		rows[i] = make([]float64, 30)
		for j := range rows[i] {
			rows[i][j] = r.NormFloat64()
		}
	}
	m, err := Train(rows, Default())
	if err != nil {
		b.Fatal(err)
	}
	s := m.Start()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Step(rows[i%len(rows)])
	}
	b.ReportMetric(float64(len(m.Bytes())), "B/model")
}

func BenchmarkTrain(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	rows := make([][]float64, 1440)
	for i := range rows {
		rows[i] = make([]float64, 30)
		for j := range rows[i] {
			rows[i][j] = r.NormFloat64()
		}
	}
	for b.Loop() {
		if _, err := Train(rows, Default()); err != nil {
			b.Fatal(err)
		}
	}
}
