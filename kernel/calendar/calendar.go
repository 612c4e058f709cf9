package calendar

import (
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

// China is the zone of every day and hour here.
var China = time.FixedZone("CST", 8*3600)

// Date is a calendar day in China, counted from 1970-01-01.
type Date int32

const daySeconds = 24 * 3600

// DateOf is the day of a moment.
func DateOf(t time.Time) Date {
	s := t.Unix() + 8*3600
	d := s / daySeconds
	if s%daySeconds < 0 {
		d--
	}
	return Date(d) //nolint:gosec // days of any year that is written with four digits fit
}

// On is the day of a year, month and day of the month.
func On(year int, month time.Month, day int) Date {
	return DateOf(time.Date(year, month, day, 0, 0, 0, 0, China))
}

// Parse reads a day written as 2015-11-20.
func Parse(text string) (Date, error) {
	t, err := time.ParseInLocation(time.DateOnly, text, China)
	if err != nil {
		return 0, errs.Say(errs.Invalid, "日期“%s”有误，应形如 2015-11-20", "%q is no date, write it like 2015-11-20", text)
	}
	return DateOf(t), nil
}

// Start is the day's midnight.
func (d Date) Start() time.Time { return time.Unix(int64(d)*daySeconds-8*3600, 0).In(China) }

// Year is the day's year.
func (d Date) Year() int { return d.Start().Year() }

// Weekday is the day's weekday; 1970-01-01 was a Thursday.
func (d Date) Weekday() time.Weekday { return time.Weekday(((int(d)+4)%7 + 7) % 7) }

func (d Date) weekend() bool { w := d.Weekday(); return w == time.Saturday || w == time.Sunday }

// String writes the day as 2015-11-20.
func (d Date) String() string { return d.Start().Format(time.DateOnly) }

// Kind is what a day is for those who work.
type Kind uint8

// The kinds.
const (
	Workday Kind = iota
	Weekend
	Holiday
	Moved // a weekend day that is worked for a holiday
)

// kinds are the names of the kinds in files and interfaces.
var kinds = [...]string{"workday", "weekend", "holiday", "moved"}

// String is the kind's name in files and interfaces.
func (k Kind) String() string { return kinds[min(int(k), len(kinds)-1)] }

// Works tells whether the day is worked.
func (k Kind) Works() bool { return k == Workday || k == Moved }

// Text is the kind in words.
func (k Kind) Text() lang.Text {
	switch k {
	case Weekend:
		return lang.T("周末", "weekend")
	case Holiday:
		return lang.T("节假日", "public holiday")
	case Moved:
		return lang.T("调休上班", "worked for a holiday")
	}
	return lang.T("工作日", "workday")
}

// The festivals by name, as the notices write them. A name of several is joined by 、.
const (
	NewYear        = "元旦"
	SpringFestival = "春节"
	Qingming       = "清明节"
	LabourDay      = "劳动节"
	DragonBoat     = "端午节"
	MidAutumn      = "中秋节"
	NationalDay    = "国庆节"
)

// Day is what the calendar knows of a day. Name is the festival in the words of the notice, "" for an ordinary day; Source the notice.
type Day struct {
	Date        Date
	Kind        Kind
	Name        string
	Source      string
	Provisional bool
}

// year is what is known of a year: its notice, or what was computed.
type year struct {
	source      string
	provisional bool
	days        []Day
}

// Calendar is the days of every year. It does not change and may be shared.
type Calendar struct {
	special map[Date]Day // days that are not what their weekday says
	years   map[int]year
}

// Notice is what a year's notice says. Days are holidays and moved workdays only, in order.
type Notice struct {
	Year   int
	Title  string
	Source string // its number or address
	Days   []Day
}

// New makes the calendar of the notices that come with the program and of those given, the later of a year over the earlier.
func New(notices ...Notice) (*Calendar, error) {
	built, err := builtIn()
	if err != nil {
		return nil, err
	}
	c := &Calendar{special: map[Date]Day{}, years: map[int]year{}}
	by := map[int]Notice{}
	for _, n := range append(built, notices...) {
		by[n.Year] = n
	}
	moons, err := readMoons()
	if err != nil {
		return nil, err
	}
	for y := firstYear; y <= lastYear; y++ {
		n, ok := by[y]
		if ok {
			c.years[y] = year{source: n.Title, days: n.Days}
			continue
		}
		c.years[y] = year{provisional: true, days: computed(y, moons)}
	}
	for y := firstYear; y <= lastYear; y++ { // a notice names days of the neighbouring years too: it goes over what was computed of them
		if c.years[y].provisional {
			c.put(y)
		}
	}
	for y := firstYear; y <= lastYear; y++ {
		if !c.years[y].provisional {
			c.put(y)
		}
	}
	return c, nil
}

func (c *Calendar) put(y int) {
	for _, d := range c.years[y].days {
		c.special[d.Date] = d
	}
}

// Day is what is known of a day.
func (c *Calendar) Day(d Date) Day {
	if s, ok := c.special[d]; ok {
		return s
	}
	out := Day{Date: d, Kind: Workday, Provisional: c.Provisional(d.Year())}
	if d.weekend() {
		out.Kind = Weekend
	}
	return out
}

// Kind is the kind of a day.
func (c *Calendar) Kind(d Date) Kind {
	if s, ok := c.special[d]; ok {
		return s.Kind
	}
	if d.weekend() {
		return Weekend
	}
	return Workday
}

// Workday tells whether a day is worked.
func (c *Calendar) Workday(d Date) bool { return c.Kind(d).Works() }

// Provisional tells whether a year has no notice yet: its holidays are computed and may change.
func (c *Calendar) Provisional(y int) bool {
	known, ok := c.years[y]
	return !ok || known.provisional
}

// Source is the title of the notice that a year rests on; "" where it is computed.
func (c *Calendar) Source(y int) string { return c.years[y].source }

// Special gives the days of a year's notice, or those computed: its holidays and moved workdays in order. A notice may name days of
// the year before.
func (c *Calendar) Special(y int) []Day { return append([]Day(nil), c.years[y].days...) }

// Years are the first and the last year that the calendar computes holidays of; beyond them only weekends are known.
func (c *Calendar) Years() (first, last int) { return firstYear, lastYear }

// AddWorkdays is the n-th workday after d, which does not count itself; before it where n is negative. For 0 it is d.
func (c *Calendar) AddWorkdays(d Date, n int) Date {
	step := Date(1)
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		if d += step; c.Workday(d) {
			n--
		}
	}
	return d
}

// Workdays counts the workdays from a to b, b not among them; negative where b lies before a.
func (c *Calendar) Workdays(a, b Date) int {
	if b < a {
		return -c.Workdays(b, a)
	}
	n := 0
	for ; a < b; a++ {
		if c.Workday(a) {
			n++
		}
	}
	return n
}

func yearText(y int) string { return strconv.Itoa(y) }
