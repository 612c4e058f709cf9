// Package indicator (contract sketch): the plan's targets.
package indicator

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Target is one figure that the plan promises.
type Target struct {
	ID, Area, Section string
	Name              lang.Text
	Op                string  // ">=" or ">"
	Value             float64 // the goal, in Unit
	Unit              string  // UCUM-like or CNY/year, "%", meters…
	Due               int     // by the end of this year
	Owners            []string
	System            string
	Reported          bool   // submitted by the owner; otherwise measured
	Measure           string // what is counted, over what
}

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

// Figure is one measurement.
type Figure struct {
	Value       float64   `json:"value"`
	At          time.Time `json:"asOf"`
	Part, Whole int64     // what was counted over what, 0 where it is not a share
	Note        lang.Text
}

// Measure computes a figure live.
type Measure func(ctx context.Context) (Figure, error)

// Status is a target with everything known about it now.
type Status struct {
	Target
	Figure   *Figure // nil: no figure was ever measured or approved
	State    State
	DuePace  float64   // where the figure should be today
	Forecast time.Time // when the goal is reached at the present pace; zero: never, or unknown
	Evidence string    // path below the language prefix
	Failed   string    // why the last measurement failed, "" where it did not
	Baseline float64
}

// Plan is the data of an action plan.
type Plan struct {
	Start, End time.Time
	Targets    []Target
}

// Board measures.
type Board struct{ contractOnly struct{} }

// Open migrates and opens.
func Open(ctx context.Context, db *store.DB, j *journal.Journal, now func() time.Time, p Plan) (*Board, error) {
	panic("contract")
}

// Connect says that a system is there that measures a target, and where its rows are to be seen. stop disconnects.
func (b *Board) Connect(target string, m Measure, evidence string) error { panic("contract") }

// Stale marks a target for recomputation; many marks cost one.
func (b *Board) Stale(target string) { panic("contract") }

// Run recomputes what is stale, and every target once a minute, until ctx ends; the host runs it as a job.
func (b *Board) Run(ctx context.Context) error { panic("contract") }

// All and Get say how the targets stand (errs.NotFound).
func (b *Board) All(ctx context.Context) ([]Status, error)          { panic("contract") }
func (b *Board) Get(ctx context.Context, id string) (Status, error) { panic("contract") }

// Watch calls fn after a figure changed, with the status before and after. stop ends it.
func (b *Board) Watch(fn func(before, after Status)) (stop func()) { panic("contract") }

// Report is a figure that an owner submits.
type Report struct {
	ID, Target        string
	Value             float64
	Period            time.Time // the day that the figure is for
	Evidence          string    // what it rests on: a document number, an address
	Note              string
	By, Unit          string
	At                time.Time
	State             string // submitted, approved, rejected
	DecidedBy, Reason string
	DecidedAt         time.Time
}

// Submit takes a report by an officer of an owner unit; Decide approves or rejects it by a second person. Both are journalled.
func (b *Board) Submit(ctx context.Context, by *identity.Principal, r Report) (Report, error) {
	panic("contract")
}
func (b *Board) Decide(ctx context.Context, by *identity.Principal, id string, approve bool, reason string) (Report, error) {
	panic("contract")
}
func (b *Board) Reports(ctx context.Context, target, state string) ([]Report, error) {
	panic("contract")
}

// Point is a figure of the history. Known is when Haihe learnt it.
type Point struct {
	At, Known   time.Time
	Value       float64
	Part, Whole int64
}

// History lists a target's figures, oldest first, as known at `known` (zero: now).
func (b *Board) History(ctx context.Context, id string, from, to, known time.Time) ([]Point, error) {
	panic("contract")
}

// Sum is an identity of the plan's arithmetic: Whole = sum of Parts.
type Sum struct {
	Whole string
	Parts []string
}
