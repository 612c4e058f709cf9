package geo

import "slices"

// Intersects tells whether two geometries have a point in common; the disjoint have not.
func Intersects(a, b *Shape) bool {
	return a.box.meets(&b.box) && meets(relate(a, b, meets))
}

// Within tells whether a lies in b, and their interiors have a point in common. Contains is the reverse of it.
func Within(a, b *Shape) bool {
	if !b.box.covers(&a.box) || a.dim > b.dim {
		return false
	}
	m := relate(a, b, leaves)
	return m.at[interior][interior] && !leaves(m)
}

// Overlaps tells whether two geometries of one dimension have points of their interiors in common, as many dimensions of them as
// they are themselves, and each has some that the other has not.
func Overlaps(a, b *Shape) bool {
	if a.dim != b.dim || !a.box.meets(&b.box) {
		return false
	}
	m := relate(a, b, func(m *matrix) bool { return m.overlaps(a.dim) })
	return m.overlaps(a.dim)
}

// Equals tells whether two geometries are the same set of points.
func Equals(a, b *Shape) bool {
	if a.dim != b.dim || a.box != b.box {
		return false
	}
	differ := func(m *matrix) bool {
		return leaves(m) || m.at[exterior][interior] || m.at[exterior][boundary]
	}
	m := relate(a, b, differ)
	return m.at[interior][interior] && !differ(m)
}

func (b *Box) covers(o *Box) bool {
	return b[0] <= o[0] && o[2] <= b[2] && b[1] <= o[1] && o[3] <= b[3]
}

// matrix is the DE-9IM matrix of two geometries: whether their interiors, boundaries and exteriors meet.
type matrix struct {
	at   [3][3]bool // by place of a, place of b
	line bool       // the interiors of two lines share more than points
}

func meets(m *matrix) bool {
	return m.at[interior][interior] || m.at[interior][boundary] || m.at[boundary][interior] || m.at[boundary][boundary]
}

// leaves tells that a is not covered by b.
func leaves(m *matrix) bool { return m.at[interior][exterior] || m.at[boundary][exterior] }

func (m *matrix) overlaps(dim int) bool {
	return m.at[interior][interior] && m.at[interior][exterior] && m.at[exterior][interior] && (dim != 1 || m.line)
}

// relation computes the matrix of two geometries.
type relation struct {
	a, b *Shape
	m    matrix
	flip bool // b is looked at from a's place
}

// set marks that place p of the geometry looked from meets place q of the other.
func (r *relation) set(p, q place) {
	if r.flip {
		p, q = q, p
	}
	r.m.at[p][q] = true
}

// relate computes the matrix until done says that it is enough.
//
// Both geometries are cut at their common points. Each part between cuts lies in one place of the other geometry as a whole, so
// one point of it decides; of the interiors of areas the sides of the parts of their boundaries decide.
func relate(a, b *Shape, done func(*matrix) bool) *matrix {
	r := &relation{a: a, b: b}
	var ca, cb cuts
	if a.dim > 0 && b.dim > 0 && a.box.meets(&b.box) {
		if ca, cb = r.cross(); done(&r.m) {
			return &r.m
		}
		for _, list := range ca {
			for _, p := range list {
				r.set(a.locate(p), b.locate(p))
			}
		}
	}
	for range 2 {
		if done(&r.m) {
			return &r.m
		}
		r.look(r.a, r.b)
		if r.a.dim > 0 && r.b.dim > 0 {
			r.parts(ca, done)
		}
		r.a, r.b, r.flip, ca = r.b, r.a, true, cb
	}
	return &r.m
}

// look marks what the points and ends of a, and its dimension, tell.
func (r *relation) look(a, b *Shape) {
	for _, p := range a.points {
		r.set(interior, b.locate(p.point()))
	}
	for _, p := range a.ends {
		r.set(boundary, b.locate(p.point()))
	}
	if a.dim > b.dim { // what has more dimensions is never covered
		r.set(interior, exterior)
		if a.dim == 2 && b.dim == 0 {
			r.set(boundary, exterior)
		}
	}
}

