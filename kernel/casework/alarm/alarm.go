// Package alarm (告警) keeps alarms from the moment a condition comes until it is gone and somebody has answered for it, in the states
// of ANSI/ISA-18.2-2016 (IEC 62682:2014 4.5): unacknowledged, acknowledged, returned unacknowledged; and, beside these, shelved, suppressed by design,
// out of service.
//
// # One condition, one alarm
//
// A [Signal] says that a condition came or went; its Key names the condition. While its alarm is open every further coming counts there,
// and for ten minutes after it was closed the same alarm is opened again, so a chattering point is one alarm and not five hundred. A point that
// comes three times within a minute chatters: once acknowledged, it stays acknowledged.
//
// # Where they lie
//
// Open alarms lie in memory and in alarm_alarm; every change is a line in alarm_line, and what a person does is in the journal too.
// Signals are applied in the writer's transaction, so an alarm is there exactly when the reading is. Pages see what is committed.
package alarm

import (
	"time"

	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
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
	ID      string // ULID, sorts by time
	Signal         // the last that came
	State   State
	Hold    Hold
	Until   time.Time // of Shelved
	First   time.Time // when the condition first came
	Gone    time.Time // when it last went; zero while it stands
	Count   int64     // how often it came while open: a chattering point is one alarm
	Chatter bool
	Acker   string // who acknowledged
	AckedAt time.Time
	Note    string // of the last acknowledgement or shelving
	Case    string // the case that it belongs to, "" for none
	Change  int64  // number of its last change, for pages that follow
	Touched time.Time

	recent [chatterTimes]time.Time // the last comings, oldest first
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
	Silent                                                            int    // of Open: of class Silent
	Flood                                                             bool   // more than ten new ones in ten minutes (IEC 62682:2014 16.5)
	LastTen                                                           int    // new ones in the last ten minutes
}
