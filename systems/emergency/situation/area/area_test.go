package area

import (
	"math"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/web/static"
)

// TestCensus: the districts are 16, and their people sum to the figure that the census gives for the city.
func TestCensus(t *testing.T) {
	list, err := Districts()
	if err != nil || len(list) != 16 {
		t.Fatalf("%d districts, %v", len(list), err)
	}
	var sum int64
	for _, d := range list {
		if d.People == 0 {
			t.Errorf("nobody lives in %s", d.Name.Zh)
		}
		if !d.Has(d.Label) {
			t.Errorf("the name of %s stands outside", d.Name.Zh)
		}
		if DistrictOf(d.Label) != d.Code {
			t.Errorf("%s is found as %s", d.Code, DistrictOf(d.Label))
		}
		sum += d.People
	}
	raw, err := static.Geo("districts")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range region.Districts { // the map writes the names that the rooms write
		if !strings.Contains(string(raw), `"`+d.Name.Zh+`"`) || !strings.Contains(string(raw), `"`+d.Name.En+`"`) || !strings.Contains(string(raw), d.Code) {
			t.Errorf("the map layer does not know %s as %v", d.Code, d.Name)
		}
	}
	if sum != 13_866_009 {
		t.Errorf("%d people", sum)
	}
}

// TestPeople: a circle within one district has its density, a box over the whole city everybody.
func TestPeople(t *testing.T) {
	list, _ := Districts()
	for _, d := range list {
		if d.Code != "120114" { // Wuqing: a circle of 2 km fits around its name
			continue
		}
		all, shares, err := People(Circle(d.Label, 2))
		want := Circle(d.Label, 2).Km2() * d.density()
		if err != nil || len(shares) != 1 || math.Abs(all/want-1) > .001 {
			t.Errorf("%g people in %d districts, want %g, %v", all, len(shares), want, err)
		}
	}
	all, shares, err := People(Polygon{{116, 38.2}, {119, 38.2}, {119, 40.6}, {116, 40.6}})
	if err != nil || len(shares) != 16 || math.Abs(all/13_866_009-1) > .03 {
		t.Errorf("%g people in %d districts, %v", all, len(shares), err)
	}
	if all, _, _ := People(Circle(Point{118.9, 38.7}, 3)); all != 0 {
		t.Errorf("%g people live in the sea", all)
	}
}

func TestGeometry(t *testing.T) {
	at := Point{117.75, 39.04}
	c := Circle(at, 1.5)
	if a := c.Km2(); math.Abs(a/(math.Pi*1.5*1.5)-1) > .005 {
		t.Errorf("a circle of 1.5 km has %g km²", a)
	}
	for _, p := range c {
		if d := Distance(at, p); math.Abs(d/1.5-1) > .005 {
			t.Errorf("a point of the circle lies %g km off", d)
		}
	}
	if !c.Has(at) || c.Has(at.Offset(1.6, 0)) || !c.Has(at.Offset(0, 1.4)) {
		t.Error("in or out is wrong")
	}
	// The wind from the north-west carries to the south-east.
	g := Downwind(at, 315, [][2]float64{{0, 0}, {1000, 100}, {2000, 0}, {1000, -100}})
	if e := g[2][0] - at[0]; e <= 0 || g[2][1] >= at[1] {
		t.Errorf("a north-west wind carries to %v", g[2])
	}
	if d := Distance(at, g[2]); math.Abs(d/2-1) > .005 {
		t.Errorf("2 km became %g", d)
	}
	if right := g[1]; right[0] >= g[3][0] { // to the right of south-east is south-west
		t.Errorf("right %v, left %v", right, g[3])
	}
}

func TestParse(t *testing.T) {
	if p, err := ParsePoint(" 117.75，39.04 "); err != nil || p != (Point{117.75, 39.04}) {
		t.Errorf("%v %v", p, err)
	}
	for _, bad := range []string{"", "117.75", "39.04,117.75", "a,b", "117.75,39.04,1", "NaN,39", "200,39"} {
		if _, err := ParsePoint(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q was taken", bad)
		}
	}
	g, err := ParsePolygon("117.7,39.0\n117.8,39.0\r\n\n117.8,39.1\n")
	if err != nil || len(g) != 3 {
		t.Fatalf("%v %v", g, err)
	}
	if again, err := ParsePolygon(g.Text()); err != nil || again.Text() != g.Text() {
		t.Errorf("%v %v", again, err)
	}
	for _, bad := range []string{"", "117.7,39\n117.8,39", "117.7,39\n117.8,39\n117.9,39", "x\ny\nz"} {
		if _, err := ParsePolygon(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q was taken", bad)
		}
	}
	for _, bad := range []string{"", "0", "-1", "NaN", "1e9"} {
		if _, err := ParseRadius(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("radius %q was taken", bad)
		}
	}
}

func FuzzPolygon(f *testing.F) {
	f.Add("117.7,39.0\n117.8,39.0\n117.8,39.1")
	f.Fuzz(func(t *testing.T, s string) {
		g, err := ParsePolygon(s)
		if err != nil {
			return
		}
		if len(g) < 3 || len(g) > mostCorners || g.Km2() <= 0 {
			t.Errorf("%q gives %d corners, %g km²", s, len(g), g.Km2())
		}
	})
}
