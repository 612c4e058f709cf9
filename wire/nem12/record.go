package nem12

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Market is the zone of all times: eastern standard time without summer time.
func Market() *time.Location { return market }

var market = time.FixedZone("AEST", 10*3600)

// Record is one of *Header, *Channel, *Day, *Event, *Accumulation, *Order and *End.
type Record interface {
	append(dst []byte) []byte
}

// Header is record 100. NEM12 4.2
type Header struct {
	Line     int
	Version  string // NEM12 or NEM13
	Created  time.Time
	From, To string
}

// Channel is record 200: the data stream that the days behind it belong to. NEM12 4.3
type Channel struct {
	Line          int
	NMI           string
	Configuration string // all suffixes of the meter, E1Q1
	Register      string
	Suffix        string // E1
	Stream        string
	Meter         string // serial number
	Unit          Unit
	Interval      int // minutes
	NextRead      time.Time
}

// Day is record 300 with its records 400. NEM12 4.4 and 4.5
type Day struct {
	Line    int
	Channel *Channel
	Date    time.Time // midnight, market time
	Values  []Value
	Quality []Quality // of each value
	Method  Quality   // of record 300 itself: V where it varies
	Reason  Reason
	Updated time.Time
	Loaded  time.Time // into the market's database
	Ranges  []Range
}

// Start is when interval i begins, counted from 0.
func (d *Day) Start(i int) time.Time {
	return d.Date.Add(time.Duration(i*d.Channel.Interval) * time.Minute)
}

// Range is record 400: what holds for the intervals First to Last, counted from 1. NEM12 4.5
type Range struct {
	First, Last int
	Quality     Quality
	Reason      Reason
}

// Reason is why a value is not an ordinary one; Code -1: none.
type Reason struct {
	Code int
	Text string
}

// Event is record 500: a service order behind the days of a channel. NEM12 4.6
type Event struct {
	Line        int
	Channel     *Channel
	Transaction byte // A C G D E N O S R
	Order       string
	Read        time.Time
	Index       string // the meter's own register, as printed
}

// Accumulation is record 250: energy between two readings. NEM12 5.3
type Accumulation struct {
	Line              int
	NMI               string
	Configuration     string
	Register          string
	Suffix            string
	Stream            string
	Meter             string
	Direction         byte // I import, E export
	Previous, Current Reading
	Quantity          Value
	Unit              Unit
	NextRead          time.Time
	Updated, Loaded   time.Time
}

// Reading is what a register showed.
type Reading struct {
	Index   string // as printed
	Time    time.Time
	Quality Quality
	Reason  Reason
}

// Order is record 550: the service orders of an accumulation. NEM12 5.4
type Order struct {
	Line                int
	Accumulation        *Accumulation
	PreviousTransaction byte
	PreviousOrder       string
	CurrentTransaction  byte
	CurrentOrder        string
}

// End is record 900. NEM12 4.7
type End struct{ Line int }

// Value is a decimal number: Num / 10^Decimals.
type Value struct {
	Num      int64
	Decimals uint8
}

// Scaled gives the value in units of 10^-decimals. exact is false where digits were rounded away or the number is too great.
func (v Value) Scaled(decimals int) (n int64, exact bool) {
	n = v.Num
	for d := int(v.Decimals); d < decimals; d++ {
		if n > math.MaxInt64/10 || n < -math.MaxInt64/10 {
			return n, false
		}
		n *= 10
	}
	exact = true
	for d := int(v.Decimals); d > decimals; d-- {
		last := n % 10
		exact = exact && last == 0
		if n /= 10; d == decimals+1 && (last >= 5 || last <= -5) {
			n += last / 5
		}
	}
	return n, exact
}

// Float64 gives the value nearest to it.
func (v Value) Float64() float64 { return float64(v.Num) / math.Pow10(int(v.Decimals)) }

// String prints the value with its decimals.
func (v Value) String() string {
	s := strconv.FormatInt(v.Num, 10)
	if v.Decimals == 0 {
		return s
	}
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	if d := int(v.Decimals); len(s) <= d {
		s = strings.Repeat("0", d+1-len(s)) + s
	}
	at := len(s) - int(v.Decimals)
	return sign + s[:at] + "." + s[at:]
}

// Quality is where a value comes from, and by which method. NEM12 4.4
type Quality struct {
	Flag   byte  // A actual, E forward estimate, F final substitute, N null, S substitute, V variable (of a day only)
	Method uint8 // 0: none
}

// String prints it as a file does: A, F14.
func (q Quality) String() string {
	if q.Method == 0 {
		return string(rune(q.Flag))
	}
	return string([]byte{q.Flag, '0' + q.Method/10, '0' + q.Method%10})
}

// Unit is a unit of measure. Name is as printed, Base the unit without its multiplier, Exp the multiplier's power of ten:
// kWh is Wh with 3.
type Unit struct {
	Name string
	Base string // Wh, varh, VAh, W, var, VA, V, A, pf; empty where the file names none
	Exp  int
}

// parseUnit reads a unit in any case: capitals are common. NEM12 annex B
func parseUnit(s string) (u Unit, ok bool) {
	u.Name = s
	l := strings.ToLower(s)
	for _, base := range [...]string{"Wh", "varh", "VAh", "W", "var", "VA", "V", "A", "pf"} {
		rest, found := strings.CutSuffix(l, strings.ToLower(base))
		if !found {
			continue
		}
		switch rest {
		case "":
		case "k":
			u.Exp = 3
		case "m":
			u.Exp = 6
		case "g":
			u.Exp = 9
		default:
			continue
		}
		if base == "pf" && u.Exp != 0 {
			continue
		}
		u.Base = base
		return u, true
	}
	return u, s == ""
}
