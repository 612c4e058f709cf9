package grid

import (
	"fmt"
	"io"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/relay"
	"github.com/haihe-city/haihe/simulate/grid/town"
)

// What a city is made of; package town computes it.
type (
	// Meter is one meter of the simulated city.
	Meter = town.Meter
	// Kind is the kind of customer behind a meter.
	Kind = town.Kind
	// Protocol is what a station speaks.
	Protocol = town.Protocol
	// District is a district and its share of the meters.
	District = town.District
	// Theft says how many customers take current past their meters.
	Theft = town.Theft
	// Thefts is what was stolen in a city.
	Thefts = town.Thefts
)

// The kinds of customer and the protocols.
const (
	Residential = town.Residential
	Commercial  = town.Commercial
	Industrial  = town.Industrial
	Agriculture = town.Agriculture

	DLT698   = town.DLT698
	DLT645   = town.DLT645
	QGDW1376 = town.QGDW1376
	DLMS     = town.DLMS

	Slot = town.Slot // the distance between readings
)

// China is the zone of all times in frames.
func China() *time.Location { return town.China() }

// City is the simulated city, and how it is run. It is safe for concurrent use.
type City struct {
	*town.City
	opt    Options
	faults *fault.Set
	relays *relay.Relays
}

// NewCity lays out the city.
func NewCity(o Options) (*City, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	c, err := town.New(town.Layout{Meters: o.Meters, PerConcentrator: o.PerConcentrator, Share645: o.Share645, Share1376: o.Share1376, ShareDLMS: o.ShareDLMS,
		Districts: o.Districts, Seed: o.Seed, Outages: o.Outages, From: o.From})
	if err != nil {
		return nil, err
	}
	set, err := fault.New(c, fault.Plan{Shares: o.Faults.Shares, From: o.From.AddDate(0, 0, -o.Back), Days: o.Faults.Days})
	if err != nil {
		return nil, err
	}
	return &City{City: c, opt: o, faults: set, relays: relay.New(o.Relays)}, nil
}

// Archive gives the meters of a city. It depends on Seed, Meters, PerConcentrator, the shares and Districts only.
func Archive(o Options) ([]Meter, error) {
	c, err := NewCity(o)
	if err != nil {
		return nil, err
	}
	return c.Meters(), nil
}

// Faults are the faults of the city's meters.
func (c *City) Faults() *fault.Set { return c.faults }

// Relays are the relays of the city's meters.
func (c *City) Relays() *relay.Relays { return c.relays }

// at is a meter as it is asked now.
func (w *world) at(m *Meter) relay.Meter {
	now := w.opt.Clock()
	return relay.Meter{Address: m.Address, Now: now, Shows: now.Add(w.drift(m, now))}
}

// WriteSupplies writes what was fed into the area of each station that reports on some days, as the import of supplies takes it: what its customers really took,
// and three percent for lines and transformer, give or take a tenth of a percent. Thefts lie in it, since they went through the area's meter.
func (c *City) WriteSupplies(w io.Writer, from time.Time, days int) error {
	_, err := io.WriteString(w, "area,day,energy_kwh\n")
	for i, s := range c.Stations() {
		for d := 0; s.Protocol.Reports() && d < days && err == nil; d++ {
			day := from.In(China()).AddDate(0, 0, d)
			used := int64(0)
			for n := s.From; n < s.To; n++ {
				m := c.Of(i, n)
				used += c.Register(&m, day.AddDate(0, 0, 1)) - c.Register(&m, day)
			}
			used += town.Wear(c.Seed(), uint64(s.From), day, used)
			_, err = fmt.Fprintf(w, "%s,%s,%.4f\n", s.Address, day.Format(time.DateOnly), float64(used)/1e4)
		}
	}
	return errs.Wrap("write the supplies", err)
}
