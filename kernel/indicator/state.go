package indicator

import (
	"time"

	"github.com/haihe-city/haihe/lang"
)

// The rule by which a target is judged, in one place.
//
// Baseline, in this order: what the plan's data gives; else the first figure for a day near the plan's start (from 120 days
// before it to 92 days after), where that is below the goal; else 0. [Status.BaselineFrom] says which.
//
// Due pace: the straight line from the baseline at the plan's start to the goal at the last second of the due year; after
// that the goal itself. Shares ("%") are held to it like everything else.
//
// State, the first that applies:
//
//	not-connected  there is no figure: no system measures it now, or none ever arrived, and no report was approved
//	met            the figure fulfils op and goal
//	on-pace        the due date has not passed and the figure is at or above the due pace
//	at-risk        the way done from the baseline is at least 90 % of the way due, or the forecast lies within the due date
//	behind         everything else
const (
	baselineBefore = 120 * 24 * time.Hour
	baselineAfter  = 92 * 24 * time.Hour
	riskShare      = 0.9
)

// State is how a target stands.
type State string

// The states.
const (
	Met          State = "met"
	OnPace       State = "on-pace"
	AtRisk       State = "at-risk"
	Behind       State = "behind"
	NotConnected State = "not-connected"
)

// States lists the states, worst first.
func States() []State { return []State{Behind, AtRisk, OnPace, Met, NotConnected} }

// Where a baseline comes from.
const (
	FromData  = "data"
	FromFirst = "first"
	FromZero  = "zero"
)

// Status is a target with everything known about it now.
type Status struct {
	Target
	Figure       *Figure // nil: no figure was ever measured or approved, or the system is not there now
	Source       string  // SourceLive or SourceReport; "" without a figure
	Report       string  // the report that the figure comes from
	State        State
	DuePace      float64   // where the figure should be today
	Forecast     time.Time // when the goal is reached at the present pace; zero: never, unknown, or reached already
	Connected    bool      // a system measures it now
	Evidence     string    // path below the language prefix, of the rows that it was counted from
	Failed       string    // why the last measurement failed, for the log; "" where it did not
	Reason       lang.Text // the same for people
	FailedAt     time.Time
	Baseline     float64
	BaselineFrom string // FromData, FromFirst or FromZero
}

// Progress is the share of the way from the baseline to the goal that v has done; it may lie outside 0..1.
func (s Status) Progress(v float64) float64 {
	way := s.Value - s.Baseline
	if way <= 0 {
		return 0
	}
	return (v - s.Baseline) / way
}

// Expected is the share of the way that should be done today, 0..1.
func (s Status) Expected() float64 { return s.Progress(s.DuePace) }

// Gap is by how many points of progress the figure stands above (or, negative, below) the due pace; ok is false without a figure.
func (s Status) Gap() (points float64, ok bool) {
	if s.Figure == nil {
		return 0, false
	}
	return (s.Progress(s.Figure.Value) - s.Expected()) * 100, true
}

// duePace is where the figure of t should be at now.
func duePace(start time.Time, t Target, baseline float64, now time.Time) float64 {
	end := t.DueEnd()
	switch {
	case !now.Before(end):
		return t.Value
	case !now.After(start):
		return baseline
	}
	return baseline + (t.Value-baseline)*float64(now.Sub(start))/float64(end.Sub(start))
}

// judge gives the state of a status whose other fields are filled.
func judge(s Status, now time.Time) State {
	switch {
	case s.Figure == nil:
		return NotConnected
	case s.Reached(s.Figure.Value):
		return Met
	case !now.After(s.DueEnd()) && s.Figure.Value >= s.DuePace:
		return OnPace
	case s.Progress(s.Figure.Value) >= riskShare*s.Expected(),
		!s.Forecast.IsZero() && !s.Forecast.After(s.DueEnd()):
		return AtRisk
	}
	return Behind
}

// baselineOf chooses the baseline; first is the first figure near the plan's start, nil where there is none.
func baselineOf(t Target, first *float64) (float64, string) {
	switch {
	case t.Base != nil:
		return *t.Base, FromData
	case first != nil && *first < t.Value:
		return *first, FromFirst
	}
	return 0, FromZero
}
