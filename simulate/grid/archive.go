package grid

import (
	"encoding/csv"
	"fmt"
	"io"
	"sort"
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

// Protocol is what a station speaks, by its word in the archive's column protocol.
type Protocol string

// The protocols.
const (
	DLT698   Protocol = "dlt698"
	DLT645   Protocol = "dlt645"
	QGDW1376 Protocol = "qgdw1376"
	DLMS     Protocol = "dlms"
)

// reports tells whether the station reports of its own accord, rather than being polled.
func (p Protocol) reports() bool { return p == DLT698 || p == QGDW1376 }

// District is a district and its share of the meters.
type District struct {
	Code   string // six digits
	Weight float64
}

// City is the simulated city: which meters there are, and what each shows at any time. It is safe for concurrent use.
type City struct {
	opt      Options
	cal      *calendar
	meters   []Meter
	stations []station
	outages  []Outage
	dark     map[string]Outage // by feeder
}

// station is a concentrator or gateway with its meters, which lie side by side.
type station struct {
	address  string
	protocol Protocol
	from, to int // meters[from:to]
}

// feederStations is how many concentrators hang on one feeder.
const feederStations = 5

// Archive gives the meters of a city. It depends on Seed, Meters, PerConcentrator, the shares and Districts only.
func Archive(o Options) ([]Meter, error) {
	c, err := NewCity(o)
	if err != nil {
		return nil, err
	}
	return c.Meters(), nil
}

// NewCity lays out the city.
func NewCity(o Options) (*City, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	c := &City{opt: o, cal: newCalendar(), meters: make([]Meter, 0, o.Meters)}
	for i, n := range shares(o.Meters, o.Districts) {
		d := o.Districts[i].Code
		for k, left := 0, n; left > 0; k++ {
			take := min(left, o.PerConcentrator)
			c.addStation(d, k, take)
			left -= take
		}
	}
	c.layOutages()
	return c, nil
}

// shares gives each district its meters: by largest remainder, so that the sum is exact.
func shares(n int, ds []District) []int {
	var total float64
	for _, d := range ds {
		total += d.Weight
	}
	out, order := make([]int, len(ds)), make([]int, len(ds))
	rest := make([]float64, len(ds))
	left := n
	for i, d := range ds {
		x := float64(n) * d.Weight / total
		out[i], order[i] = int(x), i
		rest[i] = x - float64(out[i])
		left -= out[i]
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]] > rest[order[b]] })
	for i := range left {
		out[order[i%len(order)]]++
	}
	return out
}

func (c *City) addStation(district string, k, n int) {
	code := district[2:]
	s := station{from: len(c.meters), to: len(c.meters) + n}
	s.protocol = c.opt.protocol(mix(c.opt.Seed, 1, uint64(len(c.stations))))
	kind := map[Protocol]string{DLT698: "2", DLT645: "3", DLMS: "4"}[s.protocol]
	s.address = fmt.Sprintf("%s%s%07d", kind, code, k+1)
	if s.protocol == QGDW1376 { // a terminal's address has nine digits
		s.address = fmt.Sprintf("000%s%05d", code, k+1)
	}
	feeder := fmt.Sprintf("%s-10kV-%02d", district, k/feederStations+1)
	for i := range n {
		m := Meter{
			Address: fmt.Sprintf("1%s%07d", code, k*c.opt.PerConcentrator+i+1), District: district, Feeder: feeder,
			Concentrator: s.address, Protocol: s.protocol, index: uint64(len(c.meters)),
		}
		c.draw(&m)
		c.meters = append(c.meters, m)
	}
	c.stations = append(c.stations, s)
}

// draw gives a meter its customer: kind, size and age.
func (c *City) draw(m *Meter) {
	switch h := below(mix(c.opt.Seed, 2, m.index), 1000); {
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
		u += below(mix(c.opt.Seed, 3+i, m.index), 1000)
	}
	size := u * u / 1500                                        // 0 to 6000, mean about 1600
	base := [...]int64{20_000, 80_000, 120_000, 60_000}[m.Kind] // large customers hang behind current transformers: their registers move no faster
	m.daily = base + base*size/500
	day := below(mix(c.opt.Seed, 7, m.index), 4*365)
	m.Installed = time.Date(2010, 1, 1, 0, 0, 0, 0, China()).AddDate(0, 0, int(day))
}

// Meters gives all meters; the slice is shared and must not be changed.
func (c *City) Meters() []Meter { return c.meters }

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
		n += below(mix(c.opt.Seed, 8, m.index, uint64(day)*96+uint64(q)), 2*wiggle+1) - wiggle
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
	return 2240 - sag + below(mix(c.opt.Seed, 9, m.index, uint64(t.Unix()/900)), 61) - 30
}

// WriteArchive writes meters as CSV with the columns address, district, feeder, concentrator, category, protocol and installed
// (a date): what `haihe import` takes as an archive.
func WriteArchive(w io.Writer, meters []Meter) error {
	out := csv.NewWriter(w)
	row := []string{"address", "district", "feeder", "concentrator", "category", "protocol", "installed"}
	if err := out.Write(row); err != nil {
		return errs.Wrap("write the archive", err)
	}
	for _, m := range meters {
		row[0], row[1], row[2], row[3] = m.Address, m.District, m.Feeder, m.Concentrator
		row[4], row[5], row[6] = m.Kind.String(), string(m.Protocol), m.Installed.Format("2006-01-02")
		if err := out.Write(row); err != nil {
			return errs.Wrap("write the archive", err)
		}
	}
	out.Flush()
	return errs.Wrap("write the archive", out.Error())
}
