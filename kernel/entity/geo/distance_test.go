package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestDistance(t *testing.T) {
	degree := Radius * radian
	for _, c := range []struct {
		a, b string
		want float64 // metres
		off  float64 // allowed part
	}{
		{`Point [0,0]`, `Point [0,0]`, 0, 0},
		{`Point [0,0]`, `Point [1,0]`, degree, 1e-9},
		{`Point [0,0]`, `Point [0,1]`, degree, 1e-9},
		{`Point [0,60]`, `Point [1,60]`, 55596.54, 1e-4},
		{`Point [179.5,0]`, `Point [-179.5,0]`, degree, 1e-9}, // across the antimeridian
		{`Point [0,89]`, `Point [180,89]`, 2 * degree, 1e-9},  // across the pole
		{`Point [0,0]`, `Point [180,0]`, math.Pi * Radius, 1e-9},
		{`Point [2.2945,48.8584]`, `Point [-74.0445,40.6892]`, 5837e3, 1e-3}, // Paris to New York
		{`LineString [[0,60],[10,60]]`, `Point [10,60.009]`, 0.009 * degree, 1e-6},
		{`LineString [[0,60],[10,60]]`, `Point [5,60.009]`, 0.009 * degree, 1e-3}, // to the edge along the parallel, not to a great circle
		{`LineString [[0,61],[10,61]]`, `Point [10,60.009]`, 0.991 * degree, 1e-6},
		{`LineString [[1,85],[0,85.6]]`, `Point [0,85]`, 9578.6, 1e-4}, // the end that is a degree of longitude away is nearer than it looks
		{`LineString [[179,0],[179,10]]`, `Point [-179,5]`, 2 * degree * math.Cos(5*radian), 1e-3},
		{`LineString [[179,0],[179,10]]`, `LineString [[-179,4],[-170,4]]`, 2 * degree * math.Cos(4*radian), 1e-3},
		{square, `Point [5,5]`, 0, 0},
		{square, `Point [5,11]`, degree, 1e-9},
		{holed, `Point [5,5]`, degree * math.Cos(5*radian), 1e-3},
		{holed, `Polygon [[[4.5,4.5],[5.5,4.5],[5.5,5.5],[4.5,5.5],[4.5,4.5]]]`, 0.5 * degree * math.Cos(5.5*radian), 1e-3},
		{two, `MultiPoint [[20,20],[8,6]]`, degree * math.Cos(6*radian), 1e-3},
	} {
		got := Distance(shape(t, c.a), shape(t, c.b))
		if math.Abs(got-c.want) > c.off*c.want {
			t.Errorf("%s to %s: %.3f, want %.3f", c.a, c.b, got, c.want)
		}
		if back := Distance(shape(t, c.b), shape(t, c.a)); math.Abs(got-back) > 1e-6*(1+got) {
			t.Errorf("%s to %s: %.6f, and back %.6f", c.a, c.b, got, back)
		}
		a, b := shape(t, c.a), shape(t, c.b)
		if !Near(a, b, got*(1+1e-9)) || got > 0 && Near(a, b, got*(1-1e-9)) {
			t.Errorf("%s to %s: near does not agree with %.3f", c.a, c.b, got)
		}
	}
}

// TestEdges holds distances to edges against a fine search along them.
func TestEdges(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 150 {
		span := math.Pow(10, r.Float64()*4-3) // from 0.001 to 10 degrees
		a := xy{r.Float64()*340 - 170, r.Float64()*170 - 85}
		b := xy{max(-180, min(180, a.x+span*(r.Float64()-0.5))), max(-90, min(90, a.y+span*(r.Float64()-0.5)))}
		p := xy{a.x + span*3*(r.Float64()-0.5), max(-90, min(90, a.y+span*3*(r.Float64()-0.5)))}
		want := math.Inf(1)
		for k := range 5001 {
			f := float64(k) / 5000
			want = min(want, arc(p, xy{a.x + f*(b.x-a.x), a.y + f*(b.y-a.y)})*Radius)
		}
		line := shape(t, fmt.Sprintf("LineString [[%v,%v],[%v,%v]]", a.x, a.y, b.x, b.y))
		got := Distance(shape(t, fmt.Sprintf("Point [%v,%v]", p.x, p.y)), line)
		if got > want*(1+1e-9)+1e-6 || got < want*(1-1e-4)-span*degreeStep {
			t.Errorf("from %v to %v %v: %v, want %v", p, a, b, got, want)
		}
	}
}

// degreeStep is what the search's step may miss, in metres for a degree of the edge's length.
const degreeStep = Radius * radian / 5000

// TestWiden holds the box around a box to what it is for: nothing near lies outside.
func TestWiden(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 5000 {
		x, y := r.Float64()*360-180, math.Asin(2*r.Float64()-1)/radian
		b := Box{x, y, min(180, x+r.Float64()*5), min(90, y+r.Float64()*5)}
		metres := math.Pow(10, r.Float64()*7)
		p := xy{b[0] + r.Float64()*(b[2]-b[0]), b[1] + r.Float64()*(b[3]-b[1])}
		q := xy{r.Float64()*360 - 180, r.Float64()*180 - 90}
		if r.IntN(2) == 0 {
			q = xy{max(-180, min(180, p.x+r.NormFloat64())), max(-90, min(90, p.y+r.NormFloat64()))}
		}
		w := Widen(b, metres)
		if arc(p, q)*Radius <= metres && !w.holds(q) {
			t.Fatalf("%v lies within %v of %v, outside of %v", q, metres, b, w)
		}
		if w[0] > w[2] || w[1] > w[3] || w[0] < -180 || w[2] > 180 || w[1] < -90 || w[3] > 90 {
			t.Fatalf("%v widened is %v", b, w)
		}
	}
}
