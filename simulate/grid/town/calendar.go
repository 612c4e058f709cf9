package town

import (
	"time"

	"github.com/haihe-city/haihe/simulate/grid/shape"
)

// Slot is the distance between readings.
const Slot = 15 * time.Minute

// China is the zone of all times in frames.
func China() *time.Location { return china }

var china = time.FixedZone("CST", 8*3600)

// Kind is the kind of customer behind a meter.
type Kind uint8

// The kinds, in the order of the profiles.
const (
	Residential Kind = iota
	Commercial
	Industrial
	Agriculture
	kinds = 4
)

// String gives the word of the archive's column category.
func (k Kind) String() string {
	return [...]string{"residential", "commercial", "industrial", "agriculture"}[k%kinds]
}

// seasons is the energy of a mean day of each month, in percent: heating and cooling for homes and shops, the Spring Festival
// for works, irrigation for farms.
var seasons = [kinds][12]int64{
	{112, 106, 92, 84, 84, 98, 124, 126, 96, 84, 90, 106},
	{108, 100, 92, 88, 92, 106, 122, 124, 102, 90, 90, 102},
	{100, 72, 102, 104, 104, 104, 102, 102, 104, 104, 104, 106},
	{60, 60, 90, 130, 150, 150, 120, 110, 100, 90, 70, 60},
}

// The days of the calendar that the simulation knows.
const (
	firstYear = 2010
	lastYear  = 2045
)

// calendar holds for each kind the energy of all days before a day, in units of a hundred-millionth of a mean working day.
type calendar struct {
	first int64 // Unix seconds of the first midnight
	cum   [kinds][]int64
	level [kinds][]int64      // percent of the season on that day
	free  []uint8             // 1: weekend
	done  [kinds][2][97]int64 // of a day's profile, before each quarter hour, in millionths
}

const (
	daySeconds = 86400
	wholeDay   = 100_000_000
)

func newCalendar() *calendar {
	start := time.Date(firstYear, 1, 1, 0, 0, 0, 0, China())
	n := int(time.Date(lastYear+1, 1, 1, 0, 0, 0, 0, China()).Sub(start) / (24 * time.Hour))
	c := &calendar{first: start.Unix(), free: make([]uint8, n)}
	for k := range kinds {
		c.cum[k], c.level[k] = make([]int64, n+1), make([]int64, n)
		for day := range 2 {
			for q := range 96 {
				c.done[k][day][q+1] = c.done[k][day][q] + int64(shape.At(k, day, q))
			}
		}
	}
	for d := range n {
		t := start.AddDate(0, 0, d)
		if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
			c.free[d] = 1
		}
		for k := range kinds {
			c.level[k][d] = seasons[k][t.Month()-1]
			c.cum[k][d+1] = c.cum[k][d] + c.done[k][c.free[d]][96]*c.level[k][d]
		}
	}
	return c
}

// quarter is the energy of one quarter hour of a mean customer.
func (c *calendar) quarter(kind Kind, day, q int) int64 {
	return int64(shape.At(int(kind), int(c.free[day]), q)) * c.level[kind][day]
}

// at splits a moment into day and quarter; moments outside the calendar give its ends.
func (c *calendar) at(t time.Time) (day, q int) {
	s := t.Unix() - c.first
	if s < 0 {
		return 0, 0
	}
	day = int(s / daySeconds)
	if day >= len(c.free) {
		return len(c.free) - 1, 95
	}
	return day, int(s % daySeconds / 900)
}

// sum is the energy of a mean customer from the calendar's first day to the start of a quarter hour.
func (c *calendar) sum(kind Kind, day, q int) int64 {
	return c.cum[kind][day] + c.done[kind][c.free[day]][q]*c.level[kind][day]
}
