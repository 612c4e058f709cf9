// Package series is telemetry (contract sketch): columnar blobs as batches arrive, compacted to compressed chunks per series.
package series

import (
	"context"
	"math"
	"time"

	"github.com/haihe-city/haihe/store"
)

// Quality says where a sample comes from.
type Quality uint8

// The qualities. Late is a flag beside them: the sample arrived after its limit.
const (
	Measured Quality = iota
	Estimated
	Substituted
	Invalid
	Late Quality = 0x80
)

// Null marks a value that is not there.
const Null = math.MinInt64

// Column is one value of a sample: an integer scaled by 10^Decimals.
type Column struct {
	Name, Unit string // Unit is a UN/CEFACT code: KWH, KWT, VLT
	Decimals   int
}

// Family is a kind of series that share columns and a rhythm.
type Family struct {
	Name    string
	Columns []Column
	Step    time.Duration // the usual distance between samples; 0 where there is none
	KeepRaw time.Duration // 0: for ever
	RollUp  time.Duration // samples older than KeepRaw are kept as sums, minima, maxima and counts per RollUp; 0: dropped
}

// Batch holds samples in columns. Keys are entity Nums, Times microseconds UTC, Values[column][sample].
type Batch struct {
	Keys    []int64
	Times   []int64
	Quality []Quality
	Values  [][]int64
}

// Add appends one sample; vals has one value a column, in the family's order.
func (b *Batch) Add(key, at int64, q Quality, vals ...int64) { panic("contract") }

// Sample is one sample read back.
type Sample struct {
	Key     int64
	At      int64
	Quality Quality
	Values  []int64
}

// Engine holds the families.
type Engine struct{ contractOnly struct{} }

// Open migrates, and reads back what has not been compacted.
func Open(ctx context.Context, db *store.DB, now func() time.Time) (*Engine, error) {
	panic("contract")
}

// Declare opens or creates a family; columns may be added at the end, never changed (errs.Conflict).
func (e *Engine) Declare(ctx context.Context, f Family) (*Table, error) { panic("contract") }

// Maintain compacts what is due and applies retention; the host runs it as a job.
func (e *Engine) Maintain(ctx context.Context) error { panic("contract") }

// Table is an open family.
type Table struct{ contractOnly struct{} }

// Append stores a batch as one blob in the caller's transaction; readable after the commit. The later of two samples of one key and time wins.
func (t *Table) Append(tx *store.Tx, b *Batch) error { panic("contract") }

// Last is the newest sample of a key; ok is false where there is none.
func (t *Table) Last(ctx context.Context, key int64) (s Sample, ok bool, err error) {
	panic("contract")
}

// Range gives a key's samples with from <= At < to, in order, compacted or not.
func (t *Table) Range(ctx context.Context, key, from, to int64) ([]Sample, error) { panic("contract") }

// Scan calls fn for every sample with from <= At < to, key by key in order; keys nil means all. The sample's Values are valid during the call only.
func (t *Table) Scan(ctx context.Context, keys []int64, from, to int64, fn func(Sample) error) error {
	panic("contract")
}

// Point is one period of an aggregate; Null values do not count. Invalid samples are left out.
type Point struct {
	At            int64
	Sum, Min, Max int64
	Count         int64
}

// Aggregate folds one column over a set of keys (nil: all) per period.
func (t *Table) Aggregate(ctx context.Context, keys []int64, column string, from, to int64, period time.Duration) ([]Point, error) {
	panic("contract")
}

// Compact turns every finished day before the day of `before` (in the engine's zone, Asia/Shanghai) into chunks.
func (t *Table) Compact(ctx context.Context, before time.Time) (CompactStats, error) {
	panic("contract")
}

// CompactStats says what a compaction did.
type CompactStats struct {
	Days, Series, Samples, BytesBefore, BytesAfter int64
}
