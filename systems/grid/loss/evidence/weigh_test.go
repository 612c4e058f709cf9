package evidence_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/haihe-city/haihe/simulate/grid"
	"github.com/haihe-city/haihe/systems/grid/loss/evidence"
)

const days = 42

// city is a simulated city of areas of 200 meters, 42 days, with thefts from the 21st day on over ten days, as many who are away, and
// daily noise of households (a lognormal factor of 0.3) on every meter.
func city(t testing.TB, meters int) (areas []evidence.Area, thief map[int64]string) {
	t.Helper()
	c, err := grid.NewCity(grid.Options{Meters: meters, PerConcentrator: 200, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2015, 9, 7, 0, 0, 0, 0, grid.China())
	thefts, err := c.Thefts(grid.Theft{Share: 0.01, Away: 0.01, From: start.AddDate(0, 0, 20), Over: 10})
	if err != nil {
		t.Fatal(err)
	}
	byAddress := map[string]string{}
	for _, x := range thefts.Truth() {
		byAddress[x.Meter] = x.Kind
	}
	thief = map[int64]string{}
	noise := rand.New(rand.NewPCG(1, 2))
	num := int64(0)
	for _, ms := range c.Areas() {
		a := evidence.Area{Supplied: make([]float64, days), Loss: make([]float64, days)}
		for d := range days {
			from, to := start.AddDate(0, 0, d), start.AddDate(0, 0, d+1)
			a.Supplied[d] = float64(thefts.Supplied(ms, from, to)) / 1e4
			a.Loss[d] = a.Supplied[d]
		}
		for _, m := range ms {
			num++
			if k := byAddress[m.Address]; k != "" {
				thief[num] = k
			}
			x := evidence.Meter{Num: num, Kind: m.Kind.String(), Energy: make([]float64, days), Night: make([]float64, days)}
			for d := range days {
				from, to := start.AddDate(0, 0, d), start.AddDate(0, 0, d+1)
				at0 := thefts.Shown(m, from)
				shown, night := float64(thefts.Shown(m, to)-at0)/1e4, float64(thefts.Shown(m, from.Add(5*time.Hour))-at0)/1e4
				f := math.Exp(0.3*noise.NormFloat64() - 0.045)
				used := float64(thefts.Used(m, from, to)) / 1e4
				a.Supplied[d] += used * (f - 1) / 0.97 // the lines take their share of what the noise adds
				a.Loss[d] += used*(f-1)/0.97 - shown*f
				x.Energy[d], x.Night[d] = shown*f, night*f
			}
			a.Meters = append(a.Meters, x)
		}
		areas = append(areas, a)
	}
	return areas, thief
}

// TestTheftsRank: of the meters with the highest scores, most steal; precision at k is printed for k up to the number of thefts.
func TestTheftsRank(t *testing.T) {
	areas, thief := city(t, 10_000)
	var all []evidence.Suspect
	for _, a := range areas {
		all = append(all, evidence.Weigh(a)...)
	}
	rank(all)
	hits := 0
	at := map[int]float64{}
	found := map[string]int{}
	for i, s := range all[:len(thief)] {
		if k, ok := thief[s.Num]; ok {
			hits++
			found[k]++
		}
		at[i+1] = float64(hits) / float64(i+1)
	}
	kinds := map[string]int{}
	for _, k := range thief {
		kinds[k]++
	}
	t.Logf("%d meters, %d thefts %v, as many away; precision at 10: %.2f, at 25: %.2f, at 50: %.2f, at %d: %.2f; found in the last %v; %d meters have clues",
		10_000, len(thief), kinds, at[10], at[25], at[50], len(thief), at[len(thief)], found, len(all))
	if at[10] < 0.9 || at[25] < 0.85 || at[50] < 0.8 || at[len(thief)] < 0.6 { // drawn at random it would be 0.01
		t.Error("the thefts do not rank at the top")
	}
}

func rank(all []evidence.Suspect) {
	for i := 1; i < len(all); i++ {
		for k := i; k > 0 && all[k].Score > all[k-1].Score; k-- {
			all[k], all[k-1] = all[k-1], all[k]
		}
	}
}

func row(n int, f func(t int) float64) (out []float64) {
	for t := range n {
		out = append(out, f(t))
	}
	return out
}

// neighbours are an area of ten equal homes and one meter more.
func neighbours(m evidence.Meter, loss func(t int) float64) evidence.Area {
	a := evidence.Area{Supplied: row(days, func(int) float64 { return 110 }), Loss: row(days, loss)}
	for i := range 10 {
		a.Meters = append(a.Meters, evidence.Meter{Num: int64(i + 100), Kind: "residential", Energy: row(days, func(t int) float64 { return 10 + float64((t+i)%3)*0.1 }), Night: row(days, func(int) float64 { return 2 })})
	}
	m.Num, m.Kind = 1, "residential"
	if m.Night == nil {
		m.Night = row(days, func(int) float64 { return math.NaN() })
	}
	a.Meters = append(a.Meters, m)
	return a
}

func TestClues(t *testing.T) {
	calm := func(int) float64 { return 3 }
	step := func(low float64) func(int) float64 {
		return func(t int) float64 {
			if t >= 25 {
				return low
			}
			return 10
		}
	}
	for _, c := range []struct {
		name  string
		meter evidence.Meter
		loss  func(int) float64
		want  map[evidence.Kind]bool
		since int
	}{
		{"steady", evidence.Meter{Energy: row(days, step(10))}, calm, nil, -1},
		{"falls, and nobody loses it", evidence.Meter{Energy: row(days, step(3))}, calm, map[evidence.Kind]bool{evidence.Drop: true}, 25},
		{"falls, and the area loses it", evidence.Meter{Energy: row(days, step(3))}, func(t int) float64 { return 13 - step(3)(t) }, map[evidence.Kind]bool{evidence.Drop: true, evidence.Follow: true}, 25},
		{"nothing", evidence.Meter{Energy: row(days, step(0))}, calm, map[evidence.Kind]bool{evidence.Drop: true, evidence.Zero: true}, 25},
		{"never used", evidence.Meter{Energy: row(days, func(int) float64 { return 0 })}, calm, nil, -1},
		{"backwards", evidence.Meter{Energy: row(days, func(t int) float64 {
			if t == 30 {
				return -5
			}
			return 10
		})}, calm, map[evidence.Kind]bool{evidence.Negative: true}, -1},
		{"no nights", evidence.Meter{Energy: row(days, step(8)), Night: row(days, func(t int) float64 { return step(8)(t) - 8 })}, calm, map[evidence.Kind]bool{evidence.Drop: true, evidence.Night: true}, 25},
		{"rises", evidence.Meter{Energy: row(days, step(30))}, calm, nil, -1},
		{"unknown", evidence.Meter{Energy: row(days, func(int) float64 { return math.NaN() })}, calm, nil, -1},
	} {
		var got evidence.Suspect
		got.Since = -1
		for _, s := range evidence.Weigh(neighbours(c.meter, c.loss)) {
			if s.Num == 1 {
				got = s
			} else {
				t.Errorf("%s: a neighbour has clues: %+v", c.name, s)
			}
		}
		points := 0
		for _, x := range got.Clues {
			points += x.Points
			if !c.want[x.Kind] {
				t.Errorf("%s: a clue %+v", c.name, x)
			}
		}
		if len(got.Clues) != len(c.want) || got.Since != c.since || got.Score != min(100, points) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if got := evidence.Weigh(evidence.Area{}); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}
