package town

import (
	"encoding/csv"
	"io"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/grid/shape"
)

// Meter is one meter of the simulated city.
type Meter struct {
	Address      string // 12 digits
	District     string // six digits
	Feeder       string
	Concentrator string // 12 digits; of a DL/T 645 or DLMS meter its gateway
	Kind         Kind
	Protocol     Protocol
	Installed    time.Time

	index uint64 // of all meters; the root of its draws
	daily int64  // energy of its mean working day, 0.0001 kWh
}

// Index is the meter's number in its city.
func (m *Meter) Index() uint64 { return m.index }

// Daily is the energy of its mean working day, in 0.0001 kWh.
func (m *Meter) Daily() int64 { return m.daily }

// draw gives a meter its customer: kind, size and age.
func (c *City) draw(m *Meter) {
	switch h := Below(Mix(c.lay.Seed, 2, m.index), 1000); {
	case h < 862:
		m.Kind = Residential
	case h < 950:
		m.Kind = Commercial
	case h < 980:
		m.Kind = Industrial
	default:
		m.Kind = Agriculture
	}
	// the mean day: the sum of three even draws has about the spread that households show, with a long tail by a square
	var u int64
	for i := range uint64(3) {
		u += Below(Mix(c.lay.Seed, 3+i, m.index), 1000)
	}
	size := u * u / 1500                                        // 0 to 6000, mean about 1600
	base := [...]int64{20_000, 80_000, 120_000, 60_000}[m.Kind] // large customers hang behind current transformers: their registers move no faster
	m.daily = base + base*size/500
	day := Below(Mix(c.lay.Seed, 7, m.index), 4*365)
	m.Installed = time.Date(2010, 1, 1, 0, 0, 0, 0, China()).AddDate(0, 0, int(day))
}

// Register is what a meter's forward active register shows at the quarter hour at or before t, in 0.0001 kWh.
//
// It is the integral of the profile, scaled by the customer's size, moved to and fro a little at each quarter hour: by less
// than a third of the neighbouring energies, so that it never runs backwards.
// In an outage it stands still.
func (c *City) Register(m *Meter, t time.Time) int64 {
	return c.register(m, t) - c.unused(m, t)
}

// register is what a meter would show had it never been without supply.
func (c *City) register(m *Meter, t time.Time) int64 {
	if t.Before(m.Installed) {
		return 0
	}
	day, q := c.cal.at(t)
	d0, q0 := c.cal.at(m.Installed)
	n := scale(c.cal.sum(m.Kind, day, q)-c.cal.sum(m.Kind, d0, q0), m.daily)
	after := scale(c.cal.quarter(m.Kind, day, q), m.daily)
	if before := c.quarterBefore(m, day, q); before < after {
		after = before
	}
	if wiggle := after * 3 / 10; wiggle > 0 {
		n += Below(Mix(c.lay.Seed, 8, m.index, uint64(day)*96+uint64(q)), 2*wiggle+1) - wiggle
	}
	return max(n, 0)
}

func (c *City) quarterBefore(m *Meter, day, q int) int64 {
	if q--; q < 0 {
		if day--; day < 0 {
			return 0
		}
		q = 95
	}
	return scale(c.cal.quarter(m.Kind, day, q), m.daily)
}

// scale turns hundred-millionths of a mean day into 0.0001 kWh of a customer.
func scale(part, daily int64) int64 {
	return part/wholeDay*daily + part%wholeDay*daily/wholeDay
}

// Power is the mean active power of the quarter hour that ends at t, in 0.1 W.
func (c *City) Power(m *Meter, t time.Time) int64 {
	return (c.Register(m, t) - c.Register(m, t.Add(-Slot))) * 4
}

// Voltage is the voltage of phase A at t, in 0.1 V: 220 V, a little less in the evening, and a draw.
func (c *City) Voltage(m *Meter, t time.Time) int64 {
	_, q := c.cal.at(t)
	sag := int64(shape.At(int(Residential), 0, q)) / 600
	return 2240 - sag + Below(Mix(c.lay.Seed, 9, m.index, uint64(t.Unix()/900)), 61) - 30
}

// WriteArchive writes the meters as CSV with the columns address, district, feeder, concentrator, category, protocol and installed
// (a date), one computed after the other: what `haihe import` takes as an archive.
func (c *City) WriteArchive(w io.Writer) error {
	out := csv.NewWriter(w)
	row := []string{"address", "district", "feeder", "concentrator", "category", "protocol", "installed"}
	if err := out.Write(row); err != nil {
		return errs.Wrap("write the archive", err)
	}
	for m := range c.Each() {
		row[0], row[1], row[2], row[3] = m.Address, m.District, m.Feeder, m.Concentrator
		row[4], row[5], row[6] = m.Kind.String(), string(m.Protocol), m.Installed.Format("2006-01-02")
		if err := out.Write(row); err != nil {
			return errs.Wrap("write the archive", err)
		}
	}
	out.Flush()
	return errs.Wrap("write the archive", out.Error())
}
