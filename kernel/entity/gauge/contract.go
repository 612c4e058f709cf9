package gauge

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
)

// Gauges keep number attributes that change often: their current value and their history lie in the family "gauge" of
// kernel/series, under a key of their own that the entity's document holds in place of the value (ngsi.Attr.Gauge).
type Gauges struct{}

// Open declares the family.
func Open(ctx context.Context, s *series.Engine) (*Gauges, error) { panic("not yet") }

// Value is one value of a gauge.
type Value struct {
	Number     json.RawMessage // canonical JSON number
	ObservedAt time.Time       // zero where it was not said
	ModifiedAt time.Time
}

// Fits tells whether a number can be kept exactly (at most 6 decimals, less than 9e12), so that it comes back as the same JSON text.
func Fits(number json.RawMessage) bool { panic("not yet") }

// Append stores values in tx as one batch; keys are the gauges'. Readable after the commit; Last gives them at once after it.
func (g *Gauges) Append(tx *store.Tx, keys []int64, values []Value) error { panic("not yet") }

// Last gives the newest value of a gauge.
func (g *Gauges) Last(ctx context.Context, key int64) (Value, bool, error) { panic("not yet") }

// Range calls fn with the values of a gauge in order of their time (ObservedAt, where said, else ModifiedAt), from <= time < to.
func (g *Gauges) Range(ctx context.Context, key int64, from, to time.Time, fn func(Value) error) error {
	panic("not yet")
}
