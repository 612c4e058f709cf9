package model

import (
	"errors"
	"fmt"
	"math"
)

// Config is how a model is learnt and how it warns. Its zero values are not usable: start from [Default].
type Config struct {
	Lags   int     `json:"lags"`   // earlier samples that are joined to each
	Share  float64 `json:"share"`  // of the variance that the components explain, below 1
	Smooth float64 `json:"smooth"` // weight of the newest row in the slow statistics; 0: none of them
	Weigh  bool    `json:"weigh"`  // Q weighs residual directions by their variances
	Folds  int     `json:"folds"`  // blocks of the cross-validation
	Level  float64 `json:"level"`  // of the limits
	Margin float64 `json:"margin"` // limits are taken so many times
	On     int     `json:"on"`     // rows in succession above the limit that bring the alarm
	Off    int     `json:"off"`    // rows in succession below Clear that end it
	Clear  float64 `json:"clear"`  // share of the limit, at most 1
}

// Default is what plants are watched with, and what the benches run.
func Default() Config {
	return Config{Lags: 2, Share: 0.9, Smooth: 0.2, Weigh: true, Folds: 5, Level: 0.999, Margin: 1.5, On: 3, Off: 6, Clear: 0.9}
}

// The statistics, in the order of Score.Over and Model.Limits.
const (
	T2 = iota
	Q
	SlowT2
	SlowQ
	statistics
)

// Least is how many rows for each joined column a window must have.
const Least = 3

// Why a window cannot be learnt from.
var (
	ErrShort = errors.New("the window is too short")
	ErrStill = errors.New("fewer than two points move in the window")
)

// Model is what was learnt. Its fields are exported to be stored; they are not to be changed.
type Model struct {
	Config Config              `json:"config"`
	Inputs int                 `json:"inputs"` // columns of a row
	Used   []int               `json:"used"`   // columns that move and take part
	Mean   []float64           `json:"mean"`   // of the used columns
	Scale  []float64           `json:"scale"`
	Basis  [][]float32         `json:"basis"`  // directions of the joined rows: the components first; short, since thousands of models lie in memory
	Var    []float64           `json:"var"`    // their variances
	Comps  int                 `json:"comps"`  // how many of the directions are components
	Limits [statistics]float64 `json:"limits"` // 0: the statistic is not watched
	Rows   int                 `json:"rows"`   // that it was learnt from
	Strain float64             `json:"strain"` // how far a block's median lies from those of the others, in deviations within a block: of the worst column
	Worst  int                 `json:"worst"`  // that column
}

// MaxStrain is the strain above which a window is not steady: something happened in it that a model should not take for normal unseen.
const MaxStrain = 4

// Train learns a model from rows that are in order of time, all of the same length; NaN is missing and counts as the mean while learning. A
// nil row is a gap: what stands before it is not joined to what stands after it.
func Train(rows [][]float64, c Config) (*Model, error) {
	full := present(rows)
	if len(full) == 0 {
		return nil, ErrShort
	}
	if c.Lags < 0 || c.Share <= 0 || c.Share >= 1 || c.Folds < 2 || c.Level <= 0.5 || c.Level >= 1 || c.Margin <= 0 || c.On < 1 || c.Off < 1 || c.Smooth < 0 || c.Smooth >= 1 {
		return nil, fmt.Errorf("configuration %+v is not usable", c)
	}
	used := moving(full)
	if len(used) < 2 {
		return nil, ErrStill
	}
	if len(full) < Least*len(used)*(c.Lags+1) || len(full) < c.Folds*(c.Lags+8) {
		return nil, ErrShort
	}
	m := fit(rows, nil, used, c)
	var held [statistics][]float64
	for f := range c.Folds {
		lo, hi := len(rows)*f/c.Folds, len(rows)*(f+1)/c.Folds
		part := fit(rows[:lo], rows[hi:], used, c)
		s := part.Start()
		for i := max(0, lo-c.Lags); i < hi; i++ {
			if !s.take(rows[i]) || i < lo {
				continue
			}
			s.measure()
			for k, v := range s.raw {
				held[k] = append(held[k], v)
			}
		}
	}
	for k := range held {
		if c.Smooth == 0 && k >= SlowT2 || m.Comps == len(m.Basis) && (k == Q || k == SlowQ) {
			continue
		}
		m.Limits[k] = limit(held[k], c.Level, c.Margin)
	}
	m.Inputs, m.Rows = len(full[0]), len(full)
	m.Strain, m.Worst = strain(full, used, c.Folds)
	return m, nil
}

