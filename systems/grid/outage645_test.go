package grid_test

import (
	"testing"
	"time"

	simulate "github.com/haihe-city/haihe/simulate/grid"
	"github.com/haihe-city/haihe/systems/grid"
)

// TestOutageBehindGateways: feeders whose meters speak DL/T 645 go dark while they are polled. What the meters recorded is asked for when they
// answer again, and gives each customer of the truth both times to the second, also where the meter's clock is off.
func TestOutageBehindGateways(t *testing.T) {
	const feeders = 2
	r := open(t, func(c *grid.Config) { c.Answer645, c.Poll645 = 100*time.Millisecond, time.Second })
	r.Clock.Set(slot(0).Add(5 * time.Minute))
	var said truth
	city := r.simulation(simulate.Options{Meters: 120, PerConcentrator: 6, Share645: 1, Outages: feeders, From: slot(0), Truth: &said, Faults: simulate.Faults{Drift: 0.3}})
	type span struct{ from, to string }
	want, drifting := map[string]span{}, map[string]bool{}
	for _, x := range said.of(t, "outage") {
		off, err := time.Parse(time.RFC3339, x.Slot)
		if err != nil {
			t.Fatal(err)
		}
		want[x.Meter] = span{off.UTC().Format(time.RFC3339), off.Add(time.Duration(x.Seconds) * time.Second).UTC().Format(time.RFC3339)}
	}
	for _, m := range said.meters(t, "drift") {
		if want[m] != (span{}) {
			drifting[m] = true
		}
	}
	if len(city.Outages()) != feeders || len(want) < 8 || len(drifting) == 0 {
		t.Fatalf("%d outages of %d meters, %d of a clock that is off", len(city.Outages()), len(want), len(drifting))
	}
	r.until("a round", func() bool { return r.coverage("").City.Collected > 0 })
	if n := len(r.outages("")); n != 0 {
		t.Fatalf("%d outages before there was one", n)
	}
	for i, o := range city.Outages() { // in the dark nobody answers; afterwards everybody tells
		if o.Off.After(r.Clock.Now()) {
			r.Clock.Set(o.Off.Add(time.Minute))
			time.Sleep(1500 * time.Millisecond)
		}
		if i == feeders-1 {
			r.Clock.Set(slot(0).Add(23*time.Hour + 5*time.Minute))
		}
	}
	told := func() (n int64) {
		for _, o := range r.outages("&state=ended") {
			n += o.Customers
		}
		return n
	}
	r.until("every meter has told", func() bool { return told() == int64(len(want)) })
	for _, o := range r.outages("") {
		var x struct {
			Dark []struct{ Meter, From, To, BegunBy, EndedBy string } `json:"customersDark"`
		}
		r.get("/api/grid/outages/"+o.ID, &x)
		for _, d := range x.Dark {
			if want[d.Meter] != (span{d.From, d.To}) || d.BegunBy != "meter" || d.EndedBy != "meter" {
				t.Errorf("%s: %+v, want %v; its clock is off: %v", o.Feeder, d, want[d.Meter], drifting[d.Meter])
			}
			delete(want, d.Meter)
		}
	}
	if len(want) != 0 {
		t.Errorf("%d meters in the dark are not known: %v", len(want), want)
	}
}
