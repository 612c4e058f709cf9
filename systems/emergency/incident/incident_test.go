package incident

import (
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
)

// TestPropose: the criteria of Decree 493 art. 3, at their bounds.
func TestPropose(t *testing.T) {
	for _, c := range []struct {
		h    Harm
		want int
	}{{Harm{}, 4}, {Harm{Dead: 2, Serious: 9, Injured: 200}, 4}, {Harm{Dead: 3}, 3}, {Harm{Dead: 1, Missing: 2}, 3}, {Harm{Serious: 10, Injured: 10}, 3}, {Harm{Dead: 10}, 2}, {Harm{Serious: 50, Injured: 50}, 2}, {Harm{Dead: 29}, 2}, {Harm{Dead: 30}, 1}, {Harm{Serious: 100, Injured: 100}, 1}} {
		if got := Propose(c.h); got != c.want {
			t.Errorf("%+v: level %d, want %d", c.h, got, c.want)
		}
	}
}

// TestNearest: what may be the same is proposed, the likeliest first; what is far, old or a drill is not.
func TestNearest(t *testing.T) {
	now := time.Date(2015, 11, 20, 9, 30, 0, 0, time.UTC)
	at := area.Point{117.75, 39.02}
	inc := func(id string, east float64, before time.Duration) Incident {
		return Incident{ID: id, Class: "hazmat", Where: Where{District: "120116", Place: id, Located: true, At: at.Offset(east, 0)}, Times: Times{Occurred: now.Add(-before)}}
	}
	blind := inc("blind", 0, time.Minute)
	blind.Located = false
	other := blind
	other.ID, other.Class = "other", "traffic"
	drill := inc("drill", 0, 0)
	drill.Drill = true
	same := inc("same", 30, time.Hour)
	same.Place = "罐区"
	list := []Incident{inc("far", 2.1, 0), inc("one", 1.5, 0), blind, other, drill, same, inc("old", 0, 3*time.Hour), inc("near", .2, time.Hour)}
	got := ""
	for _, n := range nearest(Tell{Class: "hazmat", Where: Where{District: "120116", Place: "罐区", Located: true, At: at}, Occurred: now}, list) {
		got += n.ID + " "
	}
	if got != "same near one blind " {
		t.Errorf("proposed: %s", got)
	}
}

func TestTellRefused(t *testing.T) {
	now := time.Date(2015, 11, 20, 9, 30, 0, 0, time.UTC)
	good := Tell{Class: "fire", Where: Where{Located: true, At: area.Point{117.2, 39.12}}}
	x := good
	if err := x.Check(now); err != nil || x.District == "" || x.Occurred != now {
		t.Fatalf("%+v %v", x, err)
	}
	for name, change := range map[string]func(x *Tell){
		"class": func(x *Tell) { x.Class = "ufo" }, "nowhere": func(x *Tell) { x.Where = Where{} }, "another province": func(x *Tell) { x.At = area.Point{121, 31} },
		"tomorrow": func(x *Tell) { x.Occurred = now.Add(24 * time.Hour) }, "last month": func(x *Tell) { x.Occurred = now.AddDate(0, -1, 0) },
		"less than nobody": func(x *Tell) { x.Dead = -1 }, "more serious than injured": func(x *Tell) { x.Serious = 1 },
	} {
		x := good
		if change(&x); !errs.Is(x.Check(now), errs.Invalid) {
			t.Errorf("%s was taken", name)
		}
	}
}

// TestWriteBy: an hour for levels I and II, two for the others and while nobody has judged.
func TestWriteBy(t *testing.T) {
	at := time.Date(2015, 11, 20, 9, 30, 0, 0, time.UTC)
	for level, want := range []time.Duration{2 * time.Hour, time.Hour, time.Hour, 2 * time.Hour, 2 * time.Hour} {
		if got := WriteBy(at, level).Sub(at); got != want {
			t.Errorf("level %d: %s", level, got)
		}
	}
}
