package geo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func shape(t testing.TB, text string) *Shape {
	t.Helper()
	kind, coordinates, _ := strings.Cut(text, " ")
	s, err := Read(kind, []byte(coordinates))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

const (
	square = `Polygon [[[0,0],[10,0],[10,10],[0,10],[0,0]]]`
	holed  = `Polygon [[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]`
	two    = `MultiPolygon [[[[0,0],[2,0],[2,2],[0,2],[0,0]]],[[[5,5],[7,5],[7,7],[5,7],[5,5]]]]`
	eight  = `Polygon [[[0,0],[4,4],[4,0],[0,4],[0,0]]]` // crosses itself
)

// TestRelations holds pairs to the relations that they fulfil: w(ithin), c(ontains), o(verlaps), i(ntersects), e(quals); none is
// disjoint.
func TestRelations(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		// Points.
		{`Point [1,1]`, `Point [1,1]`, "wcie"}, {`Point [1,1]`, `Point [1,2]`, ""}, {`Point [1,1]`, `MultiPoint [[1,1],[2,2]]`, "wi"},
		{`MultiPoint [[1,1],[2,2]]`, `MultiPoint [[2,2],[3,3]]`, "oi"}, {`MultiPoint [[1,1],[2,2]]`, `MultiPoint [[2,2],[1,1],[1,1]]`, "wcie"},
		{`Point [0.1,0.3]`, `LineString [[0,0],[0.1,0.3]]`, "i"}, {`Point [5,5]`, `LineString [[0,0],[10,10]]`, "wi"}, {`Point [5,5.0000000000000009]`, `LineString [[0,0],[10,10]]`, ""},
		{`Point [0,0]`, `LineString [[0,0],[1,0],[1,1],[0,0]]`, "wi"}, // a closed line has no boundary
		{`Point [5,5]`, square, "wi"}, {`Point [5,0]`, square, "i"}, {`Point [0,0]`, square, "i"}, {`Point [11,5]`, square, ""},
		{`Point [5,5]`, holed, ""}, {`Point [4,5]`, holed, "i"}, {`Point [2,2]`, holed, "wi"}, {`Point [6,6]`, two, "wi"}, {`Point [3,3]`, two, ""},
		{`MultiPoint [[5,5],[0,5]]`, square, "wi"}, {`MultiPoint [[0,0],[0,5]]`, square, "i"}, {`MultiPoint [[5,5],[20,5]]`, square, "i"},
		// Lines.
		{`LineString [[0,0],[10,0]]`, `LineString [[10,0],[5,0],[0,0]]`, "wcie"}, {`LineString [[2,0],[5,0]]`, `LineString [[0,0],[10,0]]`, "wi"},
		{`LineString [[0,0],[6,0]]`, `LineString [[4,0],[10,0]]`, "oi"}, {`LineString [[0,0],[10,10]]`, `LineString [[0,10],[10,0]]`, "i"},
		{`LineString [[0,0],[5,0]]`, `LineString [[5,0],[10,0]]`, "i"}, {`LineString [[0,0],[5,0]]`, `LineString [[0,1],[5,1]]`, ""},
		{`MultiLineString [[[0,0],[5,0]],[[5,0],[10,0]]]`, `LineString [[0,0],[10,0]]`, "wcie"}, // a point that ends two lines is no boundary
		{`LineString [[1,1],[9,9]]`, square, "wi"}, {`LineString [[0,0],[10,10]]`, square, "wi"}, {`LineString [[0,0],[10,0]]`, square, "i"}, {`LineString [[-5,5],[5,5]]`, square, "i"},
		{`LineString [[1,5],[9,5]]`, holed, "i"}, {`LineString [[4,4],[6,4]]`, holed, "i"}, {`LineString [[1,4],[9,4]]`, holed, "wi"}, {`LineString [[-1,-1],[-1,11]]`, square, ""},
		{`LineString [[4.5,5],[5.5,5]]`, holed, ""},
		// Areas.
		{square, square, "wcie"}, {square, `Polygon [[[10,10],[10,5],[10,0],[0,0],[0,10],[10,10]]]`, "wcie"}, {holed, square, "wi"}, {holed, holed, "wcie"},
		{`Polygon [[[2,2],[3,2],[3,3],[2,3],[2,2]]]`, square, "wi"}, {`Polygon [[[0,0],[3,0],[3,3],[0,3],[0,0]]]`, square, "wi"}, {`Polygon [[[5,5],[15,5],[15,15],[5,15],[5,5]]]`, square, "oi"},
		{`Polygon [[[10,0],[20,0],[20,10],[10,10],[10,0]]]`, square, "i"}, {`Polygon [[[10,10],[20,10],[20,20],[10,20],[10,10]]]`, square, "i"},
		{`Polygon [[[4,4],[6,4],[6,6],[4,6],[4,4]]]`, holed, "i"}, {`Polygon [[[4.5,4.5],[5.5,4.5],[5.5,5.5],[4.5,4.5]]]`, holed, ""}, {`Polygon [[[3,3],[7,3],[7,7],[3,7],[3,3]]]`, holed, "oi"},
		{`Polygon [[[-5,4],[15,4],[15,6],[-5,6],[-5,4]]]`, square, "oi"}, // all their corners lie outside of each other
		{two, `Polygon [[[0,0],[7,0],[7,7],[0,7],[0,0]]]`, "wi"}, {`Polygon [[[0,0],[2,0],[2,2],[0,2],[0,0]]]`, two, "wi"}, {two, `MultiPolygon [[[[5,5],[7,5],[7,7],[5,7],[5,5]]],[[[0,0],[2,0],[2,2],[0,2],[0,0]]]]`, "wcie"},
		{two, square, "wi"}, {`Polygon [[[2,2],[5,2],[5,5],[2,5],[2,2]]]`, two, "i"},
		{eight, eight, "wcie"}, {`Point [1,2]`, eight, "wi"}, {`Point [2,1]`, eight, ""}, {`Point [2,2]`, eight, "i"}, // only left and right of the crossing is inside
		{`LineString [[3,3],[3,3]]`, square, "wi"}, // but a point
	} {
		a, b := shape(t, c.a), shape(t, c.b)
		if got := relations(a, b); got != c.want {
			t.Errorf("%s and %s: %q, want %q", c.a, c.b, got, c.want)
		}
		if got, want := relations(b, a), strings.NewReplacer("w", "c", "c", "w").Replace(c.want); canon(got) != canon(want) {
			t.Errorf("%s and %s: %q, want %q", c.b, c.a, got, want)
		}
	}
}

