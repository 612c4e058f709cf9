package fault

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/simulate/safety/site"
)

var begin = time.Date(2015, 11, 20, 1, 30, 0, 0, time.UTC)

func draw(t *testing.T, counts string) *Set {
	t.Helper()
	sites, err := site.New(site.Layout{Plants: 400, ShareModbus: .05, ShareMQTT: .05, SharePanel: .05})
	if err != nil {
		t.Fatal(err)
	}
	n, err := Parse(counts)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(sites, Plan{Counts: n, From: begin, Over: time.Hour, Every: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const everything = "leak=3,drift=2,stuck=2,chatter=1,silence=4,flood=1,bad=2,garbled=5,process=2,fire=1"

// The truth says what is done: of each kind as many as asked for, one at a plant, in the time of the run, and the same again.
func TestTruth(t *testing.T) {
	s := draw(t, everything)
	var a, b bytes.Buffer
	if err := s.WriteTruth(&a); err != nil {
		t.Fatal(err)
	}
	if err := draw(t, everything).WriteTruth(&b); err != nil || a.String() != b.String() {
		t.Errorf("another run has other faults, %v", err)
	}
	want, _ := Parse(everything)
	made, plants, flood := Counts{}, map[string]bool{}, 0
	for line := range strings.Lines(a.String()) {
		var x Truth
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatal(err)
		}
		if plants[x.Plant] {
			t.Errorf("%s has two faults", x.Plant)
		}
		plants[x.Plant] = true
		made[x.Kind]++
		at, err := time.Parse(time.RFC3339, x.Begin)
		if err != nil || at.Before(begin.Add(lead)) || at.After(begin.Add(time.Hour)) {
			t.Errorf("%s begins at %s", x.Kind, x.Begin)
		}
		crosses := x.Alarm != ""
		switch x.Kind {
		case Leak, Drift, Chatter, Flood:
			if !crosses {
				t.Errorf("%s at %s passes no limit", x.Kind, x.Plant)
			}
		case Stuck, Bad, Process, Silence, Garbled:
			if crosses {
				t.Errorf("%s at %s passes a limit", x.Kind, x.Plant)
			}
		}
		if x.Kind == Flood {
			flood += x.Times
		}
		if x.Kind == Chatter && x.Times != chatters {
			t.Errorf("%d crossings", x.Times)
		}
	}
	if flood != 1000 {
		t.Errorf("a flood of %d alarms", flood)
	}
	for k, n := range want {
		if k != Flood && made[k] != n {
			t.Errorf("%d of %s, want %d", made[k], k, n)
		}
	}
}

// What instruments show: a chatter crosses at every reading, a stuck sensor stands, a leak empties its tank and fills the air, and afterwards
// all is well again.
func TestShown(t *testing.T) {
	s := draw(t, everything)
	for _, e := range s.Episodes() {
		points := s.sites.Plant(e.Plant).Points()
		for _, i := range e.Points {
			x := &points[i]
			crossings, moves, ill := 0, 0, 0
			above := false
			var last float64
			first := s.Next(e.Plant, e.Begin)
			n := 0
			for at := first; at.Before(e.End); at = at.Add(s.Every()) {
				v, q := s.Shown(e.Plant, x, i, at)
				if q == Ill {
					ill++
				}
				if now := x.Limits.High != nil && v > *x.Limits.High; n == 0 || now != above {
					crossings, above = crossings+1, now
				}
				if n > 0 && v != last {
					moves++
				}
				last = v
				n++
			}
			switch {
			case e.Kind == Chatter && crossings != chatters,
				e.Kind == Stuck && moves != 0,
				e.Kind == Bad && ill != n,
				e.Kind == Leak && x.Kind == site.Level && last > *x.Limits.LowLow,
				e.Kind == Leak && x.Kind == site.Gas && last < *x.Limits.HighHigh,
				e.Kind == Fire && last != 1:
				t.Errorf("%s at %s: %d crossings, %d moves, %d bad of %d, %v in the end", e.Kind, x.Tag, crossings, moves, ill, n, last)
			}
			if v, q := s.Shown(e.Plant, x, i, e.End.Add(time.Hour)); q != Good || v != s.sites.Plant(e.Plant).Clean(x, e.End.Add(time.Hour)) {
				t.Errorf("%s at %s does not end", e.Kind, x.Tag)
			}
		}
	}
}

func TestParse(t *testing.T) {
	for _, bad := range []string{"leek=1", "leak", "leak=-1", "leak=x", "leak=1,,"} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if c, err := Parse("none"); err != nil || len(c) != 0 {
		t.Errorf("none is %v, %v", c, err)
	}
}
