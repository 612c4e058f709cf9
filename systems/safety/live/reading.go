package live

import (
	"math"

	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/kernel/series"
)

// ReadingOf is a sample as rules see it; its value is NaN where the series holds none.
func ReadingOf(x series.Sample, decimals int) rule.Reading {
	r := rule.Reading{Key: x.Key, At: x.At, Value: math.NaN()}
	if x.Quality&^series.Late == series.Invalid || x.Values[0] == series.Null {
		r.Quality = rule.Faulty
	}
	if x.Values[0] != series.Null {
		r.Value = float64(x.Values[0]) / math.Pow10(decimals)
	}
	return r
}
