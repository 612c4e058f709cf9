package ui

import (
	"time"

	"github.com/haihe-city/haihe/lang"
)

// Target is a promise of the plan as the console shows it; values are formatted by whoever fills it (ui.Quantity helps).
type Target struct {
	ID, Area string
	Name     lang.Text
	Clause   lang.Text // "方案三（三）3" / "Clause 3(3)3"
	Owner    lang.Text
	Source   lang.Text // the system it is measured by
	Value    lang.Text // "3,842"; "—" where there is none
	Goal     lang.Text // "5,000"
	Unit     lang.Text // "亿元" / "bn CNY"
	Status   Status
	Progress float64 // 0..1 of the way from the baseline to the goal
	Expected float64 // where Progress should be today
	Gap      string  // "+12.2", "−8.5": points of progress; "" unknown
	GapBad   bool
	Forecast lang.Text
	History  []HistoryPoint // thinned; Time as a share of the plan's span 0..1, Progress 0..1
	At       time.Time
	Due      int
	Href     string
}

// HistoryPoint is one figure of a trajectory, both as shares.
type HistoryPoint struct{ Time, Progress float64 }

// PlanLead is the head of the plan's page: the sentence whose figures are filters, the days left, the quarters with today's tick.
type PlanLead struct {
	ID         string
	Name       lang.Text // the plan's name and years
	Total      int
	Counts     map[Status]int
	Now        time.Time
	Start, End time.Time
	Milestones []Milestone
}

// Milestone is what a year of the plan asks.
type Milestone struct {
	Year int
	Text lang.Text
}

// TargetCards is the row of the headline targets, each with its trajectory.
type TargetCards struct {
	ID         string
	Title      lang.Text
	Items      []Target
	Start, End time.Time
}

// TargetGroup is an area with its targets.
type TargetGroup struct {
	ID    string
	Name  lang.Text
	Items []Target
}

// TargetTable is all targets by area, with a filter by status.
type TargetTable struct {
	ID      string
	Title   lang.Text
	Groups  []TargetGroup
	Filter  string // status key, "" all
	Path    string
	Exports []Link
}

// Attention lists what needs a push, worst first.
type Attention struct {
	ID    string
	Title lang.Text
	Items []Target
	More  *Link
}

// Trajectory is one target's way, large: dashed plan line, solid past, dotted forecast, ring at the goal.
type Trajectory struct {
	ID         string
	Target     Target
	Start, End time.Time
	Now        time.Time
}
