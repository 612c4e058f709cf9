package area

import (
	"math"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
)

// Point is a place: longitude and latitude.
type Point [2]float64

// Polygon is a ring of at least three points; whether the last repeats the first makes no difference.
type Polygon []Point

// kmPerDegree is the length of a degree of latitude; one of longitude is that times the cosine. Good to 0.3 % over the city.
const kmPerDegree = 111.195

// Distance between two places in km (great circle, radius 6,371 km).
func Distance(a, b Point) float64 {
	rad := math.Pi / 180
	dy, dx := (b[1]-a[1])*rad/2, (b[0]-a[0])*rad/2
	h := math.Sin(dy)*math.Sin(dy) + math.Cos(a[1]*rad)*math.Cos(b[1]*rad)*math.Sin(dx)*math.Sin(dx)
	return 2 * 6371 * math.Asin(math.Min(1, math.Sqrt(h)))
}

// Offset goes from a place so many km to the east and to the north.
func (p Point) Offset(east, north float64) Point {
	return Point{p[0] + east/(kmPerDegree*math.Cos(p[1]*math.Pi/180)), p[1] + north/kmPerDegree}
}

// Circle is a polygon of 48 corners around a place; radius in km.
func Circle(at Point, radius float64) Polygon {
	const corners = 48
	out := make(Polygon, 0, corners+1)
	for i := range corners + 1 {
		a := 2 * math.Pi * float64(i%corners) / corners
		out = append(out, at.Offset(radius*math.Sin(a), radius*math.Cos(a)))
	}
	return out
}

// Downwind turns an outline in metres downwind and metres to the right of it into a polygon; wind is the direction in degrees that the
// wind comes from, 0 north, 90 east.
func Downwind(at Point, wind float64, outline [][2]float64) Polygon {
	to := (wind + 180) * math.Pi / 180
	sin, cos := math.Sin(to), math.Cos(to)
	out := make(Polygon, 0, len(outline))
	for _, p := range outline {
		along, right := p[0]/1000, p[1]/1000
		out = append(out, at.Offset(along*sin+right*cos, along*cos-right*sin))
	}
	return out
}

// Has tells whether a place lies in the polygon.
func (g Polygon) Has(p Point) bool {
	in := false
	for i, j := 0, len(g)-1; i < len(g); j, i = i, i+1 {
		a, b := g[i], g[j]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0]-a[0])*(p[1]-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
	}
	return in
}

// Bounds gives the west, south, east and north of the polygon.
func (g Polygon) Bounds() (w, s, e, n float64) {
	w, s, e, n = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range g {
		w, s, e, n = math.Min(w, p[0]), math.Min(s, p[1]), math.Max(e, p[0]), math.Max(n, p[1])
	}
	return w, s, e, n
}

// Km2 is the polygon's area.
func (g Polygon) Km2() float64 {
	if len(g) < 3 {
		return 0
	}
	_, s, _, n := g.Bounds()
	k := kmPerDegree * kmPerDegree * math.Cos((s+n)/2*math.Pi/180)
	sum := 0.0
	for i, j := 0, len(g)-1; i < len(g); j, i = i, i+1 {
		// Near the origin, or the differences of large products lose their digits.
		sum += (g[j][0]-g[0][0])*(g[i][1]-g[0][1]) - (g[i][0]-g[0][0])*(g[j][1]-g[0][1])
	}
	return math.Abs(sum) / 2 * k
}

// The bounds of what people enter.
const (
	mostCorners = 500
	mostRadius  = 100 // km
)

// The land around the city within which an area may lie.
const (
	west, east, south, north = 115.5, 119.5, 38.0, 41.0
)

// Inside tells whether a place is anywhere near the city: a slip of the finger must not send people to another province.
func (p Point) Inside() bool { return p[0] >= west && p[0] <= east && p[1] >= south && p[1] <= north }

// ParsePoint reads "117.2,39.1" or "117.2 39.1".
func ParsePoint(s string) (Point, error) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",，;； \t\r", r) })
	if len(parts) != 2 {
		return Point{}, errs.Say(errs.Invalid, "坐标应为“经度,纬度”，如 117.75,39.04", "a place is longitude,latitude, such as 117.75,39.04")
	}
	var p Point
	for i, x := range parts {
		v, err := strconv.ParseFloat(x, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return Point{}, errs.Say(errs.Invalid, "坐标“%s”不是数字", "%q of the place is no number", x)
		}
		p[i] = v
	}
	if !p.Inside() {
		return Point{}, errs.Say(errs.Invalid, "坐标不在本市及周边（东经 115.5–119.5，北纬 38–41）；经度在前，纬度在后", "the place lies nowhere near the city (115.5 to 119.5 east, 38 to 41 north); longitude comes first")
	}
	return p, nil
}

// ParsePolygon reads one place a line.
func ParsePolygon(s string) (Polygon, error) {
	var out Polygon
	for i, line := range strings.Split(s, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		p, err := ParsePoint(line)
		if err != nil {
			msg, _ := errs.MsgOf(err)
			return nil, errs.Say(errs.Invalid, "第 %[1]d 行：%[2]s", "line %[1]d: %[3]s", i+1, msg.Zh, msg.En)
		}
		if out = append(out, p); len(out) > mostCorners {
			return nil, errs.Say(errs.Invalid, "多边形不超过 %d 个顶点", "a polygon has at most %d corners", mostCorners)
		}
	}
	if len(out) < 3 || out.Km2() == 0 {
		return nil, errs.Say(errs.Invalid, "多边形至少要有三个不在一条线上的顶点，每行一个“经度,纬度”", "a polygon has at least three corners that lie on no line, one longitude,latitude a line")
	}
	return out, nil
}

// Text writes a polygon as ParsePolygon reads it.
func (g Polygon) Text() string {
	var b strings.Builder
	for _, p := range g {
		b.WriteString(p.Text() + "\n")
	}
	return b.String()
}

// Text writes a place as ParsePoint reads it.
func (p Point) Text() string {
	return strconv.FormatFloat(p[0], 'f', 5, 64) + "," + strconv.FormatFloat(p[1], 'f', 5, 64)
}

// ParseRadius reads km.
func ParseRadius(s string) (float64, error) {
	r, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(r > 0 && r <= mostRadius) {
		return 0, errs.Say(errs.Invalid, "半径应大于 0，不超过 %d 千米", "the radius lies above 0 and up to %d km", mostRadius)
	}
	return r, nil
}
