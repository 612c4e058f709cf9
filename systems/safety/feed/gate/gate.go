package gate

import (
	"context"

	"github.com/haihe-city/haihe/host/door"
)

// Door is what every door of this room is: one listener of its own, with places of its own, and a guard against those who send nothing but
// rubbish. Rooms of a wire embed it.
type Door struct {
	*door.Hall
	Flood *Flood
}

// Open listens, so that a used port is told at start. Where addr is empty the door has no listener, and all that it does is nothing.
func Open(d *Desk, name, addr string, most int, speak door.Speak) (Door, error) {
	out := Door{door.New(d.Log, most, func(feed string) { d.Count(feed, TurnedAway) }), NewFlood(d, name)}
	return out, out.Listen(name, addr, "safety.feeds", speak)
}

// Sweep is called each minute.
func (d *Door) Sweep(ctx context.Context) { d.Flood.Sweep(ctx) }
