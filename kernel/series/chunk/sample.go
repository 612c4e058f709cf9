package chunk

import "math"

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

// Source is q without its flags.
func (q Quality) Source() Quality { return q &^ Late }

// Null marks a value that is not there.
const Null = math.MinInt64

// Limits of one batch and of a family. They bound what one body can ask a reader to allocate.
const (
	MaxBatch   = 1 << 20 // samples in one batch
	MaxColumns = 64      // columns in a family
)

// Point is one period of an aggregate; Null values do not count. Invalid samples are left out. At is the period's start;
// periods are counted from midnight in the engine's zone.
type Point struct {
	At            int64
	Sum, Min, Max int64
	Count         int64
}
