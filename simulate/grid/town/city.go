package town

import (
	"fmt"
	"iter"
	"sort"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// Layout says which meters there are. The zero values have no defaults here.
type Layout struct {
	Meters          int
	PerConcentrator int
	Share645        float64 // share of stations that are DL/T 645 gateways
	Share1376       float64 // that are Q/GDW 1376.1 terminals
	ShareDLMS       float64 // that are DLMS gateways
	Districts       []District
	Seed            uint64
	Outages         int       // feeders that go dark
	From            time.Time // outages begin one to nineteen hours later
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

// Reports tells whether the station reports of its own accord, rather than being polled.
func (p Protocol) Reports() bool { return p == DLT698 || p == QGDW1376 }

// District is a district and its share of the meters.
type District struct {
	Code   string // six digits
	Weight float64
}

// City is the simulated city. It is safe for concurrent use.
type City struct {
	lay      Layout
	cal      *calendar
	stations []Station
	outages  []Outage
	dark     map[string]Outage // by feeder
	all      func() []Meter
}

// Station is a concentrator, terminal or gateway with its meters, whose numbers lie side by side.
type Station struct {
	Address  string // 12 digits
	Protocol Protocol
	District string // six digits
	Feeder   string
	From, To int // the numbers of its meters: From <= n < To
	first    int // of its first meter in the district's count, from 1
}

// feederStations is how many concentrators hang on one feeder.
const feederStations = 5

// New lays out a city.
func New(l Layout) (*City, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	c := &City{lay: l, cal: newCalendar()}
	next := 0
	for i, n := range shares(l.Meters, l.Districts) {
		d := l.Districts[i].Code
		for k, left := 0, n; left > 0; k++ {
			take := min(left, l.PerConcentrator)
			c.stations = append(c.stations, c.station(d, k, next, next+take))
			left, next = left-take, next+take
		}
	}
	c.layOutages()
	c.all = sync.OnceValue(func() []Meter {
		out := make([]Meter, 0, c.Len())
		for m := range c.Each() {
			out = append(out, m)
		}
		return out
	})
	return c, nil
}

const maxMeters = 9_999_999

func (l Layout) check() error {
	if l.Meters < 1 || l.Meters > maxMeters {
		return errs.Say(errs.Invalid, "电能表数应为 1 至 %d", "the number of meters must be 1 to %d", maxMeters)
	}
	for _, d := range l.Districts {
		if len(d.Code) != 6 || d.Weight <= 0 {
			return errs.Say(errs.Invalid, "区划“%s”应有六位代码和大于 0 的权重", "district %q needs a code of six digits and a weight above 0", d.Code)
		}
		for _, r := range d.Code {
			if r < '0' || r > '9' {
				return errs.Say(errs.Invalid, "区划代码“%s”应为数字", "the district code %q must be digits", d.Code)
			}
		}
	}
	for _, p := range []float64{l.Share645, l.Share1376, l.ShareDLMS} {
		if p > 1 {
			return errs.Say(errs.Invalid, "比例应在 0 与 1 之间", "a share lies between 0 and 1")
		}
	}
	if l.Outages < 0 || l.Outages > 0 && l.From.IsZero() {
		return errs.Say(errs.Invalid, "停电线路数不能为负；模拟停电需要起始时间", "the number of outages is not negative, and outages need a beginning of the run")
	}
	return nil
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

func (c *City) station(district string, k, from, to int) Station {
	code := district[2:]
	s := Station{District: district, From: from, To: to, first: k*c.lay.PerConcentrator + 1}
	s.Protocol = c.protocol(Mix(c.lay.Seed, 1, uint64(len(c.stations))))
	kind := map[Protocol]string{DLT698: "2", DLT645: "3", DLMS: "4"}[s.Protocol]
	s.Address = fmt.Sprintf("%s%s%07d", kind, code, k+1)
	if s.Protocol == QGDW1376 { // a terminal's address has nine digits
		s.Address = fmt.Sprintf("000%s%05d", code, k+1)
	}
	s.Feeder = fmt.Sprintf("%s-10kV-%02d", district, k/feederStations+1)
	return s
}

// protocol draws what a station speaks.
func (c *City) protocol(h uint64) Protocol {
	for _, p := range []struct {
		share float64
		Protocol
	}{{c.lay.Share645, DLT645}, {c.lay.Share1376, QGDW1376}, {c.lay.ShareDLMS, DLMS}} {
		if Chance(h, p.share) {
			return p.Protocol
		}
		h = Mix(h, 1)
	}
	return DLT698
}

// Seed is the root of all draws.
func (c *City) Seed() uint64 { return c.lay.Seed }

// Len is how many meters there are.
func (c *City) Len() int { return c.stations[len(c.stations)-1].To }

// Stations gives all stations; the slice is shared and must not be changed.
func (c *City) Stations() []Station { return c.stations }

// StationOf gives the number of the station behind which a meter stands.
func (c *City) StationOf(n int) int {
	return sort.Search(len(c.stations), func(i int) bool { return c.stations[i].To > n })
}

// Meter computes the meter of a number, 0 to Len()-1.
func (c *City) Meter(n int) Meter { return c.Of(c.StationOf(n), n) }

// Of is like Meter where its station is known.
func (c *City) Of(station, n int) Meter {
	s := &c.stations[station]
	m := Meter{District: s.District, Feeder: s.Feeder, Concentrator: s.Address, Protocol: s.Protocol, index: uint64(n)}
	digits := [12]byte{'1', s.District[2], s.District[3], s.District[4], s.District[5]}
	for i, k := len(digits)-1, s.first+n-s.From; i > 4; i-- {
		digits[i] = byte('0' + k%10)
		k /= 10
	}
	m.Address = string(digits[:])
	c.draw(&m)
	return m
}

// Each goes through all meters in the order of their numbers, one computed after the other.
func (c *City) Each() iter.Seq[Meter] {
	return func(yield func(Meter) bool) {
		for i := range c.stations {
			for n := c.stations[i].From; n < c.stations[i].To; n++ {
				if !yield(c.Of(i, n)) {
					return
				}
			}
		}
	}
}

// Meters gives all meters, laid out in memory at the first call; the slice is shared and must not be changed.
func (c *City) Meters() []Meter { return c.all() }

// Areas groups the meters of a city by the station behind which they stand, in the city's order.
func (c *City) Areas() (out [][]*Meter) {
	all := c.Meters()
	for _, s := range c.stations {
		area := make([]*Meter, 0, s.To-s.From)
		for i := s.From; i < s.To; i++ {
			area = append(area, &all[i])
		}
		out = append(out, area)
	}
	return out
}
