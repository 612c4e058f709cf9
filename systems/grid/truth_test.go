package grid_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/host/hosttest"
	simulate "github.com/haihe-city/haihe/simulate/grid"
	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/judge"
)

// TestEveryKindOfFault: three simulated days of 2,400 meters over TCP, every kind of fault made at known places; what the room says of it, through
// its own interface, is held against the truth. 0.95 of what a rule can answer is found, and of five in a thousand clean meter-days at most a rule speaks.
func TestEveryKindOfFault(t *testing.T) {
	const days = 3
	r := open(t, nil)
	var said truth
	shares := fault.Shares{fault.Silent: 0.03}
	for _, k := range []fault.Kind{fault.Missing, fault.Clock, fault.Repeat, fault.Spike, fault.Negative, fault.Stuck, fault.RollOver, fault.Reversed, fault.Multiplier,
		fault.LowVoltage, fault.TheftDay, fault.TheftNight} {
		shares[k] = 0.012
	}
	city := r.simulation(simulate.Options{Meters: 2_400, PerConcentrator: 30, Share645: -1, Share1376: 0.1, Outages: 2, From: slot(-96 * days), Truth: &said,
		Faults: simulate.Faults{Dead: 0.003, Duplicate: 0.002, Garbled: 0.002, Late: 0.002, Shares: shares, Days: days}})
	for d := days; d > 0; d-- {
		day := slot(-96 * d).Format("2006-01-02")
		r.Rows(t, []hosttest.Row{{Name: "check", Method: "POST", Path: "/zh/grid/vee/run", As: "power-officer", Form: url.Values{"day": {day}}, Status: 303}})
	}
	var list struct {
		Passes []struct{ Day, State, By string }
	}
	r.until("the days are checked", func() bool {
		r.get("/api/grid/vee/passes", &list)
		done := map[string]bool{}
		for _, p := range list.Passes {
			if p.State != "done" {
				return false
			}
			done[p.Day] = p.By != "grid.vee"
		}
		return len(done) >= days
	})
	said.mu.Lock()
	made := bytes.Clone(said.all.Bytes())
	said.mu.Unlock()
	report, err := judge.Judge(t.Context(), bytes.NewReader(made), func(_ context.Context, path string) (io.ReadCloser, error) {
		got := r.As("power-officer").Get(path)
		if got.Status != 200 {
			return nil, fmt.Errorf("GET %s: %d %.300s", path, got.Status, got.Body)
		}
		return io.NopCloser(strings.NewReader(got.Body)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	if err := report.Print(&table); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d meters\n%s", city.Len(), table.String())
	for _, x := range report.Rows {
		if x.Made == 0 {
			t.Errorf("%s: none was made", x.Kind)
		}
		if x.Answerable && x.Recall() < 0.95 {
			t.Errorf("%s: %d of %d found", x.Kind, x.Found, x.Made)
		}
	}
	if report.FalseAlarms() > 0.005 || report.Clean < 6_000 || !report.Passes(0.95, 0.005) {
		t.Errorf("%d of %d clean meter-days were spoken of", report.Disturbed, report.Clean)
	}
}