// present gives the rows that are no gaps.
func present(rows [][]float64) (full [][]float64) {
	for _, r := range rows {
		if r != nil {
			full = append(full, r)
		}
	}
	return full
}

// moving gives the columns that have spread.
func moving(rows [][]float64) (used []int) {
	column := make([]float64, len(rows))
	for j := range rows[0] {
		for i, r := range rows {
			column[i] = r[j]
		}
		if mean, d := centre(column); d > 1e-9*(1+math.Abs(mean)) {
			used = append(used, j)
		}
	}
	return used
}

// strain measures how steady a window is.
func strain(rows [][]float64, used []int, folds int) (worst float64, column int) {
	for _, j := range used {
		var middles, within []float64
		for f := range folds {
			var block []float64
			for _, r := range rows[len(rows)*f/folds : len(rows)*(f+1)/folds] {
				if !math.IsNaN(r[j]) {
					block = append(block, r[j])
				}
			}
			if len(block) > 1 {
				_, d := centre(block)
				middles, within = append(middles, median(block)), append(within, d)
			}
		}
		usual, middle := median(within), median(middles)
		for _, m := range middles {
			if x := math.Abs(m-middle) / usual; usual > 0 && x > worst {
				worst, column = x, j
			}
		}
	}
	return worst, column
}

// fit learns scale and directions from two stretches of rows, which are not joined across their gap.
func fit(a, b [][]float64, used []int, c Config) *Model {
	m := &Model{Config: c, Used: used, Mean: make([]float64, len(used)), Scale: make([]float64, len(used))}
	column := make([]float64, 0, len(a)+len(b))
	for k, j := range used {
		column = column[:0]
		for _, part := range [2][][]float64{a, b} {
			for _, r := range part {
				if r != nil {
					column = append(column, r[j])
				}
			}
		}
		m.Mean[k], m.Scale[k] = centre(column)
		if !(m.Scale[k] > 0) { // it moves in the rest of the window only
			m.Scale[k] = 1e-9 * (1 + math.Abs(m.Mean[k]))
		}
	}
	n := len(used) * (c.Lags + 1)
	sum := make([][]float64, n)
	for i := range sum {
		sum[i] = make([]float64, n)
	}
	count := 0
	for _, part := range [2][][]float64{a, b} {
		s := m.Start()
		for _, r := range part {
			if !s.take(r) {
				continue
			}
			count++
			for i, x := range s.joined {
				row := sum[i]
				for j := i; j < n; j++ {
					row[j] += x * s.joined[j]
				}
			}
		}
	}
	for i := range sum {
		for j := i; j < n; j++ {
			sum[i][j] /= float64(max(1, count-1))
			sum[j][i] = sum[i][j]
		}
	}
	values, vectors := eigen(sum)
	m.Var = values
	for _, v := range vectors {
		short := make([]float32, n)
		for i, x := range v {
			short[i] = float32(x)
		}
		m.Basis = append(m.Basis, short)
	}
	m.choose()
	return m
}

// choose takes components until Share of the variance is explained, and drops directions without variance: they would turn
// rounding into alarms.
func (m *Model) choose() {
	total := 0.0
	for _, v := range m.Var {
		total += math.Max(v, 0)
	}
	for len(m.Var) > 2 && m.Var[len(m.Var)-1] < 1e-6*total/float64(len(m.Var)) {
		m.Var, m.Basis = m.Var[:len(m.Var)-1], m.Basis[:len(m.Basis)-1]
	}
	sum := 0.0
	for m.Comps = 0; m.Comps < len(m.Var) && (m.Comps == 0 || sum < m.Config.Share*total); m.Comps++ {
		sum += m.Var[m.Comps]
	}
}
