package geo

import "math"

// Radius is the mean radius of the earth in metres (IUGG, 1980).
const Radius = 6_371_008.8

const radian = math.Pi / 180

// Distance is the smallest distance between two geometries in metres, 0 where they meet.
func Distance(a, b *Shape) float64 {
	if Intersects(a, b) {
		return 0
	}
	return apart(a, b, math.Inf(1))
}

// Near tells whether the distance between two geometries is at most so many metres.
func Near(a, b *Shape, metres float64) bool {
	if gap := max(a.box[1]-b.box[3], b.box[1]-a.box[3]); gap*radian*Radius > metres*(1+1e-12) {
		return false
	}
	return Intersects(a, b) || apart(a, b, metres) <= metres
}

// apart measures two geometries that do not meet; it may stop at a distance of enough or less, and gives anything above where
// there is none (enough is finite then).
func apart(a, b *Shape, enough float64) float64 {
	m := &meter{best: math.Inf(1), enough: enough}
	if math.IsInf(enough, 1) {
		m.enough = -1
	} else {
		m.best = math.Nextafter(enough, math.Inf(1))
	}
	for _, p := range a.points {
		for _, q := range b.points {
			m.take(arc(p, q))
		}
		m.edges(p, b)
	}
	for _, q := range b.points {
		m.edges(q, a)
	}
	for i := range a.edges {
		m.edges(a.edges[i].a, b)
		m.edges(a.edges[i].b, b)
	}
	for i := range b.edges {
		m.edges(b.edges[i].a, a)
		m.edges(b.edges[i].b, a)
	}
	return m.best
}

// meter finds a smallest distance.
type meter struct {
	best   float64 // metres so far
	enough float64 // what need not be bettered
}

func (m *meter) take(radians float64) { m.best = min(m.best, radians*Radius) }

// edges measures from a position to the edges of a shape.
func (m *meter) edges(p xy, s *Shape) {
	var sp, cp float64
	ready := false
	for i := range s.edges {
		e := &s.edges[i]
		if m.best <= m.enough {
			return
		}
		if gap := max(e.low()-p.y, p.y-e.high()); gap*radian*Radius >= m.best { // no way is shorter than along the meridian
			continue
		}
		if !ready {
			sp, cp = math.Sincos(p.y * radian)
			ready = true
		}
		m.edge(p, e, sp, cp)
	}
}

// edge measures from a position to an edge, degree by degree: so short a piece is nearly straight on the ground as well.
func (m *meter) edge(p xy, e *edge, sp, cp float64) {
	n := math.Ceil(max(math.Abs(e.b.x-e.a.x), math.Abs(e.b.y-e.a.y)))
	n = max(n, 1)
	dx, dy := (e.b.x-e.a.x)/n, (e.b.y-e.a.y)/n
	for k := range int(n) {
		a := xy{e.a.x + float64(k)*dx, e.a.y + float64(k)*dy}
		if gap := max(min(a.y, a.y+dy)-p.y, p.y-max(a.y, a.y+dy)); gap*radian*Radius < m.best {
			m.piece(p, a, dx, dy, sp, cp)
		}
	}
	m.take(arc(p, e.b))
}

// piece measures to the piece from a to a+(dx, dy). The first guess is that of a flat map around p; Newton's method on the cosine
// of the arc, whose derivatives are plain, makes it exact.
func (m *meter) piece(p, a xy, dx, dy, sp, cp float64) {
	x, y := math.Remainder(a.x-p.x, 360), a.y-p.y // x and y of the piece's beginning, seen from p
	cm := math.Cos((a.y + dy/2) * radian)
	wx := dx * cm
	t := clamp(-(x*cm*wx + y*dy) / (wx*wx + dy*dy))
	lp, fp := dx*radian, dy*radian
	for range 4 {
		sl, cl := math.Sincos((x + t*dx) * radian)
		sf, cf := math.Sincos((a.y + t*dy) * radian)
		d1 := fp*(sp*cf-cp*sf*cl) - lp*cp*cf*sl
		d2 := -fp*fp*(sp*sf+cp*cf*cl) + 2*fp*lp*cp*sf*sl - lp*lp*cp*cf*cl
		if d2 >= 0 {
			break
		}
		next := clamp(t - d1/d2)
		if math.Abs(next-t) < 1e-12 {
			t = next
			break
		}
		t = next
	}
	m.take(arc(p, a))
	m.take(arc(p, xy{a.x + t*dx, a.y + t*dy}))
}

func clamp(t float64) float64 {
	if !(t > 0) {
		return 0
	}
	return min(t, 1)
}

// arc is the angle between two positions in radians, by the haversine formula (ETSI GS CIM 009 V1.9.1 4.23.1 asks for it).
func arc(p, q xy) float64 {
	s, t := math.Sin((q.y-p.y)*radian/2), math.Sin((q.x-p.x)*radian/2)
	h := s*s + math.Cos(p.y*radian)*math.Cos(q.y*radian)*t*t
	return 2 * math.Asin(math.Sqrt(min(h, 1)))
}

// Widen gives the box that holds all places within so many metres of a box. It is all longitudes where it would cross the
// antimeridian or hold a pole.
func Widen(b Box, metres float64) Box {
	angle := metres/Radius + 1e-9
	south, north := b[1]-angle/radian, b[3]+angle/radian
	if angle >= math.Pi/2 || south <= -90 || north >= 90 {
		return Box{-180, max(south, -90), 180, min(north, 90)}
	}
	reach := math.Asin(min(math.Sin(angle)/math.Cos(max(-b[1], b[3])*radian), 1)) / radian
	if b[0]-reach < -180 || b[2]+reach > 180 {
		return Box{-180, south, 180, north}
	}
	return Box{b[0] - reach, south, b[2] + reach, north}
}
