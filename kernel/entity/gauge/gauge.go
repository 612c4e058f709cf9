package gauge

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
)

// decimals is the scale of the column value.
const decimals = 6

// Gauges keep number attributes that change often: their current value and their history lie in the family "gauge" of
// kernel/series, under a key of their own that the entity's document holds in place of the value (ngsi.Attr.Gauge).
type Gauges struct{ table *series.Table }

// Open declares the family.
func Open(ctx context.Context, s *series.Engine) (*Gauges, error) {
	table, err := s.Declare(ctx, series.Family{Name: "gauge", Columns: []series.Column{{Name: "value", Decimals: decimals}, {Name: "lag"}}})
	if err != nil {
		return nil, errs.Wrap("open gauges", err)
	}
	return &Gauges{table}, nil
}

// Value is one value of a gauge.
type Value struct {
	Number     json.RawMessage // canonical JSON number
	ObservedAt time.Time       // zero where it was not said
	ModifiedAt time.Time
}

// Time is the time that a value is kept under: ObservedAt, where said, else ModifiedAt.
func (v *Value) Time() time.Time {
	if v.ObservedAt.IsZero() {
		return v.ModifiedAt
	}
	return v.ObservedAt
}

// Fits tells whether a number can be kept exactly (at most 6 decimals, less than 9e12), so that it comes back as the same JSON text.
func Fits(number json.RawMessage) bool {
	_, ok := scale(number)
	return ok
}

// Append stores values in tx as one batch; keys are the gauges'. Readable after the commit; Last gives them at once after it.
func (g *Gauges) Append(tx *store.Tx, keys []int64, values []Value) error {
	var b series.Batch
	for i := range values {
		v := &values[i]
		n, ok := scale(v.Number)
		if !ok {
			return errs.Say(errs.Invalid, "数值 %s 超出仪表属性的精度或范围", "the number %s is beyond what a gauge can keep", v.Number)
		}
		lag := int64(series.Null)
		if !v.ObservedAt.IsZero() {
			lag = v.ModifiedAt.UnixMicro() - v.ObservedAt.UnixMicro()
		}
		b.Add(keys[i], v.Time().UnixMicro(), series.Measured, n, lag)
	}
	return g.table.Append(tx, &b)
}

// Last gives the newest value of a gauge.
func (g *Gauges) Last(ctx context.Context, key int64) (Value, bool, error) {
	s, ok, err := g.table.Last(ctx, key)
	if err != nil || !ok {
		return Value{}, false, errs.Wrap("read a gauge", err)
	}
	return value(&s), true, nil
}

// Held is Last from memory alone, for those who hold a transaction: known is false where Last has to be asked.
func (g *Gauges) Held(key int64) (v Value, ok, known bool, err error) {
	s, ok, known, err := g.table.Held(key)
	if ok {
		v = value(&s)
	}
	return v, ok, known, errs.Wrap("read a gauge", err)
}

// Range calls fn with the values of a gauge in order of their time (ObservedAt, where said, else ModifiedAt), from <= time < to.
func (g *Gauges) Range(ctx context.Context, key int64, from, to time.Time, fn func(Value) error) error {
	return errs.Wrap("read a gauge", g.table.Scan(ctx, []int64{key}, from.UnixMicro(), to.UnixMicro(), func(s series.Sample) error {
		return fn(value(&s))
	}))
}

// value reads a sample.
func value(s *series.Sample) Value {
	v := Value{Number: unscale(s.Values[0]), ModifiedAt: time.UnixMicro(s.At).UTC()}
	if lag := s.Values[1]; lag != series.Null {
		v.ObservedAt = v.ModifiedAt
		v.ModifiedAt = time.UnixMicro(s.At + lag).UTC()
	}
	return v
}

// Column is a column of a family of somebody else's, read as a gauge: each sample is observed, and said at once, at its time.
type Column struct {
	Table *series.Table
	Index int
}

// Last gives the newest value of a key; ok is false where its sample does not have the column.
func (c Column) Last(ctx context.Context, key int64) (v Value, ok bool, err error) {
	s, ok, err := c.Table.Last(ctx, key)
	if err != nil || !ok {
		return v, false, errs.Wrap("read a series", err)
	}
	v, ok = c.value(&s)
	return v, ok, nil
}

// Range calls fn with the values of a key in order of their time, from <= time < to.
func (c Column) Range(ctx context.Context, key int64, from, to time.Time, fn func(Value) error) error {
	return errs.Wrap("read a series", c.Table.Scan(ctx, []int64{key}, from.UnixMicro(), to.UnixMicro(), func(s series.Sample) error {
		v, ok := c.value(&s)
		if !ok {
			return nil
		}
		return fn(v)
	}))
}

func (c Column) value(s *series.Sample) (Value, bool) {
	n := s.Values[c.Index]
	if n == series.Null || s.Quality&^series.Late == series.Invalid {
		return Value{}, false
	}
	at := time.UnixMicro(s.At).UTC()
	return Value{Number: decimal(n, c.Table.Family().Columns[c.Index].Decimals), ObservedAt: at, ModifiedAt: at}, true
}
