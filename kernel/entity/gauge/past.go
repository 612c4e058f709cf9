package gauge

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
)

// Million is the scale of the values of Columns.
const Million = million

// Columns are values of a gauge side by side, in order of time.
type Columns struct {
	Times  []int64 // microseconds UTC: when the value was observed, where that was said, else when it was written
	Values []int64 // millionths; those that were erased are left out
	Lags   []int64 // microseconds from observation to writing; series.Null where the observation was not said
}

// Add appends a value, rounded to a millionth.
func (c *Columns) Add(v *Value) {
	n, ok := scale(v.Number)
	if !ok {
		f, err := strconv.ParseFloat(string(v.Number), 64)
		if err != nil || math.Abs(f) >= limit/million {
			return
		}
		n = int64(math.Round(f * million))
	}
	at, lag := v.Time().UnixMicro(), int64(series.Null)
	if !v.ObservedAt.IsZero() {
		lag = v.ModifiedAt.UnixMicro() - at
	}
	c.Times, c.Values, c.Lags = append(c.Times, at), append(c.Values, n), append(c.Lags, lag)
}

// At gives one value.
func (c *Columns) At(i int) Value {
	s := series.Sample{At: c.Times[i], Values: []int64{c.Values[i], c.Lags[i]}}
	return value(&s)
}

// Columns appends the values of a gauge with from <= time < to (microseconds) to c.
func (g *Gauges) Columns(ctx context.Context, key, from, to int64, c *Columns) error {
	return g.Pieces(ctx, key, from, to, func(p Columns) error {
		c.Times, c.Values, c.Lags = append(room(c.Times, len(p.Times)), p.Times...), append(room(c.Values, len(p.Times)), p.Values...), append(room(c.Lags, len(p.Times)), p.Lags...)
		return nil
	})
}

// room makes room for n more, in few steps.
func room(s []int64, n int) []int64 {
	if len(s)+n <= cap(s) {
		return s
	}
	return slices.Grow(s, max(n, 2*cap(s)-len(s)))
}

// Pieces is Columns piece by piece, without copies: they are valid during the call of fn only.
func (g *Gauges) Pieces(ctx context.Context, key, from, to int64, fn func(Columns) error) error {
	return errs.Wrap("read a gauge", g.table.Runs(ctx, key, from, to, func(times []int64, values [][]int64) error {
		c := Columns{times, values[0], values[1]}
		if slices.Contains(c.Values, series.Null) { // some were erased
			var left Columns
			for i, v := range c.Values {
				if v != series.Null {
					left.Times, left.Values, left.Lags = append(left.Times, times[i]), append(left.Values, v), append(left.Lags, c.Lags[i])
				}
			}
			c = left
		}
		return fn(c)
	}))
}

// Erase takes the values at some times (microseconds) out of a gauge. The newest value of a gauge that an attribute still is must not
// be erased: it is the attribute's.
func (g *Gauges) Erase(tx *store.Tx, key int64, times []int64) error {
	for len(times) > 0 {
		var b series.Batch
		part := times[:min(len(times), series.MaxBatch)]
		for _, at := range part {
			b.Add(key, at, series.Invalid, series.Null, series.Null)
		}
		if err := g.table.Append(tx, &b); err != nil {
			return errs.Wrap("erase values of a gauge", err)
		}
		times = times[len(part):]
	}
	return nil
}

// Correct writes the value that was observed at a time (microseconds) anew. modified is when that was done.
func (g *Gauges) Correct(tx *store.Tx, key, at int64, number json.RawMessage, modified time.Time) error {
	n, ok := scale(number)
	if !ok {
		return errs.Say(errs.Invalid, "数值 %s 超出仪表属性的精度或范围", "the number %s is beyond what a gauge can keep", number)
	}
	var b series.Batch
	b.Add(key, at, series.Measured, n, modified.UnixMicro()-at)
	return errs.Wrap("correct a value of a gauge", g.table.Append(tx, &b))
}
