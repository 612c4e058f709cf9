package fault

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/town"
)

// struck is a city in which every meter has a fault on one of three days.
func struck(t testing.TB, shares Shares) (*town.City, *Set) {
	t.Helper()
	c, err := town.New(town.Layout{Meters: 600, PerConcentrator: 50, Districts: town.Tianjin(), Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(c, Plan{Shares: shares, From: time.Date(2015, 11, 17, 10, 0, 0, 0, town.China()), Days: 3})
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func every() Shares {
	out := Shares{Silent: 0.2}
	for _, k := range ofMeters {
		out[k] = 1 / float64(len(ofMeters)+1)
	}
	return out
}

// TestShown: before its fault a meter shows what it has counted (but for one that rolls over), in it what the kind says, after it no trace but what
// stays; and whoever asks again, in whatever order, is told the same.
func TestShown(t *testing.T) {
	c, s := struck(t, every())
	_, again := struck(t, every())
	seen := map[Kind]int{}
	for m := range c.Each() {
		e, ok := s.Of(&m)
		if !ok {
			continue
		}
		seen[e.Kind]++
		if e2, _ := again.Of(&m); e2 != e {
			t.Fatalf("%s: %+v and %+v", m.Address, e, e2)
		}
		if e.Begin.Before(s.plan.From) || !e.Begin.Before(s.plan.From.AddDate(0, 0, 3)) {
			t.Errorf("%s begins at %v", e.Kind, e.Begin)
		}
		before := e.Begin.Add(-town.Slot)
		if got, want := s.Shown(&m, before), s.clean(&m, before); e.Kind != RollOver && got != want {
			t.Errorf("%s before it begins: %+v, want %+v", e.Kind, got, want)
		}
		in := e.Begin.Add(town.Slot)
		got, clean := s.Shown(&m, in), s.clean(&m, in)
		passed := clean.Energy - s.clean(&m, e.Begin).Energy
		want := clean
		switch e.Kind {
		case Spike:
			if up := s.Shown(&m, e.Begin).Energy - s.clean(&m, e.Begin).Energy; up != e.Size || up < 100_0000 {
				t.Errorf("a spike of %d, want %d", up, e.Size)
			}
		case Negative:
			want.Energy -= e.Size
		case Stuck:
			want.Energy -= passed
		case Reversed:
			want.Energy, want.Power = want.Energy-passed, -want.Power
		case Multiplier:
			want.Energy += 9 * passed
		case Repeat:
			want = s.clean(&m, e.Begin)
		case LowVoltage:
			if want.Voltage -= e.Size; want.Voltage >= 1980 {
				t.Errorf("a low voltage of %d", want.Voltage)
			}
		case RollOver:
			if up := s.Shown(&m, before).Energy; up < capacity*99/100 || s.Shown(&m, e.Begin).Energy != 0 {
				t.Errorf("%d before the roll-over, %d after it", up, s.Shown(&m, e.Begin).Energy)
			}
			want.Energy = passed
		case TheftDay, TheftNight: // both begin at midnight
			want.Energy -= part(passed, e.Size)
			want.Power = got.Power
			if got.Power > clean.Power {
				t.Errorf("a theft that adds power: %d of %d", got.Power, clean.Power)
			}
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", e.Kind, got, want)
		}
		if lost := s.Lost(&m, e.Begin.Add(town.Slot)); e.Kind == Missing && !lost {
			t.Error("a reading that is lost is there")
		}
		if d := s.Drift(&m, e.Begin); (e.Kind == Clock) != (d >= time.Minute && d <= 10*time.Minute+time.Second) {
			t.Errorf("%s: a clock that is ahead by %v", e.Kind, d)
		}
	}
	for _, k := range ofMeters {
		if seen[k] < 20 {
			t.Errorf("%d meters of kind %s", seen[k], k)
		}
	}
	silent := 0
	for i := range c.Stations() {
		if e, ok := s.Silence(i); ok {
			m := c.Meter(c.Stations()[i].From)
			if silent++; !s.Lost(&m, e.Begin) || e.End.Sub(e.Begin) < 3*time.Hour {
				t.Errorf("a silence from %v to %v", e.Begin, e.End)
			}
		}
	}
	if silent == 0 {
		t.Error("no station is silent")
	}
}

func TestParse(t *testing.T) {
	got, err := Parse("spike=0.001, theft-night=0.25")
	if err != nil || len(got) != 2 || got[Spike] != 0.001 || got[TheftNight] != 0.25 {
		t.Errorf("%v %v", got, err)
	}
	if none, err := Parse("none"); err != nil || len(none) != 0 {
		t.Errorf("%v %v", none, err)
	}
	for _, wrong := range []string{"spikes=0.1", "spike", "spike=2", "spike=-1", "spike=NaN", "spike=0.1;", ","} {
		if _, err := Parse(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
	c, _ := struck(t, nil)
	for name, p := range map[string]Plan{"no beginning": {Shares: Shares{Spike: 0.1}}, "more than one a meter": {Shares: Shares{Spike: 0.6, Stuck: 0.6}, From: time.Unix(1e9, 0)}} {
		if _, err := New(c, p); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestLedger: a line holds what the judge needs.
func TestLedger(t *testing.T) {
	c, s := struck(t, Shares{Missing: 1})
	m := c.Meter(7)
	e, _ := s.Of(&m)
	var out bytes.Buffer
	l := NewLedger(&out)
	l.Write([]*town.Meter{&m}, e, 0)
	var x Truth
	if err := json.Unmarshal(out.Bytes(), &x); err != nil {
		t.Fatal(err)
	}
	if x.Kind != Missing || x.Meter != m.Address || x.Feeder != m.Feeder || x.Slot != stamp(e.Begin) || x.End != stamp(e.End) || x.Size != e.Size || l.Lines() != 1 {
		t.Errorf("%+v of %+v", x, e)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("spike=0.001,theft-share=0.01")
	f.Fuzz(func(t *testing.T, text string) {
		shares, err := Parse(text)
		for k, v := range shares {
			if err == nil && !(v >= 0 && v <= 1) {
				t.Errorf("%s=%v", k, v)
			}
		}
	})
}
