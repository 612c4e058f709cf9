package outage

import (
	"slices"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
	"github.com/haihe-city/haihe/systems/grid/outage/join"
)

func TestCorrect(t *testing.T) {
	now := time.Unix(10_000, 0)
	cause, from, to, yes := index.Planned, time.Unix(900, 0), time.Unix(2100, 0), true
	o := &join.Outage{State: join.Ended, Dark: []join.Dark{{Customer: 1, From: 1000, To: 1500, Begun: join.ByMeter, Ended: join.ByMeter}, {Customer: 2, From: 1000, To: 2000, Begun: join.ByMeter, Ended: join.BySwitch}, {Customer: 3, From: 1010, To: 2000, Begun: join.ByMeter, Ended: join.BySwitch}}}
	o.Settle()
	fields, err := correct(o, Edit{Cause: &cause, From: &from, To: &to, Void: &yes}, now)
	want := []join.Dark{{Customer: 1, From: 900, To: 1500, Begun: join.ByReport, Ended: join.ByMeter}, {Customer: 2, From: 900, To: 2100, Begun: join.ByReport, Ended: join.ByReport}, {Customer: 3, From: 1010, To: 2100, Begun: join.ByMeter, Ended: join.ByReport}}
	if err != nil || len(fields) != 4 || !slices.Equal(o.Dark, want) || o.Began != 900 || o.Ended != 2100 || o.State != join.Void {
		t.Errorf("%+v %v %v", o, fields, err)
	}
	early := time.Unix(1400, 0)
	if _, err := correct(o.Clone(), Edit{From: &to}, now); !errs.Is(err, errs.Invalid) {
		t.Errorf("a beginning behind the end: %v", err)
	}
	if _, err := correct(o.Clone(), Edit{To: &early}, now); err != nil {
		t.Errorf("an earlier end: %v", err)
	}
	future := now.Add(time.Hour)
	if _, err := correct(o.Clone(), Edit{To: &future}, now); !errs.Is(err, errs.Invalid) {
		t.Errorf("an end in the future: %v", err)
	}
}
