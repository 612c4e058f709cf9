// Package alarm (告警) keeps alarms from the moment a condition comes until it is gone and somebody has answered for it, in the states
// of ANSI/ISA-18.2-2016 (IEC 62682:2014 4.5): unacknowledged, acknowledged, returned unacknowledged, shelved, suppressed by design, out of service.
//
// The open alarms lie in memory and in tables; every change is a row of the alarm's history, and what a person does is in the journal.
package alarm

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Class says what an alarm speaks of; silence never hides among process alarms.
type Class string

// The classes.
const (
	Process  Class = "process"  // a measured value
	Silent   Class = "silence"  // a point or a device that no longer reports
	Quality  Class = "quality"  // a source that says its own value is bad
	Early    Class = "early"    // a statistical early warning
	Device   Class = "device"   // raised by equipment itself: a fire panel
	Reported Class = "reported" // raised by a person
)

// State of an alarm (IEC 62682:2014 4.5).
type State string

// The states. An alarm whose condition is gone and that was acknowledged is closed.
const (
	Unacknowledged State = "unacknowledged"
	Acknowledged   State = "acknowledged"
	Returned       State = "returned" // the condition is gone, nobody has acknowledged
	Closed         State = "closed"
)

// Hold is why an alarm is kept out of the operators' list though its condition may stand.
type Hold string

// The holds.
const (
	None         Hold = ""
	Shelved      Hold = "shelved"        // by a person, until a time
	ByDesign     Hold = "suppressed"     // by a declared rule: the plant is stopped
	OutOfService Hold = "out-of-service" // by two persons, until returned
)

// Signal says that a condition came or went.
type Signal struct {
	Key      string // the condition: at most one open alarm has it
	Source   string // "rule:…@version", "device:…", "person:…"
	Class    Class
	Came     bool
	At       time.Time
	Priority rule.Priority
	Title    lang.Text
	Advice   lang.Text
	Entity   string // URI of the device
	Name     string // short name of the point
	Group    string // URI of the plant
	Unit     string // id of the unit that answers
	Area     string // district code
	System   string // room that the alarm belongs to: its page is /<system>/…
	Value    *float64
	Limit    *float64
	UCUM     string
	Reasons  []rule.Named
}

// Alarm is one alarm.
type Alarm struct {
	ID       string // ULID, sorts by time
	Signal          // the last that came
	State    State
	Hold     Hold
	Until    time.Time // of Shelved
	First    time.Time // when the condition first came
	Gone     time.Time // when it last went; zero while it stands
	Count    int64     // how often it came while open: a chattering point is one alarm
	Chatter  bool
	Acker    string // who acknowledged
	AckedAt  time.Time
	Case     string // the case that it belongs to, "" for none
	Change   int64  // number of its last change, for pages that follow
	Recorded time.Time
}

// Filter picks alarms. Empty fields pick all.
type Filter struct {
	States   []State
	Holds    []Hold // nil: only those that are not held
	Classes  []Class
	Priority rule.Priority // this and more urgent
	System   string
	Group    string
	Unit     string
	Area     string
	Text     string
	From, To time.Time // of First
	Order    string    // "urgent" (priority, then unacknowledged first, then newest), "newest", "oldest"
	Limit    int
	Cursor   string
}

// Counts of the open alarms.
type Counts struct {
	Open, Unacknowledged, Returned, Shelved, Suppressed, OutOfService int
	ByPriority                                                        [5]int // by rule.Priority
	Flood                                                             bool   // more than ten new ones in ten minutes (IEC 62682:2014 16.5)
	LastTen                                                           int    // new ones in the last ten minutes
}

// Board keeps the alarms. Its methods may be called from anywhere at once.
type Board struct{ _ int }

// Options are what a board works with.
type Options struct {
	DB      *store.DB
	Journal *journal.Journal
	Now     func() time.Time
	Changed func(list []Alarm) // after each commit: to pages, to notices
}

// Open reads the open alarms.
func Open(ctx context.Context, o Options) (*Board, error) { panic("not yet") }

// Follow adds a function that is called after each commit with the alarms that changed, in order.
func (b *Board) Follow(fn func(list []Alarm)) (stop func()) { panic("not yet") }

// Apply takes signals in the caller's transaction. A condition that came again while its alarm is open counts there.
func (b *Board) Apply(tx *store.Tx, list []Signal) error { panic("not yet") }

// FromRules turns transitions of rules into signals.
func FromRules(system string, list []rule.Transition) []Signal { panic("not yet") }

// Standing gives the keys of the conditions of a system that stand, for rule.Engine.Watch.
func (b *Board) Standing(system string) map[string]bool { panic("not yet") }

// Acknowledge answers for alarms; those that are not there or were acknowledged before are left alone. It gives how many it changed.
func (b *Board) Acknowledge(ctx context.Context, by *identity.Principal, ids []string, note string) (int, error) {
	panic("not yet")
}

// Shelve takes alarms out of the list until a time, at most 24 h ahead, with a reason.
func (b *Board) Shelve(ctx context.Context, by *identity.Principal, ids []string, until time.Time, reason string) error {
	panic("not yet")
}

// Unshelve brings them back.
func (b *Board) Unshelve(ctx context.Context, by *identity.Principal, ids []string) error {
	panic("not yet")
}

// List gives a page of alarms.
func (b *Board) List(ctx context.Context, f Filter) (list []Alarm, next string, err error) {
	panic("not yet")
}

// Get gives one alarm.
func (b *Board) Get(ctx context.Context, id string) (Alarm, error) { panic("not yet") }

// Count counts the open alarms of a filter's system, group, unit and area.
func (b *Board) Count(f Filter) Counts { panic("not yet") }

// Link ties alarms to a case, in the caller's transaction.
func (b *Board) Link(tx *store.Tx, ids []string, caseID string) error { panic("not yet") }
