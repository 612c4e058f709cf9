package geo

import (
	"bytes"
	"strconv"
	"sync"

	"github.com/haihe-city/haihe/errs"
)

// xy is a position: longitude and latitude in degrees.
type xy struct{ x, y float64 }

// edge is a part of a line or ring, straight in degrees, never of length 0.
type edge struct {
	a, b xy
	poly int // index of the polygon that it bounds
}

// Shape is a geometry made ready. It is immutable and safe for concurrent use.
type Shape struct {
	dim    int    // 0 points, 1 lines, 2 polygons
	points []xy   // of dim 0
	edges  []edge // of dim 1 and 2, in the order of the coordinates
	ends   []xy   // boundary of lines: positions that end an odd number of them
	box    Box
	once   sync.Once
	bands  bands
}

// Box is west, south, east, north in degrees.
type Box [4]float64

// meets tells whether two boxes have a point in common.
func (b *Box) meets(o *Box) bool {
	return b[0] <= o[2] && o[0] <= b[2] && b[1] <= o[3] && o[1] <= b[3]
}

// holds tells whether a position lies in the box.
func (b *Box) holds(p xy) bool { return b[0] <= p.x && p.x <= b[2] && b[1] <= p.y && p.y <= b[3] }

// Box gives the bounding rectangle in degrees.
func (s *Shape) Box() Box { return s.box }

// depths says how many arrays lie around the positions of a kind, RFC 7946 3.1.
var depths = map[string]int{"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}

// Read reads the coordinates of a geometry of a GeoJSON kind, GeometryCollection apart. A line or polygon that is but one
// position counts as a point.
func Read(kind string, coordinates []byte) (*Shape, error) {
	depth, ok := depths[kind]
	if !ok {
		return nil, errs.Say(errs.Invalid, "几何类型 %q 无效", "%q is not a geometry", kind)
	}
	r := &coords{b: coordinates, s: &Shape{box: Box{360, 360, -360, -360}}}
	switch kind {
	case "LineString", "MultiLineString":
		r.s.dim = 1
	case "Polygon", "MultiPolygon":
		r.s.dim = 2
	}
	if err := r.read(depth); err != nil {
		return nil, err
	}
	if r.space(); r.i < len(r.b) || r.n == 0 {
		return nil, r.fail()
	}
	if r.s.dim == 1 {
		r.s.ends = odd(r.s.ends)
	}
	if r.s.dim > 0 && len(r.s.edges) == 0 {
		r.s.dim, r.s.points, r.s.ends = 0, []xy{{r.s.box[0], r.s.box[1]}}, nil
	}
	return r.s, nil
}

// odd keeps the positions that stand in list an odd number of times: the mod-2 rule of OGC 06-103r4 6.1.6.1.
func odd(list []xy) []xy {
	n := map[xy]int{}
	for _, p := range list {
		n[p]++
	}
	out := list[:0]
	for _, p := range list {
		if n[p]%2 == 1 {
			out = append(out, p)
			n[p] = 0
		}
	}
	return out
}

// ReadJSON reads a GeoJSON geometry.
func ReadJSON(raw []byte) (*Shape, error) {
	r := &coords{b: raw}
	var kind string
	var coordinates []byte
	if !r.take('{') {
		return nil, r.fail()
	}
	for !r.take('}') {
		key, ok := r.value()
		if !ok || !r.take(':') {
			return nil, r.fail()
		}
		v, ok := r.value()
		if !ok {
			return nil, r.fail()
		}
		switch string(key) {
		case `"type"`:
			kind = string(bytes.Trim(v, `"`))
		case `"coordinates"`:
			coordinates = v
		}
		r.take(',')
	}
	return Read(kind, coordinates)
}

// coords reads coordinates, which have been checked when they were stored.
type coords struct {
	b    []byte
	i, n int // n: positions
	poly int
	s    *Shape
}

func (r *coords) fail() error {
	return errs.Say(errs.Invalid, "几何在第 %d 字节处无效", "the geometry is malformed at byte %d", r.i)
}

func (r *coords) space() {
	for r.i < len(r.b) && (r.b[r.i] == ' ' || r.b[r.i] == '\n' || r.b[r.i] == '\r' || r.b[r.i] == '\t') {
		r.i++
	}
}

func (r *coords) take(c byte) bool {
	if r.space(); r.i < len(r.b) && r.b[r.i] == c {
		r.i++
		return true
	}
	return false
}

// value steps over a JSON value and gives its text.
func (r *coords) value() ([]byte, bool) {
	r.space()
	from, depth := r.i, 0
	for r.i < len(r.b) {
		switch r.b[r.i] {
		case '"':
			for r.i++; r.i < len(r.b) && r.b[r.i] != '"'; r.i++ {
				if r.b[r.i] == '\\' {
					r.i++
				}
			}
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case ',', ':':
			if depth == 0 {
				return r.b[from:r.i], r.i > from
			}
		}
		if depth < 0 {
			return r.b[from:r.i], r.i > from
		}
		if r.i++; depth == 0 && r.i <= len(r.b) && (r.b[r.i-1] == '"' || r.b[r.i-1] == ']' || r.b[r.i-1] == '}') {
			return r.b[from:r.i], true
		}
	}
	return nil, false
}

// read reads what lies depth arrays deep.
func (r *coords) read(depth int) error {
	if depth == 0 {
		p, err := r.position()
		r.s.points = append(r.s.points, p)
		return err
	}
	if r.s.dim == depth { // a line, or the rings of a polygon
		defer func() { r.poly++ }()
	}
	if r.s.dim > 0 && depth == 1 {
		return r.line()
	}
	return r.array(func() error { return r.read(depth - 1) })
}

func (r *coords) array(item func() error) error {
	if !r.take('[') {
		return r.fail()
	}
	for n := 0; !r.take(']'); n++ {
		if n > 0 && !r.take(',') {
			return r.fail()
		}
		if err := item(); err != nil {
			return err
		}
	}
	return nil
}

// line reads the positions of a line or ring.
func (r *coords) line() error {
	var first, last xy
	n := 0
	err := r.array(func() error {
		p, err := r.position()
		if n++; n == 1 {
			first = p
		} else if p != last {
			r.s.edges = append(r.s.edges, edge{last, p, r.poly})
		}
		last = p
		return err
	})
	if r.s.dim == 1 && first != last {
		r.s.ends = append(r.s.ends, first, last)
	}
	if r.s.dim == 2 && first != last { // not closed: close it
		r.s.edges = append(r.s.edges, edge{last, first, r.poly})
	}
	return err
}

func (r *coords) position() (xy, error) {
	var p [2]float64
	n := 0
	err := r.array(func() error {
		r.space()
		from := r.i
		for r.i < len(r.b) && bytes.IndexByte([]byte(",] \n\r\t"), r.b[r.i]) < 0 {
			r.i++
		}
		v, err := strconv.ParseFloat(string(r.b[from:r.i]), 64)
		if err != nil || v-v != 0 {
			return r.fail()
		}
		if n < 2 {
			p[n] = v
		}
		n++
		return nil
	})
	if err == nil && n < 2 {
		err = r.fail()
	}
	r.n++
	b := &r.s.box
	b[0], b[1], b[2], b[3] = min(b[0], p[0]), min(b[1], p[1]), max(b[2], p[0]), max(b[3], p[1])
	return xy{p[0], p[1]}, err
}
