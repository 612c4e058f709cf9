package rule

import (
	"time"

	"github.com/haihe-city/haihe/lang"
)

// Kind is what a rule looks at. Silence is a kind of its own: it is never told as a process alarm.
type Kind string

// The kinds of rules.
const (
	Limit      Kind = "limit"      // a value beyond a limit
	Rate       Kind = "rate"       // a change a minute beyond a limit
	Stuck      Kind = "stuck"      // a value that does not move though it should
	Bad        Kind = "quality"    // readings marked bad by their source
	Silence    Kind = "silence"    // no reading for a number of periods
	Expression Kind = "expression" // CEL over points of one group
	Entity     Kind = "entity"     // CEL over one entity
)

// Quality of a reading, as its source marked it.
type Quality uint8

// The qualities.
const (
	Good Quality = iota
	Uncertain
	Faulty
)

// Priority of an alarm: 1 is the most urgent (IEC 62682:2014 10.5).
type Priority uint8

// The priorities.
const (
	Critical Priority = iota + 1
	High
	Medium
	Low
)

// Point is what rules watch: one value of one device.
type Point struct {
	Key    int64         // of its series, unique in the Watch
	Entity string        // URI of the device
	Name   string        // within its group, as expressions say it: "LT-101"
	Title  lang.Text     // "1号储罐液位" / "Level of tank 1"
	Group  string        // URI of what it belongs to: the plant, the station
	Unit   string        // id of the unit that answers for it
	Area   string        // district code
	Tags   []string      // what scopes pick by: "kind:level", "medium:chlorine"
	UCUM   string        // unit of the value
	Every  time.Duration // a value is due this often; 0 where it reports by event and silence is not watched
	Limits Limits        // its own
}

// Limits are a point's own alarm limits; nil where there is none.
type Limits struct{ LowLow, Low, High, HighHigh *float64 }

// Reading is one value of one point. At is the time that the source states, in microseconds UTC.
type Reading struct {
	Key     int64
	At      int64
	Value   float64
	Quality Quality
}

// Form is a rule's numbers; each Kind reads some of them.
type Form struct {
	Below    bool          `json:"below,omitempty"`    // the condition lies under the limit
	Own      string        `json:"own,omitempty"`      // "HH", "H", "L", "LL": the point's own limit instead of Value
	Value    float64       `json:"value,omitempty"`    // limit, or change a minute, or greatest movement of a stuck value
	Deadband float64       `json:"deadband,omitempty"` // the value must come back so far over the limit
	Share    float64       `json:"share,omitempty"`    // and at least by this share of the limit: one rule for points in different units
	On       time.Duration `json:"on,omitempty"`       // the condition must stand so long before it is told
	Off      time.Duration `json:"off,omitempty"`      // and be gone so long before that is told
	Window   time.Duration `json:"window,omitempty"`   // of rate and stuck
	Periods  float64       `json:"periods,omitempty"`  // of silence: how many times Every
	Whole    bool          `json:"whole,omitempty"`    // of silence: all points of a group, told once for the group in their place
}

// Scope says which points a rule watches: all conditions that are given hold at once.
type Scope struct {
	System string   `json:"system,omitempty"` // owner of the Watch
	Tags   []string `json:"tags,omitempty"`   // all of them
	Groups []string `json:"groups,omitempty"` // any of them
	Points []string `json:"points,omitempty"` // URIs of entities, any of them
	Types  []string `json:"types,omitempty"`  // entity types, for Kind Entity
}

// State is where a version of a rule stands.
type State string

// The states.
const (
	Draft   State = "draft"
	Tried   State = "tried" // on data of the past
	Live    State = "live"
	Retired State = "retired"
)

// Rule is one version of a rule.
type Rule struct {
	ID       string
	Version  int64
	State    State
	Title    lang.Text // what the operator reads: "液位高高" / "Level very high"
	Advice   lang.Text // what the operator should do
	Unit     string    // whose rule
	Kind     Kind
	Scope    Scope
	Form     Form
	Expr     string // CEL, for Expression and Entity
	Priority Priority
	Author   string
	At       time.Time // of this version
	Trial    *Trial    // its last, nil before
}

// Trial is what a rule did on data of the past.
type Trial struct {
	From, To    time.Time
	Readings    int64
	Points      int64
	Transitions int64 // conditions that came
	Standing    int64 // of them, at the end
	Worst       []PointCount
	At          time.Time
}

// PointCount is how often a point came.
type PointCount struct {
	Entity string
	Came   int64
}

// Transition is a condition that came or went.
type Transition struct {
	Key      string // rule and point, the same for coming and going
	Rule     string
	Version  int64
	Kind     Kind
	Point    Point // of Expression the first point that it reads
	Came     bool
	At       int64 // time of the reading, or of the tick, µs UTC
	Value    float64
	Limit    float64 // NaN where there is none
	Priority Priority
	Title    lang.Text
	Advice   lang.Text
	Reasons  []Named // what an expression read
}

// Named is a value that an expression read.
type Named struct {
	Name  string
	Value float64
}
