package plume

import (
	"math"
	"testing"

	"github.com/haihe-city/haihe/errs"
)

// TestHandWorked holds the model to values that were worked by hand from the printed curves.
//
// Row 1: class D, open country, 1 km. σy = 0.08·1000/√1.1 = 76.277, σz = 0.06·1000/√2.5 = 37.947;
// 100/(π·5·76.277·37.947) = 2.1994e-3 g/m³.
// Row 2: the same 50 m beside the axis: times exp(-50²/(2·76.277²)) = 0.80664, 1.7741e-3.
// Row 3: from 30 m above ground: times exp(-30²/(2·37.947²)) = 0.73163, 1.6092e-3.
// Row 4: class F, open, 2 km: σy = 0.04·2000/√1.2 = 73.030, σz = 0.016·2000/1.6 = 20; 50/(π·2·73.030·20) = 5.4483e-3.
// Row 5: class C in town, 500 m: σy = 0.22·500/√1.2 = 100.416, σz = 100; 200/(π·4·100.416·100) = 1.5849e-3.
func TestHandWorked(t *testing.T) {
	for i, c := range []struct {
		r          Release
		x, y, want float64
	}{
		{Release{100, 0, 5, D, false}, 1000, 0, 2.1994e-3},
		{Release{100, 0, 5, D, false}, 1000, 50, 1.7741e-3},
		{Release{100, 30, 5, D, false}, 1000, 0, 1.6092e-3},
		{Release{50, 0, 2, F, false}, 2000, 0, 5.4483e-3},
		{Release{200, 0, 4, C, true}, 500, 0, 1.5849e-3},
	} {
		if got := c.r.At(c.x, c.y); math.Abs(got/c.want-1) > 1e-3 {
			t.Errorf("row %d: %.5g g/m³, worked by hand %.5g", i+1, got, c.want)
		}
	}
}

// TestReach: at the reach the axis has the limit, beyond it less; the half width is where the side has it.
func TestReach(t *testing.T) {
	for _, air := range []Stability{A, B, C, D, E, F} {
		for _, town := range []bool{false, true} {
			for _, h := range []float64{0, 10} {
				r := Release{500, h, 3, air, town}
				limit := .01
				x, _ := r.Reach(limit)
				if x == 0 {
					t.Fatalf("%c: no reach", air)
				}
				if at := r.At(x, 0); math.Abs(at/limit-1) > 1e-6 {
					t.Errorf("%c: at its reach %g", air, at)
				}
				if r.At(x*1.01, 0) >= limit {
					t.Errorf("%c: more beyond the reach", air)
				}
				mid := x / 2
				if at := r.At(mid, r.Half(mid, limit)); math.Abs(at/limit-1) > 1e-6 {
					t.Errorf("%c: at its side %g", air, at)
				}
			}
		}
	}
	if x, far := (Release{1e6, 0, .5, F, false}).Reach(1e-6); !far || x != farthest {
		t.Errorf("a plume without end reaches %g, far %v", x, far)
	}
	if x, _ := (Release{.001, 0, 5, A, false}).Reach(10); x > 10 {
		t.Errorf("almost nothing reaches %g m", x)
	}
	if x, _ := (Release{.001, 100, 5, F, false}).Reach(1); x != 0 {
		t.Errorf("what never touches the ground reaches %g m", x)
	}
}

func TestStability(t *testing.T) {
	for _, c := range []struct {
		wind float64
		sky  Sky
		want Stability
	}{{1, Strong, A}, {1.9, Clear, F}, {2, Clear, F}, {2.5, Cloudy, E}, {4, Clear, E}, {4, Slight, C}, {5.5, Moderate, D}, {7, Strong, C}, {12, Clear, D}, {1, Overcast, D}} {
		if got, ok := ClassOf(c.wind, c.sky); !ok || got != c.want {
			t.Errorf("%g m/s, %s: %c, want %c", c.wind, c.sky, got, c.want)
		}
	}
	if _, ok := ClassOf(3, "foggy"); ok {
		t.Error("an unknown sky is known")
	}
	for _, s := range Skies {
		for _, w := range []float64{1, 2, 4, 5, 9} {
			if _, ok := ClassOf(w, s); !ok {
				t.Errorf("no class for %s at %g", s, w)
			}
		}
	}
}

func TestGrams(t *testing.T) {
	g, _ := GasOf("chlorine")
	if got := g.Grams(20) * 1000; math.Abs(got-58) > .1 { // 20 ppm of chlorine are 58 mg/m³
		t.Errorf("%g mg/m³", got)
	}
	if g.Grams(g.AEGL2) >= g.Grams(g.AEGL3) {
		t.Error("harm begins above death")
	}
}

func TestRefused(t *testing.T) {
	good := Release{100, 0, 3, D, false}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(r *Release){func(r *Release) { r.Rate = 0 }, func(r *Release) { r.Rate = math.NaN() }, func(r *Release) { r.Wind = .2 }, func(r *Release) { r.Wind = math.Inf(1) }, func(r *Release) { r.Height = -1 }, func(r *Release) { r.Air = 'G' }} {
		r := good
		change(&r)
		if err := r.Check(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v was taken", r)
		}
	}
}

// TestOutline: the outline is closed, its points have the limit, it ends at the reach.
func TestOutline(t *testing.T) {
	r := Release{800, 0, 2, F, false}
	out := r.Outline(.02)
	if len(out) < 50 || out[0] != out[len(out)-1] {
		t.Fatalf("%d points, %v to %v", len(out), out[0], out[len(out)-1])
	}
	far := 0.0
	for _, p := range out[1 : len(out)-1] {
		far = math.Max(far, p[0])
		if at := r.At(p[0], p[1]); math.Abs(at/.02-1) > 1e-6 {
			t.Errorf("%v has %g", p, at)
		}
	}
	if reach, _ := r.Reach(.02); far != reach {
		t.Errorf("ends at %g, reaches %g", far, reach)
	}
}
