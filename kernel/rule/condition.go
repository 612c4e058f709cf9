package rule

import (
	"math"
	"time"
)

// condition is one rule at one point, or at one group: what it last found, and what was told of it.
type condition struct {
	rule  *Rule
	key   string
	limit float64
	below bool
	told  bool
	found bool // what the last reading says
	since int64
	came  int64 // arrival of the reading that since is the time of
	past  []Reading
}

// delay is how long the present finding must stand before it is told.
func (c *condition) delay() int64 {
	if c.found {
		return int64(c.rule.Form.On / time.Microsecond)
	}
	return int64(c.rule.Form.Off / time.Microsecond)
}

// find takes what a reading at a time says, arrived now; it gives whether that is to be told. The delay runs on the readings' own time, so
// that an excursion within what a device had stored is told as if it had come in time.
func (c *condition) find(found bool, at, now int64) bool {
	if found != c.found {
		c.found, c.since, c.came = found, at, now
	}
	return c.found != c.told && at-c.since >= c.delay()
}

// ripe tells whether a finding has stood for its delay though no reading came since.
func (c *condition) ripe(now int64) bool { return c.found != c.told && now-c.came >= c.delay() }

// beyond compares with the limit: at it counts as beyond; a condition that was found is gone only when the value is back by the deadband.
func (c *condition) beyond(v float64) bool {
	band := 0.0
	if c.found {
		band = max(c.rule.Form.Deadband, c.rule.Form.Share*math.Abs(c.limit))
	}
	if c.below {
		return v <= c.limit+band
	}
	return v >= c.limit-band
}

// rate tells whether the value moved faster than the rule's change a minute within its window: by the steepest line from any reading of the
// window to the newest that spans at least a quarter of the window, so that the noise of two neighbours is no rate.
func (c *condition) rate(r Reading) bool {
	c.keep(r)
	window := int64(c.rule.Form.Window / time.Microsecond)
	steepest := 0.0
	for _, p := range c.past[:len(c.past)-1] {
		span := r.At - p.At
		if span*4 < window {
			break
		}
		steepest = max(steepest, math.Abs(r.Value-p.Value)/(float64(span)/float64(time.Minute/time.Microsecond)))
	}
	band := 0.0
	if c.found {
		band = c.rule.Form.Deadband
	}
	return steepest >= c.limit-band
}

// stuck tells whether the value stayed within the rule's movement for its whole window.
func (c *condition) stuck(r Reading) bool {
	if len(c.past) > 0 && r.At-c.past[0].At < 0 {
		c.past = c.past[:0]
	}
	if len(c.past) == 0 || math.Abs(r.Value-c.past[0].Value) > c.limit {
		c.past = append(c.past[:0], r) // the value moved: the window begins anew
		return false
	}
	return r.At-c.past[0].At >= int64(c.rule.Form.Window/time.Microsecond)
}

// maxPast bounds the readings of a window that are held: beyond it every other one is dropped, the first and the newest stay.
const maxPast = 128

func (c *condition) keep(r Reading) {
	from := r.At - int64(c.rule.Form.Window/time.Microsecond)
	drop := 0
	for drop < len(c.past) && c.past[drop].At < from {
		drop++
	}
	c.past = append(c.past[:copy(c.past, c.past[drop:])], r)
	if len(c.past) <= maxPast {
		return
	}
	n := 0
	for i := 0; i < len(c.past); i++ {
		if i%2 == 0 || i == len(c.past)-1 {
			c.past[n] = c.past[i]
			n++
		}
	}
	c.past = c.past[:n]
}
