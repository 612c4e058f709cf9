package cap

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	stamp    = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d$`)
	fraction = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+([-+]\d\d:\d\d)$`)
	number   = regexp.MustCompile(`^[-+]?(\d+(\.\d*)?|\.\d+)$`)
	language = regexp.MustCompile(`^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$`)
	size     = regexp.MustCompile(`^\d{1,18}$`)
)

var errTime = errors.New("no date and time with seconds and a numeric offset")

// CAP 1.2 3.3.2: date and time with seconds and a numeric offset; no letter stands for a zone, and universal time is -00:00. Version 1.1
// lets fractions of a second pass, which are dropped.
func parseTime(s string, old bool) (time.Time, error) {
	if m := fraction.FindStringSubmatch(s); old && m != nil {
		s = m[1] + m[2]
	}
	if !stamp.MatchString(s) {
		return time.Time{}, errTime
	}
	t, err := time.Parse("2006-01-02T15:04:05-07:00", s)
	if err != nil || t.Year() < 1 {
		return time.Time{}, errTime
	}
	_, off := t.Zone()
	if off == 0 {
		return t.UTC(), nil
	}
	if off > 14*3600 || off < -14*3600 {
		return time.Time{}, errTime
	}
	return t.In(time.FixedZone("", off)), nil
}

// FormatTime writes a time as the standard wants it.
func FormatTime(t time.Time) string {
	if _, off := t.Zone(); off == 0 {
		return t.UTC().Format("2006-01-02T15:04:05") + "-00:00"
	}
	return t.Format("2006-01-02T15:04:05-07:00")
}

// CAP 1.2 3.3.1: a pair of WGS 84 coordinates, latitude first.
func parsePoint(s string) (Point, bool) {
	a, b, ok := strings.Cut(s, ",")
	lat, ok1 := parseNumber(a)
	lon, ok2 := parseNumber(b)
	return Point{lat, lon}, ok && ok1 && ok2 && math.Abs(lat) <= 90 && math.Abs(lon) <= 180
}

func parseNumber(s string) (float64, bool) {
	if !number.MatchString(s) {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// CAP 1.2 3.2.4: a polygon has at least four pairs, and the last is the first.
func parsePolygon(s string) (Polygon, error) {
	var out Polygon
	for _, f := range strings.Fields(s) {
		p, ok := parsePoint(f)
		if !ok {
			return nil, errors.New("pair")
		}
		out = append(out, p)
	}
	switch {
	case len(out) < 4:
		return nil, errors.New("few")
	case out[0] != out[len(out)-1]:
		return nil, errors.New("open")
	}
	return out, nil
}

func parseCircle(s string) (Circle, bool) {
	f := strings.Fields(s)
	if len(f) != 2 {
		return Circle{}, false
	}
	p, ok := parsePoint(f[0])
	r, ok1 := parseNumber(f[1])
	return Circle{p, r}, ok && ok1 && r >= 0
}

// list splits a list whose members are parted by blanks; one that holds blanks stands in quotes. CAP 1.2 3.2.1, addresses and incidents.
func list(s string) (out []string, ok bool) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if s[0] == '"' {
			end := strings.IndexByte(s[1:], '"')
			if end < 0 {
				return nil, false
			}
			if end > 0 {
				out = append(out, s[1:end+1])
			}
			s = s[end+2:]
			continue
		}
		end := strings.IndexAny(s, " \t\r\n")
		if end < 0 {
			end = len(s)
		}
		out = append(out, s[:end])
		s = s[end:]
	}
	return out, true
}

// unlist is the other way.
func unlist(l []string) string {
	out := make([]string, len(l))
	for i, s := range l {
		if out[i] = s; strings.ContainsAny(s, " \t\r\n") {
			out[i] = `"` + s + `"`
		}
	}
	return strings.Join(out, " ")
}

// named tells whether an identifier or sender holds only what it may. CAP 1.2 3.2.1: neither blanks nor commas nor < and &.
func named(s string) bool { return s != "" && !strings.ContainsAny(s, " \t\r\n,<&") }

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (p Point) String() string { return formatFloat(p.Lat) + "," + formatFloat(p.Lon) }

func (p Polygon) String() string {
	s := make([]string, len(p))
	for i, x := range p {
		s[i] = x.String()
	}
	return strings.Join(s, " ")
}

func (c Circle) String() string { return c.Center.String() + " " + formatFloat(c.Radius) }

// ParsePolygon and ParseCircle read the two shapes where another structure holds them.
func ParsePolygon(s string) (Polygon, bool) {
	p, err := parsePolygon(s)
	return p, err == nil
}

// ParseCircle reads "latitude,longitude radius".
func ParseCircle(s string) (Circle, bool) { return parseCircle(s) }
