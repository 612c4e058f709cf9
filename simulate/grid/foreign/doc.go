// Package foreign is what stations show that speak Q/GDW 1376.1-2013 or DLMS: the answers of a terminal ([Answers]) and of a gateway of
// DLMS meters ([Gateway]), of any [Station]. Connections, rhythm and faults are simulate/grid's.
package foreign

import (
	"time"

	"github.com/haihe-city/haihe/simulate/grid/relay"
)

// Slot is the time between two readings.
const Slot = 15 * time.Minute

// Station is a station with its meters, numbered from 0.
type Station interface {
	Address() string // 12 digits
	Now() time.Time
	Len() int
	Meter(n int) (address string, installed time.Time, dead bool)
	Shown(n int, t time.Time) (energy, power, voltage int64, ok bool) // 0.0001 kWh, 0.1 W, 0.1 V; !ok: it has no reading
	Drift(n int, t time.Time) time.Duration                           // of the meter's clock
	Ask(n int) (*relay.Relays, relay.Meter)                           // who answers for the meter's relay and clock
}

// align gives the first quarter hour at or after t.
func align(t time.Time) time.Time {
	if a := t.Truncate(Slot); !a.Before(t) {
		return a
	}
	return t.Truncate(Slot).Add(Slot)
}

// china is the zone of the meters.
var china = time.FixedZone("CST", 8*3600)
