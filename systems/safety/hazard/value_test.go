package hazard

import (
	"math"
	"testing"
	"time"
)

var (
	day   = time.Date(2016, 3, 1, 0, 0, 0, 0, time.UTC)
	fresh = day.AddDate(-3, 0, 0)
)

// TestByHand holds the value to sums that were worked by hand from the tables.
func TestByHand(t *testing.T) {
	for _, c := range []struct {
		name   string
		in     []Input
		people int
		s, sum float64
		alpha  float64
		r      float64
		level  Level
	}{
		// 50/5 = 10; 4·10 = 40; 120 people: 2·40 = 80
		{"chlorine", []Input{{Name: "液氯", Tons: 50}}, 120, 10, 40, 2, 80, II},
		// 4/5 = 0.8 < 1: none, though R could be reckoned
		{"too little", []Input{{Name: "氯", Tons: 4}}, 0, 0.8, 3.2, 0.5, 1.6, None},
		// exactly the threshold counts: GB 18218-2018 4.2.1 "等于或超过"
		{"at the threshold", []Input{{CAS: "7664-41-7", Tons: 10}}, 29, 1, 2, 1, 2, IV},
		// 3/0.3 = 10 → 20·10 = 200; α 0.5 → 100: class I from 100 on
		{"phosgene", []Input{{Name: "光气", Tons: 3}}, 0, 10, 200, 0.5, 100, I},
		// methanol 1000/500 = 2 → 1·2; ammonia 5/10 = 0.5 → 2·0.5 = 1; LPG 100/50 = 2 → 1.5·2 = 3; sum 6; 30 people 1.2·6 = 7.2
		{"three", []Input{{Name: "甲醇", Tons: 1000}, {Name: "Ammonia", Tons: 5}, {Name: "丙烷", Tons: 100}}, 30, 4.5, 6, 1.2, 7.2, IV},
		// by class: W5.1 20/10 = 2 → 1.5·2 = 3; J1 10/5 = 2 → 4·2 = 8; sum 11; 50 people 1.5·11 = 16.5
		{"by class", []Input{{Name: "某易燃液体", Class: "W5.1", Tons: 20}, {Name: "某毒气", Class: "j1", Tons: 10}}, 50, 4, 11, 1.5, 16.5, III},
		// carbon monoxide: β of table 3, Q of its class J3: 100/50 = 2 → 2·2 = 4
		{"carbon monoxide", []Input{{Name: "一氧化碳", CAS: "630-08-0", Class: "J3", Tons: 100}}, 1, 2, 4, 1, 4, IV},
		// a class that is given wins over the one that is usual: benzene above its boiling point, 50/50 → 1.5
		{"benzene hot", []Input{{Name: "苯", Class: "W5.1", Tons: 50}}, 1, 1, 1.5, 1, 1.5, IV},
	} {
		for i := range c.in {
			c.in[i].At = day
		}
		v := Of(c.in, People{c.people, day}, fresh)
		near := func(what string, got, want float64) {
			t.Helper()
			if math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: %s %g, want %g", c.name, what, got, want)
			}
		}
		near("S", v.S, c.s)
		near("sum", v.Sum, c.sum)
		near("alpha", v.Alpha, c.alpha)
		near("R", v.R, c.r)
		if v.Level != c.level || !v.Whole || v.Stale {
			t.Errorf("%s: level %d, whole %v, stale %v", c.name, v.Level, v.Whole, v.Stale)
		}
	}
}

// TestBounds holds tables 5 and 6 to their edges.
func TestBounds(t *testing.T) {
	for people, want := range map[int]float64{0: 0.5, 1: 1, 29: 1, 30: 1.2, 49: 1.2, 50: 1.5, 99: 1.5, 100: 2, 5000: 2} {
		if got := Alpha(people); got != want {
			t.Errorf("α of %d people is %g, want %g", people, got, want)
		}
	}
	for r, want := range map[float64]Level{0: IV, 9.999: IV, 10: III, 49.999: III, 50: II, 99.999: II, 100: I, 1e6: I} {
		if got := LevelOf(r); got != want {
			t.Errorf("R %g is level %d, want %d", r, got, want)
		}
	}
}

// TestSaysWhatIsWanting: what the standard does not settle is not guessed, and the sum is marked as incomplete.
func TestSaysWhatIsWanting(t *testing.T) {
	for name, in := range map[string]Input{
		"not listed":         {Name: "某化学品", Tons: 10},
		"no such class":      {Name: "氯", Class: "W99", Tons: 10},
		"form decides":       {Name: "硝酸铵", CAS: "6484-52-2", Tons: 10},
		"beta by class only": {Name: "溴", Tons: 20},
	} {
		if v := Of([]Input{in}, People{1, day}, fresh); v.Whole || v.Terms[0].Lacks.Zh == "" || v.Terms[0].Lacks.En == "" {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if v := Of([]Input{{Name: "氯", Tons: 5, At: day}}, People{}, fresh); v.Counted || v.Alpha != 2 || !v.Stale {
		t.Errorf("nobody counted the people: %+v", v)
	}
	if v := Of([]Input{{Name: "氯", Tons: 5, At: fresh.Add(-time.Hour)}}, People{1, day}, fresh); !v.Stale || !v.Terms[0].Stale {
		t.Errorf("an old quantity: %+v", v)
	}
}

// TestTables: every name and CAS number finds a line, every line of table 1 has a threshold, every CAS number its check digit.
func TestTables(t *testing.T) {
	if len(substances) != 85 || len(classes) != 24 {
		t.Errorf("table 1 has %d lines and table 2 %d", len(substances), len(classes))
	}
	seen := map[string]bool{}
	for i := range substances {
		l := &substances[i]
		for _, n := range l.names {
			if seen[n] {
				t.Errorf("%s stands twice", n)
			}
			seen[n] = true
			if find(n, "") != l {
				t.Errorf("%s does not find its line", n)
			}
		}
		for _, c := range l.cas {
			sum, weight := 0, 0
			for j := len(c) - 1; j >= 0; j-- {
				if c[j] == '-' {
					continue
				}
				sum += int(c[j]-'0') * weight
				weight++
			}
			if sum%10 != int(c[len(c)-1]-'0') {
				t.Errorf("%s: CAS %s has a wrong check digit", l.names[0], c)
			}
		}
		if l.class != "" && classOf(l.class) == nil {
			t.Errorf("%s: class %s", l.names[0], l.class)
		}
	}
}
