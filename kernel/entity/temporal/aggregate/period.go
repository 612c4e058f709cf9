package aggregate

import (
	"time"

	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// calendar cuts time into the periods of an aggregate (ETSI GS CIM 009 V1.9.1 4.5.19), counted from origin. Months and years are those
// of the calendar in UTC; the 31st of a month of 30 days is its last day. A period of no length is the whole range.
type calendar struct {
	origin, end time.Time
	period      query.Period
	fixed       int64 // microseconds, where every period is as long as the others

	from, to int64 // of the period that at gave last, microseconds
}

// cut makes a calendar over a range; end is where the whole range ends.
func cut(origin, end time.Time, p query.Period) *calendar {
	c := &calendar{origin: origin, end: end, period: p}
	if p.Years == 0 && p.Months == 0 {
		c.fixed = int64(p.Days)*24*time.Hour.Microseconds() + p.Exact.Microseconds()
	}
	if c.period.Whole() {
		c.from, c.to = origin.UnixMicro(), end.UnixMicro()
	}
	return c
}

// at moves to the period of a time (microseconds) and tells whether it is another one than before.
func (c *calendar) at(t int64) (other bool) {
	if c.period.Whole() || t >= c.from && t < c.to {
		return false
	}
	if c.fixed > 0 {
		origin := c.origin.UnixMicro()
		k := (t - origin) / c.fixed
		if t < origin && (t-origin)%c.fixed != 0 {
			k--
		}
		c.from = origin + k*c.fixed
		c.to = c.from + c.fixed
		return true
	}
	low, high := int64(0), int64(1)
	for c.start(high) <= t {
		low, high = high, 2*high
	}
	for high-low > 1 {
		if mid := (low + high) / 2; c.start(mid) <= t {
			low = mid
		} else {
			high = mid
		}
	}
	c.from, c.to = c.start(low), c.start(high)
	return true
}

// start is where the kth period begins.
func (c *calendar) start(k int64) int64 { return c.period.Times(c.origin, int(k)).UnixMicro() }
