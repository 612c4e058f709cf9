// Package casework (案件) keeps cases: something that a unit must deal with, in stages, by deadlines counted on the working calendar,
// handed over between units, escalated when late, with a timeline that cannot be altered unseen: each line's hash stands in the journal.
//
// # Who may do what
//
// A case is seen with its kind's See by those whose unit has it, had it or is offered it, and by who held it; with SeeAll by all. What a
// stage lets one do is done with the stage's grant by those of the unit that has the case, by the system that declares the kind, and
// with the kind's Direct by those of any unit. A comment or an attachment wants no more than seeing.
//
// # The timeline
//
// Every act appends a line. Its hash is over the line and the hash before it ([Line.Hash]); the journal's entry of the same transaction
// bears it. [Service.Verify] computes every hash anew and names what was changed, taken out, put in or exchanged, and what of the case
// itself is not what its timeline says. The text of a line may hold personal data; the journal holds hashes and ids only.
//
// Numbers run without gaps by kind and year. Who is told of a late case is in kernel/casework/notice; what a kind's stages are is the
// business of the room that declares it.
package casework

import (
	"time"

	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Kind is a type of case that a system declares: its stages in order, what each needs, by when.
type Kind struct {
	Name   string // "incident", "rectification"
	System string // that declares it; its page of a case is /<system>/…
	Title  lang.Text
	Prefix string  // of its numbers: "YJ" gives YJ20261123-0001
	Stages []Stage // the first is where a case opens
	Open   string  // grant to open one
	See    string  // grant to see those of one's own unit
	SeeAll string  // grant to see all
	Direct string  // grant to act on cases of other units; "" for none
}

// Stage is one stage of a kind.
type Stage struct {
	Name  string
	Title lang.Text
	Next  []string      // stages that may follow; none: the case is closed there
	Grant string        // to lead a case out of this stage
	Needs []Field       // what must be filled in before it may be left
	Due   time.Duration // time for this stage
	Clock bool          // Due runs day and night; otherwise in working hours
	Tell  string        // duty of the contacts that are told when it is late; several with commas: each is told when the one before has not answered
}

// Field is what a stage asks for.
type Field struct {
	Name     string
	Title    lang.Text
	Type     string // "text", "long", "number", "date", "choice"
	Choices  []string
	Optional bool
}

// Case is one case.
type Case struct {
	ID, Number, Kind, Stage string
	Title                   string    // as its author wrote it
	Level                   int       // 1 the gravest to 4; 0 not yet judged
	Unit, Area, Holder      string    // the unit that has it, the person who deals with it
	Opened, Entered, Due    time.Time // Entered: the present stage
	Closed                  time.Time
	Late                    bool
	Group, Parent           string // URI of the plant; the case that this one follows from; "" for none
	Fields                  map[string]string
	Offered                 string // unit that it has been offered to and that has not yet accepted
	Version                 int64
}

// Line is one line of a timeline.
type Line struct {
	Seq    int64
	At     time.Time
	Actor  string
	Unit   string
	Verb   string // "open", "advance", "comment", "attach", "offer", "accept", "refuse", "assign", "level", "late", "reopen", "link", "told", …
	Text   string
	Fields map[string]string
	File   string // id of an attachment
	Sum    string // hex SHA-256 of its content
	Prev   string // hex, hash of the line before; "" for the first
	Hash   string // hex; also in the journal's entry of the same act
}

// Change is what a verb does to a case: only what is given changes. Verbs: "advance" and "reopen" to Stage, "comment", "assign" to
// Holder, "level", "edit" of Title and Fields. Each may bring Text and Fields with it.
type Change struct {
	Verb   string
	Stage  string
	Title  string
	Level  *int
	Holder *string
	Text   string
	Fields map[string]string
}

// Filter picks cases.
type Filter struct {
	Kinds, Stages, Units []string
	Area, Group, Holder  string
	Parent, System       string
	Open, Late           bool
	Text, Order, Cursor  string // Order: "newest", "oldest", "due", "level"
	From, To             time.Time
	Limit                int
}

// Deadline counts working time; kernel/calendar gives one.
type Deadline func(from time.Time, work time.Duration) time.Time

// Options are what a service works with. Deadline nil: working time runs day and night. Alarms and Post may be nil.
type Options struct {
	DB       *store.DB
	Journal  *journal.Journal
	Now      func() time.Time
	Kinds    []Kind
	Deadline Deadline
	Alarms   *alarm.Board
	Post     *notice.Post
}
