package site

import (
	"math"
	"testing"
	"time"
)

func TestCityOfThePlan(t *testing.T) {
	s, err := New(Layout{ShareModbus: .02, ShareMQTT: .05, SharePanel: .002})
	if err != nil {
		t.Fatal(err)
	}
	again, _ := New(Layout{Plants: City, Seed: 1, ShareModbus: .02, ShareMQTT: .05, SharePanel: .002})
	sectors, speaks, seen := map[Sector]int{}, map[Protocol]int{}, map[string]bool{}
	for i := range s.Len() {
		p := s.Plant(i)
		sectors[p.Sector]++
		speaks[p.Protocol]++
		if len(p.MN) != map[bool]int{false: 24, true: 12}[p.Protocol == Panel] || seen[p.MN] || len(p.Password) != 6 || p.MN != again.Plant(i).MN || p.Protocol != again.Plant(i).Protocol {
			t.Fatalf("plant %d: %+v, again %+v", i, p, again.Plant(i))
		}
		seen[p.MN] = true
		tags, codes := map[string]bool{}, map[string]bool{}
		points := p.Points()
		if len(points) != 30 {
			t.Fatalf("plant %d has %d points", i, len(points))
		}
		for j, x := range points {
			if tags[x.Tag] || codes[x.Code] || x.Register != 2*j {
				t.Fatalf("plant %d: point %d %s %s", i, j, x.Tag, x.Code)
			}
			tags[x.Tag], codes[x.Code] = true, true
		}
	}
	if sectors[Chemical] != 4000 || sectors[Metallurgy] != 40 || sectors[Fireworks] != 12 {
		t.Errorf("sectors %v", sectors)
	}
	if speaks[HJ212] < 3600 || speaks[Modbus] < 50 || speaks[MQTT] < 150 || speaks[Panel] < 2 {
		t.Errorf("protocols %v", speaks)
	}
}

// Nothing that is well reaches a limit, whatever the day; and no value stands still.
func TestCleanIsCalm(t *testing.T) {
	s, err := New(Layout{Plants: 60})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2015, 11, 20, 9, 30, 0, 0, time.UTC)
	for i := range s.Len() {
		p := s.Plant(i)
		for _, x := range p.Points() {
			moved, last := 0, math.NaN()
			for k := range 400 {
				v := p.Clean(&x, begin.Add(time.Duration(k*37)*time.Second))
				for _, limit := range []*float64{x.Limits.High, x.Limits.HighHigh} {
					if limit != nil && v >= *limit {
						t.Fatalf("%s of %s shows %v, its limit is %v", x.Tag, p.MN, v, *limit)
					}
				}
				for _, limit := range []*float64{x.Limits.Low, x.Limits.LowLow} {
					if limit != nil && v <= *limit {
						t.Fatalf("%s of %s shows %v, its limit is %v", x.Tag, p.MN, v, *limit)
					}
				}
				if v != last {
					moved++
				}
				if last = v; v < x.Range[0] || v > x.Range[1] {
					t.Fatalf("%s of %s shows %v outside its range %v", x.Tag, p.MN, v, x.Range)
				}
			}
			if moved < 300 {
				t.Errorf("%s of %s moved %d times of 400", x.Tag, p.MN, moved)
			}
		}
	}
}

// Flows, pressures and temperatures of one plant go together; a point that stands apart does not.
func TestCorrelation(t *testing.T) {
	s, err := New(Layout{Plants: 10})
	if err != nil {
		t.Fatal(err)
	}
	p := s.Plant(0)
	var a, b *Point
	for _, x := range p.Points() {
		switch x.Tag {
		case "FT-201":
			a = &x
		case "PT-201":
			b = &x
		}
	}
	begin := time.Date(2015, 11, 20, 9, 30, 0, 0, time.UTC)
	series := func(x *Point, of func(*Point, time.Time) float64) (out []float64) {
		for k := range 2000 {
			out = append(out, of(x, begin.Add(time.Duration(k*10)*time.Second)))
		}
		return out
	}
	if r := correlation(series(a, p.Clean), series(b, p.Clean)); r < .6 {
		t.Errorf("flow and pressure go together by %.2f", r)
	}
	if r := correlation(series(a, p.Clean), series(b, p.Apart)); math.Abs(r) > .4 {
		t.Errorf("a point that stands apart goes with the rest by %.2f", r)
	}
}

func correlation(a, b []float64) float64 {
	var ma, mb, ab, aa, bb float64
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(a))
	}
	for i := range a {
		ab, aa, bb = ab+(a[i]-ma)*(b[i]-mb), aa+(a[i]-ma)*(a[i]-ma), bb+(b[i]-mb)*(b[i]-mb)
	}
	return ab / math.Sqrt(aa*bb)
}
