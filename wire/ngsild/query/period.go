package query

import (
	"strconv"
	"strings"
	"time"
)

// Period is an ISO 8601 duration (4.5.19): calendar months and years beside exact time.
type Period struct {
	Years, Months, Days int
	Exact               time.Duration
}

// ParsePeriod reads aggrPeriodDuration. PT0S stands for the whole range. ETSI GS CIM 009 V1.9.1 4.5.19.1.
//
// The format is P[n]Y[n]M[n]DT[n]H[n]M[n]S or P[n]W with whole numbers; seconds may have a fraction of one to six digits.
func ParsePeriod(s string) (Period, error) {
	var p Period
	bad := &Error{Param: "aggrPeriodDuration", Zh: "应为 ISO 8601 时段，形如 P1D、PT15M 或 P2W", En: "expected an ISO 8601 duration like P1D, PT15M or P2W"}
	rest, ok := strings.CutPrefix(s, "P")
	if !ok || rest == "" || strings.HasSuffix(s, "T") || len(s) > 64 {
		return p, bad
	}
	units, clock := "YMWD", false
	for rest != "" {
		if !clock && rest[0] == 'T' {
			rest, units, clock = rest[1:], "HMS", true
		}
		n := strings.IndexAny(rest, "YMWDHS")
		if n < 1 {
			bad.At = len(s) - len(rest)
			return p, bad
		}
		unit := strings.IndexByte(units, rest[n])
		if unit < 0 || rest[n] == 'W' && (len(rest) > n+1 || p != Period{} || s[1:len(s)-1] != rest[:n]) || !p.add(rest[:n], rest[n], clock) {
			bad.At = len(s) - len(rest)
			return p, bad
		}
		rest, units = rest[n+1:], units[unit+1:]
	}
	return p, nil
}

// add adds n of a unit.
func (p *Period) add(n string, unit byte, clock bool) bool {
	const limit = 1_000_000_000 // of any unit; days of more than 2.7 million years are no period
	whole, fraction, dot := strings.Cut(n, ".")
	if !dot {
		whole, fraction, dot = strings.Cut(n, ",")
	}
	v, ok := digits(whole)
	if whole == "" || len(whole) > 9 || !ok || dot && (unit != 'S' || fraction == "") || v > limit {
		return false
	}
	switch {
	case unit == 'Y':
		p.Years = v
	case unit == 'M' && !clock:
		p.Months = v
	case unit == 'W':
		p.Days = 7 * v
	case unit == 'D':
		p.Days = v
	case v > 1_000_000 && unit == 'H', v > 60_000_000 && unit == 'M':
		return false // 114 years, below what a Duration holds
	case unit == 'H':
		p.Exact += time.Duration(v) * time.Hour
	case unit == 'M':
		p.Exact += time.Duration(v) * time.Minute
	default:
		p.Exact += time.Duration(v) * time.Second
		f, ok := digits(fraction)
		if !ok || len(fraction) > 6 {
			return false
		}
		for range 6 - len(fraction) {
			f *= 10
		}
		p.Exact += time.Duration(f) * time.Microsecond
	}
	return true
}

// Whole tells whether the period stands for the whole range: it has no length.
func (p Period) Whole() bool { return p == Period{} }

// After gives the time one period after t. Months and years count by the calendar in t's location, the day of the month
// cut to what the month has (31 January and a month is 28 or 29 February).
func (p Period) After(t time.Time) time.Time { return p.Times(t, 1) }

// Times gives the time n periods after t, counted from t, so that months that were cut do not wander.
func (p Period) Times(t time.Time, n int) time.Time {
	if months := n * (12*p.Years + p.Months); months != 0 {
		y, m, d := t.Date()
		first := time.Date(y, m+time.Month(months), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
		last := first.AddDate(0, 1, -1).Day()
		t = first.AddDate(0, 0, min(d, last)-1)
	}
	if days := n * p.Days; days != 0 {
		t = t.AddDate(0, 0, days)
	}
	return t.Add(time.Duration(n) * p.Exact)
}

// String gives the period in its format; PT0S where it has no length.
func (p Period) String() string {
	if p.Whole() {
		return "PT0S"
	}
	b := []byte{'P'}
	part := func(n int, unit byte) {
		if n != 0 {
			b = append(strconv.AppendInt(b, int64(n), 10), unit)
		}
	}
	part(p.Years, 'Y')
	part(p.Months, 'M')
	part(p.Days, 'D')
	if p.Exact != 0 {
		b = append(b, 'T')
		part(int(p.Exact/time.Hour), 'H')
		part(int(p.Exact%time.Hour/time.Minute), 'M')
		if s := p.Exact % time.Minute; s != 0 {
			b = append(strconv.AppendFloat(b, s.Seconds(), 'f', -1, 64), 'S')
		}
	}
	return string(b)
}
