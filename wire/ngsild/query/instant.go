package query

import "time"

// ParseInstant reads a DateTime, a Date or a Time of 4.6.3, whole; ok is false for anything else. A Date is its midnight in UTC,
// a Time lies on 1 January of the year 0.
func ParseInstant(s string) (at time.Time, kind Kind, ok bool) {
	at, kind, n := temporal(s)
	return at, kind, n > 0 && n == len(s)
}

// temporal reads the longest DateTime, Date or Time that s begins with, and how many bytes it takes; 0 where there is none.
//
// ETSI GS CIM 009 V1.9.1 4.6.3: extended format, complete, UTC, a fraction of one to six digits after a point or a comma.
func temporal(s string) (time.Time, Kind, int) {
	if at, n := clock(s); n > 0 {
		return time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).Add(at), Time, n
	}
	day, ok := calendar(s)
	if !ok {
		return time.Time{}, 0, 0
	}
	const n = len("2006-01-02")
	if len(s) > n && s[n] == 'T' {
		if at, m := clock(s[n+1:]); m > 0 {
			return day.Add(at), DateTime, n + 1 + m
		}
		return time.Time{}, 0, 0
	}
	return day, Date, n
}

// calendar reads YYYY-MM-DD.
func calendar(s string) (time.Time, bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return time.Time{}, false
	}
	y, ok1 := digits(s[:4])
	m, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || m < 1 || m > 12 || d < 1 {
		return time.Time{}, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == d
}

// clock reads hh:mm:ss[.ffffff]Z. A leap second counts as the second after it.
func clock(s string) (time.Duration, int) {
	if len(s) < 9 || s[2] != ':' || s[5] != ':' {
		return 0, 0
	}
	h, ok1 := digits(s[:2])
	m, ok2 := digits(s[3:5])
	sec, ok3 := digits(s[6:8])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 60 {
		return 0, 0
	}
	at := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second
	i := 8
	if s[i] == '.' || s[i] == ',' {
		from, unit := i+1, 100*time.Millisecond
		for i++; i < len(s) && i < from+6 && s[i] >= '0' && s[i] <= '9'; i++ {
			at += time.Duration(s[i]-'0') * unit
			unit /= 10
		}
		if i == from {
			return 0, 0
		}
	}
	if i == len(s) || s[i] != 'Z' {
		return 0, 0
	}
	return at, i + 1
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
