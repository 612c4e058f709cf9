package index

// Rule is how a standard counts.
type Rule struct {
	Name  string
	Leave Causes // of these causes nothing is counted
	Brief int64  // an interruption that lasts no longer than this many seconds is momentary
	Whole bool   // all of an interruption belongs to the day on which it begins; otherwise its seconds lie where they passed
}

// The rules.
var (
	// IEEE 1366-2012 2: an interruption of more than five minutes is sustained, the others are momentary.
	// IEEE 1366-2012 3.5: an interruption over several days belongs to the day on which it begins; held to in every index here, so
	// that the days of a year add up to the year.
	IEEE = Rule{Name: "IEEE 1366", Brief: 5 * 60, Whole: true}
	// DL/T 836.1-2016 4: the first index counts every interruption however short.
	RS1 = Rule{Name: "RS-1"}
	// DL/T 836.1-2016 4: without external influence.
	RS2 = Rule{Name: "RS-2", Leave: Set(External)}
	// DL/T 836.1-2016 4: without rationing because the system has not enough power.
	RS3 = Rule{Name: "RS-3", Leave: Set(Rationing)}
	// DL/T 836.1-2016 2: an interruption of no more than three minutes is short; the fourth index leaves the short ones out.
	RS4 = Rule{Name: "RS-4", Brief: 3 * 60}
	// RSFault and RSPlanned are the parts of the first index by faults and by plan. DL/T 836.1-2016 4
	RSFault   = Rule{Name: "RS-1-F", Leave: Set(Planned, Rationing)}
	RSPlanned = Rule{Name: "RS-1-S", Leave: Set(Unknown, Fault, External)}
)

// Period is a span of time, Unix seconds, To not included.
type Period struct{ From, To int64 }

// Seconds is its length.
func (p Period) Seconds() int64 { return p.To - p.From }

// chinaSeconds is how far Chinese midnights lie before those of UTC. There is no summer time.
const chinaSeconds = 8 * 3600

// DaySeconds is the length of a day.
const DaySeconds = 86_400

// Day numbers the days of China from 1 January 1970.
func Day(unix int64) int64 {
	d := unix + chinaSeconds
	if d < 0 {
		d -= DaySeconds - 1
	}
	return d / DaySeconds
}

// DayStart is the first second of a day.
func DayStart(day int64) int64 { return day*DaySeconds - chinaSeconds }

// counts says how many seconds of x lie in p, and whether it began there.
func (r Rule) counts(x Interruption, p Period) (seconds int64, began bool) {
	began = x.From >= p.From && x.From < p.To
	if r.Whole {
		if began {
			seconds = x.Seconds()
		}
		return seconds, began
	}
	return max(0, min(x.To, p.To)-max(x.From, p.From)), began
}
