package geo

// place is where a point lies with regard to a shape.
type place uint8

const (
	exterior place = iota
	boundary
	interior
)

// bands are the edges by latitude, so that a point or an edge meets few of them.
type bands struct {
	south, height float64
	lists         [][]int32 // indexes of edges, ascending
}

// few is the number of edges that are looked through one by one.
const few = 24

// index gives the bands, made at first use.
func (s *Shape) index() *bands {
	s.once.Do(func() {
		n := len(s.edges)
		if n <= few {
			return
		}
		b := &s.bands
		b.south = s.box[1]
		for k := min(n/2, 1<<14); k > 1; k /= 2 {
			b.height = (s.box[3] - s.box[1]) / float64(k)
			b.lists = make([][]int32, k)
			total := 0
			for i := range s.edges {
				lo, hi := b.span(s.edges[i].low(), s.edges[i].high())
				total += hi - lo + 1
			}
			if total <= 8*n && b.height > 0 {
				break
			}
			b.lists = nil // edges that span many bands would fill them: take fewer
		}
		for i := range s.edges {
			if b.lists == nil {
				return
			}
			lo, hi := b.span(s.edges[i].low(), s.edges[i].high())
			for k := lo; k <= hi; k++ {
				b.lists[k] = append(b.lists[k], int32(i))
			}
		}
	})
	return &s.bands
}

func (e *edge) low() float64  { return min(e.a.y, e.b.y) }
func (e *edge) high() float64 { return max(e.a.y, e.b.y) }
func (e *edge) west() float64 { return min(e.a.x, e.b.x) }
func (e *edge) east() float64 { return max(e.a.x, e.b.x) }

// span gives the first and last band of a range of latitudes.
func (b *bands) span(low, high float64) (int, int) { return b.at(low), b.at(high) }

// at gives the band of a latitude. It does not descend where latitudes ascend, so that ranges that meet share a band.
func (b *bands) at(y float64) int {
	k := (y - b.south) / b.height
	if !(k > 0) {
		return 0
	}
	return min(int(k), len(b.lists)-1)
}

// locate tells where p lies.
func (s *Shape) locate(p point) place {
	if q := (xy{p.x, p.y}); p.r == nil && !s.box.holds(q) {
		return exterior
	}
	switch s.dim {
	case 0:
		for _, q := range s.points {
			if p.r == nil && q.x == p.x && q.y == p.y { // rounded points are not those of floats
				return interior
			}
		}
		return exterior
	case 1:
		return s.onLine(p)
	}
	return s.inArea(p)
}

func (s *Shape) onLine(p point) place {
	on := false
	s.near(p, func(e *edge) bool {
		on = e.has(p)
		return !on
	})
	if !on {
		return exterior
	}
	for _, q := range s.ends {
		if p.r == nil && q.x == p.x && q.y == p.y {
			return boundary
		}
	}
	return interior
}

// near calls fn with edges that p may lie on or beside, until it returns false.
func (s *Shape) near(p point, fn func(e *edge) bool) {
	b := s.index()
	if b.lists == nil {
		for i := range s.edges {
			if !fn(&s.edges[i]) {
				return
			}
		}
		return
	}
	for _, i := range b.lists[b.at(p.y)] { // rounding keeps p between the ends of the edges that it lies between
		if !fn(&s.edges[i]) {
			return
		}
	}
}

// has tells whether p lies on the edge, its ends included.
func (e *edge) has(p point) bool {
	return p.cmpX(e.west()) >= 0 && p.cmpX(e.east()) <= 0 && p.cmpY(e.low()) >= 0 && p.cmpY(e.high()) <= 0 && orient(e.a, e.b, p) == 0
}

// inArea counts the edges that a ray to the east crosses, for each polygon by itself.
func (s *Shape) inArea(p point) place {
	on, in, odd, poly := false, false, false, 0
	s.near(p, func(e *edge) bool {
		if e.poly != poly {
			in, odd, poly = in || odd, false, e.poly
		}
		ya, yb := p.cmpY(e.a.y), p.cmpY(e.b.y)
		switch {
		case ya*yb > 0:
			return true
		case ya == 0 && yb == 0:
			on = on || e.has(p)
			return true
		}
		o := orient(e.a, e.b, p)
		if o == 0 {
			on = true
		} else if (ya >= 0) != (yb >= 0) && (o > 0) == (ya >= 0) {
			odd = !odd
		}
		return true
	})
	switch {
	case on:
		return boundary
	case in || odd:
		return interior
	}
	return exterior
}

// beside tells whether the point infinitely near to p, to the west of it or to the east, lies in the interior; where an edge runs
// from west to east through p, the axes are changed and it is the south and the north.
func (s *Shape) beside(p point, west, swap bool) bool {
	in, odd, poly := false, false, 0
	test := func(e *edge) bool {
		if e.poly != poly {
			in, odd, poly = in || odd, false, e.poly
		}
		a, b := e.a, e.b
		if swap {
			a, b = a.swap(), b.swap()
		}
		up := p.cmpY(a.y) >= 0
		if up == (p.cmpY(b.y) >= 0) {
			return true
		}
		if o := orient(a, b, p); o == 0 && west || o != 0 && (o > 0) == up {
			odd = !odd
		}
		return true
	}
	if swap {
		p = p.swap()
		for i := range s.edges {
			test(&s.edges[i])
		}
	} else {
		s.near(p, test)
	}
	return in || odd
}
