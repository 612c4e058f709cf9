package register

import (
	"time"

	"github.com/haihe-city/haihe/kernel/rule"
)

// Value is one reading as a feed brings it: the factor as the wire has it, the time that the device states.
type Value struct {
	Factor  string
	At      time.Time
	Value   float64
	Quality rule.Quality
}
