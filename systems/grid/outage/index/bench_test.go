package index_test

import (
	"math/rand/v2"
	"testing"

	"github.com/haihe-city/haihe/systems/grid/outage/index"
)

// BenchmarkYear counts a year of a city of 5.6 million customers of whom five million lost supply: laid out, by eight rules, by day.
func BenchmarkYear(b *testing.B) {
	const customers, spells = 5_600_000, 5_000_000
	rng := rand.New(rand.NewPCG(1, 1))
	all := make([]index.Spell, spells)
	for i := range all {
		from := year(2015).From + rng.Int64N(year(2015).Seconds()-7200)
		all[i] = index.Spell{Customer: rng.Int64N(customers), From: from, To: from + 60 + rng.Int64N(7000), Cause: index.Cause(rng.IntN(5))}
	}
	for b.Loop() {
		r := index.Lay(append([]index.Spell(nil), all...))
		for _, rule := range []index.Rule{index.IEEE, index.IEEE, index.RS1, index.RS2, index.RS3, index.RS4, index.RSFault, index.RSPlanned} {
			r.Tally(rule, year(2015), 20, func(c int64) [index.Areas]int32 { return [index.Areas]int32{int32(c % 16), 16, 17, 18} }, nil)
		}
		r.Daily(index.IEEE, year(2015), nil)
	}
	b.ReportMetric(spells*float64(b.N)/b.Elapsed().Seconds(), "spells/s")
}
