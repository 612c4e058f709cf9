package ngsi

import (
	"encoding/json"
	"math"
)

// Box is west, south, east, north in degrees, WGS 84. West must not be greater than east.
type Box [4]float64

// Meets tells whether two boxes have a point in common, borders included.
func (b Box) Meets(o Box) bool {
	return b[0] <= o[2] && o[0] <= b[2] && b[1] <= o[3] && o[1] <= b[3]
}

// geometry is what the kernel reads of a GeoJSON geometry.
type geometry struct {
	kind string
	box  Box // bounding rectangle; of a Point the point itself, twice
}

// geoDepth says how deep the positions of a geometry lie in its coordinates, RFC 7946 3.1.
var geoDepth = map[string]int{"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}

// readGeometry checks a GeoJSON geometry (RFC 7946 3.1, positions in range) and gives its bounding rectangle.
func readGeometry(raw json.RawMessage) (geometry, error) {
	g := geometry{box: Box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}}
	s := scanner{b: raw}
	var coordinates []byte
	at := 0
	err := s.object(func(key string) (err error) {
		switch key {
		case "type":
			g.kind, err = s.str()
		case "coordinates":
			at = s.i
			coordinates, err = s.skip()
		default:
			_, err = s.skip()
		}
		return err
	})
	if err != nil {
		return g, err
	}
	depth, known := geoDepth[g.kind]
	if !known {
		return g, &syntaxError{0, `"type" is not a geometry`}
	}
	if coordinates == nil {
		return g, &syntaxError{0, `"coordinates" is missing`}
	}
	c := scanner{b: coordinates}
	if err := g.positions(&c, depth); err != nil {
		if e, ok := err.(*syntaxError); ok {
			e.Offset += at
		}
		return g, err
	}
	return g, nil
}

// positions reads coordinates that lie depth arrays deep and widens the box by them.
func (g *geometry) positions(s *scanner, depth int) error {
	if depth == 0 {
		return g.position(s)
	}
	n := 0
	err := s.array(func() error { n++; return g.positions(s, depth-1) })
	if err == nil && n == 0 {
		return s.fail("no positions")
	}
	return err
}

// position reads longitude, latitude and what follows, RFC 7946 3.1.1.
func (g *geometry) position(s *scanner) error {
	var p [2]float64
	n := 0
	err := s.array(func() error {
		s.space()
		raw, err := s.num()
		if err != nil {
			return err
		}
		v, ok := number(raw)
		limit := [...]float64{180, 90}
		if !ok || (n < 2 && math.Abs(v) > limit[n]) {
			return s.fail("a position out of range")
		}
		if n < 2 {
			p[n] = v
		}
		n++
		return nil
	})
	if err != nil {
		return err
	}
	if n < 2 {
		return s.fail("a position needs longitude and latitude")
	}
	g.box = Box{min(g.box[0], p[0]), min(g.box[1], p[1]), max(g.box[2], p[0]), max(g.box[3], p[1])}
	return nil
}

// Bounds gives the kind of a GeoProperty's geometry ("Point") and its bounding rectangle; ok is false where a is no GeoProperty.
func (a *Attr) Bounds() (kind string, box Box, ok bool) {
	if a.Kind != GeoProperty {
		return "", Box{}, false
	}
	g, err := readGeometry(a.Value)
	return g.kind, g.box, err == nil
}
