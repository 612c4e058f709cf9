package geo

import (
	"cmp"
	"math"
	"math/big"
)

// point is a position that need not be one of floats: a crossing of two edges, or the middle of a part of an edge.
type point struct {
	x, y float64 // rounded where r is given
	r    *rational
}

type rational struct{ x, y *big.Rat }

func (p xy) point() point { return point{x: p.x, y: p.y} }

// exact gives the rational coordinates.
func (p point) exact() *rational {
	if p.r != nil {
		return p.r
	}
	return &rational{rat(p.x), rat(p.y)}
}

func rat(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }

func newPoint(x, y *big.Rat) point {
	fx, ok1 := x.Float64()
	fy, ok2 := y.Float64()
	if ok1 && ok2 {
		return point{x: fx, y: fy}
	}
	return point{fx, fy, &rational{x, y}}
}

// swap changes the axes.
func (p point) swap() point {
	if p.r != nil {
		return point{p.y, p.x, &rational{p.r.y, p.r.x}}
	}
	return point{x: p.y, y: p.x}
}

func (p xy) swap() xy { return xy{p.y, p.x} }

// unit is half the distance from 1 to the next float.
const unit = 1.0 / (1 << 53)

// cmpX compares the longitude of p with v, cmpY its latitude.
func (p point) cmpX(v float64) int {
	if p.r == nil || math.Abs(p.x-v) > 4*unit*math.Abs(v) && p.x != v {
		return cmp.Compare(p.x, v)
	}
	return p.r.x.Cmp(rat(v))
}

func (p point) cmpY(v float64) int {
	if p.r == nil || math.Abs(p.y-v) > 4*unit*math.Abs(v) && p.y != v {
		return cmp.Compare(p.y, v)
	}
	return p.r.y.Cmp(rat(v))
}

// orient tells on which side of the line from a to b p lies: 1 left, -1 right, 0 on it. It is exact.
func orient(a, b xy, p point) int {
	ux, uy, vx, vy := b.x-a.x, b.y-a.y, p.x-a.x, p.y-a.y
	if p.r == nil {
		// The signs of differences are exact: where the products differ in sign or one is zero, they decide.
		if l, r := sign(ux)*sign(vy), sign(uy)*sign(vx); l != r || l == 0 {
			return cmp.Compare(l, r)
		}
	}
	l, r := float64(ux*vy), float64(uy*vx) // rounded each, on every machine
	det := l - r
	if det == 0 && p.r == nil && whole(b.x, a.x) && whole(b.y, a.y) && whole(p.x, a.x) && whole(p.y, a.y) && math.Abs(l) > 1e-200 {
		return cmp.Compare(math.FMA(ux, vy, -l), math.FMA(uy, vx, -r)) // what rounding took away decides
	}
	limit := 8 * unit * (math.Abs(l) + math.Abs(r))
	if p.r != nil {
		limit += 4 * unit * (math.Abs(ux*p.y) + math.Abs(uy*p.x))
	}
	switch {
	case det > limit && det > math.SmallestNonzeroFloat64*1e6:
		return 1
	case -det > limit && -det > math.SmallestNonzeroFloat64*1e6:
		return -1
	}
	return side(a, b, p.exact())
}

func sign(v float64) int { return cmp.Compare(v, 0) }

// whole tells whether a-b is a float without rounding (Knuth's two-sum).
func whole(a, b float64) bool {
	d := a - b
	v := a - d
	return (a-(d+v))+(v-b) == 0
}

// side is orient in rational numbers.
func side(a, b xy, p *rational) int {
	var ux, uy, vx, vy big.Rat
	ax, ay := rat(a.x), rat(a.y)
	ux.Sub(rat(b.x), ax)
	uy.Sub(rat(b.y), ay)
	vx.Sub(p.x, ax)
	vy.Sub(p.y, ay)
	return ux.Mul(&ux, &vy).Cmp(uy.Mul(&uy, &vx))
}

// crossing gives the point where two edges cross that are known to cross in one point within both.
func crossing(e, f *edge) point {
	ax, ay, cx, cy := rat(e.a.x), rat(e.a.y), rat(f.a.x), rat(f.a.y)
	ux, uy := rat(e.b.x), rat(e.b.y)
	vx, vy := rat(f.b.x), rat(f.b.y)
	ux.Sub(ux, ax)
	uy.Sub(uy, ay)
	vx.Sub(vx, cx)
	vy.Sub(vy, cy)
	wx, wy := cx.Sub(cx, ax), cy.Sub(cy, ay)
	t := wx.Mul(wx, vy)
	t.Sub(t, wy.Mul(wy, vx))
	d := vy.Mul(ux, vy)
	t.Quo(t, d.Sub(d, vx.Mul(uy, vx)))
	return newPoint(ux.Add(ux.Mul(ux, t), ax), uy.Add(uy.Mul(uy, t), ay))
}

var half = big.NewRat(1, 2) // never written to

// middle gives the point between two.
func middle(p, q point) point {
	a, b := p.exact(), q.exact()
	x, y := new(big.Rat).Add(a.x, b.x), new(big.Rat).Add(a.y, b.y)
	return newPoint(x.Mul(x, half), y.Mul(y, half))
}

// along compares two points of one edge by their way from its beginning.
func (e *edge) along(p, q point) int {
	if dx, dy := math.Abs(e.b.x-e.a.x), math.Abs(e.b.y-e.a.y); dx >= dy {
		return compare(p.x, q.x, p, q, false) * sign(e.b.x-e.a.x)
	}
	return compare(p.y, q.y, p, q, true) * sign(e.b.y-e.a.y)
}

func compare(v, w float64, p, q point, vertical bool) int {
	if p.r == nil && q.r == nil || math.Abs(v-w) > 8*unit*max(math.Abs(v), math.Abs(w)) {
		return cmp.Compare(v, w)
	}
	if vertical {
		return p.exact().y.Cmp(q.exact().y)
	}
	return p.exact().x.Cmp(q.exact().x)
}