// parts marks what the parts of a's edges tell.
func (r *relation) parts(c cuts, done func(*matrix) bool) {
	var last edge
	var at place
	for i := range r.a.edges {
		e := &r.a.edges[i]
		list := c[i]
		switch {
		case len(list) > 0:
			at = r.pieces(e, list)
		case i > 0 && last.b == e.a && last.poly == e.poly: // nothing of b lies between: the same place
		default:
			at = r.b.locate(e.a.point())
		}
		if len(list) == 0 {
			r.piece(e, point{}, at)
		}
		if last = *e; i%16 == 0 && done(&r.m) {
			return
		}
	}
}

// pieces marks what the pieces of an edge tell that is cut, and gives the place of the last.
func (r *relation) pieces(e *edge, list []point) (at place) {
	list = append(list, e.a.point(), e.b.point())
	slices.SortFunc(list, e.along)
	list = slices.CompactFunc(list, func(p, q point) bool { return e.along(p, q) == 0 })
	for i := 1; i < len(list); i++ {
		m := middle(list[i-1], list[i])
		at = r.b.locate(m)
		r.piece(e, m, at)
	}
	return at
}

// piece marks what a piece of an edge of a tells that lies at a place of b; m is a point of it, needed where that is a boundary.
func (r *relation) piece(e *edge, m point, at place) {
	if r.a.dim == 1 {
		r.set(interior, at)
		r.m.line = r.m.line || r.b.dim == 1 && at == interior
		return
	}
	r.set(boundary, at)
	switch {
	case r.b.dim == 1:
	case at != boundary: // one side of the piece is a's interior, the other is not
		r.set(interior, at)
		r.set(exterior, at)
	default:
		swap := e.a.y == e.b.y
		for _, west := range [...]bool{true, false} {
			p, q := exterior, exterior
			if r.a.beside(m, west, swap) {
				p = interior
			}
			if r.b.beside(m, west, swap) {
				q = interior
			}
			r.set(p, q)
		}
	}
}

// cuts are the points, by index of the edge, where an edge meets the other geometry.
type cuts map[int][]point

// many is the number of crossings after which geometries count as tangled: one crossing then stands for all. It bounds the time
// that two zigzags can take.
const many = 20_000

// crosser finds the common points of the edges of two geometries.
type crosser struct {
	ca, cb cuts
	n      int // crossings
}

// cross finds the common points of the edges of a and b. Where edges run along each other it is the ends of what they share.
func (r *relation) cross() (ca, cb cuts) {
	c := crosser{ca: cuts{}, cb: cuts{}}
	a, b := r.a, r.b
	index := b.index()
	for i := range a.edges {
		e := &a.edges[i]
		box := Box{e.west(), e.low(), e.east(), e.high()}
		if !box.meets(&b.box) {
			continue
		}
		if index.lists == nil {
			for j := range b.edges {
				c.cut(e, &b.edges[j], i, j)
			}
			continue
		}
		first, last := index.span(e.low(), e.high())
		for k := first; k <= last; k++ {
			for _, j := range index.lists[k] {
				f := &b.edges[j]
				if k == max(first, index.at(f.low())) { // each pair once
					c.cut(e, f, i, int(j))
				}
			}
		}
	}
	if c.n > many { // where edges cross, each geometry has a part inside and a part outside of the other
		r.set(interior, interior)
		r.set(interior, exterior)
		r.set(exterior, interior)
	}
	return c.ca, c.cb
}

// cut finds the common points of two edges.
func (c *crosser) cut(e, f *edge, i, j int) {
	if e.west() > f.east() || f.west() > e.east() || e.low() > f.high() || f.low() > e.high() {
		return
	}
	o1, o2 := orient(e.a, e.b, f.a.point()), orient(e.a, e.b, f.b.point())
	if o1*o2 > 0 {
		return
	}
	o3, o4 := orient(f.a, f.b, e.a.point()), orient(f.a, f.b, e.b.point())
	if o3*o4 > 0 {
		return
	}
	add := func(p point) { c.ca[i], c.cb[j] = append(c.ca[i], p), append(c.cb[j], p) }
	switch {
	case o1*o2 < 0 && o3*o4 < 0:
		if c.n++; c.n <= many {
			add(crossing(e, f))
		}
	case o1 == 0 && o2 == 0: // on one line
		for _, p := range [...]xy{e.a, e.b, f.a, f.b} {
			if e.has(p.point()) && f.has(p.point()) {
				add(p.point())
			}
		}
	case o1 == 0:
		add(f.a.point())
	case o2 == 0:
		add(f.b.point())
	case o3 == 0:
		add(e.a.point())
	default:
		add(e.b.point())
	}
}
