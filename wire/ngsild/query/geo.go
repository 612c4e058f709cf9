package query

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
)

// Bounds on the coordinates of a geometry of a request.
const (
	maxCoordinates = 1 << 20 // bytes
	maxPositions   = 10_000
)

// Geo is a geo query (4.10).
type Geo struct {
	Rel         string  // near, within, contains, overlaps, intersects, equals, disjoint
	Min, Max    float64 // metres, for near; negative where not given
	Geometry    string  // Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon
	Coordinates []byte  // JSON, checked
	Property    string  // name; "location" where not given

	once sync.Once
	made any
}

// Reference keeps what make makes of the geometry: it is called once, however many goroutines evaluate the query.
func (g *Geo) Reference(make func() any) any {
	g.once.Do(func() { g.made = make() })
	return g.made
}

// relations are the values of georel, near apart.
var relations = map[string]bool{
	"within": true, "contains": true, "overlaps": true, "intersects": true, "equals": true, "disjoint": true,
}

// ParseGeo reads the parameters of a geo query; property may be "". ETSI GS CIM 009 V1.9.1 4.10.
func ParseGeo(georel, geometry, coordinates, property string, names Names) (*Geo, error) {
	g := &Geo{Rel: georel, Min: -1, Max: -1, Geometry: geometry, Property: "location"}
	if err := g.relation(georel); err != nil {
		return nil, err
	}
	c, err := ParseGeometry("geometry", "coordinates", geometry, coordinates)
	if err != nil {
		return nil, err
	}
	g.Coordinates = c
	if property != "" {
		r, err := read("geoproperty", property, names)
		if err != nil {
			return nil, err
		}
		name, err := r.name(",;|")
		if err != nil {
			return nil, err
		}
		g.Property = r.expand(name)
		if err := r.end(); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// relation reads georel.
func (g *Geo) relation(s string) error {
	if relations[s] {
		return nil
	}
	rel, distance, _ := strings.Cut(strings.ReplaceAll(s, " ", ""), ";")
	if rel != "near" {
		return &Error{Param: "georel", Zh: "应为 near、within、contains、overlaps、intersects、equals 或 disjoint", En: "expected near, within, contains, overlaps, intersects, equals or disjoint"}
	}
	g.Rel = rel
	which, number, _ := strings.Cut(distance, "==")
	metres, err := strconv.ParseFloat(number, 64)
	// PositiveNumber: no sign, not zero, finite.
	if number == "" || numberLen(number) != len(number) || err != nil || metres <= 0 || number[0] == '-' ||
		which != "maxDistance" && which != "minDistance" {
		return &Error{Param: "georel", At: len("near"), Zh: "near 之后应为 ;maxDistance==米数 或 ;minDistance==米数（正数，二者取一）", En: "expected near;maxDistance==metres or near;minDistance==metres, a positive number and only one of the two"}
	}
	if which == "maxDistance" {
		g.Max = metres
	} else {
		g.Min = metres
	}
	return nil
}

// String gives the query as parameters.
func (g *Geo) String() string {
	rel := g.Rel
	switch {
	case rel == "near" && g.Max >= 0:
		rel += ";maxDistance==" + strconv.FormatFloat(g.Max, 'g', -1, 64)
	case rel == "near":
		rel += ";minDistance==" + strconv.FormatFloat(g.Min, 'g', -1, 64)
	}
	return "georel=" + rel + "&geometry=" + g.Geometry + "&coordinates=" + string(g.Coordinates) + "&geoproperty=" + g.Property
}

// depths says how many arrays lie around the positions, RFC 7946 3.1.
var depths = map[string]int{"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}

// ParseGeometry holds a geometry and its coordinates to RFC 7946 3.1, and gives the coordinates without white space. The params
// are the names that the two bear in the request (orderGeometry and orderFrom of orderBy, for one).
func ParseGeometry(kindParam, param, kind, coordinates string) ([]byte, error) {
	depth, ok := depths[kind]
	if !ok {
		return nil, &Error{Param: kindParam, Zh: "应为 Point、MultiPoint、LineString、MultiLineString、Polygon 或 MultiPolygon", En: "expected Point, MultiPoint, LineString, MultiLineString, Polygon or MultiPolygon"}
	}
	if len(coordinates) > maxCoordinates {
		return nil, &Error{Param: param, Zh: "坐标过长", En: "the coordinates are too long"}
	}
	c := &coords{param: param, kind: kind, dec: json.NewDecoder(strings.NewReader(coordinates))}
	c.dec.UseNumber()
	if err := c.read(depth); err != nil {
		return nil, err
	}
	if _, err := c.dec.Token(); err == nil || c.dec.InputOffset() < int64(len(strings.TrimRight(coordinates, " \t\r\n"))) {
		return nil, c.fail("此处应结束", "expected the end")
	}
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(coordinates)); err != nil {
		return nil, c.fail("应为 JSON 数组", "expected a JSON array")
	}
	return b.Bytes(), nil
}

// coords checks coordinates.
type coords struct {
	param, kind string
	dec         *json.Decoder
	n           int        // positions
	first, last [2]float64 // of the line or ring that is read
	dims        int        // numbers of the position
}

func (c *coords) fail(zh, en string) error {
	return &Error{Param: c.param, At: int(c.dec.InputOffset()), Zh: zh, En: en}
}

// open steps over [.
func (c *coords) open() error {
	if t, err := c.dec.Token(); err != nil || t != json.Delim('[') {
		return c.fail("应为与几何类型相符的 JSON 数组", "expected a JSON array that fits the geometry")
	}
	return nil
}

// read reads coordinates that lie depth arrays deep.
func (c *coords) read(depth int) error {
	if depth == 0 {
		return c.position(true)
	}
	if err := c.open(); err != nil {
		return err
	}
	n := 0
	for ; c.dec.More(); n++ {
		var err error
		if depth == 1 {
			err = c.position(n == 0)
		} else {
			err = c.read(depth - 1)
		}
		if err != nil {
			return err
		}
	}
	if _, err := c.dec.Token(); err != nil {
		return c.fail("数组未闭合", "the array is not closed")
	}
	switch ring := strings.HasSuffix(c.kind, "Polygon"); {
	case n == 0:
		return c.fail("数组不能为空", "the array must not be empty")
	case depth == 1 && ring && (n < 4 || c.first != c.last): // RFC 7946 3.1.6
		return c.fail("环至少四个点，且首尾相同", "a ring has at least four positions, the first equal to the last")
	case depth == 1 && strings.HasSuffix(c.kind, "LineString") && n < 2: // RFC 7946 3.1.4
		return c.fail("线至少两个点", "a line has at least two positions")
	}
	return nil
}

// position reads longitude, latitude and, where it is given, altitude. RFC 7946 3.1.1.
func (c *coords) position(first bool) error {
	if c.n++; c.n > maxPositions {
		return c.fail("点过多", "too many positions")
	}
	if err := c.open(); err != nil {
		return err
	}
	limit := [...]float64{180, 90}
	for c.dims = 0; c.dec.More(); c.dims++ {
		t, err := c.dec.Token()
		num, ok := t.(json.Number)
		v, nerr := num.Float64()
		if err != nil || !ok || nerr != nil || c.dims > 3 {
			return c.fail("位置应为两个或三个数", "a position is two or three numbers")
		}
		if c.dims < 2 {
			if v < -limit[c.dims] || v > limit[c.dims] {
				return c.fail("经度应在 ±180、纬度在 ±90 之内", "longitude must lie within 180 degrees and latitude within 90")
			}
			c.last[c.dims] = v
		}
	}
	if _, err := c.dec.Token(); err != nil || c.dims < 2 {
		return c.fail("位置应为两个或三个数", "a position is two or three numbers")
	}
	if first {
		c.first = c.last
	}
	return nil
}
