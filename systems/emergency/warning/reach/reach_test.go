package reach

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/haihe-city/haihe/systems/emergency/situation/area"
)

// TestAgree: a district's own outline reaches the district; what lies in the outline lies in the district; and a circle reaches a district
// exactly where a fine net of points finds one in both.
func TestAgree(t *testing.T) {
	list, err := area.Districts()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 8))
	for _, d := range list {
		drawn := Area{Polygons: d.Rings}
		got, err := drawn.Reached()
		if err != nil || !slices.Contains(got, d.Code) {
			t.Errorf("%s: its outline reaches %v, %v", d.Name.En, got, err)
		}
		if len(got) > 1 {
			t.Logf("%s: its outline overlaps %v", d.Name.En, got)
		}
		chosen := Area{Districts: []string{d.Code}}
		w, s, e, n := d.Rings[0].Bounds()
		for range 500 {
			p := area.Point{w + (e-w)*r.Float64()*1.1, s + (n-s)*r.Float64()*1.1}
			if d.Has(p) != chosen.Has(p) && area.DistrictOf(p) == d.Code {
				t.Fatalf("%v lies in %s and is not chosen with it", p, d.Name.En)
			}
			if chosen.Has(p) && !drawn.Has(p) {
				t.Fatalf("%v is in the district %s and not in its outline", p, d.Name.En)
			}
		}
	}
}

// TestCircles: what a circle reaches is what points within it find.
func TestCircles(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 25 {
		c := Circle{At: area.Point{116.9 + r.Float64(), 38.7 + 1.4*r.Float64()}, Km: 0.5 + 20*r.Float64()}
		a := Area{Circles: []Circle{c}}
		got, err := a.Reached()
		if err != nil {
			t.Fatal(err)
		}
		g := area.Circle(c.At, c.Km)
		w, s, e, n := g.Bounds()
		for range 1500 {
			p := area.Point{w + (e-w)*r.Float64(), s + (n-s)*r.Float64()}
			if !a.Has(p) {
				continue
			}
			if d := area.DistrictOf(p); d != "" && !slices.Contains(got, d) {
				t.Fatalf("%v lies in the circle and in %s, which is not reached: %v", p, d, got)
			}
		}
		people, err := a.People()
		if err != nil || (people > 1) != (len(got) > 0) && c.Km > 2 {
			t.Errorf("%v reaches %v and %f people, %v", c, got, people, err)
		}
	}
}

func TestCity(t *testing.T) {
	got, err := Area{Districts: []string{City}}.Reached()
	if err != nil || len(got) != 16 {
		t.Errorf("%v %v", got, err)
	}
	people, err := Area{Districts: []string{City}, Circles: []Circle{{area.Point{117.2, 39.1}, 5}}}.People()
	if err != nil || people != 13_866_009 {
		t.Errorf("%f %v", people, err)
	}
	if _, err := (Area{Districts: []string{"110000"}}).Reached(); err == nil {
		t.Error("Beijing was taken")
	}
}
