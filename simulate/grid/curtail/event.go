package curtail

import (
	"time"

	"github.com/haihe-city/haihe/simulate/grid/town"
)

// Event is a span in which some meters use less. Share says by how many thousandths of what they would use, by the meter's address; a
// meter that it gives 0 does not take part.
type Event struct {
	From, To time.Time
	Share    func(address string) int64
}

// saved is what a meter did not use until at, in 0.0001 kWh: the truth of every quarter hour of the event, none before and after.
func (e Event) saved(c *town.City, m *town.Meter, at time.Time) int64 {
	if at.After(e.To) {
		at = e.To
	}
	if !at.After(e.From) {
		return 0
	}
	return (c.Register(m, at) - c.Register(m, e.From)) * e.Share(m.Address) / 1000
}

// Shown is what a meter's register shows at the quarter hour at or before at: what it would have shown, less what was saved. It never
// runs backwards.
func (e Event) Shown(c *town.City, m *town.Meter, at time.Time) int64 {
	return c.Register(m, at) - e.saved(c, m, at)
}

// Truth is what some meters saved in the event, in 0.0001 kWh.
func (e Event) Truth(c *town.City, meters []*town.Meter) (sum int64) {
	for _, m := range meters {
		sum += e.saved(c, m, e.To)
	}
	return sum
}