func canon(s string) string {
	out := ""
	for _, r := range "wcoie" {
		if strings.ContainsRune(s, r) {
			out += string(r)
		}
	}
	return out
}

func relations(a, b *Shape) string {
	out := ""
	for _, r := range []struct {
		mark string
		ok   bool
	}{{"w", Within(a, b)}, {"c", Within(b, a)}, {"o", Overlaps(a, b)}, {"i", Intersects(a, b)}, {"e", Equals(a, b)}} {
		if r.ok {
			out += r.mark
		}
	}
	return out
}

// random makes a geometry of whole coordinates, so that borders touch often; areas may cross themselves.
func random(t testing.TB, r *rand.Rand, grid int) *Shape {
	pos := func() string { return fmt.Sprintf("[%d,%d]", r.IntN(grid), r.IntN(grid)) }
	line := func(closed bool) string {
		var list []string
		for range 3 + r.IntN(4) {
			list = append(list, pos())
		}
		if closed {
			list = append(list, list[0])
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	switch r.IntN(6) {
	case 0:
		return shape(t, "Point "+pos())
	case 1:
		return shape(t, "MultiPoint "+line(false))
	case 2:
		return shape(t, "LineString "+line(false))
	case 3:
		return shape(t, "MultiLineString ["+line(false)+","+line(r.IntN(2) == 0)+"]")
	case 4:
		return shape(t, "Polygon ["+line(true)+"]")
	}
	return shape(t, "MultiPolygon [["+line(true)+"],["+line(true)+","+line(true)+"]]")
}

// TestAlgebra holds random pairs to what every pair must fulfil.
func TestAlgebra(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 1500 {
		a, b := random(t, r, 3+i%7), random(t, r, 3+i%7)
		ab, ba := relations(a, b), relations(b, a)
		rules := map[string]bool{
			"within is the reverse of contains":   canon(ab) == canon(strings.NewReplacer("w", "c", "c", "w").Replace(ba)),
			"equals means within and contains":    strings.Contains(ab, "e") == (strings.Contains(ab, "w") && strings.Contains(ab, "c")),
			"what is within, overlaps not":        !strings.Contains(ab, "o") || !strings.ContainsAny(ab, "wce"),
			"what relates, intersects":            ab == "" || strings.Contains(ab, "i"),
			"nothing overlaps itself":             !Overlaps(a, a),
			"all intersect themselves":            Intersects(a, a),
			"distance 0 where they meet":          (Distance(a, b) == 0) == strings.Contains(ab, "i"),
			"distance is the same from both ends": Distance(a, b) == Distance(b, a) || Distance(a, b)-Distance(b, a) < 1e-6 && Distance(b, a)-Distance(a, b) < 1e-6,
		}
		for rule, ok := range rules {
			if !ok {
				t.Fatalf("%d: %s: %q\n%+v\n%+v", i, rule, ab, a.edges, b.edges)
			}
		}
	}
}

// TestBands holds large shapes, whose edges are looked up by latitude, to what small ones say.
func TestBands(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 25 {
		small := random(t, r, 8)
		if small.dim == 0 {
			continue
		}
		large := &Shape{dim: small.dim, ends: small.ends, box: small.box}
		for _, e := range small.edges { // the same edges, each cut into 16: exact, as the coordinates are small
			for k := range 16 {
				f := e
				f.a = xy{e.a.x + (e.b.x-e.a.x)*float64(k)/16, e.a.y + (e.b.y-e.a.y)*float64(k)/16}
				f.b = xy{e.a.x + (e.b.x-e.a.x)*float64(k+1)/16, e.a.y + (e.b.y-e.a.y)*float64(k+1)/16}
				large.edges = append(large.edges, f)
			}
		}
		if len(large.edges) <= few {
			t.Fatal("the shape is too small for bands")
		}
		if !Equals(small, large) || !Equals(large, small) {
			t.Fatalf("differs: %+v", small.edges)
		}
		for range 40 {
			other := random(t, r, 8)
			if got, want := relations(large, other), relations(small, other); got != want {
				t.Fatalf("%q, want %q: %+v and %+v %+v", got, want, small.edges, other.edges, other.points)
			}
			if got, want := relations(other, large), relations(other, small); got != want {
				t.Fatalf("%q, want %q: %+v %+v and %+v", got, want, other.edges, other.points, small.edges)
			}
		}
	}
}

// TestTangled holds two zigzags, whose edges cross a quarter of a million times, to an answer.
func TestTangled(t *testing.T) {
	zigzag := func(swap bool) *Shape {
		var list []string
		for k := range 1000 {
			x, y := float64(k)/100, float64(k%2*10)
			if swap {
				x, y = y, x
			}
			list = append(list, fmt.Sprintf("[%v,%v]", x, y))
		}
		return shape(t, "Polygon [["+strings.Join(append(list, list[0]), ",")+"]]")
	}
	if got := relations(zigzag(false), zigzag(true)); got != "oi" {
		t.Errorf("%q, want that they overlap", got)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []string{``, `{}`, `[]`, `null`, `{"type":"Point"}`, `{"type":"Point","coordinates":[]}`, `{"type":"Point","coordinates":[1]}`, `{"type":"Point","coordinates":[1,"2"]}`,
		`{"type":"Cube","coordinates":[1,2]}`, `{"type":"Polygon","coordinates":[1,2]}`, `{"type":"LineString","coordinates":[]}`, `{"type":"Point","coordinates":[1,2]`, `{"type":"Point","coordinates":[1e999,2]}`,
		`{"type":"MultiPoint","coordinates":[[1,2],]}`, `{"type":"Point" "coordinates":[[[`} {
		if _, err := ReadJSON([]byte(c)); err == nil {
			t.Errorf("%s passed", c)
		}
	}
	s, err := ReadJSON([]byte(" { \"coordinates\" : [ [ 1\n, 2\r\n\t, 9 ] , [ 3e0 , -4.5\n] ] , \"bbox\" : {\"a\":[\"]\"]} ,\n\"type\" : \"LineString\" } "))
	if err != nil || s.Box() != (Box{1, -4.5, 3, 2}) {
		t.Errorf("%v %v", s, err)
	}
}

func FuzzReadJSON(f *testing.F) {
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`))
	f.Add([]byte(`{"type":"MultiLineString","coordinates":[[[0,0],[1e-300,0]],[[1,2],[1,2]]]}`))
	ref, _ := ReadJSON([]byte(`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadJSON(b)
		if err != nil || len(b) > 300 {
			return
		}
		if Intersects(s, ref) != Intersects(ref, s) || Within(s, ref) && !Intersects(s, ref) {
			t.Fatalf("%s: relations do not agree", b)
		}
	})
}

func BenchmarkWithin(b *testing.B) {
	for _, c := range []struct{ name, a, b string }{{"point-square", `Point [5,5]`, square}, {"area-square", `Polygon [[[5,5],[15,5],[15,15],[5,15],[5,5]]]`, square}} {
		x, y := shape(b, c.a), shape(b, c.b)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Within(x, y)
			}
		})
	}
}
